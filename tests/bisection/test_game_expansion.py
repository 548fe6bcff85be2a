"""Where stretches are cut, and how often that can be."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisection.expansion import (
    STEPS,
    TURN_MAX,
    moves_max,
    rounds_max,
    segment_count,
    segment_end,
    segment_ends,
)
from wasm_interp.profile import PROFILE_V1

ARITIES = st.integers(2, 64)
LENGTHS = st.one_of(st.integers(1, 200), st.integers(1, TURN_MAX), st.just(STEPS))


def test_a_turn_has_a_step_for_all_the_fuel_and_the_one_that_runs_out() -> None:
    assert PROFILE_V1.fuel_max + 1 == STEPS


@pytest.mark.parametrize(
    ("low", "high", "arity", "ends"),
    [
        (0, 2, 2, (0, 1, 2)),
        (0, 3, 2, (0, 1, 3)),
        (5, 10, 2, (5, 7, 10)),
        (0, 10, 4, (0, 2, 5, 7, 10)),
        (7, 10, 64, (7, 8, 9, 10)),
        (7, 8, 2, (7, 8)),
        (0, STEPS, 4, (0, 2**22, 2**23, 3 * 2**22, 2**24)),
        (TURN_MAX - 3, TURN_MAX, 2, (TURN_MAX - 3, TURN_MAX - 2, TURN_MAX)),
    ],
)
def test_ends_of_known_stretches(low: int, high: int, arity: int, ends: tuple[int, ...]) -> None:
    assert segment_ends(low, high, arity=arity) == ends
    assert segment_count(low, high, arity=arity) == len(ends) - 1


@given(st.integers(0, 2**32), LENGTHS, ARITIES)
def test_segments_cover_the_stretch_and_are_about_as_long(
    low: int, length: int, arity: int
) -> None:
    ends = segment_ends(low, low + length, arity=arity)
    lengths = [end - begin for begin, end in pairwise(ends)]
    assert (ends[0], ends[-1]) == (low, low + length)
    assert min(lengths) >= 1
    assert max(lengths) <= -(-length // min(arity, length))
    assert max(lengths) - min(lengths) <= 1
    assert [segment_end(low, low + length, i, arity=arity) for i in range(len(ends))] == list(ends)


@given(LENGTHS, ARITIES, st.randoms(use_true_random=False))
def test_rounds_are_bounded_whatever_is_chosen(length: int, arity: int, rng: object) -> None:
    low, high, rounds = 0, length, 0
    while high - low > 1:
        ends = segment_ends(low, high, arity=arity)
        longest = max(range(len(ends) - 1), key=lambda i: ends[i + 1] - ends[i])
        chosen = rng.choice([longest, rng.randrange(len(ends) - 1)])  # type: ignore[attr-defined]
        low, high = ends[chosen : chosen + 2]
        rounds += 1
    assert rounds <= rounds_max(length, arity=arity)


@pytest.mark.parametrize(
    ("length", "arity", "rounds"),
    [(1, 2, 0), (2, 2, 1), (3, 2, 2), (STEPS, 2, 24), (STEPS, 64, 4), (2**32, 3, 21), (63, 64, 1)],
)
def test_rounds_of_known_stretches(length: int, arity: int, rounds: int) -> None:
    assert rounds_max(length, arity=arity) == rounds


def test_the_bounds_of_whole_games() -> None:
    assert {k: moves_max(k, participants=2) for k in (2, 4, 16, 64)} == {
        **{2: 115, 4: 59},
        **{16: 31, 64: 23},
    }
    # Each of n - 2 turns that are accepted costs three moves, and rounds over n - 2 turns.
    assert {n: moves_max(16, participants=n) for n in (3, 4, 18, 255)} == {
        **{3: 34, 4: 41},
        **{18: 111, 255: 1_802},
    }
