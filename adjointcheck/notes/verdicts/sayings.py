"""Sentences that say of a formula that it is of another case than the notes': without input, of special matrices, by another convention."""

from __future__ import annotations

import re

from adjointcheck.notes.reading.regions import SUPPOSED

WITHOUT = re.compile(  # without input
    r"\b(?:without|in the absence of|ohne|sans|sin|senza|без)\s+(?:an?y?\s+|the\s+|une?\s+)?(?:input|control|forcing|damping|noise"
    r"|fishing|fishery|harvest\w*|treatment|therapy|vaccination|fischfang|fischerei|ernte|behandlung|therapie|impfung"
    r"|pêche|récolte|traitement|vaccination|pesca|cosecha|tratamiento|vacunación|raccolta|trattamento"
    r"|eingang|steuerung|dämpfung|aktivierung|commande|contrôle|entrée|activation|entrada|control|ingresso|controllo|управлени|вход)"
    r"|(?:没有|无|無)(?:控制|输入|入力|制御)")
LINEAR = re.compile(r"\b(?:if|when|si|wenn|falls|se|quando|cuando|если)\b.*\b(?:linear|linéaire|lineal|lineare|линейн)")  # of a condition
SPECIAL = re.compile(r"\b(?:for|if|when|für|wenn|falls|pour|si|para|per|se|для|если)\b[^.;]*\b(?:skew|anti-?s[yi]m|orthogon|commut|kommut"
                     r"|schiefs|vertausch|conmut|кососим|ортогон|коммут)")  # matrices
CONVENTION = re.compile(  # of other people
    r"\b(?:alternative|another|other|different|opposite|reversed?|ander\w*|umgekehrt\w*|entgegengesetzt\w*|autres?|opposée?|contraire|otr[oa]s?|opuest[oa]"
    r"|altr[aoei]|oppost[ao]|друг\w+|противоположн\w+)\W+(?:\w+\W+){0,2}(?:conventions?|definitions?|konvention\w*|definition\w*|vorzeichen\w*"
    r"|convención|convenciones|definición|definiciones|définitions?|convenzion[ei]|definizion[ei]|определени\w+|соглашени\w+|знак\w*)\b"
    r"|\b(?:convention|définition|convención|definición|convenzione|definizione)\w*\W+(?:alternativ[eao]|opposée?|contraire|opuesta|opposta|inverse)\b"
    r"|\b(?:some|many|most|other|certain|manche|viele|andere|certains|plusieurs|algunos|muchos|otros|alcuni|molti|altri|некоторые|многие|другие)"
    r"\W+(?:authors?|texts?|textbooks?|books?|autor\w*|büche\w*|auteurs|livres|autores|libros|textos|autori|testi|libri|авторы|книги)\W+(?:\w+\W+)?"
    r"(?:write|define|use|take|schreiben|definieren|verwenden|écrivent|définissent|utilisent|escriben|definen|usan|scrivono|definiscono|usano"
    r"|пишут|определяют|используют)\b"
    r"|(?:另一种|其他)(?:定义|约定|符号)|有些(?:作者|书|教材)")
SAYINGS = (
    (SUPPOSED, "it is said of a special case that no formula tells"),
    (CONVENTION, "it is said of another convention than that of these notes"),
    (WITHOUT, "it is said of a case without something that the worlds have"),
    (SPECIAL, "it is said of special matrices that no formula tells"),
    (LINEAR, "it is said of a linear problem that is not written out"),
)


def apart(sentence: str) -> str:
    """The words of a finding for a formula behind such a sentence, or nothing."""
    return next((words for pattern, words in SAYINGS if pattern.search(sentence.lower())), "")
