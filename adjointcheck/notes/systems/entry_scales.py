"""Products entry by entry with one constant vector, sigma * eps of z_0 = mu + sigma * eps: in proofs diag(eps) times sigma.

    sigma * eps = E sigma      a * eps = E a      E = diag(eps) = E'
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes.letters.activations import is_row
from adjointcheck.notes.letters.context import Context, Declared
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, walk
from adjointcheck.notes.letters.quantities import Diagonal
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node


def diagonalised(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """An equation and its context with E v for v * eps, where eps stands in all products entry by entry, and nothing moves it."""
    bodies = [known.body for known in context.letters.values() if known.body is not None]
    nodes = (left, right, *(law.right for law in context.laws), *bodies)
    products = [part.arguments for node in nodes for part in walk(node) if isinstance(part, tree.Function) and part.name == "hadamard"]
    moved = {by for node in nodes for part in walk(node) for by in _moved(part)}
    constant = {Symbol(known.symbol): known.shape[0] for known in context.letters.values() if _is_vector(known)}
    still = [letter for letter in constant if letter not in moved and products]
    scale = next((letter for letter in still if all(letter in map(_bare, pair) for pair in products)), None)
    if scale is None:
        return left, right, context
    matrix = Symbol(f"{scale.name}_diagonal")
    size = constant[scale]

    def put(node: Node) -> Node:
        match node:
            case tree.Function(name="hadamard", arguments=(one, other)):
                vector, by = (other, one) if _bare(one) == scale else (one, other)
                lies = by != scale or is_row(put(vector), context)
                return tree.Product((put(vector), matrix) if lies else (matrix, put(vector)))
            case Diagonal(of=of) if of == scale:
                return matrix
        return rebuilt(node, put)

    letters = {name: replace(known, body=known.body and put(known.body)) for name, known in context.letters.items()}
    letters[matrix.name] = Declared(matrix.name, matrix.name, (size, size), source="convention")
    laws = tuple(replace(law, right=put(law.right)) for law in context.laws)
    return put(left), put(right), replace(context, letters=letters, laws=laws).assume(f"symmetric {matrix.name}")


def _bare(node: Node) -> Node:
    """eps of eps^T."""
    return node.of if isinstance(node, tree.Transposed) else node


def _moved(node: Node) -> Iterator[Node]:
    yield from node.by if isinstance(node, tree.Derivative) else (node.of,) if isinstance(node, tree.Variation) else ()


def _is_vector(known: Declared) -> bool:
    return (known.kind, known.body, known.shape[1]) == ("constant", None, "1") and known.shape[0] not in ("1", "")
