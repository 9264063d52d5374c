"""Lines that a sentence says of a few layers: "for N = 2, dJ/dx_0 = M_0' M_1' g"."""

from __future__ import annotations

import re
from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.meaning import Symbol, walk
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

EQUAL = r"(?:=|equals?|equal to|gleich|vaut|égal à|igual a|uguale a|равно)"
NUMBERS = {"two": "2", "zwei": "2", "deux": "2", "dos": "2", "due": "2", "два": "2",
           "three": "3", "drei": "3", "trois": "3", "tres": "3", "tre": "3", "три": "3"}
TOLD = re.compile(rf"(?<![A-Za-z\\])([NKLT])\b\$?\s*{EQUAL}\s*\$?([123]|{'|'.join(NUMBERS)})(?![\w.^])", re.IGNORECASE)
LAYERS = (r"(?:layers?|blocks?|(?:time )?steps?|Schichten|Blöcken?|(?:Zeit)?[Ss]chritten?|couches|blocs|pas|capas|bloques|pasos|strati"
          r"|blocchi|passi|слоёв|слоев|блоков|шагов)")
SPOKEN = re.compile(rf"(?<![A-Za-z])([123]|{'|'.join(NUMBERS)})[ -](?:residual |hidden )?{LAYERS}\b", re.IGNORECASE)
COUNTED = re.compile(rf"\b(?:for|with|of|für|mit|aus|pour|avec|de|à|para|con|per|di|для|из) (?:a )?{SPOKEN.pattern}", re.IGNORECASE)
OPTION = "few layers"


def in_few(left: Node, right: Node, context: Context, sentence: str) -> Context:
    """With as many layers as the sentence says, where the equation speaks of layers by their numbers."""
    told, counted, ends = TOLD.search(sentence), COUNTED.search(sentence), {known.letter for known in context.of("N")}
    number = told[2] if told and (not ends or told[1] in ends) else counted[1] if counted and not told else ""
    if context.over() != "layers" or not number or not has_numbers(left, right):
        return context
    return replace(context, options={**context.options, OPTION: NUMBERS.get(number.lower(), number)})


def is_few(inputs: frozenset[str], context: Context) -> bool:
    """Is it the number of layers that a reservation speaks of, and is this one the context's?"""
    return "only N" in inputs and bool(context.option(OPTION))


def has_numbers(left: Node, right: Node) -> bool:
    """Does an equation speak of x_0, M_0 and H_1?"""
    return any(isinstance(part, Symbol) and isinstance(part.at, tree.Number) for side in (left, right) for part in walk(side))
