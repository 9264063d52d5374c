"""Numbers other than tensors for the reference march and the adjoint equations: doubles, and many digits."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from adjointcheck.expression.node import Expression
from adjointcheck.solve.reference import FUNCTIONS, Arithmetic, Tape, scalar_arithmetic

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import AdjointSystem

FLOAT = scalar_arithmetic("float64", float, lambda: math.pi, math, real=(float, int))


@cache
def digits(count: int) -> Arithmetic:
    """Real numbers of `count` decimal digits, in a context of their own."""
    import mpmath

    context: Any = mpmath.mp.clone()
    context.dps = count
    return scalar_arithmetic(f"{count}-digit", lambda value: context.mpf(value.numerator) / value.denominator,
                             lambda: +context.pi, context, real=(context.mpf,))  # fmt: skip


class AdjointEquations:
    """The proved adjoint equations of a system on single doubles."""

    def __init__(self, system: AdjointSystem) -> None:
        problem = system.problem
        states, parameters, controls = problem.state_names, problem.parameter_names, problem.control_names
        self.system, self.costates = system, [problem.costate_name(name) for name in states]

        def tape(*roots: Expression) -> Tape:
            return Tape(roots, FLOAT)

        self.dynamics = tape(*(state.rate for state in problem.states))
        self.backward = tape(*(system.costate_rate[x] for x in states), *(system.gradient[a] for a in parameters),
                             *(system.stationarity[w] for w in controls))  # fmt: skip
        self.terminal = tape(*(system.terminal[x] for x in states), *(system.terminal_gradient[a] for a in parameters))
        self.deposits = [tape(*(jumps[x] for x in states), *(slopes[a] for a in parameters))
                         for jumps, slopes in zip(system.jumps, system.observation_gradient, strict=True)]  # fmt: skip
        self.hamiltonian = tape(system.hamiltonian)
        self.end_time = tape(system.end_time)
        self.observation_time = [tape(root) for root in system.observation_time]
        self.instants = [(j, {name: float(column[i]) for name, column in group.data})
                         for j, group in enumerate(problem.observations) for i in range(len(group.times))]  # fmt: skip


__all__ = ["FLOAT", "FUNCTIONS", "AdjointEquations", "digits"]
