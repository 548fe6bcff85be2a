"""The page of a dispute: it stands alone, shows everything, and runs nothing but its own script."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import get_args

import pytest

from cli.dispute import facts, html, page_parts
from cli.dispute.facts import Effect, touch_of
from cli.dispute.story import Standing
from tests.cli.command_line import Channels
from tests.cli.disputes import (
    HOSTILE,
    LOG,
    PAYLOAD,
    WRITES_THE_CELL,
    Reader,
    hostile_module,
    told,
)
from wasm_interp import events

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# -- the page --------------------------------------------------------------------------------------


def page_of(channels: Channels, *arguments: str) -> str:
    status, _, err = channels("dispute", *arguments, "--html", "page.html")
    assert (status, err) == (0, "")
    return Path("page.html").read_text(encoding="utf-8")


def test_a_page_stands_alone_and_shows_everything(channels: Channels) -> None:
    text = page_of(channels, *LOG, *WRITES_THE_CELL)
    read = Reader().read(text)
    words = " ".join(read.words)
    found = told(channels, *WRITES_THE_CELL)
    for each in found["rounds"]:
        for point in each["points"]:
            for claimed in (point["posted"], point["true"]):
                hashes = claimed.values() if each["level"] == "turns" else [claimed]
                assert all(one in words for one in hashes)
    assert "i32.store8 0" in words
    assert {"moves", "rounds", "step", *(f"round-{n}" for n in range(1, 8))} <= set(read.ids())
    assert len(read.ids()) == len(set(read.ids()))
    links = {a["href"][1:] for name, a in read.elements if name == "a"}
    assert links <= set(read.ids())


def test_a_page_allows_nothing_but_its_own_script_and_style(channels: Channels) -> None:
    read = Reader().read(page_of(channels, *LOG, "--turn", "5"))
    policy = next(
        attributes["content"]
        for name, attributes in read.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    for name in ("script", "style"):
        digest = b64encode(sha256(read.raw[name][0].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def hostile_page(channels: Channels, tmp_path: Path) -> str:
    """Return the page of a dispute that is decided in the function with the hostile name."""
    (tmp_path / "reducer.wasm").write_bytes(hostile_module())
    (tmp_path / "log").write_text(f"{PAYLOAD.encode().hex()}\n")
    text = page_of(channels, "reducer.wasm", "log", "--step", "12", "--arity", "64")
    assert "<code>i32.store 0</code></dd>" in text
    return text


def test_nothing_hostile_gets_out_of_its_place(channels: Channels, tmp_path: Path) -> None:
    text = hostile_page(channels, tmp_path)
    read = Reader().read(text)
    words = "".join(read.words)
    # Both are there to be read, and neither is an element.
    assert HOSTILE in words
    assert PAYLOAD in words
    assert HOSTILE not in text


# -- in a browser ----------------------------------------------------------------------------------

PROBE = """
<script>
  const width = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  document.getElementById("all-points").click();
  document.getElementById("whole-hashes").click();
  const after = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const open = [...document.querySelectorAll("details")].filter((each) => each.open).length;
  const bars = document.querySelectorAll(".strip > rect").length;
  const shown = getComputedStyle(document.querySelector(".hash .long")).display;
  const tools = document.querySelector(".tools").hidden;
  document.title = JSON.stringify({width, after, open, bars, shown, tools, owned: document.title});
</script>
"""


def browse(page: Path, *, width: int) -> str:
    """Return the document that a headless browser makes of a page, its script having run."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium is installed")
    command = [
        *(browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"),
        *(f"--window-size={width},900", f"--user-data-dir={page.parent / 'profile'}"),
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)
    return done.stdout


@pytest.mark.parametrize("width", [1_280, 400])
def test_a_page_fits_its_window_and_its_script_works(
    channels: Channels, tmp_path: Path, width: int
) -> None:
    text = page_of(channels, *LOG, *WRITES_THE_CELL)
    start = text.index('<meta http-equiv="Content')
    # The policy would not let the probe run.
    text = text[:start] + text[text.index(">", start) + 1 :].replace("</body>", f"{PROBE}</body>")
    page = tmp_path / "probed.html"
    page.write_text(text, encoding="utf-8")
    read = Reader()
    read.feed(browse(page, width=width))
    at = next(n for n, word in enumerate(read.words) if word.startswith("{"))
    found = json.loads(read.words[at])
    assert (found["width"], found["after"]) == (0, 0)
    assert (found["open"], found["bars"]) == (7, 5 + 6 * 16)
    assert (found["shown"], found["tools"]) == ("inline", False)


def test_a_browser_runs_nothing_hostile(channels: Channels, tmp_path: Path) -> None:
    page = tmp_path / "hostile.html"
    page.write_text(hostile_page(channels, tmp_path), encoding="utf-8")
    found = browse(page, width=1_280)
    assert "<title>Dispute: " in found
    assert found.count("<script>") == 1
    # Its own script has run under its policy: it shows the buttons.
    assert '<div class="tools">' in found
    assert "<img" not in found


# -- parts -----------------------------------------------------------------------------------------


def test_every_event_is_told() -> None:
    assert facts._TOLD.keys() == set(get_args(events.Event))


@pytest.mark.parametrize(
    ("event", "effect", "what", "old", "new"),
    [
        (events.LocalWritten(index=3, old=1, new=2), Effect.WRITTEN, "local 3", "1", "2"),
        (
            events.RowWritten(key=b"count", old=None, new=b"\1"),
            *(Effect.WRITTEN, "row 'count'", "(none)", "0x01"),
        ),
        (
            events.RowWritten(key=b"\0\x1b", old=b"", new=None),
            *(Effect.WRITTEN, "row 0x001b", "0x", "(none)"),
        ),
        (
            events.RowSought(query=b"k", strict=False, backwards=True, found=b"j"),
            *(Effect.READ, "the row at or before 'k'", None, "0x6a"),
        ),
        (
            events.MemoryWritten(address=7, old=b"\0\0", new=b"\1\2"),
            *(Effect.WRITTEN, "memory 7 to 8", "0x0000", "0x0102"),
        ),
        (events.Halted(4), Effect.STOPPED, "halted", None, "4"),
        (events.LocalsEntered(2), Effect.WRITTEN, "locals", None, "fresh, a tree of depth 2"),
    ],
)
def test_events_in_words(
    event: events.Event, effect: Effect, what: str, old: str | None, new: str
) -> None:
    touch = touch_of(event)
    assert (touch.effect, touch.what, touch.old, touch.new) == (effect, what, old, new)


def test_amounts_and_times_in_words() -> None:
    assert facts.ether(10**17) == "0.1 ether"
    assert facts.ether(2 * 10**18) == "2 ether"
    assert facts.ether(1) == "0.000000000000000001 ether"
    assert (facts.clock(0), facts.clock(86_399)) == ("0:00:00", "23:59:59")


def test_html_is_escaped_where_it_is_made() -> None:
    made = html.tag("b", "<i>", html.tag("i", '"&'), None, 3, title='"><x', hidden=True, id=None)
    assert made == '<b title="&quot;&gt;&lt;x" hidden>&lt;i&gt;<i>&quot;&amp;</i>3</b>'
    # A text that turns the reading direction would show another text than is there.
    assert html.text("a\u202eb\nc") == "a\ufffdb\ufffdc"
    assert len(html.text("x" * 20_000)) == html.TEXT_MAX
    for name, attributes in (("b x", {}), ("b", {"onclick": "x"}), ("b", {"a b": "x"})):
        with pytest.raises(AssertionError):
            html.tag(name, **attributes)


def test_bytes_that_changed_are_told_apart() -> None:
    old, new = b"\0\1\2", b"\0\7\2"
    assert page_parts.changed_bytes(old, new, side="old").count('class="old"') == 1
    assert page_parts.changed_bytes(old, new, side="new") == (
        '<span class="bytes"><i>00</i><i class="new">07</i><i>02</i></span>'
    )


def test_long_bytes_are_cut() -> None:
    shown = page_parts.bytes_of(bytes(4_096))
    assert "(4,096 bytes)" in shown
    assert len(shown) < 1_000


def test_each_standing_has_a_mark_and_a_colour() -> None:
    assert page_parts.MARKS.keys() == page_parts.CLASSES.keys() == set(Standing)
    assert len(set(page_parts.MARKS.values())) == len(Standing)
