"""Forward mode on tensors, without the warning that torch gives about itself on its first use, and without its slow road."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.overrides import TorchFunctionMode

ARITHMETIC = frozenset({Tensor.add, Tensor.sub, Tensor.mul, Tensor.div})


@contextmanager
def forward_mode() -> Iterator[None]:
    """Within it `forward_ad.make_dual` and `unpack_dual` carry tangents; no graph for reverse mode is built."""
    with torch.no_grad(), forward_ad.dual_level():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # make_dual loads torch.jit, which is deprecated
            forward_ad.make_dual(torch.zeros(1), torch.zeros(1))
        with _ZeroTangents():
            yield


class _ZeroTangents(TorchFunctionMode):
    """Zeros for the tangent of a number that meets a dual one: a missing tangent takes torch through its Python references."""

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        if func in ARITHMETIC and any(map(_is_dual, args)):
            args = tuple(map(_as_dual, args))
        return func(*args, **(kwargs or {}))


def _is_dual(value: Any) -> bool:
    return isinstance(value, Tensor) and forward_ad.unpack_dual(value).tangent is not None


def _as_dual(value: Any) -> Tensor:
    number = torch.as_tensor(value, dtype=torch.float64)
    return number if _is_dual(number) else forward_ad.make_dual(number, torch.zeros_like(number))
