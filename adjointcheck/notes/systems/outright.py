"""Functions of time that notes write out before they differentiate them, z = f(x, y), x = e^t and y = h(t): no state moves there."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, key
from adjointcheck.notes.letters.usage import differentiates, head, moving, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node, walk

OUTRIGHT, TIME = "given outright", tree.Letter("t")


def outright(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the letters that are formulas in t, or in such letters, before a rate is written that does not speak of them again."""
    told: dict[str, Node] = {}
    moved: set[str] = set()
    for left, right in filter(None, map(pair_of, chains)):
        if (rate := moving(left)) is not None:
            moved.add(key(rate))
            if _speaks_of(right, {key(rate)}) and not differentiates(right):
                told.pop(key(rate), None)
        elif (letter := _bare(left)) is not None and key(letter) not in moved and not _is_motion(letter, right):
            told.setdefault(key(letter), right)
    given = [name for name in _rests_on({"t"}, told) if name in moved]
    return replace(context, options={**context.options, OUTRIGHT: " ".join(given)}) if given else context


def _bare(left: Node) -> tree.Letter | None:
    """x of x and x(t)."""
    plain = isinstance(left, tree.Letter) or (isinstance(left, tree.Call) and left.arguments == (TIME,))
    letter = head(left) if plain else None
    return letter if letter is not None and not letter.accents else None


def _is_motion(letter: tree.Letter, right: Node) -> bool:
    return differentiates(right) or any(isinstance(part, tree.Letter) and (part == letter or part.accents) for part in walk(right))


def _rests_on(known: Container[str], told: dict[str, Node]) -> list[str]:
    """What is made of t, and what is made of that."""
    found = [name for name, value in told.items() if _speaks_of(value, known)]
    others = {name: value for name, value in told.items() if name not in found}
    return [*found, *_rests_on({*found}, others)] if found else []


def _speaks_of(node: Node, names: Container[str]) -> bool:
    return any(isinstance(part, tree.Letter) and key(part) in names for part in walk(node))
