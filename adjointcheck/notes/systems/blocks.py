"""Block vectors and systems: [z, theta, t] with its field and its costate, entry by entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import LATER, ROLES, Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, unknown, walk
from adjointcheck.notes.letters.usage import USUAL_COSTATES, head, moving, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

_PARTS = re.compile(r"([A-Za-z]+)\}*\s*_\s*\{?\s*(\\theta|t)(?![A-Za-z_0-9])")


def components(left: Node, right: Node) -> list[tuple[Node, Node]]:
    """[x, a]^. = [f, -a f_x] as two equations; anything else as it is."""
    left, right = _outer(_spread(left), right), _outer(_spread(right), left)
    if isinstance(left, tree.Transposed) and isinstance(right, tree.Transposed):
        return components(left.of, right.of)
    if isinstance(left, tree.Vector) and isinstance(right, tree.Vector):
        cells = [entries(side) for side in (left, right)]
        if len(cells[0]) == len(cells[1]):
            return [pair for a, b in zip(*cells, strict=True) for pair in components(a, b)]
    return [(left, right)]


def _outer(node: Node, other: Node) -> Node:
    """[a; b] [c, d] is [a c, a d; b c, b d] beside a matrix."""
    match node, other:
        case tree.Product((tree.Vector(column), tree.Vector((row,)))), tree.Vector((_, _, *_)) if {len(cells) for cells in column} == {1}:
            return tree.Vector(tuple(tuple(tree.Product((cells[0], cell)) for cell in row) for cells in column))
    return node


def entries(vector: tree.Vector) -> list[Node]:
    """Row by row."""
    return [cell for row in vector.rows for cell in row]


def _spread(node: Node) -> Node:
    """-[a, b] is [-a, -b], and so are rates and values at a point; products of blocks are multiplied out."""
    node = multiplied_out(_turned(node) if _is_turned(node) else node)
    of = _spread(node.of) if isinstance(node, tree.Negative | tree.Derivative | tree.Evaluated) else node
    if of is node or not isinstance(of, tree.Vector) or (isinstance(node, tree.Derivative) and node.by not in ((), (Symbol("t"),))):
        return node
    return tree.Vector(tuple(tuple(replace(node, of=cell) for cell in row) for row in of.rows))


def multiplied_out(node: Node) -> Node:
    """[A, B; C, D] [x; y] is [A x + B y; C x + D y], and [p, q] [A, B; C, D] is [p A + q C, p B + q D]."""
    match node:
        case tree.Product(factors) if any(_is_turned(factor) for factor in factors):
            return multiplied_out(replace(node, factors=tuple(_turned(factor) if _is_turned(factor) else factor for factor in factors)))
        case tree.Product((tree.Vector(rows), tree.Vector(column))) if {len(cells) for cells in column} == {1}:
            fits = len(rows[0]) == len(column)
            return tree.Vector(tuple((dot(row, [cells[0] for cells in column]),) for row in rows)) if fits else node
        case tree.Product((tree.Vector((row,)), tree.Vector(rows))) if len(row) == len(rows):
            return tree.Vector((tuple(dot(row, list(column)) for column in zip(*rows, strict=True)),))
        case tree.Product((tree.Negative(first), *rest)):
            made = multiplied_out(replace(node, factors=(first, *rest)))
            return tree.Negative(made) if isinstance(made, tree.Vector) else node
    return node


def _is_turned(node: Node) -> bool:
    return isinstance(node, tree.Transposed) and isinstance(node.of, tree.Vector)


def _turned(node: Node) -> Node:
    """[A, B; C, D]^T is [A^T, C^T; B^T, D^T]."""
    assert isinstance(node, tree.Transposed) and isinstance(node.of, tree.Vector)
    return tree.Vector(tuple(tuple(map(_transposed, cells)) for cells in zip(*node.of.rows, strict=True)))


def _transposed(cell: Node) -> Node:
    return cell if isinstance(cell, tree.Number) else cell.of if isinstance(cell, tree.Transposed) else tree.Transposed(cell)


def dot(row: Iterable[Node], column: Iterable[Node]) -> Node:
    """a x + b y of [a, b] and [x; y], without what is 0."""
    zero = tree.Number(Fraction(0))
    terms = tuple(tree.Product((a, b)) for a, b in zip(row, column, strict=True) if zero not in (a, b))
    return tree.Sum(terms) if terms else zero


def numbers(node: Node) -> Node:
    """Determinant and trace of a matrix whose entries are written out."""
    node = rebuilt(node, numbers)
    of = node.arguments[0] if isinstance(node, tree.Function) and node.name in ("det", "tr") and len(node.arguments) == 1 else None
    inner = of.of if isinstance(of, tree.Evaluated) else of
    if not isinstance(inner, tree.Vector) or {len(row) for row in inner.rows} != {len(inner.rows)} or len(inner.rows) > 3:
        return node
    made = _determinant(inner.rows) if node.name == "det" else tree.Sum(tuple(row[i] for i, row in enumerate(inner.rows)))  # type: ignore[union-attr]
    return replace(of, of=made) if isinstance(of, tree.Evaluated) else made


def _determinant(rows: tuple[tuple[Node, ...], ...]) -> Node:
    """By the first row."""
    if len(rows) == 1:
        return rows[0][0]
    minors = [_determinant(tuple((*row[:i], *row[i + 1 :]) for row in rows[1:])) for i in range(len(rows))]
    terms = (tree.Product((entry, minor)) for entry, minor in zip(rows[0], minors, strict=True))
    return tree.Sum(tuple(tree.Negative(term) if i % 2 else term for i, term in enumerate(terms)))


# What notes on augmented states introduce


def clocked(texts: Iterable[str], context: Context) -> Context:
    """a_t beside a_theta is the costate's part of the clock, as that one is of the parameters, and no value at a time."""
    found = {(name, mark) for text in texts for name, mark in _PARTS.findall(text)}
    context = _parts(found, context)
    usual = {known.letter for known in context.of("p")} or {*USUAL_COSTATES}
    both = [name for name, mark in sorted(found) if mark == "t" and (name, "\\theta") in found and name in usual]
    return replace(context, options={**context.options, "clock": both[0]}) if both else context


def _parts(found: Iterable[tuple[str, str]], context: Context) -> Context:
    """With a_theta beside a costate a_y of the state y as the costate's part of the parameters."""
    stems = {f"{name}_{state.letter}": name for name, _ in found for state in context.of("x")}
    for known in context.of("p") if not context.of("a_theta") else ():
        name = f"{stems.get(known.letter, '')}_theta"
        if known.letter in stems and (stems[known.letter], "\\theta") in found and name not in context.letters:
            role = ROLES["a_theta"]
            context = context.declare(replace(known, letter=name, symbol=role.symbol, shape=role.shape, source="proposed"))
    return context


def stacked(chain: tree.Chain, context: Context) -> Context:
    """With the right side of d/dt [x; theta; t] = [f; 0; 1] under the name by which its Jacobian d f_aug/d[x, theta, t] is told."""
    pair = [resolve(side, context) for side in chain.sides[:2]] if chain.relations[:1] == ("=",) else []
    if len(pair) == 2 and isinstance(pair[0], tree.Derivative) and isinstance(pair[0].of, tree.Vector) and isinstance(pair[1], tree.Vector):
        return replace(context, laws=(*context.laws, Law("system", pair[0].of, pair[1])))
    law = context.law("system")
    for name in _differentiated(chain, context) if law is not None else ():
        context = context.declare(Declared(name, own(name), ("", ""), "defined", body=law.right if law else None, source="proposed"))
    return context


def _differentiated(chain: tree.Chain, context: Context) -> Iterator[str]:
    """New letters of which the chain has the derivative by the system's vector."""
    law = context.law("system")
    for part in walk(chain):
        letter = head(part.of) if isinstance(part, tree.Derivative) and len(part.by) == 1 and isinstance(part.by[0], tree.Vector) else None
        if letter is not None and unknown(resolve(letter, context)) and law is not None:
            by = resolve(part.by[0], context)  # type: ignore[union-attr]
            if isinstance(by, tree.Vector) and isinstance(law.left, tree.Vector) and entries(by) == entries(law.left):
                yield key(letter)


def is_value(node: tree.Call, context: Context) -> bool:
    """Is it taken at one time, which is not the running one?"""
    place = resolve(node.arguments[0], context)
    return len(node.arguments) == 1 and isinstance(place, Symbol | tree.Number) and place != Symbol("t") and (
        getattr(place, "name", "t0") in ("t0", "t1", "tau"))


def _named_behind(chain: tree.Chain, context: Context) -> tree.Chain:
    """C := A = B for A = B =: C; xdot = f(x) = B for xdot = B =: f(x); a motion that is written out stays what it is."""
    first, *middle, last = chain.sides
    if (isinstance(first, tree.Letter) and successor(first)) or (moving(first) is not None and context.parts("x")):
        return chain
    if moving(first) is not None and middle and isinstance(last, tree.Call):
        return replace(chain, sides=(first, last, *middle), relations=("=",) * len(chain.relations))
    return replace(chain, sides=(last, first, *middle), relations=(":=", *chain.relations[:-1]))


def _is_fresh(named: Node, context: Context) -> bool:
    """Is it a letter that nothing has told, as L of J + int lambda (xdot - f) dt \\equiv L(x, lambda)?"""
    letter = named.function if isinstance(named, tree.Call) else named
    return isinstance(letter, tree.Letter) and bool(unknown(resolve(letter, context)))


def turned(chain: tree.Chain, context: Context) -> tree.Chain:
    """A = B =: C is C := A = B, A = B := C is B := C = A; x(t + eps) = x + int f = T(x, t), which names a flow, is T(x, t) = x(t + eps)."""
    if chain.relations[-1:] == ("=:",) and isinstance(chain.sides[-1], tree.Letter | tree.Call):
        return _named_behind(chain, context)
    if chain.relations == ("=", "equiv") and _is_fresh(chain.sides[-1], context):
        return replace(chain, sides=chain.sides[::-1], relations=(":=", "="))
    if chain.relations == ("=", ":="):
        return replace(chain, sides=(*chain.sides[1:], chain.sides[0]), relations=(":=", "="))
    first = resolve(chain.sides[0], context)
    ahead = isinstance(first, Symbol) and first.name == "x" and isinstance(first.at, tree.Sum) and context.over() == "time"
    last = chain.sides[-1].function if isinstance(chain.sides[-1], tree.Call) else None
    known = context.letters.get(key(last)) if isinstance(last, tree.Letter) else None
    named = isinstance(last, tree.Letter) and (unknown(resolve(last, context)) if known is None else known.told == LATER)
    return replace(chain, sides=(chain.sides[-1], *chain.sides[:-1])) if ahead and named and {*chain.relations} == {"="} else chain
