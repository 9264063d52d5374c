"""The operations around a kernel, on the handmade one whose answers are closed forms: schema, autograd, vmap, compile, func."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.func import grad, jacrev, vmap

from adjointcheck.errors import SolveError
from adjointcheck.solve import native_ops
from adjointcheck.solve.native_ops import Marching, march, sweep

F64 = torch.float64


def t(value: Any, **options: Any) -> Tensor:
    return torch.tensor(value, dtype=F64, **options)


def arguments(module: ModuleType, x0: Tensor | None, theta: Tensor, t1: Tensor | None = None) -> tuple[Any, ...]:
    """Arguments of `march`."""
    t1 = t([1.3]) if t1 is None else t1
    return (module.target.key, x0, theta, theta.new_empty((1, 1, 0)), theta.new_tensor([0.2]), t1, theta.new_empty((1, 0)), *Marching())


def closed(x0: Tensor, theta: Tensor, span: Tensor | float) -> tuple[Tensor, Tensor]:
    """x1 and J by torch."""
    x1 = x0 * (theta * span).exp()
    return x1, (x1**2 / 2)[..., 0]


X0, THETA = [[1.0], [2.0], [-0.5]], [[0.3], [-0.2], [0.8]]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("given", [True, False])
def test_operations_pass_opcheck(growth: ModuleType, shared: bool, given: bool) -> None:
    theta = t(THETA[:1] if shared else THETA, requires_grad=True)
    x0 = t(X0, requires_grad=True) if given else None
    found = arguments(growth, x0, theta, t([1.0, 1.1, 1.2], requires_grad=True))
    assert set(torch.library.opcheck(march, found).values()) == {"SUCCESS"}
    plain = tuple(value.detach() if isinstance(value, Tensor) else value for value in found)
    seeds = torch.ones(3, 1, dtype=F64), torch.ones(3, dtype=F64)
    assert set(torch.library.opcheck(sweep, (plain[0], *seeds, *plain[1:])).values()) == {"SUCCESS"}
    assert set(torch.library.opcheck(sweep, (plain[0], None, seeds[1], *plain[1:])).values()) == {"SUCCESS"}


@pytest.mark.parametrize("shared", [False, True])
def test_gradients_by_name_of_the_operation(growth: ModuleType, shared: bool) -> None:
    leaves = [t(X0, requires_grad=True), t(THETA[:1] if shared else THETA, requires_grad=True), t([1.3], requires_grad=True)]
    x1, cost, *_ = march(*arguments(growth, *leaves))
    expected_x1, expected_cost = closed(leaves[0], leaves[1], (leaves[2] - 0.2)[:, None])
    weights = t([[1.0], [-2.0], [0.5]])
    found = torch.autograd.grad((weights * x1).sum() + cost.sum(), leaves)
    expected = torch.autograd.grad((weights * expected_x1).sum() + expected_cost.sum(), leaves)
    for a, b in zip([x1, cost, *found], [expected_x1, expected_cost, *expected], strict=True):
        torch.testing.assert_close(a, b)


def cost_of(module: ModuleType) -> Any:
    def value(x0: Tensor, theta: Tensor, t1: Tensor) -> Tensor:
        return module.solve(x0, theta, 0.2 + 0 * t1, t1).cost.sum()

    return value


def expected_cost(x0: Tensor, theta: Tensor, t1: Tensor) -> Tensor:
    return closed(x0, theta, (t1 - 0.2)[..., None])[1].sum()


def test_torch_func_grad(growth: ModuleType) -> None:
    point = t([1.5]), t([0.4]), t(1.3)
    for a, b in zip(grad(cost_of(growth), (0, 1, 2))(*point), grad(expected_cost, (0, 1, 2))(*point), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("dims", [(0, None, None), (None, 0, None), (None, None, 0), (0, 0, 0), (0, None, 0)])
def test_torch_func_vmap_of_grad(growth: ModuleType, dims: tuple[int | None, ...]) -> None:
    """Mapped over any of the inputs, each unbatched inside."""
    full = t(X0), t(THETA), t([1.0, 1.3, 0.7])
    point = [value if dim == 0 else value[0] for value, dim in zip(full, dims, strict=True)]
    found = vmap(grad(cost_of(growth), (0, 1, 2)), dims)(*point)
    expected = vmap(grad(expected_cost, (0, 1, 2)), dims)(*point)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("batched", ["x0", "theta", "both", "neither"])
def test_vmap_over_batches_keeps_each_sum_apart(growth: ModuleType, batched: str) -> None:
    """A batch inside the map: shared parameters get one sum for each mapped element."""
    x0 = t([X0, [[0.1], [0.2], [0.3]]]) if batched in ("x0", "both") else t([[[0.7]], [[1.1]]])
    theta = t([THETA, [[0.5], [0.6], [0.1]]]) if batched in ("theta", "both") else t([[[0.4]], [[-0.3]]])
    x0, theta = (value if value.shape[1] > 1 else value[:, 0] for value in (x0, theta))
    t1 = t([1.3, 0.9])
    found = vmap(grad(cost_of(growth), (0, 1, 2)))(x0, theta, t1)
    expected = vmap(grad(expected_cost, (0, 1, 2)))(x0, theta, t1)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b)


def test_jacrev_is_one_backward_launch(growth: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    launches = []
    run = native_ops.run_sweep
    monkeypatch.setattr(native_ops, "run_sweep", lambda *a: launches.append(a[1][1].shape) or run(*a))
    x0, theta = t(X0), t([0.4])
    found = jacrev(lambda theta: growth.solve(x0, theta, 0.2, 1.3).x1)(theta)
    torch.testing.assert_close(found, jacrev(lambda theta: closed(x0, theta, 1.1)[0])(theta))
    assert launches == [torch.Size([9, 1])]


def test_value_and_gradient_under_vmap(growth: ModuleType) -> None:
    x0, theta = t(X0), t([0.4])

    def slope(x0: Tensor) -> tuple[Tensor, Tensor]:
        cost, gradients = growth.value_and_gradient(x0, theta, 0.2, 1.3)
        return cost, gradients.x0

    cost, found = vmap(slope)(x0)
    together, gradients = growth.value_and_gradient(x0, theta, 0.2, 1.3)
    torch.testing.assert_close(cost[:, 0], together)
    torch.testing.assert_close(found, gradients.x0)


@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.campaign)])
def test_compiled_in_one_graph(growth: ModuleType, backend: str) -> None:
    def loss(x0: Tensor, theta: Tensor) -> Tensor:
        return (growth.solve(2 * x0, theta, 0.2, 1.3).cost * 3).sum()

    point = t(X0, requires_grad=True), t([0.4], requires_grad=True)
    found = torch.compile(loss, fullgraph=True, backend=backend)(*point)
    expected = loss(*point)
    torch.testing.assert_close(found, expected)
    for a, b in zip(torch.autograd.grad(found, point), torch.autograd.grad(expected, point), strict=True):
        torch.testing.assert_close(a, b)


def test_compiled_value_and_gradient(growth: ModuleType) -> None:
    def both(x0: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        cost, gradients = growth.value_and_gradient(x0, theta, 0.2, 1.3)
        return 2 * cost, gradients.theta

    point = t(X0), t([0.4])
    for a, b in zip(torch.compile(both, fullgraph=True, backend="aot_eager")(*point), both(*point), strict=True):
        torch.testing.assert_close(a, b)


def test_second_derivatives_are_refused(growth: ModuleType) -> None:
    theta = t([0.4], requires_grad=True)
    (slope,) = torch.autograd.grad(growth.solve(theta=theta).cost.sum(), theta, create_graph=True)
    with pytest.raises(RuntimeError, match=r"growth, solve: got a request for a second derivative.*`replay`"):
        (slope.sum() + theta.sum()).backward()
    (slope,) = torch.autograd.grad(march(*arguments(growth, None, theta[None]))[1].sum(), theta, create_graph=True)
    with pytest.raises(RuntimeError, match="second derivative"):
        (slope.sum() + theta.sum()).backward()


def test_counts_have_no_gradient(growth: ModuleType) -> None:
    solution = growth.solve(theta=t([0.4], requires_grad=True))
    assert solution.cost.requires_grad and solution.x1.requires_grad
    assert not any(getattr(solution, name).requires_grad for name in ("status", "accepted", "rejected"))


def test_what_would_be_read_out_of_bounds_is_refused(growth: ModuleType) -> None:
    good = list(arguments(growth, t(X0), t(THETA)))
    bad: list[tuple[int, Any, str]] = [
        (1, t([[1.0, 2.0]]), r"x0: got shape \(1, 2\)"), (2, t([0.3]), r"theta: got shape \(1,\)"), (2, t(THETA[:2]), "batch axes"), (3, t([[0.0]]), "w: got shape"),
        (3, torch.empty(1, 0, 0, dtype=F64), "w, hold"), (5, torch.tensor([1.0]), "t1: got torch.float32"), (6, t([[0.5]]), "times: got shape"), (7, "cubic", "hold"),
    ]  # fmt: skip
    for place, value, message in bad:
        wrong = [*good[:place], value, *good[place + 1 :]]
        with pytest.raises(ValueError, match=message):
            march(*wrong)
    with pytest.raises(ValueError, match=r"cost_bar: got shape \(2,\)"):
        sweep(good[0], None, torch.ones(2, dtype=F64), *good[1:])
    with pytest.raises(SolveError, match="the key of a module built in this process"):
        march("unknown", *good[1:])


def test_rows_may_lie_anywhere(growth: ModuleType) -> None:
    """Columns of a wider array, every other row, one row seen many times, a transposed array."""
    wide = torch.arange(1.0, 13.0, dtype=F64).reshape(6, 2) / 10
    views = {"a column": wide[:, :1], "every other row": wide[::2, :1], "one row": wide[:1, :1].expand(6, 1), "transposed": wide[:1].T}
    for name, view in views.items():
        theta = t([[0.1 * i] for i in range(len(view))])
        cost, found = growth.value_and_gradient(view, theta, 0.0, 1.0)
        expected_cost, expected = growth.value_and_gradient(view.contiguous(), theta, 0.0, 1.0)
        assert torch.equal(cost, expected_cost) and torch.equal(found.x0, expected.x0) and torch.equal(found.theta, expected.theta), name
        torch.testing.assert_close(cost, closed(view, theta, 1.0)[1])


def test_threads_are_not_started_for_one_group(growth: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(native_ops, "finish", lambda target, launch, like: seen.append(launch.threads))
    for count in (1, 4, 5, 100):
        growth.value_and_gradient(torch.ones(count, 1, dtype=F64))
    monkeypatch.setattr(native_ops, "_forked", True)
    growth.value_and_gradient(torch.ones(100, 1, dtype=F64))
    assert seen == [1, 1, torch.get_num_threads(), torch.get_num_threads(), 1]


def test_the_limit_of_memory_reaches_the_kernel(growth: ModuleType) -> None:
    with pytest.raises(SolveError, match=r"growth, native launch: got code 3: memory_limit is too small.*Give more memory_limit="):
        growth.value_and_gradient(memory_limit=1)
    assert math.isfinite(growth.value_and_gradient(memory_limit=2)[0].item())
