"""Judging a derivation: every step is re-proved from the statement and its premises; nobody's word is taken.

`replay` reads the JSON log and imports no SymPy; a verdict stored in a log is compared, never believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adjointcheck.errors import AdjointCheckError, DisagreementError, ProblemError, StepRejected
from adjointcheck.expression.grammar import LOG, check_name, parse, to_text
from adjointcheck.expression.node import Expression, symbols_of
from adjointcheck.trusted.rules import RULES, Claim, Obligation, Row, Setting
from adjointcheck.trusted.smoothness import blocked_subjects
from adjointcheck.trusted.verdict import Status, Verdict, worst
from adjointcheck.trusted.zero import equal

SCHEMA_VERSION = 1
TARGETS = {"costate": ("choose_costate", "{}"), "terminal": ("transversality", "{}"),
           "gradient": ("parameter_gradient", "integrand.{}"), "stationarity": ("stationarity", "{}")}


@dataclass(frozen=True)
class Step:
    """One line of a derivation: what `rule` makes of the steps named in `premises` is claimed to be `claim`."""

    id: str
    rule: str
    premises: tuple[str, ...]
    claim: Mapping[str, str]


@dataclass(frozen=True)
class Judged:
    """A step or a person's claim with its verdict; for a claim, `expected` is the proved text it was held against."""

    name: str
    rule: str
    verdict: Verdict
    expected: str = ""


@dataclass(frozen=True)
class Judgement:
    """Everything the core has to say about one log."""

    steps: tuple[Judged, ...]
    claims: tuple[Judged, ...]

    @property
    def status(self) -> Status:
        return worst([judged.verdict for judged in (*self.steps, *self.claims)]).status

    @property
    def first_wrong(self) -> str:
        """Id of the first refuted or invalid step, with a note when an unknown one comes before it; '' if none."""
        bad = [i for i, step in enumerate(self.steps) if step.verdict.status in (Status.REFUTED, Status.INVALID)]
        if not bad:
            return ""
        unsure = [step.name for step in self.steps[: bad[0]] if step.verdict.status is Status.UNKNOWN]
        return self.steps[bad[0]].name + (f" (after {unsure[0]}, which is unknown)" if unsure else "")


def judge(setting: Setting, steps: Sequence[Step], claims: Mapping[str, str]) -> Judgement:
    """Re-prove `steps` in order and hold a person's `claims` against what was proved.

    A step that needs an absent, later or wrong premise is INVALID; a missing mandatory rule is a last INVALID entry.
    """
    parsed: dict[str, tuple[str, Claim]] = {}
    blocked = blocked_subjects(setting)
    judged = [_judge_step(setting, step, parsed, blocked) for step in steps]
    proved: set[str] = set()
    for step, found in zip(steps, judged, strict=True):
        if found.verdict.status is Status.PROVED and proved.issuperset(step.premises):
            proved.add(step.id)
    present = {step.rule for step in steps}
    judged += [Judged("end", rule, Verdict(Status.INVALID, reason=f"no step applies the rule {rule}"))
               for rule, row in RULES.items() if row.applies(setting) and rule not in present]
    by_rule = {rule: (claim, step in proved) for step, (rule, claim) in parsed.items()}
    return Judgement(tuple(judged), tuple(_judge_claim(setting, name, text, by_rule, blocked) for name, text in claims.items()))


def _judge_step(setting: Setting, step: Step, parsed: dict[str, tuple[str, Claim]], blocked: Mapping[str, str]) -> Judged:
    try:
        row = _row(step)
        if step.id in parsed or step.rule in (rule for rule, _ in parsed.values()):
            raise StepRejected(f"step {step.id}, {step.rule}", "an id or a rule that was used before", "each of them once")
        premises = _premises(setting, step, row, parsed)
        claim = {name: _read(setting, text, f"step {step.id}, {name}") for name, text in step.claim.items()}
        obligations = row.apply(setting, premises, claim)
        parsed[step.id] = (step.rule, claim)
        return Judged(step.id, step.rule, worst(_decide(setting, each, blocked) for each in obligations))
    except DisagreementError:
        raise
    except AdjointCheckError as error:
        return Judged(step.id, step.rule, Verdict(Status.INVALID, reason=str(error)))
    except RecursionError:
        return Judged(step.id, step.rule, Verdict(Status.UNKNOWN, reason="nested too deeply"))


def _row(step: Step) -> Row:
    if step.rule not in RULES:
        raise StepRejected(f"step {step.id}", step.rule, f"a rule among {', '.join(RULES)}")
    return RULES[step.rule]


def _premises(setting: Setting, step: Step, row: Row, parsed: Mapping[str, tuple[str, Claim]]) -> list[Claim]:
    """The claims of the premises, in the rule's order; an inapplicable rule contributes nothing."""
    wanted = [rule for rule in row.premises if RULES[rule].applies(setting)]
    found = [parsed.get(name, ("an absent or later step", {})) for name in step.premises]
    if [rule for rule, _ in found] != wanted:
        raise StepRejected(f"step {step.id}, {step.rule}", ", ".join(rule for rule, _ in found) or "no premises",
                           f"earlier steps by the rules {', '.join(wanted) or '(none)'}")
    claims = dict(found)
    return [claims.get(rule, {}) for rule in row.premises]


def _read(setting: Setting, text: str, where: str) -> Expression:
    node = parse(text, where, caps=LOG, jets=True)
    scope = {"t", *setting.varied, *(column for columns in setting.columns for column in columns)}
    unknown = sorted(name for name in symbols_of(node) if name.split(".")[0] not in scope)
    if unknown:
        raise StepRejected(where, unknown[0], "t, states, costates, controls, parameters and data columns")
    return node


def _decide(setting: Setting, obligation: Obligation, blocked: Mapping[str, str]) -> Verdict:
    if obligation.subject in blocked:
        return Verdict(Status.UNKNOWN, reason=blocked[obligation.subject])
    return equal(obligation.left, obligation.right, setting.positive)


def _judge_claim(setting: Setting, name: str, text: str, by_rule: Mapping[str, tuple[Claim, bool]],
                 blocked: Mapping[str, str]) -> Judged:
    """Hold one claim against the step that proves what it speaks of; a step counts only with all that it rests on."""
    head, _, subject = name.partition(".")
    rule, form = TARGETS.get(head, ("", ""))
    claim, proved = by_rule.get(rule, ({}, False))
    if form.format(subject) not in claim:
        return Judged(name, rule, Verdict(Status.INVALID, reason=f"claims speak of {', '.join(TARGETS)} of a quantity of the statement"))
    expected = claim[form.format(subject)]
    try:
        written = _read(setting, text, f"claim {name}")
    except AdjointCheckError as error:
        return Judged(name, rule, Verdict(Status.INVALID, reason=str(error)))
    if not proved:
        return Judged(name, rule, Verdict(Status.UNKNOWN, reason=f"the step {rule} it is held against is not proved"), to_text(expected))
    return Judged(name, rule, _decide(setting, Obligation(name, written, expected, subject), blocked), to_text(expected))


def read_setting(document: Mapping[str, Any]) -> Setting:
    """Read the statement part of a log; raises ProblemError or GrammarError naming the entry."""
    def text(value: object, where: str) -> Expression:
        return parse(value, f"log, {where}", caps=LOG)  # type: ignore[arg-type]

    states = document["states"]
    setting = Setting(
        rates={x: text(entry["rate"], f"rate of {x}") for x, entry in states.items()},
        initial={x: text(entry["initial"], f"initial of {x}") for x, entry in states.items()},
        controls=_names(document["controls"]), parameters=_names(document["parameters"]),
        running=text(document["running_cost"], "running_cost"), terminal=text(document["terminal_cost"], "terminal_cost"),
        observations=tuple(text(entry["cost"], "observation cost") for entry in document["observations"]),
        positive=frozenset(_names(document["positive"])), columns=tuple(_names(entry["columns"]) for entry in document["observations"]),
    )
    _check_names(setting)
    _check_scopes(setting)
    return setting


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ProblemError("log, statement", value, "a list of names")
    return tuple(value)


def _check_names(setting: Setting) -> None:
    columns = {column for group in setting.columns for column in group}
    named = [*setting.states, *setting.controls, *setting.parameters, *columns]
    for name in named:
        check_name(name, "log, statement")
    every = ["t", *setting.varied, *columns]
    wrong = sorted(name for name in every if every.count(name) > 1) + sorted(setting.positive - set(named))
    if wrong or not setting.rates:
        raise ProblemError("log, statement", wrong[0] if wrong else "no state", "states, and every name once (p_x is the costate of x)")


def _check_scopes(setting: Setting) -> None:
    """What each expression may speak of, as in a statement file."""
    fixed, ends = set(setting.parameters), {"t", *setting.states, *setting.parameters}
    places = [("a rate", rate, ends | set(setting.controls)) for rate in (*setting.rates.values(), setting.running)]
    places += [("an initial value", value, fixed) for value in setting.initial.values()] + [("the terminal cost", setting.terminal, ends)]
    places += [("an observation", cost, ends | set(columns)) for cost, columns in zip(setting.observations, setting.columns, strict=True)]
    for where, expression, scope in places:
        foreign = sorted(symbols_of(expression) - scope)
        if foreign:
            raise ProblemError(f"log, {where}", foreign[0], f"one of {', '.join(sorted(scope)) or 'no names'}")


def _step(entry: Mapping[str, Any]) -> Step:
    step = Step(entry["id"], entry["rule"], _names(entry["premises"]), dict(entry["claim"]))
    if not all(isinstance(text, str) for text in (step.id, step.rule, *step.claim, *step.claim.values())):
        raise ProblemError("log, steps", entry, "ids, rules and claims as texts")
    return step


def replay(document: Mapping[str, Any]) -> Judgement:
    """Judge a whole log as read from JSON, a theory's, too; raises ProblemError when it has not the form of one."""
    if isinstance(document, Mapping) and document.get("kind") == "theory":
        from adjointcheck.trusted.theory import judge_theory  # it builds on this module

        return judge_theory(document)
    try:
        if document["schema_version"] != SCHEMA_VERSION:
            raise ProblemError("log", document["schema_version"], f"schema_version {SCHEMA_VERSION}", "Derive the statement again.")
        setting = read_setting(document["statement"])
        steps = [_step(entry) for entry in document["steps"]]
        claims = {str(c["name"]): str(c["text"]) for c in document["claims"]}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ProblemError("log", f"{type(error).__name__}: {error}", "a log written by `derive --log`") from error
    if len(claims) < len(document["claims"]):
        raise ProblemError("log, claims", "a claim made twice", "each claim once")
    return judge(setting, steps, claims)
