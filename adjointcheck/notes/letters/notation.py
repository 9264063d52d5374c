"""What notes say of their notation in words: primes that transpose, the layout of nabla f, matrices that are symmetric.

    We use a prime for transposition.            $\\nabla f$ is the transpose of the Jacobian.            $Q$ and $R$ are symmetric.

Sentences that deny, ask for or suppose something say nothing; where two of them differ, the notes leave it open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import Context, Declared, own
from adjointcheck.notes.letters.scales import BACKWARDS
from adjointcheck.notes.reading.regions import ENVIRONMENTS

DISPLAY = re.compile(rf"\$\$.*?\$\$|\\\[.*?\\\]|\\begin\{{((?:{ENVIRONMENTS}|verbatim|lstlisting)\*?)\}}.*?\\end\{{\1\}}"
                     r"|<!--.*?-->|(?<!\\)%[^\n]*", re.DOTALL)
SENTENCE = re.compile(r"(?<=[.!?;:])\s+|[\u3002\uff01\uff1f\uff1b]|\n\s*\n")
MATHS = re.compile(r"\$([^$]+)\$|\\\((.+?)\\\)")
DENIED = re.compile(r"\b(?:not|non|no|if|unless|when|whether|need|nicht|falls|wenn|kein\w*|si|pas|se|cuando|не|если)\b"
                    r"|un-?symm|asymm|nonsymm|unsymm|skew|schief|anti-?s[iy]m|非")

TRANSPOSED = re.compile(r"transpos|transpon|traspos|traspuest|транспон|转置|轉置|転置")
PRIME = re.compile(r"\bprimes?\b|\bdash(?:es)?\b|apostroph|\bstrich|\bprime\b|\baccent|\bprima\b|\bapice|\bapóstrofo|штрих|撇")
PRIMED = r"(?:'|\\prime)"
SHOWN = re.compile(rf"\$[^$]*{PRIMED}[^$]*\$[^$.]{{0,60}}?(?:transpos|transpon|traspos|traspuest|транспон|转置)"
                   rf"|(?:transpos|transpon|traspos|traspuest|транспон|转置)[^.]{{0,60}}?\$[^$^]*{PRIMED}[^$]*\$")
RATE = re.compile(r"\btime\b|\bzeit|\btemps\b|\btempo\b|\btiempo\b|времен|时间")
DERIVED = re.compile(r"deriv|ableitung|abgeleitet|dériv|производн|导数")

NABLA = re.compile(r"\$[^$]*\\nabla[^$]*\$|∇")
JACOBI = re.compile(r"jacobi|якоби|雅可比|ヤコビ")
COLUMNS = re.compile(r"gradient[^.]*\b(?:columns?\b|spalten|colonn|columnas)|градиент[^.]*столбц|梯度[^。]*列")

SYMMETRIC = re.compile(r"symmetr|symétri|simétric|simmetric|симметр|对称|對稱|対称")
MATRIX = re.compile(r"\\?(?:(?:mathbf|boldsymbol|bm|mathrm)\s*\{?\s*)?([A-Z]|\\(?:Sigma|Lambda|Gamma|Omega))\}?"
                    r"(?:_(?:\w|\{\w(?:[+-]1)?\}))?(?:\(t\))?\s*(?:=.*|(?:>|\\succ|\\geq?|\\in|\\succeq).*)?")
TOKEN = re.compile(r"\$([^$]+)\$|\\\((.+?)\\\)|([^\W\d]+)|[.,;:()]")
JOINS = re.compile(r"and|und|et|e|y|и|the|die|der|das|les?|la|las|los|el|il|lo|i|gli|as|os|a|o|both|beide"
                   r"|\w*(?:matri|mass|stiff|steif|raideur|rigide|weight|gewicht|poids|pes[io]|матриц)\w*")
BECOMES = re.compile(r"is|are|be|being|to|both|all|also|assumed|real|constant|square"
                     r"|ist|sind|sei|seien|est|sont|soient|è|sono|siano|es|son|sea|sean|é|são"
                     r"|positive?|positiv|positives?|\w*definit\w*|\w*définie?s?|matrix|matri\w+|матриц\w*")
QUALIFIES = re.compile(r"positive?|positiv\w*|\w*defini\w*|\w*défini\w*|and|und|et|constant\w*|\w*matri\w*|weight\w*|gewicht\w*|матриц\w*")

VECTORS = re.compile(r"\b(?:rows?|columns?|jacobians?|matri(?:x|ces))\b|\bspalten|\bzeilen|matrizen|matrice|matriz|colonn|columna|\bligne"
                     r"|\briga\b|\bfila\b|строк|столб|матриц|якоби|行向量|列向量|矩阵|雅可比")

ALONE = re.compile(r"\b(?:only|just|single|alone)\b[^.$]{0,25}\b(?:step|layer|block)\b"
                   r"|\b(?:nur|allein\w*|einzeln\w*)\b[^.$]{0,25}\b(?:schritt|schicht)"
                   r"|\b(?:seule?|solo|sola|únic[oa]|unic[oa])\b[^.$]{0,25}\b(?:pas|couche|paso|capa|passo|strato)\b|只有?[^。$]{0,8}[步层]")

LARGE = re.compile(r"maximi[sz]|maximier|massimizz|максимиз|最大化|maximal|as large as")

GO = (r"(?:time[- ]to[- ]go|(?:reversed?|backwards?) time|restzeit|rückwärtszeit|temps (?:restant|rétrograde)|tiempo (?:restante|que queda)"
      r"|tempo (?:rimanente|restante|mancante)|обратн\w+ врем\w+|剩余时间|逆时间)")
CLOCK = r"\$\s*\\?(tau|s|sigma|theta|r)\s*\$"
TO_GO = re.compile(rf"{CLOCK}[^$.;]{{0,12}}\b{GO}|{GO}[^$.;]{{0,12}}{CLOCK}")


def spoken(prose: str, context: Context) -> Context:
    """The context with what the words of the notes declare, and the header does not."""
    said = [text for text in SENTENCE.split(DISPLAY.sub(". ", prose))]
    for name, found in (("prime", {meaning for text in said if (meaning := prime(text))}),
                        ("nabla", {layout for text in said if (layout := nabla(text))})):
        told = context.option(name) or (name == "nabla" and context.option("jacobian"))
        context = replace(context, options={**context.options, name: found.pop()}) if len(found) == 1 and not told else context
    for pattern, name, meant in ((VECTORS, "paths", "vectors"), (ALONE, "parameters of", "one step")):
        if any(pattern.search(_words(text.lower())) for text in said):
            context = replace(context, options={**context.options, name: meant})
    if any(COLUMNS.search(words) and not DENIED.search(words) for text in said if (words := _words(text.lower()))):
        context = replace(context, options={**context.options, "said of gradients": "columns"})
    if any(LARGE.search(text.lower()) for text in said):
        context = replace(context, options={**context.options, "something is": "made large"})
    clocks = {letter for text in said if (letter := to_go(text))} - {*context.letters}
    for letter in clocks if len(clocks) == 1 and not re.search(rf"\\?{min(clocks)}\s*:?=", prose) else ():
        context = context.declare(Declared(letter, own(letter), ("1", "1"), "defined", body=BACKWARDS, source="proposed"))
    return context.assume(*(f"symmetric {letter}" for text in said for letter in symmetric(text)))


def to_go(text: str) -> str:
    """tau of `the time to go $\\tau$`: what runs back from the end."""
    found = TO_GO.search(text.lower())
    return found[1] or found[2] if found is not None and not DENIED.search(_words(text.lower())) else ""


def prime(text: str) -> str:
    """What a sentence says of primes: that they transpose, or are rates in time."""
    lowered = text.lower()
    if (PRIME.search(lowered) and TRANSPOSED.search(lowered)) or SHOWN.search(lowered):
        return "" if DENIED.search(_words(lowered)) else "transposed"
    return "rate" if PRIME.search(lowered) and DERIVED.search(lowered) and RATE.search(lowered) else ""


def nabla(text: str) -> str:
    """Is nabla f the Jacobian or its transpose?"""
    lowered = text.lower()
    if not NABLA.search(lowered) or DENIED.search(_words(lowered)) or not (JACOBI.search(lowered) or COLUMNS.search(lowered)):
        return ""
    columns = COLUMNS.search(_words(lowered)) and not JACOBI.search(lowered)  # beside a Jacobian only gradients of numbers are columns
    return "transposed" if TRANSPOSED.search(_words(lowered)) or columns else "components"


def symmetric(text: str) -> Iterator[str]:
    """The matrices that a sentence calls symmetric: `symmetric matrices Q, R`, or `M and the stiffness matrix K are symmetric`."""
    tokens = [found for found in TOKEN.finditer(text)]
    for i, token in enumerate(tokens):
        if token[3] and SYMMETRIC.search(token[3].lower()) and not DENIED.search(_words(text[: token.end()].lower())):
            yield from [*_listed(tokens[i + 1 :], QUALIFIES)] or [*_listed(tokens[:i][::-1], BECOMES)]


def _listed(tokens: list[re.Match[str]], allowed: re.Pattern[str]) -> Iterator[str]:
    """The letters of a list, from the word on that calls them symmetric."""
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        maths, ends = token[1] or token[2], allowed is QUALIFIES and following is not None and following[3] is None
        if maths:
            letters = _matrices(maths)
            yield from letters
            allowed = JOINS
        if (maths and not letters) or (not maths and not _goes_on(token, allowed)) or (ends and token[0].lower() in ("and", "und", "et")):
            return


def _goes_on(token: re.Match[str], allowed: re.Pattern[str]) -> bool:
    return allowed.fullmatch(token[3].lower()) is not None if token[3] else token[0] == "," and allowed is JOINS


def _matrices(maths: str) -> list[str]:
    """Q and R of Q, R > 0; none of a formula with other letters."""
    named = [MATRIX.fullmatch(part.strip()) for part in maths.split(",")]
    return [found[1].removeprefix("\\") for found in named if found is not None] if all(named) else []


def _words(text: str) -> str:
    """Without mathematics."""
    return MATHS.sub(" ", text)
