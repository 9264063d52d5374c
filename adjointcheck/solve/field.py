"""A vector field that a user wrote, and every tensor it reads.

`Field(t, y)` is the rate of the flat state y; `Field.tape(t, y)` evaluates it with its graph, for `Tape.pull`, the product
of a costate with the Jacobians.  `Field.parameters` are all tensors with a gradient that the function reads: those of its
modules, buffers, closures, attributes, globals, and whatever one traced evaluation met besides (`tracing.trace_field`).  A tensor
that turns up only later, in a branch on t, is refused by name: no gradient is silently None or zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.autograd.graph import get_gradient_edge
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

from adjointcheck.errors import SolveError
from adjointcheck.solve.belongings import name_tensor
from adjointcheck.solve.graph import Graph, ends, node_of
from adjointcheck.solve.packing import Packing
from adjointcheck.solve.switch import Turn
from adjointcheck.solve.transforms import as_written

Bars = list[Tensor | None]  # a gradient by parameter, None where it was not reached


@dataclass(frozen=True)
class Field:
    """ydot = f(t, y): `function(t, state)` over the flat states of `packing`, reading `parameters`, called `names`.

    `aliases` maps ids of tensors that the function captures to what it computes with in their stead.
    `taping` asks methods to keep the graphs of their evaluations, each about `tape_bytes` large, for `Method.pull_back`;
    `timing` has those graphs begin at t, too.  `window`: the function is never asked outside these times, so that it is seen
    from one side where it jumps.  `turns`: parameters that move a jump in time, see `switch`.
    """

    function: Callable[[Tensor, Any], Any]
    packing: Packing
    parameters: tuple[Tensor, ...] = ()
    names: tuple[str, ...] = ()
    aliases: dict[int, Tensor] = field(default_factory=dict)
    known: frozenset[Any] = frozenset()
    taping: bool = False
    timing: bool = False
    tape_bytes: int = 0
    window: tuple[float, float] | None = None
    turns: tuple[Turn, ...] = ()

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        """The rate (like y) at time t, a 0-dim tensor (an ensemble: one time a trajectory), in the grad mode of the caller."""
        try:
            return self._rate(t, y)
        except RuntimeError as error:
            if torch.is_grad_enabled():
                raise
            if is_functorch_wrapped_tensor(y):
                raise SolveError(
                    "func under a transform of torch.func", str(error), "a function that bears it: no torch.autograd.grad inside",
                    "Differentiate with torch.func.grad inside func, or call odeint outside the transform, with gradient='discrete'.",
                ) from error
        with torch.enable_grad():  # it may differentiate inside; if this fails, too, the error is the function's own
            return self._rate(t, y.detach().requires_grad_()).detach()

    def _rate(self, t: Tensor, y: Tensor) -> Tensor:
        t = t.to(y)  # the function sees the time in the state's precision, on its device
        if self.window is not None:
            t = t + (t.clamp(*self.window) - t).detach()
        if not self.aliases:
            return self.packing.pack(self.function(t, self.packing.unpack(y)), "func(t, y)")
        with as_written(), _Substitution(self.aliases):
            return self.packing.pack(self.function(t, self.packing.unpack(y)), "func(t, y)")

    def tape(self, t: Tensor, y: Tensor, times: bool = False) -> Tape:
        """Evaluate with the graph kept; `times` asks for the derivative by t, too."""
        with torch.enable_grad():
            y, t = y.detach().requires_grad_(), t.detach().requires_grad_(times)
            rate = self._rate(t, y)
        return Tape(self, t, y, rate)

    def reading(self, parameters: Sequence[Tensor]) -> Field:
        """This field with other tensors in the places of `parameters`, such as dual or transformed ones."""
        return replace(self, aliases={id(old): new for old, new in zip(self.parameters, parameters, strict=True)})

    @property
    def leaves(self) -> tuple[Tensor, ...]:
        """What the function really computes with, parameter by parameter: where the graph of a rate ends."""
        return tuple(self.aliases.get(id(tensor), tensor) for tensor in self.parameters)

    def pull(self, graph: Graph, inputs: Sequence[Tensor], bar: Tensor, t: Tensor, keep: bool = False) -> tuple[list[Tensor], Bars]:
        """bar d(graph)/d(inputs), zeros where there is no path, and bar d(graph)/d(parameters); `keep` the graph for more.

        Refuses a graph that ends in a leaf which is neither an input nor a parameter; `t` tells where.
        """
        if isinstance(graph, Tensor) and not graph.requires_grad:
            return [torch.zeros_like(value) for value in inputs], [None] * len(self.parameters)
        self.check_known(graph, inputs, t)
        found = torch.autograd.grad(graph, (*inputs, *self.leaves), bar, retain_graph=keep, allow_unused=True)
        bars = [torch.zeros_like(value) if one is None else one for value, one in zip(inputs, found, strict=False)]
        return bars, list(found[len(bars) :])

    def check_known(self, graph: Graph, inputs: Sequence[Tensor], t: Tensor) -> None:
        """Refuse a graph that ends in a leaf which is neither behind an input nor a parameter; `t` tells where."""
        for node in ends(graph, self.known | {node_of(value) for value in inputs}):
            self.refuse_unknown(node.variable, t)

    def refuse_unknown(self, tensor: Tensor, t: Tensor) -> None:
        """Refuse a tensor with a gradient that the search at the start did not find."""
        raise SolveError(
            f"func at t = {float(t.flatten()[0]):g}",
            f"{name_tensor(self.function, tensor)} with requires_grad, which an evaluation at the start did not read",
            "every tensor that needs a gradient to be found before marching",
            "Make it a parameter or an attribute of the module, or read it at every t.",
        )


@dataclass(frozen=True)
class Tape:
    """One evaluation of a field with its graph."""

    field: Field
    t: Tensor
    y: Tensor
    graph: Graph

    @property
    def rate(self) -> Tensor:
        """f(t, y), without its graph."""
        assert isinstance(self.graph, Tensor)
        return self.graph.detach()

    def without_rate(self) -> Tape:
        """The graph alone, which takes less memory: `pull` needs no more, unless a derivative by h is wanted."""
        if isinstance(self.graph, Tensor) and self.graph.grad_fn is not None:
            return replace(self, graph=get_gradient_edge(self.graph))
        return self

    def pull(self, rate_bar: Tensor, keep: bool = False) -> tuple[Tensor, Tensor | None, Bars]:
        """rate_bar df/dy, rate_bar df/dt (None unless asked for) and rate_bar df/dparameter."""
        times = self.t.requires_grad
        bars, parameters = self.field.pull(self.graph, (self.y, self.t) if times else (self.y,), rate_bar, self.t, keep)
        return bars[0], bars[1] if times else None, parameters


def add_bars(total: Bars, more: Bars) -> None:
    """Add gradients by parameter in place; the total begins with a copy, for autograd may give one tensor to two parameters."""
    for index, bar in enumerate(more):
        if bar is not None:
            found = total[index]
            total[index] = bar.clone() if found is None else found.add_(bar)


class _Substitution(TorchFunctionMode):
    """Has operations compute with other tensors than they are given."""

    def __init__(self, aliases: dict[int, Tensor]) -> None:
        super().__init__()
        self.aliases = aliases

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        args, kwargs = tree_map_only(Tensor, lambda tensor: self.aliases.get(id(tensor), tensor), (args, kwargs or {}))
        return func(*args, **kwargs)
