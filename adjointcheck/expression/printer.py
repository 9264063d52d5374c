"""The printer of the grammar, the inverse of `grammar.parse`: one text for each expression, which tells inverted matrices apart."""

from __future__ import annotations

from adjointcheck.expression.node import Expression, walk
from adjointcheck.expression.table import MATRIX, PRIMITIVES


def to_text(root: Expression) -> str:
    """Print `root` so that `parse` gives the same node back."""
    texts: dict[Expression, tuple[str, int]] = {}
    for node in walk([root]):
        texts[node] = _text(node, [texts[arg] for arg in node.args])
    return texts[root][0]


def _text(node: Expression, parts: list[tuple[str, int]]) -> tuple[str, int]:
    if node.head == "number":
        return str(node.value), (9 if node.value >= 0 else 7) if node.value.denominator == 1 else 6
    if not node.args:
        return node.value or node.head, 9
    row = PRIMITIVES.get(node.head) or MATRIX[node.head]
    if node.head in ("neg", "not"):
        sign = "-" if node.head == "neg" else "not "
        plain = node.head == "neg" and node.args[0].head == "number"
        return sign + _wrap(parts[0], 10 if plain else row.level), row.level
    if row.infix:
        return _infix(node.head, row.infix, row.level, parts), row.level
    if node.head == "piecewise" and node.args[2].head == "piecewise":
        return f"piecewise({parts[0][0]}, {parts[1][0]}, {parts[2][0][10:-1]})", 9
    return f"{node.head}({', '.join(text for text, _ in parts)})", 9


def _infix(head: str, sign: str, level: int, parts: list[tuple[str, int]]) -> str:
    left_floor, right_floor = (9, 8) if head == "pow" else (level + (level == 4), level + 1)
    gap = "" if head == "pow" else " " if level < 6 else ""
    return _wrap(parts[0], left_floor) + gap + sign + gap + _wrap(parts[1], right_floor)


def _wrap(part: tuple[str, int], floor: int) -> str:
    return part[0] if part[1] >= floor else f"({part[0]})"
