"""An independent march through recorded time steps: the statement's own expressions in any arithmetic.

Nothing here comes from a generated module but the record's segments and fractions.  Marks, control, observations and
stages are worked out anew from the statement and the tableau, so that a mistake in the runtime, forward or backward,
is not repeated.  The same lines run on torch tensors (one row for each trajectory) and on single numbers of any kind.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from adjointcheck.expression.node import Expression

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import AdjointSystem
    from adjointcheck.problem.statement import Problem
    from adjointcheck.schemes import Tableau

Number = Any  # a (rows,) tensor, or one number of a scalar arithmetic
Numbers = Sequence[Number]
Environment = Mapping[str, Number]
Shake = Callable[[Number], Number]


@dataclass(frozen=True)
class Arithmetic:
    """What numbers are: exact constants, primitives by name, which branch of a piecewise, and tables of numbers.

    `power(a, r)` takes an exact exponent.  `pick(table(items), index)` is, in each row, the item that `index` names;
    `read` turns the record's (rows,) tensors into numbers.
    """

    name: str
    number: Callable[[Fraction], Number]
    pi: Callable[[], Number]
    power: Callable[[Number, Fraction], Number]
    rules: Mapping[str, Callable[..., Number]]
    choose: Callable[[Tape, Tape, Number, Environment], Number]
    table: Callable[[list[Number]], Any]
    pick: Callable[[Any, Tensor], Number]
    read: Callable[[Tensor], Number]


class Tape:
    """Expressions flattened into one list of operations in one arithmetic; each branch of a piecewise has its own.

    Only the branch that is taken is ever evaluated, so that 0 times the infinite slope of the other is never formed.
    """

    def __init__(self, roots: Iterable[Expression], arithmetic: Arithmetic) -> None:
        self.arithmetic, self.slots = arithmetic, {}
        self.start: list[Number] = [None]  # place 0 holds the environment, for the branches of a piecewise
        self.leaves: list[tuple[int, str]] = []
        self.operations: list[tuple[int, Callable[..., Number], tuple[int, ...]]] = []
        roots = list(roots)
        for node in _eager(roots):
            self.slots[node] = len(self.start)
            self.start.append(self._place(node, len(self.start)))
        self.roots = [self.slots[root] for root in roots]
        self.cancelling = frozenset(self.slots[node] for node in _summands(self.slots))
        branches = (tape for _, rule, _ in self.operations if isinstance(rule, partial) for tape in rule.args)
        inner = (name for tape in branches if isinstance(tape, Tape) for name in tape.names)
        self.names = frozenset([*(name for _, name in self.leaves), *inner])

    def _place(self, node: Expression, slot: int) -> Number:
        """Note how the value of `node` comes about; return it if it is a constant."""
        if node.head == "number":
            return self.arithmetic.number(node.value)
        if node.head == "pi":
            return self.arithmetic.pi()
        if node.head == "symbol":
            self.leaves.append((slot, node.value))
        else:
            self.operations.append((slot, *self._operation(node)))
        return None

    def _operation(self, node: Expression) -> tuple[Callable[..., Number], tuple[int, ...]]:
        if node.head == "piecewise":
            value, condition, otherwise = node.args
            branches = (Tape([branch], self.arithmetic) for branch in (value, otherwise))
            return partial(self.arithmetic.choose, *branches), (self.slots[condition], 0)
        if _constant_power(node):
            exponent = node.args[1].value
            return (lambda a: self.arithmetic.power(a, exponent)), (self.slots[node.args[0]],)
        return self.arithmetic.rules[node.head], tuple(self.slots[arg] for arg in node.args)

    def __call__(self, environment: Environment, shake: Shake | None = None) -> list[Number]:
        """The values of the roots where symbols have the values of `environment`; `shake` what a sum may cancel."""
        values = list(self.start)
        values[0] = environment
        for slot, name in self.leaves:
            values[slot] = environment[name]
        for slot, rule, args in self.operations:
            value = rule(*[values[arg] for arg in args])
            values[slot] = shake(value) if shake and slot in self.cancelling else value
        return [values[slot] for slot in self.roots]


def _constant_power(node: Expression) -> bool:
    return node.head == "pow" and node.args[1].head == "number"


def _summands(nodes: Iterable[Expression]) -> Iterator[Expression]:
    """The rounded terms of sums and differences: where terms cancel, their rounding is what remains."""
    for node in nodes:
        if node.head in ("add", "sub"):
            yield from (arg for arg in node.args if arg.args and arg.head not in ("add", "sub", "neg", "piecewise"))


def _parts(node: Expression) -> tuple[Expression, ...]:
    if node.head == "piecewise":
        return (node.args[1],)
    return node.args[:1] if _constant_power(node) else node.args


def _eager(roots: Iterable[Expression]) -> list[Expression]:
    """The nodes that are always evaluated, arguments first: a piecewise is entered through its condition only."""
    order: dict[Expression, None] = {}
    stack = [(root, False) for root in reversed(list(roots))]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.setdefault(node)
        elif node not in order:
            stack.append((node, True))
            stack.extend((part, False) for part in reversed(_parts(node)))
    return list(order)


# Arithmetics


_OPERATORS: Mapping[str, Callable[..., Number]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "abs": abs, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "asin", "acos", "atan")


def scalar_arithmetic(
    name: str, number: Callable[[Fraction], Number], pi: Callable[[], Number], functions: Any,
    real: type | tuple[type, ...] = object,
) -> Arithmetic:
    """Single numbers: `functions` has exp, log, ... and pow by name; a value that is not `real` raises ValueError."""

    def restricted(function: Callable[..., Number]) -> Callable[..., Number]:
        def apply(*args: Number) -> Number:
            value = function(*args)
            if not isinstance(value, real):
                raise ValueError(f"{name} arithmetic: no real value")
            return value

        return apply

    def power(a: Number, exponent: Fraction) -> Number:
        return a**exponent.numerator if exponent.denominator == 1 else raised(a, number(exponent))

    raised = restricted(functions.pow if hasattr(functions, "pow") else functions.power)
    logic = {"and": lambda a, b: a and b, "or": lambda a, b: a or b, "not": operator.not_}
    order = {"min": min, "max": max, "sign": lambda a: number(Fraction(int(a > 0) - int(a < 0)))}
    rules = {head: restricted(getattr(functions, head)) for head in FUNCTIONS}
    return Arithmetic(
        name, number, pi, power, {**_OPERATORS, **logic, **order, **rules, "pow": raised},
        choose=lambda there, elsewhere, condition, environment: (there if condition else elsewhere)(environment)[0],
        table=list, pick=lambda items, index: items[int(index)], read=lambda value: number(Fraction(float(value))),
    )  # fmt: skip


def _tensor(a: Number) -> Tensor:
    return a if isinstance(a, Tensor) else torch.tensor(a, dtype=torch.float64)


def _lifted(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda *args: function(*map(_tensor, args))


def _choose_rows(there: Tape, elsewhere: Tape, condition: Tensor | bool, environment: Environment) -> Number:
    """Each branch on the rows that take it."""
    taken = torch.as_tensor(condition)
    if taken.all() or not taken.any():
        return (there if taken.all() else elsewhere)(environment)[0]
    values = [_on_rows(tape, rows, environment) for tape, rows in ((there, taken), (elsewhere, ~taken))]
    back = torch.cat([taken.nonzero()[:, 0], (~taken).nonzero()[:, 0]]).argsort()
    return torch.cat(values)[back]


def _on_rows(tape: Tape, rows: Tensor, environment: Environment) -> Tensor:
    given = {name: environment[name] for name in tape.names}
    kept = {name: value[rows] if isinstance(value, Tensor) and value.ndim else value for name, value in given.items()}
    return _tensor(tape(kept)[0]).expand(int(rows.sum()))


def _torch_power(a: Number, exponent: Fraction) -> Number:
    return a ** (exponent.numerator if exponent.denominator == 1 else float(exponent))


TORCH = Arithmetic(
    "torch", float, lambda: torch.pi, _torch_power,
    {**_OPERATORS, **{head: _lifted(getattr(torch, head)) for head in FUNCTIONS},
     "and": operator.and_, "or": operator.or_, "not": _lifted(torch.logical_not), "sign": _lifted(torch.sign),
     "min": _lifted(torch.minimum), "max": _lifted(torch.maximum), "pow": _lifted(torch.pow)},
    choose=_choose_rows, table=lambda items: torch.stack(items, -1),
    pick=lambda table, index: table.gather(-1, index[:, None])[:, 0], read=lambda value: value,
)  # fmt: skip


# The statement and the method, in one arithmetic


class Model:
    """The functions of a statement in one arithmetic; arrays are lists of numbers."""

    def __init__(self, problem: Problem, arithmetic: Arithmetic) -> None:
        def tape(*roots: Expression) -> Tape:
            return Tape(roots, arithmetic)

        self.problem, self.arithmetic = problem, arithmetic
        self._rates = tape(*(state.rate for state in problem.states), problem.running_cost)
        self._terminal = tape(problem.terminal_cost)
        self._initial = tape(*(state.initial for state in problem.states))
        self._observations = [tape(group.cost) for group in problem.observations]
        self.instants = [(j, {name: arithmetic.number(column[i]) for name, column in group.data})
                         for j, group in enumerate(problem.observations) for i in range(len(group.times))]  # fmt: skip

    def environment(self, t: Number, x: Numbers, w: Numbers, theta: Numbers) -> dict[str, Number]:
        """The value of every symbol of the statement."""
        problem = self.problem
        names = ("t", *problem.state_names, *problem.control_names, *problem.parameter_names)
        return dict(zip(names, (t, *x, *w, *theta), strict=True))

    def rates(
        self, t: Number, x: Numbers, w: Numbers, theta: Numbers, shake: Shake | None = None
    ) -> tuple[list[Number], Number]:
        """f and L."""
        *slopes, running = self._rates(self.environment(t, x, w, theta), shake)
        return slopes, running

    def initial(self, theta: Numbers) -> list[Number]:
        """x(t0)."""
        return self._initial(dict(zip(self.problem.parameter_names, theta, strict=True)))

    def terminal(self, t1: Number, x: Numbers, theta: Numbers) -> Number:
        """Psi."""
        return self._terminal(self.free(t1, x, theta))[0]

    def observation(self, j: int, t: Number, x: Numbers, theta: Numbers) -> Number:
        """l at instant j of the statement, counted through all groups."""
        group, data = self.instants[j]
        return self._observations[group]({**self.free(t, x, theta), **data})[0]

    def free(self, t: Number, x: Numbers, theta: Numbers) -> dict[str, Number]:
        """The symbols of a cost that sees no control."""
        names = ("t", *self.problem.state_names, *self.problem.parameter_names)
        return dict(zip(names, (t, *x, *theta), strict=True))


class Scheme:
    """The coefficients of a tableau in one arithmetic, zeros left out, and only the stages that are used."""

    def __init__(self, tableau: Tableau, arithmetic: Arithmetic) -> None:
        columns = [(tableau.b[i], *(row[i] for row in tableau.a[i + 1 :])) for i in range(tableau.stages)]
        count = max(i for i, column in enumerate(columns) if any(column)) + 1

        def weights(row: Sequence[Fraction]) -> list[tuple[int, Number]]:
            return [(i, arithmetic.number(weight)) for i, weight in enumerate(row) if weight]

        self.stages = [(weights(row), arithmetic.number(c)) for row, c in zip(tableau.a, tableau.c, strict=True)][:count]
        self.b = weights(tableau.b)


@cache
def torch_model(problem: Problem) -> Model:
    """The statement on torch tensors, (rows,) each."""
    return Model(problem, TORCH)


@cache
def torch_scheme(tableau: Tableau) -> Scheme:
    """The method on torch tensors."""
    return Scheme(tableau, TORCH)


# Time steps


class Step(NamedTuple):
    """Fractions left..right of the segment start..stop, and the control as a function of t on it."""

    start: Number
    stop: Number
    left: Number
    right: Number
    control: Callable[[Number], Numbers]


def take_step(
    model: Model, scheme: Scheme, step: Step, x: Numbers, theta: Numbers, shake: Shake | None = None
) -> tuple[list[Number], Number]:
    """x(t + h) and the running cost gathered, by the tableau; every intermediate result passes through `shake`."""
    shaken = shake or _exactly
    length = step.stop - step.start
    h = (step.right - step.left) * length
    slopes: list[list[Number]] = []
    costs: list[Number] = []
    for weights, node in scheme.stages:
        t = step.start + (step.left + node * (step.right - step.left)) * length
        state = [shaken(value + h * _sum(weights, [k[i] for k in slopes])) for i, value in enumerate(x)]
        control = [shaken(value) for value in step.control(shaken(t))]
        slope, cost = model.rates(shaken(t), state, control, [shaken(value) for value in theta], shake)
        slopes.append([shaken(value) for value in slope])
        costs.append(shaken(cost))
    x_next = [shaken(value + h * _sum(scheme.b, [k[i] for k in slopes])) for i, value in enumerate(x)]
    return x_next, h * _sum(scheme.b, costs)


def _exactly(value: Number) -> Number:
    return value


def _sum(weights: list[tuple[int, Number]], terms: Numbers) -> Number:
    return sum((weight * terms[i] for i, weight in weights[1:]), weights[0][1] * terms[weights[0][0]]) if weights else 0.0


@dataclass(frozen=True)
class Plan:
    """Which marks bound each recorded time step, by number; one row for each trajectory.

    `order` (rows, M) lists the candidates (control grid nodes, then observations) as they are met, `interval`
    (rows, M - 1) is the control interval of each segment, `arrival` (rows, S) the number of time steps after which an
    observation is met (0: never), `steps` the (segment, left, right) of every time step; 0, 0, 0 where there is none.
    """

    order: Tensor
    interval: Tensor
    arrival: Tensor
    steps: tuple[tuple[Tensor, Tensor, Tensor], ...]

    def rows(self, index: Tensor) -> Plan:
        """The plan of the trajectories `index`, which may repeat."""
        steps = tuple((segment[index], left[index], right[index]) for segment, left, right in self.steps)
        return Plan(self.order[index], self.interval[index], self.arrival[index], steps)


@torch.no_grad()
def plan(record: Any, t0: Tensor, t1: Tensor, observation_times: Tensor, intervals: int) -> Plan:
    """Work out the marks of every trajectory and read the time steps off the record; t0, t1 (rows,), times (rows, S)."""
    numbers = torch.arange(intervals + 1, dtype=t0.dtype) / intervals
    nodes = torch.lerp(t0[:, None], t1[:, None], numbers)
    order = torch.tensor([_met(*row, intervals) for row in zip(t0, t1, torch.cat([nodes, observation_times], 1), strict=True)])
    interval = ((order > 0) & (order < intervals)).cumsum(1)[:, :-1]
    steps = tuple((step.segment, step.left, step.right) for step in record.steps)
    arrived = torch.zeros_like(order)
    for k, (segment, _, right) in enumerate(steps):
        met = arrived.gather(1, segment[:, None] + 1)
        arrived = arrived.scatter(1, segment[:, None] + 1, torch.where((right == 1)[:, None], k + 1, met))
    return Plan(order, interval, arrived.gather(1, order.argsort(1))[:, intervals + 1 :], steps)


def _met(t0: Tensor, t1: Tensor, candidates: Tensor, intervals: int) -> list[int]:
    """Numbers of the candidates as a trajectory meets them: t0 first, t1 last, on ties in their own order."""
    sign = -1.0 if t1 < t0 else 1.0
    times = candidates.tolist()
    return sorted(range(len(times)), key=lambda j: ((j > 0) + (j == intervals), sign * times[j], j))


class Inputs(NamedTuple):
    """What a solution depends on, as numbers: x0 [n], theta [m], w [nodes][k], t0, t1, times [S]."""

    x0: Numbers
    theta: Numbers
    w: Sequence[Numbers]
    t0: Number
    t1: Number
    times: Numbers


def lay_steps(arithmetic: Arithmetic, plan: Plan, inputs: Inputs, hold: str) -> Iterable[Step]:
    """The recorded time steps between the marks that t0, t1 and the observation times now give."""
    intervals = len(inputs.w) - (hold == "linear")
    span = inputs.t1 - inputs.t0
    nodes = [inputs.t0 + span * k / intervals for k in range(intervals)]
    candidates = arithmetic.table([*nodes, inputs.t1, *inputs.times])
    marks = [arithmetic.pick(candidates, column) for column in plan.order.unbind(1)]
    table = arithmetic.table(marks)
    controls = [arithmetic.table(list(column)) for column in zip(*inputs.w, strict=True)]
    for segment, left, right in plan.steps:
        interval = plan.interval.gather(1, segment[:, None])[:, 0]
        control = partial(_control, arithmetic, controls, hold, interval, inputs.t0, span, intervals)
        ends = arithmetic.pick(table, segment), arithmetic.pick(table, segment + 1)
        yield Step(*ends, arithmetic.read(left), arithmetic.read(right), control)


def _control(
    arithmetic: Arithmetic, controls: Sequence[Any], hold: str, interval: Tensor, t0: Number, span: Number,
    intervals: int, t: Number,
) -> list[Number]:
    """w(t) on the interval that is told: its value, or the line between its nodes."""
    if hold == "constant" or not controls:
        return [arithmetic.pick(table, interval) for table in controls]
    u = intervals * (t - t0) / span - arithmetic.read(interval)
    return [arithmetic.pick(table, interval) * (1 - u) + arithmetic.pick(table, interval + 1) * u for table in controls]


def follow(
    model: Model, scheme: Scheme, plan: Plan, inputs: Inputs, hold: str, shake: Shake | None = None
) -> tuple[list[Number], Number]:
    """March over the time steps of `plan`: x1 [n] and J."""
    arithmetic, shaken = model.arithmetic, shake or _exactly
    x, running, history = list(inputs.x0), 0.0 * inputs.t0, [list(inputs.x0)]
    for step in lay_steps(arithmetic, plan, inputs, hold):
        x, gathered = take_step(model, scheme, step, x, inputs.theta, shake)
        running = shaken(running + gathered)
        history.append(x)
    cost = running + shaken(model.terminal(inputs.t1, x, inputs.theta))
    tables = [arithmetic.table(list(column)) for column in zip(*history, strict=True)]
    for j, time in enumerate(inputs.times):
        seen = [arithmetic.pick(table, plan.arrival[:, j]) for table in tables]
        cost = cost + shaken(model.observation(j, time, seen, inputs.theta))
    return x, cost


def unbind(x0: Tensor, theta: Tensor, w: Tensor, t0: Tensor, t1: Tensor, observation_times: Tensor) -> Inputs:
    """Inputs with a leading axis of rows, as lists of (rows,) tensors."""
    nodes = [node.unbind(-1) for node in w.unbind(1)]
    return Inputs(x0.unbind(-1), theta.unbind(-1), nodes, t0, t1, observation_times.unbind(-1))


def march(
    system: AdjointSystem, tableau: Tableau, record: Any, x0: Tensor, theta: Tensor, w: Tensor, hold: str, t0: Tensor,
    t1: Tensor, observation_times: Tensor, shake: Shake | None = None,
) -> tuple[Tensor, Tensor]:
    """x1 (rows, n) and J (rows,) by plain torch operations over the time steps of `record` (or of a `Plan`).

    x0 (rows, n), theta (rows, m), w (rows, K or K + 1, k), t0, t1 (rows,), observation_times (rows, S), all of them
    differentiable in either mode; the record's segments and fractions are constants.
    """
    grid = record if isinstance(record, Plan) else plan(record, t0, t1, observation_times, w.shape[1] - (hold == "linear"))
    inputs = unbind(x0, theta, w, t0, t1, observation_times)
    x1, cost = follow(torch_model(system.problem), torch_scheme(tableau), grid, inputs, hold, shake)
    return torch.stack(x1, -1), cost
