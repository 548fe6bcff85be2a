// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {KeyLengthOutOfRange, ValueTooLong} from "./Errors.sol";
import {Limits} from "./Limits.sol";
import {Numeric} from "./Numeric.sol";

/// The bits of a key, and the bounds of rows. Keys are read where they stand in the calldata.
/// Spec: docs/spec/merkle.md#map, M-15, M-16, M-19. Mirror: merkle/key_bits.py.
library KeyBits {
    /// What `firstDiff` says of equal keys. Differs from Python: there is no None.
    uint256 internal constant EQUAL = type(uint256).max;

    /// Revert with `KeyLengthOutOfRange` unless a row's key can have `length` bytes. Spec: M-15.
    function checkRowKeyLength(uint256 length) internal pure {
        if (length < 1 || length > Limits.KEY_MAX) revert KeyLengthOutOfRange(length, 1);
    }

    /// Revert with `ValueTooLong` unless a row's value can have `length` bytes. Spec: M-15.
    function checkValueLength(uint256 length) internal pure {
        if (length > Limits.VALUE_MAX) revert ValueTooLong(length);
    }

    /// Return the number of bits of `key`. Spec: M-16.
    function bitCount(bytes calldata key) internal pure returns (uint256) {
        unchecked {
            return Limits.BITS_PER_BYTE * key.length + 1; // a key has at most 80 bytes
        }
    }

    /// Return the bit of `key` at index `bit`: 0 or 1, and 0 beyond its last bit. Spec: M-16.
    function bitAt(bytes calldata key, uint256 bit) internal pure returns (uint256) {
        uint256 index = bit / Limits.BITS_PER_BYTE;
        uint256 place = bit % Limits.BITS_PER_BYTE;
        if (index >= key.length) return 0;
        // The 256 is the bit that says that this byte is there.
        return ((256 | uint8(key[index])) >> (8 - place)) & 1;
    }

    /// Return the first bit index at which two keys differ, or `EQUAL`. Spec: M-19.
    function firstDiff(bytes calldata one, bytes calldata other) internal pure returns (uint256) {
        uint256 common = one.length < other.length ? one.length : other.length;
        // Nothing overflows: a key has at most 80 bytes.
        unchecked {
            // Differs from Python: there are no numbers of 80 bytes, so 32 are compared at a time.
            for (uint256 start = 0; start < common; start += 32) {
                uint256 both;
                assembly ("memory-safe") {
                    both := xor(
                        calldataload(add(one.offset, start)),
                        calldataload(add(other.offset, start))
                    )
                }
                // What stands behind a key in the calldata is not part of it.
                uint256 size = common - start;
                if (size < 32) both >>= 256 - 8 * size;
                else size = 32;
                if (both != 0) {
                    uint256 equalBits = 8 * size - Numeric.bitLength(both);
                    uint256 index = start + equalBits / 8;
                    return Limits.BITS_PER_BYTE * index + 1 + equalBits % 8;
                }
            }
            if (one.length == other.length) return EQUAL;
            // A proper prefix: the keys part where the shorter one says that no byte follows.
            return Limits.BITS_PER_BYTE * common;
        }
    }
}
