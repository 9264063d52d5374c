"""Is a bracket behind a node its arguments or a factor?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.reading.ambiguities import Letters
from adjointcheck.notes.reading.instants import instant
from adjointcheck.notes.reading.parts import Paren, first, plain, refuse
from adjointcheck.notes.reading.signs import GREEK
from adjointcheck.notes.reading.tree import (
    Call,
    Derivative,
    Evaluated,
    Integral,
    Letter,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    Transposed,
    Variation,
    Vector,
    unsigned,
    walk,
)

INDICES = frozenset("ijklmnN")
HAMILTONIANS = frozenset({"H", "mathcal{H}"})  # functions that nobody multiplies by themselves
WEIGHTS = frozenset({"w", "omega", "alpha", "beta", "gamma", "kappa", "q", "lambda"})
MULTIPLIERS = frozenset({"lambda", "mu", "nu", "pi", "psi", "eta", "xi", "p", "q"})
RATES = frozenset({"eta", "alpha", "gamma", "kappa", "tau"})  # how far a step of an iteration goes
SIGNS = frozenset({"+", "-", "plus", "minus"})
SLOPED = frozenset({"f", "L", "H", "J", "ell", "mathcal{H}", "mathcal{L}"})  # functions with a letter below that differentiates
USUAL = SLOPED | {"phi", "varphi", "Phi", "g", "F"}  # functions by habit: L[x(t), u(t), t] before anything says so
GAINS, DATA = frozenset("KLG"), frozenset("yzd")
TINY = frozenset({"epsilon", "varepsilon"})  # small numbers
GROWTH = frozenset({"mu", "alpha", "beta", "gamma", "kappa", "rho", "nu", "a", "b", "c", "k", "r"})
WEIGHED = frozenset({"theta", "phi", "vartheta", "w"})  # the weights of p_theta, a density
NEVER_CALLED = frozenset({"dots", "infty"})


def opened(node: Node) -> tuple[Paren, Callable[[Node], Node]] | None:
    """The bracket inside `node`, and how to put what is written at it around something else; None without one."""
    match node:
        case Paren():
            return node, lambda inner: inner
        case Transposed(of=inner) | Evaluated(of=inner):
            return _within(inner, lambda inside: replace(node, of=inside))
        case Power(base=inner):
            return _within(inner, lambda inside: replace(node, base=inside))
    return None


def _within(inner: Node, around: Callable[[Node], Node]) -> tuple[Paren, Callable[[Node], Node]] | None:
    found = opened(inner)
    return found and (found[0], lambda inside: around(found[1](inside)))


def called(head: Node, paren: Paren, letters: Letters) -> Node | None:
    """`head` called with the entries of `paren`; None when they are a product; raises NotRead when both could be meant."""
    if not _is_call(head, paren, letters):
        return None
    arguments = tuple(plain(entry) for entry in paren.entries)
    span = (head.span[0], paren.span[1])
    return _push(head, lambda inner: Call(inner, arguments, paren.separators, span=(inner.span[0], span[1])), span)


def _push(head: Node, call: Callable[[Node], Node], span: tuple[int, int]) -> Node:
    """Call what is inside: lambda^T(t) is the transposed of lambda(t)."""
    match head:
        case Transposed() | Variation():
            return replace(head, of=_push(head.of, call, span), span=span)
        case Power():
            return replace(head, base=_push(head.base, call, span), span=span)
        case Paren(entries=(entry,)) if isinstance(slope := first((entry,)), Derivative):
            return call(slope)
    return call(head)


def base_of(head: Node) -> Node:
    """The node that a bracket behind `head` would be an argument of."""
    while isinstance(head, Transposed | Variation | Power):
        head = head.base if isinstance(head, Power) else head.of
    return head


def _is_call(head: Node, paren: Paren, letters: Letters) -> bool:
    base = base_of(head)
    if paren.opener not in "([" or not paren.entries:
        return False
    power = head.of if isinstance(head, Transposed) else head  # B^{-T} (x - x_b)
    if isinstance(power, Power) and not only_times(paren.entries, letters) and _inverts(power.exponent):
        return False
    if len(paren.entries) > 1:
        usual = USUAL - letters.signals - letters.plain
        named = isinstance(base, Letter) and base.name in letters.functions | HAMILTONIANS | usual and not base.below  # f[x, u, t]
        return isinstance(base, Letter | Derivative | Call | Paren) and (paren.opener == "(" or named)
    content = first(paren.entries)
    match base:
        case Letter():
            return base.name not in NEVER_CALLED and _letter_calls(head, base, paren, content, letters)
        case Derivative():
            return _derivative_called(base, content, letters)
        case Paren():
            timed = isinstance(content, Letter) and content.name in letters.times
            return paren.opener == "(" and (timed or _is_by(first(base.entries), content))
        case Vector():
            return paren.opener == "(" and is_place(content) and only_times((content,), letters)
    return False


def _is_by(slope: Node, content: Node) -> bool:
    """x(T) behind (dPhi/dx)^T: where the derivative by that letter is taken."""
    placed = content.function if isinstance(content, Call) else content
    return isinstance(slope, Derivative) and isinstance(placed, Letter) and any(
        isinstance(by, Letter) and by.name == placed.name for by in slope.by)


def _inverts(exponent: Node) -> bool:
    """-1 of B^{-1} (x - x_b), a product."""
    return isinstance(exponent, Negative) and isinstance(exponent.of, Number)


def _letter_calls(head: Node, base: Letter, paren: Paren, content: Node, letters: Letters) -> bool:
    if isinstance(content, Sum) and base in map(unsigned, content.terms):
        return False  # y (1 - y)
    if base.name in (USUAL | letters.functions) - letters.plain - letters.signals and _is_mean(content):
        return True
    path = isinstance(content, Letter) and content.name in letters.indexed  # p^i(t) is a value, though t counts layers
    if base.name in letters.indexed - letters.functions and (base.below or base.above) and path and not only_times((content,), letters):
        return False  # delta_l (a_{l-1})^T, a factor
    if is_place(content):
        if paren.opener == "[" and base.name in letters.signals and not only_times((content,), letters):
            return False  # p [a(x, u)], a factor
        return not (base.name in letters.plain and paren.opener == "[" and isinstance(content, Call))
    moments = letters.times | INDICES if base.name in letters.signals else letters.times
    if base.name in letters.signals and (_shifts_time(content, letters) or instant(content)):
        return True
    if letters.declares(base.name) and base.name not in letters.plain and made_of((content,), moments):
        return True
    if base.name in letters.uses.stepped and made_of((content,), letters.times | INDICES):
        return True
    if isinstance(content, Variation) or _is_linear(content):
        return base.name in letters.functions and not base.below and not isinstance(head, Transposed)
    if base.name in letters.functions:
        if base.below and isinstance(content, Paren) and len(content.entries) > 1:  # f_aug([x, theta, t])
            return True
        moved = isinstance(content, Sum) and _is_moved(content, base.below)  # f_x(x_n + h k_1)
        if base.below and not (moved or base.name in letters.indexed or only_times((content,), letters)):
            refuse(paren, f"`{base.name}` with an index before a bracket: its value at a place, or a factor", "Write a dot before it.")
        return True
    if interval(base) is not None:
        return True
    if base.name in TINY and not base.below:
        return False
    spaced = any(head.span[1] <= gap < paren.span[0] for gap in letters.gaps)  # h\, (A - I)
    factor = spaced or base.name in letters.plain or base.name in letters.signals or isinstance(head, Transposed) or paren.opener == "["
    factor = factor or (isinstance(content, Sum) and any(getattr(mark, "name", "") in SIGNS for mark in base.above))  # eta^+ (U - u)
    weighs = (_corrects, _multiplies, _weighs, _steps, _saturates)
    if factor or _is_defect(content) or any(is_factor(base, content) for is_factor in weighs):
        return False
    if base.name in letters.uses.applied or (base.name.isalpha() and len(base.name) > 1 and base.name not in GREEK):
        return True
    if base.name in letters.uses.factors and not (base.name in letters.uses.timed and only_times((content,), letters)):
        return False
    refuse(paren, f"`{base.name}(...)`: a function of something, or a product", f"Declare {base.name}, or write a dot before a factor.")


def interval(letter: Letter) -> tuple[Node, Node] | None:
    """a and b of P_{[a,b]}, the projection on an interval."""
    below = letter.below[0] if len(letter.below) == 1 else None
    cells = below.rows[0] if isinstance(below, Vector) and len(below.rows) == 1 else ()
    return (cells[0], cells[1]) if len(cells) == 2 else None


def _corrects(base: Letter, content: Node) -> bool:
    """K (y - H x): a gain before what data and state differ by."""
    if not isinstance(content, Sum) or len(content.terms) != 2 or base.name not in GAINS or base.above:
        return False
    data, less = content.terms
    return isinstance(data, Letter) and data.name in DATA and isinstance(less, Negative) and isinstance(less.of, Product | Call)


def _steps(base: Letter, content: Node) -> bool:
    """eta (L_u + p f_u)^T: how far, before a sum of slopes."""
    parts = list(walk(content))
    partial = any(isinstance(part, Letter) and part.below and part.name in SLOPED for part in parts)
    slopes = partial or any(isinstance(part, Derivative | Integral | Transposed) for part in parts)
    return base.name in RATES and isinstance(content, Sum) and slopes


def _weighs(base: Letter, content: Node) -> bool:
    """w_i (y_i - d_i): a weight, whose index stands in the sum behind it."""
    terms = content.terms if isinstance(content, Sum) and base.name in WEIGHTS else ()
    inner = [term.of if isinstance(term, Negative) else term for term in terms]
    letters = [base_of(term.function if isinstance(term, Call) else term) for term in inner]
    return any(index in letter.below for index in base.below for letter in letters if isinstance(letter, Letter))


def _saturates(base: Letter, content: Node) -> bool:
    """mu (1 - x^2), r (1 - x/K): a rate, before what is left of one."""
    one, less = content.terms if isinstance(content, Sum) and len(content.terms) == 2 else (content, content)
    used = less.of if one == Number(Fraction(1)) and isinstance(less, Negative) else None
    return base.name in GROWTH and not base.below and isinstance(used, Power | Quotient | Product)


def _is_defect(content: Node) -> bool:
    """xdot - f(x), f - xdot, x' - f(x): what a multiplier stands before."""
    terms = [term.of if isinstance(term, Negative) else term for term in content.terms] if isinstance(content, Sum) else []
    parts = [part for term in terms for part in (term.factors if isinstance(term, Product) else (term,))]
    primed = any(isinstance(term, Letter) and [getattr(mark, "name", "") for mark in term.above] == ["prime"] for term in terms)
    return primed or any(isinstance(part, Letter) and part.accents[-1:] in (("dot",), ("ddot",)) for part in parts) or any(
        isinstance(part, Derivative) and part.kind == "total" for part in parts)


def _multiplies(base: Letter, content: Node) -> bool:
    """mu_{k+1} (f(x_k) - x_{k+1}), lambda_1 (x_2 - u x_1): a multiplier with an index, before a sum."""
    weighed = any(isinstance(part, Letter) and part.name in WEIGHED for part in base.below)
    return base.name in MULTIPLIERS and bool(base.below) and not weighed and isinstance(content, Sum)


def is_place(content: Node) -> bool:
    """A single letter, value or number: nobody puts a lone factor into brackets."""
    return isinstance(content, Letter | Call | Number) or (isinstance(content, Evaluated) and isinstance(content.of, Letter))


def _is_linear(content: Node) -> bool:
    if isinstance(content, Sum):
        return all(isinstance(term, Variation) or _is_linear(term) for term in content.terms)
    inner = content.of if isinstance(content, Negative) else content
    return isinstance(inner, Variation) or (isinstance(inner, Product) and any(isinstance(factor, Variation) for factor in inner.factors))


def _derivative_called(base: Derivative, content: Node, letters: Letters) -> bool:
    if is_place(content) or only_times((content,), letters) or _is_mean(content):
        return True
    first = content.terms[0] if isinstance(content, Sum) else content
    if isinstance(content, Sum) and _is_moved(content, base.by):
        return True
    if first in base.by:
        refuse(content, "a bracket behind a derivative: its value at a place, or a factor", "Write a dot before a factor.")
    return False


def _is_moved(content: Sum, by: tuple[Node, ...]) -> bool:
    """x_n + h k_1, x + h f(x) / 2 behind a derivative by x: the state a step further, and no difference of states."""
    names = [letter.name for letter in by if isinstance(letter, Letter)]
    first, *steps = content.terms
    counted = all(isinstance(step, Product) and any(_is_step(factor) for factor in step.factors) for step in steps)
    return isinstance(first, Letter) and first.name in names and bool(steps) and counted


def _is_mean(content: Node) -> bool:
    """(x_k + x_{k+1})/2, a state between two."""
    factors = content.factors if isinstance(content, Product) and len(content.factors) == 2 else (content, content)
    terms = unsigned(content.above if isinstance(content, Quotient) else factors[1])
    states = terms.terms if isinstance(terms, Sum) and len(terms.terms) == 2 else ()
    names = {letter.name for letter in states if isinstance(letter, Letter) and letter.below}
    half = isinstance(content, Quotient) or isinstance(factors[0], Number | Quotient)
    return half and len(states) == 2 and len(names) == 1 and all(isinstance(letter, Letter) for letter in states)


def _is_step(factor: Node) -> bool:
    """h, h/2, Delta t."""
    above = factor.above if isinstance(factor, Quotient) else factor
    return isinstance(above, Letter) and (above.name == "h" or "Delta" in above.accents)


def _shifts_time(content: Node, letters: Letters) -> bool:
    """t + epsilon: a time and what is added to it."""
    terms = content.terms if isinstance(content, Sum) else ()
    times = [term for term in terms if isinstance(term, Letter) and term.name in letters.times]
    return bool(times) and not any(isinstance(term, Letter) and term.name in letters.signals for term in terms)


def only_times(entries: tuple[Node, ...], letters: Letters) -> bool:
    """True when nothing but times and numbers stands there."""
    return made_of(entries, letters.times)


def made_of(entries: tuple[Node, ...], names: frozenset[str]) -> bool:
    """True when nothing but letters of those names, time steps and numbers stands there, and one of the letters."""
    waiting, seen = list(entries), False
    while waiting:
        node = waiting.pop()
        match node:
            case Letter():
                if node.name not in names and node.name != "h" and "Delta" not in node.accents:
                    return False
                seen |= node.name in names
            case Sum():
                waiting += node.terms
            case Product():
                waiting += node.factors
            case Quotient():
                waiting += (node.above, node.below)
            case Negative():
                waiting.append(node.of)
            case Number():
                pass
            case _:
                return False
    return seen


def valued(letter: Letter, item: Node | None) -> Call | None:
    """p_{k+1}(z_{k+1}) behind a logarithm, which is a density where it stands and no product."""
    content = first(item.entries) if isinstance(item, Paren) and item.opener == "(" and len(item.entries) == 1 else None
    return Call(letter, (content,), (), span=(letter.span[0], item.span[1])) if isinstance(content, Letter) and item is not None else None
