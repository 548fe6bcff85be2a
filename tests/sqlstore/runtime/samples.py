"""Samples of a Hypothesis strategy, all at once: for a measure that is asked many things a time."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

T = TypeVar("T")


def sample(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """Return about ``count`` values, the same ones every time."""
    found: list[T] = []

    @seed(1)
    @settings(
        max_examples=-(-count // 20),
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(st.lists(strategy, min_size=20, max_size=20))
    def collect(values: list[T]) -> None:
        found.extend(values)

    collect()
    return found
