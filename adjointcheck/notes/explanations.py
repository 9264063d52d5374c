"""What the statements behind a formula explain: delta J = int g^T delta u dt, where g = l_u^T + f_u^T lambda."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes.introduction import Resolved, naming
from adjointcheck.notes.letters.context import LATER, Context
from adjointcheck.notes.letters.meaning import unknown, walk
from adjointcheck.notes.letters.primes import unprimed
from adjointcheck.notes.letters.shorthand import title
from adjointcheck.notes.letters.usage import head, pair_of
from adjointcheck.notes.reading import tree

WHERE = "where "
NEAR = 2  # statements behind a formula that may explain its letters


def explanation(resolved: Resolved, following: Iterable[tree.Chain], context: Context) -> tree.Chain | None:
    """The statement behind a claim that says what its unknown letter is."""
    letters = {letter for side in resolved.chain.sides for letter in unknown(side)} if resolved.status == "claim" else set()
    for chain in following if letters else ():
        pair = pair_of(chain)
        letter = head(pair[0]) if pair is not None else None
        if letter is not None and title(letter) in letters and naming(unprimed(chain, context), context) is not None:
            return chain
    return None


def passed_through(chain: tree.Chain, following: Iterable[tree.Chain]) -> tree.Chain | None:
    """z^l = W^l x^{l-1} + b^l right behind x^l = sigma(z^l)."""
    made = _letters(chain)
    for other in following if made is not None else ():
        inner = _letters(other)
        if made and inner and inner[0] in made[1] and made[0] in inner[1] and made[0] not in made[1] and inner[0] != made[0]:
            return other
    return None


def _letters(chain: tree.Chain) -> tuple[str, set[str]] | None:
    """(x, {sigma, z}) of x^l = sigma(z^l)."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair is not None else None
    if pair is None or letter is None or (not letter.below and not letter.above):
        return None
    return letter.name, {part.name for part in walk(pair[1]) if isinstance(part, tree.Letter) and (part.below or part.above)}


def explained(name: str, context: Context) -> Context:
    """With the letters of the formula of this number that the notes explain right behind it."""
    chain = context.pieces.get(f"{WHERE}{name}")
    found = naming(unprimed(chain, context), context) if isinstance(chain, tree.Chain) else None
    if found is None:
        return context
    _, names, after = found
    letters = {letter: replace(known, told=LATER) if letter in names else known for letter, known in after.letters.items()}
    return replace(after, letters=letters)
