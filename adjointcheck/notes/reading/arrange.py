"""The factors of one term in their order: what is called, what an operator takes, where a slash or a bar reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import NoReturn

from adjointcheck.notes.reading.ambiguities import Letters
from adjointcheck.notes.reading.calls import base_of, called, only_times, opened, valued
from adjointcheck.notes.reading.parts import (
    Bar,
    Differential,
    Front,
    Head,
    Mixed,
    Operator,
    Paren,
    Prefix,
    Sign,
    first,
    over,
    plain,
    product,
    refuse,
)
from adjointcheck.notes.reading.signs import GREEK
from adjointcheck.notes.reading.tree import (
    BigO,
    Call,
    Chain,
    Derivative,
    Evaluated,
    Expectation,
    Extremum,
    Function,
    Integral,
    Letter,
    Limit,
    Negative,
    Node,
    Number,
    Pi,
    Power,
    Product,
    Quotient,
    Series,
    Sum,
    Transposed,
    Variation,
    Words,
    walk,
)

CHAINED = 30  # operators one inside the other in one term
WAITING = (Sign, Bar)


class Term:
    """Reads the items of one term from left to right."""

    def __init__(self, items: list[Node], letters: Letters, depth: int = 0) -> None:
        if depth > CHAINED:
            refuse(items[0], f"more than {CHAINED} operators one after the other", "Give the inner part a letter of its own.")
        self.items, self.letters, self.depth = items, letters, depth
        self.at = self.nested = 0
        self.factors: list[Node] = []
        self.pending: list[tuple[Node, Sign]] = []
        self.dots: list[int] = []

    @property
    def item(self) -> Node | None:
        return self.items[self.at] if self.at < len(self.items) else None

    def read(self) -> Node:
        """The whole term."""
        while (item := self.item) is not None:
            match item:
                case Sign() if item.kind != "NEG":
                    self.sign(item)
                case Bar():
                    self.at += 1
                    self.evaluate(item)
                case _:
                    self.factors.append(self.factor())
        node = self._dotted(product(self._without_words()))
        for left, sign in reversed(self.pending):
            node = Function(_sign_name(sign, left, plain(node)), (left, plain(node)), span=over([left, node]))
        return node

    def _dotted(self, node: Node) -> Node:
        """The product with the places of its dots."""
        if not isinstance(node, Product) or not self.dots:
            return node
        pairs = enumerate(zip(node.factors, node.factors[1:], strict=False), 1)
        return replace(node, dots=tuple(i for i, (one, other) in pairs if any(one.span[1] <= at < other.span[0] for at in self.dots)))

    def _without_words(self) -> list[Node]:
        """Words before or behind the factors say when or why; between them they would be part of the term."""
        factors = self.factors
        while len(factors) > 1 and isinstance(factors[0], Words):
            factors = factors[1:]
        while len(factors) > 1 and isinstance(factors[-1], Words):
            factors = factors[:-1]
        for factor in factors[1:]:
            if isinstance(factor, Words):
                refuse(factor, "words between factors", "Put a comma before them.")
            if factor == Number(Fraction(0)) and not self.dots:  # f(x, u) 0 <= t <= T
                refuse(factor, "a 0 behind a factor", "Put a comma before it, where a condition begins.")
        return factors

    # Signs between factors

    def sign(self, sign: Sign) -> None:
        if sign.name == "cdot" and len(self.items) == 1:  # p(., T): a place for any argument
            self.at += 1
            self.factors.append(Letter("cdot", span=sign.span))
            return
        if not self.factors or self.at + 1 == len(self.items) or _is_sign(self.items[self.at + 1]):
            refuse(sign, f"`{sign.name}` without a factor on both sides", "Write the missing factor.")
        self.at += 1
        self.dots += [sign.span[0]] if sign.name == "cdot" else []
        if sign.kind == "SLASH":
            self.divide()
        elif sign.kind == "BINOP":
            self.pending.append((plain(product(self.factors)), sign))
            self.factors = []

    def divide(self) -> None:
        above = self.factors[-1]
        if isinstance(above, Differential) and isinstance(self.item, Prefix) and self.item.name == above.kind:
            self.factors[-1] = self.derivative(above)
            return
        if isinstance(above, Differential) and isinstance(self.item, Differential | Mixed):
            self.at += 1
            self.factors[-1] = fraction(above, self.items[self.at - 1])
            return
        if isinstance(above, Variation) and isinstance(self.item, Prefix) and self.item.name == "delta":
            self.factors[-1] = fraction(above, self.factor())
            return
        below = plain(self.factor())
        if not isinstance(below, Number) and self.item is not None and not isinstance(self.item, WAITING):
            refuse(below, "a slash with more than one factor behind it: a/(bc), or (a/b)c", "Write \\frac{}{}, or brackets.")
        top = plain(product(self.factors))
        self.factors = [Quotient(top, below, span=over([top, below]))]

    def derivative(self, above: Differential) -> Node:
        """df/dx, partial^2 f/partial x partial u, dL/dz(t), partial f/partial x(x, u): written with a slash."""
        found: list[Node] = []
        while isinstance(self.item, Prefix) and self.item.name == above.kind and len(found) < max(above.order, 1):
            prefix = self.item
            self.at += 1
            by = self.item
            if by is None or isinstance(by, WAITING):
                refuse(prefix, "a derivative by nothing", "Write what to differentiate by.")
            self.at += 1
            found.append(Differential(above.kind, self._place(by), span=over([prefix, by])))
        node = fraction(above, found[0] if len(found) == 1 else Mixed(tuple(found), span=over(found)))
        return self.operate(node) if isinstance(node, Operator) else self.calls(node)

    def _place(self, by: Node) -> Node:
        """z(t) of dL/dz(t): a single time belongs to the letter below."""
        found = opened(self.item) if self.item is not None else None
        is_time = isinstance(by, Letter) and by.name in self.letters.times
        if found is None or is_time or len(found[0].entries) != 1 or not isinstance(by, Letter):
            return by
        entry = found[0].entries[0]
        if not (isinstance(entry, Number) or only_times((entry,), self.letters)):
            return by
        self.at += 1
        return found[1](Call(by, (plain(entry),), span=over([by, found[0]])))

    # Bars

    def evaluate(self, bar: Bar) -> None:
        """A bar takes the factor before it, or the whole product where that is what can be meant."""
        if not self.factors:
            refuse(bar, "an evaluation bar with nothing before it", "Write what is evaluated before it.")
        if len(self.factors) == 1 or self._takes_all(bar):
            of = plain(product(self.factors))
            self.factors = []
        elif isinstance(base_of(self.factors[-1]), Derivative | Evaluated | Paren):
            of = plain(self.factors.pop())
        else:
            refuse(bar, "an evaluation bar behind several factors: of the last one, or of all", "Write brackets.")
        self.factors.append(bar.of(of, over([of, bar])))

    def _takes_all(self, bar: Bar) -> bool:
        if bar.less:
            return True
        sides = [place.sides[-1] if isinstance(place, Chain) else place for place in bar.at]
        if any(isinstance(place, Chain) and not only_times(place.sides[:1], self.letters) for place in bar.at):
            return False
        return bool(sides) and all(isinstance(side, Number) or only_times((side,), self.letters) for side in sides)

    # Factors

    def factor(self) -> Node:
        """The next factor with its arguments and operators."""
        self.nested += 1
        if self.nested > CHAINED and self.item is not None:
            refuse(self.item, f"more than {CHAINED} operators one after the other", "Give the inner part a letter of its own.")
        node = self._factor()
        self.nested -= 1
        return node

    def _factor(self) -> Node:
        item = self.item
        match item:
            case None:
                raise AssertionError("a factor past the end")
            case Sign(kind="NEG") if self.at + 1 < len(self.items):
                self.at += 1
                node = plain(self.factor())
                return Negative(node, span=over([item, node]))
            case Sign() | Bar():
                refuse(item, "a sign where a factor is missing", "Write the missing factor.")
            case Prefix():
                return self.prefixed()
            case Operator():
                self.at += 1
                return self.operate(item)
            case Head(big=True):
                self.at += 1
                return self.big(item)
            case Head():
                self.at += 1
                return self.function(item)
            case Front() if self.items[self.at + 1 :]:
                self.at += 1
                body = self.rest(item)
                return Integral(plain(body), item.by, item.lower, item.upper, span=over([item, body]))
        self.at += 1
        return self.calls(item)

    def calls(self, node: Node) -> Node:
        """`node` with the brackets behind it that are its arguments."""
        while self.item is not None and (found := opened(self.item)):
            if self._is_form(found[0]) or self._is_inverse(node, found[0]):
                break
            call = called(node, found[0], self.letters)
            if call is None:
                break
            node = replace(found[1](call), span=over([node, self.item]))
            self.at += 1
        return node

    def _is_form(self, paren: Paren) -> bool:
        """(x - y)^T Q (x - y): Q stands between a column and its transposed, so it is a matrix and no function."""
        before = self.factors[-1] if self.factors else None
        return isinstance(before, Transposed) and len(paren.entries) == 1 and plain(before.of) == plain(paren)

    def _is_inverse(self, node: Node, paren: Paren) -> bool:
        """B (Q + B^T P B)^{-1}: an inverse, and nobody calls a matrix."""
        item, base = self.item, base_of(node)
        inverse = isinstance(item, Power) and isinstance(item.exponent, Negative) and isinstance(first(paren.entries), Sum)
        return inverse and isinstance(base, Letter) and base.name not in self.letters.functions and len(paren.entries) == 1

    def rest(self, owner: Node) -> Node:
        """Everything behind a big operator, up to the next sum sign."""
        behind = self.items[self.at :]
        if not behind:
            refuse(owner, "an operator with nothing to act on", "Write its operand behind it.")
        self.at = len(self.items)
        return Term(behind, self.letters, self.depth + 1).read()

    def prefixed(self) -> Node:
        """d, delta, nabla, partial with what they act on, the innermost last."""
        prefixes: list[Prefix] = []
        while isinstance(self.item, Prefix):
            prefixes.append(self.item)
            self.at += 1
        if len(prefixes) > CHAINED:
            refuse(prefixes[0], f"more than {CHAINED} operators one after the other", "Give the inner part a letter of its own.")
        node = self._operand(prefixes)
        for prefix in reversed(prefixes):
            node = apply_prefix(prefix, node)
        assert node is not None
        return node

    def _operand(self, prefixes: list[Prefix]) -> Node | None:
        item, last = self.item, prefixes[-1]
        if isinstance(item, Sign) and item.name == "cdot" and last.name == "nabla":
            self.at += 1
            if self.item is None or isinstance(self.item, WAITING):
                refuse(last, "a divergence of nothing", "Write what it acts on.")
            prefixes.pop()
            divergence = plain(self.factor())
            return Function("div", (divergence,), span=over([last, divergence]))
        if item is None or isinstance(item, WAITING):
            return None
        if last.name == "delta" and isinstance(item, Paren) and only_times(item.entries, self.letters):
            prefixes.pop()
            self.at += 1
            return Call(Letter("delta", span=last.span), tuple(plain(entry) for entry in item.entries), span=over([last, item]))
        return self.factor()

    def operate(self, operator: Operator) -> Node:
        """d/dt takes the bracket behind it or the only factor behind it."""
        item = self.item
        if isinstance(item, Bar) and self.at + 1 < len(self.items):
            self.at += 1
            node = self.operate(operator)
            return item.of(node, node.span)
        if item is None or isinstance(item, WAITING):
            refuse(operator, "a derivative of nothing", "Write what to differentiate behind it.")
        found = opened(item)
        if found and len(found[0].entries) == 1 and found[0] is item:
            self.at += 1
            operand: Node = plain(item)
        elif self._is_whole(operator):
            operand = plain(self.rest(operator))
        else:
            operand = plain(self.factor())
            if self.item is not None and not isinstance(self.item, Bar):
                refuse(operator, "a derivative of more than one factor without brackets", "Write brackets around what it acts on.")
        return Derivative(operand, operator.by, operator.kind, span=over([operator, operand]))

    def _is_whole(self, operator: Operator) -> bool:
        """\\frac{d}{dt}\\, p^T v: a thin space behind a rate, and none further on, sets it before the whole product."""
        items = [operator, *self.items[self.at :]]
        gaps = [any(left.span[1] <= gap < right.span[0] for gap in self.letters.gaps) for left, right in pairwise(items)]
        rate = operator.kind == "total" and only_times(operator.by, self.letters)
        return rate and gaps[0] and not any(gaps[1:]) and not any(isinstance(item, WAITING) for item in items[1:])

    # Functions and big operators

    def function(self, head: Head) -> Node:
        item = self.item
        if len(self.items) == 1 and head.name in NAMED and not head.above:
            return Letter(head.name, span=head.span)
        if item is None or isinstance(item, WAITING):
            refuse(head, f"`{head.name}` without an argument", "Write its argument in brackets.")
        found = opened(item)
        if found:
            self.at += 1
            arguments = tuple(plain(entry) for entry in found[0].entries)
            return replace(found[1](_apply(head, arguments, over([head, found[0]]))), span=over([head, item]))
        argument = self._bare_argument(head)
        return _apply(head, (argument,), over([head, argument]))

    def _bare_argument(self, head: Head) -> Node:
        """sin 2x, cos omega t, log p(x): one factor, or letters that can only be meant together; a thin space ends it."""
        factor, following = self.factor(), self.items[self.at + 1 : self.at + 2]
        slashed = isinstance(self.item, Sign) and self.item.kind == "SLASH" and isinstance(factor, Differential)
        if isinstance(factor, Differential) and slashed and following and getattr(following[0], "name", "") == factor.kind:
            self.at += 1  # tr df/dx
            factor = self.derivative(factor)
        if head.name in ("log", "ln") and isinstance(factor, Letter) and (density := valued(factor, self.item)) is not None:
            self.at += 1
            return density
        factors = [plain(factor)]
        while isinstance(self.item, Letter | Number | Pi) and all(isinstance(factor, Letter | Number | Pi) for factor in factors):
            if self._parted(factors[-1]):
                break
            factors.append(plain(self.factor()))
        together = len(factors) == 1 or isinstance(factors[0], Number | Pi) or only_times((factors[-1],), self.letters)
        open_end = self.item is not None and not isinstance(self.item, WAITING) and not _starts_function(self.item)
        open_end = open_end and not self._parted(factors[-1])
        if not together or len(factors) > 3 or (open_end and not opened(factors[-1])):
            refuse(head, f"`{head.name}` of how many factors", "Write its argument in brackets.")
        return plain(product(factors))

    def _parted(self, factor: Node) -> bool:
        """Does a thin space follow, and no time: sin omega t may have one within?"""
        if self.item is None or only_times((self.item,), self.letters):
            return False
        return any(factor.span[1] <= gap < self.item.span[0] for gap in self.letters.gaps)

    def big(self, head: Head) -> Node:
        """Sums, limits, extrema and expectations take the rest of the term."""
        found = opened(self.item) if self.item is not None else None
        if head.name in ("min", "max") and not head.below and found and len(found[0].entries) > 1:
            self.at += 1
            return found[1](Function(head.name, tuple(plain(entry) for entry in found[0].entries), span=over([head, found[0]])))
        if head.name == "E":
            return self.expectation(head, found)
        body = plain(self.rest(head)) if self.item is not None else None
        return _big(head, body)

    def expectation(self, head: Head, found: tuple | None) -> Node:
        over_ = plain(head.below[0]) if head.below else None
        if found is None and self.item is not None:  # E x x^T of the whole term
            body = plain(self.rest(head))
            return Expectation(body, over_, span=over([head, body]))
        if not found or len(found[0].entries) != 1:
            refuse(head, "an expectation without brackets", "Write \\mathbb{E}[...].")
        self.at += 1
        return found[1](Expectation(plain(found[0]), over_, span=over([head, found[0]])))


def _is_sign(item: Node) -> bool:
    return isinstance(item, Sign) and item.kind != "NEG"


def _sign_name(sign: Sign, left: Node, right: Node) -> str:
    """The circle between values, as in sigma'(z) o (a - y), is the product entry by entry; between letters maps follow each other."""
    values = isinstance(left, Call | Product | Sum) or isinstance(right, Sum)
    return "hadamard" if sign.name == "compose" and values else sign.name


def _starts_function(item: Node) -> bool:
    return isinstance(item, Head) and not item.big


NAMED = ("tanh", "sin", "cos", "exp")  # the functions themselves, sigma = tanh


ONE, TWO = Number(Fraction(1)), Number(Fraction(2))
SLOPES: dict[str, Callable[[Node], Node]] = {  # of tanh', sin' and the like
    "tanh": lambda z: Sum((ONE, Negative(Power(Function("tanh", (z,)), TWO)))),
    "sin": lambda z: Function("cos", (z,)),
    "cos": lambda z: Negative(Function("sin", (z,))),
    "exp": lambda z: Function("exp", (z,)),
}


def _sloped(head: Head, arguments: tuple[Node, ...]) -> Node:
    if head.name not in SLOPES or head.below or len(head.above) > 1:
        refuse(head, f"`{head.name}` with a prime", "Write its derivative out.")
    return SLOPES[head.name](_single(head, arguments))


def _apply(head: Head, arguments: tuple[Node, ...], span: tuple[int, int]) -> Node:
    if Letter("prime") in head.above:
        return replace(_sloped(head, arguments), span=span)
    if head.name in "oO":
        return BigO(_single(head, arguments), head.name == "o", span=span)
    below = plain(head.below[0]) if head.below else None
    node: Node = Function(head.name, arguments, below, span=span)
    return Power(node, plain(head.above[0]), span=span) if head.above else node


def _single(head: Head, arguments: tuple[Node, ...]) -> Node:
    if len(arguments) != 1:
        refuse(head, f"`{head.name}` of several arguments", "Write one.")
    return arguments[0]


def _big(head: Head, body: Node | None) -> Node:
    span = over([head, body]) if body else head.span
    below = [plain(entry) for entry in head.below]
    if head.name in ("sum", "product"):
        if body is None:
            refuse(head, f"a {head.name} of nothing", "Write its terms behind it.")
        upper = plain(head.above[0]) if head.above else None
        series = _series(head.name, below, upper, body, span)
        return _multiplied(series) if head.name == "product" else series
    if head.name == "lim":
        towards = below[0] if below else None
        if body is None or not isinstance(towards, Chain) or towards.relations != ("to",):
            refuse(head, "a limit without what goes where", "Write \\lim_{\\epsilon \\to 0}.")
        to = towards.sides[1]
        sided = isinstance(to, Evaluated) and to.at in ((Letter("+"),), (Letter("-"),))  # of smooth things both sides agree
        return Limit(body, towards.sides[0], to.of if sided and isinstance(to, Evaluated) else to, span=span)
    if len(below) > 1:
        return Extremum(head.name, Product(tuple(below), span=over(below)), body, span=span)
    return Extremum(head.name, below[0] if below else None, body, span=span)


def _series(kind: str, below: list[Node], upper: Node | None, body: Node, span: tuple[int, int]) -> Series:
    first = below[0] if len(below) == 1 else None
    if isinstance(first, Chain) and first.relations == ("=",):
        return Series(kind, body, first.sides[0], first.sides[1], upper, span=span)
    if upper is None and (counted := _ordered(below)) is not None:
        return Series(kind, body, counted, below[-1], None, span=span)
    if len(below) > 1:
        first = Product(tuple(below), span=over(below))
    return Series(kind, body, first, None, upper, span=span)


def _multiplied(series: Series) -> Node:
    """prod_k A_k v is (prod_k A_k) v, where v knows nothing of k, but W of prod_k diag(a_k) W is a factor of each."""
    factors = series.body.factors if isinstance(series.body, Product) else ()
    kept = (i for i, factor in enumerate(factors) if any(part == series.index for part in walk(factor)) or _is_matrix(factor))
    last = max(kept, default=len(factors) - 1)
    inner, outer = factors[: last + 1], factors[last + 1 :]
    if not outer:
        return series
    body = inner[0] if len(inner) == 1 else Product(inner, span=over(inner))
    return Product((replace(series, body=body, span=(series.span[0], body.span[1])), *outer), span=series.span)


def _is_matrix(factor: Node) -> bool:
    inner = factor.of if isinstance(factor, Transposed) else factor
    return isinstance(inner, Letter) and inner.name[:1].isupper() and not inner.below


def _ordered(below: list[Node]) -> Letter | None:
    """i of `i: t_i > t` and of `t_i > t`."""
    where = below[-1] if below else None
    if not isinstance(where, Chain) or len(where.relations) != 1 or where.relations[0] not in ("<", ">", "<=", ">="):
        return None
    counters = {side.below[0] for side in where.sides if isinstance(side, Letter) and len(side.below) == 1}
    counters = {letter for letter in counters if (isinstance(letter, Letter) and len(below) == 1) or below[:-1] == [letter]}
    counter = counters.pop() if len(counters) == 1 else None
    return counter if isinstance(counter, Letter) else None


# Derivatives


def apply_prefix(prefix: Prefix, node: Node | None) -> Node:
    """One of d, partial, delta, nabla, D on what stands behind it (None at the end of a numerator)."""
    span = over([prefix, node]) if node else prefix.span
    by = prefix.by if len(prefix.by) == prefix.order else prefix.by * prefix.order
    if prefix.by or prefix.name == "nabla":
        if node is None:
            refuse(prefix, "an operator with nothing to act on", "Write its operand behind it.")
        kind = {"nabla": "nabla", "delta": "functional", "d": "through"}.get(prefix.name, "partial")
        return _outside(node, lambda inner: _repeated(plain(inner), by, kind, prefix.order, span))
    if prefix.name == "delta":
        return _varied(prefix, node, span)
    if prefix.name == "D" and node is not None:
        return _outside(node, lambda inner: Derivative(plain(inner), (), "partial", span=span))
    return Differential("d" if prefix.name == "D" else prefix.name, node, prefix.order, span=span)


def _repeated(node: Node, by: tuple[Node, ...], kind: str, order: int, span: tuple[int, int]) -> Node:
    """nabla^2 f, by what it acts on as often as that: what it is by stands nowhere."""
    made = Derivative(node, by, kind, span=span)
    for _ in range(0 if by else order - 1):
        made = Derivative(made, by, kind, span=span)
    return made


def _outside(node: Node, act) -> Node:
    """nabla f^T is the transposed of nabla f."""
    return replace(node, of=act(node.of)) if isinstance(node, Transposed) else act(node)


def _varied(prefix: Prefix, node: Node | None, span: tuple[int, int]) -> Node:
    if node is None:
        return Letter("delta", span=span)
    node = _labelled(node)
    if isinstance(node, Power) and opened(node) is None:
        refuse(prefix, "a variation before a power: (\\delta x)^2, or \\delta(x^2)", "Write brackets.")

    def act(inner: Node) -> Node:
        varied = plain(inner)
        for _ in range(prefix.order):
            varied = Variation(varied, span=span)
        return varied

    return _outside(node, act)


def _labelled(node: Node) -> Node:
    """x^0 of delta x^0 and J^{aug} of delta J^{aug}: marks, for nobody varies a power so."""
    exponent = node.exponent if isinstance(node, Power) else node
    named = isinstance(exponent, Letter) and exponent.name.isalpha() and len(exponent.name) > 1 and exponent.name not in GREEK
    if isinstance(node, Power) and isinstance(node.base, Letter) and (named or exponent == Number(Fraction(0))):
        return replace(node.base, above=(*node.base.above, exponent), span=node.span)
    return node


def fraction(above: Node, below: Node) -> Node:
    """A derivative where both halves are differentials of one kind, else a quotient; d/2 is half the number d."""
    span = over([above, below])
    top, rest = (above.factors[0], above.factors[1:]) if isinstance(above, Mixed) else (above, ())
    places = below.factors if isinstance(below, Mixed) else (below,)
    if isinstance(above, Variation) and isinstance(below, Variation):
        return Derivative(above.of, (below.of,), "functional", span=span)
    if isinstance(top, Differential) and all(isinstance(place, Differential) for place in places):
        return _derivative(top, rest, [place for place in places if isinstance(place, Differential)], span)
    number = isinstance(above, Differential) and above.kind == "d" and above.of is None and above.order == 1
    return Quotient(Letter("d", span=above.span) if number else plain(above), plain(below), span=span)


def _derivative(top: Differential, rest: tuple[Node, ...], places: list[Differential], span: tuple[int, int]) -> Node:
    by = tuple(letter for place in places for letter in _times(place))
    if any(place.kind != top.kind for place in places):
        _mixed(top)
    if len(by) != top.order:
        refuse(top, f"a derivative of order {top.order} by {len(by)}", "Write the same order above and below.")
    kind = {"d": "total", "partial": "partial", "delta": "functional"}[top.kind]
    if top.of is None:
        return Operator(by, kind, span=span)
    of = plain(product([top.of, *rest])) if rest else plain(top.of)
    return Derivative(of, by, kind, span=span)


def _mixed(top: Differential) -> NoReturn:
    refuse(top, "a fraction of `d` over `∂`, or of `∂` over `d`", "Use the same sign above and below.")


def _times(place: Differential) -> tuple[Node, ...]:
    """t, t of dt^2; the order of a derivative stands at the letter below."""
    match place.of:
        case None:
            refuse(place, "a derivative by nothing", "Write what to differentiate by.")
        case Power(exponent=Number(value=order)) if order in range(1, 9) and place.order == 1:
            return (plain(place.of.base),) * int(order)
    return (plain(place.of),)
