"""The formats, each a package: its functions, its cases, and a README that specifies it."""

from __future__ import annotations

from typing import Final

from conformance.format import Format
from conformance.formats.encodings import ENCODINGS
from conformance.formats.game import GAME_FORMAT
from conformance.formats.ordered_map import ORDERED_MAP
from conformance.formats.program import PROGRAM_FORMAT
from conformance.formats.state_hash import STATE_HASH
from conformance.formats.step import STEP
from conformance.formats.turn import TURN_FORMAT
from conformance.formats.word_tree import WORD_TREE

FORMATS: Final[dict[str, Format]] = {
    made.name: made
    for made in (
        ENCODINGS,
        WORD_TREE,
        ORDERED_MAP,
        PROGRAM_FORMAT,
        STATE_HASH,
        TURN_FORMAT,
        STEP,
        GAME_FORMAT,
    )
}
"""All formats by name, in the order in which one implements them."""
