"""What the prose between formulas tells of letters: which matrices are symmetric, and which are any."""

from __future__ import annotations

import re

AND = r"(?:and|und|et|y|e|и|sowie|&)"
LETTER = r"(?:\$\s*([^$\s]{1,20})\s*\$|\\\(\s*([^\s]{1,20}?)\s*\\\))"
LIST = rf"{LETTER}(?:\s*(?:,\s*{AND}?|{AND})\s*{LETTER}){{0,4}}"
SYMMETRIC = (r"(?<![\w-])(?:symmetri(?:c|sch)\w*|symétrique\w*|simétric\w*|simmetric\w*|симметричн\w*|selbstadjungiert\w*|self-adjoint"
             r"|autoadjoint\w*|spd)")
STOP = rf"\b{AND}\s+(?:a|an|the|eine?|une?|la|le|die|der)\b|\b{AND}\s*[$\\]|\b(?:of|von|de|di|in|with|part|but|aber|mais)\b"
NOUNS = rf"(?:(?!{STOP})[^$.,;\\]){{0,70}}?"  # positive definite mass matrices
IS = r"(?:\s*(?:is|are|be|being|ist|sind|sei(?:en)?|est|sont|es|son|sea|è|sono|being)?\s*(?:both|all|beide|alle|tous|also|real)?\s*)"
AFTER = re.compile(rf"{SYMMETRIC}{NOUNS}({LIST})", re.IGNORECASE)
BEFORE = re.compile(rf"({LIST}){IS}{SYMMETRIC}", re.IGNORECASE)
DENIED = re.compile(r"\b(?:not|non|nicht|keine?|pas|no|never|skew|schief|anti)\W*$", re.IGNORECASE)
NAME = re.compile(LETTER)
SAID = re.compile(SYMMETRIC, re.IGNORECASE)
ANY = re.compile(r"\b(?:any|every|all|arbitrary|each|toute?s?|chaque|jede\w*|beliebig\w*|alle|cualquier|toda|ogni|qualsiasi|любой|всякой)\b"
                 rf"[^$.;]{{0,40}}\b(?:matri|матриц)\w*[^$.;]{{0,30}}{LETTER}", re.IGNORECASE)
SOME = "some"  # what stands for letters that the prose calls symmetric in a way that is not understood


def symmetric(text: str) -> tuple[str, ...]:
    """M and K of `a symmetric matrix $M$`, `$M$ and $K$ are symmetric`, in the languages of notes; SOME where only the word is found."""
    found = [match for pattern in (AFTER, BEFORE) for match in pattern.finditer(text)]
    told = [match for match in found if not DENIED.search(text[: match.start()]) and not re.search(r"\b(?:not|nicht|pas|non)\b", match[0])]
    letters = (name[1] or name[2] for match in told for name in NAME.finditer(match[1]))
    named = tuple(dict.fromkeys(letter.removesuffix("(t)") for letter in letters))
    return named or ((SOME,) if SAID.search(text) else ())


def arbitrary(text: str) -> tuple[str, ...]:
    """A of `for any square matrix $A$`, where A has no value at times or layers."""
    letters = (match[1] or match[2] for match in ANY.finditer(text))
    placed = r"\s*(?:\(t\)|_\{?\w\}?(?!\w))"  # A(t), A_k, not A_ij
    return tuple(dict.fromkeys(name for name in letters if re.fullmatch(r"[A-Z]", name) and not re.search(rf"\b{name}{placed}", text)))
