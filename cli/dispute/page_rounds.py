"""The rounds of a dispute on the page: each stretch, how it was cut, and what was chosen of it.

A strip is a stretch, cut into its segments; below it, a funnel leads from the segment that was
chosen to the next strip, which is that segment at a larger scale.

Spec: docs/spec/game.md, G-8 to G-10.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cli.dispute.html import Markup, tag
from cli.dispute.page_parts import CLASSES, claimed_of, mark_of, table
from cli.dispute.story import Level, OpenedTurn, Point, Round, Standing, Story

if TYPE_CHECKING:
    from cli.dispute.html import Child

WIDTH: Final = 1_000
HEIGHT: Final = 30


def rounds(story: Story) -> Markup:
    """Return the section of all rounds."""
    inner: list[Markup] = []
    if not story.rounds:
        inner.append(tag("p", "No round was played."))
    openings = {opened.turn: opened for opened in story.openings}
    for number, each in enumerate(story.rounds):
        if each.level is Level.STEPS and each.turn in openings:
            inner.append(_opening(story, openings.pop(each.turn), between=number > 0))
        inner.append(_round(story, each, last=number == len(story.rounds) - 1))
    return tag(
        "section",
        tag("h2", "Rounds"),
        tag(
            "p",
            "In each round the asserter says what is true at every end of the segments, and the "
            "challenger takes the one whose beginning it accepts and whose end it disputes.",
        ),
        _key(),
        *inner,
        id="rounds",
    )


def _key() -> Markup:
    texts = {
        Standing.TRUE: "the asserter's point is true",
        Standing.FALSE: "it is not",
        Standing.UNKNOWN: "nobody else can know",
    }
    return tag(
        "ul",
        *(
            tag(
                "li",
                tag("span", class_=f"swatch {CLASSES[standing]}"),
                words,
                " (",
                mark_of(standing),
                ")",
            )
            for standing, words in texts.items()
        ),
        class_="key",
    )


def _opening(story: Story, opened: OpenedTurn, *, between: bool) -> Markup:
    """Return what leads from turns to steps: a turn was opened, and perhaps accepted."""
    move, acceptance = opened.opening, opened.acceptance
    name = story.name(move.side)
    text = (
        f"{name} opens turn {opened.turn} (move {move.index}, {move.charged_gas:,} gas): the chain "
        "knows its message and first state now. Whether its last state follows is a question of "
        "steps."
    )
    if acceptance is not None:
        text += (
            f" {story.name(acceptance.side)} finds that it does, accepts the turn (move "
            f"{acceptance.index}, {acceptance.charged_gas:,} gas) and disputes those after it."
        )
    return tag("p", text, class_="opening between" if between else "opening")


def _round(story: Story, each: Round, *, last: bool) -> Markup:
    segments = len(each.points) - 1
    where = f" of turn {each.turn}" if each.level is Level.STEPS else ""
    title = f"Round {each.number}: {each.level.value} {each.low:,} to {each.high:,}{where}"
    return tag(
        "article",
        tag(
            "div",
            tag("h3", title, tag("span", f"{segments} segments")),
            tag("p", _who(story, each), class_="who"),
            _strip(each),
            _chosen_points(story, each),
            tag(
                "details",
                tag("summary", f"All {len(each.points)} points"),
                tag("div", _points(story, each, each.points, "All points"), class_="wide"),
            ),
            class_="card",
        ),
        None if last or each.chosen is None else _funnel(each.chosen, segments),
        class_="round",
        id=f"round-{each.number}",
    )


def _who(story: Story, each: Round) -> str:
    posting, choice = each.posting, each.choice
    posted = (
        f"{story.name(posting.side)} posts {len(posting.points)} points "
        f"(move {posting.index}, {posting.charged_gas:,} gas)"
    )
    if choice is None:
        return f"{posted}; nobody chooses."
    return (
        f"{posted}; {story.name(choice.side)} chooses segment {each.chosen} "
        f"(move {choice.index}, {choice.charged_gas:,} gas)."
    )


# -- pictures --------------------------------------------------------------------------------------


def _strip(each: Round) -> Markup:
    """Return the stretch as a strip; a segment has the colour of its end."""
    segments = len(each.points) - 1

    def rectangles() -> Iterator[Markup]:
        for index in range(segments):
            left, right = index * WIDTH // segments, (index + 1) * WIDTH // segments
            standing = CLASSES[each.points[index + 1].standing]
            kind = standing if index == each.chosen else f"{standing} rest"
            yield tag("rect", x=left, y=0, width=right - left, height=HEIGHT, class_=kind)

    chosen = "nothing chosen" if each.chosen is None else f"segment {each.chosen} chosen"
    return tag(
        "svg",
        *rectangles(),
        class_="strip",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"{segments} segments, {chosen}",
    )


def _funnel(chosen: int, segments: int) -> Markup:
    """Return what leads from the chosen segment to the next strip."""
    left, right = chosen * WIDTH // segments, (chosen + 1) * WIDTH // segments
    return tag(
        "svg",
        tag("path", d=f"M{left} 0 L{right} 0 L{WIDTH} {HEIGHT} L0 {HEIGHT} Z"),
        tag("line", x1=left, y1=0, x2=0, y2=HEIGHT),
        tag("line", x1=right, y1=0, x2=WIDTH, y2=HEIGHT),
        class_="funnel",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


# -- points ----------------------------------------------------------------------------------------


def _chosen_points(story: Story, each: Round) -> Markup:
    if each.chosen is None:
        return tag("p", "No segment was chosen.")
    pair = each.points[each.chosen : each.chosen + 2]
    return tag("div", _points(story, each, pair, "The segment that was chosen"), class_="wide")


def _points(story: Story, each: Round, points: tuple[Point, ...], caption: str) -> Markup:
    headings = ("", each.level.one, f"{story.report.asserter.name} posted", "", "true")
    return table(
        headings,
        (_point(each, point) for point in points),
        caption=caption,
        class_="points",
        numbers=(1,),
    )


def _point(each: Round, point: Point) -> Markup:
    role = _role(each, point)
    true: Child = "not known" if point.true is None else claimed_of(point.true)
    return tag(
        "tr",
        tag("td", role),
        tag("td", f"{point.at:,}", class_="number"),
        tag("td", claimed_of(point.posted)),
        tag("td", mark_of(point.standing)),
        tag("td", true),
        class_=f"{role} {CLASSES[point.standing]}" if role else None,
    )


def _role(each: Round, point: Point) -> str:
    if each.chosen is None:
        return ""
    accepted, disputed = each.points[each.chosen : each.chosen + 2]
    if point is accepted:
        return "accepted"
    return "disputed" if point is disputed else ""
