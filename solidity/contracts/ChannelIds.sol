// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ParticipantCountOutOfRange, ParticipantRepeated, ParticipantZero} from "./Errors.sol";
import {GameConstants} from "./GameConstants.sol";

/// What never changes in a channel. Spec: C-1.
struct FixedPart {
    uint256 chainId;
    address adjudicator;
    address[] participants;
    uint64 channelNonce;
    address appDefinition;
    uint48 challengeDuration;
    bytes32 reducerId;
}

/// A state of a channel; `turn` is the length of the log. Spec: C-11.
/// Differs from Python: the id is no field, it is computed from the fixed part beside the state.
struct ChannelState {
    uint64 turn;
    bytes32 logRoot;
    bytes32 outcomeHash;
    bytes32 dbRoot;
    bool isFinal;
}

/// What a channel is, the hash of its states, and whose turn it is.
/// Spec: docs/spec/channel.md, C-1 to C-3, C-11. Mirror: channel/ids.py, channel/states.py.
library ChannelIds {
    /// Return the id of the channel. Spec: C-1.
    function channelId(FixedPart calldata fixedPart) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                fixedPart.chainId,
                fixedPart.adjudicator,
                fixedPart.participants,
                fixedPart.channelNonce,
                fixedPart.appDefinition,
                fixedPart.challengeDuration,
                fixedPart.reducerId
            )
        );
    }

    /// Refuse participants that are too few, too many, zero, or not different from each other.
    /// Reverts with `ParticipantCountOutOfRange`; then, for the first that is not acceptable, with
    /// `ParticipantZero` or `ParticipantRepeated`. Spec: C-2.
    function checkParticipants(address[] calldata participants) internal pure {
        uint256 count = participants.length;
        if (count < GameConstants.PARTICIPANTS_MIN || count > GameConstants.PARTICIPANTS_MAX) {
            revert ParticipantCountOutOfRange(count);
        }
        for (uint256 index = 0; index < count; ++index) {
            address participant = participants[index];
            if (participant == address(0)) revert ParticipantZero(index);
            for (uint256 before = 0; before < index; ++before) {
                if (participants[before] == participant) revert ParticipantRepeated(index);
            }
        }
    }

    /// Return the index of who sends the message of `turn`, at least 1, among so many participants.
    /// Spec: C-3.
    function moverIndex(uint256 turn, uint256 participants) internal pure returns (uint256) {
        return (turn - 1) % participants;
    }

    /// Return the state hash: what is signed of a state. Spec: C-8, C-11.
    function stateHash(bytes32 id, ChannelState calldata state) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                GameConstants.STATE_TAG,
                id,
                state.turn,
                state.logRoot,
                state.outcomeHash,
                state.dbRoot,
                state.isFinal
            )
        );
    }
}
