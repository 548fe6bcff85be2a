"""The commands of a script, from its text."""

from __future__ import annotations

import pytest

from wasm_interp.opcodes import ValueType
from wasm_interp.script.commands import (
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
    Perform,
    QuotedModule,
    Register,
    TextModule,
    Unknown,
    read_commands,
)


def one(text: str) -> Command:
    (command,) = read_commands(text)
    return command


def i32(value: int) -> Integer:
    return Integer(ValueType.I32, value)


@pytest.mark.parametrize(
    ("text", "name", "source", "instantiate"),
    [
        ("(module (func) )", None, TextModule("(module (func) )"), True),
        ("(module $m)", "$m", TextModule("(module $m)"), True),
        ('(module $"a b")', "$a b", TextModule('(module $"a b")'), True),
        ('(module binary "\\00a" "s")', None, BinaryModule(b"\0as"), True),
        ("(module $m binary)", "$m", BinaryModule(b""), True),
        ('(module quote "(fu" "nc)")', None, QuotedModule("(func)"), True),
        ("(module definition (func))", None, TextModule("(module (func))"), False),
        ("(module definition $d (func))", "$d", TextModule("(module $d (func))"), False),
        ('(module definition $d binary "x")', "$d", BinaryModule(b"x"), False),
    ],
)
def test_modules(
    text: str, name: str | None, source: TextModule | QuotedModule | BinaryModule, instantiate: bool
) -> None:
    assert one(text) == DefineModule(
        line=1, word="module", name=name, source=source, instantiate=instantiate
    )


def test_instances_of_definitions() -> None:
    for text, name, definition in (
        ("(module instance)", None, None),
        ("(module instance $i)", "$i", None),
        ("(module instance $i $d)", "$i", "$d"),
    ):
        assert one(text) == InstantiateModule(
            line=1, word="module", name=name, definition=definition
        )


def test_a_script_of_fields_is_one_module() -> None:
    text = ';; c\n(func) (memory 0)\n(func (export "f"))'
    assert one(text) == DefineModule(
        line=2, word="module", name=None, source=TextModule(text), instantiate=True
    )


def test_actions_and_registration() -> None:
    invoke = Invoke("$m", "f", (i32(1), Integer(ValueType.I64, 2**64 - 1)))
    assert one('(invoke $m "f" (i32.const 1) (i64.const -1))') == Perform(
        line=1, word="invoke", action=invoke
    )
    assert one('\n(get "g")') == Perform(line=2, word="get", action=Get(None, "g"))
    assert one('(register "M" $m)') == Register(line=1, word="register", export="M", module="$m")
    assert one('(register "M")') == Register(line=1, word="register", export="M", module=None)


def test_expected_values() -> None:
    command = one(
        '(assert_return (invoke "f") (i32.const 1) (either (i32.const 2) (ref.null func)) '
        "(f32.const nan:canonical) (v128.const i32x4 1 2 3 4) (ref.extern))"
    )
    assert isinstance(command, AssertReturn)
    assert command.expected == (
        i32(1),
        Either((i32(2), Foreign("ref.null"))),
        Foreign("f32.const"),
        Foreign("v128.const"),
        Foreign("ref.extern"),
    )


def test_traps_of_actions_and_of_modules() -> None:
    action = Invoke(None, "f", ())
    for word in ("assert_trap", "assert_exhaustion"):
        assert one(f'({word} (invoke "f") "words")') == AssertTrap(
            line=1, word=word, action=action, message="words"
        )
    assert one('(assert_trap (module) "words")') == AssertModule(
        line=1, word="assert_trap", source=TextModule("(module)"), message="words"
    )
    assert one('(assert_trap (invoke "f"))') == AssertTrap(
        line=1, word="assert_trap", action=action, message=""
    )


@pytest.mark.parametrize("word", ["assert_invalid", "assert_malformed", "assert_unlinkable"])
def test_refusals_of_modules(word: str) -> None:
    source = QuotedModule("(func)")
    assert one(f'({word} (module quote "(func)") "words")') == AssertModule(
        line=1, word=word, source=source, message="words"
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("(thread $t (shared (module $m)))", "'thread'"),
        ("()", "''"),
        ('(assert_exception (invoke "f"))', "'assert_exception': P-4"),
        ("(assert_return (wait $t))", "'wait'"),
        ('(assert_invalid (component) "x")', "'component'"),
        ('(assert_return_canonical_nan (invoke "f"))', "'assert_return_canonical_nan'"),
    ],
)
def test_unknown_commands_are_named(text: str, named: str) -> None:
    command = one(text)
    assert isinstance(command, Unknown)
    assert command.reason.startswith(named)


@pytest.mark.parametrize(
    "text",
    [
        "(assert_return)",
        '(assert_return "f")',
        "(assert_return (invoke f))",
        '(assert_return (invoke "f") 1)',
        '(assert_return (invoke "f") (i32.const))',
        '(assert_return (invoke "f") (i32.const (1)))',
        '(assert_return (invoke "f") (i32.const 1 2))',
        '(assert_return (get "f" (i32.const 1)))',
        '(assert_trap (invoke "f") "a" "b")',
        '(assert_trap (invoke "f") a)',
        '(assert_invalid (module) "a" "b")',
        "(assert_invalid)",
        "(module binary (func))",
        "(module instance $a $b $c)",
        "(register)",
        '(register "M" $m $n)',
    ],
)
def test_a_command_of_another_shape_is_misshapen(text: str) -> None:
    command = one(f"{text} ")
    assert isinstance(command, Misshapen)
    assert command.reason


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("+7", 7),
        ("-1", 2**32 - 1),
        ("4_294_967_295", 2**32 - 1),
        ("0xFFFF_ffff", 2**32 - 1),
        ("-0x8000_0000", 2**31),
        ("007", 7),
    ],
)
def test_integer_literals(literal: str, value: int) -> None:
    command = one(f'(assert_return (invoke "f") (i32.const {literal}))')
    assert isinstance(command, AssertReturn)
    assert command.expected == (i32(value),)


@pytest.mark.parametrize(
    "literal",
    ["4294967296", "-2147483649", "0x", "_1", "1_", "1__0", "1.0", "nan", "0o7", "٣", "1" * 5000],
)
def test_what_is_no_integer_of_32_bits(literal: str) -> None:
    assert isinstance(one(f'(assert_return (invoke "f") (i32.const {literal}))'), Misshapen)
