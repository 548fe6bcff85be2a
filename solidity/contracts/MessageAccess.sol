// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HashChain, Operands} from "./HashChain.sol";
import {Limits} from "./Limits.sol";
import {MachineRecord} from "./MachineRecord.sol";
import {Memory} from "./Memory.sol";
import {Opcodes} from "./Opcodes.sol";
import {MessageHead, Parts} from "./Parts.sol";
import {Transition} from "./Transition.sol";
import {TrapCodes} from "./TrapCodes.sol";
import {Witness, WitnessReader} from "./WitnessReader.sol";

/// The message: the host functions of `channel`.
///
/// Differs from Python: a rule that can trap returns the trap code, and has changed nothing then
/// but the fuel. Spec: T-17 to T-19, V-17. Mirror: bisection/verifier/message_access.py.
library MessageAccess {
    /// Take the step of a message instruction; return the trap code, `NONE` if it does not trap.
    function step(MachineRecord memory m, Witness memory w, uint256 code)
        internal
        pure
        returns (uint256 trapCode)
    {
        if (code == Opcodes.CHANNEL_MESSAGE_READ) return channelMessageRead(m, w);
        if (code == Opcodes.CHANNEL_MESSAGE_SIZE) channelMessageSize(m, w);
        else if (code == Opcodes.CHANNEL_SENDER) channelSender(m, w);
        else channelTurn(m, w);
    }

    /// Push the length of the payload: `() -> i32`. Spec: T-17.
    function channelMessageSize(MachineRecord memory m, Witness memory w) internal pure {
        MessageHead memory message = Parts.openMessage(m, w);
        Transition.advance(m, HashChain.push(m.stack, message.length));
    }

    /// Copy part of the payload to memory: `(out, offset, len)`.
    /// Traps: `READ_TOO_LONG`, `MESSAGE_OUT_OF_BOUNDS`, `MEMORY_OUT_OF_BOUNDS`, `OUT_OF_FUEL`.
    /// Spec: T-18.
    function channelMessageRead(MachineRecord memory m, Witness memory w)
        internal
        pure
        returns (uint256)
    {
        (bytes32 previous, Operands operands) = Parts.openOperands(m, w, 3);
        uint256 out = operands.item(0);
        uint256 offset = operands.item(1);
        uint256 length = operands.item(2);
        if (length > Limits.READ_MAX) return TrapCodes.READ_TOO_LONG;
        MessageHead memory message = Parts.openMessage(m, w);
        // Sums are of u64.
        unchecked {
            if (offset + length > message.length) return TrapCodes.MESSAGE_OUT_OF_BOUNDS;
            if (!Memory.checkBuffer(m, out, length)) return TrapCodes.MEMORY_OUT_OF_BOUNDS;
            uint256 surcharge = Limits.MESSAGE_READ_FUEL + length;
            if (!Transition.charge(m, surcharge)) return TrapCodes.OUT_OF_FUEL;
        }
        if (length != 0) {
            bytes calldata payload = Parts.openPayload(message, w);
            bytes calldata part = payload[offset:offset + length];
            m.memoryRoot = Parts.writeBuffer(m, w, out, WitnessReader.copyOf(part));
        }
        Transition.advance(m, previous);
        return TrapCodes.NONE;
    }

    /// Push the sender's index among the participants: `() -> i32`. Spec: T-19.
    function channelSender(MachineRecord memory m, Witness memory w) internal pure {
        MessageHead memory message = Parts.openMessage(m, w);
        Transition.advance(m, HashChain.push(m.stack, message.sender));
    }

    /// Push the turn that the message makes: `() -> i64`. Spec: T-19.
    function channelTurn(MachineRecord memory m, Witness memory w) internal pure {
        MessageHead memory message = Parts.openMessage(m, w);
        Transition.advance(m, HashChain.push(m.stack, message.turn));
    }
}
