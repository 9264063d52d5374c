"""The linear-quadratic regulator over layers: the ansatz lambda_k = P_k x_k, u_k = -K_k x_k, its proof and its numbers.

    W = R + B' P+ B,   K = W^-1 B' P+ A,   P = Q + A' P+ A - A' P+ B W^-1 B' P+ A,   P = M at the last layer;   J = c x_0' P_0 x_0 / 2
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np

from adjointcheck.derive.theories.draft import Draft
from adjointcheck.expression.node import Expression
from adjointcheck.notes import tree
from adjointcheck.notes.context import ROLES, Context, Declared, key
from adjointcheck.notes.derivatives import core_of
from adjointcheck.notes.evaluation import Env, NoValue, by_letter, evaluate
from adjointcheck.notes.jet import real
from adjointcheck.notes.meaning import Symbol, resolve, unknown, walk
from adjointcheck.notes.own_letters import is_placed
from adjointcheck.notes.tree import Node
from adjointcheck.notes.usage import head, pair_of
from adjointcheck.trusted.language import Language
from adjointcheck.trusted.verdict import Status

Introduced = tuple[str, tuple[str, ...], Context] | None

# What notes introduce


def ansatz(chain: tree.Chain, context: Context) -> Introduced:
    """lambda_k = P_k x_k, and then u_k = -K_k x_k, with P and K new: Riccati's matrix and the gain of the optimal control."""
    pair = pair_of(chain)
    left = core_of(resolve(pair[0], context)) if pair else None
    right = pair[1] if pair else None
    costate = isinstance(left, Symbol) and left.name == "p"
    fed = isinstance(left, Symbol) and left.name == "w" and isinstance(right, tree.Negative) and bool(context.of("P"))
    right = right.of if isinstance(right, tree.Negative) and fed else right
    factors = [factor for factor in right.factors if not isinstance(factor, tree.Number)] if isinstance(right, tree.Product) else []
    if not (costate or fed) or len(factors) != 2 or pair is None or right is None or not _is_usual(pair, right, context):
        return None
    letter, state = (factor.of if isinstance(factor, tree.Transposed) else factor for factor in factors)
    letter, state = (state, letter) if _is_state(letter, context) else (letter, state)
    named = head(letter)
    if named is None or named.accents or named.above or not _is_state(state, context) or not unknown(resolve(letter, context)):
        return None
    name = named.name if is_placed(letter, context) else key(named)
    role = ROLES["P" if costate else "K"]
    declared = Declared(name, role.symbol, role.shape, role.kind, source="proposed")
    return "definition", (name,), context.declare(declared).assume("optimal")


def _is_usual(pair: tuple[Node, Node], right: Node, context: Context) -> bool:
    """Is P that of Riccati's equation: lambda = P x for costs with 1/2, and over time lambda = 2 P x for costs without?"""
    made = resolve(pair[0], context)
    core = made.of if isinstance(made, tree.Transposed) else made
    numbers = [factor.value for factor in getattr(right, "factors", ()) if isinstance(factor, tree.Number)]
    timed, positive = context.over() == "time", not isinstance(core, tree.Negative)
    return not numbers and (positive or not timed) if _halved(context) else numbers == [2] and positive and timed


def _is_state(node: Node, context: Context) -> bool:
    made = resolve(node, context)
    return isinstance(made, Symbol) and made.name == "x"


def _halved(context: Context) -> bool:
    """Does the cost carry its 1/2, so that P of lambda = P x is Riccati's?"""
    bodies = [known.body for known in context.letters.values() if known.symbol in ("L", "Psi") and known.body is not None]
    law = context.law("objective")
    nodes = [part for body in (*bodies, *((law.right,) if law is not None else ())) for part in walk(body)]
    return any(isinstance(node, tree.Quotient) and getattr(node.below, "value", None) == 2 for node in nodes) or any(
        isinstance(node, tree.Number) and node.value.denominator == 2 for node in nodes)


# Its proof, layer by layer


def names_of(language: Language, read: Callable[[str], Expression], states: list[Expression], price: Expression,
             families: Mapping[tuple[str, ...], tuple[str, str]]) -> dict[str, tuple[str, ...]] | None:
    """Which letters are A, B, Q, R and M, layer by layer; None for any other problem.  `families` are the notes' own, with their shapes."""
    def of(rows: str, cols: str) -> list[tuple[str, ...]]:
        return [family for family, shape in families.items() if shape == (rows, cols)]

    def same(one: Expression, text: str) -> bool:
        return language.equal(("always", one, read(text)), ()).status is Status.PROVED

    count, n, k = len(states), language.letters["x0"].rows, language.letters["w0"].rows
    for a, b in product(of(n, n), of(n, k)):
        if a != b and all(same(state, f"{a[i]}*x{i} + {b[i]}*w{i}") for i, state in enumerate(states)):
            for q, r, m, c in product(of(n, n), of(k, k), of(n, n), ("1", "2")):
                paid = " + ".join(f"transpose(x{i})*{q[i]}*x{i} + transpose(w{i})*{r[i]}*w{i}" for i in range(count))
                if q != r and same(price, f"{c}/2*({paid} + transpose(x{count})*{m[count]}*x{count})"):
                    return {"A": a, "B": b, "Q": q, "R": r, "M": m, "c": (c,) * (count + 1)}
    return None


def regulated(draft: Draft, count: int, names: Mapping[str, tuple[str, ...]]) -> None:
    """P, W and K of every layer, the optimal control, p = c x' P, and J = c x_0' P_0 x_0 / 2."""
    m, c = names["M"][count], names["c"][0]
    draft.let(**{f"P{i}": "n n constant symmetric" for i in range(count + 1)}, **{f"v{i}": "1 1 constant" for i in range(count + 1)})
    draft.assume("riccati_end", f"P{count} = {m}")
    draft.define(f"worth_{count}", f"v{count} = {c}/2*transpose(x{count})*P{count}*x{count}")
    draft.step(f"ansatz_{count}", "rewrite", f"p{count} = {c}*transpose(x{count})*P{count}", f"costate_{count}", "riccati_end")
    for i in reversed(range(count)):
        _stage(draft, i, {letter: family[i] for letter, family in names.items()})
    whole = " + ".join(f"s{i}" for i in range(count)) + f" + {c}/2*transpose(x{count})*{m}*x{count}"
    stages = range(count)
    draft.step("stages", "rewrite", {"value": "J", "end": whole}, "cost", *(f"paid_{i}" for i in stages))
    told = [f"lost_{i}" for i in stages]
    draft.step("worth", "rewrite", {"value": "J", "end": "v0"}, "stages", *told, f"worth_{count}", "riccati_end")
    draft.step("optimal_cost", "rewrite", {"value": "J", "end": f"{c}/2*transpose(x0)*P0*x0"}, "worth", "worth_0")


def _stage(draft: Draft, i: int, names: Mapping[str, str]) -> None:
    a, b, q, r, c = (names[letter] for letter in "ABQRc")
    x, w, p, after = f"x{i}", f"w{i}", f"P{i + 1}", f"p{i + 1}"
    inverse, cross = f"inverse(W{i})", f"transpose({b})*{p}*{a}"
    draft.let(**{f"W{i}": "k k constant symmetric nonzero", f"K{i}": "k n constant", f"s{i}": "1 1 constant"})
    draft.assume(f"weight_{i}", f"W{i} = {r} + transpose({b})*{p}*{b}")
    draft.assume(f"riccati_{i}", f"P{i} = {q} + transpose({a})*{p}*{a} - transpose({cross})*{inverse}*{cross}")
    draft.define(f"gain_{i}", f"K{i} = {inverse}*{cross}")
    draft.define(f"slope_{i}", f"J_w{i} = {c}*transpose({w})*{r} + {after}*{b}")
    draft.assume(f"stationary_{i}", f"J_w{i} = 0")
    how = _optimal(i, "hole")
    draft.step(f"balance_{i}", "rewrite", f"{c}*transpose({w})*{r} + {after}*{b} = 0", *how, how=how)
    how = _optimal(i, f"inverse({r})*transpose(hole)/{c}")
    draft.step(f"multiplier_{i}", "rewrite", f"{w} + inverse({r})*transpose({b})*transpose({after})/{c} = 0", *how, how=how)
    how = {f"weight_{i}": f"{inverse}*hole*{w}", **_optimal(i, f"{inverse}*transpose(hole)/{c}"),
           f"ansatz_{i + 1}": f"-{inverse}*transpose({b})*transpose(hole)/{c}", f"dynamics_{i}": f"-{inverse}*transpose({b})*{p}*hole"}
    draft.step(f"control_{i}", "rewrite", f"{w} = -{inverse}*{cross}*{x}", *how, how=how)
    how = {f"costate_{i}": "hole", f"ansatz_{i + 1}": f"hole*{a}", f"dynamics_{i}": f"{c}*transpose(hole)*{p}*{a}",
           f"control_{i}": f"{c}*transpose({b}*hole)*{p}*{a}", f"riccati_{i}": f"-{c}*transpose({x})*hole"}
    draft.step(f"ansatz_{i}", "rewrite", f"p{i} = {c}*transpose({x})*P{i}", *how, how=how)
    outer, how = f"transpose({cross})*{inverse}", {f"weight_{i}": f"-transpose({cross})*{inverse}*hole*{inverse}*{cross}"}
    split = f"{outer}*{r}*{inverse}*{cross} + {outer}*transpose({b})*{p}*{b}*{inverse}*{cross} = {outer}*{cross}"
    draft.step(f"split_{i}", "rewrite", split, *how, how=how)
    draft.define(f"paid_{i}", f"s{i} = {c}/2*(transpose({x})*{q}*{x} + transpose({w})*{r}*{w})")
    draft.define(f"worth_{i}", f"v{i} = {c}/2*transpose({x})*P{i}*{x}")
    how = {f"paid_{i}": "hole", f"worth_{i}": "-hole", f"worth_{i + 1}": "hole", f"riccati_{i}": f"-{c}/2*transpose({x})*hole*{x}",
           f"split_{i}": f"{c}/2*transpose({x})*hole*{x}"}
    draft.step(f"lost_{i}", "rewrite", f"s{i} = v{i} - v{i + 1}", *how, f"dynamics_{i}", f"control_{i}", how=how)


def _optimal(i: int, pattern: str) -> dict[str, str]:
    """dJ/dw_i = 0 under a pattern."""
    return {f"slope_{i}": f"-{pattern}", f"stationary_{i}": pattern}


# Its numbers


def gains(world: Any) -> tuple[list[Any], list[Any]]:
    """Riccati's matrices of all layers, and the gains (Bertsekas 1995)."""
    terms = tree.terms(world.objective)
    stages = [part.body for term in terms for part in walk(term) if isinstance(part, tree.Series)]
    factors = [tree.Product((*(f for f in term.factors if not isinstance(f, tree.Series)), *stages)) for term in terms
               if isinstance(term, tree.Product) and any(isinstance(f, tree.Series) for f in term.factors)]
    ends = [term for term in terms if not any(isinstance(part, tree.Series) for part in walk(term))]
    if len(stages) != 1 or len(ends) != 1:
        raise NoValue("a Riccati equation for a cost of another form")
    matrix = _slope(world, ends[0], world.count, "x", "x", Symbol("N"))
    halved, found = None, [(matrix, None)]
    for layer in reversed(range(world.count)):
        a, b = (_jacobian(world, layer, name) for name in ("x", "w"))
        q, r = (_slope(world, (factors or stages)[0], layer, name, name) for name in ("x", "w"))
        halved = _is_halved(world, layer, q) if halved is None else halved
        after = found[0][0]
        gain = np.linalg.solve(r + b.T @ after @ b, b.T @ after @ a)
        found.insert(0, (q + a.T @ after @ (a - b @ gain), gain))
    return [value * (1.0 if halved else 0.5) for value, _ in found], [gain for _, gain in found[:-1]]


def _is_halved(world: Any, layer: int, q: Any) -> bool:
    weight = next((known for known in world.context.letters.values() if known.letter == "Q"), None)
    value = world.value(Symbol(weight.symbol), layer, Env(world, layer)) if weight is not None else None
    return value is None or np.allclose(q, real(value))


def _jacobian(world: Any, layer: int, name: str) -> Any:
    here = Env(world, layer, {"l": np.float64(layer)})
    return np.atleast_2d(real(by_letter(lambda there: evaluate(world.rule, there), Symbol(name), here)))


def _slope(world: Any, node: Node, layer: int, one: str, other: str, at: Node | None = None) -> Any:
    here = Env(world, layer, {"l": np.float64(layer)})
    by = tuple(Symbol(name, at=at) for name in (one, other))
    return np.atleast_2d(real(evaluate(tree.Derivative(node, by, "partial"), here)))


def steered(world: Any) -> Any:
    """The world whose control is the optimal feedback; raises NoValue where J is not stationary with it."""
    _, feedback = gains(world)
    controls: list[Any] = list(world.inputs["w"])
    for layer, gain in enumerate(feedback):
        there = type(world)(world.stage, {**world.inputs, "w": list(controls)})
        controls[layer] = -(gain @ np.reshape(real(there.value_x(layer)), (-1, 1))).reshape(*world.shape("w"))
    found = type(world)(world.stage, {**world.inputs, "w": controls})
    slope = tree.Derivative(Symbol("J"), (Symbol("w"),), "total")
    if any(np.max(np.abs(real(evaluate(slope, Env(found, layer))))) > 1e-9 for layer in range(world.count)):
        raise NoValue("an optimal control over layers that is no linear feedback")
    return found
