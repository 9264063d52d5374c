"""What a star means in notes that do not declare it: optimal on a state or a control, adjoint behind brackets or on what multiplies.

    x^*, u^*(t), J^*, t_f^*                     optimal
    (df/dx)^* lambda, lambda^* f_p beside lambda, A^*    adjoint

Notes that show both uses keep the star open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import Context, key
from adjointcheck.notes.document import Formula
from adjointcheck.notes.latex import Unread, read_formula
from adjointcheck.notes.meaning import walk
from adjointcheck.notes.quantities import STARS
from adjointcheck.notes.tree import Node
from adjointcheck.notes.usage import USUAL_CONTROLS, USUAL_COSTATES, USUAL_STATES

CHOSEN = frozenset((*USUAL_STATES, *USUAL_CONTROLS, "alpha", "theta", "T", "t_f", "t_1", "J", "V"))
_BRACKET = re.compile(r"[)\]]\s*\^\s*(?:\{\s*(?:\\!\s*)?)?(?:\*|\\ast|\\star)")


def starred(formulas: Iterable[Formula], context: Context) -> Context:
    """The context with the option `star`, where the formulas show one meaning and no other."""
    if context.option("star"):
        return context
    formulas = list(formulas)
    read = [chain for formula in formulas if not isinstance(chain := read_formula(formula.text, context.reader()), Unread)]
    nodes = [node for chain in read for node in walk(chain)]
    marked = {key(node) for node in nodes if isinstance(node, tree.Letter) and _has_star(node)}
    costates = {name for name in marked if _is_costate(name, context)}
    optimal = any(_is_chosen(name, context) for name in marked - costates)
    plain = {key(node) for node in nodes if isinstance(node, tree.Letter) and not _has_star(node)}
    multiplies = any(key(node) in costates & plain for product in nodes for node in _left(product))
    adjoint = multiplies or any(_BRACKET.search(formula.text) for formula in formulas)
    return replace(context, options={**context.options, "star": "adjoint"}) if adjoint and not optimal else context


def _has_star(letter: tree.Letter) -> bool:
    return any(getattr(mark, "name", "") in STARS for mark in letter.above)


def _is_costate(name: str, context: Context) -> bool:
    return name in ({known.letter for known in context.of("p")} or USUAL_COSTATES)


def _is_chosen(name: str, context: Context) -> bool:
    """x^*, u^*, J^*, t_f^*: what an optimum has."""
    declared = context.letters.get(name)
    return name in CHOSEN if declared is None else declared.symbol in ("x", "w", "theta", "t1", "J")


def _left(node: Node) -> tuple[tree.Letter, ...]:
    """lambda of lambda^* f_p and lambda^* (f - xdot)."""
    first = node.factors[0] if isinstance(node, tree.Product) else None
    return (first,) if isinstance(first, tree.Letter) and _has_star(first) else ()
