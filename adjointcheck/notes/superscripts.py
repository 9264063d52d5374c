"""x^{(l)} is x_l, in notes that write the layer above their letters: x^{(l+1)} = sigma(W^{(l)} x^{(l)} + b^{(l)})."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import Context
from adjointcheck.notes.letters import LASTS
from adjointcheck.notes.meaning import rebuilt, walk
from adjointcheck.notes.tree import Node

_LETTER = r"(\\?[A-Za-z]+|\\(?:mathbf|boldsymbol|bm)\s*\{?\s*\\?[A-Za-z]+\s*\}?)"
_AHEAD = re.compile(_LETTER + r"\s*\^\s*\{\s*[([]?\s*([klnijmt])\s*\+\s*1\s*[)\]]?\s*\}\s*=(.*)", re.DOTALL)
_BEHIND = re.compile(_LETTER + r"\s*\^\s*(?:\{\s*[([]?\s*([klnijmt])\s*[)\]]?\s*\}|([klnijmt]))\s*=(.*)", re.DOTALL)
_IMPLICIT = re.compile(r".*?[)\]A-Z]\s*(?:\\[,;!:]\s*)*" + _LETTER + r"\s*\^\s*\{?\s*([klnijmt])\s*(\+\s*1\s*)?\}?\s*=(.*)", re.DOTALL)
INPUTS = ("u", "w", "theta", "\\theta", "p", "lambda", "\\lambda", "delta", "\\delta", "W", "b")  # their steps are iterations, or backward


def layered_above(texts: Iterable[str]) -> str:
    """l of x^{(l+1)} = F(x^{(l)}) or (I - h A) x^{l+1} = x^l, where no gradient stands in it; "" where the notes have none."""
    for text in texts:
        for step, match in ((0, _AHEAD.match(text.strip())), (-1, _BEHIND.match(text.strip()))):
            index = (match[2] or match[3]) if match and step else match[2] if match else ""
            if match and match[1] not in INPUTS and _follows(match[1], index, step, match[match.lastindex or 1]):
                return index
        match = _IMPLICIT.match(text.strip())
        if match and match[1] not in INPUTS and _follows(match[1], match[2], -1 + bool(match[3]), match[4]):
            return match[2]
    return ""


def _follows(letter: str, index: str, step: int, right: str) -> bool:
    """Does it stand there one layer before, and not as what a step of a descent starts from?"""
    at = rf"{index}\s*-\s*1" if step else index
    before = rf"{re.escape(letter)}\s*\^\s*(?:\{{\s*[([]?\s*{at}\s*[)\]]?\s*\}}|{at})"
    return bool(re.search(before, right)) and "\\nabla" not in right and not re.match(rf"\s*{before}\s*-", right)


def below(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with x_l for x^{(l)}, and x_L for x^{(L)} and x^L."""
    index = context.option("layers above")
    made = _below(chain, index) if index else chain
    assert isinstance(made, tree.Chain)
    return made


def _below(node: Node, index: str) -> Node:
    if isinstance(node, tree.Letter) and len(node.above) == 1 and len(node.below) < 2 and _is_layer(node.above[0], index):
        last = getattr(node.above[0], "name", index) in LASTS
        name = "_".join([node.name, *(getattr(part, "name", "") for part in node.below)])  # y_d^n is y_d at the layer n
        return replace(node, name=name, below=(tree.Letter("N"),) if last else node.above, above=())
    return rebuilt(node, lambda child: _below(child, index))


def _is_layer(mark: Node, index: str) -> bool:
    """l, l + 1, L."""
    names = {part.name for part in walk(mark) if isinstance(part, tree.Letter)}
    return bool(names) and names <= {index, *LASTS, "T"}
