// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChannelIds, ChannelState, FixedPart} from "./ChannelIds.sol";
import {
    ArityOutOfRange,
    BondMismatch,
    BondOutOfRange,
    ChallengerIsAsserter,
    ChallengerNotParticipant,
    ClaimNotLater,
    ClaimTurnOutOfRange,
    ContextMismatch,
    DeadlineNotPassed,
    DeadlinePassed,
    DurationOutOfRange,
    GameExists,
    GameFinished,
    GameUnknown,
    NotYourMove,
    PhaseMismatch,
    PointCountMismatch,
    PositionMismatch,
    PostStateAgreed,
    PreStateMismatch,
    SegmentOutOfRange,
    StepsDisputed,
    TurnNotAcceptable,
    VerifierMissing,
    WithdrawalFailed,
    WrongChainId
} from "./Errors.sol";
import {
    Claim,
    Claims,
    Game,
    GameWord,
    GameWords,
    KeptGame,
    Phase,
    Players,
    Positions,
    Side,
    TurnPoint
} from "./Game.sol";
import {GameConstants} from "./GameConstants.sol";
import {IOneStepVerifier} from "./IOneStepVerifier.sol";
import {IProofManager} from "./IProofManager.sol";
import {Signatures} from "./Signatures.sol";
import {OpenedMessage, TurnOpening, TurnParts} from "./TurnOpening.sol";

/// The dispute game: one asserter, one challenger, and who is right. The chain runs nothing but
/// the one step that is left in the end.
///
/// Every move is checked in one order, so that the error is the same here and in Python: the game
/// (`GameUnknown`, `GameFinished`), phase, mover, deadline, value, position, then what is in the
/// move. All state is written before anything is called: the verifier, statically, and whoever
/// withdraws.
/// Spec: docs/spec/game.md. Mirror: bisection/game.py, bisection/expansion.py,
/// bisection/manager.py.
contract ProofManager is IProofManager {
    /// Constants of the deployment; times in seconds, the bond in wei. Spec: G-1.
    address public immutable verifier;
    uint256 public immutable arity;
    uint256 public immutable moveSeconds;
    uint256 public immutable clockSeconds;
    uint256 public immutable bond;

    mapping(bytes32 gameId => KeptGame) private games;

    /// What is owed to the winners of games, in wei. Spec: G-16.
    mapping(address owner => uint256) public credits;

    /// Reverts with `VerifierMissing`, `ArityOutOfRange`, `DurationOutOfRange`, `BondOutOfRange`.
    constructor(
        address verifier_,
        uint256 arity_,
        uint256 moveSeconds_,
        uint256 clockSeconds_,
        uint256 bond_
    ) {
        if (verifier_.code.length == 0) revert VerifierMissing(verifier_);
        if (arity_ < GameConstants.ARITY_MIN || arity_ > GameConstants.ARITY_MAX) {
            revert ArityOutOfRange(arity_);
        }
        _checkSeconds(moveSeconds_);
        _checkSeconds(clockSeconds_);
        if (bond_ > GameConstants.BOND_MAX) revert BondOutOfRange(bond_);
        verifier = verifier_;
        arity = arity_;
        moveSeconds = moveSeconds_;
        clockSeconds = clockSeconds_;
        bond = bond_;
    }

    // -- what may be asked ------------------------------------------------------------------------

    /// @inheritdoc IProofManager
    function gameIdOf(bytes32 claimHash, address challenger) public pure returns (bytes32) {
        return keccak256(abi.encode(claimHash, challenger));
    }

    /// @inheritdoc IProofManager
    function game(bytes32 gameId) external view returns (Game memory) {
        (KeptGame storage kept, GameWord g) = _known(gameId);
        return g.unpacked(kept.position);
    }

    /// @inheritdoc IProofManager
    function deadline(bytes32 gameId) external view returns (uint256) {
        (, GameWord g) = _unfinished(gameId);
        return _deadline(g, _toMove(g.phase()));
    }

    // -- opening ----------------------------------------------------------------------------------

    /// @inheritdoc IProofManager
    function open(
        FixedPart calldata fixedPart,
        ChannelState calldata base,
        bytes[] calldata baseSignatures,
        ChannelState calldata claim,
        bytes calldata claimSignature
    ) external payable returns (bytes32 gameId) {
        _checkClaim(fixedPart, base.turn, claim.turn);
        (Players memory players, bytes32 claimHash) =
            _checkSigned(fixedPart, base, baseSignatures, claim, claimSignature);
        _checkChallenger(fixedPart.participants, players.asserter);
        _checkValue(bond);
        gameId = gameIdOf(claimHash, msg.sender);
        if (games[gameId].word.isKept()) revert GameExists(gameId);

        TurnPoint memory low = TurnPoint({logRoot: base.logRoot, dbRoot: base.dbRoot});
        TurnPoint memory high = TurnPoint({logRoot: claim.logRoot, dbRoot: claim.dbRoot});
        uint256 participants = fixedPart.participants.length;
        players.context =
            Claim({participants: participants, turn: claim.turn, point: high}).context();
        games[gameId] = KeptGame({
            word: GameWords.opened(base.turn, claim.turn, clockSeconds, block.timestamp)
                .withPhase(_overTurns(base.turn, claim.turn)),
            position: keccak256(abi.encode(players, low, high))
        });
        emit GameOpened(
            gameId,
            players.asserter,
            players.challenger,
            players.channelId,
            participants,
            base.turn,
            claim.turn,
            low,
            high
        );
    }

    /// Revert unless there may be a game about this claim: with `WrongChainId`, as
    /// `ChannelIds.checkParticipants` does, with `ClaimNotLater`, `ClaimTurnOutOfRange`. Spec: G-3.
    function _checkClaim(FixedPart calldata fixedPart, uint256 base, uint256 claim) private view {
        if (fixedPart.chainId != block.chainid) {
            revert WrongChainId(block.chainid, fixedPart.chainId);
        }
        ChannelIds.checkParticipants(fixedPart.participants);
        if (claim <= base) revert ClaimNotLater(base, claim);
        if (claim > GameConstants.TURN_MAX) revert ClaimTurnOutOfRange(claim);
    }

    /// Return who plays about what, short of the context, and the hash of the claim, both states
    /// shown to be signed.
    /// Reverts with `SignatureCountMismatch`, `SignatureMalformed`, `SignatureMismatch`. Spec: G-3.
    function _checkSigned(
        FixedPart calldata fixedPart,
        ChannelState calldata base,
        bytes[] calldata baseSignatures,
        ChannelState calldata claim,
        bytes calldata claimSignature
    ) private view returns (Players memory players, bytes32 claimHash) {
        address[] calldata participants = fixedPart.participants;
        bytes32 channelId = ChannelIds.channelId(fixedPart);
        bytes32 baseHash = ChannelIds.stateHash(channelId, base);
        Signatures.verifyUnanimous(baseHash, participants, baseSignatures);
        claimHash = ChannelIds.stateHash(channelId, claim);
        address asserter = participants[ChannelIds.moverIndex(claim.turn, participants.length)];
        Signatures.verifySignature(claimHash, claimSignature, asserter);
        players = Players({
            asserter: asserter,
            challenger: msg.sender,
            channelId: channelId,
            context: 0
        });
    }

    /// Revert unless the sender takes part in the channel, and has not signed the claim: with
    /// `ChallengerNotParticipant`, `ChallengerIsAsserter`. Spec: G-3.
    function _checkChallenger(address[] calldata participants, address asserter) private view {
        uint256 index = 0;
        while (participants[index] != msg.sender) {
            if (++index == participants.length) revert ChallengerNotParticipant(msg.sender);
        }
        if (msg.sender == asserter) revert ChallengerIsAsserter(msg.sender);
    }

    // -- moves ------------------------------------------------------------------------------------

    /// @inheritdoc IProofManager
    function postTurns(
        bytes32 gameId,
        Players calldata players,
        TurnPoint[2] calldata points,
        TurnPoint[] calldata inner
    ) external payable {
        bytes32[] calldata ends = Positions.wordsOf(points);
        _post(gameId, players, ends, Positions.wordsOf(inner), Phase.TURNS_POST);
        emit TurnPointsPosted(gameId, inner);
    }

    /// @inheritdoc IProofManager
    function chooseTurns(
        bytes32 gameId,
        Players calldata players,
        TurnPoint[] calldata points,
        uint256 segment
    ) external payable {
        _choose(gameId, players, Positions.wordsOf(points), segment, Phase.TURNS_CHOOSE);
    }

    /// @inheritdoc IProofManager
    function openTurn(
        bytes32 gameId,
        Players calldata players,
        TurnPoint[2] calldata points,
        TurnParts calldata parts
    ) external payable {
        (KeptGame storage kept, GameWord g) = _begun(gameId, players, Phase.TURN_OPEN);
        _checkPosition(kept, players.positionHash(Positions.wordsOf(points)));
        bytes32 previousLogRoot = points[0].logRoot;
        OpenedMessage memory message = TurnOpening.checkMessage(
            parts, players.channelId, g.high(), previousLogRoot, points[1].logRoot
        );
        (bytes32 start, bytes32 end) =
            TurnOpening.openTurn(parts, message.messageHash, points[0].dbRoot, points[1].dbRoot);
        kept.word = g.withStretch(0, GameConstants.STEPS).withPhase(Phase.STEPS_POST);
        bytes32 context = Claims.openedContext(players.context, g.high(), points[1]);
        kept.position = players.positionHash(context, abi.encode(start, end));
        emit TurnOpened(
            gameId,
            message.turn,
            message.sender,
            previousLogRoot,
            parts.payload,
            parts.signature,
            start,
            end
        );
    }

    /// @inheritdoc IProofManager
    function acceptTurn(
        bytes32 gameId,
        Players calldata players,
        bytes32[] calldata points,
        Claim calldata claim,
        uint256 turn,
        TurnPoint calldata point
    ) external payable {
        (KeptGame storage kept, GameWord g) = _begun(gameId, players, Phase.STEPS_CHOOSE);
        _checkPosition(kept, players.positionHash(points));
        bytes32 context = claim.context();
        bytes32 actual = Claims.openedContext(context, turn, point);
        if (actual != players.context) revert ContextMismatch(players.context, actual);
        bool first = g.low() == 0 && g.high() == GameConstants.STEPS;
        if (!first) revert StepsDisputed(g.low(), g.high());
        if (!claim.mayAccept(turn)) {
            revert TurnNotAcceptable(turn, claim.turn, claim.participants);
        }
        kept.word = g.withStretch(turn, claim.turn).withPhase(_overTurns(turn, claim.turn));
        kept.position = players.positionHash(context, abi.encode(point, claim.point));
        emit TurnAccepted(gameId, turn);
    }

    /// @inheritdoc IProofManager
    function postSteps(
        bytes32 gameId,
        Players calldata players,
        bytes32[2] calldata points,
        bytes32[] calldata inner
    ) external payable {
        _post(gameId, players, Positions.wordsOf(points), inner, Phase.STEPS_POST);
        emit StepPointsPosted(gameId, inner);
    }

    /// @inheritdoc IProofManager
    function chooseSteps(
        bytes32 gameId,
        Players calldata players,
        bytes32[] calldata points,
        uint256 segment
    ) external payable {
        _choose(gameId, players, points, segment, Phase.STEPS_CHOOSE);
    }

    /// @inheritdoc IProofManager
    function proveStep(
        bytes32 gameId,
        Players calldata players,
        bytes32[2] calldata points,
        bytes calldata preState,
        bytes calldata op,
        bytes calldata witness,
        bytes32 postState
    ) external payable {
        (KeptGame storage kept, GameWord g) = _begun(gameId, players, Phase.STEP_PROVE);
        _checkPosition(kept, players.positionHash(Positions.wordsOf(points)));
        bytes32 actual = keccak256(preState);
        if (actual != points[0]) revert PreStateMismatch(points[0], actual);
        if (postState == points[1]) revert PostStateAgreed();
        _win(gameId, kept, g, Side.CHALLENGER, players.challenger);
        // It agrees, or its error is passed on and nothing of this has happened. Spec: G-13.
        IOneStepVerifier(verifier).oneStepVerify(preState, op, witness, postState);
    }

    /// @inheritdoc IProofManager
    function claimTimeout(bytes32 gameId, Players calldata players, bytes32[] calldata points)
        external
        payable
    {
        (KeptGame storage kept, GameWord g) = _unfinished(gameId);
        Side late = _toMove(g.phase());
        uint256 due = _deadline(g, late);
        if (block.timestamp <= due) revert DeadlineNotPassed(due, block.timestamp);
        _checkValue(0);
        _checkPosition(kept, players.positionHash(points));
        // Anybody may say that time is up: who does has nothing of it.
        if (late == Side.ASSERTER) _win(gameId, kept, g, Side.CHALLENGER, players.challenger);
        else _win(gameId, kept, g, Side.ASSERTER, players.asserter);
    }

    /// @inheritdoc IProofManager
    function withdraw() external returns (uint256 amount) {
        amount = credits[msg.sender];
        credits[msg.sender] = 0;
        (bool taken,) = msg.sender.call{value: amount}("");
        if (!taken) revert WithdrawalFailed(msg.sender, amount);
    }

    // -- what every move is asked -----------------------------------------------------------------

    /// Return where a game is kept, and its word as it is after a move of `phase` by its side: time
    /// is taken from its clock, its bond is paid. Position and parts are not checked yet.
    /// Reverts with `GameUnknown`, `GameFinished`, `PhaseMismatch`, `NotYourMove`,
    /// `DeadlinePassed`, `BondMismatch`. Spec: G-6, G-14, G-16, G-17.
    function _begun(bytes32 gameId, Players calldata players, Phase phase)
        private
        view
        returns (KeptGame storage kept, GameWord g)
    {
        (kept, g) = _unfinished(gameId);
        if (g.phase() != phase) revert PhaseMismatch(uint256(phase), uint256(g.phase()));
        Side side = _toMove(phase);
        _checkMover(players, side);
        uint256 due = _deadline(g, side);
        if (block.timestamp > due) revert DeadlinePassed(due, block.timestamp);
        _checkValue(side == Side.ASSERTER && !g.paid() ? bond : 0);
        g = g.charged(side, block.timestamp);
    }

    /// Return where a game is kept, and its word. Reverts with `GameUnknown`. Spec: G-17.
    function _known(bytes32 gameId) private view returns (KeptGame storage kept, GameWord g) {
        kept = games[gameId];
        g = kept.word;
        if (!g.isKept()) revert GameUnknown(gameId);
    }

    /// Do the same for a game that goes on. Reverts with `GameUnknown`, `GameFinished`. Spec: G-17.
    function _unfinished(bytes32 gameId) private view returns (KeptGame storage kept, GameWord g) {
        (kept, g) = _known(gameId);
        if (g.phase() == Phase.FINISHED) revert GameFinished();
    }

    /// Return the side that a phase waits for. Spec: G-6.
    function _toMove(Phase phase) private pure returns (Side) {
        bool chooses = phase == Phase.TURNS_CHOOSE || phase == Phase.STEPS_CHOOSE;
        return chooses || phase == Phase.STEP_PROVE ? Side.CHALLENGER : Side.ASSERTER;
    }

    /// Return the last second of the side to move. Spec: G-14.
    function _deadline(GameWord g, Side side) private view returns (uint256) {
        uint256 clock = g.clock(side);
        // A time of 64 bits and one of 32.
        unchecked {
            return g.moved() + (clock < moveSeconds ? clock : moveSeconds);
        }
    }

    /// Revert with `NotYourMove` unless the sender plays `side`, by the position that is shown: it
    /// is checked after. Spec: G-6.
    function _checkMover(Players calldata players, Side side) private view {
        address mover = side == Side.ASSERTER ? players.asserter : players.challenger;
        if (msg.sender != mover) revert NotYourMove(msg.sender);
    }

    /// Revert with `BondMismatch` unless the call carries what is due. Spec: G-3, G-16.
    function _checkValue(uint256 due) private view {
        if (msg.value != due) revert BondMismatch(due, msg.value);
    }

    /// Revert with `PositionMismatch` unless the position shown is the game's. Spec: G-7.
    function _checkPosition(KeptGame storage kept, bytes32 actual) private view {
        bytes32 expected = kept.position;
        if (actual != expected) revert PositionMismatch(expected, actual);
    }

    // -- what moves do ----------------------------------------------------------------------------

    /// Post the words of the inner points of a stretch; `ends` are those of its two points.
    /// Reverts with `PointCountMismatch`. Spec: G-9.
    function _post(
        bytes32 gameId,
        Players calldata players,
        bytes32[] calldata ends,
        bytes32[] calldata inner,
        Phase phase
    ) private {
        (KeptGame storage kept, GameWord g) = _begun(gameId, players, phase);
        _checkPosition(kept, players.positionHash(ends));
        bool turns = phase == Phase.TURNS_POST;
        uint256 expected = segmentCount(g.low(), g.high()) - 1;
        uint256 actual = turns ? inner.length / 2 : inner.length;
        if (actual != expected) revert PointCountMismatch(expected, actual);
        kept.word = g.withPhase(turns ? Phase.TURNS_CHOOSE : Phase.STEPS_CHOOSE);
        kept.position = players.positionHash(ends, inner);
    }

    /// Choose one segment of a stretch; `points` are the words of all its points.
    /// Reverts with `SegmentOutOfRange`. Spec: G-10.
    function _choose(
        bytes32 gameId,
        Players calldata players,
        bytes32[] calldata points,
        uint256 segment,
        Phase phase
    ) private {
        (KeptGame storage kept, GameWord g) = _begun(gameId, players, phase);
        _checkPosition(kept, players.positionHash(points));
        uint256 count = segmentCount(g.low(), g.high());
        if (segment >= count) revert SegmentOutOfRange(segment, count);
        uint256 low = segmentEnd(g.low(), g.high(), segment);
        uint256 high = segmentEnd(g.low(), g.high(), segment + 1);
        kept.word = g.withStretch(low, high).withPhase(_afterChoice(phase, low, high));
        uint256 size = phase == Phase.TURNS_CHOOSE ? 2 : 1;
        kept.position = players.positionHash(points[segment * size:(segment + 2) * size]);
        emit SegmentChosen(gameId, segment);
    }

    /// Return the phase after a segment from `low` to `high` was chosen in `phase`. Spec: G-10.
    function _afterChoice(Phase phase, uint256 low, uint256 high) private pure returns (Phase) {
        if (phase == Phase.TURNS_CHOOSE) return _overTurns(low, high);
        return high - low == 1 ? Phase.STEP_PROVE : Phase.STEPS_POST;
    }

    /// Return the phase that a stretch of turns begins with. Spec: G-5, G-10.
    function _overTurns(uint256 low, uint256 high) private pure returns (Phase) {
        return high - low == 1 ? Phase.TURN_OPEN : Phase.TURNS_POST;
    }

    /// Keep a game with its winner, for ever, and credit what was paid in. Spec: G-16, G-17.
    function _win(bytes32 gameId, KeptGame storage kept, GameWord g, Side side, address winner)
        private
    {
        kept.word = g.won(side);
        uint256 pot = g.paid() ? 2 * bond : bond;
        credits[winner] += pot;
        emit GameWon(gameId, winner, pot);
    }

    /// Return into how many segments the stretch from `low` to `high` is cut. Spec: G-8.
    function segmentCount(uint256 low, uint256 high) private view returns (uint256) {
        unchecked {
            uint256 length = high - low;
            return length < arity ? length : arity;
        }
    }

    /// Return end `index` of the segments: 0 gives `low`, their count gives `high`. Spec: G-8.
    function segmentEnd(uint256 low, uint256 high, uint256 index) private view returns (uint256) {
        // Lengths are below 2^32, and an index is at most 64.
        unchecked {
            return low + (high - low) * index / segmentCount(low, high);
        }
    }

    /// Revert with `DurationOutOfRange` unless a side may be given so much time. Spec: G-1.
    function _checkSeconds(uint256 duration) private pure {
        if (duration == 0 || duration > GameConstants.SECONDS_MAX) {
            revert DurationOutOfRange(duration);
        }
    }
}
