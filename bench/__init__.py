"""Measured speed, each figure beside its floor and, where there is one, a peer's figure from the same run.

`python -m bench` (or `make bench`) prints the table that docs/benchmarks.md keeps. Every measurement runs in a process
of its own, so that its peak memory is its own; imports and the making of data are not timed. Rates are the best of
three runs, ours and the peers' alike: other work on the machine can only slow one.
"""
