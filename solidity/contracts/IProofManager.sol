// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChannelState, FixedPart} from "./ChannelIds.sol";
import {Claim, Game, Players, TurnPoint} from "./Game.sol";
import {TurnParts} from "./TurnOpening.sol";

/// How the dispute game is played, and what may be asked of it. Every move shows the position
/// again: the players with the context, and the points at both ends or, where a segment is chosen,
/// at all of them.
/// Spec: docs/spec/game.md. Mirror: bisection/manager.py, bisection/moves.py.
interface IProofManager {
    /// A game was opened: what its position is made of; `participants` are as many as the channel
    /// has. Spec: G-5, G-18.
    event GameOpened(
        bytes32 indexed gameId,
        address indexed asserter,
        address indexed challenger,
        bytes32 channelId,
        uint256 participants,
        uint256 low,
        uint256 high,
        TurnPoint lowPoint,
        TurnPoint highPoint
    );

    /// The asserter posted the points inside a stretch of turns. Spec: G-9, G-18.
    event TurnPointsPosted(bytes32 indexed gameId, TurnPoint[] points);

    /// The asserter posted the points inside a stretch of steps. Spec: G-9, G-18.
    event StepPointsPosted(bytes32 indexed gameId, bytes32[] points);

    /// The challenger chose a segment. Spec: G-10, G-18.
    event SegmentChosen(bytes32 indexed gameId, uint256 segment);

    /// The asserter opened a turn: what the challenger needs to run it. Spec: G-11, G-18.
    event TurnOpened(
        bytes32 indexed gameId,
        uint256 turn,
        uint256 sender,
        bytes32 previousLogRoot,
        bytes payload,
        bytes signature,
        bytes32 startHash,
        bytes32 endHash
    );

    /// The challenger accepted the turn that was opened: those after it are disputed.
    /// Spec: G-18, G-22.
    event TurnAccepted(bytes32 indexed gameId, uint256 turn);

    /// A game has its winner, who is credited what was paid in. Spec: G-16, G-18.
    event GameWon(bytes32 indexed gameId, address indexed winner, uint256 pot);

    /// Open a game against a claim, with the bond. Reverts with `WrongChainId`, as
    /// `ChannelIds.checkParticipants` does, with `ClaimNotLater`, `ClaimTurnOutOfRange`, errors of
    /// signatures, `ChallengerNotParticipant`, `ChallengerIsAsserter`, `BondMismatch`,
    /// `GameExists`. Spec: G-3 to G-5.
    function open(
        FixedPart calldata fixedPart,
        ChannelState calldata base,
        bytes[] calldata baseSignatures,
        ChannelState calldata claim,
        bytes calldata claimSignature
    ) external payable returns (bytes32 gameId);

    /// Post log and rows at the inner ends of the segments. Reverts with `PointCountMismatch`.
    /// Spec: G-9.
    function postTurns(
        bytes32 gameId,
        Players calldata players,
        TurnPoint[2] calldata points,
        TurnPoint[] calldata inner
    ) external payable;

    /// Accept where a segment of turns begins, and dispute where it ends. Reverts with
    /// `SegmentOutOfRange`. Spec: G-10.
    function chooseTurns(
        bytes32 gameId,
        Players calldata players,
        TurnPoint[] calldata points,
        uint256 segment
    ) external payable;

    /// Open the one turn that is left. Reverts as `TurnOpening` does. Spec: G-11, G-12.
    function openTurn(
        bytes32 gameId,
        Players calldata players,
        TurnPoint[2] calldata points,
        TurnParts calldata parts
    ) external payable;

    /// Accept the turn that was opened, and dispute those after it up to the claim's; `claim`, and
    /// `turn` which leads to `point`, are those of the context. Reverts with `ContextMismatch`,
    /// `StepsDisputed`, `TurnNotAcceptable`. Spec: G-22.
    function acceptTurn(
        bytes32 gameId,
        Players calldata players,
        bytes32[] calldata points,
        Claim calldata claim,
        uint256 turn,
        TurnPoint calldata point
    ) external payable;

    /// Post the state hashes at the inner ends of the segments. Reverts with `PointCountMismatch`.
    /// Spec: G-9.
    function postSteps(
        bytes32 gameId,
        Players calldata players,
        bytes32[2] calldata points,
        bytes32[] calldata inner
    ) external payable;

    /// Accept where a segment of steps begins, and dispute where it ends. Reverts with
    /// `SegmentOutOfRange`. Spec: G-10.
    function chooseSteps(
        bytes32 gameId,
        Players calldata players,
        bytes32[] calldata points,
        uint256 segment
    ) external payable;

    /// Show that the one step that is left leads elsewhere, and win. Reverts with
    /// `PreStateMismatch`, `PostStateAgreed`, and as the verifier does. Spec: G-13.
    function proveStep(
        bytes32 gameId,
        Players calldata players,
        bytes32[2] calldata points,
        bytes calldata preState,
        bytes calldata op,
        bytes calldata witness,
        bytes32 postState
    ) external payable;

    /// Give the game to the side that waits, because the other's time is up: anybody may; `points`
    /// are words, of whichever phase. Reverts with `DeadlineNotPassed`. Spec: G-15.
    function claimTimeout(bytes32 gameId, Players calldata players, bytes32[] calldata points)
        external
        payable;

    /// Take all that one is owed. Reverts with `WithdrawalFailed`. Spec: G-16.
    function withdraw() external returns (uint256 amount);

    /// Return a game. Reverts with `GameUnknown`. Spec: G-7, G-17.
    function game(bytes32 gameId) external view returns (Game memory);

    /// Return the last second in which the side to move may do so. Reverts with `GameUnknown`,
    /// `GameFinished`. Spec: G-14.
    function deadline(bytes32 gameId) external view returns (uint256);

    /// Return the id of the one game of `challenger` against a claim. Spec: G-4.
    function gameIdOf(bytes32 claimHash, address challenger) external pure returns (bytes32);

    /// Return what `owner` may withdraw, in wei. Spec: G-16.
    function credits(address owner) external view returns (uint256);

    /// Return the contract that checks the step that is left. Spec: G-1.
    function verifier() external view returns (address);

    /// Return into how many segments a stretch is cut, at most. Spec: G-1.
    function arity() external view returns (uint256);

    /// Return the most that one move may take, in seconds. Spec: G-1.
    function moveSeconds() external view returns (uint256);

    /// Return the most that all moves of a side may take, in seconds. Spec: G-1.
    function clockSeconds() external view returns (uint256);

    /// Return what each side pays in, in wei. Spec: G-1.
    function bond() external view returns (uint256);
}
