"""Rosenbrock and ESDIRK rows: order, stability and nodes derived exactly, and run at 60 digits on a scalar problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import pytest
from mpmath import cos, exp, log, mp, mpf, sin, workdps

from adjointcheck.errors import SchemeError
from adjointcheck.schemes import STIFF_METHODS, Esdirk, Rosenbrock, derive_stiff_order
from adjointcheck.schemes.order_conditions import Tree
from adjointcheck.schemes.rounded import Rounded
from adjointcheck.schemes.stability import is_a_stable, is_l_stable, limit_at_infinity, numerator
from adjointcheck.schemes.stiff_order import StiffMethod, conditions, embedded_weights, solution_weights, stage_weights

ALL = pytest.mark.parametrize("method", STIFF_METHODS.values(), ids=list(STIFF_METHODS))
ROSENBROCK = [method for method in STIFF_METHODS.values() if isinstance(method, Rosenbrock)]
ESDIRK = [method for method in STIFF_METHODS.values() if isinstance(method, Esdirk)]
BY_NAME = {"ids": lambda method: method.name}
Real = Any  # an mpf: mpmath has no types


def put(row: tuple[F, ...], index: int, value: F) -> tuple[F, ...]:
    return (*row[:index], value, *row[index + 1 :])


# Order


@ALL
def test_declared_orders_are_derived_and_the_next_fail(method: StiffMethod) -> None:
    assert derive_stiff_order(method) == method.order
    assert derive_stiff_order(method, weights=embedded_weights(method)) == method.error_order


def test_rational_rows_close_exactly_and_rounded_ones_nearly() -> None:
    def largest(method: StiffMethod) -> F:
        every = [c for order in range(1, method.order + 1) for c in conditions(method, order)]
        assert all(c.weight.radius < 2e-12 for c in every)
        return max(abs(c.weight.value - c.required) for c in every)

    assert largest(STIFF_METHODS["rodas3"]) == 0  # type: ignore[arg-type]
    assert {name for name, method in STIFF_METHODS.items() if method.digits} == {"rodas4", "rodas5p", "kvaerno3", "kvaerno5"}
    assert largest(STIFF_METHODS["kvaerno3"]) < F(1, 10**46)
    assert all(0 < largest(STIFF_METHODS[name]) < F(1, 10**14) for name in ("rodas4", "rodas5p", "kvaerno5"))


def test_rosenbrock_weights_are_the_sums_of_the_textbook() -> None:
    """Hairer & Wanner 1996, table 7.1: alpha where a vertex branches, beta where it does not."""
    method = STIFF_METHODS["rodas5p"]
    assert isinstance(method, Rosenbrock)
    alpha, beta = ([[entry.value for entry in row] for row in rows] for rows in (method.alpha, method.beta))
    b, every = [weight.value for weight in solution_weights(method)], range(method.stages)
    a_i, b_i = [sum(row) for row in alpha], [sum(row) for row in beta]
    leaf: Tree = ()
    sums: dict[Tree, F | int] = {
        (leaf,): sum(b[i] * b_i[i] for i in every),
        (leaf, leaf): sum(b[i] * a_i[i] ** 2 for i in every),
        ((leaf,),): sum(b[i] * beta[i][j] * b_i[j] for i in every for j in every),
        (leaf, (leaf,)): sum(b[i] * a_i[i] * alpha[i][j] * b_i[j] for i in every for j in every),
        ((leaf, leaf),): sum(b[i] * beta[i][j] * a_i[j] ** 2 for i in every for j in every),
    }
    for tree, total in sums.items():
        assert sum((w * p.value for w, p in zip(b, stage_weights(method, tree), strict=True)), F(0)) == total != 0


def test_the_two_forms_are_the_same_method() -> None:
    """(1/gamma - C) G = 1, alpha = a G and b = m G, exactly."""
    for method in ROSENBROCK:
        every, inner = range(method.stages), [[entry.value for entry in row] for row in method.inner]
        left = [[(1 / method.gamma if i == j else F(0)) - (method.coupling[i][j] if j < i else 0) for j in every] for i in every]
        assert [[sum(left[i][k] * inner[k][j] for k in every) for j in every] for i in every] == [[F(i == j) for j in every] for i in every]
        for row, alpha in zip(method.a, method.alpha, strict=True):
            assert [entry.value for entry in alpha] == [sum((w * inner[k][j] for k, w in enumerate(row)), F(0)) for j in every]


# Planted errors in the data: refused at once, or a derived order falls, or R(infinity) is no longer 0


def spoiled(method: StiffMethod, by: F) -> Iterator[tuple[str, dict[str, Any]]]:
    fields = ("a", "coupling") if isinstance(method, Rosenbrock) else ("a",)
    for field in fields:
        rows = getattr(method, field)
        for i, row in enumerate(rows):
            for j, entry in enumerate(row):
                if entry:
                    yield f"{field}[{i}][{j}]", {field: (*rows[:i], put(row, j, entry * (1 + by)), *rows[i + 1 :])}
    if isinstance(method, Rosenbrock):
        yield "gamma", {"gamma": method.gamma * (1 + by)}
        yield from ((f"m[{j}]", {"m": put(method.m, j, entry * (1 + by))}) for j, entry in enumerate(method.m) if entry)
        yield from ((f"d[{j}]", {"d": put(method.d, j, entry * (1 + by))}) for j, entry in enumerate(method.d) if entry)
    yield from ((f"c[{j}]", {"c": put(method.c, j, entry * (1 + by))}) for j, entry in enumerate(method.c) if entry)


@pytest.mark.parametrize("name", ["rodas3", "rodas5p", "kvaerno3", "kvaerno5"])
def test_any_coefficient_off_by_1e_9_is_caught(name: str) -> None:
    method, escaped = STIFF_METHODS[name], []
    for place, change in spoiled(method, F(1, 10**9)):
        try:
            wrong = replace(method, **change)
        except SchemeError:
            continue
        orders = derive_stiff_order(wrong), derive_stiff_order(wrong, weights=embedded_weights(wrong))
        if orders == (method.order, method.error_order) and limit_at_infinity(wrong).may_be(0):
            escaped.append(place)
    assert escaped == []


def test_a_missing_term_in_time_is_refused() -> None:
    """d_i = sum_j gamma_ij: a method that forgets h d_i f_t."""
    method = STIFF_METHODS["rodas5p"]
    with pytest.raises(SchemeError, match="row 1 of Gamma: got a sum off by .* entries that sum to d_1"):
        replace(method, d=(F(0),) * method.stages)


@pytest.mark.parametrize(
    ("name", "change", "field"),
    [
        ("rodas3", {"a": ((), (F(0),))}, "a"), ("rodas3", {"c": (F(0),)}, "c"), ("rodas3", {"m": (F(3), F(0), F(1), F(1))}, "m"),
        ("rodas3", {"dense_order": 2}, "dense_order"), ("rodas4", {"dense": ((F(1),),)}, "dense"), ("kvaerno3", {"a": ((F(0),),)}, "a"),
        ("kvaerno3", {"error": (F(1),)}, "error"), ("kvaerno5", {"c": (F(0),) * 7}, "row 2 of a"),
    ],
)
def test_rows_of_the_wrong_shape_are_refused(name: str, change: dict[str, Any], field: str) -> None:
    with pytest.raises(SchemeError, match=f"'{name}', .*{field}"):
        replace(STIFF_METHODS[name], **change)


def test_another_diagonal_is_refused() -> None:
    method = STIFF_METHODS["kvaerno5"]
    assert isinstance(method, Esdirk)
    with pytest.raises(SchemeError, match="diagonal of a"):
        replace(method, a=(*method.a[:3], (*method.a[3][:-1], F(1, 4)), *method.a[4:]))


# Stability


@ALL
def test_every_row_is_l_stable_and_stiffly_accurate(method: StiffMethod) -> None:
    assert is_l_stable(method)
    assert limit_at_infinity(method).radius < 1e-12
    if isinstance(method, Rosenbrock):
        assert limit_at_infinity(method).value == 0
        assert (method.m, method.c[-1], method.d[-1]) == ((*method.a[-1], F(1)), 1, 0)


def scalar_step(method: StiffMethod, z: F) -> F:
    """One time step of x' = lambda x, x = 1, h = 1, straight from the definition."""
    if isinstance(method, Esdirk):
        states: list[F] = []
        for row in method.a:
            states.append((1 + z * sum((a * x for a, x in zip(row, states, strict=False)), F(0))) / (1 - row[-1] * z))
        return states[-1]
    stages: list[F] = []
    for a, coupling in zip(method.a, method.coupling, strict=True):
        inside = 1 + sum((x * u for x, u in zip(a, stages, strict=True)), F(0))
        stages.append((z * inside + sum((x * u for x, u in zip(coupling, stages, strict=True)), F(0))) / (1 / method.gamma - z))
    return 1 + sum((m * u for m, u in zip(method.m, stages, strict=True)), F(0))


@ALL
@pytest.mark.parametrize("z", [F(-1, 3), F(-7), F(-1000), F(1, 5)])
def test_the_stability_function_is_what_a_time_step_does(method: StiffMethod, z: F) -> None:
    poles = method.stages - isinstance(method, Esdirk)
    below = (1 - method.gamma * z) ** poles
    above = sum(c.value * z**k for k, c in enumerate(numerator(method)))
    slack = sum(c.radius * abs(float(z)) ** k for k, c in enumerate(numerator(method))) / abs(float(below))
    assert abs(scalar_step(method, z) - above / below) <= slack
    assert abs(float(scalar_step(method, z)) - float(exp(mpf(z.numerator) / z.denominator))) < 0.2


def test_instability_is_seen() -> None:
    """gamma = 3 in place of 1/2 keeps the shape of rodas3 and loses A-stability; other weights lose R(infinity) = 0."""
    method = STIFF_METHODS["rodas3"]
    wrong = object.__new__(Rosenbrock)
    wrong.__dict__.update({**{name: getattr(method, name) for name in method.__dataclass_fields__}, "gamma": F(3)})
    assert not is_a_stable(wrong)
    assert limit_at_infinity(method, (F(1), *method.m[1:])).value != 0  # type: ignore[union-attr]
    assert Rounded(F(1), 0.5).may_be(F(3, 2))
    assert not Rounded(F(1)).may_be(F(1) + F(1, 10**30))


# Run at 60 digits: x' = -2 (x - cos t) x - sin t, explicit in t; the reference is the same method with many time steps


def field(t: Real, x: Real) -> Real:
    return -2 * (x - cos(t)) * x - sin(t)


def partials(t: Real, x: Real) -> tuple[Real, Real]:
    return -4 * x + 2 * cos(t), -2 * sin(t) * x - cos(t)


def number(entry: F) -> Real:
    return mpf(entry.numerator) / entry.denominator


def combine(row: Any, values: list[Real]) -> Real:
    return mp.fsum(number(entry) * value for entry, value in zip(row, values, strict=False))


def rosenbrock_step(method: Rosenbrock, t: Real, x: Real, h: Real, in_time: int = 1) -> tuple[Real, Real]:
    slope, rate = partials(t, x)
    stages: list[Real] = []
    for i, (a, coupling) in enumerate(zip(method.a, method.coupling, strict=True)):
        right = field(t + number(method.c[i]) * h, x + combine(a, stages)) + combine(coupling, stages) / h
        stages.append((right + in_time * h * number(method.d[i]) * rate) / (1 / (h * number(method.gamma)) - slope))
    return x + combine(method.m, stages), combine(method.error, stages)


def esdirk_step(method: Esdirk, t: Real, x: Real, h: Real) -> tuple[Real, Real]:
    slopes: list[Real] = []
    state = x
    for row, node in zip(method.a, method.c, strict=True):
        base, time = x + h * combine(row[:-1], slopes), t + number(node) * h
        for _ in range(8 if row[-1] else 0):
            state -= (state - base - h * number(row[-1]) * field(time, state)) / (1 - h * number(row[-1]) * partials(time, state)[0])
        slopes.append(field(time, state))
    return state, h * combine(method.error, slopes)


def march(method: StiffMethod, steps: int, **options: int) -> Real:
    x, h = mpf("0.6"), mpf(1) / steps
    for step in range(steps):
        x = (rosenbrock_step(method, step * h, x, h, **options) if isinstance(method, Rosenbrock) else esdirk_step(method, step * h, x, h))[0]
    return x


def slope_of(method: StiffMethod, **options: int) -> float:
    """log2 of the ratio of two differences under halving: no reference is needed."""
    coarse, middle, fine = (march(method, steps, **options) for steps in (16, 32, 64))
    return float(log(abs((coarse - middle) / (middle - fine)), 2))


@ALL
def test_global_error_converges_at_the_declared_order_with_explicit_time(method: StiffMethod) -> None:
    with workdps(60):
        assert slope_of(method) == pytest.approx(method.order, abs=0.2)


@ALL
def test_the_estimate_shrinks_at_the_order_of_the_controller(method: StiffMethod) -> None:
    step = rosenbrock_step if isinstance(method, Rosenbrock) else esdirk_step
    with workdps(60):
        first, second = (abs(step(method, mpf("0.2"), mpf("1.3"), mpf(1) / n)[1]) for n in (128, 256))  # type: ignore[operator]
        assert float(log(first / second, 2)) == pytest.approx(method.error_order + 1, abs=0.15)


def test_the_slope_sees_a_missing_term_in_time() -> None:
    with workdps(60):
        assert slope_of(STIFF_METHODS["rodas5p"], in_time=0) < 2.5
