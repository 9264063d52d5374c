"""A batch over two processes (gloo): the numbers of one process, whatever the shards; failures that everybody hears of."""

from __future__ import annotations

import datetime
import os
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as processes
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

import adjointcheck as ac
from adjointcheck.solve.control import root_mean_square
from adjointcheck.solve.load import load_module
from adjointcheck.solve.sharding import PeerError, Shards, value_and_gradient

UNIT = 2.0**-53
TIMES = torch.tensor([0.0, 0.7, 1.5], dtype=torch.float64)
STATEMENT = {
    "states": {"x": "a*x - b*x*y", "y": "x*y - c*y"}, "parameters": {"a": 1.5, "b": 1.0, "c": 3.0}, "initial": {"x": "1", "y": "c/4"},
    "horizon": (0, 2), "running_cost": "(x - a)**2/4", "terminal_cost": "((1 - x)**2 + (1 - y)**2)/2",
}  # fmt: skip


class Rate(nn.Module):
    """Non-symmetric Jacobian, explicit time, one parameter that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(3)
        self.weight = nn.Parameter(torch.randn(3, 3, generator=draw, dtype=torch.float64))
        self.gain = nn.Parameter(torch.tensor(0.8, dtype=torch.float64))
        self.idle = nn.Parameter(torch.ones(2, dtype=torch.float64))

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        return torch.tanh(x @ self.weight) + self.gain * torch.sin(t)[..., None] * x.roll(1, -1)


class Flow(nn.Module):
    """A layer whose forward calls odeint."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.rate, self.options = Rate(), options
        del self.rate.idle  # a data-parallel module must read all it has

    def forward(self, x: Tensor) -> Tensor:
        return ac.odeint(self.rate, x, TIMES, rtol=1e-5, options=self.options)[-1]


def starts(batch: int) -> Tensor:
    return torch.randn(batch, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64)


def solve(shards: Shards, kind: str) -> tuple[Tensor, list[Tensor | None], Tensor]:
    """The cost, the gradients of the parameters and of this rank's starts, by odeint (one common march) or solve_ensemble."""
    rate, x0 = Rate(), starts(shards.batch)[shards.rows].requires_grad_()

    def loss() -> Tensor:
        if kind != "ensemble":
            options = {} if kind == "own march" else {"norm": shards.norm}
            ys = ac.odeint(rate, x0, TIMES, rtol=1e-5, options=options).transpose(0, 1)
        else:
            ys = ac.solve_ensemble(rate, x0, TIMES, rtol=1e-5).ys
        return (ys * torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)).square().sum()

    cost = shards.backward(loss, [*rate.parameters()])
    (bar,) = torch.autograd.grad(loss(), x0)  # its own time steps are the same again: the march tells what it needs
    return cost, [parameter.grad for parameter in rate.parameters()], shards.gather(bar)


def arguments(batch: int) -> dict[str, Any]:
    draw = torch.Generator().manual_seed(6)
    return {"x0": 0.5 + torch.rand(batch, 2, generator=draw, dtype=torch.float64), "theta": torch.tensor([1.5, 1.0, 3.0], dtype=torch.float64),
            "t1": 1 + torch.rand(batch, generator=draw, dtype=torch.float64)}  # fmt: skip


@pytest.fixture(scope="module")
def text() -> str:
    return ac.generate(ac.Problem(name="pair", **STATEMENT))


# What the processes do: one pair of processes for all, which they set up together


def work(rank: int, world: int, folder: str, text: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=world, timeout=datetime.timedelta(seconds=30))
    found: dict[str, Any] = {}
    found["own march 5"] = solve(Shards.of(5), "own march")
    for batch in (5, 1):
        shards = Shards.of(batch)
        for kind in ("odeint", "ensemble"):
            found[f"{kind} {batch}"] = solve(shards, kind)
    generated = load_module(text)
    for name, given in {"shared": arguments(5), "one": arguments(1), "own": {}, "listed": {"theta": [[1.5, 1.0, 3.0], [1.4, 0.9, 2.9], [1.6, 1.0, 3.0]]}}.items():
        cost, gradients = value_and_gradient(generated, **given, rtol=1e-7)
        found[f"module {name}"] = cost, *(getattr(gradients, key) for key in ("x0", "theta", "t0", "t1"))
    found["parallel"] = data_parallel(Shards.of(6))
    found["errors"] = failures(Shards.of(4))
    torch.save(found, f"{folder}/{rank}.pt")
    dist.barrier()
    dist.destroy_process_group()


def run_two(function: Any, *arguments: Any) -> None:
    """Two processes, forked where no device forbids it: new ones would load torch first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # from Python 3.12 on: other threads, xdist's here, stay behind
        processes.start_processes(function, arguments, nprocs=2, start_method="spawn" if torch.cuda.is_available() else "fork")


def data_parallel(shards: Shards) -> list[Tensor | None]:
    model = DistributedDataParallel(Flow({"norm": shards.norm}))
    model(starts(6)[shards.rows]).square().mean().backward()
    return [parameter.grad for parameter in model.parameters()]


def failures(shards: Shards) -> list[str]:
    """What each rank hears of a failure before marching, inside a common march, and after it."""
    def early() -> Tensor:
        if shards.rank == 1:
            raise ValueError("planted early")
        return ac.odeint(lambda t, x: -x, starts(4)[shards.rows], TIMES, options={"norm": shards.norm})

    def rate(t: Tensor, x: Tensor) -> Tensor:
        if shards.rank == 0 and t > 0.5:
            raise ValueError("planted inside")
        return -x

    def late() -> None:
        if shards.rank == 1:
            raise ValueError("planted late")

    heard = []
    for planted in (early, lambda: ac.odeint(rate, starts(4)[shards.rows], TIMES, options={"norm": shards.norm}), late):
        try:
            shards.together(planted)
        except (ValueError, PeerError) as error:
            heard.append(f"{type(error).__name__}: {error}")
    assert float(shards.add(torch.tensor(1.0))) == shards.world  # and the processes still understand each other
    return heard


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory, text: str) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("ranks")
    run_two(work, 2, str(folder), text)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).detach().norm() / wanted.detach().norm())


@pytest.mark.parametrize("batch", [5, 1], ids=["uneven", "one shard empty"])
@pytest.mark.parametrize("kind", ["odeint", "ensemble"])
def test_two_processes_find_what_one_finds(ranks: list[dict[str, Any]], kind: str, batch: int) -> None:
    cost, parameters, x0 = solve(Shards.of(batch), kind)
    for found in ranks:
        assert relative(found[f"{kind} {batch}"][0], cost) < 10 * UNIT
        assert relative(found[f"{kind} {batch}"][2], x0) < 30 * UNIT
        for got, want in zip(found[f"{kind} {batch}"][1], parameters, strict=True):
            assert (got is None and want is None) or relative(got, want) < 30 * UNIT  # measured: at most 4
    assert [bar is None for bar in parameters] == [False, False, True]  # what nothing reads stays without


def test_without_the_common_norm_each_rank_marches_its_own_way(ranks: list[dict[str, Any]]) -> None:
    """To the tolerance, not to rounding: what the test above would see."""
    cost, _, x0 = solve(Shards.of(5), "own march")
    for found in ranks:
        assert 1e-9 < relative(found["own march 5"][2], x0) < 1e-3 and relative(found["own march 5"][0], cost) < 1e-4


@pytest.mark.parametrize("name", ["shared", "one", "own", "listed"])
def test_a_generated_module_over_two_processes(ranks: list[dict[str, Any]], text: str, name: str) -> None:
    given = {"shared": arguments(5), "one": arguments(1), "own": {}, "listed": {"theta": [[1.5, 1.0, 3.0], [1.4, 0.9, 2.9], [1.6, 1.0, 3.0]]}}[name]
    cost, gradients = load_module(text).value_and_gradient(**given, rtol=1e-7)
    for found in ranks:
        for got, want in zip(found[f"module {name}"], (cost, gradients.x0, gradients.theta, gradients.t0, gradients.t1), strict=True):
            assert got.shape == want.shape and relative(got, want) < 10 * UNIT  # one sum of five in another order


def test_all_ranks_have_the_same_bits(ranks: list[dict[str, Any]]) -> None:
    first, second = ([leaf for key in sorted(found) if key != "errors" for leaf in torch.utils._pytree.tree_leaves(found[key]) if leaf is not None] for found in ranks)
    assert len(first) > 30 and all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_distributed_data_parallel_module_gets_its_gradient(ranks: list[dict[str, Any]]) -> None:
    model = Flow({"norm": Shards.of(6).norm})
    model(starts(6)).square().mean().backward()
    for found in ranks:
        for got, want in zip(found["parallel"], [parameter.grad for parameter in model.parameters()], strict=True):
            assert want is not None and float(want.norm()) > 1e-2 and relative(got, want) < 30 * UNIT


def test_replicas_whose_parameters_are_no_leaves_pass_the_gradient_on() -> None:
    """As nn.DataParallel makes them: `parameters()` of a replica is empty, which others take for nothing to differentiate."""
    model, whole = Flow(), Flow()
    parts = []
    for rows in (slice(0, 2), slice(2, 6)):
        replica, rate = model._replicate_for_data_parallel(), model.rate._replicate_for_data_parallel()
        replica.rate = rate
        for name, parameter in model.rate.named_parameters():
            setattr(rate, name, parameter.clone())  # what Broadcast gives: a result, not a parameter
        assert list(rate.parameters()) == []
        parts.append(ac.odeint(rate, starts(6)[rows], TIMES, method="rk4", options={"step_size": 0.1})[-1])
    torch.cat(parts).square().sum().backward()
    ac.odeint(whole.rate, starts(6), TIMES, method="rk4", options={"step_size": 0.1})[-1].square().sum().backward()
    for got, want in zip(model.parameters(), whole.parameters(), strict=True):
        assert got.grad is not None and want.grad is not None and relative(got.grad, want.grad) < 100 * UNIT


def test_a_failure_is_heard_by_the_others(ranks: list[dict[str, Any]]) -> None:
    first, second = (found["errors"] for found in ranks)
    assert [heard.split(":")[0] for heard in first] == ["PeerError", "ValueError", "PeerError"]
    assert [heard.split(":")[0] for heard in second] == ["ValueError", "PeerError", "ValueError"]
    assert "rank 0 of 2" in first[0] and "a failure on rank 1" in first[0] and "a failure on rank 0" in second[1]


def hang(rank: int, folder: str) -> None:
    """Rank 1 leaves without a word; rank 0 waits for it."""
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2, timeout=datetime.timedelta(seconds=2))
    if rank == 1:
        time.sleep(4)
        os._exit(0)
    try:
        Shards.of(2).add(torch.ones(1))
    except PeerError as error:
        Path(folder, "heard").write_text(str(error))
    os._exit(0)  # a broken process group may abort while it is taken down


def test_a_rank_that_is_silent_is_noticed_after_the_timeout(tmp_path: Path) -> None:
    run_two(hang, str(tmp_path))
    assert "an answer of every rank" in Path(tmp_path, "heard").read_text()


@pytest.mark.parametrize(("batch", "world"), [(5, 2), (1, 3), (0, 2), (12, 4), (7, 7), (101, 8)])
def test_shards_are_consecutive_and_alike(batch: int, world: int) -> None:
    rows = [Shards(batch, rank, world).rows for rank in range(world)]
    sizes = [part.stop - part.start for part in rows]
    assert [number for part in rows for number in range(batch)[part]] == list(range(batch)) and max(sizes) - min(sizes) <= 1


def test_the_norm_is_that_of_odeint() -> None:
    state = starts(7)
    assert float(Shards.of(7).norm(state)) == pytest.approx(float(root_mean_square(state)), rel=4 * UNIT)
    assert float(Shards.of(7).norm((state, 3 * state))) == pytest.approx(float(root_mean_square(3 * state)), rel=4 * UNIT)
