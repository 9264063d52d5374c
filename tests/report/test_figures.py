"""Pictures: repeatable, made of the page's colours, and showing the data where it belongs."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
import report_sample as sample
import torch
from matplotlib.figure import Figure

from adjointcheck.report import figures
from adjointcheck.report.figures import costate_svg, dots, history_svg, logarithmic, series_svg, standalone, svg, trajectory_svg

SERIES = {"label": "error", "x": [0.1, 0.01, 0.001], "y": [1e-3, 1e-5, 1e-7], "xlabel": "h", "ylabel": "error", "loglog": True,
          "reference_slope": 2}


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]


def test_pictures_repeat_and_carry_no_fixed_colour_date_or_style() -> None:
    first, second = (series_svg([SERIES], "c1", "order") for _ in range(2))
    assert first == second
    assert not re.search(r"#[0-9a-f]{6}\b|<style|<metadata|20\d\d-\d\d-\d\d", first)
    assert "currentColor" in first and "var(--series-1)" in first
    assert first.startswith('<svg role="img" aria-label="order"')


def test_identifiers_carry_the_prefix_and_links_resolve() -> None:
    svg = series_svg([SERIES], "c1", "order")
    identifiers = set(re.findall(r'\bid="([^"]+)"', svg))
    assert all(name.startswith("c1-") for name in identifiers)
    assert set(re.findall(r'(?:url\(|href=")#([^")]+)', svg)) <= identifiers


def test_labels_are_words_even_if_hostile() -> None:
    svg = series_svg([SERIES | {"label": "<b>$x_1$\x00"}], "c1", '"><script>')
    assert "<b>$x_1$\\x00" in texts(svg)
    assert "<script" not in svg


def test_logarithmic_axes_and_the_reference_slope_are_labelled() -> None:
    shown = texts(series_svg([SERIES], "c1", "order"))
    assert {"10\u207b\u00b3", "slope 2", "h", "error"} <= set(shown)


@pytest.mark.parametrize(("span", "labels"), [
    ((1.5, 4.2), ["2", "3", "4"]), ((16, 128), ["20", "50", "10²"]), ((1.8e4, 8e5), ["2·10⁴", "5·10⁴", "10⁵", "2·10⁵", "5·10⁵"]), ((1e-3, 1e3), [f"10{power}" for power in "⁻³ ⁻² ⁻¹ ⁰ ¹ ² ³".split()]),
    ((0.0016, 0.013), ["0.002", "0.005", "10⁻²"]),
])
def test_labels_of_a_logarithmic_axis_tell_the_scale_without_crowding(span: tuple[float, float], labels: list[str]) -> None:
    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        logarithmic(axes, "x")
        axes.set(xlim=span, yticks=[])

    assert sorted(filter(None, texts(svg(draw, "p", "t", (3.0, 2.0))))) == sorted(labels)


def test_dots_are_one_path_with_a_point_each() -> None:
    shown = svg(lambda figure: dots(figure.subplots(), torch.tensor([0.0, 1.0, 2.0]), [5, 6, 7], figures.SERIES[0]), "p", "t", (3, 2))
    (path,) = (path for path in re.findall(r"<path [^>]*?/>", shown, re.DOTALL) if "var(--series-1)" in path)
    assert "stroke-linecap: round" in path and len(re.findall(r"M ([\d.]+ [\d.]+) L \1 ", path.replace("\n", " "))) == 3


def test_a_picture_stands_alone_in_light_and_dark() -> None:
    text = standalone(series_svg([SERIES], "c1", "order"))
    root = ElementTree.fromstring(text)
    assert root.attrib["width"] and root.attrib["height"] and text.count("<style>") == 1
    light, dark = text.split("@media (prefers-color-scheme:dark)")
    used = set(re.findall(r"var\((--[\w-]+)\)", text))
    assert used and all(f"{name}:" in light for name in used) and all(f"{name}:" in dark.split("</style>")[0] for name in used - {"--sans"})


def reference_line(picture: str) -> list[tuple[float, float]]:
    dashed = next(path for path in re.findall(r"<path [^>]*?/>", picture, re.DOTALL) if "dasharray" in path)
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", dashed)]


def test_the_reference_has_the_declared_slope() -> None:
    """Both axes are logarithmic: with data of slope 2 the reference of slope 2 lies on it, one of slope 1 is half as steep."""
    (x0, y0), (x1, y1) = reference_line(series_svg([SERIES], "c1", "order"))
    (u0, v0), (u1, v1) = reference_line(series_svg([SERIES | {"reference_slope": 1}], "c1", "order"))
    assert x1 - x0 == pytest.approx(u1 - u0)
    assert (v1 - v0) / (y1 - y0) == pytest.approx(0.5, abs=1e-3)  # coordinates have two decimals


@pytest.mark.parametrize("y", [[0.0, 0.0, 0.0], [math.nan, 1.0, 2.0], [math.inf, 1.0, 2.0], [1.0, 1.0, 1.0]])
def test_degenerate_series_are_drawn_without_complaint(y: list[float]) -> None:
    ElementTree.fromstring(series_svg([SERIES | {"y": y}], "c1", "order"))


def test_trajectory_has_a_panel_for_each_state_and_circles_for_the_data() -> None:
    svg = trajectory_svg(sample.problem(), sample.trajectory())
    assert {"x", "y"} <= set(texts(svg))
    assert len(re.findall(r"<use [^>]*var\(--paper\)", svg)) == 3 + 1
    bare = sample.trajectory()
    bare.observations = []
    assert "var(--paper)" not in trajectory_svg(sample.problem(), bare)


def test_costates_mark_the_observation_times() -> None:
    svg = costate_svg(sample.problem(), sample.trajectory())
    assert {"p_x", "p_y"} <= set(texts(svg))
    assert svg.count("stroke: var(--quiet)") == 2 * 4  # two panels, times 0, 2, 5 and 10
    assert "var(--quiet)" not in costate_svg(sample.problem(observations=[]), sample.trajectory())


def test_many_states_share_a_panel() -> None:
    trajectory = sample.trajectory()
    trajectory.states = {f"x{i}": trajectory.states["x"] for i in range(16)}
    assert "16 curves" in texts(trajectory_svg(sample.problem(), trajectory))


def test_a_blown_up_trajectory_is_drawn() -> None:
    trajectory = sample.trajectory()
    trajectory.states["x"][100:] = [math.inf] * 50 + [math.nan] * 51
    ElementTree.fromstring(trajectory_svg(sample.problem(), trajectory))


def test_history_is_logarithmic_only_for_positive_costs() -> None:
    fit = sample.fit()
    assert any(text.startswith("10") for text in texts(history_svg(fit)))
    fit.history = [1.0, 0.0, -2.0]
    assert not any(text.startswith("10\u207b") for text in texts(history_svg(fit)))
