"""Running a script: every command in turn, every assertion judged.

Rules of judgement:

1. A module that the profile refuses takes all later assertions about it with it, as *refused*.
   Instances that it imports from may then lack what it would have written there: what they get
   wrong from then on is refused, too.
2. So do values of types that the profile has not, and commands that this runner does not know.
3. Assertions about the text format, which is `wat2wasm`'s matter, are *skipped*.
4. So are those that only a limit of the profile decides: call depth, fuel, pages of memory. Which
   limit it was is shown, not assumed: by the trap, or by running again without it.
5. ``assert_invalid`` takes `Invalid` and no other refusal, ``assert_malformed`` only `Malformed`.
   Words that differ from the suite's are noted, and pass.
6. Everything else passes or fails.

Spec: docs/spec/profile.md; WebAssembly's reference interpreter, "Scripts".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from wasm_interp.errors import Invalid, LinkError, Malformed, ModuleError, ProfileViolation
from wasm_interp.link import load
from wasm_interp.machine import Tier
from wasm_interp.script.commands import (
    Action,
    AssertModule,
    AssertReturn,
    AssertTrap,
    BinaryModule,
    Command,
    DefineModule,
    Either,
    Foreign,
    Get,
    InstantiateModule,
    Integer,
    Invoke,
    Misshapen,
    ModuleSource,
    Pattern,
    Perform,
    QuotedModule,
    Register,
    TextModule,
    Unknown,
    Value,
    read_commands,
)
from wasm_interp.script.imports import imported_modules
from wasm_interp.script.instance import Instance, Outcome, Returned, Trapped, limit_reached
from wasm_interp.script.report import MessageMismatch, Report, Verdict
from wasm_interp.script.sexpr import ScriptError
from wasm_interp.script.text import INSTALL_HINT, TextConverterMissing, TextRefused, binary_of
from wasm_interp.state import TrapCode

if TYPE_CHECKING:
    from wasm_interp.program import Program

TRAP_MESSAGES: Final = {
    "integer divide by zero": TrapCode.DIVIDE_BY_ZERO,
    "integer overflow": TrapCode.INTEGER_OVERFLOW,
    "out of bounds memory access": TrapCode.MEMORY_OUT_OF_BOUNDS,
    "out of bounds table access": TrapCode.TABLE_OUT_OF_BOUNDS,
    "undefined element": TrapCode.TABLE_OUT_OF_BOUNDS,
    "undefined": TrapCode.TABLE_OUT_OF_BOUNDS,
    "uninitialized element": TrapCode.NULL_TABLE_ENTRY,
    "uninitialized": TrapCode.NULL_TABLE_ENTRY,
    "indirect call type mismatch": TrapCode.INDIRECT_CALL_TYPE_MISMATCH,
    "indirect call": TrapCode.INDIRECT_CALL_TYPE_MISMATCH,
    "unreachable": TrapCode.UNREACHABLE,
    "call stack exhausted": TrapCode.CALL_STACK_EXHAUSTED,
}
"""The suite's words for a trap, of this and earlier editions; more words may follow them."""

TEXT_FORMAT: Final = "text format"


@dataclass(frozen=True, slots=True)
class _Unusable:
    """A module that could not be instantiated, and what becomes of the assertions about it."""

    verdict: Verdict
    reason: str


_Slot: TypeAlias = Instance | _Unusable
_Expectation: TypeAlias = Callable[[Outcome], bool]


class _JudgedError(Exception):
    """A verdict found on the way; ends the command."""

    def __init__(self, verdict: Verdict, reason: str = "") -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason


def run_script(text: str, *, file: str, tier: Tier = Tier.STEPPER) -> Report:
    """Run a script in ``tier`` and return its verdicts.

    A script that cannot be read has an ``error``.
    """
    report = Report(file=file)
    try:
        commands = read_commands(text)
    except ScriptError as error:
        report.error = str(error)
        return report
    runner = _Runner(report, tier)
    for command in commands:
        runner.run(command)
    return report


class _Runner:
    """The modules of a script, by name; ``current`` is the last one."""

    def __init__(self, report: Report, tier: Tier) -> None:
        self.report = report
        self.tier = tier
        self.current: _Slot = _Unusable(Verdict.FAILED, "there is no module before it")
        self.named: dict[str, _Slot] = {}
        self.registered: dict[str, _Slot] = {}
        self.definition: ModuleSource | None = None
        self.definitions: dict[str, ModuleSource] = {}

    def run(self, command: Command) -> None:
        """Run one command and count its verdict, if it has one."""
        try:
            self._run(command)
        except _JudgedError as judged:
            self.report.count(
                judged.verdict, line=command.line, command=command.word, reason=judged.reason
            )

    def _run(self, command: Command) -> None:
        match command:
            case DefineModule():
                self._define(command)
            case InstantiateModule():
                self._instantiate_definition(command)
            case Register():
                self._register(command)
            case Perform(action=action):
                self._perform_alone(action)
            case AssertReturn():
                self._assert_return(command)
            case AssertTrap():
                self._assert_trap(command)
            case AssertModule():
                self._assert_module(command)
            case Unknown(reason=reason):
                raise _JudgedError(Verdict.REFUSED, reason)
            case Misshapen(reason=reason):
                raise _JudgedError(Verdict.FAILED, f"not understood: {reason}")
            case _:
                assert_never(command)

    # -- modules ----------------------------------------------------------------------------------

    def _define(self, command: DefineModule) -> None:
        self.definition = command.source
        if command.name is not None:
            self.definitions[command.name] = command.source
        if command.instantiate:
            self._instantiate(command.source, name=command.name, line=command.line)
            return
        # A definition must be acceptable, whether or not it is ever instantiated.
        self._load_or_reason(command.source, command.line, instantiate=False)

    def _instantiate_definition(self, command: InstantiateModule) -> None:
        name = command.definition
        source = self.definition if name is None else self.definitions.get(name)
        if source is None:
            raise _JudgedError(Verdict.FAILED, f"there is no module definition {name or ''}")
        self._instantiate(source, name=command.name, line=command.line)

    def _instantiate(self, source: ModuleSource, *, name: str | None, line: int) -> None:
        """Make ``source`` the current module, whatever becomes of it."""
        slot = self._slot(source, line)
        self.current = slot
        if name is not None:
            self.named[name] = slot
        if isinstance(slot, Instance):
            self.report.modules += 1
        elif slot.verdict is not Verdict.REFUSED:
            raise _JudgedError(slot.verdict, slot.reason)

    def _slot(self, source: ModuleSource, line: int) -> _Slot:
        try:
            program = self._load_or_reason(source, line)
        except _JudgedError as judged:
            return _Unusable(judged.verdict, judged.reason)
        if isinstance(program, _Unusable):
            return program
        instance = Instance(program, line=line, tier=self.tier)
        outcome = instance.start()
        if isinstance(outcome, Returned):
            return instance
        where = f"the start function of the module at line {line}"
        if (limit := limit_reached(program, outcome)) is not None:
            return _Unusable(Verdict.SKIPPED, f"limit: {limit}, reached by {where}")
        return _Unusable(Verdict.FAILED, f"{where}: {outcome}")

    def _load_or_reason(
        self, source: ModuleSource, line: int, *, instantiate: bool = True
    ) -> Program | _Unusable:
        """Load a module that should be good. Raises `_JudgedError` if it is called bad."""
        place = f"(module at line {line})"
        try:
            return self._load(source, line, instantiate=instantiate)
        except ProfileViolation as error:
            self.report.modules_refused += 1
            return _Unusable(Verdict.REFUSED, f"{error.rule} {place}")
        except (TextConverterMissing, TextRefused) as error:
            self.report.modules_refused += 1
            return _Unusable(Verdict.REFUSED, f"{TEXT_FORMAT}: {error} {place}")
        except ModuleError as error:
            raise _JudgedError(Verdict.FAILED, f"{error} {place}") from None

    def _load(self, source: ModuleSource, line: int, *, instantiate: bool) -> Program:
        """Return the program of a module, which ``instantiate`` says is wanted for instances.

        Raises `ModuleError`, `TextRefused`, `TextConverterMissing`.
        """
        match source:
            case BinaryModule(wasm=wasm):
                pass
            case TextModule(text=text) | QuotedModule(text=text):
                try:
                    wasm = binary_of(text)
                except TextConverterMissing:
                    self.report.needs = INSTALL_HINT
                    raise
            case _:
                assert_never(source)
        try:
            return load(wasm, reducer=False)
        except ProfileViolation:
            if instantiate:
                self._note_sharing(wasm, line)
            raise

    def _find(self, name: str | None) -> Instance:
        """Return the instance called ``name``, or the current one."""
        slot = self.current if name is None else self.named.get(name)
        if slot is None:
            raise _JudgedError(Verdict.FAILED, f"there is no module {name}")
        if isinstance(slot, _Unusable):
            raise _JudgedError(slot.verdict, slot.reason)
        return slot

    def _register(self, command: Register) -> None:
        """Remember the name, though whoever imports from it is refused (P-8)."""
        name = command.module
        if name is not None and name not in self.named:
            raise _JudgedError(Verdict.FAILED, f"there is no module {name}")
        self.registered[command.export] = self.current if name is None else self.named[name]

    def _note_sharing(self, wasm: bytes, line: int) -> None:
        """Note which instances a module that is refused imports from: it could change them."""
        for name in imported_modules(wasm):
            slot = self.registered.get(name)
            if isinstance(slot, Instance) and slot.shared_with is None:
                slot.shared_with = f"the module at line {line} imports from it, and is refused"

    # -- actions ----------------------------------------------------------------------------------

    def _perform(self, action: Action) -> tuple[Instance, Outcome]:
        """Run an action. Raises `_JudgedError` if it cannot be run."""
        instance = self._find(action.module)
        program = instance.program
        match action:
            case Get(export=export):
                index = program.exported_globals.get(export)
                if index is None:
                    raise _JudgedError(Verdict.FAILED, f"no global is exported as '{export}'")
                return instance, instance.get(index)
            case Invoke(export=export, args=args):
                function = program.exports.get(export)
                if function is None:
                    raise _JudgedError(Verdict.FAILED, f"no function is exported as '{export}'")
                integers = [_integer_of(value) for value in args]
                if tuple(value.kind for value in integers) != function.type.params:
                    what = f"'{export}' has type {function.type}: wrong arguments"
                    raise _JudgedError(Verdict.FAILED, what)
                return instance, instance.invoke(function, [value.value for value in integers])
            case _:
                assert_never(action)

    def _perform_alone(self, action: Action) -> None:
        try:
            instance, outcome = self._perform(action)
        except _JudgedError as judged:
            # Only assertions are counted as refused or skipped.
            if judged.verdict is Verdict.FAILED:
                raise
            return
        if isinstance(outcome, Trapped):
            _fail(instance, outcome, _returned, expected="no trap")

    def _assert_return(self, command: AssertReturn) -> None:
        instance, outcome = self._perform(command.action)
        patterns = command.expected
        if len(patterns) > 1:
            raise _JudgedError(Verdict.REFUSED, f"P-5: {len(patterns)} results are expected")

        def holds(outcome: Outcome) -> bool:
            return isinstance(outcome, Returned) and _matches(patterns, outcome)

        if holds(outcome):
            raise _JudgedError(Verdict.PASSED)
        for word in _foreign_words(patterns):
            raise _JudgedError(Verdict.REFUSED, f"P-4: {word} is expected")
        _fail(instance, outcome, holds, expected=_pattern_text(patterns))

    def _assert_trap(self, command: AssertTrap) -> None:
        instance, outcome = self._perform(command.action)

        def holds(outcome: Outcome) -> bool:
            return isinstance(outcome, Trapped) and _trap_fits(command.message, outcome.code)

        if holds(outcome):
            raise _JudgedError(Verdict.PASSED)
        _fail(instance, outcome, holds, expected=f"'{command.message}'")

    # -- assertions about modules -----------------------------------------------------------------

    def _assert_module(self, command: AssertModule) -> None:
        self._skip_text_format(command)
        try:
            instantiate = command.word in ("assert_trap", "assert_unlinkable")
            program = self._load(command.source, command.line, instantiate=instantiate)
        except ProfileViolation as error:
            raise _JudgedError(Verdict.REFUSED, error.rule) from None
        except (TextConverterMissing, TextRefused) as error:
            raise _JudgedError(*_text_refused(command, error)) from None
        except (Malformed, Invalid, LinkError) as error:
            raise self._judge_refusal(command, error) from None
        raise _judge_acceptance(command, program)

    def _skip_text_format(self, command: AssertModule) -> None:
        is_text = not isinstance(command.source, BinaryModule)
        quoted = isinstance(command.source, QuotedModule)
        if command.word == "assert_malformed" and is_text:
            raise _JudgedError(Verdict.SKIPPED, TEXT_FORMAT)
        if command.word == "assert_invalid" and quoted:
            raise _JudgedError(Verdict.SKIPPED, TEXT_FORMAT)

    def _judge_refusal(self, command: AssertModule, error: ModuleError) -> _JudgedError:
        """Return the verdict on a module that was refused for another reason than the profile."""
        if not isinstance(error, _REFUSALS[command.word]):
            return _JudgedError(Verdict.FAILED, f"expected '{command.message}': {error}")
        if command.word == "assert_trap":
            # Which segment does not fit is the very trap, not a choice of words.
            subject = "memory" if error.rule.endswith("memory") else "table"
            if not f"out of bounds {subject} access".startswith(command.message):
                return _JudgedError(Verdict.FAILED, f"expected '{command.message}': {error}")
        elif not error.rule.removeprefix("P-10: ").startswith(command.message):
            mismatch = MessageMismatch(
                line=command.line,
                command=command.word,
                expected=command.message,
                actual=error.rule,
            )
            self.report.message_mismatches.append(mismatch)
        return _JudgedError(Verdict.PASSED)


_REFUSALS: Final[dict[str, type[ModuleError]]] = {
    "assert_malformed": Malformed,
    "assert_invalid": Invalid,
    "assert_unlinkable": LinkError,
    "assert_trap": LinkError,
}
"""The error that each assertion about a module asks for. Segments that do not fit are `LinkError`:
of linking in the first edition, of instantiation since. Spec: P-10."""


def _text_refused(
    command: AssertModule, error: TextConverterMissing | TextRefused
) -> tuple[Verdict, str]:
    """Return the verdict on a module whose text cannot be converted."""
    refused = isinstance(error, TextRefused) and command.word == "assert_invalid"
    verdict = Verdict.SKIPPED if refused else Verdict.REFUSED
    return verdict, f"{TEXT_FORMAT}: {error}"


def _judge_acceptance(command: AssertModule, program: Program) -> _JudgedError:
    """Return the verdict on a module that was loaded: only its start function can still trap."""
    if command.word != "assert_trap":
        return _JudgedError(Verdict.FAILED, f"expected '{command.message}': module is accepted")
    instance = Instance(program, line=command.line)
    outcome = instance.start()
    if isinstance(outcome, Trapped) and _trap_fits(command.message, outcome.code):
        return _JudgedError(Verdict.PASSED)
    if (limit := limit_reached(program, outcome)) is not None:
        return _JudgedError(Verdict.SKIPPED, f"limit: {limit}")
    return _JudgedError(Verdict.FAILED, f"expected '{command.message}', not {outcome}")


def _fail(instance: Instance, outcome: Outcome, holds: _Expectation, *, expected: str) -> None:
    """Raise the verdict on an outcome that is not the expected one."""
    if (limit := instance.limit_behind(holds, outcome)) is not None:
        raise _JudgedError(Verdict.SKIPPED, f"limit: {limit}")
    if instance.shared_with is not None:
        raise _JudgedError(Verdict.REFUSED, f"P-8: {instance.shared_with}")
    raise _JudgedError(Verdict.FAILED, f"expected {expected}, not {outcome}")


def _returned(outcome: Outcome) -> bool:
    return isinstance(outcome, Returned)


def _trap_fits(message: str, code: TrapCode) -> bool:
    """Whether the suite's ``message`` is about ``code``; an empty one is about every trap."""
    return not message or any(
        message.startswith(words) for words, known in TRAP_MESSAGES.items() if known is code
    )


def _integer_of(value: Value) -> Integer:
    if isinstance(value, Foreign):
        raise _JudgedError(Verdict.REFUSED, f"P-4: {value.word} is an argument")
    return value


def _matches(patterns: tuple[Pattern, ...], outcome: Returned) -> bool:
    """Whether a result is what at most one pattern asks for."""
    if not patterns or outcome.kind is None:
        return not patterns and outcome.kind is None
    result = Integer(outcome.kind, outcome.value)
    return any(option == result for option in _options(patterns))


def _options(patterns: tuple[Pattern, ...]) -> Iterator[Value]:
    for pattern in patterns:
        if isinstance(pattern, Either):
            yield from pattern.options
        else:
            yield pattern


def _foreign_words(patterns: tuple[Pattern, ...]) -> list[str]:
    return [option.word for option in _options(patterns) if isinstance(option, Foreign)]


def _pattern_text(patterns: tuple[Pattern, ...]) -> str:
    return " or ".join(str(option) for option in _options(patterns)) or "no result"
