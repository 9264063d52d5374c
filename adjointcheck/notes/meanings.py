"""What notes say in words that a costate is: let $p_k$ be the gradient of $E$ with respect to $x_k$, a column.

The words are read as p_k = dE/dx_k, and tell what that formula would tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes import tree
from adjointcheck.notes.context import Context
from adjointcheck.notes.latex import Unread, read_formula
from adjointcheck.notes.multiplier import costate_meaning
from adjointcheck.notes.notation import DENIED, SENTENCE
from adjointcheck.notes.superscripts import below
from adjointcheck.notes.tree import Node
from adjointcheck.notes.usage import head

MATHS = re.compile(r"\$([^$]+)\$|\\\((.+?)\\\)")
SLOPE = (r"(?:gradi[eè]nt\w*|derivatives?|sensitivit(?:y|ies)|ableitung(?:en)?|sensitivität\w*|dérivées?|derivadas?|derivat[ae]|sensibilità"
         r"|sensibilit[ée]s?|sensibilidad(?:es)?|градиент\w*|производн\w+)")
BY = (r"(?:in|with respect to|w\.?\s?r\.?\s?t\.?|by|at|nach|bezüglich|par rapport (?:à|au)|(?:con )?respecto (?:a|de|al)"
      r"|rispetto (?:a|al)|по)\b")
NAMED = r"(?:by|as|called|mit|als|par|por|como|con|come|через)"
WORDS, LITTLE = r"[^$.;]{0,50}?", r"[^$.;]{0,30}?"
SAID = tuple(re.compile(pattern) for pattern in (
    rf"\$(?P<p>\d+)\${WORDS}\b{SLOPE}{LITTLE}\$(?P<J>\d+)\${LITTLE}\b{BY}{LITTLE}\$(?P<x>\d+)\$",
    rf"\b{SLOPE}{LITTLE}\$(?P<J>\d+)\${LITTLE}\b{BY}{LITTLE}\$(?P<x>\d+)\${LITTLE}\b{NAMED}\s+\$(?P<p>\d+)\$",
    r"\$(?P<p>\d+)\$\s*(?:为|是|表示|=)?\s*\$(?P<J>\d+)\$\s*(?:对|關於|关于)\s*\$(?P<x>\d+)\$\s*的?[总全]?(?:梯度|导数)"))
MINUS = re.compile(r"\bminus\b|\bnegativ|\bpartial|\bsecond|\bopposit|负|отрицат|частн")
COLUMN = re.compile(r"\bcolumns?\b|\bspalten?|\bcolonn|\bcolumna|столбе?ц|列向量")
ROW = re.compile(r"\brows?\b|\bzeilen?|\bligne|\bfila|\briga|строк|行向量")


def meant(words: str, context: Context) -> Context:
    """With the costates of which the words before a formula say that they are gradients of the cost."""
    for sentence in SENTENCE.split(words):
        for chain, layout in _stated(sentence, context):
            found = costate_meaning(chain, context)
            if found is not None:
                context = _laid_out(found[1][0], layout, found[2])
    return context


def _stated(sentence: str, context: Context) -> Iterator[tuple[tree.Chain, str]]:
    """(p = dJ/dx, layout) of each statement in a sentence that denies nothing."""
    formulas = [found[1] or found[2] for found in MATHS.finditer(sentence)]
    counter = iter(range(len(formulas)))
    plain = MATHS.sub(lambda _: f"${next(counter)}$", sentence).lower()
    if DENIED.search(plain) or MINUS.search(plain):
        return
    layout = "column" if COLUMN.search(plain) else "row" if ROW.search(plain) else ""
    for found in (match for pattern in SAID for match in pattern.finditer(plain)):
        parts = {name: _read(formulas[int(found[name])], context) for name in ("p", "J", "x")}
        costate, cost, state = parts["p"], parts["J"], parts["x"]
        if costate is not None and cost is not None and state is not None and head(costate) is not None and head(state) is not None:
            yield below(tree.Chain((costate, tree.Derivative(cost, (state,), "total")), ("=",)), context), layout


def _read(text: str, context: Context) -> Node | None:
    """The one expression that a formula is."""
    chain = read_formula(text, context.reader())
    return None if isinstance(chain, Unread) or len(chain.sides) != 1 else chain.sides[0]


def _laid_out(name: str, layout: str, context: Context) -> Context:
    known = context.letters[name]
    made = replace(known, layout=known.layout or layout, told="the words of the notes")
    return replace(context, letters={**context.letters, name: made})
