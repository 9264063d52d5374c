"""What the statements behind a formula explain: delta J = int g^T delta u dt, where g = l_u^T + f_u^T lambda."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

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
    """The statement behind a claim that says what its unknown letter is: J, and J_0 and J_1 by J_l = f_x(x_l)."""
    letters = {letter for side in resolved.chain.sides for letter in unknown(side)} if resolved.status == "claim" else set()
    counted = {name.partition("_")[0] for name in letters if name.partition("_")[2].isdigit()} if context.over() == "layers" else set()
    indices = [known.letter for known in context.of("l")]
    for chain in following if letters else ():
        pair = pair_of(chain)
        letter = head(pair[0]) if pair is not None else None
        of_all = letter is not None and letter.name in counted and [getattr(index, "name", "") for index in letter.below] == indices
        if letter is not None and (title(letter) in letters or of_all) and naming(unprimed(chain, context), context) is not None:
            return chain
    return None


def passed_through(chain: tree.Chain, following: Iterable[tree.Chain]) -> tree.Chain | None:
    """z^l = W^l x^{l-1} + b^l right behind x^l = sigma(z^l), m_n = x_n + h f(x_n)/2 right behind x_{n+1} = x_n + h f(m_n)."""
    made = _letters(chain)
    for other in following if made is not None else ():
        inner = _letters(other)
        inside = made and inner and inner[0] in made[1] and made[0] in inner[1] and inner[0] != made[0]
        if made and inner and inside and (made[0] not in made[1] or _is_called_at(inner[0], made[0], chain)):
            return other
    return None


def _is_called_at(inner: str, state: str, chain: tree.Chain) -> bool:
    """Is m of f(m_n, theta) what a function of the step is taken at, and in no bracket beside the state?"""
    calls = [[head(argument) for argument in part.arguments] for part in walk(chain) if isinstance(part, tree.Call)]
    names = [[letter.name for letter in heads if letter is not None] for heads in calls]
    return any(found[:1] == [inner] for found in names) and not any({inner, state} <= {*found} for found in names)


def _letters(chain: tree.Chain) -> tuple[str, set[str]] | None:
    """(x, {sigma, z}) of x^l = sigma(z^l)."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair is not None else None
    if pair is None or letter is None or (not letter.below and not letter.above):
        return None
    return letter.name, {part.name for part in walk(pair[1]) if isinstance(part, tree.Letter) and (part.below or part.above)}


def untold_error(chain: tree.Chain, chains: Iterable[tree.Chain], context: Context) -> tree.Chain | None:
    """delta_l = dC/dz_l, where notes tell the error delta by its equations alone: delta_l = v * sigma'(z_l), beside dC/db_l = delta_l or
    delta_N = nabla C * sigma'(z_N), which settle its sign.
    """
    index = next((tree.Letter(known.letter) for known in context.of("l")), None)
    error, inner = _error(chain) or (None, None)
    if index is None or error is None or inner is None or error.name in context.letters:
        return None
    chains = list(chains)
    told = [slope for other in chains if (slope := _told(other, error)) is not None]
    costs = [cost for other in chains for cost in _cost_of_error(other, error)]
    if not costs or any(map(partial(_is_other, inner), told)) or any(_is_of_other_sign(other, error) for other in chains):
        return None
    return tree.Chain((replace(error, below=(index,)), tree.Derivative(costs[0], (replace(inner, below=(index,)),), "partial")), ("=",))


def _told(chain: tree.Chain, error: tree.Letter) -> tree.Node | None:
    """dC/dz_l, or -dC/da_l, of notes that say that delta_l is this."""
    pair = pair_of(chain)
    said = pair is not None and getattr(head(pair[0]), "name", "") == error.name and isinstance(tree.unsigned(pair[1]), tree.Derivative)
    return pair[1] if said and pair is not None else None


def _is_other(inner: tree.Letter, slope: tree.Node) -> bool:
    """Is it no dC/dz_l of this letter z?"""
    return not isinstance(slope, tree.Derivative) or getattr(slope.by[0], "name", "") != inner.name


def _error(chain: tree.Chain) -> tuple[tree.Letter, tree.Letter] | None:
    """(delta_l, z_l) of delta_l = v * sigma'(z_l)."""
    pair = pair_of(chain)
    error = head(pair[0]) if pair is not None else None
    calls = (part for part in _entrywise(pair[1]) if isinstance(part, tree.Call) and _is_slope(part.function)) if pair is not None else ()
    inner = (call.arguments[0] for call in calls)
    at_same = (z for z in inner if isinstance(z, tree.Letter) and error is not None and error.below and z.below == error.below)
    return next(((error, z) for z in at_same if error is not None), None)


def _entrywise(node: tree.Node) -> Iterator[tree.Node]:
    """u, v, w of u * v * w."""
    if isinstance(node, tree.Function) and node.name == "hadamard":
        for part in node.arguments:
            yield from _entrywise(part)
    else:
        yield node


def _is_slope(function: tree.Node) -> bool:
    return isinstance(function, tree.Letter) and [getattr(mark, "name", "") for mark in function.above] == ["prime"]


def _cost_of_error(chain: tree.Chain, error: tree.Letter) -> Iterator[tree.Letter]:
    """C of dC/db_l = delta_l, of dC/dW_l = delta_l v^T and of delta_N = nabla C * v; of no multiple of the error, or sum of errors."""
    pair = pair_of(chain)
    if pair is None:
        return
    right = pair[1].of if isinstance(pair[1], tree.Transposed) else pair[1]
    factors = right.factors if isinstance(right, tree.Product) else (right,)
    named = [factor.function if isinstance(factor, tree.Call) else factor for factor in factors]
    whole = any(isinstance(factor, tree.Letter) and factor.name == error.name for factor in named)
    plain = all(isinstance(factor, tree.Letter | tree.Transposed) for factor in named)
    slopes = [pair[0]] if whole and plain else [*_entrywise(pair[1])] if getattr(head(pair[0]), "name", "") == error.name else []
    for slope in slopes:
        if isinstance(slope, tree.Derivative) and isinstance(slope.of, tree.Letter) and not slope.of.below:
            yield slope.of


def _is_of_other_sign(chain: tree.Chain, error: tree.Letter) -> bool:
    """dC/db_l = -delta_l."""
    negative = isinstance(chain.sides[-1], tree.Negative) and isinstance(chain.sides[0], tree.Derivative)
    return negative and any(getattr(part, "name", "") == error.name for part in walk(chain.sides[-1]))


def explained(name: str, context: Context) -> Context:
    """With the letters of the formula of this number that the notes explain right behind it."""
    chain = context.pieces.get(f"{WHERE}{name}")
    found = naming(unprimed(chain, context), context) if isinstance(chain, tree.Chain) else None
    if found is None:
        return context
    _, names, after = found
    letters = {letter: replace(known, told=LATER) if letter in names else known for letter, known in after.letters.items()}
    return replace(after, letters=letters)
