"""The cases of calldata: the one canonical form, and every way to say the same otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bisection.calldata import SELECTOR, StepProof, abi_word, encode_call
from bisection.errors import CalldataNotCanonical, UnknownSelector
from conformance.corpus.chance import Chance
from conformance.format import BugType, Case, Flag, VectorSet
from merkle.errors import ChannelsError
from merkle.hashing import Hash32

NORMAL: Final = Flag("normal", BugType.BASIC, "An ordinary case.")
NO_PADDING: Final = Flag(
    "no_padding", BugType.EDGE_CASE, "A witness of whole words, which no padding follows (V-2)."
)
SELECTOR_WRONG: Final = Flag(
    "selector", BugType.MISSING_CHECK, "Another selector, or a part of one (V-2)."
)
OFFSET: Final = Flag(
    "offset", BugType.MALLEABILITY, "An offset that a lenient ABI decoder would follow (V-2)."
)
ABI_LENGTH: Final = Flag(
    "abi_length", BugType.MALLEABILITY, "A length that is not the argument's (V-2)."
)
ABI_PADDING: Final = Flag(
    "abi_padding", BugType.MALLEABILITY, "Padding that is not zero, too long or missing (V-2)."
)
LENGTH_WRAPS: Final = Flag(
    "length_wraps", BugType.ARITHMETIC, "A length with which sums wrap if they are not checked."
)

SMOKE_WRONG: Final = frozenset(
    {
        *("empty", "other_selector_alone", "selector_alone", "offset_of_witness_word_further"),
        *("length_of_op_more", "length_of_witness_wraps_255", "padding_short", "byte_too_many"),
        *("op_padding_last", "witness_padding_last"),
    }
)
"""One call of each kind of mistake."""

Wrong = tuple[str, bytes, type[ChannelsError], Flag, str]


def sample_call(witness_bytes: int) -> StepProof:
    """Return a call whose arguments are by chance: only their places are asked about."""
    chance = Chance(f"calldata {witness_bytes}")
    return StepProof(
        pre_state=chance.bytes(320),
        op=chance.bytes(16),
        witness=chance.bytes(witness_bytes),
        post_state=Hash32(chance.bytes(32)),
    )


def calldata_cases(kind: VectorSet) -> Iterator[Case]:
    """Yield witnesses of several lengths, and calls that are refused."""
    sizes = (0, 32, 33) if kind is VectorSet.SMOKE else (*range(66), 1_000, 4_096)
    for size in sizes:
        call = sample_call(size)
        flag = NORMAL if size % 32 else NO_PADDING
        comment = f"a witness of {size} bytes"
        fields = {
            name: getattr(call, name) for name in ("pre_state", "op", "witness", "post_state")
        }
        given: dict[str, dict[str, Any]] = {
            "calldata_encode": fields,
            "calldata_decode": {"calldata": encode_call(call)},
        }
        for function, asked in given.items():
            yield Case(
                name=f"witness_{size}",
                function=function,
                input=asked,
                comment=comment,
                flags=(flag,),
            )
    for name, calldata, error, flag, comment in wrong_calls(sample_call(33)):
        if kind is VectorSet.SMOKE and name not in SMOKE_WRONG:
            continue
        yield Case(
            name=name,
            function="calldata_decode",
            input={"calldata": calldata},
            comment=comment,
            flags=(flag,),
            error=error,
        )


def wrong_calls(call: StepProof) -> Iterator[Wrong]:
    """Yield calldata that says what ``call`` says, but not in its one form.

    The witness must have 33 bytes.
    """
    data = encode_call(call)
    error = CalldataNotCanonical
    yield from _wrong_selectors(data)
    for name, at in (("pre_state", 4), ("op", 36), ("witness", 68)):
        old = int.from_bytes(data[at : at + 32], "big")
        for change, value in (("zero", 0), ("word_further", old + 32), ("wraps", 2**256 - 4)):
            wrong = data[:at] + abi_word(value) + data[at + 32 :]
            yield f"offset_of_{name}_{change}", wrong, error, OFFSET, f"the offset is {value:#x}"
    for name, at, length in (("pre_state", 132, 320), ("op", 484, 16), ("witness", 548, 33)):
        changes = {"less": -1, "more": 1, "word_more": 32, "wraps_32": 2**32, "wraps_255": 2**255}
        if name == "witness":
            # A byte more is still padded to the same size: it is another call, and canonical.
            del changes["more"]
        for change, by in changes.items():
            wrong = data[:at] + abi_word(length + by) + data[at + 32 :]
            flag = LENGTH_WRAPS if by >= 2**32 else ABI_LENGTH
            comment = f"the length is {length + by:#x}"
            yield f"length_of_{name}_{change}", wrong, error, flag, comment
    for place, at in (("first", 532), ("last", 547)):
        wrong = data[:at] + b"\1" + data[at + 1 :]
        yield f"op_padding_{place}", wrong, error, ABI_PADDING, "padding of op is not zero"
    for place, at in (("first", 580 + 33), ("last", len(data) - 1)):
        wrong = data[:at] + b"\1" + data[at + 1 :]
        yield f"witness_padding_{place}", wrong, error, ABI_PADDING, "padding is not zero"
    yield "no_padding", data[: 580 + 33], error, ABI_PADDING, "the padding is missing"
    yield "padding_short", data[:-1], error, ABI_PADDING, "the last byte is missing"
    yield "byte_too_many", data + b"\0", error, ABI_PADDING, "a byte behind the padding"
    yield "word_too_many", data + bytes(32), error, ABI_PADDING, "a word behind the padding"
    yield "cut_in_record", data[:200], error, ABI_LENGTH, "cut within the record"
    yield "head_only", data[:132], error, ABI_LENGTH, "the head without the arguments"


def _wrong_selectors(data: bytes) -> Iterator[Wrong]:
    error = UnknownSelector
    yield "empty", b"", error, SELECTOR_WRONG, "no bytes: a selector of zeros"
    yield "zero_selector", bytes(4) + data[4:], error, SELECTOR_WRONG, "a selector of zeros"
    yield "three_bytes", data[:3], error, SELECTOR_WRONG, "three bytes of the selector"
    other = SELECTOR[:3] + bytes((SELECTOR[3] ^ 1,))
    yield "other_selector", other + data[4:], error, SELECTOR_WRONG, "one bit of the selector"
    yield "other_selector_alone", other, error, SELECTOR_WRONG, "another selector and no more"
    yield "selector_alone", data[:4], CalldataNotCanonical, ABI_LENGTH, "the selector and no more"
