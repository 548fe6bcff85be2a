// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    DepthOutOfRange,
    RecordVersionMismatch,
    ResultOutOfRange,
    StatusOutOfRange,
    TrapCodeOutOfRange
} from "./Errors.sol";
import {Limits} from "./Limits.sol";
import {RecordLayout} from "./RecordLayout.sol";
import {Statuses} from "./Statuses.sol";
import {TrapCodes} from "./TrapCodes.sol";

/// The machine record: ten words, which stand in memory as they are hashed, 320 bytes in a row.
/// `header` holds the fields below 32 bytes; `RecordLayout` has their places.
/// Spec: docs/spec/state.md, S-1. Mirror: wasm_interp/state.py.
struct MachineRecord {
    uint256 header;
    bytes32 stack;
    bytes32 frames;
    bytes32 localsRoot;
    bytes32 globalsRoot;
    bytes32 memoryRoot;
    bytes32 tableRoot;
    bytes32 codeRoot;
    bytes32 dbRoot;
    bytes32 message;
}

using MachineRecords for MachineRecord global;

/// What is done with a record. Setters take numbers that fit their field, or are said to wrap.
library MachineRecords {
    /// The lowest bits, and the highest, of the five bytes of the header that hold depths.
    uint256 private constant DEPTH_LOW_BITS = 0x7f7f7f7f7f << RecordLayout.LOCALS_DEPTH_SHIFT;
    uint256 private constant DEPTH_HIGH_BITS = 0x8080808080 << RecordLayout.LOCALS_DEPTH_SHIFT;
    /// Added to the low bits of a byte, it sets the highest bit if they are above `DEPTH_MAX`.
    uint256 private constant DEPTH_ROOM =
        (0x0101010101 << RecordLayout.LOCALS_DEPTH_SHIFT) * (127 - Limits.DEPTH_MAX);

    /// Return the state hash. Spec: S-1.
    function hash(MachineRecord memory m) internal pure returns (bytes32 result) {
        uint256 size = RecordLayout.RECORD_BYTES;
        assembly ("memory-safe") {
            result := keccak256(m, size)
        }
    }

    /// Check what `State.decode` checks in Python, the outcome and the depths. Reverts with
    /// `RecordVersionMismatch`, `StatusOutOfRange`, `TrapCodeOutOfRange`, `ResultOutOfRange`,
    /// `DepthOutOfRange`.
    /// Spec: S-1, V-4. Differs from Python: the calldata's form fixes the length of a record.
    function checkRanges(MachineRecord memory m) internal pure {
        uint256 version = uint8(m.header >> RecordLayout.VERSION_SHIFT);
        if (version != RecordLayout.RECORD_VERSION) revert RecordVersionMismatch(version);
        // Status, trap code and result are the highest bytes: all zero while the machine runs.
        if (m.header >> RecordLayout.RESULT_SHIFT != 0) checkOutcome(m);
        checkDepths(m.header);
    }

    /// Refuse a status or a trap code that there is not, and a trap code or a result of a machine
    /// that has not stopped in that way.
    /// Reverts with `StatusOutOfRange`, `TrapCodeOutOfRange`, `ResultOutOfRange`. Spec: V-4, S-13.
    function checkOutcome(MachineRecord memory m) internal pure {
        uint256 outcome = m.status();
        if (outcome > Statuses.TRAPPED) revert StatusOutOfRange(outcome);
        uint256 code = uint8(m.header >> RecordLayout.TRAP_SHIFT);
        bool hasCode = code != TrapCodes.NONE;
        if (code > TrapCodes.READ_TOO_LONG || hasCode != (outcome == Statuses.TRAPPED)) {
            revert TrapCodeOutOfRange(code);
        }
        uint256 result = uint64(m.header >> RecordLayout.RESULT_SHIFT);
        if (result != 0 && outcome != Statuses.HALTED) revert ResultOutOfRange(result);
    }

    /// Revert with `DepthOutOfRange` for the first of five depths that is above 32. Spec: V-4, M-3.
    /// All are checked at once: no byte carries into the next, and one above 127 counts as it is.
    function checkDepths(uint256 header) internal pure {
        unchecked {
            uint256 above = ((header & DEPTH_LOW_BITS) + DEPTH_ROOM) | header;
            if (above & DEPTH_HIGH_BITS == 0) return;
        }
        uint256 shift = RecordLayout.CODE_DEPTH_SHIFT;
        while (uint8(header >> shift) <= Limits.DEPTH_MAX) shift -= 8;
        revert DepthOutOfRange(uint8(header >> shift));
    }

    function status(MachineRecord memory m) internal pure returns (uint256) {
        return uint8(m.header >> RecordLayout.STATUS_SHIFT);
    }

    function pc(MachineRecord memory m) internal pure returns (uint256) {
        return uint32(m.header >> RecordLayout.PC_SHIFT);
    }

    function fuel(MachineRecord memory m) internal pure returns (uint256) {
        return uint32(m.header >> RecordLayout.FUEL_SHIFT);
    }

    function callDepth(MachineRecord memory m) internal pure returns (uint256) {
        return uint16(m.header >> RecordLayout.CALL_DEPTH_SHIFT);
    }

    function memoryPages(MachineRecord memory m) internal pure returns (uint256) {
        return uint16(m.header >> RecordLayout.MEMORY_PAGES_SHIFT);
    }

    function memoryMax(MachineRecord memory m) internal pure returns (uint256) {
        return uint16(m.header >> RecordLayout.MEMORY_MAX_SHIFT);
    }

    function tableLength(MachineRecord memory m) internal pure returns (uint256) {
        return uint16(m.header >> RecordLayout.TABLE_LENGTH_SHIFT);
    }

    function codeDepth(MachineRecord memory m) internal pure returns (uint256) {
        return uint8(m.header >> RecordLayout.CODE_DEPTH_SHIFT);
    }

    function memoryDepth(MachineRecord memory m) internal pure returns (uint256) {
        return uint8(m.header >> RecordLayout.MEMORY_DEPTH_SHIFT);
    }

    function tableDepth(MachineRecord memory m) internal pure returns (uint256) {
        return uint8(m.header >> RecordLayout.TABLE_DEPTH_SHIFT);
    }

    function globalsDepth(MachineRecord memory m) internal pure returns (uint256) {
        return uint8(m.header >> RecordLayout.GLOBALS_DEPTH_SHIFT);
    }

    function localsDepth(MachineRecord memory m) internal pure returns (uint256) {
        return uint8(m.header >> RecordLayout.LOCALS_DEPTH_SHIFT);
    }

    /// Go on at `target`; from 2^32 on it wraps. Spec: V-18.
    function setPc(MachineRecord memory m, uint256 target) internal pure {
        _set(m, RecordLayout.PC_SHIFT, RecordLayout.PC_MASK, uint32(target));
    }

    function setFuel(MachineRecord memory m, uint256 remaining) internal pure {
        _set(m, RecordLayout.FUEL_SHIFT, RecordLayout.FUEL_MASK, remaining);
    }

    /// Set the number of frames. Below 0 it wraps. Spec: V-18.
    function setCallDepth(MachineRecord memory m, uint256 depth) internal pure {
        _set(m, RecordLayout.CALL_DEPTH_SHIFT, RecordLayout.CALL_DEPTH_MASK, uint16(depth));
    }

    function setMemoryPages(MachineRecord memory m, uint256 pages) internal pure {
        _set(m, RecordLayout.MEMORY_PAGES_SHIFT, RecordLayout.MEMORY_PAGES_MASK, pages);
    }

    function setMemoryDepth(MachineRecord memory m, uint256 depth) internal pure {
        _set(m, RecordLayout.MEMORY_DEPTH_SHIFT, RecordLayout.MEMORY_DEPTH_MASK, depth);
    }

    function setLocalsDepth(MachineRecord memory m, uint256 depth) internal pure {
        _set(m, RecordLayout.LOCALS_DEPTH_SHIFT, RecordLayout.LOCALS_DEPTH_MASK, depth);
    }

    /// Halt with `result`. Spec: I-10.
    function setHalted(MachineRecord memory m, uint256 result) internal pure {
        _set(m, RecordLayout.STATUS_SHIFT, RecordLayout.STATUS_MASK, Statuses.HALTED);
        _set(m, RecordLayout.RESULT_SHIFT, RecordLayout.RESULT_MASK, result);
    }

    /// Trap with `code`: pc and operands stay. Spec: S-9.
    function setTrapped(MachineRecord memory m, uint256 code) internal pure {
        _set(m, RecordLayout.STATUS_SHIFT, RecordLayout.STATUS_MASK, Statuses.TRAPPED);
        _set(m, RecordLayout.TRAP_SHIFT, RecordLayout.TRAP_MASK, code);
    }

    function _set(MachineRecord memory m, uint256 shift, uint256 mask, uint256 value) private pure {
        m.header = (m.header & ~(mask << shift)) | (value << shift);
    }
}
