"""What notes say in words of their costate: `$\\lambda(t)$ is the gradient of the cost with respect to $x(t)$`, in several languages.

A sentence that speaks of minus the gradient, of a Hamiltonian, or of a start or a parameter says nothing here.
"""

from __future__ import annotations

import re
from dataclasses import replace

from adjointcheck.notes.context import ROLES, Context, Declared, letter_name
from adjointcheck.notes.notation import DENIED, DISPLAY, MATHS
from adjointcheck.notes.usage import USUAL_COSTATES

SENTENCE = re.compile(r"(?<=[.!?])\s+|[\u3002\uff01\uff1f]|\n\s*\n")
SLOPE = (r"(?:gradient\w*|derivative|sensitivity|ableitung|dérivée|derivada|derivata|градиент\w*|производн\w*|梯度|导数)")
BY = (r"(?:with respect to|w\.?\s?r\.?\s?t\.?|\bin\b|\bnach\b|bezüglich|par rapport (?:à|au)|rispetto (?:a|allo)|respecto (?:a|al|de)"
      r"|\bпо\b|关于|对)")  # noqa: RUF001
STATE = r"(?:the |den |dem |l'|al |à l')?(?:state|zustand|état|estado|stato|состоян\w*|状态)"
PLACE = r"(\\?[a-z]+(?:\{\\?[a-z]\})?)\s*(?:\(t\b|_\{?[klnijm]\b)"
NAME = r"(\\?[A-Za-z]+)\s*(?:\(t\b[^$]*\)|_\{?[klnijmt]\}?)?(?:\s*\\in\b[^$]*)?"
MEANT = re.compile(rf"\$\s*{NAME}\s*\$(?:.{{0,80}}?){SLOPE}(?:.{{1,120}}?){BY}\s*(?:{STATE}\b|\$\s*{PLACE})", re.IGNORECASE)
OTHERWISE = re.compile(r"hamilt|гамильт|\$\s*(?:\\mathcal\s*\{?)?H\b|minus|negativ|moins|meno\b|menos|минус|负|\$\s*-", re.IGNORECASE)
LAYOUTS = (("column", re.compile(r"column|spalte|colonne|columna|colonna|столб|列")),
           ("row", re.compile(r"\brow|zeile|ligne|fila\b|riga\b|строк|行")))


def said_costate(prose: str, context: Context) -> Context:
    """The context with the costate that the words explain, which is +dJ/dx, where no other letter may be one, or a header declares it."""
    sentences = [" ".join(text.split()) for text in SENTENCE.split(DISPLAY.sub(". ", prose))]
    states = {known.letter for known in context.of("x")}
    found = {(match[1], _layout(text)) for text in sentences if (match := MEANT.search(text))
             and (match[2] is None or not states or letter_name(match[2]) in states)
             and not OTHERWISE.search(match[0]) and not DENIED.search(MATHS.sub(" ", text.lower()))}
    if len({name for name, _ in found}) != 1:
        return context
    name, layout = letter_name(found.copy().pop()[0]), next(iter({layout for _, layout in found} - {""}), "")
    known, others = context.letters.get(name), context.of("p")
    if known is None and not others and name in USUAL_COSTATES and context.rates & {*USUAL_COSTATES} <= {name}:
        role = ROLES["p"]
        known = Declared(name, "p", role.shape, role.kind, layout=layout, source="proposed")
    if known is None or known.symbol != "p" or known.told:
        return context
    return replace(context, letters={**context.letters, name: replace(known, layout=known.layout or layout, told="its words")})


def _layout(text: str) -> str:
    found = [layout for layout, words in LAYOUTS if words.search(text.lower())]
    return found[0] if len(found) == 1 else ""
