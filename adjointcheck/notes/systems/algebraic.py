"""Semi-explicit systems of index 1, xdot = f(x, z, theta) and 0 = g(x, z, theta): z stands where g has it, and has no time of its own.

Along the solution z is what makes L + p f + mu g stationary, as a control that is optimal would be: it takes the control's place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, USUAL, Context, Declared, Law, key
from adjointcheck.notes.letters.derivatives import is_sensitivity
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, walk
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, USUAL_PARAMETERS, head, introduced_function, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
ZERO = tree.Number(Fraction(0))


def algebraic(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With z as the control, where the dynamics speak of it, an equation g(x, z) = 0 holds it, and nothing else may be controlled."""
    chains = list(chains)
    fields = [(letter, pair[1]) for chain in chains if (pair := pair_of(chain)) is not None and (letter := moving(pair[0])) is not None]
    equations = [call for chain in chains if (call := vanishing(chain)) is not None]
    if len(equations) != 1 or context.over() == "layers" or context.law("dynamics") is not None:
        return context
    moved = {key(letter) for letter, _ in fields}
    state, right = next(iter(fields), (None, None))
    equation, name = equations[0], _name(equations[0])
    names = [key(letter) for argument in equation.arguments if (letter := _whole(argument)) is not None]
    if state is None or not isinstance(right, tree.Call) or key(state) not in names or role_in(head(equation), context) not in ("", "alg"):
        return context
    if head(equation) == head(right):  # f(x, theta) = 0 is a state of rest
        return context
    spoken = {key(letter) for argument in right.arguments if (letter := _whole(argument)) is not None}
    free = [name for name in names if name in spoken - moved and name not in USUAL and _may_stand(name, context)]
    free = free if len(free) < 2 else [name for name in free if name not in USUAL_PARAMETERS or role_in(tree.Letter(name), context) == "w"]
    if len(free) != 1 or {*USUAL_CONTROLS} & spoken or len(names) < len(equation.arguments) or not {*names} <= spoken | {"t"}:
        return context
    role = ROLES["w"]
    letters = {name: known for name, known in context.letters.items() if name != free[0] or known.symbol == "w"}
    return replace(context, letters=letters, options={**context.options, "algebraic": name}).declare(
        Declared(free[0], "w", role.shape, role.kind, source="proposed"))


def _whole(argument: Node) -> tree.Letter | None:
    """z of z and z(t)."""
    letter, plain = head(argument), isinstance(argument, tree.Letter) or getattr(argument, "arguments", ()) == (tree.Letter("t"),)
    return letter if plain and letter is not None and not letter.accents else None


def _may_stand(name: str, context: Context) -> bool:
    """Is it no state, parameter or time that is known?"""
    known = context.letters.get(name)
    return known is None or known.symbol in ("w", name)


def vanishing(chain: tree.Chain) -> tree.Call | None:
    """g(x, z, theta) of 0 = g(x, z, theta), a function of which no letter is differentiated."""
    pair = pair_of(chain)
    sides = [side for side in pair if side != ZERO] if pair is not None and ZERO in pair else []
    call = sides[0] if len(sides) == 1 else None
    plain = isinstance(call, tree.Call) and isinstance(call.function, tree.Letter) and not (call.function.accents or call.function.below)
    return call if plain and isinstance(call, tree.Call) and len(call.arguments) > 1 else None


def _name(call: tree.Call) -> str:
    letter = head(call)
    return key(letter) if letter is not None else ""


def algebraic_law(chain: tree.Chain, context: Context) -> Introduced:
    """0 = g(x, z, theta), which holds z."""
    call = vanishing(chain)
    if call is None or _name(call) != context.option("algebraic") or context.law("algebraic") is not None:
        return None
    context, names = introduced_function(call, "alg", context)
    law = Law("algebraic", ZERO, resolve(call, context))
    return "assumption", names, replace(context, laws=(*context.laws, law))


def along_solution(chain: tree.Chain, context: Context) -> tree.Chain:
    """dz/dtheta along the solution, where a curled d z/d theta stands beside dx/dtheta; by itself z is a function of x and theta."""
    if context.law("algebraic") is None or not any(is_sensitivity(part) for part in walk(chain)):
        return chain
    made = _along(chain)
    assert isinstance(made, tree.Chain)
    return made


def _along(node: Node) -> Node:
    if node == Symbol("w_theta"):
        return tree.Derivative(Symbol("w"), (Symbol("theta"),), "total")
    return rebuilt(node, _along)
