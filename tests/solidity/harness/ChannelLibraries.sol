// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChannelIds, ChannelState, FixedPart} from "./ChannelIds.sol";
import {MessageLog} from "./MessageLog.sol";
import {Signatures} from "./Signatures.sol";
import {TurnOpening} from "./TurnOpening.sol";

/// The internal functions of the channel's libraries, for tests to call.
contract ChannelLibraries {
    function channelId(FixedPart calldata fixedPart) external pure returns (bytes32) {
        return ChannelIds.channelId(fixedPart);
    }

    function checkParticipants(address[] calldata participants) external pure {
        ChannelIds.checkParticipants(participants);
    }

    function moverIndex(uint256 turn, uint256 participants) external pure returns (uint256) {
        return ChannelIds.moverIndex(turn, participants);
    }

    function stateHash(bytes32 id, ChannelState calldata state) external pure returns (bytes32) {
        return ChannelIds.stateHash(id, state);
    }

    function openMessage(
        bytes32 logRoot,
        bytes32 leaf,
        uint256 index,
        bytes32[32] calldata path
    ) external pure returns (bytes32) {
        return MessageLog.openMessage(logRoot, leaf, index, path);
    }

    function checkPrefix(
        bytes32 prefixRoot,
        bytes32 logRoot,
        uint256 turn,
        bytes32 leaf,
        bytes32[32] calldata path
    ) external pure {
        MessageLog.checkPrefix(prefixRoot, logRoot, turn, leaf, path);
    }

    function appendedRoot(
        bytes32 logRoot,
        bytes32 leaf,
        uint256 turn,
        bytes32[32] calldata path
    ) external pure returns (bytes32) {
        return MessageLog.appendedRoot(logRoot, leaf, turn, path);
    }

    function signingDigest(bytes32 signed) external pure returns (bytes32) {
        return Signatures.signingDigest(signed);
    }

    function messageSigningHash(
        bytes32 id,
        uint256 turn,
        bytes32 previousLogRoot,
        bytes32 payloadHash
    ) external pure returns (bytes32) {
        return Signatures.messageSigningHash(id, turn, previousLogRoot, payloadHash);
    }

    function recover(bytes32 signed, bytes calldata signature) external pure returns (address) {
        return Signatures.recover(signed, signature);
    }

    function verifySignature(bytes32 signed, bytes calldata signature, address signer)
        external
        pure
    {
        Signatures.verifySignature(signed, signature, signer);
    }

    function verifyUnanimous(
        bytes32 signed,
        address[] calldata participants,
        bytes[] calldata signatures
    ) external pure {
        Signatures.verifyUnanimous(signed, participants, signatures);
    }

    function messageHash(uint256 turn, uint256 sender, uint256 length, bytes32 payloadHash)
        external
        pure
        returns (bytes32)
    {
        return TurnOpening.messageHash(turn, sender, length, payloadHash);
    }
}
