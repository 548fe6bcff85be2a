"""What a whole dispute costs: ``python -m bench.dispute``.

`scene` is the turn that is disputed, the longest that there is; `cpu` is what an honest side
computes; `chain` is what both pay. Not here: single steps (`bench.gas`).
"""
