"""What holds before the first formula: the header, and what the notes as a whole tell of their letters only further down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from adjointcheck.errors import AdjointCheckError
from adjointcheck.notes import tree
from adjointcheck.notes.blocks import clocked
from adjointcheck.notes.chapters import example_of, taken
from adjointcheck.notes.concrete import acquainted
from adjointcheck.notes.context import LATER, Context, Declared, own, read_header
from adjointcheck.notes.densities import told
from adjointcheck.notes.impacts import impacted
from adjointcheck.notes.introduction import dynamics, understand
from adjointcheck.notes.latex import Unread, read_formula
from adjointcheck.notes.layering import layered
from adjointcheck.notes.letters import maps_beside_bold
from adjointcheck.notes.multiplier import may_be_costate
from adjointcheck.notes.primes import moved
from adjointcheck.notes.production import counted
from adjointcheck.notes.sampling import horizon
from adjointcheck.notes.stars import starred
from adjointcheck.notes.tangent import linearised
from adjointcheck.notes.usage import head, moving, pair_of

if TYPE_CHECKING:
    from adjointcheck.notes.document import Document, Formula


def begun(document: Document, context: Context | None = None) -> Context:
    """The context before the first formula: what the header declares and states, and what the whole text tells."""
    context = read_header(document.header, context)
    for text in context.formulas:
        chain = read_formula(text, context.reader())
        context = replace(context, problems=(*context.problems, f"header: `{text}` is not read: {chain.reason}")) if isinstance(
            chain, Unread) else understand(chain, context)[1]
    maps = maps_beside_bold(formula.text for formula in document.formulas)
    return _parted(document.formulas, replace(context, formulas=(), maps=maps))


def _parted(formulas: Sequence[Formula], header: Context) -> Context:
    """The context before the first of the formulas; that of an example further on stands in its chapters."""
    first = example_of(formulas, header)
    context, after = _known(formulas[:first], header)
    if first is None or context.over() == "layers":
        return context if first is None else _known(formulas, header)[0]
    return replace(context, chapters={formulas[first].name: _parted(formulas[first:], taken(after, header, formulas[first:]))})


def _known(formulas: Sequence[Formula], context: Context) -> tuple[Context, Context]:
    """The context before these formulas, and that after them."""
    context = clocked((formula.text for formula in formulas), starred(formulas, context))
    context = moved(_chains(formulas, context), told(_chains(formulas, context), context))
    context = horizon(_chains(formulas, context), context)
    context = counted(_chains(formulas, context), decaying(_chains(formulas, context), context))
    context = acquainted(formulas, layered(formulas, impacted(_chains(formulas, context), context)))
    law = next((found for chain in _chains(formulas, context) if (found := dynamics(chain, context))), None)
    if law is not None and not context.law("dynamics"):  # the letters of xdot = f(x) hold for a cost that is stated before
        context = replace(law[2], laws=context.laws)
    for chain in _chains(formulas, context):  # what z and v are in z-dot = f_x z + f_u v holds before it is said
        found = linearised(chain, context)
        context = found[2] if found else context
    return foretold(formulas, context)


def _chains(formulas: Iterable[Formula], context: Context) -> Iterator[tree.Chain]:
    for formula in formulas:
        chain = formula.unread or read_formula(formula.text, context.reader())
        if not isinstance(chain, Unread):
            yield chain


def decaying(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With delta as a rate, where the motion of a state that is not varied has a term -delta x."""
    for chain in chains:
        pair = pair_of(chain)
        letter = moving(pair[0]) if pair else None
        terms = pair[1].terms if pair is not None and isinstance(pair[1], tree.Sum) else ()
        paid = [term.of for term in terms if isinstance(term, tree.Negative)]
        if letter is not None and any(isinstance(term, tree.Variation) and head(term.of) == letter for term in paid):
            return context.declare(Declared("delta", own("delta"), source="proposed"))
    return context


def foretold(formulas: Iterable[Formula], context: Context) -> tuple[Context, Context]:
    """The context with the costate's letter, sign and layout, where they are only told further down; and the context after all."""
    after = context
    for formula in formulas:
        chain = formula.unread or read_formula(formula.text, after.reader())
        try:
            after = after if isinstance(chain, Unread) else understand(chain, after)[1]
        except (AdjointCheckError, ArithmeticError, LookupError, TypeError, ValueError):
            continue  # it is told where the formula itself is judged
    told = next((known for known in after.of("p") if known.told), None)
    if told is None or not may_be_costate(told.letter, context):
        return context, after
    return replace(context, letters={**context.letters, told.letter: replace(told, told=LATER)}), after
