"""The parser's tree to the reader's: one method for each rule of `grammar.lark`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from lark import Token
from lark.visitors import Transformer_NonRecursive

from adjointcheck.notes.reading.ambiguities import Letters
from adjointcheck.notes.reading.arrange import Term, fraction
from adjointcheck.notes.reading.parts import Bar, Entries, Front, Head, Paren, Prefix, Scripts, Sign, first, over, plain, refuse
from adjointcheck.notes.reading.scripts import gather, places, scripted
from adjointcheck.notes.reading.tree import (
    NATURAL,
    Call,
    Cases,
    Chain,
    Derivative,
    Extremum,
    Function,
    Integral,
    Letter,
    Negative,
    Node,
    Number,
    Pi,
    Sum,
    Vector,
    Words,
)

Children = list[Any]


def span(children: Children) -> tuple[int, int]:
    """The characters that tokens and nodes cover together."""
    spans = [(child.start_pos or 0, child.end_pos or 0) if isinstance(child, Token) else child.span for child in children]
    return (min(start for start, _ in spans), max(end for _, end in spans))


def _alone(children: Children) -> Children:
    """Refuses {a, b} where it is no part of a list."""
    for child in children:
        if isinstance(child, Entries):
            refuse(child, "a comma inside braces", "Use brackets.")
    return children


def _opened(entries: Entries) -> Children:
    """a , b of {a, b}."""
    return [part for node, sign in zip(entries.nodes, [*entries.separators, ""], strict=True) for part in (node, sign) if part != ""]


class Builder(Transformer_NonRecursive):
    """Bottom-up, without recursion, so that depth is bounded by the grammar's caps alone."""

    def __init__(self, letters: Letters) -> None:
        super().__init__(visit_tokens=False)
        self.letters = letters

    # Statements and sums

    def start(self, children: Children) -> Node:
        return _alone(children)[0]

    def chain(self, children: Children) -> Node:
        sides = [child for child in children if not isinstance(child, Token)]
        if len(sides) == 1:
            return sides[0]
        relations = tuple(str(child) for child in children if isinstance(child, Token))
        return Chain(tuple(plain(side) for side in _alone(sides)), relations, span=span(sides))

    def sum(self, children: Children) -> Node:
        if len(children) == 1:
            return children[0]
        raw = [child for child in _alone(children) if not isinstance(child, Sign)]
        signs = ["+", *(child.name for child in children if isinstance(child, Sign))][-len(raw) :]
        terms = [_operand(term) for term in raw]
        _check_extrema(raw)
        signed = [term if sign == "+" else Negative(term, span=term.span) for sign, term in zip(signs, terms, strict=True)]
        return _summed([*signed], isinstance(raw[0], Extremum) and signs[0] == "+", span(children))

    def sign(self, children: Children) -> Sign:
        return Sign("SIGN", "-" if children[0].type == "MINUS" else "+", span=span(children))

    def term(self, children: Children) -> Node:
        return children[0] if isinstance(children[0], Entries) and len(children) == 1 else Term(_alone(children), self.letters).read()

    def item(self, children: Children) -> Node:
        child = children[0]
        return Sign(child.type, str(child), span=span(children)) if isinstance(child, Token) else child

    def factor(self, children: Children) -> Node:
        return children[0] if len(children) == 1 else scripted(_alone(children)[0], children[1:], self.letters)

    def evaluation(self, children: Children) -> Bar:
        bar = Bar((), span=span(children))
        return places(replace(gather(children[1:], bar), span=bar.span), self.letters)

    # Scripts and lists

    def script(self, children: Children) -> Scripts:
        if len(children) == 1:
            return Scripts(primes=1, span=span(children))
        entries = children[2].nodes
        place = {"below": entries} if children[0].type == "SUB" else {"above": entries}
        return Scripts(**place, span=span(children))

    def list(self, children: Children) -> Entries:
        """With the entries of braces that hold some of them, x(\\underbrace{a, b}_{c}, d)."""
        parts = [part for child in children for part in (_opened(child) if isinstance(child, Entries) else (child,))]
        nodes = tuple(part for part in parts if not isinstance(part, str))
        separators = tuple(str(part) for part in parts if isinstance(part, str))
        return Entries(nodes, separators, span=span(children))

    # Atoms

    def name(self, children: Children) -> Node:
        if children[0] in self.letters.numbers:
            return Pi(span=span(children)) if children[0] == "pi" else replace(NATURAL, span=span(children))
        first, _, second = self.letters.second.partition(" ")
        return Letter(second if first and children[0] == first else str(children[0]), span=span(children))

    def number(self, children: Children) -> Node:
        digits = str(children[0])
        if len(digits) > 64:
            refuse(Number(Fraction(0), span=span(children)), "a number of more than 64 digits", "Write a letter for it.")
        return Number(Fraction(digits), span=span(children))

    def words(self, children: Children) -> Node:
        return Words(str(children[0]), span=span(children))

    def prefix(self, children: Children) -> Prefix:
        return Prefix(str(children[0]), span=span(children))

    def function(self, children: Children) -> Head:
        return Head(str(children[0]), span=span(children))

    def big(self, children: Children) -> Head:
        return Head(str(children[0]), big=True, span=span(children))

    def group(self, children: Children) -> Node:
        return children[1].nodes[0] if len(children[1].nodes) == 1 else children[1]

    def over(self, children: Children) -> Node:
        return replace(fraction(*_alone(children)[1::2][:2]), span=span(children))

    def fraction(self, children: Children) -> Node:
        return replace(fraction(*_alone(children)[2::3]), span=span(children))

    def bracket(self, children: Children) -> Node:
        opener, closer = str(children[0]), str(children[-1])
        entries = children[1] if len(children) == 3 else Entries((), ())
        if (opener, closer) == ("\\{", ".") or (opener == "\\{" and len(entries.nodes) == 1 and isinstance(entries.nodes[0], Cases)):
            return _cases(entries, span(children))
        halves = (opener, closer) in {("[", ")"), ("(", "]"), ("[", "["), ("]", "["), ("]", "]"), ("]", ")")}
        if halves and len(entries.nodes) != 2:
            refuse(Letter("", span=span(children)), f"`{opener}` closed by `{closer}`", "Use a matching pair of brackets.")
        return Paren(entries.nodes, entries.separators, "[" if opener == "]" else opener, span=span(children))

    def bars(self, children: Children) -> Node:
        inner = plain(_alone(children)[1])
        name = "det" if isinstance(inner, Vector) and len(inner.rows) > 1 else "abs"
        return Function(name, (inner,), span=span(children))

    def norm(self, children: Children) -> Node:
        return Function("norm", (plain(_alone(children)[1]),), span=span(children))

    def angle(self, children: Children) -> Node:
        entries = children[1]
        if len(entries.nodes) != 2:
            refuse(entries, "angle brackets around anything but two entries", "Write \\langle a, b \\rangle, or \\mathbb{E}[...].")
        return Function("inner", tuple(plain(entry) for entry in entries.nodes), span=span(children))

    def root(self, children: Children) -> Node:
        return Function("sqrt", (plain(_alone(children)[2]),), span=span(children))

    def accent(self, children: Children) -> Node:
        accent, inner = str(children[0]), _alone(children)[2]
        if isinstance(inner, Paren) and len(inner.entries) == 1:
            inner = inner.entries[0]
        if isinstance(inner, Letter):
            return replace(inner, accents=(*inner.accents, accent), span=span(children))
        if isinstance(inner, Call) and isinstance(inner.function, Letter):  # \dot{z(t)}
            letter = replace(inner.function, accents=(*inner.function.accents, accent))
            return replace(inner, function=letter, span=span(children))
        if accent in ("dot", "ddot", "dddot"):
            node = plain(inner)
            for _ in range(accent.count("d") if accent != "dot" else 1):
                node = Derivative(node, (), span=span(children))
            return node
        refuse(plain(inner), f"`\\{accent}` over more than a letter", "Give it a letter of its own.")

    # Integrals

    def integral(self, children: Children) -> Node:
        scripts = [child for child in children[1:] if isinstance(child, Scripts)]
        body, by = [child for child in _alone(children)[1:] if not isinstance(child, Token | Scripts)]
        lower, upper = _limits(scripts, span(children))
        return Integral(plain(body), plain(by), lower, upper, span=span(children))

    def front(self, children: Children) -> Front:
        scripts = [child for child in children[1:] if isinstance(child, Scripts)]
        lower, upper = _limits(scripts, span(children))
        return Front(plain(_alone(children)[-1]), lower, upper, span=span(children))

    # Environments

    def environment(self, children: Children) -> Node:
        kind, rows = str(children[0]), children[1]
        if kind in ("cases", "dcases", "rcases"):
            return Cases(tuple(_case(row, children[0]) for row in rows), span=span([children[0], children[-1]]))
        if kind.endswith("matrix") or kind == "array":
            vector = Vector(tuple(tuple(_cell(cell, children[0]) for cell in row) for row in rows), span=span([children[0], children[-1]]))
            return Function("det", (vector,), span=vector.span) if kind == "vmatrix" else vector
        refuse(Letter("", span=span([children[0], children[-1]])), f"`{kind}` inside a formula", "Write each line as a formula of its own.")

    def rows(self, children: Children) -> list[list[Entries | None]]:
        return [child for child in children if not isinstance(child, Token)]

    def row(self, children: Children) -> list[Entries | None]:
        return [child for child in children if not isinstance(child, Token)]

    def cell(self, children: Children) -> Entries | None:
        return children[0] if children else None


def _operand(node: Node) -> Node:
    done = plain(node)
    if isinstance(done, Chain):
        refuse(done, "a relation inside a sum", "Write the statement on its own.")
    return done


def _check_extrema(terms: list[Node]) -> None:
    """A minimum that is not in brackets and not in front would leave open what it takes."""
    for term in terms[1:-1]:
        if isinstance(term, Extremum):
            refuse(term, f"`{term.kind}` between terms: of the next one, or of all behind it", "Write brackets.")


def _summed(terms: list[Node], takes_all: bool, whole: tuple[int, int]) -> Node:
    """min J + c minimises all of it."""
    first = terms[0]
    if len(terms) > 1 and isinstance(first, Extremum) and (first.body is None or takes_all):  # max - int u^2 dt begins with a sign
        parts = [*([first.body] if first.body is not None else []), *terms[1:]]
        return replace(first, body=Sum(tuple(parts), span=over(parts)) if parts[1:] else parts[0], span=whole)
    return Sum(tuple(terms), span=whole) if len(terms) > 1 else replace(first, span=whole)


def _limits(scripts: list[Scripts], whole: tuple[int, int]) -> tuple[Node | None, Node | None]:
    found = gather(scripts, Letter("", span=whole))
    return _limit(found.below), _limit(found.above)


def _limit(entries: tuple[Node, ...] | None) -> Node | None:
    if not entries:
        return None
    if len(entries) > 1:
        refuse(entries[1], "a limit of several parts", "Write one limit.")
    return plain(first(entries))


def _cell(cell: Entries | None, begin: Token) -> Node:
    if cell is None:
        return Words("")
    if any(not isinstance(node, Words) for node in cell.nodes[1:]):
        refuse(cell, "several entries in one cell", "Part cells with &.")
    return plain(first(cell.nodes))


def _case(row: list[Entries | None], begin: Token) -> tuple[Node, Node | None]:
    """value & condition, the condition without its `if`; None for otherwise."""
    if len(row) > 2 or row[0] is None:
        refuse(Words("", span=span([begin])), "a row of cases that is not `value & condition`", "Write one & in each row.")
    value, conditions = row[0].nodes, list(row[0].nodes[1:])
    if len(row) == 2 and row[1] is not None:
        conditions += row[1].nodes
    stated = [plain(condition) for condition in conditions if not isinstance(condition, Words)]
    if len(stated) > 1:
        refuse(stated[1], "several conditions in one case", "Write one condition.")
    return plain(first(value)), stated[0] if stated else None


def _cases(entries: Entries, whole: tuple[int, int]) -> Node:
    inner = entries.nodes[0] if len(entries.nodes) == 1 else None
    if isinstance(inner, Cases):
        return replace(inner, span=whole)
    if not isinstance(inner, Vector) or any(len(row) > 2 for row in inner.rows):
        refuse(Words("", span=whole), "a brace that is not closed", "Use the environment cases.")
    return Cases(tuple((row[0], row[1] if len(row) == 2 and not isinstance(row[1], Words) else None) for row in inner.rows), span=whole)
