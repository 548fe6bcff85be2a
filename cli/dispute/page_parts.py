"""Parts that several sections of the page are made of: hashes, bytes, tables, bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from bisection.points import TurnPoint
from cli.dispute.facts import as_text
from cli.dispute.html import Child, Markup, join, tag
from cli.dispute.story import Standing
from merkle.hashing import short_hex

if TYPE_CHECKING:
    from bisection.points import Point

MARKS: Final = {Standing.TRUE: "=", Standing.FALSE: "≠", Standing.UNKNOWN: "?"}
CLASSES: Final = {Standing.TRUE: "true", Standing.FALSE: "false", Standing.UNKNOWN: "unknown"}
BYTES_SHOWN_MAX: Final = 256


def hash_of(value: bytes) -> Markup:
    """Return a hash, short, with the whole one in it for the button that shows those."""
    whole = f"0x{value.hex()}"
    return tag(
        "code",
        tag("span", short_hex(value), class_="short"),
        tag("span", whole, class_="long"),
        class_="hash",
        title=whole,
    )


def claimed_of(point: Point) -> Markup:
    """Return what is claimed at an end of a segment: rows and log of a turn, or a state hash."""
    if isinstance(point, TurnPoint):
        return join(("rows ", hash_of(point.db_root), " log ", hash_of(point.log_root)))
    return hash_of(point)


def mark_of(standing: Standing) -> Markup:
    """Return the sign for how a point stands, with its word for those who do not see it."""
    return tag(
        "span",
        MARKS[standing],
        class_=f"mark {CLASSES[standing]}",
        title=standing.value,
        role="img",
        aria_label=standing.value,
    )


def bytes_of(data: bytes) -> Markup:
    """Return bytes in hexadecimal, and as text if that is what they seem to be."""
    shown = data[:BYTES_SHOWN_MAX]
    rest = f"… ({len(data):,} bytes)" if len(data) > len(shown) else ""
    spelled = as_text(data)
    return join(
        (
            tag("code", f"0x{shown.hex()}{rest}"),
            None if spelled is None else tag("span", f" “{spelled}”", class_="faint"),
        )
    )


def changed_bytes(old: bytes, new: bytes, *, side: str) -> Markup:
    """Return the bytes of one ``side``, ``old`` or ``new``, with those that differ told apart."""
    shown = old if side == "old" else new
    same = [
        index < len(old) and index < len(new) and old[index] == new[index]
        for index in range(len(shown))
    ]
    return tag(
        "span",
        *(
            tag("i", f"{byte:02x}", class_=None if equal else side)
            for byte, equal in zip(shown, same, strict=True)
        ),
        class_="bytes",
    )


def facts(pairs: Iterable[tuple[str, Child]]) -> Markup:
    """Return names and values."""
    return tag("dl", *(join((tag("dt", name), tag("dd", value))) for name, value in pairs))


def table(
    headings: Sequence[str],
    rows: Iterable[Markup],
    *,
    caption: str,
    class_: str,
    numbers: Sequence[int] = (),
) -> Markup:
    """Return a table; ``numbers`` are the columns that stand to the right."""
    head = (
        tag("th", name, scope="col", class_="number" if index in numbers else None)
        for index, name in enumerate(headings)
    )
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *head)),
        tag("tbody", *rows),
        class_=class_,
    )


def bar(value: int, most: int, class_: str) -> Markup:
    """Return a bar whose length is the share of ``value``."""
    width = 100 * value // max(most, 1)
    return tag(
        "svg",
        tag("rect", width=100, height=6),
        tag("rect", width=width, height=6, class_=class_),
        class_="bar",
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
