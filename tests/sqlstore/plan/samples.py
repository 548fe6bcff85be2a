"""One expression and one relation of every kind, with the SQL that expressions are printed as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
from sqlstore.plan.relations import (
    Aggregate,
    AggregateCall,
    AggregateFunction,
    Bound,
    Distinct,
    Filter,
    Join,
    JoinKind,
    Limit,
    OneRow,
    Path,
    Project,
    Scan,
    Sort,
    SortKey,
    Union,
    Values,
)
from sqlstore.schema import Column, Index, Table
from sqlstore.types import BIGINT, BOOLEAN, BYTEA, INTEGER, SMALLINT, TEXT, numeric, varchar

if TYPE_CHECKING:
    from sqlstore.plan.expressions import Expr
    from sqlstore.plan.relations import Relation

INDEX: Final = Index(name="t_b_idx", number=2, columns=(1,), unique=False, constraint=False)
TABLE: Final = Table(
    name="t",
    number=1,
    columns=tuple(Column(name=name, type=INTEGER, nullable=name != "a") for name in "abcd"),
    primary=(0,),
    primary_name="t_pkey",
    indexes=(INDEX,),
)


def column(name: str, source: int = 1) -> ColumnRef:
    return ColumnRef(source=source, column="abcd".index(name), type=INTEGER)


def integer(value: int | None) -> Const:
    return Const(value, INTEGER)


def text(value: str) -> Const:
    return Const(value, TEXT)


def arithmetic(left: Expr, operator: str, right: Expr) -> Arithmetic:
    return Arithmetic(operator=Operator(operator), left=left, right=right, type=INTEGER)


def compare(left: Expr, operator: str, right: Expr) -> Compare:
    return Compare(operator=Comparison(operator), left=left, right=right)


A, B, C = column("a"), column("b"), column("c")
ONE, TWO = integer(1), integer(2)
IS_ONE, IS_TWO = compare(A, "=", ONE), compare(B, "<>", TWO)
SUM = arithmetic(A, "+", B)
SCAN = Scan(
    source=7,
    table=TABLE,
    columns=(0, 2),
    path=Path(
        index=INDEX,
        equal=(B,),
        low=Bound(value=ONE, inclusive=False),
        high=Bound(value=Param(index=1, type=INTEGER), inclusive=True),
    ),
)
INNER = column("c", source=7)

EXPRESSIONS: Final[tuple[tuple[Expr, str], ...]] = (
    (integer(None), "NULL"),
    (Const(True, BOOLEAN), "true"),
    (integer(-5), "-5"),
    (Const(-1234, numeric(6, 3)), "-1.234"),
    (Const(7, numeric(6, 3)), "0.007"),
    (Const(7, numeric(6, 0)), "7"),
    (text("o'k"), "'o''k'"),
    (Const(b"\x00\xff", BYTEA), "'\\x00ff'"),
    (Param(index=2, type=INTEGER), "$3"),
    (A, "a"),
    (arithmetic(arithmetic(A, "-", B), "-", C), "a - b - c"),
    (arithmetic(A, "-", arithmetic(B, "-", C)), "a - (b - c)"),
    (arithmetic(SUM, "*", C), "(a + b) * c"),
    (arithmetic(C, "+", arithmetic(A, "%", B)), "c + a % b"),
    (NumericDivide(left=A, right=SUM, type=numeric(9, 2)), "(a / (a + b))::numeric(9,2)"),
    (Negate(SUM), "-(a + b)"),
    (Negate(integer(-5)), "-(-5)"),
    (IS_ONE, "a = 1"),
    (compare(IS_ONE, "=", IS_TWO), "(a = 1) = (b <> 2)"),
    (IsDistinct(left=A, right=SUM, negated=False), "a IS DISTINCT FROM a + b"),
    (IsDistinct(left=A, right=ONE, negated=True), "a IS NOT DISTINCT FROM 1"),
    (And((IS_ONE, Or((IS_TWO, IS_ONE)), And((IS_ONE, IS_TWO)))),
     "a = 1 AND (b <> 2 OR a = 1) AND (a = 1 AND b <> 2)"),
    (Or((And((IS_ONE, IS_TWO)), IS_ONE)), "a = 1 AND b <> 2 OR a = 1"),
    (Not(Or((IS_ONE, IS_TWO))), "NOT (a = 1 OR b <> 2)"),
    (Not(IS_ONE), "NOT a = 1"),
    (IsNull(operand=IS_ONE, negated=False), "a = 1 IS NULL"),
    (IsNull(operand=Not(IS_ONE), negated=True), "(NOT a = 1) IS NOT NULL"),
    (IsTruth(operand=IS_ONE, truth=False, negated=True), "a = 1 IS NOT FALSE"),
    (Case(branches=((IS_ONE, A), (IS_TWO, B)), default=C, type=INTEGER),
     "CASE WHEN a = 1 THEN a WHEN b <> 2 THEN b ELSE c END"),
    (Coalesce(operands=(A, B, ONE), type=INTEGER), "coalesce(a, b, 1)"),
    (Extremum(which=Extreme.LEAST, operands=(A, B), type=INTEGER), "least(a, b)"),
    (Cast(operand=SUM, type=BIGINT), "(a + b)::bigint"),
    (Cast(operand=integer(-5), type=SMALLINT), "(-5)::smallint"),
    (Cast(operand=SUM, type=SMALLINT, assignment=True), "a + b"),
    (arithmetic(Cast(operand=SUM, type=SMALLINT, assignment=True), "*", C), "(a + b) * c"),
    (Cast(operand=A, type=varchar(5)), "a::varchar(5)"),
    (Concat(left=text("x"), right=Concat(left=text("y"), right=text("z"), type=TEXT), type=TEXT),
     "'x' || ('y' || 'z')"),
    (Like(operand=text("x"), pattern=text("x%"), escape="\\", negated=False), "'x' LIKE 'x%'"),
    (Like(operand=text("x"), pattern=text("x%"), escape="'", negated=True),
     "'x' NOT LIKE 'x%' ESCAPE ''''"),
    (Like(operand=text("x"), pattern=text("x%"), escape="", negated=False),
     "'x' LIKE 'x%' ESCAPE ''"),
    (InList(operand=SUM, items=(ONE, SUM), negated=True), "a + b NOT IN (1, a + b)"),
    (Call(function=Builtin.SUBSTR, arguments=(text("x"), ONE, SUM), type=TEXT),
     "substr('x', 1, a + b)"),
    (Exists(relation=SCAN, correlated=True), "EXISTS (subquery 1)"),
    (ScalarSubquery(relation=SCAN, value=INNER, correlated=True, type=INTEGER), "(subquery 1)"),
    (InSubquery(operand=A, relation=SCAN, value=INNER, correlated=True, negated=True),
     "a NOT IN (subquery 1)"),
)  # fmt: skip

PROJECT = Project(source=8, input=SCAN, expressions=(SUM, INNER))
COUNT = AggregateCall(function=AggregateFunction.COUNT_ROWS, argument=None, type=BIGINT)
TOTAL = AggregateCall(function=AggregateFunction.SUM, argument=INNER, type=BIGINT)
RELATIONS: Final[tuple[Relation, ...]] = (
    SCAN,
    Scan(source=9, table=TABLE, columns=()),
    Values(source=3, rows=((ONE, A), (TWO, B)), types=(INTEGER, INTEGER)),
    OneRow(),
    Filter(input=SCAN, predicate=IS_ONE),
    Join(kind=JoinKind.INNER, left=SCAN, right=OneRow(), on=IS_ONE),
    Join(kind=JoinKind.LEFT, left=OneRow(), right=SCAN, on=None),
    PROJECT,
    Aggregate(source=3, input=SCAN, keys=(SUM,), aggregates=(COUNT, TOTAL)),
    Sort(
        input=PROJECT,
        source=8,
        keys=(SortKey(value=column("a", 8), descending=True, nulls_first=True),),
    ),
    Distinct(input=PROJECT, source=8),
    Limit(input=SCAN, count=ONE, offset=Param(index=0, type=BIGINT)),
    Limit(input=SCAN, count=None, offset=None),
    Union(source=3, inputs=(PROJECT, PROJECT), sources=(8, 8), types=(INTEGER, INTEGER)),
)
