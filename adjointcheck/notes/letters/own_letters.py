"""Letters that a law brings in without a word, such as M_i and y_i: their shapes follow from where they stand.

Every unknown letter is tried as a matrix, a column or a number, the most usual first, until all sums and products of the law fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import islice, product

from adjointcheck.notes.letters.context import ACCENTS, GREEK, LISTED, ROLES, USUAL, Context, Declared, Shape, key, own
from adjointcheck.notes.letters.held_states import held_from
from adjointcheck.notes.letters.meaning import INDICES, STARS, Applied, Symbol, children, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import OPTIMAL
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.signs import ENTRYWISE
from adjointcheck.notes.reading.tree import Node

LOOSE = ("d", "e", "g", "i", "j")  # names of dimensions that nothing fixes
TRIES = 64
ROLE_LETTERS = {"H": "H", "mathcal{H}": "H", "f": "f", "F": "f", "L": "L", "J": "J", "mathcal{J}": "J", "Psi": "Psi", "Phi": "Psi"}
SCALAR = ("1", "1")
MAPS = ("f", "act", "O")
MARKS = ("T", "top", "star", "ast", "prime", "dagger", "plus", "minus")  # above a letter, these are no names
TIME = (tree.Letter("t"),)
DOTS = tree.Letter("dots")
PLACES = {"layers": ("N", "K", "T"), "time": ("t", "T", "f", "N", "s", "tau")}  # subscripts that say where, not which


class Misfit(Exception):
    """No shapes of this kind fit."""


@dataclass
class Fit:
    """Shapes of the letters of one law, `trial` of the unknown ones; equal dimensions are joined."""

    context: Context
    trial: Mapping[str, str]
    joined: dict[str, str] = field(default_factory=dict)

    def dim(self, name: str) -> str:
        while name in self.joined:
            name = self.joined[name]
        return name

    def join(self, one: str, other: str) -> None:
        """Fresh dimensions, which start with ?, take the other's name."""
        one, other = self.dim(one), self.dim(other)
        if one == other:
            return
        if not (one.startswith("?") or other.startswith("?")):
            raise Misfit
        self.joined[one if one.startswith("?") else other] = other if one.startswith("?") else one

    def same(self, one: Shape, other: Shape) -> Shape:
        self.join(one[0], other[0])
        self.join(one[1], other[1])
        return one

    def times(self, one: Shape, other: Shape) -> Shape:
        if SCALAR in ((self.dim(one[0]), self.dim(one[1])), (self.dim(other[0]), self.dim(other[1]))):
            return other if (self.dim(one[0]), self.dim(one[1])) == SCALAR else one
        self.join(one[1], other[0])
        return one[0], other[1]

    def shape(self, node: Node) -> Shape:
        """Of an expression; raises Misfit."""
        match node:
            case tree.Number() | tree.Pi():
                return SCALAR
            case tree.Letter() | tree.Call():
                return self.letter(node)
            case tree.Sum(terms):
                return reduce(self.same, [self.shape(term) for term in terms if not _is_zero(term)], self.shape(terms[0]))
            case tree.Product(factors):
                return reduce(self.times, [self.shape(factor) for factor in factors if factor != DOTS])
            case tree.Negative(of) | tree.Variation(of) | tree.Series(body=of) | tree.Integral(body=of):
                return self.shape(of)
            case tree.Transposed(of):
                rows, cols = self.shape(of)
                return cols, rows
            case tree.Quotient(above, below):
                self.same(self.shape(below), SCALAR)
                return self.shape(above)
            case tree.Power(base, _):
                return self.power(base)
            case tree.Function(name, arguments):
                return self.function(name, arguments)
        raise Misfit

    def power(self, base: Node) -> Shape:
        """Of a square matrix, or a number; |e|^2 is one."""
        rows, cols = self.shape(base)
        self.join(rows, cols)
        return rows, cols

    def function(self, name: str, arguments: tuple[Node, ...]) -> Shape:
        shapes = [self.shape(argument) for argument in arguments]
        if name in ("dot", "inner", "angle") and len(shapes) == 2:
            self.same(*shapes)
        elif name == "hadamard" or (name in ENTRYWISE and len(shapes) == 1):
            return reduce(self.same, shapes)
        elif name not in ("norm", "abs", "tr", "trace", "det"):
            reduce(self.same, shapes, SCALAR)
        return SCALAR

    def letter(self, node: tree.Letter | tree.Call) -> Shape:
        if (function := self.function_of(node)) is not None:
            if function.symbol == "act" and isinstance(node, tree.Call):  # entry by entry
                return self.shape(node.arguments[0])
            return next((state.shape for state in self.context.of("x") if function.symbol == "f"), function.shape)
        name = name_of(node, self.context)
        if name in self.trial:
            return self.unknown(name)
        known = self.context.letters.get(name)
        symbol = known.symbol if known is not None else USUAL.get(name, "")
        if symbol == "p" or (known is None and not symbol) or (symbol in ROLES and ROLES[symbol].kind == "index"):
            raise Misfit
        return known.shape if known is not None else ROLES[symbol].shape

    def function_of(self, node: Node) -> Declared | None:
        """The function that is called."""
        inner = node.function if isinstance(node, tree.Call) else None
        if not isinstance(inner, tree.Letter):
            return None
        known = self.context.letters.get(key(inner)) or self.context.letters.get(inner.name)
        return known if known is not None and known.kind == "function" else None

    def unknown(self, name: str) -> Shape:
        """By the kind under trial: like is x_b, which is like x."""
        rows, cols = f"?{name} rows", f"?{name} cols"
        like = self.context.letters.get(_parted(name)[0])
        return {"matrix": (rows, cols), "column": (rows, "1"), "like": like.shape if like else SCALAR}.get(self.trial[name], SCALAR)


def _is_zero(node: Node) -> bool:
    return isinstance(node, tree.Number) and not node.value


def name_of(node: Node, context: Context) -> str:
    """M for M_i, M_0 and M(t), x_b for x_b."""
    letter = node.function if isinstance(node, tree.Call) else node
    known = isinstance(letter, tree.Letter) and ({*letter.accents} <= ACCENTS.keys() or key(letter) in context.letters or _is_step(letter))
    if not isinstance(letter, tree.Letter) or not known:
        raise Misfit
    aimed = f"{key(replace(letter, above=()))}^*"
    if aimed in context.letters and any(getattr(mark, "name", "") in (*STARS, OPTIMAL) for mark in letter.above):  # x^*, a target
        return aimed
    if letter.above:  # x^b, the background
        return "^".join([key(replace(letter, above=())), *(_mark(mark) for mark in letter.above)])
    return key(replace(letter, below=())) if isinstance(node, tree.Letter) and is_placed(node, context) else key(letter)


def _is_step(letter: tree.Letter) -> bool:
    """Delta t, a number."""
    return letter.accents == ("Delta",) and letter.name in ("t", "s", "x", "tau") and not letter.below and not letter.above


def _mark(node: Node) -> str:
    if not isinstance(node, tree.Letter) or node.below or node.above or not node.name.isalpha() or node.name in MARKS:
        raise Misfit
    return node.name


def is_placed(node: Node, context: Context) -> bool:
    """M_i, M_N, y_{i+1}, M(t): taken at a layer or a time."""
    below = node.below if isinstance(node, tree.Letter) else ()
    if isinstance(node, tree.Call):
        known = context.letters.get(getattr(node.function, "name", ""))
        moments = node.arguments[:1] if known is not None and known.symbol == "x" else node.arguments  # u(t, p) is u(t)
        return all(isinstance(part, tree.Letter) and part.name in ("t", "s", "tau") for part in moments)
    layers = {name for name, declared in context.letters.items() if declared.symbol in ("l", "N")} | {"N"}
    letters = {part.name for part in walk(below[0]) if isinstance(part, tree.Letter)} if len(below) == 1 else set()
    return len(below) == 1 and context.over() == "layers" and letters <= layers


def is_pairwise(letter: tree.Letter, context: Context) -> bool:
    """Phi_{k,j}, of any two layers."""
    counted = [part for part in letter.below if isinstance(part, tree.Letter) and part.name in INDICES]
    return len(counted) > 1 and context.over() == "layers"


def own_letters(shape: Shape, node: Node, context: Context) -> Context:
    """With the unknown letters of an expression of that shape, where some choice of their kinds fits; u of (A + u N) x is a number."""
    found = _fitting(shape, node, context) or _fitting(shape, node, _with_one_control(context)) or _fitting(shape, node, context, thin=True)
    parts = node.terms if isinstance(node, tree.Sum) and shape == SCALAR else ()  # |r|^2 beside sum_j mu_j^2
    return found or reduce(lambda known, part: own_letters(shape, part, known), parts, context)


def _with_one_control(context: Context) -> Context:
    """With a control of one component, of which nobody has said how many it has."""
    known = next((known for known in context.of("w") if known.source == "proposed" and known.shape == ROLES["w"].shape), None)
    return context if known is None else replace(context, letters={**context.letters, known.letter: replace(known, shape=SCALAR)})


def _fitting(shape: Shape, node: Node, context: Context, *, thin: bool = False) -> Context | None:
    """`thin`: where vectors are capitals too, Y of H X - Y."""
    places = {name: is_placed(part, context) for part in walk_letters(node, context) if (name := _unknown(part, context))}
    choices = product(*(_kinds(name, context) for name in places)) if len(places) < 8 else ()
    for kinds in islice(choices, TRIES):
        fit = Fit(context, dict(zip(places, kinds, strict=True)))
        try:
            fit.same(fit.shape(node), shape)
        except Misfit:
            continue
        if thin or not any(_is_thin(name, fit) for name in places):
            return _declared(fit, places, context)
    return None


def _is_thin(name: str, fit: Fit) -> bool:
    """Is it a matrix in name, of one row or column only?"""
    return fit.trial[name] == "matrix" and SCALAR[0] in map(fit.dim, fit.unknown(name))


def fits(node: Node, shape: Shape, context: Context) -> bool:
    """Has an expression of known letters that shape?"""
    fit = Fit(context, {})
    try:
        fit.same(fit.shape(node), shape)
    except Misfit:
        return False
    return True


def walk_letters(node: Node, context: Context) -> Iterator[tree.Letter | tree.Call]:
    """Letters, and calls that are places, without what stands in subscripts and in arguments of such calls."""
    if isinstance(node, tree.Letter) or (isinstance(node, tree.Call) and is_placed(node, context)):
        yield node
    else:
        for child in (node.body,) if isinstance(node, tree.Series | tree.Integral) else children(node):
            yield from walk_letters(child, context)


def _unknown(node: tree.Letter | tree.Call, context: Context) -> str:
    """The name of a letter that nothing explains."""
    if node == DOTS:
        return ""
    try:
        name = name_of(node, context)
    except Misfit:
        return ""
    base, mark = _parted(name)
    known = context.letters.get(base)
    whole = context.letters.get(key(node)) if isinstance(node, tree.Letter) else None
    if base in context.called or (whole is not None and whole.kind == "function"):  # the end cost V_N is no V of the last layer
        return ""
    fixed = mark.isalpha() and mark not in PLACES[context.over()] and known is not None and known.kind in ("path", "constant")
    if _is_listed(name, context):
        return name
    return name if name not in {*context.letters, *USUAL} and (known is None or fixed) else ""


def _is_listed(name: str, context: Context) -> bool:
    """Is it a constant of which a header says no more?"""
    known = context.letters.get(name)
    return known is not None and known.source == LISTED


def _parted(name: str) -> tuple[str, str]:
    """(x, b) of x_b and x^b."""
    base, _, mark = name.replace("^", "_").partition("_")
    return base, mark


def _kinds(name: str, context: Context) -> tuple[str, ...]:
    base, _ = _parted(name)
    if _is_listed(name, context):
        return ("matrix", "number") if base.isupper() else ("number", "column")
    if base in context.letters:
        return ("like",)
    return ("number", "column") if base in GREEK else ("matrix", "number") if base.isupper() else ("column", "number")


def _declared(fit: Fit, places: Mapping[str, bool], context: Context) -> Context:
    loose = dict.fromkeys(dim for name in places for dim in map(fit.dim, fit.unknown(name)) if dim.startswith("?"))
    names = dict(zip(loose, LOOSE, strict=False))
    for name, placed in places.items():
        rows, cols = (names.get(dim, dim) for dim in map(fit.dim, fit.unknown(name)))
        symbol = own(name.replace("^", "_").replace(" ", "_"))
        context = context.declare(Declared(name, symbol, (rows, cols), "path" if placed else "constant", source="proposed"))
    return context


def layered_data(chain: tree.Chain, context: Context) -> Context:
    """With y_d as data of each layer from where y_d^n is written on, though it was one column before."""
    for part in (part for side in chain.sides for part in walk(side)) if context.over() == "layers" else ():
        known = context.letters.get(part.name) if isinstance(part, tree.Letter) and part.below and is_placed(part, context) else None
        if known is not None and known.symbol not in ROLES and known.body is None and known.shape[1] == "1" != known.shape[0]:
            context = replace(context, letters={**context.letters, known.letter: replace(known, kind="path")})
    return context


def driven(chain: tree.Chain, context: Context) -> Context:
    """With b as a path from nabla_b J(t), delta J/delta b and dJ/db(t) on, gradients of each time, though it was a constant before."""
    whole = context.over() != "time" or any(isinstance(part, tree.Integral) for part in walk(chain))
    for name in () if whole else {name for part in walk(chain) for name in _varied_in_time(part)}:
        known = context.letters.get(name)
        if known is not None and known.symbol == own(name) and known.body is None and known.kind == "constant":
            context = replace(context, letters={**context.letters, name: replace(known, kind="path")})
    return context


def _varied_in_time(node: Node) -> Iterator[str]:
    """b of a gradient that has a time with J, with b or behind it."""
    slope = node.function if isinstance(node, tree.Call) and node.arguments == TIME else node
    if not isinstance(slope, tree.Derivative):
        return
    for by in slope.by:
        timed = slope is not node or slope.kind == "functional" or getattr(slope.of, "arguments", ()) == TIME
        if isinstance(by, tree.Call) and by.arguments == TIME and isinstance(by.function, tree.Letter):
            yield key(by.function)
        elif timed and isinstance(by, tree.Letter):
            yield key(by)


def indexed(letter: tree.Letter, value: Node, context: Context, shape: Shape = ("?rows", "?cols")) -> Context | None:
    """d_k = y_k - H_k x_k, J_k = df/dx(x_k, w_k): a new letter with a value at each layer."""
    index = letter.below[0] if len(letter.below) == 1 else None
    context = own_letters(shape, value, context)
    known = context.letters.get(key(index)) if isinstance(index, tree.Letter) else None
    body = held_from(resolve(value, context), context)
    slope = body.of if isinstance(body, tree.Evaluated) else body
    shape = slope_shape(slope, context) if isinstance(slope, tree.Derivative) else shape_of(value, context)
    role = ROLE_LETTERS.get(letter.name, "")  # which a letter usually names, unless another letter does
    meant = role and not context.of(role) and (role == "f" or shape in (("", ""), SCALAR)) and not (has_slope(body) or "P" in symbols(body))
    taken = letter.name in context.letters or (meant and (role != "H" or "p" in symbols(body)))
    if known is None or known.symbol != "l" or taken or unknown(body) or not symbols(body):
        return None
    return context.declare(Declared(letter.name, own(letter.name), shape, "path", body=body, source="proposed"))


def has_slope(body: Node) -> bool:
    """The slope of a map, diag(...), or 1 plus such: no cost, and no field."""
    if isinstance(body, tree.Sum | tree.Product):
        return any(map(has_slope, children(body)))
    if isinstance(body, tree.Negative | tree.Transposed):
        return has_slope(body.of)
    slope = isinstance(body, tree.Derivative) and isinstance(body.of, Applied) and body.of.name in MAPS
    return slope or (isinstance(body, Symbol) and body.name == "I") or (isinstance(body, tree.Function) and body.name == "diag")


def slope_shape(body: tree.Derivative, context: Context) -> Shape:
    """Rows of the map and of what it is differentiated by; empty names for anything else."""
    if not isinstance(body.of, Applied) or len(body.by) != 1 or not isinstance(by := body.by[0], Symbol) or by.name not in ROLES:
        return "", ""
    rows, cols = (next((known.shape[0] for known in context.of(name)), ROLES.get(name, ROLES["f"]).shape[0])
                  for name in (body.of.name, by.name))
    cols = next((known.shape[0] for known in context.parts(by.name)), cols) if by.part else cols
    rows = next((known.shape[0] for known in context.of("x")), rows) if body.of.name in ("f", "act") else rows
    return rows, cols


def is_layered(body: Node) -> bool:
    """Is it a slope at the state of any layer, H = f_x(x), so that H_k is that at the layer k?"""
    slope = isinstance(body, tree.Derivative) and isinstance(body.of, Applied) and body.of.name in MAPS
    return slope and all(part.at is None for part in walk(body) if isinstance(part, Symbol | Applied))


def shape_of(node: Node, context: Context) -> Shape:
    """Rows and columns of an expression of known letters; empty names where they are not certain."""
    fit = Fit(context, {})
    try:
        rows, cols = map(fit.dim, fit.shape(node))
    except Misfit:
        return "", ""
    return ("", "") if "?" in rows + cols else (rows, cols)
