// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HashChain, Operands} from "./HashChain.sol";
import {Limits} from "./Limits.sol";
import {MachineRecord} from "./MachineRecord.sol";
import {Numeric} from "./Numeric.sol";
import {Opcodes} from "./Opcodes.sol";
import {Parts} from "./Parts.sol";
import {Transition} from "./Transition.sol";
import {TrapCodes} from "./TrapCodes.sol";
import {Witness} from "./WitnessReader.sol";
import {WordTree} from "./WordTree.sol";

/// Linear memory: loads, stores, and its size.
///
/// An access of `width` bytes at `base + offset` must end within the current pages. A sum of two
/// u64 does not overflow here, and neither does what it is compared with: so all is unchecked.
///
/// Differs from Python: a rule that can trap returns the trap code, and has changed nothing then.
/// Spec: I-5, I-6, V-17. Mirror: bisection/verifier/memory.py.
library Memory {
    /// Take the step of a memory instruction with the immediate `a`; return the trap code, `NONE`
    /// if it does not trap.
    function step(MachineRecord memory m, Witness memory w, uint256 code, uint256 a)
        internal
        pure
        returns (uint256 trapCode)
    {
        if (code == Opcodes.MEMORY_SIZE) memorySize(m);
        else if (code == Opcodes.MEMORY_GROW) memoryGrow(m, w);
        else trapCode = access(m, w, code, a);
    }

    /// Take the step of a load or store: the table says its width, and how a load extends.
    function access(MachineRecord memory m, Witness memory w, uint256 code, uint256 offset)
        internal
        pure
        returns (uint256)
    {
        uint256 width;
        unchecked {
            width = (Opcodes.ACCESS_WIDTHS >> (4 * (code - Opcodes.ACCESS_FIRST))) & 15;
        }
        if (Opcodes.has(Opcodes.STORE, code)) return store(m, w, offset, width);
        if (!Opcodes.has(Opcodes.LOAD_SIGNED, code)) return load(m, w, offset, width);
        uint256 n = Opcodes.has(Opcodes.LOAD_SIGNED_I64, code) ? 64 : 32;
        return loadSigned(m, w, offset, width, n);
    }

    /// Replace the base by the `width` bytes at `base + offset`, zero-extended.
    /// Traps: `MEMORY_OUT_OF_BOUNDS`. Spec: I-5.
    function load(MachineRecord memory m, Witness memory w, uint256 offset, uint256 width)
        internal
        pure
        returns (uint256)
    {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        unchecked {
            uint256 location = operands.item(0) + offset;
            if (!checkBuffer(m, location, width)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
            uint256 value = fromLittleEndian(Parts.readBuffer(m, w, location, width));
            Transition.advance(m, HashChain.push(previous, value));
        }
        return TrapCodes.NONE;
    }

    /// Replace the base by the `width` bytes at `base + offset`, sign-extended to `n` bits.
    /// Traps: `MEMORY_OUT_OF_BOUNDS`. Spec: I-5.
    function loadSigned(
        MachineRecord memory m,
        Witness memory w,
        uint256 offset,
        uint256 width,
        uint256 n
    ) internal pure returns (uint256) {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        unchecked {
            uint256 location = operands.item(0) + offset;
            if (!checkBuffer(m, location, width)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
            uint256 value = fromLittleEndian(Parts.readBuffer(m, w, location, width));
            uint256 extended = Numeric.signExtend(value, n, 8 * width);
            Transition.advance(m, HashChain.push(previous, extended));
        }
        return TrapCodes.NONE;
    }

    /// Pop a value and a base; write the low `width` bytes of the value at `base + offset`.
    /// Traps: `MEMORY_OUT_OF_BOUNDS`. Spec: I-5.
    function store(MachineRecord memory m, Witness memory w, uint256 offset, uint256 width)
        internal
        pure
        returns (uint256)
    {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 2);
        unchecked {
            uint256 location = operands.item(0) + offset;
            if (!checkBuffer(m, location, width)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
            bytes memory data = toLittleEndian(operands.item(1), width);
            m.memoryRoot = Parts.writeBuffer(m, w, location, data);
        }
        Transition.advance(m, previous);
        return TrapCodes.NONE;
    }

    /// Push the number of pages.
    function memorySize(MachineRecord memory m) internal pure {
        Transition.advance(m, HashChain.push(m.stack, m.memoryPages()));
    }

    /// Pop pages to add; push the number before, or -1 if the maximum would be exceeded.
    /// Spec: I-6, S-5.
    function memoryGrow(MachineRecord memory m, Witness memory w) internal pure {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        uint256 pages = m.memoryPages();
        unchecked {
            uint256 newPages = pages + operands.item(0);
            if (newPages > m.memoryMax()) {
                Transition.advance(m, HashChain.push(previous, Limits.GROW_FAILED));
                return;
            }
            // The sum is at most the maximum, a u16.
            Transition.advance(m, HashChain.push(previous, pages));
            m.setMemoryPages(newPages);
            uint256 depth = WordTree.depthFor(newPages * Limits.LEAVES_PER_PAGE);
            if (depth > m.memoryDepth()) {
                m.memoryRoot = WordTree.deepenedRoot(m.memoryRoot, m.memoryDepth(), depth);
                m.setMemoryDepth(depth);
            }
        }
    }

    /// Return whether a buffer ends within memory; if not, the step traps with
    /// `MEMORY_OUT_OF_BOUNDS`. Spec: I-5, T-10.
    function checkBuffer(MachineRecord memory m, uint256 location, uint256 length)
        internal
        pure
        returns (bool)
    {
        unchecked {
            return location + length <= m.memoryPages() * Limits.PAGE_BYTES;
        }
    }

    /// Return the number that bytes are, at most 8, the lowest first.
    function fromLittleEndian(bytes calldata data) internal pure returns (uint256) {
        // What stands behind the data counts as zero, and is the highest when reversed.
        return reversed(uint64(bytes8(data)));
    }

    /// Return the low `width` bytes of `value`, a u64, the lowest first.
    function toLittleEndian(uint256 value, uint256 width)
        internal
        pure
        returns (bytes memory data)
    {
        data = new bytes(width);
        uint256 word = reversed(value) << 192;
        assembly ("memory-safe") {
            // The data has this word for itself, and no more of it than `width` bytes counts.
            mstore(add(data, 32), word)
        }
    }

    /// Return a u64 with its bytes in reverse: neighbours of 1, 2 and 4 bytes change places.
    function reversed(uint256 value) internal pure returns (uint256) {
        value = ((value & 0x00ff00ff00ff00ff) << 8) | ((value >> 8) & 0x00ff00ff00ff00ff);
        value = ((value & 0x0000ffff0000ffff) << 16) | ((value >> 16) & 0x0000ffff0000ffff);
        return ((value & 0xffffffff) << 32) | (value >> 32);
    }
}
