"""Every inference rule: it accepts its own proposals, and each mutated claim is refuted or invalid at its own step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import islice
from random import Random

import pytest
from statements import PROBLEMS, derivation
from strategies import Undefined, close, numeric

from adjointcheck.derive.derivation import setting_of
from adjointcheck.errors import AdjointCheckError, StepRejected
from adjointcheck.expression.calculus import partial
from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import ZERO, Expression, apply, neg, number, substitute, symbol, symbols_of, total
from adjointcheck.trusted.replay import Step, judge
from adjointcheck.trusted.rules import RULES, Claim, Setting
from adjointcheck.trusted.verdict import Status, Verdict, worst
from adjointcheck.trusted.zero import equal

STATEMENTS = pytest.mark.parametrize("name", PROBLEMS)
Mutant = tuple[str, Claim]


@cache
def setting(name: str) -> Setting:
    return setting_of(PROBLEMS[name]())


def steps(name: str) -> list[Step]:
    return [judged.step for judged in derivation(name).steps]


@cache
def claims(name: str) -> Mapping[str, Claim]:
    return {step.rule: {key: parse(text, caps=LOG, jets=True) for key, text in step.claim.items()} for step in steps(name)}


def alone(name: str, rule: str, claim: Claim) -> Verdict:
    """The verdict on one step, its premises as proved."""
    known, given = claims(name), setting(name)
    obligations = RULES[rule].apply(given, [known.get(premise, {}) for premise in RULES[rule].premises], claim)
    return worst(equal(each.left, each.right, given.positive) for each in obligations)


# Accept


@STATEMENTS
def test_every_step_is_proved(name: str) -> None:
    found = derivation(name)
    assert found.proved and [(s.id, s.verdict.status) for s in found.steps if s.verdict.status is not Status.PROVED] == []
    rules = [step.rule for step in found.steps]
    assert rules == [rule for rule, row in RULES.items() if row.applies(setting(name))]


def test_the_three_statements_exercise_every_rule() -> None:
    assert {step.rule for name in PROBLEMS for step in steps(name)} == set(RULES)


@STATEMENTS
@pytest.mark.parametrize("rule", RULES)
def test_rule_accepts(name: str, rule: str) -> None:
    """Also a claim in another shape: expanded, regrouped, or with a term added and taken away again."""
    if rule not in claims(name):
        return
    own = claims(name)[rule]
    assert alone(name, rule, own).status is Status.PROVED
    shifted = {key: apply("sub", apply("add", symbol("t"), value), symbol("t")) for key, value in own.items()}
    assert alone(name, rule, shifted).status is Status.PROVED


# Reject: mutations of the value


def _drop(value: Expression) -> Iterator[Expression]:
    """The sum without one of its terms, at every level where it is a sum or a difference."""
    if value.head in ("add", "sub"):
        a, b = value.args
        yield b if value.head == "add" else neg(b)
        yield a
        yield from (apply(value.head, less, b) for less in _drop(a))
        yield from (apply(value.head, a, less) for less in _drop(b))
    elif value.head == "neg":
        yield from (apply("neg", less) for less in _drop(value.args[0]))


def _flip(value: Expression) -> Iterator[Expression]:
    if value.head in ("add", "sub"):
        a, b = value.args
        yield apply("sub" if value.head == "add" else "add", a, b)
        yield from (apply(value.head, other, b) for other in _flip(a))
    elif value.head == "neg":
        yield from (apply("neg", other) for other in _flip(value.args[0]))


def _truncated(value: Expression) -> Iterator[Expression]:
    text = to_text(value)
    for match in re.finditer(r"(?<![\w.])\d\d+(?![\w.])", text):
        yield parse(text[: match.start()] + match[0][:-1] + text[match.end() :], caps=LOG, jets=True)


def _renamed(value: Expression) -> Iterator[Expression]:
    names = sorted(symbols_of(value))
    for first, second in zip(names, names[1:], strict=False):
        if first.count(".") == second.count(".") and (first[:2] == "p_") == (second[:2] == "p_"):
            yield substitute([value], {first: symbol(second), second: symbol(first)})[0]


VALUE_MUTATIONS: dict[str, Callable[[Expression], Iterator[Expression]]] = {
    "sign": lambda v: iter([apply("neg", v)]), "half": lambda v: iter([apply("div", v, number(2))]), "double": lambda v: iter([apply("mul", number(2), v)]),
    "tiny": lambda v: iter([apply("add", v, number(Fraction(1, 10**30)))]), "relative": lambda v: iter([apply("mul", v, number(1 + Fraction(1, 10**15)))]),
    "dropped term": _drop, "flipped term": _flip, "truncated integer": _truncated, "exchanged names": _renamed, "zero": lambda v: iter([ZERO]),
    "time frozen": lambda v: iter(substitute([v], {"t": 1})), "square": lambda v: iter([apply("mul", v, v)]),
}


STRIDE = {"driven": 1, "saturating": 7, "spinning": 6}  # every entry of one statement, a sample of the entries of the others
MOST = 2  # mutants of one kind of one entry


def same_value(a: Expression, b: Expression) -> bool:
    """An equivalent mutant by mpmath, independent of the core: equal at five admissible points."""
    draw, seen = Random(6), 0
    for _ in range(40):
        point = {name: Fraction(draw.randint(1, 3000), 1013) for name in symbols_of(a, b)}
        try:
            if not close(numeric(a, point), numeric(b, point), 40):
                return False
        except Undefined:
            continue
        seen += 1
        if seen == 5:
            return True
    raise AssertionError("no admissible point")


@STATEMENTS
@pytest.mark.parametrize("mutation", VALUE_MUTATIONS)
def test_a_mutated_claim_is_refuted_at_its_step(name: str, mutation: str) -> None:
    """Every entry of every step, with this mutation: REFUTED (or INVALID where the form forbids it), never PROVED."""
    killed = 0
    entries = [(rule, key) for rule, own in claims(name).items() for key in own]
    for rule, own in claims(name).items():
        for key in [key for r, key in entries[:: STRIDE[name]] if r == rule]:
            value = own[key]
            for mutant in islice(VALUE_MUTATIONS[mutation](value), MOST):
                if same_value(mutant, value) or (key == "boundary" and mutation == "tiny"):
                    continue  # a constant may stand in the boundary term: its time derivative is 0
                try:
                    verdict = alone(name, rule, {**own, key: mutant})
                except StepRejected:
                    continue
                assert verdict.status is Status.REFUTED, (rule, key, to_text(mutant), verdict)
                assert verdict.witness is not None
                killed += 1
    assert killed >= (0 if mutation == "truncated integer" else 15) // STRIDE[name]


def test_truncated_integers_are_among_the_mutants() -> None:
    found = [to_text(m) for own in claims("saturating").values() for value in own.values() for m in _truncated(value)]
    assert len(found) > 8 and not any("28" in text for text in found if text.count("2") == 1)


@STATEMENTS
@pytest.mark.parametrize("rule", RULES)
def test_exchanged_entries_are_refuted(name: str, rule: str) -> None:
    own = claims(name).get(rule, {})
    keys = [key for key in own if key not in ("integrand", "boundary")]
    for first, second in zip(keys, keys[1:], strict=False):
        if not same_value(own[first], own[second]):
            try:
                assert alone(name, rule, {**own, first: own[second], second: own[first]}).status is Status.REFUTED
            except StepRejected:
                continue


@STATEMENTS
def test_a_transposed_jacobian_is_refuted(name: str) -> None:
    """pdot_i = -dL/dx_i - sum_j p_j df_i/dx_j instead of df_j/dx_i, in each component."""
    given, own = setting(name), claims(name)["choose_costate"]
    for x in given.states:
        row = total(symbol(f"p_{y}") * partial(given.rates[x], y) for y in given.states)
        verdict = alone(name, "choose_costate", {**own, x: neg(partial(given.running, x) + row)})
        assert verdict.status is Status.REFUTED and verdict.witness is not None


def test_wrong_boundary_terms_are_refuted() -> None:
    own = claims("driven")["integrate_by_parts"]
    for text in ("p_x*x.delta + p_y*y.delta", "-(p_x*x.delta)", "-(p_x*x.delta + p_y*y.delta)*2", "0", "-(p_y*x.delta + p_x*y.delta)", "-(p_x*x.delta + p_y*y.delta) + t", "-(p_x*x.delta + p_y*y.delta) + x*y"):
        assert alone("driven", "integrate_by_parts", {**own, "boundary": parse(text, jets=True)}).status is Status.REFUTED


def test_a_constant_in_the_boundary_changes_nothing_that_follows() -> None:
    """D_t of a constant is 0, so it may stand there; the terminal condition still follows from the variation alone."""
    own = claims("driven")["integrate_by_parts"]
    shifted = {**own, "boundary": own["boundary"] + symbol("a") * number(5)}
    assert alone("driven", "integrate_by_parts", shifted).status is Status.PROVED
    given, proved = setting("driven"), claims("driven")["transversality"]
    found = RULES["transversality"].apply(given, [shifted], proved)
    assert all(equal(each.left, each.right).status is Status.PROVED for each in found)


# Reject: mutations of the form


FORBIDDEN = [
    ("choose_costate", "x", "p_x.dot"), ("choose_costate", "x", "x.delta"), ("choose_costate", "y", "0*x.dot"), ("choose_costate", "x", "w.dot - w.dot"), ("collect", "x", "x.delta"), ("collect", "w", "0*y.delta.dot"),
    ("integrate_by_parts", "integrand", "x.delta.dot"), ("integrate_by_parts", "integrand", "0*y.delta.dot"), ("integrate_by_parts", "boundary", "x.dot"), ("integrate_by_parts", "boundary", "p_x*x.delta.dot"), ("integrate_by_parts", "boundary", "w*x.delta"),
    ("integrate_by_parts", "boundary", "d*x.delta"), ("integrate_by_parts", "boundary", "0*w.delta"),
]


@pytest.mark.parametrize(("rule", "key", "text"), FORBIDDEN)
def test_forbidden_jets_are_rejected(rule: str, key: str, text: str) -> None:
    own = claims("driven")[rule]
    with pytest.raises(StepRejected) as caught:
        alone("driven", rule, {**own, key: own[key] + parse(text, jets=True) if not text.startswith("0") else apply("add", own[key], parse(text, jets=True))})
    assert rule in str(caught.value)


@pytest.mark.parametrize("rule", RULES)
def test_missing_and_extra_entries_are_rejected(rule: str) -> None:
    own = claims("driven")[rule]
    for key in own:
        with pytest.raises(StepRejected, match=rule):
            alone("driven", rule, {other: value for other, value in own.items() if other != key})
    for extra in ("z", "", "x.delta", "integrand2"):
        with pytest.raises(StepRejected, match=rule):
            alone("driven", rule, {**own, extra: ZERO})
    with pytest.raises(StepRejected, match=rule):
        alone("driven", rule, {})


def _replace(step: Step, **changes: object) -> Step:
    return Step(**{**{"id": step.id, "rule": step.rule, "premises": step.premises, "claim": step.claim}, **changes})  # type: ignore[arg-type]


def _changed_text(step: Step, change: Callable[[str], str]) -> Step:
    key = next(iter(step.claim))
    return _replace(step, claim={**step.claim, key: change(step.claim[key])})


FORM_MUTATIONS: dict[str, Callable[[list[Step], int], Step]] = {
    "premise from a later step": lambda all_steps, i: _replace(all_steps[i], premises=("s99", *all_steps[i].premises[1:])),
    "its own premise": lambda all_steps, i: _replace(all_steps[i], premises=(all_steps[i].id, *all_steps[i].premises[1:])),
    "missing premise": lambda all_steps, i: _replace(all_steps[i], premises=all_steps[i].premises[1:] if all_steps[i].premises else ("s01",)),
    "extra premise": lambda all_steps, i: _replace(all_steps[i], premises=(*all_steps[i].premises, "s01")),
    "wrong premise": lambda all_steps, i: _replace(all_steps[i], premises=("s02" if all_steps[i].premises[:1] == ("s01",) else "s01", *all_steps[i].premises[1:])),
    "premises in another order": lambda all_steps, i: _replace(all_steps[i], premises=tuple(reversed(all_steps[i].premises)) if len(all_steps[i].premises) > 1 else ("s1",)),
    "premises as one text": lambda all_steps, i: _replace(all_steps[i], premises=tuple("".join(all_steps[i].premises) or "s")),
    "unknown rule": lambda all_steps, i: _replace(all_steps[i], rule=all_steps[i].rule + "s"), "empty rule": lambda all_steps, i: _replace(all_steps[i], rule=""),
    "extra entry": lambda all_steps, i: _replace(all_steps[i], claim={**all_steps[i].claim, "more": "0"}),
    "no entries": lambda all_steps, i: _replace(all_steps[i], claim={}),
    "entry left out": lambda all_steps, i: _replace(all_steps[i], claim=dict(list(all_steps[i].claim.items())[1:])),
    "unknown symbol": lambda all_steps, i: _changed_text(all_steps[i], lambda text: f"{text} + 0*nobody"), "jump side": lambda all_steps, i: _changed_text(all_steps[i], lambda text: f"{text} + 0*p_x.before"),
    "foreign costate": lambda all_steps, i: _changed_text(all_steps[i], lambda text: f"{text} + 0*p_a"), "end time": lambda all_steps, i: _changed_text(all_steps[i], lambda text: f"{text} + 0*t1"),
    "no formula": lambda all_steps, i: _changed_text(all_steps[i], lambda text: "because"), "broken text": lambda all_steps, i: _changed_text(all_steps[i], lambda text: f"({text}"),
    "empty text": lambda all_steps, i: _changed_text(all_steps[i], lambda text: ""), "code": lambda all_steps, i: _changed_text(all_steps[i], lambda text: "__import__('os')"),
    "a condition": lambda all_steps, i: _changed_text(all_steps[i], lambda text: f"{text} < 1"), "not a text": lambda all_steps, i: _changed_text(all_steps[i], lambda text: 0),  # type: ignore[arg-type, return-value]
    "foreign jet": lambda all_steps, i: _changed_text(all_steps[i], lambda text: f"{text} + 0*x.ddot"),
}


@pytest.mark.parametrize("mutation", FORM_MUTATIONS)
def test_a_step_of_wrong_form_is_invalid_at_its_place(mutation: str) -> None:
    given, good = setting("driven"), steps("driven")
    for i in range(list(FORM_MUTATIONS).index(mutation) % 2, len(good), 2):
        mutant = FORM_MUTATIONS[mutation](good, i)
        needed = [step for step in good[:i] if step.rule in _ancestors(good[i].rule)]
        judged = judge(given, [*needed, mutant], {}).steps
        assert judged[len(needed)].verdict.status is Status.INVALID and judged[len(needed)].verdict.reason, (good[i].rule, judged)
        assert [step.name for step in judged[: len(needed)] if step.verdict.status is not Status.PROVED] == []


def _ancestors(rule: str) -> set[str]:
    return {premise for direct in RULES[rule].premises for premise in (direct, *_ancestors(direct))}


def test_a_repeated_id_is_invalid() -> None:
    good = steps("driven")
    for i in range(1, 5):
        judged = judge(setting("driven"), [*good[:i], _replace(good[i], id=good[0].id)], {}).steps[i]
        assert judged.verdict.status is Status.INVALID and "used before" in judged.verdict.reason


@pytest.mark.parametrize("rule", RULES)
def test_a_missing_rule_is_invalid(rule: str) -> None:
    """A log that simply leaves a step out is no proof, even when nobody refers to that step."""
    kept = [step for step in steps("driven") if step.rule != rule]
    judgement = judge(setting("driven"), kept, {})
    assert judgement.status is Status.INVALID
    assert any(step.name == "end" and step.rule == rule for step in judgement.steps)


def test_an_empty_log_is_invalid() -> None:
    assert judge(setting("driven"), [], {}).status is Status.INVALID


def test_rules_name_themselves_and_their_premises() -> None:
    for rule, row in RULES.items():
        assert row.apply.__name__ == rule and row.apply.__doc__ and "|-" in row.apply.__doc__ and row.words.endswith(".")
        assert set(row.premises) <= set(list(RULES)[: list(RULES).index(rule)])


def test_a_large_integer_is_never_shortened() -> None:
    """Alkahest's certificates lost digits beyond 64 bits (PR #353): here each digit counts."""
    from adjointcheck.derive import derive
    from adjointcheck.problem.statement import Problem

    big = 123456789012345678901234567890123456789
    for shown, status in ((big, Status.PROVED), (big - 1, Status.REFUTED), (big // 10, Status.REFUTED), (big % 2**64, Status.REFUTED), (float(big), Status.REFUTED)):
        made = Problem(name="big", horizon=(0, 1), states={"x": {"rate": f"{big}*x**2/7", "initial": "1"}}, terminal_cost="x**2", claims={"costate.x": f"-{int(shown)}*2*x*p_x/7"})
        assert derive(made).claims[0].verdict.status is status


def test_errors_of_a_step_are_answers_not_crashes() -> None:
    for text in ("(" * 500 + "x" + ")" * 500, "9" * 5000, "x**9999999", "x\u0663", "1e999", "\x00"):
        step = Step("s01", "define_lagrangian", (), {"integrand": text})
        assert judge(setting("driven"), [step], {}).steps[0].verdict.status is Status.INVALID
    assert issubclass(StepRejected, AdjointCheckError)
