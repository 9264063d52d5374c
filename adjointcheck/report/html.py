"""One self-contained page: MathML, inline SVG, no JavaScript; the template escapes every word, markup is made here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from adjointcheck.expression.node import ZERO, Expression, symbol
from adjointcheck.problem.convention import CONVENTION
from adjointcheck.report import domains, figures, outline
from adjointcheck.report.layout import Formula, display_mathml, lay_out
from adjointcheck.report.notation import mathml
from adjointcheck.report.wording import figure, one_line, plural, printable, tone, word

if TYPE_CHECKING:
    from adjointcheck.check.verdict import Check, Fit, Report
    from adjointcheck.derive.derivation import Derivation

STEP_CAP = 1600  # characters of one formula of a step; the log has all of it
FEW = 2  # zeros shown one by one; more of them are counted
FOLDED = 6  # lines of formulas beyond which a block starts folded


def report_html(report: Report) -> str:
    """The whole page of a report, ready to be written to a file as UTF-8."""
    return render("report.html.j2", _report_view(report))


def derivation_html(derivation: Derivation) -> str:
    """The page of a derivation alone: statement, steps, adjoint system, claims."""
    return render("report.html.j2", _derivation_view(derivation))


def report_fragment(report: Report) -> str:
    """The report as one <div> with its own style, for notebooks."""
    return render("body.html.j2", _report_view(report))


@cache
def _environment() -> Environment:
    folder = Path(__file__).with_name("templates")
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True, keep_trailing_newline=True, finalize=_safe)


def _safe(value: object) -> object:
    return value if isinstance(value, Markup) else printable(value)


def render(template: str, view: Mapping[str, Any]) -> str:
    """A template of the folder `templates` filled with plain data; everything that is no Markup is escaped."""
    return _environment().get_template(template).render(view)


def _report_view(report: Report) -> dict[str, Any]:
    checks = outline.ordered_checks(report)
    view = _derivation_view(report.derivation, checks, word(report.verdict))
    trajectory = report.trajectory
    pictures = [] if trajectory is None else [
        _picture("States", figures.trajectory_svg(report.problem, trajectory), _data_words(report)),
        _picture("Costates", figures.costate_svg(report.problem, trajectory), _jump_words(report)),
    ]
    return view | {
        "pictures": pictures,
        "checks": [_check_view(i, check) for i, check in enumerate(checks)],
        "fit": None if report.fit is None else _fit_view(report, report.fit),
        "versions": sorted(report.versions.items()),
        "seconds": [(stage, f"{spent:.2f} s") for stage, spent in report.seconds.items()],
        "seeds": [(check.name, check.seed) for check in checks if check.seed is not None],
        "module_text": report.module_text,
    }


def _derivation_view(derivation: Derivation, checks: Sequence[Check] = (), verdict: str = "") -> dict[str, Any]:
    problem = derivation.problem
    verdict = verdict or word(derivation.verdict)
    return {
        "name": problem.name,
        "verdict": verdict,
        "tone": tone(verdict),
        "counts": [count.words for count in outline.counts(derivation, checks)],
        "attention": [_item_view(item) for item in outline.attention(derivation, checks)],
        "statement": [topic_view(topic) for topic in outline.statement_topics(problem)],
        "horizon": tuple(figure(end) for end in problem.horizon),
        "positive": [inline(symbol(name)) for name in problem.positive],
        "observations": [_observation_view(group) for group in problem.observations],
        "symbols": [(inline(row.symbol), row.meaning, row.value) for row in outline.symbol_rows(problem)],
        "convention": [(row.symbol, row.meaning, row.formula) for row in CONVENTION],
        "steps": [_step_view(row) for row in outline.step_rows(derivation)],
        "system": [topic_view(topic) for topic in outline.system_topics(derivation.system)],
        "claims": [_claim_view(row) for row in outline.claim_rows(derivation)],
        "assumptions": outline.assumption_texts(derivation),
        "source": one_line(problem.source),
        "digest": problem.digest(),
        "pictures": [], "checks": [], "fit": None, "versions": [], "seconds": [], "seeds": [], "module_text": "",
    }


def inline(root: Expression) -> Markup:
    """An expression within a line of text."""
    return Markup(f"<math>{mathml(root)}</math>")


def _display(formula: Formula) -> Markup:
    return Markup(display_mathml(formula))


def topic_view(topic: outline.Topic) -> dict[str, Any]:
    """A heading with its equations, folded where they are many."""
    formulas = [lay_out(equation.right, equation.left) for equation in topic.equations]
    return {
        "title": topic.title,
        "words": topic.words,
        "formulas": [_display(formula) for formula in formulas],
        "folded": sum(formula.height for formula in formulas) > 4 * FOLDED,
        "summary": plural(len(formulas), "equation"),
    }


def _item_view(item: outline.Item) -> dict[str, str]:
    return {**asdict(item), "tone": tone(item.verdict)}


def _observation_view(group: Any) -> dict[str, str]:
    columns = ", ".join(name for name, _ in group.data)
    times = [figure(time) for time in group.times]
    shown = ", ".join(times if len(times) <= 12 else [*times[:5], "…", times[-1]])
    return {"count": plural(len(times), "time"), "times": shown, "columns": columns}


def _part_view(part: outline.Part) -> tuple[dict[str, Any], int]:
    if part.formula is None:
        text = part.text if len(part.text) <= STEP_CAP else f"… ({len(part.text)} characters, see the log)"
        return {"label": part.label if part.left is None else "", "math": None, "text": text, "number": part.number}, 1 + len(text) // 90
    formula = lay_out(part.formula, part.left, cap=STEP_CAP)
    return {"label": part.label if part.left is None else "", "math": _display(formula), "text": "", "number": part.number}, formula.height


def _step_view(row: outline.StepRow) -> dict[str, Any]:
    zeros = sum(part.formula is ZERO for part in row.parts)
    parts = [_part_view(part) for part in row.parts if zeros <= FEW or part.formula is not ZERO]
    return {
        "id": row.id,
        "rule": outline.rule_words(row.rule),
        "words": row.words,
        "number": row.number,
        "sources": list(zip(row.premises, row.sources, strict=False)),
        "parts": [view for view, _ in parts],
        "folded": sum(height for _, height in parts) > FOLDED and tone(row.verdict) == "good",
        "summary": plural(len(parts), "formula"),
        "zeros": f"{zeros} more are zero." if zeros > FEW else "",
        **_verdict_view(row),
    }


def _verdict_view(row: outline.StepRow | outline.ClaimRow) -> dict[str, Any]:
    witness = row.witness
    return {
        "verdict": row.verdict,
        "tone": tone(row.verdict),
        "evidence": Markup(domains.told(row.evidence, escape, domains.in_mathml)),
        "reason": row.reason,
        "witness": None if witness is None else {
            "point": witness.point, "left": witness.left, "right": witness.right, "gap": witness.gap},
    }


def _claim_view(row: outline.ClaimRow) -> dict[str, Any]:
    expected = row.expected if row.verdict != "proved" else None
    return {
        "name": row.name,
        "claimed": _part_view(row.claimed)[0],
        "expected": None if expected is None else _part_view(expected)[0],
        "slip": row.slip,
        **_verdict_view(row),
    }


def _picture(title: str, svg: str, words: str) -> dict[str, Any]:
    return {"title": title, "svg": Markup(svg), "words": words}


def _data_words(report: Report) -> str:
    return "Circles are the data." if report.problem.observations else ""


def _jump_words(report: Report) -> str:
    return "The costate jumps at the observation times, drawn as dashed lines." if report.problem.observations else ""


def _check_view(i: int, check: Check) -> dict[str, Any]:
    outcome = word(check.outcome)
    return {
        "anchor": f"check-{i + 1}",
        "name": check.name,
        "outcome": outcome,
        "tone": tone(outcome),
        "measured": figure(check.measured),
        "threshold": figure(check.threshold),
        "words": check.words,
        "seed": figure(check.seed),
        "tables": [_table_view(table, check.name) for table in outline.tables(check)],
        "plots": [_picture(title, svg, "") for title, svg in _plots(i, check)],
        "details": outline.detail_rows(check),
    }


def _table_view(table: Mapping[str, Any], check_name: str) -> dict[str, Any]:
    return {
        "columns": [one_line(column) for column in table["columns"]],
        "rows": outline.table_rows(table),
        "worst": outline.worst_cell(table, check_name),
    }


def _axes_of(item: Mapping[str, Any]) -> tuple[str, str, bool]:
    return str(item.get("xlabel", "")), str(item.get("ylabel", "")), bool(item.get("loglog"))


def _plots(i: int, check: Check) -> Iterable[tuple[str, str]]:
    """One picture for each run of series on the same axes."""
    series: Any = check.details.get("series", ())
    for k, (_, items) in enumerate(groupby(series, key=_axes_of)):
        yield check.name, figures.series_svg(list(items), f"check{i + 1}-{k + 1}", one_line(check.name))


def _fit_view(report: Report, fit: Fit) -> dict[str, Any]:
    trajectory = getattr(fit, "trajectory", None)
    pictures: list[dict[str, Any]] = []
    if trajectory is not None:
        svg = figures.trajectory_svg(report.problem, trajectory, "fitted")
        pictures.append(_picture("Fitted states", svg, _data_words(report)))
    if len(fit.history) > 1:
        pictures.append(_picture("Cost during the fit", figures.history_svg(fit), ""))
    return {
        "rows": [(inline(symbol(name)), start, found) for name, start, found in outline.fit_rows(fit)],
        "figures": [(label, figure(read(fit))) for label, read in _FIT_FIGURES],
        "converged": bool(fit.converged),
        "message": fit.message,
        "pictures": pictures,
    }


_FIT_FIGURES: tuple[tuple[str, Callable[[Fit], object]], ...] = (
    ("cost at the start", lambda fit: fit.cost_start),
    ("cost found", lambda fit: fit.cost_end),
    ("gradient norm", lambda fit: fit.gradient_norm),
    ("iterations", lambda fit: fit.iterations),
)
