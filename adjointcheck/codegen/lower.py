"""From the adjoint system to the imperative tree; the words of the domain and the names of the user end here.

State i becomes x{i}, control i w{i}, parameter i theta{i}, costate i p{i}, data column i data{i}; the user's names stay
in the tables STATES, CONTROLS and PARAMETERS, as data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from adjointcheck.codegen.guard import guard
from adjointcheck.codegen.ir import Argument, Assign, Constant, Function, Name, Operand, Operation, Plain, Program, Result
from adjointcheck.codegen.order import execution_order, pulled_back, simplest
from adjointcheck.expression.calculus import gradient
from adjointcheck.expression.node import ONE, ZERO, Expression, neg, substitute, symbol, walk
from adjointcheck.expression.printer import to_text

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import AdjointSystem
    from adjointcheck.problem.statement import Problem
    from adjointcheck.schemes import Tableau

Value = Expression | tuple[Expression, ...]  # a scalar result, or the columns of one

CONVENTION = "H = L + p f, p = +dJ/dx (row), pdot = -dH/dx, dJ/dtheta = dPsi/dtheta + int dH/dtheta dt"
_LONGEST_FORMULA, _MOST_FORMULAS, _LARGEST_TREE = 96, 12, 64


def lower(system: AdjointSystem, tableau: Tableau) -> Program:
    """The program that solves `system` with the method of `tableau`: constants, equations, tables of observations."""
    problem = system.problem
    notes = (
        f"Statement digest (SHA-256): {problem.digest()}",
        f"Convention: {CONVENTION}",
        f"Method: {tableau.name} ({tableau.source}), order {tableau.order}",
    )
    groups = range(len(problem.observations))
    tables = (
        ("OBSERVATION_COSTS", tuple(f"observation_cost_{j}" for j in groups)),
        ("OBSERVATION_PARTIALS", tuple(f"observation_partials_{j}" for j in groups)),
    )
    constants = (*_statement_constants(problem), *_method_constants(tableau))
    return Program(problem.name, notes, constants, lower_equations(system), tables)


def lower_equations(system: AdjointSystem) -> tuple[Function, ...]:
    """Every equation of `system` as a function of its own, in the order in which a person would read them."""
    names = _Names(system.problem)
    hamiltonian = _Hamiltonian(system.problem, names)
    return (
        *_dynamics(system.problem, hamiltonian, names),
        *_adjoint(system, hamiltonian, names),
        *_terminal(system),
        *(function for j in range(len(system.problem.observations)) for function in _observation(system, j)),
        *_initial(system, names),
    )


def lower_fused(system: AdjointSystem) -> Function:
    """f, L and the pullback of (p, g) as one function that computes their common parts once."""
    names = _Names(system.problem)
    values, n = _Hamiltonian(system.problem, names).pullback, len(names.rank["x"])
    results = {"xdot": tuple(values[:n]), "L": values[n], **names.partials("H", values[n + 1 :], "x w theta")}
    words = "xdot = f, L, and the partials of H = g L + p f by t, x, w, theta"
    return _Equation("rates_and_pullback", words, "t x w theta p g", results).lower(names)


@dataclass(frozen=True)
class _Names:
    """The symbols of one function and what they are called in the program."""

    problem: Problem
    data: tuple[str, ...] = ()
    time: str = "t"

    @cached_property
    def rank(self) -> dict[str, tuple[str, ...]]:
        """The symbols behind each array argument, in the order of its columns."""
        states = self.problem.state_names
        return {
            "x": states, "w": self.problem.control_names, "theta": self.problem.parameter_names,
            "p": tuple(map(self.problem.costate_name, states)), "data": self.data,
        }  # fmt: skip

    @cached_property
    def identifiers(self) -> dict[str, str]:
        """What each symbol is called in the program."""
        columns = {name: f"{array}{i}" for array, names in self.rank.items() for i, name in enumerate(names)}
        return {"t": self.time, _WEIGHT.value: "g", **columns}

    def argument(self, name: str) -> Argument:
        return Argument(name, tuple(f"{name}{i}" for i in range(len(self.rank[name]))) if name in self.rank else None)

    def partials(self, head: str, values: Sequence[Expression], arrays: str) -> dict[str, Value]:
        """`values`, the partial by time first, split into {head}_t and one {head}_{array} for each array."""
        found: dict[str, Value] = {f"{head}_t": values[0]}
        at = 1
        for array in arrays.split():
            found[f"{head}_{array}"] = tuple(values[at : at + len(self.rank[array])])
            at += len(self.rank[array])
        return found


@dataclass(frozen=True)
class _Hamiltonian:
    """f and L of one problem, and the slopes of H = g L + p f that reverse mode gives."""

    problem: Problem
    names: _Names

    @property
    def roots(self) -> list[Expression]:
        """(f_1, ..., f_n, L) as stated."""
        return [*(state.rate for state in self.problem.states), self.problem.running_cost]

    @property
    def costates(self) -> list[Expression]:
        return [*map(symbol, self.names.rank["p"])]

    @property
    def unknowns(self) -> tuple[str, ...]:
        return tuple(name for array in ("x", "w", "theta") for name in self.names.rank[array])

    @cached_property
    def gradient(self) -> dict[str, Expression]:
        """The partials by x, w and theta for g = 1."""
        return gradient(self.roots, [*self.costates, ONE], self.unknowns)

    @cached_property
    def pullback(self) -> list[Expression]:
        """(f_1, ..., f_n, L), then the partials by t, x, w and theta: one program for all of them."""
        return pulled_back(self.roots, [*self.costates, _WEIGHT], ["t", *self.unknowns])


_WEIGHT = symbol("running cost.weight")  # g in H = g L + p f; no name of a user can be spelled like this


@dataclass(frozen=True)
class _Equation:
    """A function to be: what it is in words, its arguments, its values by name; `formulas` are shown in the docstring."""

    name: str
    words: str
    arguments: str
    values: Mapping[str, Value]
    formulas: Mapping[str, Value] = field(default_factory=dict)

    def lower(self, names: _Names) -> Function:
        arguments = tuple(names.argument(name) for name in self.arguments.split())
        roots = [root for value in self.values.values() for root in _columns(value)]
        body, operands = assignments(roots, names.identifiers)
        results = []
        for name, value in self.values.items():
            count = len(_columns(value))
            results.append(Result(name, tuple(operands[:count]), scalar=isinstance(value, Expression)))
            operands = operands[count:]
        doc = (self.words + ".", *_formulas(self.formulas, names.identifiers))
        return Function(self.name, doc, arguments, tuple(body), tuple(results))


def _columns(value: Value) -> tuple[Expression, ...]:
    return (value,) if isinstance(value, Expression) else value


def assignments(roots: Sequence[Expression], names: Mapping[str, str]) -> tuple[list[Assign], list[Operand]]:
    """One assignment for each shared node below `roots`, and the operands that hold the values of the roots."""
    operands: dict[Expression, Operand] = {node: _leaf(node, names) for node in walk(roots) if not node.args}
    body = []
    for i, node in enumerate(execution_order(roots)):
        body.append(Assign(f"u{i}", Operation(node.head, tuple(operands[arg] for arg in node.args))))
        operands[node] = Name(f"u{i}")
    return body, [operands[root] for root in roots]


def _leaf(node: Expression, names: Mapping[str, str]) -> Operand:
    if node.head == "symbol":
        return Name(names[node.value])
    return Constant("pi") if node.head == "pi" else Constant(node.value)


def _formulas(values: Mapping[str, Value], names: Mapping[str, str]) -> list[str]:
    """The equations as they were stated, for a reader, without those that say 0; none at all if they are long."""
    roots = [root for value in values.values() for root in _columns(value)]
    if len(roots) > _MOST_FORMULAS or any(_tree_size(root) > _LARGEST_TREE for root in roots):
        return []
    labels = [label for name, value in values.items() for label in _labels(name, value)]
    renamed = substitute(roots, {name: symbol(identifier) for name, identifier in names.items()})
    lines = [f"{label} = {to_text(root)}" for label, root in zip(labels, renamed, strict=True) if root is not ZERO]
    return lines if all(len(line) <= _LONGEST_FORMULA for line in lines) else []


def _labels(name: str, value: Value) -> tuple[str, ...]:
    return Result(name, (Name(name),) * len(_columns(value)), scalar=isinstance(value, Expression)).labels


def _tree_size(root: Expression) -> int:
    """Nodes of `root` written out as text, without writing it."""
    sizes: dict[Expression, int] = {}
    for node in walk([root]):
        sizes[node] = 1 + sum(sizes[arg] for arg in node.args)
    return sizes[root]


def _dynamics(problem: Problem, hamiltonian: _Hamiltonian, names: _Names) -> Iterable[Function]:
    *xdot, running = simplest(guard(hamiltonian.roots))
    f, cost = {"xdot": tuple(xdot)}, {"L": running}
    stated = {"xdot": tuple(state.rate for state in problem.states)}
    arguments = "t x w theta"
    yield _Equation("f", "The vector field: xdot = f(t, x, w, theta)", arguments, f, stated).lower(names)
    yield _Equation("running_cost", "The running cost: L(t, x, w, theta)", arguments, cost, {"L": problem.running_cost}).lower(names)
    yield _Equation("rates", "f and L, their common parts computed once: (xdot, L)", arguments, {**f, **cost}).lower(names)


def _adjoint(system: AdjointSystem, hamiltonian: _Hamiltonian, names: _Names) -> Iterable[Function]:
    slopes = hamiltonian.gradient
    falls = {name: neg(slope) for name, slope in slopes.items()}
    rows = (
        ("costate_rate", "The costate equation: pdot = -dL/dx - p df/dx", "pdot", "x", system.costate_rate, falls),
        ("gradient_integrand", "dL/dtheta + p df/dtheta, the integrand of dJ/dtheta", "H_theta", "theta", system.gradient, slopes),
        ("control_gradient", "dL/dw + p df/dw, the L2 gradient of J in w(t)", "H_w", "w", system.stationarity, slopes),
    )
    for name, words, result, array, *forms in rows:
        stated, swept = (_ordered(form, names.rank[array]) for form in forms)
        yield _derived(name, words, "t x w theta p", result, stated, swept).lower(names)
    pulled = hamiltonian.pullback[len(hamiltonian.roots) :]
    words = "The partials of H = g L + p f by t, x, w, theta: (H_t, H_x, H_w, H_theta)"
    yield _Equation("pullback", words, "t x w theta p g", names.partials("H", pulled, "x w theta")).lower(names)


def _derived(name: str, words: str, arguments: str, result: str, *forms: Sequence[Expression]) -> _Equation:
    """An array that several derivations give: the first form is shown, the one of fewest operations is computed."""
    return _Equation(name, words, arguments, {result: tuple(simplest(*forms))}, {result: tuple(forms[0])})


def _terminal(system: AdjointSystem) -> Iterable[Function]:
    names = _Names(system.problem, time="t1")
    cost = system.problem.terminal_cost
    slopes = [*_ordered(system.terminal, names.rank["x"]), *_ordered(system.terminal_gradient, names.rank["theta"])]
    return _cost_and_partials("terminal_cost", "The terminal cost: Psi(t1, x, theta)", "terminal_partials", "Psi", "t1 x theta",
                              cost, slopes, names)


def _observation(system: AdjointSystem, j: int) -> Iterable[Function]:
    group = system.problem.observations[j]
    names = _Names(system.problem, data=tuple(name for name, _ in group.data))
    slopes = [*_ordered(system.jumps[j], names.rank["x"]), *_ordered(system.observation_gradient[j], names.rank["theta"])]
    return _cost_and_partials(f"observation_cost_{j}", f"The cost of one observation of group {j}: l(t, x, theta, data)",
                              f"observation_partials_{j}", "l", "t x theta data", group.cost, slopes, names)


def _cost_and_partials(cost_name: str, words: str, partials_name: str, head: str, arguments: str, cost: Expression,
                       slopes: Sequence[Expression], names: _Names) -> Iterable[Function]:
    """The function of a cost, and that of its partials: by time, and `slopes` by x and theta."""
    yield _Equation(cost_name, words, arguments, {"cost": simplest(guard([cost]))[0]}, {"cost": cost}).lower(names)
    swept = gradient([cost], [ONE], ["t", *names.rank["x"], *names.rank["theta"]])
    stated = [swept["t"], *slopes]
    values, shown = (names.partials(head, form, "x theta") for form in (simplest(stated, [*swept.values()]), stated))
    words = f"The partials of {head} by time, x and theta: ({head}_t, {head}_x, {head}_theta)"
    yield _Equation(partials_name, words, arguments, values, shown).lower(names)


def _initial(system: AdjointSystem, names: _Names) -> Iterable[Function]:
    start = [state.initial for state in system.problem.states]
    swept = gradient(start, [*map(symbol, names.rank["p"])], names.rank["theta"])
    stated = _ordered(system.initial_gradient, names.rank["theta"])
    yield _derived("initial_state", "The initial state: x(t0)", "theta", "start", start).lower(names)
    yield _derived("initial_pullback", "p dx(t0)/dtheta", "theta p", "pulled", stated, [*swept.values()]).lower(names)


def _ordered(values: Mapping[str, Expression], names: Iterable[str]) -> list[Expression]:
    return [values[name] for name in names]


def _statement_constants(problem: Problem) -> Iterable[tuple[str, Plain]]:
    values = tuple(parameter.value for parameter in problem.parameters)
    instants = [(j, i, time) for j, group in enumerate(problem.observations) for i, time in enumerate(group.times)]
    data = tuple(tuple(column[i] for _, column in problem.observations[j].data) for j, i, _ in instants)
    yield "NAME", problem.name
    yield "STATES", problem.state_names
    yield "PARAMETERS", problem.parameter_names
    yield "CONTROLS", problem.control_names
    yield "THETA", None if None in values else values
    yield "HORIZON", problem.horizon
    yield "HAS_RUNNING_COST", problem.running_cost is not ZERO
    yield "OBSERVATION_TIMES", tuple(time for _, _, time in instants)
    yield "OBSERVATION_GROUP", tuple(j for j, _, _ in instants)
    yield "OBSERVATION_DATA", data


def _method_constants(tableau: Tableau) -> Iterable[tuple[str, Plain]]:
    yield "METHOD", tableau.name
    yield "ORDER", tableau.order
    yield "ERROR_ORDER", tableau.error_order
    yield "FSAL", tableau.fsal
    yield "A", tableau.a
    yield "B", tableau.b
    yield "C", tableau.c
    yield "E", tableau.error
    yield "E_LOW", tableau.error_low


