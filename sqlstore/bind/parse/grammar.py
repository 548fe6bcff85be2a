"""sqlglot as a parser, and as nothing else: lexemes in, its trees out.

sqlglot reads many dialects at once and drops what it does not expect to matter. Four things keep
it to PostgreSQL's grammar: its tokens are made here from our own lexemes, so that no word of
another dialect is a keyword; of its tables only the rows that are needed are left; the readers take
only node classes and arguments they know; and `sqlstore.bind.parse.faithful` shows that the tree
has the same lexemes as the text.

Not here: our own syntax trees (`sqlstore.bind.parse.syntax`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import ErrorLevel, ParseError
from sqlglot.parser import Parser
from sqlglot.parsers.postgres import PostgresParser
from sqlglot.tokenizer_core import Token, TokenType

from sqlstore.bind.parse.keywords import words
from sqlstore.bind.parse.lexer import Lexeme, LexemeKind
from sqlstore.bind.parse.refusals import reads, refuse_word
from sqlstore.errors import ProgramLimitExceeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlstore.bind.parse.source import Source

TREE_DEPTH_MAX: Final = 100
"""Levels of a tree."""

POSTFIX_CAST: Final = "postfix cast"
ARGUMENT_FORM: Final = "argument form"
WRITTEN: Final = "written"
NEGATED: Final = "negated"
TYPE_END: Final = "type end"
"""Keys of ``meta``: what sqlglot's trees do not tell apart."""

_SYNTAX: Final = words(
    """
    select distinct all from where group having order asc desc limit offset union as join inner
    left outer cross on using and or not is null true false in between symmetric asymmetric like
    escape case when then else end cast exists substring position for with into default do check
    unique references constraint create table insert update delete values set index generated
    """
)
"""Words that are always syntax to sqlglot; those that are names, too, it tells apart itself."""

_SYNTAX_BEHIND: Final[dict[str, frozenset[str]]] = {
    "by": frozenset(("group", "order", "generated")),
    "first": frozenset(("nulls",)),
    "last": frozenset(("nulls",)),
    "key": frozenset(("primary", "foreign")),
    "action": frozenset(("no",)),
    "conflict": frozenset(("on",)),
    "nothing": frozenset(("do",)),
    "simple": frozenset(("match",)),
    "always": frozenset(("generated",)),
    "identity": frozenset(("as",)),
    "cascade": frozenset(("delete", "update")),
    "restrict": frozenset(("delete", "update")),
    "no": frozenset(("delete", "update")),
    "materialized": frozenset(("as", "not")),
}
"""Words that are syntax behind one of these, and else names."""

_SYNTAX_BEFORE: Final[dict[str, frozenset[str]]] = {
    "nulls": frozenset(("first", "last")),
    "primary": frozenset(("key",)),
    "foreign": frozenset(("key",)),
    "match": frozenset(("simple", "full", "partial")),
    "returning": frozenset(),
}
"""Words that are syntax before one of these, or before anything if there are none."""

_PAIRS: Final = ("group by", "order by", "primary key", "foreign key")
"""Two words that are one token to sqlglot."""

_TYPE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "character": ("varying",),
    "char": ("varying",),
    "bit": ("varying",),
    "national": ("character", "char"),
    "double": ("precision",),
}
"""First words of types with what may follow."""

_SYMBOLS: Final[dict[str, TokenType]] = {
    "(": TokenType.L_PAREN,
    ")": TokenType.R_PAREN,
    ",": TokenType.COMMA,
    ".": TokenType.DOT,
    ";": TokenType.SEMICOLON,
    "::": TokenType.DCOLON,
    "+": TokenType.PLUS,
    "-": TokenType.DASH,
    "*": TokenType.STAR,
    "/": TokenType.SLASH,
    "%": TokenType.MOD,
    "||": TokenType.DPIPE,
    "=": TokenType.EQ,
    "<>": TokenType.NEQ,
    "<": TokenType.LT,
    "<=": TokenType.LTE,
    ">": TokenType.GT,
    ">=": TokenType.GTE,
}


class Stopped(ParseError):
    """sqlglot cannot go on at the offset ``at``."""

    def __init__(self, at: int) -> None:
        super().__init__("")
        self.at = at


class Plus(exp.Unary):
    """A unary plus, which sqlglot would drop."""


class RestrictedParser(PostgresParser):
    """PostgreSQL's parser of sqlglot with only the rows that our grammar needs."""

    FUNCTIONS = {}
    NO_PAREN_FUNCTIONS = {}
    NO_PAREN_FUNCTION_PARSERS = {"CASE": lambda self: self._parse_case()}
    FUNCTION_PARSERS = {
        "CAST": lambda self: self._parse_cast(strict=True),
        "SUBSTRING": lambda self: self._parse_substring(),
        "POSITION": lambda self: self._parse_position(),
    }
    STATEMENT_PARSERS = {
        one: Parser.STATEMENT_PARSERS[one]
        for one in (TokenType.CREATE, TokenType.DELETE, TokenType.INSERT, TokenType.UPDATE)
    }
    PROPERTY_PARSERS = {}
    PLACEHOLDER_PARSERS = {}
    JSON_OPERATORS = {}
    LAMBDAS = {}
    BITWISE = {}
    EXPONENT = {}
    ASSIGNMENT = {}
    COLUMN_OPERATORS = {
        TokenType.DOT: None,
        TokenType.DCOLON: lambda self, this, to: _marked(
            exp.Cast(this=this, to=to), POSTFIX_CAST, value=True
        ),
    }
    CAST_COLUMN_OPERATORS = {TokenType.DCOLON}
    RANGE_PARSERS = {
        one: Parser.RANGE_PARSERS[one]
        for one in (TokenType.BETWEEN, TokenType.IN, TokenType.IS, TokenType.LIKE)
    }
    TERM = {TokenType.PLUS: exp.Add, TokenType.DASH: exp.Sub}
    FACTOR = {TokenType.STAR: exp.Mul, TokenType.SLASH: exp.Div, TokenType.MOD: exp.Mod}
    UNARY_PARSERS = {
        TokenType.NOT: Parser.UNARY_PARSERS[TokenType.NOT],
        TokenType.DASH: Parser.UNARY_PARSERS[TokenType.DASH],
        TokenType.PLUS: lambda self: self.expression(Plus(this=self._parse_unary())),
    }
    PRIMARY_PARSERS = {
        TokenType.STRING: Parser.PRIMARY_PARSERS[TokenType.STRING],
        TokenType.NUMBER: Parser.PRIMARY_PARSERS[TokenType.NUMBER],
        TokenType.NULL: lambda self, token: self.expression(exp.Null(), token),
        TokenType.TRUE: lambda self, token: self.expression(exp.Boolean(this=True), token),
        TokenType.FALSE: lambda self, token: self.expression(exp.Boolean(this=False), token),
        TokenType.STAR: lambda self, token: self.expression(exp.Star(), token),
    }
    SET_OPERATIONS = {TokenType.UNION}
    JOIN_METHODS = set()
    JOIN_SIDES = {TokenType.LEFT}
    JOIN_KINDS = {TokenType.INNER, TokenType.OUTER, TokenType.CROSS}
    QUERY_MODIFIER_PARSERS = {
        one: Parser.QUERY_MODIFIER_PARSERS[one]
        for one in (
            TokenType.WHERE,
            TokenType.GROUP_BY,
            TokenType.HAVING,
            TokenType.ORDER_BY,
            TokenType.LIMIT,
            TokenType.OFFSET,
        )
    }
    QUERY_MODIFIER_TOKENS = set(QUERY_MODIFIER_PARSERS)
    CONSTRAINT_PARSERS = {
        one: Parser.CONSTRAINT_PARSERS[one]
        for one in (
            "CHECK",
            "DEFAULT",
            "FOREIGN KEY",
            "GENERATED",
            "NOT",
            "NULL",
            "PRIMARY KEY",
            "REFERENCES",
            "UNIQUE",
        )
    }
    SCHEMA_UNNAMED_CONSTRAINTS = {"CHECK", "FOREIGN KEY", "PRIMARY KEY", "UNIQUE"}

    def raise_error(self, message: str, token: Token | None = None) -> None:
        """Stop at the token that does not fit, or behind the last one."""
        found = token or self._curr
        raise Stopped(found.start if found else self._prev.end + 1)

    def _build_predicate(
        self,
        klass: type[exp.Binary],
        this: exp.Expr | None,
        expression: exp.Expr | None,
        comments: list[str] | None = None,
        negate: bool = False,
    ) -> exp.Expr:
        """Make a predicate of its operands without parentheses that the text has not."""
        if negate:
            # Of NOTNULL, which is no word of ours.
            raise Stopped(self._prev.start)
        return self.expression(klass(this=this, expression=expression), comments=comments)

    def _parse_command(self) -> exp.Command:
        """Stop where sqlglot would take the rest of the text as it is."""
        raise Stopped(self._prev.start)

    def _parse_as_command(self, start: Token) -> exp.Command:
        """Stop where sqlglot would take the rest of the text as it is."""
        raise Stopped((self._curr or start).start)

    def _parse_is(self, this: exp.Expr | None) -> exp.Expr | None:
        """Keep the NOT of ``IS NOT`` with it."""
        negated = self._match(TokenType.NOT)
        if self._match_text_seq("DISTINCT", "FROM"):
            kind = exp.NullSafeEQ if negated else exp.NullSafeNEQ
            return self.expression(kind(this=this, expression=self._parse_is_rhs(distinct=True)))
        node = self.expression(exp.Is(this=this, expression=self._parse_is_rhs()))
        return _marked(node, NEGATED, value=negated)

    def _negate_range(self, this: exp.Expr | None = None) -> exp.Expr | None:
        """Keep the NOT of ``NOT IN``, ``NOT BETWEEN``, ``NOT LIKE`` with it."""
        inside = this.this if isinstance(this, exp.Escape) else this
        if isinstance(inside, exp.Expr):
            _marked(inside, NEGATED, value=True)
        return this

    def _parse_paren(self) -> exp.Expr | None:
        """Say of a parenthesis that it is one of the text's, and where it stands."""
        at = self._curr
        node = super()._parse_paren()
        return node if node is None else _marked(node, WRITTEN, value=at.start)

    def _parse_types(
        self,
        check_func: bool = False,
        schema: bool = False,
        allow_identifiers: bool = True,
        with_collation: bool = False,
    ) -> exp.Expr | None:
        """Take the words of a type, whichever it is, for `sqlstore.bind.parse.type_reader`."""
        start = self._curr
        if check_func or not self._match(TokenType.IDENTIFIER):
            return None
        if self._curr.text in _TYPE_WORDS.get(start.text, ()):
            self._advance()
        if self._match(TokenType.L_PAREN):
            while self._match_set((TokenType.NUMBER, TokenType.COMMA, TokenType.DASH)):
                pass
            self._match_r_paren()
        if self._curr.text in ("with", "without") and self._next.text == "time":
            self._advance(3)
        node = exp.DataType(this=exp.DType.UNKNOWN).update_positions(start)
        return _marked(node, TYPE_END, value=self._prev.end + 1)

    def _parse_substring(self) -> exp.Expr:  # type: ignore[override]
        """Keep the arguments as they are written, with the words between them."""
        name = self._tokens[self._index - 2]
        arguments = self._parse_csv(self._parse_disjunction)
        words = []
        while self._match_set((TokenType.FROM, TokenType.FOR)):
            words.append(self._prev.text)
            arguments.extend(self._parse_csv(self._parse_disjunction))
        node = exp.Anonymous(this="substring", expressions=arguments).update_positions(name)
        return _marked(node, ARGUMENT_FORM, value=" ".join(words))

    def _parse_position(self, haystack_first: bool = False) -> exp.Expr:  # type: ignore[override]
        """Keep the arguments as they are written, with the word between them."""
        name = self._tokens[self._index - 2]
        arguments = self._parse_csv(self._parse_bitwise)
        word = ""
        if self._match(TokenType.IN):
            word = self._prev.text
            arguments.extend(self._parse_csv(self._parse_bitwise))
        node = exp.Anonymous(this="position", expressions=arguments).update_positions(name)
        return _marked(node, ARGUMENT_FORM, value=word)


def parse(source: Source, lexemes: Sequence[Lexeme]) -> exp.Expr:
    """Return sqlglot's tree of one statement.

    Raises `InvalidSyntax`, `FeatureNotSupported`, `ProgramLimitExceeded`.

    Spec: Q-30, Q-32, Q-35.
    """
    tokens = _tokens(source, lexemes)
    parser = RestrictedParser(error_level=ErrorLevel.IMMEDIATE, dialect=Postgres())
    try:
        trees = parser.parse(tokens, source.text)
    except Stopped as error:
        raise source.syntax_error(error.at) from None
    except (AttributeError, TypeError, KeyError, IndexError, ValueError):
        # sqlglot's parser does not check its own intermediate results: such an end is a refusal.
        raise source.syntax_error(lexemes[0].start) from None
    except RecursionError:
        raise source.error(
            ProgramLimitExceeded, "this statement nests too deep", lexemes[0].start
        ) from None
    if len(trees) != 1 or trees[0] is None:
        raise source.syntax_error(lexemes[0].start)
    if _is_deeper(trees[0], TREE_DEPTH_MAX):
        raise source.error(
            ProgramLimitExceeded,
            f"a statement nests deeper than {TREE_DEPTH_MAX} levels",
            lexemes[0].start,
            "put parentheses around parts of a long chain of operators",
        )
    return trees[0]


def _is_deeper(tree: exp.Expr, depth_max: int) -> bool:
    """Return whether a tree is deeper than all that reads it recursively allows.

    Chains of one connector are read iteratively.
    """
    pending = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > depth_max:
            return True
        chained = isinstance(node, exp.And | exp.Or)
        pending.extend(
            (child, depth + (not chained or type(child) is not type(node)))
            for child in node.iter_expressions()
        )
    return False


def _tokens(source: Source, lexemes: Sequence[Lexeme]) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while at < len(lexemes):
        # AS itself may be a label: `1 AS as` is followed by none.
        behind_as = bool(tokens) and tokens[-1].token_type is TokenType.ALIAS
        pair = "" if behind_as else _pair(lexemes[at : at + 2])
        if pair:
            kind = Postgres.Tokenizer.KEYWORDS[pair.upper()]
            tokens.append(_token(kind, pair, lexemes[at].start, lexemes[at + 1].end))
            at += 2
        else:
            tokens.append(_one_token(source, lexemes, at, behind_as=behind_as))
            at += 1
    return tokens


def _one_token(source: Source, lexemes: Sequence[Lexeme], at: int, *, behind_as: bool) -> Token:
    lexeme = lexemes[at]
    match lexeme.kind:
        case LexemeKind.WORD if behind_as and not _goes_with_as(lexemes, at):
            kind = TokenType.IDENTIFIER
        case LexemeKind.WORD:
            kind = _word_kind(source, lexemes, at)
        case LexemeKind.QUOTED | LexemeKind.PARAMETER:
            kind = TokenType.IDENTIFIER
        case LexemeKind.NUMBER:
            kind = TokenType.NUMBER
        case LexemeKind.STRING:
            kind = TokenType.STRING
        case LexemeKind.OPERATOR | LexemeKind.PUNCTUATION:
            found = _SYMBOLS.get(lexeme.value)
            if found is None:
                raise _bad_symbol(source, lexeme)
            kind = found
    return _token(kind, lexeme.value, lexeme.start, lexeme.end)


def _bad_symbol(source: Source, lexeme: Lexeme) -> Exception:
    if lexeme.value == "[":
        return source.unsupported("an array", lexeme.start, "use a table of rows")
    return source.syntax_error(lexeme.start)


def _goes_with_as(lexemes: Sequence[Lexeme], at: int) -> bool:
    """Return whether the word behind AS is more of a clause, not a label, which may be any word."""
    return reads(lexemes, at, "identity", "materialized", "not materialized")


def _word_kind(source: Source, lexemes: Sequence[Lexeme], at: int) -> TokenType:
    """Return what a word is to sqlglot: a keyword only where PostgreSQL may read it as one."""
    lexeme = lexemes[at]
    before = lexemes[at - 1] if at > 0 else None
    behind = lexemes[at + 1] if at + 1 < len(lexemes) else None
    word = lexeme.value
    if before is not None and before.is_symbol("."):
        return TokenType.IDENTIFIER
    refuse_word(source, lexemes, at)
    if _is_syntax(word, before, behind):
        return Postgres.Tokenizer.KEYWORDS.get(word.upper(), TokenType.VAR)
    if behind is not None and behind.kind is LexemeKind.STRING and word not in _BEFORE_STRING:
        raise source.unsupported("a literal behind its type", lexeme.start, "write 'text'::type")
    return TokenType.IDENTIFIER


_BEFORE_STRING: Final = frozenset(("by", "returning"))


def _is_syntax(word: str, before: Lexeme | None, behind: Lexeme | None) -> bool:
    if word in _SYNTAX:
        return True
    if word in _SYNTAX_BEHIND:
        return before is not None and before.is_word(*_SYNTAX_BEHIND[word])
    if word in _SYNTAX_BEFORE:
        words = _SYNTAX_BEFORE[word]
        return not words or (behind is not None and behind.is_word(*words))
    return False


def _pair(lexemes: Sequence[Lexeme]) -> str:
    """Return the one of `_PAIRS` that ``lexemes`` are, or nothing."""
    return next((pair for pair in _PAIRS if reads(lexemes, 0, pair)), "")


def _token(kind: TokenType, text: str, start: int, end: int) -> Token:
    return Token(kind, text, start=start, end=end - 1)


def _marked(node: exp.Expr, key: str, *, value: object) -> exp.Expr:
    node.meta[key] = value
    return node
