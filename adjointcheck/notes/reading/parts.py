"""What stands between terminals and trees: brackets not yet a call or a product, operators that wait for what they act on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NoReturn

from adjointcheck.notes.reading.scan import NotRead
from adjointcheck.notes.reading.tree import Chain, Evaluated, Integral, Letter, Node, Number, Power, Product, Transposed, Variation, Vector


@dataclass(frozen=True)
class Paren(Node):
    """A bracket with its entries; `plain` makes it the entry itself or a row."""

    entries: tuple[Node, ...]
    separators: tuple[str, ...]
    opener: str


@dataclass(frozen=True)
class Entries(Node):
    """A list before it has an owner."""

    nodes: tuple[Node, ...]
    separators: tuple[str, ...]


@dataclass(frozen=True)
class Prefix(Node):
    """d, partial, delta, nabla, D before what they act on; `by` is what stands below."""

    name: str
    order: int = 1
    by: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Differential(Node):
    """d x or partial^2 f, one half of a derivative; `of` is None for the d of d/dt."""

    kind: str
    of: Node | None
    order: int = 1


@dataclass(frozen=True)
class Mixed(Node):
    """Factors with a differential among them: partial x partial u below, d x y on top, or a product with d x."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Operator(Node):
    """d/dt before what it acts on."""

    by: tuple[Node, ...]
    kind: str


@dataclass(frozen=True)
class Head(Node):
    """A function (log, tr) or a big operator (sum, lim, min, E) before its argument."""

    name: str
    below: tuple[Node, ...] = ()
    above: tuple[Node, ...] = ()
    big: bool = False


@dataclass(frozen=True)
class Front(Node):
    """An integral whose differential stands in front."""

    by: Node
    lower: Node | None
    upper: Node | None


@dataclass(frozen=True)
class Bar(Node):
    """|_less^at, waiting for what stands before it; `turned`: |_at^T, which also transposes."""

    at: tuple[Node, ...]
    less: tuple[Node, ...] = ()
    turned: bool = False

    def of(self, node: Node, span: tuple[int, int]) -> Node:
        """The value there of what stands before."""
        value = Evaluated(node, self.at, self.less, span=span)
        return Transposed(value, span=span) if self.turned else value


@dataclass(frozen=True)
class Sign(Node):
    """A cdot, slash or other sign between factors."""

    kind: str
    name: str


@dataclass(frozen=True)
class Scripts(Node):
    """What is written below and above, and the number of primes."""

    below: tuple[Node, ...] | None = None
    above: tuple[Node, ...] | None = None
    primes: int = 0


def refuse(node: Node, reason: str, todo: str) -> NoReturn:
    """Tell that the formula is not read, at the first character of `node`."""
    raise NotRead(node.span[0], reason, todo)


def over(parts: Iterable[Node]) -> tuple[int, int]:
    """The characters from the first to the last of `parts`."""
    spans = [part.span for part in parts]
    return (min(start for start, _ in spans), max(end for _, end in spans))


def plain(node: Node) -> Node:
    """`node` as a finished tree; raises NotRead for what still waits for something."""
    match node:
        case Paren(entries=(Chain() as entry,)):
            return entry
        case Paren(entries=(entry,)):
            return plain(entry)
        case Paren():
            return Vector((tuple(plain(entry) for entry in node.entries),), span=node.span)
        case Transposed(of=Paren() | Power() | Evaluated()) | Evaluated(of=Paren() | Transposed() | Power()):
            return replace(node, of=plain(node.of))
        case Power(base=Paren() | Evaluated() | Transposed()):
            return replace(node, base=plain(node.base))
        case Differential():
            return _variation(node)
        case Mixed():
            return Product(tuple(plain(factor) for factor in node.factors), span=node.span)
        case Front():  # int dt
            return Integral(Number(Fraction(1), span=node.span), node.by, node.lower, node.upper, span=node.span)
        case Prefix() | Operator() | Head():
            refuse(node, "an operator with nothing to act on", "Write its operand behind it.")
    return node


def _variation(node: Differential) -> Node:
    if node.kind == "partial" or node.of is None:
        sign = "∂" if node.kind == "partial" else "d"
        refuse(node, f"`{sign}` outside a fraction", "Write \\frac{\\partial f}{\\partial x}, or \\partial_x f.")
    if isinstance(node.of, Power):
        refuse(node, "a differential before a power: d(x^2), or (dx)^2", "Write brackets.")
    variation: Node = node.of
    for _ in range(node.order):
        variation = Variation(variation, total=True, span=node.span)
    return variation


def product(factors: list[Node]) -> Node:
    """The factors as one node; differentials among them stay open for a fraction."""
    if len(factors) == 1:
        return factors[0]
    marked = any(isinstance(factor, Letter) and factor.name == "*" for factor in factors)
    if any(isinstance(factor, Differential) or (marked and isinstance(factor, Paren)) for factor in factors):
        return Mixed(tuple(factors), span=over(factors))
    done = [plain(factor) for factor in factors]
    for factor in done:
        if isinstance(factor, Chain):
            refuse(factor, "a relation as a factor", "Write the statement on its own.")
    return Product(tuple(done), span=over(factors))


def bare_letters(node: Node) -> tuple[Node, ...] | None:
    """x and u of xu, an index of several letters; None for anything else."""
    letters = node.factors if isinstance(node, Product) else ()
    return letters if letters and all(isinstance(letter, Letter) for letter in letters) else None


def first(nodes: Sequence[Node]) -> Node:
    return nodes[0]


def is_number(node: Node, value: int | None = None) -> bool:
    return isinstance(node, Number) and (value is None or node.value == value)
