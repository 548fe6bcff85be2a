// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RootMismatch, WindowOutOfRange} from "./Errors.sol";
import {Witness} from "./WitnessReader.sol";

/// Word trees and windows: a run of whole leaves with one range proof. A window that is written is
/// folded twice along the same siblings, once with its old leaves and once with the new ones.
/// Spec: docs/spec/merkle.md#word-tree. Mirror: merkle/window.py, merkle/word_tree.py.
library WordTree {
    /// Refuse a window that leaves a tree of `depth`. No window is empty, a depth is at most 32
    /// (V-4), an index below 2^32, a count at most 33: so nothing overflows. Spec: M-9.
    function checkRange(uint256 index, uint256 count, uint256 depth) internal pure {
        unchecked {
            if (index + count > 1 << depth) revert WindowOutOfRange(index, count, depth);
        }
    }

    /// Return the root that `count` nodes imply with the siblings that the witness has next.
    ///
    /// `nodes` is their place in memory, with a free word before and behind them (`copyLeaves`);
    /// each level is written over the one below. A run of three nodes or more has two after some
    /// levels, and one after some more: those have folds of their own, at a third of the price.
    /// Spec: M-10, M-11.
    function fold(Witness memory w, uint256 nodes, uint256 count, uint256 index, uint256 depth)
        internal
        pure
        returns (bytes32 root)
    {
        uint256 position = w.position;
        assembly ("memory-safe") {
            for {} gt(count, 2) { depth := sub(depth, 1) } {
                let from := nodes
                if and(index, 1) {
                    from := sub(nodes, 32)
                    mstore(from, calldataload(position))
                    position := add(position, 32)
                    count := add(count, 1)
                }
                if and(count, 1) {
                    mstore(add(from, shl(5, count)), calldataload(position))
                    position := add(position, 32)
                    count := add(count, 1)
                }
                count := shr(1, count)
                let to := nodes
                for { let end := add(nodes, shl(5, count)) } lt(to, end) { to := add(to, 32) } {
                    mstore(to, keccak256(from, 64))
                    from := add(from, 64)
                }
                index := shr(1, index)
            }
            root := mload(nodes)
        }
        w.position = position;
        if (count == 2) (root, index, depth) = foldPair(w, nodes, index, depth);
        return foldLeaf(w, root, index, depth);
    }

    /// Fold two nodes up to where they meet; return the node there, its index, and the levels left.
    ///
    /// They meet at the first level at which the first is a left node. There is one: the window is
    /// within the tree (M-9). Spec: M-10.
    function foldPair(Witness memory w, uint256 nodes, uint256 index, uint256 depth)
        internal
        pure
        returns (bytes32 node, uint256 indexAbove, uint256 depthLeft)
    {
        uint256 position = w.position;
        assembly ("memory-safe") {
            let first := mload(nodes)
            let second := mload(add(nodes, 32))
            for {} and(index, 1) { index := shr(1, index) } {
                mstore(0, calldataload(position))
                mstore(32, first)
                first := keccak256(0, 64)
                mstore(0, second)
                mstore(32, calldataload(add(position, 32)))
                second := keccak256(0, 64)
                position := add(position, 64)
                depth := sub(depth, 1)
            }
            mstore(0, first)
            mstore(32, second)
            node := keccak256(0, 64)
            indexAbove := shr(1, index)
            depthLeft := sub(depth, 1)
        }
        w.position = position;
    }

    /// Do what `fold` does for two runs of nodes, before and after a write. Spec: M-10, M-12.
    function foldTwo(
        Witness memory w,
        uint256 nodes,
        uint256 newNodes,
        uint256 count,
        uint256 index,
        uint256 depth
    ) internal pure returns (bytes32 root, bytes32 newRoot) {
        uint256 position = w.position;
        assembly ("memory-safe") {
            let gap := sub(newNodes, nodes)
            for {} gt(count, 2) { depth := sub(depth, 1) } {
                let from := nodes
                if and(index, 1) {
                    from := sub(nodes, 32)
                    let sibling := calldataload(position)
                    mstore(from, sibling)
                    mstore(add(from, gap), sibling)
                    position := add(position, 32)
                    count := add(count, 1)
                }
                if and(count, 1) {
                    let sibling := calldataload(position)
                    let place := add(from, shl(5, count))
                    mstore(place, sibling)
                    mstore(add(place, gap), sibling)
                    position := add(position, 32)
                    count := add(count, 1)
                }
                count := shr(1, count)
                let to := nodes
                for { let end := add(nodes, shl(5, count)) } lt(to, end) { to := add(to, 32) } {
                    mstore(to, keccak256(from, 64))
                    mstore(add(to, gap), keccak256(add(from, gap), 64))
                    from := add(from, 64)
                }
                index := shr(1, index)
            }
            root := mload(nodes)
            newRoot := mload(newNodes)
        }
        if (count == 2) {
            // The same siblings lead from both: the second fold begins where the first one did.
            w.position = position;
            (newRoot,,) = foldPair(w, newNodes, index, depth);
            w.position = position;
            (root, index, depth) = foldPair(w, nodes, index, depth);
        } else {
            w.position = position;
        }
        return foldLeafTwo(w, root, newRoot, index, depth);
    }

    /// Do what `fold` does for one leaf, at a third of the price. Spec: M-10.
    function foldLeaf(Witness memory w, bytes32 leaf, uint256 index, uint256 depth)
        internal
        pure
        returns (bytes32 root)
    {
        uint256 position = w.position;
        assembly ("memory-safe") {
            root := leaf
            let place := shl(5, index)
            let end := add(position, shl(5, depth))
            for {} lt(position, end) { position := add(position, 32) } {
                // A node at an odd place is the right one of its pair, 32 bytes further.
                let side := and(place, 32)
                mstore(side, root)
                mstore(xor(side, 32), calldataload(position))
                root := keccak256(0, 64)
                place := shr(1, place)
            }
        }
        w.position = position;
    }

    /// Do what `foldTwo` does for one leaf. Spec: M-10, M-12.
    function foldLeafTwo(
        Witness memory w,
        bytes32 leaf,
        bytes32 newLeaf,
        uint256 index,
        uint256 depth
    ) internal pure returns (bytes32 root, bytes32 newRoot) {
        uint256 position = w.position;
        assembly ("memory-safe") {
            root := leaf
            newRoot := newLeaf
            let place := shl(5, index)
            let end := add(position, shl(5, depth))
            for {} lt(position, end) { position := add(position, 32) } {
                let side := and(place, 32)
                mstore(xor(side, 32), calldataload(position))
                mstore(side, root)
                root := keccak256(0, 64)
                mstore(side, newRoot)
                newRoot := keccak256(0, 64)
                place := shr(1, place)
            }
        }
        w.position = position;
    }

    /// Read the window of one leaf at `index` of the tree of `root` and `depth`; return the leaf.
    /// Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: V-10.
    function openLeaf(Witness memory w, bytes32 root, uint256 index, uint256 depth)
        internal
        pure
        returns (bytes32 leaf)
    {
        checkRange(index, 1, depth);
        leaf = w.word();
        checkRoot(root, foldLeaf(w, leaf, index, depth));
    }

    /// Read the window of one leaf, and return the root after the bits of its leaf that are 1 in
    /// `mask` became those of `bits`.
    /// Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: V-10, M-12.
    function updateLeaf(
        Witness memory w,
        bytes32 root,
        uint256 index,
        uint256 depth,
        uint256 mask,
        uint256 bits
    ) internal pure returns (bytes32) {
        checkRange(index, 1, depth);
        bytes32 leaf = w.word();
        bytes32 newLeaf = bytes32((uint256(leaf) & ~mask) | bits);
        (bytes32 actual, bytes32 newRoot) = foldLeafTwo(w, leaf, newLeaf, index, depth);
        checkRoot(root, actual);
        return newRoot;
    }

    /// Read the window of `count` leaves at `index`; return the leaves where they stand.
    /// Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: V-10.
    function openWindow(
        Witness memory w,
        bytes32 root,
        uint256 index,
        uint256 count,
        uint256 depth
    ) internal pure returns (bytes calldata leaves) {
        checkRange(index, count, depth);
        leaves = w.take(count << 5);
        checkRoot(root, fold(w, copyLeaves(leaves), count, index, depth));
    }

    /// Read the window of `count` leaves, and return the root after the bytes of `data` took the
    /// place of what the leaves hold from byte `start` on.
    /// Reverts with `WindowOutOfRange`, `RootMismatch`. Spec: V-10, M-12.
    function updateWindow(
        Witness memory w,
        bytes32 root,
        uint256 index,
        uint256 count,
        uint256 depth,
        uint256 start,
        bytes memory data
    ) internal pure returns (bytes32) {
        checkRange(index, count, depth);
        bytes calldata leaves = w.take(count << 5);
        uint256 nodes = copyLeaves(leaves);
        uint256 newNodes = copyLeaves(leaves);
        assembly ("memory-safe") {
            mcopy(add(newNodes, start), add(data, 32), mload(data))
        }
        (bytes32 actual, bytes32 newRoot) = foldTwo(w, nodes, newNodes, count, index, depth);
        checkRoot(root, actual);
        return newRoot;
    }

    /// Copy leaves to memory, with a free word before and behind them, and return their place.
    function copyLeaves(bytes calldata leaves) internal pure returns (uint256 nodes) {
        assembly ("memory-safe") {
            nodes := add(mload(64), 32)
            calldatacopy(nodes, leaves.offset, leaves.length)
            mstore(64, add(add(nodes, leaves.length), 32))
        }
    }

    /// Revert with `RootMismatch` unless a window folds to `root`. Spec: M-10.
    function checkRoot(bytes32 root, bytes32 actual) internal pure {
        if (actual != root) revert RootMismatch(root, actual);
    }

    /// Return the least depth whose tree has room for `leafCount` leaves. Spec: M-7.
    function depthFor(uint256 leafCount) internal pure returns (uint256 depth) {
        while (1 << depth < leafCount) ++depth;
    }

    /// Return the root of the all-zero tree of `depth`. Spec: M-6.
    function zeroRoot(uint256 depth) internal pure returns (bytes32 root) {
        assembly ("memory-safe") {
            for {} depth { depth := sub(depth, 1) } {
                mstore(0, root)
                mstore(32, root)
                root := keccak256(0, 64)
            }
        }
    }

    /// Return the root of the tree of `depth` after zero leaves deepened it to `newDepth`, if that
    /// is more. Spec: M-35.
    function deepenedRoot(bytes32 root, uint256 depth, uint256 newDepth)
        internal
        pure
        returns (bytes32)
    {
        bytes32 zero = zeroRoot(depth);
        for (; depth < newDepth; ++depth) {
            root = keccak256(abi.encodePacked(root, zero));
            zero = keccak256(abi.encodePacked(zero, zero));
        }
        return root;
    }
}
