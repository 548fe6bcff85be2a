"""Random sources of the language that end, for the comparison with Python."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

I32_NAMES = ("a", "b", "c")
I64_NAMES = ("x", "y", "z")
ARITHMETIC = ("+", "-", "*", "&", "|", "^", "<<", ">>")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
LITERALS = (0, 1, 2, 7, 31, 255, -1, 2**31 - 1)
UNSIGNED = ("lt_u", "le_u", "gt_u", "ge_u")
HEAD = "def f(a: i32, b: i32, c: i32, x: i64, y: i64, z: i64) -> i64:"
LOOPS_MAX = 3
"""Rounds of a loop."""


@dataclass
class Writer:
    """Lines of a function. ``draw`` makes the choices."""

    draw: st.DrawFn
    lines: list[str] = field(default_factory=list)
    counters: int = 0

    def pick(self, options: tuple[str, ...]) -> str:
        return self.draw(st.sampled_from(options))

    def value(self, names: tuple[str, ...], depth: int) -> str:
        """Write an expression of the type of ``names``, with one of them in it."""
        if depth == 0 or self.draw(st.booleans()):
            return self.pick(names)
        inner, one = depth - 1, self.value(names, depth - 1)
        literal = self.draw(st.sampled_from(LITERALS))
        match self.draw(st.integers(0, 7)):
            case 0:
                return f"({one} {self.pick(ARITHMETIC)} {literal})"
            case 1:
                return f"{self.pick(('-', '~'))}{one}"
            case 2:
                chosen = f"{one} if {self.condition(inner)} else {self.value(names, inner)}"
                return f"({chosen})"
            case 3:
                return f"{self.pick(('popcnt', 'clz'))}({one})"
            case 4 if names is I64_NAMES:
                return f"{self.pick(('i64', 'u64'))}({self.value(I32_NAMES, inner)})"
            case 4:
                return f"i32({self.value(I64_NAMES, inner)})"
            case 5 if names is I32_NAMES:
                return f"({one} + {self.comparison(inner)})"
            case _:
                return f"({one} {self.pick(ARITHMETIC)} {self.value(names, inner)})"

    def comparison(self, depth: int) -> str:
        names = self.draw(st.sampled_from([I32_NAMES, I64_NAMES]))
        one, other = self.value(names, depth), self.value(names, depth)
        match self.draw(st.integers(0, 5)):
            case 0:
                return f"({one} {self.pick(COMPARISONS)} 0)"
            case 1:
                middle = self.pick(names)
                return f"({one} {self.pick(COMPARISONS)} {middle} {self.pick(COMPARISONS)} {other})"
            case 2:
                return f"{self.pick(UNSIGNED)}({one}, {other})"
            case 3:
                return f"({self.pick(names)} {self.pick(('in', 'not in'))} ({one}, {other}, 1))"
            case _:
                return f"({one} {self.pick(COMPARISONS)} {other})"

    def condition(self, depth: int) -> str:
        if depth == 0:
            return self.comparison(0)
        inner = depth - 1
        match self.draw(st.integers(0, 5)):
            case 0:
                return f"(not {self.condition(inner)})"
            case 1:
                return f"({self.condition(inner)} and {self.condition(inner)})"
            case 2:
                return f"({self.condition(inner)} or {self.condition(inner)})"
            case 3:
                return self.value(I32_NAMES, inner)
            case _:
                return self.comparison(inner)

    def block(self, indent: str, depth: int, *, loops: int) -> None:
        for _ in range(self.draw(st.integers(1, 3))):
            self.statement(indent, depth, loops=loops)

    def statement(self, indent: str, depth: int, *, loops: int) -> None:
        names = self.draw(st.sampled_from([I32_NAMES, I64_NAMES]))
        match self.draw(st.integers(0, 9)):
            case 0 | 1 if depth:
                self.branches(indent, depth - 1, loops=loops)
            case 2 if depth and loops < 2:
                self.while_loop(indent, depth - 1, loops=loops)
            case 3 if depth and loops < 2:
                self.for_loop(indent, depth - 1, loops=loops)
            case 4 if loops:
                self.lines.append(
                    f"{indent}if {self.condition(1)}: {self.pick(('break', 'continue'))}"
                )
            case 5:
                self.lines.append(
                    f"{indent}if {self.condition(2)}: return {self.value(I64_NAMES, 1)}"
                )
            case 6:
                name = self.pick(names)
                self.lines.append(
                    f"{indent}{name} {self.pick(('+', '^', '-'))}= {self.value(names, 2)}"
                )
            case 7:
                one, other = names[:2]
                values = f"{self.value(names, 1)}, {self.value(names, 1)}"
                self.lines.append(f"{indent}{one}, {other} = {values}")
            case _:
                self.lines.append(f"{indent}{self.pick(names)} = {self.value(names, 3)}")

    def branches(self, indent: str, depth: int, *, loops: int) -> None:
        self.lines.append(f"{indent}if {self.condition(2)}:")
        self.block(indent + " ", depth, loops=loops)
        if self.draw(st.booleans()):
            self.lines.append(f"{indent}elif {self.condition(1)}:")
            self.block(indent + " ", depth, loops=loops)
        if self.draw(st.booleans()):
            self.lines.append(f"{indent}else:")
            self.block(indent + " ", depth, loops=loops)

    def while_loop(self, indent: str, depth: int, *, loops: int) -> None:
        self.counters += 1
        count = f"n{self.counters}"
        self.lines.append(f"{indent}{count} = 0")
        self.lines.append(f"{indent}while {count} < {LOOPS_MAX} and {self.condition(1)}:")
        self.lines.append(f"{indent} {count} += 1")
        self.block(indent + " ", depth, loops=loops + 1)

    def for_loop(self, indent: str, depth: int, *, loops: int) -> None:
        self.counters += 1
        count = f"n{self.counters}"
        bounds = self.pick(("a & 3", "0, b & 3", "a & 1, c & 3", "b & 3, -1, -1", "0, 6, 2"))
        self.lines.append(f"{indent}for {count} in range({bounds}):")
        self.block(indent + " ", depth, loops=loops + 1)
        self.lines.append(f"{indent} a = a + {count}")


@st.composite
def sources(draw: st.DrawFn) -> str:
    """Return the text of a function `f` of three i32 and three i64, with an i64 as result."""
    writer = Writer(draw)
    writer.lines.append(HEAD)
    writer.block("    ", 3, loops=0)
    writer.lines.append(f"    return {writer.value(I64_NAMES, 3)}")
    return "\n".join(writer.lines) + "\n"
