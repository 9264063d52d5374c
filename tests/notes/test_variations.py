"""The calculus of variations: the rate of the curve is the control, y' = u."""

from __future__ import annotations

import pytest
from understood import last_two, statuses

GENERAL = r"""J[y] = \int_a^b F(x, y, y')\,dx"""
FREE = GENERAL + "\ny(a) = A\n"
HELD = r"$$J[y] = \int_a^b F(x, y, y')\,dx, \quad y(a) = A, \quad y(b) = B$$ Put $y + \varepsilon\eta$ with $$\eta(a) = \eta(b) = 0$$ "
SPRING = r"""L = \frac12 m \dot q^2 - \frac12 k q^2
S = \int_{t_1}^{t_2} L\,dt
p = \frac{\partial L}{\partial \dot q}"""
SINH = r"J[y] = \int_0^1 (y'^2 + y^2)\,dx"


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (FREE, r"F_y - \frac{d}{dx} F_{y'} = 0", r"F_y + \frac{d}{dx} F_{y'} = 0"),
    pytest.param(FREE, r"\frac{\partial F}{\partial y} = \frac{d}{dx}\frac{\partial F}{\partial y'}", r"\frac{\partial F}{\partial y'} = \frac{d}{dx}\frac{\partial F}{\partial y}",
                 marks=pytest.mark.campaign),
    (FREE, r"\frac{d}{dx}(F - y' F_{y'}) = F_x", r"\frac{d}{dx}(F - y' F_{y'}) = -F_x"),
    (FREE, r"F_{y'}(b, y(b), y'(b)) = 0", r"F_y + \frac{d}{dx} F_{y'} = 0"),
    (SINH + "\ny(0) = 0\ny(1) = 1", r"y'' = y", r"y'' = -y"), (SINH + "\ny(0) = 0", r"y'' = y", r"y'' = 2 y"), (SINH, r"y'^2 - y^2 = C", r"y'^2 + y^2 = C"),
    (SPRING, r"m \ddot q = -k q", r"m \ddot q = k q"), (SPRING, r"\dot p = -k q", r"\dot p = k q"), (SPRING, r"\dot q = p/m", r"\dot q = -p/m"),
    (SPRING + "\n" + r"H = p \dot q - L", r"H = \frac{p^2}{2m} + \frac12 k q^2", r"H = \frac{p^2}{2m} - \frac12 k q^2"),
    (SPRING + "\n" + r"H = p \dot q - L", r"\dot p = -\frac{\partial H}{\partial q}", r"\dot p = \frac{\partial H}{\partial q}"),
])
def test_extremals(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("right", "wrong"), [
    pytest.param(r"\delta J = \int_a^b (F_y \eta + F_{y'} \eta')\,dx", r"\delta J = \int_a^b (F_y \eta - F_{y'} \eta')\,dx", marks=pytest.mark.campaign),
    pytest.param(r"\delta J = \int_a^b \left(F_y - \frac{d}{dx} F_{y'}\right) \eta\,dx", r"\delta J = \int_a^b \left(F_y + \frac{d}{dx} F_{y'}\right) \eta\,dx", marks=pytest.mark.campaign),
    (r"\int_a^b F_{y'} \eta'\,dx = -\int_a^b \eta \frac{d}{dx} F_{y'}\,dx", r"\int_a^b F_{y'} \eta'\,dx = \int_a^b \eta \frac{d}{dx} F_{y'}\,dx"),
    pytest.param(r"\delta J = [F_{y'} \eta]_a^b + \int_a^b \left(F_y - \frac{d}{dx} F_{y'}\right) \eta\,dx",
                 r"\delta J = [F_{y'} \eta]_a^b + \int_a^b \left(F_y + \frac{d}{dx} F_{y'}\right) \eta\,dx", marks=pytest.mark.campaign),
])
def test_variations_that_vanish_at_the_ends(right: str, wrong: str) -> None:
    assert statuses(f"{HELD} $${right}$$ and not $${wrong}$$", "")[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize(("words", "line", "status"), [
    ("If $y(b)$ is free,", r"F_{y'}(b, y(b), y'(b)) = 0", "proved"), ("Then", r"F_{y'}(b, y(b), y'(b)) = 0", "unknown"),
    ("If $F$ does not depend on $x$,", r"y' F_{y'} - F = C", "proved"), ("Then", r"y' F_{y'} - F = C", "unknown"),
    ("If $F$ does not depend on $y$,", r"F_{y'} = C", "proved"), ("Then", r"F_{y'} = C", "unknown"),
    ("If $F$ does not depend on $x$,", r"y' F_{y'} + F = C", "refuted"),
])
def test_what_holds_of_a_free_end_and_of_a_simpler_integrand(words: str, line: str, status: str) -> None:
    assert statuses(f"{HELD} {words} $${line}$$", "")[-1] == status


def test_a_rate_with_a_law_of_its_own_is_no_choice() -> None:
    told = r"$$\dot z = f(z, \theta), \quad z(0) = z_0$$ $$J = \int_0^T \dot z^2\,dt$$ "
    assert statuses(told + r"$$\ddot z = 0$$", "")[-1] != "proved"


BY_PARTS = r"$$\delta J = \int_a^b \left(F_y - \frac{d}{dx} F_{y'}\right) \delta y\,dx$$"


@pytest.mark.parametrize(("told", "status"), [pytest.param("", "unknown", marks=pytest.mark.campaign), ("with $y(a) = A$ and $y(b) = B$", "proved"), ("where variations vanish at the ends", "proved")])
def test_what_is_left_out_at_the_ends(told: str, status: str) -> None:
    assert statuses(f"$${GENERAL}$$ {told} {BY_PARTS}", "")[-1] == status


def test_a_natural_condition_at_the_start_stays_open() -> None:
    assert statuses(rf"$${GENERAL}$$ $$F_{{y'}}\big|_{{x=a}} = F_{{y'}}\big|_{{x=b}} = 0$$", "")[-2] == "unknown"


AREA = r"$$A[y] = \int_a^b y \sqrt{1 + y'^2}\,dx$$ "
MECHANICS = r"$$S[q] = \int_{t_0}^{t_1} L(q, \dot q, t)\,dt$$ "


@pytest.mark.parametrize(("told", "line", "status"), [
    (AREA, r"y y'' = 1 + y'^2", "unknown"),  # the world's control has either sign
    (f"$${GENERAL}$$ ", r"y'' = y", "unknown"),
    (HELD, r"\frac{d}{dx}(F_{y'y'} \eta') = \left(F_{yy} - \frac{d}{dx} F_{yy'}\right)\eta", "unknown"),
    (MECHANICS + "If $L$ does not depend on time, the energy $$E = \\dot q \\frac{\\partial L}{\\partial\\dot q} - L$$ is conserved,", r"\frac{dE}{dt} = 0", "proved"),
    (MECHANICS + "The energy $$E = \\dot q \\frac{\\partial L}{\\partial\\dot q} - L$$ is conserved,", r"\frac{dE}{dt} = 0", "unknown"),
])
def test_what_is_not_of_every_curve(told: str, line: str, status: str) -> None:
    assert statuses(f"{told} $${line}$$", "")[-1] == status


EXAMPLE = HELD + r"$$p = F_{y'}, \quad H = p y' - F$$ For $F = \frac m2 y'^2 - \frac k2 y^2$ "


@pytest.mark.parametrize(("line", "status"), [
    (r"m y'' = -k y", "proved"), (r"m y'' = k y", "refuted"), (r"p' = -k y", "proved"), (r"p' = k y", "refuted"),
    (r"H = \frac{p^2}{2m} + \frac k2 y^2", "proved"), (r"\frac{d}{dx}(F - y' F_{y'}) = -F_x", "unknown"),  # of this F, for which F_x = 0?
    (r"y(x) = \sin x", "unknown"),
])
def test_an_example_has_its_own_integrand(line: str, status: str) -> None:
    assert statuses(f"{EXAMPLE} $${line}$$", "")[-1] == status


def test_after_an_example_any_integrand_is_meant_again() -> None:
    told = f"{HELD} For $J = \\int_0^1 (y'^2 + y^2)\\,dx$ this is $$y'' = y$$ In general, "
    lines = r"$$\frac{d}{dx}(F - y' F_{y'}) = F_x$$ $$\frac{d}{dx}(F - y' F_{y'}) = -F_x$$"
    assert statuses(told + lines, "")[-3:] == ["proved", "proved", "refuted"]


@pytest.mark.parametrize(("line", "status"), [
    (r"\delta^2 J = \int_a^b F_{yy} \eta^2 + 2 F_{yy'} \eta\eta' + F_{y'y'} \eta'^2\,dx", "proved"),
    (r"\delta^2 J = \int_a^b F_{yy} \eta^2 + F_{yy'} \eta\eta' + F_{y'y'} \eta'^2\,dx", "refuted"),
    (r"\delta^2 J = \frac12 \int_a^b F_{yy} \eta^2 + 2 F_{yy'} \eta\eta' + F_{y'y'} \eta'^2\,dx", "unknown"),  # the term of second order?
])
def test_the_second_variation(line: str, status: str) -> None:
    assert statuses(f"{HELD} $${line}$$", "")[-1] == status


@pytest.mark.parametrize(("line", "status"), [
    (r"L_{\dot x}(T) + \phi_x(x(T)) = 0", "proved"), (r"L_{\dot x}(T) - \phi_x(x(T)) = 0", "refuted"),
    (r"\dot x L_{\dot x} - L = \text{const}", "proved"), (r"\dot x L_{\dot x} + L = \text{const}", "refuted"),
])
@pytest.mark.parametrize("curves", ["", "Curves in $\\mathbb{R}^n$: "])
def test_a_cost_at_the_end_and_curves_in_any_space(line: str, status: str, curves: str) -> None:
    told = r"$$J[x] = \phi(x(T)) + \int_0^T L(x, \dot x)\,dt, \quad x(0) = x_0$$"
    assert statuses(f"{curves}{told} $${line}$$", "")[-1] == status


def test_curves_of_a_given_length_are_left_open() -> None:
    told = r"$$\int_0^1 \sqrt{1 + y'^2}\,dx = \ell$$ We maximise $$J[y] = \int_0^1 y - y'^2\,dx$$"
    assert not {*statuses(f"{told} $$y'' = -\\frac12$$ $$y'' = 0$$", "")} & {"proved", "refuted"}


@pytest.mark.parametrize(("told", "line", "status"), [
    (r"y(0) = 1$$ With a free end $$", r"J = \tanh 1", "proved"), (r"y(0) = 1$$ With a free end $$", r"J = 1", "refuted"),
    (r"y(0) = 1$$ So $$", r"J = \tanh 1", "unknown"), (r"y(0) = 0, \quad y(1) = 1$$ So $$", r"y(x) = \frac{\cosh x}{\cosh 1}", "refuted"),
    (r"y(0) = 0, \quad y(1) = 1$$ So $$", r"y'(1) = 0", "refuted"), (r"y(0) = 0, \quad y(1) = 1$$ So $$", r"J = \coth 1", "unknown"),
])
def test_what_the_ends_decide(told: str, line: str, status: str) -> None:
    assert statuses(f"$${SINH}, \\quad {told}{line}$$", "")[-1] == status


@pytest.mark.parametrize(("line", "status"), [(r"F_{y'}(b, y(b), y'(b)) = -\Psi'(y(b))", "proved"), (r"F_{y'}(b, y(b), y'(b)) = \Psi'(y(b))", "refuted")])
def test_a_cost_at_the_end_may_be_added_in_words(line: str, status: str) -> None:
    """The variation is told by a direction eta, which vanishes at the ends."""
    told = HELD.replace(r"Put $y + \varepsilon\eta$ with", r"In the direction $\eta$ we have $$\delta J = \int_a^b (F_y \eta + F_{y'} \eta')\,dx$$ Here")
    assert statuses(f"{told} If we add a cost $\\Psi(y(b))$ to $J$, then $${line}$$", "")[-1] == status


@pytest.mark.parametrize(("lines", "found"), [
    (r"With $y' = u$ and $$\mathcal H = F(x, y, u) + \psi u$$ $$\psi' = -F_y, \quad F_u + \psi = 0, \quad \psi = -p, \quad F_u - \psi = 0$$",
     ["proved", "proved", "proved", "refuted"]),
    (r"With $y' = u$ $$\lambda' = -F_y, \quad F_u + \lambda = 0, \quad F_u - \lambda = 0$$", ["proved", "proved", "refuted"]),
    (r"For $J = \int_0^1 (y'^2 + 2 y)\,dx$ $$y'' = 1$$ For $F = \frac12 m \dot q^2 - \frac12 k q^2$ $$H = \frac{p^2}{2m} + \frac12 k q^2, \quad \dot p = -k q, \quad \dot p = k q$$",
     ["proved", "proved", "refuted"]),
])
def test_the_view_of_control_and_one_example_after_another(lines: str, found: list[str]) -> None:
    """Control with a costate beside the momentum, or none; an example of another curve after one without a letter for its integrand."""
    assert statuses(rf"{HELD} $$p = F_{{y'}}, \quad H = p y' - F$$ {lines}", "")[-len(found):] == found


COURSE = (r"$$J[y] = \int_a^b L(x, y, y')\,dx$$ with $y(a) = y_a$, whereas $y(b)$ is {free}. Let $\eta(a) = 0$. $$\delta J = \int_a^b (L_y \eta + L_{y'} \eta')\,dx$$ "
          r"$$\delta J = \int_a^b \left(L_y - \frac{d}{dx} L_{y'}\right) \eta\,dx + L_{y'}\,\eta\,\Big|_{x=b}$$ $$\frac{d}{dx} L_{y'} = L_y$$ "
          r"Take $a = 0$, $b = 1$, $y(0) = 1$ and $$L = \frac12 y'^2 + \frac12 y^2$$ ")


@pytest.mark.parametrize(("free", "line", "status"), [
    ("free", r"$$y(x) = \frac{\cosh(1-x)}{\cosh 1}$$", "proved"),
    ("free", r"$$y(x) = \frac{\sinh(1-x)}{\sinh 1}$$", "refuted"),
    ("given; the other case is that it is free", r"$$y(x) = \frac{\sinh(1-x)}{\sinh 1}$$", "unknown"),
    ("given", r"$$y(x) = \frac{\sinh(1-x)}{\sinh 1}$$", "unknown"),  # where y(1) = 0
])
def test_an_example_has_the_free_end_of_before_and_a_sentence_says_where_it_starts(free: str, line: str, status: str) -> None:
    found = statuses(COURSE.replace("{free}", free) + line)
    assert (found[4], found[-1]) == ("proved", status)


def test_a_length_that_is_held_at_last_bars_what_comes_after_it_alone() -> None:
    lines = r"$$F_y - \frac{d}{dx} F_{y'} = 0, \quad F_y + \frac{d}{dx} F_{y'} = 0$$ "
    told = f"{HELD} {lines} With $u = y'$ $$F_u + \\lambda = 0$$ Let $\\int_a^b G(x, y, y')\\,dx = c$. Then {lines}"
    assert statuses(told, "")[4:6] == ["proved", "refuted"] and statuses(told, "")[-2:] == ["unknown", "unknown"]


ANY_FREE = r"On considère $I(y) = \int_a^b F(x, y(x), y'(x))\,dx$, $y(a) = \alpha$, et on remplace $y$ par $y + \varepsilon\eta$ avec $\eta(a) = 0$. "


@pytest.mark.parametrize(("before", "line", "status"), [
    ("", r"\delta I(\eta) = \int_a^b (F_y - \frac{d}{dx} F_{y'}) \eta\,dx + F_{y'}\big|_{x=b}\,\eta(b)", "proved"),
    ("", r"\delta I(\eta) = \int_a^b (F_y - \frac{d}{dx} F_{y'}) \eta\,dx - F_{y'}\big|_{x=b}\,\eta(b)", "refuted"),
    ("Supposons que $F$ ne dépende pas de $x$. Par l'équation d'Euler ", r"\frac{d}{dx} (y' F_{y'} - F) = 0", "proved"),
    ("Supposons que $F$ ne dépende pas de $y$. Par l'équation d'Euler ", r"\frac{d}{dx} (y' F_{y'} - F) = 0", "unknown"),
    ("Si $F$ ne dépend pas de $x$, ", r"\frac{d}{dx} F_{y'} = 0", "unknown"),  # it is right without y
    ("Lorsqu'on ajoute un coût, donc pour $I(y) + g(y(b))$, la condition devient ", "F_{y'}(b, y(b), y'(b)) + g'(y(b)) = 0", "proved"),
    ("Lorsqu'on ajoute un coût, donc pour $I(y) + g(y(b))$, la condition devient ", "F_{y'}(b, y(b), y'(b)) - g'(y(b)) = 0", "refuted"),
    (r"L'extrémité glisse sur une courbe $y = \varphi(x)$, et donc ", r"F + (\varphi' - y') F_{y'} = 0", "unknown"),
    (r"Pour $F = y \sqrt{1 + y'^2}$: $y = c \sqrt{1 + y'^2}$. On pose $p = F_{y'}(x, y, y')$, $H(x, y, p) = p y' - F(x, y, y')$, ",
     r"p' = -\frac{\partial H}{\partial y}", "proved"),
    (r"Pour $F = y \sqrt{1 + y'^2}$: $y = c \sqrt{1 + y'^2}$. On pose $p = F_{y'}(x, y, y')$, $H(x, y, p) = p y' - F(x, y, y')$, ",
     r"p' = \frac{\partial H}{\partial y}", "refuted"),
])
def test_a_variation_along_eta_a_supposition_and_any_integrand_again(before: str, line: str, status: str) -> None:
    assert statuses(f"{ANY_FREE}{before}${line}$")[-1] == status


MOMENTUM = r"Soit $S[q] = \int_a^b L(t, q(t), \dot q(t))\,dt$, $q(a) = q_a$, $p = \frac{\partial L}{\partial \dot q}$, $H(t, q, p) = p \dot q - L(t, q, \dot q)$. "


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (r"Pour $L = \frac m2 \dot q^2 - \frac k2 q^2$, on trouve $p = m \dot q$ et ", r"H = \frac{p^2}{2 m} + \frac k2 q^2", r"H = \frac{p^2}{2 m} - \frac k2 q^2"),
    (r"Posons $\dot q = u$, $\mathcal H = L(t, q, u) + \lambda u$, $\dot\lambda = -\frac{\partial L}{\partial q}$. ", r"\lambda = -p", r"\lambda = p"),
])
def test_the_hamiltonian_of_an_example_and_the_momentum_beside_a_costate(given: str, right: str, wrong: str) -> None:
    assert [statuses(f"{MOMENTUM}{given}${line}$", "")[-1] for line in (right, wrong)] == ["proved", "refuted"]


SIDEWAYS = r"""$\dot q = g(q, \alpha)$, $q(0) = q_0$, $J(\alpha) = \int_0^T c(q, \alpha)\,dt$, $p = (dJ/dq)^T$. We move along $\beta$, $\alpha^\epsilon = \alpha + \epsilon\beta$:
"""


@pytest.mark.parametrize(("claim", "verdict"), [
    (r"\delta J(\alpha; \beta) = \int_0^T (c_\alpha + p^T g_\alpha)\beta\,dt", "proved"),
    (r"\delta J(\alpha; \beta) = -\int_0^T (c_\alpha + p^T g_\alpha)\beta\,dt", "refuted"),
])
def test_a_variation_may_name_its_direction(claim: str, verdict: str) -> None:
    assert statuses(f"{SIDEWAYS}$${claim}$$", "control: alpha")[-1] == verdict
