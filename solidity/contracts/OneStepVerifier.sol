// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Control} from "./Control.sol";
import {
    CalldataNotCanonical,
    PostStateMismatch,
    UnexpectedInstruction,
    UnknownSelector,
    WitnessLengthMismatch
} from "./Errors.sol";
import {IOneStepVerifier} from "./IOneStepVerifier.sol";
import {Limits} from "./Limits.sol";
import {MachineRecord} from "./MachineRecord.sol";
import {Memory} from "./Memory.sol";
import {MessageAccess} from "./MessageAccess.sol";
import {Numeric} from "./Numeric.sol";
import {Opcodes} from "./Opcodes.sol";
import {RecordLayout} from "./RecordLayout.sol";
import {Rows} from "./Rows.sol";
import {Statuses} from "./Statuses.sol";
import {Transition} from "./Transition.sol";
import {TrapCodes} from "./TrapCodes.sol";
import {Variable} from "./Variable.sol";
import {Witness} from "./WitnessReader.sol";
import {WordTree} from "./WordTree.sol";

/// The one-step verifier: a pure function of its calldata, which agrees or reverts with an error.
///
/// It answers every call in `fallback`, not in a function of its own: the compiler's decoding of
/// arguments would revert without data where an offset or a length is wrong, and accept forms that
/// are not canonical (V-2). The call itself is `IOneStepVerifier`'s.
/// Spec: docs/spec/verifier.md. Mirror: bisection/calldata.py, bisection/verifier.
contract OneStepVerifier {
    /// Places in the calldata. Spec: V-2.
    uint256 private constant OFFSETS_AT = 4;
    uint256 private constant POST_STATE_AT = 100;
    uint256 private constant PRE_STATE_AT = 164;
    uint256 private constant OP_AT = 516;

    fallback() external {
        (uint256 op, uint256 witnessLength, bytes32 postState) = decodeCall();
        MachineRecord memory m = abi.decode(msg.data[PRE_STATE_AT:OP_AT - 32], (MachineRecord));
        m.checkRanges();
        oneStepVerify(m, op, witnessLength, postState);
    }

    /// Return the instruction, the length of the witness and the claim. The record and the witness
    /// are where they always are.
    /// Reverts with `UnknownSelector`, `CalldataNotCanonical`. Spec: V-2.
    function decodeCall()
        private
        pure
        returns (uint256 op, uint256 witnessLength, bytes32 postState)
    {
        if (msg.sig != IOneStepVerifier.oneStepVerify.selector) {
            revert UnknownSelector(bytes.concat(msg.sig));
        }
        op = word(OP_AT) >> 128;
        witnessLength = word(Limits.WITNESS_AT - 32);
        postState = bytes32(word(POST_STATE_AT));
        if (witnessLength >= Limits.WITNESS_LENGTH_END) revert CalldataNotCanonical();
        uint256 different;
        unchecked {
            uint256 end = Limits.WITNESS_AT + witnessLength;
            different = msg.data.length ^ (end + (0 - witnessLength) % 32);
            // The calldata ends with the padding, and reads as zeros beyond its end: so the word
            // behind the witness is zero just if the padding is.
            different |= word(end);
        }
        different |= word(OFFSETS_AT) ^ 0x80;
        different |= word(OFFSETS_AT + 32) ^ 0x1e0;
        different |= word(OFFSETS_AT + 64) ^ 0x220;
        different |= word(PRE_STATE_AT - 32) ^ RecordLayout.RECORD_BYTES;
        different |= word(OP_AT - 32) ^ Limits.OP_BYTES;
        different |= uint128(word(OP_AT));
        if (different != 0) revert CalldataNotCanonical();
    }

    /// Check that the witness shows one step from `m` to lead to `postState`. Spec: V-5 to V-8.
    function oneStepVerify(
        MachineRecord memory m,
        uint256 op,
        uint256 witnessLength,
        bytes32 postState
    ) private pure {
        Witness memory w = Witness(Limits.WITNESS_AT);
        step(m, w, op);
        uint256 taken;
        unchecked {
            taken = w.position - Limits.WITNESS_AT; // it only moves forward
        }
        if (taken != witnessLength) revert WitnessLengthMismatch(taken, witnessLength);
        bytes32 actual = m.hash();
        if (actual != postState) revert PostStateMismatch(postState, actual);
    }

    /// Bring `m` to the state after one step. Spec: S-8, S-11, S-12, V-5 to V-7.
    function step(MachineRecord memory m, Witness memory w, uint256 op) private pure {
        if (m.status() != Statuses.RUNNING) {
            checkNoInstruction(op);
            return;
        }
        uint256 fuel = m.fuel();
        if (fuel == 0) {
            checkNoInstruction(op);
            Transition.trapped(m, TrapCodes.OUT_OF_FUEL);
            return;
        }
        unchecked {
            m.setFuel(fuel - 1);
        }
        bool valid = fetch(m, w, op);
        uint256 trapCode = valid ? execute(m, w, op) : TrapCodes.INVALID_INSTRUCTION;
        if (trapCode != TrapCodes.NONE) Transition.trapped(m, trapCode);
    }

    /// Revert with `UnexpectedInstruction` unless `op` is zero: the step fetches none. Spec: V-5.
    function checkNoInstruction(uint256 op) private pure {
        if (op != 0) revert UnexpectedInstruction(bytes.concat(bytes16(uint128(op))));
    }

    /// Show that `op` stands at pc: it is one half of a leaf, the other begins the witness. Return
    /// whether it is an instruction; if not, or if pc is beyond the code tree, where there is
    /// nothing to show, the step traps with `INVALID_INSTRUCTION`.
    /// Reverts with `UnexpectedInstruction`, `RootMismatch`. Spec: V-5, V-6, M-8.
    function fetch(MachineRecord memory m, Witness memory w, uint256 op)
        private
        pure
        returns (bool)
    {
        uint256 pc = m.pc();
        uint256 depth = m.codeDepth();
        if (pc >= 2 << depth) {
            checkNoInstruction(op);
            return false;
        }
        uint256 other = w.number(Limits.OP_BYTES);
        uint256 leaf = pc & 1 == 0 ? (op << 128) | other : (other << 128) | op;
        bytes32 actual = WordTree.foldLeaf(w, bytes32(leaf), pc >> 1, depth);
        WordTree.checkRoot(m.codeRoot, actual);
        return Opcodes.isValid(op);
    }

    /// Apply the rule of a valid instruction; return the trap code, `NONE` if it does not trap.
    /// Spec: I-3, V-7, V-17.
    function execute(MachineRecord memory m, Witness memory w, uint256 op)
        private
        pure
        returns (uint256 trapCode)
    {
        uint256 code = op >> 120;
        uint256 a = uint32(op >> 64);
        uint256 b = uint64(op);
        if (Opcodes.has(Opcodes.NUMERIC, code)) trapCode = Numeric.step(m, w, code);
        else if (Opcodes.has(Opcodes.VARIABLE, code)) Variable.step(m, w, code, a, b);
        else if (Opcodes.has(Opcodes.CONTROL, code)) trapCode = Control.step(m, w, code, a);
        else if (Opcodes.has(Opcodes.MEMORY, code)) trapCode = Memory.step(m, w, code, a);
        else if (code <= Opcodes.DB_SEEK_BACK) trapCode = Rows.step(m, w, code);
        else trapCode = MessageAccess.step(m, w, code);
    }

    /// Return the 32 bytes at `position` of the calldata, zeros beyond its end.
    function word(uint256 position) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(position)
        }
    }
}
