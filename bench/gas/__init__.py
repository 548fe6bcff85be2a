"""What one step costs on chain: ``python -m bench.gas``.

`meter` prices a proof in an EVM; `machines` stands before any instruction, small or as large as the
profile allows; `plain` and `rows` say before which; `game` plays Tic-Tac-Toe; `golden` holds a part
of it in tests/golden/gas.json. Not here: whether proofs are right (tests/solidity).
"""
