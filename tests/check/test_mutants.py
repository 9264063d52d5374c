"""The verifier under attack: spoiled logs are refuted at the spoiled place, and the attack itself can be seen to bite."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import pytest

import adjointcheck as ac
from adjointcheck.check.exact_values import Undefined, same, same_slope, value
from adjointcheck.check.matrix_values import same_fact
from adjointcheck.check.mutants import Fate, Tally, attack, copied, equivalent, fate, mutants, mutate, with_claims
from adjointcheck.check.mutation_operators import OPERATORS
from adjointcheck.check.random_statements import random_statement
from adjointcheck.check.text_slips import SLIPS, tokens_of
from adjointcheck.derive.theories import theory
from adjointcheck.errors import DisagreementError
from adjointcheck.expression.grammar import parse
from adjointcheck.trusted.replay import replay
from adjointcheck.trusted.verdict import Status, Verdict

ROOT = Path(__file__).parents[2]
STATEMENTS = sorted((ROOT / "derivations").glob("*.toml"))
BY_NAME = {row.name: row for row in OPERATORS}
CAMPAIGN = int(os.environ.get("ADJOINTCHECK_MUTANTS", "10500"))


def statement() -> ac.Problem:
    """Everything an operator can take hold of: two costates, a control, observations, a piecewise, functions, wide integers."""
    return ac.Problem(
        name="held", horizon=(0, 1), parameters=["a", "b"], controls=["w"],
        states={"x": {"rate": "a*sin(x)*y**2 - 12*piecewise(x**2, x < 0, 0)*w", "initial": "a*b"}, "y": {"rate": "b*exp(-t)*x*y + max(x, 0)*y - sqrt(1 + y**2)", "initial": "a"}},
        running_cost="a*x**2*y + 17*w**2", terminal_cost="(x - 2*y)**2*b*t",
        observations=[{"times": [0, 1], "data": {"d": [1, 2]}, "cost": "(x - d)**2*a"}, {"times": [1], "data": {"e": [1]}, "cost": "(y - e)**2*t"}],
    )


@functools.cache
def held() -> dict[str, Any]:
    return with_claims(ac.derive(statement()).log())


@functools.cache
def judged() -> Any:
    return replay(held())


def outcome(fates: Tally) -> str:
    return "\n".join(f"{found}: {mutant.operator} at {mutant.target.names}" for found, mutant in fates.notable)


# The attack


def test_many_mutants_die_where_they_are_wrong() -> None:
    tally = Tally()
    attack(with_claims(ac.derive(ac.load(ROOT / "derivations" / "lynx_hare.toml")).log()), 25, 1, tally)
    for seed in (1, 3):
        attack(with_claims(ac.derive(random_statement(seed)).log()), 25, seed, tally)
    assert tally.total.total() >= 75 and set(tally.total) == {Fate.AT_STEP}, outcome(tally)


def attacked(source: str | int) -> Tally:
    """About a hundred mutants of one statement: a file of derivations/ or, by its seed, a random one; none if it is not proved."""
    tally = Tally()
    derivation = ac.derive(ac.load(source) if isinstance(source, str) else random_statement(source))
    if derivation.proved:
        attack(with_claims(derivation.log()), 105, len(str(source)) if isinstance(source, str) else source, tally)
    return tally


@pytest.mark.campaign
def test_campaign_of_mutants(capsys: pytest.CaptureFixture[str]) -> None:
    """All statements of derivations/ and random ones, in two processes."""
    tally, sources = Tally(), [*map(str, STATEMENTS), *range(1000, 1000 + CAMPAIGN // 105 - len(STATEMENTS) + 5)]
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        for found in pool.map(attacked, sources):
            tally.join(found)
    with capsys.disabled():
        print(f"\n{len(STATEMENTS)} statements of derivations/ and {len(sources) - len(STATEMENTS)} random ones\n{tally.table()}\nset aside: {dict(tally.skipped)}\n{outcome(tally)}")
    assert tally.total.total() >= 0.95 * CAMPAIGN
    assert tally.total[Fate.SURVIVED] == tally.total[Fate.DISAGREEMENT] == 0, outcome(tally)
    assert tally.total[Fate.AT_STEP] >= 0.99 * tally.total.total()


def test_theories_are_attacked_too() -> None:
    """Mutants of the continuous adjoint for every dimension: a changed step falls; a changed hypothesis makes another theorem."""
    document = theory("bolza").document
    rules, fates = {step["id"]: step["rule"] for step in document["steps"]}, Counter()
    for mutant in mutants(document, 90, 4):
        found = fate(mutant)
        given = rules.get(mutant.target.names[0]) in ("assume", "define")
        assert given or found is not Fate.SURVIVED, (mutant.operator, mutant.target)
        fates[found if not given else "given"] += 1
    assert fates[Fate.AT_STEP] >= 50 and fates[Fate.AT_STEP] >= 0.95 * (fates.total() - fates["given"])


THEOREM = {"P": "n n symmetric", "A": "n n", "I": "n n identity", "x": "n 1", "p": "1 n", "h": "1 1"}


@pytest.mark.parametrize(("first", "second", "expected"), [
    ({"left": "p*A*x", "right": "0"}, {"left": "transpose(x)*transpose(A)*transpose(p)", "right": "0"}, True), ({"left": "p*A*x", "right": "0"}, {"left": "0", "right": "2*p*A*x"}, True), ({"left": "p*A", "right": "p"}, {"left": "p*A*(1 + 1e-30)", "right": "p"}, False),
    ({"left": "p*A", "right": "p"}, {"left": "h*p*A", "right": "h*p"}, False), ({"value": "h", "integrand": "p*(I + h*P)*x"}, {"value": "h", "integrand": "p*x + h*p*transpose(P)*x"}, True), ({"value": "h", "integrand": "p*A*x"}, {"value": "h", "integrand": "p*transpose(A)*x"}, False),
    ({"value": "h", "integrand": "p*A*x"}, {"value": "h", "integrand": "2*p*A*x"}, False), ({"value": "0", "t1": "h"}, {"value": "2*(0)", "t1": "h"}, True), ({"value": "h", "t1": "h"}, {"value": "2*h", "t1": "h"}, False), ({"left": "trace(A*P)", "right": "0"}, {"left": "trace(P*A)", "right": "0"}, True), ({"left": "A*inverse(A)", "right": "h*I"}, {"left": "I", "right": "h*I"}, True), ({"left": "p*A", "right": "p"}, {"left": "A*p", "right": "p"}, False),
    ({"left": "A*p", "right": "p"}, {"left": "p*A", "right": "p"}, None), ({"left": "p", "right": "0", "at": "t0"}, {"left": "p", "right": "0", "at": "t1"}, False), ({"left": "det(A)", "right": "h"}, {"left": "det(transpose(A))", "right": "h"}, True),
])
def test_claims_of_theories_are_compared_by_values(first: dict[str, str], second: dict[str, str], expected: bool | None) -> None:
    assert same_fact(first, second, THEOREM) is expected


# The attack is able to bite


def test_there_are_operators_enough_and_each_says_what_it_does() -> None:
    assert len(OPERATORS) == len(BY_NAME) >= 30
    assert all(row.words.endswith(".") for row in OPERATORS)


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - {"transposed letter", "off by one"}))  # these need other letters
def test_every_operator_finds_a_hold(name: str) -> None:
    made = [mutate(held(), BY_NAME[name], Random(seed)) for seed in range(6)]
    assert any(mutant is not None and (equivalent(held(), mutant.document, Random(0)) is False or name == "exchanged factors") for mutant in made)


def test_the_same_seed_makes_the_same_mutants() -> None:
    first, second, other = ([mutant.document for mutant in mutants(held(), 15, seed)] for seed in (7, 7, 8))
    assert first == second != other
    assert all(document != held() for document in first)


def test_a_verifier_that_believes_everything_is_found_out() -> None:
    assert {fate(mutant, lambda document: judged()) for mutant in mutants(held(), 12, 3)} == {Fate.SURVIVED}


def _at_the_end(document: Any) -> Any:
    found = judged()
    last = dataclasses.replace(found.steps[-1], name="end", verdict=Verdict(Status.INVALID))
    return dataclasses.replace(found, steps=(*found.steps[:-1], last))


def _never_sure(document: Any) -> Any:
    found = judged()
    return dataclasses.replace(found, steps=tuple(dataclasses.replace(step, verdict=Verdict(Status.UNKNOWN)) for step in found.steps))


def _at_odds(document: Any) -> Any:
    raise DisagreementError("zero test", "0", "agreement")


@pytest.mark.parametrize(("judge", "expected"), [(_at_the_end, Fate.ELSEWHERE), (_never_sure, Fate.UNKNOWN), (_at_odds, Fate.DISAGREEMENT)])
def test_other_fates_are_told_apart(judge: Callable[[Any], Any], expected: Fate) -> None:
    mutant = mutate(held(), BY_NAME["sign"], Random(1))
    assert mutant is not None and fate(mutant, judge) is expected
    tally = Tally()
    tally.add(mutant, expected)
    assert tally.notable == [(expected, mutant)] and f"| sign | 1 |{' 0 |' * list(Fate).index(expected)} 1 |" in tally.table()


# Equivalent mutants


def changed(rule: str, key: str, text: str) -> dict[str, Any]:
    document = copied(held())
    claim = next(step["claim"] for step in document["steps"] if step["rule"] == rule)
    assert key in claim
    claim[key] = text.format(claim[key])
    return document


@pytest.mark.parametrize(("rule", "key", "text", "expected"), [
    ("collect", "x", "({}) + x - x", True), ("collect", "x", "({})*(1 + 1e-200)", False), ("collect", "x", "({}) + 1e-200", False), ("vary", "integrand", "({})/2*2", True),
    ("integrate_by_parts", "boundary", "({}) + a*b", True), ("integrate_by_parts", "boundary", "({}) + a*t", False), ("integrate_by_parts", "boundary", "({}) + x", False),
    ("end_times", "t1", "({}) + p_x - (x - 2*y)*2*b*t", True), ("end_times", "t0", "({}) + p_x - (x - 2*y)*2*b*t", False), ("choose_costate", "y", "({", False), ("choose_costate", "y", "sqrt(-1 - x**2)", None),
])
def test_equivalence_is_decided_by_values(rule: str, key: str, text: str, expected: bool | None) -> None:
    document = changed(rule, key, text) if text != "({" else changed(rule, key, "((")
    assert equivalent(held(), document, Random(5)) is expected


@pytest.mark.parametrize(("change", "expected"), [
    (lambda s: s.update(terminal_cost=s["terminal_cost"] + " + 3"), True), (lambda s: s.update(terminal_cost=s["terminal_cost"] + " + b"), False), (lambda s: s.update(running_cost=s["running_cost"] + " + 3"), False),
    (lambda s: s["states"]["x"].update(initial="a*b + 7"), True), (lambda s: s["states"]["x"].update(initial="a*b + a"), False), (lambda s: s["observations"][0].update(cost="(x - d)**2*a + d"), True),
    (lambda s: s["observations"][0].update(cost="(x - d)**2*a + d*x"), False), (lambda s: s["parameters"].append("extra"), False),
])
def test_a_statement_changed_by_a_constant_keeps_its_derivation(change: Callable[[Any], None], expected: bool) -> None:
    document = copied(held())
    change(document["statement"])
    assert equivalent(held(), document, Random(5)) is expected
    assert (replay(document).status is Status.PROVED) is expected


def test_values_are_exact_to_two_hundred_digits_and_undefined_where_they_should_be() -> None:
    here = {"x": Fraction(1, 3), "y": Fraction(-2)}
    assert str(value(parse("x*9 + y"), here)) == "1.0"
    assert same(parse("sin(2*x)"), parse("2*sin(x)*cos(x)"), Random(1)) is True
    assert same(parse("x"), parse("x + 1e-250"), Random(1)) is False
    assert same(parse("sqrt(x)**2"), parse("x"), Random(1)) is True
    assert same_slope(parse("x*y + a"), parse("x*y"), lambda name: name != "a", Random(1)) is True
    assert same_slope(parse("x*y + a*x"), parse("x*y"), lambda name: name != "a", Random(1)) is False
    for text in ("log(y)", "1/(y + 2)", "sqrt(y)", "asin(y)", "y**(1/2)", "0**(-1)"):
        with pytest.raises(Undefined):
            value(parse(text), here)
    assert value(parse("piecewise(x, y < 0, log(y))"), here) == value(parse("x"), here)


@pytest.mark.parametrize(("name", "text", "possible"), [
    ("sign", "a*b", {"-(a*b)"}), ("one sign", "a - b", {"a + b"}), ("lost term", "a*(b + c)", {"a*(b)"}), ("lost factor", "a*f(x)/b", {"a/b", "a*f(x)"}), ("lost parentheses", "a - (b - c)", {"a - b - c"}), ("other operator", "a/b", {"a*b"}),
    ("exponent off by one", "x**3", {"x**2", "x**4"}), ("sin for cos", "cos(x)", {"sin(x)"}), ("other function", "exp(x)", {"log(x)"}), ("lost function", "2*sin(x)", {"2*(x)"}), ("exchanged names", "a/b", {"b/a"}),
    ("off by one", "x1 + y", {"x2 + y"}), ("costate for state", "p_x*a", {"x*a"}), ("frozen time", "t*a", {"1*a"}), ("lost suffix", "x.delta.dot", {"x.delta"}), ("other suffix", "x.before", {"x.after"}), ("truncated integer", "123*x", {"12*x"}),
    ("other condition", "piecewise(a, x < 1, b)", {"piecewise(a,x > 1,b)"}), ("other branch", "piecewise(a*c, x < 1, b)", {"piecewise(b,x < 1,a*c)"}), ("unknown name", "a", {"nobody"}), ("transposed letter", "transpose(A)*A", {"transpose(transpose(A))*A", "transpose(A)*transpose(A)"}),
    ("exchanged factors", "A*B", {"B*A"}), ("swapped index", "p_x*q1 + p_y", {"p_y*q1 + p_y", "p_x*q1 + p_x"}),
])
def test_slips_are_what_they_say(name: str, text: str, possible: set[str]) -> None:
    row = next(row for row in SLIPS if row.name == name)
    found = {row.change(Random(seed), tokens_of(text)) for seed in range(30)}
    assert found == possible


@pytest.mark.parametrize("row", SLIPS, ids=lambda row: row.name)
def test_slips_have_no_hold_on_nothing(row: Any) -> None:
    assert row.change(Random(1), tokens_of("7")) is None or row.name in {"sign", "factor", "added constant", "relative near miss", "absolute near miss", "zero", "square", "other digit"}
