"""What a statement as a whole must keep: which names an expression may use, and rules with one reason each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NoReturn

from adjointcheck.errors import ProblemError
from adjointcheck.expression.node import Expression, symbols_of
from adjointcheck.problem.convention import TIME, costate_name
from adjointcheck.problem.values import LIMITS, Limits, at_most, listing, nearest

if TYPE_CHECKING:
    from adjointcheck.problem.statement import Observation, Problem

_COLUMN = "data column"
_PLURAL = {
    TIME: TIME, "state": "states", "control": "controls", "parameter": "parameters", "costate": "costates",
    _COLUMN: "its own data columns",
}
_FIELD = (TIME, "state", "control", "parameter")
_END = (TIME, "state", "parameter")
_DUAL = (*_FIELD, "costate")
CLAIMS = {  # head of a claim: the kind of thing it is about, and the kinds of names that it may use
    "costate": ("state", _DUAL),
    "terminal": ("state", _END),
    "gradient": ("parameter", _DUAL),
    "stationarity": ("control", _DUAL),
}
_LONGEST_STATE = 30  # so that p_<state> is a name too


# Which names an expression may use


@dataclass(frozen=True)
class Place:
    """One expression of a statement, where it stands, and the kinds of names that it may use there."""

    words: str
    expression: Expression
    kinds: tuple[str, ...]
    group: Observation | None = None


def places(problem: Problem) -> Iterator[Place]:
    """Every expression of `problem` with its scope, in the order of the statement; claims excepted."""
    for state in problem.states:
        yield Place(f"rate of {state.name}", state.rate, _FIELD)
        yield Place(f"initial value of {state.name}", state.initial, ("parameter",))
    for control in problem.controls:
        yield Place(f"initial guess of control {control.name}", control.initial, (TIME,))
    yield Place("running cost", problem.running_cost, _FIELD)
    yield Place("terminal cost", problem.terminal_cost, _END)
    for index, group in enumerate(problem.observations):
        yield Place(f"observations[{index}], cost", group.cost, (*_END, _COLUMN), group)


def named(problem: Problem) -> Iterator[tuple[str, str]]:
    """(name, kind) of everything that `problem` names, in the order of the statement."""
    yield from ((name, "state") for name in problem.state_names)
    yield from ((name, "parameter") for name in problem.parameter_names)
    yield from ((name, "control") for name in problem.control_names)
    for index, group in enumerate(problem.observations):
        yield from ((name, f"{_COLUMN} of observations[{index}]") for name, _ in group.data)


def kinds_of(problem: Problem) -> dict[str, str]:
    """The kind of every name that can stand in an expression: time, costates, and what `named` lists."""
    costates = {costate_name(name): "costate" for name in problem.state_names}
    return {TIME: TIME} | costates | dict(named(problem))


def check_scope(place: Place, where: str, kinds: Mapping[str, str]) -> None:
    """Raise ProblemError for a name in `place` that does not exist, or is of a kind that has no meaning there."""
    own = {name: _COLUMN for name, _ in place.group.data} if place.group else {}
    for name in sorted(symbols_of(place.expression)):
        if own.get(name, kinds.get(name)) not in place.kinds:
            _out_of_scope(name, place, f"{where}: {place.words}", {**kinds, **own})


def _out_of_scope(name: str, place: Place, where: str, kinds: Mapping[str, str]) -> NoReturn:
    allowed = [known for known, kind in kinds.items() if kind in place.kinds]
    what = f"{', '.join(_PLURAL[kind] for kind in place.kinds)} ({listing(allowed)})"
    if name not in kinds:
        raise ProblemError(where, f"unknown name {name}", what, nearest(name, allowed))
    kind = "the time" if name == TIME else f"a {kinds[name]}"
    raise ProblemError(where, f"{name}, {kind}", f"only {what} here")


# The rules


def check_counts(problem: Problem, where: str, limits: Limits) -> None:
    """There is something to solve, and no more observation instants than `limits` allows."""
    if not problem.states:
        todo = 'Add x = { rate = "...", initial = "..." }.'
        raise ProblemError(f"{where}: states", "none", "at least one state", todo)
    at_most(sum(len(group.times) for group in problem.observations), limits.instants, "observation times", where)


def check_names(problem: Problem, where: str, limits: Limits) -> None:
    """Every name stands for one thing; `t` and p_<state> are taken from the start."""
    owners = {TIME: "the time"}
    for state in problem.state_names:
        if len(state) > _LONGEST_STATE:
            got, expected = f"{len(state)} characters", f"at most {_LONGEST_STATE}"
            raise ProblemError(f"{where}: state {state}", got, expected, "Rename it.")
        owners.setdefault(costate_name(state), f"the costate of {state}")
    for name, kind in named(problem):
        if name in owners:
            expected = f"a name of its own: {name} is {owners[name]}"
            raise ProblemError(f"{where}: {kind} {name}", f"the name {name} again", expected, "Rename one of the two.")
        owners[name] = f"a {kind}"


def check_horizon(problem: Problem, where: str, limits: Limits) -> None:
    """The two ends of the horizon differ; which one is larger does not matter."""
    if problem.horizon[0] == problem.horizon[1]:
        raise ProblemError(f"{where}: horizon", f"both ends at {problem.horizon[0]}", "two different times [t0, t1]")


def check_parameters(problem: Problem, where: str, limits: Limits) -> None:
    """Nominal values stand for every parameter or for none."""
    bare = [parameter.name for parameter in problem.parameters if parameter.value is None]
    if bare and len(bare) < len(problem.parameters):
        expected = "a nominal value for every parameter or for none"
        raise ProblemError(f"{where}: parameters", f"no value for {listing(bare)}", expected)


def check_observations(problem: Problem, where: str, limits: Limits) -> None:
    """Each group has times, all inside the horizon, and columns as long as its times."""
    low, high = sorted(problem.horizon)
    for index, group in enumerate(problem.observations):
        here = f"{where}: observations[{index}]"
        if not group.times:
            raise ProblemError(f"{here}, times", "no times", "at least one time")
        if outside := [time for time in group.times if not low <= time <= high]:
            raise ProblemError(f"{here}, times", f"{outside[0]}", f"times inside the horizon [{low}, {high}]")
        for name, column in group.data:
            if len(column) != len(group.times):
                expected = f"{len(group.times)}, one for each time"
                raise ProblemError(f"{here}, data column {name}", f"{len(column)} values", expected)


def check_scopes(problem: Problem, where: str, limits: Limits) -> None:
    """Every expression uses only names that have a meaning where it stands."""
    kinds = kinds_of(problem)
    for place in places(problem):
        check_scope(place, where, kinds)


def check_claims(problem: Problem, where: str, limits: Limits) -> None:
    """Each claim is about something that the statement has, in names that have a meaning there, and is made once."""
    kinds = kinds_of(problem)
    seen: set[str] = set()
    for name, claim in problem.claims:
        allowed = _claim_kinds(name, where, kinds)
        if name in seen:
            raise ProblemError(f"{where}: claim {name}", "two claims", "one claim about each thing")
        seen.add(name)
        check_scope(Place(f"claim {name}", claim, allowed), where, kinds)


def _claim_kinds(name: str, where: str, kinds: Mapping[str, str]) -> tuple[str, ...]:
    head, _, target = name.partition(".")
    if head not in CLAIMS or not target:
        forms = ", ".join(f"{head}.<{kind}>" for head, (kind, _) in CLAIMS.items())
        raise ProblemError(f"{where}: claims", name, f"one of {forms}", nearest(head, CLAIMS))
    kind, allowed = CLAIMS[head]
    if kinds.get(target) != kind:
        known = [other for other, its in kinds.items() if its == kind]
        raise ProblemError(f"{where}: claim {name}", target, f"a {kind} ({listing(known)})", nearest(target, known))
    return allowed


def check_assumptions(problem: Problem, where: str, limits: Limits) -> None:
    """What is assumed positive exists, is listed once, and is positive wherever the statement gives its value."""
    here = f"{where}: assume.positive"
    kinds, values = dict(named(problem)), _given_values(problem)
    seen: set[str] = set()
    for name in problem.positive:
        if name not in kinds:
            expected = f"a state, parameter, control or data column ({listing(kinds)})"
            raise ProblemError(here, f"unknown name {name}", expected, nearest(name, kinds))
        if name in seen:
            raise ProblemError(here, f"{name} twice", "each name once")
        if wrong := [value for value in values.get(name, ()) if value <= 0]:
            raise ProblemError(here, f"{name}, given as {wrong[0]}", "what is positive in the statement itself")
        seen.add(name)


def _given_values(problem: Problem) -> dict[str, tuple[Fraction, ...]]:
    states = {state.name: (state.initial.value,) for state in problem.states if state.initial.head == "number"}
    parameters = {row.name: (row.value,) for row in problem.parameters if row.value is not None}
    return states | parameters | {name: column for group in problem.observations for name, column in group.data}


RULES: tuple[Callable[[Problem, str, Limits], None], ...] = (
    check_counts,
    check_names,
    check_horizon,
    check_parameters,
    check_observations,
    check_scopes,
    check_claims,
    check_assumptions,
)


def check(problem: Problem, where: str, limits: Limits = LIMITS) -> None:
    """Raise ProblemError for the first rule that `problem` breaks."""
    for rule in RULES:
        rule(problem, where, limits)
