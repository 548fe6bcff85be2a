"""The step that decides, on the page: its instruction, what it read and wrote, and what changed.

Spec: docs/spec/game.md, G-13; docs/spec/verifier.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cli.dispute.facts import Effect, Touch, touch_of
from cli.dispute.html import Child, Markup, join, symbol, tag, text
from cli.dispute.page_parts import changed_bytes, facts, hash_of, table
from merkle.hashing import HASH_BYTES

if TYPE_CHECKING:
    from channel.dispute.report import ChangedLeaf, DecidingStep, PathLevel
    from cli.dispute.story import Story
    from wasm_interp.disassembly import Line

EFFECT_CLASSES: Final = {Effect.READ: "read", Effect.WRITTEN: "written", Effect.STOPPED: "false"}


def deciding_step(story: Story) -> Markup:
    """Return the section about the step that the contract checked, or why there was none."""
    deciding = story.report.deciding
    if deciding is None:
        return tag(
            "section",
            tag("h2", "No step was decided"),
            tag("p", f"The contract ran no step: {story.report.verdict.reason}."),
            id="step",
        )
    return tag(
        "section",
        tag("h2", f"The step that decides: {deciding.step.index:,} of turn {deciding.turn}"),
        _where(story, deciding),
        _claims(story, deciding),
        tag("h4", "Read and written"),
        tag("div", _touches(deciding), class_="card wide"),
        tag("h4", "Fields of the state that changed"),
        tag("div", _diff(deciding), class_="card wide"),
        *(_leaf(leaf) for leaf in deciding.leaves),
        id="step",
    )


# -- where it is -----------------------------------------------------------------------------------


def _where(story: Story, deciding: DecidingStep) -> Markup:
    step = deciding.step
    place = step.location
    offset = f", byte 0x{place.offset:x} of the module" if place.offset >= 0 else ""

    def parts() -> Iterator[tuple[str, Child]]:
        yield "Instruction", tag("code", step.text)
        yield "Function", join((tag("code", symbol(place.symbol)), f", pc {place.pc}{offset}"))
        if deciding.source_line is not None:
            yield "Source", tag("code", deciding.source_line)
        proof = deciding.proof
        size = f"{len(proof.witness):,} bytes of witness, {proof.calldata_bytes:,} of calldata"
        yield "Proof", size

    return tag("div", facts(parts()), _listing(story, deciding), class_="card")


def _listing(story: Story, deciding: DecidingStep) -> Markup:
    if not story.listing:
        return tag("p", "The machine had stopped before, and steps to itself (S-8).")
    here = deciding.step.location.pc
    rows = (_line(line, here=line.pc == here) for line in story.listing)
    return tag(
        "div",
        tag("table", tag("tbody", *rows)),
        class_="listing",
        role="region",
        aria_label="Instructions around the step",
        tabindex=0,
    )


def _line(line: Line, *, here: bool) -> Markup:
    offset = line.location.offset
    return tag(
        "tr",
        tag("td", line.pc),
        tag("td", f"0x{offset:06x}" if offset >= 0 else ""),
        tag("td", text(line.text)),
        class_="here" if here else None,
        aria_current="true" if here else None,
    )


def _claims(story: Story, deciding: DecidingStep) -> Markup:
    """Return the state that both accept, and the two that are said to follow."""
    before = tag("p", "Both accept the state before it, ", hash_of(deciding.step.state.hash()), ".")
    name = story.report.asserter.name
    return join(
        (
            before,
            tag(
                "div",
                _claim("true", "It leads to", deciding.after.hash()),
                _claim("false", f"{name} said that it leads to", deciding.claimed),
                class_="claims",
            ),
        )
    )


def _claim(kind: str, words: str, state: bytes) -> Markup:
    return tag("div", tag("span", words), tag("code", f"0x{state.hex()}"), class_=f"card {kind}")


# -- what it did -----------------------------------------------------------------------------------


def _touches(deciding: DecidingStep) -> Markup:
    rows = [_touch(touch_of(event)) for event in deciding.step.events]
    if not rows:
        return tag("p", "Nothing: the machine had stopped.")
    return table(
        ("", "What", "Before", "After"),
        rows,
        caption="In the order of the step",
        class_="touches",
    )


def _touch(touch: Touch) -> Markup:
    badge = tag("span", touch.effect.value, class_=f"badge {EFFECT_CLASSES[touch.effect]}")
    old = None if touch.old is None else tag("del", tag("code", touch.old))
    value = tag("code", touch.new)
    new = tag("ins", value) if touch.effect is Effect.WRITTEN else value
    return tag("tr", tag("td", badge), tag("td", touch.what), tag("td", old), tag("td", new))


def _diff(deciding: DecidingStep) -> Markup:
    rows = [
        tag(
            "tr",
            tag("th", tag("code", name), scope="row"),
            tag("td", tag("del", _field(old))),
            tag("td", tag("ins", _field(new))),
        )
        for name, old, new in deciding.diff
    ]
    return table(
        ("Field", "Before", "After"), rows, caption="The machine record (S-1)", class_="record"
    )


def _field(value: object) -> Markup:
    if isinstance(value, bytes) and len(value) == HASH_BYTES:
        return hash_of(value)
    return tag("code", str(getattr(value, "name", value)).lower())


# -- the tree --------------------------------------------------------------------------------------


def _leaf(leaf: ChangedLeaf) -> Markup:
    title = f"Leaf {leaf.index:,} of the {leaf.tree} tree, and its path to the root"
    return tag(
        "div",
        tag("h4", title),
        tag(
            "div",
            facts(
                [
                    ("Before", changed_bytes(leaf.before, leaf.after, side="old")),
                    ("After", changed_bytes(leaf.before, leaf.after, side="new")),
                ]
            ),
            tag(
                "ol",
                _root(leaf),
                *(_level(level) for level in reversed(leaf.levels)),
                class_="path",
                aria_label=f"The path, the root first; depth {leaf.depth}",
            ),
            class_="card",
        ),
    )


def _root(leaf: ChangedLeaf) -> Markup:
    node = tag("span", *_change(leaf.root_before, leaf.root_after), class_="node on")
    return tag("li", tag("span", "root", class_="at"), node, class_="root")


def _level(level: PathLevel) -> Markup:
    """Return one level: the node on the path and its sibling, each on its own side."""
    name = "leaf" if level.level == 0 else f"level {level.level}"
    on = tag("span", *_change(level.before, level.after), class_="node on")
    off = tag("span", hash_of(level.sibling), class_="node off")
    pair = (off, on) if level.on_right else (on, off)
    return tag("li", tag("span", name, class_="at"), *pair)


def _change(before: bytes, after: bytes) -> tuple[Markup, ...]:
    if before == after:
        return (hash_of(before),)
    return tag("del", hash_of(before)), Markup(" "), tag("ins", hash_of(after))
