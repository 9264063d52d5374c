"""Bytes of live tensors: counted once a storage, until the last holder lets go."""

from __future__ import annotations

import torch

from adjointcheck.check.meter import Meter


def test_what_lives_and_the_most_that_lived() -> None:
    with Meter() as meter:
        first = torch.zeros(100, dtype=torch.float64)
        view = first[10:]
        second = first + 1
        assert (meter.live, meter.peak) == (1600, 1600)
        del second
        assert (meter.live, meter.peak) == (800, 1600)
        del first
        assert (meter.live, meter.peak) == (800, 1600)  # the view holds it
        del view
    assert (meter.live, meter.peak) == (0, 1600)


def test_what_a_graph_keeps_counts_until_it_is_swept() -> None:
    x = torch.ones(50, dtype=torch.float64, requires_grad=True)
    with Meter() as meter:
        cost = x.exp().exp().sum()
        kept = meter.live
        (slope,) = torch.autograd.grad(cost, x)
    assert kept == 2 * 400 + 8 and slope.nbytes == 400 and meter.peak > kept and meter.live == 400 + 8
