"""A tree back to LaTeX that the reader reads to the same tree.

It shows how a formula was understood, so that a wrong reading is seen: every product, call and operand stands as it was taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from adjointcheck.notes.reading import signs
from adjointcheck.notes.reading.scripts import MARKS
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
    Pi,
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

CHAIN, SUM, PRODUCT, PREFIX, ATOM = range(5)
RELATIONS = {
    "=": "=", ":=": ":=", "=:": "=:", "==": "==", "<": "<", ">": ">", "<=": "\\le", ">=": "\\ge", "<<": "\\ll", ">>": "\\gg", "!=": "\\ne",
    "<-": "\\leftarrow", "+=": "+=", "-=": "-=", ":": ":",
}  # fmt: skip
BINARY = {name: f"\\{command}" for command, name in signs.BINARY.items()}
NATIVE = frozenset("sin cos tan cot sinh cosh tanh exp log det dim ker deg gcd arg sec csc coth".split())
SUBSCRIPTED = {"nabla": "\\nabla", "through": "\\mathrm{d}"}  # by what is written below: d_p J
DIFFERENTIALS = {"total": "d", "partial": "\\partial", "functional": "\\delta"}


def latex(node: Node) -> str:
    """LaTeX of a tree; `read_formula` reads it to the same tree, given the same letters."""
    return _latex(node, CHAIN)


def _latex(node: Node, floor: int) -> str:
    """`node` where at least the level `floor` is wanted; lower ones get brackets."""
    level, write = _LATEX[type(node)]
    written = write(node)
    actual = level(node) if callable(level) else level
    return f"({written})" if actual < floor else written


def _list(nodes: Iterable[Node], floor: int = CHAIN) -> str:
    return ", ".join(_latex(node, floor) for node in nodes)


def _script(nodes: tuple[Node, ...]) -> str:
    return f"{{{_list(nodes)}}}"


def letter_name(name: str) -> str:
    """lambda to \\\\lambda, loss to \\\\mathrm{loss}."""
    if name in signs.GREEK | signs.OTHER_LETTERS:
        return f"\\{name}"
    if name.startswith("math"):
        return f"\\{name}"
    return name if len(name) <= 1 else f"\\mathrm{{{name}}}"


def _letter(node: Letter) -> str:
    written = letter_name(node.name)
    for accent in node.accents:
        written = f"\\Delta {written}" if accent == "Delta" else f"\\{_ACCENTS[accent]}{{{written}}}"
    below = f"_{_script(node.below)}" if node.below else ""
    above = "".join(_mark(mark) for mark in node.above)
    return written + below + (f"^{{{above}}}" if above else "")


_ACCENTS = {**{value: key for key, value in reversed(signs.ACCENTS.items())}}


def _mark(mark: Node) -> str:
    return _latex(mark, CHAIN) if isinstance(mark, Letter) and mark.name in MARKS else f"({_latex(mark, CHAIN)})"


def number(value: Fraction) -> str:
    """A whole number or a finite decimal as it is written."""
    if value.denominator == 1:
        return str(value.numerator)
    digits = next((n for n in range(1, 65) if (value * 10**n).denominator == 1), None)
    if digits is None:
        return f"{value.numerator}/{value.denominator}"
    whole = str(abs(value.numerator) * 10**digits // value.denominator).rjust(digits + 1, "0")
    return f"{'-' * (value < 0)}{whole[:-digits]}.{whole[-digits:]}"


def _call(node: Call) -> str:
    separators = (*node.separators, *("," for _ in node.arguments))
    parts = [_latex(argument, CHAIN) + (f"{sign} " if i + 1 < len(node.arguments) else "") for i, (argument, sign) in
             enumerate(zip(node.arguments, separators, strict=False))]  # fmt: skip
    return f"{_latex(node.function, ATOM)}({''.join(parts)})"


def _sum(node: Sum) -> str:
    written = ""
    for i, term in enumerate(node.terms):
        negative = isinstance(term, Negative)
        part = _latex(term.of if negative else term, PRODUCT)
        written += ("-" if negative else "") + part if i == 0 else (" - " if negative else " + ") + part
    return written


def _factors(node: Product) -> str:
    written, last = "", node.factors[-1]
    for i, factor in enumerate(node.factors):
        part = _latex(factor, PREFIX if factor is not last or i + 1 < len(node.factors) else _last_floor(factor))
        if i == 0:
            written = part
        else:
            dotted = part[0] in "([0123456789." or part.startswith("\\left")
            written += f" \\cdot {part}" if dotted else f" {part}"
    return written


def _last_floor(factor: Node) -> int:
    """A big operator may stand last in a product, where it takes what is its own."""
    return PRODUCT if isinstance(factor, Series | Limit | Expectation) else PREFIX


def _power(node: Power) -> str:
    simple = (
        isinstance(node.base, Letter) and not node.base.above and node.base.name != "e" and isinstance(node.exponent, Number | Negative)
    )
    norm = isinstance(node.base, Function) and node.base.name in ("norm", "abs")
    base = _latex(node.base, ATOM) if simple or norm or _is_call(node.base) else f"({_latex(node.base, CHAIN)})"
    return f"{base}^{{{_latex(node.exponent, CHAIN)}}}"


def _is_call(node: Node) -> bool:
    return isinstance(node, Call) and isinstance(node.function, Letter)


def _transposed(node: Transposed) -> str:
    simple = (isinstance(node.of, Letter) and not node.of.above) or _is_call(node.of)
    return f"{_latex(node.of, ATOM) if simple else f'({_latex(node.of, CHAIN)})'}^{{\\top}}"


def _function(node: Function) -> str:
    arguments, below = _list(node.arguments), f"_{{{_latex(node.below, CHAIN)}}}" if node.below else ""
    match node.name:
        case "sqrt":
            return f"\\sqrt{{{arguments}}}"
        case "abs":
            return f"\\left|{arguments}\\right|{below}"
        case "norm":
            return f"\\left\\|{arguments}\\right\\|{below}"
        case "inner":
            return f"\\langle {arguments} \\rangle{below}"
        case "max" | "min":
            return f"\\{node.name}({arguments})"
        case name if name in BINARY:
            return f" {BINARY[name]} ".join(_latex(argument, ATOM) for argument in node.arguments)
    name = f"\\{node.name}" if node.name in NATIVE else f"\\operatorname{{{node.name}}}"
    return f"{name}{below}({arguments})"


def _derivative(node: Derivative) -> str:
    if node.kind in SUBSCRIPTED:
        below = f"_{_script(node.by)}" if node.by else ""
        return f"{SUBSCRIPTED[node.kind]}{below} {_operand(node.of)}"
    if not node.by:
        return f"\\mathrm{{D}} {_operand(node.of)}" if node.kind == "partial" else f"\\dot{{{_latex(node.of, CHAIN)}}}"
    sign = DIFFERENTIALS[node.kind]
    order = f"^{{{len(node.by)}}}" if len(node.by) > 1 else ""
    below = " ".join(f"{sign} {_latex(letter, ATOM)}" for letter in node.by)
    if isinstance(node.of, Letter | Call):
        return f"\\frac{{{sign}{order} {_latex(node.of, ATOM)}}}{{{below}}}"
    above = sign + order if node.kind != "functional" else f"{sign}{order} ({_latex(node.of, CHAIN)})"
    return f"\\frac{{{above}}}{{{below}}}" + (f"({_latex(node.of, CHAIN)})" if node.kind != "functional" else "")


def _operand(node: Node) -> str:
    return _latex(node, ATOM) if isinstance(node, Letter) or _is_call(node) else f"({_latex(node, CHAIN)})"


def _variation(node: Variation) -> str:
    inner = node.of
    return f"\\delta {_latex(inner, PREFIX)}" if isinstance(inner, Variation) else f"\\delta {_operand(inner)}"


def _integral(node: Integral) -> str:
    limits = (f"_{{{_latex(node.lower, CHAIN)}}}" if node.lower else "") + (f"^{{{_latex(node.upper, CHAIN)}}}" if node.upper else "")
    return f"\\int{limits} {_latex(node.body, PRODUCT)} \\,d {_latex(node.by, ATOM)}"


def _series(node: Series) -> str:
    index = _latex(node.index, CHAIN) if node.index else ""
    relation = ": " if isinstance(node.lower, Chain) else " = "
    below = f"_{{{index}{relation + _latex(node.lower, CHAIN) if node.lower else ''}}}" if index else ""
    upper = f"^{{{_latex(node.upper, CHAIN)}}}" if node.upper else ""
    return f"\\{'sum' if node.kind == 'sum' else 'prod'}{below}{upper} {_latex(node.body, PRODUCT)}"


def _limit(node: Limit) -> str:
    return f"\\lim_{{{_latex(node.by, SUM)} \\to {_latex(node.to, SUM)}}} {_latex(node.body, PRODUCT)}"


def _evaluated(node: Evaluated) -> str:
    if node.at == (Letter("*"),):
        return f"({_latex(node.of, CHAIN)})^{{*}}"
    places = f"_{_script(node.less)}^{_script(node.at)}" if node.less else f"_{_script(node.at)}"
    return f"\\left. {_latex(node.of, CHAIN)} \\right|{places}"


def _expectation(node: Expectation) -> str:
    over = f"_{{{_latex(node.over, CHAIN)}}}" if node.over else ""
    return f"\\mathbb{{E}}{over}[{_latex(node.body, CHAIN)}]"


def _extremum(node: Extremum) -> str:
    name = node.kind.replace("arg", "\\arg\\") if node.kind.startswith("arg") else f"\\{node.kind}"
    over = f"_{{{_latex(node.over, CHAIN)}}}" if node.over else ""
    return f"{name}{over} {_latex(node.body, PRODUCT) if node.body else ''}".rstrip()


def _big_o(node: BigO) -> str:
    name = "o" if node.little else "\\mathcal{O}"
    return f"{name}({_latex(node.of, CHAIN)})"


def _vector(node: Vector) -> str:
    if len(node.rows) == 1 and len(node.rows[0]) > 1:
        return f"[{_list(node.rows[0])}]"
    rows = " \\\\ ".join(" & ".join(_latex(cell, CHAIN) for cell in row) for row in node.rows)
    return f"\\begin{{pmatrix}} {rows} \\end{{pmatrix}}"


def _cases(node: Cases) -> str:
    rows = [f"{_latex(value, CHAIN)} & {_latex(when or Words('otherwise'), CHAIN)}" for value, when in node.rows]
    return "\\begin{cases} " + " \\\\ ".join(rows) + " \\end{cases}"


def _chain(node: Chain) -> str:
    written = _side(node.sides[0])
    for relation, side in zip(node.relations, node.sides[1:], strict=True):
        written += f" {RELATIONS.get(relation) or chr(92) + relation} {_side(side)}"
    for condition in node.conditions:
        part = _latex(condition, CHAIN)
        written += f" \\quad {part}" if isinstance(condition, Words) or written.endswith("}") else f", \\quad {part}"
    return written


def _side(node: Node) -> str:
    """k = 0, ..., N without brackets."""
    listed = (
        isinstance(node, Vector) and len(node.rows) == 1 and any(isinstance(cell, Letter) and cell.name == "dots" for cell in node.rows[0])
    )
    return _list(node.rows[0], SUM) if isinstance(node, Vector) and listed else _latex(node, SUM)


Level = int | Callable[[Node], int]


def _function_level(node: Node) -> int:
    return PRODUCT if isinstance(node, Function) and node.name in BINARY else PREFIX


def _derivative_level(node: Node) -> int:
    return ATOM if isinstance(node, Derivative) and node.by and node.kind != "nabla" and isinstance(node.of, Letter | Call) else PREFIX


_LATEX: dict[type[Node], tuple[Level, Callable[..., str]]] = {
    Number: (ATOM, lambda node: number(node.value)),
    Pi: (ATOM, lambda node: "\\pi"),
    Letter: (ATOM, _letter),
    Call: (ATOM, _call),
    Sum: (SUM, _sum),
    Product: (PRODUCT, _factors),
    Quotient: (PREFIX, lambda node: f"\\frac{{{_half(node.above)}}}{{{_half(node.below)}}}"),
    Power: (PREFIX, _power),
    Negative: (SUM, lambda node: f"-{_latex(node.of, PRODUCT)}"),
    Transposed: (PREFIX, _transposed),
    Function: (_function_level, _function),
    Derivative: (_derivative_level, _derivative),
    Variation: (PREFIX, _variation),
    Integral: (PREFIX, _integral),
    Series: (PRODUCT, _series),
    Limit: (PRODUCT, _limit),
    Evaluated: (PREFIX, _evaluated),
    Expectation: (PREFIX, _expectation),
    Extremum: (SUM, _extremum),
    BigO: (PREFIX, _big_o),
    Vector: (ATOM, _vector),
    Cases: (ATOM, _cases),
    Words: (ATOM, lambda node: f"\\text{{{node.text}}}"),
    Chain: (CHAIN, _chain),
}


def _half(node: Node) -> str:
    """One half of a quotient; a variation alone would make it a derivative."""
    return f"({_latex(node, CHAIN)})" if isinstance(node, Variation) else _latex(node, CHAIN)
