"""Safe branches: equal values, and finite derivatives by autograd on either side and on the border."""

from __future__ import annotations

import math

import pytest
import torch

from adjointcheck.codegen.guard import guard
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import evaluate
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal

TORCH = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": lambda a, b: a / b, "neg": torch.neg, "pow": lambda a, b: a**b,
    "sqrt": torch.sqrt, "log": torch.log, "lt": torch.lt, "le": torch.le, "not": torch.logical_not, "and": torch.logical_and,
    "asin": torch.asin, "tan": torch.tan, "piecewise": lambda a, c, b: torch.where(c, a, b),
}
CASES = {
    "piecewise(sqrt(x), 0 < x, 0)": (-1.0, 0.0, 2.0),
    "piecewise(x*log(x), 0 < x, x)": (-1.0, 0.0, 2.0),
    "piecewise(1/x, 1 < x, piecewise(x**(3/2), 0 <= x, -x))": (-2.0, 0.0, 0.5, 3.0),
    "piecewise(asin(x), x < 1 and -1 < x, x**2)": (-3.0, 0.5, 2.0),
    "x + piecewise(1/(x - 1), x < 1, x)*piecewise(sqrt(1 - x), x < 1, 2)": (0.5, 1.0, 4.0),
}


def slope(root, x: float) -> float:
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)

    def leaf(node):
        return at if node.head == "symbol" else torch.tensor(float(node.value), dtype=torch.float64)

    evaluate([root], leaf, TORCH)[0].backward()
    assert at.grad is not None
    return at.grad.item()


@pytest.mark.parametrize("text", CASES)
def test_guarded_is_equal_and_differentiable_by_autograd(text: str) -> None:
    root = parse(text)
    safe = guard([root])[0]
    assert equal(root, safe).status is Status.PROVED
    assert all(math.isfinite(slope(safe, x)) for x in CASES[text])


def test_without_the_guard_autograd_is_poisoned() -> None:
    assert math.isnan(slope(parse("piecewise(sqrt(x), 0 < x, 0)"), 0.0))


def test_nothing_is_touched_without_a_piecewise() -> None:
    root = parse("sqrt(x)/x")
    assert guard([root])[0] is root


def test_generated_module_takes_a_branch_that_the_other_side_cannot_follow() -> None:
    """Toricelli's tank runs dry: sqrt(level) is not defined after that, and autograd through the march must not see it."""
    from adjointcheck.codegen.generate import generate
    from adjointcheck.derive import derive
    from adjointcheck.problem.statement import Problem
    from adjointcheck.solve.load import load_module

    problem = Problem(name="tank", states={"level": "a*cos(t)/4 - piecewise(sqrt(level), 0 < level, 0)"}, parameters={"a": 0.5},
                      initial={"level": "a/8"}, terminal_cost="(level - 1)**2", horizon=(0, 2))
    module = load_module(generate(derive(problem).system, method="rk4"), "tank")
    x0 = torch.tensor([-0.5], dtype=torch.float64)
    cost, gradients = module.value_and_gradient(x0, steps=20)
    record = module.solve(x0, steps=20).record
    free = x0.clone().requires_grad_()
    inputs = record.inputs
    _, again = module.replay(record, free[None], inputs.theta, inputs.w, "constant", inputs.t0, inputs.t1, inputs.observation_times)
    (by_autograd,) = torch.autograd.grad(again.sum(), free)
    assert torch.equal(again, cost)
    assert by_autograd.item() == pytest.approx(gradients.x0.item(), rel=1e-13)
