// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The witness, as far as it has been read: `position` is the place in the calldata of the next
/// byte. Beyond its end are zeros: the padding, and all that is beyond the calldata. Spec: V-3.
struct Witness {
    uint256 position;
}

using WitnessReader for Witness global;

/// Reads bytes and numbers from the witness, each from where the last one ended. Reading never
/// fails: what was read beyond the end is found out after the step (V-3).
/// Spec: V-3. Mirror: merkle/proof_bytes.py, ByteReader.
library WitnessReader {
    /// Return the next `count` bytes where they stand, without copying them.
    function take(Witness memory w, uint256 count) internal pure returns (bytes calldata data) {
        uint256 position = w.position;
        assembly ("memory-safe") {
            data.offset := position
            data.length := count
        }
        w.skip(count);
    }

    /// Return the next `size` bytes, at most 32, as a big-endian number.
    function number(Witness memory w, uint256 size) internal pure returns (uint256 value) {
        uint256 position = w.position;
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, size)), calldataload(position))
        }
        w.skip(size);
    }

    /// Return the next 32 bytes.
    function word(Witness memory w) internal pure returns (bytes32) {
        return bytes32(w.number(32));
    }

    /// Go on behind `count` bytes. It cannot overflow: a witness begins within the calldata, and
    /// no part of one has 2^32 bytes.
    function skip(Witness memory w, uint256 count) internal pure {
        unchecked {
            w.position += count;
        }
    }

    /// Return the hash of bytes that were taken. The compiler's `keccak256(data)` would revert
    /// without data if they went beyond the end of the calldata.
    function hashOf(bytes calldata data) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(64)
            calldatacopy(free, data.offset, data.length)
            result := keccak256(free, data.length)
        }
    }

    /// Return a copy of bytes that were taken; the compiler's would revert likewise.
    function copyOf(bytes calldata data) internal pure returns (bytes memory copy) {
        copy = new bytes(data.length);
        assembly ("memory-safe") {
            calldatacopy(add(copy, 32), data.offset, data.length)
        }
    }
}
