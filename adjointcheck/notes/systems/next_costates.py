"""Over layers lambda_{k+1} stands beside f(x_k); where notes write lambda_k there, they count costates in another way."""

from __future__ import annotations

from contextlib import suppress

from adjointcheck.notes.letters.indices import Unclear, ahead
from adjointcheck.notes.letters.meaning import Applied, Symbol, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node


def is_shifted(left: Node, right: Node) -> bool:
    """Over layers lambda_k beside f(x_k) in H, or beside f(x_k) - x_{k+1} in J_a: the costate of the next layer under another index."""
    if not isinstance(left, Symbol | Applied) or left.name not in ("H", "J_a"):
        return False
    products = [part for part in walk(right) if isinstance(part, tree.Product) and (left.name == "H" or _has_field(part))]
    return any(_layers("p", product) - {_top(product) if left.name == "J_a" else min(_layers("x", product), default=-1) + 1}
               for product in products if _layers("p", product) and _layers("x", product))


def _has_field(product: tree.Product) -> bool:
    """lambda_k f(x_k) or lambda_k (A x_k - x_{k+1}); lambda_k x_k is a term of a sum by parts."""
    return any(isinstance(part, tree.Sum) or getattr(part, "name", "") == "f" for factor in product.factors for part in walk(factor))


def _top(product: tree.Product) -> int:
    """The last layer whose state stands by itself in a factor f(x_k) - x_{k+1}."""
    terms = [tree.unsigned(term) for factor in product.factors if isinstance(factor, tree.Sum)
             for term in factor.terms]
    return max((layer for term in terms if isinstance(term, Symbol) for layer in _layers("x", term)), default=1)


def _layers(name: str, node: Node) -> frozenset[int]:
    """How far ahead of the running layer a path is taken in it."""
    found = set()
    for part in walk(node):
        if isinstance(part, Symbol) and part.name == name and part.at is not None:
            with suppress(Unclear):
                found.add(ahead(part.at))
    return frozenset(found)
