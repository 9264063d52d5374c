"""Taylor tests of a gradient in all their ways are the first variation from the start; with another slope they are refuted."""

from __future__ import annotations

import pytest
from understood import last_two, statuses, understood

TIME = (r"\dot x = f(x)", r"x(0) = x_0", r"J = \Phi(x(T))")
WAYS = [(r"J(x_0 + \alpha h) = J(x_0) + \alpha\, h^T \lambda(0) + O(\alpha^2)", "delta J = (delta x0)' p(t0)"),
        (r"J(x_0 + \alpha\,\delta x_0) - J(x_0) = \alpha\,\langle \lambda(0), \delta x_0\rangle + o(\alpha)", "delta J = inner(p(t0), delta x0)"),
        (r"\lim_{\alpha\to0} \frac{J(x_0 + \alpha h) - J(x_0)}{\alpha\, h^T \lambda(0)} = 1", "delta J = (delta x0)' p(t0)"),
        (r"\frac{J(x_0 + \alpha h) - J(x_0)}{\alpha\, h^T \lambda(0)} = 1 + O(\alpha)", "delta J = (delta x0)' p(t0)"),
        (r"|J(x_0 + \alpha h) - J(x_0) - \alpha\, h^T \lambda(0)| = O(\alpha^2)", "delta J - (delta x0)' p(t0) = 0")]


@pytest.mark.parametrize(("way", "reading"), WAYS)
def test_ways_to_write_a_taylor_test(way: str, reading: str) -> None:
    assert understood(*TIME, way)[0] == reading


@pytest.mark.parametrize(("header", "laws", "right", "wrong"), [
    ("state: x\ncostate: \\lambda = dJ/dx (column)\nobjective: J\ntime: t in [0, T]", "\n".join(TIME),
     r"J(x_0 + \alpha h) = J(x_0) + \alpha\, h^T \lambda(0) + O(\alpha^2)", r"J(x_0 + \alpha h) = J(x_0) + \alpha\, h^T \lambda(T) + O(\alpha^2)"),
    pytest.param("state: x\ncostate: \\lambda = dJ/dx (column)\nobjective: J\ntime: t in [0, T]", "\n".join(TIME),
     r"J(x_0 + \alpha h) - J(x_0) = \frac{\alpha}{2}\, (h^T \lambda(0) + h^T \lambda(0)) + O(\alpha^2)",
     r"J(x_0 + \alpha h) - J(x_0) = \frac{\alpha}{2}\, h^T \lambda(0) + O(\alpha^2)", marks=pytest.mark.campaign),
    ("state: x\nobjective: J\nlayer: k = 0 ... N", "x_{k+1} = M_k(x_k)\n" + r"J(x_0) = \frac12 |x_0 - x_b|^2 + \frac12 \sum_{k=0}^N |x_k - y_k|^2",
     r"J(x_0 + \alpha h) = J(x_0) + \alpha\, h^T \nabla J(x_0) + O(\alpha^2)", r"J(x_0 + \alpha h) = J(x_0) + 2\alpha\, h^T \nabla J(x_0) + O(\alpha^2)")])
def test_the_slope_is_the_gradient(header: str, laws: str, right: str, wrong: str) -> None:
    assert last_two(header, laws, right, wrong) == ["proved", "refuted"]


STEERED = (r"The state follows $\dot x = A x + B u$, $x(0) = x_0$, and $$J(u) = \frac12 |x(T)|^2 + \frac{\alpha}{2}\int_0^T |u|^2\,dt$$ "
           r"With $g = \nabla J(u)$ the slope along the step is $$\frac{d}{ds} J(u - s g)\Big|_{s=0} = %s$$")
TRAINED = (r"The state follows $\dot x = f(x, \theta)$, $x(0) = x_0$, and $$J(\theta) = \frac12 |x(T)|^2$$ With $g = \nabla J(\theta)$ "
           r"$$\frac{d}{ds} J(\theta - s g)\Big|_{s=0} = %s$$")


@pytest.mark.parametrize(("told", "value", "status"), [
    (STEERED, r"-\|g\|^2", "proved"), pytest.param(STEERED, r"-\|g\|_{L^2}^2", "proved", marks=pytest.mark.campaign), pytest.param(STEERED, r"-\int_0^T |g|^2\,dt", "proved", marks=pytest.mark.campaign),
    pytest.param(STEERED, r"-\langle g, g\rangle", "proved", marks=pytest.mark.campaign), pytest.param(STEERED, r"-\|g\|", "refuted", marks=pytest.mark.campaign), pytest.param(STEERED, r"\|g\|^2", "refuted", marks=pytest.mark.campaign),
    (STEERED, "-g^T g", "unknown"),  # at each time, or over all?
    (TRAINED, r"-\|g\|^2", "proved"), (TRAINED, "-g^T g", "proved"), (TRAINED, "g^T g", "refuted"),
])
def test_the_slope_along_a_direction_that_was_told(told: str, value: str, status: str) -> None:
    assert statuses(told % value, "")[-1] == status


REDUCED = r"The state follows $\dot x = f(x, u)$, $x(0) = x_0$, and $$J(u) = \phi(x(T)) + \int_0^T L(x, u)\,dt$$ $$%s$$"


@pytest.mark.parametrize(("line", "status"), [
    (r"\delta J = \langle \nabla J(u), \delta u\rangle", "proved"), (r"\delta J = -(\nabla J(u), \delta u)_{L^2(0,T)}", "refuted"),
    (r"\langle \nabla J(u), \delta u\rangle = \int_0^T (L_u + \lambda^T f_u)\,\delta u\,dt", "proved"),
    (r"\langle \nabla J(u), \delta u\rangle = (L_u + \lambda^T f_u)\,\delta u", "proved"),  # at each time
    (r"\delta J = \langle L_u^T + f_u^T \lambda, \delta u\rangle", "proved"), (r"J'(u) = L_u + \lambda^T f_u", "unknown"),
    (r"\delta J = \nabla J(u)^T \delta u", "unknown"), (r"\delta J = \int_0^T \nabla J(u)^T \delta u\,dt", "proved"),
])
def test_the_pairing_of_functions_of_time_is_an_integral(line: str, status: str) -> None:
    assert statuses(REDUCED % line, "")[-1] == status
