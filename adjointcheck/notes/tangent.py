"""The tangent of a system, under letters of its own: z-dot = f_x z + f_u v says that z is delta x where v is delta u."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import ROLES, Context, Declared, key
from adjointcheck.notes.meaning import Applied, Symbol, resolve, unknown
from adjointcheck.notes.tree import Node
from adjointcheck.notes.usage import head, moving, pair_of

Introduced = tuple[str, tuple[str, ...], Context] | None


def linearised(chain: tree.Chain, context: Context) -> Introduced:
    """zdot = (df/dx) z + (df/du) v + (df/dtheta) q: z, v and q are the variations of state, control and parameters."""
    pair = pair_of(chain)
    letter = moving(pair[0]) if pair else None
    if pair is None or letter is None or key(letter) in context.letters or not context.of("x") or context.over() == "layers":
        return None
    found = dict(_terms(pair[1], context))
    if "" in found or found.get("x") != key(letter) or len(set(found.values())) < len(found):
        return None
    return "definition", tuple(found.values()), _named(found, context)


def _terms(node: Node, context: Context) -> Iterator[tuple[str, str]]:
    """(u, v) of each term (df/du) v; ("", "") for any other."""
    for term in node.terms if isinstance(node, tree.Sum) else (node,):
        first, second = term.factors if isinstance(term, tree.Product) and len(term.factors) == 2 else (term, term)
        letter = head(second) if second is not term else None
        slope = resolve(first, context) if letter is not None else None
        by = slope.by[0] if isinstance(slope, tree.Derivative) and len(slope.by) == 1 and isinstance(slope.of, Applied) else None
        fits = isinstance(by, Symbol) and by.name in ("x", "w", "theta") and isinstance(slope, tree.Derivative) and slope.of == Applied("f")
        new = letter is not None and not letter.accents and bool(unknown(resolve(replace(letter, above=()), context)))
        yield (by.name, key(letter)) if fits and new and letter is not None and isinstance(by, Symbol) else ("", "")


def _named(found: dict[str, str], context: Context) -> Context:
    """The letters as names of variations."""
    for name, letter in found.items():
        declared = Declared(letter, letter, ROLES[name].shape, "alias", body=tree.Variation(Symbol(name)), source="proposed")
        context = replace(context, letters={**context.letters, letter: declared})
    return context


def started(chain: tree.Chain, context: Context) -> Introduced:
    """z(t_0) = z_0: the variation of the initial state."""
    pair = pair_of(chain)
    left = resolve(pair[0], context) if pair else None
    new = pair is not None and isinstance(pair[1], tree.Letter) and bool(unknown(resolve(pair[1], context)))
    if pair is None or not new or left != tree.Variation(Symbol("x", at=Symbol("t0"))):
        return None
    letter = head(pair[1])
    return ("definition", (key(letter),), _named({"x0": key(letter)}, context)) if letter is not None else None
