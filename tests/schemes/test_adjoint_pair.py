"""The adjoint partner, against the exact derivative of the time step itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as F
from random import Random

import pytest

from adjointcheck.errors import SchemeError
from adjointcheck.schemes import METHODS, AdjointPair, Tableau, adjoint_pair, symplectic_residuals

Vector = tuple[F, F]


def random_method(seed: int) -> Tableau:
    """Five stages with no zero anywhere: no accident of a known method can hide a transposed index."""
    draw = Random(seed)
    a = tuple(tuple(F(draw.randint(1, 9), draw.randint(2, 7)) for _ in range(stage)) for stage in range(5))
    raw = [F(draw.randint(1, 9)) for _ in range(5)]
    b = tuple(weight / sum(raw) for weight in raw)
    return Tableau(name="random", a=a, b=b, c=tuple(sum(row, F(0)) for row in a), order=1, source="drawn")


PAIRED = {"euler": METHODS["euler"], "heun": METHODS["heun"], "rk4": METHODS["rk4"], "random": random_method(3)}
ACCEPTED = pytest.mark.parametrize("method", PAIRED.values(), ids=list(PAIRED))


@ACCEPTED
def test_residuals_are_exactly_zero(method: Tableau) -> None:
    pair = adjoint_pair(method)
    residuals = symplectic_residuals(method, pair.a, pair.b)
    assert residuals == ((F(0),) * method.stages,) * method.stages


def test_classical_method() -> None:
    half = F(1, 2)
    assert adjoint_pair(METHODS["rk4"]).backward == ((0, 1, 0, 0), (0, 0, half, 0), (0, 0, 0, half), (0, 0, 0, 0))


def field(t: F, x: Vector) -> Vector:
    return t * x[0] * x[1] - x[1], x[0] ** 2 + 2 * t * x[1]


def jacobian(t: F, x: Vector) -> tuple[Vector, Vector]:
    """Rows df_i/dx of `field`: not symmetric, and with explicit time."""
    return (t * x[1], t * x[0] - 1), (2 * x[0], 2 * t)


def along(x: Vector, h: F, weights: tuple[F, ...], slopes: list[Vector]) -> Vector:
    """x + h sum_j weights_j slopes_j, over as many slopes as there are weights."""
    moved = [x[i] + h * sum((w * k[i] for w, k in zip(weights, slopes, strict=False)), F(0)) for i in range(2)]
    return moved[0], moved[1]


def run_stages(
    method: Tableau, t: F, x: Vector, h: F, slope: Callable[[int, F, Vector], Vector]
) -> tuple[list[Vector], Vector]:
    """One time step: the stage states and the end state."""
    states: list[Vector] = []
    slopes: list[Vector] = []
    for stage, (row, node) in enumerate(zip(method.a, method.c, strict=True)):
        states.append(along(x, h, row, slopes))
        slopes.append(slope(stage, t + node * h, states[stage]))
    return states, along(x, h, method.b, slopes)


def times_column(m: tuple[Vector, Vector], v: Vector) -> Vector:
    return m[0][0] * v[0] + m[0][1] * v[1], m[1][0] * v[0] + m[1][1] * v[1]


def row_times(p: Vector, m: tuple[Vector, Vector]) -> Vector:
    return p[0] * m[0][0] + p[1] * m[1][0], p[0] * m[0][1] + p[1] * m[1][1]


@ACCEPTED
def test_costate_time_step_is_the_exact_transposed_derivative(method: Tableau) -> None:
    """p(t) from the partner, run backward, against p(t + h) times the tangent of the forward time step."""
    t, h, x = F(1, 3), F(1, 4), (F(2, 5), F(-3, 7))
    states, _ = run_stages(method, t, x, h, lambda _, time, state: field(time, state))
    jacobians = [jacobian(t + node * h, state) for node, state in zip(method.c, states, strict=True)]
    ends = [
        run_stages(method, t, seed, h, lambda stage, _, dx: times_column(jacobians[stage], dx))[1]
        for seed in ((F(1), F(0)), (F(0), F(1)))
    ]
    p = (F(5, 3), F(-7, 2))
    expected = tuple(p[0] * end[0] + p[1] * end[1] for end in ends)

    pair = adjoint_pair(method)
    rates: list[Vector] = [(F(0), F(0))] * method.stages
    for i in reversed(range(method.stages)):
        rates[i] = row_times(along(p, h, pair.backward[i], rates), jacobians[i])
    start = along(p, h, pair.b, rates)
    assert start == expected
    # The same stages also satisfy the forward form, with A itself.
    for i in range(method.stages):
        assert row_times(along(start, -h, pair.a[i], rates), jacobians[i]) == rates[i]


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("midpoint", (1,)),
        ("bosh3", (4,)),
        ("dopri5", (2, 7)),
        ("tsit5", (7,)),
        ("dop853", (2, 3, 4, 5)),
    ],
)
def test_a_zero_weight_is_refused_by_stage_and_reason(name: str, stages: tuple[int, ...]) -> None:
    with pytest.raises(SchemeError) as refusal:
        adjoint_pair(METHODS[name])
    assert refusal.value.where == f"adjoint pair of '{name}'"
    assert refusal.value.got == ", ".join(f"b_{stage} = 0" for stage in stages)
    assert "divides by b_i" in refusal.value.expected
    assert "stage cotangents" in refusal.value.todo


@pytest.mark.parametrize("seed", [5, 8])
def test_each_planted_entry_is_named(seed: int) -> None:
    pair = adjoint_pair(random_method(seed))
    for i in range(5):
        for j in range(5):
            row = (*pair.a[i][:j], pair.a[i][j] + F(1, 10**12), *pair.a[i][j + 1 :])
            wrong = (*pair.a[:i], row, *pair.a[i + 1 :])
            residuals = symplectic_residuals(pair.forward, wrong, pair.b)
            assert [(k, m) for k in range(5) for m in range(5) if residuals[k][m]] == [(i, j)]
            with pytest.raises(SchemeError, match=rf"got b_{i + 1} A_{i + 1}{j + 1} \+ "):
                replace(pair, a=wrong)


def test_a_transposed_partner_is_refused() -> None:
    pair = adjoint_pair(random_method(5))
    with pytest.raises(SchemeError, match=r"p \. dx is conserved"):
        replace(pair, a=tuple(zip(*pair.a, strict=True)))


def test_other_weights_and_shapes_are_refused() -> None:
    pair = adjoint_pair(METHODS["rk4"])
    with pytest.raises(SchemeError, match="the weights b of the forward method"):
        replace(pair, b=(F(1, 8), F(3, 8), F(3, 8), F(1, 8)))
    for wrong in ({"b": pair.b[:3]}, {"a": pair.a[:3]}, {"a": (*pair.a[:3], pair.a[3][:3])}):
        with pytest.raises(SchemeError, match="4 weights and 4 rows of 4 entries"):
            replace(pair, **wrong)
    with pytest.raises(SchemeError, match="4 weights and 4 rows of 4 entries"):
        AdjointPair(METHODS["rk4"], METHODS["rk4"].a, METHODS["rk4"].b)
