"""A dispute as one page of HTML, with nothing to fetch: verdict, sides, moves, rounds, the step.

Everything in it is put there by `cli.dispute.html`, so that no symbol, payload or error of a
stranger is more than text. The page allows its own style and script by their hashes, and nothing
else: were something forgotten, a browser would not run it.

Not here: the step that decides (`cli.dispute.page_step`), the rounds (`cli.dispute.page_rounds`).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bisection.game import Side
from cli.dispute.facts import clock, ether
from cli.dispute.html import Child, Markup, join, tag, text
from cli.dispute.page_parts import bar, bytes_of, claimed_of, facts, hash_of, table
from cli.dispute.page_rounds import rounds
from cli.dispute.page_step import deciding_step

if TYPE_CHECKING:
    from channel.dispute.report import DisputeReport, Entry, ReportedSide
    from cli.dispute.story import Story

FOLDER: Final = Path(__file__).parent


def page(story: Story) -> str:
    """Return the page."""
    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    script = (FOLDER / "page.js").read_text(encoding="utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"Dispute: {_headline(story)}"),
        # These two are ours, and escaping would change them.
        tag("style", Markup(style)),
    )
    body = tag(
        "body",
        tag("a", "Skip to the moves", class_="skip", href="#moves"),
        _header(story),
        tag(
            "main",
            _sides(story),
            _figures(story.report),
            _moves(story),
            rounds(story),
            deciding_step(story),
            id="content",
        ),
        _footer(story),
        tag("script", Markup(script)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy that allows this style and this script alone."""
    allowed = [
        f"'sha256-{b64encode(sha256(part.encode()).digest()).decode()}'"
        for part in (
            style,
            script,
        )
    ]
    return (
        f"default-src 'none'; style-src {allowed[0]}; script-src {allowed[1]}; "
        "base-uri 'none'; form-action 'none'"
    )


# -- head and foot ---------------------------------------------------------------------------------


def _headline(story: Story) -> str:
    winner = story.report.winner
    return "nobody has won" if winner is None else f"{winner.name} has won"


def _header(story: Story) -> Markup:
    report = story.report
    claim, base = report.opening.claim_turn, report.opening.base_turn
    asserter, challenger = report.asserter.name, report.challenger.name
    kicker = f"A dispute about turn {claim}, over the agreed turn {base}"
    verdict = report.verdict
    winner = report.winner
    won = (
        _headline(story)
        if winner is None
        else join((winner.name, " has won ", ether(verdict.pot), " as the ", winner.side.value))
    )
    links = [("moves", "Moves"), ("rounds", "Rounds"), ("step", "The step that decides")]
    return tag(
        "header",
        tag(
            "div",
            tag("p", kicker, class_="kicker"),
            tag("h1", won),
            tag("p", _sentence(verdict.reason), class_="reason"),
            tag(
                "p",
                f"{asserter} asserts the state after turn {claim}; {challenger} challenges it. "
                f"{_cheater(report)} cheats: {story.cheat}.",
                class_="faint",
            ),
            tag(
                "nav",
                tag("ul", *(tag("li", tag("a", name, href=f"#{at}")) for at, name in links)),
                aria_label="Parts of this page",
            ),
            tag(
                "div",
                tag("button", "All points", type="button", id="all-points", aria_pressed="false"),
                tag(
                    *("button", "Whole hashes"),
                    type="button",
                    id="whole-hashes",
                    aria_pressed="false",
                ),
                class_="tools",
                hidden=True,
            ),
        ),
    )


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:] + "."


def _cheater(report: DisputeReport) -> str:
    return next(
        (side.name for side in (report.asserter, report.challenger) if not side.honest), "Nobody"
    )


def _footer(story: Story) -> Markup:
    report = story.report
    opening, chain = report.opening, report.chain
    return tag(
        "footer",
        facts(
            [
                ("Game", hash_of(opening.game_id)),
                ("Channel", hash_of(opening.channel_id)),
                ("Claim", hash_of(opening.claim_hash)),
                ("Message log", hash_of(opening.claim_log_root)),
                ("ProofManager", tag("code", f"0x{chain.manager.hex()}")),
                ("OneStepVerifier", tag("code", f"0x{chain.verifier.hex()}")),
            ]
        ),
    )


# -- sides and figures -----------------------------------------------------------------------------


def _sides(story: Story) -> Markup:
    report = story.report
    sides = (report.asserter, report.challenger)
    return tag(
        "section", *(_side(story, side) for side in sides), class_="sides", aria_label="The sides"
    )


def _side(story: Story, side: ReportedSide) -> Markup:
    report = story.report
    totals = report.totals(side.side)
    won = report.verdict.winner is side.side
    time = report.constants.clock_seconds
    last = report.moves[-1]
    left = last.asserter_clock if side.side is Side.ASSERTER else last.challenger_clock
    return tag(
        "div",
        tag(
            "h3",
            side.name,
            tag("span", side.side.value, class_=f"badge {side.side.value}"),
            tag(
                "span",
                "honest" if side.honest else f"cheats: {side.strategy}",
                class_=f"badge {'true' if side.honest else 'false'}",
            ),
            tag("span", "won", class_="badge") if won else None,
        ),
        facts(
            [
                ("Address", tag("code", f"0x{side.address.hex()}")),
                ("Transactions", f"{totals.transactions}, of which {totals.refused} refused"),
                ("Gas", f"{totals.charged_gas:,}"),
                ("Time taken", f"{clock(time - left)}, {clock(left)} left"),
            ]
        ),
        class_=f"card side {side.side.value}",
    )


def _figures(report: DisputeReport) -> Markup:
    totals, constants, chain = report.totals(), report.constants, report.chain
    figures = [
        (f"{totals.transactions}", "transactions"),
        (f"{report.rounds}", f"rounds, arity {constants.arity}"),
        (f"{totals.charged_gas:,}", "gas in all"),
        (f"{totals.calldata_bytes:,}", "bytes of calldata"),
        (ether(constants.bond), "bond of each side"),
        (chain.evm, f"EVM, chain {chain.chain_id}"),
    ]
    shown = (
        tag("div", tag("b", what), tag("span", name), class_="figure") for what, name in figures
    )
    return tag("section", *shown, class_="card figures", aria_label="Figures")


# -- moves -----------------------------------------------------------------------------------------

MOVE_HEADINGS: Final = (
    *("#", "Side", "Call", "Took", "Asserter has left", "Challenger has left", "Gas", "What"),
)


def _moves(story: Story) -> Markup:
    entries = story.report.entries
    most = max(entry.charged_gas for entry in entries)
    caption = (
        f"Every transaction. A move must come within {clock(story.report.constants.move_seconds)} "
        f"of the one before, all of a side's within {clock(story.report.constants.clock_seconds)}."
    )
    return tag(
        "section",
        tag("h2", "Moves"),
        tag(
            "div",
            table(
                MOVE_HEADINGS,
                (_move(story, entry, most) for entry in entries),
                caption=caption,
                class_="moves",
                numbers=(0, 3, 4, 5, 6),
            ),
            class_="card wide",
        ),
        _message(story),
        id="moves",
    )


def _move(story: Story, entry: Entry, most: int) -> Markup:
    side = entry.side.value
    gas = join((f"{entry.charged_gas:,}", bar(entry.charged_gas, most, side)))
    cells: list[tuple[str, Child, str]] = [
        ("", entry.index, "number"),
        ("", tag("span", story.name(entry.side), class_=f"badge {side}"), ""),
        ("", tag("code", entry.kind), ""),
        ("took", f"+{entry.seconds:,} s", "number"),
        ("asserter", clock(entry.asserter_clock), "number"),
        ("challenger", clock(entry.challenger_clock), "number"),
        ("gas", gas, "number"),
        ("", _what(entry), "what"),
    ]
    shown = [
        tag("td", cell, class_=kind or None, data_label=label or None)
        for label, cell, kind in cells
    ]
    return tag("tr", *shown, class_="refused" if entry.refused else None)


def _what(entry: Entry) -> Child:
    if not entry.refused:
        return text(entry.summary)
    return join(
        (
            tag("span", f"refused: {entry.refusal_name}", class_="badge false"),
            f" {entry.refusal or ''}; tried: {entry.summary}",
        )
    )


def _message(story: Story) -> Markup | None:
    """Return what the chain was shown of the turn that was opened."""
    opened = story.opened
    if opened is None:
        return None
    sender = f"participant {opened.participant}" if opened.sender is None else opened.sender.name

    def parts() -> Iterator[tuple[str, Child]]:
        yield "Sent by", sender
        yield "Payload", bytes_of(opened.payload)
        yield "First state", claimed_of(opened.start.posted)
        yield "Last state, by the asserter", claimed_of(opened.end.posted)

    return tag(
        "div",
        tag("h4", f"The message of turn {opened.turn}, now on the chain"),
        facts(parts()),
        class_="message",
    )
