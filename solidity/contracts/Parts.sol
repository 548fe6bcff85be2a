// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChainMismatch, MessageMismatch, PayloadMismatch, PayloadTooLong} from "./Errors.sol";
import {HashChain, Operands} from "./HashChain.sol";
import {Limits} from "./Limits.sol";
import {MachineRecord} from "./MachineRecord.sol";
import {Numeric} from "./Numeric.sol";
import {Witness, WitnessReader} from "./WitnessReader.sol";
import {WordTree} from "./WordTree.sol";

/// A frame, and the chain below it. Spec: V-12, S-3.
struct Frame {
    bytes32 previous;
    bytes32 localsRoot;
    uint256 returnPc;
    uint256 localsDepth;
}

/// A message without its payload. Spec: V-13, T-1.
struct MessageHead {
    uint256 turn;
    uint256 sender;
    uint256 length;
    bytes32 payloadHash;
}

/// The parts of a witness, checked against the record: what a rule may rely on.
///
/// Each function reads one part, and reverts unless the record commits to it. Places in memory are
/// below 2^32 once they are checked, so that nothing here overflows.
/// Spec: V-9 to V-14. Mirror: bisection/verifier/parts.py.
library Parts {
    uint256 private constant FRAME_BYTES = 69;
    uint256 private constant MESSAGE_BYTES = 48;

    /// Return the chain below the `count` operands on top of the stack, and the operands, the
    /// lowest first. Reverts with `ChainMismatch`. Spec: V-9.
    function openOperands(MachineRecord memory m, Witness memory w, uint256 count)
        internal
        pure
        returns (bytes32 previous, Operands operands)
    {
        return HashChain.openLinks(w, m.stack, count);
    }

    /// Return the frame on top. Reverts with `ChainMismatch`. Spec: V-12.
    function openFrame(MachineRecord memory m, Witness memory w)
        internal
        pure
        returns (Frame memory frame)
    {
        Witness memory part = Witness(w.position);
        bytes32 actual = WitnessReader.hashOf(w.take(FRAME_BYTES));
        if (actual != m.frames) revert ChainMismatch(m.frames, actual);
        frame.previous = part.word();
        frame.localsRoot = part.word();
        frame.returnPc = part.number(4);
        frame.localsDepth = part.number(1);
    }

    /// Return the message. Reverts with `MessageMismatch`. Spec: V-13.
    function openMessage(MachineRecord memory m, Witness memory w)
        internal
        pure
        returns (MessageHead memory message)
    {
        Witness memory part = Witness(w.position);
        bytes32 actual = WitnessReader.hashOf(w.take(MESSAGE_BYTES));
        if (actual != m.message) revert MessageMismatch(m.message, actual);
        message.turn = part.number(8);
        message.sender = part.number(4);
        message.length = part.number(4);
        message.payloadHash = part.word();
    }

    /// Return the payload of `message`. Reverts with `PayloadTooLong`, `PayloadMismatch`.
    /// No message has a payload that is too long (T-1), but a record made up for the purpose may
    /// say so, and memory for four gigabytes takes all gas. Spec: V-14.
    function openPayload(MessageHead memory message, Witness memory w)
        internal
        pure
        returns (bytes calldata payload)
    {
        if (message.length > Limits.MESSAGE_MAX) {
            revert PayloadTooLong(message.length, Limits.MESSAGE_MAX);
        }
        payload = w.take(message.length);
        bytes32 actual = WitnessReader.hashOf(payload);
        if (actual != message.payloadHash) revert PayloadMismatch(message.payloadHash, actual);
    }

    /// Return the u64 at `index` of the tree of `root` and `depth`, four in a leaf.
    /// Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: V-10, M-8.
    function openSlot(Witness memory w, bytes32 root, uint256 index, uint256 depth)
        internal
        pure
        returns (uint256)
    {
        bytes32 leaf = WordTree.openLeaf(w, root, index >> 2, depth);
        return uint64(uint256(leaf) >> slotShift(index));
    }

    /// Return the root of that tree with `value` at `index`.
    /// Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: V-10, M-8, M-12.
    function updateSlot(
        Witness memory w,
        bytes32 root,
        uint256 index,
        uint256 depth,
        uint256 value
    ) internal pure returns (bytes32) {
        uint256 shift = slotShift(index);
        uint256 mask = Numeric.mask(64) << shift;
        return WordTree.updateLeaf(w, root, index >> 2, depth, mask, value << shift);
    }

    /// Return by how many bits the u64 at `index` is shifted in its leaf. Spec: M-8.
    function slotShift(uint256 index) internal pure returns (uint256) {
        unchecked {
            return 64 * (3 - (index & 3));
        }
    }

    /// Return `length` bytes of memory where they stand in the witness.
    /// Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: V-11.
    function readBuffer(MachineRecord memory m, Witness memory w, uint256 location, uint256 length)
        internal
        pure
        returns (bytes calldata data)
    {
        if (length == 0) return w.take(0);
        uint256 position = w.position;
        (uint256 index, uint256 count) = leavesOf(location, length);
        if (count == 1) WordTree.openLeaf(w, m.memoryRoot, index, m.memoryDepth());
        else WordTree.openWindow(w, m.memoryRoot, index, count, m.memoryDepth());
        assembly ("memory-safe") {
            // The leaves come first, one behind the other, and the buffer is a part of them.
            data.offset := add(position, and(location, 31))
            data.length := length
        }
    }

    /// Return the root of memory with `data` at `location`.
    /// Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: V-11, M-12.
    function writeBuffer(
        MachineRecord memory m,
        Witness memory w,
        uint256 location,
        bytes memory data
    ) internal pure returns (bytes32) {
        if (data.length == 0) return m.memoryRoot;
        (uint256 index, uint256 count) = leavesOf(location, data.length);
        uint256 depth = m.memoryDepth();
        uint256 start = location & 31;
        if (count > 1) {
            return WordTree.updateWindow(w, m.memoryRoot, index, count, depth, start, data);
        }
        unchecked {
            uint256 mask = Numeric.mask(8 * data.length) << (8 * (32 - start - data.length));
            // What stands behind the data in memory is not part of it.
            uint256 bits = (uint256(bytes32(data)) >> (8 * start)) & mask;
            return WordTree.updateLeaf(w, m.memoryRoot, index, depth, mask, bits);
        }
    }

    /// Return the first leaf that holds a buffer, which is not empty, and the number of leaves.
    function leavesOf(uint256 location, uint256 length)
        internal
        pure
        returns (uint256 index, uint256 count)
    {
        unchecked {
            index = location >> 5;
            count = ((location + length - 1) >> 5) - index + 1;
        }
    }
}
