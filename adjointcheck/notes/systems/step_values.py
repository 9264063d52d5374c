"""Differential dynamic programming: Q(x, u) = L(x, u) + V'(f(x, u)), its derivatives, and its quadratic model at the best change of u.

    Q_x = L_x + V'_x f_x        Q_ux = L_ux + f_u' V'_xx f_x + V'_x f_ux        u.delta = -Q_uu^-1 (Q_u + Q_ux x.delta)
    V_x = Q_x - Q_u Q_uu^-1 Q_ux        V_xx = Q_xx - Q_xu Q_uu^-1 Q_ux

V' is any function: nothing here rests on the layers after.  Without V'_x f_xx it is iLQR, where the words say so, or leave out f_xx.
(Jacobson and Mayne 1970; Li and Todorov 2004.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key, letter_name
from adjointcheck.notes.letters.meaning import INDICES, Applied, Symbol, core_of, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.notation import MATHS
from adjointcheck.notes.letters.own_letters import is_placed
from adjointcheck.notes.letters.quantities import STARS, written_below
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, USUAL_COSTATES, USUAL_STATES, head, pair_of, successor
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None

STAGE, VALUE, NEXT, GAIN = "Qfun", "Vfun", "Vnext", "dV"
OF_STEP = frozenset({STAGE, VALUE, NEXT, GAIN})
NAMES = {"stage value": ("Q", "mathcal{Q}", "q"), "value": ("V", "mathcal{V}", "v", "W")}
FEEDFORWARD = "feedforward"
POLICY = "policy"
LEFT_OUT = "second derivatives of f left out"
UNSAID = "it is right where second derivatives of f are left out, which the notes do not say"
GAIN_OPEN = "a change of the cost, or a decrease: its sign is not told"
LESS = re.compile(r"ilq[rg]|gauss.?newton|(?:linear\w*|линейн\w+)\s+(?:\w+\s+)?(?:dynami|system|динамик)|\b(?:drop|neglect|ignor|forget"
                  r"|omit|discard|vernachl|wegl|fallen|nég?lig|omet|descart|despreci|trascur|tralasc)|пренебре|отбр|опуск|忽略|略去|线性",
                  re.IGNORECASE)


RECURSION = re.compile(r"\s*(\\mathcal\s*\{?\w\}?|[A-Za-z])\s*(?:_\{?\w\}?)?\s*(?:\^\s*\{?\\?[\w*]+\}?)?\s*\([^()=]*\)\s*&?\s*="
                       r"\s*\\?\w*\s*\\?(?:min|max|inf|sup)(?![A-Za-z])")


def says_less(words: str) -> bool:
    """Do the words leave out second derivatives of f?"""
    return LESS.search(words) is not None


# The letters


def priced_steps(chains: Iterable[tree.Chain], texts: Iterable[str], context: Context) -> Context:
    """With Q of Q_{uu} and V of V_x, or V of V_k(x) = min ..., as values of a step, and k of k = -Q_uu^-1 Q_u as a gain."""
    chains = list(chains)
    letters = [part for chain in chains for part in walk(chain) if isinstance(part, tree.Letter)]
    stages = [letter.name for letter in letters if letter.name in NAMES["stage value"] and len(_by(letter, context)) == 2]
    found = {"stage value": next(iter(stages), "")}
    values = [letter.name for letter in letters if letter.name in NAMES["value"] and _by(letter, context)] if found["stage value"] else []
    values += [name for text in texts if (match := RECURSION.match(text)) and (name := letter_name(match[1])) in NAMES["value"]]
    found["value"] = next(iter(values), "")
    if not found["value"]:
        return context
    for chain in chains:
        pair = pair_of(chain)
        left = pair[0] if pair else None
        counts = isinstance(left, tree.Letter) and left.name in INDICES and left == tree.Letter(left.name)
        if counts and pair and any(_names_stage(part, found["stage value"], context) for part in walk(pair[1])):
            found[FEEDFORWARD] = head(left).name  # type: ignore[union-attr]
    return replace(context, options={**context.options, **found})


def _names_stage(node: Node, name: str, context: Context) -> bool:
    return isinstance(node, tree.Letter) and node.name == name and len(_by(node, context)) == 2


def _by(letter: tree.Letter, context: Context) -> list[tree.Letter]:
    """x and u below a letter: by what it is differentiated."""
    known = {d.letter for symbol in ("x", "w") for d in context.of(symbol)}
    usual = known or {*USUAL_CONTROLS, *USUAL_STATES}
    below = written_below(letter.below)
    return [part for part in below if isinstance(part, tree.Letter) and not part.below and part.name in usual]


def in_values(chain: tree.Chain, context: Context) -> tuple[tree.Chain, Context]:
    """Q_ux, V'_x, V_{x,k+1} as derivatives of Q, V' and V, which are functions then."""
    if not context.option("value") or context.over() != "layers":
        return chain, context
    chain = _without_choice(chain)
    made = _valued(chain, context)
    assert isinstance(made, tree.Chain)
    named = {part.name for part in walk(made) if isinstance(part, tree.Letter)}
    for name in sorted(OF_STEP & named):
        role = ROLES[name]
        slots = ("x", "w") if name == STAGE else ("x",)
        context = context.declare(Declared(name, name, role.shape, role.kind, arguments=slots, source="proposed"))
    gain = context.option(FEEDFORWARD)
    if gain and (named & (OF_STEP | {"K"}) or any(isinstance(part, tree.Variation) for part in walk(chain))):
        made = replace(made, sides=tuple(_fed(side, gain) for side in made.sides))
    return made, context


def _without_choice(chain: tree.Chain) -> tree.Chain:
    """delta u = -Q_uu^-1 ... of delta u = argmin Q = -Q_uu^-1 ..."""
    kept = [i for i, side in enumerate(chain.sides) if not (isinstance(side, tree.Extremum) and side.kind.startswith("arg"))]
    if len(kept) == len(chain.sides) or len(kept) < 2:
        return chain
    return replace(chain, sides=tuple(chain.sides[i] for i in kept), relations=chain.relations[: len(kept) - 1])


def _fed(node: Node, gain: str) -> Node:
    """k of k = -Q_uu^-1 Q_u, which counts no layers."""
    if isinstance(node, tree.Letter):
        return replace(node, name=FEEDFORWARD) if node == tree.Letter(gain) else node
    return rebuilt(node, lambda child: _fed(child, gain))


def _valued(node: Node, context: Context) -> Node:
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Letter):
        counts = [argument for argument in node.arguments if _counts(argument, context)]  # V(x, k + 1)
        kept = tuple(argument for argument in node.arguments if argument not in counts)
        named = _value(replace(node.function, below=(*node.function.below, *counts)), context, True)
        if named is None:
            kept, named = node.arguments, node.function
        return replace(node, function=named, arguments=tuple(_valued(argument, context) for argument in kept), separators=())
    if isinstance(node, tree.Derivative) and isinstance(node.of, tree.Letter) and node.by:
        return replace(node, of=_value(node.of, context, True) or node.of)
    if isinstance(node, tree.Letter):
        return _value(node, context, False) or node
    return rebuilt(node, lambda child: _valued(child, context))


def _is_last(node: Node, context: Context) -> bool:
    """N, which counts all layers."""
    return isinstance(node, tree.Letter) and _counts(node, context) and getattr(context.letters.get(node.name), "symbol", "N") == "N"


def _counts(node: Node, context: Context) -> bool:
    """k, k + 1, N."""
    letters = {part.name for part in walk(node) if isinstance(part, tree.Letter)}
    return isinstance(node, tree.Letter | tree.Sum) and bool(letters) and all(
        getattr(context.letters.get(name), "symbol", "N" if name in ("N", "T", "K") else "") in ("l", "N") for name in letters)


def _value(node: tree.Letter, context: Context, called: bool) -> Node | None:
    """Qfun, Vfun, Vnext or a derivative of one of them; None for any other letter."""
    stage, value = node.name == context.option("stage value"), node.name == context.option("value")
    if not (stage or value) or (node.accents and node.accents != ("Delta",)):
        return None
    if node.accents:
        return tree.Letter(GAIN, span=node.span) if value and not node.below else None
    by = _by(node, context)
    rest = [part for part in written_below(node.below) if part not in by]
    marks = [mark for mark in node.above if getattr(mark, "name", "") not in STARS]
    if not by and not called and not (value and marks):
        return None
    end = next(iter(context.of("Psi")), None)
    if value and end is not None and any(_is_last(part, context) for part in rest):  # V_N is the end cost
        letter, last = _letter(end.letter), tree.Letter(context.of("x")[0].letter, (rest[0],))
        return tree.Derivative(tree.Call(letter, (last,)), tuple(by), "partial", span=node.span) if by else letter
    primed = any(getattr(mark, "name", "") == "prime" for mark in marks)
    by = [_letter(known.letter) for known in context.of("x")[:1]] if primed and rest and value else by  # V_k'(x_k) is a slope
    ahead = (primed and not rest) or any(getattr(mark, "name", "") == "+" for mark in marks) or any(
        isinstance(part, tree.Sum) and successor(tree.Letter("x", (part,))) is not None for part in (*rest, *marks))
    letter = tree.Letter(STAGE if stage else NEXT if ahead else VALUE, span=node.span)
    return tree.Derivative(letter, tuple(by), "partial", span=node.span) if by else letter


def _letter(name: str) -> tree.Letter:
    """ell_f of its name."""
    base, *below = name.split("_")
    return tree.Letter(base, tuple(map(tree.Letter, below)))


# What introduces them


def step_value(chain: tree.Chain, context: Context) -> Introduced:
    """Q(x, u) = L(x, u) + V'(f(x, u)), V_k(x) = min_u of it, V_N(x) = Psi(x), lambda_k = V_x."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    if pair is None or not context.option("value") or (len(chain.sides) > 2 and not isinstance(chain.sides[2], tree.Extremum)):
        return None
    left, right = (resolve(side, context) for side in pair)
    if isinstance(left, tree.Variation) and getattr(left.of, "name", "") == "w" and (gains := _gains(pair[1], context)):
        known = [name for name, _, _ in gains if name in context.letters]
        return None if known else ("definition", (), replace(context, pieces={**context.pieces, POLICY: pair[1]}))
    if left == right and "Psi" in symbols(left):  # V_N and Psi
        return "definition", (), context
    price, slope = core_of(left), core_of(right)
    if getattr(price, "name", "") == "p" and isinstance(slope, tree.Derivative) and len(slope.by) == 1 and isinstance(slope.of, Applied):
        ahead = {VALUE: (Symbol("l"),), NEXT: (tree.Sum((Symbol("l"), tree.Number(Fraction(1)))),)}.get(slope.of.name, ())
        return ("definition", (), context) if getattr(price, "at", None) in ahead else None
    usual = letter is not None and letter.name in USUAL_COSTATES and bool(unknown(left)) and not context.of("p")
    if usual and letter is not None and isinstance(slope, tree.Derivative) and slope.by == (X,) and getattr(slope.of, "name", "") == VALUE:
        costate = Declared(letter.name, "p", ROLES["p"].shape, "path", source="proposed", told="its value")
        return "definition", (letter.name,), context.declare(costate)
    if letter is None or letter.name not in (STAGE, VALUE, NEXT, context.option("stage value")):
        return None
    if isinstance(right, tree.Extremum) and right.body is not None and letter.name == VALUE:
        summed = any(isinstance(part, tree.Series) for part in walk(right.body))
        told = summed or _is_stage(right.body) or _is_paid_next(right.body, context)
        return ("definition", (), context) if told else None
    if letter.name in (VALUE, NEXT):  # V_N(x) = x' M x, V_k(x) = x' P_k x + q_k
        return ("definition", (), context) if isinstance(pair[0], tree.Call) and not symbols(right) & OF_STEP else None
    return ("definition", (), context) if _is_paid_next(right, context) else None


def _is_stage(node: Node) -> bool:
    return isinstance(node, Applied) and node.name == STAGE


def _is_paid_next(node: Node, context: Context) -> bool:
    """L(x, u) + V'(f(x, u)), the cost of one step and the value after it."""
    terms, law = tree.terms(node), context.law("layers")
    following = [term for term in terms if isinstance(term, Applied) and term.name == NEXT]
    rest = [term for term in terms if term not in following]
    value = following[0].arguments[0][1] if len(following) == 1 and following[0].arguments else None
    if value is None or law is None or not rest or symbols(tree.Sum(tuple(rest))) & OF_STEP:
        return False
    moved = isinstance(value, Symbol) and value.name == "x" and isinstance(value.at, tree.Sum)
    return moved or unplaced(value) == unplaced(law.right)


def policy(words: str, name: str, context: Context) -> Node | None:
    """What K, or kappa, is to be where the notes say that the policy is kappa + K delta x."""
    read = (read_formula(found[1] or found[2], context.reader()) for found in MATHS.finditer(words))
    told = [chain.sides[-1] for chain in read if not isinstance(chain, Unread)]
    for gains in (_gains(node, context) for node in (*told, context.pieces.get(POLICY)) if node is not None and context.option("value")):
        for letter, sign, fed in gains:
            slope: Node = tree.Derivative(Applied(STAGE), (W, X) if fed else (W,), "partial")
            inverse = tree.Power(tree.Derivative(Applied(STAGE), (W, W), "partial"), tree.Negative(tree.Number(Fraction(1))))
            if letter == name:
                best = tree.Product((inverse, slope if fed else _column(slope, context)))
                return best if sign < 0 else tree.Negative(best)
    return None


def _gains(node: Node, context: Context) -> list[tuple[str, int, bool]]:
    """K and kappa of kappa + K delta x; none of anything else."""
    gains = [_gain(term, context) for term in tree.terms(node)]
    return gains if any(fed for _, _, fed in gains) and all(name for name, _, _ in gains) else []


def _gain(term: Node, context: Context) -> tuple[str, int, bool]:
    """(K, 1, True) of K delta x, (kappa, -1, False) of -kappa."""
    sign, inner = (-1, term.of) if isinstance(term, tree.Negative) else (1, term)
    factors = inner.factors if isinstance(inner, tree.Product) else (inner,)
    letter = head(factors[0])
    moved = resolve(factors[1], context) if len(factors) == 2 else None
    fed = isinstance(moved, tree.Variation) and getattr(moved.of, "name", "") == "x"
    if not isinstance(letter, tree.Letter) or not (fed or len(factors) == 1):
        return "", sign, fed
    return letter.name if is_placed(letter, context) else key(letter), sign, fed


# What is said of them


def speaks_of_step(node: Node, context: Context) -> bool:
    """Does it speak of Q, V', V, or of what the notes define by these?"""
    return bool(OF_STEP & _spoken(symbols(node), context))


def speaks_of_whole(node: Node, context: Context) -> bool:
    """Does it speak of the costate, the cost or the Hamiltonian, or of what the notes define by these?"""
    return bool({"p", "J", "H"} & _spoken(symbols(node), context))


def _spoken(names: frozenset[str], context: Context) -> frozenset[str]:
    bodies = [known.body for known in context.letters.values() if known.symbol in names and known.body is not None]
    more = names.union(*map(symbols, bodies))
    return names if more == names else _spoken(more, context)


def free_letters(node: Node, context: Context) -> list[str]:
    """Letters of the notes that stand beside Q and V, and of which nothing tells what they are."""
    names = {part.name for part in walk(node) if isinstance(part, Symbol)} - ROLES.keys()
    return [known.letter for name in sorted(names) for known in context.of(name) if known.body is None]


def curved(node: Node) -> Node:
    """V'_x f_xx as (V'_x f)_xx, in which V'_x stays."""
    node = rebuilt(node, curved)
    factors = node.factors if isinstance(node, tree.Product) and len(node.factors) == 2 else ()
    for price, bent in (factors, factors[::-1]) if factors else ():
        slope = core_of(price)
        first = isinstance(slope, tree.Derivative) and len(slope.by) == 1 and getattr(slope.of, "name", "") == NEXT
        second = isinstance(bent, tree.Derivative) and len(bent.by) == 2 and getattr(bent.of, "name", "") == "f"
        if first and second and isinstance(bent, tree.Derivative):
            return tree.Derivative(tree.Product((slope, bent.of)), bent.by, "partial")
    return node


def modelled(node: Node, context: Context) -> Node:
    """With numbers for Q, V' and V: L + V'(f), V' at the next state, and the quadratic model at its least."""
    if isinstance(node, tree.Derivative) and isinstance(node.of, Applied) and node.of.name in OF_STEP:
        return _slope(node.of.name, tuple(by for by in node.by if isinstance(by, Symbol)), context)
    if isinstance(node, tree.Variation) and getattr(node.of, "name", "") == "w":
        first = tree.Product((_inverse(context), _column(_slope(STAGE, (W,), context), context)))
        return tree.Negative(tree.Sum((first, tree.Product((_inverse(context), _slope(STAGE, (W, X), context), tree.Variation(X))))))
    if node == Symbol(GAIN):
        column = _slope(STAGE, (W,), context)
        row, column = (tree.Transposed(column), column) if context.option("gradients") == "column" else (column, _column(column, context))
        return tree.Negative(tree.Quotient(tree.Product((row, _inverse(context), column)), tree.Number(Fraction(2))))
    return rebuilt(node, lambda child: modelled(child, context))


def with_models(context: Context) -> Context:
    """With the letters that the notes define by Q in numbers."""
    return _redefined(context, lambda body: modelled(body, context))


def in_one_layer(context: Context) -> Context:
    """With A_k = f_x(x_k, u_k) as that of the one layer."""
    return _redefined(context, unplaced)


def _redefined(context: Context, change: Callable[[Node], Node]) -> Context:
    letters = {name: known if known.body is None else replace(known, body=change(known.body)) for name, known in context.letters.items()}
    return replace(context, letters=letters)


X, W = Symbol("x"), Symbol("w")
AHEAD = Symbol("x", at=tree.Sum((Symbol("l"), tree.Number(Fraction(1)))))


def _slope(name: str, by: tuple[Symbol, ...], context: Context) -> Node:
    by = tuple(Symbol(letter.name) for letter in by)
    if name == NEXT:
        return tree.Derivative(Applied(NEXT, (("x", AHEAD),)), (AHEAD,) * len(by), "partial")
    law = context.law("layers")
    step = law.right if law is not None else Applied("f")
    if name == STAGE and len(by) == 2 and LEFT_OUT in context.hypotheses:
        one, other = (tree.Derivative(step, (letter,), "partial") for letter in by)
        turned = context.option("jacobian") == "transposed"
        outer, inner = (one, tree.Transposed(other)) if turned else (tree.Transposed(one), other)
        return tree.Sum((tree.Derivative(Applied("L"), by, "partial"), tree.Product((outer, _slope(NEXT, by, context), inner))))
    if name == STAGE:
        return tree.Derivative(tree.Sum((Applied("L"), Applied(NEXT, (("x", step),)))), by, "partial")
    if len(by) == 2:
        gone = tree.Product((_slope(STAGE, (X, W), context), _inverse(context), _slope(STAGE, (W, X), context)))
    else:
        first = _slope(STAGE, (W,), context)
        column = context.option("gradients") == "column"
        cross = _slope(STAGE, (X, W) if column else (W, X), context)
        gone = tree.Product((cross, _inverse(context), first) if column else (first, _inverse(context), cross))
    return tree.Sum((_slope(STAGE, by, context), tree.Negative(gone)))


def _column(node: Node, context: Context) -> Node:
    return tree.Transposed(node) if context.option("gradients") == "row" else node


def _inverse(context: Context) -> Node:
    return tree.Power(_slope(STAGE, (W, W), context), tree.Negative(tree.Number(Fraction(1))))


def unplaced(node: Node) -> Node:
    """Q_k, V_k, f_x(x_k, u_k): all of one layer."""
    if isinstance(node, Applied) and node.name in (*OF_STEP, "L", "f"):
        return replace(node, arguments=(), at=None)
    here = isinstance(node, Symbol) and node.at == Symbol("l")
    return replace(node, at=None) if here else rebuilt(node, unplaced)  # type: ignore[type-var]
