"""Reducer ABI v1: what makes a module a reducer, and the entry stub of the seed's blob form.

- *db form*: ``reduce() -> i32``. The reducer reads and writes rows itself. No stub.
- *blob form*: ``reduce(db_ptr, db_len, msg_ptr, msg_len, out_ptr_ptr, out_len_ptr) -> i32``. A
  generated function reads the state from chunk rows and the message into memory, calls, and writes
  the new state back: ordinary code, proven like the reducer's own.

Spec: docs/spec/turn.md, T-20 and on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from wasm_interp.errors import InputError, NotAReducer
from wasm_interp.module import ExternKind, FunctionType, Module
from wasm_interp.opcodes import ValueType
from wasm_interp.profile import PAGE_BYTES, PROFILE_V1

REDUCE: Final = "reduce"
CHUNK_BYTES: Final = PROFILE_V1.value_bytes_max
STATE_KEY: Final = b"\0state"
"""The reserved key under which the blob form keeps its state; a chunk's u16 index follows."""

STATE_BYTES_DEFAULT: Final = 4_096
STATE_BYTES_LIMIT: Final = 2**20

_I: Final = ValueType.I32
DB_TYPE: Final = FunctionType((), (_I,))
BLOB_TYPE: Final = FunctionType((_I,) * 6, (_I,))


class Form(Enum):
    """The two forms of the ABI."""

    DB = "db"
    BLOB = "blob"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedFunction:
    """A function that the linker adds: text for `wasm_interp.assemble`, with named locals.

    ``params`` and ``locals`` are names with ``$``; in ``text``, ``$name`` after ``call`` is another
    generated function, a host function (``$db.get``) or an export of the module (``$reduce``).
    """

    symbol: str
    type: FunctionType
    params: tuple[str, ...] = ()
    locals: tuple[str, ...] = ()
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a module is entered: the form of its ABI, and what linking adds for it.

    Of ``functions`` the first is the entry stub. ``form`` is None for a bare module.
    """

    form: Form | None
    functions: tuple[GeneratedFunction, ...] = ()
    pages: int = 0


BARE: Final = Entry(form=None)
"""A module that is called, not reduced with."""


def entry_of(module: Module, *, state_bytes_max: int) -> Entry:
    """Return how the reducer ``module`` is entered.

    Raises `NotAReducer` if it is none (T-20, T-22), and `InputError` for a maximum that is no
    number of chunks (T-23).
    """
    if reducer_form(module) is Form.DB:
        return Entry(form=Form.DB)
    return blob_entry(module, state_bytes_max=state_bytes_max)


def exported_function(module: Module, name: str) -> FunctionType | None:
    """Return the type of the function exported as ``name``, or None."""
    for export in module.exports:
        if export.name == name and export.kind is ExternKind.FUNCTION:
            return module.function_types()[export.index]
    return None


def reducer_form(module: Module) -> Form:
    """Return the form of the reducer that ``module`` is. Raises `NotAReducer` (T-20)."""
    kind = exported_function(module, REDUCE)
    if kind is None:
        raise NotAReducer("T-20: no function is exported as 'reduce'")
    if kind == DB_TYPE:
        return Form.DB
    if kind == BLOB_TYPE:
        if not module.memories:
            raise NotAReducer("T-20: a reducer of the blob form needs a memory")
        return Form.BLOB
    raise NotAReducer(
        f"T-20: 'reduce' has type {kind}; a reducer's is {DB_TYPE} (db form) "
        f"or {BLOB_TYPE} (blob form)"
    )


def state_rows(blob: bytes) -> list[tuple[bytes, bytes]]:
    """Return the rows that hold the state ``blob`` of a reducer of the blob form. Spec: T-23."""
    starts = range(0, len(blob), CHUNK_BYTES)
    return [
        (STATE_KEY + index.to_bytes(2, "big"), blob[at : at + CHUNK_BYTES])
        for index, at in enumerate(starts)
    ]


def check_state_bytes_max(size: int) -> None:
    """Raise `InputError` unless ``size`` is a whole number of chunks within the limit."""
    if size <= 0 or size % CHUNK_BYTES or size > STATE_BYTES_LIMIT:
        raise InputError(
            f"the greatest state must be a multiple of {CHUNK_BYTES} bytes, at most "
            f"{STATE_BYTES_LIMIT}, not {size} (T-23)"
        )


_CHUNK_KEY: Final = """
  local.get $key  i64.const {prefix}  i64.store
  local.get $key  local.get $i  i32.const 8  i32.shr_u  i32.store8 offset=6
  local.get $key  local.get $i  i32.store8 offset=7
"""

_ENTRY: Final = """
  {base}
  local.set $base
  local.get $base  i32.const {key}  i32.add  local.set $key

  block $read  ;; the state, chunk by chunk; a short or an absent one ends it
    loop $chunk
      local.get $chunks  i32.const {chunks_max}  i32.ge_u  br_if $read
      local.get $key  local.get $chunks  call $chunk_key
      local.get $key  i32.const 8
      local.get $base  local.get $state_len  i32.add  i32.const {chunk}
      call $db.get  local.tee $n  i32.const -1  i32.eq  br_if $read
      local.get $state_len  local.get $n  i32.add  local.set $state_len
      local.get $chunks  i32.const 1  i32.add  local.set $chunks
      local.get $n  i32.const {chunk}  i32.eq  br_if $chunk
    end
  end

  call $channel.message_size  local.set $message_len
  block $received
    loop $part
      local.get $at  local.get $message_len  i32.ge_u  br_if $received
      local.get $message_len  local.get $at  i32.sub  local.tee $n
      i32.const {chunk}
      local.get $n  i32.const {chunk}  i32.lt_u  select  local.set $n
      local.get $base  i32.const {message}  i32.add  local.get $at  i32.add
      local.get $at  local.get $n  call $channel.message_read
      local.get $at  local.get $n  i32.add  local.set $at
      br $part
    end
  end

  local.get $base  i64.const 0  i64.store offset={out}
  local.get $base  local.get $state_len
  local.get $base  i32.const {message}  i32.add  local.get $message_len
  local.get $base  i32.const {out}  i32.add  local.get $base  i32.const {out_len}  i32.add
  call $reduce  local.tee $n
  if
    local.get $n  return
  end

  local.get $base  i32.load offset={out}  local.set $out
  local.get $base  i32.load offset={out_len}  local.tee $state_len
  i32.const {state_max}  i32.gt_u
  if
    trap value_length
  end
  i32.const 0  local.set $i
  block $written
    loop $chunk
      local.get $i  i32.const {chunk}  i32.mul  local.tee $at
      local.get $state_len  i32.ge_u  br_if $written
      local.get $key  local.get $i  call $chunk_key
      local.get $key  i32.const 8
      local.get $out  local.get $at  i32.add
      local.get $state_len  local.get $at  i32.sub  local.tee $n
      i32.const {chunk}
      local.get $n  i32.const {chunk}  i32.lt_u  select
      call $db.put  drop
      local.get $i  i32.const 1  i32.add  local.set $i
      br $chunk
    end
  end
  block $removed  ;; what is left of a longer state
    loop $chunk
      local.get $i  local.get $chunks  i32.ge_u  br_if $removed
      local.get $key  local.get $i  call $chunk_key
      local.get $key  i32.const 8  call $db.delete  drop
      local.get $i  i32.const 1  i32.add  local.set $i
      br $chunk
    end
  end
  i32.const 0
"""

_ALLOCATORS: Final = {
    "alloc": (FunctionType((_I,), (_I,)), "i32.const {size}  call $alloc"),
    "__new": (FunctionType((_I, _I), (_I,)), "i32.const {size}  i32.const 0  call $__new"),
}
"""Exports that buffers are taken from, the first that fits. Spec: T-22."""

_PIN: Final = ("__pin", FunctionType((_I,), (_I,)))


def _buffer_base(module: Module, size: int) -> tuple[str, int]:
    """Return the code that pushes the buffers' address, and the pages to add for them."""
    for name, (kind, text) in _ALLOCATORS.items():
        if exported_function(module, name) == kind:
            # AssemblyScript's collector must not take the buffers away while the reducer runs.
            pinned = name == "__new" and exported_function(module, _PIN[0]) == _PIN[1]
            return text.format(size=size) + ("  call $__pin" if pinned else ""), 0
    own, added = module.memories[0].minimum, -(-size // PAGE_BYTES)
    if own + added > PROFILE_V1.memory_pages_max:
        raise NotAReducer(
            f"T-22: no room for the buffers: {own} pages and {added} more are over "
            f"{PROFILE_V1.memory_pages_max}; export 'alloc'"
        )
    return f"i32.const {own * PAGE_BYTES}", added


def blob_entry(module: Module, *, state_bytes_max: int) -> Entry:
    """Return the entry stub for a reducer of the blob form. Raises `NotAReducer` if it has no room.

    Spec: T-21 to T-25.
    """
    check_state_bytes_max(state_bytes_max)
    message = state_bytes_max
    out = message + PROFILE_V1.message_bytes_max
    key = out + 8
    base, pages = _buffer_base(module, key + 8)
    entry = GeneratedFunction(
        symbol="channels:entry",
        type=DB_TYPE,
        locals=(
            *("$base", "$key", "$chunks", "$state_len", "$message_len"),
            *("$at", "$n", "$out", "$i"),
        ),
        text=_ENTRY.format(
            base=base,
            message=message,
            out=out,
            out_len=out + 4,
            key=key,
            chunk=CHUNK_BYTES,
            state_max=state_bytes_max,
            chunks_max=state_bytes_max // CHUNK_BYTES,
        ),
    )
    prefix = int.from_bytes(STATE_KEY + b"\0\0", "little")
    chunk_key = GeneratedFunction(
        symbol="channels:chunk_key",
        type=FunctionType((_I, _I), ()),
        params=("$key", "$i"),
        text=_CHUNK_KEY.format(prefix=prefix),
    )
    return Entry(form=Form.BLOB, functions=(entry, chunk_key), pages=pages)
