"""Where an autograd graph ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

Graph = Tensor | GradientEdge


def node_of(tensor: Tensor) -> Any:
    """The node of the graph that stands for a tensor, None without a gradient."""
    return get_gradient_edge(tensor).node if tensor.requires_grad else None


def ends(graph: Graph, known: Collection[Any] = ()) -> Iterator[Any]:
    """The nodes at which a graph ends in leaves; those in `known` are not entered, whatever lies behind them."""
    todo, seen = [graph.grad_fn or node_of(graph) if isinstance(graph, Tensor) else graph.node], set()
    while todo:
        node = todo.pop()
        if node is None or node in seen or node in known:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node
        todo += [following for following, _ in node.next_functions]
