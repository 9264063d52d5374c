"""LaTeX of one formula to its tree, or the place and the reason why it was not read.

    read_formula(r"\\dot\\lambda^T = -\\lambda^T f_x", letters) -> Chain | Unread

Terminals (`terminals.py`, `commands.py`) go through the grammar (`grammar.lark`) and the builder (`build.py`).  Nothing is
evaluated, no other file is opened, and no answer is guessed: `letters` says what text leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError
from lark.lexer import Lexer

from adjointcheck.notes.reading.ambiguities import CUTTING, NONE, Letters, spaced
from adjointcheck.notes.reading.build import Builder
from adjointcheck.notes.reading.calls import INDICES
from adjointcheck.notes.reading.curves import along
from adjointcheck.notes.reading.gaps import without_side
from adjointcheck.notes.reading.parts import plain
from adjointcheck.notes.reading.scan import NotRead, Unread
from adjointcheck.notes.reading.terminals import Terminals
from adjointcheck.notes.reading.tree import Chain, Letter, Node, Power, Vector, Words, children

__all__ = ["NONE", "Letters", "Unread", "read_formula", "statements"]

LEVELS = 120
ORDERING = frozenset({"in", "notin", "<", ">", "<=", ">=", "<<", ">>", "!=", "subset", "to", "succeq", "preceq", "succ", "prec"})
NAMES = {
    "REL": "a relation", "PLUS": "`+`", "MINUS": "`-`", "TIMES": "a product sign", "SLASH": "`/`", "BINOP": "a product sign",
    "EVAL": "an evaluation bar",
    "SUB": "`_`", "SUP": "`^`", "PRIME": "a prime", "COMMA": "a comma", "SEMI": "a semicolon", "MID": "a bar", "COLON": "a colon",
    "NAME": "a letter",
    "NUMBER": "a number", "WORDS": "words", "RBRACE": "`}`", "CLOSE": "a closing bracket", "BAR_CLOSE": "a closing bar",
    "NORM_CLOSE": "a closing norm",
    "ANGLE_CLOSE": "a closing bracket", "DIFF": "a differential", "AMP": "`&`", "NEWROW": "`\\\\`", "END": "the end of the environment",
    "$END": "the end",
    "LBRACE": "`{`", "OPEN": "a bracket", "INT": "an integral", "FRONT": "an integral", "OVER": "`\\over`", "NEG": "`-`",
}  # fmt: skip


class _Given(Lexer):
    """The parser takes terminals that are made already."""

    def __init__(self, conf: object) -> None:
        pass

    def lex(self, data: list[Token]) -> Iterator[Token]:  # type: ignore[override]
        return iter(data)


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="ascii")
    return Lark(grammar, parser="lalr", lexer=_Given, propagate_positions=False)


@dataclass(frozen=True)
class _Part:
    """Terminals between two cuts, and the cut that came before them."""

    tokens: tuple[Token, ...]
    before: str
    start: int

    @property
    def relations(self) -> list[int]:
        depth, found = 0, []
        for at, token in enumerate(self.tokens):
            depth += (token.type in _OPENING) - (token.type in _CLOSING)
            if token.type == "REL" and depth == 0:
                found.append(at)
        return found


CLOCKS = ("s", "tau")
_OPENING = frozenset("LBRACE OPEN BAR_OPEN NORM_OPEN ANGLE_OPEN BEGIN".split())
_CLOSING = frozenset("RBRACE CLOSE BAR_CLOSE NORM_CLOSE ANGLE_CLOSE END".split())


@lru_cache(maxsize=4096)  # notes are read for what they tell of their letters, and then line by line
def read_formula(text: str, letters: Letters = NONE) -> Chain | Unread:
    """The one statement in `text` as a chain of sides and relations with its conditions; Unread where that cannot be told."""
    try:
        groups = _groups(text, letters)
        letters = spaced(text, _evident(groups, letters))
        if not groups:
            return Unread(0, "a formula with nothing in it", "Write a formula.")
        if len(groups) > 1:
            return Unread(groups[1][0].tokens[0].start_pos or 0, "a second statement", "Write each statement as a formula of its own.")
        said = _statement(groups[0], letters, len(text))
        return along(said, letters.curve) if letters.curve is not None else said  # type: ignore[return-value]
    except NotRead as error:
        return _but_for_a_side(text, letters, error.unread)
    except RecursionError:  # comparing two trees that are both as deep as the caps let them be
        return Unread(0, "a formula nested too deeply", "Give the inner part a letter of its own.")


def _but_for_a_side(text: str, letters: Letters, unread: Unread) -> Chain | Unread:
    """a = c of a = b = c, where b is what cannot be read."""
    left = without_side(text, unread.position)
    said = read_formula(left, letters) if left is not None else unread
    return unread if isinstance(said, Unread) else replace(said, unread=(unread, *said.unread))


def statements(text: str) -> tuple[tuple[int, int], ...]:
    """First and last-plus-one character of each statement in `text`: one display may hold several.

    Words alone are none.  What cannot be cut is one statement, so that `read_formula` tells why.
    """
    try:
        groups = _groups(text, CUTTING)
    except NotRead:
        return ((0, len(text)),)
    said = [group for group in groups if not all(map(_is_words, group))]
    spans = [(group[0].start, group[-1].tokens[-1].end_pos or 0) for group in said]
    return tuple((start + len(text[start:end]) - len(text[start:end].lstrip()), end) for start, end in spans)


# From terminals to statements


_ACTING = re.compile(  # \left.\frac{d}{ds}\right|_{s=0} before what it acts on, whose bar belongs to no bracket
    r"\\left\.\s*\\[dt]?frac\s*\{\s*(?:d|\\partial|\\mathrm\s*(?:d|\{d\}))\s*\}\s*\{[^{}]*\}\s*\\right(?=\s*(?:\||\\r?vert(?![a-z])))")


def _groups(text: str, letters: Letters) -> list[list[_Part]]:
    """The statements of a display, each with its conditions and words behind it."""
    terminals = Terminals(_ACTING.sub(lambda found: found[0].replace("\\left.", " " * 6).replace("\\right", " " * 6), text), letters)
    tokens = _lowered(_in_usual_time(terminals.run(), letters.clock.lstrip("\\")), letters.raised)
    told = (piece for part in _parts(tokens, set(terminals.cuts), terminals.begin) for piece in _concluded(part))
    parts = _joined([piece for part in told for piece in _ranged(part)])
    groups: list[list[_Part]] = []
    for part in parts:
        anew = groups and _is_statement(part, letters) and not _is_instant(groups[-1][-1], part)
        if not groups or (anew and any(_is_statement(earlier, letters) for earlier in groups[-1])):
            groups.append([])
        groups[-1].append(part)
    return groups


def _in_usual_time(tokens: list[Token], clock: str) -> list[Token]:
    """With t for the letter of time, but for s_i, which is another letter."""
    if clock not in tokens:
        return tokens
    after = [*(token.type for token in tokens[1:]), ""]
    return [token.update(value="t") if token == clock and token.type == "NAME" and behind != "SUB" else token
            for token, behind in zip(tokens, after, strict=True)]


def _lowered(tokens: list[Token], raised: frozenset[str]) -> list[Token]:
    """p_1 for p^1, where p has its components above; p(t)^2 and p^0 stay."""
    for at in [at for at, token in enumerate(tokens) if raised and token.type == "SUP"]:
        before = next((token for token in reversed(tokens[:at]) if token.type != "RBRACE"), None)
        number = next((token for token in tokens[at + 1 : at + 3] if token.type != "LBRACE"), None)
        if before in raised and number is not None and number.type == "NUMBER" and number != "0":
            tokens[at] = tokens[at].update(type="SUB", value="_")
    return tokens


def _evident(groups: list[list[_Part]], letters: Letters) -> Letters:
    """With the letters that the formula itself calls: after q(x) or q(a, b), q(x + y) is a call too."""
    tokens = _bare([token for group in groups for part in group for token in part.tokens])
    called = {str(token): at for at, token in enumerate(tokens) if token.type == "NAME" and _called(tokens, at + 1, letters)}
    open_ = {name for name, at in called.items() if not letters.declares(name) or (tokens[at + 1] == "[" and name in letters.plain)}
    return replace(letters, functions=letters.functions | open_, plain=letters.plain - open_)


def _bare(tokens: list[Token]) -> list[Token]:
    """z for {z}, which is how a font leaves a letter, but for what is written above or below."""
    kinds = ["", *(token.type for token in tokens), "", ""]
    kept = ("SUB", "SUP", "FRAC", "RBRACE")
    opening = {i for i in range(len(tokens)) if kinds[i + 1 : i + 4] == ["LBRACE", "NAME", "RBRACE"] and kinds[i] not in kept}
    return [token for i, token in enumerate(tokens) if i not in opening and i - 2 not in opening]


def _called(tokens: list[Token], at: int, letters: Letters) -> bool:
    """Is what follows a bracket around a list, or around one letter or value that is no time?  In phi[x(T), T] a list with a time."""
    if at + 1 >= len(tokens) or tokens[at].type != "OPEN" or tokens[at] not in ("(", "["):
        return False
    depth, top = 0, []
    for token in tokens[at : at + 400]:
        depth -= token.type in _CLOSING
        if depth == 1:
            top.append(token)
        depth += token.type in _OPENING
        if depth == 0:
            break
    kinds = [token.type for token in top if token.type not in _CLOSING]
    if tokens[at] == "[":
        return depth == 0 and "COMMA" in kinds and "OPEN" in kinds and any(token in letters.times for token in top)
    single = kinds[:1] == ["NAME"] and top[0] not in letters.times and set(kinds[1:]) <= {"SUB", "LBRACE", "OPEN"}
    return depth == 0 and ((single and kinds.count("OPEN") <= 1) or "COMMA" in kinds or "SEMI" in kinds)


def _parts(tokens: list[Token], cuts: set[int], begin: int) -> list[_Part]:
    parts, current, before, since, told = [], [], "", begin, 0
    for at, token in enumerate(tokens):
        if at < told:
            continue
        if token.type == "WORDS" and at in cuts and (told := _told(tokens, at, cuts)):
            current.append(token.update(value=" ".join(tokens[at:told])))
            current[-1].end_pos = tokens[told - 1].end_pos
            continue
        if at not in cuts:
            current.append(token)
            continue
        if token.type == "QUAD" and _continues(tokens, at):
            continue
        if current:
            parts.append(_Part(tuple(current), before, since))
        current, before, since = [], token.type, token.end_pos or 0
        if token.type == "WORDS":
            parts.append(_Part((token,), before, token.start_pos or 0))
    return [*parts, _Part(tuple(current), before, since)] if current else parts


def _concluded(part: _Part) -> list[_Part]:
    """z = int u dt and dz/dt = u of z = int u dt -> dz/dt = u: an arrow from one equation to another says what follows."""
    arrows = [at for at in part.relations if part.tokens[at] == "to"]
    equal = [at for at in part.relations if part.tokens[at] in ("=", ":=")]
    limits = [-1, *arrows, len(part.tokens)]
    cuts = [at for start, at, end in zip(limits[:-2], arrows, limits[2:], strict=True)
            if any(start < one < at for one in equal) and any(at < one < end for one in equal)]
    ends = [*cuts, len(part.tokens)]
    starts = [(0, part.before, part.start), *((at + 1, "IMPLIES", part.tokens[at].end_pos or 0) for at in cuts)]
    return [_Part(part.tokens[first:last], before, start) for (first, before, start), last in zip(starts, ends, strict=True)]


def _told(tokens: list[Token], at: int, cuts: set[int]) -> int:
    """Where words end that are a side, as in x = \\text{height at time } t and \\text{term} = a; 0 for words beside a statement."""
    end = at + 1
    if at and tokens[at - 1].type == "REL" and at - 1 not in cuts:
        while end < len(tokens) and tokens[end].type not in ("QUAD", "IMPLIES") and tokens[at + 1].type != "REL":
            end += 1
        return end
    leads = at == 0 or tokens[at - 1].type in ("QUAD", "IMPLIES")
    return end if leads and end < len(tokens) and tokens[end].type == "REL" and tokens[end] == "=" else 0


def _ranged(part: _Part) -> list[_Part]:
    """xdot = f(x) and (t < tau) of xdot = f(x) (t < tau): a relation in brackets behind a statement says where that holds."""
    depth, opens, bound = 0, 0, False
    for at, token in enumerate(part.tokens):
        if token.type in _OPENING and depth == 0:
            opens, bound = at, False
        depth += (token.type in _OPENING) - (token.type in _CLOSING)
        bound |= token.type == "REL" and depth == 1
    if part.tokens[-1] != ")" or not bound or not part.relations or opens < part.relations[-1]:
        return [part]
    behind = part.tokens[opens:]
    return [_Part(part.tokens[:opens], part.before, part.start), _Part(behind, "QUAD", behind[0].start_pos or 0)]


def _continues(tokens: list[Token], at: int) -> bool:
    """True where wide space or a line break stands beside an operator: there it parts nothing."""
    signs = {"REL", "PLUS", "MINUS", "TIMES", "SLASH", "BINOP"}
    following = next((token.type for token in tokens[at + 1 :] if token.type != "QUAD"), "")
    return following in signs or (at > 0 and tokens[at - 1].type in signs)


def _joined(parts: list[_Part]) -> list[_Part]:
    """Lists that commas cut: `x, y \\in R` and `k = 0, \\dots, N` are one part each."""
    joined: list[_Part] = []
    for part in parts:
        previous = joined[-1] if joined else None
        lists = previous is not None and part.before in ("COMMA",) and not any(map(_is_aside, (previous, part)))
        if lists and previous is not None and (not part.relations or (not previous.relations and _starts_membership(part))):
            comma = Token("COMMA", ",", start_pos=part.tokens[0].start_pos, end_pos=part.tokens[0].start_pos)
            joined[-1] = _Part((*previous.tokens, comma, *part.tokens), previous.before, previous.start)
        else:
            joined.append(part)
    return joined


def _starts_membership(part: _Part) -> bool:
    return part.tokens[part.relations[0]] in ("in", "=", ":")


def _is_words(part: _Part) -> bool:
    return part.tokens[0].type == "WORDS" and not part.relations


def _is_aside(part: _Part) -> bool:
    """Words, and (0 <= t <= T): a relation in brackets is no entry of a list."""
    inside = part.tokens[0] == "(" and part.tokens[-1] == ")" and any(token.type == "REL" for token in part.tokens)
    return _is_words(part) or inside


def _is_statement(part: _Part, letters: Letters) -> bool:
    """False for words and for what only says when: k = 0, ..., N, t in [0, T], x > 0."""
    relations = part.relations
    if _is_words(part) or not relations:
        return _poses(part)
    first = part.tokens[: relations[0]]
    relation = part.tokens[relations[0]]
    listed = all(token.type == "COMMA" for token in first[1::2]) and all(token.type == "NAME" for token in first[::2])  # i, j = 1, ..., s
    range_letter = listed and {*first[::2]} <= {*INDICES, "t", *letters.times} and not _is_formula(part)
    return not (range_letter and part.before) and not (relation in ORDERING and part.before in ("COMMA", "QUAD", "WORDS", "SEMI", "COLON"))


def _is_instant(words: _Part, part: _Part) -> bool:
    """s = T - t_0 behind the word `at`."""
    return _is_words(words) and words.tokens[-1] == "at" and part.relations == [1] and part.tokens[0] in CLOCKS


def _is_formula(part: _Part) -> bool:
    """l = (x^2 + r u^2)/2, and no range of an index l."""
    kinds = {token.type for token in part.tokens[part.relations[0] :]}
    return part.tokens[0] in INDICES and bool(kinds & {"SUP", "FUNC", "INT"}) and part.tokens[part.relations[0]] == "="


def _poses(part: _Part) -> bool:
    """min int L dt, before `subject to`."""
    kinds = [token.type for token in part.tokens]
    return kinds[0] == "BIG" and part.tokens[0] in ("min", "max") and "INT" in kinds


def _statement(parts: list[_Part], letters: Letters, end: int) -> Chain:
    """The first statement among `parts`; the others are its conditions."""
    main = next((part for part in parts if _is_statement(part, letters)), next((part for part in parts if not _is_words(part)), parts[0]))
    conditions = tuple(_condition(part, letters, end) for part in parts if part is not main)
    node = _parse(main.tokens, letters, end)
    chain = node if isinstance(node, Chain) else Chain((node,), (), span=node.span)
    while len(chain.sides) == 1 and isinstance(chain.sides[0], Chain):
        chain = chain.sides[0]
    chain = _without_space(_without_words(chain))
    return replace(chain, conditions=(*chain.conditions, *conditions))


def _without_words(chain: Chain) -> Chain:
    """a = c of a = \\text{what it is called} = c, and of a = c \\to \\text{what it is called}, which is then a condition."""
    kept = [i for i, side in enumerate(chain.sides) if not isinstance(side, Words)]
    if not 2 <= len(kept) < len(chain.sides):
        return chain
    said = tuple(side for side in chain.sides if isinstance(side, Words))
    relations = tuple(chain.relations[i - 1] for i in kept[1:])
    return replace(chain, sides=tuple(chain.sides[i] for i in kept), relations=relations, conditions=(*chain.conditions, *said))


def _without_space(chain: Chain) -> Chain:
    """psi = 0 of psi = 0 in R^q: the equation says what is judged."""
    space = chain.sides[-1].base if isinstance(chain.sides[-1], Power) else chain.sides[-1]
    told = chain.relations[-1:] == ("in",) and "in" not in chain.relations[:-1] and isinstance(space, Letter)
    if len(chain.relations) < 2 or not told or not isinstance(space, Letter) or not space.name.startswith("mathbb{"):
        return chain
    return replace(chain, sides=chain.sides[:-1], relations=chain.relations[:-1])


def _condition(part: _Part, letters: Letters, end: int) -> Node:
    if _is_words(part):
        token = part.tokens[0]
        return Words(str(token), span=(token.start_pos or 0, token.end_pos or 0))
    return _parse(part.tokens, letters, end)


def _parse(tokens: tuple[Token, ...], letters: Letters, end: int) -> Node:
    """One part through the grammar; commas at its top make each side a row."""
    sides: list[list[list[Token]]] = [[[]]]
    relations: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.type in _OPENING) - (token.type in _CLOSING)
        if token.type == "COMMA" and depth == 0:
            sides[-1].append([])
        elif token.type == "REL" and depth == 0:
            relations.append(token)
            sides.append([[]])
        else:
            sides[-1][-1].append(token)
    last = tokens[-1].end_pos or end
    nodes = [_row([_side(entry, letters, relations, last) for entry in side]) for side in sides]
    if len(nodes) == 1:
        return nodes[0]
    return Chain(tuple(nodes), tuple(str(relation) for relation in relations), span=(nodes[0].span[0], nodes[-1].span[1]))


def _row(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Vector((tuple(nodes),), span=(nodes[0].span[0], nodes[-1].span[1]))


def _side(tokens: list[Token], letters: Letters, relations: list[Token], last: int) -> Node:
    if not tokens:
        at = (relations[-1].start_pos or 0) if relations else last
        raise NotRead(at, "a relation or comma without both sides", "Write what is missing, or join it to the line before.")
    try:
        node = plain(Builder(letters).transform(_parser().parse(tokens)))  # type: ignore[arg-type]
    except VisitError as error:
        raise error.orig_exc from None
    except UnexpectedInput as error:
        raise _unexpected(error, last) from None
    if _depth(node) > LEVELS:
        raise NotRead(node.span[0], f"nesting deeper than {LEVELS}", "Give the inner part a letter of its own.")
    return node


def _unexpected(error: UnexpectedInput, last: int) -> NotRead:
    token = error.token if isinstance(error, UnexpectedToken) else None
    if token is None or token.type == "$END":
        return NotRead(max(last - 1, 0), "the end of the formula where something is missing", "Write what is missing.")
    found = NAMES.get(token.type, f"`{token}`")
    return NotRead(token.start_pos or 0, f"{found} (`{token}`) at a place where it cannot stand", "Check what stands before it.")


def _depth(root: Node) -> int:
    """Levels of a tree, counted without recursion."""
    waiting, deepest = [(root, 1)], 0
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        if level <= LEVELS:
            waiting += [(child, level + 1) for child in children(node)]
    return deepest


def letter(text: str) -> Letter | None:
    """The letter that `text` (such as `\\\\mathbf{x}` in a header) names; None when it is more than a letter."""
    chain = read_formula(text)
    node = chain.sides[0] if isinstance(chain, Chain) and len(chain.sides) == 1 else None
    return node if isinstance(node, Letter) else None
