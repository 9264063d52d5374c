"""What a second draw of mutants left alive: reasons and domains as they are told, and limits that are kept exactly."""

from __future__ import annotations

import flint
import pytest
from statements import PROBLEMS
from test_rules import setting
from test_smoothness import made

from adjointcheck.derive.derivation import setting_of
from adjointcheck.errors import StepRejected
from adjointcheck.expression.grammar import parse
from adjointcheck.expression.node import apply, symbol
from adjointcheck.trusted import matrix, zero
from adjointcheck.trusted.rules import RULES
from adjointcheck.trusted.smoothness import jumps_in_time

DIVIDED = "1/a + 1/b + 1/c + 1/d"


def test_a_claim_of_other_names_is_told_by_its_names() -> None:
    with pytest.raises(StepRejected, match="got y; expected claims named"):
        RULES["define_lagrangian"].apply(setting(next(iter(PROBLEMS))), [], {"y": symbol("x")})


@pytest.mark.parametrize(("text", "more"), [(DIVIDED, ""), (f"{DIVIDED} + 1/f", " and 1 more != 0")])
def test_the_domain_tells_four_divisors_and_counts_the_others(text: str, more: str) -> None:
    (where,) = zero._where(parse(text), parse("0"))
    assert where.endswith("!= 0") and (where.count("!= 0"), " more " in where) == (5 if more else 4, bool(more))


def test_what_no_text_could_hold_is_unknown() -> None:
    root = symbol("x")
    for _ in range(61):
        root = apply("add", root, root)  # a graph of 62 nodes, a text of 2^61
    assert zero.equal(root, symbol("x")).reason.startswith("written out it is longer than")


@pytest.mark.parametrize(("cost", "found"), [
    ("x*piecewise(1, t < 1/2, 2)", 1), ("x*piecewise(1, x < 1/2, 2)", 0), ("x*piecewise(1, t < x, 2)", 0), ("x*piecewise(1, b < 1/2, 2)", 0), ("x*piecewise(1, t < w, 2)", 0),
])
def test_jumps_in_time_are_those_that_neither_state_nor_control_moves(cost: str, found: int) -> None:
    assert len(jumps_in_time(setting_of(made(cost).problem))) == found


def test_a_number_times_a_matrix_on_either_side() -> None:
    square, scalar = flint.fmpq_mat(2, 2, [1, 2, 3, 4]), flint.fmpq_mat(1, 1, [flint.fmpq(1, 2)])
    assert matrix._product(square, scalar) == matrix._product(scalar, square) == square * flint.fmpq(1, 2)


def test_a_power_of_endless_length_is_no_number() -> None:
    base, exponent = flint.fmpq_mat(1, 1, [3]), flint.fmpq_mat(1, 1, [matrix.MAX_BITS - 10])
    with pytest.raises(KeyError):
        matrix._power(base, exponent)
