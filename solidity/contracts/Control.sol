// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Operands} from "./HashChain.sol";
import {Limits} from "./Limits.sol";
import {MachineRecord} from "./MachineRecord.sol";
import {Opcodes} from "./Opcodes.sol";
import {Frame, Parts} from "./Parts.sol";
import {Transition} from "./Transition.sol";
import {TrapCodes} from "./TrapCodes.sol";
import {Witness} from "./WitnessReader.sol";
import {WordTree} from "./WordTree.sol";

/// Control: jumps, calls, and the two ways in which a machine stops. Setters wrap (V-18), and what
/// is added here has at most 64 bits, so that `unchecked` is right.
///
/// Differs from Python: a rule that can trap returns the trap code, and has changed nothing then.
/// Spec: I-3, I-7 to I-10, V-17. Mirror: bisection/verifier/control.py.
library Control {
    /// Take the step of a control instruction; return the trap code, `NONE` if it does not trap.
    function step(MachineRecord memory m, Witness memory w, uint256 code, uint256 a)
        internal
        pure
        returns (uint256 trapCode)
    {
        if (code == Opcodes.JUMP) jump(m, a);
        else if (code == Opcodes.JUMP_IF) jumpIf(m, w, a);
        else if (code == Opcodes.JUMP_UNLESS) jumpUnless(m, w, a);
        else if (code == Opcodes.JUMP_TABLE) jumpTable(m, w, a);
        else if (code == Opcodes.CALL) return call(m, a);
        else if (code == Opcodes.CALL_INDIRECT) return callIndirect(m, w, a);
        else if (code == Opcodes.ENTER) enter(m, a);
        else if (code == Opcodes.RETURN) return_(m, w);
        else if (code == Opcodes.HALT) halt(m, w, a);
        else return trap(a);
    }

    /// Go on at `target`.
    function jump(MachineRecord memory m, uint256 target) internal pure {
        m.setPc(target);
    }

    /// Pop a condition; go on at `target` if it is not zero.
    function jumpIf(MachineRecord memory m, Witness memory w, uint256 target) internal pure {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        uint256 condition = operands.item(0);
        m.setPc(condition != 0 ? target : Transition.nextPc(m));
        m.stack = previous;
    }

    /// Pop a condition; go on at `target` if it is zero.
    function jumpUnless(MachineRecord memory m, Witness memory w, uint256 target) internal pure {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        uint256 condition = operands.item(0);
        m.setPc(condition == 0 ? target : Transition.nextPc(m));
        m.stack = previous;
    }

    /// Pop an index; go on at the jump of that index in the row of `last + 1` jumps that follows.
    /// An index beyond the row takes its last jump, br_table's default. Spec: I-7.
    function jumpTable(MachineRecord memory m, Witness memory w, uint256 last) internal pure {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        uint256 index = operands.item(0);
        unchecked {
            m.setPc(Transition.nextPc(m) + (index < last ? index : last));
        }
        m.stack = previous;
    }

    /// Push a frame and go on at `target`. Traps: `CALL_STACK_EXHAUSTED`. Spec: I-8, S-3.
    function call(MachineRecord memory m, uint256 target) internal pure returns (uint256) {
        return called(m, target);
    }

    /// Pop a table index and call the function there, if its type is `typeId`.
    /// Traps: `TABLE_OUT_OF_BOUNDS`, `NULL_TABLE_ENTRY`, `INDIRECT_CALL_TYPE_MISMATCH`,
    /// `CALL_STACK_EXHAUSTED`, in this order. Spec: I-8, S-4.
    function callIndirect(MachineRecord memory m, Witness memory w, uint256 typeId)
        internal
        pure
        returns (uint256 trapCode)
    {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        uint256 index = operands.item(0);
        if (index >= m.tableLength()) return TrapCodes.TABLE_OUT_OF_BOUNDS;
        uint256 entry = Parts.openSlot(w, m.tableRoot, index, m.tableDepth());
        if (entry == 0) return TrapCodes.NULL_TABLE_ENTRY;
        if (entry >> 32 != typeId) return TrapCodes.INDIRECT_CALL_TYPE_MISMATCH;
        trapCode = called(m, uint32(entry));
        if (trapCode == TrapCodes.NONE) m.stack = previous;
    }

    /// Go on at `target`, with a frame that leads back. Traps: `CALL_STACK_EXHAUSTED`.
    /// Spec: I-8, S-3.
    function called(MachineRecord memory m, uint256 target) internal pure returns (uint256) {
        if (m.callDepth() >= Limits.CALL_DEPTH_MAX) return TrapCodes.CALL_STACK_EXHAUSTED;
        uint32 returnPc = uint32(Transition.nextPc(m));
        m.frames = keccak256(
            abi.encodePacked(m.frames, m.localsRoot, returnPc, uint8(m.localsDepth()))
        );
        unchecked {
            m.setCallDepth(m.callDepth() + 1);
        }
        m.setPc(target);
        return TrapCodes.NONE;
    }

    /// Give the function fresh locals, `4 * 2^depth` zeros. Parameters are moved in later.
    /// Spec: I-9, L-6.
    function enter(MachineRecord memory m, uint256 depth) internal pure {
        m.setPc(Transition.nextPc(m));
        m.localsRoot = WordTree.zeroRoot(depth);
        m.setLocalsDepth(depth);
    }

    /// Pop a frame: restore the caller's locals and go on after its call. Spec: S-3, V-18.
    function return_(MachineRecord memory m, Witness memory w) internal pure {
        Frame memory frame = Parts.openFrame(m, w);
        m.setPc(frame.returnPc);
        unchecked {
            m.setCallDepth(m.callDepth() - 1);
        }
        m.frames = frame.previous;
        m.localsRoot = frame.localsRoot;
        m.setLocalsDepth(frame.localsDepth);
    }

    /// Stop, with the operand on top as the result if `results` is 1, with 0 if it is 0.
    /// `pc` stays at the halt. Spec: I-10.
    function halt(MachineRecord memory m, Witness memory w, uint256 results) internal pure {
        if (results == 0) {
            m.setHalted(0);
            return;
        }
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        m.setHalted(operands.item(0));
        m.stack = previous;
    }

    /// Trap with `code`: what `unreachable` and failed checks of generated code become. Fuel stays,
    /// even for `OUT_OF_FUEL`. Spec: S-9, L-7, L-13.
    function trap(uint256 code) internal pure returns (uint256) {
        return code;
    }
}
