"""Layers as notes write them: told late, counted back, multiplied by dots, with stages, several costs, observations, feedback."""

from __future__ import annotations

import pytest
from understood import contradicted, last_two, read, statuses

from adjointcheck.notes.foreword import begun
from adjointcheck.notes.letters.formulas import put_in, spelt_out
from adjointcheck.notes.letters.indices import Unclear, ahead
from adjointcheck.notes.letters.quantities import Symbol
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.document import read_text
from adjointcheck.notes.verdicts.judgement import judge_pair
from adjointcheck.trusted.verdict import Status

LAYERS = r"x_{k+1} = f(x_k, u_k); J = \Phi(x_N) + \sum_{k=0}^{N-1} \ell(x_k, u_k); A_k = \frac{\partial f}{\partial x}(x_k, u_k)"
PLAIN = "layer: k; state: x; control: u; costate: p = dJ/dx (row); objective: J"
REGULATOR = (r"x_{k+1} = A x_k + B u_k; J = \frac12 x_N^T S x_N + \frac12 \sum_{k=0}^{N-1} (x_k^T Q x_k + u_k^T R u_k); "
             r"p_k^T = P_k x_k; u_k = -K_k x_k")
MIDPOINT = r"x_{k+1} = x_k + h f(x_k, \theta); J = \Phi(x_N); Y_1 = x_k; Y_2 = x_k + \frac{h}{2} f(Y_1, \theta); x_{k+1} = x_k + h f(Y_2, \theta); A_i = f_x(Y_i, \theta)"
STAGED = "layer: k; state: x; parameters: \\theta; costate: p = dJ/dx (row); objective: J; field: f; step: h"
DATA = r"\dot x = f(x, \theta); J = \sum_{i=1}^{N} \ell_i(x(t_i))"
MAPS = r"z_i = f_i(z_{i-1}, \theta_i); J = \ell(z_N)"  # into layer i
ONE_MAP = r"z_i = f(z_{i-1}, \theta_i); J = \ell(z_N)"
EARLY = r"z_i = f_i(z_{i-1}, \theta_{i-1}); J = \ell(z_N)"
NET = "layer: i; state: z; costate: p = dJ/dz (row); objective: J"
TIMED = "state: x; parameters: \\theta; costate: p = dJ/dx (row); objective: J; field: f"


def proof(text: str, header: str) -> Status:
    """What the core says of the last statement, with the formulas of the notes in place of their functions if need be."""
    resolved, context = read(text, header)
    assert resolved.status == "claim" and not resolved.problems, (resolved.reading, resolved.problems)
    left, right = resolved.chain.sides[:2]
    found = judge_pair(left, right, "=", context, resolved.form)
    spelt = spelt_out(context)
    return found.status if found.status is Status.PROVED else judge_pair(put_in(left, spelt), put_in(right, spelt), "=", spelt, resolved.form).status


LOSS = r"x_{k+1} = f(x_k, u_k); J = \Phi(x_N)"
RIGHT = [
    (r"x_k = F_k(x_{k-1}); J = \Phi(x_N)", "layer: k; state: x; costate: p = dJ/dx (row)",
     r"\frac{\partial x_N}{\partial x_0} = D_N D_{N-1} \cdots D_1"),
    (LOSS, PLAIN, r"p_0^T = \prod_{k=0}^{N-1} \frac{\partial f}{\partial x}(x_k, u_k)^T p_N^T"),
    (LAYERS, PLAIN, r"\delta x_N = A_{N-1} A_{N-2} \cdots A_0 \delta x_0"),
    (LAYERS, PLAIN, r"p_k = \frac{\partial \ell}{\partial x} + p_{k+1} A_k"),
    (r"x_k = F(x_{k-1}, w_k); J = \Phi(x_N)", "layer: k; state: x; costate: p = dJ/dx (row)",
     r"\frac{\partial J}{\partial w_k} = p_k \frac{\partial F(x_{k-1}, w_k)}{\partial w_k}"),
    (MAPS, NET, r"p_{i-1} = p_i \frac{\partial f_i}{\partial z_{i-1}}"), (MAPS, NET, r"p_i = p_{i+1} \frac{\partial f_{i+1}}{\partial z} (z_i, \theta_{i+1})"),
    (MAPS, NET, r"\frac{\partial J}{\partial \theta_i} = p_i \frac{\partial f_i}{\partial \theta_i}"),
    (MAPS, NET, r"p_i = p_N \frac{\partial f_N}{\partial z_{N-1}} \cdots \frac{\partial f_{i+1}}{\partial z_i}"),
    (MAPS, NET, r"p_i = p_N \frac{\partial z_N}{\partial z_{N-1}} \frac{\partial z_{N-1}}{\partial z_{N-2}} \cdots \frac{\partial z_{i+1}}{\partial z_i}"),
    (ONE_MAP, NET, r"p_{i-1} = p_i \frac{\partial f_i}{\partial z_{i-1}}"),
    (ONE_MAP, NET, r"\frac{\partial J}{\partial \theta_i} = p_i \frac{\partial f}{\partial \theta_i}"),
    (EARLY, NET, r"\frac{\partial J}{\partial \theta_i} = p_{i+1} D_\theta f_{i+1}(z_i, \theta_i)"),
    (EARLY, NET, r"\frac{\partial J}{\partial \theta_i} = p_{i+1} \frac{\partial f_{i+1}}{\partial \theta_i}"),
    (REGULATOR, PLAIN, r"K_k = (R + B^T P_{k+1} B)^{-1} B^T P_{k+1} A"),
    (REGULATOR, PLAIN, r"P_k = Q + K_k^T R K_k + (A - B K_k)^T P_{k+1} (A - B K_k)"),
    (REGULATOR, PLAIN, r"J = \frac12 x_0^T P_0 x_0"),
    (REGULATOR, PLAIN, r"u_k = -R^{-1} B^T P_{k+1} x_{k+1}"),
    (REGULATOR, PLAIN, r"x_{k+1} = (I + B R^{-1} B^T P_{k+1})^{-1} A x_k"),
    (REGULATOR, PLAIN, r"P_k = Q + A^T (I + P_{k+1} B R^{-1} B^T)^{-1} P_{k+1} A"),
    (MIDPOINT, STAGED, r"p_k = p_{k+1} (I + h A_2 + \frac{h^2}{2} A_2 A_1)"),
    (MIDPOINT, STAGED, r"\frac{\partial x_{k+1}}{\partial \theta} = h f_\theta(Y_2, \theta) + \frac{h^2}{2} A_2 f_\theta(Y_1, \theta)"),
    (DATA, TIMED, r"p(t_i^-) = p(t_i^+) + \nabla \ell_i(x(t_i))"),
    (DATA, TIMED, r"\dot p(t) = -p(t) \frac{\partial f}{\partial x} - \sum_{i=1}^{N} \delta(t - t_i) \nabla \ell_i(x(t_i))"),
    (DATA, TIMED, r"\frac{dJ}{d\theta} = \sum_{i=1}^{N} \int_{t_{i-1}}^{t_i} p(t) \frac{\partial f}{\partial \theta}\, dt"),
]


def test_letters_of_single_layers_are_told_behind_by_those_of_all() -> None:
    given = r"$$z_{k+1} = z_k + h f(z_k, w_k)$$ and $L = \phi(z_N)$. With $$\frac{\partial z_2}{\partial z_0} = (I + h A_1)(I + h A_0), \qquad A_k = f_z(z_k, w_k)$$ "
    slip = r"$$\frac{\partial z_2}{\partial z_0} = (I + h A_0)(I + h A_1)$$"
    assert statuses(given + slip)[-3:] == ["proved", "proved", "refuted"]


def test_an_end_cost_beside_a_decay_has_slopes_of_its_own() -> None:
    given = r"$$x_{k+1} = x_k + f(x_k, w_k)$$ $$C = \phi(x_N) + \frac{\beta}{2} \sum_{k=0}^{N-1} \|w_k\|^2$$ With the row $p_k = \frac{\partial \phi}{\partial x_k}$ "
    lines = [rf"$$\frac{{\partial \phi}}{{\partial w_k}} = p_{{k+1}} f_w(x_k, w_k){more}$$" for more in ("", r" + \beta w_k^T")]
    assert statuses(given + " ".join(lines))[-3:] == ["definition", "proved", "refuted"]


@pytest.mark.parametrize(("before", "header", "claim"), RIGHT, ids=[row[2] for row in RIGHT])
def test_the_core_proves_it(before: str, header: str, claim: str) -> None:
    assert proof(f"{before}; {claim}", header) is Status.PROVED


WRONG = [
    (r"x_k = F_k(x_{k-1}); J = \Phi(x_N)", "layer: k; state: x; costate: p = dJ/dx (row)", r"\frac{\partial x_N}{\partial x_0} = D_1 D_2 \cdots D_N"),
    (LOSS, PLAIN, r"p_0^T = \prod_{k=1}^{N-1} \frac{\partial f}{\partial x}(x_k, u_k)^T p_N^T"),
    (LAYERS, PLAIN, r"\delta x_N = A_0 A_1 \cdots A_{N-1} \delta x_0"),
    (r"x_k = F(x_{k-1}, w_k); J = \Phi(x_N)", "layer: k; state: x; costate: p = dJ/dx (row)",
     r"\frac{\partial J}{\partial w_k} = p_{k-1} \frac{\partial F(x_{k-1}, w_k)}{\partial w_k}"),
    (MAPS, NET, r"p_i = p_i \frac{\partial f_i}{\partial z_{i-1}}"), (MAPS, NET, r"p_i = p_{i+1} \frac{\partial f_i}{\partial z} (z_{i-1}, \theta_i)"),
    (MAPS, NET, r"\frac{\partial J}{\partial \theta_i} = p_{i+1} \frac{\partial f_i}{\partial \theta_i}"),
    (MAPS, NET, r"p_i = p_N \frac{\partial f_{i+1}}{\partial z_i} \cdots \frac{\partial f_N}{\partial z_{N-1}}"),
    (MAPS, NET, r"p_i = p_N \frac{\partial z_N}{\partial z_{N-1}} \cdots \frac{\partial z_i}{\partial z_{i-1}}"),
    (ONE_MAP, NET, r"p_{i-1} = p_{i+1} \frac{\partial f_i}{\partial z_{i-1}}"),
    (ONE_MAP, NET, r"\frac{\partial J}{\partial \theta_i} = p_{i+1} \frac{\partial f}{\partial \theta_i}"),
    (EARLY, NET, r"\frac{\partial J}{\partial \theta_i} = p_i D_\theta f_{i+1}(z_i, \theta_i)"),
    (REGULATOR, PLAIN, r"K_k = (R + B^T P_k B)^{-1} B^T P_k A"),
    (REGULATOR, PLAIN, r"P_k = Q + (A - B K_k)^T P_{k+1} (A - B K_k)"),
    (REGULATOR, PLAIN, r"J = x_0^T P_0 x_0"),
    (REGULATOR, PLAIN, r"u_k = -R^{-1} B^T P_k x_{k+1}"),
    (REGULATOR, PLAIN, r"P_k = Q + A^T P_{k+1} (I + B R^{-1} B^T P_k)^{-1} A"),
    (MIDPOINT, STAGED, r"p_k = p_{k+1} (I + h A_2 + \frac{h^2}{2} A_1 A_2)"),
    (DATA, TIMED, r"p(t_i^-) = p(t_i^+) - \nabla \ell_i(x(t_i))"),
    (DATA, TIMED, r"\dot p(t) = -p(t) \frac{\partial f}{\partial x} + \sum_{i=1}^{N} \delta(t - t_i) \nabla \ell_i(x(t_i))"),
]


@pytest.mark.parametrize(("before", "header", "claim"), WRONG, ids=[row[2] for row in WRONG])
def test_a_slip_is_contradicted_and_not_proved(before: str, header: str, claim: str) -> None:
    assert contradicted(f"{before}; {claim}", header)
    assert proof(f"{before}; {claim}", header) is not Status.PROVED


@pytest.mark.parametrize(("text", "index", "over"), [
    ("$x_{i+1} = M(x_i)$", "i", "layers"), ("$h_l = F(h_{l-1}, w_l)$", "l", "layers"), (r"$\dot x = f(x)$ then $x_{n+1} = x_n + h f(x_n)$", "", "time"),
    (r"$\lambda_k = A \lambda_{k+1}$", "", "time"), ("$y = x + 1$", "", "time"),
])
def test_the_first_time_step_tells_what_counts(text: str, index: str, over: str) -> None:
    context = begun(read_text(text))
    assert [known.letter for known in context.of("l")] == ([index] if index else []) and context.over() == over


def test_an_index_in_the_header_is_that_of_the_layers() -> None:
    context = begun(read_text("---\ntitle: On the adjoint state\nstate: h_l\nparameters: W_l\n---\n$h_{l+1} = h_l + F(h_l, W_l)$"))
    assert {known.letter: known.symbol for known in context.letters.values()} == {"h": "x", "W": "w", "l": "l"}


@pytest.mark.parametrize(("text", "reading"), [
    (r"A_{N-1} A_{N-2} \cdots A_0 = 0", "A(N - 1) ... A(0) = 0"), (r"A_0 A_1 \cdots A_{k-1} = 0", "A(0) ... A(k - 1) = 0"),
    (r"A_0 \cdots B_k = 0", "A(0) ?dots? ?B_k? = 0"),
])
def test_dots_stand_for_what_is_beside_them(text: str, reading: str) -> None:
    resolved, _ = read(f"{LAYERS}; {text}", PLAIN)
    shown = resolved.reading.replace("(l", "(k")
    assert shown == reading and isinstance(resolved.chain, tree.Chain)


def test_a_line_about_two_costs_is_not_judged() -> None:
    text = rf"{LAYERS}; E = J + \frac{{\beta}}{{2}} \sum_{{k=0}}^{{N-1}} |u_k|^2"
    assert read(text, PLAIN)[0].status == "assumption"
    assert read(rf"{text}; \frac{{\partial E}}{{\partial u_k}} = \frac{{\partial J}}{{\partial u_k}}", PLAIN)[0].problems == ("it speaks of two costs",)


def test_an_index_of_another_kind_is_told_as_it_is_written() -> None:
    at = tree.Sum((Symbol("t"), Symbol("eps")))
    with pytest.raises(Unclear, match=r"got t \+ eps; expected a layer's index"):
        ahead(at)


JAPANESE = r"""x_{k+1}=f_k(x_k,u_k)
J=\phi(x_N)+\sum_{k=0}^{N-1}L_k(x_k,u_k)
\bar J=\phi(x_N)+\sum_{k=0}^{N-1}\{L_k(x_k,u_k)+\lambda_{k+1}^{T}(f_k(x_k,u_k)-x_{k+1})\}
H_k=L_k(x_k,u_k)+\lambda_{k+1}^{T}f_k(x_k,u_k)
"""
COSTATE = r"\lambda_k=\left(\frac{\partial L_k}{\partial x_k}\right)^T+\left(\frac{\partial f_k}{\partial x_k}\right)^T\lambda_{k+1}"


@pytest.mark.parametrize(("again", "verdict"), [
    (r"\bar J=\phi(x_N)-\lambda_N^{T}x_N+\sum_{k=1}^{N-1}\{H_k-\lambda_k^{T}x_k\}+H_0", "proved"),
    (r"\bar J=\phi(x_N)+\sum_{k=0}^{N-1}\{L_k(x_k,u_k)+\lambda_{k}^{T}(f_k(x_k,u_k)-x_{k+1})\}", "unknown"),  # another costate
])
def test_a_sum_by_parts_is_no_other_costate(again: str, verdict: str) -> None:
    header = "state: x in R^n\ncontrol: u in R^m\ncostate: \\lambda (column)"
    assert last_two(header, JAPANESE + again, COSTATE, COSTATE)[0] == verdict


CURRENT = r"""x_{t+1} = g(x_t, u_t)
J = \sum_{t=0}^{T-1} \beta^t r(x_t, u_t) + \beta^T S(x_T)
\mathcal{L} = \sum_{t=0}^{T-1} \beta^t [ r(x_t, u_t) + \beta \mu_{t+1} ( g(x_t, u_t) - x_{t+1} ) ] + \beta^T S(x_T)"""


BEHIND = CURRENT.replace(r"\beta \mu_{t+1}", r"\mu_t")  # the usual one of macroeconomics
ALONE = CURRENT.replace(r"\beta \mu_{t+1}", r"\mu_{t+1}").replace("[", r"\{").replace("]", r"\}")
GAMMA = r"""x_{k+1} = f(x_k, u_k)
J = \sum_{k=0}^{N-1} \gamma^k \ell(x_k, u_k) + \gamma^N \phi(x_N)
\mathcal{L} = J + \sum_{k=0}^{N-1} \gamma^{k+1} \mu_{k+1} ( f(x_k, u_k) - x_{k+1} )"""


@pytest.mark.parametrize(("given", "right", "wrong"), [
    (CURRENT, r"\mu_T = S'(x_T)", r"\mu_T = \beta^T S'(x_T)"),
    *(pytest.param(*row, marks=pytest.mark.campaign) for row in (  # computing time
        (CURRENT, r"\frac{\partial r}{\partial u}(x_t, u_t) + \beta \mu_{t+1} \frac{\partial g}{\partial u}(x_t, u_t) = 0",
         r"\frac{\partial r}{\partial u}(x_t, u_t) + \mu_{t+1} \frac{\partial g}{\partial u}(x_t, u_t) = 0"),
        (ALONE, r"\mu_T = \beta S'(x_T)", r"\mu_T = S'(x_T)"),
        (BEHIND, r"\mu_{T-1} = \beta S'(x_T)", r"\mu_{T-1} = S'(x_T)"),
        (BEHIND, r"\mu_{t-1} = \beta (\frac{\partial r}{\partial x}(x_t, u_t) + \mu_t \frac{\partial g}{\partial x}(x_t, u_t))",
         r"\mu_{t-1} = \frac{\partial r}{\partial x}(x_t, u_t) + \beta \mu_t \frac{\partial g}{\partial x}(x_t, u_t)"),
        (GAMMA, r"\frac{dJ}{du_k} = \gamma^k ( \frac{\partial \ell}{\partial u} + \gamma \mu_{k+1} \frac{\partial f}{\partial u} )",
         r"\frac{dJ}{du_k} = \gamma^k ( \frac{\partial \ell}{\partial u} + \mu_{k+1} \frac{\partial f}{\partial u} )"),
    ))])
def test_a_multiplier_beside_a_discount_is_the_costate_without_it(given: str, right: str, wrong: str) -> None:
    """mu of beta^t [r + beta mu_{t+1} (g - x_{t+1})] is no derivative of the cost, but beta^(-t) times it."""
    assert last_two("state: x in R^n\ncontrol: u\nobjective: J", given, right, wrong) == ["proved", "refuted"]


def test_a_usual_letter_of_which_no_law_speaks_is_not_the_field() -> None:
    given = "x_{t+1} = A x_t + B u_t\nJ = \\frac12 x_T' S x_T + \\frac12 \\sum_{t=0}^{T-1} (x_t' Q x_t + u_t' R u_t)\n\\mu_t = P_t x_t"
    gain = r"F_t = (R + B'P_{t+1}B)^{-1} B'P_{t+1}A"
    assert last_two("costate: \\mu (column)", f"{given}\n{gain}", "u_t = -F_t x_t", "u_t = F_t x_t") == ["proved", "refuted"]


RESIDUAL = r"""y_{k+1} = y_k + h f(y_k, u_k)
\frac{\partial J}{\partial u_k} = h f_u(y_k, u_k)^T p_{k+1}
y_{k+1} = y_k + h \sigma(K_k y_k + \beta_k)
\gamma_k = \sigma'(K_k y_k + \beta_k) \odot p_{k+1}"""


@pytest.mark.parametrize(("right", "wrong"), [
    (r"p_k = p_{k+1} + h K_k^T \gamma_k", r"p_k = p_{k+1} + K_k^T \gamma_k"),
    (r"p_k = p_{k+1} + h K_k^T \gamma_k", r"p_k = p_{k+1} + h K_k^T \gamma_{k+1}"),
    (r"\frac{\partial J}{\partial \beta_k} = h \gamma_k", r"\frac{\partial J}{\partial \beta_k} = h p_{k+1}"),
    (r"\frac{\partial J}{\partial K_k} = h \gamma_k y_k^T", r"\frac{\partial J}{\partial K_k} = h \gamma_k y_{k+1}^T"),
])
def test_the_usual_layer_is_an_example_of_a_step(right: str, wrong: str) -> None:
    header = "state: y\ncontrol: u\ncostate: p = dJ/dy (column)\nobjective: J\ngradients: columns"
    assert last_two(header, RESIDUAL, right, wrong) == ["proved", "refuted"]


VARIED = r"""$\dot y = f(y, u), y(0) = y_0$ and with $u + \xi w$ for $u$
$\dot v = f_y(y, u) v + f_u(y, u) w, v(0) = 0$, $\dot p = -f_y(y, u)^T p, p(T) = \nabla J(y(T))$. Then """


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{d}{dt}\, p^T v = p^T f_u(y, u) w", r"\frac{d}{dt}\, p^T v = -p^T f_u(y, u) w"),
    (r"\frac{d}{d\xi} J(y_\xi(T)) \Big|_{\xi=0} = \int_0^T p^T f_u(y, u) w dt", r"\frac{d}{d\xi} J(y_\xi(T)) \Big|_{\xi=0} = -\int_0^T p^T f_u(y, u) w dt"),
    (r"\frac{d}{d\xi} J(y_\xi(T)) \Big|_{\xi=0} = \nabla J(y(T))^T v(T)", r"\frac{d}{d\xi} J(y_\xi(T)) \Big|_{\xi=0} = \nabla J(y(T))^T v(0)"),
])
def test_the_state_under_a_varied_control_moves_by_the_variation(right: str, wrong: str) -> None:
    header = "state: y\ncontrol: u\ncostate: p = dJ/dy (column)\nobjective: J"
    assert statuses(f"{VARIED} ${right}$ or ${wrong}$", header)[-2:] == ["proved", "refuted"]


PONTRYAGIN = r"""x_{t+1} = f_t(x_t, \theta_t)
J = \Phi(x_T) + \sum_{t=0}^{T-1} L_t(x_t, \theta_t)
H_t(x, p, \theta) = p \cdot f_t(x, \theta) - L_t(x, \theta)"""


@pytest.mark.parametrize("claim", [
    r"p_t = \nabla_x H_t(x_t, p_%s, \theta_t)", r"\nabla_{\theta_t} J = -\nabla_\theta H_t(x_t, p_%s, \theta_t)",
])
def test_the_hamiltonian_of_a_layer_takes_the_costate_it_is_given(claim: str) -> None:
    header = "state: x\ncontrol: \\theta\ncostate: p (column)\nobjective: J"
    assert last_two(header, PONTRYAGIN, claim % "{t+1}", claim % "t") == ["proved", "refuted"]


WINDOW = r"""$x_{i+1} = \mathcal M_i(x_i)$ for $i = 0, \dots, N-1$, $d_i = H_i x_i - y_i$,
$$J(x_0) = \frac12 (x_0 - x_b)^T B^{-1} (x_0 - x_b) + \frac12\sum_{i=0}^N d_i^T R_i^{-1} d_i$$ where $B$ and $R_i$ are symmetric,
$M_i$ is the Jacobian of $\mathcal M_i$ at $x_i$ and $\delta x_{i+1} = M_i\,\delta x_i$. """
FEW = r"\nabla J(x_0) = B^{-1}(x_0 - x_b) + H_0^T R_0^{-1} d_0 + M_0^T H_1^T R_1^{-1} d_1 + M_0^T M_1^T H_2^T R_2^{-1} d_2"


@pytest.mark.parametrize(("words", "found"), [
    ("For $N = 2$ this is", ["proved", "refuted"]), ("For two steps ($N$ equal to two)", ["proved", "refuted"]),
    ("For two steps", ["proved", "refuted"]), ("A window of two time steps has", ["proved", "refuted"]), ("In a two-step window", ["unknown"] * 2),
    ("For a window with $N = 2$", ["proved", "refuted"]), ("The first two steps give", ["unknown"] * 2), ("In general", ["refuted", "refuted"]), ("For $N = 3$", ["refuted", "refuted"])])
def test_a_line_may_be_said_of_a_few_layers(words: str, found: list[str]) -> None:
    lines = (FEW, FEW.replace("M_0^T M_1^T", "M_1^T M_0^T"))
    assert [statuses(f"{WINDOW}{words} $${line}$$")[-1] for line in lines] == found


def test_any_vector_stands_on_both_sides() -> None:
    right = r"$$v^T (M_i\,\delta x_i) = (M_i^T v)^T \delta x_i$$ "
    assert statuses(f"{WINDOW}{right}{right.replace('^T v', ' v')}$$v^T \\delta x_N = g^T \\delta x_0$$")[-3:] == ["proved", "unknown", "unknown"]


STEPS = r"""$$x_{k+1} = x_k + h f(x_k,u_k)$$ $$J = \Phi(x_N) + h\sum_{k=0}^{N-1}\ell(x_k,u_k)$$
Let $f(x,u) = -x+u$, $\ell(x,u) = \tfrac12 u^2$, $\Phi(x) = \tfrac12 x^2$. """


@pytest.mark.parametrize(("words", "line", "status"), [
    ("Then", r"\lambda_k = (1-h)\,\lambda_{k+1}", "proved"), ("Then", r"\lambda_k = (1+h)\,\lambda_{k+1}", "refuted"),
    ("Hence", r"\lambda_k = (1-h)^{N-k} x_N", "proved"), ("Hence", r"\lambda_k = (1-h)^{N-k-1} x_N", "refuted"),
    ("The gradient vanishes for", r"u_k = -\lambda_{k+1}", "proved"), ("The gradient vanishes for", r"u_k = -\lambda_k", "refuted"),
    ("The gradient vanishes for", r"u_k = -(1-h)^{N-k} x_N", "refuted"), ("We try", r"u_k = -(1-h)^{N-k} x_N", "unknown"),
    ("A step is", r"u^{neu}_k = u_k - \alpha\,\nabla_{u_k} J", "proved"), ("A step is", r"u^{neu}_k = u_k + \alpha\,\nabla_{u_k} J", "refuted"),
])
def test_a_time_step_is_a_number_that_nobody_varies(words: str, line: str, status: str) -> None:
    header = "state: x\ncontrol: u\ncostate: \\lambda (column)\nfield: f\nrunning cost: \\ell\nterminal cost: \\Phi\nobjective: J"
    assert statuses(f"{STEPS}{words} $${line}$$", header)[-1] == status


@pytest.mark.parametrize(("header", "shape"), [("l", r"\ell"), ("L", r"\mathcal L"), ("J", "J")])
def test_a_header_may_write_a_letter_in_ascii(header: str, shape: str) -> None:
    given = f"h_{{k+1}} = h_k + \\varepsilon f(h_k, \\theta_k)\n{shape}(h_N)"
    right = rf"\frac{{\partial {shape}}}{{\partial \theta_k}} = \varepsilon\, a_{{k+1}} \frac{{\partial f}}{{\partial \theta}}(h_k, \theta_k)"
    wrong = right.replace("a_{k+1}", "a_k")
    assert last_two(f"state: h in R^n\ncostate: a = d{header}/dh (row)", given, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\dot a(t) = -a(t) \frac{\partial f}{\partial h}(h(t), \theta(t))", r"\dot a(t) = a(t) \frac{\partial f}{\partial h}(h(t), \theta(t))"),
    (r"\frac{dL}{d\theta(t)} = a(t) \frac{\partial f}{\partial \theta}", r"\frac{dL}{d\theta(t)} = -a(t) \frac{\partial f}{\partial \theta}"),
])
def test_layers_without_a_time_step_become_a_flow(right: str, wrong: str) -> None:
    given = "h_{k+1} = h_k + f(h_k, \\theta_k)\nL = \\ell(h_N)\na_k = a_{k+1} (I + \\frac{\\partial f}{\\partial h}(h_k, \\theta_k))"
    assert last_two("state: h in R^n\ncostate: a = dL/dh (row)", given, right, wrong) == ["proved", "refuted"]


def test_one_layer_is_a_few() -> None:
    line = r"\nabla J(x_0) = B^{-1}(x_0 - x_b) + H_0^T R_0^{-1} d_0 + M_0^T H_1^T R_1^{-1} d_1"
    assert [statuses(f"{WINDOW}For $N = 1$ this is $${found}$$")[-1] for found in (line, line.replace("M_0^T", "M_0"))] == ["proved", "refuted"]


GENERAL = (r"$$x_{k+1} = f_k(x_k, w_k), \qquad k = 0, \dots, N-1$$ $$J = \Phi(x_N) + \sum_{k=0}^{N-1} r(w_k)$$ "
           r"$$\delta_k = \frac{\partial J}{\partial x_k}$$ Gradients are columns. ")
ADJOINED = (r"$$\mathcal L = \Phi(x_N) + \sum_{k=0}^{N-1} r(w_k) %s \sum_{k=0}^{N-1} p_{k+1}^\top (x_{k+1} - f_k(x_k, w_k))$$ ")
DENSE = (r"We drop the penalty ($r = 0$). $$x_{k+1} = \sigma(W_k x_k + b_k)$$ With $D_k = \operatorname{diag}(\sigma'(W_k x_k + b_k))$ "
         r"and $A_k = \frac{\partial f_k}{\partial x}(x_k, w_k)$: ")
SHORTCUT = DENSE + r"Residual: $$x_{k+1} = x_k + h\, g(x_k, w_k)$$ "


@pytest.mark.parametrize(("notes", "right", "wrong"), [
    (ADJOINED % "-", r"p_k = \delta_k", r"p_k = -\delta_k"),
    (ADJOINED % "+", r"p_N = -\nabla\Phi(x_N)", r"p_N = \nabla\Phi(x_N)"),
    (DENSE, r"A_k = D_k W_k", r"A_k = W_k D_k"),
    (SHORTCUT, r"\frac{\partial J}{\partial w_k} = h \left(\frac{\partial g}{\partial w}(x_k, w_k)\right)^\top\delta_{k+1}",
     r"\frac{\partial J}{\partial w_k} = h \left(\frac{\partial g}{\partial w}(x_k, w_k)\right)^\top\delta_{k}"),
])
def test_a_multiplier_names_the_costate_and_layers_are_told_anew(notes: str, right: str, wrong: str) -> None:
    assert [statuses(f"{GENERAL}{notes}$${claim}$$")[-1] for claim in (right, wrong)] == ["proved", "refuted"]


@pytest.mark.parametrize(("right", "wrong"), [
    (r"p_0 = p_N \prod_{k=N-1}^{0} A_k", r"p_0 = p_N \prod_{k=N-1}^{1} A_k"),
    (r"p_j = p_N \prod_{k=N-1}^{j} A_k", r"p_j = p_N \prod_{k=N-2}^{j} A_k"),
    (r"p_0^T = \left(\prod_{k=0}^{N-1} A_k^T\right) p_N^T", r"p_0^T = \left(\prod_{k=N-1}^{0} A_k^T\right) p_N^T"),
    (r"\sum_{k=N-1}^{0} p_{k+1} x_k = \sum_{k=0}^{N-1} p_{k+1} x_k", r"\sum_{k=N-1}^{0} p_{k+1} x_k = \sum_{k=1}^{N-1} p_{k+1} x_k"),
])
def test_products_and_sums_may_run_from_the_last_layer_down(right: str, wrong: str) -> None:
    posed = r"Layers $x_{k+1} = f_k(x_k,\theta_k)$, $k=0,\dots,N-1$, loss $J = \Phi(x_N)$, row vectors $p_k = \partial J/\partial x_k$, $A_k = \partial f_k/\partial x_k$. "
    assert statuses(f"{posed} $$ {right} $$ $$ {wrong} $$")[-2:] == ["proved", "refuted"]


def test_the_step_of_another_method_is_not_refuted() -> None:
    posed = r"Explicit Euler is $x_{k+1} = x_k + h f(x_k)$ with $J = \Phi(x_N)$. The other one: "
    lines = r"$$ p_k = p_{k+1} + h p_{k+1} f_x(x_k) $$ $$ x_{k+1} = x_k + h f(x_{k+1}) $$"
    assert statuses(posed + r"$p_k = \partial J/\partial x_k$. " + lines)[-1] in ("assumption", "unknown")
    assert statuses(posed + r"$$ x_{k+1} = x_k - h f(x_k) $$")[-1] == "refuted"


def test_an_adjoined_sum_beside_the_cost_is_no_part_of_a_cost() -> None:
    told = r"$$x_{k+1} = x_k + h f(x_k, u_k)$$ $$E = \ell(x_N) + \sum_{k=0}^{N-1} r(u_k)$$ $$\ell(x) = \tfrac12 |x|^2$$ "
    adjoined = r"$$\mathcal{L} = E + \sum_{k=0}^{N-1} p_{k+1}^\top(x_k + h f(x_k, u_k) - x_{k+1})$$ $$p_k = p_{k+1} + h f_x(x_k, u_k)^\top p_{k+1}$$"
    assert statuses(told + adjoined)[-2:] == ["definition", "proved"]


BLOCK = (r"---\nstate: x in R^d\ncostate: p = dJ/dx (column)\nlayer: k = 0 ... K-1\nactivation: \phi\nconstants: \eta\n---\n"
         r"$$x_{k+1} = x_k + \eta f(x_k, \theta_k)$$ $$J = C(x_K)$$ Now $\theta_k = (A_k, c_k)$ and "
         r"$$x_{k+1} = x_k + \eta\,\phi(A_k x_k + c_k)$$ $$s_k = A_k x_k + c_k$$ ").replace(r"\n", "\n")


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\frac{\partial J}{\partial A_k} = \eta\,(\phi'(s_k) \odot p_{k+1}) x_k^\top", r"\frac{\partial J}{\partial A_k} = \eta\,(\phi'(s_k) \odot p_k) x_k^\top"),
    (r"\frac{\partial J}{\partial c_k} = \eta\,\phi'(s_k) \odot p_{k+1}", r"\frac{\partial J}{\partial c_k} = \phi'(s_k) \odot p_{k+1}"),
])
def test_the_weights_of_an_example_are_those_of_each_layer(right: str, wrong: str) -> None:
    assert statuses(f"{BLOCK}$${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]
