"""Spoiled derivation logs and what becomes of them: the verifier is attacked with logs that are wrong in one known place.

A mutant that means the same as its original is set aside by exact evaluation (check/exact_values.py), which shares
nothing with the zero test under attack.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from adjointcheck.check.exact_values import same, same_slope
from adjointcheck.check.matrix_values import same_fact
from adjointcheck.check.mutation_operators import OPERATORS, Document, Operator, Target
from adjointcheck.errors import AdjointCheckError, DisagreementError
from adjointcheck.expression.grammar import LOG, parse
from adjointcheck.expression.node import Expression, substitute
from adjointcheck.trusted.replay import Judgement, replay
from adjointcheck.trusted.verdict import Status

WRONG = (Status.REFUTED, Status.INVALID)


class Fate(StrEnum):
    """What the verifier made of a mutant; SURVIVED means that it called a wrong log proved."""

    AT_STEP = "killed at the mutated step"
    ELSEWHERE = "killed elsewhere"
    UNKNOWN = "unknown"
    DISAGREEMENT = "internal disagreement"
    SURVIVED = "survived"


@dataclass(frozen=True)
class Mutant:
    """A log spoiled by one operator, and where the fault lies."""

    operator: str
    document: Document
    target: Target


def copied(log: Mapping[str, Any]) -> Document:
    """A deep copy of plain JSON data."""
    return json.loads(json.dumps(log))


def with_claims(log: Mapping[str, Any]) -> Document:
    """A copy of `log` in which a person also claims, rightly, every costate rate, terminal value, gradient and stationarity."""
    document = copied(log)
    by_rule = {step["rule"]: step["claim"] for step in document["steps"]}
    rows = {f"costate.{x}": text for x, text in by_rule.get("choose_costate", {}).items()}
    rows |= {f"terminal.{x}": text for x, text in by_rule.get("transversality", {}).items()}
    rows |= {f"stationarity.{w}": text for w, text in by_rule.get("stationarity", {}).items()}
    integrands = {key: text for key, text in by_rule.get("parameter_gradient", {}).items() if key.startswith("integrand.")}
    rows |= {f"gradient.{key.partition('.')[2]}": text for key, text in integrands.items()}
    document["claims"] = [{"name": name, "text": text, "verdict": "proved"} for name, text in rows.items()]
    return document


def mutate(log: Mapping[str, Any], operator: Operator, draw: Random, tries: int = 6) -> Mutant | None:
    """A spoiled copy of `log`; None where `operator` found no hold in `tries` draws."""
    if _is_theory(log) and operator.name in _SETS:
        return None
    for _ in range(tries):
        document = copied(log)
        target = operator.change(draw, document)
        if target is not None and document != log:
            return Mutant(operator.name, document, _widened(document, target))
    return None


_SETS = ("premise order", "premise added")  # the premises of a theory's step are a set that may hold more than is needed
_GIVEN = ("assume", "define")  # in a theory nothing refutes these: what rests on them must fall


def _is_theory(log: Mapping[str, Any]) -> bool:
    return log.get("kind") == "theory"


def _widened(document: Document, target: Target) -> Target:
    """With everything that rests, directly or not, on a hypothesis or definition that was changed."""
    names = {step["id"] for step in document.get("steps", []) if step["id"] in target.names and step["rule"] in _GIVEN}
    for step in document.get("steps", []) if names else []:
        if names & set(step["premises"]):
            names.add(step["id"])
    return Target((*target.names, *sorted(names - set(target.names))))


def mutants(log: Mapping[str, Any], count: int, seed: int, operators: Sequence[Operator] = OPERATORS,
            skipped: Counter[str] | None = None) -> Iterator[Mutant]:
    """Up to `count` different mutants of `log`, operator by operator; equivalent and undecided ones are counted in `skipped`."""
    draw, seen, found, barren = Random(seed), set(), 0, 0
    while found < count and barren < 4:
        before = found
        for operator in draw.sample(operators, len(operators)):
            mutant = mutate(log, operator, draw)
            text = json.dumps(mutant.document, sort_keys=True) if mutant else ""
            if mutant is None or text in seen or found == count:
                continue
            seen.add(text)
            means = equivalent(log, mutant.document, draw)
            if means is False:
                found += 1
                yield mutant
            elif skipped is not None:
                skipped["equivalent" if means else "undecided"] += 1
        barren = barren + 1 if found == before else 0


# Mutants that mean the same


def equivalent(log: Mapping[str, Any], other: Mapping[str, Any], draw: Random) -> bool | None:
    """Do two logs say the same?  None when a changed formula is defined at too few points to tell."""
    if _skeleton(log) != _skeleton(other):
        return False
    if _is_theory(log):
        return _same_theory(log, other)
    here, there = _texts(log), _texts(other)
    answers = [_same_text(log, place, here[place], there[place], draw) for place in here if here[place] != there[place]]
    return False if False in answers else None if None in answers else True


def _skeleton(log: Mapping[str, Any]) -> list[Any]:
    """Everything but the formulas and the log's own opinion of them."""
    steps = [[step["id"], step["rule"], step["premises"], sorted((key, type(text).__name__) for key, text in step["claim"].items())]
             for step in log.get("steps", [])]
    statement = log.get("statement", {})
    names = [list(statement.get("states", {})), *(statement.get(key) for key in ("parameters", "controls", "positive"))]
    return [sorted(log.keys() - {"proved", "verdict"}), log.get("schema_version"), steps, names,
            sorted(claim["name"] for claim in log.get("claims", []))]


def _same_theory(log: Mapping[str, Any], other: Mapping[str, Any]) -> bool | None:
    pairs = [(a["claim"], b["claim"]) for a, b in zip(log["steps"], other["steps"], strict=True) if a["claim"] != b["claim"]]
    answers = [same_fact(a, b, log["letters"]) for a, b in pairs]
    return False if False in answers else None if None in answers else True


Place = tuple[str, ...]


def _texts(log: Mapping[str, Any]) -> dict[Place, str]:
    """Every formula of a log by its place."""
    statement = log.get("statement", {})
    found = {("statement", key): statement[key] for key in ("running_cost", "terminal_cost") if key in statement}
    for x, entry in statement.get("states", {}).items():
        found |= {("statement", "rate", x): entry["rate"], ("statement", "initial", x): entry["initial"]}
    found |= {("statement", "observation", str(j)): entry["cost"] for j, entry in enumerate(statement.get("observations", []))}
    found |= {("step", step["rule"], key): text for step in log["steps"] for key, text in step["claim"].items()}
    return found | {("claim", claim["name"]): claim["text"] for claim in log["claims"]}


def _same_text(log: Mapping[str, Any], place: Place, a: str, b: str, draw: Random) -> bool | None:
    try:
        left, right = _read(a), _read(b)
    except AdjointCheckError:
        return False
    positive = frozenset(log["statement"]["positive"])
    if place == ("step", "end_times", "t1"):  # it is read at p = p(t1)
        ends = {f"p_{x}": _read(text) for step in log["steps"] if step["rule"] == "transversality" for x, text in step["claim"].items()}
        left, right = substitute([left, right], ends)
    moving = _moving(log["statement"], place)
    return same(left, right, draw, positive) if moving is None else same_slope(left, right, moving, draw, positive)


def _moving(statement: Mapping[str, Any], place: Place) -> Callable[[str], bool] | None:
    """Of these places only derivatives are used, in the names for which the answer is true: a constant may be added."""
    parameters = set(statement["parameters"])
    columns = {column for entry in statement["observations"] for column in entry["columns"]}
    if place == ("step", "integrate_by_parts", "boundary"):
        return lambda name: name not in parameters
    if place == ("statement", "terminal_cost") or place[:2] in (("statement", "initial"), ("statement", "observation")):
        return lambda name: name not in columns
    return None


def _read(text: str) -> Expression:
    return parse(text, caps=LOG, jets=True)


# What becomes of them


def fate(mutant: Mutant, judge: Callable[[Document], Judgement] = replay) -> Fate:
    """Hand a mutant to the verifier."""
    try:
        found = judge(mutant.document)
    except DisagreementError:
        return Fate.DISAGREEMENT
    except AdjointCheckError:
        return Fate.AT_STEP if "" in mutant.target.names else Fate.ELSEWHERE
    wrong = [judged.name for judged in (*found.steps, *found.claims) if judged.verdict.status in WRONG]
    if wrong:
        return Fate.AT_STEP if wrong[0] in mutant.target.names else Fate.ELSEWHERE
    return Fate.SURVIVED if found.status is Status.PROVED else Fate.UNKNOWN


@dataclass
class Tally:
    """Fates by operator, what was set aside, and the mutants that deserve a look."""

    fates: dict[str, Counter[Fate]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    notable: list[tuple[Fate, Mutant]] = field(default_factory=list)

    def add(self, mutant: Mutant, found: Fate) -> None:
        """Count one mutant."""
        self.fates.setdefault(mutant.operator, Counter())[found] += 1
        if found is not Fate.AT_STEP:
            self.notable.append((found, mutant))

    def join(self, other: Tally) -> None:
        """Count what another tally has counted."""
        for name, counts in other.fates.items():
            self.fates.setdefault(name, Counter()).update(counts)
        self.skipped.update(other.skipped)
        self.notable += other.notable

    @property
    def total(self) -> Counter[Fate]:
        """Fates over all operators."""
        return sum(self.fates.values(), Counter())

    def table(self) -> str:
        """Markdown: a row for each operator."""
        heads = list(Fate)
        rows = [["operator", "mutants", *heads], ["---", *("---:" for _ in range(len(heads) + 1))]]
        for name, counts in [*sorted(self.fates.items()), ("all", self.total)]:
            rows.append([name, str(counts.total()), *(str(counts[head]) for head in heads)])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def attack(log: Mapping[str, Any], count: int, seed: int, tally: Tally) -> None:
    """Make up to `count` mutants of `log`, hand each to the verifier and count what becomes of it."""
    for mutant in mutants(log, count, seed, skipped=tally.skipped):
        tally.add(mutant, fate(mutant))
