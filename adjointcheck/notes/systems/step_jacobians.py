"""Jacobians of a time step that notes use without a word: A_k and B_k in p_k = L_x + A_k^T p_{k+1} and du_k J = L_u + B_k^T p_{k+1}.

What such a letter is follows from where it stands: before delta x_k it is known, beside a costate it is taken from custom, and no line
is refuted for it until one is proved with it.  A_k beside a time step h is the slope of f alone, else that of the whole step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, own
from adjointcheck.notes.letters.derivatives import core_of
from adjointcheck.notes.letters.meaning import Applied, Symbol, Unknown, resolve, symbols, walk
from adjointcheck.notes.letters.own_letters import is_placed
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

DOTS = tree.Letter("dots")
CAPITALS = ("Phi", "Psi", "Gamma", "Lambda", "Theta", "Xi")
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


def feeds_back(chain: tree.Chain, context: Context) -> bool:
    """Is it delta u_k = K_k delta x_k + d_k, with a gain?"""
    left = resolve(chain.sides[0], context)
    return isinstance(left, tree.Variation) and getattr(left.of, "name", "") == "w"


def bold_jacobians(chain: tree.Chain, context: Context) -> Context:
    """With H_k beside a map written in script, or the bold one beside a plain map: its Jacobian (Ide, Courtier, Ghil and Lorenc 1997)."""
    letters = (part for side in chain.sides for part in walk(side) if isinstance(part, tree.Letter))
    for name, letter in {part.name: part for part in letters if len(part.name) == 1 and not part.accents}.items():
        function = next((known for known in (*context.of("O"), *context.of("f")) if known.letter == f"mathcal{{{name}}}"), None)
        if function is None or name in context.letters or context.over() != "layers" or not is_placed(letter, context):
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
        return by.name if by.name in SLOTS and symbols(made.of) <= {"J", "J_a", "H", "x"} else "x" if by.name == "x0" else ""
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
