"""x^{(l)} is x_l, in notes that write the layer above their letters: x^{(l+1)} = sigma(W^{(l)} x^{(l)} + b^{(l)}); and x_L is x_N."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import rebuilt, walk
from adjointcheck.notes.letters.quantities import instead
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.ambiguities import LASTS
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.backward import forward
from adjointcheck.notes.systems.dependent import alone
from adjointcheck.notes.systems.leading_weights import led
from adjointcheck.notes.systems.net_entries import WHOLE, in_whole
from adjointcheck.notes.systems.numbered_nets import in_net
from adjointcheck.notes.systems.output_layers import as_layer
from adjointcheck.notes.systems.shared_letters import apart

_LETTER = r"(\\?[A-Za-z]+|\\(?:mathbf|boldsymbol|bm)\s*\{?\s*\\?[A-Za-z]+\s*\}?)"
_INDEX = r"([klnijmt]|\\ell)"
_AHEAD = re.compile(_LETTER + r"\s*\^\s*\{\s*[([]?\s*" + _INDEX + r"\s*\+\s*1\s*[)\]]?\s*\}\s*=(.*)", re.DOTALL)
_BEHIND = re.compile(_LETTER + r"\s*\^\s*(?:\{\s*[([]?\s*" + _INDEX + r"\s*[)\]]?\s*\}|" + _INDEX + r")\s*=(.*)", re.DOTALL)
_IMPLICIT = re.compile(r".*?[)\]A-Z]\s*(?:\\[,;!:]\s*)*" + _LETTER + r"\s*\^\s*\{?\s*" + _INDEX + r"\s*(\+\s*1\s*)?\}?\s*=(.*)", re.DOTALL)
_NAMED = re.compile(r"[^=]*_\s*\{\s*" + _INDEX + r"\s*\+\s*1\s*\}\s*&?\s*=[^=]*?[A-Za-z]\s*\^\s*\{?\s*\1\s*\}?\s*[(\[]")
STAGE_COST = "ell"
LAST = tree.Letter("N")
_QUOTIENT = re.compile(r".*?\\[dt]?frac\s*\{\s*" + _LETTER + r"\s*\^\s*\{?\s*" + _INDEX + r"\s*(\+\s*1\s*)?\}?\s*-(.*)", re.DOTALL)
TIMED = re.compile(r"\\Delta\s*t|\\delta\s*t|\\tau(?![A-Za-z])")
DESCENT = re.compile(r"\\alpha|\\eta|\\gamma|\\nabla|arg|P_|\\Pi|\\max|\\min")
INPUTS = ("u", "w", "theta", "\\theta", "p", "lambda", "\\lambda", "delta", "\\delta", "W", "b")  # their steps are iterations, or backward


def layered_above(texts: Iterable[str]) -> str:
    """l of x^{(l+1)} = F(x^{(l)}), (I - h A) x^{l+1} = x^l or (x^{l+1} - x^l)/h = A x^l, where no gradient stands in it, and k of
    x_{k+1} = f^k(x_k, u_k), where the functions alone bear it above; "" for none.
    """
    texts = list(texts)
    for text in texts:
        for step, match in ((0, _AHEAD.match(text.strip())), (-1, _BEHIND.match(text.strip()))):
            index = (match[2] or match[3]) if match and step else match[2] if match else ""
            right = match[match.lastindex or 1] if match else ""
            if match and (match[1] not in INPUTS or _steps(match[1], index, right)) and _follows(match[1], index, step, right):
                return index
        match = _IMPLICIT.match(text.strip()) or _QUOTIENT.match(text.strip())
        if match and match[1] not in INPUTS and _follows(match[1], match[2], -1 + bool(match[3]), match[4]):
            return match[2]
        if (named := _NAMED.match(text.strip())) is not None:
            return named[1]
    return next(_through(texts), "")


def _steps(letter: str, index: str, right: str) -> bool:
    """u^{n+1} = A u^n + dt q^n: a state of partial differential equations, as no step of a descent is written."""
    again = re.match(rf"\s*{letter}\s*\^\s*\{{?\s*{re.escape(index)}", right)
    return letter == "u" and not DESCENT.search(right) and (TIMED.search(right) is not None or not again)


def _through(texts: Iterable[str]) -> Iterator[str]:
    """l of a^{(l)} = sigma(z^{(l)}), where z^{(l)} = W^{(l)} a^{(l-1)} + b^{(l)}, and of both told for l + 1."""
    texts = [text.strip() for text in texts]
    for pattern, ahead in ((_BEHIND, ""), (_AHEAD, r"\s*\+\s*1")):
        found = [match for text in texts if (match := pattern.match(text)) and match[1] not in INPUTS]
        for outer in found:
            for inner in found:
                index, other = (match[2] or match[3] for match in (outer, inner))
                at = re.escape(index) + ahead
                applied, affine = outer[outer.lastindex or 0], inner[inner.lastindex or 0]
                stands = re.search(rf"{re.escape(inner[1])}\s*\^\s*(?:\{{\s*[([]?\s*{at}\s*[)\]]?\s*\}}|{at})", applied)
                if index == other and inner is not outer and stands and _follows(outer[1], index, 0 if ahead else -1, affine):
                    yield index


def _follows(letter: str, index: str, step: int, right: str) -> bool:
    """Does it stand there one layer before, and not as what a step of a descent starts from?"""
    at = re.escape(index) + (r"\s*-\s*1" if step else "")
    before = rf"{re.escape(letter)}\s*\^\s*(?:\{{\s*[([]?\s*{at}\s*[)\]]?\s*\}}|{at})"
    return bool(re.search(before, right)) and "\\nabla" not in right and not re.match(rf"\s*{before}\s*-", right)


def below(chain: tree.Chain, context: Context) -> tree.Chain:
    """The formula with x_l for x^{(l)}, and x_N for x^{(L)} and x^L, and for x_L where L is the last layer."""
    index, last = context.option("layers above"), context.option("last layer")
    chain = in_net(as_layer(chain, context), context)
    name, _, mark = last.partition("_")
    end = tree.Letter(name, below=(tree.Letter(mark),) if mark else ())
    made = _below(in_whole(chain, partial(_is_layer, index=index), context.option(WHOLE)), index, end) if index else chain
    made = _to_last(made, end) if last else made
    made = _renaming(made, context.option("stage cost")) if context.option("stage cost") else made
    assert isinstance(made, tree.Chain)
    return led(apart(alone(forward(made, context), context), context), context)


def _renaming(node: Node, cost: str) -> Node:
    """ell_t for E_t, where the whole cost is E."""
    node = rebuilt(node, lambda child: _renaming(child, cost))
    return replace(node, name=STAGE_COST) if isinstance(node, tree.Letter) and node.name == cost and node.below else node


def _to_last(node: Node, last: tree.Letter) -> Node:
    """With N for L below letters and at the ends of sums."""
    node = rebuilt(node, lambda child: _to_last(child, last))
    if isinstance(node, tree.Letter):
        return replace(node, below=tuple(instead(part, last, LAST) for part in node.below)) if node.below else node
    if isinstance(node, tree.Chain) and _is_range(node):
        return instead(node, last, LAST)
    if isinstance(node, tree.Series):
        return replace(node, lower=node.lower and instead(node.lower, last, LAST), upper=node.upper and instead(node.upper, last, LAST))
    return node


def _is_range(chain: tree.Chain) -> bool:
    """l = 0, ..., L - 1 and 0 <= l < L."""
    listed = any(isinstance(side, tree.Vector) and tree.Letter("dots") in walk(side) for side in chain.sides)
    return listed or (len(chain.sides) == 3 and {*chain.relations} <= {"<", "<="})


def _below(node: Node, index: str, end: tree.Letter) -> Node:
    mark = instead(node.above[0], end, LAST) if isinstance(node, tree.Letter) and len(node.above) == 1 else None
    if isinstance(node, tree.Letter) and mark is not None and len(node.below) < 2 and _is_layer(mark, index):
        ends = [part for part in walk(mark) if isinstance(part, tree.Letter) and part.name in (*LASTS, "tau") and part.name != index]
        name = "_".join([node.name, *(getattr(part, "name", "") for part in node.below)])  # y_d^n is y_d at the layer n
        return replace(node, name=name, below=(instead(mark, ends[0], LAST) if ends else mark,), above=())
    return rebuilt(node, lambda child: _below(child, index, end))


def _is_layer(mark: Node, index: str) -> bool:
    """l, l + 1, L, 0."""
    names = {part.name for part in walk(mark) if isinstance(part, tree.Letter)}
    return (bool(names) or isinstance(mark, tree.Number)) and names <= {index, *LASTS, "T", "tau"}
