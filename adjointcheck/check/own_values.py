"""The statement's own values: what the module is asked first must finish, whatever happens at perturbed points."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.check.arithmetic import FLOAT
from adjointcheck.check.case import Case, Point
from adjointcheck.check.fixture import nominal, smooth_share
from adjointcheck.check.verdict import Check, judge
from adjointcheck.expression.calculus import domain_ledger
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import Expression, symbols_of
from adjointcheck.solve.reference import Tape

NAME = "own-values"
MOST, MOST_BY_SCIPY = 20_000, 2_000  # time steps; a horizon that needs more is left open
_HOLDS = {"!=": lambda value: value != 0, ">": lambda value: value > 0, ">=": lambda value: value >= 0}


def check_own_values(case: Case) -> Check:
    """`solve` over the whole horizon at the statement's own x0, theta, w, t0 and t1 ends with the status "finished".

    Where it does not, SciPy's RK45 tells a module at fault (FAIL) from a statement that cannot be solved (INCONCLUSIVE).
    """
    point = nominal(case.problem)
    point = replace(point, steps=case.points[0].steps, tolerance=case.points[0].tolerance, follows=bool(case.problem.parameters))
    arguments = point.arguments(point.blocks, bool(case.problem.control_names))
    solution = case.module.solve(**arguments, max_steps=MOST)
    status, broken = case.module.STATUS[int(solution.status[0])], violated(case, point)
    words = f"the whole horizon at the statement's own values: {status} after {int(solution.accepted[0])} time steps"
    words += f"; outside its domain at t0: {', '.join(broken)} does not hold" if broken else ""
    unfinished = status != "finished" and not broken
    share = smooth_share(case.problem, point, MOST_BY_SCIPY) if unfinished else 1.0
    question = f"SciPy's RK45 comes no further than {100 * share:.3g} % in {MOST_BY_SCIPY} time steps" if share < 1 else ""
    return judge(NAME, float(len(broken) + (unfinished and not question)), 0.0, words, seed=case.seed, open_question=question)


def violated(case: Case, point: Point) -> list[str]:
    """The domain conditions of dynamics and running cost that the start does not keep."""
    problem = case.problem
    names = ("t", *problem.state_names, *problem.parameter_names, *problem.control_names)
    values = (float(point.t0[0]), *point.x0[0].tolist(), *point.theta[0].tolist(), *point.w[0, 0].tolist())
    here = dict(zip(names, values, strict=True))
    ledger = domain_ledger([problem.running_cost, *(state.rate for state in problem.states)])
    return [f"{to_text(root)} {relation} 0" for root, relation in ledger
            if symbols_of(root) and not _holds(root, relation, here)]


def _holds(root: Expression, relation: str, here: dict[str, float]) -> bool:
    try:
        return bool(_HOLDS[relation](Tape([root], FLOAT)(here)[0]))
    except (ArithmeticError, ValueError):
        return True  # a condition that another one already excludes
