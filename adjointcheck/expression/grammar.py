"""The text form: a precedence-climbing parser with caps that are checked before anything is built.

    condition  := disjunction of  a < b, a <= b, a > b, a >= b  with  and, or, not
    expression := sums and differences of products and quotients of signed powers (`**` or `^`, to the right)
    atom       := number | name | pi | function(expression, ...) | (expression)

Text is data: it is never handed to eval, and nothing is simplified while it is read (x/x stays x/x); only a quotient or a
power of two numbers is the number that it is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import NoReturn

from adjointcheck.errors import GrammarError
from adjointcheck.expression.node import Expression, apply, neg, number, symbol
from adjointcheck.expression.printer import to_text as to_text
from adjointcheck.expression.table import CONSTANTS, FUNCTIONS, MATRIX, PRIMITIVES, RESERVED


@dataclass(frozen=True)
class Caps:
    """Limits that a text must keep before any node is built."""

    characters: int = 262_144
    tokens: int = 20_000
    depth: int = 64
    digits: int = 64
    exponent: int = 256


STATEMENT = Caps()
LOG = Caps(characters=16_777_216, tokens=4_000_000, depth=150, digits=4096, exponent=4096)

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}\Z", re.ASCII)
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[a-z]+)*)"
    r"|(?P<sign>\*\*|<=|>=|[-+*/^<>(),])|(?P<bad>\S))",
    re.ASCII,
)
_BLANK = " \t\r\n\f\v"
_BINARY = {sign: (row.name, row.level) for row in PRIMITIVES.values() if (sign := row.infix)}
_BINARY |= {"^": ("pow", 8), ">": ("lt", 4), ">=": ("le", 4)}
_BOOLEAN_ARGUMENTS = {"and", "or", "not"}


def parse(text: str, where: str = "expression", *, caps: Caps = STATEMENT, jets: bool = False, matrices: bool = False) -> Expression:
    """Read `text`; `jets` also admits the suffixes .dot and .delta, `matrices` any suffix and the heads of table.MATRIX.

    Raises GrammarError naming `where`, the column, what stood there and what could have stood there.
    """
    parser = _Parser(text, where, caps, jets or matrices, matrices)
    node = parser.expression(0)
    if parser.tokens[parser.at][0] != "end":
        parser.fail("an operator or the end of the text", "Write products with *.")
    if is_condition(node):
        raise GrammarError(where, text, "an expression with a real value, not a condition", "Use piecewise(a, condition, b).")
    return node


def is_condition(node: Expression) -> bool:
    """True for comparisons and their connectives."""
    return node.head in PRIMITIVES and PRIMITIVES[node.head].boolean


def check_name(name: object, where: str) -> str:
    """Return `name` if it may name a state, parameter, control or data column; else raise GrammarError."""
    if not isinstance(name, str) or not NAME.match(name) or name in RESERVED:
        wanted = "a name of ASCII letters, digits and _, a letter first, at most 32 characters, not a function or constant of the grammar"
        raise GrammarError(where, name, wanted, "Rename it.")
    return name


class _Parser:
    def __init__(self, text: str, where: str, caps: Caps, jets: bool, matrices: bool) -> None:
        self.text, self.where, self.caps, self.jets = text, where, caps, jets
        self.functions = FUNCTIONS | MATRIX.keys() if matrices else FUNCTIONS
        self.matrices = matrices
        if not isinstance(text, str):
            raise GrammarError(where, text, "a text", "Put the expression in quotes.")
        if len(text) > caps.characters:
            raise GrammarError(where, f"{len(text)} characters", f"at most {caps.characters}")
        self.tokens, self.depth = self._tokens(), 0
        self.load: dict[Expression, int] = {}
        self.at = next((i for i, (kind, _, _) in enumerate(self.tokens) if kind == "bad"), 0)
        kind, bad, _ = self.tokens[self.at]
        if kind == "bad":
            wanted = "a character of the grammar" if " " < bad < "\x7f" else f"printable ASCII text, not U+{ord(bad):04X}"
            self.fail(wanted, "Write names and signs in plain ASCII.")

    def _tokens(self) -> list[tuple[str, str, int]]:
        matches = list(islice(_TOKEN.finditer(self.text), self.caps.tokens + 1))
        if len(matches) > self.caps.tokens:
            raise GrammarError(self.where, f"more than {self.caps.tokens} tokens", "a shorter expression")
        tokens = [(kind, match[kind], match.start(kind)) for match in matches if (kind := match.lastgroup)]
        return [*tokens, ("end", "", len(self.text.rstrip(_BLANK)))]

    def fail(self, expected: str, todo: str = "") -> NoReturn:
        kind, _, at = self.tokens[self.at]
        got = self.text[at : at + 24] if kind != "end" else "the end of the text"
        raise GrammarError(f"{self.where}, column {at + 1}", got, expected, todo)

    def take(self, sign: str) -> bool:
        found = self.tokens[self.at][1] == sign
        self.at += found
        return found

    def expression(self, floor: int) -> Expression:
        nested = floor not in (2, 5, 6)  # right operands below powers end where they began: only the rest nests
        self.depth += nested
        if self.depth > self.caps.depth:
            self.fail(f"nesting of at most {self.caps.depth}")
        node = self.signed()
        while (row := _BINARY.get(self.tokens[self.at][1])) and row[1] >= floor:
            node = self.binary(node, *row)
        self.depth -= nested
        return node

    def binary(self, left: Expression, head: str, level: int) -> Expression:
        sign = self.tokens[self.at][1]
        self.at += 1
        if level == 4 and is_condition(left):
            self.fail("one comparison at a time", "Join comparisons with `and`.")
        right = self.expression(level if head == "pow" else level + 1)
        if sign in (">", ">="):
            left, right = right, left
        return self.build(head, left, right)

    def signed(self) -> Expression:
        if self.take("-"):
            following = self.tokens[self.at]
            node = self.expression(7)
            folded = following[0] == "number" and node.head == "number"
            return neg(node) if folded else self.build("neg", node)
        if self.take("+"):
            return self.expression(7)
        if self.take("not"):
            return self.build("not", self.expression(3))
        return self.atom()

    def atom(self) -> Expression:
        kind, text, _ = self.tokens[self.at]
        if kind == "number":
            return self.literal(text)
        if self.take("("):
            node = self.expression(0)
            if not self.take(")"):
                pairs = "Write piecewise(value, condition, otherwise), such as piecewise(q, t < 1, 0), without pairs in parentheses."
                self.fail("`)` or an operator", pairs if self.tokens[self.at][1] == "," else "Write products with *.")
            return node
        if kind != "name" or text in _BOOLEAN_ARGUMENTS:
            self.fail("a number, a name, a function or `(`")
        self.at += 1
        return self.call(text) if self.tokens[self.at][1] == "(" else self.name(text)

    def literal(self, text: str) -> Expression:
        digits, _, exponent = text.lower().partition("e")
        if len(digits) > self.caps.digits or len(exponent) > 4 or abs(int(exponent or 0)) > 400:
            self.fail(f"a number of at most {self.caps.digits} digits and a decimal exponent of at most 400")
        self.at += 1
        return number(Fraction(text))

    def name(self, text: str) -> Expression:
        if text in CONSTANTS:
            return apply(text)
        base, *suffixes = text.split(".")
        if text in RESERVED or (suffixes and not (self.jets and (self.matrices or set(suffixes) <= {"dot", "delta"}))):
            self.at -= 1
            self.fail("a name" if suffixes else f"`{text}` with its arguments in parentheses")
        if not self.jets:
            check_name(base, self.where)
        return symbol(text)

    def call(self, name: str) -> Expression:
        if name not in self.functions:
            self.at -= 1
            near = difflib.get_close_matches(name, self.functions, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(self.functions))}. Products need *."
            self.fail("a function of the grammar", hint)
        self.at += 1
        arguments = [self.expression(0)]
        while self.take(","):
            arguments.append(self.expression(0))
        if not self.take(")"):
            self.fail("`,` or `)`")
        return self.apply_function(name, arguments)

    def apply_function(self, name: str, arguments: list[Expression]) -> Expression:
        arity = (PRIMITIVES.get(name) or MATRIX[name]).arity
        if name == "piecewise" and (len(arguments) < 3 or len(arguments) % 2 == 0):
            self.fail("piecewise(value, condition, ..., otherwise): an odd number of arguments, three or more")
        if name != "piecewise" and len(arguments) > self.caps.depth:
            self.fail(f"a function of fewer arguments, at most {self.caps.depth}")
        while name in ("min", "max", "piecewise") and len(arguments) > arity:
            first = len(arguments) - arity if name == "piecewise" else 0  # the last piece is the innermost
            arguments[first : first + arity] = [self.build(name, *arguments[first : first + arity])]
        if len(arguments) != arity:
            self.fail(f"{name} with {arity} argument{'s' * (arity > 1)}, not {len(arguments)}")
        return self.build(name, *arguments)

    def build(self, head: str, *args: Expression) -> Expression:
        self.check_sorts(head, args)
        if head == "div" and args[0].head == args[1].head == "number" and args[1].value:
            return number(args[0].value / args[1].value)
        if head == "pow" and args[0].head == args[1].head == "number" and (value := self.power_of_numbers(*args)) is not None:
            return number(value)
        node = apply(head, *args)
        self.load[node] = self.exponent_load(node)
        return node

    def power_of_numbers(self, base: Expression, exponent: Expression) -> Fraction | None:
        """The number that a power of numbers stands for, so that 9**9**9 meets the cap on exponents; None if too long to write."""
        a, n = base.value, exponent.value
        bits = max(a.numerator.bit_length(), a.denominator.bit_length()) - 1  # |log2| of the longer half, rounded down
        if n.denominator != 1 or abs(n) * bits > 4 * self.caps.digits or abs(n) > self.caps.exponent or (not a and n < 0):
            return None
        value = a**n.numerator
        return value if max(abs(value.numerator), value.denominator) < 10**self.caps.digits else None

    def check_sorts(self, head: str, args: Iterable[Expression]) -> None:
        for i, arg in enumerate(args):
            wanted = head in _BOOLEAN_ARGUMENTS or (head == "piecewise" and i == 1)
            if is_condition(arg) != wanted:
                self.fail("a condition such as x < 1 here" if wanted else "a real value here, not a condition")

    def exponent_load(self, node: Expression) -> int:
        """Degree that nested integer powers reach when multiplied out; caps ((9**9)**9999)**9999 before it is formed."""
        load = max((self.load.get(arg, 1) for arg in node.args), default=1)
        if node.head == "pow" and node.args[1].head == "number":
            load *= max(1, abs(node.args[1].value.numerator), node.args[1].value.denominator)
            if load > self.caps.exponent:
                self.fail(f"powers whose exponents multiply to at most {self.caps.exponent}")
        return load
