"""Definitions of which the words before say what they are: the Jacobian F of the right side, the switching function sigma = H_u."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Symbol
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.switching import hamiltonian_of

JACOBIAN = re.compile(r"jacobian|jacobi-?matri|jacobienne|jacobiana|якоби|雅可比")
SWITCHING = re.compile(r"switching function|schaltfunktion|fonction de commutation|función de conmutación|funzione di commutazione"
                       r"|переключения")


def named_slopes(sentence: str, context: Context) -> Iterator[Node]:
    """The slopes that a definition behind these words may be."""
    words, law, controls = sentence.lower(), context.law("dynamics"), context.parts("w") or context.of("w")
    if law is not None and JACOBIAN.search(words):
        yield _jacobian(law.right)
    if law is not None and context.law("objective") is not None and len(controls) == 1 and SWITCHING.search(words):
        part = (tree.Number(Fraction(controls[0].part)),) if controls[0].part else ()
        yield tree.Derivative(hamiltonian_of(context), (Symbol("w", part=part),), "partial")


def _jacobian(field: Node) -> Node:
    """f_x, entry by entry where the field is written out."""
    if not isinstance(field, tree.Vector):
        return tree.Derivative(field, (Symbol("x"),), "partial")
    states = [Symbol("x", part=(tree.Number(Fraction(i)),)) for i in range(1, len(field.rows) + 1)]
    return tree.Vector(tuple(tuple(tree.Derivative(cell, (state,), "partial") for state in states) for (cell,) in field.rows))
