"""The cases of steps: what `conformance.corpus` has, and calldata that is not canonical."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bisection.calldata import encode_call
from bisection.errors import CalldataNotCanonical
from bisection.witness import prove_step
from conformance.corpus import steps, wrong_steps
from conformance.corpus.steps import StepCase, machines
from conformance.format import Case, Generator, VectorSet
from conformance.formats.encodings.calldata_cases import SMOKE_WRONG, wrong_calls
from wasm_interp.errors import RecordVersionMismatch

STEP_GENERATORS: Final[tuple[steps.Generator, ...]] = (
    steps.honest_steps,
    steps.steps_of_runs,
    *wrong_steps.GENERATORS,
)
"""Where steps come from. A new corpus is one line more."""


def case_of(step: StepCase) -> Case:
    """Return the case that asks about a step."""
    fields = ("pre_state", "op", "witness", "post_state")
    return Case(
        name=step.name,
        function="verify",
        input={name: getattr(step.proof, name) for name in fields},
        comment=step.comment,
        flags=step.flags,
        error=step.error,
    )


class _Cases:
    """The cases of one generator of steps: a class, so that it can be sent to another process."""

    def __init__(self, generator: steps.Generator) -> None:
        self.generator = generator

    def __call__(self, kind: VectorSet) -> Iterator[Case]:
        return (case_of(step) for step in self.generator(kind))


def _call_cases(kind: VectorSet) -> Iterator[Case]:
    for name in ("i32.add", "db.put insert", "stopped halted"):
        yield Case(
            name=name.replace(".", "_").replace(" ", "_"),
            function="call",
            input={"calldata": encode_call(prove_step(machines()[name]))},
            comment=f"an honest call: {name}",
            flags=(steps.INSTRUCTION,),
        )
    proof = prove_step(machines()["i32.add"])
    # A witness of 33 bytes, as `wrong_calls` wants it: the form is refused before it is read.
    for name, calldata, error, flag, comment in wrong_calls(replace(proof, witness=bytes(33))):
        if kind is VectorSet.SMOKE and name not in SMOKE_WRONG:
            continue
        yield Case(
            name=name,
            function="call",
            input={"calldata": calldata},
            comment=comment,
            flags=(flag,),
            error=error,
        )
    record = proof.pre_state[:31] + b"\2" + proof.pre_state[32:]
    wrong = encode_call(replace(proof, pre_state=record))
    both = wrong + b"\0"
    for name, calldata, error, comment in (
        ("record", wrong, RecordVersionMismatch, "the record is of another version"),
        ("form_before_record", both, CalldataNotCanonical, "form and record are wrong"),
    ):
        yield Case(
            name=name,
            function="call",
            input={"calldata": calldata},
            comment=comment,
            flags=(wrong_steps.ORDER,),
            error=error,
        )


GENERATORS: Final[tuple[Generator, ...]] = (
    *(_Cases(generator) for generator in STEP_GENERATORS),
    _call_cases,
)
