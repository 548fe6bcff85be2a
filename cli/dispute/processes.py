"""Two sides in a process each: all that they share is the chain, and each has its own dossier.

The process that was started by the user deploys, opens the game and lets time pass; it tells a side
when to look. What to send is decided, and sent, in the side's process, by a driver made from the
dossier that it reads from disk.

Not here: drivers and dossiers (`channel.dispute`), nodes (`solidity.evm.anvil`).
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from bisection.game import Address, Side
from bisection.players.player import Submission, View
from channel.dispute.cheats import HONEST, Cheat, Scheme, cheat_of
from channel.dispute.dossier import Dossier
from channel.dispute.driver import Attempt, Driver, honest_player, play_out
from channel.dispute.manager import Manager, Sent
from channel.dispute.match import Match, note, opened_match, report_of
from channel.dispute.refusals import refusal_of
from merkle import Hash32
from merkle.errors import ChannelsError
from solidity.evm.anvil import Anvil
from wasm_interp.errors import InputError
from wasm_interp.program import Program

if TYPE_CHECKING:
    from bisection.arena import Times
    from bisection.players.player import Player
    from channel.dispute import DisputeCase, DisputeReport
    from channel.dispute.report import Entry
    from solidity.evm import Evm

ACT: Final = "act"
STOP: Final = "stop"
STOP_SECONDS_MAX: Final = 10
ANSWER_SECONDS_MAX: Final = 300
"""How long a side may take for one look at the chain: a run of 2^24 steps included."""


class SideFailed(InputError):
    """The process of a side has ended, or does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """All that the process of a side is told when it starts. ``strategy`` is a cheat's name."""

    url: str
    chain_id: int
    manager: Address
    game_id: Hash32
    side: Side
    strategy: str
    dossier: Path
    program: Program
    turn: int
    step: int | None
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a side saw, sent and got; or, if it waits, nothing. ``failure`` is why it cannot."""

    view: View | None = None
    submission: Submission | None = None
    sent: Sent | None = None
    failure: str | None = None


# -- the process of a side -------------------------------------------------------------------------


def serve(connection: Connection, orders: Orders) -> None:
    """Act whenever that is asked for, until told to stop, or nobody is left to ask."""
    evm = Anvil.connect(orders.url, chain_id=orders.chain_id)
    try:
        driver = _driver(evm, orders)
        while connection.recv() == ACT:
            connection.send(_acted(driver))
    except EOFError:
        return
    except ChannelsError as error:
        connection.send(Answer(failure=str(error)))
    finally:
        evm.close()


def _acted(driver: Driver) -> Answer:
    try:
        attempt = driver.act()
    except ChannelsError as error:
        return Answer(failure=str(error))
    if attempt is None:
        return Answer()
    # An error is made anew from what the contract said: exceptions with fields cannot be sent.
    sent = replace(attempt.sent, refusal=None)
    return Answer(view=attempt.view, submission=attempt.submission, sent=sent)


def _driver(evm: Evm, orders: Orders) -> Driver:
    manager = Manager.at(evm, orders.manager)
    dossier = Dossier.read(orders.dossier, orders.program)
    cheat = cheat_of(orders.strategy, orders.side)
    player: Player
    if cheat is None:
        player = honest_player(dossier, orders.side)
    else:
        player = cheat.player(
            Scheme(
                dossier=dossier,
                arity=manager.constants.arity,
                turn=orders.turn,
                step=orders.step,
                seed=orders.seed,
            )
        )
    return Driver(manager=manager, game_id=orders.game_id, side=orders.side, player=player)


# -- the process that started them -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDriver(Driver):
    """A driver whose acts are another process's."""

    connection: Connection

    def act(self) -> Attempt | None:
        """Ask the side's process to act. Raises `SideFailed`."""
        try:
            self.connection.send(ACT)
            if not self.connection.poll(ANSWER_SECONDS_MAX):
                raise SideFailed(
                    f"the {self.side.value} has not answered in {ANSWER_SECONDS_MAX} seconds"
                )
            answer: Answer = self.connection.recv()
        except (EOFError, OSError):
            raise SideFailed(f"the process of the {self.side.value} has ended") from None
        if answer.failure is not None:
            raise SideFailed(f"the {self.side.value} cannot go on: {answer.failure}")
        if answer.view is None or answer.submission is None or answer.sent is None:
            return None
        receipt = answer.sent.receipt
        refusal = refusal_of(receipt.output) if receipt.reverted else None
        return Attempt(
            side=self.side,
            view=answer.view,
            submission=answer.submission,
            sent=replace(answer.sent, refusal=refusal),
        )


def play_in_processes(
    case: DisputeCase,
    cheat: Cheat,
    *,
    evm: Evm,
    arity: int,
    step: int | None,
    seed: int,
    times: Times,
    told: Callable[[Entry], None] | None,
) -> DisputeReport:
    """Deploy, open a game, let a process each play its sides; report it. Raises `SideFailed`."""
    assert isinstance(evm, Anvil), "two processes meet on a node"
    cheats = {cheat.side: cheat, cheat.side.other: None}
    manager = Manager.deploy(evm, arity=arity)
    match = opened_match(case, manager=manager, cheats=cheats, step=step, seed=seed)

    def hear(attempt: Attempt) -> None:
        entry = note(match, attempt)
        if told is not None:
            told(entry)

    if told is not None:
        told(match.entries[0])
    with TemporaryDirectory(prefix="channels-dispute-") as folder:
        orders = [
            _orders(match, cheat, side, folder=Path(folder), url=evm.url, step=step, seed=seed)
            for side in Side
        ]
        with _started(match, orders) as drivers:
            final = play_out(drivers, times=times, told=hear)
    return report_of(match, final)


def _orders(
    match: Match, cheat: Cheat, side: Side, *, folder: Path, url: str, step: int | None, seed: int
) -> Orders:
    """Write the side's dossier, and return its orders."""
    case = match.channel.case
    path = folder / f"{side.value}.json"
    match.dossiers[side].write(path)
    return Orders(
        url=url,
        chain_id=match.manager.evm.chain_id,
        manager=match.manager.address,
        game_id=match.game_id,
        side=side,
        strategy=cheat.name if side is cheat.side else HONEST,
        dossier=path,
        program=case.program,
        turn=case.base + 1 if cheat.first_turn else case.claim_turn,
        step=step,
        seed=seed,
    )


@contextmanager
def _started(match: Match, orders: list[Orders]) -> Iterator[list[RemoteDriver]]:
    """Start a process for each side; stop them in the end, whatever happens."""
    context = multiprocessing.get_context("spawn")
    drivers: list[RemoteDriver] = []
    processes = []
    try:
        for order in orders:
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs, order), daemon=True)
            process.start()
            # Only the child holds its end now, so that ours hears of the child's end.
            theirs.close()
            processes.append(process)
            drivers.append(_remote(match.drivers[order.side], ours))
        yield drivers
    finally:
        for driver in drivers:
            _stop(driver.connection)
        for process in processes:
            process.join(STOP_SECONDS_MAX)
            if process.is_alive():
                process.kill()
                process.join()


def _remote(local: Driver, connection: Connection) -> RemoteDriver:
    return RemoteDriver(
        manager=local.manager,
        game_id=local.game_id,
        side=local.side,
        player=local.player,
        from_block=local.from_block,
        connection=connection,
    )


def _stop(connection: Connection) -> None:
    try:
        connection.send(STOP)
    except OSError:
        # It has ended already.
        pass
    finally:
        connection.close()
