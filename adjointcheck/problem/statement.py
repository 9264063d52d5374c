"""The statement of a dynamical system and its cost: the one input of everything else, frozen, exact, comparable."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from typing import Any

from adjointcheck.errors import ProblemError, shorten
from adjointcheck.expression.grammar import check_name, parse, to_text
from adjointcheck.expression.node import Expression
from adjointcheck.problem import convention, values
from adjointcheck.problem.validation import check
from adjointcheck.problem.values import LIMITS, Limits, entries, exact, expression, mapping, required, sequence


@dataclass(frozen=True)
class State:
    """One component of x: its rate in t, states, controls and parameters, its initial value in parameters."""

    name: str
    rate: Expression
    initial: Expression


@dataclass(frozen=True)
class Parameter:
    """One component of theta with its nominal value, if the statement gives one."""

    name: str
    value: Fraction | None = None


@dataclass(frozen=True)
class Control:
    """One component of w(t) with an initial guess in t alone."""

    name: str
    initial: Expression


@dataclass(frozen=True)
class Observation:
    """A group of observations: J gains `cost` at each of `times`; a column of `data` has one value for each time."""

    times: tuple[Fraction, ...]
    data: tuple[tuple[str, tuple[Fraction, ...]], ...]
    cost: Expression


@dataclass(frozen=True, init=False)
class Problem:
    """J = Psi(t1, x(t1), theta) + int L(t, x, w, theta) dt + sum_j l_j(s_j, x(s_j), theta), minimised under xdot = f.

    Expressions are texts in our grammar, exact numbers, `Expression`s or SymPy expressions; every number is kept as
    the rational of the decimal written.  `states` maps names to rates (with `initial`) or to tables of `rate` and
    `initial`; `parameters` maps names to nominal values or lists names; `observations` lists tables of `times`,
    `data` and `cost`; `claims` maps costate.<state>, terminal.<state>, gradient.<parameter> and
    stationarity.<control> to what a person says.  Equal statements are equal and hash alike, whatever their `source`.
    Raises ProblemError naming the place.
    """

    name: str
    states: tuple[State, ...]
    parameters: tuple[Parameter, ...]
    controls: tuple[Control, ...]
    running_cost: Expression
    terminal_cost: Expression
    observations: tuple[Observation, ...]
    horizon: tuple[Fraction, Fraction]
    claims: tuple[tuple[str, Expression], ...]
    positive: tuple[str, ...]
    source: str = field(compare=False)

    def __init__(
        self, *, name: str, states: Any, parameters: Any = (), controls: Any = (), running_cost: Any = "0",
        terminal_cost: Any = "0", initial: Mapping[str, Any] | None = None, horizon: Any, observations: Any = (),
        claims: Any = None, positive: Iterable[str] = (), source: str = "", limits: Limits = LIMITS,
    ) -> None:
        where = source or f"problem {shorten(name, 64)}"
        fields = {
            "name": _name(name, f"{where}: name"),
            "states": _states(states, initial or {}, where, limits),
            "parameters": _parameters(parameters, where),
            "controls": _controls(controls, where),
            "running_cost": expression(running_cost, f"{where}: running cost"),
            "terminal_cost": expression(terminal_cost, f"{where}: terminal cost"),
            "observations": _observations(observations, f"{where}: observations", limits),
            "horizon": _horizon(horizon, f"{where}: horizon"),
            "claims": _claims(claims or {}, where),
            "positive": _positive(positive, f"{where}: assume.positive"),
            "source": source,
        }
        for key, value in fields.items():
            object.__setattr__(self, key, value)
        check(self, where, limits)

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the components of x, in order."""
        return tuple(state.name for state in self.states)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the components of theta, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def control_names(self) -> tuple[str, ...]:
        """Names of the components of w, in order."""
        return tuple(control.name for control in self.controls)

    def costate_name(self, state: str) -> str:
        """The symbol of the costate component of `state`; raises ProblemError for a name that is no state."""
        if state not in self.state_names:
            known = self.state_names
            expected = f"a state ({values.listing(known)})"
            raise ProblemError(f"problem {self.name}: costate", state, expected, values.nearest(state, known))
        return convention.costate_name(state)

    def digest(self) -> str:
        """SHA-256 of the canonical statement text, in hexadecimal."""
        return hashlib.sha256(self.to_toml().encode("ascii")).hexdigest()

    def to_toml(self) -> str:
        """The canonical statement text; `readers.read_toml` reads it back to an equal problem.

        Raises GrammarError if an expression is so near the grammar's caps that its canonical text exceeds them.
        """
        blocks = ["\n".join([title, *rows]) for title, rows in _blocks(self) if rows]
        return "\n\n".join(blocks) + "\n"


# From what a person wrote to plain data

_PROBLEM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def _name(name: object, where: str) -> str:
    if not isinstance(name, str) or not _PROBLEM_NAME.fullmatch(name):
        raise ProblemError(where, name, "at most 64 ASCII letters, digits, _ and -, a letter first", "Rename it.")
    return name


def _states(states: Any, initial: Any, where: str, limits: Limits) -> tuple[State, ...]:
    here = f"{where}: initial values"
    starts = dict(entries(mapping(initial, here, "initial values"), here, "state"))
    named = entries(states, f"{where}: states", "state")
    values.at_most(len(named), limits.states, "states", where)
    rows = tuple(_state(name, entry, starts, where) for name, entry in named)
    known = [row.name for row in rows]
    for name in starts:
        if name not in known:
            expected = f"a state ({values.listing(known)})"
            raise ProblemError(here, f"unknown state {name}", expected, values.nearest(name, known))
    return rows


def _state(name: str, entry: Any, starts: Mapping[str, Any], where: str) -> State:
    if isinstance(entry, State):
        return entry
    here = f"{where}: state {name}"
    given = entry if isinstance(entry, Mapping) else {} if entry is None else {"rate": entry}
    given = dict(values.table(given, here, ("rate", "initial")))
    if name in starts and "initial" in given:
        raise ProblemError(here, "two initial values", "one initial value")
    given |= {"initial": starts[name]} if name in starts else {}
    rate = expression(required(given, "rate", here), f"{where}: rate of {name}")
    return State(name, rate, expression(required(given, "initial", here), f"{where}: initial value of {name}"))


def _parameters(parameters: Any, where: str) -> tuple[Parameter, ...]:
    pairs = entries(parameters, f"{where}: parameters", "parameter")
    return tuple(_parameter(name, entry, f"{where}: parameter {name}") for name, entry in pairs)


def _parameter(name: str, entry: Any, where: str) -> Parameter:
    if isinstance(entry, Parameter):
        return entry
    return Parameter(name, None if entry is None else exact(entry, where))


def _controls(controls: Any, where: str) -> tuple[Control, ...]:
    return tuple(_control(name, entry, where) for name, entry in entries(controls, f"{where}: controls", "control"))


def _control(name: str, entry: Any, where: str) -> Control:
    if isinstance(entry, Control):
        return entry
    if isinstance(entry, Mapping):
        entry = values.table(entry, f"{where}: control {name}", ("initial",)).get("initial")
    return Control(name, expression("0" if entry is None else entry, f"{where}: initial guess of control {name}"))


def _horizon(horizon: Any, where: str) -> tuple[Fraction, Fraction]:
    ends = sequence(horizon, where, "the two times t0, t1")
    if len(ends) != 2:
        raise ProblemError(where, f"{len(ends)} times", "the two times [t0, t1]")
    return exact(ends[0], f"{where}, t0"), exact(ends[1], f"{where}, t1")


def _observations(observations: Any, where: str, limits: Limits) -> tuple[Observation, ...]:
    groups = sequence(observations, where, "tables of times, data and cost")
    return tuple(_observation(group, f"{where}[{index}]", limits) for index, group in enumerate(groups))


def _observation(group: Any, where: str, limits: Limits) -> Observation:
    if isinstance(group, Observation):
        return group
    given = values.table(group, where, ("times", "data", "cost"))
    times = _column(required(given, "times", where), f"{where}, times", limits)
    columns = entries(mapping(given.get("data", {}), f"{where}, data", "data columns"), f"{where}, data", "column")
    values.at_most(len(columns), limits.columns, "data columns", where)
    data = tuple((name, _column(column, f"{where}, data column {name}", limits)) for name, column in columns)
    return Observation(times, data, expression(required(given, "cost", where), f"{where}, cost"))


def _column(column: Any, where: str, limits: Limits) -> tuple[Fraction, ...]:
    numbers = sequence(column, where, "numbers")
    values.at_most(len(numbers), limits.instants, "values", where)
    return tuple(exact(value, f"{where}, value {index}") for index, value in enumerate(numbers))


def _claims(claims: Any, where: str) -> tuple[tuple[str, Expression], ...]:
    pairs = _claim_pairs(claims, f"{where}: claims")
    return tuple((name, expression(claim, f"{where}: claim {name}")) for name, claim in pairs)


def _claim_pairs(claims: Any, where: str) -> list[tuple[str, Any]]:
    """(head.target, claim) of pairs, of a flat mapping, or of the nested one that dotted TOML keys give."""
    if not isinstance(claims, Mapping):
        return [(str(name), claim) for name, claim in sequence(claims, where, "pairs of name and claim")]
    nested = [(head, entry if isinstance(entry, Mapping) else {"": entry}) for head, entry in claims.items()]
    return [(f"{head}.{target}".removesuffix("."), claim) for head, inner in nested for target, claim in inner.items()]


def _positive(names: Any, where: str) -> tuple[str, ...]:
    return tuple(check_name(name, where) for name in sequence(names, where, "names"))


# From plain data to the canonical text


def _blocks(problem: Problem) -> Iterable[tuple[str, list[str]]]:
    """(title, rows) of each block of the canonical text; a block without rows is not written."""
    bare = any(row.value is None for row in problem.parameters)
    names = [f"parameters = {_names(problem.parameter_names)}"] if bare else []
    yield f'name = "{problem.name}"', [f"horizon = {_numbers(problem.horizon)}", *names]
    yield "[states]", [_row(row.name, rate=row.rate, initial=row.initial) for row in problem.states]
    yield "[parameters]", [f"{row.name} = {_number(row.value)}" for row in problem.parameters if row.value is not None]
    yield "[controls]", [_row(row.name, initial=row.initial) for row in problem.controls]
    yield "[cost]", [f"running = {_text(problem.running_cost)}", f"terminal = {_text(problem.terminal_cost)}"]
    for group in problem.observations:
        data = ", ".join(f"{name} = {_numbers(column)}" for name, column in group.data)
        times = f"times = {_numbers(group.times)}"
        yield "[[observations]]", [times, f"data = {{ {data} }}", f"cost = {_text(group.cost)}"]
    yield "[assume]", [f"positive = {_names(problem.positive)}"] if problem.positive else []
    yield "[claims]", [f"{name} = {_text(claim)}" for name, claim in problem.claims]


def _row(name: str, **texts: Expression) -> str:
    return f"{name} = {{ {', '.join(f'{key} = {_text(node)}' for key, node in texts.items())} }}"


def _names(names: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, names))}]"


def _quoted(text: str) -> str:
    return f'"{text}"'  # names and expressions hold neither quotes nor backslashes


def _text(node: Expression) -> str:
    text = to_text(node)
    if parse(text, "canonical text") is not node:
        raise ProblemError("canonical text", text, "a text that reads back to the same expression", "Please report it.")
    return _quoted(text)


def _numbers(numbers: Iterable[Fraction]) -> str:
    return f"[{', '.join(map(_number, numbers))}]"


def _number(value: Fraction) -> str:
    """`value` as a TOML number where a decimal of at most 64 characters is exact, else as the text of a fraction."""
    try:
        quotient = Context(prec=64, traps=[Inexact]).divide(Decimal(value.numerator), Decimal(value.denominator))
    except Inexact:
        return _quoted(str(value))
    text = format(quotient, "f")
    plain = len(text) <= 64 and ("." in text or abs(value) < 2**63)  # TOML promises 64-bit integers only
    return text if plain else _quoted(str(value))
