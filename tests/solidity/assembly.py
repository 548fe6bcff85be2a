"""A tiny assembler, so that the tests of EVMs need no Solidity compiler."""

from __future__ import annotations

from typing import Final

OPCODES: Final = {
    **{"STOP": 0x00, "ADD": 0x01, "SUB": 0x03, "EQ": 0x14, "ISZERO": 0x15, "BYTE": 0x1A},
    **{"SHR": 0x1C, "KECCAK256": 0x20, "ADDRESS": 0x30, "ORIGIN": 0x32, "CALLER": 0x33},
    **{"CALLVALUE": 0x34, "CALLDATALOAD": 0x35, "CALLDATASIZE": 0x36, "CALLDATACOPY": 0x37},
    **{"CODESIZE": 0x38, "CODECOPY": 0x39, "GASPRICE": 0x3A, "EXTCODESIZE": 0x3B},
    **{"RETURNDATASIZE": 0x3D, "RETURNDATACOPY": 0x3E, "COINBASE": 0x41, "TIMESTAMP": 0x42},
    **{"NUMBER": 0x43, "GASLIMIT": 0x45, "CHAINID": 0x46, "SELFBALANCE": 0x47, "BASEFEE": 0x48},
    **{"POP": 0x50, "MLOAD": 0x51, "MSTORE": 0x52, "SLOAD": 0x54, "SSTORE": 0x55, "JUMP": 0x56},
    **{"JUMPI": 0x57, "MSIZE": 0x59, "GAS": 0x5A, "JUMPDEST": 0x5B, "TLOAD": 0x5C},
    **{"TSTORE": 0x5D, "MCOPY": 0x5E, "PUSH0": 0x5F, "DUP1": 0x80, "DUP2": 0x81, "SWAP1": 0x90},
    **{"LOG0": 0xA0, "LOG2": 0xA2, "CREATE": 0xF0, "CALL": 0xF1, "RETURN": 0xF3},
    **{"STATICCALL": 0xFA, "REVERT": 0xFD, "INVALID": 0xFE},
}


def assemble(text: str) -> bytes:
    """Return the code of a list of mnemonics; a number stands for the PUSH that fits it."""
    code = bytearray()
    for word in text.split():
        if word in OPCODES:
            code.append(OPCODES[word])
        else:
            value = int(word, 0)
            size = max(1, -(-value.bit_length() // 8))
            code.append(0x5F + size)
            code += value.to_bytes(size, "big")
    return bytes(code)


def creation(runtime: bytes) -> bytes:
    """Return creation code that leaves ``runtime`` as the contract's code."""
    # PUSH2 size, DUP1, PUSH1 12, PUSH0, CODECOPY, PUSH0, RETURN
    head = bytes.fromhex(f"61{len(runtime):04x}80600a5f395ff3")
    assert len(head) == 10
    return head + runtime


def contract(text: str) -> bytes:
    """Return creation code of the contract with this code."""
    return creation(assemble(text))
