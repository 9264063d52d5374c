"""What one formula says, as a tree: LaTeX without its looks, letters not yet understood.

The reader makes trees from text alone (with the help of the declared letters where text is ambiguous); what a letter
stands for is found out later, in `meaning.py`.  Every node knows the characters of the formula that it was read from.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar

from adjointcheck.notes.reading.scan import Unread


@dataclass(frozen=True)
class Node:
    """`span`: first and last-plus-one character in the formula's text; it takes no part in comparisons."""

    span: tuple[int, int] = field(default=(0, 0), compare=False, kw_only=True)


@dataclass(frozen=True)
class Number(Node):
    value: Fraction


@dataclass(frozen=True)
class Pi(Node):
    """The number pi, where the notes use the letter for nothing else."""

    value = math.pi


@dataclass(frozen=True)
class Letter(Node):
    """x_{k+1}^{*}: `name` without looks (bold, roman), `below` and `above` what is written there, `accents` such as dot, bar, hat.

    Names: x, lambda, varphi, loss, mathcal{L}, mathbb{R}, partial, infty, dots.  f_{xu} and f_{x,u} have two entries below.
    In `above` stand marks (the letters *, prime, dagger, +, -) and indices in parentheses or declared ones; powers are `Power`.
    The first accent is the innermost; Delta is an accent too: \\Delta t.
    """

    name: str
    below: tuple[Node, ...] = ()
    above: tuple[Node, ...] = ()
    accents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call(Node):
    """f(z(t), t, theta), a(t), \\lambda(T): a function of arguments, or a value at a place.

    `separators`, one fewer than the arguments, are `,` `;` `|` `:`.
    """

    function: Node
    arguments: tuple[Node, ...]
    separators: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Sum(Node):
    terms: tuple[Node, ...]


def terms(node: Node) -> tuple[Node, ...]:
    """Of a sum; anything else is its only one."""
    return node.terms if isinstance(node, Sum) else (node,)


def summed(terms: Iterable[Node]) -> Node:
    """The sum of these terms; a single one as it is."""
    terms = tuple(terms)
    return terms[0] if len(terms) == 1 else Sum(terms)


def unsigned(term: Node) -> Node:
    """v of v and of -v."""
    return term.of if isinstance(term, Negative) else term


def turned(term: Node) -> Node:
    """-v of v, and v of -v."""
    return term.of if isinstance(term, Negative) else Negative(term)


@dataclass(frozen=True)
class Product(Node):
    """Factors in the order written; `dot` products and cross signs are products too.  `dots`: the factors with a dot before them."""

    factors: tuple[Node, ...]
    dots: tuple[int, ...] = field(default=(), compare=False, kw_only=True)


@dataclass(frozen=True)
class Quotient(Node):
    above: Node
    below: Node


@dataclass(frozen=True)
class Power(Node):
    base: Node
    exponent: Node


@dataclass(frozen=True)
class Negative(Node):
    of: Node


@dataclass(frozen=True)
class Transposed(Node):
    of: Node


@dataclass(frozen=True)
class Function(Node):
    """exp, log, sin, tr, det, norm, abs ... of arguments; `below` as in a norm's index or \\log_2."""

    name: str
    arguments: tuple[Node, ...]
    below: Node | None = None


NATURAL = Function("exp", (Number(Fraction(1)),))  # e, where the notes use the letter for nothing else


@dataclass(frozen=True)
class Derivative(Node):
    """d of / d by^order: one entry of `by` for each order; `kind` is total (d), partial, nabla, functional (delta/delta), or through
    (d_p, beside which partial_p is another).

    `by` is empty where nothing is written: a dot over more than a letter, a bare nabla, a prime that was declared a derivative.
    """

    of: Node
    by: tuple[Node, ...]
    kind: str = "total"


@dataclass(frozen=True)
class Variation(Node):
    """delta of, or d of where no quotient is meant: `total` is d, which moves along with an end where it is taken."""

    of: Node
    total: bool = field(default=False, compare=False, kw_only=True)


@dataclass(frozen=True)
class Integral(Node):
    """int_lower^upper body d by; a missing limit is None."""

    body: Node
    by: Node
    lower: Node | None
    upper: Node | None


@dataclass(frozen=True)
class Series(Node):
    """sum (or product) of body over index = lower ... upper, or over those for which the chain `lower` holds."""

    kind: str
    body: Node
    index: Node | None
    lower: Node | None
    upper: Node | None


@dataclass(frozen=True)
class Limit(Node):
    body: Node
    by: Node
    to: Node


@dataclass(frozen=True)
class Evaluated(Node):
    """of | at; `at` are equations (t = t_1) or bare places; with `less`, as in [..]_less^at, the value there is taken away."""

    of: Node
    at: tuple[Node, ...]
    less: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Expectation(Node):
    body: Node
    over: Node | None = None


@dataclass(frozen=True)
class Extremum(Node):
    """min, max, argmin, argmax, inf, sup of body over something."""

    kind: str
    over: Node | None
    body: Node | None


@dataclass(frozen=True)
class BigO(Node):
    """O(of), or o(of) when `little`."""

    of: Node
    little: bool = False


@dataclass(frozen=True)
class Vector(Node):
    """[x, a, a_theta], (z, a), a column in a matrix environment: `rows` of cells."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True)
class Cases(Node):
    """value, condition (None for otherwise) in the order written."""

    rows: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True)
class Words(Node):
    """\\text{...}, kept as it is."""

    text: str


@dataclass(frozen=True)
class Chain(Node):
    """a = b = c, a \\approx b, x \\in R^n: sides with the relations between them; `conditions` follow after a comma or words.

    `unread`: why sides were left out that stand between or beside these.

    Relations are written = := =: == < > <= >= << >> != <- += -= or, by name, approx sim equiv propto in notin
    subset supset to mapsto succeq preceq succ prec perp parallel, or `:` in f: A to B.
    """

    sides: tuple[Node, ...]
    relations: tuple[str, ...]
    conditions: tuple[Node, ...] = ()
    unread: tuple[Unread, ...] = field(default=(), compare=False)


# Through a tree


Of = TypeVar("Of", bound=Node)


@cache
def _parts(kind: type[Node]) -> tuple[str, ...]:
    return tuple(entry.name for entry in fields(kind) if entry.name != "span")


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in order; a node never changes and keeps them."""
    kept = node.__dict__
    if "_below" not in kept:
        kept["_below"] = tuple(part for name in _parts(type(node)) for part in _nodes(getattr(node, name)))
    return kept["_below"]


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += children(node)[::-1]


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """The same node with `change` applied to its children; the node itself where that changes none of them."""
    below = children(node)
    made = [*map(change, below)]
    if all(map(operator.is_, made, below)):
        return node
    following = iter(made)
    return changed(node, **{name: _refilled(getattr(node, name), following) for name in _parts(type(node))})


def changed(node: Of, **entries: Any) -> Of:
    """`dataclasses.replace` for nodes, which check nothing when they are made: four times as fast, where it is done most."""
    made = object.__new__(type(node))
    made.__dict__.update(node.__dict__, **entries)
    made.__dict__.pop("_below", None)
    return made


def _refilled(value: Any, following: Iterator[Node]) -> Any:
    """The same value with the next nodes in the places of its nodes."""
    if isinstance(value, Node):
        return next(following)
    return tuple(_refilled(item, following) for item in value) if isinstance(value, tuple) else value
