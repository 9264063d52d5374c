"""What one observation costs, where notes say it: l_j = |x(s_j) - y_j|^2 / 2, for every j alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adjointcheck.notes.letters.at_event import mapped
from adjointcheck.notes.letters.context import Context, Law
from adjointcheck.notes.letters.costs import one_of, parts
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, unknown, walk
from adjointcheck.notes.letters.own_letters import own_letters
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.letters.usage import pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None


def observed_cost(chain: tree.Chain, context: Context) -> Introduced:
    """l_j = ...: the cost of an observation, in the state at its time and data that the formula brings in."""
    pair = pair_of(chain)
    known = next(iter(context.of("phi")), None)
    if pair is None or known is None or known.body is not None or not _is_cost(resolve(pair[0], context)):
        return None
    after = own_letters(("1", "1"), pair[1], context)
    body = resolve(pair[1], after)
    names = {part.name for part in walk(body) if isinstance(part, Symbol | Applied)}
    bare = any(part == Symbol("x") for part in walk(resolve(pair[0], after)))  # l_j(x) = ... for any x
    seen = any(is_sampled(part) or (bare and part == Symbol("x")) for part in walk(body))
    if unknown(body) or names & {"p", "J", "J_a", "H", "phi"} or not seen:
        return None
    return "definition", (known.letter,), replace(after, letters={**after.letters, known.letter: replace(known, body=standing(body))})


def _is_cost(node: Node) -> bool:
    return isinstance(node, Applied) and node.name == "phi" and _place(node) is not None


def is_sampled(node: Node | None) -> bool:
    """x(s), the state where something is observed."""
    return isinstance(node, Symbol) and node.name == "x" and isinstance(node.at, Symbol) and node.at.name == "s"


def _bare(node: Any) -> Any:
    return replace(node, at=None) if is_sampled(node) else node


def standing(node: Node) -> Node:
    """The cost of an observation, of the state where it stands."""
    return mapped(node, _bare)


def observed(cost: Node) -> tuple[Node | None, Node]:
    """(what one observation costs, of the state there; what else is paid), of a cost with one sum over what is seen at times."""
    terms = [(term, next(filter(_is_seen, walk(term)), None)) for term in parts(cost)]
    rest = tree.Sum(tuple(term for term, series in terms if series is None))
    seen = [standing(one_of(term, series)) for term, series in terms if isinstance(series, tree.Series)]
    return (seen[0], rest) if len(seen) == 1 else (None, cost)


def _is_seen(node: Node) -> bool:
    return isinstance(node, tree.Series) and any(map(is_sampled, walk(node.body)))


def _place(node: Applied) -> Node | None:
    """The time of an observation, as written or of the state that is observed."""
    return node.at or next((value.at for _, value in node.arguments if isinstance(value, Symbol) and value.at is not None), None)


def written_out(left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """An equation, the laws and what letters stand for, with the cost of each observation as the notes give it."""
    body = next((known.body for known in context.of("phi")), None)
    if body is None:
        return left, right, context
    laws = tuple(Law(law.kind, law.left, _put(law.right, body)) for law in context.laws)
    letters = {name: replace(known, body=_put(known.body, body)) if known.body is not None and known.symbol != "phi" else known
               for name, known in context.letters.items()}
    left, right = _of_one_state(left, right, context)
    return _put(left, body), _put(right, body), replace(context, laws=laws, letters=letters)


def _of_one_state(left: Node, right: Node, context: Context) -> tuple[Node, Node]:
    """The slope of l_j(x) = |x - y_j|^2/2 is x - y_j: one x, and one G = dg/dx, on both sides at the time of the observation."""
    costs = (part for side in (left, right) for part in walk(side) if isinstance(part, Applied) and part.name == "phi")
    place = next((part.at for part in costs if ("x", Symbol("x")) in part.arguments), None)
    if place is None:
        return left, right
    slopes = [known.symbol for known in context.letters.values() if known.kind == "defined" and isinstance(known.body, tree.Derivative)]
    for name in ("x", *slopes):
        left, right = (instead(side, Symbol(name), Symbol(name, at=place)) for side in (left, right))
    return left, right


def _is_state(node: Node) -> bool:
    """x, or one of its components, where it stands."""
    return isinstance(node, Symbol) and node.name == "x" and node.at is None


def _put(node: Node, body: Node) -> Node:
    """The formula in place of phi_j, and its slope by the state observed in place of phi_j's slope."""
    if isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.of.name == "phi":
        place = _place(node.of)
        by = tuple(replace(item, at=place) if isinstance(item, Symbol) and item.name == "x" else item for item in node.by)
        return replace(node, of=_put(node.of, body), by=by)
    if isinstance(node, Applied) and node.name == "phi":
        place = _place(node)
        return mapped(body, lambda part: replace(part, at=place) if _is_state(part) else part)
    return rebuilt(node, lambda child: _put(child, body))
