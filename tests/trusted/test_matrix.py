"""Normal forms of matrices of any dimension, against NumPy-free exact evaluation and identities known from linear algebra."""

from __future__ import annotations

import random

import pytest

from adjointcheck.errors import DisagreementError, StepRejected
from adjointcheck.expression.grammar import GrammarError, parse, to_text
from adjointcheck.expression.node import ZERO, Expression
from adjointcheck.trusted import matrix_witness
from adjointcheck.trusted.matrix import Letter, compare, has, normal
from adjointcheck.trusted.polynomial import BudgetError
from adjointcheck.trusted.verdict import Status, Verdict

SHAPES = {
    "A": "n n", "B": "n n", "C": "n k", "D": "k n", "I": "n n identity", "M": "n n nonzero", "N": "n n nonzero", "P": "n n symmetric",
    "x": "n 1", "y": "n 1", "v": "k 1", "p": "1 n", "q": "1 k", "a": "1 1", "b": "1 1", "h": "1 1 nonzero", "r": "1 1 positive", "S": "2 2",
}
LETTERS = {name: Letter(*text.split()[:2], frozenset(text.split()[2:])) for name, text in SHAPES.items()}


def read(text: str) -> Expression:
    return parse(text, matrices=True)


def judge(left: str, right: str, *given: str) -> Verdict:
    return compare(read(left), read(right), LETTERS, [read(text) for text in given])


TRUE = [
    ("A*(B + A)", "A*B + A*A"), ("transpose(A*C)", "transpose(C)*transpose(A)"), ("transpose(p*A)", "transpose(A)*transpose(p)"),
    ("p*A*x", "transpose(x)*transpose(A)*transpose(p)"), ("a*C*v", "C*v*a"), ("x*(p*y)", "p*y*x"), ("x*p*y*q", "(p*y)*(x*q)"),
    ("transpose(P)", "P"), ("transpose(x)*P*y", "transpose(y)*P*x"), ("trace(A*B)", "trace(B*A)"), ("trace(C*D)", "trace(D*C)"),
    ("trace(A*B*M)", "trace(transpose(B)*transpose(A)*transpose(M))"), ("trace(x*p)", "p*x"), ("trace(x*p*A)", "p*A*x"), ("trace(a)", "a"),
    ("M*inverse(M)", "I"), ("inverse(M)*M*x", "x"), ("inverse(M*N)", "inverse(N)*inverse(M)"), ("inverse(transpose(M))", "transpose(inverse(M))"),
    ("trace(M*A*inverse(M))", "trace(A)"), ("trace(inverse(M)*A*M*B)", "trace(A*M*B*inverse(M))"), ("inverse(h*M)", "inverse(M)/h"), ("inverse(h)", "1/h"),
    ("I*A*I", "A"), ("p*I*x", "p*x"), ("trace(S*inverse(S))", "2"), ("trace(I + A)", "trace(I) + trace(A)"), ("det(M*N)", "det(N)*det(M)"),
    ("det(transpose(M))", "det(M)"), ("det(inverse(M))*det(M)", "1"), ("det(I)", "1"), ("det(a)", "a"), ("det(I + h*A)", "det(h*A + I)"),
    ("inverse(M + N)*(M + N)*x", "inverse(N + M)*M*x + inverse(M + N)*N*x"), ("A - A", "0"), ("0*A + B", "B"), ("(a + b)**2*x", "(a**2 + 2*a*b + b**2)*x"),
    ("exp(a)*exp(b)*C", "exp(a + b)*C"), ("(a - a)*x + 0", "0"), ("transpose(0) + trace(0)", "0"), ("x/h + y/h", "(x + y)/h"),
    ("sqrt(r)**2*x", "r*x"), ("r**(1/2)*r**(1/2)*x", "r*x"), ("trace(M*N*A*inverse(N)*inverse(M))", "trace(A)"), ("2/3*x + x/3", "x"),
]
FALSE = [
    ("A*B", "B*A"), ("transpose(A*B)", "transpose(A)*transpose(B)"), ("transpose(A)", "A"), ("p*A*x", "p*transpose(A)*x"), ("trace(A*B)", "trace(A)*trace(B)"),
    ("trace(A*B*M)", "trace(B*A*M)"), ("x*p", "transpose(x*p)"), ("inverse(M*N)", "inverse(M)*inverse(N)"), ("M*A*inverse(M)", "A"), ("det(M + N)", "det(M) + det(N)"),
    ("det(2*M)", "2*det(M)"), ("trace(I)", "1"), ("trace(I)", "2"), ("a", "b"), ("h*x", "x"), ("A", "0"), ("p*x*y", "y*p*y"), ("inverse(M + N)", "inverse(M) + inverse(N)"),
    ("C*D", "A"), ("P*A", "A*P"), ("P*A", "transpose(A)*P"), ("a**2", "a"), ("transpose(x)*x", "1"), ("1", "0"), ("det(I + h*A)", "1 + h*trace(A)"), ("S", "0"),
]


@pytest.mark.parametrize(("left", "right"), TRUE)
def test_identities_are_proved_both_ways_round(left: str, right: str) -> None:
    for verdict in (judge(left, right), judge(right, left)):
        assert verdict.status is Status.PROVED, verdict


@pytest.mark.parametrize(("left", "right"), FALSE)
def test_differences_are_refuted_by_exact_matrices(left: str, right: str) -> None:
    verdict = judge(left, right)
    assert verdict.status is Status.REFUTED and verdict.witness is not None
    assert verdict.witness.gap.strip("[]0 ;") != "" and verdict.witness.left != verdict.witness.right


@pytest.mark.parametrize(("left", "right"), [
    ("A + x", "0"), ("A*p", "0"), ("x*y", "0"), ("C + D", "0"), ("trace(C)", "a"), ("inverse(C)", "0"), ("det(C)", "a"), ("exp(A)", "0"), ("a/x", "0"), ("A", "x"),
    ("A + 1", "A"), ("sqrt(A)", "0"), ("A**2", "A*A"), ("x**1", "x"), ("inverse(0)", "0"), ("A", "S"), ("p", "x"), ("inverse(A - A)", "0"), ("det(0*h)", "0"), ("det(A - A)", "0"), ("(A - A)*q", "0"),
])
def test_shapes_that_do_not_fit_are_rejected(left: str, right: str) -> None:
    with pytest.raises(StepRejected):
        judge(left, right)


def test_a_refutation_respects_what_is_given() -> None:
    """Matrices at which a premise does not hold refute nothing."""
    assert judge("a*x", "0").status is Status.REFUTED
    assert judge("a*x", "0", "a").status is Status.UNKNOWN
    assert judge("a*x", "0", "b - b").status is Status.REFUTED


def test_words_that_differ_are_unknown_where_nothing_can_be_evaluated() -> None:
    """exp has no exact value, so no matrices are offered as a witness."""
    assert judge("exp(a)*A*B", "exp(a)*B*A").status is Status.UNKNOWN


def test_normal_form_and_evaluation_must_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    real = matrix_witness._sample
    monkeypatch.setattr(matrix_witness, "_sample", lambda roots, letters, sizes: real([roots[0], read("a + 1"), *roots[2:]], letters, sizes))
    with pytest.raises(DisagreementError):
        judge("a + b", "b + a")


def test_exact_matrices_that_agree_are_evidence() -> None:
    assert judge("A*B + A", "A*(B + M*inverse(M))").evidence[-1] == "exact matrices of small dimensions agree"
    assert "exact matrices of small dimensions agree" not in judge("exp(a) + a", "a + exp(a)").evidence


def test_flags_end_with_a_derivative_but_not_with_a_shift() -> None:
    assert has(LETTERS, "r", "positive") and has(LETTERS, "r.before", "positive") and not has(LETTERS, "r.dot", "positive") and not has(LETTERS, "r.before.dot", "positive")
    assert judge("sqrt(r.dot**2)", "r.dot").status is not Status.PROVED


def test_a_product_of_long_sums_is_stopped() -> None:
    with pytest.raises(BudgetError):
        judge("*".join(["(A + B + P + M)"] * 12), "A")


def test_what_is_remembered_of_an_equality_is_of_its_letters() -> None:
    left, right = read("transpose(q)"), read("q")
    for flags, status in ((), Status.REFUTED), (("symmetric",), Status.PROVED), ((), Status.REFUTED):
        assert compare(left, right, {"q": Letter("n", "n", frozenset(flags))}).status is status
    with pytest.raises(StepRejected):
        compare(left, right, {"q": Letter("n", "m")})


def test_the_ordinary_grammar_refuses_matrices() -> None:
    for text in ("transpose(a)", "trace(a)", "inverse(a)", "det(a)", "x.next"):
        with pytest.raises(GrammarError):
            parse(text)
    with pytest.raises(GrammarError):
        parse("x.next", jets=True)
    assert to_text(read("transpose(A*x.next.delta) - det(M)/2")) == "transpose(A*x.next.delta) - det(M)/2"


BY_SHAPE = {("n", "n"): "ABMNP", ("n", "k"): "C", ("k", "n"): "D", ("n", "1"): "xy", ("k", "1"): "v", ("1", "n"): "p", ("1", "k"): "q", ("1", "1"): "abh"}


def grown(shape: tuple[str, str], depth: int, generator: random.Random) -> str:
    """A random well-shaped text."""
    kind = generator.randrange(7) if depth else 9
    if kind in (0, 1):
        return f"({grown(shape, depth - 1, generator)} {generator.choice('+-')} {grown(shape, depth - 1, generator)})"
    if kind in (2, 3, 4):
        inner = generator.choice(("n", "k", "1"))
        return f"{grown((shape[0], inner), depth - 1, generator)}*{grown((inner, shape[1]), depth - 1, generator)}"
    if kind == 5:
        return f"transpose({grown((shape[1], shape[0]), depth - 1, generator)})"
    if kind == 6 and shape == ("1", "1"):
        dim = generator.choice("nk")
        return f"trace({grown((dim, dim), depth - 1, generator)})"
    found = BY_SHAPE.get(shape)
    return generator.choice(found) if found else f"{BY_SHAPE[shape[0], 'n'][0]}*{BY_SHAPE['n', shape[1]][0]}" if shape != ("k", "k") else "D*C"


def rewritten(text: str, generator: random.Random) -> str:
    """The same value in other words: through two transposes, an inverse pair, a sum split in halves."""
    return generator.choice([f"transpose(transpose({text}))", f"({text})/2 + ({text})/2", f"h*(({text})/h)", f"({text}) - a*({text}) + ({text})*a", f"-(-({text}))"])


@pytest.mark.parametrize("seed", range(60))
def test_random_expressions_keep_their_value_and_lose_it_to_a_random_term(seed: int) -> None:
    generator = random.Random(seed)
    shape = generator.choice([s for s in BY_SHAPE])
    text, other = grown(shape, 4, generator), grown(shape, 2, generator)
    assert judge(text, rewritten(text, generator)).status is Status.PROVED
    changed = judge(text, f"{text} + {other}")
    zero = judge(other, "0").status
    assert changed.status is (Status.PROVED if zero is Status.PROVED else Status.REFUTED)


def test_a_normal_form_of_zero_has_no_words() -> None:
    assert normal(read("A*x - A*x"), LETTERS).terms == {} and normal(ZERO, LETTERS).rows == ""
