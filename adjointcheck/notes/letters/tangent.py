"""The tangent of a system, under letters of its own: z-dot = f_x z + f_u v says that z is delta x where v is delta u.

A forward sensitivity is one too: s-dot = f_x s + f_theta says that s is dx/dtheta.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import LATER, ROLES, Context, Declared, key, own
from adjointcheck.notes.letters.derivatives import is_start
from adjointcheck.notes.letters.layer_tangent import layered
from adjointcheck.notes.letters.meaning import Applied, Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.usage import USUAL_COSTATES, head, moving, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None


def linearised(chain: tree.Chain, context: Context) -> Introduced:
    """zdot = (df/dx) z + (df/du) v + (df/dtheta) q: z, v and q are the variations of state, control and parameters, as is z beside delta u.

    sdot = (df/dx) s + df/dtheta: s is the sensitivity dx/dtheta; s_k, with df/dtheta_k, is a column of it.
    """
    pair = pair_of(chain)
    if pair is not None and context.over() == "layers":
        moved = layered(pair[0], pair[1], context)
        return ("definition", tuple(moved.values()), _named(moved, context)) if moved else None
    letter = moving(pair[0]) if pair else None
    if pair is None or letter is None or key(letter) in context.letters or not context.of("x"):
        return None
    terms = list(_terms(_without_varied(pair[1], context), context))
    found = {by.name: name for by, name in terms if by is not None and name}
    if len(found) < len(terms) and (by := _driven(terms)) is not None and found == {"x": key(letter)}:
        return _sensitive(letter, by, context)
    if len(found) < len(terms) or found.get("x") != key(letter) or len(set(found.values())) < len(found):
        return None
    return "definition", tuple(found.values()), _named(found, context)


def priced(chains: Iterable[tree.Chain], context: Context) -> set[str]:
    """Letters that a line tells to be costates: lambda = dJ/dx, lambda(T) = dPhi/dx, lambda-dot = -f_x' lambda."""
    return {key(letter) for chain in chains if (letter := _priced(chain, context)) is not None}


def _priced(chain: tree.Chain, context: Context) -> tree.Letter | None:
    pair = pair_of(chain)
    letter, rated = (head(pair[0]), moving(pair[0])) if pair is not None else (None, None)
    if pair is None or letter is None or letter.name not in USUAL_COSTATES or not context.of("x"):
        return None
    if rated is not None:
        own_rate = any(head(part) == rated for part in walk(pair[1]) if isinstance(part, tree.Letter))
        return rated if own_rate and linearised(chain, context) is None else None
    return replace(letter, below=()) if _is_slope(pair[1]) else None


def _is_slope(node: Node) -> bool:
    """Is it a derivative, perhaps transposed, with a sign, or taken at a place?"""
    if isinstance(node, tree.Negative | tree.Transposed | tree.Evaluated):
        return _is_slope(node.of)
    inner = node.function if isinstance(node, tree.Call) else node
    return isinstance(inner, tree.Derivative) and inner.kind in ("partial", "total", "nabla")


def residuals(chain: tree.Chain) -> Iterator[tree.Chain]:
    """sdot = f_x s + f_theta of the terms sdot - f_x s - f_theta, which a multiplier may stand before."""
    for node in walk(chain):
        terms = node.terms if isinstance(node, tree.Sum) else ()
        rates = [term for term in terms if moving(term) is not None]
        if len(rates) == 1 and len(terms) > 1:
            others = tuple(term for term in terms if term is not rates[0])
            turned = tuple(tree.turned(term) for term in others)
            rate, rest = (rates[0].of, others) if isinstance(rates[0], tree.Negative) else (rates[0], turned)
            yield tree.Chain((rate, rest[0] if len(rest) == 1 else tree.Sum(rest)), ("=",))


VARIED = [tree.Variation(Symbol(name)) for name in ("w", "theta")]
Term = tuple[Symbol | None, str]


def chained(chain: tree.Chain, context: Context) -> Context:
    """With s of L_x s + L_theta as dx/dtheta, with z and v of L_x z + L_u v as variations, where nothing else is said of these letters."""
    for node in walk(chain) if context.of("x") and context.over() == "time" else ():
        terms = list(_terms(node, context, ("f", "L", "Psi"))) if isinstance(node, tree.Sum) else []
        found = {by.name: name for by, name in terms if by is not None and name}
        letter = tree.Letter(found["x"]) if found.get("x", "").isalpha() else None
        if letter is None or len({*found.values()}) < len(found) or not _of_one(node, context):
            continue
        by = _driven(terms)
        told = _sensitive(letter, by, context) if by is not None and len(found) == 1 else None
        context = told[2] if told else _named(found, context) if len(found) == len(terms) > 1 else context
    return context


def _of_one(node: Node, context: Context) -> bool:
    """Are all slopes of one function?"""
    slopes = [resolve(term.factors[0] if isinstance(term, tree.Product) else term, context) for term in tree.terms(node)]
    return len({slope.of.name for slope in slopes if isinstance(slope, tree.Derivative) and isinstance(slope.of, Applied)}) == 1


def _terms(node: Node, context: Context, names: tuple[str, ...] = ("f",)) -> Iterator[Term]:
    """(u, v) of each term (df/du) v, (u, "") of df/du alone, (None, "") of any other."""
    for term in tree.terms(node):
        factors = term.factors if isinstance(term, tree.Product) and len(term.factors) == 2 else (term,)
        slope = resolve(factors[0], context)
        by = slope.by[0] if isinstance(slope, tree.Derivative) and len(slope.by) == 1 and _stands(slope.of, names) else None
        letter = head(factors[1]) if len(factors) == 2 else None
        new = letter is not None and not letter.accents and bool(unknown(resolve(replace(letter, above=()), context)))
        fits = isinstance(by, Symbol) and by.name in ("x", "w", "theta") and (new or len(factors) == 1)
        yield (by, key(letter) if letter is not None else "") if fits and isinstance(by, Symbol) else (None, "")


def _without_varied(node: Node, context: Context) -> Node:
    """Without (df/du) delta u, whose letter is told already."""
    kept = tuple(term for term in tree.terms(node) if not (
        isinstance(term, tree.Product) and len(term.factors) == 2 and resolve(term.factors[1], context) in VARIED))
    return kept[0] if len(kept) == 1 else replace(node, terms=kept) if isinstance(node, tree.Sum) and kept else node


def _stands(node: Node, names: tuple[str, ...]) -> bool:
    """f, or f(x, u, t) where it stands."""
    if not isinstance(node, Applied) or node.name not in names or node.at is not None or node.side:
        return False
    places = (None, Symbol("t"), Symbol("t1")) if node.name == "Psi" else (None, Symbol("t"))
    return all(isinstance(value, Symbol) and value.name == slot and not value.part and value.at in places for slot, value in node.arguments)


def _driven(terms: list[Term]) -> Symbol | None:
    """theta of a term df/dtheta that multiplies nothing."""
    alone = [by for by, name in terms if not name]
    return alone[0] if len(alone) == 1 and alone[0] is not None and alone[0].name == "theta" else None


def _sensitive(letter: tree.Letter, by: Symbol, context: Context) -> Introduced:
    """The letter as dx/dtheta; s of s_k as the matrix of all of them."""
    column = len(letter.below) == 1 and by.part and _index(letter.below[0]) == getattr(by.part[0], "name", "")
    name, by = (letter.name, replace(by, part=())) if column else (key(letter), by)
    if name in context.letters:
        return None
    body = tree.Derivative(Symbol("x"), (by,), "total")
    shape = ("n", "1") if by.part else ROLES["S" if by.name == "theta" else "M"].shape
    declared = Declared(name, own(name), shape, "alias", body=body, source="proposed")
    return "definition", (name,), replace(context, letters={**context.letters, name: declared})


def sensitivity(chain: tree.Chain, context: Context) -> Introduced:
    """s = dx/dtheta, s_k(t) = dx(t)/dtheta_k, F(t) = dx(t)/dx(0), for a new letter."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    slope = resolve(pair[1], context) if pair else None
    if pair is None or letter is None or letter.accents or letter.above or not isinstance(slope, tree.Derivative) or len(slope.by) != 1:
        return None
    begins = isinstance(pair[0], tree.Call) and len(pair[0].arguments) == 1 and resolve(pair[0].arguments[0], context) == Symbol("t0")
    moments = (Symbol("t0"),) if begins else (None, Symbol("t"))  # S(t_0) = dx_0/dtheta
    here = isinstance(slope.of, Symbol) and slope.of.name == "x" and slope.of.at in moments and not slope.of.part
    by = slope.by[0] if here and slope.kind == "total" and len(chain.sides) == 2 else None
    foretold = getattr(context.letters.get(key(letter)), "told", "") == LATER
    known = key(letter) in context.letters or letter.name in context.letters or not unknown(resolve(letter, context))
    if foretold and here and resolve(letter, context) == replace(slope, of=Symbol("x")):
        return "definition", (key(letter),), context
    return _sensitive(letter, by, context) if isinstance(by, Symbol) and (by.name == "theta" or is_start(by)) and not known else None


def foretold_sensitivity(chain: tree.Chain, context: Context) -> Introduced:
    """F of F = dx/dx(0) before it is said, so that no line before takes it for a single variation."""
    return _foretold(sensitivity(chain, context))


def _foretold(found: Introduced) -> Introduced:
    """What is introduced, by a line that comes later."""
    if found is None:
        return None
    status, names, context = found
    letters = {name: replace(context.letters[name], told=LATER) for name in names}
    return status, names, replace(context, letters={**context.letters, **letters})


def transitions(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With X of X-dot = f_x X that starts at I as dx(t)/dx(t_0), which is no single variation."""
    pairs = [pair for chain in chains if (pair := pair_of(chain)) is not None]
    starts, unit = (tree.Number(Fraction(0)), Symbol("t0")), Symbol("I")
    begun = {key(letter) for left, value in pairs if isinstance(left, tree.Call) and (letter := head(left)) is not None
             and resolve(left.arguments[0], context) in starts and resolve(value, context) == unit}
    for left, right in pairs:
        letter = moving(left)
        alone = letter is not None and key(letter) in begun and [*_terms(right, context)] == [(Symbol("x"), key(letter))]
        found = _foretold(_sensitive(letter, Symbol("x0"), context)) if letter is not None and alone else None
        context = found[2] if found is not None else context
    return context


def _index(node: Node) -> str:
    """k of s_k."""
    return node.name if isinstance(node, tree.Letter) else ""


def _named(found: dict[str, str], context: Context) -> Context:
    """The letters as names of variations."""
    for name, letter in found.items():
        declared = Declared(letter, own(letter), ROLES[name].shape, "alias", body=tree.Variation(Symbol(name)), source="proposed")
        context = replace(context, letters={**context.letters, letter: declared})
    return context


def started(chain: tree.Chain, context: Context) -> Introduced:
    """z(t_0) = z_0: the variation of the initial state."""
    pair = pair_of(chain)
    left = resolve(pair[0], context) if pair else None
    new = pair is not None and isinstance(pair[1], tree.Letter) and bool(unknown(resolve(pair[1], context)))
    if pair is None or not new or left not in (tree.Variation(Symbol("x", at=Symbol("t0"))), Symbol("v", at=Symbol("t0"))):
        return None
    letter = head(pair[1])
    return ("definition", (key(letter),), _named({"x0": key(letter)}, context)) if letter is not None else None
