// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HashChain, Operands} from "./HashChain.sol";
import {Limits} from "./Limits.sol";
import {MachineRecord} from "./MachineRecord.sol";
import {Memory} from "./Memory.sol";
import {Opcodes} from "./Opcodes.sol";
import {OrderedMap} from "./OrderedMap.sol";
import {Parts} from "./Parts.sol";
import {SeekProofs} from "./SeekProofs.sol";
import {Transition} from "./Transition.sol";
import {TrapCodes} from "./TrapCodes.sol";
import {Witness, WitnessReader} from "./WitnessReader.sol";

/// Rows: the host functions of `db`. Every rule checks lengths, then buffers in the order of the
/// parameters, then it charges its surcharge, and only then reads and writes. What is charged is a
/// sum of numbers below 2^12, so that `unchecked` is right.
///
/// Differs from Python: a rule that can trap returns the trap code, and has changed nothing then
/// but the fuel. Spec: T-10 to T-16, V-17. Mirror: bisection/verifier/rows.py.
library Rows {
    /// Take the step of a row instruction; return the trap code, `NONE` if it does not trap.
    function step(MachineRecord memory m, Witness memory w, uint256 code)
        internal
        pure
        returns (uint256 trapCode)
    {
        if (code == Opcodes.DB_GET) return dbGet(m, w);
        if (code == Opcodes.DB_PUT) return dbPut(m, w);
        if (code == Opcodes.DB_DELETE) return dbDelete(m, w);
        if (code == Opcodes.DB_SEEK) return dbSeek(m, w);
        return dbSeekBack(m, w);
    }

    /// Read a row: `(key, key_len, out, out_cap) -> len | -1`.
    /// Writes the value to `out` if it fits `out_cap`; otherwise writes nothing.
    /// Traps: `KEY_LENGTH`, `MEMORY_OUT_OF_BOUNDS` (key, then out), `OUT_OF_FUEL`. Spec: T-12.
    function dbGet(MachineRecord memory m, Witness memory w) internal pure returns (uint256) {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 4);
        uint256 keyLen = operands.item(1);
        uint256 out = operands.item(2);
        uint256 outCap = operands.item(3);
        if (!checkKeyLength(keyLen, 1)) return TrapCodes.KEY_LENGTH;
        if (!Memory.checkBuffer(m, operands.item(0), keyLen)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
        if (!Memory.checkBuffer(m, out, outCap)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
        unchecked {
            uint256 surcharge = Limits.ROW_READ_FUEL + keyLen + min(outCap, Limits.VALUE_MAX);
            if (!Transition.charge(m, surcharge)) return TrapCodes.OUT_OF_FUEL;
        }
        bytes calldata key = Parts.readBuffer(m, w, operands.item(0), keyLen);
        (bool found, bytes calldata value) = OrderedMap.verifyGet(w, m.dbRoot, key);
        deliver(m, w, previous, found, value, out, outCap);
        return TrapCodes.NONE;
    }

    /// Write a row: `(key, key_len, value, value_len) -> existed`.
    /// Traps: `KEY_LENGTH`, `VALUE_LENGTH`, `MEMORY_OUT_OF_BOUNDS` (key, then value),
    /// `OUT_OF_FUEL`. Spec: T-13.
    function dbPut(MachineRecord memory m, Witness memory w) internal pure returns (uint256) {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 4);
        uint256 keyLen = operands.item(1);
        uint256 value = operands.item(2);
        uint256 valueLen = operands.item(3);
        if (!checkKeyLength(keyLen, 1)) return TrapCodes.KEY_LENGTH;
        if (valueLen > Limits.VALUE_MAX) return TrapCodes.VALUE_LENGTH;
        if (!Memory.checkBuffer(m, operands.item(0), keyLen)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
        if (!Memory.checkBuffer(m, value, valueLen)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
        unchecked {
            uint256 surcharge = Limits.ROW_WRITE_FUEL + keyLen + valueLen;
            if (!Transition.charge(m, surcharge)) return TrapCodes.OUT_OF_FUEL;
        }
        bytes calldata key = Parts.readBuffer(m, w, operands.item(0), keyLen);
        bytes32 valueHash = WitnessReader.hashOf(Parts.readBuffer(m, w, value, valueLen));
        (bool existed, bytes32 root) = OrderedMap.verifyPut(w, m.dbRoot, key, valueHash);
        written(m, previous, existed, root);
        return TrapCodes.NONE;
    }

    /// Delete a row: `(key, key_len) -> existed`.
    /// Traps: `KEY_LENGTH`, `MEMORY_OUT_OF_BOUNDS`, `OUT_OF_FUEL`. Spec: T-14.
    function dbDelete(MachineRecord memory m, Witness memory w) internal pure returns (uint256) {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 2);
        uint256 keyLen = operands.item(1);
        if (!checkKeyLength(keyLen, 1)) return TrapCodes.KEY_LENGTH;
        if (!Memory.checkBuffer(m, operands.item(0), keyLen)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
        unchecked {
            if (!Transition.charge(m, Limits.ROW_WRITE_FUEL + keyLen)) return TrapCodes.OUT_OF_FUEL;
        }
        bytes calldata key = Parts.readBuffer(m, w, operands.item(0), keyLen);
        (bool existed, bytes32 root) = OrderedMap.verifyDelete(w, m.dbRoot, key);
        written(m, previous, existed, root);
        return TrapCodes.NONE;
    }

    /// Find the least key at or above one: `(key, key_len, strict, out, out_cap) -> len | -1`.
    /// With `strict` not zero: above. The given key may be empty. Writes the key found to `out` if
    /// it fits `out_cap`; otherwise writes nothing.
    /// Traps: `KEY_LENGTH`, `MEMORY_OUT_OF_BOUNDS` (key, then out), `OUT_OF_FUEL`. Spec: T-15.
    function dbSeek(MachineRecord memory m, Witness memory w) internal pure returns (uint256) {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 5);
        uint256 trapCode = checkSeek(m, operands);
        if (trapCode != TrapCodes.NONE) return trapCode;
        bytes calldata key = Parts.readBuffer(m, w, operands.item(0), operands.item(1));
        (bool found, bytes calldata foundKey) =
            SeekProofs.verifySeek(w, m.dbRoot, key, operands.item(2) != 0);
        deliver(m, w, previous, found, foundKey, operands.item(3), operands.item(4));
        return TrapCodes.NONE;
    }

    /// Find the greatest key at or below a given one (strict: below); otherwise as `dbSeek`.
    /// Spec: T-16.
    function dbSeekBack(MachineRecord memory m, Witness memory w) internal pure returns (uint256) {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 5);
        uint256 trapCode = checkSeek(m, operands);
        if (trapCode != TrapCodes.NONE) return trapCode;
        bytes calldata key = Parts.readBuffer(m, w, operands.item(0), operands.item(1));
        (bool found, bytes calldata foundKey) =
            SeekProofs.verifySeekBack(w, m.dbRoot, key, operands.item(2) != 0);
        deliver(m, w, previous, found, foundKey, operands.item(3), operands.item(4));
        return TrapCodes.NONE;
    }

    /// Check and charge a seek; return the trap code.
    function checkSeek(MachineRecord memory m, Operands operands) internal pure returns (uint256) {
        uint256 keyLen = operands.item(1);
        uint256 outCap = operands.item(4);
        if (!checkKeyLength(keyLen, 0)) return TrapCodes.KEY_LENGTH;
        if (!Memory.checkBuffer(m, operands.item(0), keyLen)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
        if (!Memory.checkBuffer(m, operands.item(3), outCap)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
        unchecked {
            uint256 surcharge = Limits.ROW_READ_FUEL + keyLen + min(outCap, Limits.KEY_MAX);
            return Transition.charge(m, surcharge) ? TrapCodes.NONE : TrapCodes.OUT_OF_FUEL;
        }
    }

    /// Write `found` to `out` if it is there and fits; push its length, or -1. Spec: T-11.
    function deliver(
        MachineRecord memory m,
        Witness memory w,
        bytes32 previous,
        bool isThere,
        bytes calldata found,
        uint256 out,
        uint256 outCap
    ) internal pure {
        if (isThere && found.length <= outCap) {
            m.memoryRoot = Parts.writeBuffer(m, w, out, WitnessReader.copyOf(found));
        }
        uint256 length = isThere ? found.length : Limits.NOT_FOUND;
        Transition.advance(m, HashChain.push(previous, length));
    }

    /// Set the root of the rows, and push whether the row had been there. Spec: T-13, T-14.
    function written(MachineRecord memory m, bytes32 previous, bool existed, bytes32 root)
        internal
        pure
    {
        m.dbRoot = root;
        Transition.advance(m, HashChain.push(previous, existed ? 1 : 0));
    }

    /// Return whether `least <= keyLen <= 80`; if not, the step traps with `KEY_LENGTH`.
    function checkKeyLength(uint256 keyLen, uint256 least) internal pure returns (bool) {
        return least <= keyLen && keyLen <= Limits.KEY_MAX;
    }

    /// Return the lesser of two numbers.
    function min(uint256 one, uint256 other) internal pure returns (uint256) {
        return one < other ? one : other;
    }
}
