"""LaTeX commands to terminals: one short handler for each kind of command, found by name in a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from adjointcheck.notes.reading import signs
from adjointcheck.notes.reading.scan import NotRead, Piece

if TYPE_CHECKING:
    from adjointcheck.notes.reading.terminals import Terminals

Handler = Callable[["Terminals", int, Piece], int]
_ALNUM = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z", re.ASCII)
_COMMAND = re.compile(r"\s*\\([A-Za-z]+)")
REFERENCES = frozenset(["ref", "eqref", "cite", "cref", "autoref"])
LENGTH = re.compile(r"\[\s*-?[\d.]+\s*(?:pt|mm|cm|em|ex|in|baselineskip)\s*\]|\*")


def command(terminals: Terminals, at: int, piece: Piece) -> int:
    """Emit what the command at `at` stands for; return the index after it and its arguments."""
    name = piece.text
    handler = _HANDLERS.get(name)
    if name in REFERENCES and terminals.out and terminals.out[-1].type == "WORDS":  # \\text{by } \\eqref{a}
        return terminals.skip_unit(at + 1)
    if handler is None and name in signs.REFUSED:
        reason, todo = signs.REFUSED[name].split("|")
        raise NotRead(piece.start, reason, todo)
    if handler is None:
        raise NotRead(piece.start, f"the command `\\{name}`, which is not known", "Define it with \\newcommand, or write it out.")
    return handler(terminals, at, piece)


def _skip(terminals: Terminals, at: int, piece: Piece) -> int:
    return at + 1


def _name(terminals: Terminals, at: int, piece: Piece) -> int:
    terminals.emit("NAME", "dots" if piece.text in signs.DOTS else piece.text, piece)
    return at + 1


def _emitting(kind: str, table: dict[str, str] | None = None) -> Handler:
    def handler(terminals: Terminals, at: int, piece: Piece) -> int:
        terminals.emit(kind, table[piece.text] if table else piece.text, piece)
        return at + 1

    return handler


def _cutting(kind: str) -> Handler:
    def handler(terminals: Terminals, at: int, piece: Piece) -> int:
        if not terminals.frames:
            terminals.cut(kind, piece.text, piece)
        return at + 1

    return handler


def _dropped(terminals: Terminals, at: int, piece: Piece) -> int:
    """Leave out the command and its arguments; \\hskip takes a length without braces."""
    at += 1 + terminals.next(at + 1).is_sign("*")
    for _ in range(signs.DROPPED[piece.text]):
        at = terminals.skip_unit(at)
    if piece.text in ("color", "textcolor") and not terminals.frames and terminals.next(at).is_sign("{"):
        return terminals.unheld(at)
    if piece.text in ("hskip", "kern", "mkern"):
        while (piece := terminals.next(at)).kind in ("number", "letter") or piece.is_sign("-", "."):
            at += 1
    return at


def _newline(terminals: Terminals, at: int, piece: Piece) -> int:
    """A new row of an environment, or a break at which statements part; with an optional length."""
    end = LENGTH.match(terminals.text, piece.end)
    at += 1
    while end and terminals.next(at).start < end.end() and terminals.next(at).kind != "end":
        at += 1
    if terminals.frame.kind == "env":
        if terminals.out[-1].type != "NEWROW":  # Markdown wants four backslashes
            terminals.emit("NEWROW", "\\\\", piece)
    elif not terminals.frames:
        terminals.cut("QUAD", "\\\\", piece)
    return at


# Letters and words


def content(terminals: Terminals, at: int, piece: Piece) -> tuple[str, int]:
    """The raw text of the argument at `at` and the index after it."""
    first = terminals.next(at)
    if first.kind == "end":
        raise NotRead(piece.start, f"`\\{piece.text}` without an argument", "Write it in braces.")
    if not first.is_sign("{"):
        return terminals.text[first.start : first.end], at + 1
    end = terminals.mate.get(at)
    if end is None:
        raise NotRead(first.start, "`{` that is never closed", "Close it, or remove it.")
    return terminals.text[first.end : terminals.pieces[end].start], end + 1


def _roman(terminals: Terminals, at: int, piece: Piece) -> int:
    """\\mathrm{d}, \\operatorname{tr}, \\text{if}: an operator, a function, a name or words."""
    at += 1 + terminals.next(at + 1).is_sign("*")
    text, after = content(terminals, at, piece)
    if piece.text == "operatorname" and (inner := _COMMAND.match(text)) and inner[1] in _HANDLERS:
        return _inlined(terminals, at, after)
    plain = re.sub(r"\\[,;:! ]|~|\s+|\\", "", text)
    is_text = piece.text not in ("mathrm", "operatorname", "mathsf", "mathtt", "mathup", "symrm")
    applied = plain in signs.FUNCTIONS and not terminals.next(after).is_sign("}", ",", "_")  # e^{T \operatorname{tr} A}, but x_{\max}
    ends = plain.startswith("d") and bool(terminals.frame.integrals)
    if terminals.frame.kind == "script" and not (applied or ends):
        terminals.emit("NAME" if _ALNUM.match(plain) else "WORDS", plain if _ALNUM.match(plain) else text.strip(), piece)
        return after
    if plain == "d" and not is_text:
        return terminals.differential(at, piece, roman=True, after=after)
    if len(plain) == 2 and plain[0] == "d" and not is_text:
        after = terminals.differential(at, piece, roman=True, after=after)
        terminals.emit("NAME", plain[1], piece)
        return after
    return _word(terminals, after, piece, text, plain, is_text)


def _inlined(terminals: Terminals, at: int, after: int) -> int:
    """\\mathbb{R} of \\operatorname{\\mathbb{R}}."""
    at += terminals.next(at).is_sign("{")
    while at < after - 1:
        at = terminals.piece(at)
    return after


def _word(terminals: Terminals, after: int, piece: Piece, text: str, plain: str, is_text: bool) -> int:
    known = {**{name: "BIG" for name in signs.BIG}, **{name: "FUNC" for name in signs.FUNCTIONS}}
    told = re.split(r"(?:\\[,;:! ]|~|\s)+", text.strip("\\ ~").lower())  # \mathrm{subject\ to\ }
    scripted = terminals.next(after).is_sign("_", "^") and _ALNUM.match(text.strip())
    said = is_text and not _ALNUM.match(text) and not scripted and plain not in ("argmin", "argmax")  # \text{arg min}
    sentence = {*told} <= signs.CONNECTIVES or plain.lower() in signs.CONNECTIVES or said
    end = terminals.pieces[after - 1]
    whole = Piece("command", text, piece.start, end.end)
    if plain in known and not sentence:
        terminals.emit(known[plain], (signs.BIG | signs.FUNCTIONS)[plain], whole)
    elif plain in ("D", "E") and not is_text and not terminals.letters.declares(plain) and plain == "D":
        terminals.emit("PREFIX", "D", whole)
    elif plain == "E" and not is_text and terminals.next(after).is_sign("[", "_"):
        terminals.emit("BIG", "E", whole)
    elif _ALNUM.match(plain) and not sentence:
        terminals.emit("NAME", plain, whole)
    else:
        terminals.cut("WORDS", re.sub(r"(?:\\[,;:! ]|~|\s)+", " ", text).strip(), whole)
    return after


def _shaped(terminals: Terminals, at: int, piece: Piece) -> int:
    """\\mathcal{L} is another letter than L; \\mathbb E is an expectation and \\mathcal O an order."""
    text, after = content(terminals, at + 1, piece)
    letter, shape = text.strip(), signs.SHAPED[piece.text]
    whole = Piece("command", text, piece.start, terminals.pieces[after - 1].end)
    if not re.fullmatch(r"[A-Za-z0-9]+|\\[a-z]+", letter):
        raise NotRead(piece.start, f"`\\{piece.text}` of more than letters", "Write it around single letters.")
    if (shape, letter) == ("mathbb", "E"):
        terminals.emit("BIG", "E", whole)
    elif (shape, letter) == ("mathcal", "O"):
        terminals.emit("FUNC", "O", whole)
    else:
        terminals.emit("NAME", f"{shape}{{{letter.lstrip(chr(92))}}}", whole)
    return after


def _accent(terminals: Terminals, at: int, piece: Piece) -> int:
    terminals.emit("ACCENT", signs.ACCENTS[piece.text], piece)
    return terminals.argument(at + 1, "group", piece)


def _increment(terminals: Terminals, at: int, piece: Piece) -> int:
    """\\Delta t is one letter, as \\bar t is; a \\Delta alone is a letter."""
    if not terminals.letterish(at + 1) or terminals.letters.declares("Delta"):
        return _name(terminals, at, piece)
    terminals.emit("ACCENT", "Delta", piece)
    return terminals.argument(at + 1, "group", piece)


def _delta(terminals: Terminals, at: int, piece: Piece) -> int:
    """\\delta x varies x; \\delta_{ij}, \\delta^l and a declared delta are letters."""
    acts = not terminals.letters.declares("delta") and terminals.frame.kind != "script"
    following = terminals.next(at + 1)
    acts = acts and (terminals._acts(at + 1, "delta") or following.is_sign("(", "[") or following.text in ("left", "int"))
    terminals.emit("PREFIX" if acts else "NAME", "delta", piece)
    return at + 1


def _old_font(terminals: Terminals, at: int, piece: Piece) -> int:
    """{\\rm d} and {\\cal L}: the old way to write \\mathrm{d} and \\mathcal{L}."""
    letter, closing = terminals.next(at + 1), terminals.next(at + 2)
    if piece.text == "cal" and letter.kind == "letter":
        terminals.emit("NAME", f"mathcal{{{letter.text}}}", letter)
        return at + 2
    if piece.text == "rm" and letter.text == "d" and closing.is_sign("}") and terminals.frame.kind == "group":
        opening = terminals.out.pop()
        frame = terminals.frames.pop()
        after = terminals.differential(at, letter, roman=True, after=at + 3)
        assert opening.type == "LBRACE" and frame.opener == "{"
        return after
    return at + 1


# Operators


def _fraction(terminals: Terminals, at: int, piece: Piece) -> int:
    terminals.emit("FRAC", piece.text, piece)
    at = terminals.argument(at + 1, "group", piece)
    return terminals.argument(at, "group", piece)


def _physics(terminals: Terminals, at: int, piece: Piece) -> int:
    """\\dv{f}{x} as \\frac{d f}{d x}, \\dv{x} as \\frac{d}{d x}."""
    if terminals.next(at + 1).is_sign("[", "*"):
        raise NotRead(piece.start, f"`\\{piece.text}` with options", "Write it as \\frac.")
    terminals.emit("FRAC", piece.text, piece)
    two = terminals.next(at + 1).is_sign("{") and terminals.next(terminals.skip_unit(at + 1)).is_sign("{")
    for below in (False, True):
        terminals.emit("LBRACE", "{", piece)
        terminals.emit("PREFIX", signs.PHYSICS[piece.text], piece)
        if two or below:
            at = terminals.argument(at + 1, "group", piece) - 1
        terminals.emit("RBRACE", "}", piece)
    return at + 1


def _root(terminals: Terminals, at: int, piece: Piece) -> int:
    if terminals.next(at + 1).is_sign("["):
        raise NotRead(piece.start, "a root of another order", "Write it as a power, such as `x^{1/3}`.")
    terminals.emit("SQRT", "sqrt", piece)
    return terminals.argument(at + 1, "group", piece)


def _integral(terminals: Terminals, at: int, piece: Piece) -> int:
    """An integral with its limits; with the differential right behind them it takes the rest of the product."""
    for _ in range(signs.INTEGRALS[piece.text]):
        terminals.emit("INT", "int", piece)
        place = len(terminals.out) - 1
        at += 1
        while (following := terminals.next(at)).text in ("limits", "nolimits", "_", "^") or following.text in signs.SPACES:
            at = terminals.piece(at)
        terminals.operand = False
        if _front(terminals, at):
            terminals.out[place] = terminals.out[place].update(type="FRONT")
            terminals.front = True
        else:
            terminals.frame.integrals.append(piece.start)
        at -= 1
    return at + 1


def _front(terminals: Terminals, at: int) -> bool:
    piece = terminals.next(at)
    roman = piece.text in ("dd", "diff") or (piece.text == "mathrm" and content(terminals, at + 1, piece)[0][:1] == "d")
    roman &= piece.kind == "command"
    letter = piece.kind == "letter" and piece.text == "d" and terminals.letterish(at + 1)
    declared = terminals.letters.declares("d") and not terminals._before_time(at + 1)
    return roman or (letter and not declared and not terminals._in_quotient(at + 1))


def _differential(terminals: Terminals, at: int, piece: Piece) -> int:
    return terminals.differential(at, piece, roman=True)


def _big(terminals: Terminals, at: int, piece: Piece) -> int:
    terminals.emit("BIG", signs.BIG[piece.text], piece)
    return at + 1


def _argument(terminals: Terminals, at: int, piece: Piece) -> int:
    following = terminals.next(at + 1)
    while following.kind == "command" and following.text in signs.SPACES:
        at, following = at + 1, terminals.next(at + 2)
    if following.text not in ("min", "max"):
        raise NotRead(piece.start, "`\\arg` without \\min or \\max", "Write \\arg\\min.")
    terminals.emit("BIG", f"arg{following.text}", piece)
    return at + 2


def _under(terminals: Terminals, at: int, piece: Piece) -> int:
    """\\underset{u}{\\min} is \\min_u; a label below or above a relation only decorates it."""
    label, base = at + 1, terminals.skip_unit(at + 1)
    before = len(terminals.out)
    after = terminals.argument(base, "group", piece)
    del terminals.out[before], terminals.out[-1]
    produced = [token.type for token in terminals.out[before:]]
    terminals.operand = produced[-1:] == ["NAME"]
    if produced == ["BIG"]:
        terminals.emit("SUB", "_", piece)
        terminals.argument(label, "script", piece)
        terminals.operand = False
    elif produced != ["REL"]:
        raise NotRead(piece.start, f"`\\{piece.text}` on more than a relation or \\min", "Leave the label out.")
    return after


def _over(terminals: Terminals, at: int, piece: Piece) -> int:
    base = terminals.skip_unit(at + 1)
    label, before = content(terminals, at + 1, piece)[0], len(terminals.out)
    after = terminals.argument(base, "group", piece)
    del terminals.out[before], terminals.out[-1]
    if [token.type for token in terminals.out[before:]] != ["REL"]:
        raise NotRead(piece.start, f"`\\{piece.text}` on more than a relation", "Leave the label out.")
    terminals.operand = False
    if terminals.out[-1] == "=" and any(word in label for word in ("def", "\\triangle", "\\Delta")):
        terminals.out[-1] = terminals.out[-1].update(value=":=")
    return after


def _brace_label(terminals: Terminals, at: int, piece: Piece) -> int:
    """\\underbrace{a}_{label}: a, the label left out."""
    at = terminals.argument(at + 1, "group", piece)
    return terminals.skip_unit(at + 1) if terminals.next(at).is_sign("_", "^") else at


def _not(terminals: Terminals, at: int, piece: Piece) -> int:
    if not terminals.next(at + 1).is_sign("="):
        raise NotRead(piece.start, "`\\not` before something else than `=`", "Write the relation that holds.")
    terminals.emit("REL", "!=", piece)
    return at + 2


def _for_all(terminals: Terminals, at: int, piece: Piece) -> int:
    if terminals.frame.kind == "script":
        return at + 1
    if terminals.frames:
        raise NotRead(piece.start, "`\\forall` inside brackets", "State the range after the formula.")
    terminals.cut("WORDS", "for all", piece)
    return at + 1


# Brackets


def _left(terminals: Terminals, at: int, piece: Piece) -> int:
    return terminals.left(at + 1, piece)


def _right(terminals: Terminals, at: int, piece: Piece) -> int:
    return terminals.right(at + 1, piece)


def _sized(terminals: Terminals, at: int, piece: Piece) -> int:
    return terminals.sized(at + 1, piece)


def _bar(terminals: Terminals, at: int, piece: Piece) -> int:
    bar = "|" if piece.text.endswith("vert") else "\\|"
    if piece.text[0] == "l":
        return terminals.open(at + 1, bar, piece)
    return terminals.bars(at + 1, bar, piece)


def _given(terminals: Terminals, at: int, piece: Piece) -> int:
    """x | z of p(x | z); z is left out of x | z ~ N(g(z), I), which says how x lies."""
    lies = next((i for i in range(at, len(terminals.pieces)) if terminals.pieces[i].text in ("sim", "qquad", "quad", "\\\\", "&")), 0)
    if not terminals.frames and terminals.next(lies).text == "sim":
        return lies
    if terminals.frame.kind != "paren":
        raise NotRead(piece.start, "`\\mid` outside brackets", "For an evaluation write `\\Big|_{t=t_1}`.")
    terminals.emit("MID", "|", piece)
    return at + 1


def _opening(terminals: Terminals, at: int, piece: Piece) -> int:
    opener = {"{": "\\{", "lbrace": "\\{", "lbrack": "[", "lparen": "(", "langle": "\\langle"}[piece.text]
    return terminals.open(at + 1, opener, piece)


def _closing(terminals: Terminals, at: int, piece: Piece) -> int:
    closer = {"}": "\\}", "rbrace": "\\}", "rbrack": "]", "rparen": ")", "rangle": "\\rangle"}[piece.text]
    return terminals.close(at + 1, closer, piece)


# Environments


def _environment(terminals: Terminals, at: int, piece: Piece) -> tuple[str, int]:
    text, at = content(terminals, at + 1, piece)
    return text.strip(), at


def _begin(terminals: Terminals, at: int, piece: Piece) -> int:
    name, at = _environment(terminals, at, piece)
    kind = name.rstrip("*")
    if kind not in signs.MATRICES | signs.CASES | signs.LINES:
        raise NotRead(piece.start, f"the environment `{name}`", "Use cases, a matrix, or aligned.")
    if terminals.next(at).is_sign("["):
        while terminals.next(at).kind != "end" and not terminals.pieces[at - 1].is_sign("]"):
            at += 1
    at = terminals.skip_unit(at) if name in ("array", "alignedat", "alignat") else at
    if kind in signs.LINES and not terminals.frames:
        return at
    terminals.emit("BEGIN", kind, piece)
    terminals.push("env", kind, piece)
    return at


def _end(terminals: Terminals, at: int, piece: Piece) -> int:
    name, after = _environment(terminals, at, piece)
    kind = name.rstrip("*")
    if kind in signs.LINES and not terminals.frames:
        return after
    if terminals.frame.kind != "env" or terminals.frame.opener != kind:
        raise NotRead(piece.start, f"`\\end{{{name}}}` where `{terminals.frame.opener or 'nothing'}` is open", "Close what is open first.")
    terminals.pop()
    if terminals.out[-1].type == "NEWROW":
        terminals.out.pop()
    terminals.emit("END", kind, Piece("command", kind, piece.start, terminals.pieces[after - 1].end))
    return after


def _times(terminals: Terminals, at: int, piece: Piece) -> int:
    """A product sign; u(\\cdot) is the function u, x_{\\ast} the optimal x."""
    if _is_mark(terminals, at):
        return _marking("*", terminals, at, piece)
    if (after := terminals.any_argument(at)) > at + 1:
        return after
    terminals.emit("TIMES", piece.text, piece)
    return at + 1


def _is_mark(terminals: Terminals, at: int) -> bool:
    """Does it stand alone below or above a letter?"""
    alone = terminals.next(at + 1).is_sign("}") or not terminals.next(at - 1).is_sign("{")
    return terminals.frame.kind == "script" and not terminals.operand and alone


def _marking(name: str, terminals: Terminals, at: int, piece: Piece) -> int:
    terminals.emit("NAME", name, piece)
    return at + 1


def _circle(terminals: Terminals, at: int, piece: Piece) -> int:
    """f \\circ g; x^\\circ is the optimal x."""
    if _is_mark(terminals, at):
        return _marking("circ", terminals, at, piece)
    terminals.emit("BINOP", "compose", piece)
    return at + 1


def _over_sign(terminals: Terminals, at: int, piece: Piece) -> int:
    terminals.emit("OVER", "over", piece)
    return at + 1


_HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(signs.GREEK | signs.OTHER_LETTERS | signs.DOTS, _name),
    **dict.fromkeys(signs.SPACES | signs.LOOKS | signs.FONTS, _skip),
    **dict.fromkeys(signs.DROPPED, _dropped),
    **dict.fromkeys(signs.QUADS, _cutting("QUAD")),
    **dict.fromkeys(signs.IMPLICATIONS, _cutting("IMPLIES")),
    **dict.fromkeys(signs.RELATIONS, _emitting("REL", signs.RELATIONS)),
    **dict.fromkeys(signs.PRODUCTS, _times),
    **dict.fromkeys(signs.BINARY, _emitting("BINOP", signs.BINARY)),
    **dict.fromkeys(signs.FUNCTIONS, _emitting("FUNC", signs.FUNCTIONS)),
    **dict.fromkeys(signs.BIG, _big),
    **dict.fromkeys(signs.INTEGRALS, _integral),
    **dict.fromkeys(signs.ACCENTS, _accent),
    **dict.fromkeys(signs.ROMAN, _roman),
    **dict.fromkeys(signs.SHAPED, _shaped),
    **dict.fromkeys(signs.FRACTIONS, _fraction),
    **dict.fromkeys(signs.PHYSICS, _physics),
    **dict.fromkeys(signs.SIZES, _sized),
    **dict.fromkeys(("vert", "lvert", "rvert", "Vert", "lVert", "rVert", "|"), _bar),
    **dict.fromkeys(("{", "lbrace", "lbrack", "lparen", "langle"), _opening),
    **dict.fromkeys(("}", "rbrace", "rbrack", "rparen", "rangle"), _closing),
    **dict.fromkeys(("dd", "diff", "differential", "dif"), _differential),
    **dict.fromkeys(("underbrace", "overbrace", "underbracket", "overbracket"), _brace_label),
    **dict.fromkeys(("overset", "stackrel"), _over),
    **dict.fromkeys(("partial", "nabla"), _emitting("PREFIX")),
    **dict.fromkeys(("rm", "cal"), _old_font),
    **dict.fromkeys(("\\", "cr", "tabularnewline"), _newline),
    **dict.fromkeys(("Delta", "vartriangle"), _increment),
    "vec": _skip, "delta": _delta, "sqrt": _root, "arg": _argument,
    "underset": _under, "not": _not, "forall": _for_all, "left": _left, "right": _right, "mid": _given, "begin": _begin,
    "end": _end, "over": _over_sign, "circ": _circle, "colon": lambda terminals, at, piece: terminals._colon(at, piece),
}  # fmt: skip
