"""Which letter counts the layers, told by the first time step x_{k+1} = F(x_k), x_k = F(x_{k-1}) of the notes, wherever it stands.

Notes that have a flow before it speak of time until a formula speaks of x_k, p_k or x_N; from there on they speak of layers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TypeGuard

from adjointcheck.notes.letters.context import ROLES, USUAL, Context, Declared, Law, key, own
from adjointcheck.notes.letters.derivatives import ONE_STEP, UNPLACED
from adjointcheck.notes.letters.indices import Unclear, ahead
from adjointcheck.notes.letters.meaning import Applied, Symbol, Unknown, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.numbered import STEPS, is_numbered
from adjointcheck.notes.letters.own_inputs import speaks
from adjointcheck.notes.letters.posing import dated
from adjointcheck.notes.letters.primes import is_primed
from adjointcheck.notes.letters.quantities import instead, placed_from, shifted, speaks_of
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, USUAL_COSTATES, head, moving, pair_of, role_in, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.document import Formula
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.ensembles import one_sample
from adjointcheck.notes.systems.flows import unforced
from adjointcheck.notes.systems.implicit import solved
from adjointcheck.notes.systems.superscripts import STAGE_COST, below

COUNTERS = ("k", "l", "n", "i", "j", "m", "t", "s", "ell")
LASTS = ("N", "K", "L", "T", "M")
INNER = "inside of a time step "
ANY_STEP = "the step"  # a function of which nothing is said
SMALL_STEP = re.compile(r"(\\?[A-Za-z]+)\s*_\s*\{\s*(\w)\s*\+\s*1\s*\}\s*&?=\s*\1\s*_\s*\{?\s*\2\s*\}?\s*"
                        r"\+\s*\\(delta|epsilon|varepsilon)(?![A-Za-z]|\s*_)")
ONE = tree.Number(Fraction(1))


def layered(formulas: Iterable[Formula], context: Context) -> Context:
    """The context that knows which letter counts layers, where a time step is written somewhere in the notes."""
    counted = {known.letter for known in context.of("l")}
    if not counted and context.option("over"):
        return context
    flows, chains = False, [*_chains(formulas, context)]
    for chain in chains:
        found = _step(chain, context) or _through(chain, chains, context)
        if found is not None and (not counted or found[1] in counted):
            context = _inner(*found, chains, context)
            context = priced(chains, found[1], context)
            context = last_layer(chains, *found, matrices(chains, _whole(*found, context)))
            coming = replace(context, options={**context.options, "coming": " ".join(found)})
            return coming if flows else _counting(found[1], found[0], context)
        flows = flows or _flows(chain, context)
    return context


def small_steps(texts: Iterable[str], context: Context) -> Context:
    """With delta of x_{n+1} = x_n + delta f(x_n) as the length of a time step, no variation, and so with epsilon."""
    for name in sorted({match[3] for text in texts for match in SMALL_STEP.finditer(text)} - context.letters.keys()):
        context = context.declare(Declared(name, "h", source="proposed"))
    return context


def _through(chain: tree.Chain, chains: Iterable[tree.Chain], context: Context) -> tuple[str, str] | None:
    """(x, k) of x_k = sigma(a_k) or x_{k+1} = sigma(a_k), where another formula says a_k = W x_{k-1} + b or a_k = W x_k + b."""
    pair = pair_of(chain)
    for inner, value in _indexed(chains) if pair is not None else ():
        if pair is not None and inner != pair[0] and any(part == inner for part in walk(pair[1])):
            found = _step(replace(chain, sides=(pair[0], instead(pair[1], inner, value)), relations=("=",)), context)
            if found is not None:
                return found
    return None


def _indexed(chains: Iterable[tree.Chain]) -> Iterator[tuple[tree.Letter, Node]]:
    """(a_k, its value) of formulas a_k = ..."""
    for chain in chains:
        pair = pair_of(chain)
        letter = pair[0] if pair else None
        plain = isinstance(letter, tree.Letter) and len(letter.below) == 1 and not (letter.above or letter.accents)
        if pair is not None and plain and isinstance(letter, tree.Letter) and isinstance(letter.below[0], tree.Letter):
            yield letter, pair[1]


def _inner(state: str, index: str, chains: Iterable[tree.Chain], context: Context) -> Context:
    """With a_k of x_k = sigma(a_k) as a part of the time step, which `unfolded` puts in."""
    chains = list(chains)
    laws = [pair[1] for chain in chains if (pair := pair_of(chain)) is not None and isinstance(pair[0], tree.Letter)
            and pair[0].name == state and pair[0].below and tree.Letter(index) in walk(pair[0].below[0])]
    pieces = {f"{INNER}{letter.name}": value for letter, value in _indexed(chains) if letter.below == (tree.Letter(index),)
              and letter.name != state and any(part == letter for law in laws for part in walk(law)) and speaks_of(value, state)}
    return replace(context, pieces={**context.pieces, **pieces})


def unfolded(node: Node, context: Context) -> Node:
    """The right side of a time step with what stands for parts of it put in."""
    names = [part for part in walk(node) if isinstance(part, tree.Letter) and f"{INNER}{part.name}" in context.pieces and part.below]
    for letter in dict.fromkeys(names):
        node = instead(node, letter, context.pieces[f"{INNER}{letter.name}"])
    return node


def matrices(chains: Iterable[tree.Chain], context: Context) -> Context:
    """Without W of a header, as a number or a control, where the notes transpose the number W, or multiply by W_l or W within a layer: it
    is a letter of its own, and so are those that the header names beside it.
    """
    chains = list(chains)
    parts = (part.of for chain in chains for part in walk(chain) if isinstance(part, tree.Transposed))
    turned = {part.name for part in parts if isinstance(part, tree.Letter)}
    leading = {*_multipliers(chains)}
    numbers = {known.symbol for symbol in ("theta", "w") for known in context.parts(symbol) if known.letter in turned | leading}
    columns = {known.letter for known in context.of("w") if known.shape == ROLES["w"].shape} & leading
    return replace(context, letters={name: known for name, known in context.letters.items()
                                     if known.symbol not in numbers and name not in columns})


def _multipliers(chains: Iterable[tree.Chain]) -> Iterator[str]:
    """W of s(W_l x_l + b_l) and s(W x_l + b); u of s(u x) is a number."""
    calls = (part for chain in chains for part in walk(chain) if isinstance(part, tree.Call | tree.Function))
    for product in (part for call in calls for side in call.arguments for part in walk(side) if isinstance(part, tree.Product)):
        first = product.factors[0]
        letters = [factor for factor in product.factors if isinstance(factor, tree.Letter)]
        if first in letters[:1] and (letters[0].below or letters[0].name[0].isupper()) and len(letters) == len(product.factors):
            yield letters[0].name


def in_rows(state: tree.Letter, step: Node) -> bool:
    """s(h_{t-1} W + b), of a state in a row before its matrix, which a column is not read for."""
    products = (part.factors for call in walk(step) if isinstance(call, tree.Call | tree.Function)
                for part in walk(call) if isinstance(part, tree.Product))
    pairs = (pair for factors in products for pair in pairwise(factors))
    return any(one == state and isinstance(other, tree.Letter) and other.name[0].isupper() for one, other in pairs)


def priced(chains: Iterable[tree.Chain], index: str, context: Context) -> Context:
    """With another letter for E_t of E = sum_t E_t(x_t), which is not the whole cost."""
    chains = list(chains)
    names = {part.name for chain in chains for part in walk(chain) if isinstance(part, tree.Letter)}
    for pair in filter(None, map(pair_of, chains)):
        cost = pair[0].function if isinstance(pair[0], tree.Call) else pair[0]
        summed = [part.body for part in walk(pair[1]) if isinstance(part, tree.Series)]
        again = any(isinstance(part, tree.Letter) and part.name == getattr(cost, "name", "") and part.below == (tree.Letter(index),)
                    for body in summed for part in walk(body))
        if isinstance(cost, tree.Letter) and not cost.below and again and STAGE_COST not in {*names, *context.letters}:
            return replace(context, options={**context.options, "stage cost": cost.name})
    return context


def last_layer(chains: Iterable[tree.Chain], state: str, index: str, context: Context) -> Context:
    """With the letter L that notes write below others for the last layer, told by l = 0, ..., L - 1, sum_{l=0}^{L-1}, 0 <= l < L or x_L."""
    parts = [part for chain in chains for part in walk(chain)]
    below = {_label(item) for part in parts if isinstance(part, tree.Letter) for item in part.below for item in walk(item)
             if isinstance(item, tree.Letter)}
    told = {_label(letter) for part in parts for end in _range_of(part, index) if (letter := _bare_end(end)) is not None}
    told = told if context.option("layers above") else told & below
    marks = [(*part.below, *part.above) for part in parts if isinstance(part, tree.Letter) and part.name == state]
    ends = [mark[0] for mark in marks if len(mark) == 1 and isinstance(mark[0], tree.Letter)]
    seen = {_label(end) for end in ends if end.name in LASTS or end == tree.Letter("n", below=(tree.Letter(index),))}
    found = (told or seen) - {index, *context.letters, *(["T"] if index != "t" else [])}
    if len(found) == 1 and found <= {"N", "K"}:  # (1 - h)^{N - k}
        return context.declare(Declared(found.pop(), "N", source="proposed"))
    found -= {"N", "K"}
    return replace(context, options={**context.options, "last layer": found.pop()}) if len(found) == 1 else context


def with_last(series: tree.Series, context: Context) -> Context:
    """With N of sum_{k=0}^{N-1} as the number of layers, also where it stands in an exponent."""
    letter = _bare_end(series.upper) if series.upper is not None and context.over() == "layers" else None
    known = letter is None or key(letter) in context.letters or letter.name not in LASTS or letter.name == "T" or context.of("N")
    return context if known or letter is None else context.declare(Declared(key(letter), "N", source="proposed"))


def _label(letter: tree.Letter) -> str:
    """L, or N_t."""
    return "_".join([letter.name, *(part.name for part in letter.below if isinstance(part, tree.Letter))])


def _range_of(node: Node, index: str) -> tuple[Node, ...]:
    """The ends of l = 0, ..., L - 1, of sum_{l=0}^{L-1}, and of 0 <= l < L."""
    letter = tree.Letter(index)
    if isinstance(node, tree.Series):
        first = _bare_end(node.lower) if node.lower is not None else None
        far = node.lower if first is not None and first.name in LASTS else node.upper  # of k = N - 1, ..., j
        return (far,) if node.index == letter and far is not None else ()
    if not isinstance(node, tree.Chain) or letter not in node.sides:
        return ()
    if len(node.sides) == 3 and {*node.relations} <= {"<", "<=", ">", ">="}:
        return node.sides[0], node.sides[2]
    values = node.sides[1] if node.relations in (("=",), ("in",)) else None
    return (values.rows[0][0], values.rows[-1][-1]) if isinstance(values, tree.Vector) else ()


def _bare_end(node: Node) -> tree.Letter | None:
    """L of L and L - 1."""
    letter = node.terms[0] if isinstance(node, tree.Sum) else node
    return letter if isinstance(letter, tree.Letter) and not (letter.below or letter.above or letter.accents) else None


def _chains(formulas: Iterable[Formula], context: Context) -> Iterator[tree.Chain]:
    read = (read_formula(formula.text, context.reader()) for formula in formulas if not formula.unread)
    return (below(one_sample(chain, context), context) for chain in read if not isinstance(chain, Unread))


def _step(chain: tree.Chain, context: Context) -> tuple[str, str] | None:
    """(x, k) of x_{k+1} = F(x_k), or of x_k = F(x_{k-1}), for a letter that is no costate."""
    pair, implicit = pair_of(chain), solved(chain)
    if pair is not None and implicit is not None:
        pair = implicit[1:]
    letter = pair[0] if pair else None
    if pair is None or not isinstance(letter, tree.Letter) or letter.accents or letter.above or len(letter.below) != 1:
        return None
    index = successor(letter) or letter.below[0]
    if not isinstance(index, tree.Letter) or index.name not in COUNTERS or index.below:
        return None
    before = (index,) if successor(letter) else (tree.Sum((index, tree.Negative(ONE))),)
    states = {known.letter.partition("_")[0] for known in context.of("x")}
    named = letter.name in states if states else letter.name not in (*USUAL_COSTATES, "delta", "b", "f")
    follows = any(isinstance(part, tree.Letter) and part == replace(letter, below=before) for part in walk(pair[1]))
    activated = letter.name == "a" and not states and any(
        isinstance(part, tree.Call) and any(node == replace(letter, below=before) for argument in part.arguments for node in walk(argument))
        for part in walk(pair[1]))  # the activations of a net, and no costate
    return (letter.name, index.name) if (named or activated) and follows else None


def _flows(chain: tree.Chain, context: Context) -> bool:
    """xdot = f(x), (dx/dt)(t) = f(x(t)), x' = f(x), M xdot + K x = B u."""
    pair = pair_of(chain)
    left = head(pair[0]) if pair else None
    primed = left is not None and is_primed(left) and pair is not None and isinstance(pair[1], tree.Call)
    terms = [dated(term) for term in tree.terms(pair[0])] if pair is not None else []
    moved = any(moving(factor) is not None for term in terms for factor in (term, *getattr(term, "factors", ())))
    return primed or moved


def _whole(state: str, index: str, context: Context) -> Context:
    """x for x_k, which the header names with its index."""
    mark = f"_{index}"
    names = {name: name.removesuffix(mark) for name in context.letters if name.endswith(mark)}
    letters = {names.get(name, name): replace(known, letter=names.get(name, name)) for name, known in context.letters.items()}
    inputs = {name: replace(known, symbol="w", kind="path") for name, known in letters.items()
              if known.symbol == "theta" and name in names.values() and not context.of("w")}
    return replace(context, letters={**letters, **inputs})


def _counting(index: str, state: str, context: Context) -> Context:
    if not context.of("x"):
        context = context.declare(Declared(state, "x", ("n", "1"), "path", source="proposed"))
    context = context.declare(Declared(index, "l", kind="index", source="proposed"))
    return replace(context, options={**context.options, "over": "layers"})


def arrived(chain: tree.Chain, context: Context) -> Context:
    """From a formula on that speaks of x_k, of its costate, or of x_N, the notes speak of layers."""
    state, _, index = context.option("coming").partition(" ")
    if not index or not any(_counted(part, state, index, context) for side in chain.sides for part in walk(side)):
        return context
    options = {name: value for name, value in context.options.items() if name != "coming"}
    letters = {name: known for name, known in context.letters.items() if not (_is_of_flow(known) or _is_other_field(known, chain))}
    laws = tuple(law for law in context.laws if not {"s", "phi"} & symbols(law.right))  # what is observed of the flow
    return _counting(index, state, unforced(replace(context, options=options, letters=letters, laws=laws)))


def _is_of_flow(known: Declared) -> bool:
    """D(t) = diag(sigma'(K(t) x(t))), a formula in the state of a flow, whose letter layers may define anew."""
    paths = [part for part in walk(known.body) if isinstance(part, Symbol) and part.name in ("x", "p")] if known.body is not None else []
    return known.kind == "defined" and known.source == "proposed" and any(part.at in (None, Symbol("t")) for part in paths)


def _is_other_field(known: Declared, chain: tree.Chain) -> bool:
    """f of f_k(x_k, theta_k), which a flow has as f(x, t, theta)."""
    calls = (part for part in walk(chain) if isinstance(part, tree.Call) and getattr(part.function, "name", "") == known.letter)
    other = any(known.arguments is not None and len(call.arguments) != len(known.arguments) for call in calls)
    return known.symbol == "f" and known.source == "proposed" and other


def _counted(node: Node, state: str, index: str, context: Context) -> bool:
    if not isinstance(node, tree.Letter) or len(node.below) != 1:
        return False
    costate = node.name in USUAL_COSTATES or role_in(replace(node, below=(), accents=()), context) == "p"
    costate = costate and node.below != (tree.Letter("t"),)  # a_t beside a_theta
    names = {part.name for part in walk(node.below[0]) if isinstance(part, tree.Letter)}
    last = names <= {*LASTS} and bool(names) and not (names & context.letters.keys())
    return (node.name == state or costate) and (index in names or (last and node.name == state))


def counted_back(letter: tree.Letter, right: Node) -> tree.Letter | None:
    """k of x_k = F(x_{k-1})."""
    index = letter.below[0] if len(letter.below) == 1 else None
    before = replace(letter, below=(tree.Sum((index, tree.Negative(ONE))),)) if isinstance(index, tree.Letter) else None
    return index if isinstance(index, tree.Letter) and any(part == before for part in walk(right)) else None


def of_any_form(written: Node, right: Node, context: Context) -> tuple[Context, Node]:
    """sigma(W x_k + U u_k + b) with a sigma that nothing explains: any function of the layer's state, of each layer its own."""
    if not _is_activated(written, right, context):
        return context, right
    states = {part for part in walk(resolve(_opened(written), context)) if isinstance(part, Symbol) and part.name == "x"}
    if len(states) != 1 or context.of("f") or {"w", "theta"} & symbols(resolve(_opened(written), context)):
        return context, right
    (state,) = states
    role = ROLES["f"]
    context = context.declare(Declared(ANY_STEP, role.symbol, role.shape, role.kind, arguments=("x",), source="proposed"))
    return context, Applied("f", (("x", state),), at=Symbol("l"))


def _is_activated(written: Node, right: Node, context: Context) -> bool:
    """Is it unknown for functions of sums and products alone?"""
    opened = unknown(right)
    heads = {getattr(part.function, "name", "") for part in walk(written) if isinstance(part, tree.Call)}
    return bool(opened) and {*opened} <= heads


def _opened(node: Node) -> Node:
    """The arguments of calls in the place of the calls."""
    if isinstance(node, tree.Call) and len(node.arguments) == 1 and isinstance(node.arguments[0], tree.Sum | tree.Product):
        return _opened(node.arguments[0])
    return rebuilt(node, _opened)


def finer(right: Node, context: Context) -> bool:
    """Has a law of layers a time step that is new, as h in x_k + h f, stages of its own, or an error?  Then it is another law."""
    products = [part for part in walk(right) if isinstance(part, tree.Product) and any(isinstance(f, tree.Call) for f in part.factors)]
    law = context.law("layers")
    named = [part for part in walk(right) if isinstance(part, tree.Letter)]
    stages = any(is_numbered(part, context) for part in named) and law is not None and resolve(right, context) != law.right
    known = {*context.letters}
    factors = (part for one in products for part in one.factors if isinstance(part, tree.Letter))
    new = any(key(part) in STEPS and key(part) not in known for part in factors)
    return stages or new or _is_disturbed(right, context) or _is_other_method(right, context)


def for_another_field(right: Node, context: Context) -> Context:
    """Without f of x_{k+1} = f_k(x_k, w_k) and what rests on it, where x_k + h g(x_k, w_k) names another field; w_k are weights again."""
    calls = [letter for part in walk(right) if isinstance(part, tree.Call) and (letter := head(part)) is not None]
    new = {letter for letter in calls if not letter.accents and key(letter) not in (*context.letters, *USUAL)}
    again = any(role_in(letter, context) == "f" for letter in calls)
    if not context.law("layers") or not context.of("f") or len(new) != 1 or again:
        return context
    kept = {name: known for name, known in context.letters.items()
            if known.symbol != "f" and not (known.body is not None and "f" in speaks(symbols(known.body), context))}
    role = ROLES["w"]
    stood = {name: Declared(name, "w", role.shape, role.kind, source="proposed") for name, known in kept.items()
             if (known.symbol, known.shape, known.kind) == (own(name), ("", ""), role.kind) and name in USUAL_CONTROLS}
    return replace(context, letters={**kept, **(stood if not context.of("w") else {})})


def _is_other_method(right: Node, context: Context) -> bool:
    """x_k + h f(x_{k+1}) or x_k + h f(X_k) after x_k + h f(x_k): the field at another state."""
    law = context.law("layers")
    places = (_fields_at(resolve(right, context), context), _fields_at(law.right, context)) if law is not None else ({"0"}, {"0"})
    return all(places) and places[0] != places[1]


def _fields_at(node: Node, context: Context) -> set[str]:
    """0 for f(x_k), 1 for f(x_{k+1}), X for f(X_k), where X_k is a letter that the notes define, and k_2 of k_2 = f(x_k + h k_1/2);
    nothing for f(x_k + h f(x_k)/2), which may be the same.
    """
    slopes = {known.symbol for known in context.letters.values() if isinstance(known.body, Applied) and known.body.name == "f"}
    found = {part.name for part in walk(node) if isinstance(part, Symbol)} & slopes
    if any("f" in symbols(value) for part in walk(node) if isinstance(part, Applied) and part.name == "f" for _, value in part.arguments):
        return set()
    stages = {known.symbol for known in context.letters.values() if known.kind == "path" and known.body is not None}
    states = [dict(part.arguments).get("x") for part in walk(node) if isinstance(part, Applied) and part.name == "f"]
    placed = (part for state in states if state is not None for part in walk(state) if isinstance(part, Symbol) and part.at is not None)
    for part in placed:
        with suppress(Unclear):
            found |= {f"{ahead(part.at)}"} if part.name == "x" and part.at is not None else {part.name} & stages
    return found


def _is_disturbed(right: Node, context: Context) -> bool:
    """F(x_k) + eta_k with a new eta, where F(x_k) was the law before."""
    law, terms = context.law("layers"), tree.terms(right)
    new = [term for term in terms if isinstance(term, tree.Letter) and term.below and unknown(resolve(term, context))]
    rest = tuple(term for term in terms if term not in new)
    return law is not None and len(new) == 1 and [*tree.terms(law.right)] == [resolve(term, context) for term in rest]


def in_full(chain: tree.Chain, context: Context) -> tree.Chain:
    """f_i(z_{i-1}, theta_i) for f_i, and for f of df/dtheta_i, where the layers are z_i = f_i(z_{i-1}, theta_i)."""
    law = context.law("layers")
    maps = {part for part in walk(law.right) if isinstance(part, Applied) and part.name == "f"} if law else set()
    written = maps.pop() if len(maps) == 1 else None
    home = Symbol("l") if written is None or written.at is None else written.at
    if written is None or all(getattr(value, "at", None) == home for _, value in written.arguments):
        return chain
    return replace(chain, sides=tuple(_in_full(side, written) for side in chain.sides))


def _in_full(node: Node, written: Applied) -> Node:
    home = written.at
    if _is_bare(node) and node.at is not None and home is not None:
        return _of_layer(node, written, shifted(node.at, -ahead(home)))
    if isinstance(node, tree.Derivative) and _is_bare(node.of) and len(node.by) == 1 and written.at is None:
        layer = _differentiated(node, written)
        return replace(node, of=_of_layer(replace(node.of, at=None), written, layer)) if layer is not None else node
    return rebuilt(node, lambda child: _in_full(child, written))


def _is_bare(node: Node) -> TypeGuard[Applied]:
    return isinstance(node, Applied) and node.name == "f" and not node.arguments


def _of_layer(node: Applied, written: Applied, layer: Node) -> Applied:
    return replace(node, arguments=tuple((slot, placed_from(value, layer)) for slot, value in written.arguments))


def _differentiated(slope: tree.Derivative, written: Applied) -> Node | None:
    """The layer i of df/dtheta_i, df_i/dz_{i-1}, df_{i-1}/dz_{i-1}; None where f has another index."""
    (by,) = slope.by
    held = dict(written.arguments).get(getattr(by, "name", ""))
    if not isinstance(by, Symbol) or by.at is None or not isinstance(held, Symbol) or held.at is None:
        return None
    layer = shifted(by.at, -ahead(held.at))
    return layer if getattr(slope.of, "at", None) in (None, layer, by.at) else None


def stepwise(chain: tree.Chain, context: Context) -> tree.Chain:
    """Partial dx_{l+1}/dtheta is that of one time step, x_l held; through all steps where the formula has dx_l/dtheta too."""
    law = context.law("layers")
    slopes = [part for side in chain.sides for part in walk(side) if isinstance(part, tree.Derivative) and part.kind == ONE_STEP]
    if not slopes:
        return chain
    alone = law is not None and len(slopes) == 1 and slopes[0].of == law.left
    new = one_step(law, slopes[0].by) if alone and law is not None else None
    return replace(chain, sides=tuple(_stepwise(side, new) for side in chain.sides))


def one_step(law: Law, by: tuple[Node, ...]) -> Node:
    """df/dtheta of x_{l+1} = f(x_l, theta), and (I - df/dx_{l+1})^-1 df/dtheta where the new state stands on both sides."""
    slope = tree.Derivative(law.right, by, "partial")
    if law.left not in walk(law.right):
        return slope
    rest = tree.Sum((Symbol("I"), tree.Negative(tree.Derivative(law.right, (law.left,), "partial"))))
    return tree.Product((tree.Power(rest, tree.Negative(ONE)), slope))


def _stepwise(node: Node, new: Node | None) -> Node:
    if isinstance(node, tree.Derivative) and node.kind == ONE_STEP:
        return new if new is not None else replace(node, kind="total")
    return rebuilt(node, lambda child: _stepwise(child, new))


def shared(chain: tree.Chain, context: Context) -> tree.Chain:
    """dJ/dw for weights that all layers share, which the sum on the other side shows: the sum of dJ/dw_k, and of dJ/dW_k."""
    summed = any(isinstance(part, tree.Series) for side in chain.sides for part in walk(side))
    made = _shared(chain, context) if summed and len(chain.sides) == 2 else chain
    assert isinstance(made, tree.Chain)
    return made


def _shared(node: Node, context: Context) -> Node:
    if not isinstance(node, tree.Derivative) or not symbols(node.of) <= {"J", "J_a"} or len(node.by) != 1:
        return rebuilt(node, lambda child: _shared(child, context))
    (by,), index = node.by, Symbol("l", bound=True)
    first = 0 if by == Unknown(UNPLACED) else _first(by, context) if isinstance(by, Symbol) and by.at is None else None
    if first is None:
        return node
    name, last = by.name if isinstance(by, Symbol) else "w", tree.Sum((Symbol("N"), tree.Negative(ONE))) if first == 0 else Symbol("N")
    return tree.Series("sum", replace(node, by=(Symbol(name, at=index),)), index, tree.Number(Fraction(first)), last)


def _first(weight: Symbol, context: Context) -> int | None:
    """1 of W_l in x_l = s(W_l x_{l-1}), 0 of W_l in x_{l+1} = s(W_l x_l), also where another letter stands for what is in s."""
    law, known = context.law("layers"), context.of(weight.name)
    if law is None or weight.name in ROLES or not known or known[0].kind != "path" or known[0].body is not None:
        return None
    inner = {other.symbol: other.body for other in context.letters.values() if other.symbol not in ROLES and other.body is not None}
    with suppress(Unclear):
        told = 0 if law.left == Symbol("x", at=Symbol("l")) else 1
        first = {1 + steps - told for steps in _steps_to(weight.name, law.right, inner)}
        return first.pop() if len(first) == 1 and first <= {0, 1} else None
    return None


def _steps_to(name: str, node: Node, inner: Mapping[str, Node]) -> Iterator[int]:
    """How far ahead of l a letter of the notes is taken in it, also within those that have a value."""
    for part in walk(node):
        if isinstance(part, Symbol) and part.at is not None:
            deeper = [0] if part.name == name else _steps_to(name, inner[part.name], inner) if part.name in inner else ()
            yield from (ahead(part.at) + steps for steps in deeper)


def tied(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """W_k = W: the weights are those of every layer."""
    pair = pair_of(chain)
    if pair is None or context.over() != "layers" or not isinstance(pair[0], tree.Letter) or len(pair[0].below) != 1:
        return None
    known = context.letters.get(key(pair[1])) if pair[1] == replace(pair[0], below=()) and isinstance(pair[1], tree.Letter) else None
    return ("assumption", (known.letter,), context) if known is not None and known.kind == "path" and known.symbol not in ROLES else None


def at_output(chain: tree.Chain) -> tree.Chain:
    """delta_N = dJ/dx . sigma'(z_N), also with nabla_a C: the slope in the output x_N."""
    ended = any(isinstance(part, Symbol | Applied) and part.at == Symbol("N") for side in chain.sides for part in walk(side))
    return replace(chain, sides=tuple(_at_output(side) for side in chain.sides)) if ended else chain


def _at_output(node: Node) -> Node:
    if isinstance(node, tree.Derivative) and node.of == Symbol("J") and node.by == (Symbol("x"),):
        return replace(node, by=(Symbol("x", at=Symbol("N")),))
    return rebuilt(node, _at_output)


def grid(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """N h = T, h = T/N, t_k = t_0 + k h: the letter of the time step, and how many there are."""
    pair = pair_of(chain)
    if pair is None or not context.of("x") or any(isinstance(part, tree.Call | tree.Function | tree.Derivative) for part in walk(chain)):
        return None
    parts = (pair[1].above,) if isinstance(pair[1], tree.Quotient) else tree.terms(pair[1])
    if context.over() != "layers" and {tree.Letter("t"), tree.Negative(tree.Letter("t"))} & {*parts}:
        return None  # tau = t/T and tau = T - t are times
    names = {key(part) for part in _letters(chain)}
    new = names - {*context.letters, *USUAL}
    known = {other.letter: other.symbol for symbol in ("h", "N") for other in context.of(symbol)}
    steps = [name for name in STEPS if name in names and (name in new or known.get(name) == "h")]
    counts = [name for name in LASTS if name in names and (name in new or known.get(name) == "N")]
    times = {name for name in names if name.partition("_")[0] == "t"} | {"T", *COUNTERS, *(known.letter for known in context.of("l"))}
    counted = any(name.startswith("t_") or name in COUNTERS[:6] for name in names)  # T = t/tau has nothing that counts
    if len(steps) != 1 or not (counts or counted) or not new <= {*steps, *counts, *times} or not names <= {*new, *known, *times}:
        return None
    context = context if context.of("h") else context.declare(Declared(steps[0], "h", source="proposed"))
    context = context.declare(Declared(counts[0], "N", source="proposed")) if counts and not context.of("N") else context
    return "assumption", tuple(steps), context


def _letters(node: Node) -> Iterator[tree.Letter]:
    """The letters of a formula, without those in subscripts."""
    if isinstance(node, tree.Letter):
        yield node
    else:
        for name in ("sides", "terms", "factors", "of", "above", "base"):
            inner = getattr(node, name, ())
            for part in inner if isinstance(inner, tuple) else (inner,):
                yield from _letters(part)
        yield from _letters(node.below) if isinstance(node, tree.Quotient) else ()
