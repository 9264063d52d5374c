"""Judging a derivation: every step is re-proved from the statement and its premises; nobody's word is taken.

`replay` reads the JSON log and imports no SymPy; a verdict stored in a log is compared, never believed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from adjointcheck.errors import AdjointCheckError, DisagreementError, ProblemError, StepRejected, shorten
from adjointcheck.expression.grammar import LOG, check_name, parse, to_text
from adjointcheck.expression.node import Expression, symbols_of
from adjointcheck.trusted.polynomial import BudgetError
from adjointcheck.trusted.rules import RULES, Claim, Obligation, Setting
from adjointcheck.trusted.smoothness import blocked_subjects
from adjointcheck.trusted.verdict import Status, Verdict, worst
from adjointcheck.trusted.zero import equal

Given = TypeVar("Given")
SCHEMA_VERSION = 1
TARGETS = {"costate": ("choose_costate", "{}"), "terminal": ("transversality", "{}"),
           "gradient": ("parameter_gradient", "integrand.{}"), "stationarity": ("stationarity", "{}")}


@dataclass(frozen=True)
class Step:
    """One line of a derivation: what `rule`, with options `how`, makes of the steps `premises` is claimed to be `claim`."""

    id: str
    rule: str
    premises: tuple[str, ...]
    claim: Mapping[str, str]
    how: Mapping[str, str] = field(default_factory=dict)


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


def attempt(name: str, rule: str, prove: Callable[[], Verdict], expected: str = "") -> Judged:
    """The verdict of `prove`; what a rule or the grammar rejects is INVALID, what grows too long or too deep UNKNOWN."""
    try:
        return Judged(name, rule, prove(), expected)
    except DisagreementError:
        raise
    except AdjointCheckError as error:
        return Judged(name, rule, Verdict(Status.INVALID, reason=str(error)))
    except (BudgetError, RecursionError) as error:
        return Judged(name, rule, Verdict(Status.UNKNOWN, reason=str(error) if isinstance(error, BudgetError) else "nested too deeply"))


def judge(setting: Setting, steps: Sequence[Step], claims: Mapping[str, str]) -> Judgement:
    """Re-prove `steps` in order and hold a person's `claims` against what was proved.

    A step that needs an absent, later or wrong premise is INVALID; a missing mandatory rule is a last INVALID entry.
    """
    parsed: dict[str, tuple[str, Claim]] = {}
    blocked = blocked_subjects(setting)
    proved: set[str] = set()
    judged = [attempt(step.id, step.rule, partial(_step_verdict, setting, step, parsed, proved, blocked)) for step in steps]
    present = {step.rule for step in steps}
    judged += [Judged("end", rule, Verdict(Status.INVALID, reason=f"no step applies the rule {rule}"))
               for rule, row in RULES.items() if row.applies(setting) and rule not in present]
    by_rule = {rule: (claim, step in proved) for step, (rule, claim) in parsed.items()}
    return Judgement(tuple(judged), tuple(_judge_claim(setting, name, text, by_rule, blocked) for name, text in claims.items()))


def _step_verdict(setting: Setting, step: Step, parsed: dict[str, tuple[str, Claim]], proved: set[str],
                  blocked: Mapping[str, str]) -> Verdict:
    """Judge one step and enter it: in `parsed` for those who build on it, in `proved` if all that it rests on is proved, too."""
    if step.rule not in RULES or step.id in parsed or step.rule in (rule for rule, _ in parsed.values()):
        raise StepRejected(f"step {step.id}", step.rule, f"a new id, and a rule that was not used before, among {', '.join(RULES)}")
    premises = _premises(setting, step, parsed)
    claim = {name: read(text, f"step {step.id}, {name}", setting.scope, jets=True) for name, text in step.claim.items()}
    obligations = RULES[step.rule].apply(setting, premises, claim)
    parsed[step.id] = (step.rule, claim)
    verdict = worst(_decide(setting, each, blocked) for each in obligations)
    if verdict.status is Status.PROVED and proved.issuperset(step.premises):
        proved.add(step.id)
    return verdict


def _premises(setting: Setting, step: Step, parsed: Mapping[str, tuple[str, Claim]]) -> list[Claim]:
    """The claims of the premises, in the rule's order; an inapplicable rule contributes nothing."""
    row = RULES[step.rule]
    wanted = [rule for rule in row.premises if RULES[rule].applies(setting)]
    found = [parsed.get(name, ("an absent or later step", {})) for name in step.premises]
    if [rule for rule, _ in found] != wanted:
        raise StepRejected(f"step {step.id}, {step.rule}", ", ".join(rule for rule, _ in found) or "no premises",
                           f"earlier steps by the rules {', '.join(wanted) or '(none)'}")
    claims = dict(found)
    return [claims.get(rule, {}) for rule in row.premises]


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
    expected = claim.get(form.format(subject))
    if expected is None:
        return Judged(name, rule, Verdict(Status.INVALID, reason=f"claims speak of {', '.join(TARGETS)} of a quantity of the statement"))

    def verdict() -> Verdict:
        written = read(text, f"claim {name}", setting.scope)
        if not proved:
            return Verdict(Status.UNKNOWN, reason=f"the step {rule} it is held against is not proved")
        return _decide(setting, Obligation(written, expected, subject), blocked)

    return attempt(name, rule, verdict, to_text(expected))


# Reading


def read(text: str, where: str, scope: Collection[str], jets: bool = False) -> Expression:
    """The expression that `text` writes, once it speaks of names in `scope` alone, with `jets` also of their derivatives."""
    node = parse(text, where, caps=LOG, jets=jets)
    foreign = sorted(name for name in symbols_of(node) if name.split(".")[0] not in scope)
    if foreign:
        raise ProblemError(where, foreign[0], f"one of {shorten(', '.join(sorted(scope)) or 'no names')}")
    return node


def read_names(value: object) -> tuple[str, ...]:
    """The texts of a list; raises ProblemError when it is anything else."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ProblemError("log", value, "a list of names")
    return tuple(value)


def read_setting(document: Mapping[str, Any]) -> Setting:
    """Read the statement part of a log, each expression in its scope; raises ProblemError or GrammarError naming the entry."""
    states, observations = document["states"], document["observations"]
    controls, parameters, positive = (read_names(document[part]) for part in ("controls", "parameters", "positive"))
    columns = tuple(read_names(entry["columns"]) for entry in observations)
    ends = {"t", *states, *parameters}
    along = ends | {*controls}
    setting = Setting(
        rates={x: read(entry["rate"], f"log, rate of {x}", along) for x, entry in states.items()},
        initial={x: read(entry["initial"], f"log, initial of {x}", parameters) for x, entry in states.items()},
        controls=controls, parameters=parameters,
        running=read(document["running_cost"], "log, running_cost", along),
        terminal=read(document["terminal_cost"], "log, terminal_cost", ends),
        observations=tuple(read(each["cost"], "log, observation cost", ends | {*each["columns"]}) for each in observations),
        positive=frozenset(positive), columns=columns,
    )
    _check_names(setting)
    return setting


def _check_names(setting: Setting) -> None:
    columns = {column for group in setting.columns for column in group}
    named = [*setting.states, *setting.controls, *setting.parameters, *columns]
    for name in named:
        check_name(name, "log, statement")
    every = ["t", *setting.varied, *columns]
    wrong = sorted(name for name in every if every.count(name) > 1) + sorted(setting.positive - set(named))
    if wrong or not setting.rates:
        raise ProblemError("log, statement", wrong[0] if wrong else "no state", "states, and every name once (p_x is the costate of x)")


def _step(entry: Mapping[str, Any]) -> Step:
    step = Step(entry["id"], entry["rule"], read_names(entry["premises"]), dict(entry["claim"]), dict(entry.get("how", {})))
    if not all(isinstance(text, str) for part in (step.claim, step.how) for text in (step.id, step.rule, *part, *part.values())):
        raise ProblemError("log, steps", entry, "ids, rules, claims and options as texts")
    return step


def read_log(document: Mapping[str, Any], read_given: Callable[[Mapping[str, Any]], Given]) -> tuple[Given, list[Step]]:
    """What is given, as `read_given` reads it, and the steps; raises ProblemError when the document is no log."""
    try:
        if document["schema_version"] != SCHEMA_VERSION:
            raise ProblemError("log", document["schema_version"], f"schema_version {SCHEMA_VERSION}", "Derive the statement again.")
        return read_given(document), [_step(entry) for entry in document["steps"]]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ProblemError("log", f"{type(error).__name__}: {error}", "a log written by `derive --log` or `theory --log`") from error


def _given(document: Mapping[str, Any]) -> tuple[Setting, dict[str, str]]:
    claims = {str(c["name"]): str(c["text"]) for c in document["claims"]}
    if len(claims) < len(document["claims"]):
        raise ProblemError("log, claims", "a claim made twice", "each claim once")
    return read_setting(document["statement"]), claims


def replay(document: Mapping[str, Any]) -> Judgement:
    """Judge a whole log as read from JSON, a theory's, too; raises ProblemError when it has not the form of one."""
    if isinstance(document, Mapping) and document.get("kind") == "theory":
        from adjointcheck.trusted.theory import judge_theory  # it builds on this module

        return judge_theory(document)
    (setting, claims), steps = read_log(document, _given)
    return judge(setting, steps, claims)
