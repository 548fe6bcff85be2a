"""Reading sqlglot's nodes: the fields that are known, and the place of what is not.

Not here: which node is what (`sqlstore.bind.parse.expression_reader` and on).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from sqlglot import exp

from sqlstore.bind.parse.keywords import RESERVED, RESERVED_BUT_FUNCTIONS
from sqlstore.bind.parse.lexer import Lexeme, LexemeKind
from sqlstore.bind.parse.syntax import Name
from sqlstore.errors import InvalidSyntax

if TYPE_CHECKING:
    from sqlstore.bind.parse.source import Source

Kind = TypeVar("Kind", bound=exp.Expr)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Access to the nodes of one statement: its text and its lexemes by where they begin."""

    source: Source
    lexemes: tuple[Lexeme, ...]
    by_start: dict[int, Lexeme] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_start", {one.start: one for one in self.lexemes})

    def place(self, node: exp.Expr) -> int:
        """Return the least offset that ``node`` or a node below it carries."""
        starts = (one.meta.get("start") for one in node.walk())
        marks = (one.meta.get("written") for one in node.walk())
        found = [at for at in (*starts, *marks) if isinstance(at, int)]
        return min(found, default=self.lexemes[0].start)

    def only(self, node: exp.Expr, *names: str) -> None:
        """Refuse ``node`` if it has anything but the arguments ``names``.

        Spec: Q-32.
        """
        for name, value in node.args.items():
            if value and name not in names and not name.startswith("_"):
                raise self.unknown(node)

    def unknown(self, node: exp.Expr) -> InvalidSyntax:
        """Return the error for a node that no rule of ours makes."""
        return self.source.syntax_error(self.place(node))

    def child(self, node: exp.Expr, name: str = "this") -> exp.Expr:
        """Return the argument ``name``, which has to be a node."""
        found = node.args.get(name)
        if not isinstance(found, exp.Expr):
            raise self.unknown(node)
        return found

    def optional(self, node: exp.Expr, name: str) -> exp.Expr | None:
        """Return the argument ``name``, a node or nothing."""
        return self.child(node, name) if node.args.get(name) else None

    def many(self, node: exp.Expr, name: str = "expressions") -> list[exp.Expr]:
        """Return the argument ``name``, a list of nodes."""
        found = node.args.get(name) or []
        if not isinstance(found, list) or not all(isinstance(one, exp.Expr) for one in found):
            raise self.unknown(node)
        return found

    def as_kind(self, node: exp.Expr, kind: type[Kind]) -> Kind:
        """Return ``node``, which has to be of the class ``kind``."""
        if not isinstance(node, kind):
            raise self.unknown(node)
        return node

    def lexeme(self, node: exp.Expr) -> Lexeme:
        """Return the lexeme that ``node`` was made of."""
        found = self.by_start.get(node.meta.get("start", -1))
        if found is None:
            raise self.unknown(node)
        return found

    def name(self, node: exp.Expr) -> Name:
        """Return the name that an identifier is: no parameter, and no reserved word.

        Spec: Q-10.
        """
        lexeme = self.lexeme(self.as_kind(node, exp.Identifier))
        if lexeme.kind is LexemeKind.QUOTED:
            return Name(at=lexeme.start, text=lexeme.value)
        if lexeme.kind is not LexemeKind.WORD or lexeme.value in (
            RESERVED | RESERVED_BUT_FUNCTIONS
        ):
            raise self.source.syntax_error(lexeme.start)
        return Name(at=lexeme.start, text=lexeme.value)

    def label(self, node: exp.Expr) -> Name:
        """Return the name behind AS or a dot, where reserved words may stand, too.

        Spec: Q-10.
        """
        lexeme = self.lexeme(self.as_kind(node, exp.Identifier))
        if lexeme.kind not in (LexemeKind.QUOTED, LexemeKind.WORD):
            raise self.source.syntax_error(lexeme.start)
        return Name(at=lexeme.start, text=lexeme.value)

    def column_name(self, node: exp.Expr) -> Name:
        """Return the name of a column without its table, however sqlglot has wrapped it."""
        if isinstance(node, exp.Column):
            self.only(node, "this")
            node = self.child(node)
        return self.name(node)
