"""What a report says, the same on every face: equations by topic, steps, claims, checks, what needs attention."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

from adjointcheck.errors import GrammarError
from adjointcheck.expression.grammar import LOG, NAME, parse
from adjointcheck.expression.node import ZERO, Expression, add, apply, symbol, walk
from adjointcheck.report.layout import display_plain
from adjointcheck.report.wording import figure, one_line, plural, tone, urgency, word

if TYPE_CHECKING:  # plain data is all we look at: any object with these fields will do
    from adjointcheck.check.verdict import Check, Fit, Report
    from adjointcheck.derive.derivation import AdjointSystem, Derivation, JudgedClaim, JudgedStep
    from adjointcheck.problem.statement import Observation, Problem
    from adjointcheck.trusted.verdict import Witness

READABLE = 20_000  # characters of a claim's text beyond which it is shown by its size alone
T0, T1 = symbol("t0"), symbol("t1")
H, J, TIME = symbol("H"), symbol("J"), symbol("t")


@dataclass(frozen=True, repr=False)
class Equation:
    """`left = right`; the left side may use the display-only heads of `notation`."""

    left: Expression
    right: Expression

    def __repr__(self) -> str:
        return f"Equation({self.plain!r})"

    @property
    def plain(self) -> str:
        """The equation on one line of text."""
        return f"{display_plain(self.left)} = {display_plain(self.right)}"


@dataclass(frozen=True)
class Topic:
    """Equations under one heading, with the sentence that says what they are."""

    title: str
    words: str
    equations: tuple[Equation, ...]


@dataclass(frozen=True)
class Part:
    """One named formula of a step: readable as `formula`, or as `text` where our grammar cannot read it."""

    label: str
    left: Expression | None
    text: str
    number: str = ""

    @cached_property
    def formula(self) -> Expression | None:
        """`text` parsed, when a face comes to show it."""
        return _parsed(self.text, self.label)


@dataclass(frozen=True)
class StepRow:
    """One derivation step with its verdict; its formulas bear the numbers (k) or (k.1), (k.2), ... of the k-th step."""

    id: str
    number: int
    rule: str
    words: str
    premises: tuple[str, ...]
    sources: tuple[int, ...]
    parts: tuple[Part, ...]
    verdict: str
    evidence: tuple[str, ...]
    reason: str
    witness: Witness | None


@dataclass(frozen=True)
class ClaimRow:
    """What a person claimed, what was derived, and the likely slip."""

    name: str
    claimed: Part
    expected: Part | None
    slip: str
    verdict: str
    evidence: tuple[str, ...]
    reason: str
    witness: Witness | None


@dataclass(frozen=True)
class Item:
    """Something that is not proved or passed: its kind, name, verdict, and the words with the figures."""

    kind: str
    name: str
    verdict: str
    words: str


def _is_zero(root: Expression) -> bool:
    return root is ZERO


def _sum(terms: Iterable[Expression]) -> Expression:
    return reduce(add, terms, ZERO)


def costate(state: str) -> Expression:
    """The costate's symbol, p with the state as its index."""
    return symbol(f"p_{state}")


def statement_topics(problem: Problem) -> tuple[Topic, ...]:
    """The statement as equations: dynamics, initial values, cost."""
    dynamics = tuple(Equation(symbol(f"{state.name}.dot"), state.rate) for state in problem.states)
    initial = tuple(Equation(apply("at", symbol(state.name), T0), state.initial) for state in problem.states)
    costs = [Equation(J, _objective(problem))]
    groups = len(problem.observations)
    costs += [Equation(_cost(i, groups), group.cost) for i, group in enumerate(problem.observations)]
    return (
        Topic("Dynamics", "How the states change", dynamics),
        Topic("Initial values", "Where the states start", initial),
        Topic("Cost", "What is minimised", tuple(costs)),
    )


def _objective(problem: Problem) -> Expression:
    terms = [] if _is_zero(problem.terminal_cost) else [apply("when", problem.terminal_cost, T1)]
    if not _is_zero(problem.running_cost):
        terms.append(_integral(problem.running_cost))
    groups = len(problem.observations)
    costs = (apply("at", _cost(i, groups), _instant(i, groups)) for i in range(groups))
    return _sum([*terms, *(apply("observations", cost) for cost in costs)])


def _integral(integrand: Expression) -> Expression:
    return apply("integral", integrand, T0, T1)


def system_topics(system: AdjointSystem) -> tuple[Topic, ...]:
    """The adjoint system as equations, in the order in which one would solve and use it; empty topics left out."""
    topics = (
        Topic("Hamiltonian", "The running cost and the costate times the dynamics", (Equation(H, system.hamiltonian),)),
        Topic("Costate equations", "Solved backward in time", tuple(
            Equation(symbol(f"p_{name}.dot"), rate) for name, rate in system.costate_rate.items())),
        Topic("Transversality", "The costate at the end of the horizon is the slope of the terminal cost", tuple(
            Equation(apply("at", costate(name), T1), value) for name, value in system.terminal.items())),
        Topic("Jumps at observations", "Backward through an observation the costate takes up the slope of its cost; "
              "those not listed pass unchanged", tuple(_jumps(system))),
        Topic("Gradient condition", "The gradient of J in the control w(t); it vanishes at an optimum", tuple(
            Equation(apply("partial", H, symbol(name)), value) for name, value in system.stationarity.items())),
        Topic("Gradients in the parameters", "Terminal cost, the way there, observations, initial values",
              tuple(Equation(apply("total", J, symbol(name)), _gradient(system, name)) for name in system.gradient)),
        Topic("Gradients in the initial values", "The costate at the start is the gradient", tuple(
            Equation(apply("total", J, apply("at", symbol(name), T0)), apply("at", costate(name), T0))
            for name in system.costate_rate)),
        Topic("Horizon and observation times", "What moving an end of the horizon or an observation does to J",
              tuple(_times(system))),
    )
    return tuple(topic for topic in topics if topic.equations)


def _jumps(system: AdjointSystem) -> Iterator[Equation]:
    for group, slopes in enumerate(system.jumps):
        instant = _instant(group, len(system.jumps))
        for name, slope in slopes.items():
            if not _is_zero(slope):
                before, after = (apply("at", costate(name), apply(side, instant)) for side in ("before", "after"))
                yield Equation(before, add(after, slope))


def _gradient(system: AdjointSystem, name: str) -> Expression:
    terms = [apply("when", system.terminal_gradient.get(name, ZERO), T1), _integral(system.gradient[name])]
    terms += [apply("observations", group.get(name, ZERO)) for group in system.observation_gradient]
    terms.append(apply("when", system.initial_gradient.get(name, ZERO), T0))
    return _sum(term for term in terms if not _is_zero(term.args[0]))


def _times(system: AdjointSystem) -> Iterator[Equation]:
    yield Equation(apply("total", J, T0), apply("when", system.start_time, T0))
    yield Equation(apply("total", J, T1), apply("when", system.end_time, T1))
    for group, value in enumerate(system.observation_time):
        instant = _instant(group, len(system.jumps))
        yield Equation(apply("total", J, instant), apply("when", value, instant))


_CLAIM_LEFT: dict[str, Callable[[str], Expression]] = {
    "costate": lambda name: symbol(f"p_{name}.dot"),
    "terminal": lambda name: apply("at", costate(name), T1),
    "gradient": lambda name: apply("partial", H, symbol(name)),
    "stationarity": lambda name: apply("partial", H, symbol(name)),
}


def claim_left(name: str) -> Expression | None:
    """The left side that a claim's name (costate.x, terminal.x, gradient.a, stationarity.w) stands for."""
    head, _, rest = name.partition(".")
    return _CLAIM_LEFT[head](rest) if head in _CLAIM_LEFT and NAME.match(rest) else None


def _instant(group: int, groups: int) -> Expression:
    return symbol("s_j" if groups == 1 else f"s_j{group + 1}")


def _cost(group: int, groups: int) -> Expression:
    return symbol("l" if groups == 1 else f"l_{group + 1}")


def _jump_left(name: str, groups: int) -> Expression:
    group, _, state = name.partition(".")
    instant = _instant(int(group), groups)
    return apply("sub", *(apply("at", costate(state), apply(side, instant)) for side in ("before", "after")))


_SHARES: dict[str, Callable[[str], Expression]] = {
    "integrand": lambda a: apply("partial", H, symbol(a)),
    "terminal": lambda a: apply("partial", symbol("Psi"), symbol(a)),
    "initial": lambda a: apply("mul", symbol("p"), apply("partial", apply("at", symbol("x"), T0), symbol(a))),
}


def _share_left(name: str, groups: int) -> Expression:
    head, _, rest = name.partition(".")
    group, _, a = rest.partition(".")
    return apply("partial", _cost(int(group), groups), symbol(a)) if head == "observation" else _SHARES[head](rest)


def _time_left(name: str, groups: int) -> Expression:
    head, _, group = name.partition(".")
    return apply("total", J, _instant(int(group), groups) if head == "observation" else symbol(name))


_STEP_LEFT: dict[str, Callable[[str, int], Expression]] = {
    "collect": lambda name, groups: apply("div", symbol("J_a.delta"), symbol(f"{name}.delta")),
    "recover_state": lambda name, groups: symbol(f"{name}.dot"),
    "choose_costate": lambda name, groups: symbol(f"p_{name}.dot"),
    "transversality": lambda name, groups: apply("at", costate(name), T1),
    "jump": _jump_left,
    "start_value": lambda name, groups: apply("total", J, apply("at", symbol(name), T0)),
    "stationarity": lambda name, groups: apply("partial", H, symbol(name)),
    "parameter_gradient": _share_left,
    "end_times": _time_left,
    "reverse_mode": lambda name, groups: apply("partial", H, symbol(name)),
    "hamiltonian": lambda name, groups: {"H": H, "rate": apply("total", H, TIME)}[name],
}


def step_left(rule: str, name: str, groups: int) -> Expression | None:
    """The left side that the formula `name` of a step by `rule` stands for, or None where only its name can say it.

    `groups` is how many groups of observations there are; the instants of a single one bear no number.
    """
    try:
        return _STEP_LEFT[rule](name, groups)
    except (KeyError, ValueError):
        return None


def _parsed(text: str, name: str) -> Expression | None:
    if len(text) > READABLE:
        return None
    try:
        return parse(text, name, caps=LOG, jets=True)
    except GrammarError:
        return None


def step_rows(derivation: Derivation) -> tuple[StepRow, ...]:
    """The steps in their order, numbered from 1."""
    groups = len(derivation.problem.observations)
    numbers = {judged.id: number for number, judged in enumerate(derivation.steps, 1)}
    return tuple(_step_row(judged, numbers, groups) for judged in derivation.steps)


def _step_row(judged: JudgedStep, numbers: Mapping[str, int], groups: int) -> StepRow:
    verdict, number = judged.verdict, numbers[judged.id]
    parts = tuple(Part(name, step_left(judged.rule, name, groups), text, _equation_number(number, i, len(judged.claim)))
                  for i, (name, text) in enumerate(judged.claim.items(), 1))
    sources = tuple(numbers[premise] for premise in judged.premises if premise in numbers)
    return StepRow(judged.id, number, judged.rule, judged.words, tuple(judged.premises), sources, parts, word(verdict.status),
                   tuple(verdict.evidence), verdict.reason, verdict.witness)


def _equation_number(step: int, i: int, count: int) -> str:
    return str(step) if count == 1 else f"{step}.{i}"


def rule_words(rule: str) -> str:
    """`integrate by parts`, names of people in capitals."""
    return rule.replace("_", " ").replace("lagrangian", "Lagrangian").replace("hamiltonian", "Hamiltonian")


def title(rule: str) -> str:
    """`Integrate by parts`."""
    words = rule_words(rule)
    return words[0].upper() + words[1:]


def claim_rows(derivation: Derivation) -> tuple[ClaimRow, ...]:
    """The claims, those that failed first."""
    return tuple(sorted(map(claim_row, derivation.claims), key=lambda row: urgency(row.verdict)))


def claim_row(judged: JudgedClaim) -> ClaimRow:
    """One judged claim as plain data."""
    verdict = judged.verdict
    left = claim_left(judged.name)
    expected = Part(judged.name, left, judged.expected) if judged.expected else None
    return ClaimRow(judged.name, Part(judged.name, left, judged.text), expected, judged.slip or "",
                    word(verdict.status), tuple(verdict.evidence), verdict.reason, verdict.witness)


def witness_text(witness: Witness) -> str:
    """`at x = 1/2, y = 3: 0.25 against 0.75 (gap 0.5)`."""
    point = ", ".join(f"{name} = {value}" for name, value in witness.point) or "every point"
    return f"at {point}: {witness.left} against {witness.right} (gap {witness.gap})"


ASSUMPTIONS = (
    "The solution x(t) exists on the whole horizon, and f, L, Psi and the observations' costs are continuously differentiable "
    "in states, controls and parameters along it, but for the kinks listed here.",
    "Every formula is evaluated inside its domain; the conditions listed here must hold along the solution.",
    "Variations are smooth and independent of each other; the horizon and the observation times are varied apart.",
)


def assumption_texts(derivation: Derivation) -> tuple[str, ...]:
    """What the theorem takes for granted: of every statement, then of this one."""
    return (*ASSUMPTIONS, *map(finding_text, derivation.findings))


def finding_text(finding: object) -> str:
    """An assumption or finding in one line, whatever fields it has."""
    if not is_dataclass(finding):
        return one_line(finding)
    values = {item.name: getattr(finding, item.name) for item in fields(finding)}
    lead = values.pop("kind", "")
    said = "; ".join(_finding_value(value) for value in values.values() if value)
    return f"{one_line(word(lead))}: {said}" if lead else said


def _finding_value(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(one_line, value))
    return one_line(word(value))


def ordered_checks(report: Report) -> tuple[Check, ...]:
    """The checks, those that failed first."""
    return tuple(sorted(report.checks, key=lambda check: urgency(word(check.outcome))))


def check_words(check: Check) -> str:
    """The check's line with its figures: measured, and against which threshold."""
    against = f" (measured {figure(check.measured)}, threshold {figure(check.threshold)})"
    return one_line(check.words) + (against if check.measured is not None else "")


def items(derivation: Derivation, checks: Sequence[Check] = ()) -> tuple[Item, ...]:
    """Every step, claim and check with its verdict and, where it has any, its words and figures."""
    steps, claims = step_rows(derivation), claim_rows(derivation)
    return (
        *(Item("step", f"{row.id} {rule_words(row.rule)}", row.verdict, _verdict_words(row)) for row in steps),
        *(Item("claim", row.name, row.verdict, _verdict_words(row)) for row in claims),
        *(Item("check", check.name, word(check.outcome), check_words(check)) for check in checks),
    )


def attention(derivation: Derivation, checks: Sequence[Check] = ()) -> tuple[Item, ...]:
    """Everything that is not proved or passed, worst first, each with its figures."""
    return tuple(sorted(filter(_is_open, items(derivation, checks)), key=lambda item: urgency(item.verdict)))


def _is_open(item: Item) -> bool:
    return tone(item.verdict) != "good"


def _verdict_words(row: StepRow | ClaimRow) -> str:
    sentences = [row.reason, witness_text(row.witness) if row.witness is not None else ""]
    if isinstance(row, ClaimRow):
        expected = f"expected {row.expected.text}" if row.expected and tone(row.verdict) != "good" else ""
        sentences += [expected, f"likely slip: {row.slip}" if row.slip else ""]
    return one_line("; ".join(sentence for sentence in sentences if sentence))


@dataclass(frozen=True)
class Count:
    """`good` of `total` things did what the word says."""

    good: int
    total: int
    noun: str
    verb: str

    @property
    def words(self) -> str:
        """`3 of 4 steps proved`."""
        return f"{self.good} of {plural(self.total, self.noun)} {self.verb}"


def counts(derivation: Derivation, checks: Sequence[Check] = ()) -> tuple[Count, ...]:
    """How many steps, claims and checks are good; kinds that do not occur are left out."""
    kinds = (
        ("step", "proved", [word(step.verdict.status) for step in derivation.steps]),
        ("claim", "proved", [word(claim.verdict.status) for claim in derivation.claims]),
        ("check", "passed", [word(check.outcome) for check in checks]),
    )
    return tuple(Count(sum(tone(verdict) == "good" for verdict in verdicts), len(verdicts), noun, verb)
                 for noun, verb, verdicts in kinds if verdicts)


@dataclass(frozen=True)
class SymbolRow:
    """One row of the table of symbols."""

    symbol: Expression
    meaning: str
    value: str


def symbol_rows(problem: Problem) -> tuple[SymbolRow, ...]:
    """States with their costates, controls, parameters with their nominal values, data columns."""
    rows = [SymbolRow(symbol(state.name), "state", "") for state in problem.states]
    rows += [SymbolRow(costate(state.name), f"costate of {state.name}", "") for state in problem.states]
    rows += [SymbolRow(symbol(control.name), "control", "") for control in problem.controls]
    rows += [SymbolRow(symbol(item.name), "parameter", figure(item.value)) for item in problem.parameters]
    for group in problem.observations:
        rows += [SymbolRow(symbol(name), "data", plural(len(values), "value")) for name, values in group.data]
    return tuple(rows)


def companions(group: Observation, states: Iterable[str]) -> Mapping[str, str]:
    """{data column: state} for columns that the cost compares with a state itself, as in d - x or log(x/d)."""
    columns, names = {name for name, _ in group.data}, set(states)
    found: dict[str, str] = {}
    for node in walk([group.cost]):
        if node.head in ("sub", "div"):
            inside = [_bare(arg) for arg in node.args]
            column, state = {*inside} & columns, {*inside} & names
            if len(column) == len(state) == 1:
                found.setdefault(column.pop(), state.pop())
    return found


def _bare(node: Expression) -> str:
    while node.head == "log":
        node = node.args[0]
    return node.value if node.head == "symbol" else ""


def instants(problem: Problem) -> tuple[float, ...]:
    """All observation times, each once, in order."""
    return tuple(sorted({float(time) for group in problem.observations for time in group.times}))


def tables(check: Check) -> tuple[Mapping[str, Any], ...]:
    """The check's tables, each with `columns` and `rows`."""
    given: Any = check.details.get("table", ())
    return (given,) if isinstance(given, Mapping) else tuple(given)


def table_rows(table: Mapping[str, Any]) -> list[list[str]]:
    """The table's cells as text; a column of moderate decimals keeps one place, so that its points stand in line."""
    columns = list(zip(*table["rows"], strict=True))
    texts = [[f"{cell:.1f}" if _moderate(column) else figure(cell) for cell in column] for column in columns]
    return [list(row) for row in zip(*texts, strict=True)]


def _moderate(column: Sequence[Any]) -> bool:
    return all(isinstance(cell, float) and 1 <= abs(cell) < 1000 for cell in column)


def fit_rows(fit: Fit) -> Iterator[tuple[str, str, str]]:
    """Parameter, start and found value."""
    for name, start, found in zip(fit.names, fit.start, fit.found, strict=True):
        yield name, figure(start), figure(found)


def detail_rows(check: Check) -> tuple[tuple[str, str], ...]:
    """The check's further details as name and value, without its series and tables."""
    rest = ((name, value) for name, value in check.details.items() if name not in ("series", "table"))
    return tuple((one_line(name), _detail(value)) for name, value in rest)


def _detail(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{one_line(name)} {_detail(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_detail, value))
    return figure(value)


def worst_cell(table: Mapping[str, Any], check_name: str) -> tuple[int, int] | None:
    """Row and column of the least favourable number: the fewest digits of agreement, or as the table's `worst` says."""
    kind = table.get("worst") or ("min" if "agreement" in check_name else None)
    cells = [(value, i, j) for i, row in enumerate(table["rows"]) for j, value in enumerate(row)
             if isinstance(value, int | float) and not isinstance(value, bool)]
    if kind not in ("min", "max") or not cells:
        return None
    lost = [cell for cell in cells if cell[0] != cell[0]]
    chosen = lost[0] if lost else (min if kind == "min" else max)(cells, key=lambda cell: cell[0])
    return chosen[1], chosen[2]
