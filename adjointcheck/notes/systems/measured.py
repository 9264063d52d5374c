"""What of a state is observed: h(x) of y - h(x), under the letter that the notes bring in without a word, and increments x_0 = x_b + z."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import TypeGuard

from adjointcheck.notes.letters.context import GREEK, MOTIONS, ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.own_letters import is_placed, own_letters, shape_of
from adjointcheck.notes.letters.shorthand import titled
from adjointcheck.notes.letters.slopes import weighted_apart
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
NAMES = ("h", "H", "mathcal{H}", "g", "G", "mathcal{G}", "c", "C", "o", "O", "mathcal{O}", "phi", "varphi", "d", "D", "mathcal{D}")
ZERO = tree.Number(Fraction(0))


def operators(chain: tree.Chain, context: Context) -> Context:
    """With the function of each difference h(x) - y whose other term is a letter that nothing explains, or data."""
    if not context.of("x") or context.of("O"):
        return context
    chain = replace(chain, sides=tuple(titled(side, context) for side in chain.sides))  # y^{obs} is a letter
    squared = [base.above if isinstance(base, tree.Quotient) else base for base in _squared(chain)]
    for part in walk(chain):
        terms = [tree.unsigned(term) for term in part.terms] if isinstance(part, tree.Sum) else []
        calls = [term for term in terms if isinstance(term, tree.Call)]
        letters = [term for term in terms if isinstance(term, tree.Letter) and _is_data(term, context)]
        if len(terms) == 2 and len(calls) == len(letters) == 1 and (found := _operator(
                calls[0], (letters[0], chain.sides[0]), context, part in squared)) is not None:
            return found
    return context


def _is_data(letter: tree.Letter, context: Context) -> bool:
    """Data that is known, or a letter of which nothing is known."""
    known = context.letters.get(letter.name if is_placed(letter, context) else key(letter))
    return not {*letter.accents} & {*MOTIONS} and (known is None or known.symbol not in ROLES)


def _squared(chain: tree.Chain) -> Iterator[Node]:
    """(y - h(x))/sigma of ((y - h(x))/sigma)^2, a number."""
    return (part.base for part in walk(chain) if isinstance(part, tree.Power) and part.exponent == tree.Number(Fraction(2)))


def _operator(call: tree.Call, data: Iterable[Node], context: Context, single: bool) -> Context | None:
    """As long as its data are, where the notes tell how long."""
    function = call.function
    if not isinstance(function, tree.Letter) or function.accents or function.above or function.name not in NAMES:
        return None
    known = context.letters.get(function.name) or context.letters.get(key(function))
    if known is not None and known.source != "usual":
        return None
    slots = [getattr(resolve(argument, context), "name", "") for argument in call.arguments]
    if slots[:1] != ["x"] or not {*slots} <= {"x", "theta", "t"}:
        return None
    context, name = _weighed(function, context)
    role = ROLES["O"]
    told = (shape for shape in map(partial(shape_of, context=context), data) if "1" == shape[1] != shape[0])
    shape = ("1", "1") if single else next(told, role.shape)
    declared = Declared(name, role.symbol, shape, role.kind, arguments=tuple(slots), source="proposed")
    return replace(context, letters={**context.letters, name: declared})


def _weighed(function: tree.Letter, context: Context) -> tuple[Context, str]:
    """With psi of g_psi as weights that move nothing but what is seen, where nothing else is known of it; and the function's letter."""
    below = function.below[0] if len(function.below) == 1 else None
    if not isinstance(below, tree.Letter) or below.name not in GREEK or below.below or not unknown(resolve(below, context)):
        return context, function.name
    return weighted_apart(key(below), ("O", "phi"), context), key(function)


def vectors(chain: tree.Chain, context: Context) -> Context:
    """With the letters of <M v, w> = <v, M' w> and of v' (M w) = (M' v)' w, which stand for any vectors."""
    products = [side for side in chain.sides if _is_inner(side)]
    if len(products) < len(chain.sides) or len(products) < 2:
        return context
    after = own_letters(("1", "1"), tree.Sum(tuple(products)), context)
    told = [{part.name for part in walk(side) if isinstance(part, tree.Letter)} for side in products]
    any_ = all(names >= after.letters.keys() - context.letters.keys() for names in told)  # a vector of one side alone is a certain one
    return after if any_ else context


def _is_inner(node: Node) -> bool:
    """<v, w>, or v' w."""
    inner = isinstance(node, tree.Function) and node.name in ("inner", "angle", "dot")
    return inner or (isinstance(node, tree.Product) and isinstance(node.factors[0], tree.Transposed))


HALF = (tree.Quotient(tree.Number(Fraction(1)), tree.Number(Fraction(2))), tree.Number(Fraction(1, 2)))


def rooted(chain: tree.Chain, context: Context) -> tuple[tree.Chain, Context]:
    """With B as the square of a symmetric matrix, where the notes write B^{1/2} or B^{-1/2}."""
    for part in walk(chain):
        base = part.base if isinstance(part, tree.Power) and _half(part.exponent) else None
        known = context.letters.get(key(base)) if isinstance(base, tree.Letter) else None
        if known is not None and known.body is None and known.kind == "constant" and known.shape[0] == known.shape[1] != "1":
            root = Declared(f"root {known.letter}", f"root_{known.letter}", known.shape, source="proposed")
            square = replace(known, body=tree.Product((Symbol(root.symbol), Symbol(root.symbol))))
            context = replace(context, letters={**context.letters, known.letter: square, root.letter: root})
            context = context.assume(f"symmetric {root.letter}")
    return replace(chain, sides=tuple(_with_roots(side, context) for side in chain.sides)), context


def _half(node: Node) -> int:
    """1 and -1 for 1/2 and -1/2, 0 for anything else."""
    return 1 if node in HALF else -1 if isinstance(node, tree.Negative) and node.of in HALF else 0


def _with_roots(node: Node, context: Context) -> Node:
    base = node.base if isinstance(node, tree.Power) and _half(node.exponent) else None
    root = tree.Letter(f"root {key(base)}") if isinstance(base, tree.Letter) else None
    if root is None or not isinstance(node, tree.Power) or root.name not in context.letters:
        return rebuilt(node, lambda child: _with_roots(child, context))
    return root if _half(node.exponent) > 0 else tree.Power(root, tree.Negative(tree.Number(Fraction(1))))


def scaled(chain: tree.Chain, context: Context) -> Introduced:
    """v = U^-1 (x_0 - x_b), or U v = x_0 - x_b, with v new."""
    left, right = (*chain.sides, tree.Words(""))[:2]
    factors = right.factors if isinstance(right, tree.Product) and len(right.factors) == 2 else ()
    power, gap = factors or (right, right)
    matrix = power.base if isinstance(power, tree.Power) and power.exponent == tree.Negative(tree.Number(Fraction(1))) else None
    if chain.relations[:1] not in (("=",), (":=",)) or not isinstance(left, tree.Letter) or matrix is None or not isinstance(gap, tree.Sum):
        return None
    start = resolve(gap.terms[0], context)
    known = gap.terms[1].of if len(gap.terms) == 2 and isinstance(gap.terms[1], tree.Negative) else None
    return _scaled(start, known, tree.Product((matrix, left)), context) if known is not None and is_start(start) else None


def is_start(node: Node | None) -> TypeGuard[Symbol]:
    """x_0."""
    return isinstance(node, Symbol) and not node.part and (node.name == "x0" or (node.name == "x" and node.at in (Symbol("t0"), ZERO)))


def _scaled(left: Node, known: Node, product: Node, context: Context) -> Introduced:
    """x_0 = x_b + U v with v new: v is U^-1 (x_0 - x_b), where U is square."""
    factors = product.factors if isinstance(product, tree.Product) else ()
    matrix, new = factors if len(factors) == 2 else (product, product)
    if not isinstance(matrix, tree.Letter) or not isinstance(new, tree.Letter) or not unknown(resolve(new, context)) or new.accents:
        return None
    context = own_letters(ROLES["x"].shape, known, context)
    size = context.of("x")[0].shape[0]
    if key(matrix) not in context.letters:
        context = context.declare(Declared(key(matrix), own(key(matrix)), (size, size), source="proposed"))
    gap = tree.Sum((left, tree.Negative(resolve(known, context))))
    body = tree.Product((tree.Power(resolve(matrix, context), tree.Negative(tree.Number(Fraction(1)))), gap))
    if unknown(body):
        return None
    declared = Declared(key(new), own(key(new)), (size, "1"), "defined", body=body, source="proposed")
    return "definition", (key(new),), context.declare(declared)


def specialised(chain: tree.Chain, context: Context) -> Introduced:
    """R_i = sigma^2 I, B = U U^T: what a matrix of the notes is from here on, in letters that are new."""
    letter = chain.sides[0]
    known = context.letters.get(key(letter)) if isinstance(letter, tree.Letter) and chain.relations in (("=",), (":=",)) else None
    plain = known is not None and known.symbol == own(known.letter) and known.kind == "constant" and known.body is None
    if known is None or not plain or "1" in known.shape or not _is_factored(known, resolve(chain.sides[1], context), context):
        return None
    value = _without_identity(chain.sides[1])
    root = _root(value)
    if root is not None and unknown(resolve(root, context)):  # the root of what is inverted is square
        context = context.declare(Declared(key(root), own(key(root)), known.shape, source="proposed"))
    after = own_letters(known.shape if value is chain.sides[1] else ("1", "1"), value, context)
    body = resolve(value, after)
    names = {part.name for part in walk(body) if isinstance(part, Symbol)}
    if unknown(body) or names & (ROLES.keys() - {"I"}) or known.symbol in names:
        return None
    return "assumption", (known.letter,), replace(after, letters={**after.letters, known.letter: replace(known, body=body)})


def _root(node: Node) -> tree.Letter | None:
    """U of U U^T."""
    if not isinstance(node, tree.Product) or len(node.factors) != 2 or node.factors[1] != tree.Transposed(node.factors[0]):
        return None
    root = node.factors[0]
    return root if isinstance(root, tree.Letter) and not (root.above or root.accents) else None


def _is_factored(known: Declared, value: Node, context: Context) -> bool:
    """Are there new letters in it, or is it U U^T with U as free as the matrix was?"""
    factors = value.factors if isinstance(value, tree.Product) and len(value.factors) == 2 else ()
    root = factors[0] if factors and factors[1] == tree.Transposed(factors[0]) else None
    free = next((other for other in context.of(root.name) if other.body is None), None) if isinstance(root, Symbol) else None
    square = free is not None and free.kind == "constant" and free.symbol not in ROLES and free is not known
    return bool(unknown(value)) or (square and not _is_spoken_of(known, context))


def _is_spoken_of(known: Declared, context: Context) -> bool:
    """Is another letter defined by it?"""
    return any(known.symbol in symbols(other.body) for other in context.letters.values() if other.body is not None)


def _without_identity(node: Node) -> Node:
    """sigma^2 of sigma^2 I, whatever its size."""
    factors = node.factors if isinstance(node, tree.Product) else ()
    kept = [factor for factor in factors if factor != tree.Letter("I")]
    if not kept or len(kept) == len(factors):
        return node
    return tree.Product(tuple(kept)) if len(kept) > 1 else kept[0]


def increment(chain: tree.Chain, context: Context) -> Introduced:
    """x_0 = x_b + z with z new: z is by how much the start differs from what is known."""
    left = resolve(chain.sides[0], context) if chain.relations == ("=",) else None
    right = chain.sides[-1]
    if not is_start(left) or not isinstance(right, tree.Sum) or len(right.terms) != 2:
        return None
    terms = [term.of if isinstance(term, tree.Variation) else term for term in right.terms]
    if isinstance(terms[-1], tree.Product):
        return _scaled(left, terms[0], terms[1], context)
    new = [term for term in terms if isinstance(term, tree.Letter) and unknown(resolve(term, context))]
    rest = [resolve(term, context) for term in terms if term not in new]
    if len(new) != 1 or len(rest) != 1 or unknown(rest[0]) or new[0].accents:
        return None
    name, body = key(new[0]), tree.Sum((left, tree.Negative(rest[0])))
    declared = Declared(name, own(name), ROLES["x"].shape, "defined", body=body, source="proposed")
    return "definition", (name,), context.declare(declared)
