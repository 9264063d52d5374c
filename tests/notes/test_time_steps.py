"""Letters of time steps, of costs in parts and of iterations, as notes bring them in without a word."""

from __future__ import annotations

import pytest
from understood import read, statuses, understood

from adjointcheck.notes.foreword import begun
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.reading.document import read_text

STEP = r"x_{k+1} = f(x_k, u_k); J = \Phi(x_N) + \sum_{k=0}^{N-1} \ell(x_k, u_k)"
EULER = r"x_{k+1} = x_k + h f(x_k, u_k); J = \Phi(x_N)"
PLAIN = "layer: k; state: x; control: u; costate: p = dJ/dx (column); objective: J"
BY_X, BY_U = "d_ f(x(l), w(l))/d_x", "d_ f(x(l), w(l))/d_w"


@pytest.mark.parametrize(("text", "letter", "body"), [
    (rf"{STEP}; p_k = \ell_x^T + A_k^T p_{{k+1}}", "A", BY_X),
    (rf"{STEP}; \delta x_{{k+1}} = F_k \delta x_k + G_k \delta u_k", "G", BY_U),
    (rf"{STEP}; \nabla_{{u_k}} J = \ell_u^T + B_k^T p_{{k+1}}", "B", BY_U),
    (rf"{STEP}; \delta J = \sum_{{k=0}}^{{N-1}} (\ell_u^T + B_k^T p_{{k+1}})^T \delta u_k", "B", BY_U),
    (rf"{STEP}; \delta x_N = M_{{N-1}} M_{{N-2}} \cdots M_0 \delta x_0", "M", BY_X),
    (rf"{EULER}; p_k = p_{{k+1}} + h A_k^T p_{{k+1}}", "A", BY_X),
    (rf"{EULER}; p_k = A_k^T p_{{k+1}}", "A", "d_ (x(l) + h f(x(l), w(l)))/d_x(l)"),
])
def test_a_matrix_beside_a_costate_or_a_variation_is_a_jacobian_of_the_step(text: str, letter: str, body: str) -> None:
    known = read(text, PLAIN)[1].letters[letter]
    assert known.body is not None and show(known.body) == body


def test_what_custom_takes_for_a_jacobian_is_not_refuted_before_a_line_shows_it() -> None:
    text = r"$$x_{k+1} = f(x_k, u_k)$$ $$J = \Phi(x_N)$$ $$\nabla_{u_k} J = B_k^T p_k$$ $$\nabla_{u_k} J = B_k^T p_{k+1}$$"
    header = "layer: k\nstate: x\ncontrol: u\ncostate: p = dJ/dx (column)\nobjective: J"
    assert statuses(f"{text} $$\\nabla_{{u_k}} J = B_k p_{{k+1}}$$ $$\\nabla_{{u_k}} J = B_k^T p_k$$", header)[2:] == [
        "unknown", "proved", "refuted", "refuted"]


MAPS = [  # law, what shows the Jacobian, costates that are right and wrong with it
    (r"x_{k+1} = M(x_k)", "M_k", r"M_k^T p_{k+1}", r"M_k p_{k+1}"), (r"x_{k+1} = M(x_k, u_k)", "M_k", r"M_k^T p_{k+1}", r"M_{k+1}^T p_{k+1}"),
    (r"x_{k+1} = M_k(x_k)", "M_k", r"M_k^T p_{k+1}", r"M_k^T p_k"),
]


@pytest.mark.parametrize(("law", "shown", "right", "wrong"), MAPS)
def test_the_letter_of_a_map_is_its_jacobian_before_a_variation(law: str, shown: str, right: str, wrong: str) -> None:
    text = rf"$${law}$$ $$J = \Phi(x_N)$$ $$\delta x_{{k+1}} = {shown}\,\delta x_k$$ $$p_k = {right}$$ $$p_k = {wrong}$$"
    header = "state: x\ncostate: p = dJ/dx (column)\nobjective: J" + "\ncontrol: u" * ("u_k" in law)
    found = statuses(text, header)
    assert found[3:] == ["proved", "refuted"] and (found[2] == "proved" or "u_k" in law), found


@pytest.mark.parametrize("law", [r"x_{k+1} = M(x_k)", r"x_{k+1} = M_{k+1}(x_k)"])
def test_a_jacobian_at_the_next_state_may_be_counted_otherwise(law: str) -> None:
    text = rf"$${law}$$ $$J = \Phi(x_N)$$ $$\delta x_{{k+1}} = M_{{k+1}}\,\delta x_k$$"
    assert statuses(text, "state: x\ncostate: p = dJ/dx (column)\nobjective: J")[2] == "unknown"


TIMED = r"U_i = u_n + h \sum_{j=1}^{i-1} a_{ij} f(t_n + c_j h, U_j); u_{n+1} = u_n + h \sum_{i=1}^{s} b_i f(t_n + c_i h, U_i)"
STAGED = "layer: n; state: u; costate: p = dJ/dx (column); field: f"
LATER = r"M_i = h f_u(U_i)^T (b_i p_{n+1} + \sum_{j=i+1}^{s} a_{ji} M_j)"


@pytest.mark.parametrize(("text", "status", "reading"), [
    (TIMED, "assumption", "x(l + 1) = x(l) + h (sum_i=1^stages weights[i] f(t(l) + nodes[i] h, stage[i]))"),
    (rf"{TIMED}; {LATER}", "definition",
     "stage_M[i] = h (d_ f(t(l) + nodes[i] h, stage[i])/d_x)' (weights[i] p(l + 1)' + sum_j=i + 1^stages lower[j][i] stage_M[j])"),
    (rf"{TIMED}; \hat a_{{ij}} = b_j - b_j a_{{ji}} / b_i", "definition", "partner[i][j] = weights[j] - (weights[j] lower[j][i])/weights[i]"),
])
def test_stages_at_times_of_their_own_and_letters_that_rest_on_later_stages(text: str, status: str, reading: str) -> None:
    resolved, _ = read(text, STAGED)
    assert (resolved.status, resolved.reading, resolved.problems) == (status, reading, ())


@pytest.mark.campaign  # computing time
def test_stages_that_rest_on_later_ones_are_proved_and_one_method_is_left_alone() -> None:
    laws = "\n\n".join(f"$${law}$$" for law in (*TIMED.split("; "), LATER))
    lines = r"""$$p_n = p_{n+1} + \sum_{i=1}^{s} M_i$$ $$p_n = p_{n+1} + \sum_{i=1}^{s} b_i M_i$$ $$p_n = p_{n+1} + h f_u(U_2)^T p_{n+1}$$"""
    found = statuses(f"{laws}\n\n{lines}", STAGED.replace("; ", "\n"))
    assert found[3:] == ["proved", "refuted", "unknown"]


PARTS = r"""$$x_{k+1} = F(x_k)$$ $$J(x_0) = J_b + J_o$$ $$J_b = \tfrac12 (x_0 - x_b)^T B^{-1} (x_0 - x_b)$$
$$J_o = \tfrac12 \sum_{k=0}^{N} (H_k x_k - y_k)^T R_k^{-1} (H_k x_k - y_k)$$ $$p_k = \Big(\frac{\partial J_o}{\partial x_k}\Big)^T$$"""


def test_a_cost_in_parts_is_put_together_and_its_later_part_has_the_costate() -> None:
    lines = r"""$$\nabla_{x_0} J = B^{-1} (x_0 - x_b) + p_0$$ $$\nabla_{x_0} J = B^{-1} (x_0 - x_b) - p_0$$"""
    assert statuses(f"{PARTS} {lines}") == ["assumption", "assumption", "definition", "definition", "definition", "proved", "refuted"]


def test_a_cost_of_the_start_is_no_part_of_the_costate() -> None:
    text = r"""$$\dot x = f(x),\quad x(0) = v$$ $$J(v) = \tfrac12 (v - x_b)^T B^{-1} (v - x_b) + \int_0^T L(x)\,dt$$
    $$\dot p = -f_x^T p - L_x^T$$ $$\nabla J(v) = B^{-1} (v - x_b) + p(0)$$ $$\nabla J(v) = p(0)$$"""
    assert statuses(text, "costate: p = dJ/dx (column)")[-3:] == ["proved", "proved", "refuted"]


ITERATION = r"""$$\dot x = f(x, u),\quad x(0) = x_0$$ $$J = \int_0^T L(x, u)\,dt$$
$$u^{k+1}(t) = u^k(t) - \alpha \nabla J(u^k)(t)$$ $$u^{k+1} = u^k - \alpha (L_u^T + f_u^T p^k)$$
$$u^{k+1} = u^k + \alpha (L_u^T + f_u^T p^k)$$ $$J(u^{k+1}) = J(u^k) - \alpha \int_0^T \|\nabla J(u^k)(t)\|^2\,dt + O(\alpha^2)$$"""


def test_iterates_are_the_paths_and_the_next_one_is_what_the_step_makes_of_them() -> None:
    found = statuses(ITERATION, "state: x\ncontrol: u\ncostate: p (column)\nfield: f\nobjective: J\ntime: t in [0, T]")
    assert found[3:] == ["proved", "proved", "refuted", "proved"]


@pytest.mark.parametrize(("text", "letter"), [
    (r"J = \frac12 \sum_{j=1}^N \left(\frac{\bar y_j - h(x(t_j), \theta)}{\sigma_j}\right)^2", "bar y_j"),
    (r"J = \frac12 \sum_{j=1}^N |h(x(t_j)) - y_j^{\rm obs}|^2", "y_j^obs"),
    (r"J = \frac12 \sum_{j=1}^N |\hat y_j - h(x(t_j))|^2", "hat y_j"),
])
def test_data_with_accents_or_names_above(text: str, letter: str) -> None:
    resolved, context = read(rf"\dot x = f(x, \theta); {text}", "state: x; parameters: \\theta; objective: J")
    assert resolved.problems == () and letter in context.letters and context.of("O")


@pytest.mark.parametrize(("text", "horizon"), [(r"$$0 < t_1 < \dots < t_N < T$$", "beyond"), (r"$$J = \int_0^T L(x)\,dt$$", "own")])
def test_an_end_behind_the_last_observation(text: str, horizon: str) -> None:
    assert begun(read_text(rf"$$\dot x = f(x)$$ {text}")).option("horizon") == horizon


def test_f_n_is_f_at_x_n_where_the_law_has_one_f_of_the_time() -> None:
    text = r"""$$x_{n+1} = x_n + \Delta t\, f(x_n, u_n, t_n)$$ $$J = \phi(x_N)$$
    $$\lambda_n = \lambda_{n+1} + \Delta t \Big(\frac{\partial f_n}{\partial x_n}\Big)^T \lambda_{n+1}$$
    $$\frac{\partial J}{\partial u_n} = \Big(\frac{\partial f_n}{\partial u_n}\Big)^T \lambda_{n+1}$$"""
    assert statuses(text, "costate: \\lambda = dJ/dx (column)")[2:] == ["proved", "refuted"]


@pytest.mark.parametrize(("text", "reading"), [
    (r"$$J = \Phi(x_T)$$ $$x_{t+1} = f(x_t, u_t),\quad t=0,\ldots,T-1$$", "x(l + 1) = f(x(l), w(l)), l = [0, ?dots?, ?N? - 1]"),
    (r"$$J = \Phi(x_n)$$ $$x_{i+1} = M_i(x_i), \quad i = 0, \dots, n-1$$", "x(l + 1) = f(x(l))|l, l = [0, ?dots?, ?N? - 1]"),
    (r"$$h_t = \tanh(W h_{t-1} + U x_t + b)$$", "x(l) = tanh(W x(l - 1) + U x_(l) + b)"),
])
def test_laws_of_layers_with_other_counters_and_inputs(text: str, reading: str) -> None:
    assert understood(*text.strip("$").split("$$ $$"))[0] == reading


@pytest.mark.parametrize(("words", "status"), [("", "refuted"), ("Only this one step uses $w$.", "unknown"), ("Nur dieser Schritt benutzt $w$.", "unknown")])
def test_a_gradient_through_one_step_alone_is_left_open_where_words_speak_of_it(words: str, status: str) -> None:
    text = r"""$x_{n+1} = x_n + h f(x_n, w)$, $J = \Phi(x_N)$, $p_n = \partial J/\partial x_n$. """ + words + r""" $$\frac{\partial J}{\partial w} = h p_{n+1} f_w(x_n, w)$$"""
    assert statuses(text, "parameters: w\ncostate: p = dJ/dx (row)")[-1] == status


def test_the_step_of_the_layers_is_small_where_a_formula_in_time_expands_in_it() -> None:
    text = r"""$z_{k+1} = z_k + h f(z_k)$, $\dot z = f(z)$. $$\frac{da}{dt} = -a(t) f_z(z(t))$$ $$a(t - h) = a(t) - h a(t) f_z(z(t)) + O(h^2)$$
    $$a_k = a_{k+1} (I + h f_z(z_k))$$"""
    assert statuses(text, "state: z in R^n\ncostate: a = dL/dz (row)")[-3:] == ["proved", "refuted", "proved"]


@pytest.mark.parametrize("step", [r"\delta", r"\epsilon", r"\tau"])
def test_the_length_of_a_step_may_have_the_letter_of_a_variation(step: str) -> None:
    given = rf"$x_{{n+1}} = x_n + {step} f(x_n,u_n)$, $J = \Phi(x_N)$, the column $p_n = \partial J/\partial x_n$. "
    lines = rf"$$p_n = p_{{n+1}} + {step} f_x(x_n,u_n)^T p_{{n+1}}$$ $$\nabla_{{u_n}} J = {step} f_u(x_n,u_n)^T p_n$$"
    assert statuses(given + lines)[-2:] == ["proved", "refuted"]


MANY = r"""$y' = f(y, \theta)$, $y(t_0) = y_0$. With $L = \sum_i g_i(y(t_i))$ the adjoint jumps. The objective is $L = g(y_N)$ again, and $\lambda_n = \nabla_{y_n} L$.
$$k_1 = f(y_n,\theta), \qquad k_2 = f(y_n + \tfrac h2 k_1,\theta), \qquad y_{n+1} = y_n + h k_2$$
`ImplicitEuler`. The forward step $$y_{n+1} = y_n + h f(y_{n+1},\theta)$$ """


def test_one_method_after_another_has_its_own_step_and_the_end_cost_again() -> None:
    right = r"$$\lambda_n = (I - h f_y(y_{n+1},\theta)^T)^{-1}\lambda_{n+1}$$"
    wrong = r"$$\lambda_n = (I - h f_y(y_n,\theta)^T)^{-1}\lambda_{n+1}$$"
    assert statuses(f"{MANY} {right} {wrong}")[-3:] == ["assumption", "proved", "refuted"]


def test_a_tangent_by_the_jacobian_of_a_step_is_no_other_method() -> None:
    told = r"$$x_{k+1} = x_k + h f(x_k)$$ $$J = \Phi(x_N)$$ $$\delta_k = \nabla_{x_k} J$$ $$A_k = I + h f_x(x_k)$$ $$\xi_{k+1} = A_k\,\xi_k$$ "
    assert statuses(told + r"$$\delta_{k+1}^T\xi_{k+1} = \delta_k^T\xi_k$$")[-2:] == ["definition", "proved"]
