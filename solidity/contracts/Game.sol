// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// What a game waits for; no game waits for `NONE`. Spec: G-6.
enum Phase {
    NONE,
    TURNS_POST,
    TURNS_CHOOSE,
    TURN_OPEN,
    STEPS_POST,
    STEPS_CHOOSE,
    STEP_PROVE,
    FINISHED
}

/// One of the two who play; `NONE` is the winner of a game that goes on.
enum Side {
    NONE,
    ASSERTER,
    CHALLENGER
}

/// A game after some moves, as it is shown to who asks. Clocks have what is left, in seconds;
/// `moved` is when the last move was made; `position` is the position hash. Spec: G-7.
struct Game {
    Phase phase;
    Side winner;
    bool paid;
    uint256 low;
    uint256 high;
    uint256 asserterClock;
    uint256 challengerClock;
    uint256 moved;
    bytes32 position;
}

/// A game as it is kept, in two words. Spec: G-7.
struct KeptGame {
    GameWord word;
    bytes32 position;
}

/// All of a game but its position in one word, which is never zero. From the lowest bit: phase,
/// winner, paid, 8 bits each; low, high, the asserter's and the challenger's clock, 32 bits each;
/// moved, 64 bits. Spec: G-7.
type GameWord is uint256;

using GameWords for GameWord global;

/// The fields of a game's word. Those that return a word leave all other fields as they are; what
/// is put into a field must fit.
library GameWords {
    uint256 private constant WINNER_SHIFT = 8;
    uint256 private constant PAID_SHIFT = 16;
    uint256 private constant LOW_SHIFT = 24;
    uint256 private constant HIGH_SHIFT = 56;
    uint256 private constant ASSERTER_CLOCK_SHIFT = 88;
    uint256 private constant CHALLENGER_CLOCK_SHIFT = 120;
    uint256 private constant MOVED_SHIFT = 152;

    /// Return the word of a new game. Spec: G-5, G-14.
    function opened(uint256 low_, uint256 high_, uint256 clock_, uint256 time)
        internal
        pure
        returns (GameWord)
    {
        return GameWord.wrap(
            low_ << LOW_SHIFT | high_ << HIGH_SHIFT | clock_ << ASSERTER_CLOCK_SHIFT
                | clock_ << CHALLENGER_CLOCK_SHIFT | time << MOVED_SHIFT
        );
    }

    /// Return whether this is the word of a game, and not the zero where there is none.
    function isKept(GameWord g) internal pure returns (bool) {
        return GameWord.unwrap(g) != 0;
    }

    /// Return what the game waits for.
    function phase(GameWord g) internal pure returns (Phase) {
        return Phase(uint8(GameWord.unwrap(g)));
    }

    /// Return the side that has won, `NONE` while the game goes on.
    function winner(GameWord g) internal pure returns (Side) {
        return Side(uint8(GameWord.unwrap(g) >> WINNER_SHIFT));
    }

    /// Return whether the asserter has paid its bond.
    function paid(GameWord g) internal pure returns (bool) {
        return uint8(GameWord.unwrap(g) >> PAID_SHIFT) != 0;
    }

    /// Return where the stretch begins.
    function low(GameWord g) internal pure returns (uint256) {
        return uint32(GameWord.unwrap(g) >> LOW_SHIFT);
    }

    /// Return where the stretch ends.
    function high(GameWord g) internal pure returns (uint256) {
        return uint32(GameWord.unwrap(g) >> HIGH_SHIFT);
    }

    /// Return the seconds that a side has left for all its moves.
    function clock(GameWord g, Side side) internal pure returns (uint256) {
        return uint32(GameWord.unwrap(g) >> _clockShift(side));
    }

    /// Return when the last move was made.
    function moved(GameWord g) internal pure returns (uint256) {
        return uint64(GameWord.unwrap(g) >> MOVED_SHIFT);
    }

    /// Return the word with another phase.
    function withPhase(GameWord g, Phase phase_) internal pure returns (GameWord) {
        return GameWord.wrap(GameWord.unwrap(g) & ~uint256(type(uint8).max) | uint256(phase_));
    }

    /// Return the word with another stretch.
    function withStretch(GameWord g, uint256 low_, uint256 high_)
        internal
        pure
        returns (GameWord)
    {
        uint256 others = GameWord.unwrap(g) & ~(uint256(type(uint64).max) << LOW_SHIFT);
        return GameWord.wrap(others | low_ << LOW_SHIFT | high_ << HIGH_SHIFT);
    }

    /// Return the word after a move at `time`, before the deadline, of which the asserter's first
    /// one is paid for. What has passed is taken from the clock of `side`. Spec: G-14, G-16.
    function charged(GameWord g, Side side, uint256 time) internal pure returns (GameWord) {
        // No field overflows into the next: what has passed is at most what the clock has left.
        unchecked {
            uint256 passed = time - g.moved();
            uint256 word = GameWord.unwrap(g) - (passed << _clockShift(side));
            if (side == Side.ASSERTER) word |= 1 << PAID_SHIFT;
            return GameWord.wrap(word + (passed << MOVED_SHIFT));
        }
    }

    /// Return the word of a game that `side` has won, which had no winner. Spec: G-17.
    function won(GameWord g, Side side) internal pure returns (GameWord) {
        uint256 word = GameWord.unwrap(g.withPhase(Phase.FINISHED));
        return GameWord.wrap(word | uint256(side) << WINNER_SHIFT);
    }

    /// Return the game as it is shown.
    function unpacked(GameWord g, bytes32 position) internal pure returns (Game memory) {
        return Game({
            phase: g.phase(),
            winner: g.winner(),
            paid: g.paid(),
            low: g.low(),
            high: g.high(),
            asserterClock: g.clock(Side.ASSERTER),
            challengerClock: g.clock(Side.CHALLENGER),
            moved: g.moved(),
            position: position
        });
    }

    /// Return from which bit on the clock of `side` is kept.
    function _clockShift(Side side) private pure returns (uint256) {
        return side == Side.ASSERTER ? ASSERTER_CLOCK_SHIFT : CHALLENGER_CLOCK_SHIFT;
    }
}

/// What is claimed after a turn: the log up to it, and the rows that it leads to. Spec: G-7.
struct TurnPoint {
    bytes32 logRoot;
    bytes32 dbRoot;
}

/// What a game is about: after `turn` there are this log and these rows; `participants` is how many
/// take part in the channel. Spec: G-7. Mirror: bisection/position.py, Claim.
struct Claim {
    uint256 participants;
    uint256 turn;
    TurnPoint point;
}

using Claims for Claim global;

/// Contexts: what the points of a position do not say. Spec: G-7, G-22.
/// Mirror: bisection/position.py, Claim.
library Claims {
    /// Return the context over turns. Spec: G-7.
    function context(Claim memory claim) internal pure returns (bytes32) {
        return keccak256(abi.encode(claim));
    }

    /// Return the context over the steps of `turn`, which leads to `point`; `claimContext` is that
    /// over turns. Spec: G-7.
    function openedContext(bytes32 claimContext, uint256 turn, TurnPoint calldata point)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(claimContext, turn, point));
    }

    /// Return whether a challenger may accept `turn`, and dispute what comes after it.
    ///
    /// Of as many turns as there are participants, the claim's the last, one is the challenger's
    /// own. It knows what it has built upon, so it need not accept that turn, nor one before. The
    /// first of them need not be accepted, then: it is that turn, or comes before it. Spec: G-22.
    function mayAccept(Claim memory claim, uint256 turn) internal pure returns (bool) {
        return turn < claim.turn && claim.turn < turn + claim.participants - 1;
    }
}

/// What of a position is no point: who plays, and the context; the points stand behind it.
/// Spec: G-7.
struct Players {
    address asserter;
    address challenger;
    bytes32 channelId;
    bytes32 context;
}

using Positions for Players global;

/// Position hashes: of the players, then the points at the ends of the segments, as words: two for
/// a point of turns, one for a point of steps, which is a state hash.
/// The words are hashed as they are sent: an address with other bits set is none of a position.
/// Spec: G-7. Mirror: bisection/position.py, Position; bisection/points.py.
library Positions {
    uint256 private constant PLAYERS_BYTES = 128;

    /// Return the hash of the position whose points are these words.
    function positionHash(Players calldata players, bytes32[] calldata points)
        internal
        pure
        returns (bytes32 result)
    {
        assembly ("memory-safe") {
            let at := mload(64)
            let size := shl(5, points.length)
            calldatacopy(at, players, PLAYERS_BYTES)
            calldatacopy(add(at, PLAYERS_BYTES), points.offset, size)
            result := keccak256(at, add(size, PLAYERS_BYTES))
        }
    }

    /// Return the hash of the position with another context and other points, as their words.
    function positionHash(Players calldata players, bytes32 context, bytes memory points)
        internal
        pure
        returns (bytes32)
    {
        bytes32 channelId = players.channelId;
        return keccak256(
            abi.encodePacked(
                abi.encode(players.asserter, players.challenger, channelId, context), points
            )
        );
    }

    /// Return the hash of the position with points between the two whose words are `ends`.
    function positionHash(
        Players calldata players,
        bytes32[] calldata ends,
        bytes32[] calldata inner
    ) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let at := mload(64)
            let size := shl(4, ends.length)
            let to := add(at, PLAYERS_BYTES)
            calldatacopy(at, players, PLAYERS_BYTES)
            calldatacopy(to, ends.offset, size)
            to := add(to, size)
            calldatacopy(to, inner.offset, shl(5, inner.length))
            to := add(to, shl(5, inner.length))
            calldatacopy(to, add(ends.offset, size), size)
            result := keccak256(at, sub(add(to, size), at))
        }
    }

    /// Return points as they are hashed: a point of turns is two words, a point of steps is one.
    function wordsOf(TurnPoint[] calldata points) internal pure returns (bytes32[] calldata words) {
        assembly ("memory-safe") {
            words.offset := points.offset
            words.length := shl(1, points.length)
        }
    }

    /// Return the words of two points of turns.
    function wordsOf(TurnPoint[2] calldata points)
        internal
        pure
        returns (bytes32[] calldata words)
    {
        assembly ("memory-safe") {
            words.offset := points
            words.length := 4
        }
    }

    /// Return the words of two points of steps.
    function wordsOf(bytes32[2] calldata points) internal pure returns (bytes32[] calldata words) {
        assembly ("memory-safe") {
            words.offset := points
            words.length := 2
        }
    }
}
