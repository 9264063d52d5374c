"""A field with a function of its own in it: kdot = F(k) - delta k - c, where f is F, and the field is a formula in it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key
from adjointcheck.notes.letters.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, USUAL_COSTATES, head, moving, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

NUMBER = ("1", "1")
IDENTITY = tree.Letter("I")
VECTORS = ("mathbb{R}", "norm", "hadamard", "tr", "det", "diag")


def inner_function(right: Node, context: Context) -> tree.Call | None:
    """F(k) of F(k) - delta k - c: the one term that is a new function of the state."""
    calls = [term for term in _terms(right) if isinstance(term, tree.Call) and _is_new(term, context)]
    return calls[0] if len(calls) == 1 and isinstance(right, tree.Sum) else None


def grows(letter: tree.Letter, right: Node) -> bool:
    """F(k) of kdot = F(k) - delta k - c: what a new letter moves by is a function of itself."""
    calls = [term for term in _terms(right) if isinstance(term, tree.Call)]
    alone = len(calls) == 1 and [head(argument) for argument in calls[0].arguments] == [letter]
    return isinstance(right, tree.Sum) and alone and letter.name not in USUAL_COSTATES


def taken_out(letter: tree.Letter, right: Node, context: Context) -> Context:
    """With c of k_{t+1} = F(k_t) + (1 - delta) k_t - c_t as the control, where nothing else is one."""
    names = [term.of.name for term in tree.terms(right) if isinstance(term, tree.Negative) and isinstance(term.of, tree.Letter)]
    if len(names) != 1 or names[0] in context.letters or context.of("w") or not grows(letter, right):
        return context
    return context.declare(Declared(names[0], "w", ROLES["w"].shape, ROLES["w"].kind, source="proposed"))


def _terms(node: Node) -> Iterator[Node]:
    for term in tree.terms(node):
        yield tree.unsigned(term)


def _is_new(call: tree.Call, context: Context) -> bool:
    letter = head(call)
    named = letter is not None and not (letter.accents or letter.above or letter.below) and bool(unknown(resolve(letter, context)))
    return named and any(resolve(argument, context) == Symbol("x") for argument in call.arguments)


def steered(right: Node, context: Context) -> Context:
    """With h of s-dot = g(s) - h as the control, where the notes write h(t) somewhere and name no other."""
    letters = [head(term) for term in _terms(right) if isinstance(term, tree.Letter | tree.Call)]
    names = [key(letter) for letter in letters if letter is not None and unknown(resolve(letter, context))]
    timed = [name for name in names if name in context.timed]
    if context.of("w") or len(timed) != 1 or {*names} & {*USUAL_CONTROLS}:
        return context
    return context.declare(Declared(timed[0], "w", ROLES["w"].shape, ROLES["w"].kind, source="proposed"))


def consumed(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With c of k-dot = F(k) - c and int exp(-rho t) U(c) dt as the control, where no other is named."""
    lost, paid = set[str](), set[str]()
    for chain in chains if not context.of("w") and context.over() != "layers" else ():
        pair = pair_of(chain)
        rate = moving(pair[0]) if pair is not None else None
        lost |= {key(term.of) for term in (tree.terms(pair[1]) if pair is not None and rate is not None else ())
                 if isinstance(term, tree.Negative) and isinstance(term.of, tree.Letter)}
        bodies = [part.body for part in walk(chain) if isinstance(part, tree.Integral)]
        calls = [call.arguments[0] for body in bodies for call in walk(body) if isinstance(call, tree.Call) and len(call.arguments) == 1]
        paid |= {key(letter) for letter in calls if isinstance(letter, tree.Letter)}
    names = (lost & paid) - context.letters.keys()
    return context.declare(Declared(names.pop(), "w", ROLES["w"].shape, ROLES["w"].kind, source="proposed")) if len(names) == 1 else context


def alike(right: Node, context: Context) -> Context:
    """With a control that is added to the state's rate as large as the state; numbers where the notes divide by paths."""
    letters = {key(term) for term in _terms(right) if isinstance(term, tree.Letter)}
    shape = NUMBER if context.option("paths") == "numbers" else next((known.shape for known in context.of("x")), NUMBER)
    for name, known in context.letters.items():
        added = known.symbol == "w" and name in letters and known.shape == ROLES["w"].shape
        scalar = shape == NUMBER and known.symbol == "x" and known.shape == ROLES["x"].shape
        if added or scalar:
            context = replace(context, letters={**context.letters, name: replace(known, shape=shape)})
    return context


def counted(chains: Iterable[tree.Chain], context: Context) -> Context:
    """That the paths of the notes are numbers, where they divide by a control or by a second derivative: cdot/c, u'(c)/u''(c).

    So it is too where functions are differentiated by a prime, f'(k), and nothing is transposed, has a norm or a trace, is multiplied
    entry by entry, added to I, said to be in R^n, or called a row; the Jacobian of a pair (k, c) at rest makes k no column.
    """
    parts = [part for chain in chains for part in walk(chain)]
    quotients = (part for part in parts if isinstance(part, tree.Quotient))
    found = any(_primes(part.below) > 1 or (_is_rate(part.above) and _is_path(part.below, context)) for part in quotients)
    primed = any(isinstance(part, tree.Call) and _primes(part) for part in parts)
    varied = {argument for part in parts if isinstance(part, tree.Call) for argument in part.arguments}
    vectors = any(getattr(part, "name", "") in VECTORS or _is_matrix(part, varied) for part in parts)
    spoken = context.option("paths") or vectors
    found = (found and not vectors) or (primed and not spoken and all(known.shape == ROLES["x"].shape for known in context.of("x")))
    return replace(context, options={**context.options, "paths": "numbers"}) if found else context


def _is_matrix(node: Node, varied: Container[Node]) -> bool:
    """lambda^T, f_x^top, I + h J; an investment I of a cost C(I) is none."""
    marked = isinstance(node, tree.Letter) and any(getattr(mark, "name", "") in ("T", "top", "intercal") for mark in node.above)
    added = isinstance(node, tree.Sum) and node.terms[0] == IDENTITY and IDENTITY not in varied
    return isinstance(node, tree.Transposed) or marked or added


def _is_rate(node: Node) -> bool:
    return isinstance(node, tree.Letter) and node.accents == ("dot",)


def _is_path(node: Node, context: Context) -> bool:
    letter = head(node)
    return letter is not None and (letter.name in USUAL_CONTROLS or letter.name in context.letters)


def _primes(node: Node) -> int:
    letter = head(node)
    return sum(getattr(mark, "name", "") == "prime" for mark in letter.above) if letter is not None else 0
