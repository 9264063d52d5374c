"""The zero test on random pairs whose truth is known by construction."""

from __future__ import annotations

import os
from collections import Counter
from fractions import Fraction
from random import Random

import mpmath
import pytest
from rewriting import REWRITINGS, false_pair, rewrite, true_pair
from strategies import Undefined, close, numeric, random_expression, random_point

from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal

FAST = 2000
CAMPAIGN = int(os.environ.get("ADJOINTCHECK_CAMPAIGN", "100000"))


def count_true(pairs: int, seed: int) -> Counter[Status]:
    """Verdicts on true pairs; a refutation is a defect and named at once."""
    draw, found = Random(seed), Counter()
    for i in range(pairs):
        left, right = true_pair(draw)
        verdict = equal(left, right)
        assert verdict.status is not Status.REFUTED, f"false REFUTED, seed {seed}, pair {i}: {to_text(left)} = {to_text(right)}: {verdict.witness}"
        found[verdict.status] += 1
    return found


def count_false(pairs: int, seed: int) -> Counter[Status]:
    draw, found = Random(seed), Counter()
    for i in range(pairs):
        left, right = false_pair(draw)
        verdict = equal(left, right)
        assert verdict.status is not Status.PROVED, f"false PROVED, seed {seed}, pair {i}: {to_text(left)} = {to_text(right)}"
        found[verdict.status] += 1
    return found


@pytest.mark.parametrize("seed", range(4))
def test_true_pairs_are_never_refuted(seed: int) -> None:
    found = count_true(FAST // 4, seed)
    assert found[Status.PROVED] > 0.85 * FAST / 4  # pairs without a domain and laws that are not known leave the rest


@pytest.mark.parametrize("seed", range(100, 104))
def test_false_pairs_are_never_proved(seed: int) -> None:
    found = count_false(FAST // 4, seed)
    assert found[Status.REFUTED] > 0.85 * FAST / 4


@pytest.mark.campaign
def test_campaign_of_true_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    found = count_true(CAMPAIGN, 20261)
    with capsys.disabled():
        print(f"\n{CAMPAIGN} true pairs: {dict(found)}")
    assert found[Status.PROVED] > 0.85 * CAMPAIGN


@pytest.mark.campaign
def test_campaign_of_false_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    found = count_false(CAMPAIGN, 20262)
    with capsys.disabled():
        print(f"\n{CAMPAIGN} false pairs: {dict(found)}")
    assert found[Status.REFUTED] > 0.85 * CAMPAIGN


def test_rewritings_do_preserve_values() -> None:
    """The construction itself, by mpmath: otherwise the counts above would mean nothing."""
    draw, seen = Random(77), 0
    for _ in range(400):
        left, right = true_pair(draw)
        point = random_point(draw)
        try:
            a, b = numeric(left, point), numeric(right, point)
        except Undefined:
            continue
        if abs(a) < mpmath.mpf(10) ** 9:
            seen += 1
            assert close(a, b, 35), (to_text(left), to_text(right))
    assert seen > 150


def test_every_rewriting_takes_part() -> None:
    used: Counter[str] = Counter()
    draw = Random(3)
    for _ in range(300):
        root = random_expression(draw, 3)
        used.update(rule.__name__ for rule in REWRITINGS if rule(draw, root) is not None)
    assert set(used) == {rule.__name__ for rule in REWRITINGS}


def test_witnesses_of_false_pairs_hold_in_mpmath() -> None:
    """Each witness once more, in an arithmetic that shares no code with the core."""
    draw, seen = Random(500), 0
    for _ in range(150):
        left, right = false_pair(draw)
        witness = equal(left, right).witness
        if witness is None:
            continue
        point = {name: Fraction(value) for name, value in witness.point}
        a, b = numeric(left, point, 400), numeric(right, point, 400)
        with mpmath.workdps(420):
            assert abs(a - b) > mpmath.mpf(10) ** -300 * max(1, abs(a))
        assert close(a, mpmath.mpf(witness.left), 9) and close(b, mpmath.mpf(witness.right), 9)
        seen += 1
    assert seen > 100


def test_verdicts_do_not_depend_on_the_order_of_questions() -> None:
    draw = Random(8)
    pairs = [true_pair(draw) if i % 2 else false_pair(draw) for i in range(60)]
    first = [equal(*pair) for pair in pairs]
    assert [equal(*pair) for pair in reversed(pairs)][::-1] == first
    texts = [(to_text(a), to_text(b)) for a, b in pairs]
    again = [equal(parse(a, caps=LOG), parse(b, caps=LOG)) for a, b in texts]
    assert [v.status for v in again] == [v.status for v in first]


def test_a_rewritten_side_keeps_its_verdict_against_a_third() -> None:
    """false_pair(l, r) stays false when r is rewritten once more."""
    draw = Random(12)
    for _ in range(100):
        left, right = false_pair(draw)
        assert equal(left, rewrite(draw, right)).status is not Status.PROVED
