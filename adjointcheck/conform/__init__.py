"""A conformance suite for libraries that solve ODEs and differentiate the solutions: what is asked, measured and told.

A library's author writes one function and one test:

    from adjointcheck.conform import TorchAdapter
    from adjointcheck.testing import parametrize_with_checks

    def solve(func, y0, times, task):                # y (T, B, n) at times (T,), times[0] being the initial time
        return my_odeint(func, y0, times, rtol=task.tolerance, atol=task.tolerance)

    adapter = TorchAdapter("my library", solve, can=frozenset({"y0", "module", "captured", "times", "reverse"}))

    @parametrize_with_checks([adapter], expected_failed_checks={"moving-jump": "a jump in time is not differentiated"})
    def test_conformance(adapter, check):
        check(adapter)

What `can` declares is tested; what it leaves out must be refused with an error, not answered by None, zero or a wrong number.
`adjointcheck conform my_package.my_module:adapter --allow-python` prints the figures.
"""

from __future__ import annotations

from adjointcheck.conform.checks import BY_CODE, CHECKS, ConformanceCheck, select
from adjointcheck.conform.protocol import CAPABILITIES, FEATURES, PROPERTIES, Adapter, Answer, Field, NotApplicable, Task
from adjointcheck.conform.registry import ENTRIES, find, installed
from adjointcheck.conform.torch_adapter import TorchAdapter
from adjointcheck.conform.verdict import Finding, Standing, exit_code, judge, run

__all__ = [
    "BY_CODE", "CAPABILITIES", "CHECKS", "ENTRIES", "FEATURES", "PROPERTIES", "Adapter", "Answer", "ConformanceCheck", "Field", "Finding",
    "NotApplicable", "Standing", "Task", "TorchAdapter", "exit_code", "find", "installed", "judge", "run", "select",
]  # fmt: skip
