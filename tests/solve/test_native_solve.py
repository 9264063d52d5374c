"""The built kernel behind its face: against the torch target and gradcheck, and where trajectories come to grief."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.func import grad, jacrev, vmap

import adjointcheck as ac
from adjointcheck.check.native_target import NAME as CHECK
from adjointcheck.check.verdict import Outcome
from adjointcheck.errors import SolveError
from adjointcheck.solve import native_build

F64 = torch.float64
NAMES = ("x0", "theta", "w", "t0", "t1", "observation_times")


def tangled() -> ac.Problem:
    """Every kind of input is live: time, controls, running cost, observations, x0 that follows theta."""
    return ac.Problem(
        name="tangled", states={"x": "y + sin(t)*w1 - a*x", "y": "-b*x*y + w2*x + exp(-c*t)"}, parameters={"a": 0.8, "b": 0.6, "c": 0.3},
        controls={"w1": "0.1", "w2": "0.2*t"}, running_cost="x**2*t + a*w1**2", terminal_cost="x*y + b*t*y**2", initial={"x": "1 + a", "y": "b*c"},
        horizon=(0.2, 1.8), observations=[{"times": ["0.2", "0.9", "1.8"], "data": {"d": ["0.5", "0.4", "0.7"]}, "cost": "c*(x - d)**2*t"}],
    )  # fmt: skip


def blowup() -> ac.Problem:
    """x' = a x^2 ends at t = 1/(a x0)."""
    return ac.Problem(name="blowup", states={"x": "a*x**2"}, parameters={"a": 1}, initial={"x": "0.5"}, horizon=(0, 1), terminal_cost="x")


@pytest.fixture(scope="module")
def modules() -> Callable[..., ModuleType]:
    """Build (once) the native module of a statement."""
    if native_build.find_compiler() is None:
        pytest.skip("needs a C++ compiler")
    built: dict[tuple[str, str], ModuleType] = {}

    def build(make: Callable[[], ac.Problem], method: str = "tsit5") -> ModuleType:
        key = (make.__name__, method)
        if key not in built:
            built[key] = ac.build(make(), target="native", method=method)
        return built[key]

    return build


def inputs(hold: str = "linear", batch: int = 3, dtype: torch.dtype = F64) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(5)

    def draw(*shape: int) -> Tensor:
        return torch.rand(batch, *shape, generator=random, dtype=F64)

    t0, t1 = 0.2 + 0.1 * draw(), 1.7 + 0.3 * draw()
    times = torch.stack([t0, t0 + 0.4 * (t1 - t0), t1], 1)
    found = {"x0": 0.5 + draw(2), "theta": 0.3 + draw(3), "w": draw(4 + (hold == "linear"), 2) - 0.4, "t0": t0, "t1": t1, "observation_times": times}
    return {name: value.to(dtype) for name, value in found.items()}


def worst(found: Any, expected: Any) -> float:
    """The largest difference of two gradients, each relative to the largest entry of its array."""
    pairs = [(getattr(found, name), getattr(expected, name)) for name in NAMES]
    assert all(a.shape == b.shape for a, b in pairs) and all(float(b.abs().max()) > 1e-3 for _, b in pairs)
    return max(float((a - b).abs().max() / b.abs().max()) for a, b in pairs)


@pytest.mark.parametrize("hold", ["constant", "linear"])
@pytest.mark.parametrize("steps", [12, None])
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "reverse time"])
def test_value_and_gradient_is_the_torch_targets(modules: Callable[..., ModuleType], hold: str, steps: int | None, backward: bool) -> None:
    module, given = modules(tangled), inputs(hold)
    if backward:
        given |= {"t0": given["t1"], "t1": given["t0"]}
    options = {"hold": hold, "steps": steps, "rtol": 1e-9, "atol": 1e-9}
    (cost, found), (expected_cost, expected) = module.value_and_gradient(**given, **options), module.torch.value_and_gradient(**given, **options)
    limit = 1e-12 if steps else 1e-10
    torch.testing.assert_close(cost, expected_cost, rtol=limit, atol=0)
    assert worst(found, expected) < limit


def test_shared_inputs_get_sums(modules: Callable[..., ModuleType]) -> None:
    """Everything shared but x0; then x0 left out, too, so that theta's gradient includes it."""
    module, given = modules(tangled), inputs()
    shared = {name: value[0] for name, value in given.items()}
    for change in ({"x0": given["x0"].repeat(11, 1)[:31]}, {"x0": None}):
        (_, found), (_, expected) = (m.value_and_gradient(**(shared | change), hold="linear", steps=12) for m in (module, module.torch))
        assert worst(found, expected) < 1e-12


def test_solve_carries_gradients_for_every_input(modules: Callable[..., ModuleType]) -> None:
    module, given = modules(tangled), inputs()
    found, expected = [], []
    for face, slopes in ((module, found), (module.torch, expected)):
        leaves = {name: value.clone().requires_grad_() for name, value in given.items()}
        solution = face.solve(**leaves, hold="linear", steps=12)
        (solution.cost.sum() + (solution.x1 * torch.tensor([1.0, -2.0], dtype=F64)).sum()).backward()
        slopes += [leaves[name].grad for name in NAMES]
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("hold", ["constant", "linear"])
def test_gradcheck_on_equal_time_steps(modules: Callable[..., ModuleType], hold: str) -> None:
    """Differences of the kernel's own numbers, in every input at once; observations stay inside the horizon."""
    module, given = modules(tangled), inputs(hold, batch=2)
    given["observation_times"] = given["t0"][:, None] + (given["t1"] - given["t0"])[:, None] * torch.tensor([0.1, 0.45, 0.8], dtype=F64)

    def outputs(*leaves: Tensor) -> tuple[Tensor, Tensor]:
        solution = module.solve(**dict(zip(NAMES, leaves, strict=True)), hold=hold, steps=3)
        return solution.x1, solution.cost

    leaves = tuple(given[name].requires_grad_() for name in NAMES)
    assert torch.autograd.gradcheck(outputs, leaves, eps=1e-6, atol=1e-6)


def test_transforms_agree_with_loops(modules: Callable[..., ModuleType]) -> None:
    module, given = modules(tangled), inputs()

    def cost(theta: Tensor, t1: Tensor, x0: Tensor) -> Tensor:
        return module.solve(x0, theta, 0.2, t1, w=given["w"][0], hold="linear", steps=8).cost.sum()

    t1 = torch.tensor([1.9, 2.0, 2.1], dtype=F64)
    mapped = vmap(grad(cost), (0, 0, None))(given["theta"], t1, given["x0"])
    loops = torch.stack([grad(cost)(theta, end, given["x0"]) for theta, end in zip(given["theta"], t1, strict=True)])
    torch.testing.assert_close(mapped, loops, rtol=1e-13, atol=1e-14)
    jacobian = jacrev(lambda theta: module.solve(given["x0"], theta, w=given["w"][0], hold="linear", steps=8).x1)(given["theta"][0])
    assert jacobian.shape == (3, 2, 3) and jacobian.isfinite().all()
    with torch.no_grad():
        base = given["theta"][0]
        for i in range(3):
            shift = 1e-6 * torch.eye(3, dtype=F64)[i]
            ahead, behind = (module.solve(given["x0"], base + s * shift, w=given["w"][0], hold="linear", steps=8).x1 for s in (1, -1))
            torch.testing.assert_close(jacobian[..., i], (ahead - behind) / 2e-6, rtol=1e-6, atol=1e-7)


def test_operations_of_the_kernel_pass_opcheck(modules: Callable[..., ModuleType]) -> None:
    module, given = modules(tangled), inputs()
    leaves = [given[name].requires_grad_() for name in NAMES]
    found = torch.library.opcheck(torch.ops.adjointcheck.march.default, (module.target.key, *leaves, "linear", 1e-6, 1e-6, 6, 1000, 0))
    assert set(found.values()) == {"SUCCESS"}


def test_compiled_with_its_backward_pass(modules: Callable[..., ModuleType]) -> None:
    module, given = modules(tangled), inputs()

    def loss(theta: Tensor) -> Tensor:
        return module.solve(given["x0"], theta * 2, w=given["w"], hold="linear", steps=6).cost.sum()

    theta = given["theta"].requires_grad_()
    expected = torch.autograd.grad(loss(theta), theta)[0]
    assert torch.equal(torch.autograd.grad(torch.compile(loss, fullgraph=True, backend="aot_eager")(theta), theta)[0], expected)


def test_single_precision_stays_single(modules: Callable[..., ModuleType]) -> None:
    module = modules(tangled)
    cost, found = module.value_and_gradient(**inputs(dtype=torch.float32), hold="linear", rtol=1e-4, atol=1e-4)
    expected_cost, expected = module.value_and_gradient(**inputs(), hold="linear", rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(cost.double(), expected_cost, rtol=1e-3, atol=0)
    for name in NAMES:
        a, b = getattr(found, name), getattr(expected, name)
        assert a.dtype == torch.float32
        torch.testing.assert_close(a.double(), b, rtol=0, atol=2e-3 * float(b.abs().max()))


def test_bits_do_not_depend_on_threads_or_runs(modules: Callable[..., ModuleType]) -> None:
    module = modules(tangled)
    given = {name: value if name == "x0" else value[0] for name, value in inputs(batch=333).items()}
    before, runs = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 1, 3):
            torch.set_num_threads(threads)
            runs.append(module.value_and_gradient(**given, hold="linear"))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(run[0], runs[0][0]) and all(torch.equal(getattr(run[1], n), getattr(runs[0][1], n)) for n in NAMES) for run in runs)


@pytest.mark.parametrize("count", [0, 1, 7, 33])
def test_any_number_of_trajectories(modules: Callable[..., ModuleType], count: int) -> None:
    module = modules(blowup)
    x0 = torch.linspace(0.1, 0.6, count, dtype=F64)[:, None]
    solution, (cost, found) = module.solve(x0), module.value_and_gradient(x0)
    assert solution.x1.shape == (count, 1) and cost.shape == solution.status.shape == (count,) and (solution.status == 0).all()
    torch.testing.assert_close(cost, (x0 / (1 - x0))[:, 0], rtol=1e-5, atol=0)
    torch.testing.assert_close(found.x0, 1 / (1 - x0) ** 2, rtol=1e-4, atol=0)
    torch.testing.assert_close(found.theta, (x0**2 / (1 - x0) ** 2).sum(0), rtol=1e-4, atol=0)


def test_trouble_keeps_to_its_trajectory(modules: Callable[..., ModuleType]) -> None:
    """A blow-up, a NaN and an infinity among sound neighbours: statuses as the torch target's, NaN where asked, no other harm."""
    module = modules(blowup)
    x0 = torch.tensor([[0.5], [3.0], [math.nan], [0.25], [math.inf], [0.75]], dtype=F64)
    theta = torch.tensor([[1.0], [1.0], [1.0], [math.nan], [1.0], [1.0]], dtype=F64)
    solution, expected = module.solve(x0, theta), module.torch.solve(x0, theta)
    assert solution.status.tolist() == expected.status.tolist()
    assert [module.STATUS[i] for i in solution.status] == ["finished", "step underflow", "non-finite", "non-finite", "non-finite", "finished"]
    sound = [0, 5]
    cost, found = module.value_and_gradient(x0, theta)
    alone = module.value_and_gradient(x0[sound], theta[sound])
    assert torch.equal(cost[sound], alone[0]) and torch.equal(found.theta[sound], alone[1].theta)
    assert cost[1:5].isnan().all() and found.theta[1:5].isnan().all() and found.x0[1:5].isnan().all()


def test_seeds_of_zero_ask_nothing_of_a_failed_trajectory(modules: Callable[..., ModuleType]) -> None:
    theta = torch.tensor([1.0], dtype=F64, requires_grad=True)
    solution = modules(blowup).solve([[0.5], [3.0]], theta)
    torch.where(solution.status == 0, solution.cost, 0).sum().backward()
    assert theta.grad is not None and theta.grad.item() == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("options", [{"rtol": 1e-8, "atol": 1e-8}, {"steps": 50}])
def test_max_steps(modules: Callable[..., ModuleType], options: dict[str, Any]) -> None:
    module = modules(blowup)
    solution, expected = (m.solve(max_steps=4, **options) for m in (module, module.torch))
    assert solution.status.tolist() == [module.MAX_STEPS] and (solution.accepted + solution.rejected).tolist() == [4]
    # Roundings of a small error estimate move the sizes of the time steps.
    torch.testing.assert_close(solution.x1, expected.x1, rtol=1e-12 if "steps" in options else 1e-6, atol=0)
    assert solution.cost.isnan().all()


def test_an_empty_horizon(modules: Callable[..., ModuleType]) -> None:
    module = modules(blowup)
    (cost, found), (expected_cost, expected) = (m.value_and_gradient(t0=1.0, t1=1.0) for m in (module, module.torch))
    assert torch.equal(cost, expected_cost)
    torch.testing.assert_close(found.t1, expected.t1)


def test_a_limit_of_memory_changes_no_bit(modules: Callable[..., ModuleType]) -> None:
    """The least limit that the kernel takes, to a factor of 1.2."""
    module, given = modules(tangled), inputs()

    def tighten(limit: int) -> Any:
        try:
            return module.value_and_gradient(**given, hold="linear", steps=600, max_steps=1000, memory_limit=limit)
        except SolveError as error:
            assert "memory_limit is too small" in str(error)

    free = module.value_and_gradient(**given, hold="linear", steps=600, max_steps=1000)
    tried = [tighten(int(1000 * 1.2**i)) for i in range(60)]
    assert tried[0] is None and tried[-1] is not None
    tight = next(found for found in tried if found is not None)
    assert torch.equal(free[0], tight[0]) and worst(tight[1], free[1]) < 1e-13


def test_an_observation_outside_is_refused_on_every_road(modules: Callable[..., ModuleType]) -> None:
    module = modules(tangled)
    given = {"w": torch.zeros(2, 2, dtype=F64), "observation_times": torch.tensor([0.3, 5.0, 1.0], dtype=F64)}
    for face in (module.solve, module.value_and_gradient):
        with pytest.raises(ValueError, match=r"observation_times\[1\] of trajectory 0: got 5.0; expected a time between t0 = 0.2"):
            face(**given)
        with pytest.raises(ValueError, match=r"observation_times\[0\]"):
            face(w=given["w"], t0=0.5)


def test_lanes_are_refilled(modules: Callable[..., ModuleType]) -> None:
    """Trajectories of very unlike lengths: more of the lanes' time steps are of use than if a group waited for its last."""
    module = modules(blowup)
    lengths = torch.linspace(0.1, 0.999, 2048, dtype=F64)[torch.randperm(2048, generator=torch.Generator().manual_seed(0))]
    solution = module.solve(lengths[:, None])
    groups = (solution.accepted + solution.rejected).reshape(-1, module.target.lanes)
    waiting = float(groups.sum() / (groups.max(1).values.sum() * module.target.lanes))
    assert 1.1 * waiting < module.lane_efficiency(lengths[:, None]) <= 1


# The check of the native target


def test_the_check_passes_on_the_right_kernel_and_sees_a_wrong_one(modules: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    from adjointcheck import pipeline
    from adjointcheck.check.native_target import check_native_target

    module, case = modules(tangled), pipeline.prepare(ac.derive(tangled()))
    found = check_native_target(case, module)
    assert found.name == CHECK and found.outcome is Outcome.PASS and found.measured is not None and 0 < found.measured <= 30, found.words
    right = module.value_and_gradient

    def wrong(*given: Any, **options: Any) -> Any:
        cost, gradients = right(*given, **options)
        gradients.t1.mul_(1 + 1e-9)
        return cost, gradients

    monkeypatch.setattr(module, "value_and_gradient", wrong)
    bad = check_native_target(case, module)
    assert bad.outcome is Outcome.FAIL and "dJ/dt1" in bad.words
