"""Every gradient method on one field that hides nothing, against autograd through the same time steps, orders by slope, and planted faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from math import log2, log10
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from adjointcheck.errors import SolveError
from adjointcheck.schemes import METHODS
from adjointcheck.solve import checkpointed, continuous
from adjointcheck.solve.control import Control
from adjointcheck.solve.explicit import ExplicitRungeKutta
from adjointcheck.solve.gradient_method import Discrete, GradientMethod, Sweep, find_gradient_method, replay, solve
from adjointcheck.solve.gradients import (
    Backsolve,
    Checkpointed,
    DriftWarning,
    ForwardSensitivity,
    Interpolated,
    Reconstruction,
    ReconstructionWarning,
    Reversible,
)
from adjointcheck.solve.marching import InitialValueProblem
from adjointcheck.solve.odeint import odeint
from adjointcheck.solve.packing import Packing
from adjointcheck.solve.tracing import trace_field

F64 = torch.float64
TIMES = (0.0, 0.7, 1.2, 2.0)
Made = tuple[nn.Module, InitialValueProblem]


class Live(nn.Module):
    """A non-symmetric Jacobian, an explicit t, every parameter live; contracts gently."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor([[-0.3, 1.2], [-2.0, -0.1]], dtype=F64))
        self.b = nn.Parameter(torch.tensor([0.2, -0.4], dtype=F64))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return y @ self.a.T + torch.sin(3 * t) * self.b * y.flip(-1) ** 2 - 0.1 * y**3


def make(method: str = "tsit5", times: tuple[float, ...] = TIMES, field: nn.Module | None = None, y0: tuple[float, ...] = (1.0, -0.5), **control: Any) -> Made:
    field = field or Live()
    y, t = torch.tensor(y0, dtype=F64, requires_grad=True), torch.tensor(times, dtype=F64, requires_grad=True)
    known = trace_field(field, t[0], y, Packing.of(y))
    return field, InitialValueProblem(known, y, t, ExplicitRungeKutta.of(METHODS[method]), Control(**control or {"rtol": 1e-6, "atol": 1e-8}))


def cost(ys: Tensor) -> Tensor:
    """A loss at every mark, t0 and the last included, with weights all different."""
    return (torch.linspace(1, 2, ys.numel(), dtype=ys.dtype).view_as(ys) * ys.sin()).sum()


def gradients(made: Made, row: GradientMethod, scale: float = 1.0) -> list[Tensor]:
    field, problem = made
    return list(torch.autograd.grad(scale * cost(solve(problem, row)), (problem.y0, problem.marks, *field.parameters())))


def by_autograd(made: Made, row: GradientMethod) -> list[Tensor]:
    """The oracle: plain differentiable operations through the row's own recorded time steps."""
    field, problem = made
    _, saved = row.forward(problem)
    return list(torch.autograd.grad(cost(row.replay(problem, saved)), (problem.y0, problem.marks, *field.parameters())))


def difference(found: list[Tensor], wanted: list[Tensor]) -> float:
    """The largest relative difference of any gradient."""
    return max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(found, wanted, strict=True))


ROUNDING = 1e-12  # some 100 time steps of 50 operations each at 1e-16, with room for conditioning
CASES = {"adaptive": {"method": "tsit5", "rtol": 1e-4, "atol": 1e-6}, "equal": {"method": "rk4", "step_size": 0.1}, "cut": {"method": "dop853", "rtol": 1e-4, "atol": 1e-4}, "backward": {"method": "dopri5", "times": (0.8, 0.5, 0.2, 0.0)}}
EXACT = {"discrete": Discrete(), "checkpointed": Checkpointed(), "three checkpoints": Checkpointed(3), "reversible": Reversible(), "forward": ForwardSensitivity()}


# The exact ones


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", EXACT)
def test_exact_gradients_are_those_of_autograd(name: str, case: str) -> None:
    """By y0, by both parameters and by every entry of t, also in reverse time."""
    made = make(**CASES[case])
    assert difference(gradients(made, EXACT[name]), by_autograd(made, EXACT[name])) < ROUNDING


@cache
def plain(case: str) -> list[Tensor]:
    """By the discrete adjoint that keeps every state."""
    return gradients(make(**CASES[case]), Discrete(graph_bytes=0))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("row", [Checkpointed(), Checkpointed(1), Checkpointed(2), Checkpointed(5), Checkpointed(memory=200)], ids=["two-level", "1", "2", "5", "200 bytes"])
def test_checkpointed_is_bitwise_the_plain_discrete_one(row: Checkpointed, case: str) -> None:
    assert all(torch.equal(a, b) for a, b in zip(gradients(make(**CASES[case]), row), plain(case), strict=True))


def test_checkpointed_begins_anew_where_the_field_jumps() -> None:
    field, problem = make()
    made = field, replace(problem, jumps=frozenset({1, 2}))
    plain = gradients(made, Discrete(graph_bytes=0))
    assert all(torch.equal(a, b) for a, b in zip(gradients(made, Checkpointed(2)), plain, strict=True))


@pytest.mark.parametrize("name", ["checkpointed", "three checkpoints", "reversible", "forward"])
def test_a_second_backward_repeats_the_first(name: str) -> None:
    field, problem = make()
    loss = cost(solve(problem, EXACT[name]))
    first, second = (torch.autograd.grad(loss, (problem.y0, *field.parameters()), retain_graph=True) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("name", [*EXACT, "interpolated", "backsolve"])
def test_second_derivatives_are_those_of_the_replay(name: str) -> None:
    """Where the row is not exact, the part that goes through the cost's own curvature is its first derivative."""
    row = EXACT.get(name) or find_gradient_method(name)
    (field, problem), (_, saved) = (made := make(step_size=0.125, method="rk4")), row.forward(make(step_size=0.125, method="rk4")[1])

    def product(loss: Tensor) -> list[Tensor]:
        (first,) = torch.autograd.grad(loss, problem.y0, create_graph=True)
        return list(torch.autograd.grad(first @ torch.tensor([1.0, -2.0], dtype=F64), (problem.y0, *field.parameters())))

    assert difference(product(cost(solve(made[1], row))), product(cost(row.replay(problem, saved)))) < (ROUNDING if row.exact else 1e-3)


@pytest.mark.parametrize("method", ["euler", "heun", "rk4"])
def test_reversible_solutions_converge_at_the_order_of_the_method(method: str) -> None:
    times = (0.0, 3.0)
    exact = make("dop853", times, step_size=0.05)[1]
    wanted = replay(exact, Discrete().forward(exact)[1]).detach()
    errors = [float((Reversible(drift=1.0).forward(make(method, times, step_size=h)[1])[0] - wanted)[-1].abs().max()) for h in (0.02, 0.01)]
    assert log2(errors[0] / errors[1]) == pytest.approx(METHODS[method].order, abs=0.3)


def test_reversible_states_come_back_to_rounding() -> None:
    told: list[Reconstruction] = []
    gradients(make("rk4", step_size=0.05), Reversible(report=told.append))
    assert told[0].worst < 1e-13


def test_a_pair_that_cannot_come_back_is_told() -> None:
    """0.6^-100 times rounding is more than anything."""
    with pytest.warns(ReconstructionWarning, match="nearer to 1"):
        gradients(make("heun", step_size=0.03), Reversible(0.6))


def test_a_pair_that_falls_apart_is_told() -> None:
    """Contraction at rate 20 with time steps of 0.05: rk4 is stable, its reversible pair is not."""
    field = nn.Linear(2, 2, bias=False, dtype=F64)
    field.weight.data = torch.tensor([[-20.0, 1.0], [0.0, -20.0]], dtype=F64)

    class Fast(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = field

        def forward(self, t: Tensor, y: Tensor) -> Tensor:
            return self.linear(y)

    with pytest.warns(DriftWarning, match="unstable here"):
        Reversible().forward(make("rk4", field=Fast(), step_size=0.05)[1])


# The continuous ones


@cache
def reference() -> list[Tensor]:
    """All gradients by dop853 at a small time step."""
    return gradients(make("dop853", step_size=0.02), Discrete())


def order(row: GradientMethod, method: str, sizes: tuple[float, float]) -> float:
    """From the relative errors of all gradients at two step sizes, added so that one change of sign does not rule; against dop853."""
    wanted = reference()
    errors = [sum(float((a - b).norm() / b.norm()) for a, b in zip(gradients(make(method, step_size=h), row), wanted, strict=True)) for h in sizes]
    return log2(errors[0] / errors[1])


@pytest.mark.parametrize("name", ["interpolated", "backsolve"])
@pytest.mark.parametrize(("method", "sizes"), [("midpoint", (0.05, 0.025)), ("rk4", (0.05, 0.025)), ("dopri5", (0.05, 0.025)), ("dop853", (0.1, 0.05))])
def test_continuous_gradients_converge_at_the_order_of_the_method(name: str, method: str, sizes: tuple[float, float]) -> None:
    row = Backsolve(threshold=1.0) if name == "backsolve" else Interpolated()
    assert order(row, method, sizes) > METHODS[method].order - 0.5


@pytest.mark.parametrize("row", [Interpolated(), Interpolated(seminorm=True), Backsolve(), Backsolve(seminorm=True)], ids=["interpolated", "seminorm", "backsolve", "its seminorm"])
def test_tolerance_rules_the_error(row: GradientMethod) -> None:
    wanted = reference()
    errors = [difference(gradients(make(rtol=tol, atol=tol), row), wanted) for tol in (1e-4, 1e-8)]
    assert errors[0] < 1e-2 and errors[1] < 1e-5 and errors[1] < 1e-2 * errors[0]


@pytest.mark.parametrize("row", [Interpolated(), Backsolve()], ids=["interpolated", "backsolve"])
def test_the_unit_of_the_cost_does_not_matter(row: GradientMethod) -> None:
    """A cost in units of 2^-40 has exactly 2^-40 times the gradient: absolute tolerances do not swallow it."""
    large, small = gradients(make(), row), gradients(make(), row, scale=2.0**-40)
    assert all(torch.equal(a * 2.0**-40, b) for a, b in zip(large, small, strict=True))


def test_own_tolerances_of_the_way_back_are_obeyed() -> None:
    wanted = reference()
    loose, tight = (difference(gradients(make(rtol=1e-10, atol=1e-10), Interpolated(rtol=tol, atol=tol)), wanted) for tol in (1e-3, 1e-9))
    assert loose > 1e3 * tight


class Contracting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor([[-3.0, 1.0], [-0.5, -2.0]], dtype=F64))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return y @ self.a.T + torch.sin(t) * y**2


class VanDerPol(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mu = nn.Parameter(torch.tensor(1.0, dtype=F64))

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        x, v = y.unbind(-1)
        return torch.stack([v, self.mu * (1 - x**2) * v - x], -1)


def test_backsolve_tells_how_wrong_it_is_and_interpolation_is_right() -> None:
    """The cycle attracts, so the way back leaves it: the gradient is no better than the states that it went through."""
    told: list[Reconstruction] = []
    settings = {"field": VanDerPol(), "times": (0.0, 10.0), "y0": (0.5, 2.0)}
    made = make("dopri5", **settings, rtol=1e-6, atol=1e-6)
    wanted = gradients(make("dop853", **settings, rtol=1e-11, atol=1e-11), Discrete())
    with pytest.warns(ReconstructionWarning, match="'backsolve'.*as much or more"):
        wrong = difference(gradients(made, Backsolve(report=told.append)), wanted)
    assert told[0].times == (0.0,) and wrong > told[0].worst > 1e-3
    assert difference(gradients(made, Interpolated()), wanted) < 1e-3


def test_setting_the_state_back_has_an_effect() -> None:
    """SciMLSensitivity issue 300: the flag was read and forgotten."""
    errors: list[Reconstruction] = []
    settings = {"field": Contracting(), "times": (0.0, 1.0, 2.0, 3.0), "rtol": 1e-6, "atol": 1e-8}
    for reset in (True, False):
        gradients(make(**settings), Backsolve(reset=reset, threshold=float("inf"), report=errors.append))
    assert errors[1].errors[-1] > 10 * errors[0].errors[-1]


# Refusals


@pytest.mark.parametrize(("patience", "words"), [(100, "an error over the tolerance|not finite"), (1, "more time steps than")])
def test_a_way_back_that_nobody_can_go_is_told(patience: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """y' = -50 y^3 backward reaches infinity in no time from a little too far out."""
    monkeypatch.setattr(continuous, "PATIENCE", patience)
    y0 = torch.tensor([3.0], dtype=F64, requires_grad=True)
    ys = odeint(lambda t, y: -50 * y**3, y0, torch.tensor([0.0, 9.0], dtype=F64), rtol=1e-3, atol=1e-3, gradient="backsolve")
    with pytest.raises(SolveError, match=f"'backsolve', the way back, time step of .*({words}).*'discrete' or 'checkpointed'"):
        ys[-1].sum().backward()


def test_a_pair_that_cannot_be_marched_is_told() -> None:
    y0 = torch.tensor([1.0, -0.5], dtype=F64)
    with pytest.raises(SolveError, match="'reversible', time step of .*'checkpointed'"):
        odeint(lambda t, y: -y * y.abs().sum() ** 3 * 500, 3 * y0, torch.tensor([0.0, 9.0]), gradient="reversible", options={"max_num_steps": 200})


@pytest.mark.parametrize(("make_row", "words"), [
    (lambda: Checkpointed(checkpoints=3, memory=100), "one of them"), (lambda: Checkpointed(0).forward(make()[1]), "1 or more checkpoints"),
    (lambda: Checkpointed(memory=3).forward(make()[1]), "32 bytes or more"), (lambda: Reversible(0.0), "above 0 and up to 1"),
    (lambda: ForwardSensitivity(limit=5).forward(make()[1]), "12 directions .2 in y0, 4 in t, 4 in a, 2 in b."),
])
def test_what_cannot_be_is_refused_with_the_reason(make_row: Callable[[], Any], words: str) -> None:
    with pytest.raises(SolveError if "1 or more" not in words else Exception, match=words):
        make_row()


@pytest.mark.parametrize("name", ["interpolated", "backsolve", "reversible"])
def test_an_implicit_method_is_refused_where_it_has_no_way_back(name: str) -> None:
    with pytest.raises(SolveError, match="explicit method"):
        odeint(Live(), torch.ones(2, dtype=F64, requires_grad=True), torch.tensor([0.0, 1.0]), method="kvaerno5", gradient=name)


# Through odeint: complex states, unread parameters, one time only

ALL = ["discrete", "checkpointed", "interpolated", "backsolve", "reversible", "forward"]


@pytest.mark.parametrize("name", ALL)
def test_complex_states_and_parameters(name: str) -> None:
    """Against the discrete gradient: to rounding where exact for the same time steps, else within the tolerance."""
    z = torch.tensor([1.0 + 0.5j, -0.3 + 0.2j], requires_grad=True, dtype=torch.complex128)
    w = torch.tensor(-0.2 + 1.1j, requires_grad=True, dtype=torch.complex128)
    t = torch.tensor([0.0, 0.5, 1.5], requires_grad=True, dtype=F64)

    def run(gradient: str) -> list[Tensor]:
        zs = odeint(lambda t, z: w * z + t * z.flip(-1).conj() * z, z, t, rtol=1e-9, atol=1e-9, gradient=gradient)
        weights = torch.linspace(1, 2, zs.numel(), dtype=F64).view_as(zs) * (1 + 2j)
        return list(torch.autograd.grad((weights * zs**2).real.sum(), (z, t, w)))

    assert difference(run(name), run("discrete")) < (1e-13 if name in ("checkpointed", "forward", "discrete") else 1e-6)


@pytest.mark.parametrize("name", ALL)
def test_a_parameter_that_is_not_read_and_a_single_time(name: str) -> None:
    field = Live()
    field.unused = nn.Parameter(torch.ones(3, dtype=F64))
    y0 = torch.ones(2, dtype=F64, requires_grad=True)
    cost(odeint(field, y0, torch.tensor([0.0, 0.4], dtype=F64), gradient=name)).backward()
    assert field.unused.grad is None or not field.unused.grad.any()
    assert field.a.grad is not None and field.a.grad.abs().min() > 0
    (only,) = torch.autograd.grad(odeint(field, y0, torch.tensor([0.0], dtype=F64), gradient=name).sum(), y0)
    assert torch.equal(only, torch.ones(2, dtype=F64))


# Memory, by counts


def held(thing: Any, seen: dict[int, int]) -> int:
    """Bytes of all tensor storages that can be reached through dataclasses and containers."""
    if isinstance(thing, Tensor):
        seen[thing.untyped_storage().data_ptr()] = thing.untyped_storage().nbytes()
    parts = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple) else vars(thing).values() if hasattr(thing, "__dict__") and not isinstance(thing, type) else ()
    for part in parts if not isinstance(thing, Tensor | InitialValueProblem) else ():
        held(part, seen)
    return sum(seen.values())


MEMORY = {"plain": (Discrete(graph_bytes=0), 1.0), "two-level": (Checkpointed(), 0.5), "ten": (Checkpointed(10), 0.0), "interpolated": (Interpolated(), 1.0),
          "backsolve": (Backsolve(), 0.0), "reversible": (Reversible(drift=1.0), 0.0), "forward": (ForwardSensitivity(), 0.0)}


@pytest.mark.parametrize("name", MEMORY)
def test_bytes_held_grow_with_the_promised_slope(name: str) -> None:
    row, slope = MEMORY[name]
    sizes = (40, 120) if name == "forward" else (100, 1600)  # tangents of many inputs take their time
    bytes_held = [held(row.forward(make("euler", times=(0.0, 1.0), step_size=1 / n)[1])[1], {}) for n in sizes]
    assert log10(bytes_held[1] / bytes_held[0]) / log10(sizes[1] / sizes[0]) == pytest.approx(slope, abs=0.06)


def test_checkpoints_on_the_way_back_stay_within_their_slots() -> None:
    problem = make("euler", times=(0.0, 1.0), step_size=5e-3)[1]
    row = Checkpointed(6)
    ys, saved = row.forward(problem)
    row.backward(problem, saved, torch.ones_like(ys), True)
    assert saved.slots.peak == 6 and not saved.slots.kept


# Planted faults, after the corpus (D.5): each is caught by a check that passes without it


def _patched(patch: pytest.MonkeyPatch, owner: Any, name: str, change: Callable[[Any], Any]) -> None:
    patch.setattr(owner, name, change(getattr(owner, name)))


def no_loss_at_the_start(patch: pytest.MonkeyPatch) -> None:
    _patched(patch, Sweep, "__init__", lambda old: lambda self, problem, ys_bar, times: old(self, problem, torch.cat([0 * ys_bar[:1], ys_bar[1:]]), times))


def no_loss_at_the_end(patch: pytest.MonkeyPatch) -> None:
    _patched(patch, Sweep, "__init__", lambda old: lambda self, problem, ys_bar, times: old(self, problem, torch.cat([ys_bar[:-1], 0 * ys_bar[-1:]]), times))


def deposits_one_mark_late(patch: pytest.MonkeyPatch) -> None:
    _patched(patch, Sweep, "__init__", lambda old: lambda self, problem, ys_bar, times: old(self, problem, ys_bar.roll(1, 0), times))


def start_partials_of_all_steps(patch: pytest.MonkeyPatch) -> None:
    """Corpus B1: every time step's own start is taken for t0."""

    def change(old: Any) -> Any:
        def reverse(self: Sweep, step: Any, y: Tensor, tapes: Any = ()) -> None:
            before = None if self.marks_bar is None else self.marks_bar.clone()
            old(self, step, y, tapes)
            if before is not None and self.marks_bar is not None:
                gained = (self.marks_bar - before)[step.segment].clone()
                self.marks_bar[step.segment] -= gained
                self.marks_bar[0] += gained

        return reverse

    _patched(patch, Sweep, "reverse", change)


def stale_parameters_in_recomputation(patch: pytest.MonkeyPatch) -> None:
    """Firedrake issue 5082: the way back sees old values where it takes time steps again."""

    def change(old: Any) -> Any:
        def advance(self: Any, action: Any, problem: InitialValueProblem, record: Any) -> None:
            stale = [tensor.detach() * 1.01 for tensor in problem.field.parameters]
            old(self, action, replace(problem, field=problem.field.reading(stale)), record)

        return advance

    _patched(patch, checkpointed.Slots, "advance", change)


def time_not_restored(patch: pytest.MonkeyPatch) -> None:
    """Checkpointing.jl issue 65: the state comes back, the time that belongs to it does not."""
    _patched(patch, checkpointed.Slots, "advance", lambda old: lambda self, action, problem, record: old(self, action, replace(problem, marks=problem.marks + 0.1), record))


def the_state_after_the_step(patch: pytest.MonkeyPatch) -> None:
    def change(old: Any) -> Any:
        def reverse(self: Sweep, step: Any, y: Tensor, tapes: Any = ()) -> None:
            old(self, step, self.problem.method.advance(self.problem.field, *step.times(self.marks), y).y1.detach())

        return reverse

    _patched(patch, Sweep, "reverse", change)


SWEEP_FAULTS = [no_loss_at_the_start, no_loss_at_the_end, deposits_one_mark_late, start_partials_of_all_steps, stale_parameters_in_recomputation, time_not_restored, the_state_after_the_step]


@pytest.mark.parametrize("fault", SWEEP_FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_of_the_sweep_is_seen(fault: Callable[[pytest.MonkeyPatch], None]) -> None:
    made, row = make(), Checkpointed(3)
    wanted = by_autograd(made, row)
    assert difference(gradients(made, row), wanted) < ROUNDING
    with pytest.MonkeyPatch.context() as patch:
        fault(patch)
        assert difference(gradients(made, row), wanted) > 1e-3


def linear_states(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ExplicitRungeKutta, "dense", lambda self, field, t, h, y, advance: torch.stack([y, advance.y1 - y]))


def one_mark_late(patch: pytest.MonkeyPatch) -> None:
    _patched(patch, continuous.Continuous, "backward", lambda old: lambda self, problem, saved, ys_bar, times: old(self, problem, saved, ys_bar.roll(1, 0), times))


def no_start_loss(patch: pytest.MonkeyPatch) -> None:
    _patched(patch, continuous.Continuous, "backward", lambda old: lambda self, problem, saved, ys_bar, times: old(self, problem, saved, torch.cat([0 * ys_bar[:1], ys_bar[1:]]), times))


def start_loss_in_time_gradient(patch: pytest.MonkeyPatch) -> None:
    """The cotangent of y(t0) = y0 does not move with t0."""
    _patched(patch, continuous, "time_gradient", lambda old: lambda problem, ys, ys_bar, before: old(problem, ys, ys_bar, before + ys_bar[0]))


def no_minus_at_the_start(patch: pytest.MonkeyPatch) -> None:
    _patched(patch, continuous, "time_gradient", lambda old: lambda problem, ys, ys_bar, before: old(problem, ys, ys_bar, -before))


CONTINUOUS_FAULTS = [linear_states, one_mark_late, no_start_loss, start_loss_in_time_gradient, no_minus_at_the_start]


@cache
def order_without_fault() -> float:
    return order(Interpolated(), "rk4", (0.1, 0.05))


@pytest.mark.parametrize("fault", CONTINUOUS_FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_of_the_costate_march_breaks_the_order(fault: Callable[[pytest.MonkeyPatch], None]) -> None:
    assert order_without_fault() > 3.5
    with pytest.MonkeyPatch.context() as patch:
        fault(patch)
        assert order(Interpolated(), "rk4", (0.1, 0.05)) < 2.5
