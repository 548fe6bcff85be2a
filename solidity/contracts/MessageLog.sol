// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GameConstants} from "./GameConstants.sol";
import {WordTree} from "./WordTree.sol";

/// The log of messages: a word tree of depth 32, which one path at a time is opened of.
/// Spec: docs/spec/channel.md, C-4 to C-7. Mirror: channel/log.py.
library MessageLog {
    /// Return the root of the log before message `index`, which is shown to be in this log.
    /// Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: C-5, C-6.
    function openMessage(
        bytes32 logRoot,
        bytes32 messageHash,
        uint256 index,
        bytes32[32] calldata path
    ) internal pure returns (bytes32 before) {
        bytes32 actual;
        (actual, before) = _fold(messageHash, index, path);
        WordTree.checkRoot(logRoot, actual);
    }

    /// Refuse a log of `turn` that is no prefix of one that is longer. `messageHash` and `path` are
    /// those of the next message: that the log is longer, its own turn says and no root does.
    /// Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: C-6.
    function checkPrefix(
        bytes32 prefixRoot,
        bytes32 logRoot,
        uint256 turn,
        bytes32 messageHash,
        bytes32[32] calldata path
    ) internal pure {
        WordTree.checkRoot(prefixRoot, openMessage(logRoot, messageHash, turn, path));
    }

    /// Return the root of a log of `turn` messages after one more is appended. `path` is that of
    /// the first free leaf. Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: C-7.
    function appendedRoot(
        bytes32 logRoot,
        bytes32 messageHash,
        uint256 turn,
        bytes32[32] calldata path
    ) internal pure returns (bytes32 root) {
        bytes32 actual;
        (actual, root) = _foldTwo(bytes32(0), messageHash, turn, path);
        WordTree.checkRoot(logRoot, actual);
    }

    /// Return the root that a leaf implies, and what the root was when that leaf and all to the
    /// right of it were zero. Reverts with `WindowOutOfRange`. Spec: M-10, C-6.
    function _fold(bytes32 leaf, uint256 index, bytes32[32] calldata path)
        private
        pure
        returns (bytes32 root, bytes32 before)
    {
        WordTree.checkRange(index, 1, GameConstants.LOG_DEPTH);
        assembly ("memory-safe") {
            root := leaf
            let zero := 0
            for { let at := path } lt(at, add(path, 1024)) { at := add(at, 32) } {
                // A node at an odd place is the right one of its pair.
                let side := shl(5, and(index, 1))
                let sibling := calldataload(at)
                mstore(xor(side, 32), sibling)
                mstore(side, root)
                root := keccak256(0, 64)
                // Before, what stood to the right was zero.
                if iszero(side) { mstore(32, zero) }
                mstore(side, before)
                before := keccak256(0, 64)
                mstore(0, zero)
                mstore(32, zero)
                zero := keccak256(0, 64)
                index := shr(1, index)
            }
        }
    }

    /// Return the roots that two leaves imply, which stand in one place. Reverts with
    /// `WindowOutOfRange`. Spec: M-10, C-7.
    function _foldTwo(bytes32 one, bytes32 other, uint256 index, bytes32[32] calldata path)
        private
        pure
        returns (bytes32, bytes32)
    {
        WordTree.checkRange(index, 1, GameConstants.LOG_DEPTH);
        assembly ("memory-safe") {
            for { let at := path } lt(at, add(path, 1024)) { at := add(at, 32) } {
                // A node at an odd place is the right one of its pair.
                let side := shl(5, and(index, 1))
                mstore(xor(side, 32), calldataload(at))
                mstore(side, one)
                one := keccak256(0, 64)
                mstore(side, other)
                other := keccak256(0, 64)
                index := shr(1, index)
            }
        }
        return (one, other);
    }
}
