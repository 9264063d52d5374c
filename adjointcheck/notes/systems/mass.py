"""Systems with a mass matrix, M y-dot + K y = B u: the field is M^-1 (B u - K y), and a multiplier of the equation is no derivative of J.

    J + int phi' (B u - K y - M y-dot) dt    phi' M is dJ/dy, so that -M' phi-dot + K' phi = L_y and M' phi(T) = Psi_y
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import USUAL, Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import rebuilt, resolve, walk
from adjointcheck.notes.letters.usage import USUAL_COSTATES, USUAL_STATES, constants, head, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
INVERSE = tree.Negative(tree.Number(Fraction(1)))


def mass_dynamics(chain: tree.Chain, context: Context) -> Introduced:
    """M y-dot + K y = B u, E x-dot = A x + B u: the state moves by M^-1 times all other terms."""
    pair = pair_of(chain)
    solved = _solved(*pair) if pair is not None and not context.law("dynamics") and context.over() == "time" else None
    if solved is None or len(chain.sides) > 2:
        return None
    matrix, state, right = solved
    role, drawn = role_in(state, context), state in walk(right) and state.name not in USUAL_COSTATES  # u of M u-dot = -K u
    named = key(state) in USUAL_STATES or drawn
    if role not in ("", "x") or (role == "" and not named) or state.below or key(matrix) in USUAL or role_in(matrix, context) in ("f", "H"):
        return None
    context = context.declare(Declared(key(state), "x", ("n", "1"), "path", source="proposed"))
    shape = context.letters[key(state)].shape
    context = context.declare(Declared(key(matrix), own(key(matrix)), (shape[0], shape[0]), source="proposed"))
    context = constants(right, context, shape)
    rate = resolve(tree.Derivative(state, (tree.Letter("t"),), "total"), context)
    law = Law("dynamics", rate, resolve(tree.Product((tree.Power(matrix, INVERSE), right)), context))
    return "assumption", (key(state),), replace(context, laws=(*context.laws, law), options={**context.options, "mass": key(matrix)})


def _solved(left: Node, right: Node) -> tuple[tree.Letter, tree.Letter, Node] | None:
    """(M, y, B u - K y) of M y-dot + K y = B u, where nothing else moves."""
    terms = [*tree.terms(left), *(tree.turned(term) for term in tree.terms(right))]
    found = [(term, made) for term in terms if (made := _inert(term)) is not None]
    rest = tuple(term for term in terms if term is not found[0][0]) if len(found) == 1 else ()
    if not rest or any(isinstance(part, tree.Derivative) or getattr(part, "accents", ()) for term in rest for part in walk(term)):
        return None
    sign, matrix, state = found[0][1]
    others = tuple(tree.turned(term) if sign > 0 else term for term in rest if not _is_zero(term))
    return (matrix, state, others[0] if len(others) == 1 else tree.Sum(others)) if others else None


def _is_zero(node: Node) -> bool:
    inner = tree.unsigned(node)
    return isinstance(inner, tree.Number) and not inner.value


def _inert(term: Node) -> tuple[int, tree.Letter, tree.Letter] | None:
    """(+1, M, y) of M y-dot."""
    sign, term = (-1, term.of) if isinstance(term, tree.Negative) else (1, term)
    if not isinstance(term, tree.Product) or len(term.factors) != 2:
        return None
    matrix, rate = head(term.factors[0]), term.factors[1]
    state = moving(rate.of if isinstance(rate, tree.Variation) else rate)
    capital = matrix is not None and matrix.name.isupper() and not (matrix.accents or matrix.above)
    return (sign, matrix, state) if capital and matrix is not None and state is not None else None


def weighed(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the multiplier of the equation, phi = (p M^-1)' for p = dJ/dy: by the Lagrangian, or by an equation that has M phi-dot."""
    mass, chains = context.option("mass"), list(chains)
    costate = next((known for known in context.of("p") if known.told != "declared"), None)
    if not mass or (context.of("p") and costate is None):
        return context
    letters = [part for chain in chains for part in walk(chain) if isinstance(part, tree.Letter)]
    usual = (name for name in USUAL_COSTATES if name not in context.letters and any(part == tree.Letter(name) for part in letters))
    name = costate.letter if costate is not None else next(usual, "")
    signs = {sign for chain in chains for side in chain.sides[1:] for sign in _signs(side, 1, name)}
    plain = any(_rate_of(part) == name for chain in chains for term in _terms(chain) for part in (term, _core(term)))
    if not name or (plain and not signs):
        return context
    if len(signs) > 1 or not (signs or _weighs(chains, name)):
        return replace(context, letters={**context.letters, name: Declared(name, own(name), ("", ""), "path", source="proposed")})
    known = costate or Declared(name, "p", ("1", "n"), "path", layout="column", source="usual")
    known = replace(known, sign=min(signs), told="its Lagrangian") if signs else known
    return replace(context, letters={**context.letters, name: replace(known, layout="row")},
                   options={**context.options, "weighed": name, "weighed as": known.layout or "column"})


def _weighs(chains: Iterable[tree.Chain], name: str) -> bool:
    """M' phi-dot, phi-dot' M: does the mass stand beside the multiplier's rate?"""
    products = (part for chain in chains for part in walk(chain) if isinstance(part, tree.Product))
    return any(_rate_of(_core(factor)) == name for product in products for factor in product.factors)


def through_mass(chain: tree.Chain, context: Context) -> tree.Chain:
    """With (p M^-1)' for phi, where p is dJ/dy."""
    made = _spelt(chain, context) if context.option("weighed") else chain
    assert isinstance(made, tree.Chain)
    return made


def _spelt(node: Node, context: Context) -> Node:
    letter = node.function if isinstance(node, tree.Call) else node
    if not isinstance(letter, tree.Letter) or letter.name != context.option("weighed") or letter.below:
        return rebuilt(node, lambda child: _spelt(child, context))
    row = tree.Product((node, tree.Power(tree.Letter(context.option("mass")), INVERSE)))
    return row if context.option("weighed as") == "row" else tree.Transposed(row)


def _signs(node: Node, sign: int, name: str) -> Iterator[int]:
    """+1 of phi' (B u - K y - M y-dot), -1 of phi' (M y-dot + K y - B u), wherever they stand in a functional."""
    if isinstance(node, tree.Negative):
        yield from _signs(node.of, -sign, name)
    elif isinstance(node, tree.Sum):
        for term in node.terms:
            yield from _signs(term, sign, name)
    elif isinstance(node, tree.Integral):
        yield from _signs(node.body, sign, name)
    elif isinstance(node, tree.Product) and len(node.factors) == 2 and isinstance(node.factors[1], tree.Sum):
        inert = [found for term in node.factors[1].terms if (found := _inert(term)) is not None]
        first = head(node.factors[0].of if isinstance(node.factors[0], tree.Transposed) else node.factors[0])
        yield from (-sign * found[0] for found in inert if first is not None and first.name == name)


def _terms(chain: tree.Chain) -> Iterator[Node]:
    yield from (term for side in chain.sides for term in tree.terms(side))


def _core(node: Node) -> Node:
    return _core(node.of) if isinstance(node, tree.Negative | tree.Transposed) else node


def _rate_of(node: Node) -> str:
    letter = moving(node)
    return letter.name if letter is not None else ""


def targets(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With y_T as a letter of its own, where y(T) - y_T stands: what is aimed at."""
    for node in (part for chain in chains for part in walk(chain) if isinstance(part, tree.Sum)):
        for term in node.terms:
            call = term if isinstance(term, tree.Call) and len(term.arguments) == 1 else None
            letter = call.function if call is not None else None
            if not isinstance(letter, tree.Letter) or call is None or letter.below or role_in(letter, context) not in ("", "x"):
                continue
            aim = replace(letter, below=call.arguments)
            if tree.Negative(aim) in node.terms and key(aim) not in context.letters and key(letter) in {*context.letters, *USUAL_STATES}:
                shape = context.letters[key(letter)].shape if key(letter) in context.letters else ("n", "1")
                context = context.declare(Declared(key(aim), own(key(aim)), shape, source="proposed"))
    return context
