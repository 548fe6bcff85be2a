// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChannelIds, FixedPart} from "./ChannelIds.sol";
import {
    ChannelIdMismatch,
    EndNotAccepted,
    PayloadTooLong,
    ReducerIdMismatch
} from "./Errors.sol";
import {GameConstants} from "./GameConstants.sol";
import {Limits} from "./Limits.sol";
import {MachineRecord} from "./MachineRecord.sol";
import {MessageLog} from "./MessageLog.sol";
import {RecordLayout} from "./RecordLayout.sol";
import {Signatures} from "./Signatures.sol";
import {Statuses} from "./Statuses.sol";
import {WordTree} from "./WordTree.sol";

/// The preimage of a reducer id; `genesis` has `dbRoot` and `message` zero. Spec: T-30.
struct ReducerParts {
    bytes32 wasmHash;
    bytes32 profileHash;
    MachineRecord genesis;
}

/// What opens a turn: the message with what shows that the log goes on with it and that its mover
/// signed it there, the reducer, and the record of the machine that has stopped. Spec: G-11.
struct TurnParts {
    FixedPart fixedPart;
    bytes payload;
    bytes32[32] path;
    bytes signature;
    ReducerParts reducer;
    MachineRecord end;
}

/// A message: what was sent stands in the calldata. Spec: T-1.
struct OpenedMessage {
    uint256 turn;
    uint256 sender;
    bytes32 messageHash;
}

/// Opening one turn: from a claim about a turn to a claim about a run of the machine.
/// Spec: docs/spec/game.md, G-11, G-12; docs/spec/turn.md, T-1, T-30. Mirror: bisection/opening.py.
library TurnOpening {
    /// Return the message of `turn`, shown to lead from log to log and to be signed there by its
    /// mover. Reverts with `ChannelIdMismatch`, `PayloadTooLong`; with `RootMismatch` for the log
    /// before, then for the log after; with `SignatureMalformed`, `SignatureMismatch`. Spec: G-11.
    function checkMessage(
        TurnParts calldata parts,
        bytes32 channelId,
        uint256 turn,
        bytes32 previousLogRoot,
        bytes32 logRoot
    ) internal pure returns (OpenedMessage memory opened) {
        bytes32 shownId = ChannelIds.channelId(parts.fixedPart);
        if (shownId != channelId) revert ChannelIdMismatch(channelId, shownId);
        uint256 length = parts.payload.length;
        if (length > Limits.MESSAGE_MAX) {
            revert PayloadTooLong(length, Limits.MESSAGE_MAX);
        }

        address[] calldata participants = parts.fixedPart.participants;
        opened.turn = turn;
        opened.sender = ChannelIds.moverIndex(turn, participants.length);
        bytes32 payloadHash = keccak256(parts.payload);
        opened.messageHash = messageHash(turn, opened.sender, length, payloadHash);
        bytes32 actual =
            MessageLog.appendedRoot(previousLogRoot, opened.messageHash, turn - 1, parts.path);
        WordTree.checkRoot(logRoot, actual);
        bytes32 signed =
            Signatures.messageSigningHash(channelId, turn, previousLogRoot, payloadHash);
        Signatures.verifySignature(signed, parts.signature, participants[opened.sender]);
    }

    /// Return the hash of a message. Spec: T-1.
    function messageHash(uint256 turn, uint256 sender, uint256 length, bytes32 payloadHash)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encodePacked(uint64(turn), uint32(sender), uint32(length), payloadHash)
        );
    }

    /// Return the id of a reducer. Spec: T-30.
    function reducerId(bytes32 wasmHash, bytes32 profileHash, bytes32 genesisHash)
        internal
        pure
        returns (bytes32)
    {
        string memory tag = GameConstants.REDUCER_TAG;
        return keccak256(abi.encodePacked(tag, wasmHash, profileHash, genesisHash));
    }

    /// Return the state hashes between which the turn runs: from `lowRoot` to `highRoot`.
    /// Reverts with `ReducerIdMismatch`, `EndNotAccepted`. Spec: G-11, G-12.
    function openTurn(
        TurnParts calldata parts,
        bytes32 message,
        bytes32 lowRoot,
        bytes32 highRoot
    ) internal pure returns (bytes32 start, bytes32 end) {
        MachineRecord memory genesis = parts.reducer.genesis;
        bytes32 actual =
            reducerId(parts.reducer.wasmHash, parts.reducer.profileHash, genesis.hash());
        bytes32 expected = parts.fixedPart.reducerId;
        if (actual != expected) revert ReducerIdMismatch(expected, actual);
        start = startHash(genesis, lowRoot, message);
        end = endHash(parts.end, highRoot);
    }

    /// Return the state hash of a machine about to reduce a message over the rows of `dbRoot`.
    /// `genesis` becomes its record. Spec: G-12, T-4.
    function startHash(MachineRecord memory genesis, bytes32 dbRoot, bytes32 message)
        internal
        pure
        returns (bytes32)
    {
        genesis.dbRoot = dbRoot;
        genesis.message = message;
        return genesis.hash();
    }

    /// Return the state hash of `record`, shown to have accepted with the rows of `dbRoot`.
    /// Reverts with `EndNotAccepted`. Spec: G-12.
    function endHash(MachineRecord memory record, bytes32 dbRoot) internal pure returns (bytes32) {
        // Status, trap and result are the first ten bytes: halted, none, 0.
        uint256 outcome = record.header >> RecordLayout.RESULT_SHIFT;
        uint256 accepted =
            Statuses.HALTED << (RecordLayout.STATUS_SHIFT - RecordLayout.RESULT_SHIFT);
        uint256 version = record.header & RecordLayout.VERSION_MASK;
        if (
            outcome != accepted || version != RecordLayout.RECORD_VERSION
                || record.dbRoot != dbRoot
        ) revert EndNotAccepted();
        return record.hash();
    }
}
