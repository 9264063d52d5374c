"""Functions that notes give as formulas after naming them, and header lines that state laws."""

from __future__ import annotations

import pytest
from understood import statuses

from adjointcheck.notes.foreword import opened
from adjointcheck.notes.reading.document import read_text
from adjointcheck.notes.verify import Notes, begun

HEADER = r"""<!-- adjointcheck:
state: x in R^n
control: u in R^k
costate: p = dJ/dx (row)
running cost: L
terminal cost: \Phi
dynamics: \dot x = f(x, u)
time: t in [0, T]
-->
$J = \Phi(x(T)) + \int_0^T L(x, u)\,dt$
"""


def judged(text: str) -> list[str]:
    document, header = opened(read_text(HEADER + text), ())
    notes = Notes("notes.md", begun(document, header))
    return [finding.status for formula in document.formulas for finding in notes.judged(formula) if finding.line][1:]


def test_a_law_of_the_header_holds() -> None:
    assert judged(r"$\frac{dx}{dt} = f(x, u)$ $\frac{dx}{dt} = -f(x, u)$") == ["proved", "refuted"]


@pytest.mark.parametrize(("given", "claim", "status"), [
    (r"$f(x, u) = Ax + Bu$", r"$\frac{\partial f}{\partial x} = A$", "proved"),
    (r"$f(x, u) = Ax + Bu$", r"$\frac{\partial f}{\partial x} = B$", "refuted"),
    (r"$\Phi(x) = |x|^2$", r"$p(T) = 2 x(T)^T$", "proved"), (r"$\Phi(x) = |x|^2$", r"$p(T) = x(T)^T$", "refuted"),
    (r"$L = \frac{\beta}{2} u^T u$", r"$\frac{\partial L}{\partial u} = \beta u^T$", "proved"),
    (r"$L = \frac{\beta}{2} u^T u$", r"$\dot p = -p \frac{\partial f}{\partial x}$", "proved"),
    (r"$L(x, u) = \|x\|^2$", r"$\dot p = -p \frac{\partial f}{\partial x}$", "refuted"),
    (r"$L(x, u) = \|x\|^2$", r"$\dot p = -\frac{\partial L}{\partial x} - p \frac{\partial f}{\partial x}$", "proved"),
])
def test_claims_are_judged_for_the_formula_that_the_notes_give(given: str, claim: str, status: str) -> None:
    assert judged(f"{given} {claim}") == ["definition", status]


def test_a_formula_is_given_once_and_an_update_is_no_claim() -> None:
    assert judged(r"$f(x, u) = Ax + Bu$ $f(x, u) = Ax$")[0] == "definition" != judged(r"$f(x, u) = Ax + Bu$ $f(x, u) = Ax$")[1]
    assert judged(r"$u \leftarrow u - p \frac{\partial f}{\partial u}$") == ["assumption"]


@pytest.mark.parametrize("text", [r"$L = x^T x + |u|^2$ $\left(\frac12 |x|^2\right) = \frac12 x^T x$", r"$\left(x^T x + |x|^2\right) = 2 |x|^2$"])
def test_bars_in_brackets_come_in_pairs(text: str) -> None:
    assert judged(text)[-1] == "proved"


DISCOUNTED = r"""<!-- adjointcheck:
state: x
control: u
costate: p = dJ/dx (row)
time: t in [0, T]
-->
$\dot x = f(x, u)$ $J = e^{-\rho T} \Phi(x(T)) + \int_0^T e^{-\rho t} L(x, u)\,dt$ $m = e^{\rho t} p$ $H = e^{-\rho t} L(x, u) + p f(x, u)$ $H^c = e^{\rho t} H$ $\tau = t/T$ """


@pytest.mark.parametrize(("claim", "status"), [
    (r"\dot m = \rho m - \frac{\partial L}{\partial x} - m \frac{\partial f}{\partial x}", "proved"),
    (r"\dot m = -\frac{\partial L}{\partial x} - m \frac{\partial f}{\partial x}", "refuted"),
    (r"m(T) = \Phi'(x(T))", "proved"), (r"m(T) = e^{-\rho T} \Phi'(x(T))", "refuted"),
    (r"H^c = L(x, u) + m f(x, u)", "proved"), (r"H^c = L(x, u) + p f(x, u)", "refuted"),
    (r"\frac{dx}{d\tau} = T f(x, u)", "proved"), (r"\frac{dx}{d\tau} = f(x, u)", "refuted"),
    (r"\frac{dJ}{dx(0)} = m(0)", "proved"), (r"\frac{dJ}{dx(0)} = -m(0)", "refuted"),  # time starts at 0, where exp(rho t) is 1
])
def test_a_cost_may_be_a_formula_of_a_named_function(claim: str, status: str) -> None:
    document = read_text(f"{DISCOUNTED} ${claim}$")
    notes = Notes("notes.md", begun(document))
    assert [finding.status for formula in document.formulas for finding in notes.judged(formula)][-1] == status


ANY_LAYERS = r"""$$J=\varphi(x_N)+\sum_{k=0}^{N-1}L_k(x_k,u_k)$$ $$x_{k+1}=f_k(x_k,u_k)$$ $$H_k=L_k(x_k,u_k)+\lambda_{k+1}^T f_k(x_k,u_k)$$
$$\lambda_k=\nabla_xL_k(x_k,u_k)+\Big(\frac{\partial f_k}{\partial x}\Big)^T\lambda_{k+1}$$ If $f_k(x,u)=x+hf(x,u)$ and $L_k=hL$:
$$\lambda_k-\lambda_{k+1}=h\Big(\nabla_xL(x_k,u_k)+\Big(\frac{\partial f}{\partial x}(x_k,u_k)\Big)^T\lambda_{k+1}\Big)$$
$$\lambda_k-\lambda_{k+1}=\nabla_xL(x_k,u_k)+h\Big(\frac{\partial f}{\partial x}(x_k,u_k)\Big)^T\lambda_{k+1}$$ Now let $$x_{k+1}=Ax_k+Bu_k$$
$$J=\tfrac12x_N^T Q_fx_N+\tfrac12\sum_{k=0}^{N-1}(x_k^T Qx_k+u_k^T Ru_k)$$ with symmetric $Q$, $Q_f$ and $R$.
$$\lambda_k=Qx_k+A^T\lambda_{k+1}$$ $$\lambda_k=Qx_k+A\lambda_{k+1}$$"""


def test_finer_steps_are_one_example_and_matrices_another() -> None:
    assert statuses(ANY_LAYERS)[3:] == ["proved", "assumption", "assumption", "proved", "refuted", "assumption", "assumption", "proved", "refuted"]


@pytest.mark.parametrize(("kind", "right", "wrong"), [
    ("", "proved", "refuted"), ("_2", "proved", "refuted"), ("_1", "unknown", "unknown"), (r"_{\infty}", "unknown", "unknown"), ("_{L^2}", "unknown", "unknown")])
def test_a_norm_of_another_kind_is_not_taken_for_the_length(kind: str, right: str, wrong: str) -> None:
    text = rf"$\dot x = f(x)$, $J = \frac12\|x(T)\|{kind}^2$, $p = dJ/dx$ a column. $$p(T) = x(T)$$ $$p(T) = 2 x(T)$$"
    assert statuses(text, "state: x in R^n")[-2:] == [right, wrong]
