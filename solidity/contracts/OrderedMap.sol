// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    BitOnPath,
    KeyPresent,
    MapNotEmpty,
    PathNotDescending,
    ProofKindOutOfRange
} from "./Errors.sol";
import {KeyBits} from "./KeyBits.sol";
import {Witness, WitnessReader} from "./WitnessReader.sol";
import {WordTree} from "./WordTree.sol";

/// Branches of a path, those that are still to be folded: their places in the calldata from
/// `position` to `end`, and the bit of the one before, below which the next one must stay.
struct Branches {
    uint256 position;
    uint256 end;
    uint256 limit;
}

/// Proofs about the rows of an ordered map. Sound for roots that come from rows (M-31).
///
/// Differs from Python: a proof is checked while it is read, each branch once, and a fold stops at
/// the first branch that is refused, so that a count is no way to make the verifier work.
/// Spec: docs/spec/merkle.md#map-proofs.
/// Mirror: merkle/map_nodes.py, merkle/map_proofs.py, merkle/proof_bytes.py.
library OrderedMap {
    /// The first byte of a proof. Spec: M-37 to M-39.
    uint256 internal constant EMPTY_MAP = 0;
    uint256 internal constant THE_ROW = 1;
    uint256 internal constant BESIDE_A_ROW = 2;

    /// What `fold` is told when a row may stand on either side.
    uint256 internal constant NO_SIDE = 2;

    /// Return the hash of the row of `key` and the value that hashes to `valueHash`.
    /// Spec: M-17, M-22.
    function leafHash(bytes calldata key, bytes32 valueHash)
        internal
        pure
        returns (bytes32 hash)
    {
        bytes32 keyHash = WitnessReader.hashOf(key);
        assembly ("memory-safe") {
            // Behind what is allocated: the tag, which is 0, then the two hashes.
            let preimage := mload(64)
            mstore8(preimage, 0)
            mstore(add(preimage, 1), keyHash)
            mstore(add(preimage, 33), valueHash)
            hash := keccak256(preimage, 65)
        }
    }

    /// Return the hash of a branch at `bit` over two nodes. Spec: M-17.
    function branchHash(uint256 bit, bytes32 left, bytes32 right)
        internal
        pure
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            // Tag and bit in the last three bytes of one word, then the nodes.
            let head := mload(64)
            mstore(head, or(0x010000, bit))
            mstore(add(head, 32), left)
            mstore(add(head, 64), right)
            hash := keccak256(add(head, 29), 67)
        }
    }

    /// Revert with `PathNotDescending` unless the next branch is at a bit from `least` to below the
    /// limit. Spec: M-20.
    function checkBranch(Branches memory branches, uint256 least) internal pure {
        uint256 bit = nextBit(branches);
        if (bit < least || bit >= branches.limit) {
            revert PathNotDescending(bit, least, branches.limit);
        }
    }

    /// Revert with `PathNotDescending` if a fold stopped before the last branch. Spec: M-20.
    function checkDescending(Branches memory branches, uint256 least) internal pure {
        if (branches.position != branches.end) checkBranch(branches, least);
    }

    /// Revert with `BitOnPath` if the next branch is at `bit`, where `key` leaves the path.
    /// Reverts with `PathNotDescending` if that comes first. Spec: M-24, M-36.
    function checkOffPath(Branches memory branches, bytes calldata key, uint256 bit)
        internal
        pure
    {
        if (branches.position == branches.end) return;
        checkBranch(branches, 0);
        if (nextBit(branches) == bit) revert BitOnPath(key, bit);
    }

    /// Revert with `MapNotEmpty` unless `root` is that of the empty map. Spec: M-17.
    function checkEmpty(bytes32 root) internal pure {
        if (root != 0) revert MapNotEmpty(root);
    }

    /// Return the node above `node` along the branches at bit `least` and more; each branch has it
    /// on the side that the bit of `key` says. Spec: M-20, M-21.
    ///
    /// It stops at the first branch that is not from `least` to below the limit, or at which the
    /// row stands on the side `refused`. The caller says what that means.
    function fold(
        Branches memory branches,
        bytes calldata key,
        bytes32 node,
        uint256 least,
        uint256 refused
    ) internal pure returns (bytes32 root) {
        uint256 position = branches.position;
        uint256 end = branches.end;
        uint256 limit = branches.limit;
        assembly ("memory-safe") {
            root := node
            // How far a bit may be above `least`.
            let room := sub(limit, least)
            // Behind what is allocated: tag and bit in the last three bytes of one word, then the
            // left node, then the right one.
            let head := mload(64)
            let left := add(head, 32)
            let right := add(head, 64)
            for {} lt(position, end) { position := add(position, 34) } {
                let bit := shr(240, calldataload(position))
                // One comparison for both bounds, as a bit below `least` wraps; `least <= limit`.
                let above := sub(bit, least)
                if iszero(lt(above, room)) { break }
                let index := div(bit, 9)
                // Nine bits: that there is a byte, and the byte. A bit of a key that is past its
                // bytes is the final 0, at the first place, so the byte read there does not count.
                let nine := or(
                    shl(8, lt(index, key.length)),
                    byte(0, calldataload(add(key.offset, index)))
                )
                let side := and(shr(sub(8, mod(bit, 9)), nine), 1)
                if eq(side, refused) { break }
                let shift := shl(5, side)
                mstore(head, or(0x010000, bit))
                mstore(add(left, shift), root)
                mstore(sub(right, shift), calldataload(add(position, 2)))
                root := keccak256(add(head, 29), 67)
                room := above
            }
            limit := add(room, least)
        }
        branches.position = position;
        branches.limit = limit;
    }

    /// Do what `fold` does for two nodes, before and after a write, along all branches.
    /// Reverts with `PathNotDescending`. Spec: M-20, M-25.
    function foldTwo(
        Branches memory branches,
        bytes calldata key,
        bytes32 node,
        bytes32 newNode
    ) internal pure returns (bytes32 root, bytes32 newRoot) {
        uint256 position = branches.position;
        uint256 end = branches.end;
        uint256 limit = branches.limit;
        assembly ("memory-safe") {
            root := node
            newRoot := newNode
            let head := mload(64)
            let left := add(head, 32)
            let right := add(head, 64)
            for {} lt(position, end) { position := add(position, 34) } {
                let bit := shr(240, calldataload(position))
                if iszero(lt(bit, limit)) { break }
                let index := div(bit, 9)
                let nine := or(
                    shl(8, lt(index, key.length)),
                    byte(0, calldataload(add(key.offset, index)))
                )
                let shift := shl(5, and(shr(sub(8, mod(bit, 9)), nine), 1))
                mstore(head, or(0x010000, bit))
                mstore(sub(right, shift), calldataload(add(position, 2)))
                mstore(add(left, shift), root)
                root := keccak256(add(head, 29), 67)
                mstore(add(left, shift), newRoot)
                newRoot := keccak256(add(head, 29), 67)
                limit := bit
            }
        }
        branches.position = position;
        branches.limit = limit;
        checkDescending(branches, 0);
    }

    /// Return the node above `node` along all branches. Reverts with `PathNotDescending`.
    function foldAll(Branches memory branches, bytes calldata key, bytes32 node)
        internal
        pure
        returns (bytes32 root)
    {
        root = fold(branches, key, node, 0, NO_SIDE);
        checkDescending(branches, 0);
    }

    /// Read the branches above the row of `key` and `valueHash`, and show that the map has it.
    /// Reverts with `PathNotDescending`, `RootMismatch`. Spec: M-20 to M-23.
    function verifyPath(Witness memory w, bytes32 root, bytes calldata key, bytes32 valueHash)
        internal
        pure
    {
        Branches memory branches = readBranches(w, KeyBits.bitCount(key));
        WordTree.checkRoot(root, foldAll(branches, key, leafHash(key, valueHash)));
    }

    /// Return the value of the row `key`.
    /// Reverts with `ValueTooLong`, and as `verifyPath` does. Spec: M-23, M-37.
    function verifyMember(Witness memory w, bytes32 root, bytes calldata key)
        internal
        pure
        returns (bytes calldata value)
    {
        uint256 length = w.number(2);
        KeyBits.checkValueLength(length);
        value = w.take(length);
        verifyPath(w, root, key, WitnessReader.hashOf(value));
    }

    /// Show by a row beside it that there is no row `key`.
    /// Reverts with `RootMismatch`, and as `readNeighbour` does. Spec: M-24.
    function verifyNeighbour(Witness memory w, bytes32 root, bytes calldata key) internal pure {
        (bytes calldata rowKey, Branches memory branches, bytes32 node,) = readNeighbour(w, key);
        WordTree.checkRoot(root, foldAll(branches, rowKey, node));
    }

    /// Show by a proof of `kind` that there is no row `key`.
    /// Reverts with `ProofKindOutOfRange`, `MapNotEmpty`, and as `verifyNeighbour` does.
    /// Spec: M-24.
    function verifyAbsent(Witness memory w, bytes32 root, bytes calldata key, uint256 kind)
        internal
        pure
    {
        if (kind == EMPTY_MAP) checkEmpty(root);
        else if (kind == BESIDE_A_ROW) verifyNeighbour(w, root, key);
        else revert ProofKindOutOfRange(kind);
    }

    /// Return the root after the row `key` got the value that hashes to `valueHash`.
    /// Reverts with `PathNotDescending`, `RootMismatch`. Spec: M-25.
    function verifyUpdate(Witness memory w, bytes32 root, bytes calldata key, bytes32 valueHash)
        internal
        pure
        returns (bytes32)
    {
        bytes32 oldLeaf = leafHash(key, w.word());
        Branches memory branches = readBranches(w, KeyBits.bitCount(key));
        (bytes32 actual, bytes32 newRoot) =
            foldTwo(branches, key, oldLeaf, leafHash(key, valueHash));
        WordTree.checkRoot(root, actual);
        return newRoot;
    }

    /// Return the root after a new row was put in, shown by a proof of `kind` to be new.
    /// Reverts with `ProofKindOutOfRange`, `MapNotEmpty`, and as `verifyNeighbour` does.
    /// Spec: M-26.
    function verifyInsert(
        Witness memory w,
        bytes32 root,
        bytes calldata key,
        bytes32 valueHash,
        uint256 kind
    ) internal pure returns (bytes32) {
        bytes32 leaf = leafHash(key, valueHash);
        if (kind == EMPTY_MAP) {
            checkEmpty(root);
            return leaf;
        }
        if (kind != BESIDE_A_ROW) revert ProofKindOutOfRange(kind);
        (bytes calldata rowKey, Branches memory branches, bytes32 other, uint256 bit) =
            readNeighbour(w, key);
        // The new branch holds exactly the rows that agree with the key before this bit.
        bytes32 branch = KeyBits.bitAt(key, bit) == 0
            ? branchHash(bit, leaf, other)
            : branchHash(bit, other, leaf);
        (bytes32 actual, bytes32 newRoot) = foldTwo(branches, rowKey, other, branch);
        WordTree.checkRoot(root, actual);
        return newRoot;
    }

    /// Return whether the row `key` is there, and the root without it.
    /// Reverts as `verifyPath` and `verifyAbsent` do. Spec: M-27, M-24, M-39.
    function verifyDelete(Witness memory w, bytes32 root, bytes calldata key)
        internal
        pure
        returns (bool existed, bytes32 newRoot)
    {
        uint256 kind = w.number(1);
        if (kind != THE_ROW) {
            verifyAbsent(w, root, key, kind);
            return (false, root);
        }
        bytes32 leaf = leafHash(key, w.word());
        Branches memory branches = readBranches(w, KeyBits.bitCount(key));
        if (branches.position == branches.end) {
            WordTree.checkRoot(root, leaf);
            return (true, 0);
        }
        // The sibling of the row takes the place of their parent, and is folded along the rest.
        checkBranch(branches, 0);
        bytes32 sibling = nextSibling(branches);
        bytes32 parent = fold(branches, key, leaf, nextBit(branches), NO_SIDE);
        bytes32 actual;
        (actual, newRoot) = foldTwo(branches, key, parent, sibling);
        WordTree.checkRoot(root, actual);
        return (true, newRoot);
    }

    /// Return the value of the row `key` if it is there.
    /// Reverts as `verifyMember` and `verifyAbsent` do. Spec: M-23, M-24, M-37.
    function verifyGet(Witness memory w, bytes32 root, bytes calldata key)
        internal
        pure
        returns (bool found, bytes calldata value)
    {
        uint256 kind = w.number(1);
        if (kind == THE_ROW) return (true, verifyMember(w, root, key));
        verifyAbsent(w, root, key, kind);
        return (false, w.take(0));
    }

    /// Return whether there was a row `key`, and the root after it got the value that hashes to
    /// `valueHash`. Reverts as `verifyUpdate` and `verifyInsert` do. Spec: M-25, M-26, M-38.
    function verifyPut(Witness memory w, bytes32 root, bytes calldata key, bytes32 valueHash)
        internal
        pure
        returns (bool existed, bytes32 newRoot)
    {
        uint256 kind = w.number(1);
        if (kind == THE_ROW) return (true, verifyUpdate(w, root, key, valueHash));
        return (false, verifyInsert(w, root, key, valueHash, kind));
    }

    /// Read the branches of a path, which must stay below bit `limit`. Spec: M-37.
    function readBranches(Witness memory w, uint256 limit)
        internal
        pure
        returns (Branches memory branches)
    {
        uint256 count = w.number(2);
        branches.position = w.position;
        w.skip(34 * count);
        branches.end = w.position;
        branches.limit = limit;
    }

    /// Read key and value hash of a row. Reverts with `KeyLengthOutOfRange`. Spec: M-37.
    function readRow(Witness memory w)
        internal
        pure
        returns (bytes calldata key, bytes32 valueHash)
    {
        uint256 length = w.number(1);
        KeyBits.checkRowKeyLength(length);
        key = w.take(length);
        valueHash = w.word();
    }

    /// Read a row and its branches down to where `key` leaves its path; return the row's key, the
    /// branches that are left, the node below them, and the bit at which the keys differ.
    /// Reverts with `KeyLengthOutOfRange`, `KeyPresent`, `PathNotDescending`, `BitOnPath`.
    /// Spec: M-24, M-36.
    function readNeighbour(Witness memory w, bytes calldata key)
        internal
        pure
        returns (bytes calldata rowKey, Branches memory branches, bytes32 node, uint256 bit)
    {
        bytes32 valueHash;
        (rowKey, valueHash) = readRow(w);
        bit = KeyBits.firstDiff(key, rowKey);
        if (bit == KeyBits.EQUAL) revert KeyPresent(key);
        branches = readBranches(w, KeyBits.bitCount(rowKey));
        node = fold(branches, rowKey, leafHash(rowKey, valueHash), bit + 1, NO_SIDE);
        checkOffPath(branches, key, bit);
    }

    /// Return the bit of the next branch. There is one.
    function nextBit(Branches memory branches) internal pure returns (uint256 bit) {
        uint256 position = branches.position;
        assembly ("memory-safe") {
            bit := shr(240, calldataload(position))
        }
    }

    /// Return the child of the next branch on the other side. There is one.
    function nextSibling(Branches memory branches) internal pure returns (bytes32 sibling) {
        uint256 position = branches.position;
        assembly ("memory-safe") {
            sibling := calldataload(add(position, 2))
        }
    }
}
