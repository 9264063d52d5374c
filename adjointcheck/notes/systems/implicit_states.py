"""States of rest, f(x, theta) = 0, and fixed points, z = f(z, theta), as of deep equilibrium models: there is no time.

    dx/dtheta = -f_x^-1 f_theta,   f_x' xi = Psi_x',   dPsi/dtheta = Psi_theta - xi' f_theta      (the implicit function theorem)

A letter that solves a linear equation, xi or lambda in any sign, is what that equation makes of it; in a Lagrangian Psi + lambda' f
it is what makes that stationary in x.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import STARS, Applied, Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.nets import in_full
from adjointcheck.notes.letters.quantities import OPTIMAL
from adjointcheck.notes.letters.usage import USUAL_PARAMETERS, head, moving, pair_of, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
ZERO, ONE = tree.Number(Fraction(0)), tree.Number(Fraction(1))
INVERSE = tree.Negative(ONE)
REACH = 8  # formulas behind the equation, one of which speaks of how its state depends on the parameters
KEPT = ("gradients", "jacobian", "star", "prime", "net")
FLOW = (Applied("f"), Symbol("x"))


def is_moving(chain: tree.Chain) -> bool:
    """Does something move in time, or from layer to layer?"""
    pair = pair_of(chain)
    return pair is not None and (moving(pair[0]) is not None or (isinstance(pair[0], tree.Letter) and successor(pair[0]) is not None))


def resting(chains: Sequence[tree.Chain | None], said: Sequence[tree.Chain], fields: frozenset[str], context: Context) -> Context | None:
    """The context of an equilibrium whose equation is the first formula, where the next ones speak of how it depends on parameters.

    `said`: what the words between them name, such as l(z).  `fields`: the functions by which something moves; of any others no equation
    is one of rest in notes where something moves.
    """
    found = _equation(chains[0]) if chains and chains[0] is not None else None
    behind = [chain for chain in chains[1 : REACH + 1] if chain is not None]
    if found is None or (fields and key(found[0].function) not in fields):  # type: ignore[arg-type]
        return None
    call, fixed = in_full(found[0]), found[1]
    letters = [letter for argument in call.arguments if (letter := _whole(argument)) is not None]
    pair = _pair(behind, letters, fixed, bool(fields))
    others = [letter for letter in letters if pair is not None and letter not in pair]
    if pair is None or len(letters) < len(call.arguments) or len(others) > 1:
        return None
    roles = {"x": pair[0], "theta": pair[1], **({"w": others[0]} if others else {})}
    slots = tuple(next(role for role, letter in roles.items() if letter == one) for one in letters)
    name = key(call.function)  # type: ignore[arg-type]
    made = [Declared(key(letter), role, ROLES[role].shape, ROLES[role].kind, source="proposed") for role, letter in roles.items()]
    made += [Declared(name, "f", ROLES["f"].shape, "function", arguments=slots, source="proposed"), *_costs(behind, said, name, roles)]
    weighed = {"net": name} if len(found[0].arguments) < len(call.arguments) else {}
    options = {**{option: value for option, value in context.options.items() if option in KEPT}, **weighed}
    bare = replace(context, letters={known.letter: known for known in made}, options=options, laws=())
    law = Law("rest", Symbol("x") if fixed is not None else ZERO, Applied("f"))
    return replace(bare, laws=(law,))


def goes_back(chain: tree.Chain, one: Context, other: Context) -> bool | None:
    """Does a formula leave the state of rest, or return to it?  None where neither of the two is one."""
    if one.law("rest") is None and other.law("rest") is None:
        return None
    names = {key(part) for part in walk(chain) if isinstance(part, tree.Letter)} & (other.letters.keys() - one.letters.keys())
    foreign = {other.letters[name].kind for name in names}
    if one.law("rest") is None:
        return "defined" in foreign and not is_moving(chain)
    timed = any(isinstance(part, tree.Integral) or (isinstance(part, tree.Letter) and "dot" in part.accents) for part in walk(chain))
    return timed or is_moving(chain) or bool(foreign & {"path", "function", "functional"})


def _equation(chain: tree.Chain) -> tuple[tree.Call, tree.Letter | None] | None:
    """f(x, theta) of f(x, theta) = 0; f(z, theta) and z of z = f(z, theta)."""
    pair = pair_of(chain)
    for call, other in (pair, pair[::-1]) if pair is not None else ():
        name = call.function if isinstance(call, tree.Call) else None
        plain = isinstance(name, tree.Letter) and not (name.accents or name.above)
        if plain and isinstance(call, tree.Call) and len(in_full(call).arguments) > 1:
            letter = _whole(other)
            if other == ZERO or (letter is not None and letter in map(_whole, call.arguments)):
                return call, letter
    return None


def _whole(argument: Node) -> tree.Letter | None:
    """u of u, u(p), u^* and u_*."""
    letter = head(argument) if isinstance(argument, tree.Letter | tree.Call) else None
    starred = letter is not None and all(getattr(mark, "name", "") in (*STARS, OPTIMAL) for mark in letter.above)
    return replace(letter, above=(), span=(0, 0)) if letter is not None and starred and not letter.accents else None


def _pair(chains: Sequence[tree.Chain], letters: Sequence[tree.Letter],
          fixed: tree.Letter | None, strict: bool) -> tuple[tree.Letter, tree.Letter] | None:
    """The state and the parameters: u and p of du/dp, or of an equation that a new letter solves, R_u' lambda = -J_u'."""
    for chain in chains:
        for part in walk(chain):
            of, by = (part.of, part.by[0]) if isinstance(part, tree.Derivative) and len(part.by) == 1 else (None, None)
            state, inputs = (_whole(of), _whole(by)) if of is not None and by is not None else (None, None)
            if state in letters and inputs in letters and state != inputs and fixed in (None, state):
                return state, inputs  # type: ignore[return-value]
    state = fixed or letters[0]
    others = [letter for letter in letters if letter != state]
    usual = [letter for letter in others if letter.name in USUAL_PARAMETERS] or others
    varied = any(isinstance(part, tree.Variation) and _whole(part.of) in letters for chain in chains for part in walk(chain))
    meant = fixed is not None or (varied and not strict) or any(_is_solved_for(chain, strict) for chain in chains)
    return (state, usual[0]) if usual and meant else None


def _is_solved_for(chain: tree.Chain, strict: bool) -> bool:
    """R_u' lambda = ..., lambda R_u = ... where not `strict`, and the inverse of a slope."""
    def slopes(node: Node) -> bool:
        return any(isinstance(part, tree.Derivative) or (isinstance(part, tree.Letter) and bool(part.below)) for part in walk(node))

    factors = chain.sides[0].factors if isinstance(chain.sides[0], tree.Product) else ()
    turned = any(isinstance(part, tree.Transposed) and slopes(part) for factor in factors[:1] for part in walk(factor))
    powers = (part for part in walk(chain) if isinstance(part, tree.Power) and part.exponent == INVERSE)
    row = not strict and len(factors) == 2 and slopes(factors[1]) and not slopes(factors[0])
    column = turned and any(isinstance(factor, tree.Letter) for factor in factors[-1:])
    return row or column or any(slopes(power.base) for power in powers)


def _costs(chains: Sequence[tree.Chain], said: Sequence[tree.Chain], name: str, roles: dict[str, tree.Letter]) -> Iterator[Declared]:
    """What is paid at rest: gamma of gamma_y and d gamma/dp, with the arguments of gamma(y, p)."""
    inputs = {letter: role for role, letter in roles.items()}
    calls = [part for chain in (*chains, *said) for part in walk(chain) if isinstance(part, tree.Call)]
    told = {_whole(call.function): tuple(inputs[one] for value in call.arguments if (one := _whole(value)) in inputs)  # type: ignore[index]
            for call in reversed(calls) if roles["x"] in map(_whole, call.arguments)}
    found = (letter for chain in chains for part in walk(chain) if (letter := _differentiated(part, inputs)) is not None)
    letter = next((letter for letter in found if letter not in inputs and key(letter) != name), None)
    if letter is not None:
        yield Declared(key(letter), "Psi", ROLES["Psi"].shape, "function", arguments=told.get(letter), source="proposed")


def _differentiated(part: Node, inputs: Container[tree.Letter | None]) -> tree.Letter | None:
    """gamma of gamma_y and of d gamma/dy."""
    if isinstance(part, tree.Letter) and len(part.below) == 1 and _whole(part.below[0]) in inputs:
        return _whole(replace(part, below=()))
    slope = isinstance(part, tree.Derivative) and len(part.by) == 1 and _whole(part.by[0]) in inputs
    return _whole(part.of) if slope and isinstance(part, tree.Derivative) else None


def at_rest(chain: tree.Chain, context: Context) -> Introduced:
    """f(x, theta) = 0 and z = f(z, theta), in the context of this equation."""
    law, found = context.law("rest"), _equation(chain)
    if law is None or found is None or getattr(resolve(found[0], context), "name", "") != "f":
        return None
    return ("assumption", (), context) if (found[1] is None) == (law.left == ZERO) else None


def reduced_cost(chain: tree.Chain, context: Context) -> Introduced:
    """hat J(p) = J(u(p), p): the cost along all states of rest."""
    pair = pair_of(chain) if context.law("rest") is not None else None
    name = pair[0].function if pair is not None and isinstance(pair[0], tree.Call) else None
    if pair is None or not isinstance(name, tree.Letter) or not unknown(resolve(name, context)):
        return None
    inputs = [resolve(argument, context) for argument in pair[0].arguments] if isinstance(pair[0], tree.Call) else []
    paid = without_time(tree.Chain((resolve(pair[1], context),), ()), context).sides[0]
    plain = isinstance(paid, Applied) and paid.name == "Psi" and all(value == Symbol(slot) for slot, value in paid.arguments)
    if not plain or not {getattr(value, "name", "") for value in inputs} <= {"theta", "w"}:
        return None
    return "definition", (key(name),), context.declare(Declared(key(name), "J", kind="functional", source="proposed"))


def adjoint_told(chain: tree.Chain, context: Context) -> Introduced:
    """A new letter by the linear equation that it solves: f_x' xi = Psi_x', or u = f_z' u + Psi_z'."""
    pair = pair_of(chain) if context.law("rest") is not None else None
    if pair is None:
        return None
    new = {letter for part in walk(chain) if (letter := _new(part, context)) is not None}
    terms = [*tree.terms(pair[0]), *(tree.Negative(term) for term in tree.terms(pair[1]))]
    found = _solved(terms, new.pop()) if len(new) == 1 else None
    if found is None:
        return None
    letter, body, shape = found
    made = resolve(body, context)
    slopes = [part for part in walk(made) if isinstance(part, tree.Derivative)]
    if unknown(made) or {slope.by for slope in slopes} != {(Symbol("x"),)} or {*symbols(made)} != {"f", "Psi", "x", *{"I"} & symbols(made)}:
        return None
    return "definition", (key(letter),), _declared(letter, made, shape, context)


def _new(node: Node, context: Context) -> tree.Letter | None:
    plain = isinstance(node, tree.Letter) and not (node.above or node.accents or node.name in STARS)
    return replace(node, span=(0, 0)) if plain and isinstance(node, tree.Letter) and unknown(resolve(node, context)) else None


def _declared(letter: tree.Letter, body: Node, shape: tuple[str, str], context: Context) -> Context:
    return context.declare(Declared(key(letter), own(key(letter)), shape, "defined", body=body, source="proposed"))


def _solved(terms: Iterable[Node], letter: tree.Letter) -> tuple[tree.Letter, Node, tuple[str, str]] | None:
    """-C^-1 b of C xi + b = 0, -(b C^-1)' of xi' C + b = 0, and -b C^-1 of xi C + b = 0 for a row."""
    column, turned, row = (letter, False), (tree.Transposed(letter), True), (letter, True)
    for (sought, first), shape in ((column, ("n", "1")), (turned, ("n", "1")), (row, ("1", "n"))):
        parts = [_coefficient(term, sought, first) for term in terms]
        weights = [weight for weight, _ in parts if weight is not None]
        rest = [other for _, other in parts if other is not None]
        if not weights or not rest or any(letter in walk(other) for other in rest) or all(map(_is_one, weights)):
            continue
        inverse, paid = tree.Power(tree.summed(weights), INVERSE), tree.Negative(tree.summed(rest))
        body: Node = tree.Product((paid, inverse)) if first else tree.Product((inverse, paid))
        return letter, tree.Transposed(body) if sought != letter else body, shape
    return None


def _is_one(weight: Node) -> bool:
    return tree.unsigned(weight) == tree.Letter("I")


def _coefficient(term: Node, sought: Node, first: bool) -> tuple[Node | None, Node | None]:
    """(C, None) of C xi, or of xi C where it stands first; (None, b) of any other b."""
    if isinstance(term, tree.Negative):
        weight, rest = _coefficient(term.of, sought, first)
        return (tree.Negative(weight) if weight is not None else None), (tree.Negative(rest) if rest is not None else None)
    factors = term.factors if isinstance(term, tree.Product) else (term,)
    at = 0 if first else -1
    others = factors[1:] if first else factors[:-1]
    if factors[at] != sought or any(sought in walk(other) for other in others):
        return None, term
    return (others[0] if len(others) == 1 else tree.Product(others) if others else tree.Letter("I")), None


def lagrangian_told(chain: tree.Chain, context: Context) -> Introduced:
    """Psi(x, theta) + lambda' f(x, theta), and with a minus: lambda makes it stationary in x."""
    pair = pair_of(chain) if context.law("rest") is not None else None
    terms = tree.terms(pair[1]) if pair is not None else ()
    name = head(pair[0]) if pair is not None else None
    if name is None or len(terms) != 2 or _new(name, context) is None or not isinstance(resolve(terms[0], context), Applied):
        return None
    inner, sign = (terms[1].of, -1) if isinstance(terms[1], tree.Negative) else (terms[1], 1)
    factors = inner.factors if isinstance(inner, tree.Product) else inner.arguments if isinstance(inner, tree.Function) else ()
    letter = factors[0].of if factors and isinstance(factors[0], tree.Transposed) else factors[0] if factors else None
    slope = _slope_of(resolve(factors[1], context)) if len(factors) == 2 else None
    if letter is None or slope is None or _new(letter, context) is None or not isinstance(letter, tree.Letter):
        return None
    price = tree.Transposed(tree.Derivative(resolve(terms[0], context), (Symbol("x"),), "partial"))
    body: Node = tree.Product((tree.Power(tree.Transposed(slope), INVERSE), price))
    after = _declared(letter, tree.Negative(body) if sign > 0 else body, ("n", "1"), context)
    return "definition", (key(name),), after.declare(Declared(key(name), own(key(name)), ("", ""), "path", source="proposed"))


def _slope_of(residual: Node) -> Node | None:
    """f_x of f, f_x - I of f - x, I - f_x of x - f."""
    terms = tree.terms(residual)
    made = {Applied("f"): tree.Derivative(Applied("f"), (Symbol("x"),), "partial"), Symbol("x"): Symbol("I")}
    found = [_signed(term, made) for term in terms]
    return tree.summed([term for term in found if term is not None]) if all(found) and len(terms) < 3 else None


def _signed(term: Node, made: dict[Node, Node]) -> Node | None:
    if isinstance(term, tree.Negative):
        inner = _signed(term.of, made)
        return tree.Negative(inner) if inner is not None else None
    return made.get(replace(term, arguments=()) if isinstance(term, Applied) else term)


def without_time(chain: tree.Chain, context: Context) -> tree.Chain:
    """Of a state of rest: du/dp is along all states of rest, d gamma/dy is by the argument, and what f enters is a gradient through it."""
    if context.law("rest") is None:
        return chain
    sides = [_kinds(side) for side in chain.sides]
    through = any("f" in symbols(side) or any("f" in symbols(known.body) for name in symbols(side) for known in context.of(name)
                                              if known.body is not None) for side in sides[1:])
    return replace(chain, sides=(_gradient(sides[0]) if through else sides[0], *sides[1:]))


def _kinds(node: Node) -> Node:
    node = rebuilt(node, _kinds)
    if isinstance(node, Symbol) and node.name == "x" and getattr(node.at, "name", "") in ("theta", "w"):
        return replace(node, at=None)
    by = node.by[0] if isinstance(node, tree.Derivative) and len(node.by) == 1 else None
    if not isinstance(node, tree.Derivative) or not isinstance(by, Symbol):
        return node
    if node.of == Symbol("x") and by.name in ("theta", "w"):
        return replace(node, kind="total")
    return replace(node, kind="partial") if isinstance(node.of, Applied) and by.name == "x" else node


def _gradient(node: Node) -> Node:
    """d Psi/d theta through the state, alone on the left."""
    if isinstance(node, tree.Transposed):
        return replace(node, of=_gradient(node.of))
    paid = isinstance(node, tree.Derivative) and getattr(node.of, "name", "") == "Psi" and getattr(node.by[0], "name", "") in ("theta", "w")
    return replace(node, of=Symbol("J"), kind="total") if paid and isinstance(node, tree.Derivative) else node


def is_partial_of_adjoint(chain: tree.Chain, context: Context) -> bool:
    """Is a letter that solves an equation at rest inside of a partial derivative, which holds it?"""
    if context.law("rest") is None:
        return False
    solved = {known.symbol for known in context.letters.values() if known.kind == "defined"}
    return any(bool(symbols(part.of) & solved) for part in walk(chain) if isinstance(part, tree.Derivative) and part.kind != "total")
