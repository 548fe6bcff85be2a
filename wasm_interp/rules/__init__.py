"""What each instruction does, one readable function an instruction: the specification in code.

Two shapes. A *numeric* rule is a pure function from operands to a result, generic over the width
``n`` of its type as the WebAssembly specification is. A *machine* rule changes a `Machine`: it
checks everything first, raises `Trap` if a check fails, and only then changes anything, so that a
trap leaves the operands where they were (S-9). Operands are unsigned integers below ``2**n``.

`wasm_interp.instructions` binds rules to instruction codes; `wasm_interp.stepper` generates the
fast loop from the very text of these functions, which is why their bodies are kept plain:
parameters, attributes of ``m``, constants, and calls of the small helpers beside them.

Spec: docs/spec/instructions.md, I-3.
"""
