"""A density as a field p(x, t): its rate at a fixed point, which is not that along a solution, and the divergence of its flux.

d/dt p(x(t), t) = partial_t p + (grad p) f, so that partial_t p + div(p f) = 0 says the same as d/dt p(x(t), t) = -p tr f_x.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import ORDER, ROLES, Context, key
from adjointcheck.notes.letters.derivatives import derivative
from adjointcheck.notes.letters.quantities import Applied, Symbol, Unknown, here, symbols, walk
from adjointcheck.notes.letters.scales import runs_back
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

FIXED, ALONG, MIXED = "at a fixed point", "along a solution", "now at a point, now along a solution"
USUAL = ("p", "q", "rho", "varrho", "pi", "mu", "n")
NOTES, LINE = "rates of densities", "rates of densities in this line"
OPEN = Unknown("rate of a density, at a fixed point or along a solution")


def runs_along(letter: Node, inputs: Iterable[Node], context: Context) -> bool:
    """Is it D(x, t, theta) of D = df/dx, the slope where the solution is?"""
    known = next(iter(context.of(letter.name)), None) if isinstance(letter, Symbol) and letter.name not in ROLES else None
    slope = isinstance(known.body, tree.Derivative) and isinstance(known.body.of, Applied) if known is not None else False
    return slope and all(isinstance(value, Symbol) and value.name in ORDER and value.at in (None, Symbol("t")) for value in inputs)


def divergence(of: Node, context: Context) -> Node | None:
    """tr f_x of div f, and p tr f_x + (grad p) f of div(p f)."""
    factors = of.factors if isinstance(of, tree.Product) else (of,)
    fields = [factor for factor in factors if isinstance(factor, Applied) and factor.name == "f" and not factor.part]
    others = tuple(factor for factor in factors if factor not in fields)
    if len(fields) != 1 or not all(map(is_of_density, others)):
        return None
    spreading = tree.Function("tr", (derivative(fields[0], [Symbol("x")], "partial", context),))
    if not others:
        return spreading
    density = others[0] if len(others) == 1 else tree.Product(others)
    return tree.Sum((tree.Product((*others, spreading)), _along(fields[0], density, context)))


def rate_of(node: Node, count: int, letter: Node, context: Context) -> Node:
    """x-dot and x-ddot; q-dot of q(tau) = p(T - tau) is dq/dtau = -dq/dt."""
    known = context.letters.get(key(letter)) if isinstance(letter, tree.Letter) else None
    back = known is not None and len(known.given) == 1 and runs_back(known.given[0], context)
    rate = tree.Derivative(node, (Symbol("t"),) * count, "total")
    return tree.Negative(rate) if back and count == 1 else rate


def local_rate(written: tree.Derivative, of: Node, context: Context) -> Node | None:
    """partial_t p as dp/dt - (grad p) f, unless it is written for the rate along a solution; None for what is no rate of a density."""
    if not _is_local(written) or not is_of_density(of) or "rho" not in symbols(of):
        return None
    along = derivative(here(of), [Symbol("t")], "total", context)
    told, manner = context.option(LINE), _manner(written.of, context)
    manner = manner or told if told != MIXED or manner == ALONG else ""
    if manner == ALONG:
        return along
    return tree.Sum((along, tree.Negative(_along(Applied("f"), of, context)))) if manner == FIXED else OPEN


def fluxes(node: Node, context: Context) -> Iterator[tree.Letter]:
    """p of div(p f), which multiplies the field alone."""
    for part in walk(node):
        inside = part.arguments[0] if isinstance(part, tree.Function) and part.name == "div" and len(part.arguments) == 1 else None
        letters = [_letter(factor) for factor in inside.factors] if isinstance(inside, tree.Product) and len(inside.factors) == 2 else []
        found = [letter for letter in letters if letter is not None and letter.name in USUAL and not letter.accents]
        fields = [letter for letter in letters if letter is not None and letter not in found]
        known = {declared.letter for declared in context.of("f")}
        yield from found if len(found) == len(fields) == 1 and (not known or fields[0].name in known) else ()


def _letter(node: Node) -> tree.Letter | None:
    node = node.function if isinstance(node, tree.Call) else node
    return node if isinstance(node, tree.Letter) else None


def rated(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With what partial_t of a density means where it bears no arguments: all that the notes write out, or have a flux beside, agree."""
    manners = {manner for chain in chains for manner in _manners(chain, context)}
    told = manners.pop() if len(manners) == 1 else MIXED if manners else ""
    return replace(context, options={**context.options, NOTES: told, LINE: told})


def with_flux(chain: tree.Chain, context: Context) -> Context:
    """The context of one formula: what has a flux, or the slope of the density, beside it is at a fixed point."""
    if not context.of("rho"):
        return context
    return replace(context, options={**context.options, LINE: FIXED if _transports(chain, context) else context.option(NOTES)})


def _is_local(node: tree.Derivative) -> bool:
    return node.kind == "partial" and [*map(_name, node.by)] == ["t"]


def _manners(chain: tree.Chain, context: Context) -> Iterator[str]:
    rates = [part for part in walk(chain) if isinstance(part, tree.Derivative) and _is_local(part)]
    if any(_densities(rate, context) for rate in rates) and _transports(chain, context):
        yield FIXED
    yield from filter(None, (_manner(rate.of, context) for rate in rates))


def _transports(chain: tree.Chain, context: Context) -> bool:
    """div(p f), or grad p."""
    for part in walk(chain):
        by = {*map(_name, part.by)} if isinstance(part, tree.Derivative) and part.kind in ("partial", "nabla") else {"t"}
        slope = isinstance(part, tree.Derivative) and "t" not in by
        if (slope or (isinstance(part, tree.Function) and part.name == "div")) and _densities(part, context):
            return True
    return False


def _manner(written: Node, context: Context) -> str:
    """p(x(t)) moves with the solution, p(x, t) and p_t(x) stand; nothing is said by p, nor by p(x(t), t), which both may mean."""
    calls = [part for part in walk(written) if isinstance(part, tree.Call) and part.function in _densities(part.function, context)]
    manners = {_of_call(call) for call in calls}
    return manners.pop() if len(manners) == 1 else ""


def _of_call(call: tree.Call) -> str:
    timed = len(call.arguments) > 1 or bool(getattr(call.function, "below", ()))
    moving = any(isinstance(argument, tree.Call) for argument in call.arguments)
    return "" if moving == timed else ALONG if moving else FIXED


def _densities(node: Node, context: Context) -> list[tree.Letter]:
    """The letters of densities, p of p_t too."""
    letters = [part for part in walk(node) if isinstance(part, tree.Letter) and not part.accents and not part.above]
    known = {declared.letter for declared in context.of("rho")}
    return [letter for letter in letters if {key(letter), letter.name} & known]


def is_of_density(node: Node) -> bool:
    """Made of nothing but a density where the solution goes through, and numbers."""
    parts = (Symbol, Applied, Unknown, tree.Derivative, tree.Integral, tree.Series)
    return all(part == Symbol("rho") for part in walk(here(node)) if isinstance(part, parts))


def _along(field: Node, density: Node, context: Context) -> Node:
    """(grad p) f, in whatever layout gradients are."""
    return tree.Function("inner", (derivative(here(density), [Symbol("x")], "partial", context), field))


def _name(node: Node) -> str:
    return node.name if isinstance(node, tree.Letter) and not node.below and not node.above else ""
