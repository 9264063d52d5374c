"""What notes write short or at length: a sum that is `const`, x_1, ..., x_n for x, an equation for every component."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import GREEK, ROLES, Context, key
from adjointcheck.notes.letters.meaning import COUNTERS, STARS, Applied, Symbol, Unknown, rebuilt, resolve, symbols, walk
from adjointcheck.notes.letters.posing import ORDERS
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

STATES = ("a", "b", "f", "g", "o", "ref")  # x^a and x^b, analysis and background: a vector has no powers
DATA = ("theta", "x0", "t0", "t1", "s", "h", "N")
SIZES = ("n", "d", "m")  # of k and N too many notes count something
EUCLIDEAN = (tree.Number(Fraction(2)), tree.Letter("F"))  # and Frobenius
CONSTANTS = ("const", "constant", "konst", "cte")
INTEGRATION = ("C", "c", "C_1", "c_1", "K", "k")


def conserved(chain: tree.Chain, context: Context) -> tree.Chain:
    """x + y = const, and y' F_{y'} - F = C along a curve, says that the rate is 0."""
    along = context.option("curve") and symbols(chain.sides[0]) & {"L", "H", *(["w"] if context.parts("w") else [])}
    names = (*CONSTANTS, *INTEGRATION) if along else CONSTANTS
    constant = chain.relations == ("=",) and isinstance(chain.sides[1], Unknown) and chain.sides[1].letter in names
    return replace(chain, sides=(tree.Derivative(chain.sides[0], (Symbol("t"),)), tree.Number(Fraction(0)))) if constant else chain


def counted(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """i = 1, ..., n, or l = L for the last layer: for which components a formula holds."""
    known = context.letters.get(getattr(chain.sides[0], "name", ""))
    free = isinstance(chain.sides[0], tree.Letter) and (known is None or known.symbol == "l")
    last = known is not None and chain.relations == ("=",) and chain.sides[1] == tree.Letter(context.option("last layer"))
    return ("assumption", (), context) if free and (last or counts(chain)) else None


def counts(chain: tree.Chain) -> bool:
    """i = 1, ..., n and 1 <= i <= n, before its letters are understood or after."""
    letter, end = (chain.sides[0], chain.sides[-1])
    if len(chain.sides) == 3 and {*chain.relations} <= {"<", "<="}:
        return isinstance(letter, tree.Number) and getattr(chain.sides[1], "name", getattr(chain.sides[1], "letter", "")) in COUNTERS
    named = (letter.name, letter.below) if isinstance(letter, tree.Letter) else (getattr(letter, "letter", ""), ())
    cells = [cell for row in end.rows for cell in row] if isinstance(end, tree.Vector) else []
    dots = any("dots" in (getattr(cell, "name", ""), getattr(cell, "letter", "")) for cell in cells)
    return dots and named[0] in COUNTERS and not named[1] and chain.relations == ("=",)


def bounds(chain: tree.Chain) -> bool:
    """a > 0, t_0 < t_1, i < N: how data are ordered, which restricts no formula about them."""
    letters = [part for side in chain.sides for part in walk(side) if isinstance(part, Symbol | Applied | Unknown)]
    return {*chain.relations} <= {*ORDERS} and all(
        part.letter in COUNTERS if isinstance(part, Unknown) else part.name in DATA or part.name not in ROLES for part in letters)


def sized(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """n = 1, n = m = 1: of how many components an example is that is written out in components; any other is not that small.  And L = 3 of
    notes whose last layer is x^L.
    """
    if is_size(chain, (context.option("last layer"),)):
        return "assumption", (), context
    free = is_size(chain) and not any(isinstance(side, tree.Letter) and key(side) in context.letters for side in chain.sides[:-1])
    return ("assumption", (), context) if free and context.parts("x") else None


def renamed(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """t_0 = 0, T = 1: another name of an end that has one."""
    pair = chain.sides if len(chain.sides) == 2 and chain.relations[0] in ("=", ":=") else ()
    places = {known.letter: known.symbol for known in (*context.of("t0"), *context.of("t1"))}
    number = str(pair[1].value) if pair and isinstance(pair[1], tree.Number) else ""
    named = bool(pair) and isinstance(pair[0], tree.Letter) and resolve(pair[0], context) == Symbol(places.get(number, "?"))
    return ("definition", (), context) if named else None


def is_size(chain: tree.Chain, sizes: Container[str] = SIZES) -> bool:
    """n = 1, n = m = 1."""
    *letters, last = chain.sides
    names = [key(letter) for letter in letters if isinstance(letter, tree.Letter) and not letter.below]
    plain = {*chain.relations} == {"="} and len(names) == len(letters)
    whole = isinstance(last, tree.Number) and last.value >= 1 and last.value == int(last.value)
    return plain and whole and any(name in sizes for name in names)


def product(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """<a, b> = a^T b: what brackets mean."""
    left, right = chain.sides[0], chain.sides[-1]
    if not isinstance(left, tree.Function) or left.name not in ("angle", "inner", "dot") or chain.relations not in (("=",), (":=",)):
        return None
    letters = [letter for letter in left.arguments if isinstance(letter, tree.Letter) and key(letter) not in context.letters]
    meant = len(letters) == 2 and right == tree.Product((tree.Transposed(letters[0]), letters[1]))
    return ("definition", (), context) if meant else None


def gathered(chain: tree.Chain, context: Context) -> tree.Chain:
    """f(x, t) for f(x_1, ..., x_n, t), and x-dot = f(...) for x_i-dot = f_i(...)."""
    made = _gathered(titled(_first_entry(throughout(chain, context)), context))
    assert isinstance(made, tree.Chain)
    letter = _counter(made.sides[0])
    every = letter and len(made.sides) == 2 and context.over() == "time" and letter not in context.letters
    called = every and isinstance(made.sides[1], tree.Call) and _counter(made.sides[1].function) == letter
    return replace(made, sides=tuple(map(_whole, made.sides))) if called else made


def throughout(chain: tree.Chain, context: Context) -> tree.Chain:
    """dg/dp beside g_p, in the formula or elsewhere: the first one goes through the whole system, where p is a parameter."""
    partial = {(part.name, part.below) for part in walk(chain) if isinstance(part, tree.Letter) and part.below}
    partial |= {(name, (tree.Letter(known.letter),)) for name in context.option("partials").split() for known in context.of("theta")}
    partial |= {(part.of.name, part.by) for part in walk(chain) if isinstance(part, tree.Derivative) and part.kind == "partial"
                and isinstance(part.of, tree.Letter)}
    parameters = {(tree.Letter(known.letter),) for known in context.of("theta")}

    def marked(node: Node) -> Node:
        node = rebuilt(node, marked)
        if not isinstance(node, tree.Derivative) or not isinstance(node.of, tree.Letter) or (node.of.name, node.by) not in partial:
            return node
        return replace(node, kind="functional") if node.kind == "total" and node.by in parameters else node

    made = marked(chain)
    assert isinstance(made, tree.Chain)
    return made


def partials(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the costs of which the notes write partial derivatives as g_p."""
    names = {known.letter for known in context.of("theta")}
    letters = (part for chain in chains for part in walk(chain) if isinstance(part, tree.Letter) and len(part.below) == 1)
    found = {part.name for part in letters if getattr(part.below[0], "name", "") in names and not part.accents}
    return replace(context, options={**context.options, "partials": " ".join(sorted(found))}) if found else context


def squares(node: Node) -> Node:
    """|x|_Q^2 is x' Q x, and |x|_2 is |x|."""
    node = rebuilt(node, squares)
    if isinstance(node, tree.Function) and node.name in ("norm", "abs") and node.below in EUCLIDEAN:
        return replace(node, below=None)
    inner = node.base if isinstance(node, tree.Power) and node.exponent == tree.Number(Fraction(2)) else None
    if not isinstance(inner, tree.Function) or inner.name not in ("norm", "abs") or len(inner.arguments) != 1:
        return node
    weight = inner.below.base if isinstance(inner.below, tree.Power) else inner.below
    matrix = isinstance(weight, tree.Letter) and weight.name[:1].isupper() and weight.name not in ("F", "L")  # Frobenius, L^2
    vector = inner.arguments[0]
    return tree.Product((tree.Transposed(vector), inner.below, vector)) if matrix and inner.below is not None else node


def reaching(node: Node) -> Node:
    """nabla of 1/2 sum_k l_k for (nabla 1/2) sum_k l_k: no number is differentiated."""
    node = rebuilt(node, reaching)
    factors = node.factors if isinstance(node, tree.Product) else ()
    first = next((i for i, factor in enumerate(factors[:-1]) if isinstance(factor, tree.Derivative) and _is_number(factor.of)), None)
    if first is None or not isinstance(slope := factors[first], tree.Derivative):
        return node
    whole = replace(slope, of=tree.Product((slope.of, *factors[first + 1 :])))
    return tree.Product((*factors[:first], whole)) if first else whole


def _is_number(node: Node) -> bool:
    return isinstance(node, tree.Number) or (isinstance(node, tree.Quotient) and _is_number(node.above) and _is_number(node.below))


def titled(node: Node, context: Context) -> Node:
    """H^c, a function's letter with a letter above, is a letter of its own and no power."""
    node = rebuilt(node, lambda child: titled(child, context))
    if isinstance(node, tree.Power) and isinstance(node.base, tree.Call):  # x^eps(t)
        inner = titled(replace(node, base=node.base.function), context)
        return replace(node.base, function=inner) if isinstance(inner, tree.Letter) else node
    if not isinstance(node, tree.Power) or not isinstance(node.base, tree.Letter) or not isinstance(node.exponent, tree.Letter):
        return node
    if f"{key(node.base)}^{node.exponent.name}" in context.letters:
        return replace(node.base, above=(*node.base.above, node.exponent))
    known = context.letters.get(key(node.base))
    function = known is not None and known.kind in ("function", "functional")
    function = function or (known is not None and known.shape[0] != "1" and node.exponent.name in STATES) or _is_word(node.exponent)
    function = function or (known is None and context.over() == "layers" and node.exponent.name == "o")  # y^o, what is observed
    return replace(node.base, above=(*node.base.above, node.exponent)) if function else node


def _is_word(letter: tree.Letter) -> bool:
    """obs of y^{obs}."""
    marks = (*GREEK, *STARS, "dagger", "prime", "infty", "dots", "circ")
    return len(letter.name) > 2 and letter.name.isalpha() and letter.name not in marks


def _first_entry(node: Node) -> Node:
    """f_0 for f^0, the running cost beside a field f: no function has the power 0."""
    node = rebuilt(node, _first_entry)
    base = node.base if isinstance(node, tree.Power) and node.exponent == tree.Number(Fraction(0)) else None
    inner = base.function if isinstance(base, tree.Call) else base
    if not isinstance(inner, tree.Letter) or inner.name not in ("f", "F") or inner.accents or inner.above:
        return node
    letter = replace(inner, below=(tree.Number(Fraction(0)),))
    named = replace(base, function=letter) if isinstance(base, tree.Call) else letter
    return tree.Derivative(named, inner.below, "partial") if inner.below else named


def title(letter: tree.Letter) -> str:
    """H^c, where c is no mark such as a star."""
    marks = {*STARS, "prime", "dagger", "+", "-", "minus", "plus"}
    above = [mark.name for mark in letter.above if isinstance(mark, tree.Letter) and mark.name not in marks]
    return "^".join([key(letter), *above])


def _gathered(node: Node) -> Node:
    node = rebuilt(node, _gathered)
    if not isinstance(node, tree.Call):
        return node
    kept = list(node.arguments)
    for i in range(len(kept) - 2, 0, -1):
        first, *rest = map(_bare, kept[i - 1:i + 2])
        if first is not None and rest[1:] == [first] and getattr(rest[0], "name", "") == "dots":
            begin = next(j for j in range(i - 1, -1, -1) if j == 0 or _bare(kept[j - 1]) != first)  # x_1, x_2, ..., x_n
            kept[begin:i + 2] = [first]
    return replace(node, arguments=tuple(kept), separators=(",",) * (len(kept) - 1)) if len(kept) < len(node.arguments) else node


def _bare(node: Node) -> Node | None:
    """x(T) of x_1(T): without its subscript."""
    if isinstance(node, tree.Call):
        inner = _bare(node.function)
        return replace(node, function=inner) if inner is not None else None
    return replace(node, below=()) if isinstance(node, tree.Letter) and (node.below or node.name == "dots") else None


def _counter(node: Node) -> str:
    """i of x_i-dot or f_i."""
    node = node.of if isinstance(node, tree.Derivative) else node
    below = node.below if isinstance(node, tree.Letter) else ()
    return below[0].name if len(below) == 1 and isinstance(below[0], tree.Letter) and below[0].name in COUNTERS else ""


def _whole(node: Node) -> Node:
    if isinstance(node, tree.Derivative):
        return replace(node, of=_whole(node.of))
    if isinstance(node, tree.Call):
        return replace(node, function=_whole(node.function))
    return replace(node, below=()) if isinstance(node, tree.Letter) else node


def entries(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """(f_x)_{ij} = df_i/dx_j: rows of components; df_j/dx_i: the transposed Jacobian."""
    left, right = chain.sides[0], chain.sides[-1]
    if not isinstance(left, tree.Evaluated) or not isinstance(right, tree.Derivative) or chain.relations not in (("=",), (":=",)):
        return None
    at: list[Node] = [*(left.at[0].factors if len(left.at) == 1 and isinstance(left.at[0], tree.Product) else left.at)]
    order = [mark for letter in (right.of, *right.by) for mark in getattr(letter, "below", ())[:1]]
    way = "components" if order == at else "transposed" if order == at[::-1] else ""
    slope = left.of.of if isinstance(left.of, tree.Derivative) else left.of
    if not way or len(at) != 2 or at[0] == at[1] or getattr(slope, "name", "") != getattr(right.of, "name", "?"):
        return None
    asked = "nabla" if getattr(left.of, "kind", "") == "nabla" else "jacobian"
    return "definition", (), replace(context, options={asked: way, **context.options})


def packed(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """theta_l = (W_l, b_l): of which letters, new ones, the inputs of a layer are made in the example that follows."""
    left, right = chain.sides[0], chain.sides[-1]
    cells = [cell for row in right.rows for cell in row] if isinstance(right, tree.Vector) and context.over() == "layers" else []
    inputs = isinstance(left, tree.Letter) and getattr(resolve(left, context), "name", "") in ("w", "theta")
    new = all(isinstance(cell, tree.Letter) and not {cell.name, key(cell)} & {*context.letters} for cell in cells)
    return ("definition", (), context) if len(cells) > 1 and inputs and new and chain.relations in (("=",), (":=",)) else None


NOTATIONS = (counted, sized, renamed, product, entries, packed)  # what these speak of are no letters of the problem
