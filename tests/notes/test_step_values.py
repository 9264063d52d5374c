"""Differential dynamic programming and Riccati's matrix told by its equation: right lines are proved, slips in the same form are not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from understood import statuses

from adjointcheck.notes.verify import verify

COST = r"x_{k+1} = f(x_k, u_k)", r"J = \ell_f(x_N) + \sum_{k=0}^{N-1} \ell(x_k, u_k)"
LEFT_OUT = "In iLQR second derivatives of $f$ are dropped:\n\n"
DDP = (
    (r"Q(x,u) = \ell(x,u) + V'(f(x,u))", "definition"),
    (r"V(x, k) = \min_u [\ell(x,u) + V(f(x,u), k+1)]", "definition"),
    (r"V_{x,N} = \ell_{f,x}(x_N)", "definition"),
    (r"Q_x = \ell_x + f_x^T V'_x", "proved"),
    (r"Q_{x,k} = \ell_{x,k} + f_{x,k}^T V_{x,k+1}", "proved"),
    (r"Q_u = \ell_u + f_x^T V'_x", "refuted"),
    (r"\frac{\partial Q}{\partial u} = \ell_u + f_u^T V_x^{k+1}", "proved"),
    (r"Q_x = \ell_x + f_x^T V_x", "refuted"),  # the value of this step
    (r"Q_{ux} = \ell_{ux} + f_u^T V'_{xx} f_x + V'_x \cdot f_{ux}", "proved"),
    (r"Q_{uu} = \ell_{uu} + f_u^T V'_{xx} f_u", "unknown"),  # which leaves out f_uu, and nothing says so
    (LEFT_OUT + r"$$Q_{uu} = \ell_{uu} + f_u^T V'_{xx} f_u", "proved"),
    (r"Q_{ux} = \ell_{ux} + f_x^T V'_{xx} f_u", "refuted"),
    (r"\delta u^* = \arg\min_{\delta u} Q(\delta x, \delta u) = -Q_{uu}^{-1}(Q_u + Q_{ux}\,\delta x)", "proved"),
    (r"\delta u^* = -Q_{uu}^{-1}(Q_u - Q_{ux}\,\delta x)", "refuted"),
    (r"\delta u_k = d_k + K_k\,\delta x_k", "definition"),
    (r"K_k = -Q_{uu}^{-1} Q_{ux}", "proved"),
    (r"d_k = -Q_{uu}^{-1} Q_u", "proved"),
    (r"V_x = Q_x + K_k^T Q_{uu} d_k + K_k^T Q_u + Q_{ux}^T d_k", "proved"),
    (r"V_{xx} = Q_{xx} + Q_{xu} K_k", "proved"),
    (r"V_{xx} = Q_{xx} + K_k^T Q_{uu} K_k", "refuted"),
    (r"\Delta V = \tfrac12 d_k^T Q_{uu} d_k + d_k^T Q_u", "proved"),
    (r"\Delta V = \tfrac12 d_k^T Q_{uu} d_k", "unknown"),  # a decrease, or a slip
    (r"\lambda_k = V_x", "definition"),
)
POLICY = "Let $Q(x,u) = \\ell(x,u) + V'(f(x,u))$. The policy $\\kappa + K\\,\\delta x$ has\n\n"
GAINS = ((POLICY + r"$$\kappa = -Q_{uu}^{-1} Q_u, \qquad K = Q_{uu}^{-1} Q_{ux}", "proved refuted"), (r"V_{xx} = Q_{xx} + Q_{xu} Q_{ux}", "refuted"))
LINEAR = (r"x_{k+1} = A x_k + B u_k", r"J = \tfrac12 x_N^T M x_N + \tfrac12 \sum_{k=0}^{N-1} (x_k^T Q x_k + u_k^T R u_k)")
RICCATI = (
    (r"V_k(x) = \tfrac12 x^T P_k x", "definition"),
    (r"P_N = M", "proved"),
    (r"P_k = Q + A^T P_{k+1} A - A^T P_{k+1} B (R + B^T P_{k+1} B)^{-1} B^T P_{k+1} A", "proved"),
    (r"P_{k+1} = Q + A^T P_k A - A^T P_k B (R + B^T P_k B)^{-1} B^T P_k A", "refuted"),
    (r"\lambda_k = P_{k+1} x_k", "refuted"),
)


def verdicts(folder: Path, laws: tuple[str, ...], rows: Iterable[tuple[str, str]]) -> list[str]:
    """The verdicts on the rows, after the laws, one word for each."""
    path = folder / "notes.md"
    given = "with symmetric $Q$, $R$ and $M$.\n\n" if "M" in laws[1] else ""
    path.write_text("\n\n".join([*(f"$${law}$$" for law in laws), given, *(text + "$$" if "$$" in text else f"$${text}$$" for text, _ in rows)]))
    found = [item.status for item in verify(path).items]
    assert found[:2] == ["assumption"] * 2
    return found[2:]


@pytest.mark.parametrize(("laws", "rows"), [(COST, DDP), pytest.param(LINEAR, RICCATI, marks=pytest.mark.campaign)])  # computing time
def test_each_line_has_its_verdict(laws: tuple[str, ...], rows: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    assert verdicts(tmp_path, laws, rows) == [status for _, status in rows]


def test_gains_of_a_policy_told_in_words_are_judged(tmp_path: Path) -> None:
    """kappa + K delta x is the best change: K with the other sign is no definition, and what rests on a slip is not proved."""
    assert verdicts(tmp_path, COST, GAINS) == ["definition", "proved", "refuted", "refuted"]


def test_letter_of_which_nothing_is_told_is_not_refuted(tmp_path: Path) -> None:
    """S_k may be whatever its line says that it is."""
    rows = ((r"V_k(x) = x^T S_k x", ""), (r"S_k = A S_{k+1} + Q", ""))
    assert "refuted" not in verdicts(tmp_path, LINEAR, rows)


BOLZA = (r"\dot x = f(x,u)", r"J = \phi(x(T)) + \int_0^T L(x,u)\,dt")
VALUE = (
    (r"V(x,t) = \min_u \Big[\phi(x(T)) + \int_t^T L\,ds\Big]", "definition"),
    (r"-\frac{\partial V}{\partial t} = \min_u \Big[L(x,u) + \frac{\partial V}{\partial x} f(x,u)\Big]", "proved"),
    (r"V(x,T) = \phi(x)", "definition"),
    (r"\lambda = \nabla_x V", "proved"),
    (r"\dot\lambda = -L_x - f_x^T\lambda", "proved"),
    (r"V_t + L + V_x^T f = 0", "proved"),
    (r"V_{xt} + L_x + V_{xx} f + f_x^T V_x = 0", "proved"),
    (r"V_x(x(T),T) = \phi_x(x(T))", "proved"),
)
SLIPS = (*VALUE[1:4], (r"V_t = \min_u [L + V_x^T f]", "refuted"), (r"V_{xt} + L_x + V_{xx} f - f_x^T V_x = 0", "unknown"))
REGULATOR = (r"\dot x = A x + B u", r"J = \tfrac12 x(T)^T M x(T) + \tfrac12\int_0^T (x^T Q x + u^T R u)\,dt")
WORTH = (
    (r"-V_t = \min_u \big\{\tfrac12 x^T Q x + \tfrac12 u^T R u + V_x^T (A x + B u)\big\}", "proved"),
    (r"V(x,t) = \tfrac12 x^T P(t) x", "definition"),
    (r"V_x = P x", "proved"),
    (r"V_t = \tfrac12 x^T \dot P x", "proved"),
    (r"-\dot P = A^T P + P A - P B R^{-1} B^T P + Q", "proved"),
    (r"-\dot P = A^T P + P A + P B R^{-1} B^T P + Q", "refuted"),
)


@pytest.mark.parametrize(("laws", "rows"), [(BOLZA, VALUE[:3]), *(pytest.param(*row, marks=pytest.mark.campaign) for row in (
    (BOLZA, VALUE), (BOLZA, SLIPS), (REGULATOR, WORTH)))])  # computing time
def test_value_function_is_known_along_the_optimum(laws: tuple[str, ...], rows: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    assert verdicts(tmp_path, laws, rows) == [status for _, status in rows]


GROWTH = (r"k_{t+1} = f(k_t) + (1-\delta) k_t - c_t", r"J = \sum_{t=0}^{T-1} \beta^t u(c_t) + \beta^T S(k_T)")
EULER = (
    (r"H_t = \beta^t u(c_t) + \lambda_{t+1} [f(k_t) + (1-\delta) k_t - c_t]", "definition"),
    (r"\beta^t u'(c_t) = \lambda_{t+1}", "proved"),
    (r"\beta^t u'(c_t) = \lambda_t", "refuted"),
    (r"\lambda_t = \lambda_{t+1} [f'(k_t) + 1 - \delta]", "proved"),
    (r"\lambda_T = \beta^T S'(k_T)", "proved"),
    (r"\lambda_T = S'(k_T)", "refuted"),
    (r"u'(c_t) = \beta u'(c_{t+1}) [f'(k_{t+1}) + 1 - \delta]", "proved"),
    (r"u'(c_t) = \beta u'(c_{t+1}) [f'(k_t) + 1 - \delta]", "refuted"),
    (r"u'(c_t) = u'(c_{t+1}) [f'(k_{t+1}) + 1 - \delta]", "refuted"),
)


@pytest.mark.campaign  # computing time
def test_growth_in_discrete_time_is_discounted(tmp_path: Path) -> None:
    """beta^T is a power, the control of a layer is paid by the costate of the next, and Euler's equation weighs two layers."""
    assert verdicts(tmp_path, GROWTH, EULER) == [status for _, status in EULER]


def test_state_that_grows_by_a_function_of_itself_needs_no_header(tmp_path: Path) -> None:
    rows = ((r"H = e^{-\rho t} u(c) + \lambda [f(k) - \delta k - c]", "definition"), (r"\dot\lambda = -\lambda [f'(k) - \delta]", "proved"))
    laws = (r"\dot k = f(k) - \delta k - c", r"J = \int_0^\infty e^{-\rho t} u(c(t))\,dt")
    assert verdicts(tmp_path, laws, rows) == [status for _, status in rows]


FLOWING = r"""$$\dot X(t) = f(X(t),\theta(t)), \qquad X(0)=x$$ $$J(\theta) = \Phi(X(T)) + \int_0^T R(X(t),\theta(t))\,dt$$
$$H(X,p,\theta) = p^T f(X,\theta) + R(X,\theta)$$ $$\dot p = -\nabla_X H$$ Let $V(t,x)$ be the optimal cost-to-go. """


@pytest.mark.parametrize(("right", "wrong"), [
    (r"\partial_t V(t,x) + \min_{v\in U}\{R(x,v) + \nabla_x V(t,x)^T f(x,v)\} = 0", r"\partial_t V(t,x) = \min_{v\in U}\{R(x,v) + \nabla_x V(t,x)^T f(x,v)\}"),
    (r"p(t) = \nabla_x V(t,X(t))", r"p(t) = -\nabla_x V(t,X(t))"),
])
def test_the_least_over_any_letter_is_that_over_the_control(right: str, wrong: str) -> None:
    rates = r"$$\partial_t V(t,x) + \min_{v\in U}\{R(x,v) + \nabla_x V(t,x)^T f(x,v)\} = 0$$ "
    assert statuses(f"{FLOWING} {rates} $${right}$$ $${wrong}$$")[-2:] == ["proved", "refuted"]


def test_a_gain_that_its_own_formula_defines_is_not_proved_by_it() -> None:
    posed = (r"$x_{k+1} = A x_k + B u_k$, $J = \frac12 x_N^T S x_N + \frac12\sum_{k=0}^{N-1} (x_k^T Q x_k + u_k^T R u_k)$. "
             r"$\lambda_k = \partial J/\partial x_k$ as a column. The law is $u_k = -K_k x_k$ with ")
    wrong, right = (rf"$$K_k = (R + B^T P_{{{at}}} B)^{{-1}} B^T P_{{{at}}} A$$ " for at in ("k", "k+1"))
    riccati = r"$$P_k = Q + A^T P_{k+1} A - A^T P_{k+1} B (R + B^T P_{k+1} B)^{-1} B^T P_{k+1} A, \quad P_N = S$$"
    assert "proved" not in statuses(posed + wrong)[4:]
    assert statuses(posed + wrong + riccati)[-3] != "proved" and statuses(posed + right + riccati)[-3] != "refuted"


def test_a_value_function_that_tells_the_sign_of_a_costate_defines_it() -> None:
    posed = r"$\dot x = f(x, u)$, $V(t, x)$ is the least cost from $t$ on, $$-\partial_t V = \min_v \{R(v) + \langle \nabla_x V, f(x, v)\rangle\}$$ "
    assert statuses(rf"{posed} The costate is $$p(t) = \nabla_x V(t, x(t)).$$")[-1] != "proved"
    assert statuses(rf"{posed} With $H = R(u) + p^T f(x, u)$ it is $$p(t) = -\nabla_x V(t, x(t)).$$")[-1] != "proved"
