"""What of a state is observed: h(x) of y - h(x), under the letter that the notes bring in without a word, and increments x_0 = x_b + z."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes import tree
from adjointcheck.notes.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.own_letters import is_placed, own_letters

Introduced = tuple[str, tuple[str, ...], Context] | None
NAMES = ("h", "H", "mathcal{H}", "g", "G", "mathcal{G}", "c", "C", "o", "O", "mathcal{O}", "phi", "varphi", "D", "mathcal{D}")
ZERO = tree.Number(Fraction(0))


def operators(chain: tree.Chain, context: Context) -> Context:
    """With the function of each difference h(x) - y whose other term is a letter that nothing explains, or data."""
    if not context.of("x") or context.of("O"):
        return context
    for part in walk(chain):
        terms = [term.of if isinstance(term, tree.Negative) else term for term in part.terms] if isinstance(part, tree.Sum) else []
        calls = [term for term in terms if isinstance(term, tree.Call)]
        letters = [term for term in terms if isinstance(term, tree.Letter) and _is_data(term, context)]
        if len(terms) == 2 and len(calls) == len(letters) == 1 and (found := _operator(calls[0], context)) is not None:
            return found
    return context


def _is_data(letter: tree.Letter, context: Context) -> bool:
    """Data that is known, or a letter of which nothing is known."""
    known = context.letters.get(letter.name if is_placed(letter, context) else key(letter))
    return not letter.accents and (known is None or known.symbol not in ROLES)


def _operator(call: tree.Call, context: Context) -> Context | None:
    function = call.function
    if not isinstance(function, tree.Letter) or function.accents or function.above or function.name not in NAMES:
        return None
    known = context.letters.get(function.name) or context.letters.get(key(function))
    if known is not None and known.source != "usual":
        return None
    slots = [getattr(resolve(argument, context), "name", "") for argument in call.arguments]
    if slots[:1] != ["x"] or not {*slots} <= {"x", "theta", "t"}:
        return None
    role = ROLES["O"]
    declared = Declared(function.name, role.symbol, role.shape, role.kind, arguments=tuple(slots), source="proposed")
    return replace(context, letters={**context.letters, function.name: declared})


def vectors(chain: tree.Chain, context: Context) -> Context:
    """With the letters of <M v, w> = <v, M' w>, which stand for any vectors."""
    products = [side for side in chain.sides if isinstance(side, tree.Function) and side.name in ("inner", "angle", "dot")]
    if len(products) < len(chain.sides) or len(products) < 2:
        return context
    return own_letters(("1", "1"), tree.Sum(tuple(products)), context)


def increment(chain: tree.Chain, context: Context) -> Introduced:
    """x_0 = x_b + z with z new: z is by how much the start differs from what is known."""
    left = resolve(chain.sides[0], context) if chain.relations == ("=",) else None
    at_start = isinstance(left, Symbol) and left.name == "x" and left.at in (Symbol("t0"), ZERO)
    right = chain.sides[-1]
    if not (at_start or left == Symbol("x0")) or not isinstance(right, tree.Sum) or len(right.terms) != 2 or left is None:
        return None
    terms = [term.of if isinstance(term, tree.Variation) else term for term in right.terms]
    new = [term for term in terms if isinstance(term, tree.Letter) and unknown(resolve(term, context))]
    rest = [resolve(term, context) for term in terms if term not in new]
    if len(new) != 1 or len(rest) != 1 or unknown(rest[0]) or new[0].accents:
        return None
    name, body = key(new[0]), tree.Sum((left, tree.Negative(rest[0])))
    declared = Declared(name, own(name), ROLES["x"].shape, "defined", body=body, source="proposed")
    return "definition", (name,), context.declare(declared)
