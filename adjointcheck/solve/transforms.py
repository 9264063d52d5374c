"""What the numeric layer has to know of torch.func: whether a transform is at work, and the numbers behind its tensors."""

from __future__ import annotations

from torch import Tensor
from torch._C._functorch import get_unwrapped, is_batchedtensor, is_functorch_wrapped_tensor
from torch._functorch.pyfunctorch import retrieve_all_functorch_interpreters


def transformed() -> bool:
    """Whether grad, jvp, vmap or another transform is at work."""
    return bool(retrieve_all_functorch_interpreters())


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
