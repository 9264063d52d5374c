"""What later draws of mutants left alive: reasons, evidence and domains as they are told, and limits that are kept exactly."""

from __future__ import annotations

from typing import Any

import flint
import pytest
from statements import PROBLEMS
from test_rules import setting
from test_smoothness import made
from test_theory import FLOW, PROVED, REFUTED, UNKNOWN, judge, last, step

from adjointcheck.errors import ProblemError, StepRejected
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import apply, symbol
from adjointcheck.trusted import matrix_witness, witness, zero
from adjointcheck.trusted.polynomial import BudgetError
from adjointcheck.trusted.replay import attempt, read, read_names
from adjointcheck.trusted.rules import RULES
from adjointcheck.trusted.verdict import Verdict

DIVIDED = "1/a + 1/b + 1/c + 1/d"


def test_a_claim_of_other_names_is_told_by_its_names() -> None:
    with pytest.raises(StepRejected, match="got y; expected claims named"):
        RULES["define_lagrangian"].apply(setting(next(iter(PROBLEMS))), [], {"y": symbol("x")})


@pytest.mark.parametrize(("text", "more"), [(DIVIDED, ""), (f"{DIVIDED} + 1/f", " and 1 more != 0")])
def test_the_domain_tells_four_divisors_and_counts_the_others(text: str, more: str) -> None:
    (where,) = zero._where(parse(text), parse("0"))
    assert where.endswith("!= 0") and (where.count("!= 0"), " more " in where) == (5 if more else 4, bool(more))


def test_the_domain_tells_no_condition_on_numbers() -> None:
    assert zero._where(parse("x/(1 + 1)"), parse("sqrt(2)")) == () and zero._where(parse("sqrt(2)/x"), parse("0")) == ("where x != 0",)


def test_what_no_text_could_hold_is_unknown() -> None:
    root = symbol("x")
    for _ in range(61):
        root = apply("add", root, root)  # a graph of 62 nodes, a text of 2^61
    assert zero.equal(root, symbol("x")).reason.startswith("written out it is longer than")


@pytest.mark.parametrize(("cost", "found"), [
    ("x*piecewise(1, t < 1/2, 2)", 1), ("x*piecewise(1, x < 1/2, 2)", 0), ("x*piecewise(1, t < x, 2)", 0), ("x*piecewise(1, b < 1/2, 2)", 0), ("x*piecewise(1, t < w, 2)", 0),
])
def test_jumps_in_time_are_those_that_neither_state_nor_control_moves(cost: str, found: int) -> None:
    assert sum(finding.kind == "jump" for finding in made(cost).findings) == found


def test_a_number_times_a_matrix_on_either_side() -> None:
    square, scalar = flint.fmpq_mat(2, 2, [1, 2, 3, 4]), flint.fmpq_mat(1, 1, [flint.fmpq(1, 2)])
    assert matrix_witness._product(square, scalar) == matrix_witness._product(scalar, square) == square * flint.fmpq(1, 2)


def test_a_power_of_endless_length_is_no_number() -> None:
    base, exponent = flint.fmpq_mat(1, 1, [3]), flint.fmpq_mat(1, 1, [matrix_witness.MAX_BITS - 10])
    with pytest.raises(KeyError):
        matrix_witness._power(base, exponent)


def test_a_refutation_is_held_against_the_letters_of_its_claim() -> None:
    """c is constant: what c = a.dot implies of a is no excuse for a false line about b, and takes nothing from a true one about a."""
    premise = step("1", "assume", "c = a.dot")
    assert last(premise, step("2", "rewrite", "b = 2*b", "1")) is REFUTED
    assert last(premise, step("2", "rewrite", "a.dot.dot = b", "1")) is UNKNOWN
    assert last(premise, step("2", "rewrite", "a.dot.dot + b = b + a.dot.dot", "1")) is PROVED


@pytest.mark.parametrize(("premise", "claim", "wanted"), [
    (FLOW, {"value": "J.delta"}, "an equation at always"), (FLOW, "x.dot.delta = 0 at t0", "an equation at always"), (step("flow", "define", {"value": "J", "integrand": "L"}), "J.delta = 0", "a functional"),
])
def test_a_claim_of_another_kind_is_told_what_it_should_be(premise: Any, claim: Any, wanted: str) -> None:
    assert f"expected {wanted}" in judge(premise, step("2", "differentiate", claim, "flow", by="delta")).steps[1].verdict.reason


def test_the_first_point_tried_has_different_primes() -> None:
    """Two monomials never agree there by chance."""
    root = parse(" + ".join(f"x{i}" for i in range(12)))
    assert sorted(next(witness._points(root, root, frozenset(), 1)).values()) == [n for n in range(2, 40) if all(n % d for d in range(2, n))]


def test_intervals_that_touch_are_in_no_order() -> None:
    low, high = witness.iv.mpf([1, 2]), witness.iv.mpf([2, 3])
    for head, below, same in (("lt", True, False), ("le", True, True)):
        compare = witness._INTERVAL[head]
        assert compare(low, witness.iv.mpf(4)) is below and compare(witness.iv.mpf(4), low) is not below and compare(witness.iv.mpf(2), witness.iv.mpf(2)) is same
    with pytest.raises(witness.NoInformation):
        witness._INTERVAL["lt"](low, high)


@pytest.mark.parametrize(("left", "right", "evidence"), [
    ("sin(2*x)", "2*sin(x)*cos(x)", "normal form with angle and exponent laws (plain)"), ("sin(asin(x))", "x", "normal form (plain)"), ("x + 0", "x", "normal form (plain)"),
    (" + ".join(f"x{i}*(y{i} + 1)" for i in range(20)), " + ".join(f"(1 + y{i})*x{i}" for i in range(20)), "long sums: like terms cancel"),
])
def test_the_evidence_says_how_far_the_proof_had_to_look(left: str, right: str, evidence: str) -> None:
    assert zero.equal(parse(left), parse(right)).evidence[0] == evidence


@pytest.mark.parametrize(("angle", "cosine"), [("pi", "-1"), ("pi/2", "0"), ("pi/3", "1/2"), ("pi/4", "sqrt(2)/2"), ("pi/6", "sqrt(3)/2"), ("2*pi/3", "-1/2"), ("5*pi/4", "-sqrt(2)/2")])
def test_known_angles_have_their_cosines(angle: str, cosine: str) -> None:
    assert zero.equal(parse(f"cos({angle})"), parse(cosine)).status is PROVED
    assert zero.equal(parse(f"cos({angle})"), parse(f"{cosine} + 1e-30")).status is REFUTED


def test_a_difference_far_out_is_still_found() -> None:
    assert zero.equal(parse("max(x, 30)"), parse("30")).status is REFUTED  # the first eight points have |x| <= 4


def test_what_is_written_out_is_counted_node_by_node() -> None:
    shared = parse("x*y")
    assert zero._written(parse("x*y + 1"), shared) == 5 and zero._written(apply("add", shared, shared)) == 7


@pytest.mark.parametrize(("error", "reason"), [(BudgetError("too long a sum"), "too long a sum"), (RecursionError("depth"), "nested too deeply")])
def test_what_grows_too_long_or_too_deep_is_unknown_with_its_reason(error: Exception, reason: str) -> None:
    def grow() -> Verdict:
        raise error

    assert attempt("1", "rewrite", grow).verdict == Verdict(UNKNOWN, reason=reason)


@pytest.mark.parametrize("value", ["ab", ["a", 1], [["a"]], {"a": 1}, None])
def test_names_are_a_list_of_texts(value: object) -> None:
    with pytest.raises(ProblemError, match="a list of names"):
        read_names(value)


@pytest.mark.parametrize(("scope", "wanted"), [({"y", "x"}, "one of x, y"), (set(), "one of no names")])
def test_a_foreign_name_is_told_which_ones_may_stand_there(scope: set[str], wanted: str) -> None:
    with pytest.raises(ProblemError, match=f"got z; expected {wanted}"):
        read("z + 1", "rate", scope)
