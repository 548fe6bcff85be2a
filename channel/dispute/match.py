"""A whole dispute on a chain, two drivers against each other, and the report of it.

Not here: what may go wrong in one side's head (`channel.dispute.cheats`), a driver
(`channel.dispute.driver`).

Spec: docs/spec/game.md. Mirror: none, this is for people, benches and tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, assert_never

from bisection.arena import Times, at_once
from bisection.game import Address, Phase, Side
from bisection.moves import (
    StepProven,
    StepsChosen,
    StepsPosted,
    TimeoutClaimed,
    TurnAccepted,
    TurnOpened,
    TurnsChosen,
    TurnsPosted,
)
from bisection.players.asserters import untrue
from channel.dispute.calls import function_name
from channel.dispute.cases import DisputeCase, PlayedChannel, played
from channel.dispute.cheats import HONEST, Cheat, Scheme, cheat_of
from channel.dispute.deciding import deciding_step
from channel.dispute.driver import Attempt, Driver, honest_player, play_out
from channel.dispute.errors import CaseNotDisputable, NothingDisputed
from channel.dispute.manager import BOND, CLOCK_SECONDS, MOVE_SECONDS, Manager, Sent
from channel.dispute.report import (
    OPEN,
    DecidingStep,
    DisputeReport,
    Entry,
    ReportedChain,
    ReportedConstants,
    ReportedOpening,
    ReportedSide,
    Verdict,
)
from channel.dispute.retelling import retold
from merkle.hashing import short_hex
from solidity.evm.protocol import Address as EvmAddress
from wasm_interp.instructions import INSTRUCTIONS, WORD_BYTES, decode_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from bisection.calldata import StepProof
    from bisection.moves import Move
    from bisection.players.player import Player, View
    from bisection.points import Point
    from channel.dispute.dossier import Dossier
    from merkle import Hash32
    from solidity.evm import Evm

ARITY: Final = 16
"""Into how many segments a stretch is cut, if nobody says otherwise: docs/benchmarks/dispute.md."""

GAS_WEI: Final = 10**19
"""What a side gets besides its bond: to a process that connects, a node gives no free gas."""
REFUSED_PAYLOADS: Final = (b"", b"refused", b"\xff" * 32, bytes(4_096))
"""Messages that are tried when one is wanted that the reducer does not accept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Two drivers of one game that was opened, ready to be played, and what it is about."""

    channel: PlayedChannel
    dossiers: dict[Side, Dossier]
    manager: Manager
    game_id: Hash32
    drivers: dict[Side, Driver]
    strategies: dict[Side, str]
    entries: list[Entry] = field(default_factory=list)
    proofs: list[tuple[int, StepProven]] = field(default_factory=list)

    @property
    def dossier(self) -> Dossier:
        """What the asserter has: the claim, and the log that it tells of."""
        return self.dossiers[Side.ASSERTER]


def play_on_chain(
    case: DisputeCase,
    *,
    evm: Evm,
    asserter: str = HONEST,
    challenger: str = HONEST,
    arity: int = ARITY,
    move_seconds: int = MOVE_SECONDS,
    clock_seconds: int = CLOCK_SECONDS,
    bond: int = BOND,
    step: int | None = None,
    seed: int = 0,
    times: Times = at_once,
    told: Callable[[Entry], None] | None = None,
) -> DisputeReport:
    """Deploy, open a game about ``case``, let both sides play it to its end; report it.

    Sides are `HONEST` or the name of a cheat (`CHEATS`). ``step`` is where a liar's run becomes
    untrue, None for the cheat's own choice. ``told`` hears of every transaction as it is made.
    Raises `NothingDisputed`, `UnknownCheat`, `CaseNotDisputable`, `ArityOutOfRange` and other
    errors of the contract, and what the EVM fails with.
    """
    cheats = {
        Side.ASSERTER: cheat_of(asserter, Side.ASSERTER),
        Side.CHALLENGER: cheat_of(challenger, Side.CHALLENGER),
    }
    manager = Manager.deploy(
        evm, arity=arity, move_seconds=move_seconds, clock_seconds=clock_seconds, bond=bond
    )
    match = opened_match(case, manager=manager, cheats=cheats, step=step, seed=seed)
    if told is not None:
        told(match.entries[0])

    def hear(attempt: Attempt) -> None:
        entry = note(match, attempt)
        if told is not None:
            told(entry)

    final = play_out(match.drivers.values(), times=times, told=hear)
    return report_of(match, final)


def opened_match(
    case: DisputeCase,
    *,
    manager: Manager,
    cheats: dict[Side, Cheat | None],
    step: int | None = None,
    seed: int = 0,
) -> Match:
    """Sign a channel, open the game about it at ``manager``, and return who is to play it.

    Raises `NothingDisputed`, `CaseNotDisputable`, and the error of an opening that is refused.
    """
    lie = cheats[Side.ASSERTER]
    if lie is None and cheats[Side.CHALLENGER] is None:
        raise NothingDisputed
    case = _with_refused(case) if lie is not None and lie.refused else case
    forged = case.claim_turn if lie is not None and lie.forges else None
    channel = played(case, chain_id=manager.evm.chain_id, forged=forged)
    dossiers = _dossiers(channel, lie)
    players: dict[Side, Player] = {}
    for side, cheat in cheats.items():
        if cheat is None:
            players[side] = honest_player(dossiers[side], side)
        else:
            turn = case.base + 1 if cheat.first_turn else case.claim_turn
            arity = manager.constants.arity
            players[side] = cheat.player(
                Scheme(dossier=dossiers[side], arity=arity, turn=turn, step=step, seed=seed)
            )
    dossier = dossiers[Side.ASSERTER]
    challenger = channel.fixed.mover(case.claim_turn + 1)
    _fund(manager, dossier.disputed.asserter, challenger)
    sent = manager.open(dossier.disputed, sender=challenger)
    if sent.refusal is not None:
        raise sent.refusal
    identifier = dossier.disputed.game_id(challenger)
    match = Match(
        channel=channel,
        dossiers=dossiers,
        manager=manager,
        game_id=identifier,
        drivers={
            side: Driver(manager=manager, game_id=identifier, side=side, player=player)
            for side, player in players.items()
        },
        strategies={
            side: HONEST if cheat is None else cheat.name for side, cheat in cheats.items()
        },
    )
    match.entries.append(_opening_entry(match, sent))
    return match


def _dossiers(channel: PlayedChannel, lie: Cheat | None) -> dict[Side, Dossier]:
    """Return what each side has. Raises `CaseNotDisputable`."""
    told, rows_turn, case = channel, 0, channel.case
    if lie is not None and lie.retells is not None:
        told, rows_turn = retold(channel, turn=lie.retells.turn(case)), case.base
    asserter = told.dossier(_claim_root(told, lie), rows_turn=rows_turn)
    known = None
    if lie is not None and lie.claims_truth:
        known = case.claim_turn - 1
    elif lie is not None and lie.withholds:
        known = max(case.base, case.claim_turn - len(case.keys) + 1)
    return {
        Side.ASSERTER: asserter,
        Side.CHALLENGER: replace(asserter, messages=channel.messages[:known]),
    }


def _with_refused(case: DisputeCase) -> DisputeCase:
    """Return the case with a last message that the reducer does not accept."""
    turn = case.claim_turn
    for payload in (case.payloads[turn - 1], *REFUSED_PAYLOADS):
        tried = replace(case, payloads=(*case.payloads[: turn - 1], payload), claim=turn)
        # Nobody's chain: only what the reducer says of the messages is asked for.
        if played(tried, chain_id=0).true_root is None:
            return tried
    raise CaseNotDisputable("the reducer accepts every message that was tried: name one it refuses")


def _claim_root(channel: PlayedChannel, lie: Cheat | None) -> Hash32:
    """Return the root to claim: the true one, unless the asserter lies about it."""
    turn = channel.case.claim_turn
    reached = len(channel.rows) - 1
    if lie is not None and not lie.claims_truth and lie.retells is None:
        if reached < turn - 1:
            raise CaseNotDisputable(f"message {reached + 1} is not accepted, before turn {turn}")
        return untrue("db_root", turn)
    if channel.true_root is None:
        raise CaseNotDisputable(f"message {reached + 1} is not accepted, so the claim is not true")
    return channel.true_root


def _fund(manager: Manager, *players: Address) -> None:
    """See to it that the sides can pay their bonds, as on a chain they would themselves."""
    for player in players:
        # A nonsensical player sends one wei more than is due.
        manager.evm.fund(EvmAddress(player), manager.constants.bond + 1 + GAS_WEI)


# -- what happened ---------------------------------------------------------------------------------


def note(match: Match, attempt: Attempt) -> Entry:
    """Add what a driver sent to the match; return its entry."""
    move, sent = attempt.submission.move, attempt.sent
    after = attempt.view if sent.refusal is not None else match.drivers[attempt.side].look()
    if isinstance(move, StepProven) and sent.refusal is None:
        match.proofs.append((attempt.view.turn(), move))
    entry = _entry(
        match,
        sent,
        side=attempt.side,
        kind=function_name(move),
        summary=_summary(move, attempt.view, attempt.side),
        seconds=_seconds(attempt),
        points=move.points if isinstance(move, TurnsPosted | StepsPosted) else (),
        segment=move.segment if isinstance(move, TurnsChosen | StepsChosen) else None,
        after=after,
    )
    match.entries.append(entry)
    return entry


def _seconds(attempt: Attempt) -> int:
    """Return what an attempt took from its side's clock. Spec: G-14, G-15."""
    if attempt.sent.refusal is not None or isinstance(attempt.submission.move, TimeoutClaimed):
        return 0
    return attempt.sent.at - attempt.view.game.moved


def _opening_entry(match: Match, sent: Sent) -> Entry:
    view = match.drivers[Side.CHALLENGER].look()
    summary = f"turns {view.game.low} to {view.game.high} are disputed"
    return _entry(
        match,
        sent,
        side=Side.CHALLENGER,
        kind=OPEN,
        summary=summary,
        seconds=0,
        points=(),
        segment=None,
        after=view,
    )


def _entry(
    match: Match,
    sent: Sent,
    *,
    side: Side,
    kind: str,
    summary: str,
    seconds: int,
    points: tuple[Point, ...],
    segment: int | None,
    after: View,
) -> Entry:
    game, refusal = after.game, sent.refusal
    return Entry(
        index=len(match.entries),
        at=sent.at,
        seconds=seconds,
        side=side,
        kind=kind,
        summary=summary,
        value=sent.value,
        points=points,
        segment=segment,
        low=game.low,
        high=game.high,
        phase=game.phase,
        asserter_clock=game.asserter_clock,
        challenger_clock=game.challenger_clock,
        calldata_bytes=len(sent.data),
        gas_used=sent.receipt.gas_used,
        charged_gas=sent.charged_gas,
        refusal_name=None if refusal is None else type(refusal).__name__,
        refusal=None if refusal is None else str(refusal),
    )


def _summary(move: Move, view: View, side: Side) -> str:
    """Return one line for people about a move in the game as its side saw it."""
    what = "turn" if view.game.phase < Phase.STEPS_POST else "step"
    match move:
        case TurnsPosted() | StepsPosted():
            count = f"{len(move.points)} point{'s' * (len(move.points) != 1)}"
            return f"{count} inside {what}s {view.game.low} to {view.game.high}"
        case TurnsChosen(segment) | StepsChosen(segment):
            return _choice_summary(segment, view, what)
        case StepProven(proof):
            return f"step {view.game.low}: {_proof_summary(proof)}"
        case TurnOpened(signed=signed):
            return f"turn {view.game.high}: its message of {len(signed.payload)} bytes, and its end"
        case TurnAccepted(claim=claim, turn=turn):
            return f"turn {turn} is true; turns {turn} to {claim.turn} are disputed"
        case TimeoutClaimed():
            return f"the time of the {side.other.value} is up"
        case _:
            assert_never(move)


def _choice_summary(segment: int, view: View, what: str) -> str:
    """Return what a choice says."""
    if segment >= view.game.segments:
        return f"segment {segment}, which there is not"
    low, high = view.ends()[segment : segment + 2]
    return f"segment {segment}: {what} {low} is accepted, {what} {high} disputed"


def _proof_summary(proof: StepProof) -> str:
    """Return what a proof says, which need not be true: where its step leads, and by how much."""
    word = decode_word(proof.op) if len(proof.op) == WORD_BYTES else None
    name = "no instruction" if word is None else INSTRUCTIONS[word.code].name
    leads = f"{name} leads to {short_hex(proof.post_state)}"
    return f"{leads}, by a witness of {len(proof.witness):,} bytes"


# -- the report ------------------------------------------------------------------------------------


def report_of(match: Match, final: View) -> DisputeReport:
    """Return the report of a match that was played to ``final``."""
    manager, disputed = match.manager, match.dossier.disputed
    constants, opening = manager.constants, final.opening
    sides = {side: _side(match, side, opening.position.address(side)) for side in Side}
    deciding = _deciding(match, final)
    return DisputeReport(
        constants=ReportedConstants(
            arity=constants.arity,
            move_seconds=constants.move_seconds,
            clock_seconds=constants.clock_seconds,
            bond=constants.bond,
        ),
        chain=ReportedChain(
            evm=manager.evm.name,
            chain_id=manager.evm.chain_id,
            manager=manager.address,
            verifier=manager.verifier,
        ),
        asserter=sides[Side.ASSERTER],
        challenger=sides[Side.CHALLENGER],
        opening=ReportedOpening(
            game_id=match.game_id,
            channel_id=disputed.claim.channel_id,
            base_turn=disputed.base.turn,
            base_root=disputed.base.db_root,
            base_log_root=disputed.base.log_root,
            claim_turn=disputed.claim.turn,
            claim_root=disputed.claim.db_root,
            claim_log_root=disputed.claim.log_root,
            claim_hash=disputed.claim.hash(),
            true_root=match.channel.true_root,
        ),
        entries=tuple(match.entries),
        deciding=deciding,
        verdict=_verdict(match, final, deciding),
    )


def _side(match: Match, side: Side, address: Address) -> ReportedSide:
    participant = match.channel.fixed.participants.index(address)
    return ReportedSide(
        side=side,
        address=address,
        participant=participant,
        name=match.channel.case.name(participant),
        strategy=match.strategies[side],
    )


def _deciding(match: Match, final: View) -> DecidingStep | None:
    """Return the step that was proven, made again from the program and the rows before its turn."""
    if not match.proofs:
        return None
    turn, move = match.proofs[-1]
    knowledge = match.dossier.knowledge(accept_all=True)
    run = knowledge.run(knowledge.message(turn))
    index, claimed = final.game.low, final.game.state_hashes[1]
    machine = run.machine(index)
    return deciding_step(machine, move.proof, turn=turn, index=index, claimed=claimed)


def _verdict(match: Match, final: View, deciding: DecidingStep | None) -> Verdict:
    game = final.game
    if game.winner is None:
        return Verdict(winner=None, reason="neither side had anything more to send", pot=0)
    winner = next(side for side in Side if game.position.address(side) == game.winner)
    if deciding is not None:
        step = deciding.step
        reason = (
            f"step {step.index} of turn {deciding.turn}, {step.text} at {step.location}, "
            "does not lead to what the asserter claimed"
        )
    else:
        waiting = match.entries[-2].phase
        unanswered = last_refusal(match.entries, winner.other)
        reason = f"the {winner.other.value} ran out of time in phase {waiting.name}"
        if unanswered is not None:
            reason += f": all it had to send was refused with {unanswered}"
    return Verdict(winner=winner, reason=reason, pot=game.pot)


def last_refusal(entries: list[Entry], side: Side) -> str | None:
    """Return the error that a side's last transaction was refused with, if it was."""
    own = [entry for entry in entries if entry.side is side]
    return own[-1].refusal_name if own else None
