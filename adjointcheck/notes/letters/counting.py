"""The letters that count layers in a formula: x_t and x_k beside each other are two layers, and not the same one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.meaning import INDICES, Symbol, children, rebuilt, resolve
from adjointcheck.notes.letters.progression import EARLIER
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.letters.usage import role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

APART = (1, 2)  # layers from h_k to h_t, where a line is about any two


def between(chain: tree.Chain, context: Context) -> tree.Chain | None:
    """dh_t/dh_k = ... resolved, one equation for each distance t - k below the other; None for lines that are about one layer."""
    slope = chain.sides[0].of if isinstance(chain.sides[0], tree.Transposed) else chain.sides[0]
    ends = (slope.of, *slope.by) if isinstance(slope, tree.Derivative) else ()
    late, early = ends if len(ends) == 2 and context.over() == "layers" else (None, None)
    if not (isinstance(late, tree.Letter) and isinstance(early, tree.Letter) and late.name == early.name):
        return None
    plain = all(len(letter.below) == 1 and isinstance(letter.below[0], tree.Letter) for letter in (late, early))
    names = [_index(letter, context) if plain else "" for letter in (late, early)]
    if "" in names or names[0] == names[1] or _counters(chain, context, frozenset()) != {*names} or len(chain.sides) != 2:
        return None
    if tree.Number(Fraction(0)) in chain.sides or any(_turns(item, *names) for item in chain.conditions):
        return None
    others = replace(context, letters={name: known for name, known in context.letters.items() if name != names[1]})
    made = resolve(_renamed(chain, names[1], EARLIER), others, frozenset({EARLIER}))
    assert isinstance(made, tree.Chain)
    places = [tree.Sum((Symbol("l"), tree.Negative(tree.Number(Fraction(step))))) for step in APART]
    sides = (tree.Vector(tuple((instead(side, Symbol(EARLIER, bound=True), place),) for place in places)) for side in made.sides)
    return replace(made, sides=tuple(sides))


def _turns(item: Node, late: str, early: str) -> bool:
    """t < k beside dh_t/dh_k."""
    names = [getattr(side, "name", "") for side in item.sides] if isinstance(item, tree.Chain) else []
    return (names == [late, early] and {*item.relations} <= {"<", "<="}) or (names == [early, late] and {*item.relations} <= {">", ">="})  # type: ignore[attr-defined]


def _renamed(node: Node, name: str, other: str) -> Node:
    node = rebuilt(node, lambda child: _renamed(child, name, other))
    return replace(node, name=other) if isinstance(node, tree.Letter) and node.name == name else node


def confounded(chain: tree.Chain, context: Context) -> str:
    """Why a formula over layers is not judged in which two letters count, each on its own; "" where one does."""
    names = sorted(_counters(chain, context, frozenset())) if context.over() == "layers" else []
    return f"{' and '.join(names)} count layers, each on its own" if len(names) > 1 else ""


def _counters(node: Node, context: Context, bound: frozenset[str]) -> set[str]:
    """k of x_k and p_{k+1}, for the state and the costate, but for indices of sums and products."""
    if isinstance(node, tree.Series) and isinstance(node.index, tree.Letter):
        bound |= {key(node.index)}
    own = _index(node, context) if isinstance(node, tree.Letter) else ""
    found = {own} - bound - {""}
    return found.union(*(_counters(child, context, bound) for child in children(node)))


def _index(letter: tree.Letter, context: Context) -> str:
    if len(letter.below) != 1 or letter.above or role_in(tree.Letter(letter.name), context) not in ("x", "p"):
        return ""
    terms = letter.below[0].terms if isinstance(letter.below[0], tree.Sum) else letter.below
    inner = [term for term in terms if isinstance(term, tree.Letter) and not term.below]
    counts = len(inner) == 1 and (role_in(inner[0], context) == "l" or (inner[0].name in INDICES and inner[0].name not in context.letters))
    return inner[0].name if counts else ""
