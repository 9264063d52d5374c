"""What tells a costate: the term in which it multiplies the dynamics, or a derivative of the cost.  Its sign stays open until then.

    H = L + lambda^T f,  J_a = J + int lambda^T (f - xdot) dt,  a(t) = dL/dz(t)          +dJ/dx
    H = p f - L,         J_a = J + int p (xdot - f) dt                                   -dJ/dx
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from adjointcheck.notes.letters.components import implied
from adjointcheck.notes.letters.context import LATER, MOTIONS, ROLES, USUAL, Context, Declared, Law, key, own
from adjointcheck.notes.letters.cost_parts import is_later, is_rest
from adjointcheck.notes.letters.costs import integrates
from adjointcheck.notes.letters.derivatives import core_of
from adjointcheck.notes.letters.dummies import named_arguments
from adjointcheck.notes.letters.meaning import COUNTERS, Applied, Symbol, children, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.own_letters import is_placed
from adjointcheck.notes.letters.partitions import BLOCKS
from adjointcheck.notes.letters.quadratures import with_worth
from adjointcheck.notes.letters.quantities import costate, here, instead, letters_of
from adjointcheck.notes.letters.speeds import reduced
from adjointcheck.notes.letters.starting import priced
from adjointcheck.notes.letters.usage import HAMILTONIANS, USUAL_COSTATES, constants, head, moving, pair_of, propose, role_in, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.concrete import told_by_hamiltonian, without_rates
from adjointcheck.notes.systems.manifold import with_end_multiplier
from adjointcheck.notes.systems.step_multipliers import may_multiply, of_step

Introduced = tuple[str, tuple[str, ...], Context] | None
Constrained = Callable[[Node], bool]
MEANS = re.compile(  # of a costate, or of a Hamiltonian
    r"\s*(?:(?:\\lambda|\\psi|\\eta|\\mu|p|a)\s*(?:\(\s*t\s*\))?\s*:?=.*(?:\\partial|\\nabla|\\frac\s*\{\s*(?:d|\\mathrm\{d\}))"
    r"|(?:H|\\math(?:cal|bb|scr)\s*\{?H\}?)\s*(?:\([^()]*\))?\s*:?=)", re.DOTALL)
RATE = tree.Derivative(Symbol("x"), (Symbol("t"),), "total")
LEAST = "the minimum principle"
LAGRANGIAN, MEANING, SPOKEN = "its Lagrangian", "its meaning", "its words"  # what tells of a costate


def hamiltonian(chain: tree.Chain, context: Context) -> Introduced:
    """H(x, u, lambda, t) = L + lambda^T f: a body in explicit arguments, and the costate's letter and sign."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    letter = replace(letter, below=()) if letter is not None and is_placed(letter, context) else letter  # H_k
    if pair is None or letter is None or letter.below or letter.above or letter.accents or role_in(letter, context) not in ("", "H"):
        return None
    if role_in(letter, context) == "" and letter.name not in HAMILTONIANS:
        return None
    declared = context.letters.get(key(letter))
    layered = declared is not None and declared.body is not None and Symbol("l") in walk(declared.body)  # a flow has an H of its own
    if declared is not None and declared.body is not None and not (layered and context.over() == "time"):
        return None
    starts = {known.letter: known for known in context.of("x0")}  # x of X_0 = x may be an argument here
    context = with_algebraic_multiplier(pair[1], 1, named_arguments(*pair, context), "its Hamiltonian")
    value, context = with_worth(pair[1], context)
    context = told_by(value, partial(_is_f, context=context), context)
    context = propose(tree.Chain((pair[1],), ()), context)
    others = any(_is_another(term, context) for term in tree.terms(value))
    context = unsaid(context) if others and not any(known.told for known in context.of("p")) else context
    (body,) = implied([without_rates(resolve(pair[1], constants(pair[1], context, ("1", "1"))), context)])
    if unknown(body) or "p" not in symbols(body):
        return None
    declared = Declared(key(letter), "H", kind="function", body=body, source=declared.source if declared else "proposed")
    return "definition", (key(letter),), replace(context, letters={**context.letters, **starts, key(letter): declared})


def _is_another(term: Node, context: Context) -> bool:
    """Is it b tr(f_x) or zeta^T d(x), with a letter in front that may be another multiplier, and not what is paid?"""
    bare = tree.unsigned(term)
    first = bare.factors[0] if isinstance(bare, tree.Product) else None
    letter = first.of if isinstance(first, tree.Transposed) else first
    return isinstance(letter, tree.Letter) and [*walk(bare)].count(letter) == 1 and bool(unknown(resolve(letter, context)))


def half_told(chain: tree.Chain | str, context: Context) -> Context:
    """After an H, or p = ... of a derivative, that is not understood: with the sign that the cost in H tells all the same, else open."""
    if context.over() == "layers" or any(known.told for known in context.of("p")):
        return context
    if isinstance(chain, str):  # not even read
        return unsaid(context) if MEANS.match(chain) else context
    pair = pair_of(chain)
    letter = head(pair[0]) if pair is not None else None
    if pair is None or letter is None or not isinstance(pair[0], tree.Letter | tree.Call):
        return context
    weighed = any(isinstance(part, tree.Letter) and multiplies(part, context) for part in walk(pair[1]))
    if letter.name in HAMILTONIANS or key(letter) in HAMILTONIANS:
        told = _told_in_components(pair[1], context) if context.parts("p") else told_by(pair[1], partial(_is_f, context=context), context)
        return told if any(known.told for known in told.of("p")) else unsaid(context) if weighed else context
    path = resolve(pair[0], context)
    sloped = any(isinstance(part, tree.Derivative) and head(part.of) not in (None, letter) for part in walk(pair[1]))
    return unsaid(context) if isinstance(path, Symbol) and path.name == "p" and path.at in (None, Symbol("t")) and sloped else context


def _told_in_components(body: Node, context: Context) -> Context:
    """By p x a + (1 - a) x of H(x, p, a) beside xdot = alpha x: a letter that nobody told is the one input that H leaves out."""
    new, inputs = unknown(resolve(body, context)), (*context.parts("w"), *context.parts("theta"))
    missing = [known.letter for known in inputs if known.letter not in letters_of(body)]
    body = instead(body, tree.Letter(new[0]), tree.Letter(missing[0])) if len(new) == len(missing) == 1 else body
    return told_by_hamiltonian(body, context, context.laws)


def unsaid(context: Context) -> Context:
    """With the sign of the costate open for all lines to come: what tells it is not understood."""
    return replace(context, options={**context.options, UNTOLD: "yes"})


def _is_f(node: Node, context: Context) -> bool:
    law = context.law("dynamics") or context.law("layers")
    made = resolve(node, context)
    letter = head(node)
    if letter is not None and key(letter) == "f" and not role_in(letter, context):
        return True
    return (isinstance(made, Applied) and made.name == "f") or (law is not None and made == law.right)


def told_by(node: Node, constrained: Constrained, context: Context) -> Context:
    """The letter that multiplies the dynamics is the costate, with the sign of its term against the cost."""
    terms = tree.terms(node)
    cost = [isinstance(term, tree.Negative) for term in terms if not split(term, constrained) and not _is_another(term, context)]
    for term in terms:
        found = split(term, constrained)
        if found is not None:
            letter, sign, layout = found
            sign = -sign if cost and cost[0] else sign if cost else 1  # H = p f is written for either sign, but for what is told of it
            least = context.option("principle") == "minimum" and context.option("goal") != "max"
            told = "its Hamiltonian" if cost else LEAST if least else ""
            context = _tells(letter, sign, layout, context, told)
    return context


def _tells(letter: tree.Letter, sign: int, layout: str, context: Context, by: str) -> Context:
    """With the letter as costate, if it may be one of which nothing has been told, or a second name of one that the cost tells."""
    name = letter.name if context.over() == "layers" else key(letter)
    known = context.letters.get(name)
    if known is not None and known.told == SPOKEN and by and sign != known.sign:  # words against a formula: its sign is open
        return replace(context, letters={**context.letters, name: replace(known, told="")})
    if not may_be_costate(name, context) and not (by == LAGRANGIAN and _is_other_name(name, context)):
        return context
    made = known if known is not None and known.symbol == "p" else Declared(name, "p", ("1", "n"), "path", source="proposed")
    made = replace(made, sign=sign, layout=made.layout or layout, told=by)
    return replace(context, letters={**context.letters, name: made})


def may_be_costate(name: str, context: Context) -> bool:
    """A costate with an open sign; else, where there is no costate yet, a new letter, or one of which only the space is known."""
    known = context.letters.get(name)
    if known is not None and known.symbol == "p":
        return known.told in ("", LATER) and not known.part
    spaced = known is not None and known.symbol == own(name) and known.body is None and known.source == "proposed"
    return not context.of("p") and (spaced if known is not None else name not in USUAL)


def _is_other_name(name: str, context: Context) -> bool:
    """A new letter p beside a costate delta = dJ/dx, where p multiplies the dynamics in a Lagrangian."""
    first = context.of("p")
    return bool(first) and not context.parts("p") and name not in (*context.letters, *USUAL) and first[0].told == MEANING


def split(term: Node, constrained: Constrained) -> tuple[tree.Letter, int, str] | None:
    """(lambda, sign, layout) of +-lambda^T f; what is transposed before f, or stands behind f^T, is a column."""
    sign = -1 if isinstance(term, tree.Negative) else 1
    term = tree.unsigned(term)
    factors = term.factors if isinstance(term, tree.Product) else term.arguments if isinstance(term, tree.Function) else ()
    rest = [factor for factor in factors if not constrained(factor.of if isinstance(factor, tree.Transposed) else factor)]
    letter = head(rest[0]) if len(rest) == 1 and len(factors) == 2 else None
    if letter is None or any(isinstance(mark, tree.Letter) and mark.name == "prime" for mark in letter.above):
        return None
    column = isinstance(term, tree.Product) and any(isinstance(factor, tree.Transposed) for factor in factors[:1])
    return replace(letter, above=()), -sign if isinstance(rest[0], tree.Negative) else sign, "column" if column else ""


def augmented(chain: tree.Chain, context: Context) -> Introduced:
    """J_a = J + int lambda^T (f - xdot) dt, over layers the sum of lambda_{l+1}^T (...): the multiplier's sign is read off."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    if pair is None or letter is None or {*letter.accents} & {*MOTIONS}:
        return None
    name = f"{key(letter)}^prime" if tree.Letter("prime") in letter.above else key(letter)
    known = context.letters.get(name)
    if known is not None and (known.symbol != "J_a" or known.body is not None):  # what has a body is said again in other words
        return None
    paid = any(isinstance(part, tree.Integral) for part in walk(pair[1]))
    terms = [found for found in _adjoined(pair[1], 1, context) if paid or found[3]] if context.of("x") else []
    if not terms:
        return None
    for found, sign, layout, _ in terms:
        stepped = of_step(found, sign, layout, pair[1], context) if context.over() == "layers" else None
        context = stepped or _tells(found, sign, layout, context, LAGRANGIAN)
    context = with_algebraic_multiplier(pair[1], 1, context, LAGRANGIAN)
    context = priced(pair[1], with_end_multiplier(pair[1], context, LAGRANGIAN))
    context = propose(tree.Chain((pair[1],), ()), context)
    body = _written_out(resolve(pair[1], context), context)
    declared = Declared(name, "J_a", kind="functional", body=body, source=known.source if known else "proposed")
    return "definition", (name,), replace(context, letters={**context.letters, name: declared})


def _written_out(body: Node, context: Context) -> Node:
    """Beside mu^T g the cost as the notes write it; a setting's own J has mu g in it."""
    cost = context.law("objective") if context.of("p_alg") else None
    if cost is None:
        return body
    return cost.right if body == Symbol("J") else rebuilt(body, lambda child: _written_out(child, context))


def _adjoined(node: Node, sign: int, context: Context) -> Iterator[tuple[tree.Letter, int, str, bool]]:
    """(lambda, sign, layout, whole) of all +-lambda^T (f - xdot), which are whole, and of all -+lambda^T xdot in a functional."""
    if isinstance(node, tree.Negative):
        yield from _adjoined(node.of, -sign, context)
        return
    factors = node.factors if isinstance(node, tree.Product) else node.arguments if isinstance(node, tree.Function) else ()
    sense = next((sense for factor in factors if (sense := defect(factor, context))), 0)
    found = split(node, lambda factor: defect(factor, context) != 0) if sense else None
    if found is not None and multiplies(found[0], context):
        yield found[0], found[1] * sense * sign, found[2], any(isinstance(factor, tree.Sum) for factor in factors)
    elif not sense:
        for child in children(node):
            yield from _adjoined(child, sign, context)


def with_algebraic_multiplier(node: Node, sign: int, context: Context, told: str) -> Context:
    """With mu of all +-mu^T g, where 0 = g holds a part of the state."""
    if context.law("algebraic") is None or context.of("p_alg"):
        return context
    if isinstance(node, tree.Negative):
        return with_algebraic_multiplier(node.of, -sign, context, told)
    found = split(node, lambda factor: getattr(resolve(factor, context), "name", "") == "alg")
    if found is not None and key(found[0]) not in USUAL and role_in(found[0], context) in ("", own(key(found[0]))):
        (letter, turn, layout), role = found, ROLES["p_alg"]
        declared = Declared(key(letter), "p_alg", role.shape, role.kind, sign=sign * turn, layout=layout, source="proposed", told=told)
        return replace(context, letters={**context.letters, declared.letter: declared})
    for child in children(node):
        context = with_algebraic_multiplier(child, sign, context, told)
    return context


def multiplies(letter: tree.Letter, context: Context) -> bool:
    """May the letter be a costate, or is it one?"""
    name = letter.name if context.over() == "layers" else key(letter)
    named = name in context.letters and context.letters[name].symbol == "p"
    stepped = context.over() == "layers" and may_multiply(name, context)
    return named or stepped or may_be_costate(name, context) or _is_other_name(name, context)


def defect(node: Node, context: Context) -> int:
    """+1 for f - xdot, -1 for xdot - f, for F that the notes define so, and for xdot alone, 0 for anything else."""
    node = node.of if isinstance(node, tree.Transposed) else node
    named = head(node)
    known = context.letters.get(key(named)) if named is not None else None
    if known is not None and known.kind == "defined" and known.body is not None:
        return next((-sign for term, sign in _signed(known.body) if here(term) == RATE), 0)
    for inner, sign in _signed(node):
        letter = moving(inner)
        if letter is None and isinstance(inner, tree.Letter) and successor(inner) is not None and isinstance(node, tree.Sum):
            letter = replace(inner, below=())
        if (letter is not None and role_in(letter, context) == "x") or _accelerates(inner, context):
            return -sign
    return 0


def _accelerates(node: Node, context: Context) -> bool:
    """q-ddot, where q-dot is one of the blocks of the state."""
    made = reduced(resolve(node, context), context) if context.option(BLOCKS) else node
    return isinstance(made, tree.Derivative) and made.by == (Symbol("t"),) and getattr(made.of, "name", "") == "x"


def _signed(node: Node) -> Iterator[tuple[Node, int]]:
    """The terms of a sum with their signs."""
    yield from ((term.of, -1) if isinstance(term, tree.Negative) else (term, 1) for term in tree.terms(node))


def costate_meaning(chain: tree.Chain, context: Context) -> Introduced:
    """a(t) = dL/dz(t), lambda = (dJ/dx)^T: what the costate is; for a costate of which that is told it is a claim."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    if pair is None or letter is None or not context.of("x") or moving(pair[0]) is not None:
        return None
    name = key(replace(letter, below=())) if letter.below and (context.over() == "layers" or _any_entry(letter, pair[1])) else key(letter)
    known = context.letters.get(name)
    if known is not None and not may_be_costate(name, context):
        return None
    right, sign = (pair[1].of, -1) if isinstance(pair[1], tree.Negative) else (pair[1], 1)
    right = right.of if isinstance(right, tree.Transposed) else right
    if isinstance(right, tree.Letter) and len(right.below) == 1:
        right = tree.Derivative(replace(right, below=()), right.below, "partial")
    if not isinstance(right, tree.Derivative) or len(right.by) != 1:
        return None
    of, by = head(right.of), resolve(right.by[0], context)
    if isinstance(by, Symbol) and (rest := is_rest(resolve(right.of, context), by, context)):
        of, options = tree.Letter(context.of("J")[0].letter), {"first costate": "without"} if rest == "later" else {}
        context = replace(context, options={**context.options, **options})
    if isinstance(by, Symbol) and by.part and len(context.parts("x")) > 1:  # p = dJ/dS(t) is no whole costate
        return None
    if not (isinstance(by, Symbol) and by.name == "x") or (isinstance(by.at, Symbol) and by.at.name in ("t0", "t1", "N")) or of is None:
        return None
    context = context if role_in(of, context) or (context.of("J") and not _is_cost_in_time(context)) else _assumed_loss(of, context)
    ended = resolve(right, context)  # dPsi/dx_n, beside which nothing is paid for states
    whole = role_in(of, context) == "J" or (isinstance(ended, tree.Derivative) and ended.of == Symbol("J"))
    if not whole and not is_later(of, context):
        return None
    if not whole:
        context = replace(context, options={**context.options, "first costate": "without"})
    made = known if known is not None and known.symbol == "p" else Declared(name, "p", ("1", "n"), "path", source="proposed")
    return "definition", (name,), replace(context, letters={**context.letters, name: replace(made, sign=sign, told=MEANING)})


def _any_entry(letter: tree.Letter, value: Node) -> bool:
    """lambda_i = dJ/dx_i, of each i."""
    slopes = [part.by for part in walk(value) if isinstance(part, tree.Derivative)]
    index = letter.below[0] if len(letter.below) == 1 else None
    counts = isinstance(index, tree.Letter) and index.name in COUNTERS
    return counts and len(slopes) == 1 and [by.below for by in slopes[0] if isinstance(by, tree.Letter)] == [letter.below]


def _assumed_loss(letter: tree.Letter, context: Context) -> Context:
    """A loss of which nothing is said but its derivative in the state: it is a cost of the end state, beside one in time too."""
    declared = context.declare(Declared(key(letter), "J", kind="functional", source="proposed"))
    ended = Applied("Psi", (("x", Symbol("x", at=Symbol("N"))),))
    return replace(declared, laws=(*context.laws, Law("objective", Symbol("J"), ended))) if _is_cost_in_time(context) else declared


def _is_cost_in_time(context: Context) -> bool:
    """Over layers, is the cost that the notes gave one of a flow?"""
    law = context.law("objective")
    return context.over() == "layers" and law is not None and integrates(law.right)


def governed(chain: tree.Chain, context: Context) -> Context:
    """With q as the costate, where q-dot = -f_x^T q + ..., q-dot + f_x^T q = ... or -A^T q + ... is all that tells of it.

    Beside a costate p and in an equation with delta x, q is delta p.
    """
    pair = pair_of(chain)
    moved = [(term, letter) for term in tree.terms(pair[0]) if (letter := _rate(term)) is not None] if pair else []
    letter = moved[0][1] if len(moved) == 1 else None
    new = letter is not None and not (letter.accents or letter.above or letter.below) and bool(unknown(resolve(letter, context)))
    if pair is None or letter is None or not new or not context.of("x") or context.over() == "layers":
        return context
    rest = [term for term in (*tree.terms(pair[1]), *tree.terms(pair[0])) if term is not moved[0][0]]
    if not any(_weighed(term, letter, context) for term in rest):
        return context
    first, tangent = next(iter(context.of("p")), None), tree.Variation(Symbol("x"))
    if first is None:
        return context.declare(Declared(key(letter), "p", ("1", "n"), "path", source="usual"))
    if not any(here(part) == tangent for term in rest for part in walk(resolve(term, context))):
        return context
    body = tree.Variation(costate(Symbol("p"), first))  # beside terms in delta x it is delta p
    return context.declare(Declared(key(letter), own(key(letter)), first.shape, "alias", body=body, source="proposed"))


def _rate(term: Node) -> tree.Letter | None:
    """q of q-dot and -q-dot."""
    return moving(tree.unsigned(term))


def supposed(sides: Iterable[Node], context: Context) -> str:
    """The letter of which its equation alone says that it is the costate, while no line is proved that shows so."""
    found = [known for known in context.of("p") if known.source == "usual" and not known.told and not _is_usual(known, context)]
    return found[0].letter if found and any("p" in symbols(side) for side in sides) else ""


def _is_usual(known: Declared, context: Context) -> bool:
    """lambda, or (p_1, p_2) as a whole."""
    letters = [part.letter for part in context.parts("p")] or [known.letter]
    return all(letter.partition("_")[0] in USUAL_COSTATES for letter in letters)


def _weighed(term: Node, letter: tree.Letter, context: Context) -> bool:
    """f_x^T q, A^T q, q^T f_x or q f_x, with either sign."""
    term = tree.unsigned(term)
    factors = term.factors if isinstance(term, tree.Product) and len(term.factors) == 2 else ()
    if not factors or letter not in (head(factors[0]), head(factors[1])):
        return False
    behind = head(factors[1]) == letter
    slope = resolve(factors[0] if behind else factors[1], context)
    return _is_slope(slope.of, context) if behind and isinstance(slope, tree.Transposed) else not behind and _is_slope(slope, context)


def _is_slope(node: Node, context: Context) -> bool:
    """df/dx, or A of xdot = A x + ..."""
    law = context.law("dynamics")
    if isinstance(node, tree.Derivative) and isinstance(node.of, Applied):
        return node.of.name == "f" and node.by == (Symbol("x"),)
    return law is not None and any(term == tree.Product((node, Symbol("x"))) for term in tree.terms(law.right))


# Both signs

UNTOLD = "what says whether the costate is dJ/dx or -dJ/dx is not understood"
OPEN_SIGN = "it is wrong for the costate +dJ/dx and right for -dJ/dx; declare which one is meant"


def has_open_sign(context: Context, *sides: Node) -> bool:
    """Do the sides speak of a costate of which nothing tells whether it is dJ/dx or -dJ/dx?"""
    found = [known for known in context.letters.values() if known.symbol == "p"]
    return bool(found) and not any(known.told for known in found) and any("p" in symbols(side) for side in sides)


def is_meaning(left: Node, right: Node) -> bool:
    """Does p = dJ/dx, or p = -V_x^T, say no more than what the letter is?"""
    letter, slope = core_of(left), core_of(right)
    named = isinstance(letter, Symbol) and letter.name == "p" and isinstance(slope, tree.Derivative) and slope.of == Symbol("J")
    return named and [getattr(by, "name", "") for by in slope.by] == ["x"]  # type: ignore[union-attr]


def with_other_sign(context: Context, by: str) -> Context:
    """The context with the other sign for the costate, told by something."""
    bodies = {name: replace(known, body=negated(known.body)) for name, known in context.letters.items() if known.body is not None}
    turned = {name: known for name, known in context.letters.items() if known.symbol in ("p", "p_alg")}
    costates = {name: replace(known, sign=-known.sign, told=by) for name, known in turned.items()}
    return replace(context, letters={**context.letters, **bodies, **costates})


def signed(context: Context, by: str) -> Context:
    """The context in which the sign of the costate is told by something."""
    costates = {name: replace(known, told=by) for name, known in context.letters.items() if known.symbol == "p"}
    return replace(context, letters={**context.letters, **costates})


def negated(node: Node) -> Node:
    """Every costate with the other sign."""
    return tree.Negative(node) if isinstance(node, Symbol) and node.name in ("p", "a_theta", "p_alg") else rebuilt(node, negated)
