"""Steps of an iteration, w^{k+1} = w^k - eta grad J(w^k): w^k, x^k and p^k are w, x and p, and w^{k+1} is what the step makes of w."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import USUAL, Context, Declared, key, own
from adjointcheck.notes.letters.meaning import rebuilt, resolve, unknown, walk
from adjointcheck.notes.letters.usage import head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
ONE = tree.Number(Fraction(1))
ITERATED = ("w", "theta", "x0", "x", "p")
_AT = r"(?:\s*_\s*\{?\s*t\s*\}?|\s*\(t\))?\s*"  # of u_t and u(t)
_ONE_ON = r"\s*\{\s*\(?\s*([klnijm])\s*\+\s*1\s*\)?\s*\}"
_NEXT = rf"\^{_ONE_ON}"
_LETTER = r"(\\?[A-Za-z]+|\\(?:bm|mathbf|boldsymbol)\s*\{\s*\\?[A-Za-z]+\s*\})"
_STEP = re.compile(rf"{_LETTER}{_AT}{_NEXT}{_AT}(?:=|:=|\\leftarrow|\\gets)\s*\1{_AT}\^\s*\{{?\s*\(?\s*\2\s*\)?\s*\}}?{_AT}[-+]")
_CHOSEN = re.compile(rf"{_LETTER}{_AT}{_NEXT}{_AT}(?:=|:=|\\in)\s*\\?\w*\*?\s*\{{?\\?arg")  # u^{k+1} = argmax_u H(x^k, u, p^k)
_MADE = re.compile(rf"{_LETTER}\s*_{_ONE_ON}{_AT}(?:=|:=|\\leftarrow|\\gets)\s*(.*)", re.DOTALL)  # u_{k+1} = ...
_DOWN = re.compile(r"[-+][^=]*?(?:\\nabla|\\delta\s*J|J\s*'|\\partial|[HJL]_\{?[a-z\\])")  # - eta grad J(u_k)
LOWERED = "iterates below"


def iterated_in(texts: Iterable[str]) -> str:
    """k of w^{k+1} = w^k - ... and of w^{k+1} = argmin ..., where the notes write such a step; "" where they do not."""
    found = (match[2] for text in texts for step in (_STEP, _CHOSEN) for match in step.finditer(text))
    return next(found, "")


def iterated_below(texts: Iterable[str], context: Context) -> Context:
    """With k of u_{k+1} = u_k - eta grad J(u_k), in notes that have no layers, as the number of an iteration."""
    made = [match for text in texts for match in _MADE.finditer(text)]
    steps = {(match[1], match[2]) for match in made if match[3].startswith(f"{match[1]}_") and _DOWN.search(match[3])}
    alone = len(steps) == 1 and {match[1] for match in made} == {next(iter(steps))[0]}  # x_{k+1} = x_k + h f is one of layers
    return replace(context, options={**context.options, "iterate": next(iter(steps))[1], LOWERED: "yes"}) if alone else context


def lifted(chain: tree.Chain, context: Context) -> tree.Chain:
    """u^k for u_k, where it is an iterate."""
    index = context.option("iterate") if context.option(LOWERED) and context.over() != "layers" else ""
    marks = (tree.Letter(index), tree.Sum((tree.Letter(index), ONE)))

    def above(node: Node) -> Node:
        if not isinstance(node, tree.Letter):
            return rebuilt(node, above)
        path = len(node.below) == 1 and node.below[0] in marks and role_in(replace(node, below=()), context) in ITERATED
        return replace(node, below=(), above=(*node.above, node.below[0])) if path else node

    return replace(chain, sides=tuple(map(above, chain.sides))) if index else chain


def iteration(chain: tree.Chain, context: Context) -> Introduced:
    """w^{k+1} = w^k - eta grad J(w^k): the first time, it says what w^{k+1} is."""
    pair, index = pair_of(chain), context.option("iterate")
    letter = head(pair[0]) if pair else None
    if pair is None or not index or letter is None or not _is_next(letter, index):
        return None
    if isinstance(pair[1], tree.Extremum) and _kept(letter) in context.pieces:  # another method, w^{k+1} = argmax H
        return "definition", (letter.name,), untaken(context)
    if _kept(letter) in context.pieces:
        return None
    value = at_iterate(pair[1], context)
    assert not isinstance(value, tree.Chain)
    context = _small(value, context)
    if role_in(replace(letter, above=()), context) not in ("w", "theta", "x0") or unknown(resolve(value, context)):
        return None
    return "definition", (letter.name,), replace(context, pieces={**context.pieces, _kept(letter): value})


def untaken(context: Context) -> Context:
    """Without a step that was wrong: the next one says what w^{k+1} is."""
    return replace(context, pieces={name: piece for name, piece in context.pieces.items() if not name.endswith("^next")})


def _kept(letter: tree.Letter) -> str:
    return f"{key(replace(letter, above=()))}^next"


def _small(value: Node, context: Context) -> Context:
    """eta of -eta grad J: a step size."""
    for term in tree.terms(value)[1:]:
        inner = tree.unsigned(term)
        factor = inner.factors[0] if isinstance(inner, tree.Product) else None
        plain = isinstance(factor, tree.Letter) and not factor.above and not factor.accents
        if isinstance(factor, tree.Letter) and plain and key(factor) not in {*context.letters, *USUAL}:
            context = context.declare(Declared(key(factor), own(key(factor)), source="proposed"))
            context = replace(context, options={**context.options, "step size": key(factor)})
    return context


def sized(chain: tree.Chain, context: Context) -> Context:
    """With the step size eta as a small number where a formula expands in it, up to O(eta^2) or by d/d eta, and a constant elsewhere."""
    layered, context = context.option("layer step"), _layer_step(chain, context)
    name = context.option("step size") or context.option("layer step") or layered
    if not name:
        return context
    slopes = (part.by for part in walk(chain) if isinstance(part, tree.Derivative))
    expands = any(isinstance(part, tree.BigO) for part in walk(chain)) or any(tree.Letter(name) in by for by in slopes)
    plain = Declared(name, "h" if name == layered else own(name), source="proposed")
    known = Declared(name, "eps", kind="variable", source="proposed") if expands else plain
    return replace(context, letters={**context.letters, name: known})


def _layer_step(chain: tree.Chain, context: Context) -> Context:
    """With the step of the layers as what a formula in time expands in, and without it."""
    steps = [known.letter for known in context.letters.values() if known.symbol == "h" or known.letter == context.option("layer step")]
    name = next((letter for letter in steps if _shifts(chain, letter)), "")
    return replace(context, options={**context.options, "layer step": name}) if name != context.option("layer step") else context


def _shifts(chain: tree.Chain, step: str) -> bool:
    """a(t - h) = ... + O(h^2): in time, the step of the layers is a small one."""
    sums = [part.terms for part in walk(chain) if isinstance(part, tree.Sum) and part.terms[0] == tree.Letter("t")]
    shifted = any(tree.Letter(step) in (terms[-1], getattr(terms[-1], "of", None)) for terms in sums if len(terms) == 2)
    return shifted and any(isinstance(part, tree.BigO) for part in walk(chain))


def _is_next(letter: tree.Letter, index: str) -> bool:
    return len(letter.above) == 1 and letter.above[0] == tree.Sum((tree.Letter(index), ONE))


def at_iterate(node: Node, context: Context) -> Node:
    """The formula with w for w^k, and what the step makes of it for w^{k+1}."""
    index = context.option("iterate")
    if not index or not any(isinstance(part, tree.Letter) and part.above for part in walk(node)):
        return node
    return _marked(node, index, context)


def _marked(node: Node, index: str, context: Context) -> Node:
    called = node.function if isinstance(node, tree.Call) and len(node.arguments) == 1 else None
    letter = called if isinstance(called, tree.Letter) else node
    if isinstance(letter, tree.Letter) and _is_next(letter, index) and _kept(letter) in context.pieces:
        return context.pieces[_kept(letter)]
    if isinstance(node, tree.Letter) and tree.Letter(index) in node.above:
        return replace(node, above=tuple(mark for mark in node.above if mark != tree.Letter(index)))
    return rebuilt(node, lambda child: _marked(child, index, context))
