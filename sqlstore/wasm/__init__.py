"""A small language with Python's syntax that compiles to WebAssembly: what statements become.

A source is a Python module of functions and of constants; the compiler reads it with `ast` and
never runs it. What it may say:

- *Types*: `i32`, `i64`. Parameters and results are annotated (a result may be None); a local has
  the type of its annotation or of its first assignment. No conversion is implicit but one: a
  literal takes the type that its place asks for (another operand's, a parameter's), else `i32`.
- *Constants*: ``NAME = expression`` of integers, ``ord("x")`` and other constants, at the top of
  a source; `True` and `False` are 1 and 0. A constant expression is computed when compiled.
- *Expressions*: names, literals, calls; ``+ - * & | ^ << >>`` (``>>`` keeps the sign), unary
  ``-`` and ``~``, modulo 2^32 or 2^64; signed comparisons, chains of them, ``in (a, b)`` and ``not
  in`` (what they would evaluate twice has no calls); ``not``; ``and``, ``or``, conditional
  expressions, which leave out what could trap or write and is not needed (the value of ``or`` is 1
  if its left side is not 0).
- *Words*: those of `sqlstore.wasm.prelude`.
- *Statements*: assignments to a name, augmented ones too, and to several (``a, b = b, a``);
  ``if``, ``while``, ``for name in range(…)`` with a constant step (the end is evaluated once;
  afterwards the name is the first value out of range); ``break``, ``continue``, ``return``,
  ``pass``; and calls, whose values are dropped. What cannot be reached is left out.

A name that is called means the word, else the library's function, else the source's own. All else
is refused with `LanguageError`. Equal sources give equal code, on any machine, by any Python.

Here: `compile_program` and what it takes and gives. Not here: how functions get into a module
(`sqlstore.wasm.link`), what is written in the language (`sqlstore.compile`).
"""

from sqlstore.wasm.errors import LanguageError
from sqlstore.wasm.language import CompiledFunction, CompiledProgram, compile_program
from sqlstore.wasm.source import Source

__all__ = ["CompiledFunction", "CompiledProgram", "LanguageError", "Source", "compile_program"]
