"""The tangent of a system, under letters of its own: z-dot = f_x z + f_u v says that z is delta x where v is delta u.

A forward sensitivity is one too: s-dot = f_x s + f_theta says that s is dx/dtheta.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import ROLES, Context, Declared, key, own
from adjointcheck.notes.meaning import Applied, Symbol, resolve, unknown
from adjointcheck.notes.tree import Node
from adjointcheck.notes.usage import head, moving, pair_of

Introduced = tuple[str, tuple[str, ...], Context] | None


def linearised(chain: tree.Chain, context: Context) -> Introduced:
    """zdot = (df/dx) z + (df/du) v + (df/dtheta) q: z, v and q are the variations of state, control and parameters.

    sdot = (df/dx) s + df/dtheta: s is the sensitivity dx/dtheta; s_k, with df/dtheta_k, is a column of it.
    """
    pair = pair_of(chain)
    letter = moving(pair[0]) if pair else None
    if pair is None or letter is None or key(letter) in context.letters or not context.of("x") or context.over() == "layers":
        return None
    terms = list(_terms(pair[1], context))
    found = {by.name: name for by, name in terms if by is not None and name}
    if len(found) < len(terms) and (by := _driven(terms)) is not None and found == {"x": key(letter)}:
        return _sensitive(letter, by, context)
    if len(found) < len(terms) or found.get("x") != key(letter) or len(set(found.values())) < len(found):
        return None
    return "definition", tuple(found.values()), _named(found, context)


Term = tuple[Symbol | None, str]


def _terms(node: Node, context: Context) -> Iterator[Term]:
    """(u, v) of each term (df/du) v, (u, "") of df/du alone, (None, "") of any other."""
    for term in tree.terms(node):
        factors = term.factors if isinstance(term, tree.Product) and len(term.factors) == 2 else (term,)
        slope = resolve(factors[0], context)
        by = slope.by[0] if isinstance(slope, tree.Derivative) and len(slope.by) == 1 and _is_field(slope.of) else None
        letter = head(factors[1]) if len(factors) == 2 else None
        new = letter is not None and not letter.accents and bool(unknown(resolve(replace(letter, above=()), context)))
        fits = isinstance(by, Symbol) and by.name in ("x", "w", "theta") and (new or len(factors) == 1)
        yield (by, key(letter) if letter is not None else "") if fits and isinstance(by, Symbol) else (None, "")


def _is_field(node: Node) -> bool:
    """f, or f(x, u, t) where it stands."""
    stands = isinstance(node, Applied) and all(isinstance(value, Symbol) and value.name == slot and not value.part and
                                               value.at in (None, Symbol("t")) for slot, value in node.arguments)
    return isinstance(node, Applied) and node.name == "f" and stands and node.at is None and not node.side


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
    declared = Declared(name, own(name), ("n", "1") if by.part else ROLES["S"].shape, "alias", body=body, source="proposed")
    return "definition", (name,), replace(context, letters={**context.letters, name: declared})


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
