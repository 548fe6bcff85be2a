"""Worked examples of implementations under test: JavaScript, and Solidity through an EVM."""
