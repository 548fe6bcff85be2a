"""Values show themselves: short in a line, whole and escaped in a table."""

from __future__ import annotations

import pytest

from merkle import OrderedMap, Row, WordTree
from merkle.display import full, html_table, short

ROWS = OrderedMap.from_rows([(b"a", b"1"), (b"b", b"2"), (b"<script>", b"3" * 40)])


def test_a_proof_is_short_in_a_line() -> None:
    assert repr(ROWS.prove_get(b"a")) == "Member(key=b'a', value=b'1', branches=<2 branches>)"
    absent = ROWS.prove_get(b"c")
    assert repr(absent).startswith("Absent(neighbour=Path(key=b'b', value_hash=0x")
    assert len(repr(ROWS.prove_seek(b"aa"))) < 220
    tree = WordTree.from_bytes(bytes(range(64)), depth=19)
    assert repr(tree.window(0, 2)) == "Window(index=0, leaves=<2 leaves>, siblings=<18 siblings>)"


@pytest.mark.parametrize(
    "value",
    [
        *(
            ROWS,
            ROWS.prove_get(b"a"),
            ROWS.prove_get(b"c"),
            ROWS.prove_put(
                b"c",
            ),
        ),
        *(ROWS.prove_delete(b"a"), ROWS.prove_seek(b"a"), ROWS.prove_seek_back(b"")),
        *(WordTree.zero(3).window(1, 2), next(ROWS.items())),
    ],
    ids=lambda value: type(value).__name__,
)
def test_everything_has_a_table_in_which_hostile_text_is_escaped(value: object) -> None:
    html = value._repr_html_()  # type: ignore[attr-defined]
    assert html.startswith("<table>")
    assert html.endswith("</table>")
    assert "<script>" not in html


def test_a_row_is_a_pair_that_shows_itself() -> None:
    row = next(ROWS.items())
    assert row == (b"<script>", b"3" * 40)
    assert isinstance(row, Row)
    assert repr(row) == f"Row(b'<script>': {b'3' * 24 + b'...'!r})"


def test_short_and_full_forms() -> None:
    assert short(bytes(32)) == "0x00000000…"
    assert short(b"ab") == "b'ab'"
    assert short((1, 2), "bits") == "<2 bits>"
    assert short(7) == "7"
    assert full(b"ab") == "0x6162  b'ab'"
    assert full(b"\xff") == "0xff"
    assert full(((1, b"\xff"), 2)) == "1\n0xff\n2" or full(((1, b"\xff"), 2)) == "1\n0xff\n2"
    assert html_table(["<"], [[">"]], caption="&").count("&lt;") == 1
