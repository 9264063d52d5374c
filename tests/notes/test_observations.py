"""Observations: the costate's jumps, gradients without and with phi_theta, times that move; what holds for one alone is not proved."""

from __future__ import annotations

import pytest
from test_verify import verdicts
from understood import last_two, statuses

HEADER = "\n".join(("objective: J", "state: x", "parameters: theta", "costate: p = dJ/dx (row)", "field: f", "observation cost: l",
                    "observation times: s", "time: t in [t_0, t_1]"))
SUM = r"""\dot x = f(x, \theta)
J = \sum_{j=1}^N l_j(x(s_j))"""
FIT = SUM + "\n" + r"l_j = \frac12 (x(s_j) - y_j)^T (x(s_j) - y_j)"
BOLZA = r"""\dot x = f(x, \theta)
J = \Psi(x(t_1)) + \sum_{i=1}^N l_i(x(s_i), s_i) + \int_{t_0}^{t_1} L(x)\,dt"""

RIGHT_AND_WRONG = [
    (FIT, r"p(s_j^-) = p(s_j^+) + (x(s_j) - y_j)^T", r"p(s_j^-) = p(s_j^+) - (x(s_j) - y_j)^T"),
    (FIT, r"\frac{dJ}{ds_j} = (x(s_j) - y_j)^T f(x(s_j),\theta)", r"\frac{dJ}{ds_j} = x(s_j)^T f(x(s_j),\theta)"),
    (FIT, r"\frac{\partial l_j}{\partial x} = (x(s_j) - y_j)^T", r"\frac{\partial l_j}{\partial x} = 2 (x(s_j) - y_j)^T"),
    (SUM, r"p(s_j^-) = p(s_j^+) + \frac{\partial l_j}{\partial x}(x(s_j))", r"p(s_j^+) = p(s_j^-) + \frac{\partial l_j}{\partial x}(x(s_j))"),
    (SUM, r"p(t_1) = 0", r"p(t_1) = \frac{\partial l_j}{\partial x}(x(s_j))"),
    (SUM, r"\frac{dJ}{ds_k} = \frac{\partial l_k}{\partial x}\,f(x(s_k),\theta)", r"\frac{dJ}{ds_k} = p(s_k^-)\,f(x(s_k),\theta)"),
    (SUM, r"\frac{dJ}{d\theta} = \int_{t_0}^{t_1} p\,\frac{\partial f}{\partial\theta}\,dt", r"\frac{dJ}{d\theta} = -\int_{t_0}^{t_1} p\,\frac{\partial f}{\partial\theta}\,dt"),
    (BOLZA, r"p(s_i^-) - p(s_i^+) = \frac{\partial l_i}{\partial x}(x(s_i), s_i)", r"p(s_i^-) = \frac{\partial l_i}{\partial x}(x(s_i), s_i)"),
    (BOLZA, r"\dot p = -\frac{\partial L}{\partial x} - p\,\frac{\partial f}{\partial x}", r"\dot p = -p\,\frac{\partial f}{\partial x}"),
]


@pytest.mark.parametrize(("laws", "right", "wrong"), RIGHT_AND_WRONG)
def test_right_lines_are_proved_and_slips_refuted(laws: str, right: str, wrong: str) -> None:
    assert verdicts(HEADER, laws, right, wrong) == ["proved", "refuted"]


@pytest.mark.parametrize("law", [r"J = \sum_{j=1}^N l_j(x(t_1))", r"J = \sum_{j=2}^N l_j(x(s_j))", r"J = \sum_{j=1}^N 2 l_j(x(s_j))"])
def test_another_sum_than_that_of_all_observations_proves_nothing(law: str) -> None:
    assert "proved" not in verdicts(HEADER, "\\dot x = f(x, \\theta)\n" + law, r"p(s_j^-) = p(s_j^+) + \frac{\partial l_j}{\partial x}(x(s_j))")


def test_a_costate_at_a_jump_needs_a_side_and_a_numbered_observation_is_not_any() -> None:
    assert verdicts(HEADER, SUM, r"p(s_j) = p(s_j^+)", r"p(s_1^-) = p(s_2^+) + \frac{\partial l_1}{\partial x}(x(s_1))")[0] == "unknown"
    assert verdicts(HEADER, SUM, r"p(s_1^-) = p(s_2^+) + \frac{\partial l_1}{\partial x}(x(s_1))") != ["proved"]


def test_a_component_that_is_observed_alone_is_paid_at_its_time_and_with_its_factor() -> None:
    """Of a field written out; the factor 1/2 stands before the sum."""
    given = r"\dot a = -k_1 a; \dot b = k_1 a - k_2 b; a(0) = a_0; b(0) = 0; J = \frac12 \sum_{i=1}^N (b(t_i) - y_i)^2; "
    notes = "".join(f"${part}$ " for part in given.split("; ")[:-1])
    right = [r"\lambda_b(t_i^-) = \lambda_b(t_i^+) + b(t_i) - y_i", r"\lambda_a(t_i^-) = \lambda_a(t_i^+)", r"\dot\lambda_b = k_2 \lambda_b",
             r"\frac{dJ}{dk_2} = -\int_0^T b \lambda_b\,dt"]
    wrong = [right[0].replace("+ b", "- b"), right[0].replace("+ b(t_i) - y_i", "+ 2 (b(t_i) - y_i)"), right[3].replace("b \\lambda_b", "a \\lambda_b")]
    found = statuses(notes + " ".join(f"${line}$" for line in [r"\dot\lambda_a = k_1 (\lambda_a - \lambda_b)", *right, *wrong]))[-7:]
    assert found == ["proved"] * 4 + ["refuted"] * 3


def test_the_ends_of_the_horizon_move_beside_observations() -> None:
    told = (r"$\dot z = f(z, t, \theta), z(t_0) = z_0$ $$L = \sum_{i=1}^N \ell_i(z(s_i)) + \Phi(z(t_1))$$ ")
    right = r"$$\frac{dL}{dt_0} = -a(t_0) f(z_0, t_0, \theta)$$ $$\frac{dL}{dt_1} = a(t_1) f(z(t_1), t_1, \theta)$$ "
    header = "costate: a = dL/dz (row)\nobservation times: s_i\ntime: t in [t_0, t_1]"
    assert statuses(told + right + right.replace("= -a", "= a").replace("= a(t_1)", "= -a(t_1)"), header)[-4:] == ["proved", "proved", "refuted", "refuted"]


SAVED = "state: u\ncostate: \\lambda (row)\nparameters: p\nobjective: G\ntime: t in [0, T]"
PAID = "\\dot u = f(u,p,t)\nu(0) = u_0\n{times}\nG(u,p) = \\sum_{{i=1}}^N g_i(u(t_i), p)\n"
LAST = r"\lambda(T) = \frac{\partial g_N}{\partial u}(u(T), p)"
WHOLE = r"\frac{dG}{dp} = \sum_{i=1}^N \frac{\partial g_i}{\partial p}(u(t_i), p) + \int_0^T \lambda\,\frac{\partial f}{\partial p}\,dt"


def test_the_last_observation_at_the_end_is_paid_there_and_left_open_where_nothing_says_so() -> None:
    at_end = PAID.format(times=r"t_1 < t_2 < \dots < t_N = T")
    assert last_two(SAVED, at_end, LAST, LAST.replace("= ", "= -")) == ["proved", "unknown"]  # some pay the last one with a jump from 0
    assert last_two(SAVED, at_end, WHOLE, WHOLE.replace("+ \\int", "- \\int")) == ["proved", "refuted"]
    assert last_two(SAVED, PAID.format(times=r"t_1 < t_2 < \dots < t_N"), WHOLE, LAST) == ["proved", "unknown"]
    assert last_two(SAVED, PAID.format(times=r"t_1 < t_2 < \dots < t_N < T"), r"\lambda(T) = 0", LAST) == ["proved", "refuted"]


@pytest.mark.campaign
def test_what_is_still_to_be_observed_tells_the_costate_and_its_sum() -> None:
    """eta(t) is the gradient of the sum over all i with t_i > t; a number varsigma that no words explain; F = E + R beside a start mu + sigma eps."""
    notes = (r"$\dot s(t) = g(s(t), w), s(t_0) = s_0$, $s(t) \in \mathbb R^m$, $y_i \in \mathbb R^d$, $C \in \mathbb R^{d \times m}$ "
             r"$$E = \sum_{i=1}^N \ell_i(s(t_i)), \ell_i(s) = \frac{1}{2\varsigma^2}\|y_i - C s\|^2$$ "
             r"$$\eta(t) = \nabla_{s(t)} \sum_{i:\, t_i > t} \ell_i(s(t_i))$$ $$\dot\eta = -g_s^T \eta$$ "
             r"$$\eta(t_i^-) = \eta(t_i^+) - \frac{1}{\varsigma^2} C^T(y_i - C s(t_i))$$ "
             r"$$\eta(t_i^-) = \eta(t_i^+) + \frac{1}{\varsigma^2} C^T(y_i - C s(t_i))$$ $$\nabla_w E = \int_{t_N}^{t_0} g_w^T \eta\,dt$$"
             r"$\mu, \sigma \in \mathbb R^m$ $s_0 = \mu + \sigma \odot \epsilon$ $$R = \frac12 \mu^T \mu$$ $$F = E + R$$ $$\nabla_\mu F = \eta(t_0) + \mu$$"
             r"$$\nabla_\mu F = \eta(t_0) - \mu$$")
    found = statuses(notes)
    assert found[7:11] == ["definition", "proved", "proved", "refuted"] and found[-2] != "refuted" == found[-1], found


STRETCHES = r"""\dot x = f(x, \theta)
x(0) = x_0
J = \sum_{i=1}^N l_i(x(t_i)) + \frac{\kappa}{2}\int_0^{t_N} |f(x, \theta)|^2\,dt
p(t) = \frac{dJ}{dx(t)}"""


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\dot p = -(p + \kappa f^T) f_x", r"\dot p = -p f_x"),
    (r"\frac{dJ}{d\theta} = \int_0^{t_N} (p + \kappa f^T) f_\theta\,dt", r"\frac{dJ}{d\theta} = \int_0^{t_N} p f_\theta\,dt"),
    (r"\frac{dJ}{d\theta} = \sum_{i=1}^N \int_{t_{i-1}}^{t_i} (p + \kappa f^T) f_\theta\,dt",
     r"\frac{dJ}{d\theta} = \sum_{i=1}^N \int_{t_i}^{t_{i-1}} (p + \kappa f^T) f_\theta\,dt"),
])
def test_a_price_of_the_motion_beside_observations(right: str, wrong: str) -> None:
    assert last_two("", STRETCHES, right, wrong) == ["proved", "refuted"]


def test_the_gradient_in_the_start_is_the_sum_through_all_observations() -> None:
    right = r"\frac{dJ}{dx_0} = p(t_0) = \sum_{j=1}^N \frac{\partial l_j}{\partial x}(x(s_j))\frac{dx(s_j)}{dx_0}"
    assert last_two(HEADER, SUM, right, right.replace("p(t_0) = ", "p(t_0) = 2 ")) == ["proved", "refuted"]
    assert statuses(r"$\dot x = f(x), x(0) = x_0$ $L = \phi(x(T))$ $t_0 = 0$")[-1] == "definition"


def test_a_running_cost_that_is_summed_over_save_points_is_what_one_costs() -> None:
    header = "state: u\ncostate: \\lambda (column)\nparameters: p\nfield: f\nrunning cost: g\nobjective: G\ntime: t in [t_0, T]"
    given = "u' = f(u, p, t)\nG(p) = \\int_{t_0}^T g(u, p) dt\n\\lambda' = -f_u^T \\lambda - g_u^T\n"
    right = r"\lambda(t_i^-) = \lambda(t_i^+) + \left(\frac{\partial g}{\partial u}(u(t_i), p)\right)^T"
    assert last_two(header, given + r"G(p) = \sum_{i=1}^N g(u(t_i), p)", right, right.replace("+ \\left", "- \\left")) == ["proved", "refuted"]


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\nabla r_i(z) = -\frac{1}{s^2} W^\top (x_i - W z - b)", r"\nabla r_i(z) = \frac{1}{s^2} W^\top (x_i - W z - b)"),
    (r"\frac{\partial R}{\partial z_0} = \lambda(0)", r"\frac{\partial R}{\partial z_0} = -\lambda(0)"),
    (r"\frac{\partial R}{\partial b} = -\frac{1}{s^2}\sum_{i=1}^N (x_i - W z(t_i) - b)", r"\frac{\partial R}{\partial b} = \frac{1}{s^2}\sum_{i=1}^N (x_i - W z(t_i) - b)"),
])
def test_a_part_of_the_cost_with_a_name_pays_for_what_is_seen(right: str, wrong: str) -> None:
    posed = (r"Let $\dot z = f(z;\theta)$, $z(0) = z_0$, $J = R + K$, $R = \sum_{i=1}^N r_i(z(t_i))$, $K = \frac12 |z_0|^2$ and "
             r"$r_i(z) = \frac{1}{2s^2} \|x_i - W z - b\|^2$. Let $\lambda(t)$ be the gradient of $R$ with respect to $z(t)$. ")
    found = statuses(f"{posed} ${right}$, ${wrong}$")[-2:]
    assert found[0] in ("proved", "unknown") and found[1] == "refuted"


def test_a_gaussian_likelihood_has_letters_for_its_spread_and_its_dimension() -> None:
    notes = r"""$$z_0 \sim \mathcal N(0, I), \qquad \dot z(t) = f(z(t), \theta), \quad z(0) = z_0, \qquad x_i \mid z_0 \sim \mathcal N\big(g(z(t_i)), s^2 I\big)$$
    $R = \sum_i r_i(z(t_i))$ with $$r_i(z) = \frac{1}{2 s^2} \|x_i - g(z)\|^2 + \frac D2 \log(2\pi s^2)$$ $a(t)$ is the gradient of $R$ with respect to $z(t)$.
    $$F = -\mathbb{E}_q\left[\sum_i \log p(x_i \mid z_0)\right] + \mathrm{KL}\big(q \,\|\, \mathcal N(0, I)\big)$$ """
    right, wrong = (rf"$$a(t_i^-) = a(t_i^+) {sign} \nabla r_i(z(t_i))$$" for sign in "+-")
    assert [statuses(notes + claim)[-1] for claim in (right, wrong)] == ["proved", "refuted"]


ENCODED = (r"$z(t) \in \mathbb R^d$. $$z_0 = m + \sigma\odot\epsilon, \qquad \epsilon\sim\mathcal N(0, I)$$ $$\dot z = f(z;\theta), \qquad z(0) = z_0$$ "
           r"We minimise $\mathcal J = \mathcal R + \mathcal K$ with observations at $0 < t_1 < \dots < t_N$, "
           r"$$\mathcal R = \sum_{i=1}^N r_i(z(t_i)), \qquad r_i(z) = \tfrac12\|x_i - z\|^2$$ $$\mathcal K = \tfrac12 \sum_{j=1}^d (m_j^2 + \sigma_j^2 - 1 - \log\sigma_j^2)$$ "
           r"Let $\lambda(t)$ be the gradient of $\mathcal R$ with respect to $z(t)$, a column. ")

LOGARITHM = r"\rho = \log\sigma^2$$ $$"


@pytest.mark.parametrize(("claim", "verdict"), [
    (r"\frac{\partial\mathcal R}{\partial z_0} = \lambda(0)", "proved"),
    (r"\frac{\partial\mathcal R}{\partial m} = 2 \lambda(0)", "refuted"),
    (r"\lambda(t_i^-) = \lambda(t_i^+) + \nabla r_i(z(t_i))", "proved"),
    (r"\frac{\partial\mathcal J}{\partial m} = \lambda(0)", "refuted"),
    (r"\frac{\partial\mathcal J}{\partial\sigma} = \lambda(0)\odot\epsilon + \sigma - \frac{1}{\sigma}", "proved"),
    (r"\frac{\partial\mathcal J}{\partial\sigma} = \lambda(0)\odot\epsilon + \sigma - \frac{1}{\sigma^2}", "refuted"),
    (r"\frac{\partial\mathcal J}{\partial\sigma} = \lambda(0)\odot\epsilon + \frac{\sigma^2 - 1}{\sigma}", "proved"),
    (r"\frac{\partial\mathcal K}{\partial m_j} = m_j", "proved"),
    (r"\frac{\partial\mathcal K}{\partial\sigma_j} = \sigma_j + \frac{1}{\sigma_j}", "refuted"),
    (r"\frac{\partial\mathcal J}{\partial m_j} = \lambda_j(0) - m_j", "refuted"),
    (LOGARITHM + r"\frac{\partial\mathcal J}{\partial\rho} = \tfrac12\sigma\odot\epsilon\odot\lambda(0) + \tfrac12(\sigma^2 - 1)", "proved"),
    (LOGARITHM + r"\frac{\partial\mathcal J}{\partial\rho} = \sigma\odot\epsilon\odot\lambda(0) + \tfrac12(\sigma^2 - 1)", "refuted"),
])
def test_gradients_in_what_an_encoder_puts_out_have_its_own_price_too(claim: str, verdict: str) -> None:
    assert statuses(f"{ENCODED}$${claim}$$")[-1] == verdict


EVIDENCE = (r"$$z_0 = \mu + \sigma \odot \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, I_d)$$ $$\dot z = f(z;\theta), \qquad z(0) = z_0$$ "
            r"$$\mathcal{F} = -\mathbb{E}_{q}\left[ \sum_{i=1}^N \log p(x_i \mid z_0) \right] + \mathrm{KL}( q \,\|\, \mathcal{N}(0, I_d) )$$ "
            r"$$\mathrm{KL}( q \,\|\, \mathcal{N}(0, I_d) ) = \frac12 \sum_{j=1}^d (\mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j^2)$$ "
            r"For one draw the first term is $\mathcal{R} = \sum_i r_i(z(t_i))$ with $$r_i(z) = \frac{1}{2} \| x_i - g(z) \|^2$$ "
            r"Let $a(t)$ be the gradient of $\mathcal{R}$ with respect to the state $z(t)$. Gradients are columns. $\rho = \log\sigma^2$. ")


@pytest.mark.parametrize(("claim", "verdict"), [
    (r"\frac{\partial\, \mathrm{KL}}{\partial \sigma_j} = \sigma_j - \frac{1}{\sigma_j}", "proved"),
    (r"\frac{\partial\, \mathrm{KL}}{\partial \mu_j} = 2\mu_j", "refuted"),
    (r"\nabla_\mu \mathcal{F} = a(0) + \mu", "proved"),
    (r"\nabla_\mu \mathcal{F} = a(0)", "refuted"),
    (r"\frac{\partial \mathcal{F}}{\partial \rho_j} = \frac12 a_j(0) \sigma_j \varepsilon_j + \frac12 (\sigma_j^2 - 1)", "proved"),
    (r"\frac{\partial \mathcal{F}}{\partial \rho_j} = a_j(0) \sigma_j \varepsilon_j + \frac12 (\sigma_j^2 - 1)", "refuted"),
])
def test_gradients_of_the_evidence_lower_bound(claim: str, verdict: str) -> None:
    assert statuses(f"{EVIDENCE}$${claim}$$")[-1] == verdict


@pytest.mark.parametrize(("claim", "verdict"), [
    (r"\frac{\partial D}{\partial m_j} = m_j", "proved"), (r"\frac{\partial D}{\partial\sigma_j} = \sigma_j - \frac{1}{2\sigma_j}", "refuted"),
    (r"v_j = \log\sigma_j^2$$ $$\frac{\partial D}{\partial v_j} = \tfrac12 (e^{v_j} - 1)", "proved"),
    (r"v_j = \log\sigma_j^2$$ $$\frac{\partial D}{\partial v_j} = e^{v_j} - 1", "refuted"),
    (r"v = \log\sigma$$ $$\frac{\partial D}{\partial v} = e^{2v} - 1", "proved"), (r"v = \log\sigma$$ $$\frac{\partial D}{\partial v} = e^{v} - 1", "refuted"),
])
def test_a_divergence_that_no_cost_pays_has_gradients(claim: str, verdict: str) -> None:
    told = ENCODED.partition("We minimise")[0] + r"$$D = \frac12\sum_{j=1}^d (m_j^2 + \sigma_j^2 - 1 - \log\sigma_j^2)$$ "
    assert statuses(f"{told}$${claim}$$")[-1] == verdict


DECODED = (r"$$h_0 = m + \sigma\odot\xi, \qquad \xi\sim\mathcal N(0, I)$$ $$\frac{dh}{dt} = f_\phi(h(t)), \qquad h(t_0) = h_0$$ With a decoder $g_\psi$ "
           r"$$E = \sum_{k=1}^K \frac12 \left\| y_k - g_\psi(h(t_k)) \right\|^2$$ Write $\alpha(t) = \partial E/\partial h(t)$ as a row vector. ")


@pytest.mark.parametrize(("claim", "verdict"), [
    (r"\frac{d\alpha}{dt} = -\alpha\frac{\partial f_\phi}{\partial h}(h(t))", "proved"),
    (r"\frac{dE}{d\psi} = -\sum_{k=1}^K (y_k - g_\psi(h(t_k)))^T \frac{\partial g_\psi}{\partial\psi}(h(t_k))", "proved"),
    (r"\frac{dE}{d\psi} = \sum_{k=1}^K (y_k - g_\psi(h(t_k)))^T \frac{\partial g_\psi}{\partial\psi}(h(t_k))", "refuted"),
    (r"\frac{dE}{d\phi} = \int_{t_0}^{t_K} \alpha\frac{\partial f_\phi}{\partial\phi} dt", "proved"),
    (r"\frac{\partial E}{\partial\sigma} = \alpha(t_0)\odot\xi^T", "proved"), (r"\frac{\partial E}{\partial\sigma} = \alpha(t_0)\odot\sigma^T", "refuted"),
])
def test_a_decoder_has_weights_of_its_own(claim: str, verdict: str) -> None:
    assert statuses(f"{DECODED}$${claim}$$")[-1] == verdict


APART = (r"$$\dot h = F(h, \theta), \qquad h(0) = h_0$$ The readout has weights $\omega$ of its own, "
         r"$$E = \Phi(h(T), \omega) + \int_0^T r(h, t, \omega)\, dt .$$ Let $\lambda = \partial E/\partial h(t)$ be a row. ")


@pytest.mark.parametrize(("claim", "verdict"), [
    (r"\frac{dE}{d\omega} = \Phi_\omega(h(T), \omega) + \int_0^T r_\omega\, dt", "proved"),
    (r"\frac{dE}{d\omega} = \Phi_\omega(h(T), \omega)", "refuted"), (r"\frac{dE}{d\theta} = \int_0^T \lambda F_\theta\, dt", "proved"),
])
def test_a_cost_has_weights_that_move_no_state(claim: str, verdict: str) -> None:
    assert statuses(f"{APART}$${claim}$$")[-1] == verdict


@pytest.mark.parametrize(("sign", "verdict"), [("", "proved"), ("-", "refuted")])
def test_observations_have_weights_that_move_no_state(sign: str, verdict: str) -> None:
    told = (r"$$\dot h = F(h(t), t, \theta), \qquad h(t_0) = h_0$$ $$E = \sum_{k=1}^{K} e_k(h(t_k), \omega)$$ "
            rf"$$\frac{{dE}}{{d\omega}} = {sign}\sum_{{k=1}}^{{K}} \frac{{\partial e_k}}{{\partial\omega}}(h(t_k), \omega)$$")
    assert statuses(told)[-1] == verdict


RESIDUALS = (r"$$z_0 = \mu + \sigma\odot\varepsilon$$ $$\dot z(t) = f(z(t), \theta), \qquad z(0) = z_0$$ The decoder gives $\hat x_i = C z(t_i) + d$. "
             r"With the residuals $$r_i := x_i - \hat x_i$$ we minimise $$\ell = \frac{1}{2s^2}\sum_{i=1}^N \|r_i\|^2 + "
             r"\mathrm{KL}\big(\mathcal N(\mu, \mathrm{diag}(\sigma^2))\,\big\|\,\mathcal N(0, I)\big)$$ "
             r"$$\mathrm{KL} = \frac12\sum_{j=1}^d (\mu_j^2 + \sigma_j^2 - 1 - \log\sigma_j^2)$$ "
             r"Let $\psi(t)$ be the gradient of the first term with respect to the state $z(t)$, a column. ")


@pytest.mark.parametrize(("claim", "verdict"), [
    (r"\psi(t_i^-) = \psi(t_i^+) - \frac{1}{s^2} C^T r_i", "proved"), (r"\psi(t_i^-) = \psi(t_i^+) + \frac{1}{s^2} C^T r_i", "refuted"),
    (r"\frac{\partial\ell}{\partial\mu} = \psi(0) + \mu", "proved"), (r"\frac{\partial\ell}{\partial d} = \frac{1}{s^2}\sum_{i=1}^N r_i", "refuted"),
    (r"\frac{\partial\ell}{\partial\sigma_j} = \psi_j(0) + \sigma_j - \frac{1}{\sigma_j}", "refuted"),
    (r"\frac{\partial z_0}{\partial\sigma} = \mathrm{diag}(\varepsilon)", "proved"),
])
def test_residuals_that_have_a_letter_before_the_cost_is_told(claim: str, verdict: str) -> None:
    assert statuses(f"{RESIDUALS}$${claim}$$")[-1] == verdict


@pytest.mark.parametrize(("line", "verdict"), [
    (r"After $t_N$ we have $a = 0$.", "unknown"), (r"$$\frac{\partial J}{\partial m} = a(0) + m$$", "unknown"),  # of a D that is the divergence?
    (r"$$\frac{\partial J}{\partial z_0} = -a(0)$$", "refuted"),
])
def test_a_part_of_the_cost_of_which_no_formula_tells(line: str, verdict: str) -> None:
    told = ENCODED.partition("We minimise")[0] + r"$$J = \sum_{i=1}^N \tfrac12\|y_i - z(t_i)\|^2 + D$$ Let $a(t) = \partial J/\partial z(t)$. "
    assert statuses(told + line)[-1] == verdict


def test_data_that_is_seen_with_noise_is_no_residual() -> None:
    told = r"$\dot z = f(z, \theta)$, $z(0) = z_0$, $$y_i = C z(t_i) + e_i$$ $$J = \frac12\sum_{i=1}^N \|y_i - C z(t_i)\|^2$$ Let $a(t) = \partial J/\partial z(t)$, a column. "
    lines = (rf"$$a(t_i^-) = a(t_i^+) {sign} C^T (y_i - C z(t_i))$$ " for sign in "-+")
    assert statuses(told + "".join(lines))[-2:] in (["proved", "refuted"], ["unknown", "unknown"])


@pytest.mark.parametrize(("sign", "verdict"), [("-", "proved"), ("", "refuted")])
def test_the_jacobian_of_what_is_observed_is_taken_where_it_is_seen(sign: str, verdict: str) -> None:
    told = (r"Gradients are columns. $$\dot z(t) = f(z(t), \theta), \qquad z(t_0) = z_0$$ $$E = \sum_{i=1}^N \ell_i(z(t_i)), \qquad "
            r"\ell_i(z) = \frac{1}{2s^2} \|x_i - g(z)\|^2$$ With the Jacobian $G = \partial g/\partial z$ ")
    assert statuses(rf"{told}$$\nabla\ell_i(z) = {sign}\frac{{1}}{{s^2}} G(z)^T (x_i - g(z))$$")[-1] == verdict


@pytest.mark.parametrize(("sign", "verdict"), [("-", "proved"), ("", "refuted")])
def test_times_in_order_hold_a_start_and_d_may_decode(sign: str, verdict: str) -> None:
    told = (r"Gradients are columns. $$\dot h(t) = f(h(t), \theta), \qquad h(t_0) = h_0, \qquad t_0 < t_1 < \dots < t_N$$ "
            r"$$E = \sum_{i=1}^N e_i(h(t_i)), \qquad e_i(h) = \frac{1}{2c} \|y_i - d(h)\|^2$$ ")
    found = statuses(rf"{told}$$\nabla e_i(h) = {sign}\frac{{1}}{{c}} \left(\frac{{\partial d(h)}}{{\partial h}}\right)^T (y_i - d(h))$$")
    assert (found[1], found[-1]) == ("assumption", verdict)
