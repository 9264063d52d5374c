"""What P of a regulator is, before it is used: by lambda = P x (-P x where a cost is maximised), by V = x' P x/2, or by its equation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.costs import running as running_cost
from adjointcheck.notes.letters.formulas import spelt_out
from adjointcheck.notes.letters.meaning import Symbol, core_of, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.own_letters import is_placed
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.letters.usage import head, is_symmetric, moving, pair_of, role_in, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None


def riccati_ansatz(chain: tree.Chain, context: Context) -> Introduced:
    """lambda(t) = -P(t) x(t): a new matrix that makes the costate of the state."""
    pair = pair_of(chain)
    left = core_of(resolve(pair[0], context)) if pair else None
    running = isinstance(left, Symbol) and left.name == "p" and left.at in (None, Symbol("t")) and not left.part
    if pair is None or not running or context.of("P") or context.over() == "layers":
        return None
    sign, right = (-1, pair[1].of) if isinstance(pair[1], tree.Negative) else (1, pair[1])
    factors = right.factors if isinstance(right, tree.Product) and len(right.factors) == 2 else ()
    states = [core_of(resolve(factor, context)) for factor in factors]
    letters = [head(factor) for factor, state in zip(factors, states, strict=True) if getattr(state, "name", "") != "x"]
    if len(letters) != 1 or letters[0] is None or not _is_new(letters[0], context):
        return None
    sign *= cost_sign(context) * (-1 if _is_negative(resolve(pair[0], context)) else 1)
    declared = Declared(key(letters[0]), "P", ROLES["P"].shape, "path", sign, source="proposed")
    return "definition", (key(letters[0]),), replace(context, letters={**context.letters, key(letters[0]): declared})


def affine_ansatz(chain: tree.Chain, context: Context) -> Introduced:
    """lambda = P x - g, of a state that follows a signal: g is what the costate differs by from that of a regulator."""
    pair = pair_of(chain)
    terms = tree.terms(pair[1]) if pair else ()
    rest = [term for term in terms if (letter := head(term)) is not None and _is_new(letter, context)]
    products = [term for term in terms if isinstance(term, tree.Product)]
    left = core_of(resolve(pair[0], context)) if pair else None
    if pair is None or (len(terms), len(rest), len(products)) != (2, 1, 1) or getattr(left, "name", "") != "p" or not is_halved(context):
        return None
    found = riccati_ansatz(tree.Chain((pair[0], products[0]), ("=",)), context)
    context = found[2] if found is not None else context
    made, product, letter = resolve(pair[0], context), resolve(products[0], context), head(rest[0])
    if [getattr(core_of(factor), "name", "") for factor in getattr(product, "factors", ())] != ["P", "x"] or letter is None:
        return None
    positive, negative = (product, made) if isinstance(rest[0], tree.Negative) else (made, product)
    body = tree.Sum((positive, tree.Negative(negative)))
    declared = Declared(key(letter), own(key(letter)), ("", ""), "defined", body=body, source="proposed")
    return "definition", (key(letter),), replace(context, letters={**context.letters, key(letter): declared}).assume("optimal")


WEIGHTS = ("P", "S", "Q", "Pi")  # of lambda = P x in one number; K is a gain
RICCATI, TWO = "riccati", tree.Number(Fraction(2))
VALUES = ("V", "mathcal{V}", "J", "W", "v", "Vfun", "Vnext")


def weighing(chain: tree.Chain, still: bool = False) -> str:
    """P of (R + B' P_{k+1} B)^-1, of P-dot beside P B R^-1 B' P, or without P-dot where it is `still`: the letter of a Riccati equation."""
    nodes = list(walk(chain))
    rates = {letter.name for node in nodes if isinstance(node, tree.Letter | tree.Derivative) and (letter := moving(node)) is not None}
    for node in nodes:
        letter = _between_inputs(node, still) or _around_inverse(node)
        if letter is not None and letter.name[:1].isupper() and (letter.below or letter.name in rates or still):
            return letter.name
    squared = (node.base for node in nodes if isinstance(node, tree.Power) and node.exponent == TWO)
    return next((base.name for base in squared if isinstance(base, tree.Letter) and base.name in rates and base.name in WEIGHTS), "")


def _between_inputs(node: Node, still: bool) -> tree.Letter | None:
    """P_{k+1} of (R + B' P_{k+1} B)^-1, or P where it is `still`."""
    if not isinstance(node, tree.Power) or not isinstance(node.exponent, tree.Negative):
        return None
    for term in tree.terms(node.base):
        outer, letter, inner = term.factors if isinstance(term, tree.Product) and len(term.factors) == 3 else (None, None, None)
        if not isinstance(letter, tree.Letter) or outer != tree.Transposed(inner or term):
            continue
        if successor(letter) is not None or (still and not letter.below):
            return letter
    return None


def _around_inverse(node: Node) -> tree.Letter | None:
    """P of P B R^-1 B' P."""
    if not isinstance(node, tree.Product) or len(node.factors) < 4 or node.factors[0] != node.factors[-1]:
        return None
    letter = head(node.factors[0])
    inverse = any(isinstance(factor, tree.Power) and isinstance(factor.exponent, tree.Negative) for factor in node.factors)
    return letter if inverse and letter is not None and not letter.below else None


def foreseen(chain: tree.Chain, context: Context) -> Context:
    """With P of a Riccati equation that is told here or later, where the problem is linear and quadratic and no ansatz says what P is."""
    name, layered = context.option(RICCATI), context.over() == "layers"
    weights = [part for part in walk(chain) if isinstance(part, tree.Letter) and part.name == name and part.below] if layered else []
    context = freed(weights[0], context) if weights else context
    if not name or name in context.letters or context.of("P") or not any(getattr(part, "name", "") == name for part in walk(chain)):
        return context
    spelt = spelt_out(context)
    step, cost = spelt.law("layers" if layered else "dynamics"), spelt.law("objective")
    if context.parts("x") and not is_halved(context):  # P may be half of what the costate is made of
        return context
    told = step is None or cost is None or "f" in symbols(step.right) or {"L", "Psi"} & symbols(cost.right) or cost_sign(context) < 0
    if told or layered_ansatz(chain, context) or riccati_ansatz(chain, context):
        return context
    return context.declare(Declared(name, "P", ROLES["P"].shape, "path", source="proposed")).assume("optimal")


def worth(chain: tree.Chain, context: Context) -> Introduced:
    """V_k(x) = x' P_k x/2, V(x, t) = x' P(t) x/2: the least cost from a state on."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    value = resolve(pair[1], context) if pair else None
    factors = value.factors if isinstance(value, tree.Product) else ()
    half = (tree.Number(Fraction(1, 2)), tree.Quotient(tree.Number(Fraction(1)), tree.Number(Fraction(2))))
    numbers, square = [factor for factor in factors if factor in half], [factor for factor in factors if factor not in half]
    called = isinstance(pair[0] if pair else None, tree.Call) and letter is not None and letter.name in VALUES
    whole = [getattr(core_of(factor), "name", "") for factor in square] == ["x", "P", "x"] and bool(numbers) == is_halved(context)
    return ("definition", (letter.name,), context.assume("optimal")) if called and whole and letter is not None else None


def _is_new(letter: tree.Letter, context: Context) -> bool:
    """Is it no letter of the problem, whatever space it may be said to be in?"""
    known = context.letters.get(key(letter))
    used = frozenset().union(*(symbols(law.right) for law in spelt_out(context).laws))
    return not letter.accents and (known is None or (known.symbol == own(key(letter)) not in used and known.body is None))


def _is_negative(node: Node) -> bool:
    if isinstance(node, tree.Negative | tree.Transposed):
        return _is_negative(node.of) != isinstance(node, tree.Negative)
    return False


def cost_sign(context: Context) -> int:
    """-1 where every running cost stands with a minus, as where -x' Q x/2 is maximised."""
    law = spelt_out(context).law("objective")
    terms = list(_terms(running_cost(law.right))) if law is not None else []
    return -1 if terms and all(isinstance(term, tree.Negative) for term in terms) else 1


def _terms(node: Node) -> Iterator[Node]:
    for term in tree.terms(node):
        if isinstance(term, tree.Sum):
            yield from _terms(term)
        else:
            yield term


def departs(left: Node, right: Node) -> bool:
    """Does it speak of u + K x as a factor, by which any control departs from the best one?"""
    nodes = [*walk(left), *walk(right)] if tree.Number(Fraction(0)) not in (left, right) else []
    wholes = [part for part in nodes if isinstance(part, tree.Product | tree.Power | tree.Function)]
    inner = [child for part in wholes for child in walk(part) if isinstance(child, tree.Sum) and len(child.terms) == 2]
    return any(sorted(_steers(term) for term in child.terms) == [0, 1] and {"K", "P"} & symbols(child) for child in inner)


def _steers(node: Node) -> int:
    return int(getattr(core_of(node), "name", "") == "w")


# Over layers


def freed(letter: tree.Letter, context: Context) -> Context:
    """With the weight S_N of x_N' S_N x_N/2 as a letter of its own, where S is told of the last layer alone, and S_k is spoken of now."""
    known = context.letters.get(letter.name)
    own_path = known is not None and (known.kind, known.source, known.body) == ("path", "proposed", None) and known.symbol not in ROLES
    last = Symbol("N")
    if known is None or not own_path or not is_placed(letter, context) or resolve(letter.below[0], context) == last:
        return context
    uses = [part for law in context.laws for part in walk(law.right) if isinstance(part, Symbol) and part.name == known.symbol]
    square = known.shape[0] == known.shape[1] != "1"
    if not square or not uses or any(part.at != last for part in uses):
        return context
    weight = Declared(f"{known.letter}_N", own(f"{known.letter}_N"), known.shape, source="proposed")
    laws = tuple(replace(law, right=instead(law.right, Symbol(known.symbol, at=last), Symbol(weight.symbol))) for law in context.laws)
    symmetric = is_symmetric(known, context)
    letters = {name: other for name, other in context.letters.items() if other is not known}
    context = replace(context, letters=letters, laws=laws).declare(weight)
    return context.assume(f"symmetric {weight.letter}") if symmetric else context


def layered_ansatz(chain: tree.Chain, context: Context) -> Introduced:
    """lambda_k = P_k x_k, and then u_k = -K_k x_k, with P and K new: Riccati's matrix and the gain of the optimal control."""
    pair = pair_of(chain)
    left = core_of(resolve(pair[0], context)) if pair else None
    right = pair[1] if pair else None
    costate = isinstance(left, Symbol) and left.name == "p"
    weighed = bool(context.of("P") or context.option(RICCATI))
    fed = isinstance(left, Symbol) and left.name == "w" and isinstance(right, tree.Negative) and weighed
    right = right.of if fed and isinstance(right, tree.Negative) else right
    factors = [factor for factor in right.factors if not isinstance(factor, tree.Number)] if isinstance(right, tree.Product) else []
    if not (costate or fed) or len(factors) != 2 or pair is None or right is None or not (fed or _is_usual(pair, right, context)):
        return None
    letter, state = (factor.of if isinstance(factor, tree.Transposed) else factor for factor in factors)
    letter, state = (state, letter) if _is_state(letter, context) else (letter, state)
    named = head(letter)
    context = freed(named, context) if named is not None else context
    if named is None or named.accents or named.above or not _is_state(state, context) or not unknown(resolve(letter, context)):
        return None
    name = named.name if is_placed(letter, context) else key(named)
    if isinstance(left, Symbol) and name == context.option(RICCATI) and named.below and resolve(named.below[0], context) != left.at:
        return None
    role = ROLES["P" if costate else "K"]
    declared = Declared(name, role.symbol, role.shape, role.kind, source="proposed")
    return "definition", (name,), context.declare(declared).assume("optimal")


def fed_back(chains: Iterable[tree.Chain], context: Context) -> Context:
    """Without the gain of a header where the notes feed it back as u = K x or u = k + K x: that of the convention has u = -K x."""
    gains = {known.letter for known in context.of("K") if known.source == "declared"}
    pairs = [pair for chain in chains if gains and (pair := pair_of(chain)) is not None]
    steers = [right for left, right in pairs if not isinstance(left, tree.Negative) and any(
        isinstance(part, tree.Letter) and role_in(replace(part, below=()), context) == "w" for part in walk(left))]
    products = [term for right in steers for term in tree.terms(right) if isinstance(term, tree.Product)]
    found = {part.name for term in products for part in term.factors if isinstance(part, tree.Letter)} & gains
    return replace(context, letters={name: known for name, known in context.letters.items() if name not in found}) if found else context


def _is_usual(pair: tuple[Node, Node], right: Node, context: Context) -> bool:
    """Is P that of Riccati's equation: lambda = P x for costs with 1/2, and over time lambda = 2 P x for costs without?"""
    made = resolve(pair[0], context)
    core = made.of if isinstance(made, tree.Transposed) else made
    numbers = [factor.value for factor in getattr(right, "factors", ()) if isinstance(factor, tree.Number)]
    timed, positive = context.over() == "time", not isinstance(core, tree.Negative)
    return not numbers and (positive or not timed) if is_halved(context) else numbers == [2] and positive and timed


def _is_state(node: Node, context: Context) -> bool:
    made = resolve(node, context)
    return isinstance(made, Symbol) and made.name == "x"


def is_halved(context: Context) -> bool:
    """Does the cost carry its 1/2, so that P of lambda = P x is Riccati's?"""
    bodies = [known.body for known in context.letters.values() if known.symbol in ("L", "Psi") and known.body is not None]
    law = context.law("objective")
    nodes = [part for body in (*bodies, *((law.right,) if law is not None else ())) for part in walk(body)]
    return any(isinstance(node, tree.Quotient) and getattr(node.below, "value", None) == 2 for node in nodes) or any(
        isinstance(node, tree.Number) and node.value.denominator == 2 for node in nodes)
