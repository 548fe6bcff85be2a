// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HashChain, Operands} from "./HashChain.sol";
import {MachineRecord} from "./MachineRecord.sol";
import {Opcodes} from "./Opcodes.sol";
import {Parts} from "./Parts.sol";
import {Transition} from "./Transition.sol";
import {Witness} from "./WitnessReader.sol";

/// Operands, locals and globals. None of these rules traps.
/// Spec: I-3, V-17. Mirror: bisection/verifier/variable.py.
library Variable {
    /// Take the step of an instruction with the immediates `a` and `b`.
    function step(MachineRecord memory m, Witness memory w, uint256 code, uint256 a, uint256 b)
        internal
        pure
    {
        if (code == Opcodes.LOCAL_GET) localGet(m, w, a);
        else if (code == Opcodes.LOCAL_SET) localSet(m, w, a);
        else if (code == Opcodes.LOCAL_TEE) localTee(m, w, a);
        else if (code == Opcodes.I32_CONST || code == Opcodes.I64_CONST) const(m, b);
        else if (code == Opcodes.GLOBAL_GET) globalGet(m, w, a);
        else if (code == Opcodes.GLOBAL_SET) globalSet(m, w, a);
        else if (code == Opcodes.DROP) drop(m, w);
        else if (code == Opcodes.SELECT) select(m, w);
        else dropUnder(m, w);
    }

    /// Pop an operand.
    function drop(MachineRecord memory m, Witness memory w) internal pure {
        (bytes32 previous,) = Parts.openOperands(m, w, 1);
        Transition.advance(m, previous);
    }

    /// Remove the operand below the top: what branches that carry a value unwind with.
    function dropUnder(MachineRecord memory m, Witness memory w) internal pure {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 2);
        Transition.advance(m, HashChain.push(previous, operands.item(1)));
    }

    /// Pop a condition and two operands; push the first if the condition is not zero.
    function select(MachineRecord memory m, Witness memory w) internal pure {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 3);
        uint256 condition = operands.item(2);
        uint256 kept = condition != 0 ? operands.item(0) : operands.item(1);
        Transition.advance(m, HashChain.push(previous, kept));
    }

    /// Push `value`.
    function const(MachineRecord memory m, uint256 value) internal pure {
        Transition.advance(m, HashChain.push(m.stack, value));
    }

    /// Push local `index`.
    function localGet(MachineRecord memory m, Witness memory w, uint256 index) internal pure {
        uint256 value = Parts.openSlot(w, m.localsRoot, index, m.localsDepth());
        Transition.advance(m, HashChain.push(m.stack, value));
    }

    /// Pop into local `index`.
    function localSet(MachineRecord memory m, Witness memory w, uint256 index) internal pure {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        uint256 value = operands.item(0);
        m.localsRoot = Parts.updateSlot(w, m.localsRoot, index, m.localsDepth(), value);
        Transition.advance(m, previous);
    }

    /// Copy the operand on top into local `index`.
    function localTee(MachineRecord memory m, Witness memory w, uint256 index) internal pure {
        (, Operands operands) = Parts.openOperands(m, w, 1);
        uint256 value = operands.item(0);
        m.localsRoot = Parts.updateSlot(w, m.localsRoot, index, m.localsDepth(), value);
        Transition.advance(m, m.stack);
    }

    /// Push global `index`.
    function globalGet(MachineRecord memory m, Witness memory w, uint256 index) internal pure {
        uint256 value = Parts.openSlot(w, m.globalsRoot, index, m.globalsDepth());
        Transition.advance(m, HashChain.push(m.stack, value));
    }

    /// Pop into global `index`.
    function globalSet(MachineRecord memory m, Witness memory w, uint256 index) internal pure {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 1);
        uint256 value = operands.item(0);
        m.globalsRoot = Parts.updateSlot(w, m.globalsRoot, index, m.globalsDepth(), value);
        Transition.advance(m, previous);
    }
}
