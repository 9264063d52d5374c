"""What is written below and above: an index, a power, a transposition, a star, a place."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.reading.ambiguities import LASTS, SAMPLE, Letters
from adjointcheck.notes.reading.calls import HAMILTONIANS, INDICES, only_times
from adjointcheck.notes.reading.parts import Bar, Head, Mixed, Paren, Prefix, Scripts, bare_letters, first, is_number, over, plain, refuse
from adjointcheck.notes.reading.tree import (
    NATURAL,
    Call,
    Chain,
    Derivative,
    Evaluated,
    Extremum,
    Function,
    Letter,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Transposed,
    Variation,
    unsigned,
)

COSTS = frozenset({"J", "mathcal{J}", "C", "E", "V", "W", "S", "L", "mathcal{L}"})
TRANSPOSES = frozenset({"top", "intercal"})
MARKS = frozenset({"*", "dagger", "prime", "+", "-", "circ", "opt", "dots"})
COMPONENTS = (Letter("i"), Letter("j"))  # p^i of a path: no power of a vector
SMALL = frozenset({"h", "epsilon", "varepsilon", "tau", "e"})
VARIABLES = frozenset("hijklmnpqrstuvwxyz")  # by which one differentiates, or counts
LABELS = frozenset("in out data init ref obs true model target des".split())  # x^{in}, which no power is called
WORDS = frozenset({"min", "run"})
VALUED = frozenset("cpv")  # above a Hamiltonian: in current, present values
OPTIMAL = ("*", "star", "ast", "opt")  # below a letter these never transpose


def gather(scripts: list[Scripts], owner: Node) -> Scripts:
    """All scripts of one owner; raises NotRead when one place is used twice."""
    found = Scripts(span=owner.span)
    for script in scripts:
        twice = (script.below is not None and found.below is not None) or (script.above is not None and found.above is not None)
        if twice:
            refuse(script, "two indices, or two exponents, one after the other", "Put them into one pair of braces.")
        below = found.below if script.below is None else script.below
        above = found.above if script.above is None else script.above
        found = Scripts(below, above, found.primes + script.primes, span=over([found, script]))
    return found


def scripted(base: Node, scripts: list[Scripts], letters: Letters) -> Node:
    """`base` with what is written at it."""
    if not scripts:
        return base
    found = gather(scripts, base)
    match base:
        case Prefix():
            return _prefix(base, found)
        case Head():
            marks = (*(found.above or ()), *(Letter("prime"),) * found.primes)
            return replace(base, below=found.below or (), above=marks, span=over([base, found]))
        case Letter(name="e") if found.above is not None and found.below is None and not letters.declares("e") and not base.accents:
            return _exponential(base, found, letters)
        case Function() if base == NATURAL and found.above is not None and found.below is None:
            return _exponential(base, found, letters)
        case Paren(opener="[" | "(" | "." | "\\{") if found.below is not None:
            return _at_places(base, found, letters)
    node = _sampled(below(base, found.below, found.span), letters)
    node = _primes(node, found.primes, letters)
    for mark in _split(found.above or (), found, letters):
        node = above(node, mark, letters)
    return replace(node, span=over([base, found]))


def _prefix(base: Prefix, found: Scripts) -> Prefix:
    order = 1
    if found.above is not None:
        if len(found.above) != 1 or not isinstance(found.above[0], Number) or found.above[0].value not in range(1, 9):
            refuse(found, "an order of differentiation that is not a small number", "Write it as \\partial^2.")
        order = int(found.above[0].value)
    entries = tuple(part for entry in found.below or () for part in (bare_letters(plain(entry)) or (plain(entry),)))
    return replace(base, order=order, by=entries, span=over([base, found]))


def _exponential(base: Node, found: Scripts, letters: Letters) -> Node:
    exponent = found.above or ()
    horizon = "e" in letters.numbers and [unsigned(plain(part)) for part in exponent] == [Letter("T")]
    if len(exponent) != 1 or (_marks(exponent[0], letters) and not horizon):
        refuse(base, "`e` with a mark above: a letter, or the exponential", "Declare e, or write \\exp(T).")
    return Function("exp", (plain(first(exponent)),), span=over([base, found]))


def below(node: Node, entries: tuple[Node, ...] | None, span: tuple[int, int]) -> Node:
    """An index of a letter, the kind of a norm, the place of anything else."""
    if entries is None:
        return node
    least = getattr(node, "name", "") in COSTS  # J_{\min} is a value of J, u_{\max} a bound
    done = tuple(part for entry in entries for part in ((entry,) if least and isinstance(entry, Extremum) else _letters(plain(entry))))
    match node:
        case Letter(below=()) if len(done) == 1 and getattr(done[0], "name", "") in OPTIMAL:
            return _marked(node)
        case Letter(below=()):
            return replace(node, below=done)
        case Function(below=None) if len(done) == 1:
            return replace(node, below=done[0])
    return Evaluated(node, done, span=span)


def _sampled(node: Node, letters: Letters) -> Node:
    """x_i and x_{i,t} of a sample."""
    mark = Letter(letters.sample)
    if not letters.sample or not isinstance(node, Letter) or mark not in node.below or node.name in letters.times:
        return node
    return replace(node, below=tuple(part for part in node.below if part != mark), above=(*node.above, Letter(SAMPLE)))


def _named(entry: Node) -> Node:
    """max of u_{\\max} and u^{(\\max)}."""
    bare = isinstance(entry, Extremum) and entry.over is None and entry.body is None
    return Letter(entry.kind, span=entry.span) if bare else entry  # type: ignore[attr-defined]


def _letters(entry: Node) -> tuple[Node, ...]:
    """x and u of f_{xu}; f_{aug}, x_{ref} and u_{\\max} have a word below."""
    entry = _named(entry)
    found = bare_letters(entry) or (entry,)
    names = [getattr(part, "name", "") for part in found]
    word = len(names) > 2 and all(len(name) == 1 for name in names) and not {*names} <= VARIABLES
    return (Letter("".join(names), span=entry.span),) if word or "".join(names) in WORDS else found


def _at_places(base: Paren, found: Scripts, letters: Letters) -> Node:
    """[a]_{t_0}^{t_1} is a difference of two values, (A)_k^T is a transposed part."""
    places = tuple(plain(entry) for entry in found.below or ())
    whole = over([base, found])
    if base.opener == "(" and len(base.entries) == 2 and found.above is None and len(places) == 1 and _is_space(places[0]):
        return Function("inner", tuple(map(plain, base.entries)), places[0], span=whole)
    if found.above is None:
        return Evaluated(base, places, span=whole)
    top = found.above[0]
    if base.opener == "." and len(found.above) == len(places) == 1 and not _turns(top, places[0], letters):
        return Evaluated(base, (plain(top),), places, span=whole)
    final_time = isinstance(top, Letter) and top.name in letters.transposes and base.opener in "[." and _is_start(places[0])
    difference = len(found.above) == len(places) == 1 and (final_time or not _marks(top, letters))
    if difference and not is_number(top, 2):
        return Evaluated(base, (plain(top),), places, span=whole)
    node: Node = Evaluated(base, places, span=whole)
    for mark in _split(found.above, found, letters):
        node = above(node, mark, letters)
    return node


def _is_space(place: Node) -> bool:
    """L^2, L^2(0, T), R^n and U of the scalar product (g, v)_U."""
    whole = place.base if isinstance(place, Power) else place
    letter = whole.function if isinstance(whole, Call) else whole
    name = letter.name if isinstance(letter, Letter) else ""
    return name.removeprefix("mathcal{").removeprefix("mathbb{")[:1] in ("L", "H", "U", "R")


def _is_start(place: Node) -> bool:
    """0, t_0, t = 0: what stands below [..]_0^T, unlike the place of a transposed matrix [..]_{t=T}^T."""
    value = place.sides[-1] if isinstance(place, Chain) else place
    return isinstance(value, Number) or (isinstance(value, Letter) and value.below[:1] in ((Number(Fraction(0)),), (Letter("i"),)))


def _turns(top: Node, place: Node, letters: Letters) -> bool:
    """Does a mark above an evaluation bar transpose?  The T of |_0^T and |_t^T is a limit, that of |_{x_k}^T and |_{(x, u)}^T none."""
    timed = isinstance(place, Number) or (only_times((place,), letters) if not isinstance(place, Chain) else _is_start(place))
    return isinstance(top, Letter) and _transposes(top, letters) and (top.name in TRANSPOSES or not timed)


def _marks(node: Node, letters: Letters) -> bool:
    inner = unsigned(node)
    return isinstance(inner, Letter) and (_transposes(inner, letters) or inner.name in MARKS)


def places(bar: Scripts, letters: Letters) -> Bar:
    """The places of an evaluation bar, and whether it transposes."""
    at, less = tuple(map(plain, bar.above or ())), tuple(map(plain, bar.below or ()))
    for mark in at if len(at) == 1 and less and _marks(at[0], letters) else ():
        if less[1:] or _turns(mark, less[0], letters):
            return Bar(less, turned=True, span=bar.span)
    return Bar(at, less, span=bar.span) if bar.above is not None else Bar(less, span=bar.span)


def _primes(node: Node, count: int, letters: Letters) -> Node:
    for _ in range(count):
        node = _prime(node, letters)
    return node


def _prime(node: Node, letters: Letters) -> Node:
    if letters.prime == "derivative":
        return Derivative(node, (), span=node.span)
    if letters.prime == "transpose":
        return Transposed(node, span=node.span)
    if isinstance(node, Letter):
        return replace(node, above=(*node.above, Letter("prime")))
    if letters.prime == "rate":
        return Derivative(plain(node), (Letter("t"),), span=node.span)
    if letters.prime == "transposed":
        return Transposed(node, span=node.span)
    refuse(node, "a prime that may be a derivative or a transposition", "Declare what a prime means.")


# Above


def _split(entries: tuple[Node, ...], found: Scripts, letters: Letters) -> list[Node]:
    """The marks above, one after the other: x^{*T}, W^{(l+1)T} and W^{(l+1)^T} have two."""
    if not entries:
        return []
    turned = (entries[0].of, Letter("top")) if isinstance(entries[0], Transposed) else getattr(entries[0], "factors", ())
    match entries if len(entries) > 1 else turned:
        case (index, Letter() as turns) if letters.layer and _is_layer(plain(index), letters.layer) and _transposes(turns, letters):
            return [index, turns]
    if len(entries) > 1:
        return [Paren(entries, (",",) * (len(entries) - 1), "(", span=found.span)]
    entry = _word(first(entries))
    parts = entry.factors if isinstance(entry, Product | Mixed) else ()
    if any(isinstance(part, Letter) and part.name in MARKS | TRANSPOSES for part in parts) or (parts and isinstance(parts[0], Paren)):
        return list(parts)
    return [entry]


def _word(entry: Node) -> Node:
    """y^{obs}, x^{ref}: a name, and no power."""
    parts = entry.factors if isinstance(entry, Product | Mixed) else ()
    names = [getattr(part, "name", "") for part in parts]
    word = len(names) > 2 and all(len(name) == 1 and name.islower() for name in names) and not {*names} <= VARIABLES
    return Letter("".join(names), span=entry.span) if word else entry


def _transposes(letter: Letter, letters: Letters) -> bool:
    return letter.name in TRANSPOSES or (letter.name in letters.transposes and not letter.below)


def above(node: Node, mark: Node, letters: Letters) -> Node:
    """One mark above: a transposition, a star, a prime, an index in parentheses, or a power."""
    match mark:
        case Letter() | Paren(entries=(_,)) if isinstance(node, Letter) and letters.sample and plain(mark) == Letter(letters.sample):
            return replace(node, above=(*node.above, Letter(SAMPLE)))
        case Letter() if _transposes(mark, letters):
            return Transposed(node, span=node.span)
        case Negative(of=Letter() as inner) if _transposes(inner, letters):
            return Transposed(Power(node, Negative(Number(Fraction(1)))), span=node.span)
        case Letter(name="*" | "star" | "ast"):
            return _star(node, letters)
        case Letter(name="dagger"):
            return _dagger(node, letters)
        case Letter(name="opt" | "circ") if isinstance(node, Letter) and not letters.declares(mark.name):
            return _marked(node)
        case Letter(name="prime"):
            return _prime(node, letters)
        case Letter(name="+" | "-" | "dots"):
            return _mark(node, mark)
        case Letter(name=name) if name in LABELS and isinstance(node, Letter):
            return _mark(node, mark)
        case Extremum(over=None, body=None):
            return _mark(node, _named(mark))
        case Paren():
            return _mark(node, Paren(tuple(_named(plain(entry)) for entry in mark.entries), mark.separators, mark.opener, span=mark.span))
    return _power(node, plain(mark), letters)


def _marked(node: Letter) -> Letter:
    """x_*, x^{opt}, x^circ: what belongs to the optimum."""
    return replace(node, above=(*node.above, Letter("opt")))


def _star(node: Node, letters: Letters) -> Node:
    if letters.star == "adjoint":
        return Transposed(node, span=node.span)
    if isinstance(node, Letter):
        return replace(node, above=(*node.above, Letter("*")))
    if letters.star == "optimal":
        return Evaluated(node, (Letter("*"),), span=node.span)
    refuse(node, "a star that may mean adjoint or optimal", "Declare what a star means.")


def _dagger(node: Node, letters: Letters) -> Node:
    if letters.dagger == "adjoint":
        return Transposed(node, span=node.span)
    if isinstance(node, Letter):
        return replace(node, above=(*node.above, Letter("dagger")))
    refuse(node, "a dagger that may mean adjoint or pseudo-inverse", "Declare what a dagger means.")


def _mark(node: Node, mark: Node) -> Node:
    if isinstance(node, Number) and isinstance(mark, Letter):
        return Evaluated(node, (mark,), span=node.span)  # 0^+, where a limit comes from
    if not isinstance(node, Letter):
        refuse(node, "a mark above more than a letter", "Give it a letter of its own.")
    entries = mark.entries if isinstance(mark, Paren) else (mark,)
    return replace(node, above=(*node.above, *entries))


def _power(node: Node, exponent: Node, letters: Letters) -> Node:
    if isinstance(node, Letter) and node.name in HAMILTONIANS and isinstance(exponent, Product) and (word := bare_letters(exponent)):
        label = Letter("".join(getattr(part, "name", "") for part in word), span=exponent.span)  # H^{pv}
        return replace(node, above=(*node.above, label))
    if isinstance(node, Letter) and node.name in HAMILTONIANS and isinstance(exponent, Letter) and exponent.name in VALUED:
        return replace(node, above=(*node.above, exponent))
    if isinstance(node, Letter) and letters.layer and _is_layer(exponent, letters.layer):
        return replace(node, above=(*node.above, exponent))
    if isinstance(node, Letter) and _may_index(exponent):
        if letters.iterate and _counts_only(exponent, letters.iterate):
            return replace(node, above=(*node.above, exponent))
        component = node.name in letters.signals | letters.functions and exponent in COMPONENTS
        if node.name in letters.indexed or component:
            return replace(node, above=(*node.above, exponent))
        if not (
            node.name in letters.plain | letters.functions
            or node.name in SMALL
            or node.name.startswith("mathbb")
            or node.name == "R"
            or "Delta" in node.accents
            or node.name in letters.uses.powers
        ):
            refuse(node, f"`{node.name}` with an index letter above: a power or an index", f"Declare {node.name}, or write `^{{(k)}}`.")
    if isinstance(node, Variation) and is_number(exponent):
        refuse(node, "a variation with a power: (\\delta x)^2, or \\delta(x^2)", "Write brackets.")
    return Power(node, exponent, span=node.span)


def _is_layer(exponent: Node, index: str) -> bool:
    """l, l + 1, l - 1, 0 and 1, which nobody writes as powers, the last one and the one before."""
    terms = exponent.terms if isinstance(exponent, Sum) else (exponent,)
    first = isinstance(exponent, Number) and exponent.value in (0, 1)
    return first or terms[0] == Letter(index) or getattr(terms[0], "name", "") in LASTS


def _counts_only(exponent: Node, index: str) -> bool:
    """k, k + 1: of no other letter."""
    terms = exponent.terms if isinstance(exponent, Sum) else (exponent,)
    return all(isinstance(term, Number) or term == Letter(index) for term in terms)


def _may_index(exponent: Node) -> bool:
    """k, k+1, n-1: what is as often an index as a power."""
    terms = exponent.terms if isinstance(exponent, Sum) else (exponent,)
    return any(isinstance(term, Letter) and term.name in INDICES | {"ell"} for term in terms) and all(
        isinstance(term, Letter | Number | Negative) for term in terms
    )
