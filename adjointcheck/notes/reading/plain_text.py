"""A tree as one line of plain text, for terminals and tests: df/dx and lambda^T instead of LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adjointcheck.notes.reading.show import ATOM, CHAIN, PREFIX, PRODUCT, SUM, number
from adjointcheck.notes.reading.tree import (
    BigO,
    Call,
    Cases,
    Chain,
    Derivative,
    Evaluated,
    Expectation,
    Extremum,
    Function,
    Integral,
    Letter,
    Limit,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Series,
    Sum,
    Transposed,
    Variation,
    Vector,
    Words,
)


def text(node: Node) -> str:
    """`dlambda/dt = -lambda^T * df/dx`."""
    return _text(node, CHAIN)


def _text(node: Node, floor: int) -> str:
    level, write = _TEXT[type(node)]
    written = write(node)
    return f"({written})" if level < floor else written


def _texts(nodes: Iterable[Node], floor: int = CHAIN) -> str:
    return ", ".join(_text(node, floor) for node in nodes)


def _letter_text(node: Letter) -> str:
    written = node.name.partition("{")[2].rstrip("}") or node.name
    for accent in node.accents:
        written = f"Delta {written}" if accent == "Delta" else f"{written}{accent}" if accent.endswith("dot") else f"{accent}({written})"
    below = _texts(node.below)
    above = "".join("'" if mark == Letter("prime") else f"^{_text(mark, ATOM)}" for mark in node.above)
    return written + (f"_{below}" if below.isalnum() else f"_{{{below}}}" if below else "") + above


def _sum_text(node: Sum) -> str:
    parts = []
    for i, term in enumerate(node.terms):
        negative = isinstance(term, Negative)
        sign = ("-" if negative else "") if i == 0 else (" - " if negative else " + ")
        parts.append(sign + _text(term.of if negative else term, PRODUCT))
    return "".join(parts)


def _derivative_text(node: Derivative) -> str:
    if node.kind == "nabla":
        return f"grad{'_' + _texts(node.by) if node.by else ''} {_text(node.of, ATOM)}"
    sign = {"total": "d", "through": "d", "partial": "d", "functional": "delta "}[node.kind]
    if not node.by:
        return f"{sign}({_text(node.of, CHAIN)})"
    order = f"^{len(node.by)}" if len(node.by) > 1 else ""
    return f"{sign}{order}{_text(node.of, ATOM)}/" + " ".join(f"{sign}{_text(letter, ATOM)}" for letter in node.by)


def _integral_text(node: Integral) -> str:
    limits = f" from {_text(node.lower, SUM)}" * (node.lower is not None) if node.lower else ""
    limits += f" to {_text(node.upper, SUM)}" if node.upper else ""
    return f"int{limits} of {_text(node.body, PRODUCT)} d{_text(node.by, ATOM)}"


def _series_text(node: Series) -> str:
    index = f" over {_text(node.index, CHAIN)}" if node.index else ""
    index += f" from {_text(node.lower, SUM)}" if node.lower else ""
    index += f" to {_text(node.upper, SUM)}" if node.upper else ""
    return f"{node.kind}{index} of {_text(node.body, PRODUCT)}"


def _chain_text(node: Chain) -> str:
    written = _text(node.sides[0], SUM)
    for relation, side in zip(node.relations, node.sides[1:], strict=True):
        written += f" {relation} {_text(side, SUM)}"
    return written + "".join(f", {_text(condition, CHAIN)}" for condition in node.conditions)


def _function_text(node: Function) -> str:
    return f"{node.name}{'_' + _text(node.below, ATOM) if node.below else ''}({_texts(node.arguments)})"


def _extremum_text(node: Extremum) -> str:
    over = f" over {_text(node.over, CHAIN)}" if node.over else ""
    return f"{node.kind}{over}" + (f" of {_text(node.body, PRODUCT)}" if node.body else "")


def _evaluated_text(node: Evaluated) -> str:
    less = f" less at {_texts(node.less)}" if node.less else ""
    return f"[{_text(node.of, CHAIN)} at {_texts(node.at)}{less}]"


_TEXT: dict[type[Node], tuple[int, Callable[..., str]]] = {
    Number: (ATOM, lambda node: number(node.value)),
    Letter: (ATOM, _letter_text),
    Call: (ATOM, lambda node: f"{_text(node.function, ATOM)}({_texts(node.arguments)})"),
    Sum: (SUM, _sum_text),
    Product: (PRODUCT, lambda node: " * ".join(_text(factor, PREFIX) for factor in node.factors)),
    Quotient: (PRODUCT, lambda node: f"{_text(node.above, PREFIX)}/{_text(node.below, ATOM)}"),
    Power: (PREFIX, lambda node: f"{_text(node.base, ATOM)}^{_text(node.exponent, ATOM)}"),
    Negative: (SUM, lambda node: f"-{_text(node.of, PRODUCT)}"),
    Transposed: (PREFIX, lambda node: f"{_text(node.of, ATOM)}^T"),
    Function: (ATOM, _function_text),
    Derivative: (PREFIX, _derivative_text),
    Variation: (PREFIX, lambda node: f"delta {_text(node.of, ATOM)}"),
    Integral: (SUM, _integral_text),
    Series: (SUM, _series_text),
    Limit: (SUM, lambda node: f"lim {_text(node.by, SUM)} to {_text(node.to, SUM)} of {_text(node.body, PRODUCT)}"),
    Evaluated: (ATOM, _evaluated_text),
    Expectation: (ATOM, lambda node: f"E{'_{' + _text(node.over, CHAIN) + '}' if node.over else ''}[{_text(node.body, CHAIN)}]"),
    Extremum: (SUM, _extremum_text),
    BigO: (ATOM, lambda node: f"{'o' if node.little else 'O'}({_text(node.of, CHAIN)})"),
    Vector: (ATOM, lambda node: "[" + "; ".join(_texts(row) for row in node.rows) + "]"),
    Cases: (
        ATOM,
        lambda node: "{" + "; ".join(f"{_text(v, CHAIN)} {'if ' + _text(c, CHAIN) if c else 'otherwise'}" for v, c in node.rows) + "}",
    ),
    Words: (ATOM, lambda node: node.text),
    Chain: (CHAIN, _chain_text),
}
