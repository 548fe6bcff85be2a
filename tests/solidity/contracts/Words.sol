// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A library of internal functions, which is deployed nowhere.
library Words {
    error NeverThrown(uint256 reason);

    function zero() internal pure returns (bytes32) {
        return bytes32(0);
    }
}

abstract contract Unfinished {
    function finish() external virtual;
}
