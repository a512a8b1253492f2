"""Is the diagnosis right? Labeled experiments, and how often we and other tools name what ails them.

`case.py` says what a case is, `cases/` has them, `score.py` counts.
"""
