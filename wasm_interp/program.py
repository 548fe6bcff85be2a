"""A program: linked, lowered code with its genesis, ready to run. A value.

Made by `wasm_interp.link`. Not here: running it (`wasm_interp.machine`), turns
(`wasm_interp.turn`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from merkle import ZERO_HASH, Hash32, OrderedMap, WordTree, depth_for, keccak256
from wasm_interp.abi import Form
from wasm_interp.commitments import CHUNK_BYTES, u64_leaves
from wasm_interp.errors import InputError, NotAReducer, printable
from wasm_interp.instructions import INSTRUCTIONS, INVALID, JUMP_TABLE, Word, is_valid
from wasm_interp.lower import (
    HALT_WITH_RESULT,
    HALT_WITHOUT_RESULT,
    LinkedFunction,
    Origin,
)
from wasm_interp.machine import Machine
from wasm_interp.message import Message
from wasm_interp.profile import Profile
from wasm_interp.state import TrapCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasm_interp.compiled.program import CompiledProgram
    from wasm_interp.module import FunctionType, Module
    from wasm_interp.native.runner import NativeProgram

REDUCER_TAG: Final = b"channels/reducer/v1"

_TARGETS: Final = {"pc", "function"}
"""How the immediates are shown that are a pc."""

EMPTY_ROWS: Final = OrderedMap()
NO_MESSAGE: Final = Message()


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of a program: ``pc`` is 0 if it has no code of its own (a host function)."""

    index: int
    symbol: str
    type: FunctionType
    pc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where an instruction comes from: a function, and a byte offset in the module, or -1."""

    pc: int
    symbol: str
    offset: int

    def __str__(self) -> str:
        where = f" (byte 0x{self.offset:x})" if self.offset >= 0 else ""
        return f"pc {self.pc} in {self.symbol}{where}"


@dataclass(frozen=True, kw_only=True)
class Program:
    """Code and genesis of a module.

    ``memory`` is the whole initial memory; ``globals`` are padded to a whole tree; ``table`` holds
    entries as u64; ``exports`` are functions by name; ``start_pc`` is the start function's, if any.
    ``linked`` is what ``words`` were made from, by function index.
    ``form`` and ``entry_pc`` are set for reducers. ``fuel`` is what each message gets.
    """

    linked: tuple[LinkedFunction, ...]
    words: tuple[Word, ...]
    origins: tuple[Origin, ...]
    functions: tuple[Function, ...]
    exports: dict[str, Function]
    exported_globals: dict[str, int]
    memory: bytes
    memory_max: int
    globals: tuple[int, ...]
    table: tuple[int, ...]
    start_pc: int | None
    form: Form | None
    entry_pc: int | None
    state_bytes_max: int | None
    fuel: int
    profile: Profile
    wasm_hash: Hash32
    module: Module

    # -- code -------------------------------------------------------------------------------------

    def fetch(self, pc: int) -> Word | None:
        """Return the instruction at ``pc``, or None if there is no valid one. Spec: S-11."""
        if pc >= len(self.words):
            return None
        word = self.words[pc]
        return word if is_valid(word) else None

    @cached_property
    def dispatch(self) -> tuple[list[int], list[int], list[int]]:
        """Dispatch numbers, ``a`` and ``b`` by pc, for the generated loop.

        One invalid instruction follows the code, so that running off its end leaves the loop; so
        does an instruction that leads out of the code, which lowering never emits.
        """
        from wasm_interp.stepper import dispatch_numbers

        numbers = dispatch_numbers()
        words = (*self.words, Word(INVALID))
        return (
            [
                numbers[word.code if self._stays(pc, word) else INVALID]
                for pc, word in enumerate(words)
            ],
            [word.a for word in words],
            [word.b for word in words],
        )

    def _stays(self, pc: int, word: Word) -> bool:
        """Return whether the instruction at ``pc`` leads to one within the code, or just behind."""
        if not is_valid(word):
            return False
        if word.code == JUMP_TABLE:
            return pc + 1 + word.a <= len(self.words)
        return INSTRUCTIONS[word.code].shown not in _TARGETS or word.a <= len(self.words)

    @cached_property
    def _functions_by_pc(self) -> dict[int, Function]:
        return {function.pc: function for function in self.functions if function.pc}

    def location(self, pc: int) -> Location:
        """Return where the instruction at ``pc`` comes from."""
        if pc >= len(self.origins):
            return Location(pc=pc, symbol="(outside the code)", offset=-1)
        origin = self.origins[pc]
        symbol = self.functions[origin.function].symbol if origin.function >= 0 else "(halt)"
        return Location(pc=pc, symbol=symbol, offset=origin.offset)

    def text(self, word: Word | None) -> str:
        """Return an instruction as people read it: ``call 17 <checkWin>``."""
        if word is None:
            return "(no instruction)"
        row = INSTRUCTIONS[word.code]
        match row.shown:
            case "function":
                callee = self._functions_by_pc.get(word.a)
                return f"{row.name} {word.a}" + (f" <{callee.symbol}>" if callee else "")
            case "trap":
                return f"{row.name} {TrapCode(word.a).name.lower()}"
            case "":
                return f"{row.name} {_signed_text(word)}" if row.b_max else row.name
            case _:
                return f"{row.name} {word.a}"

    @cached_property
    def compiled(self) -> CompiledProgram:
        """The program's functions as Python, each compiled when it is first called."""
        from wasm_interp.compiled.program import CompiledProgram

        return CompiledProgram(self)

    @cached_property
    def native(self) -> NativeProgram:
        """The program as wasmtime's code. Raises `NativeTierMissing`."""
        from wasm_interp.native.runner import NativeProgram

        return NativeProgram(self)

    def __getstate__(self) -> dict[str, object]:
        """Leave compiled code out of copies and pickles: it is made anew where it is wanted."""
        made = {"compiled", "native"}
        return {name: value for name, value in vars(self).items() if name not in made}

    # -- commitments ------------------------------------------------------------------------------

    @cached_property
    def code_tree(self) -> WordTree:
        """The tree of the code, two instructions a leaf."""
        data = b"".join(word.encode() for word in self.words)
        return WordTree.from_bytes(data, depth=depth_for((len(self.words) + 1) // 2))

    @cached_property
    def memory_tree(self) -> WordTree:
        """The tree of the initial memory. Spec: S-5."""
        return WordTree.from_bytes(self.memory, depth=depth_for(len(self.memory) // 32))

    @cached_property
    def memory_chunks(self) -> tuple[bytes, ...]:
        """The initial memory in chunks, to compare with."""
        starts = range(0, len(self.memory), CHUNK_BYTES)
        return tuple(self.memory[at : at + CHUNK_BYTES] for at in starts)

    @cached_property
    def table_tree(self) -> WordTree:
        """The tree of the table, four entries a leaf."""
        leaves = u64_leaves(self.table)
        return WordTree.from_bytes(leaves, depth=depth_for(len(leaves) // 32))

    @cached_property
    def reducer_id(self) -> Hash32:
        """The id of a reducer. Raises `NotAReducer`. Spec: T-30."""
        genesis = replace(self.start().state(), db_root=ZERO_HASH, message=ZERO_HASH)
        return keccak256(REDUCER_TAG + self.wasm_hash + self.profile.hash() + genesis.hash())

    # -- machines ---------------------------------------------------------------------------------

    def start(self, rows: OrderedMap = EMPTY_ROWS, message: Message = NO_MESSAGE) -> Machine:
        """Return a machine at genesis, about to reduce ``message`` over ``rows``. Spec: T-4.

        Raises `NotAReducer`.
        """
        if self.entry_pc is None:
            raise NotAReducer("T-20: the module was linked without an entry")
        return self._machine(self.entry_pc, [], has_result=True, rows=rows, message=message)

    def call(
        self,
        export: str,
        args: Sequence[int] = (),
        *,
        rows: OrderedMap = EMPTY_ROWS,
        message: Message = NO_MESSAGE,
    ) -> Machine:
        """Return a machine about to call an exported function, the start function first.

        An argument is an integer of its parameter's width, signed or unsigned.
        Raises `InputError` for an unknown export or arguments that do not fit.
        """
        function = self.exports.get(export)
        if function is None:
            known = printable(", ".join(sorted(self.exports))) or "none"
            raise InputError(f"no function is exported as '{printable(export)}'; there is: {known}")
        stack = _arguments(function, args)
        has_result = bool(function.type.results)
        return self._machine(function.pc, stack, has_result=has_result, rows=rows, message=message)

    def _machine(
        self, pc: int, stack: list[int], *, has_result: bool, rows: OrderedMap, message: Message
    ) -> Machine:
        return_pcs = [HALT_WITH_RESULT if has_result else HALT_WITHOUT_RESULT]
        if self.start_pc is not None:
            # The start function runs first and "returns" into the function that is called.
            return_pcs.append(pc)
            pc = self.start_pc
        return Machine(
            self,
            pc=pc,
            stack=stack,
            return_pcs=return_pcs,
            rows=rows,
            message=message,
            fuel=self.fuel,
        )

    def __repr__(self) -> str:
        what = f"{self.form.value} reducer" if self.form else "module"
        return (
            f"Program({what}, {len(self.words)} instructions, wasm=0x{self.wasm_hash.hex()[:8]}…)"
        )


def _signed_text(word: Word) -> str:
    bits = 32 if INSTRUCTIONS[word.code].b_max == 2**32 - 1 else 64
    return str(word.b - (1 << bits) if word.b >> (bits - 1) else word.b)


def _arguments(function: Function, args: Sequence[int]) -> list[int]:
    params = function.type.params
    if len(args) != len(params):
        raise InputError(
            f"'{function.symbol}' takes {len(params)} arguments {function.type}, not {len(args)}"
        )
    stack = []
    for value, kind in zip(args, params, strict=True):
        bits = 32 if kind.text == "i32" else 64
        if not -(1 << (bits - 1)) <= value < 1 << bits:
            shown = value if value.bit_length() <= 128 else f"of {value.bit_length()} bits"
            raise InputError(f"argument {shown} is not an {kind.text}")
        stack.append(value & ((1 << bits) - 1))
    return stack
