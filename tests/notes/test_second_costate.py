"""A second costate beside the first, for what a function is at the end: judged with its own cost, without touching the first."""

from __future__ import annotations

from understood import statuses

HEADER = "state: y\nparameters: p\ncostate: \\lambda (column)\nobjective: G\ntime: t in [t_0, T]"
PROBLEM = r"""$$\dot y = f(t, y, p), \quad y(t_0) = y_0(p)$$ $$G = \int_{t_0}^T g(t, y, p)\,dt$$
$$\dot\lambda = -f_y^T\lambda - g_y^T, \quad \lambda(T) = 0$$ $s = \partial y/\partial p$ """
COLUMN = r"""$$\dot\mu = -f_y^T\mu, \quad \mu(T) = g_y^T\Big|_{t=T}$$
$$\frac{dg}{dp}(T) = g_p(T) + \mu(t_0)^T s(t_0) + \int_{t_0}^T \mu^T f_p\,dt$$ $$\frac{dg}{dp}(T) = \mu(t_0)^T s(t_0) + \int_{t_0}^T \mu^T f_p\,dt$$
$$\frac{dG}{dp} = \lambda(t_0)^T s(t_0) + \int_{t_0}^T (g_p + \lambda^T f_p)\,dt$$"""
ROW = r"""$$\dot q = -q f_y$$ with $$q(T) = \nabla\varphi(y(T))$$ $$\frac{d\varphi(y(T))}{dp} = q(t_0) s(t_0) + \int_{t_0}^T q f_p\,dt$$
$$\frac{d}{dt}(q s) = q f_p$$ $$\frac{d}{dt}(q s) = -q f_p$$"""


def test_it_belongs_to_the_end_of_the_running_cost() -> None:
    assert statuses(PROBLEM + COLUMN, HEADER)[-5:] == ["proved", "proved", "proved", "refuted", "proved"]


def test_it_belongs_to_a_function_that_nothing_else_names() -> None:
    assert statuses(PROBLEM + ROW, HEADER)[-5:] == ["proved", "proved", "proved", "proved", "refuted"]


def test_what_moves_otherwise_is_none() -> None:
    assert statuses(PROBLEM + COLUMN.replace("-f_y^T", "f_y^T"), HEADER)[-4] == "unknown"


def test_a_quadrature_of_the_first_cost_says_nothing_of_the_second() -> None:
    rate = r"$$\dot\xi = g_p^T + f_p^T\lambda, \quad \xi(T) = 0$$ "
    assert statuses(PROBLEM + rate + COLUMN, HEADER)[-5:] == ["proved", "proved", "proved", "refuted", "proved"]


def test_the_end_may_be_a_cost_with_a_name_of_its_own() -> None:
    """gamma(p) = g(T, y(T), p) after G; a quadrature of which only the space was told; sensitivities s_1, s_2 of an example."""
    end = (r"$q \in \mathbb R^m$ $$\dot q = g_p^T + f_p^T\lambda, \quad q(T) = 0$$ For $\gamma(p) = g(T, y(T), p)$ $$\dot\mu = -f_y^T\mu, \quad \mu(T) = g_y(T, y(T), p)^T$$ "
           r"$$\frac{d\gamma}{dp} = g_p(T, y(T), p) + \mu(t_0)^T s(t_0) + \int_{t_0}^T \mu^T f_p\,dt$$ ")
    found = statuses(PROBLEM + end + end[end.index(r"$$\frac{d\gamma"):].replace("+ \\int", "- \\int"), HEADER)
    assert found[-6:] == ["definition", "assumption", "proved", "proved", "proved", "refuted"]


def test_an_example_numbers_the_sensitivities() -> None:
    example = r"$$\dot y = -p_1 y + p_2, \quad y(0) = 1, \quad G = \int_0^T y\,dt$$ $$\dot s_1 = -p_1 s_1 - y, \quad \dot s_2 = -p_1 s_2 + 1, \quad \dot s_2 = -p_1 s_2 - y$$"
    told = PROBLEM.replace(r"$s = \partial y/\partial p$", r"$$s = \frac{\partial y}{\partial p}, \quad \dot s = f_y s + f_p$$")
    assert statuses(told + example)[-3:] == ["proved", "proved", "refuted"]


def test_how_a_function_of_the_end_moves_with_the_end() -> None:
    lines = r" $$\frac{d}{dT}\,g(T, y(T), p) = g_t + g_y f \quad\text{at } t = T$$ $$\frac{d}{dT}\,g(T, y(T), p) = g_y f \quad\text{at } t = T$$"
    assert statuses(PROBLEM + lines, HEADER)[-2:] == ["proved", "refuted"]
