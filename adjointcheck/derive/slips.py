"""The likely slip behind a refuted claim: the catalogue of usual mistakes, each tried on the right expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from adjointcheck.expression.calculus import gradient, partial
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ONE, TWO, ZERO, Expression, neg, substitute, symbol, total, walk
from adjointcheck.expression.table import FUNCTIONS
from adjointcheck.trusted.rules import Setting
from adjointcheck.trusted.verdict import Status
from adjointcheck.trusted.zero import equal

Slip = tuple[str, Expression]


def name_slip(setting: Setting, name: str, written: Expression, right: Expression) -> str:
    """Words for the first catalogued mistake that turns `right` into `written`, or ''."""
    head, _, subject = name.partition(".")
    for words, wrong in _candidates(setting, head, subject, written, right):
        if equal(written, wrong, setting.positive).status is Status.PROVED:
            return words
    return ""


def _candidates(setting: Setting, head: str, subject: str, written: Expression, right: Expression) -> Iterator[Slip]:
    yield "the sign of the whole expression is reversed", neg(right)
    yield from _SPECIFIC[head](setting, subject, right)
    yield "a factor 1/2 too much", right / 2
    yield "a factor 2 too much (or 1/2 is missing)", right * TWO
    yield from _term_by_term(written, right)


def _term_by_term(written: Expression, right: Expression) -> Iterator[Slip]:
    """Every single term of the expanded sum with its sign reversed, left out, doubled or halved.

    Two terms may be equal, as abs(v) and v*sign(v): the one in functions that were not written comes first.
    """
    there = _functions(written)
    terms = sorted(_terms(right), key=lambda term: -len(_functions(term) - there))
    for i, term in enumerate(terms if len(terms) <= 40 else []):
        rest = total(other for j, other in enumerate(terms) if j != i)
        text = to_text(term)
        yield f"the sign of the term {text} is reversed", rest - term
        if len(terms) > 1:
            yield f"the term {text} is missing", rest
        yield f"the term {text} carries a factor 1/2 too much", rest + term / 2
        yield f"the term {text} carries a factor 2 too much", rest + term * TWO


def _functions(node: Expression) -> set[str]:
    return {part.head for part in walk([node]) if part.head in FUNCTIONS}


def _terms(node: Expression) -> list[Expression]:
    """The terms of a sum, products distributed over sums so that p*(a - b*y) counts as two."""
    if node.head == "add":
        return _terms(node.args[0]) + _terms(node.args[1])
    if node.head == "sub":
        return _terms(node.args[0]) + [neg(term) for term in _terms(node.args[1])]
    if node.head == "neg":
        return [neg(term) for term in _terms(node.args[0])]
    if node.head == "mul":
        return [a * b for a in _terms(node.args[0]) for b in _terms(node.args[1])]
    return [term / node.args[1] for term in _terms(node.args[0])] if node.head == "div" else [node]


def _costate_slips(setting: Setting, subject: str, right: Expression) -> Iterator[Slip]:
    running = partial(setting.running, subject)
    yield "the running cost is missing (-dL/dx)", right + running
    yield "the running cost has the wrong sign", right + running * TWO
    pairs = list(zip(setting.states, setting.costates, strict=True))
    row = total(symbol(p) * partial(setting.rates[subject], x) for x, p in pairs)
    yield "the Jacobian is transposed (df_i/dx_j for df_j/dx_i)", neg(running + row)
    yield "the Jacobian is transposed and the sign reversed", running + row
    for other in setting.states:
        if other != subject:
            yield f"this is the costate equation of {other}", _reverse(setting, other)


def _reverse(setting: Setting, name: str) -> Expression:
    roots, seeds = [setting.running, *setting.rates.values()], [ONE, *(symbol(p) for p in setting.costates)]
    return neg(gradient(roots, seeds, [name])[name])


def _terminal_slips(setting: Setting, subject: str, right: Expression) -> Iterator[Slip]:
    for cost in setting.observations:
        yield "a deposit at t1 was added: it is a jump, not part of the transversality condition", right + partial(cost, subject)
    yield "the costate is not zero at t1 when there is a terminal cost", ZERO
    yield "this is the terminal cost itself, not its derivative", setting.terminal


def _gradient_slips(setting: Setting, subject: str, right: Expression) -> Iterator[Slip]:
    running = partial(setting.running, subject)
    yield "the running cost is missing (dL/dtheta)", right - running
    yield "only the running cost is left: p df/dtheta is missing", running
    yield "the running cost has the wrong sign", right - running * TWO
    yield "the terminal cost belongs outside the integral", right + partial(setting.terminal, subject)


def _stationarity_slips(setting: Setting, subject: str, right: Expression) -> Iterator[Slip]:
    running = partial(setting.running, subject)
    yield "the running cost is missing (dL/dw)", right - running
    yield "only the running cost is left: p df/dw is missing", running
    yield "the costate has the wrong sign (p0 = -1 convention?)", substitute([right], {p: neg(symbol(p)) for p in setting.costates})[0]


_SPECIFIC: dict[str, Callable[[Setting, str, Expression], Iterator[Slip]]] = {
    "costate": _costate_slips, "terminal": _terminal_slips, "gradient": _gradient_slips, "stationarity": _stationarity_slips,
}
