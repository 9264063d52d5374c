"""What notes on events introduce: a second field after the event, the guard that it meets, the reset of the state."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law, key
from adjointcheck.notes.letters.meaning import Applied, Symbol, resolve, unknown, walk
from adjointcheck.notes.letters.usage import differentiates, head, introduced_function, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

KEPT = "case without a reset"
Introduced = tuple[str, tuple[str, ...], Context] | None


def eventful(context: Context) -> bool:
    """Do the notes speak of an event?"""
    return bool(context.of("g") or context.of("tau"))


def is_mode(node: Node, context: Context) -> bool:
    """f_1(x), f_2(x): one of several fields."""
    function = head(node)
    numbered = function is not None and len(function.below) == 1 and isinstance(function.below[0], tree.Number)
    return eventful(context) and isinstance(node, tree.Call) and numbered


def switched(chain: tree.Chain, context: Context) -> Introduced:
    """xdot = f^+(x), xdot = f_2(x): the field after the event."""
    pair = pair_of(chain)
    letter = moving(pair[0]) if pair else None
    first = context.law("dynamics")
    known = pair is None or letter is None or role_in(letter, context) != "x" or differentiates(pair[1])
    if pair is None or known or not eventful(context) or first is None or context.law("dynamics after"):
        return None
    names: tuple[str, ...] = ()
    if is_mode(pair[1], context) or _is_later(pair[1], chain, context):
        before = {name: replace(d, side="before") for name, d in context.letters.items() if d.symbol == "f"}
        context, names = introduced_function(pair[1], "f", replace(context, letters={**context.letters, **before}))
        name = key(_head(pair[1]))
        context = replace(context, letters={**context.letters, name: replace(context.letters[name], side="after")})
    right = resolve(pair[1], context)
    if unknown(right) or right == first.right:
        return None
    return "assumption", names, either(replace(context, laws=(*context.laws, Law("dynamics after", resolve(pair[0], context), right))))


def _is_later(node: Node, chain: tree.Chain, context: Context) -> bool:
    """b(x), for t > tau."""
    told = (item for item in chain.conditions if isinstance(item, tree.Chain) and {*item.relations} <= {">", ">="})
    after = any([resolve(side, context) for side in item.sides] == [Symbol("t"), Symbol("tau")] for item in told)
    return after and isinstance(node, tree.Call) and head(node) is not None and bool(unknown(resolve(_head(node), context)))


def either(context: Context) -> Context:
    """With f and f_j for the field of whichever side, beside f_1 and f_2."""
    modes = [known for known in context.of("f") if known.side]
    names = {known.letter.partition("_")[0] + mark for known in modes for mark in ("", "_i", "_j", "_k")} - context.letters.keys()
    fields = {name: replace(modes[0], letter=name, side="") for name in names} if len(modes) == 2 else {}
    return replace(context, letters={**context.letters, **fields})


def _head(node: Node) -> tree.Letter:
    found = head(node)
    assert found is not None
    return found


def guard(chain: tree.Chain, context: Context) -> Introduced:
    """gamma(x(tau^-)) = 0: where the event happens."""
    pair = pair_of(chain)
    if pair is None or not eventful(context) or context.law("event") or pair[1] != tree.Number(Fraction(0)):
        return None
    context = _called(pair[0], "g", context)
    left = resolve(pair[0], context)
    if not isinstance(left, Applied) or left.name != "g":
        return None
    return "assumption", (), replace(context, laws=(*context.laws, Law("event", left, resolve(pair[1], context))))


def reset(chain: tree.Chain, context: Context) -> Introduced:
    """x(tau^+) = g(x(tau^-)), x^+ = x^-: what the event does to the state."""
    pair = pair_of(chain)
    left = resolve(pair[0], context) if pair else None
    if pair is None or not eventful(context) or context.law("reset") or not _is_after(left):
        return None
    context = _called(pair[1], "r", context)
    right = resolve(pair[1], context)
    if unknown(right) or any(isinstance(part, Symbol) and (part.name == "p" or part.side == "after") for part in walk(right)):
        return None
    return "assumption", (), replace(context, laws=(*context.laws, Law("reset", resolve(pair[0], context), right)))


def kept(chain: tree.Chain, context: Context) -> Introduced:
    """r(x) = x: a case in which the event leaves the state as it is."""
    pair = pair_of(chain)
    one, other = (resolve(side, context) for side in pair) if pair is not None and context.law("reset") is not None else (None, None)
    same = isinstance(one, Applied) and one.name == "r" and [value for slot, value in one.arguments if slot == "x"] == [other]
    return ("assumption", (), replace(context, options={**context.options, KEPT: "yes"})) if same else None


def _is_after(node: Node | None) -> bool:
    return isinstance(node, Symbol) and node.name == "x" and node.side == "after" and node.at in (None, Symbol("tau"))


def _called(node: Node, symbol: str, context: Context) -> Context:
    """A function that nobody has declared yet, called at the event, is the one that is missing."""
    function = head(node) if isinstance(node, tree.Call) else None
    if function is None or context.of(symbol) or key(function) in context.letters:
        return _learnt(node, symbol, context)
    role = ROLES[symbol]
    return _learnt(node, symbol, context.declare(Declared(key(function), symbol, role.shape, role.kind, source="proposed")))


def _learnt(node: Node, symbol: str, context: Context) -> Context:
    """What its arguments are."""
    function = head(node) if isinstance(node, tree.Call) else None
    if function is None or role_in(function, context) != symbol or context.letters[key(function)].arguments is not None:
        return context
    return introduced_function(node, symbol, context)[0]
