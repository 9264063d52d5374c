"""Pictures as inline SVG text: the same bytes for the same data, colours left to the page, words kept as words.

matplotlib draws with stand-in colours that are then exchanged for the page's own (`currentColor`, `var(--series-1)`),
so that one picture serves the light page, the dark page and the printed one.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.resources import files
from io import StringIO
from typing import TYPE_CHECKING, Any

from adjointcheck.report.outline import companions, instants
from adjointcheck.report.wording import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from adjointcheck.check.verdict import Fit, Trajectory
    from adjointcheck.problem.statement import Problem

INK, QUIET, FAINT, PAPER = "#010203", "#020304", "#040506", "#070809"
SERIES = tuple(f"#0a0b{i:02x}" for i in range(1, 7))
_PAGE_COLOURS = {INK: "currentColor", QUIET: "var(--quiet)", FAINT: "var(--rule)", PAPER: "var(--paper)"} | {
    colour: f"var(--series-{i})" for i, colour in enumerate(SERIES, 1)
}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "adjointcheck", "text.parse_math": False, "font.family": ["DejaVu Sans"],
    "font.size": 9.0, "axes.titlesize": 9.5, "axes.labelsize": 9.0, "legend.fontsize": 8.5, "lines.linewidth": 1.5,
    "axes.edgecolor": FAINT, "axes.labelcolor": INK, "axes.titlecolor": INK, "text.color": INK, "xtick.color": FAINT,
    "ytick.color": FAINT, "xtick.labelcolor": INK, "ytick.labelcolor": INK, "grid.color": FAINT, "grid.linewidth": 0.6,
    "axes.grid": True, "axes.axisbelow": True, "axes.spines.top": False, "axes.spines.right": False,
    "axes.unicode_minus": True, "legend.frameon": False, "path.simplify": False,
}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
PANELS = 6  # states drawn each in a panel of its own; more of them share one panel


def trajectory_svg(problem: Problem, trajectory: Trajectory, prefix: str = "states") -> str:
    """The states over time, with the data points of columns that the cost compares with a state."""

    def points(axes: Axes, name: str, colour: str) -> None:
        for times, values in _observed(problem, trajectory, name):
            axes.plot(times, values, linestyle="none", marker="o", markersize=4, markerfacecolor=PAPER, color=colour,
                      markeredgewidth=1.1)

    return _curves(trajectory.times, trajectory.states, "", prefix, "states over time", points)


def costate_svg(problem: Problem, trajectory: Trajectory, prefix: str = "costates") -> str:
    """The costates over time, with the observation times, where they jump, marked."""
    marks = instants(problem)

    def lines(axes: Axes, name: str, colour: str) -> None:
        for mark in marks if len(marks) <= 60 else ():
            axes.axvline(mark, color=QUIET, linewidth=0.7, linestyle=(0, (2, 2)))

    return _curves(trajectory.times, trajectory.costates, "p_", prefix, "costates over time", lines)


def _observed(problem: Problem, trajectory: Trajectory, state: str) -> Iterator[tuple[list[float], list[float]]]:
    for group, times, columns in trajectory.observations:
        pairs = companions(problem.observations[group], [item.name for item in problem.states])
        for column, values in columns.items():
            if pairs.get(column) == state:
                yield list(times), list(values)


def _curves(times: Sequence[float], curves: Mapping[str, Sequence[float]], lead: str, prefix: str, title: str,
            extra: Callable[[Axes, str, str], None]) -> str:
    def draw(figure: Figure) -> None:
        together = len(curves) > PANELS
        columns = 1 if together or len(curves) == 1 else 2
        rows = 1 if together else -(-len(curves) // columns)
        grid = figure.subplots(rows, columns, sharex=True, squeeze=False)
        panels = [grid[0][0]] * len(curves) if together else [axes for row in grid for axes in row]
        for i, ((name, values), axes) in enumerate(zip(curves.items(), panels, strict=False)):
            colour = SERIES[i % len(SERIES)]
            if not together or i == 0:
                extra(axes, name, colour)
            axes.plot(times, values, color=colour, linewidth=1.0 if together else 1.6)
            axes.set_title(f"{len(curves)} curves" if together else one_line(lead + name), loc="left")
        for axes in panels[len(curves):]:
            axes.set_visible(False)
        for axes in panels[max(0, len(curves) - columns) : len(curves)]:
            axes.set_xlabel("t")
            axes.tick_params(labelbottom=True)

    rows = 1 if len(curves) > PANELS else -(-len(curves) // 2)
    return svg(draw, prefix, title, (7.6, 0.5 + 2.0 * max(1, rows) + (0.9 if rows == 1 else 0)))


def series_svg(series: Sequence[Mapping[str, Any]], prefix: str, title: str) -> str:
    """A check's series in one panel; `loglog` series may carry the slope they should have."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for i, item in enumerate(series):
            _plot(axes, item, SERIES[i % len(SERIES)])
        axes.set_xlabel(one_line(series[0].get("xlabel", "")))
        axes.set_ylabel(one_line(series[0].get("ylabel", "")))
        if len(series) > 1 or any("reference_slope" in item for item in series):
            axes.legend(loc="best")

    return svg(draw, prefix, title, (5.6, 3.4))


def _plot(axes: Axes, item: Mapping[str, Any], colour: str) -> None:
    loglog = bool(item.get("loglog"))
    pairs = [(x, y) for x, y in zip(item["x"], item["y"], strict=True) if not loglog or (x > 0 and y > 0)]
    if loglog:
        logarithmic(axes, "xy")
    axes.plot([x for x, _ in pairs], [y for _, y in pairs], color=colour, marker="o", markersize=3.6,
              label=one_line(item.get("label", "")))
    slope = item.get("reference_slope")
    if slope is not None and loglog and len(pairs) > 1:
        _reference(axes, pairs, float(slope))


def logarithmic(axes: Axes, names: str) -> None:
    """Logarithmic scales labelled in the page's own type, not mathtext: 10⁻³, and 2 and 5 of a decade where few decades show."""
    from matplotlib.ticker import FuncFormatter

    for name in names:
        axis = getattr(axes, f"{name}axis")
        getattr(axes, f"set_{name}scale")("log")
        axis.set_major_formatter(FuncFormatter(_power_of_ten))
        axis.set_minor_formatter(FuncFormatter(partial(_between_powers, axis)))


def _power_of_ten(value: float, position: int | None = None) -> str:
    return "10" + str(round(math.log10(value))).translate(_SUPERSCRIPT) if value > 0 else ""


def _between_powers(axis: Axis, value: float, position: int | None = None) -> str:
    """Every label within half a decade, 2 and 5 within two, none beyond; 0.002, and 2·10⁵ where zeros would be many."""
    low, high = axis.get_view_interval()
    decades, power = abs(math.log10(high / low)), math.floor(math.log10(value) + 1e-9)
    digit = round(value / 10.0**power)
    if decades > 2 or (decades > 0.5 and digit not in (2, 5)):
        return ""
    return f"{value:g}" if -4 < power < 4 else f"{digit}·{_power_of_ten(10.0**power)}"


def dots(axes: Axes, x: Sequence[float], y: Sequence[float], colour: str, size: float = 1.5) -> None:
    """A cloud of points as one path, a tenth of the bytes of markers: a point is a line of no length with round ends."""
    pairs = [each for point in zip(map(float, x), map(float, y), strict=True) for each in (point, point, (math.nan, math.nan))]
    axes.plot(*zip(*pairs, strict=True), color=colour, linewidth=size, solid_capstyle="round")


def _reference(axes: Axes, pairs: Sequence[tuple[float, float]], slope: float) -> None:
    """A line of the declared slope through the point of the largest x, where the leading term rules."""
    x1, y1 = max(pairs)
    x0 = min(pairs)[0]
    axes.plot([x0, x1], [y1 * (x0 / x1) ** slope, y1], color=INK, linewidth=0.9, linestyle=(0, (4, 3)),
              label=f"slope {slope:g}")


def history_svg(fit: Fit, prefix: str = "history") -> str:
    """The cost after each iteration of the fit."""
    costs = [float(cost) for cost in fit.history]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.locator_params(axis="x", integer=True)
        if all(cost > 0 and math.isfinite(cost) for cost in costs):
            logarithmic(axes, "y")
        axes.plot(range(len(costs)), costs, color=SERIES[0], marker="o", markersize=3)
        axes.set_xlabel("iteration")
        axes.set_ylabel("cost J")

    return svg(draw, prefix, "cost during the fit", (7.6, 3.0))


def svg(draw: Callable[[Figure], None], prefix: str, title: str, size: tuple[float, float]) -> str:
    """What `draw` puts on a figure of `size` inches, as one <svg> element whose ids all begin with `prefix`."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        text = StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(text, format="svg", transparent=True, metadata=nothing)
    return _inline(text.getvalue(), prefix, title)


def _inline(text: str, prefix: str, title: str) -> str:
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL)
    body = _rounded(body, 2)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r'(url\(|href=")#', rf"\1#{prefix}-", body)
    for stand_in, colour in _PAGE_COLOURS.items():
        body = body.replace(stand_in, colour)
    body = body.replace("'DejaVu Sans'", "var(--sans)")
    opening = f'<svg role="img" aria-label="{html.escape(title)}" '
    body = re.sub(r'\A<svg (.*?)width="[^"]*" height="[^"]*"', rf"{opening}\1", body, count=1, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", body).strip()


def _rounded(text: str, decimals: int) -> str:
    """Coordinates cut to so many decimals, in units of 1/72 inch."""
    return re.sub(r'\b(?:d|x|y)="[^"]*"', lambda found: re.sub(rf"(\.\d{{{decimals}}})\d+", r"\1", found[0]), text)


def standalone(text: str) -> str:
    """An <svg> of `svg` as a small file of its own, in the page's colours, or in those of a dark page where its reader has one."""
    page = files("adjointcheck.report").joinpath("templates/report.css").read_text("utf-8").split("@media")
    light, dark = (";".join(re.findall(r"--[\w-]+: #\w+", part)) for part in page[:2])
    style = f"<style>svg{{{light};--sans:sans-serif;color:var(--ink)}}@media (prefers-color-scheme:dark){{svg{{{dark}}}}}</style>"
    sized = re.sub(r'viewBox="0 0 ([\d.]+) ([\d.]+)"([^>]*>)', rf'width="\1" height="\2" \g<0>\n{style}', text, count=1)
    return re.sub(r"\n?([ML]) (?=[\d.]+ )", r"\1", _rounded(sized, 1)) + "\n"
