"""HTML that cannot be broken out of: every text in it is escaped when it is put there.

`Markup` is what is HTML already, and only `tag` and `join` make it. Symbols, payloads and errors
come from strangers; a text that is forgotten is shown as text, not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

from wasm_interp.errors import printable

TEXT_MAX: Final = 10_000
"""Characters of one text: payloads have 4,096 bytes at most, symbols are cut by `printable`."""

_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")
_VOID: Final = frozenset({"meta"})
"""Elements without an end. Those of SVG have one: without it, the next would be inside them."""


class Markup(str):
    """A text that is HTML: what was put into it has been escaped."""

    __slots__ = ()


Child: TypeAlias = "Markup | str | int | None"


def text(value: str | int) -> Markup:
    """Return ``value`` as HTML that shows it. Unprintable characters are replaced."""
    if isinstance(value, Markup):
        return value
    shown = str(value)
    if len(shown) > TEXT_MAX:
        shown = shown[: TEXT_MAX - 1] + "…"
    # Also those that would turn the reading direction, and so show another text than is there.
    shown = "".join(char if char.isprintable() else "\ufffd" for char in shown)
    return Markup(escape(shown, quote=True))


def symbol(name: str) -> Markup:
    """Return a module's own name for something as HTML, cut where it is overlong."""
    return text(printable(name))


def join(children: Iterable[Child]) -> Markup:
    """Return HTML one after the other; None is nothing."""
    return Markup("".join(text(child) for child in children if child is not None))


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """Return an element. Attributes are spelled ``class_`` and ``aria_label``; None is left out."""
    assert _NAME.fullmatch(name), f"'{name}' is no element"
    shown = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        assert _NAME.fullmatch(attribute), f"'{attribute}' is no attribute"
        assert not attribute.startswith("on"), "handlers are the page's script's"
        shown.append(f" {attribute}" if value is True else f' {attribute}="{text(value)}"')
    opening = f"<{name}{''.join(shown)}>"
    if name in _VOID:
        assert not children, f"<{name}> has no content"
        return Markup(opening)
    return Markup(f"{opening}{join(children)}</{name}>")
