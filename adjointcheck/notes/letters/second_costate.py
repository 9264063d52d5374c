"""A second costate, of a function's value at the end: mu-dot = -f_y^T mu, mu(T) = g_y^T, beside lambda of G = int g dt.

Formulas that speak of it, or of dg/dp (T), are those of the same system with g(T, y(T), p) as the cost and mu as the costate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law, key
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.usage import head, moving, pair_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

OPTION = "second costate"  # the option that keeps mu and g
COSTS = ("J", "J_a", "L", "Psi", "phi", "H")


def second_costate(chain: tree.Chain, following: Iterable[tree.Chain], context: Context) -> str:
    """"mu g column" where a new letter moves like a costate without a running cost, and ends at the slope of g."""
    pair = pair_of(chain)
    letter = moving(pair[0]) if pair is not None else None
    if pair is None or letter is None or not context.of("p") or letter.below or not unknown(resolve(letter, context)):
        return ""
    layout = _carried_back(pair[1], letter, context)
    if not layout:
        return ""
    ends = (found[1] for item in (chain, *following) if (found := pair_of(item)) is not None and _ends(found[0], letter, context))
    return next((f"{key(letter)} {key(of)} {layout}" for end in ends if (of := _sloped(end, context)) is not None), "")


def _carried_back(node: Node, letter: tree.Letter, context: Context) -> str:
    """column for -f_x^T mu, row for -mu f_x, column for -mu^T f_x too; "" for anything else."""
    product = node.of if isinstance(node, tree.Negative) else None
    factors = product.factors if isinstance(product, tree.Product) and len(product.factors) == 2 else ()
    if not factors or letter not in (head(factors[0]), head(factors[1])):
        return ""
    behind = head(factors[1]) == letter
    slope = resolve(factors[0 if behind else 1], context)
    if behind:
        return "column" if isinstance(slope, tree.Transposed) and _is_jacobian(slope.of) else ""
    return ("column" if isinstance(factors[0], tree.Transposed) else "row") if _is_jacobian(slope) else ""


def _is_jacobian(node: Node) -> bool:
    return isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.of.name == "f" and node.by == (Symbol("x"),)


def _ends(node: Node, letter: tree.Letter, context: Context) -> bool:
    """mu(T)."""
    call = node.of if isinstance(node, tree.Transposed) else node
    time = call.arguments[0] if isinstance(call, tree.Call) and len(call.arguments) == 1 else None
    return time is not None and head(call) == letter and resolve(time, context) == Symbol("t1")


def _sloped(node: Node, context: Context) -> tree.Letter | None:
    """g of (dg/dy)^T at T."""
    while isinstance(node, tree.Transposed | tree.Evaluated | tree.Call):
        node = node.function if isinstance(node, tree.Call) else node.of
    if isinstance(node, tree.Letter) and len(node.below) == 1:
        node = tree.Derivative(replace(node, below=()), node.below, "partial")
    by = [resolve(item, context) for item in node.by] if isinstance(node, tree.Derivative) else [None]
    known = by in ([Symbol("x")], [Symbol("x", at=Symbol("t1"))], []) and isinstance(node, tree.Derivative)
    return head(node.of) if known and isinstance(node, tree.Derivative) else None


def about_end(chain: tree.Chain, context: Context) -> Context | None:
    """The context of a formula that speaks of the second costate; None for any other."""
    name, function, layout = (*context.option(OPTION).split(" "), "", "")[:3]
    letters = {key(part) for part in walk(chain) if isinstance(part, tree.Letter)}
    others = {known.letter for known in context.of("J")[1:]} if name in letters else set()  # gamma of gamma = g(T, y(T), p), after G
    known = (context.letters[letter] for letter in (letters - others) & context.letters.keys())
    costs = any(letter.symbol in ("J", "J_a", "p", "H") for letter in known)
    if not name or costs or not context.of("p") or not (name in letters or any(_is_ended(part, function, context) for part in walk(chain))):
        return None
    made = _ended(name, function, layout, context)
    return replace(made, letters={**made.letters, **{other: context.letters[other] for other in others & letters}})


def _is_ended(node: Node, function: str, context: Context) -> bool:
    """(dg/dp)(T), dg(T)/dp, d/dp g(T, y(T), p)."""
    slope = node.function if isinstance(node, tree.Call) and len(node.arguments) == 1 else node
    if not isinstance(slope, tree.Derivative) or slope.kind == "partial" or head(slope.of) != tree.Letter(function):
        return False
    if [getattr(resolve(letter, context), "name", "") for letter in slope.by] not in (["theta"], ["x0"]):
        return False
    places = [node.arguments] if isinstance(node, tree.Call) else [slope.of.arguments] if isinstance(slope.of, tree.Call) else []
    made = [resolve(argument, context) for arguments in places for argument in arguments]
    return Symbol("t1") in made or Symbol("x", at=Symbol("t1")) in made


def _ended(name: str, function: str, layout: str, context: Context) -> Context:
    """With g(T, y(T), p) as the cost, and mu as its costate."""
    known = context.letters.get(function)
    first = context.of("p")[0]
    kept = {other: letter for other, letter in context.letters.items() if letter.symbol not in ("p", *COSTS)}
    role = ROLES["Psi"]
    slots = known.arguments if known is not None and known.arguments else ("x",)
    paid = Declared(function, "Psi", role.shape, role.kind, arguments=slots, source="proposed")
    costate = replace(first, letter=name, sign=1, told="its end", layout=layout, body=None)
    at_end = {"x": Symbol("x", at=Symbol("t1")), "t": Symbol("t1"), "theta": Symbol("theta")}
    law = Law("objective", Symbol("J"), Applied("Psi", tuple((slot, at_end[slot]) for slot in slots if slot in at_end)))
    laws = (*(other for other in context.laws if other.kind != "objective" and not symbols(other.right) & {*COSTS}), law)
    total = Declared("J", "J", kind="functional", source="proposed")
    return replace(context, letters={**kept, "J": total, function: paid, name: costate}, laws=laws)


def through_end(chain: tree.Chain, context: Context) -> tree.Chain:
    """dJ/dp for (dg/dp)(T), where g is the cost."""
    function = (*context.option(OPTION).split(" "), "")[1]
    return replace(chain, sides=tuple(_through(side, function, context) for side in chain.sides)) if function else chain


def _through(node: Node, function: str, context: Context) -> Node:
    slope = node.function if isinstance(node, tree.Call) else node
    if isinstance(slope, tree.Derivative) and _is_ended(node, function, context):
        return replace(slope, of=tree.Letter("J"))
    return rebuilt(node, lambda child: _through(child, function, context))
