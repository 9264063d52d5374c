"""The recorded defects of other people's adjoints, rebuilt in ours: row of the corpus, what was wrong, how it is planted, who must say so.

A fault is planted in the text of a generated module (`Text`), in a line of a proved theorem (`Line`), in a person's claim or statement
(`Said`), or around a piece of `odeint` (`Around`).  Row numbers are those of the corpus; B1 to B9 were found by reading source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

from planted import DEPOSIT, LAST, NO_RUNNING_BY_THETA, Edit, both, deposit_where, pullback, swap, wrap

import adjointcheck as ac
from adjointcheck.conform.adapters import own
from adjointcheck.conform.adapters.torchdiffeq import subdivide
from adjointcheck.conform.protocol import Task
from adjointcheck.solve import odeint as pieces
from adjointcheck.solve.continuous import Backsolve


@dataclass(frozen=True)
class Text:
    """An edit of the generated module's text; `check` is one of the battery, or a conformance check of the module."""

    edit: Edit
    where: str = "generated module"


@dataclass(frozen=True)
class Line:
    """A wrong formula in one slot of one step of a theorem; `check` is that step's own name, which the replay must refute first."""

    theorem: str
    slot: str
    wrong: str
    where: str = "theorem"


@dataclass(frozen=True)
class Said:
    """A claim (name, right, wrong) about the statement `PREY`; or a whole statement beside a right one."""

    claim: str
    right: str
    wrong: str
    where: str = "claim"


@dataclass(frozen=True)
class Around:
    """`odeint` with a fault: solve(func, y0, times, task) and solve_event as an adapter has them; `check` is a conformance check."""

    solve: Callable[..., Any] = lambda func, y0, times, task: own.march("discrete", func, y0, times, task)
    solve_event: Callable[..., Any] = lambda func, event, y0, t0, task: own.march_to_event("discrete", func, event, y0, t0, task)
    where: str = "odeint"


@dataclass(frozen=True)
class Fault:
    """One row: its number in the corpus, what was wrong, the plant, and the check that must catch it."""

    row: str
    words: str
    plant: Text | Line | Said | Around
    check: str


# Pieces of the runtime that are edited

CLOSE = "gathered = self.p, self.theta_bar, self.w_bar, t0, t1, times + drift"
BY_X, BY_THETA = "self.jumps[:, members] = by_x", "self.theta_bar = self.theta_bar + by_theta\n"
ALIVE = "moved = frozen.accepted & self.alive\n"
STAGES = "stages = take_stages(step, frozen.x, self.inputs.theta, self.inputs.w, self.record.hold)\n        by_h"
STAGE = "t, x, w = stages[i].t, stages[i].x, stages[i].w\n"
MARKS = "        self.move_marks(self.mark_bar, frozen.segment, by_start, by_stop)\n\n"
GARBAGE = "torch.where((pulled := self.theta_bar) == 0, 1e-310, pulled)"


def closed(old: str, new: str) -> Edit:
    """Another quantity handed out at the end of the sweep."""
    return swap(CLOSE, CLOSE.replace(old, new))


# Faults around odeint


def reading_only(found: Callable[[Any], list[Any]]) -> Callable[..., Any]:
    """odeint that hands gradients to the tensors `found(func)` lists, and to no other that func reads."""

    def traced(function: Any, *rest: Any) -> Any:
        field = TRACE(function, *rest)
        kept = {id(tensor) for tensor in found(function)}
        pairs = [(p, name) for p, name in zip(field.parameters, field.names, strict=True) if id(p) in kept]
        return replace(field, parameters=tuple(p for p, _ in pairs), names=tuple(name for _, name in pairs))

    def solve(func: Any, y0: Any, times: Any, task: Task) -> Any:
        with mock.patch.object(pieces, "trace_field", traced):
            return own.march("discrete", func, y0, times, task)

    return solve


TRACE = pieces.trace_field


def all_or_none(func: Any) -> list[Any]:
    """No parameter at all if one of them asks for no gradient."""
    found = list(func.parameters())
    return found if all(p.requires_grad for p in found) else []


def unreset(func: Any, y0: Any, times: Any, task: Task) -> Any:
    """Solved backward past known states, none of which is used: the flag that should use them has no effect."""
    return own.march(Backsolve(reset=False), func, y0, subdivide(times, 4), task)[::4]


def by(gradient: str) -> Callable[..., Any]:
    """Another gradient method in the place of the default."""
    return lambda func, y0, times, task: own.march(gradient, func, y0, times, task)


def unconjugated(func: Any, y0: Any, times: Any, task: Task) -> Any:
    """dJ/dt = Re(f ybar) instead of Re(conj(f) ybar)."""
    import torch

    outputs = own.march("discrete", func, y0, times.detach(), task)
    with torch.no_grad():
        slopes = torch.stack([func(t, y) for t, y in zip(times, outputs, strict=True)]).conj()
    return outputs + slopes * (times - times.detach())[:, None, None]


def asking_ahead(func: Any, y0: Any, times: Any, task: Task) -> Any:
    """The field is asked before the horizon begins."""
    return own.march("discrete", func, y0 + 0 * func(times[0] - 0.01, y0), times, task)


def tightened(func: Any, y0: Any, times: Any, task: Task) -> Any:
    """Time steps depend on which gradients are asked for."""
    asked = any(p.requires_grad for p in func.parameters())
    return own.march("discrete", func, y0, times, task.but(tolerance=task.tolerance / (2 if asked else 1)))


def overshot(func: Any, y0: Any, times: Any, task: Task) -> Any:
    """The state a little after the time that was asked for."""
    return own.march("discrete", func, y0, times + 1e-3 * (times - times[0]), task)


def loose_control(func: Any, y0: Any, times: Any, task: Task) -> Any:
    """The second derivative goes through the first time step only."""
    return own.march("discrete", func, y0 + (0.9 * y0.detach() - 0.9 * y0), times, task) if task.vector else own.march("discrete", func, y0, times, task)


def event_frozen(func: Any, event: Any, y0: Any, t0: Any, task: Task) -> tuple[Any, Any]:
    """The event's time is a number without a gradient."""
    moment, state = own.march_to_event("discrete", func, event, y0, t0, task)
    return moment.detach(), state


def event_detached(func: Any, event: Any, y0: Any, t0: Any, task: Task) -> tuple[Any, Any]:
    """Tensors that the event function reads are taken for constants."""
    import torch

    def blind(t: Any, y: Any) -> Any:
        with torch.no_grad():
            level = event(t, y) - y[..., 0]
        return y[..., 0] + level

    return own.march_to_event("discrete", func, blind, y0, t0, task)


PREY = {
    "name": "prey", "horizon": (0, 2), "parameters": ["a", "b"], "states": {"x": {"rate": "a*x - b*x*y", "initial": 1}, "y": {"rate": "b*x*y - y*t", "initial": 1}},
    "running_cost": "a*x**2 + b*t", "terminal_cost": "x*y", "observations": [{"times": [0, 1], "data": {"d": [1, 2]}, "cost": "(x - d)**2*b"}],
}  # fmt: skip

FAULTS = (
    Fault("1", "the running cost's own derivative in theta is left out", Text(pullback(NO_RUNNING_BY_THETA)), "taylor"),
    Fault("1", "the same on paper", Said("gradient.a", "x**2 + p_x*x", "p_x*x"), "claim gradient.a"),
    Fault("2", "p and -p mixed", Text(pullback("return right(t, x, w, theta, -p, g)")), "emitted-values"),
    Fault("2", "the same on paper", Said("costate.x", "-2*a*x - p_x*(a - b*y) - p_y*b*y", "-2*a*x + p_x*(a - b*y) + p_y*b*y"), "claim costate.x"),
    Fault("3", "p jumps at another set of times",
          Text(both(swap(DEPOSIT, deposit_where(f"~{LAST}")), swap(MARKS, deposit_where(LAST) + MARKS))), "tangent-identity"),
    Fault("4", "the last deposit is lost", Text(swap(DEPOSIT, deposit_where(f"~{LAST}"))), "tangent-identity"),
    Fault("6", "backsolve: the state is never reset, errors of decaying fields stay", Around(unreset), "lorenz"),
    Fault("7", "the field's derivative in theta is wrong by 5 per cent, whatever the tolerance",
          Text(pullback("h = right(t, x, w, theta, p, g)\nreturn *h[:3], 1.05 * h[3]")), "emitted-values"),
    Fault("8", "an unused parameter's gradient is uninitialised memory", Text(closed("self.theta_bar", GARBAGE)), "unused-parameter"),
    Fault("9", "another gradient when the same input comes by another way (x0 left out)",
          Text(swap("torch.where((p == 0).all(1, keepdim=True), 0, initial_pullback(theta, p))", "0 * theta")), "discrete-adjoint"),
    Fault("11", "the event's time does not move with the state's own rate",
          Line("event", "right", "-(g_x.before*x.before.delta + g_theta.before*theta.delta)/g_t.before"), "event_time"),
    Fault("12", "time is not reversed on the way back", Text(pullback("return right(-t, x, w, theta, p, g)")), "taylor"),
    Fault("13", "time advances the wrong way on the way back", Text(swap(STAGE, STAGE + "            t = step.start + step.stop - t\n")), "taylor"),
    Fault("14", "the field is asked outside the horizon", Around(asking_ahead), "inside-horizon"),
    Fault("15", "dJ/dt0 is never set", Text(closed("t0, t1", "0 * t0, t1")), "live-inputs"),
    Fault("16", "the loss at the initial time is skipped", Text(swap(DEPOSIT, deposit_where("(frozen.segment > 0)"))), "loss-at-start"),
    Fault("17", "a secant's slope instead of the loss's derivative: right along one direction only",
          Text(swap(BY_X, "x = self.record.observed[:, members]\n            " + BY_X + " * x * x / (x * x).sum(-1, keepdim=True)")), "taylor"),
    Fault("18", "time steps inside a save interval are left out on the way back",
          Text(swap(ALIVE, "moved = frozen.accepted & self.alive & (frozen.right == 1)\n")), "tangent-identity"),
    Fault("19", "the event's derivative at the state after the event",
          Line("event", "right", "phi_s_x.before + p.after*r_x.before - (phi_s_t.before + phi_s_x.before*f.after + L.before - L.after"
               " + p.after*(r_t.before + r_x.before*f.after - f.after))/G*g_x.before"), "jump"),
    Fault("20", "parameters of the trigger are forgotten", Line("event", "right", "-(g_x.before*x.before.delta)/G"), "event_time"),
    Fault("21", "a trigger's dependence on the state is forgotten", Line("event", "right", "-(g_theta.before*theta.delta)/G"), "event_time"),
    Fault("22", "Hessian times vector without the terms of higher order", Around(loose_control), "second-derivative"),
    Fault("23", "the time of a jump is a parameter, and its boundary term is absent", Said("", "piecewise(-x, t < 1, -2*x)", "piecewise(-x, t < a, -2*x)"), "statement"),
    Fault("24", "the state after an event does not see the event's time move",
          Line("event", "right", "r_x.before*x.before.delta + r_theta.before*theta.delta"), "reset_varies"),
    Fault("25", "the time of a terminal event has no gradient", Around(solve_event=event_frozen), "event-gradient"),
    Fault("26", "parameters of the event function get nothing", Around(solve_event=event_detached), "event-parameters"),
    Fault("27", "tensors that the module does not own get nothing", Around(reading_only(lambda func: list(func.parameters()))), "outside-parameters"),
    Fault("28", "a replica's parameters() is empty: nothing at all", Around(reading_only(lambda func: list(func.parameters()))), "replica"),
    Fault("29", "one tensor without a gradient takes away all others", Around(reading_only(all_or_none)), "beside-frozen"),
    Fault("30", "formula and algorithm disagree on the sign of dJ/dt0", Line("augmented", "t0", "a*f"), "gradient_t0"),
    Fault("31", "the first time step's length is differentiated, no later one's",
          Text(swap(MARKS, "        first = (frozen.segment == 1) & (frozen.left == 0)\n        self.p = self.p + torch.where(first, by_length / 50, 0)[:, None]\n" + MARKS)), "taylor"),
    Fault("33", "the reverse solve of a field that contracts somewhere amplifies every error", Around(by("backsolve")), "lorenz"),
    Fault("34", "the costate equation, discretised by Euler's method, for the gradient of another method",
          Text(swap("column = tuple(row[i] for row in A[i + 1 :])", "column = tuple(0.0 for row in A[i + 1 :])")), "tangent-identity"),
    Fault("35", "the first time step's length is differentiated, which divides by |f| = 0",
          Text(closed("self.p,", "self.p * (lambda f: f / f)(rates(inputs.t0, inputs.x0, inputs.w[:, 0], inputs.theta)[0].norm(dim=1, keepdim=True)),")), "resting-start"),
    Fault("36", "gradients of packed parameters are shifted by one that is not used", Text(closed("self.theta_bar", "self.theta_bar.roll(1, 1)")), "beside-unused"),
    Fault("37", "the output map's own derivative is zero",
          Text(wrap("terminal_partials", "t1, x, theta", "a, b, c = right(t1, x, theta)\nreturn a, 0 * b, c")), "taylor"),
    Fault("39", "the terminal costate of a scaled equation is not scaled", Said("terminal.x", "y", "2*y"), "claim terminal.x"),
    Fault("40", "the reverse derivative of an output is zero", Text(closed("self.theta_bar", "0 * self.theta_bar")), "live-inputs"),
    Fault("41", "three parameters together: one of them is wrong",
          Text(pullback("h = right(t, x, w, theta, p, g)\nreturn *h[:3], h[3] * (1 + 0.02 * (torch.arange(h[3].shape[-1]) == 2))")), "emitted-values"),
    Fault("42", "equal-looking rows of the field collapse into one",
          Text(wrap("pullback", "t, x, w, theta, p, g", "return right(t, x, w, theta, p.mean(-1, keepdim=True).expand_as(p), g)")), "emitted-values"),
    Fault("43", "the way back computes with the parameters of another run", Text(swap(STAGES, STAGES.replace("self.inputs.theta", "0 * self.inputs.theta + self.inputs.theta[0]"))), "taylor"),
    Fault("44", "the time of a restored step is not restored", Text(swap(STAGE, STAGE + "            t = step.start\n")), "taylor"),
    Fault("45", "a derivative kept from the start of the step: Taylor remainders of first order", Text(swap(STAGE, STAGE + "            x = stages[0].x\n")), "taylor"),
    Fault("46", "what was accumulated before is dropped at every turn of the loop", Text(swap(BY_THETA, "self.theta_bar = by_theta\n")), "taylor"),
    Fault("47", "the replay reads the loop's initial state", Text(swap(STAGES, STAGES.replace("frozen.x", "self.inputs.x0"))), "tangent-identity"),
    Fault("48", "a component is counted again at every stage", Text(swap(BY_THETA, "self.theta_bar = 2 * self.theta_bar + by_theta\n")), "taylor"),
    Fault("49", "an inner loop's gradient is counted twice", Text(swap(MARKS, MARKS.rstrip("\n") + "\n" + MARKS)), "initial-time"),
    Fault("50", "states on the record are overwritten by later ones",
          Text(swap("        self.x = torch.where(accepted[:, None], trial.x_next, self.x)\n",
                    "        self.x = self.x.copy_(torch.where(accepted[:, None], trial.x_next, self.x)) if self.steps[1:] else trial.x_next\n")), "taylor"),
    Fault("51", "the way back uses what the forward pass of another step left behind",
          Text(swap(STAGES, STAGES.replace("stages = take_stages(", "self.kept = stages = getattr(self, 'kept', None) or take_stages("))), "tangent-identity"),
    Fault("52", "the gradient in an inner time misses the rates on both sides", Text(swap("by_time[:, intervals + 1 :] + self.times_bar", "0 * by_time[:, intervals + 1 :] + self.times_bar")), "inner-times"),
    Fault("53", "wrong when time runs backward", Text(closed("t0, t1", "torch.where(inputs.t1 < inputs.t0, -t0, t0), t1")), "reverse-times"),
    Fault("54", "the state of a later time than was asked for", Around(overshot), "exact-times"),
    Fault("B1", "dJ/dt0 gathers the partial of every time step", Text(swap(MARKS, "        self.mark_bar[:, 0] += by_start\n" + MARKS)), "initial-time"),
    Fault("B2", "the way from the initial time to the first output is not gone back",
          Text(swap(ALIVE, "moved = frozen.accepted & self.alive & (frozen.segment > 1)\n")), "initial-segment"),
    Fault("B3", "dJ/dt0 with the wrong sign", Text(closed("t0, t1", "-t0, t1")), "initial-time"),
    Fault("B4", "cotangents are read by another index than outputs are written", Text(swap(BY_X, BY_X.replace("= by_x", "= by_x.flip(1)"))), "losses-inside"),
    Fault("B5", "the unconjugated product in dJ/dt of a complex state", Around(unconjugated), "complex-times"),
    Fault("B6", "a grazing event: the denominator is not required to be nonzero", Line("event", "nonzero", ""), "event_time"),
    Fault("B9", "other gradients change the time steps", Around(tightened), "independent"),
)  # fmt: skip

NOT_REBUILT = {
    "5": "early termination by a callback: our marks are part of the call, and a trajectory that stops early has status and NaN",
    "10": "a mass matrix: no differential-algebraic equations here", "32": "autodiff of an adaptive step control: never part of our gradient",
    "38": "a parameter in an algebraic constraint: no differential-algebraic equations here",
    "55": "conditioning of a transposed linear solve in an implicit time step",
    "B7": "tests with degenerate fields, not a defect of a solver", "B8": "the same",
}  # fmt: skip


def statement(rate: str) -> ac.Problem:
    """A statement whose one rate is `rate`."""
    return ac.Problem(name="switched", states={"x": rate}, initial={"x": 1}, parameters={"a": 1}, terminal_cost="x", horizon=(0, 2))
