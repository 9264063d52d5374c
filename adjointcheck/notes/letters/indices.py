"""Layers by their indices: how far l + 1 is ahead of l, where a sum ends, which layer a formula counts from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from adjointcheck.errors import StepRejected
from adjointcheck.notes.letters.derivatives import core_of
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, rebuilt
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node


class Unclear(StepRejected):
    """A formula that the derivation language cannot say, with the reason."""

    def __init__(self, got: object, expected: str) -> None:
        super().__init__("notes", got, expected)


def ahead(at: Node) -> int:
    """How far an index l + 1 is ahead of l."""
    if isinstance(at, Symbol) and at.name == "l":
        return 0
    if isinstance(at, Symbol) and at.bound:
        return 0
    if isinstance(at, tree.Sum) and len(at.terms) == 2:
        letter, step = at.terms
        sign = -1 if isinstance(step, tree.Negative) else 1
        step = tree.unsigned(step)
        if isinstance(letter, Symbol) and isinstance(step, tree.Number) and step.value.denominator == 1:
            return ahead(letter) + sign * int(step.value)
    raise Unclear(show(at), "a layer's index, or one next to it")


def of_next(node: Node) -> Node:
    """p f of H(x, p, u) = L + p f, over layers, as p_{l+1} f: H takes the next costate."""
    if isinstance(node, Symbol) and node.name == "p" and node.at is None:
        return replace(node, at=tree.Sum((Symbol("l"), tree.Number(Fraction(1)))))
    return rebuilt(node, of_next)


def check_layer(node: Applied, place: Callable[[Node], tuple[str, int]] | None) -> None:
    """Raises Unclear for H_l(x_l, p_l, w_l), which is not H at the layer l: that takes p_{l+1}; `place` tells places of layers."""
    for slot, value in node.arguments if place is not None and node.at is not None else ():
        at = getattr(core_of(value), "at", None)
        if at is not None and place is not None and node.at is not None:
            point, offset = place(node.at)
            if place(at) != (point, offset + (slot == "p")):
                raise Unclear(f"{node.name} of one layer at letters of another", "letters of its own layer, and the next costate")


def past_last(upper: Node) -> int:
    """N is 0, N - 1 is -1."""
    if isinstance(upper, Symbol) and upper.name == "N":
        return 0
    if isinstance(upper, tree.Sum) and isinstance(upper.terms[0], Symbol) and upper.terms[0].name == "N":
        return ahead(replace(upper, terms=(Symbol("l"), *upper.terms[1:])))
    raise Unclear("a sum's upper limit", "N or N - 1")


def counted_from(node: Node) -> int:
    """What to add to all layer indices so that the lowest is the running layer; the sums' own letters aside."""
    found: list[int] = []

    def visit(part: Node) -> None:
        if isinstance(part, tree.Series):
            return
        at = getattr(part, "at", None)
        if isinstance(at, Node):
            with suppress(Unclear):  # a fixed layer is counted from nowhere
                found.append(ahead(at))
        for child in children(part):
            visit(child)

    visit(node)
    return -min(found, default=0)
