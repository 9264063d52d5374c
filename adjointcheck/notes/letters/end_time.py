"""What notes say in words of their end time: that it is free, or fixed, so that nothing makes it the best one.

    The horizon $T$ is fixed, the end state is free.      fixed: H(T) = 0 asks for more than is so
    We minimise over $u$ and the final time $t_f$.        free
"""

from __future__ import annotations

import re
from dataclasses import replace

from adjointcheck.notes.letters.context import Context
from adjointcheck.notes.letters.notation import DISPLAY

ENDS, FREE, FIXED, BOTH = "end time in words", "free", "fixed", "free, and fixed"
UNTOLD = "it asks for the best end time, and the notes do not say that the end time is free"
TIME = (r"(?:(?:end|final|terminal|stopping|arrival)[- ]?times?\b|\bhorizon\w*|\bendzeit\w*|\b(?:temps|instant) (?:final|terminal)"
        r"|\$\s*(?:t|t_\{?[fe1]\}?|\\tf)\s*(?:(?:>|<|\\g)[^$]*)?\$|\b(?:tiempo|instante) final|\borizonte|\b(?:tempo|istante) finale"
        r"|\borizzonte|конечн\w+ (?:врем|момент)\w*|终端时[间刻]|末端?时[间刻])")
SPAN = rf"(?:{TIME}|\b(?:time[- ])?interval\b|\btime window|\b(?:zeit)?intervall\b|\bintervall[eo]\b|\bintervalo\b|\bотрез\w+)"  # noqa: RUF001
CHOSEN = (r"(?:\bfree\b|\bopen\b|\bunspecified|\bunknown|\bundetermined|\bmoving\b|\bnot (?:fixed|given|prescribed|specified)"
          r"|\b(?:to|may|can) be (?:chosen|selected|found|determined|optimi)|\bchosen\b"
          r"|\bto choose\b|\bvar(?:y|ies)\b|\boptimi[sz]ed|\bis (?:best|optimal)|\bdisposal"
          r"|\bfrei\w*|\boffen\w*|\bwählen|\bgewählt|\bnicht (?:fest|vorgegeben|gegeben)|\bunbekannt|\blibre|\bliber[ao]|\binc[oó]gn"
          r"|\binconnu|\bchoisi|\bscegli|\beleg|свобод|неизвест|自由|不固定)")
GIVEN = (r"(?:\bfixed|\bgiven|\bprescribed|\bspecified|\bheld\b|\bfest(?:e[mnrs]?)?\b|\bfix\b|\bfixiert|\bvorgegeben|\bgegeben|\bfixé"
         r"|\bdonné|\bimposé|\bfij[oa]|\bdad[oa]\b|\bfissat|\bfiss[oa]\b|\bassegnat|фиксирован|задан|固定|给定)\w*")
APART = r"\b(?:not|nicht|pas|non|no|or|oder|ou|and|und|et|y|e|state|point|value|zustand|état|estado|stato)\b|не|или|состоян|状态"
NEAR = rf"(?:(?!{APART})(?:\$[^$]*\$|[^.;,:$])){{0,30}}?"
SAID_FREE = re.compile(
    rf"{CHOSEN}\W+(?:\w+\W+){{0,2}}?{TIME}|\b(?:best|optimale?\w*|beste\w*|óptimo|ottimo|meilleur)\W+{TIME}|{TIME}{NEAR}{CHOSEN}"
    rf"|\b(?:over|über|sur|sobre|su|по)\b[^.;]{{0,25}}(?:\b(?:and|und|et|y|e|и)|,)\s+(?:\w+\s+){{0,3}}{TIME}"
    rf"|{TIME}[^.;:]{{0,12}}\b(?:not|nicht|pas|non|no|не)\b[^.;:]{{0,8}}{GIVEN}|\bstation\w+[^.;]{{0,25}}{TIME}"
    rf"|\b(?:fixes|determines|bestimmt|détermine|determina|определяет)\W+(?:\w+\W+){{0,2}}?{TIME}")
SUPPOSED = re.compile(rf"\b(?:if|when|suppose|let|wenn|falls|sei|si|quand|se|quando|cuando|если|пусть)\b[^.;]{{0,40}}{TIME}")
SAID_FIXED = re.compile(
    rf"{SPAN}{NEAR}{GIVEN}(?!\s*(?:by|durch|par|por|da|from)\b)"
    rf"|(?<!at )(?<!at a )(?<!at the ){GIVEN}\W+(?:time\W+)?{SPAN}|\bfixed-time\b(?! step)")


def told_end(words: str, context: Context) -> Context:
    """With what the words before a formula say, where the notes speak of both, or suppose something of an end that is fixed."""
    found = end_said(words) if context.option(ENDS) in (FREE, BOTH) else BOTH if SUPPOSED.search(words.lower()) else ""
    told = found and context.option(ENDS)
    return replace(context, options={**context.options, ENDS: BOTH if found == FIXED else found}) if told else context


def foretold_end(prose: str, context: Context) -> Context:
    """With what the notes say as a whole."""
    return replace(context, options={**context.options, ENDS: end_said(DISPLAY.sub(". ", prose))})


def end_said(words: str) -> str:
    """FREE, FIXED, BOTH or nothing."""
    free, fixed = (said.search(words.lower()) is not None for said in (SAID_FREE, SAID_FIXED))
    return BOTH if free and fixed else FREE if free else FIXED if fixed else ""
