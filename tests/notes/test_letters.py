"""Letters: what a header declares, what a text proposes, and contradictions that are told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from understood import read

from adjointcheck.notes.letters.context import Context, Declared, letter_name
from adjointcheck.notes.letters.header import latexified, read_header

HEADER = """
state: z in R^n                       # the hidden state
costate: a = dL/dz (row)
parameters: theta in R^m
control: u(t) in R^k
field: f(z(t), t, theta)
loss: L
time: t in [0, T]
A: n x n
Q in R^{n x n}, symmetric
gradients: columns
assume: optimal, autonomous
"""


@pytest.fixture(scope="module")
def context() -> Context:
    return read_header(HEADER.splitlines())


@pytest.mark.parametrize(("letter", "symbol", "shape"), [
    ("z", "x", ("n", "1")), ("a", "p", ("1", "n")), ("theta", "theta", ("m", "1")), ("u", "w", ("k", "1")), ("L", "J", ("1", "1")), ("f", "f", ("n", "1")),
    ("T", "t1", ("1", "1")), ("0", "t0", ("1", "1")), ("A", "A", ("n", "n")), ("Q", "Q", ("n", "n")),
])
def test_a_header_declares_roles_and_shapes(context: Context, letter: str, symbol: str, shape: tuple[str, str]) -> None:
    assert (context.letters[letter].symbol, context.letters[letter].shape, context.letters[letter].source) == (symbol, shape, "declared")


def test_a_header_declares_options_arguments_and_hypotheses(context: Context) -> None:
    assert context.problems == ()
    assert context.letters["f"].arguments == ("x", "t", "theta")
    assert context.option("gradients") == "column"
    assert set(context.hypotheses) == {"symmetric Q", "optimal", "autonomous"}


def test_a_header_declares_numbers() -> None:
    context = read_header([r"constants: a, \beta_1, c in R^n"])
    assert {name: known.shape for name, known in context.letters.items()} == {"a": ("1", "1"), "beta_1": ("1", "1"), "c": ("n", "1")}
    assert read_header(["letters: a, b"]).problems and read_header(["constants: a + b"]).problems


@pytest.mark.parametrize(("line", "sign", "layout"), [
    ("costate: a = dL/dz (row)", 1, "row"), ("costate: lambda = -dJ/dx (column)", -1, "column"), ("lambda: column, p = -lambda^T", -1, "column"),
    ("lambda: costate, p = lambda^T", 1, "column"), ("costate: p", 1, ""), (r"costate: \lambda = -\frac{dJ}{dx}", -1, ""), ("p: row", 1, "row"),
])
def test_a_costate_has_sign_and_layout(line: str, sign: int, layout: str) -> None:
    (costate,) = read_header([line]).of("p")
    assert (costate.sign, costate.layout) == (sign, layout)


def test_what_front_matter_says_of_a_file_declares_no_letter() -> None:
    context = read_header(["title: Optimal control", "bibliography:", "csl: ieee-control-systems.csl", "engine: julia", "style: state.css"])
    assert not context.letters and not context.problems and read_header(["title: x", "sate: z in R^n"]).problems
    assert not read_header(["layout: post"]).problems and read_header(["layout: columns"]).option("gradients") == "column"
    assert read_header(["y: state"]).of("x")
    below = ["bibliography: ", '    - "refs.bib"', "format:", "    html:", "        code-fold: true", "crossref:", "  fig-prefix: Fig. "]
    assert read_header([*below, "state: y"]).problems == () and read_header([*below, "state: y"]).of("x")
    assert read_header(["state: y", "    code-fold: true"]).problems


@pytest.mark.parametrize(("lines", "told"), [
    (["foo bar"], "state: z in R^n"), (["state: z", "z: costate"], "keep one"), (["costate: a = dJ/dx", "a: costate, -dJ/dx"], "keep one"),
    (["gradients: sideways"], "gradients:"), (["gradients: rows", "gradients: columns"], "twice"), (["x y: 3"], "letter before the colon"),
])
def test_what_is_contradictory_or_not_understood_is_told(lines: list[str], told: str) -> None:
    problems = read_header(lines).problems
    assert len(problems) == 1 and told in problems[0]


def test_a_proposal_never_overrides_a_declaration() -> None:
    context = read_header(["costate: a (column)"]).declare(Declared("a", "p", ("1", "n"), "path", -1, source="proposed"))
    assert (context.letters["a"].sign, context.letters["a"].layout) == (1, "column")


@pytest.mark.parametrize(("text", "name"), [("x0", "x_0"), (r"\lambda", "lambda"), ("λ", "lambda"), (r"\mathbf{z}_0", "z_0"), (r"\mathcal{L}", "mathcal{L}"), ("t_{1}", "t_1")])
def test_names_are_written_in_one_way(text: str, name: str) -> None:
    assert letter_name(text) == name


def test_plain_text_becomes_latex() -> None:
    assert latexified("H = L + lambda^T f") == r"H = L + \lambda^T f"
    assert latexified("dz/dt = f(z, theta)") == r"\frac{dz}{dt} = f(z, \theta)"


@pytest.mark.parametrize(("text", "letter", "symbol", "sign"), [
    (r"\dot z = f(z, t, \theta)", "z", "x", 1), (r"\frac{dz(t)}{dt} = f(z(t), t, \theta)", "f", "f", 1), (r"\dot x = f(x, u)", "u", "w", 1),
    (r"\dot x = f(x, t); J = \Phi(x(T)) + \int_0^T L(x, t)\,dt", "Phi", "Psi", 1), (r"\dot x = f(x); J = \Phi(x(T)); \lambda(t) = -\frac{\partial J}{\partial x(t)}", "lambda", "p", -1),
    (r"\dot x = f(x, u); H = \lambda^T f - L(x, u)", "lambda", "p", -1), (r"\dot x = f(x, u); H = L(x, u) + \lambda^T f", "lambda", "p", 1),
    (r"\dot x = f(x, t); J = \int_0^T g(x, t)\,dt; I = J - \int_0^T \lambda^T (\dot x - f)\,dt", "lambda", "p", 1),
    (r"\dot x = f(x, t); J = \int_0^T g(x, t)\,dt; I = J + \int_0^T \lambda^T (\dot x - f)\,dt", "lambda", "p", -1),
    (r"x_{k+1} = x_k + h f(x_k, w_k)", "w", "w", 1),
])
def test_text_proposes_letters(text: str, letter: str, symbol: str, sign: int) -> None:
    _, context = read(text)
    assert (context.letters[letter].symbol, context.letters[letter].sign, context.letters[letter].source) == (symbol, sign, "proposed")


def test_custom_alone_is_told_as_custom() -> None:
    _, context = read(r"\dot x = f(x, t); J = \Phi(x(T)); \dot\lambda = -f_x^T \lambda")
    assert "usual" in dict(context.shown())["lambda"]


@pytest.mark.parametrize("known", [
    Declared("f", "f", ("n", "1"), "function", arguments=("x", "w")), Declared("0", "t0", kind="place"), Declared("A", "A", ("n", "n")),
    Declared("(x,z)", "x", ("2", "1"), "path"), Declared("z", "x", kind="path", part=2), Declared("q", "q", kind="constant"),
    Declared("lambda", "p", ("1", "n"), "path", -1, "column", told="declared"), Declared("p", "p", ("1", "n"), "path"),
])
def test_a_letter_as_it_was_understood_is_a_line_of_a_header(known: Declared) -> None:
    header = read_header([f"{known.letter}: {replace(known, source='proposed').words()}"])
    assert header.problems == () and header.letters == {known.letter: known}


def test_what_the_notes_define_is_no_line_to_fill_in() -> None:
    assert read_header(["m: as the notes define it (proposed)"]) == read_header([])
