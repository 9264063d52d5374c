"""The leaves of resolved trees, quantities and functions of the convention, and ways to walk and rebuild such trees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from adjointcheck.notes.letters.context import ORDER, ROLES, Context, Declared, key
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.calls import HAMILTONIANS
from adjointcheck.notes.reading.tree import Node, children, rebuilt, walk

INDICES = ("l", "k", "i", "j", "n", "m")
COUNTERS = ("i", "j", "k", "l")  # of components, where no sum says so
VECTORS = ("x", "p", "w", "theta", "f", "x0", "v", "a_theta")
STAGED = ("stage", "slope", "stage_costate", "stage_control", "lower", "partner", "weights", "nodes")  # letters with stage indices
OWN_STAGE = "stage_"  # before the name of a letter of stages that the notes define
STARS = ("*", "ast", "star")
OPTIMAL = "opt"  # how the reader marks x_*, x_{opt}, x^circ
SIDES = {"-": "before", "+": "after", "minus": "before", "plus": "after"}
BLOCK = re.compile(r"x_\d+")  # a component of the state, or one of its blocks, as the argument of a function
_ENDS = ("t", "x", "theta")
AXES = {"f": ORDER, "L": ORDER, "alg": ORDER, "Psi": _ENDS, "phi": _ENDS, "g": _ENDS, "psi": _ENDS, "O": _ENDS, "r": ("x", "theta"),
        "base": ("x",), "act": ("x",), "H": (*ORDER, "p"), "Qfun": ("x", "w"), "Vfun": ("t", "x"), "Vnext": ("x",)}


@dataclass(frozen=True)
class Symbol(Node):
    """A quantity of the convention: x, p, theta, J, t1 ...; or a letter of the notes under its own name.

    `at`: the time or layer where it is taken (None: here); `side`: before or after a jump; `free`: a vector whose layout the notes
    never fix; `part`: indices of a component or a stage; `bound` marks the variable of an integral, a sum or a limit.
    """

    name: str
    at: Node | None = None
    side: str = ""
    free: bool = False
    part: tuple[Node, ...] = ()
    bound: bool = False


@dataclass(frozen=True)
class Applied(Node):
    """A function of the convention; `arguments` are (slot, value) as written, () where none are; `at` as in f(t1) or f_l."""

    name: str
    arguments: tuple[tuple[str, Node], ...] = ()
    at: Node | None = None
    side: str = ""
    part: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Formal(Node):
    """F(x), D_v(v, h): a function that the notes name and leave open, of these arguments, differentiated in those numbered `by`."""

    name: str
    arguments: tuple[Node, ...]
    by: tuple[int, ...] = ()


@dataclass(frozen=True)
class Size(Node):
    """n of sum_{i=1}^n: how many components there are."""

    name: str


@dataclass(frozen=True)
class Repeated(Node):
    """M_k M_{k-1} ... M_0: `body` at `first`, `first` + `step` and so on to `last`, from left to right; none where that goes backwards."""

    body: Node
    first: Node
    last: Node
    step: int


@dataclass(frozen=True)
class Diagonal(Node):
    """diag(1 - x^2): the diagonal matrix of a vector, whose powers, products and numbers are meant entry by entry."""

    of: Node


@dataclass(frozen=True)
class Pulse(Node):
    """delta(t - s): Dirac's, at a time."""

    at: Node


@dataclass(frozen=True)
class Unknown(Node):
    """A letter of which nothing is known; it is never guessed."""

    letter: str


def is_staged(name: str) -> bool:
    """Does a letter have stage indices?"""
    return name in STAGED or name.startswith(OWN_STAGE)


def over_stages(node: tree.Series, context: Context) -> bool:
    """Is its index that of a letter with stages?"""
    letters = [part for part in walk(node.body) if isinstance(part, tree.Letter) and node.index in written_below(part.below)]
    known = (context.letters.get(letter.name) for letter in letters)
    return any(declared is not None and is_staged(declared.symbol) for declared in known)


def is_optimum(place: Node) -> bool:
    """*, u^*, (x^*, u^*), u = u^* below a bar, where no time stands beside."""
    if isinstance(place, tree.Vector):
        return all(is_optimum(cell) for row in place.rows for cell in row)
    place = place.sides[-1] if isinstance(place, tree.Chain) else place
    marks = {getattr(mark, "name", "") for mark in (place, *place.above)} if isinstance(place, tree.Letter) else set()
    return bool(marks & {*STARS, OPTIMAL})


DECODER = "weights of what is seen"  # the option that keeps psi of g_psi, and the functions that move with it


def weights_apart(context: Context) -> str:
    """The letter of the weights that the dynamics do not take."""
    return next(iter(context.option(DECODER).split()), "")


def filling(function: str, values: list[Node], context: Context) -> list[Node]:
    """The arguments that fill slots: no data of phi, and no weights of H(x, p, W, b), which its formula holds by their own names."""
    values = [value for value in values if getattr(value, "name", "?") != weights_apart(context)]
    if function == "phi":
        return [value for value in values if getattr(value, "name", "x") in ROLES]
    weights = [value for value in values if function == "H" and isinstance(value, Symbol) and value.name not in ROLES]
    here = all(weight.at in (None, Symbol("l")) and not weight.part for weight in weights)
    return [value for value in values if value not in weights] if here else values


def directions_of(path: Symbol, context: Context) -> tuple[str, ...]:
    """By what a path is differentiated where that stands as its index: x_theta, and z_x where 0 = g(x, z, theta)."""
    held = path.name == "w" and context.law("algebraic") is not None
    return ("theta", "x0") if path.name == "x" else ("theta", "x") if held else ()


def costate(symbol: Symbol, declared: Declared) -> Node:
    """The convention's costate in the notes' sign and layout."""
    made: Node = replace(symbol, free=not declared.layout)
    made = tree.Transposed(made) if declared.layout == "column" else made
    return tree.Negative(made) if declared.sign < 0 else made


def is_name(body: Node) -> bool:
    """x(t + eps), [x, theta, t]: a letter that notes define so is but another name of it."""
    return isinstance(body, tree.Vector) or (isinstance(body, Symbol) and body.name == "x" and body.at is not None)


def is_rate(node: Symbol, context: Context) -> bool:
    """beta, a number that notes with layers have under a letter of their own, and that is no number for each layer."""
    known = next(iter(context.of(node.name)), None) if node.name not in ROLES and context.over() == "layers" else None
    return known is not None and (known.shape, known.kind, known.body) == (("1", "1"), "constant", None) and node.at is None


def is_growth(node: Node, context: Context) -> bool:
    """beta, 1 + r, 1/(1 + r): made of such numbers."""
    if isinstance(node, tree.Sum | tree.Product | tree.Quotient):
        parts = [*children(node)]
        return all(isinstance(part, tree.Number) or is_growth(part, context) for part in parts) and any(symbols(part) for part in parts)
    return isinstance(node, Symbol) and is_rate(node, context)


def turned(node: Node, context: Context) -> Node:
    """The transpose, minus a skew matrix; beta^T of a number is its power at the horizon T."""
    known = context.of(node.name) if isinstance(node, Symbol) else ()
    if is_growth(node, context):
        return tree.Power(node, Symbol("N"))
    if any(f"skew {letter.letter}" in context.hypotheses for letter in known):
        return tree.Negative(node)
    return node if isinstance(node, tree.Number) else node.of if isinstance(node, tree.Transposed) else tree.Transposed(node)


def is_output(node: Symbol, context: Context) -> bool:
    """o_k of o_k = V x_k + c: a column for each layer that the notes define by the state."""
    known = next(iter(context.of(node.name)), None) if node.name not in ROLES and context.over() == "layers" else None
    column = known is not None and known.kind == "path" and known.shape[1] == "1" != known.shape[0]
    return column and known is not None and known.body is not None and "x" in symbols(known.body)


LAGRANGIAN = "Lagrangian"


def is_defined(declared: Declared) -> bool:
    """A Hamiltonian that the notes define beside that of the problem, or a Lagrangian at rest: mathcal{H}_x is its derivative."""
    return declared.kind == "defined" and (declared.letter.partition("^")[0] in HAMILTONIANS or declared.symbol == LAGRANGIAN)


def letters_of(node: Node) -> set[str]:
    """The keys of all letters in it."""
    return {key(part) for part in walk(node) if isinstance(part, tree.Letter)}


def speaks_of(node: Node, name: str) -> bool:
    """Does a letter of this name stand in it?"""
    return any(isinstance(part, tree.Letter) and part.name == name for part in walk(node))


def unscripted(node: Node) -> Iterator[Node]:
    """The node and what is below it, without what stands in subscripts: A of x_A is no matrix, f of t_f no field."""
    yield node
    for child in () if isinstance(node, tree.Letter) else children(node):
        yield from unscripted(child)


def instead(node: Node, old: Node | None, new: Node) -> Node:
    """The tree with another part in the place of each that equals the old one."""
    return new if node == old else rebuilt(node, lambda child: instead(child, old, new))


def layers_left(exponent: Node, context: Context) -> Node:
    """N - l of W^{T-t} over layers, where T stands for the last one."""
    return instead(exponent, Symbol("t1"), Symbol("N")) if context.over() == "layers" and Symbol("l") in walk(exponent) else exponent


def shifted(place: Node, steps: int) -> Node:
    """l + 2 of l + 1 and one step more: an index with its numbers added up."""
    terms = [item for term in tree.terms(place) for item in tree.terms(term)]
    letters, total = [item for item in terms if _number(item) is None], steps + sum(_number(item) or 0 for item in terms)
    size = tree.Number(Fraction(abs(total)))
    numbers = [tree.Negative(size) if total < 0 else size] if total or not letters else []
    return tree.Sum((*letters, *numbers)) if len(letters) + len(numbers) > 1 else (*letters, *numbers)[0]


def _number(node: Node) -> int | None:
    """3 of 3, -3 of -3."""
    size = tree.unsigned(node)
    return int(size.value) * (1 if size is node else -1) if isinstance(size, tree.Number) else None


def placed_from(node: Node, place: Node, letter: Symbol = Symbol("l")) -> Node:
    """z_{l+1} of z_{l-1}, where l is put at l + 2."""
    if node == letter:
        return place
    if isinstance(node, tree.Sum) and node.terms[0] == letter and None not in map(_number, node.terms[1:]):
        return shifted(tree.Sum((place, *node.terms[1:])), 0)
    return rebuilt(node, lambda child: placed_from(child, place, letter))


def written_below(node_below: tuple[Node, ...], count: int = 0) -> list[Node]:
    """n and i of k_{n i}, which the reader takes for a product; 2 and 1 of a_21, where there are `count` indices."""
    found = [part for node in node_below for part in (node.factors if isinstance(node, tree.Product) else (node,))]
    digits = str(found[0].value) if len(found) == 1 < count and isinstance(found[0], tree.Number) else ""
    return [tree.Number(Fraction(int(digit))) for digit in digits] if len(digits) == count > 1 else found


def standing(places: tuple[Node, ...]) -> tuple[Node, ...]:
    """The arguments of |_{(x_k, u_k)}, |_{x_k, u_k} and |_{x = x_k, u = u_k}, where all are plain letters or their values; else none."""
    cells = places[0].rows if len(places) == 1 and isinstance(places[0], tree.Vector) else (places,)
    found = [cell for row in cells for cell in row]
    pairs = [cell.sides if isinstance(cell, tree.Chain) and cell.relations == ("=",) else (cell, cell) for cell in found]
    letters = [tuple(side.function if isinstance(side, tree.Call) else side for side in pair) for pair in pairs]
    plain = all(isinstance(side, tree.Letter) and not side.above and not side.accents for pair in letters for side in pair)
    same = plain and all(getattr(one, "name", "") == getattr(other, "name", "") for one, other in letters)
    return tuple(value for _, value in pairs) if same and len(found) > 1 else ()


def has_entries(name: str, context: Context) -> bool:
    """x, p, and columns of which a start is made, mu and sigma of z_0 = mu + sigma * eps, and log(sigma)."""
    made = frozenset().union(*(symbols(law.right) for law in context.laws if law.kind == "start"))
    columns = {known.symbol for known in context.letters.values() if known.symbol in made and known.shape[1] == "1" != known.shape[0]}
    logarithms = {known.symbol for known in context.letters.values() if isinstance(known.body, tree.Function) and known.body.name == "log"
                  and symbols(known.body) <= columns}
    return name in {*VECTORS, *columns, *logarithms}


def symbols(node: Node) -> frozenset[str]:
    """The names of all quantities and functions in it."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Symbol | Applied | Formal))


def unknown(node: Node) -> tuple[str, ...]:
    """The letters that nothing explains, each once."""
    return tuple(dict.fromkeys(part.letter for part in walk(node) if isinstance(part, Unknown)))


def in_functions(node: Node, change: Callable[[Applied], Node]) -> Node:
    """Phi(x(T), T), where Phi is phi + nu psi: the functions in it take the arguments."""
    return change(node) if isinstance(node, Applied) else rebuilt(node, lambda child: in_functions(child, change))


def random(node: Node) -> Node:
    """A small letter inside a mean is a random one."""
    return replace(node, name="noise", bound=False) if isinstance(node, Symbol) and node.name == "eps" else rebuilt(node, random)


def inside(node: Node, change: Callable[[Any], Node]) -> Node:
    """With a change of what stands inside minus signs and transposes."""
    return replace(node, of=inside(node.of, change)) if isinstance(node, tree.Negative | tree.Transposed) else change(node)


def placed_at(node: Node, place: Node) -> Node:
    """The value of a path there."""
    if isinstance(place, Symbol) and place.side:  # p(s^-) is p before s
        return inside(node, lambda core: replace(core, at=replace(place, side=""), side=place.side))
    return inside(node, lambda core: replace(core, at=place))


def moments(values: list[Node], context: Context) -> list[Node]:
    """t of u(t, p) and x(t; x_0, theta): when a solution is looked at that is a function of its inputs."""
    known = [value for value in values if isinstance(value, Symbol) and not value.bound and (
        value.name in ("theta", "x0", "w") or value == Symbol("x", at=Symbol("t0")))]
    inputs = known + [value for value in values if isinstance(value, Unknown) and known]
    rest = [value for value in values if value not in inputs]
    return rest if inputs and context.over() == "time" else []


def here(node: Node) -> Node:
    """x for x(t)."""
    return replace(node, at=None) if isinstance(node, Symbol) and node.at == Symbol("t") else rebuilt(node, here)


def leading(given: Sequence[Node], values: Sequence[Node]) -> tuple[Node, ...]:
    """The slots of T(z), where T(z, t) is defined; all of them, where it is taken at something else."""
    first = tuple(given[: len(values)])
    return first if [*map(here, first)] == [*map(here, values)] else tuple(given)


def common_place(given: Sequence[Node], values: Sequence[Node]) -> Node | None:
    """T of h(x(T), p(T)), where h(x, p) is defined: all of its letters there."""
    places = {part.at for value in values for part in walk(value) if isinstance(part, Symbol) and part.at is not None}
    place = places.pop() if len(places) == 1 else None
    pairs = [(here(slot), value) for slot, value in zip(given, values, strict=True)]
    letters = all(isinstance(part, Symbol | tree.Transposed | tree.Negative) for slot, _ in pairs for part in walk(slot))
    return place if letters and place is not None and all(value == placed_at(slot, place) for slot, value in pairs) else None


def lengths(node: Node) -> Node:
    """lambda_1 (T - t): a component of the costate times a length of time, and no costate at another time."""
    place = node.at if isinstance(node, Symbol) and node.name == "p" and node.part else None
    terms = place.terms if isinstance(place, tree.Sum) else ()
    inner = [tree.unsigned(term) for term in terms]
    if isinstance(node, Symbol) and place is not None and len(terms) == 2 and Symbol("t") in inner and all(map(_is_time, inner)):
        return tree.Product((replace(node, at=None), place))
    return rebuilt(node, lengths)


def _is_time(node: Node) -> bool:
    return isinstance(node, tree.Number | tree.Pi) or (isinstance(node, Symbol) and node.name in ("t", "t0", "t1"))


def component_slot(slot: str, value: Node) -> str:
    """w_1, where the argument is that component; the slot itself for any other value of it; "" for what is no letter."""
    if not isinstance(value, Symbol) or value.name not in (slot, f"{slot}0", f"{slot}1"):
        return ""
    return f"{slot}_{value.part[0].value}" if value.part and isinstance(value.part[0], tree.Number) else slot


def slots_told(declared: Declared) -> tuple[str, ...] | None:
    """A function's arguments, blocks of the state as the one state that they are of."""
    if declared.arguments is None:
        return None
    return tuple(dict.fromkeys("x" if BLOCK.fullmatch(slot) else slot for slot in declared.arguments))


def runs_below(name: str, context: Context) -> bool:
    """May t stand below for the running time: p_t, the density, and x_t of a state that the header declares, if no x_t(t, p) is a slope?"""
    return name == "rho" or any(known.source == "declared" and known.letter not in context.option("slopes in time").split()
                                for known in context.of(name) if known.kind == "path")
