"""The fast tier: functions compiled to Python source, exact to the step.

`run_compiled` takes the steps that `Machine.step` takes: it stops where asked, in the very state.
It is never trusted: where anything is out of the ordinary, the stepper takes the step, and tests
hold all of it to the stepper.

- `values`, `numeric`: operands as expressions.
- `shape`, `source`, `operands`, `straight`, `function`: from a function's body to lines of Python.
- `calls`, `program`: from lines to code objects, kept with the program.
- `instance`, `driver`: running them on a machine.

Design: docs/tiers.md, docs/adr/0002-compiled-tier.md.
"""

from wasm_interp.compiled.driver import run_compiled, supported

__all__ = ["run_compiled", "supported"]
