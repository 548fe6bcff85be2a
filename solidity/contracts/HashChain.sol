// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChainMismatch} from "./Errors.sol";
import {Witness} from "./WitnessReader.sol";

/// Operands that the witness shows: the place in the calldata of the lowest one. Each is a u64.
type Operands is uint256;

using HashChain for Operands global;

/// Hash chains: a stack that is committed to by one hash.
///
/// Differs from Python: items are operands, u64, so that a link fits the scratch space; the one
/// chain with other items is that of frames (`Parts.openFrame`, `Control.called`).
/// Spec: docs/spec/merkle.md#chain. Mirror: merkle/chain.py.
library HashChain {
    /// Return `chain` with the operand `value` on top. Spec: M-13, S-2.
    function push(bytes32 chain, uint256 value) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            mstore(0, chain)
            mstore(32, shl(192, value))
            result := keccak256(0, 40)
        }
    }

    /// Read the chain below the `count` operands on top of `chain`, and the operands.
    /// Reverts with `ChainMismatch` (the empty chain has none). Spec: M-14, V-9.
    function openLinks(Witness memory w, bytes32 chain, uint256 count)
        internal
        pure
        returns (bytes32 previous, Operands operands)
    {
        previous = w.word();
        operands = Operands.wrap(w.position);
        w.skip(8 * count);
        uint256 end = w.position;
        bytes32 actual;
        assembly ("memory-safe") {
            // A link is built in scratch space: the chain so far, then the operand's 8 bytes.
            mstore(0, previous)
            for { let at := operands } lt(at, end) { at := add(at, 8) } {
                calldatacopy(32, at, 8)
                mstore(0, keccak256(0, 40))
            }
            actual := mload(0)
        }
        if (actual != chain) revert ChainMismatch(chain, actual);
    }

    /// Return the operand at `index`, 0 being the lowest one that is shown.
    function item(Operands operands, uint256 index) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(192, calldataload(add(operands, shl(3, index))))
        }
    }
}
