"""Costs that words name, and no letter: min Phi(x(T)) + int L dt of

    minimise $\\int L dt$, $\\int L dt$ soll minimiert werden      what a word makes small or large
    the cost is $\\Phi(x(T)) + \\int L dt$, le coût $g(x(T))$       what is called a cost
    running cost $L$ and final cost $\\Phi(x(T))$                   in two pieces
"""

from __future__ import annotations

import re
from collections.abc import Callable

from adjointcheck.notes.reading.macros import Traced, expanded
from adjointcheck.notes.reading.regions import Layout, Region
from adjointcheck.notes.reading.scan import NotRead
from adjointcheck.notes.reading.source import Source

GOALS = (("min", re.compile(r"\b(?:minimi|minimali|минимиз|мінімі)|最小化")),  # no minimum and no minimal
         ("max", re.compile(r"\b(?:maximi|massimi|maksymali|максимиз)|最大化")))
BESIDE = 45  # characters between such a word and what is made small or large
PAUSE = re.compile(r"\n[ \t>]*\n|[.!?;]\s")
PAID = re.compile(r"\s*\\?[A-Za-z]+\s*\(\s*(?:\\\w+\s*\{?)?[a-z]\}?(?:\s*\([^()]*\)|_\{?[NKMT]\}?)(?:,[^()]*)?\)\s*")  # C(x(1)), C(x_N)
COUNTED = re.compile(r"\\int(?![A-Za-z])|\\sum\s*(?:\\(?:no)?limits\s*)?_\s*\{\s*[a-z]\s*=[^{}]*\}\s*\^")  # int L dt, sum_{k=0}^{N-1} L_k
PAYOFF = re.compile(r"\s*(?:\\(?:mathcal|mathrm)\s*\{)?[A-Z]\}?(?:_\{?\w+\}?)?\s*(?:[(\[][^=]{0,40}[)\]])?\s*:?="
                    r".*\\(?:int|sum)(?![A-Za-z])", re.DOTALL)  # P[u] = int r dt
COST = r"(?:cost|loss|kosten|verlust|coût|perte|costo|coste|pérdida|perdita|custo)"
IS = (r"\s*(?:is|are|be|of|reads|ist|sind|lautet|sei|est|soit|vaut|es|sea|è|sia)?"
      r"\s*(?:the|die|der|la|le|el|il)?[\s,:]*$")
ARTICLE = (r"(?:^|\b(?:the|a|scalar|total|its|our|der|die|den|dem|le|la|du|el|un|una|il|lo|al|del|y|and|und|et|e|with|mit|avec|con)"
           r"|[,(])\s*")
WHOLE = re.compile(rf"{ARTICLE}(?:{COST}(?: functional| function)?|objective(?: functional| function)?|(?:ziel|kosten)funktional"
                   r"|(?:ziel|kosten|verlust)funktion|gesamtkosten|fonction(?:nelle)? (?:de )?coût|funcional de cost[eo]"
                   rf"|función de cost[eo]|funzionale di costo|функционал(?: стоимости| качества)?){IS}"
                   r"|(?:代价|损失|目标函数|目标泛函|性能指标)[为是]?$")
RUNNING = re.compile(rf"(?:(?:running|stage|instantaneous|lagrange)[\s-]+{COST}s?|laufende[nr]? kosten"
                     rf"|{COST} (?:courant|instantané|corriente|instantáne[oa]|corrente|intermedio|de etapa)|运行代价|阶段代价){IS}")
FINAL = re.compile(rf"(?:(?:terminal|final|end|mayer)[\s-]+{COST}s?|endkosten|{COST} (?:final|terminal|finale|terminale)"
                   rf"|终端代价|末端代价){IS}")
END = re.compile(r"[a-z]\s*(?:\(\s*(?P<time>T|t_f|t_1|t_\{f\}|1)\s*\)|_\{?(?P<last>[NKMT])\}?)")
LAYER = re.compile(r"[a-z]_\{?([a-z])\}?")


def sought(part: Source, found: Layout, region: Region, traced: Traced, states: Callable[[str], bool]) -> Traced:
    """min int L dt, where words say of a cost without a name that it is one; max P = int r dt for a payoff P that is to be maximised."""
    named = PAYOFF.match(traced.text) is not None
    if traced.text.lstrip().startswith(("\\min", "\\max")) or (not named and states(traced.text)):
        return traced
    before, behind = _around(part, found, region)
    words = f"{before} {behind}".lower()
    goals = [goal for goal, word in GOALS if word.search(words) or re.search(rf"\b{goal}\.?\s*$", before.lower())]
    paid, bare = named or COUNTED.search(traced.text), PAID.fullmatch(traced.text)
    if not goals and not named:
        whole = WHOLE.search(before.lower()) and (paid or END.search(traced.text)) and not bare  # L of "the loss L(x(T))" is its name
        return _in_pieces(part, found, region, traced, states) or (_signed("min", traced) if whole else traced)
    if not (paid or bare) or len(goals) != 1 or (named and goals != ["max"]):  # a cost with a name is made small where nothing else is said
        return traced
    return _signed(goals[0], traced)


def _around(part: Source, found: Layout, region: Region) -> tuple[str, str]:
    """The words right before and right behind it."""
    start, end = region.outer
    others = [0, *(edge for other in found.regions for edge in other.outer if other is not region), len(part.text)]
    since, until = max(edge for edge in others if edge <= start), min(edge for edge in others if edge >= end)
    before = " ".join(PAUSE.split(part.text[max(since, start - BESIDE) : start].rstrip())[-1].split())
    return before, PAUSE.split(part.text[end : min(until, end + BESIDE)])[0]


def _signed(goal: str, traced: Traced) -> Traced:
    return _put(traced, f"\\{goal} ", traced)


def _put(place: Traced, *pieces: str | Traced) -> Traced:
    """The pieces in a row; what no note has written stands where `place` begins."""
    texts = [piece if isinstance(piece, str) else piece.text for piece in pieces]
    offsets = [place.offsets[:1] * len(piece) if isinstance(piece, str) else piece.offsets for piece in pieces]
    return Traced("".join(texts), tuple(at for part in offsets for at in part))


def _in_pieces(part: Source, found: Layout, region: Region, traced: Traced, states: Callable[[str], bool]) -> Traced | None:
    """min Phi(x(T)) + int_0^T L dt, and min Phi(x_N) + sum_k L(x_k), of the second of two pieces that words name."""
    place = found.regions.index(region)
    other = found.regions[place - 1] if place else None
    words = [_around(part, found, one)[0].lower() for one in (other, region) if one is not None]
    pairs = [pair for pair in ((RUNNING, FINAL), (FINAL, RUNNING)) if len(words) == 2 and all(map(re.Pattern.search, pair, words))]
    if other is None or not pairs:
        return None
    try:
        first = expanded(Traced(part.text[other.start : other.end], tuple(range(other.start, other.end))), found.macros)
    except NotRead:
        return None
    running, final = (first, traced) if pairs[0][0] is RUNNING else (traced, first)
    end, layer = END.search(final.text), LAYER.search(running.text)
    if end is None or states(first.text) or (end["last"] and layer is None):
        return None
    if end["last"] and layer is not None:
        return _put(traced, "\\min ", final, f" + \\sum_{{{layer[1]}=0}}^{{{end['last']}-1}} (", running, ")")
    return _put(traced, "\\min ", final, f" + \\int_0^{{{end['time']}}} (", running, r") \, dt")
