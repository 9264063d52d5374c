"""The two parts of a cost: what is paid along the way, and what is paid at the end."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes import tree
from adjointcheck.notes.context import Context
from adjointcheck.notes.meaning import Applied, Symbol, rebuilt, walk
from adjointcheck.notes.tree import Node


def objective_of(context: Context) -> Node:
    """What the notes say that the cost is, with nu psi where an end condition has a multiplier; else Psi + int L dt."""
    law = context.law("objective")
    if law is not None and context.of("psi") and context.of("nu"):
        return tree.Sum((*tree.terms(law.right), tree.Product((Symbol("nu"), Applied("psi")))))
    if law is not None:
        return law.right
    end = Applied("Psi")
    if not context.of("L"):
        return end
    running = (tree.Series("sum", tree.Product((Symbol("h"), Applied("L"))), Symbol("l", bound=True), None, None)
               if context.over() == "layers" else tree.Integral(Applied("L"), Symbol("t", bound=True), None, None))
    return tree.Sum((end, running))


def running(objective: Node) -> tree.Sum:
    """The integrands."""
    return tree.Sum(tuple(_integrand(term) for term in tree.terms(objective) if integrates(term)))


def ending(objective: Node) -> tree.Sum:
    """All terms without an integral, at a state that stands here."""
    return tree.Sum(tuple(_here(term) for term in tree.terms(objective) if not integrates(term)))


def starting(objective: Node) -> tree.Sum:
    """All terms that speak of the first state alone."""
    return tree.Sum(tuple(term for term in tree.terms(objective) if _starts(term)))


def _starts(node: Node) -> bool:
    states = [part for part in walk(node) if isinstance(part, Symbol) and part.name == "x"]
    return bool(states) and all(part.at in (Symbol("t0"), tree.Number(Fraction(0))) for part in states) and not any(
        isinstance(part, tree.Series) for part in walk(node))


def integrates(node: Node) -> bool:
    """Is there an integral in it?"""
    return any(isinstance(part, tree.Integral) for part in walk(node))


def _integrand(node: Node) -> Node:
    return node.body if isinstance(node, tree.Integral) else rebuilt(node, _integrand)


def _here(node: Node) -> Node:
    return replace(node, at=None) if isinstance(node, Symbol) and node.name == "x" else rebuilt(node, _here)
