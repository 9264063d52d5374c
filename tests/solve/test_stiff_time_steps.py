"""One stiff time step: its gradient against autograd through the textbook's, counts, ensembles, dense output, planted faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import torch
from stiff_oracle import UNIT, D, Live, StiffMethod, condition, distance, method, textbook_gradient, textbook_step, trace
from torch import Tensor

from adjointcheck.errors import SolveError
from adjointcheck.schemes import STIFF_METHODS, Esdirk, Rosenbrock
from adjointcheck.solve import esdirk, linearise, rosenbrock
from adjointcheck.solve.esdirk import EsdirkMethod
from adjointcheck.solve.field import Field
from adjointcheck.solve.linearise import IllConditionedWarning, System
from adjointcheck.solve.rosenbrock import RosenbrockWanner
from adjointcheck.solve.time_step import evaluate_dense, pull_back_by_autograd

ALL = pytest.mark.parametrize("name", STIFF_METHODS)
T, H = torch.tensor(0.3, dtype=D), torch.tensor(0.2, dtype=D)


def vector(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=D)


Y, BAR = vector(1, 3), vector(2, 3)


def gradient(one: StiffMethod, field: Field) -> list[Tensor]:
    bars = one.pull_back(field, T, H, Y, BAR, times=True)
    found = [bars.y, bars.t, bars.h, *bars.parameters]
    assert all(value is not None for value in found)
    return found  # type: ignore[return-value]


@cache
def wanted_gradient(name: str) -> list[Tensor]:
    return textbook_gradient(STIFF_METHODS[name], trace(Live(), Y), T, H, Y, BAR)


@cache
def kappa(name: str) -> float:
    return condition(lambda one: gradient(one, trace(Live(), Y)), name)


# The gradient of one time step


@ALL
def test_the_adjoint_of_a_time_step_is_autograd_through_the_textbooks(name: str) -> None:
    field = trace(Live(), Y)
    wanted = wanted_gradient(name)
    allowed = 30 * UNIT * kappa(name)
    assert min(float(value.abs().max()) for value in wanted) > 5e-3
    assert distance([method(name).advance(field, T, H, Y).y1], [textbook_step(STIFF_METHODS[name], field, T, H, Y)]) < allowed
    assert distance(gradient(method(name), field), wanted) < allowed < 1e-11


@ALL
def test_autograd_through_our_own_lines_agrees_and_keeps_the_value(name: str) -> None:
    field = trace(Live(), Y)
    bars = pull_back_by_autograd(method(name), field, T, H, Y, BAR, times=True)
    allowed = 30 * UNIT * kappa(name)
    assert distance(gradient(method(name), field), [bars.y, bars.t, bars.h, *bars.parameters]) < allowed  # type: ignore[list-item]
    with torch.no_grad():
        plain = method(name).advance(field, T, H, Y).y1
    assert torch.equal(plain, method(name).advance(field, T, H, Y.clone().requires_grad_()).y1)
    less = pull_back_by_autograd(method(name), field, T, H, Y, BAR)
    assert less.t is None and torch.equal(less.y, bars.y)


@ALL
def test_second_derivatives_of_a_time_step_are_right(name: str) -> None:
    field = trace(Live(), Y)
    found = torch.autograd.functional.hessian(lambda y: method(name).advance(field, T, H, y).y1 @ BAR, Y)
    wanted = torch.autograd.functional.hessian(lambda y: textbook_step(STIFF_METHODS[name], field, T, H, y) @ BAR, Y)
    assert float(wanted.abs().max()) > 0.05  # type: ignore[union-attr]
    assert float((found - wanted).abs().max()) < 1e-12  # type: ignore[operator, union-attr]


# Planted faults: each makes the comparison above fail by far


def without_second_derivatives(one: Any, found: pytest.MonkeyPatch) -> None:
    gather = rosenbrock._Sweep._gather

    def forget(self: Any, v: Tensor) -> None:
        gather(self, v)
        self.jacobian_bar = torch.zeros_like(self.jacobian_bar)

    found.setattr(rosenbrock._Sweep, "_gather", forget)


def without_time_in_the_jacobian(one: Any, found: pytest.MonkeyPatch) -> None:
    one.__dict__["_weights"] = one._weights * torch.tensor([1.0, 1.0, 1.0, 0.0], dtype=D)[:, None]


def with_another_gamma(one: Any, found: pytest.MonkeyPatch) -> None:
    one.__dict__["_gamma"] = one._gamma * (1 + 1e-6)


def with_a_stale_jacobian(one: Any, found: pytest.MonkeyPatch) -> None:
    """The system of the adjoint is that of a state 1e-3 away, as if left from a time step before."""
    room = rosenbrock if isinstance(one, RosenbrockWanner) else esdirk
    place, plain = ("linearise", rosenbrock.linearise) if room is rosenbrock else ("differentiate", esdirk.differentiate)

    def stale(*inputs: Any) -> Any:
        value = plain(*inputs)
        return value._replace(jacobian=value.jacobian * (1 + 1e-3)) if isinstance(value, tuple) else value * (1 + 1e-3)

    found.setattr(room, place, stale)


def without_the_newton_iterations(one: Any, found: pytest.MonkeyPatch) -> None:
    """Stages that are not solved: the theorem is used where it does not hold."""
    found.setattr(esdirk, "MOST", 1)


FAULTS = [
    *((name, fault) for name in ("rodas3", "rodas5p") for fault in (without_second_derivatives, without_time_in_the_jacobian, with_another_gamma, with_a_stale_jacobian)),
    *((name, fault) for name in ("kvaerno3", "kvaerno5") for fault in (with_another_gamma, with_a_stale_jacobian, without_the_newton_iterations)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_a_planted_fault_is_seen_by_the_comparison(name: str, fault: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    field, one = trace(Live(), Y), method(name)
    wanted = wanted_gradient(name)
    allowed = 30 * UNIT * kappa(name)
    fault(one, monkeypatch)
    assert distance(gradient(one, field), wanted) > 1e3 * allowed


# Transposed solves


def test_a_solve_that_is_not_transposed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(System, "solve_transposed", System.solve)
    for name in ("rodas5p", "kvaerno5"):
        with pytest.raises(SolveError, match=f"the adjoint of .* {name}.*a residual of .* where rounding allows"):
            gradient(method(name), trace(Live(), Y))


@pytest.mark.parametrize("scale", [1.0, 1e6, 1e12])
def test_stiffness_alone_is_not_ill_conditioned(scale: float) -> None:
    jacobian = -scale * torch.eye(4, dtype=D) + torch.triu(vector(5, 4, 4), 1)
    system = System.of(jacobian)
    for right in vector(6, 3, 4):
        system.check_transposed(system.solve_transposed(right), right, "here")


def nearly_singular(distance: float) -> tuple[System, Tensor]:
    """1 - scaled has a singular value `distance` between singular vectors that no scaling of rows sees."""
    left, right = (torch.linalg.qr(vector(seed, 5, 5))[0] for seed in (7, 8))
    matrix = left @ torch.diag(torch.tensor([3.0, 2.0, 1.0, 0.5, distance], dtype=D)) @ right
    return System.of(torch.eye(5, dtype=D) - matrix), vector(9, 5)


def test_an_ill_conditioned_time_step_is_reported() -> None:
    """Corpus row 55: the forward time step is fine, the transposed solve is not."""
    for gap, expected in ((1e-6, None), (1e-12, IllConditionedWarning), (1e-16, SolveError), (0.0, SolveError)):
        system, right = nearly_singular(gap)
        costate = system.solve_transposed(right)
        if expected is None:
            system.check_transposed(costate, right, "here")
        elif expected is SolveError:
            with pytest.raises(SolveError, match="here: got a residual of .* expected a transposed solve with at least one certain digit"):
                system.check_transposed(costate, right, "here")
        else:
            with pytest.warns(IllConditionedWarning, match="here: rounding may change the costate by"):
                system.check_transposed(costate, right, "here")


def test_a_singular_time_step_has_no_silent_gradient() -> None:
    """1 - h gamma J = 0 exactly: y' = y with h = 1/gamma."""
    one = method("rodas3")
    field = trace(lambda t, y: 1.0 * y, torch.ones(1, dtype=D))  # type: ignore[arg-type]
    with pytest.raises(SolveError, match="the adjoint of a time step of rodas3 of 2"):
        one.pull_back(field, T, torch.tensor(2.0, dtype=D), torch.ones(1, dtype=D), torch.ones(1, dtype=D))


# Newton's method


def test_newton_ends_at_rounding_and_says_when_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    field = trace(Live(), Y)
    one = method("kvaerno5")
    with torch.no_grad():
        states, slopes, solved = one._run(field, T, H, Y, linearise.linearise(field, T, Y))  # type: ignore[union-attr]
        assert bool(solved)
        for state, slope, node in zip(states, slopes, one._nodes, strict=True):  # type: ignore[union-attr]
            assert float((slope - field(T + node * H, state)).abs().max()) < 1e3 * UNIT
        monkeypatch.setattr(esdirk, "MOST", 2)
        advance = one.advance(field, T, H, Y)
    assert bool(advance.y1.isnan().all()) and bool(advance.error.isposinf().all())  # type: ignore[union-attr]


def test_iterations_that_grow_fail_at_once() -> None:
    calls = 0

    def wild(t: Tensor, y: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return 40 * torch.sin(9 * y)

    y = torch.zeros(1, dtype=D) + 0.1
    with torch.no_grad():
        advance = method("kvaerno3").advance(trace(wild, y), T, torch.tensor(1.0, dtype=D), y)  # type: ignore[arg-type]
    assert bool(advance.error.isposinf())  # type: ignore[union-attr]
    assert calls < 60


# Ensembles, precision, counts


@ALL
def test_an_ensemble_is_its_trajectories(name: str) -> None:
    t, h, y, bar = T + 0.1 * vector(11, 4).abs(), H * (1 + 0.5 * vector(12, 4).abs()), vector(13, 4, 3), vector(14, 4, 3)
    module, one = Live(), method(name)
    field = trace(module, y, lead=1)
    bars, single = one.pull_back(field, t, h, y, bar, times=True), trace(module, y[0])
    with torch.no_grad():
        together, parts = one.advance(field, t, h, y), [one.advance(single, *row) for row in zip(t, h, y, strict=True)]
    pulled = [one.pull_back(single, *row, times=True) for row in zip(t, h, y, bar, strict=True)]
    for found, wanted in (
        (together.y1, torch.stack([part.y1 for part in parts])), (together.error, torch.stack([part.error for part in parts])),  # type: ignore[list-item, misc]
        (bars.y, torch.stack([part.y for part in pulled])), (bars.t, torch.stack([part.t for part in pulled])), (bars.h, torch.stack([part.h for part in pulled])),  # type: ignore[list-item]
        *((total, sum(part.parameters[i] for part in pulled)) for i, total in enumerate(bars.parameters)),  # type: ignore[misc]
    ):  # fmt: skip
        assert float((found - wanted).abs().max()) < 1e-12 * float(wanted.abs().max() + 1)  # type: ignore[operator, union-attr]


@ALL
def test_single_precision_is_as_good_as_its_rounding(name: str) -> None:
    unit, wanted = torch.finfo(torch.float32).eps / 2, wanted_gradient(name)
    module = Live(dtype=torch.float32)
    bars = method(name).pull_back(trace(module, Y.float()), T, H, Y.float(), BAR.float(), times=True)
    assert bars.y.dtype == torch.float32 and bars.h.dtype == D  # type: ignore[union-attr]
    assert distance([value.double() for value in (bars.y, bars.t, bars.h, *bars.parameters)], wanted) < 30 * unit * kappa(name)  # type: ignore[union-attr]


def counted(one: StiffMethod, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Evaluations and decompositions forward, then backward."""
    counts = {"f": 0, "lu": 0}
    of, module = System.of, Live()
    forward = module.forward

    def watch(t: Tensor, y: Tensor) -> Tensor:
        counts["f"] += 1
        return forward(t, y)

    def decompose(scaled: Tensor) -> System:
        counts["lu"] += 1
        return of(scaled)

    field = trace(module, Y)
    monkeypatch.setattr(module, "forward", watch)
    monkeypatch.setattr(System, "of", decompose)
    with torch.no_grad():
        one.advance(field, T, H / 100, Y)
    yield from (counts["f"], counts["lu"])
    counts |= {"f": 0, "lu": 0}
    one.pull_back(field, T, H / 100, Y, BAR)
    yield from (counts["f"], counts["lu"])


@pytest.mark.parametrize(("name", "stages"), [("rodas3", 3), ("rodas4", 6), ("rodas5p", 8)])
def test_a_rosenbrock_time_step_costs_a_slope_a_stage_and_one_decomposition(name: str, stages: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forward and backward alike; rodas3 has two stages at the start."""
    assert list(counted(method(name), monkeypatch)) == [stages, 1, stages, 1]


@pytest.mark.parametrize(("name", "stages"), [("kvaerno3", 4), ("kvaerno5", 7)])
def test_an_esdirk_time_step_decomposes_once_forward_and_once_a_stage_backward(name: str, stages: int, monkeypatch: pytest.MonkeyPatch) -> None:
    forward, once, backward, each = counted(method(name), monkeypatch)
    assert (once, each) == (1, stages)
    assert backward == forward + stages
    assert forward <= 1 + 8 * (stages - 1)


# Dense output


@pytest.mark.parametrize(("name", "order"), [("rodas3", 3), ("rodas4", 3), ("rodas5p", 4), ("kvaerno3", 3), ("kvaerno5", 4)])
def test_dense_output_joins_the_ends_and_has_its_order_inside(name: str, order: int) -> None:
    field, one, errors = trace(Live(), Y), method(name), []
    for h in (H / 4, H / 8):
        with torch.no_grad():
            advance = one.advance(field, T, h, Y)
            coefficients = one.dense(field, T, h, Y, advance)
            inside = Y
            for part in range(4):  # the reference: four time steps of order 5
                inside = method("rodas5p").advance(field, T + part * 0.37 * h / 4, 0.37 * h / 4, inside).y1
        assert torch.equal(coefficients[0], Y)
        assert float((coefficients.sum(0) - advance.y1).abs().max()) < 1e-13
        errors.append(float((evaluate_dense(coefficients, 0.37) - inside).norm()))
    assert torch.log2(torch.tensor(errors[0] / errors[1])).item() == pytest.approx(order + 1, abs=0.5)


def test_rows_know_their_kind() -> None:
    for name, row in STIFF_METHODS.items():
        one = method(name)
        assert (one.name, one.order, one.error_order, one.adaptive) == (name, row.order, row.error_order, True)
        assert isinstance(one, EsdirkMethod) == isinstance(row, Esdirk) == one.iterates != isinstance(row, Rosenbrock)


@pytest.mark.parametrize("n", [linearise.FEW - 1, linearise.FEW + 1])
def test_products_one_by_one_and_in_a_batch_make_the_same_jacobian(n: int) -> None:
    y, module = vector(15, n), Live(n)
    found = linearise.linearise(trace(module, y), T, y)
    assert float((found.jacobian - torch.func.jacrev(module, 1)(T, y)).detach().abs().max()) < 1e-14
    assert float((found.in_time - torch.func.jacfwd(module, 0)(T, y)).detach().abs().max()) < 1e-14


def test_a_constant_field_has_no_jacobian() -> None:
    y = vector(16, 3)
    with torch.no_grad():
        found = linearise.linearise(trace(lambda t, y: torch.ones_like(y), y), T, y)  # type: ignore[arg-type]
    assert not found.jacobian.any() and not found.in_time.any()
    assert torch.allclose(method("rodas5p").advance(trace(lambda t, y: torch.ones_like(y), y), T, H, y).y1, y + H)  # type: ignore[arg-type]
