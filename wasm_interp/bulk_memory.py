"""memory.copy and memory.fill as loops, so that no step touches more than O(1) words.

Each is replaced by a check of all its bounds in 64 bits, before the first write, and loops of eight
bytes and of one. Three scratch locals of the function hold the operands.

Spec: docs/spec/lowering.md, L-12 to L-14.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from wasm_interp.assemble import assemble
from wasm_interp.module import Instr
from wasm_interp.opcodes import MEMORY_COPY, MEMORY_FILL

SCRATCH_LOCALS: Final = 3
"""How many locals a function gets that uses one of the two."""

_CHECK: Final = """
  block {ok}
    local.get {base}  i64.extend_i32_u  local.get $n  i64.extend_i32_u  i64.add
    memory.size  i64.extend_i32_u  i64.const 16  i64.shl
    i64.le_u  br_if {ok}
    trap memory_out_of_bounds
  end
"""

_COPY: Final = f"""
  local.set $n  local.set $src  local.set $dst
  {_CHECK.format(ok="$dst_ok", base="$dst")}
  {_CHECK.format(ok="$src_ok", base="$src")}
  local.get $dst  local.get $src  i32.le_u
  if  ;; forwards: what is overwritten was read before
    block $last loop $words
      local.get $n  i32.const 8  i32.lt_u  br_if $last
      local.get $dst  local.get $src  i64.load  i64.store
      local.get $dst  i32.const 8  i32.add  local.set $dst
      local.get $src  i32.const 8  i32.add  local.set $src
      local.get $n  i32.const 8  i32.sub  local.set $n
      br $words
    end end
    block $done loop $bytes
      local.get $n  i32.eqz  br_if $done
      local.get $dst  local.get $src  i32.load8_u  i32.store8
      local.get $dst  i32.const 1  i32.add  local.set $dst
      local.get $src  i32.const 1  i32.add  local.set $src
      local.get $n  i32.const 1  i32.sub  local.set $n
      br $bytes
    end end
  else  ;; backwards
    block $last loop $words
      local.get $n  i32.const 8  i32.lt_u  br_if $last
      local.get $n  i32.const 8  i32.sub  local.set $n
      local.get $dst  local.get $n  i32.add
      local.get $src  local.get $n  i32.add  i64.load  i64.store
      br $words
    end end
    block $done loop $bytes
      local.get $n  i32.eqz  br_if $done
      local.get $n  i32.const 1  i32.sub  local.set $n
      local.get $dst  local.get $n  i32.add
      local.get $src  local.get $n  i32.add  i32.load8_u  i32.store8
      br $bytes
    end end
  end
"""

_FILL: Final = f"""
  local.set $n
  i64.extend_i32_u  i64.const 0xff  i64.and
  i64.const 0x0101010101010101  i64.mul  local.set $bytes_of_eight
  local.set $dst
  {_CHECK.format(ok="$dst_ok", base="$dst")}
  block $last loop $words
    local.get $n  i32.const 8  i32.lt_u  br_if $last
    local.get $dst  local.get $bytes_of_eight  i64.store
    local.get $dst  i32.const 8  i32.add  local.set $dst
    local.get $n  i32.const 8  i32.sub  local.set $n
    br $words
  end end
  block $done loop $bytes
    local.get $n  i32.eqz  br_if $done
    local.get $dst  local.get $bytes_of_eight  i64.store8
    local.get $dst  i32.const 1  i32.add  local.set $dst
    local.get $n  i32.const 1  i32.sub  local.set $n
    br $bytes
  end end
"""


BULK_MEMORY: Final = frozenset({MEMORY_COPY, MEMORY_FILL})
"""The opcodes that are replaced."""


def uses_bulk_memory(body: Iterable[Instr]) -> bool:
    """Return whether ``body`` needs scratch locals: dead code counts, as L-12 says."""
    return any(instr.opcode.code in BULK_MEMORY for instr in body)


@lru_cache(maxsize=64)
def bulk_memory_code(opcode: int, *, scratch: int) -> tuple[Instr, ...]:
    """Return what stands for ``opcode``, with ``scratch`` as the first of its scratch locals."""
    if opcode == MEMORY_COPY:
        names, text = ("$dst", "$src", "$n"), _COPY
    else:
        names, text = ("$dst", "$bytes_of_eight", "$n"), _FILL
    return assemble(text, locals={name: scratch + i for i, name in enumerate(names)})
