"""The device's own text, run thread by thread on the processor: what has no device to run on in CI is computed all the same."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from device_emulator import Emulated
from native_harness import COMPILER, launch
from test_native_text import campaign, compare, differences, inputs_for, reference, seeds, text

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C++ compiler")
EPS = torch.finfo(torch.float64).eps


def emulated(name: str, method: str, changed: tuple[str, str] = ("", ""), **options: Any) -> Emulated:
    """The emulated device for a text, with one planted error where `changed` says so."""
    original, (old, new) = text(name, method), changed
    assert old in original, "the mutant does not apply any more"
    return Emulated(original.replace(old, new) if old else original, reference(name, method), **options)


@pytest.mark.parametrize(("name", "method", "hold", "steps", "backward"), [
    ("tangled", "tsit5", "linear", 12, True), ("tangled", "tsit5", "linear", 0, False), ("oscillator", "rk4", "constant", 31, True),
    campaign("everything", "dopri5", "constant", 9, False), campaign("wide", "bosh3", "constant", 0, False),
    campaign("tangled", "dop853", "linear", 0, True), campaign("one_state", "tsit5", "constant", 0, False),
])  # fmt: skip
def test_the_device_agrees_with_the_torch_target(name: str, method: str, hold: str, steps: int, backward: bool) -> None:
    device = emulated(name, method, threads=128)
    found = compare(device, reference(name, method), inputs_for(reference(name, method), 150, hold, backward=backward), hold, steps)
    # Sums in another order; the error control amplifies that by what a time step moves when its size does.
    assert max(found.values()) < (400 * EPS if steps else 1e-11), found
    assert device.started[0][0] == "kernel" and device.started[-1][0] == "reduce"


@pytest.mark.parametrize(("name", "method"), [("oscillator", "tsit5"), campaign("oscillator", "rk4"), campaign("wide", "dop853")])
def test_a_size_that_the_host_knows_is_not_computed_again(name: str, method: str) -> None:
    """One h for all time steps of all trajectories: h times the tableau comes with the launch, for the march and for the way back."""
    module, device = reference(name, method), emulated(name, method, threads=128)
    inputs = inputs_for(module, 150)
    inputs["t0"], inputs["t1"] = (torch.full((150,), value, dtype=torch.float64) for value in (0.25, 1.0))
    found = compare(device, module, inputs, "constant", 15, span=0.75)
    assert max(found.values()) < 400 * EPS, found
    assert device.started[0][1]["UNIFORM"]
    wrong = compare(emulated(name, method, threads=128), module, inputs, "constant", 15, span=0.76)
    assert wrong["x1"] > 1e-4, "the size was taken from elsewhere"


def test_a_thread_that_is_done_takes_the_next_trajectory_unless_sums_depend_on_it() -> None:
    module, device, summing = reference("oscillator", "tsit5"), *(emulated("oscillator", "tsit5", threads=128) for _ in range(2))
    inputs = inputs_for(module, 500)
    found = compare(device, module, inputs, "constant", 31)
    assert max(found.values()) < 400 * EPS and not device.started[0][1]["in turn"], found
    x1_bar, cost_bar = seeds(inputs)
    apart, summed = (
        launch(library, inputs, steps=31, x1_bar=x1_bar, cost_bar=cost_bar, shared=shared) for library, shared in ((device, ()), (summing, ("theta",)))
    )
    assert summing.started[0][1]["in turn"]
    torch.testing.assert_close(summed["theta_bar"], apart["theta_bar"].sum(0), rtol=1e-13, atol=0)


@pytest.mark.parametrize("steps", [150, campaign(0)])
def test_little_memory_changes_no_bit(steps: int) -> None:
    """States kept apart, with controls and observations between; trajectory 7 cannot be solved."""
    inputs = inputs_for(reference("tangled", "tsit5"), 200, "linear")
    inputs["x0"][7] = float("nan")
    given = {"hold": "linear", "steps": steps, "shared": ("theta", "w", "t0"), "x1_bar": seeds(inputs)[0], "cost_bar": seeds(inputs)[1]}
    plenty, little = (launch(emulated("tangled", "tsit5", threads=128, free=free), inputs, **given) for free in (2**30, 420_000 if steps else 190_000))
    for name, value in plenty.items():
        torch.testing.assert_close(little[name], value, rtol=0, atol=0, equal_nan=True, msg=name)
    assert plenty["status"].tolist() == [3 if i == 7 else 0 for i in range(200)]


MUTANTS = {
    "way back, a time step late": ("undo<TIMES>(g, here, g.done * g.one_step, right);", "undo<TIMES>(g, here, (g.done + 1) * g.one_step, right);"),
    "an empty segment gathers nothing": ("if (h == 0) linger(", "if (false) linger("),
    "a part of a sum left out": ("for (int64 t = part; t < from; t += to)", "for (int64 t = part; t < from - 1; t += to)"),
    "rows of a tape overlap": ("return states + k * STATES * stride;", "return states + k * stride;"),
}


@pytest.mark.parametrize("name", ["way back, a time step late", *(campaign(name) for name in list(MUTANTS)[1:])])
def test_planted_errors_are_found(name: str) -> None:
    inputs = inputs_for(reference("tangled", "tsit5"), 128, "linear")
    x1_bar, cost_bar = seeds(inputs)
    whole, broken = (
        launch(emulated("tangled", "tsit5", change, threads=128), inputs, hold="linear", steps=12, x1_bar=x1_bar, cost_bar=cost_bar, shared=("theta",))
        for change in (("", ""), MUTANTS[name])
    )
    assert max(differences(broken, {key: value for key, value in whole.items() if not key.startswith("lane")}).values()) > 1e-6
