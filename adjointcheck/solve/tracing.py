"""Finding what a field reads: by looking through what belongs to it, and by one evaluation that is watched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_iter

from adjointcheck.solve.belongings import name_tensors
from adjointcheck.solve.field import Field
from adjointcheck.solve.graph import ends, node_of
from adjointcheck.solve.packing import Packing
from adjointcheck.solve.switch import GAPS, Turn, find_turns
from adjointcheck.solve.transforms import as_written


def trace_field(function: Callable[[Tensor, Any], Any], t: Tensor, y: Tensor, packing: Packing) -> Field:
    """The field of `function`, with every tensor that it reads at (t, y) or that can be reached from it."""
    if not torch.is_grad_enabled():
        return Field(function, packing)
    named = name_tensors(function)
    rate, watch, tape_bytes = _evaluate_watched(Field(function, packing), *_leaves(t, y))
    tensors = {id(tensor): tensor for tensor in (*(tensor for tensor, _ in named.values()), *watch.met)}
    leaves = (node.variable for node in ends(rate)) if not any(tensor.grad_fn for tensor in watch.met) else ()
    tensors |= {id(tensor): tensor for tensor in leaves if tensor is not watch.t and tensor is not watch.y}
    names = [named[key][1] if key in named else f"a captured tensor of shape {tuple(tensor.shape)}" for key, tensor in tensors.items()]
    # A captured result of other operations is computed with as if it were given: the caller's graph is not entered.
    # So is one with hooks, which are meant for the whole gradient and not for that of every evaluation.
    apart = (tensor for tensor in tensors.values() if tensor.grad_fn is not None or tensor._backward_hooks)
    aliases = {id(tensor): tensor.detach().requires_grad_() for tensor in apart}
    found = Field(function, packing, tuple(tensors.values()), tuple(names), aliases, tape_bytes=tape_bytes, turns=tuple(watch.turns))
    return replace(found, known=frozenset(node_of(tensor) for tensor in found.leaves))


def _leaves(t: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return t.detach().requires_grad_(), y.detach().requires_grad_()


def _evaluate_watched(plain: Field, t: Tensor, y: Tensor) -> tuple[Tensor, Watch, int]:
    """The rate, what was seen on the way, and the bytes that the graph keeps besides the tensors that were met."""
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    try:
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            rate, watch = _evaluate_looking(plain, t, y)
    except RuntimeError:  # transforms of torch.func inside bear no such hooks: then no graph is kept, whatever it may weigh
        return *_evaluate_looking(plain, t, y), _UNKNOWN_BYTES
    for tensor in watch.met:
        kept.pop(tensor.untyped_storage().data_ptr(), None)
    return rate, watch, sum(kept.values()) + rate.nbytes


_UNKNOWN_BYTES = 2**62


def _evaluate_looking(plain: Field, t: Tensor, y: Tensor) -> tuple[Tensor, Watch]:
    with torch.enable_grad(), as_written(), Watch(t, y) as watch:
        return plain(t, y), watch


class Watch(TorchFunctionMode):
    """Notes tensors with a gradient that operations read and no watched operation made, and the turns of comparisons with t."""

    def __init__(self, t: Tensor, y: Tensor, *known: Tensor) -> None:
        super().__init__()
        self.t, self.y = t, y
        self.made = {id(tensor): tensor for tensor in (t, y, *known)}
        self.met: list[Tensor] = []
        self.turns: list[Turn] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for tensor in tree_iter((args, kwargs)):
            own = isinstance(tensor, Tensor) and tensor.requires_grad and id(tensor) not in self.made
            if own and not is_functorch_wrapped_tensor(tensor):
                self.made[id(tensor)] = tensor
                self.met.append(tensor)
        result = func(*args, **(kwargs or {}))
        self.made |= {id(tensor): tensor for tensor in tree_iter(result) if isinstance(tensor, Tensor)}
        self._look_for_turns(getattr(func, "__name__", ""), args)
        return result

    def _look_for_turns(self, name: str, args: Any) -> None:
        tensors = [tensor for tensor in args if isinstance(tensor, Tensor)] if name in GAPS else []
        if any(tensor.requires_grad for tensor in tensors) and not any(map(is_functorch_wrapped_tensor, tensors)):
            self.turns += find_turns(GAPS[name](*args), self.t, self.y)
