"""Samples that share weights, expected costs, and the time written below letters: notes as papers on deep learning write them."""

from __future__ import annotations

import pytest
from understood import last_two, statuses, understood

from adjointcheck.notes.introduction import understand
from adjointcheck.notes.reading.document import Document, Formula
from adjointcheck.notes.reading.latex import Unread
from adjointcheck.notes.systems.ensembles import MIXED
from adjointcheck.notes.verify import Notes, begun

GRADIENT = "d J/dw = d_ L(w(t))/d_w + (d_ f(x(t), w(t))/d_w)' p(t)"
R = r"\int_0^T R(u(t))\,dt"
WAYS = [
    (r"\dot x^i(t) = f(x^i(t), u(t))", rf"J(u) = \frac1N \sum_{{i=1}}^N \Phi(x^i(T)) + {R}",
     r"\nabla J(u)(t) = \nabla R(u(t)) + \frac1N \sum_{i=1}^N f_u(x^i(t), u(t))^T p^i(t)"),
    (r"\dot x^{(j)}(t) = f(x^{(j)}(t), u(t))", rf"J(u) = \frac1N \sum_{{j=1}}^N \Phi(x^{{(j)}}(T), y^{{(j)}}) + {R}",
     r"\nabla J(u)(t) = \nabla R(u(t)) + \frac1N \sum_{j=1}^N f_u(x^{(j)}(t), u(t))^T p^{(j)}(t)"),
    (r"\dot x_i(t) = f(x_i(t), u(t))", rf"J(u) = {R} + \sum_{{i=1}}^m \Phi_i(x_i(T))",
     r"\nabla J(u)(t) = \nabla R(u(t)) + \sum_{i=1}^m f_u(x_i(t), u(t))^T p_i(t)"),
    (r"\dot x(t) = f(x(t), u(t))", rf"J(u) = \mathbb{{E}}[\Phi(x(T), y)] + {R}",
     r"\nabla J(u)(t) = \nabla R(u(t)) + \mathbb{E}[f_u(x(t), u(t))^T p(t)]"),
    (r"\frac{dx_i(t)}{dt} = f(x_i(t), u(t))", rf"J(u) = {R} + \frac{{\sum_{{i=1}}^N \Phi(x_i(T))}}{{N}}",
     r"\nabla J(u)(t) = \nabla R(u(t)) + \frac1N \sum_{i=1}^N f_u(x_i(t), u(t))^T p_i(t)"),
]


@pytest.mark.parametrize("lines", WAYS, ids=[row[1] for row in WAYS])
def test_a_mean_over_samples_is_that_of_one(lines: tuple[str, str, str]) -> None:
    assert understood(*lines)[0] == GRADIENT


def problems(*lines: str) -> tuple[str, ...]:
    """What keeps the last line from being judged."""
    written = tuple(Formula(str(i), text, "notes.md", i, 1) for i, text in enumerate(lines, 1))
    notes = Notes("notes.md", begun(Document("notes.md", written)))
    found: tuple[str, ...] = ()
    for formula in written:
        chain = notes.read(formula)
        assert not isinstance(chain, Unread)
        resolved, notes.context = understand(chain, notes.context)
        found = resolved.problems
    return found


@pytest.mark.parametrize("line", [
    r"\nabla J(u)(t) = \nabla R(u(t)) + \sum_{i=1}^N f_u(x^i(t), u(t))^T p^i(t)", r"\nabla J(u)(t) = \nabla R(u(t)) + f_u(x^i(t), u(t))^T p^i(t)",
    r"\nabla J(u)(t) = \frac1N \sum_{i=1}^N (\nabla R(u(t)) + f_u(x^i(t), u(t))^T p^i(t)) + p^i(t)",
    r"J(u)^2 = \frac1N \sum_{i=1}^N \Phi(x^i(T))^2", r"m(t) = \frac1N \sum_{i=1}^N x^i(t) p^i(t)", r"p^i(t) = \frac{\partial J}{\partial x^i(t)}",
])
def test_what_is_not_linear_in_means_or_mixes_them_with_one_sample_is_left_open(line: str) -> None:
    assert MIXED in problems(*WAYS[0][:2], line)


def test_components_and_particles_that_meet_are_no_samples() -> None:
    context = begun(Document("notes.md", tuple(Formula(str(i), text, "notes.md", i, 1) for i, text in enumerate([
        r"\dot x^i = f^i(x, u)", r"\dot q_i = \frac1N \sum_{j=1}^N k(q_i, q_j)", r"J = \sum_{i=1}^n \Phi(x^i(T))"]))))
    assert context.sample == "" and not context.option("samples")


MEAN = r"""\dot x^i(t) = f(x^i(t), u(t))
J(u) = \frac1N \sum_{i=1}^N \Phi(x^i(T))
\dot p^i(t) = -f_x(x^i(t), u(t))^T p^i(t)"""


def test_the_optimum_is_one_of_the_mean_and_of_no_sample() -> None:
    stationary = r"\frac1N \sum_{i=1}^N f_u(x^i(t), u(t))^T p^i(t) = 0"
    assert last_two("costate: p = dJ/dx (column)", MEAN, stationary, r"f_u(x^i(t), u(t))^T p^i(t) = 0") == ["proved", "unknown"]


def test_the_sign_of_a_gradient_in_the_mean_is_judged() -> None:
    right = r"\nabla J(u)(t) = \frac1N \sum_{i=1}^N f_u(x^i(t), u(t))^T p^i(t)"
    assert last_two("costate: p = dJ/dx (column)", MEAN, right, right.replace(r"= \frac", r"= -\frac")) == ["proved", "refuted"]


@pytest.mark.parametrize(("lines", "reading"), [
    ([r"\dot x_t = f(t, x_t, \theta_t)", r"J(\theta) = \Phi(x_T) + \int_0^T L(x_t, \theta_t)\,dt"],
     "J = Psi(x(t1)) + int_t0^t1 L(x(t), w(t)) dt"),
    ([r"\frac{dx_t}{dt} = f(x_t, u_t)", r"\dot p_t = -f_x(x_t, u_t)^T p_t"], "d p(t)/dt = -(d_ f(x(t), w(t))/d_x)' p(t)"),
    ([r"\frac{d}{dt} z_t = f(z_t, \theta)", r"\frac{d}{dt} \delta z_t = f_z(z_t, \theta) \delta z_t"],
     "d (delta x(t))/dt = (d_ f(x(t), theta)/d_x) delta x(t)"),
    ([r"\dot x_t = A x_t + B u_t", r"x_0 = \xi"], "x(t0) = x0"),
    ([r"x_{t+1} = f_t(x_t, u_t)", r"J = \Phi(x_T)"], "J = Psi(x(N))"),
])
def test_the_time_below_a_letter_is_where_it_is_taken(lines: list[str], reading: str) -> None:
    assert understood(*lines)[0] == reading


SHARES = (r"For $i = 1, \dots, M$ let $\dot z_i = f(z_i, \theta)$, $z_i(0) = x_i$, $J = \frac1M \sum_{i=1}^M \ell(z_i(1), y_i)$, "
          r"$a_i = \partial J/\partial z_i$. ")
END = r"$a_i(1) = \frac1M \nabla_z \ell(z_i(1), y_i)$"
WHOLE = r"$\frac{dJ}{d\theta} = \sum_{i=1}^M \int_0^1 f_\theta(z_i, \theta)^T a_i\,dt$"


@pytest.mark.parametrize(("right", "wrong", "found"), [
    (END, END.replace(r"\frac1M ", ""), "refuted"), (WHOLE, WHOLE.replace(r"\sum", r"\frac1M \sum"), "refuted"),
    (WHOLE, WHOLE.replace(r"\sum_{i=1}^M ", ""), "unknown"),
])
def test_the_slope_of_the_whole_cost_in_one_sample_has_its_share(right: str, wrong: str, found: str) -> None:
    assert statuses(f"{SHARES}{right}, {wrong}")[-2:] == ["proved", found]


BATCH = r"""$\dot z(t) = \sigma(W z(t)+b)$, $0\le t\le 1$, with $\sigma$ acting componentwise, $\ell = \Phi(z(1))$. Let $a(t) = \nabla_{z(t)}\ell$.
$$\mathcal L = \frac1B\sum_{m=1}^B \ell^{(m)} + \frac\beta2\|W\|_F^2$$ """


def test_a_batch_of_costs_with_weight_decay_is_told_by_one_sample() -> None:
    mean, single = r"\frac1B\sum_{m=1}^B\nabla_W\ell^{(m)}", r"\nabla_W\ell"
    lines = [rf"$$\nabla_W\mathcal L = {cost} + {share}\beta\,W$$" for cost, share in ((mean, r"\frac12"), (mean, ""), (single, ""))]
    found = statuses(f"{BATCH} {' '.join(lines)}")
    assert found[-4:-2] == ["assumption", "refuted"] and found[-2] in ("proved", "unknown") and found[-1] == "unknown"


@pytest.mark.campaign
def test_weight_decay_adds_its_slope_to_the_gradient_of_a_flow() -> None:
    decayed = BATCH.replace(r"\frac1B\sum_{m=1}^B \ell^{(m)}", r"\ell")
    right, wrong = (rf"$$\nabla_W\mathcal L = \int_0^1 (\sigma'(W z+b)\odot a)\,z^T\,dt + {share}\beta W$$" for share in ("", r"\frac12"))
    assert statuses(f"{decayed} {right} {wrong} $$\\dot a = -W^T(\\sigma'(Wz+b)\\odot a)$$")[-4:] == ["assumption", "proved", "refuted", "proved"]
