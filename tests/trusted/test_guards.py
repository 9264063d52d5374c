"""What ends a question early: places without a domain, caps on work, and answers of FLINT that are not taken on trust."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction as F
from typing import Any

import pytest
from statements import log

from adjointcheck.errors import DisagreementError
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import apply, number, symbol
from adjointcheck.trusted import atoms as module
from adjointcheck.trusted import normal_form, witness
from adjointcheck.trusted import replay as replaying
from adjointcheck.trusted.atoms import MAX_EXPONENT, Atoms, Infeasible, NeedSign
from adjointcheck.trusted.normal_form import Normalizer
from adjointcheck.trusted.polynomial import BudgetError, FlintRing, PlainRing
from adjointcheck.trusted.verdict import Status

NONE: frozenset[str] = frozenset()
RINGS = pytest.mark.parametrize("ring", [PlainRing, lambda: FlintRing(4)], ids=["plain", "flint"])
Ring = Callable[[], Any]


def with_xy(ring: Ring) -> tuple[Atoms, Any, Any]:
    found = Atoms(ring())
    return found, found.generator(("symbol", "x")), found.generator(("symbol", "y"))


def zero_everywhere(text: str, deep: bool = False) -> bool:
    return Normalizer(PlainRing(), NONE, deep).zero_everywhere(parse(text))


# Places without a domain


@RINGS
def test_nothing_is_divided_by_zero(ring: Ring) -> None:
    found, x, _ = with_xy(ring)
    nothing = found.sub(x, x)
    for divide in (found.inverse, found.inverted):
        with pytest.raises(Infeasible):
            divide(nothing)
    assert found.is_zero(found.sub(found.ring.mul(x, found.inverse(x)), found.one))


@RINGS
def test_a_sign_that_the_domain_forbids_is_no_region(ring: Ring) -> None:
    found, x, _ = with_xy(ring)
    key = found.key(x)
    found.allowed[key] = (-1,)
    found.signs[key] = -2  # v <= 0, of which the domain leaves v < 0
    assert found.possible(key) == (-1,)
    found.signs[key] = 1
    with pytest.raises(Infeasible):
        found.possible(key)


@RINGS
@pytest.mark.parametrize(("signs", "options", "answer"), [
    ((1, 1), (1,), True), ((1, -1), (1,), False), ((-1, -1), (1,), True), ((2, -1), (1,), False), ((2, 2), (0, 1), True), ((1, -1), (0, 1), False), ((-1, 2), (0, -1), True), ((2, -2), (0, 1), None), ((1, -2), (0, 1), None), ((0, 1), (0, 1), True), ((0, 1), (1,), False),
])
def test_a_condition_on_a_product_is_held_against_the_signs_of_its_factors(ring: Ring, signs: tuple[int, int], options: tuple[int, ...], answer: bool | None) -> None:
    """x y > 0 (options 1) or x y >= 0 (0 and 1): on closed half lines 0 may still save it, so the sign of x is asked for."""
    found, x, y = with_xy(ring)
    found.allowed[found.key(found.ring.mul(x, y))] = options
    assert found.consistent()  # as long as no sign is known
    found.signs = {found.key(x): signs[0], found.key(y): signs[1]}
    if answer is None:
        with pytest.raises(NeedSign) as asked:
            found.consistent()
        assert asked.value.key in (found.key(x), found.key(y)) and set(asked.value.options) in ({0, 1}, {0, -1})
    else:
        assert found.consistent() is answer


@RINGS
def test_an_atom_that_is_zero_passes_it_on_through_its_relation(ring: Ring) -> None:
    """R**2 = x: R = 0 makes x = 0; R = 0 beside R**2 = 4 is no region; and where x = 0 was known, nothing new is said."""
    found, x, _ = with_xy(ring)
    root = found.generator(("root", "x"), relation=lambda atom: found.sub(found.ring.mul(atom, atom), x))
    two = found.generator(("root", "4"), relation=lambda atom: found.sub(found.ring.mul(atom, atom), found.constant(4)))
    found.fix(found.key(root), 0)
    assert list(found.signs.values()) == [0, 0] and found.is_zero(x)
    with pytest.raises(Infeasible):
        found.fix(found.key(two), 0)
    found.enter({})
    assert not found.is_zero(x) and not found.is_zero(two)
    found.enter({found.key(x): 0, found.key(root): 0})
    assert found.is_zero(x) and found.is_zero(root) and set(found.signs.values()) == {0} and len(found.signs) == 2


REGIONS = [  # what is known of x; then the sign of x, an s with s x >= 0, whether x < 0 and whether -x < 0: known, or the regions asked for
    (None, [(-1, 0, 1)], [(-1, 2)], [(-1, 2)], [(-2, 1)]), (1, 1, 1, False, True), (0, 0, 1, False, False), (-1, -1, -1, True, False), (2, [(0, 1)], 1, False, [(0, 1)]), (-2, [(-1, 0)], -1, [(-1, 0)], False),
]


@RINGS
@pytest.mark.parametrize(("known", "sign", "side", "below", "above"), REGIONS)
def test_a_sign_is_known_in_its_region_or_asked_for(ring: Ring, known: int | None, sign: Any, side: Any, below: Any, above: Any) -> None:
    found, x, _ = with_xy(ring)
    key, opposite = found.key(x), found.scaled(x, -1)
    found.signs = {} if known is None else {key: known}
    for ask, of, answer in ((found.sign_of, x, sign), (found.side, x, side), (found.negative, x, below), (found.negative, opposite, above)):
        if isinstance(answer, list):
            with pytest.raises(NeedSign) as asked:
                ask(of)
            assert (asked.value.key, [asked.value.options]) == (key, answer)
        else:
            assert ask(of) is answer or (ask(of) == answer and type(ask(of)) is type(answer))


@pytest.mark.parametrize("text", [
    "sqrt(x) + sqrt(-x) + log(sqrt(x))", "x - x + log(x - x)", "0*log(-1 - x**2)", "sqrt(x) + sqrt(-x) - sqrt(x)", "0/(x - x)", "0*asin(2 + x**2)",
])
def test_a_place_without_an_inside_proves_nothing(text: str) -> None:
    assert zero_everywhere(text) is False


@RINGS
@pytest.mark.parametrize(("signs", "below"), [((1, 1), False), ((1, -1), True), ((-1, -1), False), ((0, -1), False)])
def test_a_product_is_negative_by_the_signs_of_its_factors(ring: Ring, signs: tuple[int, int], below: bool) -> None:
    found, x, y = with_xy(ring)
    found.signs = {found.key(x): signs[0], found.key(y): signs[1]}
    product, sign = found.ring.mul(x, y), signs[0] * signs[1]
    assert found.negative(product) is below and found.sign_of(product) == found.sign(product) == sign
    for factor in (F(3), F(-1, 3)):
        assert found.sign_of(found.scaled(product, factor)) == (sign if factor > 0 else -sign)
        assert not sign or found.side(found.scaled(product, factor)) == (sign if factor > 0 else -sign)


# Caps


@RINGS
def test_exponents_are_capped(ring: Ring) -> None:
    found, x, _ = with_xy(ring)
    assert found.ring.terms(found.power(x, MAX_EXPONENT)) == {((0, MAX_EXPONENT),): 1}
    with pytest.raises(BudgetError, match="exponent"):
        found.power(x, MAX_EXPONENT + 1)
    root = apply("sub", apply("pow", symbol("x"), number(5000)), apply("pow", symbol("x") + symbol("y"), number(5000)))
    with pytest.raises(BudgetError, match="exponent"):
        Normalizer(PlainRing(), NONE, False).zero_everywhere(root)


def test_sign_regions_are_capped() -> None:
    """Eight kinks have 256 regions, ten have 1024."""
    few, many = (" + ".join(f"abs(x{i})" for i in range(n)) for n in (8, 10))
    assert zero_everywhere(f"{few} - ({few})")
    with pytest.raises(BudgetError, match="regions"):
        zero_everywhere(f"{many} - ({many})")


def test_the_cap_on_regions_is_kept_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """One kink: a look that asks for its sign, then two regions."""
    monkeypatch.setattr(normal_form, "MAX_REGIONS", 3)
    assert zero_everywhere("abs(x) - abs(x)")
    monkeypatch.setattr(normal_form, "MAX_REGIONS", 2)
    with pytest.raises(BudgetError):
        zero_everywhere("abs(x) - abs(x)")


def test_restarts_are_capped() -> None:
    """Halves, thirds, quarters and fifths of one symbol begin three times again; there is patience for 38 such restarts."""
    few, many = (" + ".join(f"x{i}**(1/{n})" for i in range(count) for n in (2, 3, 4, 5)) for count in (6, 13))
    assert zero_everywhere(f"{few} - ({few})")
    with pytest.raises(BudgetError, match="finer denominators"):
        zero_everywhere(f"{many} - ({many})")


@pytest.mark.parametrize("value", [F(1), F(2**5 * 3, 7), F(1009), F(4, 1009**2 * 997), F(10**30 + 57, 8), F(1009 * 1013, 1009)])
def test_prime_factors_multiply_out(value: F) -> None:
    """Primes below 1000; what is left above and below the bar is one unit each."""
    found = normal_form._primes(value)
    assert math.prod((F(p) ** e for p, e in found), start=F(1)) == value
    assert len(dict(found)) == len(found) and all(e for _, e in found) and all(p > 1 for p, _ in found)
    assert all(p > 1000 or not any(p % q == 0 for q in range(2, p)) for p, _ in found)


# Answers of FLINT


def test_a_run_in_flint_finds_no_atom_that_the_plain_run_did_not_find() -> None:
    fast = Atoms(FlintRing(1))
    fast.generator(("symbol", "x"))
    with pytest.raises(DisagreementError, match="same atoms"):
        fast.generator(("symbol", "y"))


class Lying:
    """A polynomial whose factors are wrong by one."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __len__(self) -> int:
        return len(self.inner)

    def degrees(self) -> Any:
        return self.inner.degrees()

    def factor(self) -> Any:
        constant, parts = self.inner.factor()
        return constant, [(part + 1, e) for part, e in parts]


@RINGS
def test_factors_of_flint_are_multiplied_out(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    found, x, y = with_xy(ring)
    product = found.ring.mul(found.ring.sum([(1, x), (1, y)]), x)
    constant, parts = found.factored(found.scaled(product, F(-3, 2)))
    assert constant == F(-3, 2) and sorted(e for _, e in parts) == [1, 1]

    class Hint(FlintRing):
        def from_terms(self, terms: Any) -> Any:
            return Lying(super().from_terms(terms))

    monkeypatch.setattr(module, "FlintRing", Hint)
    with pytest.raises(DisagreementError, match="multiply out"):
        found.factored(product)


@RINGS
def test_large_polynomials_are_not_factored(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the cap a polynomial is its own only factor, which is true, and costs nothing."""
    found, x, y = with_xy(ring)
    product = found.ring.mul(found.ring.sum([(1, x), (1, y)]), x)
    monkeypatch.setattr(module, "MAX_SIZE_TO_FACTOR", 1)
    constant, parts = found.factored(product)
    assert constant == 1 and [(found.key(part), e) for part, e in parts] == [(found.key(product), 1)]


@RINGS
def test_a_radicand_or_divisor_that_turned_out_to_be_zero(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tie found since can make 0 of what was a root's radicand or a factor: 0**r for r > 0, and no region below."""
    found = Normalizer(ring(), NONE, False)
    x = found.generator(("symbol", "x"))
    nothing = found.sub(x, x)
    assert found.is_zero(found.absolute_power(nothing, 1, F(1, 2)))
    for exponent in (F(0), F(-1, 2)):
        with pytest.raises(Infeasible):
            found.absolute_power(nothing, 1, exponent)
    quotient = found.ring.mul(found.sub(x, found.constant(-1)), found.inverse(x))
    reduce = found.reduce
    monkeypatch.setattr(found, "reduce", lambda v: nothing if found.ring.terms(v) == found.ring.terms(x) else reduce(v))
    with pytest.raises(Infeasible):
        found.split(quotient)
    after = found.sub(x, found.constant(-1))
    monkeypatch.setattr(found, "reduce", lambda v: found.one if found.ring.terms(v) == found.ring.terms(after) else reduce(v))
    constant, factors = found.split(found.ring.mul(x, after))
    assert constant == 1 and [(found.ring.terms(v), e) for v, e in factors] == [(found.ring.terms(x), 1)], "a factor that became 1"


def test_a_number_of_endless_length_is_no_number() -> None:
    assert witness._short(F(3), F(1, 7)) == F(3, 7)
    with pytest.raises(KeyError, match="endless"):
        witness._short(F(2) ** witness.MAX_BITS, F(2))


# The second arithmetic


@pytest.mark.parametrize(("text", "at"), [
    ("asin(x)", 1 + F(1, 10**40)), ("acos(x)", F(-2)), ("log(sin(x))", F(4)), ("sqrt(sin(x))", F(4)), ("piecewise(1, sin(x) < sin(x), 2)", F(1)), ("sign(sin(x) - sin(x))", F(1)), ("1/(exp(x) - exp(x))", F(1)), ("(sin(x) - 2)**y", F(1)),
])
def test_what_the_second_arithmetic_cannot_tell_is_not_confirmed(text: str, at: F) -> None:
    """Outside the domain by a hair, on a tie, or below zero: no answer is no confirmation, whatever the other side says."""
    point = {"x": at, "y": F(1, 2)}
    assert witness._intervals_disjoint(parse(text), parse("7"), point, 64) is False
    assert witness._intervals_disjoint(parse("7"), parse(text), point, 64) is False
    assert witness._intervals_disjoint(parse("sin(x)"), parse("7"), point, 64) is True
    assert witness._intervals_disjoint(parse("y + y"), parse("2*y"), point, 64) is False  # one point each, the same


def test_kinks_of_the_second_arithmetic() -> None:
    """Intervals of sign, min and max are those of their ends."""
    low, high = witness.iv.mpf([-3, -2]), witness.iv.mpf([1, 5])
    rules = witness._INTERVAL
    assert rules["sign"](low) == -1 and rules["sign"](high) == 1 and rules["abs"](low) == witness.iv.mpf([2, 3])
    wide = witness.iv.mpf([0, 2])
    assert rules["min"](wide, high) == wide and rules["max"](wide, high) == high and rules["min"](low, high) == low and rules["max"](high, low) == high
    for at in (witness.iv.mpf([-1, 1]), witness.iv.mpf(0)):
        with pytest.raises(witness.NoInformation):
            rules["sign"](at)


# Defects inside a step


def test_a_quarrel_of_our_own_codes_is_no_verdict_on_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def quarrel(*arguments: object) -> None:
        raise DisagreementError("zero test", "one", "two")

    document = log("driven")  # before the defect is planted: derivations are kept for all tests
    monkeypatch.setattr(replaying, "equal", quarrel)
    with pytest.raises(DisagreementError):
        replaying.replay(document)


def test_a_stack_that_is_spent_is_unknown_at_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def spent(*arguments: object) -> None:
        raise RecursionError

    document = log("driven")
    monkeypatch.setattr(replaying, "equal", spent)
    found = replaying.replay(document)
    assert {step.verdict.status for step in found.steps} <= {Status.UNKNOWN, Status.INVALID} and found.steps[0].verdict.reason == "nested too deeply"


def test_the_premises_that_a_rule_wants_are_named() -> None:
    document = log("driven")
    document["steps"][1]["premises"], document["steps"][0]["premises"] = [], ["s02"]
    first, second = (step.verdict.reason for step in replaying.replay(document).steps[:2])
    assert "an absent or later step; expected earlier steps by the rules (none)." in first
    assert "no premises; expected earlier steps by the rules define_lagrangian." in second
