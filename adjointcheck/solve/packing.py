"""How a user's state lies in one real tensor: parts one after the other, complex numbers as pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from adjointcheck.errors import SolveError


@dataclass(frozen=True)
class Packing:
    """A state of any structure of tensors as one flat real tensor y (*lead, N), and back.

    Every part has the axes `lead` + shape; complex parts take two numbers an entry (real, imaginary), so that the numeric
    layer knows real numbers only and gradients follow torch's convention for complex ones by themselves.
    """

    tree: TreeSpec
    shapes: tuple[torch.Size, ...]
    dtypes: tuple[torch.dtype, ...]
    lead: int = 0

    @classmethod
    def of(cls, state: Any, lead: int = 0) -> Packing:
        """The packing of `state`, whose parts share one precision, one device and `lead` leading axes."""
        parts, tree = tree_flatten(state)
        _check_parts(parts)
        return cls(tree, tuple(part.shape[lead:] for part in parts), tuple(part.dtype for part in parts), lead)

    @property
    def sizes(self) -> list[int]:
        """Real numbers in each part."""
        return [prod(shape) * (2 if dtype.is_complex else 1) for shape, dtype in zip(self.shapes, self.dtypes, strict=True)]

    @property
    def plain(self) -> bool:
        """Whether the state is one real tensor."""
        return self.tree.is_leaf() and not self.dtypes[0].is_complex

    def pack(self, state: Any, where: str = "y0") -> Tensor:
        """The flat tensor (*lead, N) of a state; `where` names it if it does not fit."""
        if self.plain and isinstance(state, Tensor) and state.shape[self.lead:] == self.shapes[0] and state.dtype == self.dtypes[0]:
            return state.reshape(*state.shape[: self.lead], self.shapes[0].numel())  # -1 fails where there is no trajectory
        parts, tree = tree_flatten(state)
        self._check(where, parts, tree)
        real = [torch.view_as_real(part.resolve_conj()) if part.is_complex() else part for part in parts]
        return torch.cat([part.reshape(*part.shape[: self.lead], part.shape[self.lead :].numel()) for part in real], -1)

    def unpack(self, y: Tensor) -> Any:
        """The state of a flat tensor; all axes of `y` but the last stand before each part's own."""
        if self.plain:
            return y.view((*y.shape[:-1], *self.shapes[0]))
        pieces = zip(y.split(self.sizes, -1), self.shapes, self.dtypes, strict=True)
        return tree_unflatten([_unpack(piece, shape, dtype) for piece, shape, dtype in pieces], self.tree)

    def _check(self, where: str, parts: Sequence[Any], tree: TreeSpec) -> None:
        got = [(tuple(part.shape[self.lead:]), part.dtype) if isinstance(part, Tensor) else type(part) for part in parts]
        wanted = list(zip(map(tuple, self.shapes), self.dtypes, strict=True))
        if tree != self.tree or got != wanted:
            todo = "Return one rate for each entry of y0, in its precision: .to(y.dtype)."
            raise SolveError(where, f"{got}", f"the structure, shapes and dtypes of y0: {wanted}", todo)


def usable(tensor: Tensor) -> Tensor:
    """The tensor, as a copy where it was made under inference_mode and this is outside, where autograd refuses it."""
    return tensor.clone() if tensor.is_inference() and not torch.is_inference_mode_enabled() else tensor


def _unpack(piece: Tensor, shape: torch.Size, dtype: torch.dtype) -> Tensor:
    if not dtype.is_complex:
        return piece.reshape((*piece.shape[:-1], *shape))
    return torch.complex(*piece.reshape(*piece.shape[:-1], *shape, 2).unbind(-1))


def _check_parts(parts: Sequence[Any]) -> None:
    if not parts:
        raise SolveError("y0", "no tensor", "a tensor, or (nested) tuples of tensors", "Leave out what has no state.")
    for part in parts:
        if not isinstance(part, Tensor):
            raise SolveError("y0", type(part).__name__, "a tensor, or (nested) tuples of tensors", "Convert with torch.as_tensor(...).")
        if not (part.is_floating_point() or part.is_complex()):
            raise SolveError("y0", part.dtype, "floating or complex tensors, or tuples of them", "Convert with .double().")
    if any(part.is_meta for part in parts):
        raise SolveError("y0", "a tensor on the device meta", "values: time steps depend on them", "Move it to a device that has some.")
    kinds = {(part.real.dtype if part.is_complex() else part.dtype, str(part.device)) for part in parts}
    if len(kinds) != 1:
        raise SolveError("y0", sorted(map(str, kinds)), "parts of one precision on one device", "Convert them with .to(...) first.")
