"""What a user of torchdiffeq would try with `from adjointcheck import odeint`: shapes, values, options, gradients, events."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import pytest
import torch
from torch import Tensor, nn

import adjointcheck as ac
from adjointcheck import odeint, odeint_adjoint, odeint_event
from adjointcheck.errors import SolveError
from adjointcheck.schemes import METHODS, derive_order
from adjointcheck.schemes.companions import COMPANIONS
from adjointcheck.solve import event
from adjointcheck.solve.marching import MarchError

UNIT = 2.0**-53
MATRIX = torch.tensor([[-0.3, 1.7, 0.1], [-1.2, -0.4, 0.6], [0.2, -0.9, 0.3]], dtype=torch.float64)
START = torch.tensor([0.7, -1.1, 0.4], dtype=torch.float64)
FIXED = ("euler", "midpoint", "heun2", "heun3", "rk4", "rk4_classic")
ADAPTIVE = ("fehlberg2", "adaptive_heun", "bosh3", "dopri5", "tsit5", "dopri8", "dop853", "heun")


def tensor(*values: float, **options: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, **options)


def linear(t: Tensor, y: Tensor) -> Tensor:
    """Solved by y(t) = exp(A (t^2 - t0^2)/2) y0: non-symmetric A, explicit time."""
    return t * (y @ MATRIX.T)


def closed(t: Tensor, y0: Tensor = START) -> Tensor:
    return torch.stack([torch.linalg.matrix_exp(MATRIX * (time**2 - t[0] ** 2) / 2) @ y0 for time in t])


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).detach().norm() / wanted.detach().norm())


# Shapes and values


@pytest.mark.parametrize("times", [(0.2, 0.9, 1.0, 2.1), (2.1, 1.0, 0.9, 0.2), (0.2, 1.4), (0.2,)])
def test_shape_and_values_at_the_default_tolerances(times: tuple[float, ...]) -> None:
    t = tensor(*times)
    ys = odeint(linear, START, t)
    assert ys.shape == (len(times), 3) and ys.dtype == torch.float64
    assert torch.equal(ys[0], START)
    assert relative(ys, closed(t)) < 1e-6  # a few times rtol = 1e-7


@pytest.mark.parametrize("method", ADAPTIVE)
def test_adaptive_methods_keep_the_tolerance(method: str) -> None:
    t, tolerance = tensor(0.2, 1.0, 2.1), 1e-5
    # The estimate of fehlberg2 is h^2 y''/512, a deliberate understatement.
    assert relative(odeint(linear, START, t, method=method, rtol=tolerance, atol=tolerance), closed(t)) < (512 if method == "fehlberg2" else 30) * tolerance


@pytest.mark.parametrize("method", FIXED)
def test_equal_time_steps_converge_at_the_order(method: str) -> None:
    t, order = tensor(0.0, 1.0), {"euler": 1, "midpoint": 2, "heun2": 2, "heun3": 3, "rk4": 4, "rk4_classic": 4}[method]
    errors = [relative(odeint(linear, START, t, method=method, options={"step_size": size}), closed(t)) for size in (1 / 32, 1 / 64)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize("tableau", COMPANIONS.values(), ids=list(COMPANIONS))
def test_companions_have_the_order_they_declare(tableau: Any) -> None:
    assert derive_order(tableau) == tableau.order


def test_a_logistic_curve_against_mpmath() -> None:
    with mpmath.workdps(30):
        wanted = [float(1 / (1 + 9 * mpmath.e ** (-mpmath.mpf(t)))) for t in (0, 1, 3)]
    found = odeint(lambda t, y: y * (1 - y), tensor(0.1), tensor(0.0, 1.0, 3.0), rtol=1e-12, atol=1e-14)
    assert found[:, 0].tolist() == pytest.approx(wanted, rel=1e-10)


def test_tuples_scalars_nests_float32_and_empty_axes() -> None:
    t = torch.tensor([0.0, 1.0])
    pair = odeint(lambda t, y: (y[1], -y[0]), (torch.ones(2, 1), torch.zeros(2, 1)), t)
    assert isinstance(pair, tuple) and [part.shape for part in pair] == [(2, 2, 1), (2, 2, 1)]
    assert pair[0].dtype == torch.float32 and float(pair[0][1, 0, 0]) == pytest.approx(math.cos(1), abs=1e-5)
    scalar = odeint(lambda t, y: -y, tensor(1.0)[0], tensor(0.0, 1.0))
    assert scalar.shape == (2,) and float(scalar[1]) == pytest.approx(math.exp(-1), rel=1e-6)
    nest = odeint(lambda t, y: (-y[0], (y[1][0],)), (torch.ones(1), (torch.ones(2),)), t)
    assert nest[1][0].shape == (2, 2)
    empty = torch.ones(0, 2, requires_grad=True)
    (found,) = torch.autograd.grad(odeint(lambda t, y: -y, empty, t).sum(), empty)
    assert found.shape == (0, 2)


def test_func_sees_time_as_a_scalar_of_the_state_and_only_inside_the_interval() -> None:
    seen = []

    def func(t: Tensor, y: Tensor) -> Tensor:
        seen.append((t.ndim, t.dtype, float(t.detach())))
        return y * torch.sqrt(t)

    odeint(func, torch.ones(1), tensor(0.0, 0.5))
    assert {(ndim, dtype) for ndim, dtype, _ in seen} == {(0, torch.float32)}
    assert min(time for *_, time in seen) >= 0 and max(time for *_, time in seen) <= 0.5


def torchdiffeq() -> Any:
    return pytest.importorskip("torchdiffeq", reason="the bench extra")


@pytest.mark.parametrize("method", ["euler", "midpoint", "heun2", "heun3", "rk4"])
def test_given_time_steps_are_those_of_torchdiffeq(method: str) -> None:
    t, options = tensor(1.0, 0.5, 0.0), {"step_size": 0.125}
    wanted = torchdiffeq().odeint(linear, START, t, method=method, options=dict(options))
    assert relative(odeint(linear, START, t, method=method, options=options), wanted) < 1e-14


def test_adaptive_values_agree_with_torchdiffeq_within_the_tolerance() -> None:
    t = tensor(0.2, 0.9, 2.1)
    wanted = torchdiffeq().odeint(linear, START, t)
    assert relative(odeint(linear, START, t), wanted) < 1e-6
    assert relative(odeint_adjoint(linear, START, t, adjoint_params=()), wanted) < 1e-6


# Gradients


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.layers = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3)).double()

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        return self.layers(y) + torch.sin(t) * y.roll(1, -1)


@pytest.mark.parametrize("solver", [odeint, odeint_adjoint])
def test_gradients_of_state_times_and_matrix_against_the_closed_form(solver: Any) -> None:
    inputs = [START.clone().requires_grad_(), tensor(0.2, 0.9, 2.1, requires_grad=True)]
    weights = torch.randn(3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    options = {"adjoint_params": ()} if solver is odeint_adjoint else {}
    found = torch.autograd.grad((weights * solver(linear, *inputs, rtol=1e-11, atol=1e-13, **options)).sum(), inputs)
    wanted = torch.autograd.grad((weights * closed(inputs[1], inputs[0])).sum(), inputs)
    for got, want in zip(found, wanted, strict=True):
        assert float(want.abs().min()) > 1e-3 and relative(got, want) < 1e-9


def test_complex_states_conjugate_as_torch_does() -> None:
    draw = torch.Generator().manual_seed(2)
    y0, rate, weights = (torch.randn(3, generator=draw, dtype=torch.complex128) for _ in range(3))
    inputs = [y0.requires_grad_(), tensor(0.1, 1.2, requires_grad=True), (rate / 2).requires_grad_()]
    ys = odeint(lambda t, y: inputs[2] * (1 + t) * y, inputs[0], inputs[1], rtol=1e-11, atol=1e-13)
    clock = inputs[1] + inputs[1] ** 2 / 2
    found = torch.autograd.grad((weights * ys[-1]).real.sum(), inputs)
    wanted = torch.autograd.grad((weights * inputs[0] * torch.exp(inputs[2] * (clock[1] - clock[0]))).real.sum(), inputs)
    for got, want in zip(found, wanted, strict=True):
        assert relative(got, want) < 1e-8


@pytest.mark.parametrize("solver", [odeint, odeint_adjoint])
def test_hessian_vector_products_are_those_of_the_closed_form(solver: Any) -> None:
    def gradient_square(final: Tensor, inputs: list[Tensor]) -> Tensor:
        first = torch.autograd.grad(final.square().sum(), inputs, create_graph=True)
        return torch.cat([value.flatten() for value in torch.autograd.grad(sum(value.square().sum() for value in first), inputs)])

    y0, t, rate = tensor(0.6, -0.3, requires_grad=True), tensor(0.0, 0.8, requires_grad=True), tensor(0.7, 1.3, requires_grad=True)
    options = {"adjoint_params": ()} if solver is odeint_adjoint else {}
    ys = solver(lambda t, y: rate * y * torch.cos(t), y0, t, rtol=1e-11, atol=1e-13, **options)
    exact = y0 * torch.exp(rate * (torch.sin(t[1]) - torch.sin(t[0])))
    assert relative(gradient_square(ys[-1], [y0, t, rate]), gradient_square(exact, [y0, t, rate])) < 1e-8


def test_a_backward_can_be_taken_twice() -> None:
    y0, t = START.clone().requires_grad_(), tensor(0.2, 1.0)
    loss = odeint(linear, y0, t).square().sum()
    first, second = (torch.autograd.grad(loss, y0, retain_graph=True)[0] for _ in range(2))
    assert relative(second, first) < 30 * UNIT


def test_every_tensor_that_func_reads_gets_its_gradient_or_is_refused_by_name() -> None:
    gain, other = tensor(0.3, requires_grad=True), tensor(2.0, requires_grad=True)
    y0 = tensor(1.0, requires_grad=True)
    table = {"gain": gain}
    product = gain * other  # not a leaf
    ys = odeint(lambda t, y: -table["gain"] * y - product * y, y0, tensor(0.0, 1.0), rtol=1e-10, atol=1e-12)
    exact = y0 * torch.exp(-gain - gain * other)
    for got, want in zip(torch.autograd.grad(ys[-1].sum(), [gain, other, y0]), torch.autograd.grad(exact.sum(), [gain, other, y0]), strict=True):
        assert relative(got, want) < 1e-8
    with pytest.raises(SolveError, match=r"adjoint_params\[0\].*func does not read"):
        odeint_adjoint(linear, START, tensor(0.0, 1.0), adjoint_params=(other,))


def test_a_parameter_changed_before_backward_is_noticed() -> None:
    net = Net()
    loss = odeint(net, START, tensor(0.0, 1.0)).sum()
    with torch.no_grad():
        net.layers[0].weight.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_func_may_differentiate_inside() -> None:
    def potential(y: Tensor) -> Tensor:
        return (y**4).sum() / 4

    def func(t: Tensor, y: Tensor) -> Tensor:
        return -torch.autograd.grad(potential(y), y, create_graph=True)[0]

    y0 = tensor(1.0, 0.5, requires_grad=True)
    exact = y0 / torch.sqrt(1 + 2 * y0**2)
    for solver, options in ((odeint, {}), (odeint_adjoint, {"adjoint_params": ()})):
        (found,) = torch.autograd.grad(solver(func, y0, tensor(0.0, 1.0), rtol=1e-10, atol=1e-12, **options)[-1].sum(), y0)
        assert relative(found, torch.autograd.grad(exact.sum(), y0, retain_graph=True)[0]) < 1e-8


@pytest.mark.parametrize("gradient", ["discrete", "checkpointed", "interpolated", "backsolve", "reversible", "forward"])
def test_a_hook_on_a_parameter_acts_once_on_the_whole_gradient(gradient: str) -> None:
    rate = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)

    def differentiate() -> Tensor:
        ys = odeint(lambda t, y: -rate * y * (1 + t), torch.ones(2, dtype=torch.float64), torch.tensor([0.0, 1.0]), gradient=gradient)
        return torch.autograd.grad(ys[-1].sum(), rate)[0]

    plain = differentiate()
    rate.register_hook(lambda bar: bar.clamp(min=-1e-2) * 3)
    assert plain < -1e-2
    torch.testing.assert_close(differentiate(), torch.tensor(-3e-2, dtype=torch.float64))


def test_func_may_use_transforms_of_torch_func_inside() -> None:
    matrix = torch.tensor([[0.3, -1.0], [0.8, 0.1]], dtype=torch.float64, requires_grad=True)
    y0 = torch.tensor([[0.5, -0.2], [0.1, 0.9]], dtype=torch.float64, requires_grad=True)
    potential = lambda row: torch.tanh(matrix @ row).sum()  # noqa: E731
    fields = {
        "jacrev": lambda t, y: torch.func.vmap(torch.func.grad(potential))(y),
        "jvp": lambda t, y: torch.func.jvp(lambda rows: torch.tanh(rows @ matrix.T), (y,), (torch.ones_like(y) @ matrix,))[1] @ matrix / 2,
        "written out": lambda t, y: (1 - torch.tanh(y @ matrix.T) ** 2) @ matrix,
        "jvp written out": lambda t, y: (1 - torch.tanh(y @ matrix.T) ** 2) * (torch.ones_like(y) @ matrix @ matrix.T) @ matrix / 2,
    }  # fmt: skip
    times = torch.tensor([0.0, 0.7], dtype=torch.float64)
    found = {name: torch.autograd.grad(odeint(func, y0, times)[-1].square().sum(), [y0, matrix]) for name, func in fields.items()}
    torch.testing.assert_close(found["jacrev"], found["written out"])
    torch.testing.assert_close(found["jvp"], found["jvp written out"])


def test_a_neural_ode_trains_by_changing_one_import() -> None:
    net, t = Net(), tensor(0.0, 0.5, 1.0)
    target = closed(t).detach()
    optimiser, losses = torch.optim.Adam(net.parameters(), 0.02), []
    for _ in range(25):
        optimiser.zero_grad()
        loss = (odeint(net, START, t, rtol=1e-4, atol=1e-5) - target).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.1 * losses[0]


# torch.compile


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # dynamo looks at tensors that are no leaves
def test_torch_compile_goes_round_the_march() -> None:
    def loss(y0: Tensor) -> Tensor:
        return odeint(linear, 2 * y0, tensor(0.2, 1.0))[-1].square().sum()

    y0 = START.clone().requires_grad_()
    found, wanted = (torch.autograd.grad(function(y0), y0)[0] for function in (torch.compile(loss, backend="eager"), loss))
    assert relative(found, wanted) < 30 * UNIT


@pytest.mark.parametrize("solver", [odeint, odeint_adjoint])
def test_a_compiled_func_is_one_like_others(solver: Any) -> None:
    """Its parameters are found, a captured result and one with a hook among them, and no operation escapes."""
    gain, hooked = tensor(0.5, requires_grad=True), tensor(0.2, requires_grad=True)
    hooked.register_hook(lambda bar: 3 * bar)

    def differentiate(compiled: bool) -> tuple[Tensor, ...]:
        product = gain * 2
        func = lambda t, y: -product * hooked * y * t - gain * y  # noqa: E731
        options = {"adjoint_params": ()} if solver is odeint_adjoint else {}
        ys = solver(torch.compile(func, backend="eager") if compiled else func, START, tensor(0.2, 1.0), **options)
        return torch.autograd.grad(ys[-1].square().sum(), [gain, hooked])

    for got, want in zip(differentiate(True), differentiate(False), strict=True):
        assert relative(got, want) < 30 * UNIT


# Options and refusals


@pytest.mark.parametrize(("change", "message"), [
    ({"method": "dopri_5"}, "Did you mean 'dopri5'"),
    ({"method": "implicit_adams"}, "take 'dopri5' or 'dop853', or 'rodas5p'"),
    ({"method": "scipy_solver"}, "take 'dopri5' or 'dop853', or 'rodas5p'"),
    ({"gradient": "discreet"}, "Did you mean 'discrete'"),
    ({"options": {"first_stp": 0.1}}, "Did you mean 'first_step'"),
    ({"options": {"max_step": -1.0}}, "positive number"),
    ({"options": {"controller": "X"}}, "one of I, PI, PID"),
    ({"rtol": -1.0}, "finite number >= 0"),
    ({"rtol": (1e-3, 1e-3)}, "2 tolerances"),
    ({"t": tensor(0.0, 1.0, 0.5)}, "strictly increasing or decreasing"),
    ({"t": tensor(0.0, 0.0)}, "strictly increasing or decreasing"),
    ({"t": torch.tensor([0, 1])}, "floating tensor"),
    ({"t": tensor(0.0, math.nan)}, "finite"),
    ({"t": tensor(math.nan, 1.0)}, "finite times. Look at where"),
    ({"y0": torch.tensor([1, 2])}, "floating or complex"),
    ({"y0": ()}, "got no tensor"),
    ({"y0": START.numpy()}, "torch.as_tensor"),
    ({"y0": tensor(1.0, math.nan, 0.0)}, "y0: got entries that are not finite"),
    ({"func": lambda t, y: y / t}, "func at t = 0: got a rate that is not finite"),
    ({"func": lambda t, y: y / t, "method": "rk4"}, "expected finite numbers"),
    ({"func": lambda t, y: y.bfloat16()}, ".to(y.dtype)"),
    ({"event_fn": lambda t, y: None}, "event_fn: got NoneType"),
    ({"event_fn": lambda t, y: 1.0}, "event_fn: got float"),
    ({"event_fn": lambda t, y: y[0] < 0}, "return y[0] - 0.3"),
    ({"event_fn": lambda t, y: y[0] * math.nan}, "got nan; expected a number"),
    ({"event_fn": lambda t, y: y[0], "t": tensor(0.0)}, "the start, and a direction"),
    ({"event_fn": lambda t, y: y[0].detach(), "y0": START.clone().requires_grad_(), "func": lambda t, y: -torch.ones_like(y)}, "a value without a graph"),
    ({"y0": (torch.ones(1), tensor(1.0))}, "one precision"),
    ({"y0": (torch.ones(1), torch.ones(1, device="meta"))}, "on the device meta"),
    ({"func": lambda t, y: y[:1]}, "func(t, y): got"),
    ({"func": lambda t, y: y.float()}, "torch.float32"),
    ({"y0": (START, START), "func": lambda t, y: y[0]}, "func(t, y): got"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_with_what_to_do(change: dict[str, Any], message: str) -> None:
    call = {"func": linear, "y0": START, "t": tensor(0.0, 1.0), **change}
    with pytest.raises(SolveError) as caught:
        odeint(call.pop("func"), call.pop("y0"), call.pop("t"), **call)
    assert message in str(caught.value)


def test_a_func_that_writes_into_its_argument_is_refused() -> None:
    """Under no_grad autograd says nothing, and the solver would go on with what func has made of its state."""
    for options in ({}, {"method": "rk4"}):
        with torch.no_grad(), pytest.raises(SolveError, match=r"y changed in place.*y = y \+ 1"):
            odeint(lambda t, y: -y.add_(0.1), START.clone(), tensor(0.0, 1.0), **options)


def test_limits_of_the_time_step_hold() -> None:
    lengths: list[float] = []

    def evaluations(**options: Any) -> int:
        lengths.clear()
        odeint(lambda t, y: (lengths.append(float(t.detach())), -y)[1], START, tensor(0.0, 1.0), options=options)
        return len(lengths)

    free = evaluations()
    assert evaluations(max_step=0.01) > 600 > 10 * free / 2
    with pytest.raises(MarchError, match="max_num_steps"):
        evaluations(max_num_steps=3)


def test_a_jump_is_seen_from_its_side() -> None:
    """y' = 1 before t = 1/3 and -2 after: exact if no stage of a time step is taken on the wrong side."""
    jump = 1 / 3
    t, options = tensor(0.0, 1.0, requires_grad=True), {"jump_t": tensor(jump), "controller": "I"}
    y0 = tensor(0.0, requires_grad=True)
    ys = odeint(lambda t, y: torch.where(t < jump, 1.0, -2.0) + 0 * y, y0, t, options=options)
    assert float(ys[-1].detach()) == pytest.approx(jump - 2 * (1 - jump), abs=1e-15)
    assert torch.autograd.grad(ys[-1].sum(), t)[0].tolist() == pytest.approx([-1.0, -2.0], abs=1e-14)


def test_tolerances_by_component_and_norms_are_honoured() -> None:
    t = tensor(0.0, 3.0)
    loose = odeint(linear, START, t, rtol=0.0, atol=tensor(1e-3, 1e-3, 1e-3))
    mixed = odeint(linear, START, t, rtol=0.0, atol=tensor(1e-9, 1e-3, 1e-3))
    assert relative(mixed, closed(t)) < 1e-2 * relative(loose, closed(t))
    largest = odeint(linear, START, t, options={"norm": lambda ratio: 1e3 * ratio.abs().max()})
    assert relative(largest, closed(t)) < relative(odeint(linear, START, t), closed(t))


# Events


def ball(t: Tensor, y: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return y[1], -GRAVITY * torch.ones_like(y[0])


GRAVITY = tensor(9.81, requires_grad=True)


@pytest.mark.parametrize("interface", [odeint, odeint_adjoint])
def test_the_event_time_has_the_closed_forms_gradients_of_first_and_second_order(interface: Any) -> None:
    floor, height, speed = tensor(0.3, requires_grad=True), tensor(10.0, requires_grad=True), tensor(1.0, requires_grad=True)
    start = tensor(0.2, requires_grad=True)
    options = {"adjoint_params": (GRAVITY,)} if interface is odeint_adjoint else {}
    moment, (places, _) = odeint_event(
        ball, (height, speed), start, event_fn=lambda t, y: y[0] - floor, odeint_interface=interface, **options
    )
    inputs = [GRAVITY, floor, height, speed, start]
    exact = start + (speed + (speed**2 + 2 * GRAVITY * (height - floor)).sqrt()) / GRAVITY
    assert float(moment.detach()) == pytest.approx(float(exact.detach()), rel=1e-14)
    assert float(places[1].detach()) == pytest.approx(0.3, abs=1e-12)
    firsts = [torch.autograd.grad(time.sum(), inputs, create_graph=True) for time in (moment, exact)]
    seconds = [torch.autograd.grad(sum(value.square().sum() for value in first), inputs[:4]) for first in firsts]
    for got, want in (*zip(*firsts, strict=True), *zip(*seconds, strict=True)):
        assert relative(got, want) < 1e-10
    again = odeint_event(ball, (height, speed), start, event_fn=lambda t, y: y[0] - floor, odeint_interface=interface, **options)[1]
    exact = start + (speed + (speed**2 + 2 * GRAVITY * (height - floor)).sqrt()) / GRAVITY
    impact = speed - GRAVITY * (exact - start)
    for got, want in zip(*(torch.autograd.grad(value.sum(), inputs[:4]) for value in (again[1][1], impact)), strict=True):
        assert relative(got, want) < 1e-10


def test_an_event_in_reverse_time_and_one_of_several() -> None:
    y0 = tensor(1.0, requires_grad=True)
    moment, ys = odeint_event(lambda t, y: y, y0, tensor(0.0), event_fn=lambda t, y: torch.cat([y - 3.0, y - 0.5]), reverse_time=True)
    assert float(moment.detach()) == pytest.approx(math.log(0.5), rel=1e-7) and float(ys[1].detach()) == pytest.approx(0.5, rel=1e-12)
    assert float(torch.autograd.grad(moment.sum(), y0)[0]) == pytest.approx(-1.0, rel=1e-6)


def test_an_event_is_found_with_equal_time_steps() -> None:
    moment, _ = odeint(
        lambda t, y: -torch.ones_like(y), tensor(1.0), tensor(0.0, 0.25), method="rk4", options={"step_size": 0.1},
        event_fn=lambda t, y: y[0] - 0.3,
    )  # fmt: skip
    assert float(moment.detach()) == pytest.approx(0.7, abs=1e-14)


def test_a_grazing_event_is_told_and_a_missing_one_too() -> None:
    y0 = tensor(-1.0, requires_grad=True)
    with pytest.raises(SolveError, match="only grazes 0"):
        odeint_event(lambda t, y: torch.ones_like(y), y0, tensor(0.0), event_fn=lambda t, y: y**3)
    with torch.no_grad():
        moment, _ = odeint_event(lambda t, y: torch.ones_like(y), y0, tensor(0.0), event_fn=lambda t, y: y**3)
    assert float(moment) == pytest.approx(1.0, abs=1e-4)
    with pytest.raises(SolveError, match="no change of sign"):
        odeint_event(lambda t, y: torch.zeros_like(y), y0, tensor(0.0), event_fn=lambda t, y: y)


@pytest.mark.parametrize(("options", "limit"), [({}, "40"), ({"method": "rk4", "options": {"step_size": 0.1}}, "40"), ({"options": {"max_num_steps": 25}}, "25")])
def test_the_search_for_an_event_that_never_comes_ends(options: dict[str, Any], limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """y falls to 0, the event is at -0.3: time steps as long as stability allows, 40 doublings of the horizon to search."""
    monkeypatch.setattr(event, "SEARCH", 40)
    with pytest.raises(SolveError, match=f"no change of sign in {limit} time steps.*'max_num_steps'.*searches longer"):
        odeint(lambda t, y: -y, tensor(1.0), tensor(0.0, 1.0), event_fn=lambda t, y: y[0] + 0.3, **options)


def test_the_names_are_in_the_package() -> None:
    assert ac.odeint is odeint and {"odeint", "odeint_adjoint", "odeint_event", "solve_ensemble"} <= set(ac.__all__)
    assert set(METHODS) <= {*FIXED, *ADAPTIVE}


def test_a_norm_that_returns_a_float_keeps_its_digits() -> None:
    """As a float32 tensor it would move every time step; with all its digits the solution is that of the norm as a tensor."""
    def norm(y: Tensor) -> Tensor:
        return y.square().mean().sqrt()

    y0, t = torch.tensor([1.0, 0.5], dtype=torch.float64), torch.tensor([0.0, 3.0], dtype=torch.float64)
    found = [odeint(lambda t, y: torch.stack([y[1], -y[0] * (1 + t)]), y0, t, options={"norm": each}) for each in (norm, lambda y: norm(y).item())]
    assert torch.equal(*found)
