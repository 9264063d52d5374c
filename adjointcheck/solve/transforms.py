"""What the numeric layer has to know of torch.func and torch.compile: whether they are at work, and the numbers behind tensors."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import get_unwrapped, is_batchedtensor, is_functorch_wrapped_tensor
from torch._functorch.pyfunctorch import retrieve_all_functorch_interpreters


def transformed() -> bool:
    """Whether grad, jvp, vmap or another transform is at work."""
    return bool(retrieve_all_functorch_interpreters())


def as_written() -> AbstractContextManager[Any]:
    """Here functions that torch.compile has made run as they were written, for modes that have to see every operation."""
    # Only who compiles has dynamo loaded, and loading it takes a second.
    return torch.compiler.set_stance("force_eager") if "torch._dynamo" in sys.modules else nullcontext()


def bare(tensor: Tensor) -> Tensor:
    """The tensor behind all transforms; under vmap it has the axes of the batch, too, somewhere."""
    while is_functorch_wrapped_tensor(tensor):
        tensor = get_unwrapped(tensor)
    return tensor


def largest(number: Tensor) -> float:
    """A 0-dim tensor as a number; under vmap, where it stands for one of each trajectory, the largest, and NaN if one is NaN."""
    return float(bare(number).detach().amax())


def finite(tensor: Tensor) -> bool:
    """Whether all entries are, of every trajectory."""
    return bool(bare(tensor).isfinite().all())


def mapped(tensor: Tensor) -> bool:
    """Whether values differ under a vmap that is at work."""
    while is_functorch_wrapped_tensor(tensor):
        if is_batchedtensor(tensor):
            return True
        tensor = get_unwrapped(tensor)
    return False
