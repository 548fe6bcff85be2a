// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignatureCountMismatch, SignatureMalformed, SignatureMismatch} from "./Errors.sol";
import {GameConstants} from "./GameConstants.sol";

/// What is signed, by whom, and the signatures themselves: 65 bytes.
/// Spec: docs/spec/channel.md, C-8 to C-10, C-13. Mirror: channel/signatures.py, channel/states.py.
library Signatures {
    /// Return what is signed in place of the hash `signed`. Spec: C-8.
    function signingDigest(bytes32 signed) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", signed));
    }

    /// Return the hash that the mover of `turn` signs with its message. Spec: C-8, C-10.
    function messageSigningHash(
        bytes32 channelId,
        uint256 turn,
        bytes32 previousLogRoot,
        bytes32 payloadHash
    ) internal pure returns (bytes32) {
        bytes32 tag = GameConstants.MESSAGE_TAG;
        return keccak256(abi.encode(tag, channelId, turn, previousLogRoot, payloadHash));
    }

    /// Return who signed `signed`: the zero address where no key could have.
    /// Reverts with `SignatureMalformed`. Spec: C-9.
    function recover(bytes32 signed, bytes calldata signature) internal pure returns (address) {
        if (signature.length != GameConstants.SIGNATURE_BYTES) revert SignatureMalformed();
        bytes32 r = bytes32(signature[:32]);
        bytes32 s = bytes32(signature[32:64]);
        uint8 v = uint8(signature[64]);
        bool known = v == GameConstants.V_FIRST || v == GameConstants.V_FIRST + 1;
        if (!known || uint256(s) > GameConstants.S_MAX) revert SignatureMalformed();
        return ecrecover(signingDigest(signed), v, r, s);
    }

    /// Refuse a signature that is not `signer`'s over `signed`.
    /// Reverts with `SignatureMalformed`, `SignatureMismatch`. Spec: C-9.
    function verifySignature(bytes32 signed, bytes calldata signature, address signer)
        internal
        pure
    {
        address actual = recover(signed, signature);
        if (actual == address(0) || actual != signer) revert SignatureMismatch(signer, actual);
    }

    /// Refuse what not all participants have signed, in their order.
    /// Reverts with `SignatureCountMismatch`; then, for the first that is not acceptable, with
    /// `SignatureMalformed` or `SignatureMismatch`. Spec: C-13.
    function verifyUnanimous(
        bytes32 signed,
        address[] calldata participants,
        bytes[] calldata signatures
    ) internal pure {
        uint256 count = participants.length;
        if (signatures.length != count) revert SignatureCountMismatch(count, signatures.length);
        for (uint256 index = 0; index < count; ++index) {
            verifySignature(signed, signatures[index], participants[index]);
        }
    }
}
