"""Slips of the pen in a formula: each row takes the tokens of a text and returns another text, or None where it has no hold.

Everything works on tokens, so the same rows serve formulas of one statement and those of an index-free theory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

TOKEN = re.compile(r"\s*(\d+\.?\d*(?:[eE][+-]?\d+)?|[A-Za-z][A-Za-z0-9_]*(?:\.[a-z]+)*|\*\*|<=|>=|\S)")
NAME = re.compile(r"[A-Za-z]")
_WORDS = {"and", "or", "not", "pi"}
Tokens = list[str]


def tokens_of(text: str) -> Tokens:
    """The tokens of `text`; what is no token of the grammar stays as a token of one character."""
    return TOKEN.findall(text)


def names_in(tokens: Sequence[str]) -> list[int]:
    """Places of names that are no function and no word of the grammar."""
    return [i for i, token in enumerate(tokens) if NAME.match(token) and token not in _WORDS and tokens[i + 1 : i + 2] != ["("]]


def _joined(tokens: Sequence[str]) -> str:
    spaced = {"+", "-", "<", "<=", ">", ">=", "and", "or", "not"}
    return "".join(f" {token} " if token in spaced else token for token in tokens).strip()


def _binary(tokens: Sequence[str], signs: set[str]) -> list[int]:
    """Places of binary operators: a sign after an operand."""
    return [i for i in range(1, len(tokens)) if tokens[i] in signs and (tokens[i - 1] == ")" or re.match(r"[\w.]", tokens[i - 1]))]


def _end(tokens: Sequence[str], start: int, stop: set[str]) -> int:
    """First place from `start` on, at the same depth, that holds one of `stop` or closes what is open."""
    depth = 0
    for i in range(start, len(tokens)):
        depth += (tokens[i] == "(") - (tokens[i] == ")")
        if depth < 0 or (depth == 0 and i > start and tokens[i] in stop):
            return i
    return len(tokens)


_TERM_ENDS = {"+", "-", ",", "<", "<=", ">", ">=", "and", "or"}
_FACTOR_ENDS = _TERM_ENDS | {"*", "/"}


def _replace(tokens: Sequence[str], at: int, *new: str) -> str:
    return _joined([*tokens[:at], *new, *tokens[at + 1 :]])


def _chosen(draw: Random, places: Sequence[int]) -> int | None:
    return draw.choice(places) if places else None


def one_sign(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, _binary(tokens, {"+", "-"}))
    return None if at is None else _replace(tokens, at, "-" if tokens[at] == "+" else "+")


def lost_term(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, _binary(tokens, {"+", "-"}))
    return None if at is None else _joined([*tokens[:at], *tokens[_end(tokens, at + 1, _TERM_ENDS) :]])


def lost_factor(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, _binary(tokens, {"*", "/"}))
    return None if at is None else _joined([*tokens[:at], *tokens[_end(tokens, at + 1, _FACTOR_ENDS) :]])


def lost_parentheses(draw: Random, tokens: Tokens) -> str | None:
    opening = [i for i, token in enumerate(tokens) if token == "(" and (i == 0 or not NAME.match(tokens[i - 1]))]
    at = _chosen(draw, opening)
    if at is None:
        return None
    close = _end(tokens, at + 1, set())
    return _joined([*tokens[:at], *tokens[at + 1 : close], *tokens[close + 1 :]])


def other_operator(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, _binary(tokens, {"*", "/"}))
    return None if at is None else _replace(tokens, at, draw.choice("+/") if tokens[at] == "*" else "*")


def other_exponent(draw: Random, tokens: Tokens) -> str | None:
    places = [i + 1 for i in _binary(tokens, {"**"}) if tokens[i + 1 : i + 2] and tokens[i + 1].isdigit()]
    at = _chosen(draw, places)
    return None if at is None else _replace(tokens, at, str(int(tokens[at]) + draw.choice((-1, 1))))


def _swap_rows(*pairs: tuple[str, str]) -> Callable[[Random, Tokens], str | None]:
    table = {**dict(pairs), **{b: a for a, b in pairs}}

    def swapped(draw: Random, tokens: Tokens) -> str | None:
        at = _chosen(draw, [i for i, token in enumerate(tokens) if token in table and tokens[i + 1 : i + 2] == ["("]])
        return None if at is None else _replace(tokens, at, table[tokens[at]])

    return swapped


def exchanged_names(draw: Random, tokens: Tokens) -> str | None:
    found = sorted({tokens[i] for i in names_in(tokens)})
    if len(found) < 2:
        return None
    a, b = draw.sample(found, 2)
    swap = {a: b, b: a}
    return _joined([swap.get(token, token) for token in tokens])


def _another_name(wanted: Callable[[str, str], bool]) -> Callable[[Random, Tokens], str | None]:
    """One occurrence of a name becomes another name of the text that it may be mistaken for."""
    def renamed(draw: Random, tokens: Tokens) -> str | None:
        found = sorted({tokens[i] for i in names_in(tokens)})
        places = [(i, other) for i in names_in(tokens) for other in found if other != tokens[i] and wanted(tokens[i], other)]
        if not places:
            return None
        at, other = draw.choice(places)
        return _replace(tokens, at, other)

    return renamed


def _family(name: str) -> str:
    return re.sub(r"\d+", "#", name)


def costate_for_state(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, [i for i in names_in(tokens) if tokens[i].startswith("p_")])
    return None if at is None else _replace(tokens, at, tokens[at][2:])


def index_off_by_one(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, [i for i in names_in(tokens) if re.search(r"\d", tokens[i])])
    return None if at is None else _replace(tokens, at, re.sub(r"\d+", lambda found: str(int(found[0]) + 1), tokens[at], count=1))


def frozen_time(draw: Random, tokens: Tokens) -> str | None:
    return _joined(["1" if token == "t" else token for token in tokens]) if "t" in tokens else None


def lost_suffix(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, [i for i in names_in(tokens) if "." in tokens[i]])
    return None if at is None else _replace(tokens, at, tokens[at].rpartition(".")[0])


def other_suffix(draw: Random, tokens: Tokens) -> str | None:
    swap = {".dot": ".delta", ".delta": ".dot", ".before": ".after", ".after": ".before", ".next": "", ".delta.dot": ".dot"}
    places = [(i, end) for i in names_in(tokens) for end in swap if tokens[i].endswith(end)]
    if not places:
        return None
    at, end = draw.choice(places)
    return _replace(tokens, at, tokens[at].removesuffix(end) + swap[end])


def truncated_integer(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, [i for i, token in enumerate(tokens) if token.isdigit() and len(token) > 1])
    return None if at is None else _replace(tokens, at, tokens[at][:-1])


def other_digit(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, [i for i, token in enumerate(tokens) if token[0].isdigit()])
    if at is None:
        return None
    place = draw.choice([i for i, letter in enumerate(tokens[at]) if letter.isdigit()])
    digit = draw.choice([d for d in "123456789" if d != tokens[at][place]])
    return _replace(tokens, at, tokens[at][:place] + digit + tokens[at][place + 1 :])


def other_condition(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, [i for i, token in enumerate(tokens) if token in ("<", "<=", ">", ">=")])
    return None if at is None else _replace(tokens, at, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[tokens[at]])


def other_branch(draw: Random, tokens: Tokens) -> str | None:
    """piecewise(a, c, b) becomes piecewise(b, c, a)."""
    at = _chosen(draw, [i for i, token in enumerate(tokens) if token == "piecewise"])
    if at is None:
        return None
    cuts = [at + 1]
    while tokens[cuts[-1]] != ")":
        cuts.append(_end(tokens, cuts[-1] + 1, {","}))
    if len(cuts) != 4:
        return None
    a, c, b = (tokens[i + 1 : j] for i, j in zip(cuts, cuts[1:], strict=False))
    return _joined([*tokens[: at + 2], *b, ",", *c, ",", *a, *tokens[cuts[-1] :]])


def unknown_name(draw: Random, tokens: Tokens) -> str | None:
    at = _chosen(draw, names_in(tokens))
    return None if at is None else _replace(tokens, at, "nobody")


def lost_argument(draw: Random, tokens: Tokens) -> str | None:
    """f(u) becomes u: a function that was forgotten, or a transposition, trace or inverse."""
    at = _chosen(draw, [i for i, token in enumerate(tokens) if NAME.match(token) and token not in _WORDS
                        and tokens[i + 1 : i + 2] == ["("] and "," not in tokens[i + 1 : _end(tokens, i + 2, set())]])
    return None if at is None else _joined([*tokens[:at], *tokens[at + 1 :]])


def transposed(draw: Random, tokens: Tokens) -> str | None:
    """Only texts about matrices have it: A becomes transpose(A)."""
    if not {"transpose", "trace", "inverse", "det"} & set(tokens):
        return None
    at = _chosen(draw, names_in(tokens))
    return None if at is None else _replace(tokens, at, "transpose", "(", tokens[at], ")")


def exchanged_factors(draw: Random, tokens: Tokens) -> str | None:
    """a*b becomes b*a: nothing for numbers, a slip for matrices."""
    at = _chosen(draw, [i for i in _binary(tokens, {"*"}) if i + 1 < len(tokens) and {i - 1, i + 1} <= set(names_in(tokens))])
    return None if at is None else _joined([*tokens[: at - 1], tokens[at + 1], "*", tokens[at - 1], *tokens[at + 2 :]])


def _wrapped(*forms: str) -> Callable[[Random, Tokens], str | None]:
    return lambda draw, tokens: draw.choice(forms).format(_joined(tokens))


@dataclass(frozen=True)
class Slip:
    """One way of miswriting a formula, with a sentence for people."""

    name: str
    change: Callable[[Random, Tokens], str | None]
    words: str


SLIPS: tuple[Slip, ...] = (
    Slip("sign", _wrapped("-({})"), "The whole entry with its sign reversed."),
    Slip("one sign", one_sign, "One + is a - or the other way."),
    Slip("factor", _wrapped("({})/2", "2*({})", "({})/3"), "A factor 1/2, 2 or 1/3 too much."),
    Slip("lost term", lost_term, "One term of a sum, at any depth, is missing: a lost product-rule term."),
    Slip("lost factor", lost_factor, "One factor or divisor is missing: a forgotten inner derivative."),
    Slip("lost parentheses", lost_parentheses, "One pair of parentheses is missing."),
    Slip("other operator", other_operator, "A product is a sum or a quotient, a quotient a product."),
    Slip("exponent off by one", other_exponent, "An integer exponent is one too large or too small."),
    Slip("sin for cos", _swap_rows(("sin", "cos"), ("sinh", "cosh"), ("asin", "acos")), "Sine and cosine exchanged."),
    Slip("other function", _swap_rows(("exp", "log"), ("tanh", "tan"), ("min", "max"), ("sqrt", "abs"), ("trace", "det")),
         "A function in place of another."),
    Slip("lost function", lost_argument, "f(u) became u."),
    Slip("exchanged names", exchanged_names, "Two names exchanged throughout."),
    Slip("other name", _another_name(lambda a, b: a.count(".") == b.count(".")), "One name in one place is another one."),
    Slip("swapped index", _another_name(lambda a, b: _family(a) == _family(b) or (a[:2] == b[:2] == "p_" and a.count(".") == b.count("."))),
         "One name differs in its index or costate."),
    Slip("off by one", index_off_by_one, "One index is one too large: the next stage, layer or node."),
    Slip("costate for state", costate_for_state, "A state where its costate belongs."),
    Slip("frozen time", frozen_time, "Explicit time held at 1."),
    Slip("lost suffix", lost_suffix, "A time derivative or variation lost its mark."),
    Slip("other suffix", other_suffix, "x.dot for x.delta; the state before an event for the state after it."),
    Slip("truncated integer", truncated_integer, "An integer lost its last digit."),
    Slip("other digit", other_digit, "One digit is another one."),
    Slip("other condition", other_condition, "A comparison turned round."),
    Slip("other branch", other_branch, "The branches of a piecewise exchanged."),
    Slip("added constant", _wrapped("{} + 1", "{} - 1/7", "{} + pi"), "A constant too much."),
    Slip("relative near miss", _wrapped("({})*(1 + 1e-15)", "({})*(1 + 1e-30)", "({})*(1 - 1e-100)"),
         "Wrong by one part in 10^15 to 10^100."),
    Slip("absolute near miss", _wrapped("{} + 1e-12", "{} - 1e-30", "{} + 1e-200"), "Wrong by 10^-12 to 10^-200."),
    Slip("zero", _wrapped("0*({})", "0"), "Nothing at all."),
    Slip("square", _wrapped("({})**2"), "The square of the entry."),
    Slip("exchanged factors", exchanged_factors, "a*b became b*a."),
    Slip("transposed letter", transposed, "A matrix transposed."),
    Slip("unknown name", unknown_name, "A name that nothing explains."),
    Slip("half a text", lambda draw, tokens: _joined(tokens[: draw.randint(1, len(tokens) - 1)]) if len(tokens) > 1 else None,
         "The text ends in the middle."),
)
