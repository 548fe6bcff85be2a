// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// How `OneStepVerifier` is called. Spec: docs/spec/verifier.md, V-1, V-2, V-19.
interface IOneStepVerifier {
    /// Agree that the machine in the state `preState` is after one step in a state whose hash is
    /// `postState`, or revert with a named error. A revert without data is no answer (V-19).
    /// @param preState the machine record, 320 bytes
    /// @param op the instruction word at its pc, 16 bytes; zero where the step fetches none (V-5)
    /// @param witness what the step reads of the state's trees, chains and rows (V-9 to V-15)
    /// @param postState the hash of the record after the step
    function oneStepVerify(
        bytes calldata preState,
        bytes calldata op,
        bytes calldata witness,
        bytes32 postState
    ) external pure;
}
