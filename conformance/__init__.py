"""Conformance vectors: filling them, checking them, and driving other implementations with them."""
