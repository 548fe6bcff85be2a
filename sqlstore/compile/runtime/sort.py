"""The template of a sort: a function that calls a given one to compare.

Not a source of the library: each use has its own comparison. Spec: docs/spec/sql.md, Q-88.
"""

from __future__ import annotations

_TEMPLATE = """\
def {name}(items: i32, count: i32, scratch: i32) -> None:
    source, target = items, scratch
    size = count << 2
    run = 4
    while run < size:
        start = 0
        while start < size:
            middle = start + run if start + run < size else size
            end = middle + run if middle + run < size else size
            left, right, at = source + start, source + middle, target + start
            left_end, right_end = right, source + end
            while left < left_end and right < right_end:
                if {compare}(load32(left), load32(right)) <= 0:
                    store32(at, load32(left))
                    left += 4
                else:
                    store32(at, load32(right))
                    right += 4
                at += 4
            copy(at, left, left_end - left)
            copy(at + left_end - left, right, right_end - right)
            start = end
        source, target = target, source
        run <<= 1
    if source != items:
        copy(items, source, size)
"""


def sort_function(name: str, compare: str) -> str:
    """Return the text of ``name(items, count, scratch)``, a stable merge sort without recursion.

    ``items`` is an array of ``count`` u32, ``scratch`` room for another. ``compare(left, right)``
    is a function of two items: not positive if the left one may come first.
    """
    return _TEMPLATE.format(name=name, compare=compare)
