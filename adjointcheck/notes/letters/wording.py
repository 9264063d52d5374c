"""A resolved formula in plain text, in the convention's letters: the reading that is shown back."""

from __future__ import annotations

from functools import singledispatch

from adjointcheck.notes.letters.meaning import Applied, Size, Symbol, Unknown
from adjointcheck.notes.letters.progression import at_turn
from adjointcheck.notes.letters.quantities import Diagonal, Formal, Repeated
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def show(node: Node) -> str:
    """`pdot = -(L_x + p f_x)`."""
    return _show(node)[0]


def _inside(node: Node, least: int) -> str:
    text, strength = _show(node)
    return text if strength >= least else f"({text})"


@singledispatch
def _show(node: Node) -> tuple[str, int]:
    return f"[{type(node).__name__}]", _ATOM


@_show.register
def _(node: tree.Number) -> tuple[str, int]:
    return str(node.value), _ATOM if node.value.denominator == 1 and node.value >= 0 else _SUM


@_show.register
def _(node: tree.Pi) -> tuple[str, int]:
    return "pi", _ATOM


@_show.register
def _(node: tree.Letter) -> tuple[str, int]:
    return node.name, _ATOM


@_show.register
def _(node: Symbol) -> tuple[str, int]:
    part = "".join(f"[{show(item)}]" for item in node.part)
    side = {"before": "-", "after": "+"}.get(node.side, "")
    at = f"({show(node.at)}{side})" if node.at is not None else side and f"({side})"
    return node.name + part + at, _ATOM


@_show.register
def _(node: Size) -> tuple[str, int]:
    return node.name, _ATOM


@_show.register
def _(node: Applied) -> tuple[str, int]:
    side = {"before": "-", "after": "+"}.get(node.side, "")
    at = f"|{show(node.at)}" if node.at is not None else ""
    part = "".join(f"[{show(item)}]" for item in node.part)
    return node.name + part + side + (f"({', '.join(show(value) for _, value in node.arguments)})" if node.arguments else "") + at, _ATOM


@_show.register
def _(node: Formal) -> tuple[str, int]:
    slopes = f"_{''.join(str(number + 1) for number in node.by)}" if node.by else ""
    return f"{node.name}{slopes}({', '.join(map(show, node.arguments))})", _ATOM


@_show.register
def _(node: Repeated) -> tuple[str, int]:
    first, last = (_inside(at_turn(node.body, place), _POWER) for place in (node.first, node.last))
    return f"{first} ... {last}", _PRODUCT


@_show.register
def _(node: Diagonal) -> tuple[str, int]:
    return f"diag({show(node.of)})", _ATOM


@_show.register
def _(node: Unknown) -> tuple[str, int]:
    return f"?{node.letter}?", _ATOM


@_show.register
def _(node: tree.Sum) -> tuple[str, int]:
    text = _inside(node.terms[0], _SUM)
    for term in node.terms[1:]:
        text += f" - {_inside(term.of, _PRODUCT)}" if isinstance(term, tree.Negative) else f" + {_inside(term, _PRODUCT)}"
    return text, _SUM


@_show.register
def _(node: tree.Product) -> tuple[str, int]:
    return " ".join(_inside(factor, _POWER) for factor in node.factors), _PRODUCT


@_show.register
def _(node: tree.Quotient) -> tuple[str, int]:
    return f"{_inside(node.above, _POWER)}/{_inside(node.below, _ATOM)}", _PRODUCT


@_show.register
def _(node: tree.Power) -> tuple[str, int]:
    return f"{_inside(node.base, _ATOM)}^{_inside(node.exponent, _ATOM)}", _POWER


@_show.register
def _(node: tree.Negative) -> tuple[str, int]:
    return f"-{_inside(node.of, _PRODUCT)}", _SUM


@_show.register
def _(node: tree.Transposed) -> tuple[str, int]:
    return f"{_inside(node.of, _ATOM)}'", _ATOM


@_show.register
def _(node: tree.Function) -> tuple[str, int]:
    return f"{node.name}({', '.join(map(show, node.arguments))})", _ATOM


@_show.register
def _(node: tree.Derivative) -> tuple[str, int]:
    sign = {"total": "d", "functional": "delta"}.get(node.kind, "d_")
    by = " ".join(f"{sign}{show(item)}" for item in node.by)
    top = sign if len(node.by) == 1 else f"{sign}^{len(node.by)}"
    return f"{top} {_inside(node.of, _ATOM)}/{by}", _PRODUCT


@_show.register
def _(node: tree.Variation) -> tuple[str, int]:
    return f"delta {_inside(node.of, _ATOM)}", _POWER


@_show.register
def _(node: tree.Integral) -> tuple[str, int]:
    limits = f"_{show(node.lower) if node.lower else '?'}^{show(node.upper) if node.upper else '?'}" if node.lower or node.upper else ""
    return f"int{limits} {_inside(node.body, _PRODUCT)} d{show(node.by)}", _PRODUCT


@_show.register
def _(node: tree.Series) -> tuple[str, int]:
    limits = f"_{show(node.index) if node.index else ''}={show(node.lower) if node.lower else ''}^{show(node.upper) if node.upper else ''}"
    return f"{node.kind}{limits} {_inside(node.body, _PRODUCT)}", _PRODUCT


@_show.register
def _(node: tree.Limit) -> tuple[str, int]:
    return f"lim_{show(node.by)}->{show(node.to)} {_inside(node.body, _PRODUCT)}", _PRODUCT


@_show.register
def _(node: tree.Evaluated) -> tuple[str, int]:
    less = f" less {', '.join(map(show, node.less))}" if node.less else ""
    return f"[{show(node.of)}]_{', '.join(map(show, node.at))}{less}", _ATOM


@_show.register
def _(node: tree.Expectation) -> tuple[str, int]:
    return f"E[{show(node.body)}]", _ATOM


@_show.register
def _(node: tree.Extremum) -> tuple[str, int]:
    over = f"_{show(node.over)}" if node.over else ""
    return f"{node.kind}{over} {_inside(node.body, _PRODUCT) if node.body else ''}".strip(), _PRODUCT


@_show.register
def _(node: tree.BigO) -> tuple[str, int]:
    return f"{'o' if node.little else 'O'}({show(node.of)})", _ATOM


@_show.register
def _(node: tree.Vector) -> tuple[str, int]:
    return "[" + "; ".join(", ".join(map(show, row)) for row in node.rows) + "]", _ATOM


@_show.register
def _(node: tree.Cases) -> tuple[str, int]:
    return "{" + "; ".join(f"{show(value)}{' if ' + show(when) if when else ''}" for value, when in node.rows) + "}", _ATOM


@_show.register
def _(node: tree.Words) -> tuple[str, int]:
    return f'"{node.text}"', _ATOM


@_show.register
def _(node: tree.Chain) -> tuple[str, int]:
    text = show(node.sides[0])
    for relation, side in zip(node.relations, node.sides[1:], strict=True):
        text += f" {relation} {show(side)}"
    return text + "".join(f", {show(item)}" for item in node.conditions), _SUM
