"""Letters that are carried along a solution: xi-dot = g_p + f_p^T lambda, xi(T) = 0, and only then used.

The rate says nothing of its own; with a value at an end the letter is that value plus an integral.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law, key, own
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import here, instead
from adjointcheck.notes.letters.scales import runs_back, when
from adjointcheck.notes.letters.usage import (
    USUAL_COSTATES,
    USUAL_STATES,
    head,
    introduced_function,
    is_paid,
    moving,
    pair_of,
    role_in,
)
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
RATE, END = "rate of ", "end of "
OPEN = "value of the loss"  # the option that says that what the cost gathers has a start of which nothing is told
BACK = "letter of a time that runs back"
WEIGHED = "carried letter"  # the option that keeps one that has a costate of its own
RUNNING = ("ell", "L", "l", "g", "r", "c", "mathcal{L}")  # usual letters of what is paid on the way
TIME = Symbol("t", bound=True)
NOUGHT = tree.Number(Fraction(0))


def rate(chain: tree.Chain, context: Context) -> Introduced:
    """xi-dot = ... for a new letter, in letters that are known; with d xi/ds = ... where s is T - t."""
    pair = _turned(pair_of(chain), context)
    letter = moving(pair[0]) if pair else None
    if pair is None or letter is None or letter.above or context.over() == "layers" or context.law("dynamics") is None:
        return None
    name = key(letter)
    context = _paid(pair[1], context)
    body = resolve(pair[1], context)
    varied = name in USUAL_STATES and any(isinstance(part, tree.Variation) for part in walk(body))  # y-dot = f_x z is no law of y
    known = context.letters.get(name)
    bare = known is not None and (known.symbol, known.body, known.source) == (own(name), None, "proposed")
    spaced = bare and context.law(RATE + own(name)) is None and own(name) not in symbols(body)  # q in R^m
    new = spaced or (known is None and bool(unknown(resolve(letter, context))))
    priced = name in USUAL_COSTATES and not context.of("p") and _is_price(body)
    if varied or priced or not (new or _is_past(name, context)) or unknown(body) or not symbols(body):
        return None
    declared = Declared(name, own(name), known.shape if spaced and known is not None else ("", ""), "path", source="proposed")
    context = replace(context, letters={**context.letters, name: declared})
    after = replace(context, laws=(*context.laws, Law(RATE + declared.symbol, Symbol(declared.symbol), body)))
    awaited = context.pieces.get(END + name)
    after = replace(after, options={**after.options, BACK: name}) if pair != pair_of(chain) else after
    found = ended(awaited, after) if isinstance(awaited, tree.Chain) else None
    return "definition", (name,), found[2] if found is not None else after


def _turned(pair: tuple[Node, Node] | None, context: Context) -> tuple[Node, Node] | None:
    """dq/dt = -g of dq/ds = g."""
    rate = pair[0] if pair is not None else None
    if pair is None or not isinstance(rate, tree.Derivative) or len(rate.by) != 1 or not runs_back(resolve(rate.by[0], context), context):
        return pair
    return replace(rate, by=(tree.Letter("t"),)), tree.Negative(pair[1])


def _is_price(rate: Node) -> bool:
    """-L_x, the rate of a costate where the motion rests on no state."""
    slope = tree.unsigned(rate)
    names = [getattr(part, "name", "") for part in (slope.of, *slope.by)] if isinstance(slope, tree.Derivative) else []
    return names in (["L", "x"], ["H", "x"])


def set_before(chain: tree.Chain, context: Context) -> Introduced:
    """b(T) = 0 of a letter of which only a line further on gives the rate, or x_1(0) = 1 of one of which nothing else is known."""
    pair = pair_of(chain)
    if pair is not None and _is_start(resolve(pair[0], context), context) and isinstance(pair[1], tree.Number):
        return "assumption", (), context
    letter, place = head(pair[0]) if pair else None, pair[0].arguments if pair and isinstance(pair[0], tree.Call) else ()
    usual = letter is None or letter.below or letter.above or letter.accents or letter.name in (*USUAL_STATES, *USUAL_COSTATES)
    if usual or pair is None or letter is None or pair[1] != tree.Number(Fraction(0)) or not unknown(resolve(letter, context)):
        return None
    if len(place) != 1 or resolve(place[0], context) not in (Symbol("t0"), Symbol("t1")) or context.law("dynamics") is None:
        return None
    return "assumption", (), replace(context, pieces={**context.pieces, END + key(letter): chain})


def _is_start(left: Node, context: Context) -> bool:
    """y(0) of a letter that moves by itself, without a formula."""
    known = context.of(left.name) if isinstance(left, Symbol) and left.name not in ROLES and left.at == Symbol("t0") else ()
    return any((item.kind, item.body, item.source) == ("path", None, "proposed") for item in known)


def rates_beside(chain: tree.Chain, context: Context) -> Context:
    """With g of d/dt [z; a; g] = [f; -f_z^T a; -f_theta^T a], a new letter beside known ones."""
    pair = pair_of(chain)
    vector = pair[0].of if pair is not None and isinstance(pair[0], tree.Derivative) else None
    if pair is None or not isinstance(vector, tree.Vector) or not isinstance(pair[1], tree.Vector):
        return context
    cells, values = ([cell for row in side.rows for cell in row] for side in (vector, pair[1]))
    letters = [cell for cell in cells if isinstance(cell, tree.Letter | tree.Call)]
    if not any(role_in(head(cell), context) == "x" for cell in letters) or len(cells) != len(values):
        return context
    for cell, value in zip(cells, values, strict=True):
        found = rate(tree.Chain((replace(pair[0], of=cell), value), ("=",)), context)  # type: ignore[type-var]
        context = found[2] if found is not None else context
    return context


def _paid(value: Node, context: Context) -> Context:
    """With ell of y-dot = ell(x, u) as the running cost that y gathers, where no other is known."""
    function = head(value) if isinstance(value, tree.Call) else None
    new = function is not None and bool(unknown(resolve(function, context))) and function.name in RUNNING
    return introduced_function(value, "L", context)[0] if new and not context.of("L") else context


def _is_past(name: str, context: Context) -> bool:
    """Was its rate told before the cost that the notes speak of now?"""
    kinds = [law.kind for law in context.laws]
    told = f"{RATE}{own(name)}"
    return told in kinds and "objective" in kinds[kinds.index(told) :]


def ended(chain: tree.Chain, context: Context) -> Introduced:
    """xi(T) = 0 or xi(0) = c: where the integral starts."""
    pair = pair_of(chain)
    left = resolve(pair[0], context) if pair else None
    letter = head(pair[0]) if pair else None
    law = context.law(RATE + left.name) if isinstance(left, Symbol) else None
    known = context.letters.get(key(letter)) if letter is not None else None
    if pair is None or law is None or known is None or known.body is not None or not isinstance(left, Symbol):
        return None
    place = when(left.at) if left.at is not None and known.letter == context.option(BACK) else left.at
    value = resolve(pair[1], context)
    if place not in (Symbol("t0"), Symbol("t1")) or unknown(value) or left.name in symbols(value):
        return None
    found = replace(known, body=_sum(law, place, value))
    return "definition", (known.letter,), replace(context, letters={**context.letters, known.letter: found})


def _sum(law: Law, place: Node, value: Node) -> Node:
    """The value at one end, and what comes from there to the running time."""
    now = Symbol("t")
    part: Node = (tree.Integral(law.right, TIME, now, place) if place == Symbol("t1") else tree.Integral(law.right, TIME, place, now))
    part = tree.Negative(part) if place == Symbol("t1") else part
    return part if value == tree.Number(Fraction(0)) else tree.Sum((value, part))


def carried(node: Node, context: Context) -> Node:
    """xi(t0) as its integral, and the rate for d xi/dt."""
    of = node.of if isinstance(node, tree.Derivative) and node.by == (Symbol("t"),) else None
    if isinstance(node, tree.Derivative) and isinstance(of, tree.Vector) and any(_law(cell, context) for row in of.rows for cell in row):
        return tree.Vector(tuple(tuple(carried(replace(node, of=cell), context) for cell in row) for row in of.rows))
    if isinstance(of, Symbol) and of.at in (None, Symbol("t")):
        law = context.law(RATE + of.name)
        return (_rate(of.name, context) or node) if law is None else law.right
    if isinstance(node, Symbol) and node.at in (Symbol("t0"), Symbol("t1")):
        body = next((known.body for known in context.of(node.name) if known.body is not None), None)
        told = body is not None and (context.law(RATE + node.name) is not None or _runs(body))
        return _at(body, node.at) if body is not None and told else node
    made = rebuilt(node, lambda child: carried(child, context))
    kept = [term for term in tree.terms(made) if tree.unsigned(term) != NOUGHT] if made != node else []
    return tree.summed(kept) if kept else made  # xi(t0) - xi(t1)


def carries(node: Node, context: Context) -> bool:
    """d/dt [z; a; g] with a letter g of which nothing but this rate is known, and which nobody can prove."""
    cells = node.of.rows if isinstance(node, tree.Derivative) and isinstance(node.of, tree.Vector) else ()
    return any(_law(cell, context) is not None for row in cells for cell in row)


def _begun(paid: Node, context: Context) -> Context:
    """With y(T) as what it gathers, and its start, of which nothing is told: only what the cost is worth rests on that."""
    ends = [part.name for part in tree.terms(paid) if isinstance(part, Symbol) and part.at == Symbol("t1")]
    rates = {name: law for name in ends if (law := context.law(RATE + name)) is not None and name != context.option(WEIGHED)}
    untold = [known for name in rates for known in context.of(name) if known.body is None]
    letters = {known.letter: replace(known, body=_sum(rates[known.symbol], Symbol("t0"), tree.Number(Fraction(0)))) for known in untold}
    return replace(context, letters={**context.letters, **letters}) if letters else context


def _law(cell: Node, context: Context) -> Law | None:
    return context.law(RATE + cell.name) if isinstance(cell, Symbol) else None


def gathering(law: Law, context: Context) -> tuple[Law, Context]:
    """J = Phi(x(T)) + y(T), of what y gathers on the way, is J = Phi(x(T)) + int L dt, and dJ/dy is 1; it is -1 of Phi - y(T)."""
    begun = _begun(law.right, context)
    context = replace(begun, options={**context.options, OPEN: "start"}) if begun is not context else context
    made = carried(law.right, context)
    if made == law.right or not is_paid(made):
        return law, context
    terms = [(term.of, "-") if isinstance(term, tree.Negative) else (term, "") for term in tree.terms(law.right)]
    ends = [(term, sign) for term, sign in terms if isinstance(term, Symbol) and term.at == Symbol("t1")]
    names = [sign + term.name for term, sign in ends if context.law(RATE + term.name) is not None]
    return replace(law, right=made), replace(context, options={**context.options, "gathered": " ".join(names)})


def gathers(value: Node, paid: Node, context: Context) -> bool:
    """Has it y(T), where y gathers what a cost is paid on the way?"""
    running = [here(instead(part.body, part.by, Symbol("t"))) for part in walk(paid) if isinstance(part, tree.Integral)]
    rates = (context.law(RATE + part.name) for part in walk(value) if isinstance(part, Symbol) and part.at == Symbol("t1"))
    return any(rate is not None and any(here(rate.right) in walk(body) for body in running) for rate in rates)


def worth(node: Node, context: Context) -> Node:
    """1 for dJ/dy, where J = ... + y(T) and nothing else speaks of y, and -1 where J = ... - y(T)."""
    by = node.by[0] if isinstance(node, tree.Derivative) and node.of == Symbol("J") and len(node.by) == 1 else None
    named = isinstance(by, Symbol) and not by.part and by.name == context.option("gathered").removeprefix("-")
    one = tree.Number(Fraction(-1 if context.option("gathered").startswith("-") else 1))
    return one if named and by is not None else rebuilt(node, lambda child: worth(child, context))


def with_worth(node: Node, context: Context) -> tuple[Node, Context]:
    """With b of H = a f + b g as dJ/dq, a number, where J pays q(T) and q-dot is g: that term is the cost of H, with +."""
    name = context.option("gathered").removeprefix("-")
    law, kept = context.law(RATE + name) if name else None, []
    for term in tree.terms(node):
        bare = tree.unsigned(term)
        letter, *rest = bare.factors if isinstance(bare, tree.Product) else (bare,)
        slope = resolve(rest[0] if len(rest) == 1 else tree.Product(tuple(rest)), context) if rest else letter
        rate = tree.Negative(slope) if bare is not term else slope
        if law is not None and isinstance(letter, tree.Letter) and unknown(resolve(letter, context)) and here(rate) == here(law.right):
            one = tree.Number(Fraction(-1 if context.option("gathered").startswith("-") else 1))
            context = context.declare(Declared(key(letter), own(key(letter)), kind="defined", body=one, source="proposed"))
            term = bare
        kept.append(term)
    return tree.summed(kept), context


def _runs(body: Node) -> bool:
    """Is it an integral from the running time, or up to it, of what does not depend on that time?"""
    limits = (body.lower, body.upper) if isinstance(body, tree.Integral) else ()
    return Symbol("t") in limits and isinstance(body, tree.Integral) and Symbol("t") not in walk(body.body)


def _rate(name: str, context: Context) -> Node | None:
    """-a(t) of g = int_t^T a(s) ds, and a(t) of int_0^t."""
    body = next((known.body for known in context.of(name) if known.body is not None and _runs(known.body)), None)
    if not isinstance(body, tree.Integral):
        return None
    inner = here(instead(body.body, body.by, Symbol("t")))
    return tree.Negative(inner) if body.lower == Symbol("t") else inner


def _at(body: Node, place: Node) -> Node:
    """The sum up to an end."""
    if isinstance(body, tree.Integral):
        limits = {name: place if getattr(body, name) == Symbol("t") else getattr(body, name) for name in ("lower", "upper")}
        return NOUGHT if limits["lower"] == limits["upper"] else replace(body, **limits)
    made = rebuilt(body, lambda child: _at(child, place)) if isinstance(body, tree.Sum | tree.Negative) else body
    return NOUGHT if made == tree.Negative(NOUGHT) else made
