"""Jacobians of a time step that notes use without a word: A_k and B_k in p_k = L_x + A_k^T p_{k+1} and du_k J = L_u + B_k^T p_{k+1}.

What such a letter is follows from where it stands: before delta x_k it is known, beside a costate it is taken from custom, and no line
is refuted for it until one is proved with it.  A_k beside a time step h is the slope of f alone, else that of the whole step.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from adjointcheck.notes.letters.context import Context, Declared, own
from adjointcheck.notes.letters.derivatives import core_of
from adjointcheck.notes.letters.meaning import Applied, Symbol, Unknown, rebuilt, resolve, symbols, walk
from adjointcheck.notes.letters.own_letters import is_placed
from adjointcheck.notes.letters.usage import role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

DOTS = tree.Letter("dots")
CAPITALS = ("Phi", "Psi", "Gamma", "Lambda", "Theta", "Xi")
HERE = tree.Derivative(Applied("f", (("x", Symbol("x", at=Symbol("l"))),)), (Symbol("x"),), "partial")
SLOTS = ("x", "w", "theta")


def step_jacobians(chain: tree.Chain, context: Context) -> Context:
    """With the unknown matrices of layers in a formula that stand where only a Jacobian of the time step fits."""
    context = bold_jacobians(chain, context)
    if context.over() != "layers" or context.law("layers") is None or context.law("stages") is not None or feeds_back(chain, context):
        return context
    for letter, slot, sure in _used(chain, context):
        if letter.name not in context.letters and context.of(slot):
            source = "proposed" if sure else "usual"
            shape = context.of("x")[0].shape[0], context.of(slot)[0].shape[0]
            body = _slope(slot, _is_fine(letter, chain, context), context)
            context = context.declare(Declared(letter.name, own(letter.name), shape, "path", body=body, source=source)) if body else context
    return context


def slope_of_map(chain: tree.Chain, context: Context) -> tuple[tree.Chain, Context]:
    """With the Jacobian of a map M, which stands as M_k before delta x_k, under the name DM; M_k of M_k(x_k) is the map itself."""
    law = context.law("layers")
    maps = [known.letter for known in context.of("f") if len(known.letter) == 1 and known.letter.isupper()] if law is not None else []
    found = {name: index for name in maps for index in _before_variations(name, chain, context)}
    for name, (place, moved) in found.items():
        behind = law is not None and getattr(law.left, "at", None) == Symbol("l")  # x_k = M(x_{k-1}), where M_{k-1} is at x_{k-1}
        number = next((part.at for part in walk(law.right) if isinstance(part, Applied)), None) if law is not None else None
        body = HERE if behind and number is None else _slope("x", True, context)
        if _slope_name(name) not in context.letters and body is not None:
            sure = place == moved if number is None else number == Symbol("l")
            rows, source = context.of("x")[0].shape[0], "proposed" if sure else "usual"
            context = context.declare(Declared(_slope_name(name), own(_slope_name(name)), (rows, rows), "path", body=body, source=source))
    named = [name for name in maps if _slope_name(name) in context.letters]
    return replace(chain, sides=tuple(_as_slopes(side, named) for side in chain.sides)) if named else chain, context


def _slope_name(name: str) -> str:
    return f"D{name}"


def _before_variations(name: str, chain: tree.Chain, context: Context) -> Iterator[tuple[Node, Node]]:
    """(k, k) of M_k delta x_k."""
    for product in (part for side in chain.sides for part in walk(side) if isinstance(part, tree.Product)):
        for one, other in pairwise(product.factors):
            inner = other.of if isinstance(other, tree.Variation) else None
            placed = isinstance(inner, tree.Letter) and role_in(replace(inner, below=()), context) == "x" and len(inner.below) == 1
            if placed and isinstance(one, tree.Letter) and isinstance(inner, tree.Letter) and one.name == name and len(one.below) == 1:
                yield one.below[0], inner.below[0]


def _as_slopes(node: Node, names: Container[str]) -> Node:
    if isinstance(node, tree.Call):
        return replace(node, arguments=tuple(_as_slopes(argument, names) for argument in node.arguments))
    if isinstance(node, tree.Letter):
        return replace(node, name=_slope_name(node.name)) if node.name in names and len(node.below) == 1 and not node.accents else node
    return rebuilt(node, lambda child: _as_slopes(child, names))


def feeds_back(chain: tree.Chain, context: Context) -> bool:
    """Is it delta u_k = K_k delta x_k + d_k, with a gain?"""
    left = resolve(chain.sides[0], context)
    return isinstance(left, tree.Variation) and getattr(left.of, "name", "") == "w"


def bold_jacobians(chain: tree.Chain, context: Context) -> Context:
    """With H_k beside a map in script, the bold one beside a plain map, and H_k beside h_k: its Jacobian (Ide et al. 1997)."""
    letters = (part for side in chain.sides for part in walk(side) if isinstance(part, tree.Letter))
    for name, letter in {part.name: part for part in letters if len(part.name) == 1 and not part.accents}.items():
        alike = {f"mathcal{{{name}}}", name.lower()} - {name}
        function = next((known for known in (*context.of("O"), *context.of("f")) if known.letter in alike), None)
        defined = len(chain.sides) > 1 and letter == chain.sides[0]  # F_k = df/dx says what F is
        if function is None or defined or name in context.letters or context.over() != "layers" or not is_placed(letter, context):
            continue
        shape = function.shape[0], context.of("x")[0].shape[0]
        body = tree.Derivative(Applied(function.symbol, (("x", Symbol("x", at=Symbol("l"))),), at=Symbol("l")), (Symbol("x"),), "partial")
        source = "proposed" if name in context.maps else "usual"
        context = context.declare(Declared(name, own(name), shape, "path", body=body, source=source))
    return context


def _slope(slot: str, fine: bool, context: Context) -> Node | None:
    """d(f)/dx or d(x + h f)/dx where the step starts."""
    law = context.law("layers")
    assert law is not None
    starts = next((part.at for part in walk(law.right) if isinstance(part, Symbol) and part.name == "x" and part.at is not None), None)
    by = Symbol(slot, at=starts) if slot == "x" else Symbol(slot, at=_place(slot, law.right))
    inner = next((part for part in walk(law.right) if isinstance(part, Applied) and part.name == "f"), None)
    of = inner if fine else law.right
    return None if of is None else tree.Derivative(of, (Symbol(slot) if isinstance(of, Applied) else by,), "partial")


def _place(slot: str, law: Node) -> Node | None:
    return next((part.at for part in walk(law) if isinstance(part, Symbol) and part.name == slot), None)


def _is_fine(letter: tree.Letter, chain: tree.Chain, context: Context) -> bool:
    """Does the time step h stand beside it, h A_k?"""
    products = (part for side in chain.sides for part in walk(side) if isinstance(part, tree.Product))
    return any(letter in walk(product) and resolve(factor, context) == Symbol("h") for product in products for factor in product.factors)


Used = tuple[tree.Letter, str, bool]


def _used(chain: tree.Chain, context: Context) -> Iterator[Used]:
    """(A_k, x, sure) of the matrices that nothing explains."""
    around = _slot_of_left(chain, context)
    for side in chain.sides:
        for product in (part for part in walk(side) if isinstance(part, tree.Product)):
            slot = _moved(side, product, context) or around
            yield from _beside_variations(product.factors, context)
            if slot:
                yield from _beside_costates(product.factors, slot, context)


def _is_matrix(node: Node, context: Context) -> bool:
    """M_k, A_0: a capital at a layer that nothing explains."""
    named = isinstance(node, tree.Letter) and (node.name[:1].isupper() or "{" in node.name) and not (node.accents or node.above)
    if not named or not isinstance(node, tree.Letter) or node.name.startswith("mathbb") or not is_placed(node, context):
        return False
    return node.name not in context.letters and isinstance(core_of(resolve(node, context)), Unknown)


def _beside_variations(factors: tuple[Node, ...], context: Context) -> Iterator[Used]:
    """B_k of B_k delta u_k."""
    for one, other in zip(factors, factors[1:], strict=False):
        made = core_of(resolve(other, context))
        inner = core_of(made.of) if isinstance(made, tree.Variation) else None
        if isinstance(inner, Symbol) and inner.name in SLOTS and isinstance(one, tree.Letter) and _is_matrix(one, context):
            yield one, inner.name, not _has_dots(factors)


def _beside_costates(factors: tuple[Node, ...], slot: str, context: Context) -> Iterator[Used]:
    """A_k of A_k^T p_{k+1} and p_{k+1} A_k, and of A_{N-1}^T ... A_k^T."""
    cores = [core_of(resolve(factor, context)) for factor in factors]
    costate = any(isinstance(core, Symbol) and core.name == "p" for core in cores)
    letters = [inner for factor in factors if isinstance(inner := _turned(factor), tree.Letter) and _is_matrix(inner, context)]
    named = {letter.name for letter in letters}
    if letters and len(named) == 1 and (costate or (_has_dots(factors) and slot == "x")):
        yield letters[0], slot, False


def _turned(factor: Node) -> Node:
    return factor.of if isinstance(factor, tree.Transposed) else factor


def _has_dots(factors: Iterable[Node]) -> bool:
    return any(factor == DOTS for factor in factors)


def _slot_of_left(chain: tree.Chain, context: Context) -> str:
    """By what the formula's left side is a derivative: x for a costate or a state moved, w for the gradient in a control."""
    made = core_of(resolve(chain.sides[0], context))
    if isinstance(made, Symbol) and made.name == "p":
        return "x"
    if isinstance(made, tree.Derivative) and made.by and isinstance(by := core_of(made.by[0]), Symbol):
        return by.name if by.name in SLOTS and symbols(made.of) <= {"J", "J_a", "H", "x", "l", "N"} else "x" if by.name == "x0" else ""
    if isinstance(made, tree.Variation) and core_of(made.of) == Symbol("x", at=getattr(core_of(made.of), "at", None)):
        return "x"
    stationary = any(_is_slope_by_control(part) for side in chain.sides for part in walk(resolve(side, context)))
    return "w" if stationary and tree.Number(Fraction(0)) in chain.sides else ""


def _is_slope_by_control(node: Node) -> bool:
    return isinstance(node, tree.Derivative) and any(isinstance(by, Symbol) and by.name == "w" for by in node.by)


def _moved(side: Node, inner: tree.Product, context: Context) -> str:
    """u of (L_u + B_k^T p_{k+1})^T delta u_k around the product."""
    for outer in (part for part in walk(side) if isinstance(part, tree.Product) and part is not inner):
        if any(part is inner for part in walk(outer)):
            for factor in outer.factors:
                made = core_of(resolve(factor, context))
                moved = core_of(made.of) if isinstance(made, tree.Variation) else None
                if isinstance(moved, Symbol) and moved.name in SLOTS:
                    return moved.name
    return ""
