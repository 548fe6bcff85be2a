// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperandOutOfRange} from "./Errors.sol";
import {HashChain, Operands} from "./HashChain.sol";
import {MachineRecord} from "./MachineRecord.sol";
import {Opcodes} from "./Opcodes.sol";
import {Parts} from "./Parts.sol";
import {Transition} from "./Transition.sol";
import {TrapCodes} from "./TrapCodes.sol";
import {Witness} from "./WitnessReader.sol";

/// Integer arithmetic, generic over the width `n` in bits (32 or 64), and the instructions of it.
///
/// Names are those of the WebAssembly specification. Operands and results are unsigned, below 2^n;
/// comparisons give 0 or 1. Arithmetic is modular here and exact in Python, so that all of it is
/// unchecked: numbers of 64 bits cannot overflow 256, and what is negative is cut to n bits.
///
/// Differs from Python: a rule that can trap returns the trap code beside its result. Codes lead to
/// rules by the functions below, not by a table.
/// Spec: I-4, V-16, V-17; WebAssembly core, "Integer operations".
/// Mirror: bisection/verifier/numeric.py, wasm_interp/rules/integer.py.
library Numeric {
    /// Take the step of a numeric instruction; return the trap code, `NONE` if it does not trap.
    function step(MachineRecord memory m, Witness memory w, uint256 code)
        internal
        pure
        returns (uint256 trapCode)
    {
        uint256 n = Opcodes.has(Opcodes.I64_OPERANDS, code) ? 64 : 32;
        if (Opcodes.has(Opcodes.BINARY, code)) return binary(m, w, code, n);
        unary(m, w, code, n);
    }

    /// Replace an operand of `n` bits by what the instruction's rule makes of it.
    /// Reverts with `OperandOutOfRange`. Spec: V-16.
    function unary(MachineRecord memory m, Witness memory w, uint256 code, uint256 n)
        internal
        pure
    {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        uint256 operand = operands.item(0);
        checkOperand(operand, n);
        Transition.advance(m, HashChain.push(previous, applyUnary(code, operand, n)));
    }

    /// Replace two operands of `n` bits by what the instruction's rule makes of them. Traps as the
    /// rule does. Reverts with `OperandOutOfRange`, for the lower one first. Spec: V-16.
    function binary(MachineRecord memory m, Witness memory w, uint256 code, uint256 n)
        internal
        pure
        returns (uint256 trapCode)
    {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 2);
        uint256 lhs = operands.item(0);
        uint256 rhs = operands.item(1);
        // Both are in range if their bitwise or is.
        if ((lhs | rhs) >> n != 0) {
            checkOperand(lhs, n);
            checkOperand(rhs, n);
        }
        uint256 result;
        (result, trapCode) = applyBinary(code, lhs, rhs, n);
        if (trapCode == TrapCodes.NONE) Transition.advance(m, HashChain.push(previous, result));
    }

    /// Revert with `OperandOutOfRange` unless `operand` has at most `n` bits. Spec: V-16.
    function checkOperand(uint256 operand, uint256 n) internal pure {
        if (operand >> n != 0) revert OperandOutOfRange(operand, n);
    }

    /// Return the code of the i32 instruction that has the name of `code`, whose operands have `n`
    /// bits: the instructions of i64 stand in the order of those of i32.
    function i32Code(uint256 code, uint256 n) internal pure returns (uint256) {
        if (n == 32) return code;
        unchecked {
            return code <= Opcodes.I64_GE_U
                ? code - (Opcodes.I64_EQZ - Opcodes.I32_EQZ)
                : code - (Opcodes.I64_CLZ - Opcodes.I32_CLZ);
        }
    }

    /// Apply the rule of an instruction with one operand, of `n` bits.
    function applyUnary(uint256 code, uint256 value, uint256 n) internal pure returns (uint256) {
        if (code >= Opcodes.I32_WRAP_I64) return convert(code, value);
        uint256 name = i32Code(code, n);
        if (name == Opcodes.I32_EQZ) return ieqz(value, n);
        if (name == Opcodes.I32_CLZ) return iclz(value, n);
        if (name == Opcodes.I32_CTZ) return ictz(value, n);
        return ipopcnt(value, n);
    }

    /// Apply the rule of a conversion or a sign extension.
    function convert(uint256 code, uint256 value) internal pure returns (uint256) {
        if (code == Opcodes.I32_WRAP_I64) return wrap(value, 32);
        if (code == Opcodes.I64_EXTEND_I32_S) return signExtend(value, 64, 32);
        if (code == Opcodes.I64_EXTEND_I32_U) return extendU(value, 64);
        if (code == Opcodes.I32_EXTEND8_S) return signExtend(value, 32, 8);
        if (code == Opcodes.I32_EXTEND16_S) return signExtend(value, 32, 16);
        if (code == Opcodes.I64_EXTEND8_S) return signExtend(value, 64, 8);
        if (code == Opcodes.I64_EXTEND16_S) return signExtend(value, 64, 16);
        return signExtend(value, 64, 32);
    }

    /// Apply the rule of an instruction with two operands, of `n` bits.
    function applyBinary(uint256 code, uint256 lhs, uint256 rhs, uint256 n)
        internal
        pure
        returns (uint256 result, uint256 trapCode)
    {
        uint256 name = i32Code(code, n);
        if (name <= Opcodes.I32_GE_U) return (compare(name, lhs, rhs, n), TrapCodes.NONE);
        if (name >= Opcodes.I32_AND) return (combine(name, lhs, rhs, n), TrapCodes.NONE);
        if (name >= Opcodes.I32_DIV_S) return divide(name, lhs, rhs, n);
        if (name == Opcodes.I32_ADD) return (iadd(lhs, rhs, n), TrapCodes.NONE);
        if (name == Opcodes.I32_SUB) return (isub(lhs, rhs, n), TrapCodes.NONE);
        return (imul(lhs, rhs, n), TrapCodes.NONE);
    }

    /// Apply the rule of a comparison.
    function compare(uint256 name, uint256 lhs, uint256 rhs, uint256 n)
        internal
        pure
        returns (uint256)
    {
        if (name <= Opcodes.I32_LT_U) {
            if (name == Opcodes.I32_EQ) return ieq(lhs, rhs, n);
            if (name == Opcodes.I32_NE) return ine(lhs, rhs, n);
            if (name == Opcodes.I32_LT_S) return iltS(lhs, rhs, n);
            return iltU(lhs, rhs, n);
        }
        if (name == Opcodes.I32_GT_S) return igtS(lhs, rhs, n);
        if (name == Opcodes.I32_GT_U) return igtU(lhs, rhs, n);
        if (name == Opcodes.I32_LE_S) return ileS(lhs, rhs, n);
        if (name == Opcodes.I32_LE_U) return ileU(lhs, rhs, n);
        if (name == Opcodes.I32_GE_S) return igeS(lhs, rhs, n);
        return igeU(lhs, rhs, n);
    }

    /// Apply the rule of a division or remainder.
    function divide(uint256 name, uint256 lhs, uint256 rhs, uint256 n)
        internal
        pure
        returns (uint256 result, uint256 trapCode)
    {
        if (name == Opcodes.I32_DIV_S) return idivS(lhs, rhs, n);
        if (name == Opcodes.I32_DIV_U) return idivU(lhs, rhs, n);
        if (name == Opcodes.I32_REM_S) return iremS(lhs, rhs, n);
        return iremU(lhs, rhs, n);
    }

    /// Apply the rule of a bitwise instruction, a shift or a rotation.
    function combine(uint256 name, uint256 lhs, uint256 rhs, uint256 n)
        internal
        pure
        returns (uint256)
    {
        if (name <= Opcodes.I32_XOR) {
            if (name == Opcodes.I32_AND) return iand(lhs, rhs, n);
            if (name == Opcodes.I32_OR) return ior(lhs, rhs, n);
            return ixor(lhs, rhs, n);
        }
        if (name == Opcodes.I32_SHL) return ishl(lhs, rhs, n);
        if (name == Opcodes.I32_SHR_S) return ishrS(lhs, rhs, n);
        if (name == Opcodes.I32_SHR_U) return ishrU(lhs, rhs, n);
        if (name == Opcodes.I32_ROTL) return irotl(lhs, rhs, n);
        return irotr(lhs, rhs, n);
    }

    /// Return the greatest unsigned integer of `n` bits.
    function mask(uint256 n) internal pure returns (uint256) {
        unchecked {
            return (1 << n) - 1;
        }
    }

    /// Return the two's-complement reading of `value`.
    function signed(uint256 value, uint256 n) internal pure returns (int256) {
        unchecked {
            return int256(value ^ (1 << (n - 1))) - int256(1 << (n - 1));
        }
    }

    /// Return the number of bits of `value` without leading zeros. Only here: Python's int has it.
    function bitLength(uint256 value) internal pure returns (uint256 bits) {
        assembly ("memory-safe") {
            // Each line finds whether there is a bit in the upper half, and goes on with that half.
            bits := shl(7, gt(value, 0xffffffffffffffffffffffffffffffff))
            bits := or(bits, shl(6, gt(shr(bits, value), 0xffffffffffffffff)))
            bits := or(bits, shl(5, gt(shr(bits, value), 0xffffffff)))
            bits := or(bits, shl(4, gt(shr(bits, value), 0xffff)))
            bits := or(bits, shl(3, gt(shr(bits, value), 0xff)))
            bits := or(bits, shl(2, gt(shr(bits, value), 0xf)))
            bits := or(bits, shl(1, gt(shr(bits, value), 0x3)))
            bits := or(bits, gt(shr(bits, value), 0x1))
            // This is the place of the highest bit; 0 has none.
            bits := add(bits, gt(value, 0))
        }
    }

    /// Add modulo 2^n.
    function iadd(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        unchecked {
            return (lhs + rhs) & mask(n);
        }
    }

    /// Subtract modulo 2^n.
    function isub(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        unchecked {
            return (lhs - rhs) & mask(n);
        }
    }

    /// Multiply modulo 2^n.
    function imul(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        unchecked {
            return (lhs * rhs) & mask(n);
        }
    }

    /// Divide, rounding toward zero. Traps: `DIVIDE_BY_ZERO`.
    function idivU(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256, uint256) {
        if (rhs == 0) return (0, TrapCodes.DIVIDE_BY_ZERO);
        unchecked {
            return (lhs / rhs, TrapCodes.NONE);
        }
    }

    /// Divide two's-complement operands, rounding toward zero.
    /// Traps: `DIVIDE_BY_ZERO`, then `INTEGER_OVERFLOW` for -2^(n-1) / -1.
    /// Differs from Python: division of the EVM rounds toward zero, as that of WebAssembly.
    function idivS(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256, uint256) {
        if (rhs == 0) return (0, TrapCodes.DIVIDE_BY_ZERO);
        unchecked {
            int256 dividend = signed(lhs, n);
            int256 divisor = signed(rhs, n);
            if (divisor == -1 && lhs == 1 << (n - 1)) return (0, TrapCodes.INTEGER_OVERFLOW);
            return (uint256(dividend / divisor) & mask(n), TrapCodes.NONE);
        }
    }

    /// Take the remainder of `idivU`. Traps: `DIVIDE_BY_ZERO`.
    function iremU(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256, uint256) {
        if (rhs == 0) return (0, TrapCodes.DIVIDE_BY_ZERO);
        unchecked {
            return (lhs % rhs, TrapCodes.NONE);
        }
    }

    /// Take the remainder of `idivS`, with the dividend's sign; -2^(n-1) % -1 is 0.
    /// Traps: `DIVIDE_BY_ZERO`. Differs from Python: the EVM's remainder has the dividend's sign.
    function iremS(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256, uint256) {
        if (rhs == 0) return (0, TrapCodes.DIVIDE_BY_ZERO);
        unchecked {
            return (uint256(signed(lhs, n) % signed(rhs, n)) & mask(n), TrapCodes.NONE);
        }
    }

    /// Return the bitwise and.
    function iand(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256) {
        return lhs & rhs;
    }

    /// Return the bitwise or.
    function ior(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256) {
        return lhs | rhs;
    }

    /// Return the bitwise exclusive or.
    function ixor(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256) {
        return lhs ^ rhs;
    }

    /// Shift left by `rhs` modulo `n`.
    function ishl(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        unchecked {
            return (lhs << (rhs & (n - 1))) & mask(n);
        }
    }

    /// Shift right by `rhs` modulo `n`, filling with zeros.
    function ishrU(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        unchecked {
            return lhs >> (rhs & (n - 1));
        }
    }

    /// Shift right by `rhs` modulo `n`, filling with the sign.
    function ishrS(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        unchecked {
            return uint256(signed(lhs, n) >> (rhs & (n - 1))) & mask(n);
        }
    }

    /// Rotate left by `rhs` modulo `n`.
    function irotl(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        unchecked {
            uint256 count = rhs & (n - 1);
            return ((lhs << count) | (lhs >> (n - count))) & mask(n);
        }
    }

    /// Rotate right by `rhs` modulo `n`.
    function irotr(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        unchecked {
            uint256 count = rhs & (n - 1);
            return ((lhs >> count) | (lhs << (n - count))) & mask(n);
        }
    }

    /// Count leading zeros; `n` for 0.
    function iclz(uint256 value, uint256 n) internal pure returns (uint256) {
        unchecked {
            return n - bitLength(value);
        }
    }

    /// Count trailing zeros; `n` for 0.
    function ictz(uint256 value, uint256 n) internal pure returns (uint256) {
        unchecked {
            return value == 0 ? n : bitLength(value & (0 - value)) - 1;
        }
    }

    /// Count ones: sums of neighbours of 1, 2, 4 to 32 bits. Differs from Python, whose int has it.
    function ipopcnt(uint256 value, uint256) internal pure returns (uint256) {
        unchecked {
            value = (value & 0x5555555555555555) + ((value >> 1) & 0x5555555555555555);
            value = (value & 0x3333333333333333) + ((value >> 2) & 0x3333333333333333);
            value = (value & 0x0f0f0f0f0f0f0f0f) + ((value >> 4) & 0x0f0f0f0f0f0f0f0f);
            value = (value & 0x00ff00ff00ff00ff) + ((value >> 8) & 0x00ff00ff00ff00ff);
            value = (value & 0x0000ffff0000ffff) + ((value >> 16) & 0x0000ffff0000ffff);
            return (value & 0xffffffff) + (value >> 32);
        }
    }

    /// Return 1 for 0.
    function ieqz(uint256 value, uint256) internal pure returns (uint256) {
        return value == 0 ? 1 : 0;
    }

    /// Compare for equality.
    function ieq(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256) {
        return lhs == rhs ? 1 : 0;
    }

    /// Compare for difference.
    function ine(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256) {
        return lhs != rhs ? 1 : 0;
    }

    /// Compare as unsigned: less than.
    function iltU(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256) {
        return lhs < rhs ? 1 : 0;
    }

    /// Compare as unsigned: greater than.
    function igtU(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256) {
        return lhs > rhs ? 1 : 0;
    }

    /// Compare as unsigned: at most.
    function ileU(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256) {
        return lhs <= rhs ? 1 : 0;
    }

    /// Compare as unsigned: at least.
    function igeU(uint256 lhs, uint256 rhs, uint256) internal pure returns (uint256) {
        return lhs >= rhs ? 1 : 0;
    }

    /// Compare as two's complement: less than.
    function iltS(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        return signed(lhs, n) < signed(rhs, n) ? 1 : 0;
    }

    /// Compare as two's complement: greater than.
    function igtS(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        return signed(lhs, n) > signed(rhs, n) ? 1 : 0;
    }

    /// Compare as two's complement: at most.
    function ileS(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        return signed(lhs, n) <= signed(rhs, n) ? 1 : 0;
    }

    /// Compare as two's complement: at least.
    function igeS(uint256 lhs, uint256 rhs, uint256 n) internal pure returns (uint256) {
        return signed(lhs, n) >= signed(rhs, n) ? 1 : 0;
    }

    /// Extend the low `sourceBits` of `value` by their sign to `n` bits.
    function signExtend(uint256 value, uint256 n, uint256 sourceBits)
        internal
        pure
        returns (uint256)
    {
        return uint256(signed(value & mask(sourceBits), sourceBits)) & mask(n);
    }

    /// Keep the low `n` bits.
    function wrap(uint256 value, uint256 n) internal pure returns (uint256) {
        return value & mask(n);
    }

    /// Extend by zeros: on the machine's stack an i32 is a u64 already.
    function extendU(uint256 value, uint256) internal pure returns (uint256) {
        return value;
    }
}
