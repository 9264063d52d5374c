"""A batch of trajectories over the processes of `torch.distributed`: each takes its rows, shared gradients are added up.

    # train.py, started by: torchrun --nproc-per-node 2 train.py
    import datetime, torch, torch.distributed as dist
    from adjointcheck import odeint
    from adjointcheck.solve.sharding import Shards

    dist.init_process_group("gloo", timeout=datetime.timedelta(seconds=60))       # "nccl" on GPUs
    torch.manual_seed(0)                                                          # the same model and batch on each
    field, x0, t = torch.nn.Linear(2, 2), torch.randn(101, 2), torch.tensor([0.0, 1.0])
    optimizer, shards = torch.optim.Adam(field.parameters()), Shards.of(len(x0))
    for _ in range(10):
        optimizer.zero_grad()
        loss = shards.backward(lambda: odeint(lambda t, x: field(x.tanh()), x0[shards.rows], t,
                                              options={"norm": shards.norm})[-1].square().sum(), field.parameters())
        optimizer.step()
    print(shards.rank, float(loss))
    dist.destroy_process_group()

Sums are taken in the order of ranks, after everything was sent to everybody: bitwise the same on all ranks and in every run.
Against one process only the order of sums is another, so results agree to a few units in the last place.  Without the common
norm each rank's `odeint` chooses time steps for its own rows, and they agree to the tolerance; `solve_ensemble` needs no norm.
A rank that raises tells the others, which raise `PeerError`; one that dies or hangs is noticed after the timeout that the
process group was made with.  The module may be wrapped in `DistributedDataParallel` instead, around the call of odeint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.utils._pytree import tree_leaves

from adjointcheck.errors import SolveError

Result = TypeVar("Result")
AXES = {"x0": 1, "theta": 1, "w": 2, "t0": 0, "t1": 0, "observation_times": 1}  # of a module's arguments, without the batch


class PeerError(SolveError):
    """Another rank failed, or did not answer in time."""


@dataclass(frozen=True)
class Shards:
    """A batch of `batch` trajectories over the ranks of a process group: consecutive rows, sizes that differ by at most one.

    With fewer trajectories than ranks the last shards are empty.  All methods but `rows` are calls that every rank makes.
    """

    batch: int
    rank: int
    world: int
    group: Any = None

    @classmethod
    def of(cls, batch: int, group: Any = None) -> Shards:
        """The shards over `group`, by default all processes; one shard where `torch.distributed` was not started."""
        if not (dist.is_available() and dist.is_initialized()):
            return cls(batch, 0, 1)
        return cls(batch, dist.get_rank(group), dist.get_world_size(group), group)

    @property
    def rows(self) -> slice:
        """The rows of this rank."""
        return self._rows_of(self.rank)

    def _rows_of(self, rank: int) -> slice:
        size, longer = divmod(self.batch, self.world)
        start = rank * size + min(rank, longer)
        return slice(start, start + size + (rank < longer))

    # Sending

    def collect(self, value: Tensor) -> list[Tensor]:
        """The values of all ranks, of one shape and type, in the order of ranks."""
        if self.world == 1:
            return [value.detach()]
        sent = value.detach().to(self._device).contiguous()
        found = [torch.empty_like(sent) for _ in range(self.world)]
        try:
            dist.all_gather(found, sent, group=self.group)
        except RuntimeError as error:
            todo = "Look at the messages of the other ranks; the timeout is an option of init_process_group."
            raise PeerError(self._name, error, "an answer of every rank", todo) from error
        return [one.to(value) for one in found]

    @property
    def _device(self) -> torch.device:
        return torch.device("cuda") if dist.get_backend(self.group) == "nccl" else torch.device("cpu")

    @property
    def _name(self) -> str:
        return f"rank {self.rank} of {self.world}"

    def add(self, value: Tensor) -> Tensor:
        """The sum of all ranks' values, added in the order of ranks."""
        first, *others = self.collect(value)
        for other in others:
            first = first + other
        return first

    def gather(self, rows: Tensor) -> Tensor:
        """The whole (batch, ...), from each rank's rows."""
        longest = self._rows_of(0).stop
        padded = rows.new_zeros(longest, *rows.shape[1:])
        padded[: len(rows)] = rows.detach()
        sizes = [(part := self._rows_of(rank)).stop - part.start for rank in range(self.world)]
        return torch.cat([found[:size] for found, size in zip(self.collect(padded), sizes, strict=True)])

    # Working

    def _exchange(self, failed: bool, *numbers: Tensor) -> Tensor:
        """Two numbers of every rank, added up; raises where a rank says that it failed.

        Messages about failure and sums over a norm have one form, so that they can meet.
        """
        payload = torch.stack([torch.tensor(float(failed), dtype=torch.float64), *numbers])
        found = torch.stack(self.collect(payload))
        broken = [rank for rank in found[:, 0].nonzero()[:, 0].tolist() if rank != self.rank]
        if broken and not failed:
            got = f"a failure on rank {', '.join(map(str, broken))}"
            raise PeerError(self._name, got, "work that every rank finishes", "The error there says why.")
        return found[:, 1:].sum(0)

    def together(self, work: Callable[[], Result]) -> Result:
        """work() on every rank; where it raises on one, it raises here, too: the rank's own error, or `PeerError`."""
        nothing = torch.zeros(2, dtype=torch.float64).unbind()
        try:
            result = work()
        except PeerError:
            raise
        except Exception:
            with suppress(PeerError):  # the own error tells more
                self._exchange(True, *nothing)
            raise
        self._exchange(False, *nothing)
        return result

    def norm(self, state: Any) -> Tensor:
        """The norm (0-dim, float64) for `odeint`'s options by which all ranks take the time steps that one process would take.

        Root mean square over the whole batch, of several parts the largest.
        """
        return torch.stack([self._root_mean_square(part) for part in tree_leaves(state)]).amax()

    def _root_mean_square(self, part: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(part.detach()).to("cpu", torch.float64)
        total, count = self._exchange(False, length.square(), torch.tensor(part.numel(), dtype=torch.float64)).unbind()
        return (total / count.clamp(min=1)).sqrt()

    def backward(self, loss: Callable[[], Tensor], parameters: Iterable[Tensor]) -> Tensor:
        """The sum of loss() over all ranks; its gradient, summed, is added to the `.grad` of each parameter.

        loss() is the sum (not the mean) over this rank's rows; a parameter that no rank's loss reads keeps its `.grad`.
        """
        wanted = [parameter for parameter in parameters if parameter.requires_grad]

        def work() -> tuple[Tensor, list[Tensor | None]]:
            value = loss()
            bars = torch.autograd.grad(value, wanted, allow_unused=True) if value.requires_grad else [None] * len(wanted)
            return value.detach(), list(bars)

        value, bars = self.together(work)
        live = self.add(torch.tensor([bar is not None for bar in bars], dtype=torch.float64)).tolist()
        for parameter, bar, reading in zip(wanted, bars, live, strict=True):
            if reading:
                total = self.add(torch.zeros_like(parameter) if bar is None else bar)
                parameter.grad = total if parameter.grad is None else parameter.grad + total
        return self.add(value)


def value_and_gradient(module: ModuleType, group: Any = None, **given: Any) -> tuple[Tensor, Any]:
    """A generated module's `value_and_gradient`, its batch sharded: the whole J (batch,) and gradients, on every rank.

    Every rank gives the same, whole arguments.  Gradients of arguments with a batch axis are gathered, of shared ones added.
    """
    listed = {name: torch.as_tensor(value, dtype=torch.float64) for name, value in given.items() if isinstance(value, list | tuple)}
    given = {**given, **listed}
    sizes = {name: len(value) for name, value in given.items() if isinstance(value, Tensor) and value.ndim > AXES.get(name, value.ndim)}
    shards = Shards.of(max(sizes.values(), default=1), group)
    split = {name for name, size in sizes.items() if size == shards.batch and size > 1}
    count = shards.rows.stop - shards.rows.start
    rows = shards.rows if count else slice(0, 1)  # an empty shard takes a row, for the shapes, and gives none

    def work() -> tuple[Tensor, Any]:
        return module.value_and_gradient(**{name: value[rows] if name in split else value for name, value in given.items()})

    cost, gradients = shards.together(work)
    whole = {}
    for name in AXES:
        bar = getattr(gradients, name)
        if name in split or (name == "x0" and given.get("x0") is None):
            whole[name] = shards.gather(bar[:count])
        else:
            whole[name] = shards.add(bar if count else torch.zeros_like(bar))
    return shards.gather(cost[:count]), type(gradients)(**whole)
