"""Markdown, LaTeX and notebooks to formulas: what is found, where it stands, and what stands around it."""

from __future__ import annotations

import pytest

from adjointcheck.notes.reading.document import Document, Formula, read_text
from adjointcheck.notes.reading.latex import Unread, read_formula


def found(text: str, file: str = "notes.md") -> list[str]:
    """The formulas of a text, white space folded."""
    return [" ".join(formula.text.split()) for formula in read_text(text, file).formulas]


def only(text: str, file: str = "notes.md") -> Formula:
    (formula,) = read_text(text, file).formulas
    return formula


# What is a formula


@pytest.mark.parametrize(("text", "formulas"), [
    ("$$ x = 1 $$", ["x = 1"]), ("$$x = 1$$ and $$y = 2$$", ["x = 1", "y = 2"]), ("\\[ x = 1 \\]", ["x = 1"]), ("\\\\[ x = 1 \\\\]", ["x = 1"]), ("\\( x = 1 \\)", ["x = 1"]), ("$x = 1$", ["x = 1"]), ("```math\nx = 1\n```", ["x = 1"]), ("$`x = 1`$", ["x = 1"]),
    ("```{math}\n:label: a\n\nx = 1\n```", ["x = 1"]), ("$$\n## On\n\n$$\nx = 1\n$$", ["$$", "x = 1"]),
    ("Let $x$ and $y$.", []), ("about $\\sim 10^6$ steps $\\rightarrow$ $= 3$", []), ("$x \\in \\R^n$", ["x \\in \\mathbb{R}^n"]), ("$\\dot x = f \\quad (t \\ge 0)$", ["\\dot x = f \\quad (t \\ge 0)"]), ("$$ \\left\\{ \\begin{array}{l} a = b \\\\ c = d \\end{array} \\right. \\tag{S} $$", ["a = b", "c = d"]), ("$f(a = b)$", []), ("It costs $5 and $6 = x.", []), ("`$x = 1$`", []), ("```\n$$ x = 1 $$\n```", []), ("~~~python\n$x = 1$\n~~~", []), ("<!-- $x = 1$ -->", []), ("\\$x = 1\\$", []), ("`` a ` $x = 1$ ``", []), ("$$ \\text{only words} $$", []),
    ("> $$\n> x = 1\n> $$", ["x = 1"]), ("- item $x = 1$\n- $y = 2$", ["x = 1", "y = 2"]), ("\\begin{equation} x = 1 \\end{equation}", ["x = 1"]), ("\\begin{align*} x &= 1 \\\\ y &= 2 \\end{align*}", ["x = 1", "y = 2"]), ("$$ $$", []), ("no mathematics", []), ("", []),
    ("$x \\in \\mathbb{R}^n$", ["x \\in \\mathbb{R}^n"]), ("$\\lambda(T) = 0$ holds", ["\\lambda(T) = 0"]), ("$a\n= b$", ["a = b"]), ("$a\n\n= b$", []), ("$$ a = b, \\quad c = d $$", ["a = b", "c = d"]),
    ("where $$x_p$$ is wanted and $$x_p = 1$$", ["x_p = 1"]), ("We have\n$$x_p$$\nthen", ["x_p"]), ("<!-- $$ -->\n$$ x = 1 $$", ["x = 1"]),
])
def test_formulas_of_markdown(text: str, formulas: list[str]) -> None:
    assert found(text) == formulas


@pytest.mark.parametrize(("text", "formulas"), [
    *((f"\\begin{{{name}}} x = 1 \\end{{{name}}}", ["x = 1"]) for name in ("equation", "equation*", "align", "align*", "gather", "multline", "eqnarray", "flalign", "dmath", "displaymath", "math")),
    ("\\begin{alignat}{2} x &= 1 & y &= 2 \\end{alignat}", ["x = 1", "y = 2"]), ("\\begin{eqnarray} x &=& 1 \\\\ y &=& 2 \\end{eqnarray}", ["x = 1", "y = 2"]), ("\\begin{equation} \\begin{split} x &= 1 \\\\ &= 2 \\end{split} \\end{equation}", ["x = 1 = 2"]),
    ("% $$ x = 1 $$\n$$ y = 2 $$", ["y = 2"]), ("\\begin{verbatim} $x = 1$ \\end{verbatim} $y = 2$", ["y = 2"]), ("\\begin{lstlisting}\n$$x = 1$$\n\\end{lstlisting}", []), ("\\begin{comment} $x = 1$ \\end{comment}", []), ("\\verb|$x = 1$| $y = 2$", ["y = 2"]), ("\\iffalse $x = 1$ \\fi $y = 2$", ["y = 2"]),
    ("a \\\\[2pt] b", []), ("50\\% of $x = 1$", ["x = 1"]), ("\\begin{subequations}\\begin{align} x &= 1 \\end{align}\\end{subequations}", ["x = 1"]), ("$ x = 1 $", ["x = 1"]), ("$$ x = 1 % why\n + 2 $$", ["x = 1 + 2"]), ("\\documentclass{article}\\begin{document}\\[x=1\\]\\end{document}", ["x=1"]),
])
def test_formulas_of_latex(text: str, formulas: list[str]) -> None:
    assert found(text, "notes.tex") == formulas


# Rows


@pytest.mark.parametrize(("rows", "formulas"), [
    (r"a &= b \\ &= c", ["a = b = c"]), (r"a &= b, \\ &= c.", ["a = b = c"]), (r"a &= b \\ c &= d", ["a = b", "c = d"]), (r"a &= b \\ &\quad + c", ["a = b \\quad + c"]), (r"a &= b \\ &- c", ["a = b - c"]), (r"a &= b + \\ & c", ["a = b + c"]), (r"a &= (b \\ &+ c)", ["a = (b + c)"]),
    (r"a &= \left( b \right. \\ &\left. + c \right)", ["a = \\left( b \\right. \\left. + c \\right)"]), (r"a &= b & c &= d", ["a = b", "c = d"]), (r"a &= b && \text{(why)}", ["a = b"]), (r"a &= b \tag{1} \\ c &= d \label{x}", ["a = b", "c = d"]), (r"a &= b \\[4pt] c &= d", ["a = b", "c = d"]), (r"a &= b \\ -c &= d", ["a = b", "-c = d"]),
    (r"a &\approx b \\ &\le c", ["a \\approx b \\le c"]), (r"A &= \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \\ c &= d", ["A = \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "c = d"]), (r"a &= b \nonumber \\ &= c", ["a = b \\nonumber = c"]), (r"a &= b \\ \text{so } c &= d", ["a = b", "\\text{so } c = d"]),
    (r"a &= \begin{cases} 1 & t > 0 \\ 2 & t < 0 \end{cases}", ["a = \\begin{cases} 1 & t > 0 \\\\ 2 & t < 0 \\end{cases}"]), (r"a &= b \\", ["a = b"]), (r"& \dot x = f \\ & \dot p = g", ["\\dot x = f", "\\dot p = g"]),
])
def test_rows_that_go_on_are_one_formula(rows: str, formulas: list[str]) -> None:
    assert found(f"\\begin{{align}} {rows} \\end{{align}}") == formulas
    assert found(f"$$ \\begin{{aligned}} {rows} \\end{{aligned}} $$") == formulas


@pytest.mark.parametrize(("display", "formulas"), [
    (r"\left\{ \begin{aligned} \dot x &= f \\ x(0) &= y \end{aligned} \right.", ["\\dot x = f", "x(0) = y"]), (r"\begin{cases} \dot x = f, & t > 0 \\ x(0) = y \end{cases}", ["\\dot x = f, t > 0", "x(0) = y"]), (r"\left\{ \begin{array}{rcl} \dot x &=& f \\ \dot p &=& g \end{array} \right.", ["\\dot x = f", "\\dot p = g"]),
    (r"\left\{ \begin{aligned} \dot x &= f \\ \dot y &= g \end{aligned} \right. \qquad x(0) = y,", ["\\dot x = f", "\\dot y = g", "x(0) = y"]),
    (r"\label{eq:s} \left\{ \begin{aligned} \dot x &= f \\ x(0) &= y \end{aligned} \right.", ["\\dot x = f", "x(0) = y"]),
    (r"(S)\quad \begin{cases} \dot x = f, \\ \dot p = g \end{cases}", ["\\dot x = f", "\\dot p = g"]),
    (r"\begin{cases} \dot x = f \\ x(0) = y \end{cases} \qquad \begin{cases} \dot p = g \\ p(T) = 0 \end{cases}", ["\\dot x = f", "x(0) = y", "\\dot p = g", "p(T) = 0"]),
    (r"x(0) = y, \quad \left\{ \begin{array}{l} \dot x = f \\ \dot p = g \end{array} \right.", ["x(0) = y", "\\dot x = f", "\\dot p = g"]),
    (r"\begin{aligned} \dot x &= f \\ &\quad + g \\ \dot p &= g \end{aligned} \quad \text{with } x(0) = y", ["\\dot x = f \\quad + g", "\\dot p = g", "\\text{with } x(0) = y"]),
    (r"u = \begin{cases} 1 & p > 1 \\ 0 & p < 1 \end{cases} \qquad x(0) = y", [r"u = \begin{cases} 1 & p > 1 \\ 0 & p < 1 \end{cases}", "x(0) = y"]),
    (r"x = \begin{cases} 1 & t > 0 \\ 0 & t < 0 \end{cases}", [r"x = \begin{cases} 1 & t > 0 \\ 0 & t < 0 \end{cases}"]), (r"\begin{gathered} a = b \\ c = d \end{gathered}", ["a = b", "c = d"]), (r"a = b \\ c = d", ["a = b", "c = d"]),
])
def test_systems_are_several_formulas(display: str, formulas: list[str]) -> None:
    assert found(f"$$ {display} $$") == formulas


def test_a_multline_is_one_formula() -> None:
    assert found("\\begin{multline} a = b \\\\ c \\\\ d \\end{multline}") == ["a = b c d"]


# Places


TEXTS = ["$$ x = 1 $$", "two lines\n\n  $$\n  x = 1\n  $$", "\t$x = 1$", "Привет, мир: $x = 1$", "emoji \U0001f600 $x = 1$", "\\begin{align}\na &= b \\\\\nx &= 1\n\\end{align}", "> $$\n> x = 1\n> $$", "```math\n x = 1\n```"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lines_and_columns_are_those_of_an_editor(text: str, newline: str, mark: str) -> None:
    formula = read_text(mark + text.replace("\n", newline)).formulas[-1]
    lines = text.split("\n")
    assert lines[formula.line - 1][formula.column - 1] == formula.text[0] == "x"
    for position, character in enumerate(formula.text):
        line, column = formula.place(position)
        assert character in ("\n", " ") or lines[line - 1][column - 1] == character


def test_a_place_inside_a_macro_is_that_of_its_call() -> None:
    formula = only("$$ \\newcommand{\\a}[1]{\\mathbf{#1}} y = \\a{x} + z $$")
    assert formula.text == "y = \\mathbf{x} + z" and formula.place(4) == (1, 40) and formula.place(len(formula.text) - 1) == (1, 48)


# Macros


@pytest.mark.parametrize(("definition", "formula", "expected"), [
    (r"\newcommand{\R}{\mathbb{R}}", r"x \in \R^n", r"x \in \mathbb{R}^n"), (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}", r"\pd{f}{x} = 0", r"\frac{\partial f}{\partial x} = 0"), (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}", r"\pd fx = 0", r"\frac{\partial f}{\partial x} = 0"),
    (r"\def\lam{\lambda}", r"\lam x = 0", r"\lambda x = 0"), (r"\def\v#1{\mathbf{#1}}", r"\v x = 0", r"\mathbf{x} = 0"), (r"\DeclareMathOperator{\Tr}{tr}", r"\Tr(A) = 0", r"\operatorname{tr}(A) = 0"), (r"\renewcommand{\vec}[1]{\mathbf{#1}}", r"\vec{x} = 0", r"\mathbf{x} = 0"),
    (r"\newcommand{\d}[1][t]{\frac{d}{d#1}}", r"\d x = \d[s] y", r"\frac{d}{dt} x = \frac{d}{ds} y"), (r"\newcommand{\a}{b}\newcommand{\c}{\a\a}", r"\c = 0", "bb = 0"), (r"\newcommand*{\a}{b}", r"\a=0", "b=0"), (r"\providecommand\a{b}", r"\a = 0", "b = 0"),
    (r"\newcommand{\V}{V}", r"u \in\V", r"u \in V"), (r"\newcommand{\V}{V}", r"\V_0\V = 0", "V_0V = 0"),
])
def test_macros_are_expanded(definition: str, formula: str, expected: str) -> None:
    assert found(f"{definition}\n\n$$ {formula} $$", "notes.tex") == [expected]


# What stands around


def test_headers_come_from_all_three_places_as_they_are_written() -> None:
    text = "---\nstate: z in R^n\n---\n\n```adjointcheck\ncostate: a (row)\n# remark\n```\n<!-- adjointcheck: control: u -->\n$x = 1$"
    assert read_text(text).header == ("state: z in R^n", "costate: a (row)", "# remark", " control: u ")
    assert read_text("% adjointcheck: state: z\n$x = 1$", "notes.tex").header == (" state: z",)
    assert read_text("% remark\n% state: z\n\n% costate: a (row)\n\\section{A} % control: u\n$x = 1$", "notes.tex").header == ("% state: z", "% costate: a (row)")
    assert read_text("text\n---\na: b\n---\n").header == ()
    for text in ("---\nstate: z\n---\n$x = 1$", "<!-- adjointcheck:\nstate: z\n-->\n$x = 1$", "% adjointcheck:\n% state: z\n\n% no: header\n$x = 1$"):
        assert [line.strip() for line in read_text(text, "notes.tex").header] == ["state: z"]


@pytest.mark.parametrize(("text", "marks"), [
    ("$$ x = 1 $$ <!-- expect: refuted -->", ["refuted"]), ("$$ x = 1 $$\n<!-- expect: refuted -->\n$$ y = 2 $$", ["refuted", ""]), ("<!-- expect: refuted -->\n$$ x = 1 $$", ["refuted"]), ("$$ x = 1 $$\n\n<!-- expect: unknown -->\n$$ y = 2 $$", ["", "unknown"]),
    ("$$ a = b, \\quad c = d $$ <!-- expect: refuted -->", ["refuted", "refuted"]), ("\\begin{align} a &= b \\\\ c &= d % expect: refuted\n\\end{align}", ["", "refuted"]), ("\\begin{align} a &= b % expect: refuted\n \\\\ c &= d \\end{align}", ["refuted", ""]), ("$x = 1$, <!-- expect: proved --> and $y = 2$", ["proved", ""]), ("$x = 1$ <!-- a remark -->", [""]),
])
def test_marks_belong_to_the_formula_before_or_behind(text: str, marks: list[str]) -> None:
    assert [formula.declared for formula in read_text(text).formulas] == marks


@pytest.mark.parametrize(("text", "expected"), [
    ("$$ a = b $$ so that $$ = c $$ $$ = d $$", ["a = b", "a = c", "a = d"]), ("$$ = c $$", ["= c"]), ("$$ a = b $$ and $x = 1$ then $$= c$$", ["a = b", "x = 1", "a = c"]),
    ("$$ f(x = 0) + b = c $$ $$ = d $$", ["f(x = 0) + b = c", "f(x = 0) + b = d"]), ("$$ {a $$ $$ = c $$", ["{a", "= c"]),
])
def test_a_display_goes_on_after_another(text: str, expected: list[str]) -> None:
    formulas = read_text(text).formulas
    assert [" ".join(formula.text.split()) for formula in formulas] == expected
    assert all(len(formula.places) == len(formula.text) for formula in formulas)


def test_formulas_under_one_mark_know_the_first_of_them() -> None:
    text = "$$ x = 1 $$ $$ a = b, \\quad c = d $$ <!-- expect: refuted --> $$ e = f $$"
    assert [formula.marked for formula in read_text(text).formulas] == ["", "2", "2", ""]


def test_a_mark_without_a_formula_is_told() -> None:
    assert "belongs to no formula" in read_text("<!-- expect: refuted -->").problems[0]


@pytest.mark.parametrize(("text", "wrong"), [
    ("$$ x = 1 $$\n\n<!-- expect: refuted -->\n\nSo that\n\n$$ y = 2 $$", "x = 1"), ("$$ x = 1 $$\n\n<!-- expect: refuted -->\n\n$$ y = 2 $$", "y = 2"),
    ("$$ x = 1 $$\n\nSo that\n\n<!-- expect: refuted -->\n\n$$ y = 2 $$", "y = 2"), ("$$ y = 2 $$\n\n$$ x = 1 $$\n\n<!-- expect: refuted -->\n", "x = 1"),
])
def test_a_mark_after_an_empty_line_belongs_to_what_stands_before_it_where_words_follow(text: str, wrong: str) -> None:
    assert [formula.text.strip() for formula in read_text(text).formulas if formula.declared] == [wrong]


@pytest.mark.parametrize(("text", "sentence"), [
    ("First. Then we have\n$$ x = 1 $$", "Then we have"), ("# Title\n\nИтак, получаем:\n$$ x = 1 $$", "Итак, получаем:"), ("$$ y = 2 $$\nhence\n$$ x = 1 $$", "hence"), ("Let $y = 2$. So $x = 1$", "So"), ("$$ x = 1 $$", ""), ("> quoted\n> $$ x = 1 $$", "quoted"), ("old\n\nnew\n\n$$ x = 1 $$", "new"),
])
def test_the_sentence_before_is_kept(text: str, sentence: str) -> None:
    assert read_text(text).formulas[-1].before == sentence


def test_a_formula_knows_its_environment_tag_and_kind() -> None:
    formula = only("\\begin{equation}\\label{eq:one} x = 1 \\tag{A} \\end{equation}")
    assert (formula.environment, formula.tag, formula.display, formula.name) == ("equation", "A", True, "1")
    assert not only("$x = 1$").display and only("$$ x = 1 \\label{b} $$").tag == "b"


@pytest.mark.parametrize("text", ["$$ x = 1", "\\[ x = 1", "\\begin{align} x = 1", "```math\nx = 1"])
def test_what_is_never_closed_is_told_at_its_place(text: str) -> None:
    formula = read_text(f"text\n\n{text}").formulas[0]
    assert isinstance(formula.unread, Unread) and "never closed" in formula.unread.reason and (formula.line, formula.column) == (3, 1)


def test_a_document_is_plain_data() -> None:
    assert read_text("$x = 1$") == read_text("$x = 1$") == Document("notes.md", read_text("$x = 1$").formulas, prose="$x = 1$")


def test_a_formula_of_any_length_is_found() -> None:
    deep = "(" * 3000 + "x" + ")" * 3000 + " = 1"
    assert found(f"Here ${deep}$, and $y = 2$.") == [deep, "y = 2"]
    assert isinstance(read_formula(deep), Unread)
