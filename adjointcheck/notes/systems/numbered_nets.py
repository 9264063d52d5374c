"""Nets whose layers are written out by number are nets of N layers, of which these are the last.

    z_1 = W_1 x + b_1,  a_1 = s(z_1),  z_2 = W_2 a_1 + b_2,  a_2 = s(z_2)      is z_l = W_l a_{l-1} + b_l, a_l = s(z_l)
    dC/dW_1 = delta_1 x^T                                                      is dC/dW_{N-1} = delta_{N-1} a_{N-2}^T
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.output_layers import OPTION as OUTPUT

OPTION = "numbered net"
INDEX, LAST = tree.Letter("l"), tree.Letter("N")
ERRORS = ("delta", "Delta")
MOST = 3  # layers that anybody writes out


@dataclass(frozen=True)
class Part:
    """A line of layer `layer`: z = W below + b, or a = s(z)."""

    layer: int
    names: tuple[str, ...]
    below: Node


def in_layers(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the letters of a net all of whose layers are alike and written out: their number, a, z, W, b and x."""
    chains = list(chains)
    parts = [part for chain in chains if (part := _affine(chain) or _activated(chain)) is not None]
    affine = {part.layer: part for part in parts if len(part.names) == 3}
    activated = {part.layer: part for part in parts if len(part.names) == 2}
    count, used = len(affine), any(INDEX in walk(chain) for chain in chains)
    function = activated[1].names[1] if 1 in activated else ""
    output = next((chain.sides[0] for chain in chains if _puts_out(chain, affine.get(count), function)), None)
    if output is not None and affine.keys() - activated.keys() == {count}:  # y-hat = s(z_2)
        activated[count] = Part(count, activated[1].names, tree.Letter(affine[count].names[0], below=(tree.Number(Fraction(count)),)))
    alike = len({part.names for part in affine.values()}) == len({part.names for part in activated.values()}) == 1
    if used or not alike or not 2 <= count <= MOST or not affine.keys() == activated.keys() == {*range(1, count + 1)}:
        return context
    (state, _), (inner, *weights), first = activated[1].names, affine[1].names, affine[1].below
    joined = all(_numbered(activated[i].below) == (inner, i) for i in activated)
    joined &= all(_numbered(affine[i].below) == (state, i - 1) for i in affine if i > 1) and _numbered(first) in (None, (state, 0))
    if not joined or not isinstance(first, tree.Letter) or not weights[0][0].isupper():  # w_1 is a number
        return context
    start = first.name if _numbered(first) is None else ""
    options = {**context.options, OPTION: " ".join([str(count), state, inner, *weights, start])}
    if not isinstance(output, tree.Letter):
        return replace(context, options=options)
    last = tree.Letter(state, below=(LAST,))
    return replace(context, options={**options, OUTPUT: key(output)}, pieces={**context.pieces, OUTPUT: last})


def _puts_out(chain: tree.Chain, last: Part | None, function: str) -> bool:
    """y-hat = s(z_2) and y-hat = a_2 = s(z_2)."""
    named, pair = chain.sides[0], _last_pair(chain)
    bare = isinstance(named, tree.Letter) and not named.below and not named.above
    call = _called(pair[1]) if bare and pair is not None else None
    return call is not None and last is not None and (call[0], _numbered(call[1])) == (function, (last.names[0], last.layer))


def _called(node: Node) -> tuple[str, Node] | None:
    """(s, z) of s(z)."""
    match node:
        case tree.Call(tree.Letter(name=name), (inner,)) | tree.Function(name, (inner,)):
            return name, inner
    return None


def _numbered(node: Node) -> tuple[str, int] | None:
    """(W, 1) of W_1, W^{(1)} and W^{[1]}."""
    marks = (*node.below, *node.above) if isinstance(node, tree.Letter) and not node.accents else ()
    number = marks[0].value if len(marks) == 1 and isinstance(marks[0], tree.Number) else None
    whole = isinstance(node, tree.Letter) and number is not None and number == int(number)
    return (node.name, int(number)) if whole and isinstance(node, tree.Letter) and number is not None else None


def _last_pair(chain: tree.Chain) -> tuple[Node, Node] | None:
    """(a_2, s(z_2)) of a_2 = s(z_2), and of y-hat = a_2 = s(z_2)."""
    match chain.sides:
        case (*_, left, right) if {*chain.relations} <= {"=", ":="}:
            return left, right
    return None


def _affine(chain: tree.Chain) -> Part | None:
    """z_1 = W_1 x + b_1."""
    match _last_pair(chain):
        case (left, tree.Sum((tree.Product((weight, below)), bias))):
            found = [_numbered(node) for node in (left, weight, bias)]
            if None not in found and len({layer for _, layer in found}) == 1:  # type: ignore[misc]
                return Part(found[0][1], tuple(name for name, _ in found), below)  # type: ignore[misc, index]
    return None


def _activated(chain: tree.Chain) -> Part | None:
    """a_1 = s(z_1)."""
    pair = _last_pair(chain)
    found, call = (_numbered(pair[0]), _called(pair[1])) if pair is not None else (None, None)
    return Part(found[1], (found[0], call[0]), call[1]) if found is not None and call is not None else None


def in_net(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with the layers counted: from any layer l where it says what a layer is, from the last one else."""
    count, *names = context.option(OPTION).split(" ")
    if not names:
        return chain
    state, inner, *weights, start = names
    output = tree.Letter(state, below=(tree.Number(Fraction(int(count))),))
    told = tree.Chain((output, chain.sides[-1]), ("=",))
    chain = told if chain.sides[0] == tree.Letter(state, below=(LAST,)) and _activated(told) is not None else chain
    if _numbered(chain.sides[0]) == (state, 0) and len(chain.sides) == 2:
        return replace(chain, sides=(tree.Letter(state, below=(tree.Number(Fraction(0)),)), chain.sides[1]))  # a_0 = x
    part = _affine(chain) or _activated(chain)
    told = part is not None and part.names[0] in (state, inner) and len(chain.sides) == 2
    here = (INDEX, part.layer) if told and part is not None else (LAST, int(count))
    made = _counted(chain, {state, inner, *weights, *ERRORS}, (start, state), here)
    assert isinstance(made, tree.Chain)
    return made


def _counted(node: Node, names: set[str], start: tuple[str, str], here: tuple[tree.Letter, int]) -> Node:
    node = rebuilt(node, lambda child: _counted(child, names, start, here))
    if isinstance(node, tree.Letter) and node.name == start[0] and not (node.below or node.above or node.accents):
        return tree.Letter(start[1], below=(_layer(0, *here),))
    match node:
        case tree.Power(tree.Letter(name=name, below=(), above=()), tree.Product((tree.Number() as at, tree.Letter(name="T")))):
            if name in names:
                return tree.Transposed(tree.Letter(name, below=(_layer(int(at.value), *here),)))  # W^{(2)T}
    found = _numbered(node)
    return tree.Letter(found[0], below=(_layer(found[1], *here),)) if found is not None and found[0] in names else node


def _layer(number: int, index: tree.Letter, at: int) -> Node:
    """N - 1 of the first of two layers."""
    return index if number == at else tree.Sum((index, tree.Negative(tree.Number(Fraction(at - number)))))
