"""Densities along a flow, base densities, the score, traces in a cost, small determinants and Hutchinson's estimator."""

from __future__ import annotations

from functools import partial

import pytest
from understood import last_two, statuses

FLOW = r"""\frac{dz}{dt} = f(z(t), t; \theta)
z(0) = x
p(z, T) = \pi(z)
\frac{d}{dt}\log p(z(t), t) = -\mathrm{tr}\left(\frac{\partial f}{\partial z}\right)"""
COST = FLOW + "\n" + r"J = -\log\pi(z(T)) - \int_0^T \mathrm{tr}\left(\frac{\partial f}{\partial z}(z(t), t; \theta)\right)dt"
SCORE = COST + "\n" + r"s(t) = \nabla_z\log p(z(t), t)"
OTHER = r"""\dot x = f(x, t)
\log q(x(t_1)) = \log q(x(t_0)) - \int_{t_0}^{t_1} \nabla\cdot f\,dt"""
NOISE = FLOW + "\n" + r"\mathbb{E}[\epsilon\epsilon^\top] = I"
TRACE = r"\mathrm{tr}\left(\frac{\partial f}{\partial z}\right)"


FIELD = r"""\dot x = v(x, t)
x(0) = x_0
\partial_t p_t + \nabla\cdot(p_t\, v) = 0"""
ALONG = r"""\dot z = f(z, t)
\frac{\partial\log p(z(t))}{\partial t} = -\mathrm{tr}\left(\frac{\partial f}{\partial z}\right)"""
VOLUME = r"""\dot x = v(x, t)
F(t) = \frac{\partial x(t)}{\partial x(0)}"""


SLOW = partial(pytest.param, marks=pytest.mark.campaign)


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (FLOW, rf"\frac{{d}}{{dt}} p(z(t), t) = -p(z(t), t)\,{TRACE}", rf"\frac{{d}}{{dt}} p(z(t), t) = p(z(t), t)\,{TRACE}"),
    (FLOW, rf"\log p(x, 0) = \log\pi(z(T)) + \int_0^T {TRACE} dt", rf"\log p(x, 0) = \log\pi(z(T)) - \int_0^T {TRACE} dt"),
    (FLOW, rf"\det\frac{{\partial z(t+\varepsilon)}}{{\partial z(t)}} = 1 + \varepsilon\,{TRACE} + O(\varepsilon^2)",
     rf"\det\frac{{\partial z(t+\varepsilon)}}{{\partial z(t)}} = 1 - \varepsilon\,{TRACE} + O(\varepsilon^2)"),
    (COST, r"a(T) = -\nabla\log\pi(z(T))", r"a(T) = \nabla\log\pi(z(T))"),
    (COST, rf"\frac{{da}}{{dt}} = -\left(\frac{{\partial f}}{{\partial z}}\right)^\top a + \nabla_z {TRACE}",
     r"\frac{da}{dt} = -\left(\frac{\partial f}{\partial z}\right)^\top a"),
    SLOW(COST, rf"\frac{{dJ}}{{d\theta}} = \int_0^T \left[\left(\frac{{\partial f}}{{\partial\theta}}\right)^\top a - \nabla_\theta {TRACE}\right] dt",
     rf"\frac{{dJ}}{{d\theta}} = \int_0^T \left[\left(\frac{{\partial f}}{{\partial\theta}}\right)^\top a + \nabla_\theta {TRACE}\right] dt"),
    (SCORE, "a(t) = -s(t)", "a(t) = s(t)"),
    SLOW(SCORE, rf"\frac{{ds}}{{dt}} = -\left(\frac{{\partial f}}{{\partial z}}\right)^\top s - \nabla_z {TRACE}",
     rf"\frac{{ds}}{{dt}} = -\left(\frac{{\partial f}}{{\partial z}}\right)^\top s + \nabla_z {TRACE}"),
    (OTHER, r"\frac{d}{dt}\log q(x(t)) = -\nabla\cdot f", r"\frac{d}{dt}\log q(x(t)) = \nabla\cdot f"),
    (FIELD, r"\partial_t \log p_t(x) = -\nabla\cdot v - v\cdot\nabla\log p_t(x)", r"\partial_t \log p_t(x) = -\nabla\cdot v + v\cdot\nabla\log p_t(x)"),
    (FIELD, r"\frac{\partial p}{\partial t} + \nabla p\cdot v + p\,\nabla\cdot v = 0", r"\frac{\partial p}{\partial t} + v\cdot\nabla p = 0"),
    SLOW(FIELD, r"\frac{\partial p(x, t)}{\partial t} = -\operatorname{div}(p(x, t)\, v(x, t))", r"\frac{\partial p(x, t)}{\partial t} = -p(x, t)\,\operatorname{div} v(x, t)"),
    SLOW(FIELD, r"\frac{d}{dt} p(x(t), t) = \frac{\partial p}{\partial t} + \nabla p\cdot v", r"\frac{d}{dt} p(x(t), t) = \frac{\partial p}{\partial t} - \nabla p\cdot v"),
    (ALONG, r"\frac{\partial\log p}{\partial t} = -\nabla\cdot f", r"\frac{\partial\log p}{\partial t} = \nabla\cdot f"),
    (VOLUME, r"\frac{d}{dt}\det F = \det F\,\nabla\cdot v", r"\frac{d}{dt}\det F = \nabla\cdot v"),
    SLOW(VOLUME, r"\dot F(t) = \frac{\partial v}{\partial x} F(t)", r"\dot F(t) = F(t)\,\frac{\partial v}{\partial x}"),
    (NOISE, rf"{TRACE} = \mathbb{{E}}\left[\epsilon^\top\frac{{\partial f}}{{\partial z}}\epsilon\right]",
     rf"{TRACE} = -\mathbb{{E}}\left[\epsilon^\top\frac{{\partial f}}{{\partial z}}\epsilon\right]"),
])
def test_right_lines_are_proved_and_slips_refuted(given: str, right: str, wrong: str) -> None:
    assert last_two("", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize("base", [r"\log q(z) = -\frac12 z^\top z - \frac{d}{2}\log(2\pi)", r"\log q(z(T)) = -\frac12\|z(T)\|^2 - \frac n2\log 2\pi"])
def test_a_base_density_of_which_the_logarithm_is_written_has_slopes(base: str) -> None:
    given = FLOW.partition("p(z")[0] + COST.rpartition("\n")[2].replace(r"\log\pi", r"\log q")
    assert last_two("", f"{given}\n{base}", r"a(T) = z(T)", r"a(T) = -z(T)") == ["proved", "refuted"]


def test_a_determinant_of_what_is_small_is_as_near() -> None:
    near = r"\det(I + \epsilon\frac{\partial f}{\partial z} + O(\epsilon^2)) = 1 + \epsilon\,\mathrm{tr}\frac{\partial f}{\partial z} + O(\epsilon^2)"
    assert last_two("", FLOW, near, near.replace("= 1 +", "= 1 -")) == ["proved", "refuted"]
    assert last_two("", FLOW, near, near.replace("f}{\\partial z} + O(\\epsilon^2))", "f}{\\partial z} + O(\\epsilon))"))[1] != "proved"


def test_an_example_of_a_field_ends_where_the_field_is_general_again() -> None:
    example = COST.replace(r"J =", "f(z) = A z\nJ =")
    wrong = r"\frac{da}{dt} = -\left(\frac{\partial f}{\partial z}\right)^\top a"
    assert last_two("", example, r"a(T) = -\nabla\log\pi(z(T))", wrong) == ["proved", "refuted"]


def test_a_rate_that_may_be_along_a_solution_or_at_a_point_is_neither() -> None:
    wrong = r"\frac{\partial\log p}{\partial t} = -\mathrm{tr}\left(\frac{\partial f}{\partial z}\right)"
    assert last_two("", FLOW, wrong, wrong) == ["unknown", "unknown"]
    mixed = ALONG + "\n" + r"\frac{\partial p}{\partial t} = -\nabla\cdot(p\,f)"
    assert last_two("", mixed, wrong, wrong.replace(r"\log p}", r"\log p(z, t)}")) == ["unknown", "unknown"]


def test_the_slope_of_a_density_that_is_told_by_name_is_open() -> None:
    header = "state: x\nfield: f\nobjective: L\ncostate: a = dL/dx (row)"
    text = "The density $q$ at time $1$ is the standard normal one:\n\n$$\\dot x = f(x, t)$$\n\n$$L = -\\log q(x(1)) - \\int_0^1 \\nabla\\cdot f\\,dt$$\n\n"
    assert statuses(text + "$$a(1) = x(1)^\\top$$\n\n$$a(1) = \\nabla\\log q(x(1))^\\top$$", header)[-2:] == ["unknown", "refuted"]


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\log p_{t+\varepsilon}(z(t+\varepsilon)) = \log p_t(z(t)) - \log\left|\det\frac{\partial T_\varepsilon}{\partial z}(z(t))\right|",
     r"\log p_{t+\varepsilon}(z(t+\varepsilon)) = \log p_t(z(t)) + \log\left|\det\frac{\partial T_\varepsilon}{\partial z}(z(t))\right|"),
    (r"\det(I+\varepsilon A) = 1 + \varepsilon\,\operatorname{tr} A + O(\varepsilon^2)", r"\det(I+\varepsilon A) = 1 - \varepsilon\,\operatorname{tr} A + O(\varepsilon^2)"),
    (r"\operatorname{tr} A = \mathbb E\left[v^\top A\,v\right]", r"\frac{d}{dt}\log p_t(z(t)) = \operatorname{tr}\left(\frac{\partial f}{\partial z}(z(t), t)\right)"),
])
@pytest.mark.parametrize("words", ["soit $T_\\varepsilon$ l'application qui envoie $z(t)$ sur $z(t+\\varepsilon)$. Pour toute matrice carrée $A$,",
                                   "let $T_\\varepsilon$ be the map that carries $z(t)$ to $z(t+\\varepsilon)$. For any square matrix $A$"])
def test_words_tell_a_flow_and_any_matrix(words: str, right: str, wrong: str) -> None:
    given = rf"$z(t)\in\mathbb R^d$ $$\frac{{dz}}{{dt}} = f(z(t), t)$$ {words} $\mathbb E[v v^\top] = I$ $$\frac{{d}}{{dt}}\log p_t(z(t)) = -\operatorname{{tr}}\frac{{\partial f}}{{\partial z}}$$ "
    assert statuses(rf"{given} $${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


PLANAR = r"""$z(t)\in\mathbb R^d$ $$\frac{dz}{dt} = f(z(t), t)$$ $$\frac{d}{dt}\log p_t(z(t)) = -\operatorname{tr}\frac{\partial f}{\partial z}$$ Let $f(z) = u\,h(w^\top z + b)$. """


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{\partial f}{\partial z} = h'(w^\top z + b)\,u\,w^\top", r"\frac{\partial f}{\partial z} = h'(w^\top z + b)\,w\,u^\top"),
    (r"\frac{d}{dt}\log p_t(z(t)) = -h'(w^\top z + b)\,u^\top w", r"\frac{d}{dt}\log p_t(z(t)) = -h(w^\top z + b)\,u^\top w"),
])
def test_a_planar_flow_has_an_activation_of_one_number(right: str, wrong: str) -> None:
    assert statuses(rf"{PLANAR} $${right}$$ $${wrong}$$ with $f(z) = -z$")[-3:] == ["proved", "refuted", "definition"]  # of another example


CARRIED = (r"$$\frac{dz}{dt} = f(z(t), t, \theta)$$ $$\frac{d\log p(z(t))}{dt} = -\mathrm{tr}\frac{\partial f}{\partial z}$$ "
           r"Write $\kappa(t)$ for $\log p(z(t))$. %s $$a(t) = \frac{\partial L}{\partial z(t)}$$ $$a_\kappa(t) = \frac{\partial L}{\partial \kappa(t)}$$ ")
SLOPE = r"\frac{\partial}{\partial z}\operatorname{tr}\left(\frac{\partial f}{\partial z}\right)"


@pytest.mark.parametrize("loss", ["The loss is $L$.", r"$$L = \kappa(t_1) - \log \pi(z(t_1))$$"])
def test_a_log_density_that_is_carried_has_a_costate_that_is_a_number(loss: str) -> None:
    header = "state: z\ncostate: a (row)\nparameters: \\theta\nfield: f\nobjective: L\ntime: t in [t_0, t_1]"
    lines = (rf"$$\frac{{da}}{{dt}} = -a \frac{{\partial f}}{{\partial z}} {sign} a_\kappa {SLOPE}$$ " for sign in "+-")
    value = r"$$L = a_\kappa \log p(z(t_0))$$"
    found = statuses(CARRIED % loss + r"$$\frac{da_\kappa}{dt} = 0$$ " + "".join(lines) + value, header)
    assert found[-4:] == ["proved", "proved", "refuted", "unknown"]


def test_another_logarithm_is_not_that_of_the_flow() -> None:
    text = CARRIED.replace(r"for $\log p(z(t))$", r"for $\log \pi(z(t))$") % ""
    assert statuses(text + rf"$$\frac{{da}}{{dt}} = -a \frac{{\partial f}}{{\partial z}} + a_\kappa {SLOPE}$$ ", "objective: L")[-1] == "unknown"


LAYERED = (r"$$z_{k+1} = z_k + \eta f(z_k)$$ $$\frac{dz}{dt} = f(z(t))$$ The density of $z$ is $p$. "
           r"$$\frac{d \log p(z(t))}{dt} = -\mathrm{tr}\left( \frac{\partial f}{\partial z(t)} \right)$$ $$f(z) = A z$$ ")


def test_a_flow_that_layers_become_starts_at_its_nought() -> None:
    lines = (rf"$$\log p(z(T)) = \log p(z(0)) {sign} T \mathrm{{tr}}(A)$$ " for sign in "-+")
    assert statuses(LAYERED + "".join(lines))[-2:] == ["proved", "refuted"]


def test_a_second_example_of_a_field_brings_letters_of_its_own() -> None:
    planar = r"$$f(z) = u\, h(w^\top z + b)$$ "
    lines = (rf"$$\mathrm{{tr}}\left( \frac{{\partial f}}{{\partial z}} \right) = h'(w^\top z + b)\, {slope}$$ " for slope in (r"w^\top u", r"w^\top w"))
    assert statuses(LAYERED + planar + "".join(lines))[-3:] == ["definition", "proved", "refuted"]
    assert statuses(LAYERED + r"$$f(z) = A z + z$$")[-1] == "unknown"


def test_the_density_of_a_letter_that_nobody_explains_is_left_open() -> None:
    flow = r"""\dot z = f(z, t)
\log p(z(t_1)) = \log p_0(z(t_0)) - \int_{t_0}^{t_1} \nabla\cdot f\,dt"""
    right = r"\log p(x) = \log p_0(z(t_0)) - \int_{t_0}^{t_1} \nabla\cdot f\,dt"
    assert last_two("state: z\nfield: f", flow, right, right.replace("- \\int", "+ \\int")) == ["unknown", "unknown"]
    assert last_two("state: z\nfield: f", flow, right.replace("p(x)", "p(z(t_1))"), right.replace("p(x)", "p(z(t_0))"))[0] == "proved"


def test_a_planar_flow_has_its_activation_where_it_is_written() -> None:
    posed = r"Let $\frac{dz}{dt} = f(z(t))$ with $z(0) \sim p_0$ and $f(z) = u h(w^T z + b)$. "
    right = r"$\frac{\partial \log p(z(t))}{\partial t} = -u^T w\, h'(w^T z + b)$"
    trace = r"$\operatorname{tr}\left(\frac{\partial f}{\partial z}\right) = u^T \frac{\partial h}{\partial z}$"
    found = statuses(f"{posed}{right}, {right.replace('-u', 'u')}, {trace}, {trace.replace('= u', '= 2 u')}")[-4:]
    assert found[:2] == ["proved", "refuted"] and found[2] != "refuted" and found[3] == "refuted"


SAMPLED = r"""$$z(0) \sim p_0 = \mathcal N(0, I_d), \qquad \frac{dz}{dt} = f(z, t; \theta), \quad t \in [0, 1]$$ The density of $z(t)$ is called $p_t$.
$$\frac{d}{dt} \log p_t(z(t)) = -\operatorname{tr}\left(\frac{\partial f}{\partial z}\right)$$ To ask for a datum, $$z(0) = x - \int_0^1 f(z(t), t; \theta) dt, \qquad z(1) = x$$
$$\frac{d}{dt} \begin{pmatrix} z \\ \Delta \end{pmatrix} = \begin{pmatrix} f(z, t; \theta) \\ -\operatorname{tr}\, \partial f/\partial z \end{pmatrix}$$
$$\mathcal{L} = \Delta(1) - \log \rho(z(1))$$ We write $a(t)$ for the gradient of $\mathcal L$ with respect to $z(t)$. """
FIRST = r"\frac{dz}{dt} = f(z, t)$$ $$\frac{d}{dt} \log p(z(t), t) = -\operatorname{tr} \frac{\partial f}{\partial z}"


@pytest.mark.parametrize(("notes", "right", "wrong"), [
    (SAMPLED, r"a(1) = -\nabla \log \rho(z(1))", r"a(1) = \nabla \log \rho(z(1))"),
    (SAMPLED, r"\frac{da}{dt} = -\left(\frac{\partial f}{\partial z}\right)^\top a + \nabla_z \operatorname{tr} \frac{\partial f}{\partial z}",
     r"\frac{da}{dt} = -\left(\frac{\partial f}{\partial z}\right)^\top a - \nabla_z \operatorname{tr} \frac{\partial f}{\partial z}"),
    (f"$${FIRST}$$", r"\det(I + \varepsilon A) = 1 + \varepsilon \operatorname{tr} A + O(\varepsilon^2)",
     r"\det(I + \varepsilon A) = 1 - \varepsilon \operatorname{tr} A + O(\varepsilon^2)"),
])
def test_a_flow_that_is_run_beside_its_density(notes: str, right: str, wrong: str) -> None:
    assert [statuses(f"{notes} $${claim}$$")[-1] for claim in (right, wrong)] == ["proved", "refuted"]


def test_how_a_start_lies_claims_nothing() -> None:
    assert statuses(SAMPLED)[:2] == ["assumption", "assumption"]


TWO_WAYS = (r"$z(t) \in \mathbb{R}^d$, $\frac{dz}{dt} = f(z(t), t)$. $$\frac{d}{dt} \log\rho(z(t),t) = -\operatorname{tr}\frac{\partial f}{\partial z}$$ "
            r"From data $x$ to noise: $$\dot u = f(u, t; \theta), \quad u(0) = x, \qquad \dot c = \operatorname{tr}\frac{\partial f}{\partial u}, \quad c(0) = 0$$ "
            r"$$\log p_\theta(x) = \log q(u(T)) + \int_0^T \operatorname{tr}\frac{\partial f}{\partial u} dt$$ $$L = \tfrac12\|u(T)\|^2 - c(T)$$ "
            r"$a(t) = \frac{\partial L}{\partial u(t)}$, $\alpha(t) = \frac{\partial L}{\partial c(t)}$, columns. ")


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\log p_\theta(x) = \log q(u(T)) + \int_0^T \operatorname{tr}\frac{\partial f}{\partial u} dt",
     r"\log p_\theta(x) = \log q(u(T)) - \int_0^T \operatorname{tr}\frac{\partial f}{\partial u} dt"),
    (r"\alpha(t) = -1", r"\alpha(t) = 1"),
    (r"a(T) = u(T)", r"a(T) = -u(T)"),
])
def test_a_flow_goes_on_from_data_with_another_letter(right: str, wrong: str) -> None:
    assert [statuses(f"{TWO_WAYS}$${claim}$$")[-1] for claim in (right, wrong)] == ["proved", "refuted"]


@pytest.mark.parametrize(("line", "status"), [
    (r"\operatorname{tr} A = \mathbb E\,\varepsilon^\top A\varepsilon", "proved"), (r"\operatorname{tr} A = -\mathbb E\,\varepsilon^\top A\varepsilon", "refuted"),
    SLOW(r"\det(I + \varepsilon A) = 1 - \varepsilon\operatorname{tr} A + O(\varepsilon^2)", "refuted")])
def test_a_random_vector_that_has_the_letter_of_what_is_small(line: str, status: str) -> None:
    text = (r"Let $\varepsilon\in\mathbb R^d$ be random with $\mathbb E\,\varepsilon = 0$ and $\mathbb E\,\varepsilon\varepsilon^\top = I$, "
            rf"$z(t)\in\mathbb R^d$, $\dot z = f(z, t)$. For every fixed matrix $A$ $${line}$$")
    assert statuses(text)[-1] == status


SMALL = (r"Let $\dot z = f(z, t)$, $z\in\mathbb R^d$. For any square matrix $A$ $$\frac{d}{dt}\log p(z(t)) = -\operatorname{tr}\frac{\partial f}{\partial z}$$ $$%s$$")


@pytest.mark.parametrize(("line", "status"), [
    (r"\log\det(I + \varepsilon A) = \varepsilon\operatorname{tr} A + O(\varepsilon^2)", "proved"),
    SLOW(r"\log\left|\det\Big(I + \varepsilon\frac{\partial f}{\partial z}\Big)\right| = \varepsilon\operatorname{tr}\frac{\partial f}{\partial z} + O(\varepsilon^2)", "proved"),
    (r"\log\det(I + \varepsilon A) = \varepsilon\det A + O(\varepsilon^2)", "refuted"),
    (r"\log p(z(t+\varepsilon)) - \log p(z(t)) = -\varepsilon\operatorname{tr}\frac{\partial f}{\partial z} + O(\varepsilon^2)", "proved"),
    SLOW(r"\log p(z(t)) = \log p(z(t+\varepsilon)) - \varepsilon\operatorname{tr}\frac{\partial f}{\partial z} + O(\varepsilon^2)", "refuted"),
    (r"\log(\varepsilon + \varepsilon^2) = \log\varepsilon + 5\varepsilon + O(\varepsilon^2)", "refuted"),  # where log is steep
])
def test_logarithms_of_what_is_near_another(line: str, status: str) -> None:
    assert statuses(SMALL % line)[-1] == status


LINEAR = (r"A particle follows $\dot z = f(z, t)$, $z(t)\in\mathbb R^d$. $$\frac{d}{dt}\log p_t(z(t)) = -\operatorname{tr}\frac{\partial f}{\partial z}$$ "
          r"For $f(z) = u\,h(w^\top z + b)$ it is cheap. For $f(z) = A z$%s $$%s$$")
GAUSSIAN = r" and $z(0)\sim\mathcal N(0, I)$ the densities are Gaussian, $z(t)\sim\mathcal N(0, \Sigma(t))$."


@pytest.mark.parametrize(("told", "line", "status"), [
    (GAUSSIAN, r"\dot\Sigma = A\Sigma + \Sigma A^\top", "proved"), (GAUSSIAN, r"\dot\Sigma = A^\top\Sigma + \Sigma A", "refuted"),
    SLOW(GAUSSIAN, r"\Sigma(t) = e^{tA} e^{tA^\top}", "proved"), SLOW(GAUSSIAN, r"\Sigma(t) = e^{2tA}", "refuted"),
    (GAUSSIAN, r"\log\det\Sigma(t) = 2t\operatorname{tr} A", "proved"), (GAUSSIAN, r"\log\det\Sigma(t) = t\operatorname{tr} A", "refuted"),
    ("", r"\dot\Sigma = A\Sigma + \Sigma A^\top", "unknown"),  # of a Sigma that nothing tells
    (" with $z(0) = z_0$", r"\det e^{At} = e^{t\operatorname{tr} A}", "proved"), SLOW(" with $z(0) = z_0$", r"\det e^{At} = e^{\operatorname{tr} A}", "refuted"),
])
def test_the_covariance_that_a_linear_flow_makes(told: str, line: str, status: str) -> None:
    assert statuses(LINEAR % (told, line))[-1] == status


CHANGED = (r"If $z_1 = F(z_0)$ with a diffeomorphism $F$ and $z_0$ has the density $p_0$, then $$%s$$ In a continuous flow $$\frac{dz}{dt} = f(z(t), t; \theta), \qquad "
           r"z(0)\sim p_0$$ $$\log p_1(z(1)) = \log p_0(z(0)) - \int_0^1 \operatorname{tr}\left(\frac{\partial f}{\partial z}\right) dt$$")


@pytest.mark.parametrize(("sign", "status"), [("-", "proved"), ("+", "refuted")])
def test_a_map_of_which_nothing_is_told_is_what_the_flow_makes(sign: str, status: str) -> None:
    line = rf"\log p_1(z_1) = \log p_0(z_0) {sign} \log\left|\det\frac{{\partial F}}{{\partial z_0}}(z_0)\right|"
    assert statuses(CHANGED % line)[1] == status


DATUM = (r"$$\frac{dz(t)}{dt} = f(z(t), t; \theta)$$ $$\frac{d\log p(z(t))}{dt} = -\operatorname{tr}\left(\frac{\partial f}{\partial z(t)}\right)$$ "
         r"To evaluate a data point $x$, start at $z(t_1) = x$. $$\log p(x) = \log p(z(t_0)) %s \int_{t_0}^{t_1} \operatorname{tr}\frac{\partial f}{\partial z} dt$$")


@pytest.mark.parametrize(("sign", "status"), [("-", "proved"), ("+", "refuted")])
def test_a_datum_is_where_the_flow_arrives(sign: str, status: str) -> None:
    assert statuses(DATUM % sign)[-1] == status


MOVED = r"$$\dot y = v(y, t), \qquad y(0) \sim q_0$$ $$\frac{d}{dt}\log q(y(t)) = -\operatorname{tr}\frac{\partial v}{\partial y}$$ "


@pytest.mark.parametrize(("text", "verdicts"), [
    (r"For $v(y) = M y$ with a constant $M$ $$\log q(y(T)) = \log q_0(y(0)) - T\operatorname{tr} M$$ $$\log q(y(T)) = \log q_0(y(0)) - \operatorname{tr} M$$",
     ["proved", "refuted"]),
    (r"If $\nabla\cdot v = 0$, $$\log q(y(T)) = \log q_0(y(0))$$ In general $$\log q(y(T)) = \log q_0(y(0))$$", ["proved", "unknown"]),
    (r"$$\log q(y(T)) = \log q_0(y(0)) - \mathbb E_w\left[\int_0^T w^\top \frac{\partial v}{\partial y} w\,dt\right]$$ "
     r"$$\log q(y(T)) = \log q_0(y(0)) + \mathbb E_w\left[\int_0^T w^\top \frac{\partial v}{\partial y} w\,dt\right]$$", ["proved", "refuted"]),
    (r"For data $x = y(T)$ $$\log q(x) = \log q_0(y(0)) - \int_0^T \nabla\cdot v\,dt$$ $$\log q(x) = \log q_0(y(0)) - \int_T^0 \nabla\cdot v\,dt$$",
     ["proved", "refuted"]),
])
def test_densities_of_cases_of_data_and_in_the_mean(text: str, verdicts: list[str]) -> None:
    assert statuses(MOVED + text)[-2:] == verdicts
