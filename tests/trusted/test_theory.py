"""Rules of theories: what each accepts, what it refutes, and how a malicious log might try to have a falsehood proved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adjointcheck.errors import AdjointCheckError, DisagreementError, ProblemError
from adjointcheck.trusted import language
from adjointcheck.trusted import theory as module
from adjointcheck.trusted.replay import Judgement, replay
from adjointcheck.trusted.theory import RULES, judge_theory
from adjointcheck.trusted.verdict import Status

PROVED, REFUTED, UNKNOWN, INVALID = Status.PROVED, Status.REFUTED, Status.UNKNOWN, Status.INVALID
LETTERS = {
    "t": "1 1", "x": "n 1", "y": "n 1", "z": "n 1", "p": "1 n", "q": "1 n", "w": "k 1 input", "theta": "m 1 constant input", "x0": "n 1 constant input", "c": "1 1 constant",
    "d": "1 1 constant", "A": "n n", "B": "n n", "M": "n n nonzero", "K": "n n constant", "P": "n n symmetric", "I": "n n identity", "a": "1 1", "b": "1 1", "h": "1 1 constant nonzero",
    "rho": "1 1 positive", "J": "1 1 constant", "V": "1 1 constant", "g": "1 n constant", "G": "1 k", "Q": "n n constant", "u": "n 1 constant", "f": "n 1", "f_x": "n n", "f_w": "n k",
    "L": "1 1", "L_x": "1 n", "s": "1 1 constant",
}
FUNCTIONS = {"f": {"x": "f_x", "w": "f_w"}, "L": {"x": "L_x"}}


def step(id: str, rule: str, claim: str | Mapping[str, str], *premises: str, **how: str) -> dict[str, Any]:
    if isinstance(claim, str):
        left, _, right = claim.partition(" = ")
        right, _, at = right.partition(" at ")
        claim = {"left": left, "right": right} | ({"at": at} if at else {})
    return {"id": id, "rule": rule, "premises": list(premises), "claim": dict(claim), "how": how}


def document(*steps: dict[str, Any], letters: Mapping[str, str] | None = None, points: tuple[str, ...] = ("t0", "t1"), over: str = "time",
             functions: Mapping[str, Mapping[str, str]] | None = None) -> dict[str, Any]:
    ends = [s["id"] for s in steps if s["rule"] not in ("assume", "define")][-1:]
    return {"kind": "theory", "schema_version": 1, "letters": {**LETTERS, **(letters or {})}, "functions": dict(FUNCTIONS if functions is None else functions), "points": list(points), "over": over,
            "steps": list(steps), "conclusions": ends, "claims": []}


def judge(*steps: dict[str, Any], **given: Any) -> Judgement:
    return judge_theory(document(*steps, **given))


def last(*steps: dict[str, Any], **given: Any) -> Status:
    """Verdict of the last step; every step before it must be proved."""
    found = judge(*steps, **given).steps[: len(steps)]
    assert all(judged.verdict.status is PROVED for judged in found[:-1]), [(judged.name, judged.verdict) for judged in found[:-1]]
    return found[-1].verdict.status


FLOW = step("flow", "assume", "x.dot = A*x")

# assume


@pytest.mark.parametrize("claim", ["x.dot = f", "x = x0 at t0", "p = 0 at t1", "x.dot = x.dot.dot", "psi = 0", {"value": "J", "integrand": "L"}, {"value": "K", "mean": "x*p"}])
def test_assume_accepts_equations_solved_for_a_letter_and_functionals(claim: Any) -> None:
    assert last(step("1", "assume", claim), letters={"psi": "1 1"}) is PROVED


@pytest.mark.parametrize("claim", [
    "x = x", "x = x + y", "2*x = y", "x + y = 0", "w = 0", "theta = 0 at t0", "I = A", "eps = 0", "theta.delta = 0", "theta.dot = 0", "I.delta = 0", "0 = 0", "f.dot = x", "x = nobody",
    "x = p", "x = y at t2", "x = y at value", "x = abs(a)*y", "x = y/a", "x = y/(1 + h)", "x = inverse(A)*y", "x = log(a)*y", "x = y/rho.dot", "x = sqrt(h)*y", {"left": "x"}, {"value": "J", "left": "x"},
    {"value": "a"}, {"value": "J", "integrand": "L", "sum": "L"}, {"value": "J", "t2": "L"}, {"value": "J", "integrand": "x"}, {"value": "J", "at": "t0"}, {"integrand": "L"}, {}, {"left": "x", "right": "y", "up": "x"},
    "x = y.a.b.c.d.e.f.g", "trace = 1", "x.dot.dot.dot.dot.dot.dot.dot = y", "x = piecewise(y, a < b, x)", "x = min(a, b)*y", {"value": "theta", "mean": "theta"},
])
def test_assume_rejects_what_is_not_solved_constrains_an_input_or_cannot_be_read(claim: Any) -> None:
    assert last(step("1", "assume", claim), letters={"eps": "1 1 constant small"}) is INVALID


def test_a_letter_is_solved_for_once_at_a_place() -> None:
    assert last(FLOW, step("2", "assume", "x.dot = 0")) is INVALID
    assert last(step("1", "assume", "x = x0 at t0"), step("2", "assume", "x = 0 at t0")) is INVALID
    assert last(step("1", "assume", "x.delta.dot = y"), step("2", "assume", "x.dot.delta = 0")) is INVALID
    assert last(step("1", "assume", "x = x0 at t0"), step("2", "assume", "x = u at t1")) is PROVED


# define


@pytest.mark.parametrize(("claim", "wanted"), [
    ("y = A*x", PROVED), ("Q = K*K", PROVED), ({"value": "J", "t1": "p*x", "integrand": "L"}, PROVED), ("y = x.next + x.before", PROVED),
    ("x = y", INVALID), ("y = A*y", INVALID), ("u = x", INVALID), ("P = A", INVALID), ("M = A", INVALID), ("rho = a", INVALID), ("w = A*x", INVALID), ("f = x", INVALID), ("f_x = A", INVALID),
    ("y.dot = x", INVALID), ("y = x at t0", INVALID), ("2*y = x", INVALID), ({"value": "2*J", "integrand": "L"}, INVALID), ({"value": "J", "t0": "J", "integrand": "L"}, INVALID), ("t1 = c", INVALID),
    ("theta = 0", INVALID), ("I = A", INVALID), ("s = d", INVALID),
])
def test_define_names_a_new_letter_and_promises_nothing(claim: Any, wanted: Status) -> None:
    given = {"letters": {"t1": "1 1 constant"}, "points": ("t0", "s", "t1")}
    assert last(FLOW, step("2", "define", claim), **given) is wanted


def test_soundness_a_symmetric_or_constant_letter_cannot_be_defined_into_being() -> None:
    """P := A with P symmetric would prove A = A^T; u := x with u constant would prove xdot = 0."""
    found = judge(step("1", "define", "P = A"), step("2", "rewrite", "A = transpose(A)", "1"))
    assert found.status is INVALID and found.steps[1].verdict.status is not PROVED


def test_soundness_a_letter_is_defined_once() -> None:
    assert last(step("1", "define", "y = x"), step("2", "define", "y = A*x")) is INVALID
    assert last(step("0", "rewrite", "y - y = 0"), step("1", "define", "y = x")) is INVALID


# rewrite


@pytest.mark.parametrize(("claim", "wanted"), [("p*x.dot = p*A*x", PROVED), ("x.dot - A*x = 0", PROVED), ("p*x.dot = -p*A*x", REFUTED), ("p*x.dot = p*transpose(A)*x", REFUTED), ("x.dot = x*A", INVALID)])
def test_rewrite_puts_equals_for_equals(claim: str, wanted: Status) -> None:
    assert last(FLOW, step("2", "rewrite", claim, "flow")) is wanted


def test_rewrite_needs_no_premise_for_an_identity() -> None:
    assert last(step("1", "rewrite", "transpose(x)*P*y = transpose(y)*P*x")) is PROVED
    assert last(step("1", "rewrite", "transpose(x)*A*y = transpose(y)*A*x")) is REFUTED


def test_rewrite_combines_equations_and_functionals_under_linear_patterns() -> None:
    base = [step("one", "assume", "z = A*x + B*y"), step("e", "rewrite", "A*x + B*y - z = 0", "one")]
    assert last(*base, step("3", "rewrite", "p*A*x + p*B*y = p*z", "e", e="p*hole")) is PROVED
    assert last(*base, step("3", "rewrite", "p*A*x = p*z", "e", e="p*hole")) is REFUTED
    assert last(*base, step("3", "rewrite", "c*(A*x + B*y - z) = 0", "e", e="c*hole")) is PROVED
    spread = step("1", "assume", {"value": "I", "mean": "x*transpose(x)"})
    assert last(spread, step("2", "rewrite", {"value": "trace(K)", "mean": "transpose(x)*K*x"}, "1", **{"1": "trace(K*hole)"})) is PROVED
    assert last(spread, step("2", "rewrite", {"value": "trace(K)", "mean": "x*K*x"}, "1", **{"1": "trace(K*hole)"})) is INVALID
    assert last(spread, step("2", "rewrite", {"value": "trace(K)", "mean": "2*transpose(x)*K*x"}, "1", **{"1": "trace(K*hole)"})) is REFUTED


@pytest.mark.parametrize("pattern", ["hole*hole", "hole + c", "a*hole", "exp(hole)", "hole.dot", "hole.next", "c", "x", "hole/a", "hole**2", "trace(x*hole)", "hole)", "trace(hole)*c/d"])
def test_soundness_patterns_are_linear_and_constant_for_functionals(pattern: str) -> None:
    """An integral is not multiplied by what varies under it, and not squared."""
    given = step("1", "assume", {"value": "J", "integrand": "L"})
    assert last(given, step("2", "rewrite", {"value": "0", "integrand": "0"}, "1", **{"1": pattern})) is INVALID


def test_soundness_a_functional_and_an_equation_are_not_mixed() -> None:
    functional, equation = step("1", "assume", {"value": "J", "integrand": "L"}), step("2", "assume", "a = b")
    assert last(functional, equation, step("3", "rewrite", "J = L", "1")) is INVALID
    assert last(functional, equation, step("3", "rewrite", {"value": "J + a", "integrand": "L + b"}, "1", "2")) is INVALID
    assert last(functional, equation, step("3", "rewrite", {"value": "J", "integrand": "L", "t0": "a - b"}, "1", "2", **{"2": "hole"})) is INVALID


PLACES = [("x.dot = 0", "t0", PROVED), ("x = x0", "t0", PROVED), ("x = x0", "t1", REFUTED), ("x = x0", "always", REFUTED)]


@pytest.mark.parametrize(("claim", "at", "wanted"), PLACES)
def test_soundness_an_equation_is_used_where_it_holds(claim: str, at: str, wanted: Status) -> None:
    base = step("1", "assume", "x.dot = 0"), step("2", "assume", "x = x0 at t0")
    assert last(*base, step("3", "rewrite", f"{claim} at {at}", "1", "2")) is wanted


def test_soundness_an_end_equation_does_not_enter_the_integral() -> None:
    base = step("1", "assume", "x = x0 at t0"), step("2", "assume", {"value": "J", "t0": "p*x", "integrand": "p*x"})
    assert last(*base, step("3", "rewrite", {"value": "J", "t0": "p*x0", "integrand": "p*x"}, "2", "1")) is PROVED
    assert last(*base, step("3", "rewrite", {"value": "J", "t0": "p*x0", "integrand": "p*x0"}, "2", "1")) is REFUTED


def test_soundness_at_an_inner_point_an_equation_speaks_of_its_two_sides() -> None:
    given = {"points": ("t0", "s", "t1")}
    assert last(FLOW, step("2", "rewrite", "x.dot.before = A.before*x.before at s", "flow"), **given) is PROVED
    assert last(FLOW, step("2", "rewrite", "x.dot.after = A.after*x.after at s", "flow"), **given) is PROVED
    assert last(FLOW, step("2", "rewrite", "x.dot = A*x at s", "flow"), **given) is REFUTED
    assert last(FLOW, step("2", "rewrite", "x.dot.before = A.after*x.before at s", "flow"), **given) is REFUTED
    assert last(FLOW, step("2", "rewrite", "x.dot = A*x at s", "flow", flow="hole"), **given) is INVALID


def test_soundness_over_layers_always_ends_before_the_last() -> None:
    law = step("1", "assume", "p = p.next*A")
    given = {"points": ("first", "last"), "over": "layers"}
    assert last(law, step("2", "rewrite", "p*x = p.next*A*x at first", "1"), **given) is PROVED
    assert last(law, step("2", "rewrite", "p*x = p.next*A*x at last", "1"), **given) is REFUTED


def test_a_refutation_keeps_still_where_a_premise_implies_more() -> None:
    """x.dot = A*x implies something of x.dot.dot, which plain replacement does not see."""
    assert last(FLOW, step("2", "rewrite", "x.dot.dot = A.dot*x + A*A*x", "flow")) is UNKNOWN
    assert last(FLOW, step("2", "rewrite", "x.dot.delta = 0", "flow")) is UNKNOWN
    assert last(step("1", "rewrite", "f_x.dot*x.delta = f_x.delta*x.dot")) is UNKNOWN  # second derivatives are symmetric
    assert last(step("1", "assume", "x = y"), step("2", "assume", "y = x"), step("3", "rewrite", "x = 0", "1", "2")) is UNKNOWN
    assert last(step("1", "assume", "x = y at t0"), step("2", "assume", "x = z"), step("3", "rewrite", "y = z at t0", "1", "2")) is UNKNOWN


# differentiate


@pytest.mark.parametrize(("claim", "by", "wanted"), [
    ("x.dot.delta = A.delta*x + A*x.delta", "delta", PROVED), ("x.dot.dot = A.dot*x + A*x.dot", "dot", PROVED), ("x.dot.delta = A*x.delta", "delta", REFUTED),
    ("x.dot.delta = A.delta*x", "delta", REFUTED), ("x.dot.delta = x.delta", "after", INVALID), ("x.dot.delta = 0", "next", INVALID), ("x.dot.delta = 0", "De", INVALID), ("x.dot.delta = 0", "", INVALID),
])
def test_differentiate_by_the_product_rule(claim: str, by: str, wanted: Status) -> None:
    assert last(FLOW, step("2", "differentiate", claim, "flow", by=by)) is wanted


@pytest.mark.parametrize(("left", "right", "wanted"), [
    ("f", "f_x*x.dot + f_w*w.dot", PROVED), ("f", "f_x*x.dot", REFUTED), ("L*x", "L_x*x.dot*x + L*x.dot", PROVED), ("inverse(M)*x", "inverse(M)*x.dot - inverse(M)*M.dot*inverse(M)*x", PROVED),
    ("inverse(M)*x", "inverse(M)*x.dot - M.dot*inverse(M)*inverse(M)*x", REFUTED), ("det(M)*x", "det(M)*(trace(inverse(M)*M.dot)*x + x.dot)", PROVED), ("trace(M)*x", "trace(M.dot)*x + trace(M)*x.dot", PROVED),
    ("transpose(p)", "transpose(p.dot)", PROVED), ("x/rho", "x.dot/rho - rho.dot*x/rho**2", PROVED), ("log(rho)*x", "rho.dot/rho*x + log(rho)*x.dot", PROVED), ("u", "0", PROVED), ("I*x", "x.dot", PROVED),
    ("theta*p*x", "theta*(p.dot*x + p*x.dot)", PROVED), ("exp(a)*x", "exp(a)*x.dot", UNKNOWN), ("a**3*x", "3*a**2*a.dot*x + a**3*x.dot", PROVED),
])
def test_derivatives_of_every_head(left: str, right: str, wanted: Status) -> None:
    size = "m 1" if "theta" in left else "n 1"
    assert last(step("1", "define", f"e = {left}"), step("2", "differentiate", f"e.dot = {right}", "1", by="dot"), letters={"e": size} if left != "det" else None) is wanted


HAMILTON = {"H": "1 1", "H_x": "1 n", "H_p": "n 1", "H_xx": "n n symmetric", "H_px": "n n", "H_pp": "n n symmetric", "v": "n 1", "v_p": "n n", "row": "1 n", "row_a": "1 n"}


@pytest.mark.parametrize(("left", "right", "wanted"), [
    ("H", "H_x*x.delta + p.delta*H_p", PROVED), ("H_x", "transpose(x.delta)*H_xx + p.delta*H_px", PROVED), ("H_p", "H_px*x.delta + H_pp*transpose(p.delta)", PROVED), ("H_x.next", "transpose(x.next.delta)*H_xx.next + p.next.delta*H_px.next", PROVED),
    ("H_x", "transpose(x.delta)*H_xx + transpose(H_px*transpose(p.delta))", REFUTED), ("H", "H_x*x.delta - p.delta*H_p", REFUTED), ("H_x.next", "transpose(x.next.delta)*H_xx + p.next.delta*H_px", REFUTED),
    ("row", "a.delta*row_a", PROVED), ("row*u.next", "a.delta*row_a*u + row*u.delta", PROVED),
])
def test_the_chain_rule_keeps_rows_and_columns_apart(left: str, right: str, wanted: Status) -> None:
    functions = {"H": {"x": "H_x", "p": "H_p"}, "H_x": {"x": "H_xx", "p": "H_px"}, "H_p": {"x": "H_px", "p": "H_pp"}, "row": {"a": "row_a"}}
    size = "n 1" if left == "H_p" else "1 n" if left in ("H_x", "H_x.next", "row") else "1 1"
    assert last(step("1", "define", f"e = {left}"), step("2", "differentiate", f"e.delta = {right}", "1", by="delta"), letters={**HAMILTON, "e": size}, functions=functions) is wanted


def test_a_functional_of_points_alone_is_varied_point_by_point() -> None:
    cost = step("1", "define", {"value": "J", "t1": "p*x"})
    assert last(cost, step("2", "differentiate", {"value": "J.delta", "t1": "p.delta*x + p*x.delta"}, "1", by="delta")) is PROVED
    lone = step("1", "define", {"value": "J", "integrand": "L"})
    assert last(lone, step("2", "differentiate", {"value": "J.delta", "integrand": "L_x*x.delta"}, "1", by="delta"), points=("t0",)) is INVALID


def test_a_disagreement_of_our_own_codes_stops_the_judgement(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise DisagreementError("zero test", "one", "two")

    monkeypatch.setattr(language, "proof", broken)
    with pytest.raises(DisagreementError):
        judge(step("1", "rewrite", "x = x"))


def test_soundness_an_equation_at_a_point_has_no_time_derivative() -> None:
    at = step("1", "assume", "x = x0 at t0")
    assert last(at, step("2", "differentiate", "x.dot = 0 at t0", "1", by="dot")) is INVALID
    assert last(at, step("2", "differentiate", "x.delta = x0.delta at t0", "1", by="delta")) is PROVED
    moving = {"letters": {"t0": "1 1 constant"}}
    assert last(at, step("2", "differentiate", "x.delta = x0.delta at t0", "1", by="delta"), **moving) is REFUTED
    assert last(at, step("2", "differentiate", "x.delta + x.dot*t0.delta = x0.delta at t0", "1", by="delta"), **moving) is PROVED
    assert last(at, step("2", "differentiate", "x.delta + x.dot*t0.delta = x0.delta", "1", by="delta"), **moving) is INVALID


def test_functionals_are_varied_by_leibniz_rule() -> None:
    given = {"letters": {"t0": "1 1 constant", "t1": "1 1 constant", "s": "1 1 constant"}, "points": ("t0", "s", "t1")}
    cost = step("1", "define", {"value": "J", "t1": "p*x", "integrand": "L"})
    right = {"value": "J.delta", "t0": "-L*t0.delta", "s": "(L.before - L.after)*s.delta", "t1": "p.delta*x + p*x.delta + (p.dot*x + p*x.dot + L)*t1.delta", "integrand": "L_x*x.delta"}
    assert last(cost, step("2", "differentiate", right, "1", by="delta"), **given) is PROVED
    wrong = {"t0": "L*t0.delta", "s": "0", "t1": "p.delta*x + p*x.delta + L*t1.delta", "integrand": "-L_x*x.delta", "value": "J"}
    for slot, text in wrong.items():
        assert last(cost, step("2", "differentiate", {**right, slot: text}, "1", by="delta"), **given) is REFUTED
    assert last(cost, step("2", "differentiate", {"value": "0"}, "1", by="dot"), **given) is INVALID


def test_soundness_layers_have_neither_time_nor_moving_ends() -> None:
    given = {"points": ("first", "last"), "over": "layers"}
    assert last(FLOW, step("2", "differentiate", "x.dot.dot = A.dot*x + A*x.dot", "flow", by="dot"), **given) is INVALID
    with pytest.raises(ProblemError):
        judge(FLOW, letters={"last": "1 1 constant"}, **given)


# by_parts


def test_by_parts_moves_a_derivative_and_leaves_boundary_terms() -> None:
    given = {"points": ("t0", "s", "t1")}
    cost = step("1", "define", {"value": "J", "integrand": "p*x.dot"})
    right = {"value": "J", "t0": "-p*x", "s": "p.before*x.before - p.after*x.after", "t1": "p*x", "integrand": "-p.dot*x"}
    assert last(cost, step("2", "by_parts", right, "1", boundary="p*x"), **given) is PROVED
    for slot, text in {"t0": "p*x", "t1": "-p*x", "s": "0", "integrand": "p.dot*x"}.items():
        assert last(cost, step("2", "by_parts", {**right, slot: text}, "1", boundary="p*x"), **given) is REFUTED
    for boundary in ("p*x.next", "p*nobody", "p"):
        assert last(cost, step("2", "by_parts", right, "1", boundary=boundary), **given) is INVALID


def test_sums_telescope() -> None:
    given = {"points": ("first", "last"), "over": "layers"}
    cost = step("1", "define", {"value": "J", "sum": "p.next*x.next"})
    assert last(cost, step("2", "by_parts", {"value": "J", "sum": "p*x", "last": "p*x", "first": "-p*x"}, "1", boundary="p*x"), **given) is PROVED
    assert last(cost, step("2", "by_parts", {"value": "J", "sum": "p*x", "last": "p.next*x.next", "first": "-p*x"}, "1", boundary="p*x"), **given) is REFUTED
    assert last(cost, step("2", "by_parts", {"value": "J", "integrand": "p*x"}, "1", boundary="p*x"), **given) is INVALID
    assert last(step("1", "assume", {"value": "J", "mean": "p*x"}), step("2", "by_parts", {"value": "J", "mean": "p*x"}, "1", boundary="p*x")) is INVALID


def test_the_reversed_integral_changes_its_sign() -> None:
    cost = step("1", "define", {"value": "J", "integrand": "L"})
    assert last(cost, step("2", "rewrite", {"value": "J", "reversed": "-L"}, "1")) is PROVED
    assert last(cost, step("2", "rewrite", {"value": "J", "reversed": "L"}, "1")) is REFUTED


# choose

VARIED = step("v", "assume", {"value": "J.delta", "t0": "p*x.delta", "t1": "(L_x - p)*x.delta", "integrand": "(L_x + p.dot + p*f_x)*x.delta + G*w.delta"})


@pytest.mark.parametrize(("claim", "of", "wanted"), [
    ("p.dot = -L_x - p*f_x", "x.delta", PROVED), ("p = L_x at t1", "x.delta", PROVED), ("p.dot = L_x - p*f_x", "x.delta", REFUTED), ("p.dot = -L_x", "x.delta", REFUTED), ("p = -L_x at t1", "x.delta", REFUTED),
    ("p = L_x at t0", "x.delta", REFUTED), ("L_x = p at t1", "x.delta", INVALID), ("q.dot = 0", "x.delta", INVALID), ("p.dot = 0", "w.delta", INVALID), ("p = -p.dot", "x.delta", INVALID),
    ("p.dot = -L_x - p*f_x at t0", "x.delta", INVALID), ("p.dot = -L_x - p*f_x", "x", INVALID), ("p.dot = -L_x - p*f_x", "x.dot", INVALID), ("G = 0", "w.delta", INVALID),
])
def test_choose_frees_the_functional_of_a_variation(claim: str, of: str, wanted: Status) -> None:
    assert last(VARIED, step("2", "choose", claim, "v", of=of)) is wanted


def test_soundness_a_multiplier_has_one_law_and_starts_at_one_end() -> None:
    """p(t1) and p(t0) both chosen would prove that nothing depends on the initial state."""
    law, end = step("2", "choose", "p.dot = -L_x - p*f_x", "v", of="x.delta"), step("3", "choose", "p = L_x at t1", "v", of="x.delta")
    assert last(VARIED, law, end) is PROVED
    assert last(VARIED, law, end, step("4", "choose", "p = 0 at t0", "v", of="x.delta")) is INVALID
    assert last(VARIED, law, step("3", "choose", "p = -q at t1", "v", of="x.delta")) is REFUTED
    assert last(step("0", "assume", "p.dot = q"), VARIED, step("3", "choose", "p = L_x at t1", "v", of="x.delta")) is INVALID


def test_soundness_choices_do_not_chase_each_other() -> None:
    """p = q at t1 and q = p + g at t1 together would prove g = 0."""
    functional = step("v", "assume", {"value": "J.delta", "t1": "(p - q)*x.delta + (q - p - g)*y.delta"})
    first = step("1", "choose", "p = q at t1", "v", of="x.delta")
    assert last(functional, first) is PROVED
    assert last(functional, first, step("2", "choose", "q = p + g at t1", "v", of="y.delta")) is INVALID


def test_soundness_a_multiplier_does_not_follow_the_variation() -> None:
    """A costate that knows w.delta would make its value at t0 no gradient."""
    bent = step("v", "assume", {"value": "J.delta", "integrand": "(p.dot + (G*w.delta)*L_x)*x.delta"})
    assert last(bent, step("2", "choose", "p.dot = -(G*w.delta)*L_x", "v", of="x.delta")) is INVALID


def test_a_one_sided_variation_may_be_freed_at_an_inner_point() -> None:
    given = {"points": ("t0", "s", "t1")}
    functional = step("v", "assume", {"value": "J.delta", "s": "(L_x.before + p.after*A.before - p.before)*x.before.delta"})
    assert last(functional, step("2", "choose", "p.before = p.after*A.before + L_x.before at s", "v", of="x.before.delta"), **given) is PROVED
    assert last(functional, step("2", "choose", "p.before = p.after*A.after + L_x.before at s", "v", of="x.before.delta"), **given) is REFUTED
    assert last(functional, step("2", "choose", "p = p.after*A.before + L_x.before at s", "v", of="x.before.delta"), **given) is INVALID


# gradient

LINEAR = step("v", "assume", {"value": "J.delta", "t0": "p*x0.delta", "t1": "c*q*K*x0.delta", "integrand": "L_x*f_w*w.delta + p*x0.delta"})


@pytest.mark.parametrize(("claim", "of", "wanted"), [
    ({"value": "g", "t0": "p", "t1": "c*q*K", "integrand": "p"}, "x0.delta", PROVED), ("G = L_x*f_w", "w.delta", PROVED), ("G = -L_x*f_w", "w.delta", REFUTED), ("G = 2*L_x*f_w", "w.delta", REFUTED),
    ({"value": "g", "t0": "p", "t1": "c*q*K"}, "x0.delta", REFUTED), ({"value": "g", "t0": "-p", "t1": "c*q*K", "integrand": "p"}, "x0.delta", REFUTED), ({"value": "g", "t0": "p", "t1": "q*K", "integrand": "p"}, "x0.delta", REFUTED),
    ({"value": "J", "t0": "p"}, "x0.delta", INVALID), ("q = p", "x0.delta", INVALID), ({"value": "V", "integrand": "L"}, "w.delta", INVALID), ("G = L_x*f_w at t0", "w.delta", INVALID),
    ("G = L_x*f_w", "w", INVALID), ("G = L_x*f_w", "w.dot", INVALID), ("p = L_x", "w.delta", INVALID),
])
def test_gradient_reads_off_the_coefficient_of_an_input(claim: Any, of: str, wanted: Status) -> None:
    assert last(LINEAR, step("2", "gradient", claim, "v", of=of)) is wanted


@pytest.mark.parametrize(("functional", "claim", "of"), [
    ({"value": "J.delta", "t1": "p*x.delta + q*x0.delta"}, {"value": "g", "t1": "q"}, "x0.delta"),  # x depends on x0: not yet the gradient
    ({"value": "J.delta", "integrand": "G.dot*w.delta + G*w.delta.dot"}, "H = G.dot", "w.delta"),
    ({"value": "J.delta", "t1": "G*w.delta"}, "H = G", "w.delta"), ({"value": "J.delta", "mean": "G*w.delta"}, "H = G", "w.delta"),
    ({"value": "J.delta", "integrand": "L"}, {"value": "g"}, "x0.delta"), ({"value": "J.delta", "integrand": "transpose(w.delta)*w.delta"}, "H = transpose(w.delta)", "w.delta"),
    ({"value": "J.delta", "integrand": "transpose(w.delta)*w.delta"}, "H = 0*G", "w.delta"), ({"value": "J.delta", "t1": "G*w.delta", "integrand": "G*w.delta"}, "H = G", "w.delta"),
    ({"value": "J.delta", "integrand": "p*x0.delta*L"}, "H = p*L", "x0.delta"),
])
def test_soundness_only_a_linear_functional_of_free_inputs_has_gradients(functional: Any, claim: Any, of: str) -> None:
    assert last(step("v", "assume", functional), step("2", "gradient", claim, "v", of=of), letters={"H": "1 n" if of == "x0.delta" else "1 k"}) in (INVALID, REFUTED)


def test_soundness_a_gradient_does_not_contain_the_variation() -> None:
    """w.delta^T w.delta = (2 w.delta^T) w.delta / 2 is no linear functional, though both equalities of the rule would hold."""
    square = step("v", "assume", {"value": "J.delta", "integrand": "transpose(w.delta)*w.delta"})
    assert last(square, step("2", "gradient", "H = 2*transpose(w.delta)", "v", of="w.delta"), letters={"H": "1 k"}) is INVALID
    assert last(square, step("2", "gradient", "H = 2*transpose(w.dot.delta)*0 + 2*transpose(w.delta)", "v", of="w.delta"), letters={"H": "1 k"}) is INVALID


# expand and limit

SMALL = {"eps": "1 1 constant small nonzero", "r": "n n varies", "e": "1 1 varies", "D": "1 1"}


@pytest.mark.parametrize(("claim", "order", "wanted"), [
    ("det(I + eps*A) = 1 + eps*trace(A) + eps**2*e", "1", PROVED), ("det(I + eps*A) = 1 + eps**1*e", "0", PROVED), ("det(I + eps*A) = 1 + eps*trace(A*A) + eps**2*e", "1", REFUTED),
    ("det(I + eps*A) = 1 - eps*trace(A) + eps**2*e", "1", REFUTED), ("det(I + eps*A) = 1 + eps*trace(A) + eps**2*e", "2", REFUTED), ("det(I + eps*A) = 1 + eps*trace(A) + eps*e", "1", REFUTED),
    ("exp(eps*a) = 1 + eps*a + eps**2*a**2/2 + eps**3*e", "2", PROVED), ("exp(eps*a) = 1 + eps*a + eps**2*a**2 + eps**3*e", "2", UNKNOWN), ("a/eps = a + e*eps", "0", INVALID), ("a = a + eps*D", "0", INVALID),
    ("a + e*eps = a + e*eps", "0", INVALID), ("a = a + eps*e", "x", INVALID), ("a = a + eps*e", "99", INVALID), ("a = a + eps*e at t0", "0", INVALID), ({"value": "J"}, "0", INVALID), ("a.next = a + eps*e", "0", INVALID),
])
def test_expand_compares_taylor_coefficients(claim: Any, order: str, wanted: Status) -> None:
    rest = "D" if "eps*D" in claim else "e"
    assert last(step("1", "expand", claim, order=order, remainder=rest), letters=SMALL) is wanted


def test_limit_drops_what_the_small_letter_multiplies() -> None:
    """From a(t) = a(t + eps) X and Taylor's theorem: adot = -a f_x."""
    start = (step("1", "assume", "p.next = p + eps*p.dot + eps**2*o"), step("2", "assume", "X = I + eps*A + eps**2*r"), step("3", "assume", "p = p.next*X"))
    given = {"letters": {**SMALL, "o": "1 n varies", "X": "n n varies"}}
    rest = "eps*(o + p.dot*A + p*r) + eps**2*(o*A + p.dot*r) + eps**3*o*r"
    divided = step("4", "rewrite", f"p.dot + p*A + {rest} = 0", "3", "1", "2", **{"3": "-hole/eps"})
    assert last(*start, divided, **given) is PROVED
    assert last(*start, divided, step("5", "limit", "p.dot = -p*A", "4"), **given) is PROVED
    assert last(*start, divided, step("5", "limit", "p.dot = p*A", "4"), **given) is REFUTED
    assert last(*start, divided, step("5", "limit", "p.dot = -p*A - eps*p*r", "4"), **given) is INVALID
    assert last(*start, step("5", "limit", "p = p.next", "3"), **given) is INVALID


@pytest.mark.parametrize("fact", ["a = e", "x = y.next", "a = e/eps", "a = b/rho"])
def test_soundness_a_limit_needs_bounded_letters(fact: str) -> None:
    """e/eps need not tend to anything; e itself has no limit by name; rho may tend to 0."""
    claim = "x = y" if fact[0] == "x" else "a = 0" if "b" not in fact else "a = b"
    assert last(step("1", "assume", fact), step("2", "limit", claim, "1"), letters={**SMALL, "rho": "1 1 positive varies"}) in (INVALID, REFUTED)


def test_soundness_what_grows_as_eps_falls_is_not_called_bounded() -> None:
    """y := a/eps, so eps y = a; were y bounded, the limit would prove a = 0."""
    assert last(step("1", "define", "e = a/eps"), letters=SMALL) is INVALID
    assert last(step("1", "define", "D = a*eps"), letters=SMALL) is INVALID
    assert last(step("1", "define", "e = a*eps"), letters=SMALL) is PROVED


def test_a_sum_of_eps_times_something_becomes_an_integral() -> None:
    given = {"letters": {**SMALL, "V": "1 1 constant varies", "W": "1 1 constant"}, "points": ("first", "last"), "over": "layers"}
    total = step("1", "define", {"value": "V", "last": "p*x", "sum": "eps*L + eps**2*e"})
    assert last(total, step("2", "limit", {"value": "W", "last": "p*x", "integrand": "L"}, "1"), **given) is PROVED
    for wrong in ({"last": "p*x", "integrand": "-L"}, {"integrand": "L"}, {"last": "p*x", "integrand": "L", "first": "L"}):
        assert last(total, step("2", "limit", {"value": "W", **wrong}, "1"), **given) is REFUTED
    assert last(total, step("2", "limit", {"value": "V", "last": "p*x", "integrand": "L"}, "1"), **given) is INVALID
    assert last(total, step("2", "limit", {"value": "W", "last": "p*x", "integrand": "e"}, "1"), **given) is INVALID
    whole = step("1", "define", {"value": "V", "sum": "L + eps*e"})
    assert last(whole, step("2", "limit", {"value": "W", "integrand": "0"}, "1"), **given) is REFUTED


# unique


def test_unique_lets_a_linear_law_keep_zero() -> None:
    law, zero, claim = step("1", "assume", "x.dot = A*x"), step("2", "assume", "x = 0 at t0"), step("3", "unique", "x = 0", "1", "2")
    assert last(law, zero, claim) is PROVED
    assert last(law, step("2", "assume", "x = 0 at t1"), claim) is PROVED
    assert last(step("1", "assume", "x.dot = A*x + y"), zero, claim) is REFUTED
    assert last(law, step("2", "assume", "x = x0 at t0"), claim) is REFUTED
    assert last(law, zero, step("3", "unique", "x = y", "1", "2")) is REFUTED
    assert last(law, zero, step("3", "unique", "x = 0 at t1", "1", "2")) is INVALID
    assert last(law, zero, step("3", "unique", "y = 0", "1", "2")) is INVALID
    assert last(law, zero, claim, points=("t0", "s", "t1")) is INVALID


def test_soundness_a_layer_law_starts_where_it_starts() -> None:
    given = {"points": ("first", "last"), "over": "layers"}
    back, forth, claim = step("1", "assume", "p = p.next*A"), step("1", "assume", "p.next = p*A"), step("3", "unique", "p = 0", "1", "2")
    at_last, at_first = step("2", "assume", "p = 0 at last"), step("2", "assume", "p = 0 at first")
    assert last(back, at_last, claim, **given) is PROVED and last(forth, at_first, claim, **given) is PROVED
    assert last(back, at_first, claim, **given) is INVALID and last(forth, at_last, claim, **given) is INVALID
    assert last(back, at_last, claim, points=("first", "last")) is INVALID  # over time p.next is another time, not the next of finitely many
    assert last(step("1", "assume", "x.dot = sqrt(rho)*y"), step("2", "assume", "x = 0 at t0"), step("3", "unique", "x = 0", "1", "2")) is UNKNOWN


# The whole log


def test_every_rule_has_words_and_a_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{name}"' in text and row.words for name, row in RULES.items())


@pytest.mark.parametrize("change", [
    {"rule": "eval"}, {"rule": "judge_theory"}, {"premises": ["nobody"]}, {"premises": ["2"]}, {"premises": ["flow", "flow"]}, {"id": "flow"}, {"how": {"flow": "hole", "other": "hole"}}, {"how": {"by": "dot"}},
])
def test_foreign_rules_premises_ids_and_options_are_invalid(change: dict[str, Any]) -> None:
    assert judge(FLOW, {**step("2", "rewrite", "x.dot = A*x", "flow"), **change}).steps[1].verdict.status is INVALID


def test_soundness_a_forward_reference_is_no_premise() -> None:
    found = judge(step("1", "rewrite", "x = y", "2"), step("2", "rewrite", "x = y", "1"))
    assert [judged.verdict.status for judged in found.steps[:2]] == [INVALID, INVALID]


def test_soundness_too_many_premises_for_a_rule_without_any() -> None:
    assert last(FLOW, step("2", "assume", "y = x", "flow")) is INVALID
    assert last(FLOW, step("2", "define", "y = x", "flow")) is INVALID
    assert last(FLOW, step("2", "differentiate", "x.dot.delta = 0", by="delta")) is INVALID
    assert last(FLOW, step("2", "expand", "a = a + eps*e", "flow", order="0", remainder="e"), letters=SMALL) is INVALID
    zero, more = step("2", "assume", "x = 0 at t0"), step("3", "assume", "y = z")
    assert last(FLOW, zero, more, step("4", "unique", "x = 0", "flow", "2", "3")) is INVALID
    assert last(FLOW, more, step("4", "limit", "x.dot = A*x", "flow", "3"), letters=SMALL) is INVALID
    assert last(FLOW, more, step("4", "limit", "x.dot = A*x", "flow"), letters=SMALL) is PROVED
    assert last(FLOW, step("1", "rewrite", "y = y", "flow"), step("2", "rewrite", "y - x = z - z + y - x", "1")) is PROVED


def test_a_premise_to_put_in_is_solved_for_a_letter() -> None:
    assert last(FLOW, step("1", "rewrite", "x.dot - A*x = 0", "flow"), step("2", "rewrite", "p*x.dot = p*A*x", "1")) is INVALID
    assert last(FLOW, step("1", "rewrite", "x.dot - A*x = 0", "flow"), step("2", "rewrite", "p*x.dot = p*A*x", "1", **{"1": "p*hole"})) is PROVED


@pytest.mark.parametrize("conclusions", [[], ["nobody"], ["flow"], ["2", "3"]])
def test_a_theory_states_what_a_step_proves(conclusions: list[str]) -> None:
    found = judge_theory({**document(FLOW, step("2", "rewrite", "x.dot = A*x", "flow")), "conclusions": conclusions})
    assert found.status is INVALID


@pytest.mark.parametrize("change", [
    {"letters": {"x": "n"}}, {"letters": {"x": "n 1 lucky"}}, {"letters": {"x": 3}}, {"letters": {"x": "0 1"}}, {"letters": {"x": "12 1"}}, {"letters": {"x y": "1 1"}}, {"letters": {"exp": "1 1"}}, {"letters": {"trace": "1 1"}},
    {"letters": {"hole": "1 1"}}, {"letters": {"P": "n k symmetric"}}, {"letters": {"P": "n k identity"}}, {"letters": {"P": "n k nonzero"}}, {"letters": {"x": "n 1 positive"}}, {"letters": {"e": "1 1 small"}},
    {"functions": {"f": {"x": "f_w"}}}, {"functions": {"g": {"x": "A"}}, "letters": {"x": "n 1", "g": "n 1", "A": "n k"}}, {"functions": {"nobody": {}}}, {"functions": {"f": 3}}, {"points": ["t0", "t0"]}, {"points": ["always"]},
    {"points": ["integrand", "t1"]}, {"points": ["at"]}, {"points": 3}, {"points": [3]}, {"over": "space"}, {"over": "layers", "points": ["a", "b", "c"]}, {"steps": 3}, {"steps": [3]}, {"steps": [{}]}, {"letters": None}, {"conclusions": [3]},
    {"schema_version": 2}, {"letters": {"t0": "n 1 constant"}}, {"letters": {"t0": "1 1"}}, {"letters": {"x²": "1 1"}}, {"letters": {"x": "² 1"}},
])
def test_what_is_no_theory_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(AdjointCheckError):
        judge_theory({**document(FLOW), **change})


@pytest.mark.parametrize(("functions", "letters"), [
    ({"a": {"b": "c"}, "b": {"a": "c"}}, {"a": "1 1", "b": "1 1", "c": "1 1"}), ({"a": {"a": "c"}}, {"a": "1 1", "c": "1 1"}), ({"a": {"b": "c"}}, {"a": "1 1 constant", "b": "1 1", "c": "1 1"}),
    ({"a": {"b": "c"}}, {"a": "1 1", "b": "1 1 varies", "c": "1 1"}), ({"A": {"x": "B"}}, {"A": "n n", "x": "n 1", "B": "n n"}), ({"x": {"A": "B"}}, {"A": "n n", "x": "n 1", "B": "n n"}), ({"x": {"y": "nobody"}}, {"x": "n 1", "y": "n 1"}),
    ({"a": {"b": "c"}}, {"a": "1 1", "b": "1 1", "c": "1 1 input"}), ({"a": {"b": "c"}}, {"a": "1 1 input", "b": "1 1", "c": "1 1"}),
])
def test_soundness_functions_of_functions_false_constants_and_matrices_are_refused(functions: Any, letters: Any) -> None:
    with pytest.raises(AdjointCheckError):
        judge_theory({"schema_version": 1, "letters": letters, "functions": functions, "points": ["t0", "t1"], "over": "time", "steps": [], "conclusions": []})


def test_soundness_a_divisor_is_a_letter_that_the_theory_calls_nonzero() -> None:
    """c = 0 and c x = c y must not give x = y by division."""
    zero, equal = step("1", "assume", "c = 0"), step("2", "rewrite", "c*x = c*y", "1")
    assert last(zero, equal, step("3", "rewrite", "x = y", "2", **{"2": "hole/c"})) is INVALID
    assert last(step("1", "assume", "a = b"), step("2", "rewrite", "a*h/h = b", "1")) is PROVED


def test_a_hidden_dependence_on_time_shows_in_the_derivative() -> None:
    """c is flagged constant, so c = a forces a.dot = 0 as a hypothesis would; without the flag nothing follows."""
    assert last(step("1", "assume", "c = a"), step("2", "differentiate", "0 = a.dot", "1", by="dot")) is PROVED
    assert last(step("1", "assume", "b = a"), step("2", "differentiate", "0 = a.dot", "1", by="dot")) is REFUTED
    assert last(step("1", "define", "c = a")) is INVALID


def test_later_steps_are_judged_on_what_earlier_ones_claim() -> None:
    found = judge(FLOW, step("2", "rewrite", "p*x.dot = -p*A*x", "flow"), step("3", "rewrite", "p*x.dot + p*A*x = 0", "2", **{"2": "hole"}))
    assert [judged.verdict.status for judged in found.steps] == [PROVED, REFUTED, PROVED] and found.first_wrong == "2" and found.status is REFUTED


def test_replay_takes_theories() -> None:
    assert replay(document(FLOW, step("2", "rewrite", "x.dot = A*x", "flow"))).status is PROVED


def test_work_without_end_is_unknown() -> None:
    product = "*".join(["(A + B + P + M)"] * 12)
    assert last(step("1", "rewrite", f"{product}*x = 0")) is UNKNOWN


def test_a_verdict_in_the_log_is_not_believed() -> None:
    forged = {**step("2", "rewrite", "x.dot = -A*x", "flow"), "verdict": "proved", "evidence": ["normal form (plain)"]}
    assert judge(FLOW, forged).steps[1].verdict.status is REFUTED


def test_evidence_names_a_hypothesis_and_a_definition() -> None:
    found = judge(FLOW, step("2", "define", "y = A*x"), step("3", "rewrite", "x.dot = y", "flow", "2"))
    assert [judged.verdict.evidence[0] for judged in found.steps[:2]] == ["hypothesis", "definition"] and found.status is PROVED
    assert module.RULES["assume"].words
