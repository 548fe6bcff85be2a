"""Code after an unconditional branch: valid because the operand stack is polymorphic there."""

from __future__ import annotations

from collections.abc import Sequence

from tests.wasm_interp.generator.operands import Operands
from tests.wasm_interp.generator.source import pick
from tests.wasm_interp.generator.writer import NUMERIC, TYPES, I, L
from wasm_interp.opcodes import ValueType


class DeadCode(Operands):
    """Writes instructions whose operands come out of nothing."""

    def dead_noise(self) -> None:
        """Write instructions that are valid because nothing here is reached: any operand will do.

        ``known`` are the operands pushed since; None stands for one whose type is not known.
        """
        known: list[ValueType | None] = []
        for _ in range(self.below(5)):
            self._dead_instruction(known)
        for _ in known:
            self.emit("drop")

    def _dead_instruction(self, known: list[ValueType | None]) -> None:
        match self.below(9):
            case 0 | 1:
                kind = pick(self.source, TYPES)
                self.expression(kind)
                known.append(kind)
            case 2:
                self.emit("drop")
                _take(known, 1)
            case 3:
                self._dead_select(known)
            case 4 if self.locals:
                index = self.below(len(self.locals))
                name = pick(self.source, ("local.set", "local.tee"))
                kinds = (self.locals[index],)
                self._dead(known, kinds, kinds if name == "local.tee" else (), name, index)
            case 5 | 6:
                self._dead_branch(known)
            case 7:
                kind = pick(self.source, TYPES)
                self.emit("block", kind)
                self.labels.append(kind)
                self.expression(kind)
                self.labels.pop()
                self.emit("end")
                known.append(kind)
            case _:
                row = pick(self.source, NUMERIC)
                self._dead(known, row.pops, row.pushes, row.name)

    def _dead(
        self,
        known: list[ValueType | None],
        pops: Sequence[ValueType],
        pushes: Sequence[ValueType],
        name: str,
        *immediates: int,
    ) -> None:
        if _fits(known, pops):
            _take(known, len(pops))
            self.emit(name, *immediates)
            known += pushes

    def _dead_select(self, known: list[ValueType | None]) -> None:
        operands = [*(None,) * 3, *known][-3:]
        kinds = {kind for kind in operands[:2] if kind is not None}
        if operands[2] is not L and len(kinds) < 2:
            _take(known, 3)
            self.emit("select")
            known.append(kinds.pop() if kinds else None)

    def _dead_branch(self, known: list[ValueType | None]) -> None:
        kind = pick(self.source, self.labels)
        carried = () if kind is None else (kind,)
        match self.below(4):
            case 0:
                depth = pick(self.source, self.depths_of(kind))
                self._dead(known, (*carried, I), carried, "br_if", depth)
                return
            case 1:
                self.emit("unreachable")
            case 2 if _fits(known, (*carried, I)):
                depths = self.depths_of(kind)
                self.emit("br_table", *(pick(self.source, depths) for _ in range(3)))
            case 3 if _fits(known, self.kind.results):
                self.emit("return")
            case _:
                return
        known.clear()


def _fits(known: Sequence[ValueType | None], pops: Sequence[ValueType]) -> bool:
    """Whether operands of types ``pops`` can be taken where below ``known`` there is anything."""
    tops = zip(reversed(known), reversed(pops), strict=False)
    return all(have in (None, want) for have, want in tops)


def _take(known: list[ValueType | None], count: int) -> None:
    del known[max(0, len(known) - count) :]
