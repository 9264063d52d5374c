"""The linear-quadratic regulator over layers: the ansatz lambda_k = P_k x_k, u_k = -K_k x_k, and its proof.

    W = R + B' P+ B,   K = W^-1 B' P+ A,   P = Q + A' P+ A - A' P+ B W^-1 B' P+ A,   P = M at the last layer;   J = c x_0' P_0 x_0 / 2

Without an end M is what P always is, and Riccati's equation says what Q is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

from adjointcheck.derive.theories.draft import Draft
from adjointcheck.expression.node import Expression
from adjointcheck.notes.systems.endless import LASTING
from adjointcheck.trusted.language import Language
from adjointcheck.trusted.verdict import Status


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
            for q, r, m, c in product(of(n, n), of(k, k), of(n, n), ("1", "2", "-1", "-2")):
                paid = " + ".join(f"transpose(x{i})*{q[i]}*x{i} + transpose(w{i})*{r[i]}*w{i}" for i in range(count))
                if q != r and same(price, f"{c}/2*({paid} + transpose(x{count})*{m[count]}*x{count})"):
                    return {"A": a, "B": b, "Q": q, "R": r, "M": m, "c": (c,) * (count + 1)}
    return None


def regulated(draft: Draft, count: int, names: Mapping[str, tuple[str, ...]]) -> None:
    """P, W and K of every layer, the optimal control, p = c x' P, and J = c x_0' P_0 x_0 / 2."""
    names = {**names, **matrices(names["M"][count], count)}
    m, c, last = names["M"][count], names["c"][0], names["P"][count]
    draft.let(**{name: "n n constant symmetric" for name in names["P"]}, **{f"v{i}": "1 1 constant" for i in range(count + 1)})
    end = [draft.assume("riccati_end", f"{last} = {m}")] if last != m else []
    draft.define(f"worth_{count}", f"v{count} = {c}/2*transpose(x{count})*{last}*x{count}")
    draft.step(f"ansatz_{count}", "rewrite", f"p{count} = {c}*transpose(x{count})*{last}", f"costate_{count}", *end)
    for i in reversed(range(count)):
        _stage(draft, i, i if end else count - 1, {"P+": names["P"][i + 1], **{letter: family[i] for letter, family in names.items()}})
    whole = " + ".join(f"s{i}" for i in range(count)) + f" + {c}/2*transpose(x{count})*{m}*x{count}"
    stages = range(count)
    draft.step("stages", "rewrite", {"value": "J", "end": whole}, "cost", *(f"paid_{i}" for i in stages))
    told = [f"lost_{i}" for i in stages]
    draft.step("worth", "rewrite", {"value": "J", "end": "v0"}, "stages", *told, f"worth_{count}", *end)
    draft.step("optimal_cost", "rewrite", {"value": "J", "end": f"{c}/2*transpose(x0)*{names['P'][0]}*x0"}, "worth", "worth_0")


def matrices(last: str, count: int) -> dict[str, tuple[str, ...]]:
    """P, K, W and V of each layer, or one of each where `last` is that of a horizon without an end."""
    if last == LASTING:
        return {"P": (LASTING,) * (count + 1), **{letter: (f"{letter}0",) * (count + 1) for letter in "KWV"}}
    return {letter: tuple(f"{letter}{i}" for i in range(count + 1)) for letter in "PKWV"}


def _stage(draft: Draft, i: int, told: int, names: Mapping[str, str]) -> None:
    """What holds at layer `i`, of matrices that layer `told` says."""
    a, b, q, r, c, now, p, weight, gain = (names[letter] for letter in ("A", "B", "Q", "R", "c", "P", "P+", "W", "K"))
    x, w, after, less = f"x{i}", f"w{i}", f"p{i + 1}", "-" if now == p else ""
    inverse, cross = f"inverse({weight})", f"transpose({b})*{p}*{a}"
    draft.let(**{weight: "k k constant symmetric nonzero", gain: "k n constant", f"s{i}": "1 1 constant"})
    if told == i:
        draft.assume(f"weight_{i}", f"{weight} = {r} + transpose({b})*{p}*{b}")
        made = f"transpose({a})*{p}*{a} - transpose({cross})*{inverse}*{cross}"
        draft.assume(f"riccati_{i}", f"{q} = {now} - ({made})" if less else f"{now} = {q} + {made}")
        draft.define(f"gain_{i}", f"{gain} = {inverse}*{cross}")
    draft.define(f"slope_{i}", f"J_w{i} = {c}*transpose({w})*{r} + {after}*{b}")
    draft.assume(f"stationary_{i}", f"J_w{i} = 0")
    how = _optimal(i, "hole")
    draft.step(f"balance_{i}", "rewrite", f"{c}*transpose({w})*{r} + {after}*{b} = 0", *how, how=how)
    how = _optimal(i, f"inverse({r})*transpose(hole)/{c}")
    draft.step(f"multiplier_{i}", "rewrite", f"{w} + inverse({r})*transpose({b})*transpose({after})/{c} = 0", *how, how=how)
    how = {f"weight_{told}": f"{inverse}*hole*{w}", **_optimal(i, f"{inverse}*transpose(hole)/{c}"),
           f"ansatz_{i + 1}": f"-{inverse}*transpose({b})*transpose(hole)/{c}", f"dynamics_{i}": f"-{inverse}*transpose({b})*{p}*hole"}
    draft.step(f"control_{i}", "rewrite", f"{w} = -{inverse}*{cross}*{x}", *how, how=how)
    how = {f"costate_{i}": "hole", f"ansatz_{i + 1}": f"hole*{a}", f"dynamics_{i}": f"{c}*transpose(hole)*{p}*{a}",
           f"control_{i}": f"{c}*transpose({b}*hole)*{p}*{a}", f"riccati_{told}": f"-{c}*transpose({x})*({less}hole)"}
    draft.step(f"ansatz_{i}", "rewrite", f"p{i} = {c}*transpose({x})*{now}", *how, how=how)
    _forward(draft, i, told, names)
    outer, how = f"transpose({cross})*{inverse}", {f"weight_{told}": f"-transpose({cross})*{inverse}*hole*{inverse}*{cross}"}
    split = f"{outer}*{r}*{inverse}*{cross} + {outer}*transpose({b})*{p}*{b}*{inverse}*{cross} = {outer}*{cross}"
    draft.step(f"split_{i}", "rewrite", split, *how, how=how)
    draft.define(f"paid_{i}", f"s{i} = {c}/2*(transpose({x})*{q}*{x} + transpose({w})*{r}*{w})")
    draft.define(f"worth_{i}", f"v{i} = {c}/2*transpose({x})*{now}*{x}")
    how = {f"paid_{i}": "hole", f"worth_{i}": "-hole", f"worth_{i + 1}": "hole",
           f"riccati_{told}": f"-{c}/2*transpose({x})*({less}hole)*{x}", f"split_{i}": f"{c}/2*transpose({x})*hole*{x}"}
    draft.step(f"lost_{i}", "rewrite", f"s{i} = v{i} - v{i + 1}", *how, f"dynamics_{i}", f"control_{i}", how=how)


def _forward(draft: Draft, i: int, told: int, names: Mapping[str, str]) -> None:
    """The same by the next state: w = -R^-1 B' P+ x+, x+ = V^-1 A x, P = Q + A' P+ V^-1 A, where V = I + B R^-1 B' P+."""
    a, b, q, r, c, now, p = (names[letter] for letter in ("A", "B", "Q", "R", "c", "P", "P+"))
    x, after, fed, less = f"x{i}", f"x{i + 1}", f"inverse({r})*transpose({b})", "-" if now == p else ""
    inverse, weight = f"inverse({names['V']})", f"inverse({names['W']})"
    if told == i:
        draft.let(**{names["V"]: "n n constant nonzero"})
        draft.assume(f"weight_forward_{i}", f"{names['V']} = I + {b}*{fed}*{p}")
    how = {f"multiplier_{i}": "hole", f"ansatz_{i + 1}": f"-{fed}*transpose(hole)/{c}"}
    draft.step(f"forward_{i}", "rewrite", f"w{i} + {fed}*{p}*{after} = 0", *how, how=how)
    how = {f"dynamics_{i}": f"{inverse}*hole", f"forward_{i}": f"{inverse}*{b}*hole", f"weight_forward_{told}": f"{inverse}*hole*{after}"}
    draft.step(f"next_{i}", "rewrite", f"{after} - {inverse}*{a}*{x} = 0", *how, how=how)
    outer, loss = f"transpose({a})*{p}*{inverse}", f"{b}*{weight}*transpose({b})*{p}*{a}"
    how = {f"riccati_{told}": f"{less}hole", f"weight_forward_{told}": f"{outer}*hole*({a} - {loss})",
           f"weight_{told}": f"{outer}*{b}*inverse({r})*hole*{weight}*transpose({b})*{p}*{a}"}
    draft.step(f"riccati_forward_{i}", "rewrite", f"{now} - {q} - {outer}*{a} = 0", *how, how=how)


def _optimal(i: int, pattern: str) -> dict[str, str]:
    """dJ/dw_i = 0 under a pattern."""
    return {f"slope_{i}": f"-{pattern}", f"stationary_{i}": pattern}
