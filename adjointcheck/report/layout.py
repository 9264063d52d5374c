"""Displayed equations: long sums broken over lines, parts too wide for a line named, and a cap on the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from adjointcheck.expression.cost import operation_count
from adjointcheck.expression.node import Expression, apply, symbol, symbols_of, walk
from adjointcheck.expression.printer import to_text
from adjointcheck.report.notation import CAP, DISPLAY_ONLY, IN_LATEX, IN_MATHML, extent, markup, size_note, span

TERMS = 1000  # terms of a sum that are looked at; no formula shown has so many
LINE = 84  # characters of one line of a displayed formula
Definition = tuple[Expression, Expression]
_CONDITIONS = frozenset({"lt", "le", "not", "and", "or"})
_SUMS = frozenset({"add", "sub", "neg"})
_RIGHT = "text-align:right;text-align:-webkit-right"  # the first is what MathML Core says, Chromium obeys the second


@dataclass(frozen=True, repr=False)
class Formula:
    """`left` = the sum of `lines`; `where` defines the names that stand for parts too wide for a line.

    `hidden` counts the operations of the whole right side if some of it is not shown, else it is 0.
    """

    left: Expression | None
    lines: tuple[Expression, ...]
    where: tuple[Formula, ...] = ()
    hidden: int = 0

    def __repr__(self) -> str:
        return f"Formula({' '.join(map(_plain, self.lines))!r}, {len(self.where)} names, {self.hidden} hidden)"

    @property
    def height(self) -> int:
        """Lines that the formula takes with its definitions."""
        return len(self.lines) + sum(part.height for part in self.where)


def lay_out(right: Expression, left: Expression | None = None, *, width: int = LINE, cap: int = CAP) -> Formula:
    """`left = right` in lines of about `width` and at most `cap` characters in all."""
    room = width - (span(left) + 3 if left is not None else 0)
    if span(right) <= room:
        return Formula(left, (right,))
    body, names = right, ()
    if _overflows(right, room, cap):
        body, names = _abbreviate(right, room)
    lines, left_over = _within(_broken(body, room), cap)
    where, dropped = _definitions(names, width, cap - sum(map(span, lines)))
    return Formula(left, lines, where, operation_count([right]) if left_over or dropped else 0)


def _definitions(names: Iterable[Definition], width: int, cap: int) -> tuple[tuple[Formula, ...], bool]:
    where: list[Formula] = []
    for name, value in names:
        cap -= span(value)
        if cap < 0:
            return tuple(where), True
        where.append(Formula(name, tuple(_broken(value, width - 6))))
    return tuple(where), False


def _within(lines: Iterable[Expression], cap: int) -> tuple[tuple[Expression, ...], bool]:
    shown: list[Expression] = []
    for line in lines:
        cap -= span(line)
        if cap < 0:
            return tuple(shown), True
        shown.append(line)
    return tuple(shown), False


def _overflows(root: Expression, room: int, cap: int) -> bool:
    for _, term in _terms(root):
        size = span(term)
        cap -= size
        if size > room or cap < 0:
            return size > room
    return False


def _terms(root: Expression) -> Iterator[tuple[bool, Expression]]:
    """The terms of a sum from left to right, each with True if it is subtracted."""
    stack = [(False, root)]
    while stack:
        minus, node = stack.pop()
        if node.head == "neg":
            stack.append((not minus, node.args[0]))
        elif node.head in _SUMS:
            stack += [(minus != (node.head == "sub"), node.args[1]), (minus, node.args[0])]
        elif node.head == "mul" and node.args[0].head == "neg":
            yield not minus, apply("mul", node.args[0].args[0], node.args[1])
        else:
            yield minus, node


def _broken(root: Expression, room: int) -> Iterator[Expression]:
    line, used, first = None, 0, True
    for minus, term in _terms(root):
        size = span(term) + 3
        if line is not None and used + size > room:
            yield line
            line, used, first = None, 0, False
        if line is None:
            line = _leading(minus, term) if first else apply("minus" if minus else "plus", term)
        else:
            line = apply("sub" if minus else "add", line, term)
        used += size
    if line is not None:
        yield line


def _leading(minus: bool, term: Expression) -> Expression:
    return apply("neg", term) if minus else term


def _abbreviate(root: Expression, room: int) -> tuple[Expression, tuple[Definition, ...]]:
    """`root` with its wide parts and its shared ones named, and the definitions, each after those it uses."""
    fresh = _fresh_letter(symbols_of(root))
    limits = _limits(root, room)
    image: dict[Expression, Expression] = {}
    size: dict[Expression, int] = {}
    names: list[Definition] = []
    for node in walk([root]):
        new = apply(node.head, *(image[arg] for arg in node.args)) if node.args else node
        size[new] = extent(new, size)
        if node in limits and size[new] > limits[node]:
            names.append((symbol(f"{fresh}{len(names) + 1}"), new))
            new = names[-1][0]
            size[new] = extent(new, size)
        image[node] = new
    return image[root], tuple(names)


def _limits(root: Expression, room: int) -> dict[Expression, int]:
    """How wide each part may be before it gets a name: a term of the sum a line, other parts half, shared ones a third.

    Left out are `root`, conditions, and sums that only continue a sum, whose naming would tear it apart.
    """
    uses, joined = _uses(root)
    terms = {term for _, term in islice(_terms(root), TERMS)}
    limits: dict[Expression, int] = {}
    for node in walk([root]):
        if node.args and node is not root and node not in joined and node.head not in _CONDITIONS:
            limits[node] = room // 3 if uses[node] > 1 else room if node in terms else room // 2
    return limits


def _uses(root: Expression) -> tuple[dict[Expression, int], set[Expression]]:
    """How often each node is used, and the sums that only continue a sum (naming those would tear it apart)."""
    uses: dict[Expression, int] = {}
    inside: set[Expression] = set()
    elsewhere: set[Expression] = set()
    for node in walk([root]):
        for arg in node.args:
            uses[arg] = uses.get(arg, 0) + 1
            (inside if node.head in _SUMS and arg.head in _SUMS else elsewhere).add(arg)
    return uses, inside - elsewhere


def _fresh_letter(taken: Iterable[str]) -> str:
    used = {match[1] for name in taken if (match := re.match(r"([A-Za-z]+)\d*(?:\.|\Z)", name))}
    return next(letter for letter in (*"qrsuvzabcdefghk", "part") if letter not in used)


def display_latex(formula: Formula) -> str:
    """Lines for amsmath's align or aligned, one alignment point each."""
    return " \\\\\n".join(f"{left}{body}" for left, body in _latex_rows(formula))


def _latex_rows(formula: Formula) -> Iterator[tuple[str, str]]:
    lead = "&" if formula.left is None else f"{markup(formula.left, IN_LATEX)} ={{}}& "
    for line in formula.lines:
        yield lead, markup(line, IN_LATEX)
        lead = "& "
    if formula.hidden:
        yield lead, IN_LATEX.put("elided", size_note(formula.hidden))
    word = IN_LATEX.put("text", "with ")
    for part in formula.where:
        for left, body in _latex_rows(part):
            yield word + left, body
            word = ""


def display_mathml(formula: Formula) -> str:
    """One <math> element; several lines stand in a table, aligned behind the equality sign."""
    rows = list(_mathml_rows(formula))
    if len(rows) == 1:
        return f'<math displaystyle="true"><mrow>{rows[0][0]}{rows[0][1]}</mrow></math>'
    table = "".join(
        f'<mtr><mtd style="{_RIGHT}">{left}</mtd><mtd style="text-align:left">{body}</mtd></mtr>'
        for left, body in rows
    )
    return f'<math displaystyle="true"><mtable displaystyle="true">{table}</mtable></math>'


def _mathml_rows(formula: Formula) -> Iterator[tuple[str, str]]:
    lead = "" if formula.left is None else f"<mrow>{markup(formula.left, IN_MATHML)}<mo>=</mo></mrow>"
    for line in formula.lines:
        yield lead, f"<mrow>{markup(line, IN_MATHML)}</mrow>"
        lead = ""
    if formula.hidden:
        yield lead, f"<mrow>{IN_MATHML.put('elided', size_note(formula.hidden))}</mrow>"
    word = IN_MATHML.put("text", "with\u00a0")
    for part in formula.where:
        for left, body in _mathml_rows(part):
            yield f"<mrow>{word}{left}</mrow>", body
            word = ""


PLAIN = {
    "add": "{0} + {1}", "sub": "{0} - {1}", "neg": "-{0}", "plus": "+ {0}", "minus": "- {0}",
    "total": "d{0}/d{1}", "partial": "d{0}/d{1}", "at": "{0}({1})", "when": "[{0}] at t = {1}", "before": "{0}-", "after": "{0}+",
    "integral": "integral over t of [{0}]", "observations": "sum over j of {0}",
}


def display_plain(root: Expression, cap: int = CAP) -> str:
    """`root` on one line in the text grammar, its display-only heads in words."""
    if span(root) > cap:
        return f"... ({size_note(operation_count([root]))})"
    return _plain(root)


def _plain(root: Expression) -> str:
    if root.head == "symbol" and root.value.endswith(".dot"):
        return f"d{root.value[:-4]}/dt"
    if any(node.head in DISPLAY_ONLY for node in walk([root])):
        return PLAIN[root.head].format(*map(_plain, root.args))
    return to_text(root)
