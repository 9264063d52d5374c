"""Expressions in the notation of the trade: one walk that knows precedence, two tables of rows (LaTeX, MathML Core).

Beside the primitives of `expression.table` the rows know a few heads for display only (dJ/da, p(t1), an integral over
the horizon, ...), so that the left side of an equation is printed by the same walk as its right side.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from unicodedata import lookup

from adjointcheck.expression.cost import operation_count
from adjointcheck.expression.node import Expression, walk
from adjointcheck.expression.table import PRIMITIVES

CAP = 4000  # characters of one displayed formula

OPEN, OR, AND, NOT, RELATION, SUM, SIGNED, PRODUCT, FRACTION, POWER, ATOM = range(11)


@dataclass(frozen=True)
class Shape:
    """How strongly a head binds, the least level each argument needs to stand without parentheses, and its height."""

    level: int
    floors: tuple[int, ...]
    tall: bool = False


SHAPES = {
    "add": Shape(SUM, (SUM, PRODUCT)),
    "sub": Shape(SUM, (SUM, PRODUCT)),
    "plus": Shape(SUM, (PRODUCT,)),
    "minus": Shape(SUM, (PRODUCT,)),
    "neg": Shape(SIGNED, (PRODUCT,)),
    "mul": Shape(PRODUCT, (SIGNED, PRODUCT)),
    "div": Shape(FRACTION, (OPEN, OPEN), tall=True),
    "sqrt": Shape(POWER, (OPEN,)),
    "abs": Shape(ATOM, (OPEN,)),
    "pi": Shape(ATOM, ()),
    "lt": Shape(RELATION, (SUM, SUM)),
    "le": Shape(RELATION, (SUM, SUM)),
    "not": Shape(NOT, (ATOM,)),
    "and": Shape(AND, (AND, NOT)),
    "or": Shape(OR, (OR, AND)),
    "total": Shape(FRACTION, (ATOM, ATOM), tall=True),
    "partial": Shape(FRACTION, (ATOM, ATOM), tall=True),
    "at": Shape(ATOM, (ATOM, OPEN)),
    "when": Shape(ATOM, (OPEN, OPEN), tall=True),
    "before": Shape(POWER, (ATOM,)),
    "after": Shape(POWER, (ATOM,)),
    "integral": Shape(PRODUCT, (PRODUCT, OPEN, OPEN), tall=True),
    "observations": Shape(PRODUCT, (PRODUCT,), tall=True),
    "transpose": Shape(POWER, (ATOM,)),
    "inverse": Shape(POWER, (ATOM,)),
    "spot": Shape(ATOM, (OPEN, OPEN), tall=True),
    "layers": Shape(PRODUCT, (PRODUCT,), tall=True),
    "mean": Shape(ATOM, (OPEN,)),
}
DISPLAY_ONLY = frozenset(SHAPES) - frozenset(PRIMITIVES) - {"pi"}

LATEX = {
    "digits": "{0}",
    "ratio": r"\frac{{{0}}}{{{1}}}",
    "slash": "{0}/{1}",
    "letter": "{0}",
    "word": r"\mathrm{{{0}}}",
    "index": "{0}_{{{1}}}",
    "list": "{0}, {1}",
    "dot": r"\dot{{{0}}}",
    "delta": r"\delta {0}",
    "name": "{0}",
    "call": "{0}({1})",
    "tall call": r"{0}\left({1}\right)",
    "fence": "({0})",
    "tall fence": r"\left({0}\right)",
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "plus": "{{}}+ {0}",
    "minus": "{{}}- {0}",
    "neg": "-{0}",
    "mul": r"{0} \, {1}",
    "times": r"{0} \cdot {1}",
    "div": r"\frac{{{0}}}{{{1}}}",
    "pow": "{0}^{{{1}}}",
    "exp": "e^{{{0}}}",
    "sqrt": r"\sqrt{{{0}}}",
    "abs": r"\left|{0}\right|",
    "pi": r"\pi",
    "lt": "{0} < {1}",
    "le": r"{0} \le {1}",
    "not": r"\lnot {0}",
    "and": r"{0} \land {1}",
    "or": r"{0} \lor {1}",
    "case": r"{0} & \text{{if }} {1}",
    "otherwise": r"{0} & \text{{otherwise}}",
    "next case": r" \\ ",
    "cases": r"\begin{{cases}} {0} \end{{cases}}",
    "total": r"\frac{{d {0}}}{{d {1}}}",
    "partial": r"\frac{{\partial {0}}}{{\partial {1}}}",
    "at": "{0}({1})",
    "when": r"\left[ {0} \right]_{{t = {1}}}",
    "before": "{0}^{{-}}",
    "after": "{0}^{{+}}",
    "integral": r"\int_{{{1}}}^{{{2}}} {0} \, dt",
    "observations": r"\sum_{{j}} {0}",
    "transpose": r"{0}^{{\top}}",
    "inverse": "{0}^{{-1}}",
    "spot": r"\left[ {0} \right]_{{{1}}}",
    "layers": r"\sum_{{l}} {0}",
    "mean": r"\mathrm{{E}}\left[ {0} \right]",
    "jet": r"\partial_{{{0}}} {1}",
    "layer": "l + 1",
    "elided": r"\cdots \quad \text{{({0})}}",
    "text": r"\text{{{0}}}",
}

_LEFT = ' style="text-align:left;padding:0.15em {} 0.15em 0"'
_VALUE, _CONDITION = _LEFT.format("1em"), _LEFT.format("0")
_LOW = ('<mo form="prefix" stretchy="false">(</mo>', '<mo form="postfix" stretchy="false">)</mo>')
MATHML = {
    "digits": "<mn>{0}</mn>",
    "ratio": "<mfrac><mn>{0}</mn><mn>{1}</mn></mfrac>",
    "slash": "<mn>{0}</mn><mo>/</mo><mn>{1}</mn>",
    "letter": "<mi>{0}</mi>",
    "word": '<mi mathvariant="normal">{0}</mi>',
    "index": "<msub>{0}<mrow>{1}</mrow></msub>",
    "list": "{0}<mo>,</mo>{1}",
    "dot": '<mover>{0}<mo stretchy="false">\u02d9</mo></mover>',
    "delta": "<mrow><mi>\u03b4</mi>{0}</mrow>",
    "name": "<mi>{0}</mi>",
    "call": f"{{0}}<mo>\u2061</mo><mrow>{_LOW[0]}{{1}}{_LOW[1]}</mrow>",
    "tall call": "{0}<mo>\u2061</mo><mrow><mo>(</mo>{1}<mo>)</mo></mrow>",
    "fence": f"<mrow>{_LOW[0]}{{0}}{_LOW[1]}</mrow>",
    "tall fence": "<mrow><mo>(</mo>{0}<mo>)</mo></mrow>",
    "add": "{0}<mo>+</mo>{1}",
    "sub": "{0}<mo>\u2212</mo>{1}",
    "plus": '<mo form="infix">+</mo>{0}',
    "minus": '<mo form="infix">\u2212</mo>{0}',
    "neg": '<mo form="prefix">\u2212</mo>{0}',
    "mul": '{0}<mo rspace="0.17em">\u2062</mo>{1}',
    "times": "{0}<mo>\u22c5</mo>{1}",
    "div": "<mfrac><mrow>{0}</mrow><mrow>{1}</mrow></mfrac>",
    "pow": "<msup><mrow>{0}</mrow><mrow>{1}</mrow></msup>",
    "exp": "<msup><mi>e</mi><mrow>{0}</mrow></msup>",
    "sqrt": "<msqrt>{0}</msqrt>",
    "abs": '<mrow><mo form="prefix">|</mo>{0}<mo form="postfix">|</mo></mrow>',
    "pi": "<mi>\u03c0</mi>",
    "lt": "{0}<mo>&lt;</mo>{1}",
    "le": "{0}<mo>\u2264</mo>{1}",
    "not": "<mo>\u00ac</mo>{0}",
    "and": "{0}<mo>\u2227</mo>{1}",
    "or": "{0}<mo>\u2228</mo>{1}",
    "case": f"<mtr><mtd{_VALUE}>{{0}}</mtd><mtd{_CONDITION}><mtext>if\u00a0</mtext>{{1}}</mtd></mtr>",
    "otherwise": f"<mtr><mtd{_VALUE}>{{0}}</mtd><mtd{_CONDITION}><mtext>otherwise</mtext></mtd></mtr>",
    "next case": "",
    "cases": '<mrow><mo form="prefix" stretchy="true">{{</mo><mtable>{0}</mtable></mrow>',
    "total": "<mfrac><mrow><mi>d</mi>{0}</mrow><mrow><mi>d</mi>{1}</mrow></mfrac>",
    "partial": "<mfrac><mrow><mo>\u2202</mo>{0}</mrow><mrow><mo>\u2202</mo>{1}</mrow></mfrac>",
    "at": f"{{0}}<mo>\u2061</mo><mrow>{_LOW[0]}{{1}}{_LOW[1]}</mrow>",
    "when": "<msub><mrow><mo>[</mo>{0}<mo>]</mo></mrow><mrow><mi>t</mi><mo>=</mo>{1}</mrow></msub>",
    "before": "<msup><mrow>{0}</mrow><mo>\u2212</mo></msup>",
    "after": "<msup><mrow>{0}</mrow><mo>+</mo></msup>",
    "integral": "<mrow><msubsup><mo>\u222b</mo><mrow>{1}</mrow><mrow>{2}</mrow></msubsup>{0}"
    '<mspace width="0.17em"/><mi>d</mi><mi>t</mi></mrow>',
    "observations": "<mrow><munder><mo>\u2211</mo><mi>j</mi></munder>{0}</mrow>",
    "transpose": "<msup><mrow>{0}</mrow><mo>\u22a4</mo></msup>",
    "inverse": "<msup><mrow>{0}</mrow><mrow><mo>\u2212</mo><mn>1</mn></mrow></msup>",
    "spot": "<msub><mrow><mo>[</mo>{0}<mo>]</mo></mrow><mrow>{1}</mrow></msub>",
    "layers": "<mrow><munder><mo>\u2211</mo><mi>l</mi></munder>{0}</mrow>",
    "mean": '<mrow><mi mathvariant="normal">E</mi><mo>[</mo>{0}<mo>]</mo></mrow>',
    "jet": "<mrow><msub><mo>\u2202</mo><mrow>{0}</mrow></msub>{1}</mrow>",
    "layer": "<mi>l</mi><mo>+</mo><mn>1</mn>",
    "elided": '<mo>\u22ef</mo><mspace width="1em"/><mtext>({0})</mtext>',
    "text": "<mtext>{0}</mtext>",
}

_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()


def _greek(name: str) -> str:
    case, letter = "CAPITAL" if name[0].isupper() else "SMALL", name.upper().replace("LAMBDA", "LAMDA")
    return lookup(f"GREEK {case} LETTER {letter}")


GREEK = {name: _greek(name) for name in _LETTERS}
_LATEX_VARIANTS = {  # the open forms, as Unicode fonts show them
    "epsilon": r"\varepsilon", "phi": r"\varphi",
}
_LATEX_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
}
_NAME = re.compile(r"([A-Za-z]+)(\d*)(?:_([A-Za-z0-9_]+))?\Z")
_NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "trace": "tr"}


def escape_latex(text: str) -> str:
    """`text` as literal characters in LaTeX's text mode, in ASCII so that every engine can set it."""
    ascii_text = text.encode("ascii", "backslashreplace").decode("ascii")
    return "".join(_LATEX_SPECIAL.get(character, character) for character in ascii_text)


@dataclass(frozen=True)
class Dialect:
    """One target language: its rows, how it quotes literal text, its Greek letters and its function names."""

    rows: Mapping[str, str]
    escape: Callable[[str], str]
    greek: Mapping[str, str]
    function: Callable[[str], str]

    def put(self, row: str, *parts: str) -> str:
        """The row's template filled with finished markup."""
        return self.rows[row].format(*parts)


_COMMANDS = {"asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan",
             **{name: "\\" + name for name in "exp log sin cos tan sinh cosh tanh min max".split()}}  # that LaTeX has
IN_LATEX = Dialect(LATEX, escape_latex, {name: _LATEX_VARIANTS.get(name, "\\" + name) for name in GREEK},
                   lambda head: _COMMANDS.get(head, rf"\operatorname{{{_NAMES.get(head, head)}}}"))
IN_MATHML = Dialect(MATHML, html.escape, GREEK, lambda head: _NAMES.get(head, head))


@dataclass(frozen=True)
class Piece:
    """Finished markup of a node, how strongly it binds, whether its parentheses must grow, whether a digit leads it."""

    text: str
    level: int
    tall: bool = False
    digit: bool = False


Pieces = Mapping[Expression, Piece]


def latex(root: Expression, cap: int = CAP) -> str:
    """`root` as inline LaTeX mathematics, or a note of its size where it is longer than `cap` characters."""
    return markup(root, IN_LATEX, cap)


def mathml(root: Expression, cap: int = CAP) -> str:
    """`root` as one <mrow> of MathML Core, or a note of its size where it is longer than `cap` characters."""
    return f"<mrow>{markup(root, IN_MATHML, cap)}</mrow>"


def markup(root: Expression, dialect: Dialect, cap: int = CAP) -> str:
    """`root` in `dialect`; shared nodes are printed once for each place they stand in, hence the cap."""
    if span(root) > cap:
        return dialect.put("elided", size_note(operation_count([root])))
    pieces: dict[Expression, Piece] = {}
    for node in walk([root]):
        pieces[node] = _piece(node, pieces, dialect)
    return pieces[root].text


def size_note(operations: int) -> str:
    """What stands in the place of a formula that is too long to show."""
    return f"{operations} operations, see the log"


def _piece(node: Expression, of: Pieces, dialect: Dialect) -> Piece:
    if node.head == "number":
        return _number(node.value, dialect)
    if node.head == "symbol":
        return _symbol(node.value, dialect)
    return _SPECIAL.get(node.head, _regular if node.head in SHAPES else _call)(node, of, dialect)


def _regular(node: Expression, of: Pieces, dialect: Dialect) -> Piece:
    shape = SHAPES[node.head]
    parts = [_fenced(of[arg], floor, dialect) for arg, floor in zip(node.args, shape.floors, strict=True)]
    tall = shape.tall or any(of[arg].tall for arg in node.args)
    return Piece(dialect.put(node.head, *parts), shape.level, tall)


def _fenced(piece: Piece, floor: int, dialect: Dialect) -> str:
    return piece.text if piece.level >= floor else dialect.put("tall fence" if piece.tall else "fence", piece.text)


def _call(node: Expression, of: Pieces, dialect: Dialect, exponent: Expression | None = None) -> Piece:
    name = dialect.put("name", dialect.function(node.head))
    if exponent is not None:
        name = dialect.put("pow", name, of[exponent].text)
    listed = _listed(node)
    arguments = of[listed[0]].text
    for arg in listed[1:]:
        arguments = dialect.put("list", arguments, of[arg].text)
    tall = any(of[arg].tall for arg in listed)
    text = dialect.put("tall call" if tall else "call", name, arguments)
    return Piece(text, ATOM if exponent is None else POWER, tall)


def _listed(node: Expression) -> list[Expression]:
    """Arguments as people write them: min(min(a, b), c) is min(a, b, c)."""
    arguments = list(node.args)
    while node.head in ("min", "max") and arguments[0].head == node.head:
        arguments[:1] = arguments[0].args
    return arguments


def _quotient(node: Expression, of: Pieces, dialect: Dialect) -> Piece:
    top, bottom = node.args
    if top.head != "neg":
        return _regular(node, of, dialect)
    fraction = dialect.put("div", of[top.args[0]].text, of[bottom].text)
    return Piece(dialect.put("neg", fraction), SIGNED, tall=True)


def _product(node: Expression, of: Pieces, dialect: Dialect) -> Piece:
    """A product; a bare number is written before its factor, and a dot keeps digits from running into digits."""
    left, right = (of[arg] for arg in node.args)
    if node.args[1].head == "number" and right.level > SIGNED and left.level != SIGNED and not left.digit:
        left, right = right, left
    texts = [_fenced(part, floor, dialect) for part, floor in zip((left, right), SHAPES["mul"].floors, strict=True)]
    text = dialect.put("times" if right.digit and right.level >= PRODUCT else "mul", *texts)
    level = SIGNED if left.level == SIGNED else PRODUCT
    return Piece(text, level, left.tall or right.tall, left.digit and left.level >= SIGNED)


def _power(node: Expression, of: Pieces, dialect: Dialect) -> Piece:
    base, exponent = node.args
    counted = exponent.head == "number" and exponent.value.denominator == 1 and exponent.value > 1
    if counted and PRIMITIVES.get(base.head) and base.head not in SHAPES and base.head not in _SPECIAL:
        return _call(base, of, dialect, exponent)
    raised = _number(exponent.value, dialect, ratio="slash").text if exponent.head == "number" else of[exponent].text
    return Piece(dialect.put("pow", _fenced(of[base], ATOM, dialect), raised), POWER, of[base].tall, of[base].digit)


def _exponential(node: Expression, of: Pieces, dialect: Dialect) -> Piece:
    argument = node.args[0]
    if of[argument].tall or span(argument) > 24:
        return _call(node, of, dialect)
    return Piece(dialect.put("exp", of[argument].text), POWER)


def _cases(node: Expression, of: Pieces, dialect: Dialect) -> Piece:
    branches = []
    while node.head == "piecewise":
        value, condition, node = node.args
        branches.append(dialect.put("case", of[value].text, of[condition].text))
    branches.append(dialect.put("otherwise", of[node].text))
    return Piece(dialect.put("cases", dialect.rows["next case"].join(branches)), OPEN, tall=True)


_SPECIAL: dict[str, Callable[[Expression, Pieces, Dialect], Piece]] = {
    "mul": _product, "div": _quotient, "pow": _power, "exp": _exponential, "piecewise": _cases,
}


def _number(value: Fraction, dialect: Dialect, ratio: str = "ratio") -> Piece:
    if value < 0:
        return Piece(dialect.put("neg", _number(-value, dialect, ratio).text), SIGNED, value.denominator != 1)
    if (decimal := decimal_text(value)) is not None:
        return Piece(dialect.put("digits", decimal), ATOM, digit=True)
    text = dialect.put(ratio, _digits(value.numerator), _digits(value.denominator))
    return Piece(text, FRACTION, tall=True, digit=True)


def decimal_text(value: Fraction) -> str | None:
    """The exact digits of an integer or of a short decimal that reads better than its fraction (7/250 is 0.028)."""
    if value.denominator == 1:
        return _digits(value.numerator)
    places = _decimal_places(value.denominator)
    if value.denominator <= 100 or places is None or places > 12 or value.numerator.bit_length() > 64:
        return None
    whole, rest = divmod(value.numerator * 10**places // value.denominator, 10**places)
    return f"{whole}.{rest:0{places}d}"


def _decimal_places(denominator: int) -> int | None:
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


def _digits(value: int) -> str:
    if value.bit_length() > 13_000:  # Python refuses to print more than 4300 digits
        return f"{Decimal(value):.12e}"
    return str(value)


def _symbol(name: str, dialect: Dialect) -> Piece:
    base, *jets = name.split(".")
    match = _NAME.match(base)
    if match is None or not all(jet.isalpha() for jet in jets):
        return Piece(dialect.put("word", dialect.escape(name)), ATOM)
    core, indices = _letter(match[1], dialect), _indices(match[2], match[3], dialect)
    for jet in sorted(jets, key=lambda jet: jet in ("before", "after")):
        core, indices = _jet(jet, core, indices, dialect)
    level = PRODUCT if jets and jets[-1] not in ("dot", *_PLACES) else ATOM
    return Piece(_indexed(core, indices, dialect), level)


_PLACES = ("next", "before", "after")


def _jet(jet: str, core: str, indices: str, dialect: Dialect) -> tuple[str, str]:
    """A dot stands over the letter, before its indices; the next layer is one index more; all else takes the letter with them."""
    if jet == "dot":
        return dialect.put("dot", core), indices
    if jet == "next":
        layer = dialect.put("layer")
        return core, dialect.put("list", indices, layer) if indices else layer
    whole = _indexed(core, indices, dialect)
    row = dialect.put(jet, whole) if jet in ("delta", "before", "after") else dialect.put("jet", _letter(jet, dialect), whole)
    return row, ""


def _letter(stem: str, dialect: Dialect) -> str:
    if stem in GREEK:
        return dialect.put("letter", dialect.greek[stem])
    return dialect.put("letter" if len(stem) == 1 else "word", dialect.escape(stem))


def _indices(digits: str, rest: str | None, dialect: Dialect) -> str:
    parts = [dialect.put("digits", digits)] if digits else []
    if rest is not None:
        parts.append(dialect.put("digits", rest) if rest.isdigit() else _symbol(rest, dialect).text)
    return dialect.put("list", *parts) if len(parts) == 2 else "".join(parts)


def _indexed(core: str, indices: str, dialect: Dialect) -> str:
    return dialect.put("index", core, indices) if indices else core


_SIGN_SPANS = {"add": 3, "sub": 3, "lt": 3, "le": 3, "mul": 1, "neg": 1, "pow": 1}


def span(root: Expression) -> int:
    """Characters that `root` takes on one line when printed, about; fractions count their wider half."""
    return spans([root])[root]


def spans(roots: list[Expression]) -> dict[Expression, int]:
    """`span` of every node below `roots`, each node measured once."""
    known: dict[Expression, int] = {}
    for node in walk(roots):
        known[node] = extent(node, known)
    return known


def extent(node: Expression, of: Mapping[Expression, int]) -> int:
    """`span` of `node` from those of its arguments."""
    if node.head == "number":
        longer = max(abs(node.value.numerator), node.value.denominator)
        return max(1, round(longer.bit_length() * 0.302)) + (node.value < 0)
    if node.head == "symbol":
        runs = re.findall(r"[A-Za-z]+|\d+", node.value.partition(".")[0])
        return 1 + sum(1 if run in GREEK else len(run) for run in runs)
    parts = [of[arg] for arg in node.args]
    if node.head in ("div", "total", "partial"):
        return max(parts) + 1
    if node.head == "piecewise":
        return max(parts[0] + parts[1] + 6, parts[2])
    return sum(parts) + _SIGN_SPANS.get(node.head, 5)
