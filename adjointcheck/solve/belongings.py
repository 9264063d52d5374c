"""The tensors that belong to a callable, by name: modules, attributes, closures, globals, containers, bound arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from torch import Tensor, nn

_DEPTH = 5


def name_tensors(function: Any) -> dict[int, tuple[Tensor, str]]:
    """Every tensor with a gradient that can be reached from `function`, by id, with the name of its place."""
    found: dict[int, tuple[Tensor, str]] = {}
    seen: set[int] = set()
    todo: list[tuple[str, Any, int]] = [("", function, 0)]
    while todo:
        name, thing, depth = todo.pop()
        if id(thing) in seen or depth > _DEPTH:
            continue
        seen.add(id(thing))
        if isinstance(thing, Tensor):
            if thing.requires_grad:
                found[id(thing)] = thing, name.lstrip(".")
        else:
            todo += [(name + suffix, part, depth + 1) for suffix, part in _parts(thing)]
    return dict(reversed(found.items()))


def name_tensor(function: Any, tensor: Tensor) -> str:
    """How a message calls a tensor that `function` reads."""
    found = name_tensors(function).get(id(tensor))
    return found[1] if found else f"a captured tensor of shape {tuple(tensor.shape)}"


def _parts(thing: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, nn.Module):
        yield from ((f".{name}", part) for name, part in (*thing.named_parameters(), *thing.named_buffers()))
        for prefix, module in thing.named_modules():
            yield from ((f".{prefix}{name}" if prefix else name, part) for name, part in _attributes(module))
    elif isinstance(thing, MethodType):
        yield from (("", thing.__self__), ("", thing.__func__))
    elif isinstance(thing, FunctionType):
        yield from _surroundings(thing)
    elif isinstance(thing, partial):
        yield from (("", thing.func), (".args", thing.args), ("", thing.keywords))
    elif isinstance(thing, Mapping):
        yield from ((f"[{key!r}]", part) for key, part in thing.items())
    elif isinstance(thing, list | tuple):
        yield from ((f"[{index}]", part) for index, part in enumerate(thing))
    elif hasattr(thing, "__dict__") and not isinstance(thing, type) and type(thing).__module__ not in ("builtins", "torch"):
        yield from _attributes(thing)


def _attributes(thing: Any) -> Iterator[tuple[str, Any]]:
    return ((f".{name}", part) for name, part in vars(thing).items() if not name.startswith("_"))


def _surroundings(function: FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f".{name}", cell.cell_contents
        except ValueError:  # a name that has no value yet
            continue
    yield from ((f".{name}", function.__globals__[name]) for name in function.__code__.co_names if name in function.__globals__)
    yield ".defaults", function.__defaults__ or ()
