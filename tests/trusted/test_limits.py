"""Limits are kept exactly, effort is as great as it is said to be, and what is drawn at random comes from where it should."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, replace
from fractions import Fraction as F
from pathlib import Path
from random import Random
from typing import Any

import flint
import pytest
from statements import log
from test_smoothness import made
from test_theory import INVALID, PROVED, REFUTED, UNKNOWN, judge, last, step

from adjointcheck.errors import StepRejected
from adjointcheck.expression import grammar
from adjointcheck.expression.grammar import LOG, parse
from adjointcheck.expression.node import ONE, apply, symbol, walk
from adjointcheck.trusted import atoms, language, matrix, matrix_witness, normal_form, polynomial, split, witness, zero
from adjointcheck.trusted.atoms import MAX_SIZE_TO_FACTOR, Atoms
from adjointcheck.trusted.matrix import Factor, Letter, Matrix
from adjointcheck.trusted.normal_form import Normalizer
from adjointcheck.trusted.polynomial import BudgetError, FlintRing, PlainRing
from adjointcheck.trusted.replay import replay
from adjointcheck.trusted.verdict import Verdict

NONE: frozenset[str] = frozenset()
X = symbol("x")
MODULES = {module.__name__.rpartition(".")[2]: module for module in (atoms, grammar, language, matrix, matrix_witness, normal_form, polynomial, split, witness, zero)}


def status(left: str, right: str) -> Any:
    return zero.equal(parse(left), parse(right)).status


def test_the_limits_are_those_that_the_page_tells() -> None:
    page = (Path(__file__).parents[2] / "derivations" / "PROOFS.md").read_text(encoding="utf-8")
    _, table = page.split("| limit | value | in |\n|---|---|---|\n")
    for row in table.split("\n\n")[0].splitlines():
        _, _, values, places, _ = row.split("|")
        assert [value for place in places.split(",") for value in numbers(eval(place.strip(), dict(MODULES)))] == [int(value) for value in values.split(",")], row


def numbers(limit: Any) -> list[int]:
    return [limit] if isinstance(limit, int) else list(astuple(limit))


# Scalars


def test_what_can_be_written_in_a_log_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zero, "LOG", replace(LOG, tokens=3))
    assert status("x + y", "y + x") is PROVED and status("x + y + z", "z + y + x") is UNKNOWN


def test_sums_are_taken_apart_four_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    """`parts` that never come to an end: after DEPTH of them the rest is judged as it stands."""
    asked: list[int] = []

    def endless(left: Any, right: Any, least: int) -> Any:
        asked.append(least)
        return [(apply("sin", left), apply("sin", right))]

    monkeypatch.setattr(zero, "parts", endless)
    assert zero._in_parts(X, symbol("y"), NONE) == "no normal form of zero and no witness found"
    assert asked == [16, 0, 0, 0]


def test_the_first_look_is_short_and_the_second_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, int]] = []

    def mute(left: Any, right: Any, positive: Any, shown: Verdict, tries: int) -> Verdict:
        seen.append((shown.status, tries))
        return shown

    monkeypatch.setattr(witness, "doubt", mute)
    assert status("sin(2*x)", "2*sin(x)*cos(x)") is PROVED and status("x", "x + 0") is PROVED
    assert seen == [(UNKNOWN, 8), (PROVED, 200), (PROVED, 8)]


def looks(monkeypatch: pytest.MonkeyPatch, informative: Any) -> tuple[bool | None, list[int]]:
    """The answer of `agree_somewhere` about x = x + 0, and the precision of each look; look i informs if `informative(i)`."""
    seen: list[int] = []

    def look(root: Any, point: Any, precision: int) -> Any:
        seen.append(precision)
        if not informative(len(seen) - 1):
            raise witness.NoInformation
        return flint.arb(0)

    with monkeypatch.context() as patch:
        patch.setattr(witness, "ball", look)
        return witness.agree_somewhere(X, X + 0, NONE), seen


@pytest.mark.parametrize(("informative", "answer", "count"), [
    (lambda i: True, True, 6), (lambda i: i == 0, True, 25), (lambda i: i == 30, True, 31), (lambda i: i % 2 == 1, True, 12), (lambda i: False, None, 201),
], ids=["everywhere", "first", "late", "every other", "nowhere"])
def test_a_proof_is_held_against_six_points_if_they_are_near(monkeypatch: pytest.MonkeyPatch, informative: Any, answer: bool | None, count: int) -> None:
    assert looks(monkeypatch, informative) == (answer, [128] * count)


def test_a_proof_of_long_sides_is_held_against_one_point(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = len(walk([apply("sub", X, X + 0)]))
    for short, count in ((nodes, 6), (nodes - 1, 1)):
        monkeypatch.setattr(witness, "SHORT", short)
        assert looks(monkeypatch, lambda i: True) == (True, [128] * count)


def test_points_near_a_tie_are_looked_at_with_more_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all balls overlap: every point once, then six points at each higher precision."""
    seen: list[int] = []

    def look(root: Any, point: Any, precision: int) -> Any:
        seen.append(precision)
        return flint.arb(0)

    monkeypatch.setattr(witness, "ball", look)
    assert witness.refute(X, symbol("y"), NONE, tries=9) is None
    assert [seen.count(64 * 4**i) for i in range(4)] == [2 * 10, 2 * 6, 2 * 6, 2 * 6]


def points(tries: int) -> Iterator[Mapping[str, F]]:
    found = witness._points(parse("x + y + z"), parse("x*y*z"), frozenset({"z"}), tries)
    assert next(found) == {"x": 2, "y": 3, "z": 5}
    return found


def test_points_are_dyadic_of_both_signs_and_ever_wider() -> None:
    """In turn: quarters, quarters of any sign, small ones, small ones of any sign; every 16 points twice as wide."""
    found = list(points(64))
    for trial, point in enumerate(found):
        small, signed = divmod(trial % 4, 2)
        for name, value in point.items():
            allowed = [4**k for k in range(1, 6)] if small else [4]
            assert abs(value) in {F(n, q) for q in allowed for n in range(1, 16 * 2 ** (trial // 16) + 1)}
            assert value > 0 or (signed and name != "z")
    turns = [[value for trial, point in enumerate(found) if trial % 4 == turn for value in point.values()] for turn in range(4)]
    assert [min(map(abs, turn)) < F(1, 4) for turn in turns] == [False, False, True, True]
    assert [any(value < 0 for value in turn) for turn in turns] == [False, True, False, True]
    assert [max(value for point in found[start : start + 16] for value in point.values()) > 2 * 2**i for i, start in enumerate(range(0, 64, 16))] == [True] * 4


def test_numbers_of_the_second_arithmetic_are_capped_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "MAX_BITS", 5)
    assert witness._short(F(4), F(1, 3)) == F(4, 3)  # 3 bits and 2
    with pytest.raises(KeyError):
        witness._short(F(1, 8), F(3))
    iv = witness.iv
    assert witness._INTERVAL["exp"](-iv.mpf(2) ** 511) < 1
    for at in (iv.mpf(2) ** 512, -(iv.mpf(2) ** 512), iv.mpf([0, 2]) ** 512):
        with pytest.raises(witness.NoInformation):
            witness._INTERVAL["exp"](at)


@pytest.mark.parametrize(("count", "wanted"), [(32, PROVED), (33, UNKNOWN)])
def test_multiples_share_a_unit_up_to_thirty_two(count: int, wanted: Any) -> None:
    assert status(f"exp({count}*x)", f"exp(x)**{count}") is wanted


@pytest.mark.parametrize(("count", "wanted"), [(6, PROVED), (7, UNKNOWN)])
def test_angles_are_sums_of_six_at_most(count: int, wanted: Any) -> None:
    *most, one = (f"x{i}" for i in range(count))
    rest = " + ".join(most)
    assert status(f"sin({rest} + {one})", f"sin({rest})*cos({one}) + cos({rest})*sin({one})") is wanted


@pytest.mark.parametrize("argument", ["x", "x/2", "3*x - y/5"])
def test_signs_of_arguments_are_drawn_out(argument: str) -> None:
    for head in ("sin", "tan", "sinh", "tanh", "asin", "atan"):
        assert zero.equal(parse(f"{head}(-({argument}))"), parse(f"-{head}({argument})")).evidence[0] == "normal form (plain)"
    for head in ("cos", "cosh", "abs"):
        assert zero.equal(parse(f"{head}(-({argument}))"), parse(f"{head}({argument})")).evidence[0] == "normal form (plain)"


def test_long_polynomials_are_not_factored() -> None:
    found = Atoms(PlainRing())
    x = found.generator(("symbol", "x"))
    for degree, factors in ((MAX_SIZE_TO_FACTOR, [256]), (MAX_SIZE_TO_FACTOR + 1, [1])):
        assert [e for _, e in found.factored(found.power(x, degree))[1]] == factors


def test_a_restart_costs_a_fortieth_of_the_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each restart counts as 18 regions and the look that asked for it, so that 729 are spent after 38 restarts."""
    begun: list[int] = []

    def restart(self: Any, root: Any) -> Any:
        begun.append(1)
        raise normal_form.Restart

    monkeypatch.setattr(Normalizer, "value", restart)
    with pytest.raises(BudgetError):
        Normalizer(PlainRing(), NONE, False).zero_everywhere(X)
    assert len(begun) == 39


def test_budgets_are_kept_exactly() -> None:
    terms = [(((g, 1),), F(1)) for g in range(3)]
    plain = PlainRing(20)
    p = plain.from_terms(terms)
    assert len(plain.mul(p, p)) == 6 and plain.budget == 20 - 3 - 9 - 6  # terms, pairs of terms, terms
    plain.budget = 3
    assert plain.sum([(1, p)]) == p
    with pytest.raises(BudgetError):
        plain.from_terms(terms[:1])
    fast = FlintRing(8, limit=1)
    a = fast.from_terms((((g, 1),), F(1)) for g in range(8))
    assert len(fast.mul(a, a)) == 36  # 64 pairs of terms
    with pytest.raises(BudgetError):
        fast.mul(a, fast.sum([(1, a), (1, fast.from_terms([((), F(1))]))]))


# Matrices

WORD = tuple(Factor(f"A{i}", False, False, "n", "n", False) for i in range(3))


def square(*words: int) -> Matrix:
    """A sum of words of such lengths."""
    return Matrix("n", "n", {tuple(f._replace(name=f"{f.name}.{i}") for f in WORD[:length]): ONE for i, length in enumerate(words)})


def test_products_of_words_are_capped_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "MAX_WORDS", 4)
    assert len(matrix._mul(square(1, 1), square(1, 1)).terms) == 4
    with pytest.raises(BudgetError, match="words"):
        matrix._mul(square(1, 1), square(1, 1, 1))
    monkeypatch.setattr(matrix, "MAX_LETTERS", 3)
    assert max(map(len, matrix._mul(square(2), square(1)).terms)) == 3
    assert matrix._mul(square(), square(3)).terms == matrix._mul(square(3), square()).terms == {}
    for left, right in ((square(2), square(2)), (square(1, 3), square(1)), (square(1), square(3, 1))):
        with pytest.raises(BudgetError, match="letters"):
            matrix._mul(left, right)


def test_a_letter_stands_for_itself() -> None:
    letters = {"A": Letter("n", "k"), "P": Letter("n", "n", frozenset({"symmetric"}))}
    assert matrix.normal(parse("A", matrices=True), letters) == Matrix("n", "k", {(Factor("A", False, False, "n", "k", False),): ONE})
    assert [f.symmetric for f in next(iter(matrix.normal(parse("P", matrices=True), letters).terms))] == [True]


def test_matrices_are_drawn_from_small_fractions() -> None:
    letters = {"a": Letter("n", "n"), "r": Letter("1", "1", frozenset({"positive"})), "P": Letter("n", "n", frozenset({"symmetric"})), "I": Letter("n", "n", frozenset({"identity"}))}
    draw = Random(1)

    def drawn(name: str, size: int) -> list[F]:
        return [F(int(e.p), int(e.q)) for e in matrix_witness._value(name, letters, {"n": size}, draw).entries()]

    fractions = {F(k, d) for k in range(1, 10) for d in (1, 2, 3)}
    assert set(drawn("a", 40)) == fractions | {-f for f in fractions}
    assert {drawn("r", 1)[0] for _ in range(400)} == fractions
    assert drawn("I", 2) == [1, 0, 0, 1]
    first, upper, lower, _ = drawn("P", 2)
    assert upper == lower and first in {2 * f for f in fractions | {-f for f in fractions}}


def test_four_choices_of_small_sizes_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(matrix_witness, "_sample", lambda roots, letters, sizes: seen.append(tuple(sizes)))
    matrix_witness.doubt([X, X], {"x": Letter("n", "k")}, Verdict(PROVED))
    assert len(seen) == len(set(seen)) == 4 and all(set(sizes) <= {1, 2, 3} for sizes in seen) and (1, 1, 1, 1) in seen


def test_exact_numbers_of_matrices_are_capped_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix_witness, "MAX_BITS", 6)
    whole, part = flint.fmpq_mat(1, 1, [7]), flint.fmpq_mat(1, 1, [flint.fmpq(1, 7)])
    assert matrix_witness._product(whole, part)[0, 0] == 1 and matrix_witness._power(whole, flint.fmpq_mat(1, 1, [-2]))[0, 0] == flint.fmpq(1, 49)
    for act in (lambda: matrix_witness._product(whole, flint.fmpq_mat(1, 1, [8])), lambda: matrix_witness._power(whole, flint.fmpq_mat(1, 1, [-3])),
                lambda: matrix_witness._power(part, flint.fmpq_mat(1, 1, [3])), lambda: matrix_witness._power(whole, flint.fmpq_mat(1, 1, [flint.fmpq(1, 2)]))):
        with pytest.raises(KeyError):
            act()


# Theories


def test_what_constants_imply_excuses_only_the_letters_in_it() -> None:
    """c = a.dot and c constant say that a.dot.dot = 0, which is no excuse for a false line about b.dot."""
    premise = step("1", "assume", "c = a.dot")
    assert last(premise, step("2", "rewrite", "b.dot = 2*b.dot", "1")) is REFUTED
    assert last(premise, step("2", "rewrite", "a.dot.dot = 2*a.dot.dot", "1")) is UNKNOWN


def test_one_direction_of_second_derivatives_has_no_symmetry() -> None:
    """f_x.dot alone is refuted; with f_w.delta beside it second derivatives may be the same."""
    assert last(step("1", "rewrite", "f_x.dot = 2*f_x.dot")) is REFUTED
    assert last(step("1", "rewrite", "f_x.dot = 2*f_x.delta")) is UNKNOWN


def test_a_name_has_six_suffixes_at_most() -> None:
    for count, wanted in ((6, PROVED), (7, INVALID)):
        assert last(step("1", "assume", f"x{'.dot' * count} = y")) is wanted


def test_a_jump_is_quoted_by_its_first_hundred_and_twenty_signs() -> None:
    cost = "sign(t - b - " + "c*" * 100 + "c)"
    reason = next(s.verdict.reason for s in made(f"x*{cost} + x**2*a").steps if "jumps" in s.verdict.reason)
    assert reason.startswith(cost[:120] + " jumps")


def test_a_claim_of_a_person_speaks_of_no_derivative() -> None:
    document = log("driven")
    document["claims"] = [{"name": "costate.x", "text": document["steps"][5]["claim"]["x"] + " + 0*x.dot"}]
    assert replay(document).claims[0].verdict.status is INVALID


def test_rules_that_the_statement_needs_may_not_be_left_out() -> None:
    document = log("driven")
    gone = document["steps"].pop()
    found = replay(document)
    assert [(s.name, s.rule, s.verdict.status) for s in found.steps[len(document["steps"]) :]] == [("end", gone["rule"], INVALID)]
    assert "no step applies" in found.steps[-1].verdict.reason


def test_kinks_and_jumps_have_no_place_in_a_theory() -> None:
    for text in ("abs(a)", "sign(a)", "min(a, b)", "max(a, b)", "piecewise(a, a < b, b)"):
        found = judge(step("1", "assume", f"d = {text}")).steps[0].verdict
        assert found.status is INVALID and "smooth functions" in found.reason


def test_shapes_are_told_when_they_do_not_fit() -> None:
    with pytest.raises(StepRejected, match="n x n and n x k"):
        matrix._add(square(1), Matrix("n", "k", {WORD[:1]: ONE}))
