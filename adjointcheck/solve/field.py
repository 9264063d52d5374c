"""A vector field that a user wrote, and every tensor it reads.

`Field(t, y)` is the rate of the flat state y; `Field.tape(t, y)` evaluates it with its graph, for `Tape.pull`, the product
of a costate with the Jacobians.  `Field.parameters` are all tensors with a gradient that the function reads: those of its
modules, buffers, closures, attributes, globals, and whatever one traced evaluation met besides.  A tensor that turns up only
later, in a branch on t, is refused by name: no gradient is silently None or zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_iter, tree_map_only

from adjointcheck.errors import SolveError
from adjointcheck.solve.belongings import name_tensors
from adjointcheck.solve.packing import Packing

Graph = Tensor | GradientEdge
Bars = list[Tensor | None]  # a gradient by parameter, None where it was not reached


@dataclass(frozen=True)
class Field:
    """ydot = f(t, y): `function(t, state)` over the flat states of `packing`, reading `parameters`, called `names`.

    `aliases` maps ids of tensors that the function captures to what it computes with in their stead.
    `taping` asks methods to keep the graphs of their evaluations, each about `tape_bytes` large, for `Method.pull_back`;
    `timing` has those graphs begin at t, too.  `window`: the function is never asked outside these times, so that it is seen
    from one side where it jumps.
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

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        """The rate (like y) at time t, a 0-dim tensor (an ensemble: one time a trajectory), in the grad mode of the caller."""
        try:
            return self._rate(t, y)
        except RuntimeError:
            if torch.is_grad_enabled():
                raise
        with torch.enable_grad():  # it may differentiate inside; if this fails, too, the error is the function's own
            return self._rate(t, y.detach().requires_grad_()).detach()

    def _rate(self, t: Tensor, y: Tensor) -> Tensor:
        t = t.to(y)  # the function sees the time in the state's precision, on its device
        if self.window is not None:
            t = t + (t.clamp(*self.window) - t).detach()
        if not self.aliases:
            return self.packing.pack(self.function(t, self.packing.unpack(y)), "func(t, y)")
        with _Substitution(self.aliases):
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
        self._check_known(graph, inputs, t)
        found = torch.autograd.grad(graph, (*inputs, *self.leaves), bar, retain_graph=keep, allow_unused=True)
        bars = [torch.zeros_like(value) if one is None else one for value, one in zip(inputs, found, strict=False)]
        return bars, list(found[len(bars) :])

    def _check_known(self, graph: Graph, inputs: Sequence[Tensor], t: Tensor) -> None:
        own = {_accumulator(value) for value in inputs}
        for node in ends(graph):
            if node not in self.known and node not in own:
                _refuse_unknown(node.variable, float(t.flatten()[0]), self.function)


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


# Finding what a function reads


def trace_field(function: Callable[[Tensor, Any], Any], t: Tensor, y: Tensor, packing: Packing) -> Field:
    """The field of `function`, found by looking through what belongs to it and by one evaluation at (t, y)."""
    if not torch.is_grad_enabled():
        return Field(function, packing)
    named = name_tensors(function)
    rate, met, tape_bytes = _evaluate_watched(Field(function, packing), t, y)
    tensors = {id(tensor): tensor for tensor in (*(tensor for tensor, _ in named.values()), *met)}
    leaves = (node.variable for node in ends(rate[0])) if not any(tensor.grad_fn for tensor in met) else ()
    tensors |= {id(tensor): tensor for tensor in leaves if tensor is not rate[1] and tensor is not rate[2]}
    names = [named[key][1] if key in named else f"a captured tensor of shape {tuple(tensor.shape)}" for key, tensor in tensors.items()]
    # A captured result of other operations is computed with as if it were given: the caller's graph is not entered.
    # So is one with hooks, which are meant for the whole gradient and not for that of every evaluation.
    apart = (tensor for tensor in tensors.values() if tensor.grad_fn is not None or tensor._backward_hooks)
    aliases = {id(tensor): tensor.detach().requires_grad_() for tensor in apart}
    found = Field(function, packing, tuple(tensors.values()), tuple(names), aliases, tape_bytes=tape_bytes)
    return replace(found, known=frozenset(_accumulator(tensor) for tensor in found.leaves))


Watched = tuple[tuple[Tensor, Tensor, Tensor], list[Tensor], int]


def _evaluate_watched(plain: Field, t: Tensor, y: Tensor) -> Watched:
    """The rate with its t and y, the tensors it met, and the bytes that its graph keeps besides those."""
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    try:
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            rate, met = _evaluate_looking(plain, t, y)
    except RuntimeError:  # transforms of torch.func inside bear no such hooks: then no graph is kept, whatever it may weigh
        return *_evaluate_looking(plain, t, y), _UNKNOWN_BYTES
    for tensor in met:
        kept.pop(tensor.untyped_storage().data_ptr(), None)
    return rate, met, sum(kept.values()) + rate[0].nbytes


_UNKNOWN_BYTES = 2**62


def _evaluate_looking(plain: Field, t: Tensor, y: Tensor) -> tuple[tuple[Tensor, Tensor, Tensor], list[Tensor]]:
    with torch.enable_grad(), _Watch(t, y) as watch:
        y, t = y.detach().requires_grad_(), t.detach().requires_grad_()
        return (plain(t, y), t, y), watch.met


class _Watch(TorchFunctionMode):
    """Notes tensors with a gradient that operations read and no watched operation made."""

    def __init__(self, *inputs: Tensor) -> None:
        super().__init__()
        self.made = {id(tensor): tensor for tensor in inputs}
        self.met: list[Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for tensor in tree_iter((args, kwargs)):
            own = isinstance(tensor, Tensor) and tensor.requires_grad and id(tensor) not in self.made
            if own and not is_functorch_wrapped_tensor(tensor):
                self.made[id(tensor)] = tensor
                self.met.append(tensor)
        result = func(*args, **(kwargs or {}))
        self.made |= {id(tensor): tensor for tensor in tree_iter(result) if isinstance(tensor, Tensor)}
        return result


class _Substitution(TorchFunctionMode):
    """Has operations compute with other tensors than they are given."""

    def __init__(self, aliases: dict[int, Tensor]) -> None:
        super().__init__()
        self.aliases = aliases

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        args, kwargs = tree_map_only(Tensor, lambda tensor: self.aliases.get(id(tensor), tensor), (args, kwargs or {}))
        return func(*args, **kwargs)


def _accumulator(tensor: Tensor) -> Any:
    """The node at which the graph of a leaf ends, None without a gradient."""
    return get_gradient_edge(tensor).node if tensor.requires_grad else None


def ends(graph: Graph) -> Iterator[Any]:
    """The nodes at which a graph ends in leaves."""
    todo, seen = [graph.grad_fn if isinstance(graph, Tensor) else graph.node], set()
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node
        todo += [following for following, _ in node.next_functions]


def _refuse_unknown(tensor: Tensor, t: float, function: Any) -> None:
    named = name_tensors(function)
    name = named[id(tensor)][1] if id(tensor) in named else f"a tensor of shape {tuple(tensor.shape)}"
    raise SolveError(
        f"func at t = {t:g}", f"{name} with requires_grad, which an evaluation at the start did not read",
        "every tensor that needs a gradient to be found before marching",
        "Make it a parameter or an attribute of the module, or read it at every t.",
    )
