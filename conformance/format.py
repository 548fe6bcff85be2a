"""What a format is: questions with a shape for what is asked, one for the answer, and cases.

A *function* of a format is one question, answered by the reference: the same Python function fills
the vectors, checks them, and is what an implementation is compared with. A *case* says what is
asked and, if it is a negative, which error must come of it; so a negative that the reference
accepts is found when the vectors are filled, not by the first who implements it.

Not here: files (`conformance.library`), running many cases (`conformance.runners`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from conformance.errors import MalformedVector, code_of
from conformance.shapes import Record, Shape
from merkle.errors import ChannelsError

CASE_NAME: Final = re.compile(r"[a-z0-9_]{1,80}")


class VectorSet(Enum):
    """How much is filled: the smoke set is committed and part of the full one."""

    SMOKE = "smoke"
    FULL = "full"


class BugType(Enum):
    """The kind of mistake that a flagged case finds."""

    BASIC = "an ordinary case goes wrong"
    EDGE_CASE = "a legal value at the edge of its range is mishandled"
    MISSING_CHECK = "something false is accepted"
    WRONG_CHECK = "something true is refused"
    WRONG_ORDER = "the right checks are made in another order"
    WRONG_ERROR = "what is wrong is found, and called by another name"
    ARITHMETIC = "a number is computed wrongly"
    ENCODING = "bytes are read or written at another place, width or endianness"
    MALLEABILITY = "one thing has two encodings"
    DOMAIN_SEPARATION = "the hash of one kind of thing passes for one of another kind"


@dataclass(frozen=True, slots=True)
class Flag:
    """A class of mistakes, after Wycheproof: cases that find it carry its name."""

    name: str
    bug_type: BugType
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to ask. ``input`` holds Python values; ``error`` is the class that must be raised.

    ``name`` is the last part of the case's id. `ChannelsError` itself as ``error`` asks for any:
    that something is refused is certain, and the reference says why.
    """

    name: str
    function: str
    input: Mapping[str, Any]
    comment: str
    flags: tuple[Flag, ...] = ()
    error: type[ChannelsError] | None = None

    def __post_init__(self) -> None:
        assert CASE_NAME.fullmatch(self.name), f"'{self.name}' cannot be part of a case's id"
        assert self.comment.isascii(), f"the comment of {self.name} is not ASCII"


Answer = dict[str, Any]
"""``{"output": …}`` or ``{"error": code}``, as JSON values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A question: its name, what is asked, what is answered, and how the reference does it.

    ``run`` takes the fields of ``input`` by name and returns what ``output`` encodes, or raises one
    of ``errors``. ``rules`` are those of docs/spec that the question is about.
    """

    name: str
    comment: str
    rules: tuple[str, ...]
    input: Record
    output: Shape
    run: Callable[..., Any]
    errors: tuple[type[ChannelsError], ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the errors that may be expected, in the order of the alphabet."""
        codes = {code_of(cause) for cause in self.errors}
        assert None not in codes, f"an error of {self.name} has no code"
        return tuple(sorted(str(code) for code in codes))

    def answer(self, asked: Mapping[str, Any]) -> Answer:
        """Return the reference's answer to decoded input.

        Raises `MalformedVector` for input that has the right shape and is no question all the same:
        a call of an export that there is not, a module that cannot run.
        """
        try:
            found = self.run(**asked)
        except MalformedVector:
            raise
        except ChannelsError as error:
            return {"error": self._code(error)}
        return {"output": self.output.encode(found)}

    def _code(self, error: ChannelsError) -> str:
        code = code_of(type(error))
        if code not in self.codes:
            reason = f"{type(error).__name__}: {error}"
            raise MalformedVector(f"'{self.name}' cannot be asked this: {reason}") from error
        return code


Generator = Callable[[VectorSet], Iterator[Case]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A named, versioned group of functions, and what makes their cases.

    ``version`` is semantic: MAJOR changes what an old answer means, MINOR adds functions or cases,
    PATCH changes comments. ``generators`` are independent, so that they can run side by side.
    """

    name: str
    version: str
    title: str
    functions: tuple[Function, ...]
    generators: tuple[Generator, ...]

    def function(self, name: str) -> Function | None:
        """Return the function ``name``, or None."""
        return next((entry for entry in self.functions if entry.name == name), None)
