"""What each equation function of a module must compute, component by component, read off the proved adjoint system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from adjointcheck.expression.node import ZERO, Expression, substitute, symbol, total

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import AdjointSystem

WEIGHT = symbol("L.weight")  # g in H = g L + p f: no name of a statement is spelled with a dot

Argument = Expression | tuple[Expression, ...]
Component = tuple[str, Expression]


@dataclass(frozen=True)
class Equation:
    """One function: the symbols it is given, argument by argument, and its components with their names, in order."""

    name: str
    arguments: dict[str, Argument]
    components: tuple[Component, ...]


def proved_equations(system: AdjointSystem) -> list[Equation]:
    """Every equation function that a module provides, with the expressions that were proved."""
    problem = system.problem
    costates = tuple(symbol(problem.costate_name(name)) for name in problem.state_names)
    known: dict[str, Argument] = {
        "t": symbol("t"), "t1": symbol("t"), "x": _symbols(problem.state_names), "w": _symbols(problem.control_names),
        "theta": _symbols(problem.parameter_names), "p": costates, "g": WEIGHT,
    }  # fmt: skip
    rows = [*_dynamics(system), *_adjoint(system), *_terminal(system), *_initial(system)]
    found = [Equation(name, {a: known[a] for a in arguments.split()}, tuple(parts)) for name, arguments, parts in rows]
    for j, group in enumerate(problem.observations):
        data = known | {"data": _symbols(name for name, _ in group.data)}
        found += [Equation(name, {a: data[a] for a in ("t", "x", "theta", "data")}, tuple(parts))
                  for name, parts in _observation(system, j)]  # fmt: skip
    return found


def _symbols(names: Iterable[str]) -> tuple[Expression, ...]:
    return tuple(map(symbol, names))


def _named(head: str, values: Mapping[str, Expression]) -> Iterator[Component]:
    return ((f"{head} by {name}", value) for name, value in values.items())


Row = tuple[str, str, list[Component]]


def _dynamics(system: AdjointSystem) -> Iterator[Row]:
    problem = system.problem
    slopes = [(f"rate of {state.name}", state.rate) for state in problem.states]
    running = [("L", problem.running_cost)]
    yield "f", "t x w theta", slopes
    yield "running_cost", "t x w theta", running
    yield "rates", "t x w theta", slopes + running


def _adjoint(system: AdjointSystem) -> Iterator[Row]:
    yield "costate_rate", "t x w theta p", [(f"rate of p_{name}", value) for name, value in system.costate_rate.items()]
    yield "gradient_integrand", "t x w theta p", list(_named("H", system.gradient))
    yield "control_gradient", "t x w theta p", list(_named("H", system.stationarity))
    by_state = {name: -value for name, value in system.costate_rate.items()}
    partials = {"t": system.time_partial, **by_state, **system.stationarity, **system.gradient}
    weighted = {name: _weighted(system, value) for name, value in partials.items()}
    yield "pullback", "t x w theta p g", list(_named("g L + p f", weighted))


def _weighted(system: AdjointSystem, slope: Expression) -> Expression:
    """A partial of g L + p f from that of L + p f, of which the part without p belongs to L."""
    of_running = substitute([slope], dict.fromkeys(map(system.problem.costate_name, system.problem.state_names), ZERO))[0]
    return slope + (WEIGHT - 1) * of_running


def _terminal(system: AdjointSystem) -> Iterator[Row]:
    yield "terminal_cost", "t1 x theta", [("Psi", system.problem.terminal_cost)]
    by_time = system.end_time - system.hamiltonian
    partials = {"t1": by_time, **system.terminal, **system.terminal_gradient}
    yield "terminal_partials", "t1 x theta", list(_named("Psi", partials))


def _initial(system: AdjointSystem) -> Iterator[Row]:
    yield "initial_state", "theta", [(f"{state.name}(t0)", state.initial) for state in system.problem.states]
    yield "initial_pullback", "theta p", list(_named("p x(t0)", system.initial_gradient))


def _observation(system: AdjointSystem, j: int) -> Iterator[tuple[str, list[Component]]]:
    states, jumps = system.problem.states, system.jumps[j]
    yield f"observation_cost_{j}", [("l", system.problem.observations[j].cost)]
    by_time = system.observation_time[j] - total(jumps[state.name] * state.rate for state in states)
    yield f"observation_partials_{j}", list(_named("l", {"time": by_time, **jumps, **system.observation_gradient[j]}))


def flatten(found: Any) -> list[Any]:
    """The components of what a function returned, in order: nested tuples, or tensors with columns along axis 1."""
    if isinstance(found, Tensor):
        return list(found.unbind(-1)) if found.ndim > 1 else [found]
    return [part for item in found for part in flatten(item)] if isinstance(found, tuple | list) else [found]
