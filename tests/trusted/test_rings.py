"""Two polynomial arithmetics against each other and against evaluation; a defect planted in one of them is noticed."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction as F
from random import Random
from typing import Any

import pytest

from adjointcheck.errors import DisagreementError
from adjointcheck.expression.grammar import parse
from adjointcheck.trusted import witness
from adjointcheck.trusted.normal_form import Normalizer
from adjointcheck.trusted.polynomial import BudgetError, FlintRing, Monomial, PlainRing
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal

SIZE = 5
Terms = dict[Monomial, F]


def random_terms(draw: Random, most: int = 6) -> Terms:
    found: Terms = {}
    for _ in range(draw.randint(0, most)):
        monomial = tuple((g, draw.randint(1, 4)) for g in range(SIZE) if draw.random() < 0.4)
        found[monomial] = F(draw.choice((-1, 1)) * draw.randint(1, 10 ** draw.choice((1, 3, 25))), draw.randint(1, 99))
    return found


def value(terms: Any, at: list[F]) -> F:
    return sum((c * math.prod((at[g] ** e for g, e in m), start=F(1)) for m, c in terms.items()), F(0))


@pytest.mark.parametrize("seed", range(5))
def test_the_rings_agree_and_are_right(seed: int) -> None:
    draw = Random(seed)
    plain, fast = PlainRing(), FlintRing(SIZE)
    for _ in range(60):
        a, b, at = random_terms(draw), random_terms(draw), [F(draw.randint(-9, 9), 7) for _ in range(SIZE)]
        signs = [draw.choice((-1, 1)) for _ in range(3)]
        results = []
        for ring in (plain, fast):
            p, q = ring.from_terms(a.items()), ring.from_terms(b.items())
            results.append([ring.terms(r) for r in (p, ring.sum([(1, p), (1, q)]), ring.mul(p, q), ring.sum(list(zip(signs, (p, q, p), strict=True))), ring.sum([]))])
            results[-1].append(dict(ring.degrees(ring.mul(p, q))))
        assert results[0] == results[1]
        va, vb = value(a, at), value(b, at)
        expected = [va, va + vb, va * vb, signs[0] * va + signs[1] * vb + signs[2] * va, 0]
        assert [value(terms, at) for terms in results[0][:5]] == expected


@pytest.mark.parametrize("ring", [PlainRing(), FlintRing(SIZE)], ids=["plain", "flint"])
def test_zero_has_no_terms(ring: Any) -> None:
    p = ring.from_terms([(((0, 1),), F(1, 3)), (((0, 1),), F(-1, 3))])
    assert ring.terms(p) == {} == ring.terms(ring.from_terms([])) and dict(ring.degrees(p)) == {}
    assert ring.terms(ring.from_terms([((), F(-7, 2))])) == {(): F(-7, 2)}
    assert ring.terms(ring.from_terms([(((2, 1),), F(1))])) == {((2, 1),): F(1)}


@pytest.mark.parametrize("ring", [PlainRing(), FlintRing(SIZE)], ids=["plain", "flint"])
def test_equal_terms_are_gathered(ring: Any) -> None:
    terms = ring.terms(ring.from_terms([((), F(1)), (((1, 2),), F(2)), ((), F(3)), (((1, 2),), F(1, 2))]))
    assert terms == {(): F(4), ((1, 2),): F(5, 2)}


def test_budgets_end_in_budget_errors() -> None:
    plain = PlainRing(budget=100)
    p = plain.from_terms((((g, 1),), F(1)) for g in range(20))
    with pytest.raises(BudgetError):
        plain.mul(p, p)
    fast = FlintRing(20, limit=1)
    q = fast.from_terms((((g, 1),), F(1)) for g in range(20))
    with pytest.raises(BudgetError):
        fast.mul(q, q)


# Planted defects

TRUE, FALSE = ("(x + y)**3*sin(x)", "(x**3 + 3*x**2*y + 3*x*y**2 + y**3)*sin(x)"), ("(x + 1)**2", "x**2 + 1")


def _ask(pair: tuple[str, str]) -> Any:
    return equal(parse(pair[0]), parse(pair[1]))


def test_without_a_defect() -> None:
    assert _ask(TRUE).status is Status.PROVED and _ask(FALSE).status is Status.REFUTED


def _wrap(method: Callable[..., Any], change: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda self, *args: change(self, method(self, *args))


@pytest.mark.parametrize("method", ["mul", "sum", "from_terms"])
def test_a_defect_of_flint_is_noticed(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Products that gain a term g0: the plain ring finds zero, the other one does not."""
    monkeypatch.setattr(FlintRing, method, _wrap(getattr(FlintRing, method), lambda ring, p: p + ring.context.gens()[0] ** 7))
    with pytest.raises(DisagreementError):
        _ask(TRUE)


def test_a_plain_ring_that_loses_everything_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlainRing, "terms", lambda self, a: {})
    monkeypatch.setattr(witness, "refute", lambda *args, **options: None)
    with pytest.raises(DisagreementError):
        _ask(FALSE)


def test_a_plain_ring_that_loses_a_term_never_leads_to_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlainRing, "mul", _wrap(PlainRing.mul, lambda ring, p: dict(list(p.items())[1:])))
    for pair in (FALSE, ("(x + 1)**2", "x**2 + x + 1"), ("x*y*z", "0")):
        try:
            assert _ask(pair).status is not Status.PROVED
        except DisagreementError:
            continue


def test_a_defect_shared_by_both_rings_is_noticed_by_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Normalizer, "is_zero", lambda self, a: True)
    for pair in (FALSE, ("sin(2*x)", "2*sin(x)"), ("p_x*x", "p_x*x/2")):
        with pytest.raises(DisagreementError, match="balls disjoint"):
            _ask(pair)
    assert _ask(TRUE).status is Status.PROVED


@pytest.mark.parametrize(("left", "right"), [("asin(tanh(x))", "2*atan(tanh(x/2))"), ("(7 + 5*sqrt(2))**(1/3)", "1 + sqrt(2)"), ("4*atan(1/5) - atan(1/239)", "pi/4")])
def test_a_defect_of_the_balls_alone_refutes_nothing(monkeypatch: pytest.MonkeyPatch, left: str, right: str) -> None:
    """Balls that are wrong by 1 on one side are disjoint; the second arithmetic has to agree before that is a witness."""
    honest, wrong = witness.ball, parse(right)
    monkeypatch.setattr(witness, "ball", lambda root, point, precision: honest(root, point, precision) + (root is wrong))
    assert _ask((left, right)).status is Status.UNKNOWN
