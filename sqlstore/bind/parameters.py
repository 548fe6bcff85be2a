"""The parameters of a statement: numbers, names, and types as they are found.

A parameter takes its type from the first place that tells it. From then on it is an expression of
that type like any other; an occurrence that was bound before, and is given another type after, is
an error (42P08), as in PostgreSQL.

Spec: docs/spec/sql.md, Q-31. Not here: where a type is told (`sqlstore.bind.coercion`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlstore.bind.parse import syntax
from sqlstore.errors import (
    AmbiguousParameter,
    IndeterminateDatatype,
    InvalidSyntax,
    ProgramLimitExceeded,
    UndefinedParameter,
)
from sqlstore.plan.expressions import Cast, Param
from sqlstore.plan.statements import Parameter
from sqlstore.types import TEXT, Kind, SqlType

if TYPE_CHECKING:
    from sqlstore.bind.parse.source import Source
    from sqlstore.plan.expressions import Expr

VALUES_MAX: Final = 30
"""A function has up to 32 parameters (P-1), and two are the arena's. Each parameter of a statement
is at least one of the others. Spec: Q-71."""


@dataclass(slots=True)
class Slot:
    """What is known of one parameter; ``at`` is its first place."""

    at: int
    name: str | None = None
    type: SqlType | None = None
    nullable: bool = False


@dataclass(slots=True)
class Parameters:
    """All parameters of a statement, by index from 0."""

    source: Source
    slots: dict[int, Slot] = field(default_factory=dict)
    by_name: dict[str, int] = field(default_factory=dict)
    untold: list[tuple[int, int]] = field(default_factory=list)
    """Index and place of parameters that stood where nothing tells a type: ``$1 IS NULL``."""
    allowed: bool = True
    """Whether there are parameters at all: not in a schema."""

    def index(self, node: syntax.NumberedParameter | syntax.NamedParameter) -> int:
        """Return the index of the parameter ``node``, taking it up if it is new.

        Raises `UndefinedParameter`, `InvalidSyntax`, `ProgramLimitExceeded`.

        Spec: Q-31.
        """
        if not self.allowed:
            raise self.source.error(UndefinedParameter, "there are no parameters here", node.at)
        match node:
            case syntax.NumberedParameter():
                index = self._numbered(node)
            case syntax.NamedParameter():
                index = self._named(node)
        if index >= VALUES_MAX:
            raise self.source.error(
                ProgramLimitExceeded,
                f"a statement has at most {VALUES_MAX} parameters",
                node.at,
            )
        return index

    def _numbered(self, node: syntax.NumberedParameter) -> int:
        if self.by_name:
            raise self._mixed(node.at)
        if node.number < 1:
            raise self.source.error(UndefinedParameter, f"there is no ${node.number}", node.at)
        self.slots.setdefault(node.number - 1, Slot(at=node.at))
        return node.number - 1

    def _named(self, node: syntax.NamedParameter) -> int:
        if len(self.slots) > len(self.by_name):
            raise self._mixed(node.at)
        index = self.by_name.setdefault(node.name.text, len(self.by_name))
        new = Slot(at=node.at, name=node.name.text, nullable=node.nullable)
        slot = self.slots.setdefault(index, new)
        if slot.nullable != node.nullable:
            raise self.source.error(
                InvalidSyntax,
                f"{node.name.text} is named by sqlc.arg and by sqlc.narg",
                node.at,
                "write sqlc.narg everywhere if it may be NULL",
            )
        return index

    def _mixed(self, at: int) -> InvalidSyntax:
        return self.source.error(
            InvalidSyntax, "parameters are numbered or named, not both in one statement", at
        )

    def mark_nullable(self, index: int) -> None:
        """Take up that ``$n`` is assigned to a column that may be NULL.

        Spec: Q-31.
        """
        if not self.by_name:
            self.slots[index].nullable = True

    def suggest_name(self, index: int, name: str) -> None:
        """Take up that the parameter is compared with, or assigned to, the column ``name``.

        Spec: Q-31.
        """
        if self.slots[index].name is None:
            self.slots[index].name = name

    def known(self, index: int) -> Param | None:
        """Return the parameter if its type is known already.

        Spec: Q-31.
        """
        slot = self.slots[index]
        return None if slot.type is None else _param(index, slot.type, slot)

    def typed(self, index: int, type_: SqlType, at: int) -> Param:
        """Return the parameter, whose type its place tells to be ``type_``.

        A VARCHAR(n) parameter is TEXT: what is too long is for the cast behind it to say.
        Raises `AmbiguousParameter`.

        Spec: Q-31.
        """
        slot = self.slots[index]
        wanted = TEXT if type_.kind is Kind.VARCHAR else type_
        if slot.type is None:
            slot.type = wanted
        if slot.type.kind is not wanted.kind:
            raise self.source.error(
                AmbiguousParameter,
                f"the parameter ${index + 1} would be {slot.type} and {wanted}",
                at,
                f"write a cast: ${index + 1}::{slot.type}",
            )
        return _param(index, slot.type, slot)

    def without_type(self, index: int, at: int) -> Param:
        """Take up a parameter whose place tells no type: `finish` refuses it.

        Spec: Q-31.
        """
        self.untold.append((index, at))
        return Param(index=index, type=TEXT)

    def finish(self) -> tuple[Parameter, ...]:
        """Return the parameters, all of them known.

        Raises `IndeterminateDatatype`, `AmbiguousParameter`.

        Spec: Q-31.
        """
        if self.untold:
            index, at = self.untold[0]
            told = self.slots[index].type
            raise self.source.error(
                IndeterminateDatatype if told is None else AmbiguousParameter,
                f"the type of the parameter ${index + 1} cannot be told here",
                at,
                f"write a cast: ${index + 1}::{told or 'integer'}",
            )
        found: list[Parameter] = []
        names: set[str] = set()
        for index in range(max(self.slots, default=-1) + 1):
            slot = self.slots.get(index)
            if slot is None:
                raise self.source.error(
                    IndeterminateDatatype,
                    f"there is a parameter behind ${index + 1}, but no ${index + 1}",
                    min(one.at for number, one in self.slots.items() if number > index),
                )
            if slot.type is None:
                raise self.source.error(
                    IndeterminateDatatype,
                    f"the type of the parameter ${index + 1} cannot be told",
                    slot.at,
                    f"write a cast: ${index + 1}::integer, for example",
                )
            name = _free_name(slot.name or f"p{index + 1}", index + 1, names)
            names.add(name)
            found.append(Parameter(name=name, type=slot.type, nullable=slot.nullable))
        return tuple(found)


def parameter_of(expr: Expr) -> int | None:
    """Return the index of the parameter that ``expr`` is, through casts.

    Spec: Q-31.
    """
    while isinstance(expr, Cast):
        expr = expr.operand
    return expr.index if isinstance(expr, Param) else None


def _param(index: int, type_: SqlType, slot: Slot) -> Param:
    return Param(index=index, type=type_, nullable=slot.nullable)


def _free_name(name: str, number: int, taken: set[str]) -> str:
    while name in taken:
        name = f"{name}{number}"
    return name
