// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Words} from "./Words.sol";

interface Refuser {
    function refuse(uint8 how) external view;
}

/// A contract that fails in every way that there is.
contract Probe is Refuser {
    error RootMismatch(bytes32 expected, bytes32 actual);
    error KeyOutOfOrder(bytes lesser, bytes greater);
    error Unpaid(address payer, uint256 value);
    error Plain();

    event Stored(address indexed by, uint256 indexed slot, bytes value, string note);

    struct Pair {
        uint64 first;
        bytes second;
    }

    uint256 public immutable BORN;
    mapping(uint256 => bytes) public stored;

    constructor(uint256 born) {
        if (born == 0) revert Plain();
        BORN = born;
    }

    function refuse(uint8 how) external view {
        if (how == 0) revert RootMismatch(bytes32(uint256(1)), Words.zero());
        if (how == 1) revert KeyOutOfOrder(hex"0102", "");
        if (how == 2) revert Unpaid(msg.sender, msg.sender.balance);
        if (how == 3) revert Plain();
        if (how == 4) revert("a reason");
        if (how == 5) assert(msg.sender == address(0));
        if (how == 6) { bytes memory none = new bytes(0); none[how]; }
        if (how == 7) assembly { invalid() }
        if (how == 8) assembly { revert(0, 0) }
        if (how == 9) while (gasleft() > 0) { how = 9; }
    }

    function store(uint256 slot, bytes calldata value) external payable returns (uint256 length) {
        if (msg.value > 0) revert Unpaid(msg.sender, msg.value);
        stored[slot] = value;
        emit Stored(msg.sender, slot, value, "a note");
        return value.length;
    }

    function pairs(Pair[] calldata given) external pure returns (Pair[] memory, address, bool) {
        return (given, address(0xca11), true);
    }

    function twice(uint256 x) external pure returns (uint256) {
        return 2 * x;
    }

    function twice(uint64 x) external pure returns (uint64) {
        return 2 * x;
    }
}
