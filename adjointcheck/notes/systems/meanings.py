"""What notes say in words that a costate is, in several languages.

    let $p_k$ be the gradient of $E$ with respect to $x_k$, a column     `meant`: tells what p_k = dE/dx_k would tell
    $\\lambda(t)$ is the gradient of the loss with respect to the state   `said_costate`: of the one letter that may be a costate

A sentence that denies, or speaks of minus the gradient or of a Hamiltonian, says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import ROLES, Context, Declared, letter_name
from adjointcheck.notes.letters.end_time import told_end
from adjointcheck.notes.letters.meaning import resolve, unknown
from adjointcheck.notes.letters.notation import DENIED, DISPLAY, MATHS, SENTENCE
from adjointcheck.notes.letters.numbered import is_price, priced
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, USUAL_COSTATES, head
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.eigenvalues import eigenvalues_said
from adjointcheck.notes.systems.equilibria import resting_said
from adjointcheck.notes.systems.multiplier import SPOKEN, costate_meaning
from adjointcheck.notes.systems.several_costs import about, costs
from adjointcheck.notes.systems.superscripts import below
from adjointcheck.notes.systems.switching import HASTE

SLOPE = (r"(?:gradi[eè]nt\w*|derivatives?|sensitivit(?:y|ies)|ableitung(?:en)?|sensitivität\w*|dérivées?|derivadas?|derivat[ae]|sensibilità"
         r"|sensibilit[ée]s?|sensibilidad(?:es)?|градиент\w*|производн\w+|梯度|导数)")
BY = (r"(?:in|with respect to|w\.?\s?r\.?\s?t\.?|by|at|nach|bezüglich|par rapport (?:à|au)|(?:con )?respecto (?:a|de|al)"
      r"|rispetto (?:a|al)|по)\b")
NAMED = r"(?:by|as|called|mit|als|par|por|como|con|come|через)"
WORDS, LITTLE = r"[^$.;]{0,50}?", r"[^$.;]{0,30}?"
SAID = tuple(re.compile(pattern) for pattern in (
    rf"\$(?P<p>\d+)\${WORDS}\b{SLOPE}{LITTLE}\$(?P<J>\d+)\${LITTLE}\b{BY}{LITTLE}\$(?P<x>\d+)\$",
    rf"\b{SLOPE}{LITTLE}\$(?P<J>\d+)\${LITTLE}\b{BY}{LITTLE}\$(?P<x>\d+)\${LITTLE}\b{NAMED}\s+\$(?P<p>\d+)\$",
    r"\$(?P<p>\d+)\$\s*(?:为|是|表示|=)?\s*\$(?P<J>\d+)\$\s*(?:对|關於|关于)\s*\$(?P<x>\d+)\$\s*的?[总全]?(?:梯度|导数)"))
SIGN = (r"\boppos|\bopuest|entgegen|\bumgekehrt|vorzeichen"
        r"|\bsigns?\b|\bsigne\b|\bsigno\b|\bsegno\b|обратн|знак|相反|符号")
MINUS = re.compile(rf"\bminus\b|\bnegativ|\bpartial|\bsecond|{SIGN}|负|отрицат|частн")
COST = re.compile(r"(?:\bcost|\bloss|\bobjective|kosten|ziel|\bcoût|\bcost[eo]|стоимост|代价|损失)\w*\s*\$([^$]+)\$", re.IGNORECASE)
PERIOD = re.compile(r"(?<=[.!?])\s+|[\u3002\uff01\uff1f]|\n\s*\n")  # a colon goes on
STATE = r"(?:the |den |dem |l'|al |à l')?(?:state|zustand|état|estado|stato|состоян\w*|状态)"
PLACE = r"(\\?[a-z]+(?:\{\\?[a-z]\})?)\s*(?:\(t\b|_\{?[klnijm]\b)"
NAME = r"(\\?[A-Za-z]+)\s*(?:\(t\b[^$]*\)|_\{?[klnijmt]\}?)?(?:\s*\\in\b[^$]*)?"
ALONG = (r"(?:with respect to|w\.?\s?r\.?\s?t\.?|\bin\b|\bnach\b|bezüglich|par rapport (?:à|au)|rispetto (?:a|allo)|respecto (?:a|al|de)"
         r"|\bпо\b|关于|对)")  # noqa: RUF001  of BY what does not say where a slope is taken
MEANT = re.compile(rf"\$\s*{NAME}\s*\$.{{0,80}}?{SLOPE}.{{1,120}}?{ALONG}\s*(?:{STATE}\b|\$\s*{PLACE})", re.IGNORECASE)
OTHERWISE = re.compile(r"hamilt|гамильт|\$\s*(?:\\mathcal\s*\{?)?H\b|minus|negativ|moins|meno\b|menos|минус|负|\$\s*-", re.IGNORECASE)
TURNED = re.compile(SIGN, re.IGNORECASE)  # the opposite of the gradient, the gradient up to a sign
ADJOINT = (r"(?:adjoint(?: (?:state|variable|vector|function))?|co-?state(?: (?:variable|vector))?|kozustand|coestado"
           r"|adjungierte[nrs]? (?:zustand|variable[n]?|größe)|(?:état|vecteur) adjoint|variable adjointe"
           r"|estado adjunto|variable adjunta|stato aggiunto|variabile aggiunta|сопряж[её]нн\w+ (?:переменн\w+|состояни\w+))")
STEERING = (r"(?:(?:the|an?|scalar|our|one) (?:control|input)(?: (?:function|variable|input|signal))?|(?:die|eine) steuerung|la commande"
            r"|el control|il controllo|управление)(?: is| ist| est| es| è)?(?: an?| eine| une| una)?(?: (?:scalar|real|single|skalare))?"
            r"(?: (?:function|variable|signal|funktion|fonction|función|funzione))?")
LATER_ONES = r"(?!\s*(?:,|and|und|et|y|e|и)\s*\$)"  # no list
CALLED = re.compile(rf"\b{ADJOINT},?\s*\$\s*(\\[a-z]+|(?-i:[a-z]))\s*(?:\(t\)|_\{{?[a-z]\}}?)?\s*\${LATER_ONES}", re.IGNORECASE)
STEERED = re.compile(rf"\b{STEERING}\s*\$\s*(\\[a-z]+|(?-i:[a-z]))\s*\(t\)(?:\s*\\in[^$]*)?\${LATER_ONES}", re.IGNORECASE)
BETWEEN = re.compile(r"\$\s*(?:,\s*|(?:and|und|et|y|e|и|和|与)\s)\s*\$|\$\s*、\s*\$")
PARAMETERS = re.compile(r"(?:\b(?:weights|parameters|gewichten?|parametern?|paramètres|pesos|parámetros|parametri|pesi)|权重|参数)"
                        r"\s*\$\s*([uvw])\s*(?:\\in\b[^$]*)?\$", re.IGNORECASE)
HURRIED = re.compile(r"(?:minim\w+|least|shortest|optim\w+)[\s-]+time|time[\s-]+optimal|as (?:soon|fast|quickly) as possible"
                     r"|fastest|quickest|schnellst|zeitoptimal|kürzeste\w* zeit|temps minim|plus (?:vite|court)|tiempo mínimo"
                     r"|tempo minimo|быстродейств",
                     re.IGNORECASE)
COLUMN = re.compile(r"\bcolumns?\b|\bspalten?|\bcolonn|\bcolumna|столбе?ц|列向量")
ROW = re.compile(r"\brows?\b|\bzeilen?|\bligne|\bfila|\briga|строк|行向量")


def said_parameters(prose: str, context: Context) -> Context:
    """With w of "some weights $w \\in \\mathbb{R}^m$" as the parameters, which otherwise may be a control."""
    found = PARAMETERS.search(prose)
    if found is None or found[1] in context.letters or context.of("theta"):
        return context
    role = ROLES["theta"]
    return context.declare(Declared(found[1], "theta", role.shape, role.kind, source="proposed"))


def said_control(prose: str, context: Context) -> Context:
    """With q of "the control is a scalar function $q(t)$" as the control, where it does not move by itself."""
    names = {letter_name(found[1]) for found in STEERED.finditer(DISPLAY.sub(". ", prose))}
    name = next(iter(names)) if len(names) == 1 else ""
    if not name or name in {*context.letters, *context.rates, *USUAL_CONTROLS} or context.of("w"):
        return context
    role = ROLES["w"]
    return context.declare(Declared(name, "w", role.shape, role.kind, source="proposed"))


def meant(words: str, context: Context) -> Context:
    """With the costates of which the words before a formula say that they are gradients of the cost."""
    for sentence in SENTENCE.split(words):
        for chain, layout in _stated(sentence, context):
            found, slope = costate_meaning(chain, context), resolve(chain.sides[1], context)
            if found is not None:
                context = _laid_out(found[1][0], layout, found[2])
            elif is_price(slope, context) and unknown(resolve(chain.sides[0], context)):
                context = _of_stage(chain.sides[0], slope, layout, context)
    return context


def _of_stage(letter: Node, slope: Node, layout: str, context: Context) -> Context:
    """With mu_1 of "the gradient of J with respect to k_1, as a column"."""
    row = slope.of if isinstance(slope, tree.Transposed) else slope
    assert isinstance(letter, tree.Letter)
    return priced(letter, {"column": tree.Transposed(row), "row": row}.get(layout, slope), context)


def _stated(sentence: str, context: Context) -> Iterator[tuple[tree.Chain, str]]:
    """(p = dJ/dx, layout) of each statement in a sentence that denies nothing."""
    sentence = BETWEEN.sub(", ", sentence)
    formulas = [found[1] or found[2] for found in MATHS.finditer(sentence)]
    counter = iter(range(len(formulas)))
    plain = MATHS.sub(lambda _: f"${next(counter)}$", sentence).lower()
    if DENIED.search(plain) or MINUS.search(plain):
        return
    for found in (match for pattern in SAID for match in pattern.finditer(plain)):
        cost = _read(formulas[int(found["J"])], context)
        for costate, state in _pairs(*(formulas[int(found[name])].split(",") for name in ("p", "x"))):
            one, other = _read(costate, context), _read(state, context)
            named = one is not None and other is not None and head(one) is not None and head(other) is not None
            if named and one is not None and other is not None and cost is not None:
                yield below(tree.Chain((one, tree.Derivative(cost, (other,), "total")), ("=",)), context), _layout(plain)


def _pairs(costates: list[str], states: list[str]) -> list[tuple[str, str]]:
    """Those of two lists of one length, else what stands nearest to the words between them."""
    return list(zip(costates, states, strict=True)) if len(costates) == len(states) else [(costates[-1], states[0])]


def _layout(plain: str) -> str:
    return "column" if COLUMN.search(plain) else "row" if ROW.search(plain) else ""


def _read(text: str, context: Context) -> Node | None:
    """The one expression that a formula is, or what it tells the value of: J of J = Phi(x_N)."""
    chain = read_formula(text, context.reader())
    told = not isinstance(chain, Unread) and {*chain.relations} <= {"="} and head(chain.sides[0]) is not None
    return chain.sides[0] if isinstance(chain, tree.Chain) and (told or len(chain.sides) == 1) else None


def spoken_cost(words: str, context: Context) -> Context:
    """With the one cost of several whose value the words before a formula write last: "back to the cost $Phi(x_N)$"; with haste and
    rest."""
    context = told_end(words, eigenvalues_said(words, resting_said(words, context)))
    context = replace(context, options={**context.options, HASTE: "yes" if HURRIED.search(words) else ""})
    known = costs(context) if len(costs(context)) > 1 else {}
    for sentence in (text for text in SENTENCE.split(words) if known and not DENIED.search(MATHS.sub(" ", text.lower()))):
        for found in COST.finditer(sentence):
            value = _read(found[1], context)
            named = [tree.Letter(name) for name, law in known.items() if value is not None and resolve(value, context) == law.right]
            context = about(tree.Chain((named[0],), ()), context) if len(named) == 1 else context
    return context


def _laid_out(name: str, layout: str, context: Context) -> Context:
    known = context.letters[name]
    made = replace(known, layout=known.layout or layout, told="the words of the notes")
    return replace(context, letters={**context.letters, name: made})


def said_costate(prose: str, context: Context) -> Context:
    """The context with the costate that the words explain, which is +dJ/dx, where no other letter may be one, or a header declares it."""
    sentences = [" ".join(text.split()) for text in PERIOD.split(DISPLAY.sub(". ", prose))]
    states = {known.letter for known in context.of("x")}
    found = {(match[1], _layout(text.lower())) for text in sentences if (match := MEANT.search(text))
             and (match[2] is None or not states or letter_name(match[2]) in states)
             and not OTHERWISE.search(match[0]) and not TURNED.search(text) and not DENIED.search(MATHS.sub(" ", text.lower()))}
    if len({name for name, _ in found}) != 1:
        return _called_costate(prose, context)
    name, layout = letter_name(found.copy().pop()[0]), next(iter({layout for _, layout in found} - {""}), "")
    known, others = context.letters.get(name), context.of("p")
    if known is None and not others and name in USUAL_COSTATES and context.rates & {*USUAL_COSTATES} <= {name}:
        role = ROLES["p"]
        known = Declared(name, "p", role.shape, role.kind, layout=layout, source="proposed")
    if known is None or known.symbol != "p" or known.told:
        return _called_costate(prose, context) if known is None else context
    return replace(context, letters={**context.letters, name: replace(known, layout=known.layout or layout, told=SPOKEN)})


def _called_costate(prose: str, context: Context) -> Context:
    """With eta of "the adjoint state $\\eta$" as the costate, where it has a rate and no letter that is usual for one has."""
    names = {letter_name(found[1]) for found in CALLED.finditer(DISPLAY.sub(". ", prose))}
    name = next(iter(names)) if len(names) == 1 else ""
    if name not in context.rates or name in {*context.letters, *USUAL_COSTATES} or context.of("p") or context.rates & {*USUAL_COSTATES}:
        return context
    role = ROLES["p"]
    return context.declare(Declared(name, "p", role.shape, role.kind, source="proposed"))
