// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {KeyOutOfOrder, ProofKindOutOfRange, RowNotAtEdge} from "./Errors.sol";
import {KeyBits} from "./KeyBits.sol";
import {Branches, OrderedMap} from "./OrderedMap.sol";
import {Witness} from "./WitnessReader.sol";
import {WordTree} from "./WordTree.sol";

/// Proofs about the order of rows: the next row at or after a key, the last at or before it.
///
/// A proof is named for what it shows, not for the question: `verifyFirst` shows the least row of
/// the map, which answers a seek from before it, and shows a seek back from there to find nothing.
/// Spec: docs/spec/merkle.md, M-28 to M-30, M-36, M-40. Mirror: merkle/seek_proofs.py.
library SeekProofs {
    /// The first byte of a proof. Spec: M-40.
    uint256 internal constant EMPTY_MAP = 0;
    uint256 internal constant THE_ROW = 1;
    uint256 internal constant FIRST_ROW = 2;
    uint256 internal constant LAST_ROW = 3;
    uint256 internal constant BETWEEN_ROWS = 4;

    uint256 private constant LEFT = 0;
    uint256 private constant RIGHT = 1;

    /// Revert with `KeyOutOfOrder` unless `lesser` comes before `greater`, or, if allowed, is it.
    /// Differs from Python: the first bit that differs says which comes first. Spec: M-15, M-16.
    function checkBefore(bytes calldata lesser, bytes calldata greater, bool orEqual)
        internal
        pure
    {
        uint256 bit = KeyBits.firstDiff(lesser, greater);
        bool ordered = bit == KeyBits.EQUAL ? orEqual : KeyBits.bitAt(lesser, bit) == 0;
        if (!ordered) revert KeyOutOfOrder(lesser, greater);
    }

    /// Revert unless a fold came to the last branch: with `PathNotDescending` if the next one is
    /// not from `least` to below the limit, else with `RowNotAtEdge`, for the row of `key` stands
    /// on the wrong side there. Spec: M-28, M-20, M-36.
    function checkEdge(Branches memory branches, bytes calldata key, uint256 least) internal pure {
        if (branches.position == branches.end) return;
        OrderedMap.checkBranch(branches, least);
        revert RowNotAtEdge(key, OrderedMap.nextBit(branches));
    }

    /// Show that the row `query` is there: no answer to a strict seek, nor one for an empty key.
    /// Reverts with `KeyOutOfOrder`, `KeyLengthOutOfRange`, and as `OrderedMap.verifyPath` does.
    /// Spec: M-28 (1), M-30, M-15.
    function verifyEqual(Witness memory w, bytes32 root, bytes calldata query, bool strict)
        internal
        pure
    {
        if (strict) revert KeyOutOfOrder(query, query);
        KeyBits.checkRowKeyLength(query.length);
        OrderedMap.verifyPath(w, root, query, w.word());
    }

    /// Show that two rows stand around `query` with none between them; return their keys.
    /// `query` may be the row before if `orBefore`, the row after if `orAfter`; not both.
    /// Reverts with `KeyLengthOutOfRange`, `KeyOutOfOrder`, `PathNotDescending`, `RowNotAtEdge`,
    /// `RootMismatch`. Spec: M-28 (2), M-30, M-36.
    function verifyBetween(
        Witness memory w,
        bytes32 root,
        bytes calldata query,
        bool orBefore,
        bool orAfter
    ) internal pure returns (bytes calldata before, bytes calldata after_) {
        bytes32 beforeHash;
        bytes32 afterHash;
        (before, beforeHash) = OrderedMap.readRow(w);
        (after_, afterHash) = OrderedMap.readRow(w);
        checkBefore(before, query, orBefore);
        checkBefore(query, after_, orAfter);
        // A key stands between them, so that they are not one row.
        uint256 parting = KeyBits.firstDiff(before, after_);
        // In order, so that the row before is on the left where they part, and the row after right.
        bytes32 left = foldEdge(w, before, beforeHash, RIGHT, parting + 1);
        bytes32 right = foldEdge(w, after_, afterHash, LEFT, parting + 1);
        Branches memory shared = OrderedMap.readBranches(w, parting);
        bytes32 node = OrderedMap.branchHash(parting, left, right);
        WordTree.checkRoot(root, OrderedMap.foldAll(shared, before, node));
    }

    /// Show that the least row comes after `query`, or, if `orEqual`, is it; return its key.
    /// Reverts with `KeyLengthOutOfRange`, `KeyOutOfOrder`, `RootMismatch`, and as `checkEdge`
    /// does. Spec: M-28 (3), M-36.
    function verifyFirst(Witness memory w, bytes32 root, bytes calldata query, bool orEqual)
        internal
        pure
        returns (bytes calldata key)
    {
        bytes32 valueHash;
        (key, valueHash) = OrderedMap.readRow(w);
        checkBefore(query, key, orEqual);
        WordTree.checkRoot(root, foldEdge(w, key, valueHash, LEFT, 0));
    }

    /// Show that the greatest row comes before `query`, or, if `orEqual`, is it; return its key.
    /// Reverts as `verifyFirst` does. Spec: M-28 (4), M-36.
    function verifyLast(Witness memory w, bytes32 root, bytes calldata query, bool orEqual)
        internal
        pure
        returns (bytes calldata key)
    {
        bytes32 valueHash;
        (key, valueHash) = OrderedMap.readRow(w);
        checkBefore(key, query, orEqual);
        WordTree.checkRoot(root, foldEdge(w, key, valueHash, RIGHT, 0));
    }

    /// Return the least key at or after `query` (after it, if `strict`), if there is one.
    /// Reverts as the function of each kind of proof does, `ProofKindOutOfRange`, `MapNotEmpty`.
    /// Spec: M-28, M-30.
    function verifySeek(Witness memory w, bytes32 root, bytes calldata query, bool strict)
        internal
        pure
        returns (bool found, bytes calldata key)
    {
        uint256 kind = w.number(1);
        key = query;
        if (kind == THE_ROW) {
            verifyEqual(w, root, query, strict);
            return (true, query);
        }
        if (kind == BETWEEN_ROWS) {
            (, key) = verifyBetween(w, root, query, strict, false);
            return (true, key);
        }
        if (kind == FIRST_ROW) return (true, verifyFirst(w, root, query, false));
        if (kind == LAST_ROW) verifyLast(w, root, query, strict);
        else if (kind == EMPTY_MAP) OrderedMap.checkEmpty(root);
        else revert ProofKindOutOfRange(kind);
    }

    /// Return the greatest key at or before `query` (before it, if `strict`), if there is one.
    /// Reverts as `verifySeek` does. Spec: M-29, M-30.
    function verifySeekBack(Witness memory w, bytes32 root, bytes calldata query, bool strict)
        internal
        pure
        returns (bool found, bytes calldata key)
    {
        uint256 kind = w.number(1);
        key = query;
        if (kind == THE_ROW) {
            verifyEqual(w, root, query, strict);
            return (true, query);
        }
        if (kind == BETWEEN_ROWS) {
            (key,) = verifyBetween(w, root, query, false, strict);
            return (true, key);
        }
        if (kind == LAST_ROW) return (true, verifyLast(w, root, query, false));
        if (kind == FIRST_ROW) verifyFirst(w, root, query, strict);
        else if (kind == EMPTY_MAP) OrderedMap.checkEmpty(root);
        else revert ProofKindOutOfRange(kind);
    }

    /// Read the branches above the row of `key` and `valueHash`, which are at bit `least` or more
    /// and have the row on `side`; return the node above them. Reverts as `checkEdge` does.
    function foldEdge(
        Witness memory w,
        bytes calldata key,
        bytes32 valueHash,
        uint256 side,
        uint256 least
    ) internal pure returns (bytes32 node) {
        Branches memory branches = OrderedMap.readBranches(w, KeyBits.bitCount(key));
        bytes32 leaf = OrderedMap.leafHash(key, valueHash);
        node = OrderedMap.fold(branches, key, leaf, least, 1 ^ side);
        checkEdge(branches, key, least);
    }
}
