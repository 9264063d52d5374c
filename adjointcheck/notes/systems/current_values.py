"""Current values: mu of H = U + mu f, where the cost is the integral of exp(-rho t) U, is exp(rho t) times the costate."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, USUAL, Context, Declared, key
from adjointcheck.notes.letters.costs import running
from adjointcheck.notes.letters.formulas import put_in
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import costate, here, instead
from adjointcheck.notes.letters.shorthand import title
from adjointcheck.notes.letters.usage import HAMILTONIANS, constants, head, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.multiplier import may_be_costate, split

Introduced = tuple[str, tuple[str, ...], Context] | None


def current_hamiltonian(chain: tree.Chain, context: Context) -> Introduced:
    """H = U + mu f, or H_c, beside a cost of exp(-rho t) U: mu is not the costate, and H not the Hamiltonian of the problem."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    if pair is None or letter is None or letter.name not in HAMILTONIANS or len(letter.below) > 2 or context.over() == "layers":
        return None
    known, terms = context.letters.get(title(letter)), tree.terms(pair[1])
    found = [_multiplier(term, context) for term in terms]
    prices = [made for made in found if made is not None]
    paid = tree.Sum(tuple(term for term, made in zip(terms, found, strict=True) if made is None))
    growth, sign = _growth(paid, context)
    if not prices or growth is None or (known is not None and known.body is not None):
        return None
    for made in prices:
        price = costate(_component(made), replace(made, sign=made.sign * sign))
        context = defined(made.letter, tree.Product((growth, price)), context)
    body = resolve(pair[1], constants(pair[1], context, ("1", "1")))
    names = (title(letter), *(made.letter for made in prices))
    if unknown(body):
        return None
    after = defined(title(letter), body, context)
    given = tuple(resolve(argument, after) for argument in pair[0].arguments) if isinstance(pair[0], tree.Call) else ()
    whole = replace(after.letters[title(letter)], given=() if any(map(unknown, given)) else given)
    return "definition", names, replace(after, letters={**after.letters, whole.letter: whole})


def repriced(chain: tree.Chain, context: Context) -> Introduced:
    """mu = exp(rho t) lambda or lambda = exp(-rho t) mu, beside a cost of exp(-rho t) U: lambda is the costate, and mu is not."""
    pair = pair_of(chain)
    growth = _discount(context) if pair and context.of("x") and context.over() == "time" else None
    if pair is None or growth is None or len(chain.sides) > 2:
        return None
    factors = pair[1].factors if isinstance(pair[1], tree.Product) else ()
    letters = [head(pair[0]), *(letter for factor in factors if (letter := head(factor)) is not None)]
    decay, rest = _discounted(resolve(pair[1], context))
    if len(letters) != 2 or decay not in (growth, inverse(growth)) or isinstance(rest, tree.Product) or None in letters:
        return None
    names = [key(letter) for letter in letters if letter is not None]
    present, current = names if decay == growth else names[::-1]
    known = context.letters.get(current)
    price = known if known is not None and known.symbol == "p" else Declared("", "p", ROLES["p"].shape, "path", source="proposed")
    free = _is_open_component(known) or may_be_costate(current, context)
    taken = known is not None and not (free or known.body == tree.Product((growth, Symbol("p"))))
    if taken or present in context.letters or {present, current} & USUAL.keys() or (known is None and context.of("p")):
        return None
    price = replace(price, letter=present)
    letters_ = {name: other for name, other in context.letters.items() if name != current}
    after = replace(context, letters={**letters_, present: price})
    return "definition", (current,), defined(current, tree.Product((growth, costate(_component(price), price))), after)


def _discount(context: Context) -> Node | None:
    """exp(rho t), where every part of the running cost has a factor exp(-rho t)."""
    law = context.law("objective")
    found = {_discounted(_here(term, context))[0] for term in tree.terms(running(law.right))} if law is not None else set()
    return found.pop() if len(found) == 1 else None


def is_undiscounted(context: Context) -> bool:
    """Does the notes' Hamiltonian leave out the discount factor of their cost, though its multiplier was taken for the costate?"""
    bodies = [put_in(known.body, context) for known in context.of("H") if known.body is not None]
    return bool(bodies) and _discount(context) is not None and not any(
        isinstance(part, tree.Function) and part.name == "exp" and _in_time(part) for body in bodies for part in walk(body))


def inverse(growth: Node) -> Node:
    power = growth.arguments[0] if isinstance(growth, tree.Function) else growth
    return tree.Function("exp", (tree.turned(power),))


def defined(name: str, body: Node, context: Context, kind: str = "defined") -> Context:
    """The letter with what it stands for, and no longer as a costate or a Hamiltonian."""
    symbol = f"current_{re.sub('[^A-Za-z0-9]', '', name)}"
    value = Declared(name, symbol, ("", ""), kind, body=body, source="proposed")
    return replace(context, letters={**context.letters, name: value})


def _multiplier(term: Node, context: Context) -> Declared | None:
    """mu of mu f, of which nothing has told that it is the costate."""
    term = next((made for made in (term, *_turned(term)) if split(made, lambda factor: _rate(factor, context) >= 0)), term)
    found = split(term, lambda factor: _rate(factor, context) >= 0)
    if found is None:
        return None
    letter, sign, layout = found
    known = context.letters.get(key(letter))
    if not _is_open_component(known) and not may_be_costate(key(letter), context):
        return None
    part = max(_rate(node, context) for node in walk(term))
    return Declared(key(letter), "p", ("1", "n"), "path", sign, layout, part=part)


def _is_open_component(known: Declared | None) -> bool:
    return known is not None and known.symbol == "p" and bool(known.part) and not known.told


def _component(made: Declared) -> Symbol:
    """p_2, or p where the state has no components."""
    return Symbol("p", part=(tree.Number(Fraction(made.part)),) if made.part else ())


def _turned(term: Node) -> Iterator[Node]:
    """mu (-q) for -mu q, where s' = -q."""
    factors = term.of.factors if isinstance(term, tree.Negative) and isinstance(term.of, tree.Product) else ()
    yield from (tree.Product(tuple(tree.Negative(other) if other is factor else other for other in factors)) for factor in factors)


def _rate(node: Node, context: Context) -> int:
    """0 for the whole field, 1 for its first component, -1 for anything else."""
    law, made = context.law("dynamics"), here(resolve(node, context))
    if law is not None and isinstance(law.right, tree.Vector):
        return next((i for i, (row,) in enumerate(law.right.rows, 1) if made == row), -1)
    return 0 if law is not None and made == here(law.right) else -1


def _growth(paid: Node, context: Context) -> tuple[Node | None, int]:
    """exp(rho t), and 1 or -1, where `paid` or its negative is the running cost without its exp(-rho t)."""
    law = context.law("objective")
    integrands = tree.terms(running(law.right)) if law is not None else ()
    found = [_discounted(_here(term, context)) for term in integrands]
    growths = {growth for growth, _ in found}
    growth = growths.pop() if len(growths) == 1 else None
    cost = Counter(signed for _, rest in found for signed in _signed(rest, 1))
    for sign in (1, -1):
        if growth is not None and cost == Counter(_signed(_here(resolve(paid, context), context), sign)):
            return growth, sign
    return None, 0


def _here(node: Node, context: Context) -> Node:
    """With the notes' formulas, and x for x(t), under an integral too."""
    return here(instead(put_in(node, context), Symbol("t", bound=True), Symbol("t")))


def _discounted(term: Node) -> tuple[Node | None, Node]:
    """exp(rho t) and U of exp(-rho t) U."""
    if isinstance(term, tree.Negative):
        growth, rest = _discounted(term.of)
        return growth, tree.Negative(rest)
    factors = term.factors if isinstance(term, tree.Product) else (term,)
    decays = [factor for factor in factors if isinstance(factor, tree.Function) and factor.name == "exp" and _in_time(factor)]
    rest = tuple(factor for factor in factors if factor not in decays)
    if len(decays) != 1 or not rest:
        return None, term
    return inverse(decays[0]), rest[0] if len(rest) == 1 else tree.Product(rest)


def _in_time(node: Node) -> bool:
    """Of t and constants alone."""
    return "t" in symbols(node) and not symbols(node) & {"x", "w", "p"}


def _signed(node: Node, sign: int) -> Iterator[tuple[int, Node]]:
    """The terms of nested sums with their signs."""
    if isinstance(node, tree.Negative):
        yield from _signed(node.of, -sign)
    elif isinstance(node, tree.Sum):
        for term in node.terms:
            yield from _signed(term, sign)
    else:
        yield sign, node


def priced(node: Node, context: Context) -> Node:
    """With the costate for mu = exp(rho t) p, to see what kind of formula it is."""
    known = next(iter(context.of(node.name)), None) if isinstance(node, Symbol) else None
    body = known.body if known is not None and known.kind == "defined" else None
    if body is not None and "p" in symbols(body) and not symbols(body) & {"H", "L", "f", "x"}:
        return Symbol("p")
    return rebuilt(node, lambda child: priced(child, context))
