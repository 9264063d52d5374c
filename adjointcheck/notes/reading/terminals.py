"""Pieces to the terminals of the grammar: what a `d`, a bar, a star or a bracket is at its place is decided here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from lark import Token

from adjointcheck.notes.reading import signs
from adjointcheck.notes.reading.ambiguities import DECIMAL, Letters, is_decimal
from adjointcheck.notes.reading.scan import NotRead, Piece, mates, refuse_foreign, scan, without_bare_fonts
from adjointcheck.notes.reading.spelt import spelt

DEPTH = 40
ENDS = {"(": ")", "[": "]", "]": "[", "\\{": "\\}", "\\langle": "\\rangle", "|": "|", "\\|": "\\|", ".": "."}
SAME = {
    "\\lbrace": "\\{", "\\rbrace": "\\}", "\\lbrack": "[", "\\rbrack": "]", "\\lparen": "(", "\\rparen": ")", "\\vert": "|",
    "\\lvert": "|", "\\rvert": "|", "\\Vert": "\\|", "\\lVert": "\\|", "\\rVert": "\\|", "<": "\\langle", ">": "\\rangle",
}  # fmt: skip
OPENERS = {"|": "BAR_OPEN", "\\|": "NORM_OPEN", "\\langle": "ANGLE_OPEN"}
CLOSERS = {"BAR_OPEN": "BAR_CLOSE", "NORM_OPEN": "NORM_CLOSE", "ANGLE_OPEN": "ANGLE_CLOSE"}
SYMBOLS = {"+": "PLUS", "/": "SLASH", ",": "COMMA", ";": "SEMI", "<": "REL", ">": "REL", "=": "REL"}
COUNTING = frozenset("i j k l m n N b f o ell".split())  # subscripts that count, or say which
FIELDS = frozenset("f g h F G Phi Psi phi psi".split())  # what D differentiates, unless they are other letters
OPERANDS = frozenset("NAME NUMBER WORDS CLOSE RBRACE BAR_CLOSE NORM_CLOSE ANGLE_CLOSE PRIME END".split())

_COUNTED = re.compile(r"\{?(?:[ijklmnKLN]|\d)(?:[-+]\d)?\}?")
_TAKES_ONE = signs.FONTS | signs.ACCENTS.keys() | signs.ROMAN | signs.SHAPED.keys() | {"Delta", "delta"}
_LETTERISH = signs.GREEK | signs.ACCENTS.keys() | signs.SHAPED.keys() | {"mathrm", "operatorname", "ell"}


@dataclass
class Frame:
    """An open bracket: `integrals` are those inside it that still wait for their differential."""

    kind: str
    opener: str
    start: int
    integrals: list[int] = field(default_factory=list)
    parted: int = 0


class Terminals:
    """Emits the terminals of one formula; `cuts` are the indices of those that part statements at the top."""

    def __init__(self, text: str, letters: Letters) -> None:
        self.text, self.letters = text, letters
        self.pieces = without_bare_fonts(scan(text))
        self.out: list[Token] = []
        self.cuts: list[int] = []
        self.base = Frame("top", "", 0)
        self.frames: list[Frame] = []
        self.operand = False
        self.front = False
        self.after_big = self.begin = 0
        self.silent: set[int] = set()  # braces that only hold together: \\int {x dt}

    def run(self) -> list[Token]:
        """All terminals; raises NotRead at the first piece that has no place in a formula."""
        at, last = self._bare()
        self.begin = self.pieces[at].start if at < last else 0
        while at < last:
            at = self.piece(at)
        if self.frames:
            self._never_closed(self.frames[-1])
        self._no_open_integral(self.base)
        return self.out

    def _bare(self) -> tuple[int, int]:
        """First and last-plus-one piece, without braces, boxes and looks around the whole formula."""
        first, last = 0, len(self.pieces)
        while first < last:
            piece = self.pieces[first]
            if piece.kind == "command" and piece.text in signs.LOOKS:
                first += 1
            elif piece.is_sign("{") and self.mate.get(first) == last - 1:
                first, last = first + 1, last - 1
            else:
                break
        return first, last

    @cached_property
    def mate(self) -> dict[int, int]:
        """The closing piece of each brace and round bracket."""
        return mates(self.pieces)

    # Emission

    @property
    def frame(self) -> Frame:
        return self.frames[-1] if self.frames else self.base

    def emit(self, kind: str, value: str, piece: Piece) -> None:
        self.out.append(Token(kind, value, start_pos=piece.start, end_pos=piece.end))
        self.operand = kind in OPERANDS

    def cut(self, kind: str, value: str, piece: Piece) -> None:
        """A terminal that parts statements when no bracket and no integral is open."""
        if not self.frames:
            self.cuts.append(len(self.out))
        self.emit(kind, value, piece)

    def push(self, kind: str, opener: str, piece: Piece) -> None:
        if len(self.frames) >= DEPTH:
            raise NotRead(piece.start, f"nesting deeper than {DEPTH}", "Give the inner part a letter of its own.")
        self.frames.append(Frame(kind, opener, piece.start))
        self.operand = False

    def pop(self) -> Frame:
        self._no_open_integral(self.frame)
        return self.frames.pop()

    def _never_closed(self, frame: Frame) -> None:
        raise NotRead(frame.start, f"`{frame.opener}` that is never closed", "Close it, or remove it.")

    def _no_open_integral(self, frame: Frame) -> None:
        if frame.integrals:
            raise NotRead(frame.integrals[-1], "an integral without its differential", "End it with `\\,dt`, in the same brackets.")

    def next(self, at: int) -> Piece:
        return self.pieces[at] if at < len(self.pieces) else Piece("end", "", len(self.text), len(self.text))

    # One piece after the other

    def piece(self, at: int) -> int:
        """Emit what the piece at `at` starts; return the index after it."""
        piece = self.pieces[at]
        if piece.kind == "foreign":
            refuse_foreign(piece)
        return getattr(self, f"_{piece.kind}")(at, piece)

    def _letter(self, at: int, piece: Piece) -> int:
        name = piece.text
        if after := spelt(self, at):
            return after
        if name == "d":
            return self.differential(at, piece, roman=False)
        if at and self.pieces[at - 1].is_sign("_", "^"):  # J_o(x), the cost of observations
            self.emit("NAME", name, piece)
        elif name == "D" and self._operates(at, piece):
            self.emit("PREFIX", "D", piece)
        elif name in "oO" and self.next(at + 1).is_sign("(") and not self.letters.declares(name):
            self.emit("FUNC", name, piece)
        elif name == "E" and self.next(at + 1).is_sign("[") and not self.letters.declares(name):
            self.emit("BIG", "E", piece)
        else:
            self.emit("NAME", f"mathcal{{{name}}}" if name in self.letters.maps and not self._is_bold(at) else name, piece)
        return at + 1

    def _is_bold(self, at: int) -> bool:
        before = self.pieces[at - 2 if at > 1 and self.pieces[at - 1].is_sign("{") else at - 1] if at else None
        return before is not None and before.kind == "command" and before.text in signs.FONTS

    def _number(self, at: int, piece: Piece) -> int:
        e, sign = self.next(at + 1), self.next(at + 2)
        digits = sign.kind == "number" or (sign.is_sign("+", "-") and self.next(at + 3).kind == "number")
        if e.text == "e" and not e.blank and not sign.blank and digits:
            raise NotRead(piece.start, "a number with `e`: a power of ten, or a product with the letter e", "Write `\\cdot 10^{-3}`.")
        self.emit("NUMBER", self._decimal(piece), piece)
        return at + 1

    def _decimal(self, piece: Piece) -> str:
        """0.8 of 0{,}8."""
        if "," in piece.text and not (is_decimal(piece.text) or DECIMAL in self.letters.numbers):
            raise NotRead(piece.start, "a comma in a number: a decimal, or thousands", "Write a point, or no comma.")
        return piece.text.replace("{,}", ".")

    def _sign(self, at: int, piece: Piece) -> int:
        following = self.next(at + 1)
        handler = {
            "{": self._brace, "}": self._unbrace, "_": self._script, "^": self._script, "|": self._bar, "-": self._minus,
            "+": self._plus, ":": self._colon, ".": self._stop, "?": self._asked, "*": self._star, "=": self._equals,
        }.get(piece.text)  # fmt: skip
        if handler:
            return handler(at, piece)
        if (piece.text == "[" and self._closes_french(following)) or (piece.text == "]" and self.frame.opener == "]"):
            return self.close(at + 1, piece.text, piece)
        if piece.text in "([" or (piece.text == "]" and not self.operand and self.frame.opener != "["):
            return self.open(at + 1, piece.text, piece)
        if piece.text in ")]":
            return self.close(at + 1, piece.text, piece)
        if piece.text in "'`":
            alone = (self.frame.kind == "script" and not self.operand) or self.out[-1:] == ["prime"]  # f^{'}
            self.emit("NAME" if alone else "PRIME", "prime" if alone else "'", piece)
        elif piece.text == "&":
            if self.frame.kind == "env":
                self.emit("AMP", "&", piece)
        elif piece.text in "<>" and following.is_sign("=") and not following.blank:
            self.emit("REL", piece.text + "=", piece)
            return at + 2
        elif piece.text == "," and self.frame.kind == "env" and (following.is_sign("&") or following.text in ("\\", "end")):
            pass  # `f(x), & t < 1`
        elif piece.text in ",;" and self.frame.kind == "top":
            self.cut(SYMBOLS[piece.text], piece.text, piece)
        elif piece.text in SYMBOLS:
            self.emit(SYMBOLS[piece.text], piece.text, piece)
        elif piece.text != "~" and not (piece.text == "!" and following.text == "left"):  # \\! without its backslash
            reason = "a factorial or an exclamation mark" if piece.text == "!" else f"the sign `{piece.text}`"
            raise NotRead(piece.start, reason, "Leave it out, or write it as LaTeX.")
        return at + 1

    def _closes_french(self, following: Piece) -> bool:
        """[0, T[ and ]0, T[ leave out the end."""
        return self.operand and self.frame.opener in ("[", "]") and (following.kind == "end" or following.is_sign(",", ".", ";", "}", ")"))

    def _brace(self, at: int, piece: Piece) -> int:
        if self.next(at + 1).is_sign("}"):
            return at + 2  # {} says nothing
        if self.frame.integrals and self._ends_integral(self.mate.get(at, at)):
            return self.unheld(at)
        sign = self.next(at + 1)
        if sign.is_sign("+", "-") and self.next(at + 2).is_sign("}") and self.next(at + 3).is_sign("="):
            self.emit("REL", f"{sign.text}=", sign)  # \\mathrel{+}=
            return at + 4
        self.emit("LBRACE", "{", piece)
        self.push("group", "{", piece)
        return at + 1

    def unheld(self, at: int) -> int:
        """Behind a brace that is left out together with the one that closes it."""
        self.silent.update({self.mate[at]} if at in self.mate else ())
        return at + 1

    def _ends_integral(self, end: int) -> bool:
        """Does dt stand before the closing brace?"""
        return self.letterish(end - 1) and self.next(end - 2).text == "d" and self.next(end - 2).kind == "letter"

    def _unbrace(self, at: int, piece: Piece) -> int:
        if at in self.silent:
            self.out[-1].end_pos = piece.end
            return at + 1
        if self.frame.kind != "group":
            self._stray(piece)
        self.pop()
        self.emit("RBRACE", "}", piece)
        return at + 1

    def _stray(self, piece: Piece) -> None:
        if self.frames:
            frame = self.frame
            raise NotRead(piece.start, f"`{piece.text}` where `{frame.opener}` is still open", "Close what was opened last first.")
        raise NotRead(piece.start, f"`{piece.text}` that was never opened", "Open it, or remove it.")

    def _minus(self, at: int, piece: Piece) -> int:
        if self.next(at + 1).is_sign("=") and self.frame.kind == "top":
            self.emit("REL", "-=", piece)
            return at + 2
        return self._signed(at, piece, "MINUS")

    def _plus(self, at: int, piece: Piece) -> int:
        if self.next(at + 1).is_sign("=") and self.frame.kind == "top":
            self.emit("REL", "+=", piece)
            return at + 2
        return self._signed(at, piece, "PLUS")

    def _signed(self, at: int, piece: Piece, kind: str) -> int:
        following = self.next(at + 1)
        alone = following.is_sign("}", ",", "\\}", "*") or (kind == "PLUS" and self._is_transposition(at + 1))
        if self.frame.kind == "script" and not self.operand and alone:
            self.emit("NAME", piece.text, piece)
        elif kind == "MINUS" and self.out and (self.out[-1].type in ("TIMES", "SLASH", "BINOP") or self.after_big == len(self.out)):
            self.emit("NEG", "-", piece)
        else:
            self.emit(kind, piece.text, piece)
        return at + 1

    def _is_transposition(self, at: int) -> bool:
        following = self.next(at)
        mark = following.text in ("top", "intercal") if following.kind == "command" else following.text in self.letters.transposes
        return mark and self.next(at + 1).is_sign("}")

    def _star(self, at: int, piece: Piece) -> int:
        self.emit("NAME" if self.frame.kind == "script" else "TIMES", "*", piece)
        return at + 1

    def _equals(self, at: int, piece: Piece) -> int:
        following = self.next(at + 1)
        sign = following.text if following.is_sign(":", "=") and not following.blank else ""
        self.emit("REL", {":": "=:", "=": "=="}.get(sign, "="), piece)
        return at + 1 + bool(sign)

    def _colon(self, at: int, piece: Piece) -> int:
        if self.next(at + 1).is_sign("="):
            self.emit("REL", ":=", piece)
            return at + 2
        if self.frame.kind != "top":
            self.emit("COLON", ":", piece)
        elif self._maps(at + 1):
            self.emit("REL", ":", piece)
        else:
            self.cut("COLON", ":", piece)
        return at + 1

    def _maps(self, at: int) -> bool:
        """True when an arrow follows at this level: f: R^n \\to R^n declares f."""
        while at < len(self.pieces):
            if self.pieces[at].kind == "command" and signs.RELATIONS.get(self.pieces[at].text) in ("to", "mapsto"):
                return True
            at = self.mate.get(at, at) + 1
        return False

    def _stop(self, at: int, piece: Piece) -> int:
        following = self.next(at + 1)
        if self.frames and following.text in ("\\", "end", "right", ")", "]", "}", "&"):
            return self.any_argument(at)
        if self.operand and not following.blank and self.letterish(at + 1):  # A.x
            self.emit("TIMES", "cdot", piece)
            return at + 1
        if self.frames or following.kind == "number":
            raise NotRead(piece.start, "a full stop inside a formula", "Leave it out.")
        self.cut("QUAD", ".", piece)
        return at + 1

    def any_argument(self, at: int) -> int:
        """Behind a dot or \\cdot that stands alone in brackets, u(.), which is then u itself; behind a full stop else."""
        following = at + 1
        while self.next(following).text in ("right", *signs.SPACES):
            following += 1
        if self.out[-1:] and self.out[-1].type == "OPEN" and self.next(following).is_sign(")", "]"):
            self.out.pop()
            self.pop()
            self.operand = True
            return following + 1
        return at + 1

    def _asked(self, at: int, piece: Piece) -> int:
        """Is x = y? asks for what x = y says."""
        if self.frames or self.next(at + 1).kind != "end":
            raise NotRead(piece.start, "the sign `?`", "Leave it out, or write it as LaTeX.")
        return at + 1

    # Brackets and bars

    def open(self, at: int, opener: str, piece: Piece) -> int:
        self.emit(OPENERS.get(opener, "OPEN"), opener, piece)
        self.push("paren", opener, piece)
        return at

    def close(self, at: int, closer: str, piece: Piece) -> int:
        frame = self.frame
        if frame.kind != "paren":
            self._stray(piece)
        halves = {frame.opener, closer} <= {"(", "[", ")", "]"} or (frame.opener == "." and closer == "|")
        if closer != ENDS[frame.opener] and not halves and not (frame.opener == "\\{" and closer == "."):
            raise NotRead(piece.start, f"`{closer}` where `{frame.opener}` is open", f"Write `{ENDS[frame.opener]}`.")
        self.pop()
        self.emit(CLOSERS.get(OPENERS.get(frame.opener, ""), "CLOSE"), closer, piece)
        return at

    def _delimiter(self, at: int) -> tuple[str, int]:
        piece = self.next(at)
        text = f"\\{piece.text}" if piece.kind == "command" else piece.text
        return SAME.get(text, text), at + 1

    def left(self, at: int, piece: Piece) -> int:
        opener, at = self._delimiter(at)
        piece = replace(piece, end=self.next(at - 1).end)
        if opener == "." and self.frame.parted:
            self.frame.parted -= 1
            return at
        if opener not in ENDS:
            raise NotRead(piece.start, f"`\\left{opener}`", "Use a bracket or a bar there.")
        return self.open(at, opener, piece)

    def right(self, at: int, piece: Piece) -> int:
        closer, at = self._delimiter(at)
        piece = replace(piece, end=self.next(at - 1).end)
        if closer == "." and self.frame.kind == "paren" and self.frame.opener in ("(", "["):
            self.frame.parted += 1  # \left( ... \right. and, on the next line, \left. ... \right)
            return at
        if closer == "|" and self.frame.opener == "|":
            return self.close(at, "|", piece)
        return self.close(at, closer, piece)

    def _bar(self, at: int, piece: Piece) -> int:
        if self.next(at + 1).is_sign("|") and not self.next(at + 1).blank:
            return self.bars(at + 2, "\\|", piece)
        return self.bars(at + 1, "|", piece)

    def bars(self, at: int, bar: str, piece: Piece) -> int:
        """A bar closes what it opened before; after an operand it is where something is evaluated, or `given`; else it opens."""
        if self.operand and self.frame.kind == "paren" and self.frame.opener == bar:
            return self.close(at, bar, piece)
        if self.operand and bar == "|":
            if self.next(at).is_sign("_", "^"):
                self.emit("EVAL", "|", piece)
                return at
        if self.operand and self.frame.kind == "paren" and not self._paired(at, bar):  # p(x | z), KL(q || p)
            self.emit("MID", "|", piece)
            return at
        return self.open(at, bar, piece)

    def _paired(self, at: int, bar: str) -> bool:
        """Does another bar follow before the bracket closes?  Then this one opens: (a + b |u|^2)."""
        while at < len(self.pieces):
            piece = self.pieces[at]
            if piece.is_sign("|") or (bar == "\\|" and piece.text in ("|", "Vert", "rVert", "lVert")):
                return True
            if piece.is_sign(")", "]", "}") or piece.text == "right":
                return False
            at = self.mate.get(at, at) + 1
        return False

    def sized(self, at: int, piece: Piece) -> int:
        """\\Big and the like: a sized bar with a place below or above it evaluates, unless it closes one of its size: \\big|x\\big|^2."""
        delimiter, after = self._delimiter(at)
        if delimiter == "|" and self.operand and self.next(after).is_sign("_", "^") and not self._closes(piece, after):
            self.emit("EVAL", "|", piece)
            return after
        return at

    def _closes(self, piece: Piece, after: int) -> bool:
        """Is a bar open of the size of this one, and no place of evaluation, {s=0}, after it?"""
        size, end = piece.text.rstrip("lrm"), self.mate.get(after + 1, after + 1)
        place = self.next(after).is_sign("_") and any(part.is_sign("=") for part in self.pieces[after:end])
        return self.frame.opener == "|" and self.text[: self.frame.start].endswith((f"\\{size}", f"\\{size}l")) and not place

    # Scripts and arguments

    def _script(self, at: int, piece: Piece) -> int:
        before, big = self.operand, self.out[-1:] == [] or self.out[-1].type == "BIG" or self.after_big == len(self.out)
        self.emit("SUB" if piece.text == "_" else "SUP", piece.text, piece)
        at = self.argument(at + 1, "script", piece)
        self.operand = before
        self.after_big = len(self.out) if big else 0
        return at

    def argument(self, at: int, kind: str, owner: Piece) -> int:
        """One TeX argument between LBRACE and RBRACE: a group in braces or a single piece in any font; `kind` names its frame."""
        while (piece := self.next(at)).kind == "command" and piece.text in signs.FONTS:
            at += 1
        if piece.kind == "end" or piece.is_sign("}", "&"):
            raise NotRead(owner.start, f"`{self.text[owner.start : owner.end]}` without what belongs to it", "Write it in braces after it.")
        self.emit("LBRACE", "{", piece)
        self.push(kind, "{", piece)
        level = len(self.frames)
        if piece.is_sign("{"):
            if at not in self.mate:
                self._never_closed(self.frame)
            end = self.mate[at]
            at += 1
            while at < end:
                at = self.piece(at)
            at, closing = end + 1, self.pieces[end]
        elif kind == "script" and piece.text == "d":  # x_d, and \sum_{i=1}^d before a letter
            self.emit("NAME", "d", piece)
            at, closing = at + 1, piece
        else:
            after = self._unit(at)
            at, closing = after, self.pieces[max(at, after - 1)]  # x_\\mathrm{f} ends with its brace
        if len(self.frames) != level:
            self._never_closed(self.frame)
        self.pop()
        self.emit("RBRACE", "}", closing)
        return at

    def _unit(self, at: int) -> int:
        """A single piece as an argument: x_12 is x with index 1, then 2."""
        piece = self.next(at)
        if piece.kind == "number" and len(piece.text) > 1:
            self.emit("NUMBER", piece.text[0], piece)
            self.pieces[at] = Piece("number", piece.text[1:], piece.start + 1, piece.end)
            return at
        if piece.is_sign("+", "-", "*"):
            self.emit("NAME", piece.text, piece)  # t^+
            return at + 1
        if piece.is_sign("_", "^", "&", "(", ")", "[", "]"):
            raise NotRead(piece.start, f"`{piece.text}` as an argument", "Write the argument in braces.")
        return self.piece(at)

    # Differentials

    def differential(self, at: int, piece: Piece, *, roman: bool, after: int | None = None) -> int:
        """`d`: the end of an integral, an operator before a letter, or a letter."""
        at = self._behind_space(at + 1 if after is None else after)
        declared = self.letters.declares("d") and not roman and not self._is_derivative(at)
        if not declared and self._total(at):
            self.emit("PREFIX", "d", piece)
        elif not (roman or self._acts(at, "d")) or (declared and not self._before_time(at)):
            self.emit("NAME", "d", piece)
        elif self.front or (self.frame.integrals and not self._in_quotient(at)):
            self.emit("DIFF", "d", piece)
            if not self.front:
                self.frame.integrals.pop()
            self.front = False
        else:
            self.emit("PREFIX", "d", piece)
        return at

    def _behind_space(self, at: int) -> int:
        """Where `\\frac{d\\,\\delta x}{dt}` goes on behind the d."""
        on_top = [token.type for token in self.out[-2:]] == ["FRAC", "LBRACE"]
        while on_top and self.next(at).kind == "command" and self.next(at).text in signs.SPACES:
            at += 1
        return at

    def _is_derivative(self, at: int) -> bool:
        """d on both halves of a fraction is a differential, though the notes have a letter d too."""
        kinds = [token.type for token in self.out]
        if kinds[-2:] == ["FRAC", "LBRACE"]:
            end = self.mate.get(at - 2, len(self.pieces)) + 1
            return self.next(end).is_sign("{") and self.next(end + 1).text == "d"
        if kinds[-2:] != ["RBRACE", "LBRACE"]:
            return False
        depth, start = 1, len(kinds) - 2
        while depth and start:
            start -= 1
            depth += (kinds[start] == "RBRACE") - (kinds[start] == "LBRACE")
        return kinds[start - 1 : start] == ["FRAC"] and self.out[start + 1] == "d" and kinds[start + 1] == "PREFIX"

    def _acts(self, at: int, name: str) -> bool:
        """True when d, \\delta or D stands before something to act on, or alone on top of a fraction."""
        following = self.next(at)
        if name == "d" and following.is_sign("/") and self.next(at + 1).text in ("d", "mathrm") and self.letterish(at + 2):
            return True
        if following.is_sign("^") and self.next(at + 2).is_sign("(", "["):
            return False  # delta^{(l)}
        if following.is_sign("^") and not self.letters.declares(name):
            return self._acts(self.skip_unit(at + 1), name) and not self.next(self.skip_unit(at + 1)).is_sign("^")
        on_top = [token.type for token in self.out[-2:]] == ["FRAC", "LBRACE"]
        before_function = following.kind == "command" and following.text in signs.FUNCTIONS
        return self.letterish(at) or (on_top and (following.is_sign("}") or (name == "d" and (following.is_sign("(") or before_function))))

    def _total(self, at: int) -> bool:
        """d_p before what it acts on: the total derivative by p; d_k is one of several d."""
        if not self.next(at).is_sign("_"):
            return False
        after = self.skip_unit(at + 1)
        by = [piece for piece in self.pieces[at + 1 : after] if not piece.is_sign("{", "}")]
        named = bool(by) and by[0].kind in ("letter", "command") and by[0].text not in COUNTING
        return named and (self.letterish(after) or self.next(after).is_sign("(", "["))

    def letterish(self, at: int) -> bool:
        """True where a letter begins, in whatever looks and accents."""
        piece = self.next(at)
        while (piece.kind == "command" and piece.text in signs.FONTS) or piece.is_sign("{"):
            at, piece = at + 1, self.next(at + 1)
        return piece.kind == "letter" or (piece.kind == "command" and piece.text in _LETTERISH)

    def _letter_at(self, at: int) -> str:
        """The letter that begins there, in whatever font."""
        while (piece := self.next(at)).is_sign("{") or (piece.kind == "command" and piece.text in signs.FONTS):
            at += 1
        return piece.text

    def _before_time(self, at: int) -> bool:
        piece = self.next(at)
        return piece.text in self.letters.times

    def _in_quotient(self, at: int) -> bool:
        """True for the d of dx/dt, both of them: neither ends an integral."""
        if self.out and self.out[-1].type == "SLASH":
            return True
        slash = self.skip_factor(at)
        below = self.next(slash + 1)
        return self.next(slash).is_sign("/") and (below.text in ("d", "partial", "delta", "mathrm", "dd"))

    def skip_unit(self, at: int) -> int:
        piece = self.next(at)
        while piece.kind == "command" and piece.text in _TAKES_ONE:
            at, piece = at + 1, self.next(at + 1)
        return self.mate[at] + 1 if piece.is_sign("{") and at in self.mate else at + 1

    def skip_factor(self, at: int) -> int:
        """The index after a letter with its scripts and arguments."""
        at = self.skip_unit(at)
        while (piece := self.next(at)).is_sign("_", "^", "'", "("):
            at = at + 1 if piece.text == "'" else self.mate.get(at, at) + 1 if piece.text == "(" else self.skip_unit(at + 1)
        return at

    def _operates(self, at: int, piece: Piece) -> bool:
        """D_x before a function differentiates, D_k before another letter is one of many; a bare D may be a matrix: the letters decide."""
        if "D" in self.letters.operators:
            return self.next(at + 1).is_sign("_") or self.letterish(at + 1)
        if self.letters.declares("D"):
            return False
        after = self.skip_unit(at + 2) if self.next(at + 1).is_sign("_") else at + 1
        function = (name := self._letter_at(after)) in self.letters.functions or (name in FIELDS and not self.letters.declares(name))
        if after > at + 1:
            counted = _COUNTED.fullmatch("".join(piece.text for piece in self.pieces[at + 2 : after]))
            return (function or not counted) and (self.letterish(after) or self.next(after).is_sign("("))
        if function:
            return True
        turned = [token.type for token in self.out[-4:]] == ["SUP", "LBRACE", "NAME", "RBRACE"]
        if turned and self.out[-2] in ("top", *self.letters.transposes):
            return False  # x^T D x
        if self.letterish(at + 1) and self.frame.kind != "script":
            raise NotRead(piece.start, "`D` before a letter: a derivative or a matrix", "Declare D, or write D_x.")
        return False

    # Commands

    def _command(self, at: int, piece: Piece) -> int:
        from adjointcheck.notes.reading.commands import command

        return command(self, at, piece)
