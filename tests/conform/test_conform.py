"""The conformance suite: its references, its verdicts, and what it finds by itself in other people's libraries."""

from __future__ import annotations

import json
import unittest
from dataclasses import replace
from math import exp
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from adjointcheck.cli import main
from adjointcheck.conform import (
    BY_CODE,
    CAPABILITIES,
    CHECKS,
    ENTRIES,
    Answer,
    Field,
    NotApplicable,
    Standing,
    TorchAdapter,
    exit_code,
    find,
    judge,
    run,
)
from adjointcheck.conform.adapters import own
from adjointcheck.conform.checks import ask
from adjointcheck.conform.fields import FIELDS, TANGLED, THROWN, TURNING
from adjointcheck.conform.reference import right_answer, variational_path
from adjointcheck.conform.rules import Library
from adjointcheck.errors import AdjointCheckError, SolveError
from adjointcheck.testing import parametrize_with_checks

# The references


def test_a_closed_form_is_met_to_twelve_digits() -> None:
    """y' = -a y + b t from y0, whose solution and derivatives are written down."""
    field = Field("ramp", lambda space, t, y, theta: [theta[..., 1] * t - theta[..., 0] * y[..., 0]], (1.5,), (0.7, 0.4))
    times, (a, b), y0 = (0.2, 1.1, 0.6), field.theta, 1.5

    def solution(t: float, s: float, y: float, a: float, b: float) -> float:
        return b * t / a - b / a**2 + (y - b * s / a + b / a**2) * exp(-a * (t - s))

    path = variational_path(field, (y0,), field.theta, times)
    assert path.states[:, 0] == pytest.approx([solution(t, 0.2, y0, a, b) for t in times], rel=1e-12)
    assert path.by_y0[:, 0, 0] == pytest.approx([exp(-a * (t - 0.2)) for t in times], rel=1e-12)
    by_b = [solution(t, 0.2, y0, a, 1) - solution(t, 0.2, y0, a, 0) for t in times]
    assert path.by_theta[:, 0, 1] == pytest.approx(by_b, rel=1e-11, abs=1e-14)
    right = right_answer(ask(field, times, (1, 2)))
    weights = [row[0] for row in ask(field, times, (1, 2)).weights]
    h = 1e-6

    def loss(shift: float) -> float:
        return sum(w * solution(t, 0.2 + shift, y0, a, b) for w, t in zip(weights[1:], times[1:], strict=True))

    assert right.gradients["times"][0] == pytest.approx((loss(h) - loss(-h)) / (2 * h), rel=1e-8)


def test_twenty_digits_agree_with_the_reference() -> None:
    """mpmath's Taylor series solver on the field that most checks use, and the difference of two of its solutions."""
    with mpmath.workdps(20):
        a, b = map(mpmath.mpf, TANGLED.theta)

        def rate(t: Any, y: Any) -> list[Any]:
            return [-a * y[0] + b * y[0] * y[1] + mpmath.cos(2 * t) / 2, -y[0] - b * mpmath.sin(y[1]) / 2 + a * t / 5]

        start, end, h = mpmath.mpf(0.1), mpmath.mpf(0.4), mpmath.mpf("1e-9")
        plain, moved = (mpmath.odefun(rate, start, [mpmath.mpf(1.1) + shift, mpmath.mpf(0.4)])(end) for shift in (0, h))
        slopes = [float((m - p) / h) for p, m in zip(plain, moved, strict=True)]
    path = variational_path(TANGLED, TANGLED.y0, TANGLED.theta, (0.1, 0.4))
    assert path.states[-1] == pytest.approx([float(v) for v in plain], rel=2e-12)
    assert path.by_y0[-1, :, 0] == pytest.approx(slopes, rel=1e-8)


@pytest.mark.parametrize("field", [field for field in FIELDS if field.event is None and field.name not in ("Lorenz", "van der Pol")], ids=lambda field: field.name)
def test_every_reference_gradient_is_the_slope_of_its_own_loss(field: Field) -> None:
    """Central differences of J, computed from reference states only, in y0, theta and the times."""
    task = ask(field, wanted=("y0", "theta", "times"))
    right, h = right_answer(task), 1e-4

    def loss(task: Any) -> float:
        return float((np.conj(task.weights) * right_answer(task).outputs[0]).real.sum())

    def slope(ahead: Any, behind: Any) -> float:
        return (loss(ahead) - loss(behind)) / (2 * h)

    y0 = task.y0[0]
    shifted = [task.but(y0=((y0[0] + side * h, *y0[1:]),)) for side in (1, -1)]
    assert np.real(right.gradients["y0"][0, 0]) == pytest.approx(slope(*shifted), rel=1e-5)
    if field.name != "moving jump":
        shifted = [task.but(theta=(*task.theta[:-1], task.theta[-1] + side * h)) for side in (1, -1)]
        assert right.gradients["theta"][-1] == pytest.approx(slope(*shifted), rel=1e-5)
    for j in range(4):
        if field.name != "inside" or j in (1, 2):
            shifted = [task.but(times=tuple(t + side * h * (i == j) for i, t in enumerate(task.times))) for side in (1, -1)]
            assert right.gradients["times"][j] == pytest.approx(slope(*shifted), rel=1e-4, abs=1e-7)
    assert all(np.all(right.gradients[name] != 0) for name in ("theta", "times")) and np.all(np.abs(right.gradients["y0"]) > 1e-9)


def test_the_reference_of_a_moved_jump_is_the_boundary_term() -> None:
    """By differences of solutions that jump at other times."""
    from adjointcheck.conform.fields import MOVING

    h, task = 1e-4, ask(MOVING)
    ends = []
    for side in (1, -1):
        jump = MOVING.theta[1] + side * h
        moved = replace(MOVING, name="elsewhere", theta=(MOVING.theta[0], jump), breaks=(jump,))
        ends.append(float((np.array(task.weights) * right_answer(task.but(field=moved, theta=moved.theta)).outputs[0]).sum()))
    assert right_answer(task).gradients["theta"][1] == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-5)


def test_the_reference_of_an_event_is_the_slope_of_its_own_time() -> None:
    task, h = BY_CODE["event-gradient"].task, 1e-5
    ends = [right_answer(task.but(theta=(*task.theta[:2], task.theta[2] + side * h))) for side in (1, -1)]
    values = [float(np.array(task.weights[0]) @ end.outputs[0, 0]) + end.event_time for end in ends if end.event_time]
    assert right_answer(task).gradients["theta"][2] == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-7)
    assert THROWN.event is not None


def test_texts_and_real_parts_say_what_the_formulas_say() -> None:
    from adjointcheck.conform.adapters.own import statement
    from adjointcheck.solve.reference import TORCH, Tape

    for field in FIELDS:
        n, theta = len(field.y0), torch.tensor(field.theta, dtype=torch.float64)
        y = torch.tensor([[1.3, -0.4, 0.8][:n]], dtype=torch.float64)
        if field.text:
            tape = Tape([state.rate for state in statement(field, ask(field).weights).states], TORCH)
            names = {"t": torch.tensor([0.3], dtype=torch.float64), **dict(zip("uvw", y.T, strict=False)), **dict(zip("abc", theta[:, None], strict=False))}
            assert torch.allclose(torch.stack(tape(names), -1), field.rates(torch, torch.tensor(0.3, dtype=torch.float64), y, theta), rtol=1e-14)
    values = np.array([0.7, -0.2, 0.4, 1.1])
    parts = TURNING.real(np, 0.3, values, np.array(TURNING.theta))  # type: ignore[misc]
    whole = TURNING.rates(np, 0.3, values[:2] + 1j * values[2:], np.array(TURNING.theta))
    assert np.allclose(parts, [*whole.real, *whole.imag], rtol=1e-14)


# Verdicts


def library(can: set[str], fault: Any = None) -> TorchAdapter:
    """Our own odeint, its cotangent or refusal spoiled by `fault(outputs, func, y0, times)`."""

    def solve(func: Any, y0: Any, times: Any, task: Any) -> Any:
        outputs = own.march("discrete", func, y0, times, task)
        return outputs if fault is None else fault(outputs, func, y0, times)

    return TorchAdapter("made up", solve, frozenset(can))


class Scaled(torch.autograd.Function):
    """Outputs whose gradient is a factor too large."""

    @staticmethod
    def forward(ctx: Any, outputs: torch.Tensor, factor: float) -> torch.Tensor:
        ctx.factor = factor
        return outputs.clone()

    @staticmethod
    def backward(ctx: Any, *bars: Any) -> Any:
        return bars[0] * ctx.factor, None


def refusing(outputs: Any, *rest: Any) -> Any:
    raise ValueError("not here")


def unaskable(outputs: Any, *rest: Any) -> Any:
    raise NotApplicable("no such thing")


OFFERED = {"y0", "module", "times"}


@pytest.mark.parametrize(("code", "can", "fault", "standing", "how", "words"), [
    ("losses-inside", OFFERED, None, Standing.PASS, "", "off by"),
    ("losses-inside", OFFERED, lambda outputs, *rest: Scaled.apply(outputs, 1.001), Standing.FAIL, "wrong", "off by 1.0e-03"),
    ("losses-inside", OFFERED, lambda outputs, *rest: Scaled.apply(outputs, float("nan")), Standing.FAIL, "wrong", "not a number"),
    ("initial-time", OFFERED, lambda outputs, func, y0, times: own.march("discrete", func, y0, times.detach(), SimpleNamespace(steps=None, tolerance=1e-9)), Standing.FAIL, "none", "None"),
    ("initial-time", {"y0"}, lambda outputs, func, y0, times: outputs.detach() + 0 * times.sum(), Standing.FAIL, "zero", "not offered (times), and not refused"),
    ("losses-inside", OFFERED, refusing, Standing.FAIL, "raised", "raised ValueError: not here"),
    ("losses-inside", {"y0"}, refusing, Standing.NOT_OFFERED, "", "refused: ValueError: not here"),
    ("losses-inside", OFFERED, unaskable, Standing.NOT_OFFERED, "", "cannot be asked: no such thing"),
    ("losses-inside", {"y0"}, None, Standing.PASS, "", "not declared"),
    ("losses-inside", OFFERED, lambda outputs, *rest: outputs * 1.001, Standing.INCONCLUSIVE, "", "the states themselves are off"),
    ("exact-times", OFFERED, lambda outputs, *rest: outputs * 1.001, Standing.FAIL, "wrong", "off by 1.0e-03"),
    ("moving-jump", OFFERED, None, Standing.NOT_OFFERED, "", "refused: SolveError: func at t = 0.7"),
    ("companions", OFFERED, None, Standing.NOT_OFFERED, "", "change by"),
    ("companions", OFFERED | {"own time steps"}, None, Standing.FAIL, "wrong", "change by"),
    ("repeatable", OFFERED, lambda outputs, *rest: outputs + 1e-14 * torch.rand_like(outputs), Standing.FAIL, "wrong", "1 of 3 arrays differ"),
])  # fmt: skip
def test_standings(code: str, can: set[str], fault: Any, standing: Standing, how: str, words: str) -> None:
    found = judge(Library(library(can, fault)), BY_CODE[code])
    assert (found.standing, found.how) == (standing, how) and words in found.words, found


def test_a_warning_is_told_beside_the_finding() -> None:
    import warnings

    def warn(outputs: Any, *rest: Any) -> Any:
        warnings.warn("loose", stacklevel=1)
        return outputs

    assert judge(Library(library(OFFERED, warn)), BY_CODE["exact-times"]).warned == "loose"


def test_a_check_called_from_a_test_raises_or_skips() -> None:
    BY_CODE["losses-inside"](library(OFFERED))
    with pytest.raises(AssertionError, match="made up, losses-inside: fail: dJ/d"):
        BY_CODE["losses-inside"](library(OFFERED, lambda outputs, *rest: Scaled.apply(outputs, 1.001)))
    with pytest.raises(unittest.SkipTest, match="refused"):
        BY_CODE["losses-inside"](library({"y0"}, refusing))


def test_exit_codes() -> None:
    found = {standing: judge(Library(library(OFFERED)), BY_CODE["exact-times"]) for standing in Standing}
    made = {standing: replace(each, standing=standing) for standing, each in found.items()}
    assert exit_code([made[Standing.PASS], made[Standing.NOT_OFFERED]]) == 0
    assert exit_code([made[Standing.PASS], made[Standing.INCONCLUSIVE]]) == 3
    assert exit_code([made[Standing.FAIL], made[Standing.INCONCLUSIVE]]) == 1
    assert exit_code([made[Standing.NOT_OFFERED]]) == exit_code([]) == 5


def test_capabilities_are_words_of_a_table() -> None:
    with pytest.raises(SolveError, match="gradients of everything"):
        TorchAdapter("mine", own.march, frozenset({"gradients of everything"}))
    assert {need for check in CHECKS for need in check.needs} == set(CAPABILITIES)
    assert len(BY_CODE) == len(CHECKS) and all(check.sentence.endswith(".") or check.sentence.startswith("...") for check in CHECKS)


def spoiled() -> TorchAdapter:
    """A library whose gradients are a thousandth too large."""
    return library(OFFERED, lambda outputs, *rest: Scaled.apply(outputs, 1.001))


@parametrize_with_checks([spoiled()], expected_failed_checks={"losses-inside": "a planted factor"}, codes=["exact-times", "losses-inside"])
def test_the_suite_of_a_library(adapter: Any, check: Any) -> None:
    check(adapter)


def test_an_excuse_for_nothing_is_refused() -> None:
    with pytest.raises(AdjointCheckError, match="moving-jmp"):
        parametrize_with_checks([library(OFFERED)], expected_failed_checks={"moving-jmp": "misspelt"})


# The libraries


@pytest.mark.parametrize(("name", "fails", "passes"), [
    ("torchdiffeq", {"jump": "wrong", "event-parameters": "zero"}, ("lorenz", "initial-time", "outside-parameters", "complex-times")),
    ("torchdiffeq-seminorm", {"van-der-pol": "wrong", "lorenz": "wrong", "outside-parameters": "none", "complex-times": "wrong"}, ("initial-time", "replica")),
    ("torchode-backsolve", {"initial-segment": "wrong", "initial-time": "none", "inner-times": "none", "outside-parameters": "none"}, ("losses-inside", "companions")),
    ("torchode", {"resting-start": "wrong"}, ("exact-control", "companions")),
])
def test_known_defects_are_rediscovered(name: str, fails: dict[str, str], passes: tuple[str, ...]) -> None:
    pytest.importorskip(ENTRIES[name].package)
    found = {finding.code: finding for finding in run(find(name), [BY_CODE[code] for code in (*fails, *passes)])}
    assert {code: found[code].how for code in fails} == fails, found
    assert all(found[code].standing is Standing.PASS for code in passes), found
    assert all((found[code].measured or 0) > 0.01 for code in ("van-der-pol", "lorenz", "initial-segment") if code in fails)


OWN = ("exact-times", "initial-segment", "outside-parameters", "captured-parameters", "computed-parameters", "buffers", "replica", "unused-parameter", "beside-frozen",
       "inner-times", "reverse-times", "complex-times", "jump", "event-gradient", "event-parameters", "exact-derivative", "inside-horizon")


def test_our_own_odeint_conforms() -> None:
    found = run(find("odeint"), [BY_CODE[code] for code in OWN])
    assert [finding for finding in found if finding.standing is not Standing.PASS] == []


def test_our_generated_module_conforms() -> None:
    codes = ("initial-segment", "repeated-times", "inner-times", "initial-time", "companions", "per-sample-times", "exact-derivative", "complex-times")
    found = {finding.code: finding.standing for finding in run(find("adjointcheck"), [BY_CODE[code] for code in codes])}
    assert found.pop("complex-times") is Standing.NOT_OFFERED
    assert set(found.values()) == {Standing.PASS}


# The command


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["conform", *arguments])


def test_the_command_prints_a_table_or_a_document() -> None:
    found = invoke("test_conform:spoiled", "--allow-python", "--check", "exact-times", "--check", "losses-inside")
    assert found.exit_code == 1 and "1 pass, 1 fail (1 silently)" in found.stdout and "losses-inside" in found.stderr
    found = invoke("odeint", "--check", "exact-times", "--json")
    document = json.loads(found.stdout)
    assert found.exit_code == document["exit_code"] == 0 and document["findings"][0]["standing"] == "pass"
    assert invoke().stdout.split("\n")[0].startswith("torchdiffeq")


@pytest.mark.parametrize(("arguments", "words"), [
    (["nobody"], "nobody"), (["adjointcheck.conform.adapters.own:any_field"], "--allow-python"), (["no_such_module:x", "--allow-python"], "no_such_module"),
    (["adjointcheck.errors:shorten", "--allow-python"], "shorten"), (["odeint", "--check", "nothing"], "exact-times"),
])
def test_bad_adapters_are_told(arguments: list[str], words: str) -> None:
    found = invoke(*arguments)
    assert found.exit_code == 2 and words in found.stderr, found


def test_a_foreign_adapter_is_imported_when_allowed() -> None:
    found = invoke("adjointcheck.conform.adapters.own:any_field", "--allow-python", "--check", "exact-times")
    assert found.exit_code == 0, found.stderr


def test_an_answer_is_plain_data() -> None:
    answer = find("odeint").answer(BY_CODE["loss-at-end"].task)
    assert isinstance(answer, Answer) and answer.outputs.shape == (1, 4, 2) and isinstance(answer.gradients["y0"], np.ndarray)
