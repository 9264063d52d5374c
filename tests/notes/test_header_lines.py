"""What a header says holds from the first line on, and a true line of it costs no verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from understood import statuses

from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.verify import verify
from adjointcheck.report.notes_pages import letters_text

NET = r"""Let $z^{(l)} = W^{(l)} a^{(l-1)} + b^{(l)}$ and $\delta^{(l)} = \frac{\partial C}{\partial z^{(l)}}$. Then
$$\delta^{(l-1)} = (W^{(l)})^T \delta^{(l)} \odot \sigma'(z^{(l-1)})$$
$$\delta^{(l-1)} = (W^{(l)})^T \delta^{(l)} \odot \sigma'(z^{(l)})$$
"""
STEP = r"dynamics: a^{(l)} = \sigma(W^{(l)} a^{(l-1)} + b^{(l)})"  # the notes say nowhere what a is
FLOW = r"""The state follows $\dot z = f(z, t, \theta)$, and its costate is $a = \frac{dL}{dz}$.
$$\frac{da}{dt} = -a \frac{\partial f}{\partial z}$$
$$\frac{da}{dt} = a \frac{\partial f}{\partial z}$$
"""


@pytest.mark.parametrize("letters", ["layer: l = 1 ... L\nstate: a\nweights: W\nactivation: sigma\nloss: C", "parameters: W, b"])
def test_the_motion_of_a_header_is_the_first_line_of_the_notes(letters: str) -> None:
    assert statuses(NET, f"{letters}\n{STEP}".strip())[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize("line", ["field: f(z, t, theta)", "dynamics: dz/dt = f(z, t, theta)", "costate: a = dL/dz (row)", "objective: L"])
def test_a_true_line_of_a_header_costs_nothing(line: str) -> None:
    assert statuses(FLOW, line)[-2:] == ["proved", "refuted"]


def test_a_field_of_a_header_may_stand_above_its_state() -> None:
    for lines in (["field: f(z, u)", "state: z", "control: u"], ["state: z", "control: u", "field: f(z, u)"], ["control: w", "field: f(x, w)", "state: x"]):
        assert read_header(lines).letters["f"].arguments == ("x", "w")


GRAPH = r"""We look for the curve $y(x)$ that minimises $$J[y] = \int_a^b F(x, y, y')\,dx$$ with $y(a)$ and $y(b)$ given. It has
$$\frac{\partial F}{\partial y} - \frac{d}{dx}\frac{\partial F}{\partial y'} = 0$$
$$\frac{\partial F}{\partial y} + \frac{d}{dx}\frac{\partial F}{\partial y'} = 0$$
"""
SLOPE = r"""The motion is $\dot x = f(x)$, the cost $J = \Phi(x(T))$, the costate $p = (dJ/dx)^T$. With the slope $A = \frac{\partial f}{\partial x}$
$$\dot p = -A^T p$$
$$\dot p = -A p$$
"""


def test_a_curve_may_be_declared_as_the_state() -> None:
    assert statuses(GRAPH, "time: x in [a, b]\nstate: y(x)\nrunning cost: F")[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize("line", ["A: n x n", "letters: A(t) in R^{n x n}"])
def test_a_letter_with_a_shape_may_still_be_defined(line: str) -> None:
    assert statuses(SLOPE, line)[-2:] == ["proved", "refuted"]


def test_the_letters_as_understood_are_lines_of_a_header(tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text(SLOPE)
    lines = letters_text([verify(notes)]).split("as understood\n")[1].split("# not declared")[0].replace("# ", "").splitlines()
    context = read_header(lines)
    assert not context.problems and {known.symbol for known in context.letters.values()} >= {"x", "p", "f", "J", "Psi", "A"}


def test_the_front_matter_of_a_blog_declares_letters_alone() -> None:
    context = read_header(["title: On adjoints", "blurb: time", "headerImage: false", "star: false", "time: 16:50", "state: z", "A: n x n"])
    assert context.letters.keys() == {"z", "A"} and context.problems == () and read_header(["headerImage: false"]).problems


RESNET = r"""The layers $$h_{t+1} = h_t + f(h_t, \theta_t)$$ become $$\frac{dh(t)}{dt} = f(h(t), t, \theta)$$ With $a(t) = \frac{dL}{dh(t)}$
$$\frac{dL}{dt_1} = a(t_1) f(h(t_1), t_1, \theta)$$
$$\frac{dL}{dt_1} = -a(t_1) f(h(t_1), t_1, \theta)$$
"""
BLOCK = r"""The block moves by $\dot x = v$ and $\dot v = u - \mu v$, and $J = v(T)^2 + \int_0^T u^2 dt$. Then
$$\dot p_2 = -p_1 + \mu p_2$$
$$\dot p_2 = p_1 + \mu p_2$$
"""


@pytest.mark.parametrize("line", ["parameters: theta in R^m", "field: f(h, t, theta)"])
def test_parameters_of_a_flow_may_also_be_those_of_each_layer(line: str) -> None:
    assert statuses(RESNET, line)[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize("line", ["state: z = (x, v)", r"state: z = [x, v]^T"])
def test_a_state_may_be_declared_by_its_components(line: str) -> None:
    context = read_header([line])
    assert context.letters["z"].shape == ("2", "1") and [known.letter for known in context.parts("x")] == ["x", "v"]
    assert statuses(BLOCK, f"{line}\ncostate: p = (p_1, p_2)")[-2] == "proved"


FED = r"""The layers are $x_{k+1} = A x_k + B u_k$ and $J = \frac12 x_N^T S x_N + \frac12 \sum_{k=0}^{N-1} (x_k^T Q x_k + u_k^T R u_k)$. It is
"""


def test_a_gain_of_either_sign_is_refuted_by_no_convention() -> None:
    lines = ["$$u_k = {}K_k x_k$$", "$$K_k = {}(R + B^T P_{{k+1}} B)^{{-1}} B^T P_{{k+1}} A$$"]
    judged = {sign: statuses(FED + "\n".join(lines).format(*signs), "gain: K\nriccati: P\ncontrol: u")
              for sign, signs in {"plus": ("", "-"), "minus": ("-", "")}.items()}
    assert "refuted" not in judged["plus"] and judged["minus"][-2:] == ["proved", "proved"]


def test_a_subscript_is_a_slope_where_the_time_is_an_argument_beside_it() -> None:
    assert "refuted" not in statuses("We have $$x_t(t, p) = f(x(t, p), p)$$", "state: x in R\nparameters: p")


SHAPELESS = "state: y in R^n\ncontrol: u in R^m\ncostate: mu (column)\nconstants: A, G, C, e, k"
PAID = r"$$\dot y = A y + k G u, \qquad y(0) = y_0$$ $$J = \frac{k}{2}\int_0^T (C y - e)^T (C y - e)\, dt$$ "


@pytest.mark.parametrize(("claim", "verdict"), [
    (r"\dot\mu = -A^T\mu - k C^T (C y - e)", "proved"), (r"\dot\mu = -A\mu - k C^T (C y - e)", "refuted"),
])
def test_constants_without_shapes_have_those_that_fit(claim: str, verdict: str) -> None:
    assert statuses(f"{PAID}$${claim}$$", SHAPELESS)[-1] == verdict


SWEPT = r"""$$J = \tfrac12 z(T)^\top W z(T) + \int_0^T \left(\tfrac12 z^\top M z + \tfrac12 v^\top N v\right) dt$$
with symmetric $M$, $W$ and $N$, and $N$ positive definite. We write $\lambda(t) = \Pi(t) z(t)$ and have
$$v = -N^{-1} G^\top \Pi z$$
$$\Pi(T) = 2 W$$
"""


def test_weights_without_shapes_are_those_of_a_regulator() -> None:
    header = "state: z in R^n\ncontrol: v in R^k\ncostate: lambda (column)\ndynamics: dz/dt = F z + G v\nconstants: M, N, W"
    assert statuses(SWEPT, header)[-2:] == ["proved", "refuted"]


def test_comments_at_the_top_declare_letters_where_they_have_a_key() -> None:
    lines = ("% state: z in R^d", "% source kind: a thesis on flows", "% costate: mu (column)", "% objective: show what students do", "% h: a step size")
    context = read_header([*lines, "% objective: E = Phi(z(T)) + int_0^T ell(z, t) dt"])
    assert ({*context.letters}, context.problems) == ({"z", "mu", "h"}, ()) and context.formulas[0].count(r"\ell(z, t)") == 1
