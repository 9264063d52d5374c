"""A theorem as a page that a lecturer would hand out: HTML, LaTeX, Markdown; equations numbered, premises pointed at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from adjointcheck.problem.convention import CONVENTION
from adjointcheck.report import domains
from adjointcheck.report import theory_outline as outline
from adjointcheck.report.html import inline, render
from adjointcheck.report.latex import LINE, code_latex, document, table_latex, text_latex
from adjointcheck.report.layout import display_latex, display_mathml, lay_out
from adjointcheck.report.markdown import literal, table_markdown
from adjointcheck.report.notation import latex
from adjointcheck.report.outline import witness_text
from adjointcheck.report.wording import tone, word

if TYPE_CHECKING:
    from adjointcheck.derive.theories import Theory
    from adjointcheck.expression.node import Expression

Section = tuple[str, str, str, list[outline.Line]]
CAP = 4000


def _sections(lines: Sequence[outline.Line]) -> Iterator[Section]:
    assumed, defined = ([line for line in lines if line.rule == rule] for rule in ("assume", "define"))
    yield "hypotheses", "Hypotheses", "Taken for granted, beside the shapes and flags of the letters.", assumed
    yield "definitions", "Definitions", "New names for what stands on the right.", defined
    yield "theorem", "Theorem", "What follows, for every dimension and every field.", [line for line in lines if line.concludes]


# HTML


def theory_html(theory: Theory) -> str:
    """One self-contained page: MathML, no JavaScript."""
    verdict, proof = word(theory.verdict.status), outline.lines(theory)
    return render("theory.html.j2", {
        "name": theory.name, "title": theory.title, "source": theory.document["source"], "verdict": verdict, "tone": tone(verdict),
        "heading": outline.heading(theory), "reading": Markup(outline.READING.format(inline(outline.PARTIAL))),
        "letters": [(inline(row.symbol), row.shape, Markup(outline.assumed(row, inline))) for row in outline.letter_rows(theory)],
        "sections": [{"anchor": anchor, "title": title, "words": words, "lines": [_line_view(line, linked=True) for line in lines]}
                     for anchor, title, words, lines in _sections(proof)],
        "proof": [_line_view(line, linked=False) for line in proof],
        "convention": [(row.symbol, row.meaning, row.formula) for row in CONVENTION],
    })


def _line_view(line: outline.Line, linked: bool) -> dict[str, Any]:
    return {
        "number": line.number, "words": line.words, "verdict": line.verdict, "tone": tone(line.verdict),
        "place": inline(outline.symbol(line.place)) if line.place else "",
        "math": Markup(display_mathml(lay_out(line.right, line.left, cap=CAP))),
        "support": Markup(domains.support(line, escape, domains.in_mathml)),
        "witness": witness_text(line.witness) if line.witness else "", "linked": linked,
    }


# LaTeX


def _dollars(letter: Expression) -> str:
    return f"${latex(letter)}$"


def theory_latex(theory: Theory) -> str:
    """A document ready for pdflatex."""
    return document(_latex_lines(theory))


def _latex_lines(theory: Theory) -> Iterator[str]:
    proof = outline.lines(theory)
    yield rf"\section*{{{text_latex(theory.title)}: {word(theory.verdict.status)}}}"
    yield f"{text_latex(outline.heading(theory))} ({text_latex(theory.document['source'])})."
    yield r"\section{Letters}"
    yield outline.READING.format(_dollars(outline.PARTIAL))
    yield from table_latex("lP{3cm}P{9cm}", ("letter", "shape", "assumed"), (
        (_dollars(row.symbol), text_latex(row.shape), outline.assumed(row, _dollars)) for row in outline.letter_rows(theory)))
    for _, title, words, lines in _sections(proof):
        if lines:
            yield rf"\section{{{title}}}"
            yield text_latex(words)
            yield from _latex_display(lines)
    yield r"\section{Proof}"
    for line in proof:
        yield rf"\par\medskip\textbf{{({line.number}) {text_latex(line.words)}}} {line.verdict}"
        yield from _latex_display([line])
        yield rf"\par\emph{{{domains.support(line, text_latex, domains.in_latex)}}}"
        if line.witness:
            yield rf"\par {text_latex(witness_text(line.witness))}"
    yield r"\section{Convention}"
    yield from table_latex("lP{4.6cm}P{6.8cm}", ("symbol", "meaning", "formula or rule"), (
        (code_latex(row.symbol), text_latex(row.meaning), code_latex(row.formula)) for row in CONVENTION))


def _latex_display(lines: Iterable[outline.Line]) -> Iterator[str]:
    yield from (r"\begin{align*}", " \\\\\n".join(map(_numbered, lines)), r"\end{align*}")


def _numbered(line: outline.Line) -> str:
    first, *rest = display_latex(lay_out(line.right, line.left, width=LINE, cap=CAP)).split(" \\\\\n")
    place = rf" \quad \text{{at }} {latex(outline.symbol(line.place))}" if line.place else ""
    return " \\\\\n".join([rf"{first}{place} \tag{{{line.number}}}", *rest])


# Markdown


def theory_markdown(theory: Theory) -> str:
    """A page for code hosts."""
    return "\n".join(_markdown_lines(theory)).strip() + "\n"


def _markdown_lines(theory: Theory) -> Iterator[str]:
    proof = outline.lines(theory)
    yield from (f"# {literal(theory.title)}: {word(theory.verdict.status)}", "")
    yield f"{literal(outline.heading(theory))} ({literal(theory.document['source'])})."
    yield from ("", "## Letters", "", outline.READING.format(_dollars(outline.PARTIAL)))
    yield from table_markdown(("letter", "shape", "assumed"), (
        (row.symbol, row.shape, outline.assumed(row, str)) for row in outline.letter_rows(theory)))
    for _, title, words, lines in _sections(proof):
        if lines:
            yield from (f"## {title}", "", words, "", *(each for line in lines for each in _markdown_display(line)))
    yield from ("## Proof", "")
    for line in proof:
        yield from (f"### ({line.number}) {literal(line.words)} {line.verdict}", "", *_markdown_display(line))
        yield from (f"*{domains.support(line, literal, domains.in_latex)}*", "")
        if line.witness:
            yield from (literal(witness_text(line.witness)), "")


def _markdown_display(line: outline.Line) -> Iterator[str]:
    body = display_latex(lay_out(line.right, line.left, cap=CAP))
    place = rf" \quad \text{{at }} {latex(outline.symbol(line.place))}" if line.place else ""
    yield from ("$$", r"\begin{aligned}", body, rf"\end{{aligned}}{place} \tag{{{line.number}}}", "$$", "")
