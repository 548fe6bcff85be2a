"""The contracts, their reproducible artifacts, and the EVMs that run them.

The contracts are in ``contracts/``; MIRROR.md pairs them with the Python that they mirror.
"""
