"""Random typed expressions over the columns of one row, and their text in SQL.

Leaves are columns, and constants only where the other operand has a column: PostgreSQL computes
what is constant when it plans, which is the binder's business here. Not here: subqueries.
"""

from __future__ import annotations

from typing import assert_never

from hypothesis import strategies as st

from sqlstore.plan.expressions import (
    And,
    Arithmetic,
    Builtin,
    Call,
    Case,
    Cast,
    Coalesce,
    ColumnRef,
    Compare,
    Comparison,
    Concat,
    Const,
    Exists,
    Expr,
    Extreme,
    Extremum,
    InList,
    InSubquery,
    IsDistinct,
    IsNull,
    IsTruth,
    Like,
    Negate,
    Not,
    NumericDivide,
    Operator,
    Or,
    Param,
    ScalarSubquery,
)
from sqlstore.types import (
    BIGINT,
    BOOLEAN,
    BYTEA,
    INTEGER,
    SMALLINT,
    TEXT,
    Kind,
    SqlType,
    Value,
    numeric,
    varchar,
)
from tests.sqlstore.execute.oracle import literal

SOURCE = 3
COLUMNS: tuple[SqlType, ...] = (
    *(SMALLINT, SMALLINT, INTEGER, INTEGER, BIGINT, BIGINT, BOOLEAN, BOOLEAN),
    *(TEXT, TEXT, varchar(5), BYTEA, BYTEA, numeric(5, 2), numeric(5, 2), numeric(4, 0)),
)
INTEGERS = (SMALLINT, INTEGER, BIGINT)
DEPTH_MAX = 3


def row_source(row: tuple[Value, ...]) -> str:
    """The row as a relation, which OFFSET keeps PostgreSQL from taking for constants."""
    values = ", ".join(
        f"{literal(value, kind)} AS c{at}"
        for at, (value, kind) in enumerate(zip(row, COLUMNS, strict=True))
    )
    return f"(SELECT {values} OFFSET 0) AS r"


@st.composite
def expressions(draw: st.DrawFn, kind: SqlType | None = None, depth: int = DEPTH_MAX) -> Expr:
    """Expressions of a type, or of any; of NUMERIC of any precision and scale."""
    kind = draw(st.sampled_from(COLUMNS)) if kind is None else kind
    columns = [
        ColumnRef(source=SOURCE, column=at, type=one)
        for at, one in enumerate(COLUMNS)
        if one.kind is kind.kind
    ]
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from(columns))
    if draw(st.integers(0, 4)) == 0:
        return draw(_choices(kind, depth - 1))
    match kind.kind:
        case Kind.BOOLEAN:
            return draw(_booleans(depth - 1))
        case Kind.SMALLINT | Kind.INTEGER | Kind.BIGINT:
            return draw(_integers(kind, depth - 1))
        case Kind.NUMERIC:
            return draw(_numerics(depth - 1))
        case Kind.TEXT | Kind.VARCHAR:
            return draw(_texts(kind, depth - 1))
        case Kind.BYTEA:
            return draw(_byte_strings(depth - 1))
        case _:
            assert_never(kind.kind)


def one_type(operands: list[Expr]) -> list[Expr]:
    """Bring NUMERIC operands to one type that holds them all, as the binder does."""
    types = {operand.type for operand in operands}
    if len(types) == 1:
        return operands
    scale = max(one.scale for one in types)
    precision = max(one.precision - one.scale for one in types) + scale
    kind = numeric(min(precision, 18), scale)
    return [Cast(operand=operand, type=kind) for operand in operands]


@st.composite
def _choices(draw: st.DrawFn, kind: SqlType, depth: int) -> Expr:
    count = draw(st.integers(2, 3))
    operands = one_type([draw(expressions(kind, depth)) for _ in range(count)])
    match draw(st.integers(0, 2)):
        case 0:
            conditions = [draw(expressions(BOOLEAN, depth)) for _ in operands[1:]]
            branches = tuple(zip(conditions, operands[1:], strict=True))
            return Case(branches=branches, default=operands[0], type=operands[0].type)
        case 1:
            return Coalesce(operands=tuple(operands), type=operands[0].type)
        case _:
            which = draw(st.sampled_from(Extreme))
            return Extremum(which=which, operands=tuple(operands), type=operands[0].type)


@st.composite
def _booleans(draw: st.DrawFn, depth: int) -> Expr:
    match draw(st.integers(0, 9)):
        case 0 | 1:
            operands = tuple(
                draw(expressions(BOOLEAN, depth)) for _ in range(draw(st.integers(2, 3)))
            )
            return And(operands) if draw(st.booleans()) else Or(operands)
        case 2:
            return Not(draw(expressions(BOOLEAN, depth)))
        case 3:
            return IsNull(operand=draw(expressions(None, depth)), negated=draw(st.booleans()))
        case 4:
            operand = draw(expressions(BOOLEAN, depth))
            return IsTruth(operand=operand, truth=draw(st.booleans()), negated=draw(st.booleans()))
        case 5:
            text, pattern = draw(expressions(TEXT, depth)), draw(expressions(TEXT, depth))
            escape = draw(st.sampled_from(["\\", "", "a", "%"]))
            return Like(operand=text, pattern=pattern, escape=escape, negated=draw(st.booleans()))
        case 6:
            kind = draw(st.sampled_from(INTEGERS))
            items = [at for at, one in enumerate(COLUMNS) if one in INTEGERS]
            refs = tuple(
                ColumnRef(source=SOURCE, column=at, type=COLUMNS[at])
                for at in draw(st.lists(st.sampled_from(items), min_size=1, max_size=3))
            )
            operand = draw(expressions(kind, depth))
            return InList(operand=operand, items=refs, negated=draw(st.booleans()))
        case 7:
            return Cast(operand=draw(expressions(INTEGER, depth)), type=BOOLEAN)
        case _:
            return draw(_comparisons(depth))


@st.composite
def _comparisons(draw: st.DrawFn, depth: int) -> Expr:
    kind = draw(st.sampled_from(COLUMNS))
    other = draw(st.sampled_from(INTEGERS)) if kind in INTEGERS else kind
    operands = [draw(expressions(kind, depth)), draw(expressions(other, depth))]
    if kind.kind is Kind.NUMERIC:
        operands = one_type(operands)
    left, right = operands
    if draw(st.integers(0, 3)) == 0:
        return IsDistinct(left=left, right=right, negated=draw(st.booleans()))
    return Compare(operator=draw(st.sampled_from(Comparison)), left=left, right=right)


@st.composite
def _integers(draw: st.DrawFn, kind: SqlType, depth: int) -> Expr:
    match draw(st.integers(0, 7)):
        case 0 | 1 | 2:
            left, right = draw(expressions(kind, depth)), draw(expressions(kind, depth))
            operator = draw(st.sampled_from(Operator))
            return Arithmetic(operator=operator, left=left, right=right, type=kind)
        case 3:
            return Negate(draw(expressions(kind, depth)))
        case 4:
            operand = draw(expressions(kind, depth))
            return Call(function=Builtin.ABS, arguments=(operand,), type=kind)
        case 5 if kind == INTEGER:
            text = draw(st.sampled_from([TEXT, BYTEA]))
            function = draw(st.sampled_from([Builtin.LENGTH, Builtin.OCTET_LENGTH]))
            return Call(function=function, arguments=(draw(expressions(text, depth)),), type=kind)
        case 6 if kind == INTEGER:
            texts = draw(expressions(TEXT, depth)), draw(expressions(TEXT, depth))
            return Call(function=Builtin.STRPOS, arguments=texts, type=kind)
        case _:
            sources = [*INTEGERS, numeric(5, 2), TEXT, *([BOOLEAN] if kind == INTEGER else [])]
            return Cast(operand=draw(expressions(draw(st.sampled_from(sources)), depth)), type=kind)


@st.composite
def _numerics(draw: st.DrawFn, depth: int) -> Expr:
    left, right = draw(expressions(COLUMNS[-1], depth)), draw(expressions(COLUMNS[-1], depth))
    precision = draw(st.integers(1, 18))
    kind = numeric(precision, draw(st.integers(0, precision)))
    operator = draw(st.sampled_from([*Operator, None]))
    scale = max(left.type.scale, right.type.scale)
    whole = max(left.type.precision - left.type.scale, right.type.precision - right.type.scale)
    match operator:
        case None:
            source = draw(st.sampled_from([*INTEGERS, COLUMNS[-1]]))
            return Cast(operand=draw(expressions(source, depth)), type=kind)
        case Operator.DIVIDE:
            return NumericDivide(left=left, right=right, type=kind)
        case Operator.MULTIPLY:
            kind = numeric(
                left.type.precision + right.type.precision, left.type.scale + right.type.scale
            )
            if kind.precision <= 18:
                return Arithmetic(operator=operator, left=left, right=right, type=kind)
        case Operator.REMAINDER:
            left, right = one_type([left, right])
            return Arithmetic(operator=operator, left=left, right=right, type=left.type)
        case _ if whole + scale + 1 <= 18:
            kind = numeric(whole + scale + 1, scale)
            left, right = (Cast(operand=one, type=kind) for one in (left, right))
            if draw(st.booleans()):
                # A constant stands there as it is: the binder has cast it.
                right = Const(draw(st.integers(-999, 999)), kind)
            return Arithmetic(operator=operator, left=left, right=right, type=kind)
        case _:
            pass
    if draw(st.booleans()):
        return Negate(left)
    return Call(function=Builtin.ABS, arguments=(left,), type=left.type)


@st.composite
def _texts(draw: st.DrawFn, kind: SqlType, depth: int) -> Expr:
    choice = draw(st.integers(0, 4))
    if kind.kind is Kind.VARCHAR or choice == 0:
        return Cast(operand=draw(expressions(None, depth)), type=kind)
    if choice == 1:
        return Concat(
            left=draw(expressions(TEXT, depth)),
            right=draw(expressions(varchar(5), depth)),
            type=TEXT,
        )
    if choice == 2:
        return draw(_substrings(TEXT, depth))
    function = draw(st.sampled_from([Builtin.LOWER, Builtin.UPPER]))
    return Call(function=function, arguments=(draw(expressions(TEXT, depth)),), type=TEXT)


@st.composite
def _byte_strings(draw: st.DrawFn, depth: int) -> Expr:
    if draw(st.booleans()):
        return draw(_substrings(BYTEA, depth))
    return Concat(
        left=draw(expressions(BYTEA, depth)), right=draw(expressions(BYTEA, depth)), type=BYTEA
    )


@st.composite
def _substrings(draw: st.DrawFn, kind: SqlType, depth: int) -> Expr:
    count = draw(st.integers(1, 2))
    places = (draw(expressions(INTEGER, depth)) for _ in range(count))
    arguments = (draw(expressions(kind, depth)), *places)
    return Call(function=Builtin.SUBSTR, arguments=arguments, type=kind)


def sql(expr: Expr) -> str:
    """Return an expression in PostgreSQL's words, with all its parentheses."""
    match expr:
        case Const(value, kind):
            return literal(value, kind)
        case ColumnRef():
            return f"c{expr.column}"
        case Arithmetic():
            return f"({sql(expr.left)} {expr.operator.value} {sql(expr.right)})"
        case NumericDivide():
            return f"CAST({sql(expr.left)} / {sql(expr.right)} AS {expr.type})"
        case Negate():
            return f"(- {sql(expr.operand)})"
        case Compare():
            return f"({sql(expr.left)} {expr.operator.value} {sql(expr.right)})"
        case IsDistinct():
            return f"({sql(expr.left)} IS {_not(expr.negated)}DISTINCT FROM {sql(expr.right)})"
        case And():
            return f"({' AND '.join(map(sql, expr.operands))})"
        case Or():
            return f"({' OR '.join(map(sql, expr.operands))})"
        case Not():
            return f"(NOT {sql(expr.operand)})"
        case IsNull():
            return f"({sql(expr.operand)} IS {_not(expr.negated)}NULL)"
        case IsTruth():
            return f"({sql(expr.operand)} IS {_not(expr.negated)}{expr.truth})"
        case Case():
            whens = " ".join(f"WHEN {sql(if_)} THEN {sql(then)}" for if_, then in expr.branches)
            return f"CASE {whens} ELSE {sql(expr.default)} END"
        case Coalesce():
            return f"coalesce({_list(expr.operands)})"
        case Extremum():
            return f"{expr.which.value}({_list(expr.operands)})"
        case Cast():
            return f"CAST({sql(expr.operand)} AS {expr.type})"
        case Concat():
            return f"({sql(expr.left)} || {sql(expr.right)})"
        case Like():
            words = f"{_not(expr.negated)}LIKE {sql(expr.pattern)} ESCAPE '{expr.escape}'"
            return f"({sql(expr.operand)} {words})"
        case InList():
            return f"({sql(expr.operand)} {_not(expr.negated)}IN ({_list(expr.items)}))"
        case Call():
            return f"{expr.function.value}({_list(expr.arguments)})"
        case Param() | Exists() | ScalarSubquery() | InSubquery():
            raise AssertionError("these are not drawn")
        case _:
            assert_never(expr)


def _not(negated: bool) -> str:
    return "NOT " if negated else ""


def _list(operands: tuple[Expr, ...]) -> str:
    return ", ".join(map(sql, operands))
