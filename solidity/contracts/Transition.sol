// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MachineRecord} from "./MachineRecord.sol";

/// What every rule does to a record: it goes on, it charges, it traps.
/// Spec: S-9, S-12, V-18. Mirror: bisection/verifier/transition.py.
library Transition {
    /// Return the pc of the next instruction; `setPc` wraps it. Spec: I-3, V-18.
    function nextPc(MachineRecord memory m) internal pure returns (uint256) {
        unchecked {
            return m.pc() + 1;
        }
    }

    /// Go on to the next instruction, with another stack. Spec: I-3.
    function advance(MachineRecord memory m, bytes32 stack) internal pure {
        m.setPc(nextPc(m));
        m.stack = stack;
    }

    /// Take `amount` of the fuel. If less remains, it becomes 0, and false is returned: the step
    /// then traps with `OUT_OF_FUEL`. Spec: S-12.
    function charge(MachineRecord memory m, uint256 amount) internal pure returns (bool) {
        uint256 fuel = m.fuel();
        if (fuel < amount) {
            m.setFuel(0);
            return false;
        }
        unchecked {
            m.setFuel(fuel - amount);
        }
        return true;
    }

    /// Trap with `code`: pc, operands and fuel stay. Spec: S-9.
    function trapped(MachineRecord memory m, uint256 code) internal pure {
        m.setTrapped(code);
    }
}
