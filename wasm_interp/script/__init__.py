"""The official test suite's scripts (``.wast``): reading them, running them, counting verdicts.

`sexpr` reads any text of S-expressions, `commands` what the suite means by them, `text` turns the
text form of a module into its binary, `instance` keeps a module's state between actions, `runner`
judges every assertion, `report` is what comes out.
"""
