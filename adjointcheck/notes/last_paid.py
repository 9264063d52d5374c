"""Cases in which less is paid than the cost says: "without a running cost", "if only the last step carries a loss"."""

from __future__ import annotations

from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.costs import paid_at_end_alone
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.phrases import CASE, LAST_PAID, UNPAID
from adjointcheck.notes.reading import tree


def paying_less(context: Context, sentence: str) -> Context:
    """The context of a line behind such words: l_N(x_N) for sum_k l_k(x_k), and Phi(x_N) beside a sum."""
    context = context.assume("no running cost") if UNPAID.search(sentence) else context
    supposed = context.over() == "layers" and CASE.search(sentence) is not None and LAST_PAID.search(sentence) is not None
    law = context.law("objective") if supposed else None
    terms = [*tree.terms(law.right)] if law is not None else []
    sums = [term for term in terms if isinstance(term, tree.Series) and term.kind == "sum" and term.index is not None]
    if law is None or len(sums) != 1 or sums[0].upper is None:
        return context
    kept = [term for term in terms if term is not sums[0]] or [instead(sums[0].body, sums[0].index, sums[0].upper)]
    paid = replace(law, right=tree.summed(kept))
    return replace(context, laws=tuple(paid if other is law else other for other in context.laws))


def posing_less(context: Context, sentence: str) -> Context:
    """The context of an example that these words pose."""
    return paid_at_end_alone(context) if UNPAID.search(sentence) else context
