"""Forward mode on tensors, without the warning that torch gives about itself on its first use."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.autograd import forward_ad


@contextmanager
def forward_mode() -> Iterator[None]:
    """Within it `forward_ad.make_dual` and `unpack_dual` carry tangents; no graph for reverse mode is built."""
    with torch.no_grad(), forward_ad.dual_level():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # make_dual loads torch.jit, which is deprecated
            forward_ad.make_dual(torch.zeros(1), torch.zeros(1))
        yield
