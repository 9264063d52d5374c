"""A cost in parts that have letters of their own: J = J_b + J_o, and J_b = ..., J_o = ... before or after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import Context, Declared, own
from adjointcheck.notes.letters.costs import later, starting
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.shorthand import title
from adjointcheck.notes.letters.usage import EQUALS, USUAL_COSTATES, constants, head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
MORE = ("p", "J", "J_a", "H")


def parted(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With the formulas of all parts, where a cost is the sum of letters that each have one, and none was differentiated before."""
    chains = list(chains)
    stated: dict[str, Node] = {}
    for chain in chains:
        if (name := _name(chain.sides[0])) and (right := _formula(chain)) is not None:
            stated.setdefault(name, right)
    paid: set[str] = set()
    for chain in chains:
        names = _summed(chain, context)
        if names and names <= stated.keys() - context.letters.keys() - paid:
            return replace(context, pieces={name: stated[name] for name in names})
        paid |= {_name(part.of) for part in walk(chain) if isinstance(part, tree.Derivative)}
    return context


def _name(node: Node) -> str:
    """J_b, or J^b, which is no power."""
    letter = head(_titled(node))
    return title(letter) if letter is not None else ""


def _titled(node: Node) -> Node:
    power = node if isinstance(node, tree.Power) else None
    named = power is not None and isinstance(power.base, tree.Letter) and isinstance(power.exponent, tree.Letter)
    return replace(power.base, above=(power.exponent,)) if named and power is not None and isinstance(power.base, tree.Letter) else node


def _formula(chain: tree.Chain) -> Node | None:
    """The right side that says what a letter is; another letter alone says nothing."""
    pair = pair_of(chain)
    return pair[1] if pair is not None and not isinstance(pair[1], tree.Letter | tree.Call | tree.Number) else None


def _summed(chain: tree.Chain, context: Context) -> set[str]:
    """J_b and J_o of J = J_b + J_o, of which nothing else is known, and J_o of J = J_o + |x_0 - x_b|^2 / 2."""
    pair = pair_of(chain)
    cost = head(pair[0]) if pair is not None else None
    terms = tuple(map(_titled, pair[1].terms)) if pair is not None and isinstance(pair[1], tree.Sum) else ()
    named = [term for term in terms if isinstance(term, tree.Letter | tree.Call)]
    heads = [head(term) for term in named]
    alike = cost is not None and not cost.below and all(  # h_{k+1} = h_k + f and J(u^{k+1}) = J(u^k) + ... are steps
        part is not None and part.below and part.name == cost.name for part in heads)
    others = [term for term in terms if term not in named]
    bare = not others or not any(map(_is_placed, named))  # phi(x_N) beside a sum is the end cost
    summed = bool(named) and cost is not None and not cost.below and bare and all(map(_gathers, others))  # and of J = sum_i l_i + D
    if cost is None or role_in(cost, context) not in ("", "J") or not (alike or summed):
        return set()
    return {name if name in context.pieces or name not in context.letters else "" for term in named if (name := _name(term))}


def _is_placed(node: Node) -> bool:
    """phi(x_N), phi(x(T))."""
    places = [part for part in node.arguments if len(getattr(part, "arguments", ())) == 1] if isinstance(node, tree.Call) else []
    return bool(places) or (isinstance(node, tree.Call) and any(getattr(part, "below", ()) for part in node.arguments))


def _gathers(node: Node) -> bool:
    """A sum or an integral that is paid, and no mean of one; what multipliers stand before is adjoined, and not paid."""
    kinds = {type(part) for part in walk(node)}
    return bool(kinds & {tree.Series, tree.Integral}) and tree.Expectation not in kinds and not any(map(_adjoins, walk(node)))


def _adjoins(node: Node) -> bool:
    """p^T (f - x_{k+1})."""
    factors = node.factors if isinstance(node, tree.Product) else ()
    named = {getattr(part, "name", "") for factor in factors if not isinstance(factor, tree.Sum) for part in walk(factor)}
    return bool(named & {*USUAL_COSTATES}) and any(isinstance(factor, tree.Sum) for factor in factors)


def assembled(chain: tree.Chain, context: Context) -> tree.Chain:
    """J = J_b + J_o with the formulas of its parts."""
    names = _summed(chain, context) if context.pieces and not context.law("objective") else set()
    if not names or not names <= context.pieces.keys() or not set(chain.relations[:1]) <= {*EQUALS}:
        return chain
    written = [context.pieces.get(_name(term) if head(_titled(term)) is not None else "", term) for term in tree.terms(chain.sides[1])]
    terms = tuple(inner for term in written for inner in tree.terms(term))
    return replace(chain, sides=(chain.sides[0], tree.Sum(terms), *chain.sides[2:]))


def piece(chain: tree.Chain, context: Context) -> Introduced:
    """J_b = |x_0 - x_b|^2 / 2, a part of the cost."""
    name = _name(chain.sides[0])
    if name not in context.pieces or name in context.letters or not context.of("x") or _formula(chain) is None:
        return None
    after = constants(chain.sides[1], context, ("1", "1"))
    body = resolve(chain.sides[1], after)
    if unknown(body) or symbols(body) & {*MORE}:
        return None
    return "definition", (name,), after.declare(
        Declared(name, own(name.replace("^", "_")), ("1", "1"), "functional", body=body, source="proposed"))


def split(chain: tree.Chain, context: Context) -> Introduced:
    """J = J_b + J_o of a cost that the notes have given already: its terms, one after the other."""
    pair, law = pair_of(chain), context.law("objective")
    cost = head(pair[0]) if pair is not None else None
    terms = pair[1].terms if pair is not None and isinstance(pair[1], tree.Sum) else ()
    paid = tree.terms(law.right) if law is not None else ()
    if cost is None or role_in(cost, context) != "J" or len(chain.sides) > 2 or not 1 < len(terms) == len(paid):
        return None
    names = [_name(term) if isinstance(term, tree.Letter | tree.Call | tree.Power) else "" for term in terms]
    if "" in names or len({*names}) < len(names) or any(name in context.letters for name in names):
        return None
    for name, body in zip(names, paid, strict=True):
        context = context.declare(Declared(name, own(name.replace("^", "_")), ("1", "1"), "functional", body=body, source="proposed"))
    return "definition", tuple(names), context


def is_later(letter: tree.Letter, context: Context) -> bool:
    """Is it all of the cost but what is paid for the start?"""
    known, law = context.letters.get(title(letter)), context.law("objective")
    if known is None or known.body is None or law is None or known.kind != "functional" or not starting(law.right).terms:
        return False
    return [*tree.terms(known.body)] == [*tree.terms(later(law.right))]



def is_rest(paid: Node, by: Symbol, context: Context) -> str:
    """Is it what of the cost is still to be paid from x_k or x(t) on: all, or all but what is paid for the start (`later`)?"""
    law = context.law("objective")
    whole = _from_start(paid, by.at or Symbol("t")) if by.name == "x" else paid
    if law is None or not context.of("J") or whole == paid:
        return ""
    rest = {"": law.right, "later": later(law.right)}
    return next((name or "all" for name, cost in rest.items() if [*tree.terms(cost)] == [*tree.terms(whole)]), "")


def _from_start(node: Node, here: Node) -> Node:
    """With the start for the running layer or time from which is summed, as in sum_{j=k}^N and sum_{i: t_i > t}."""
    start = tree.Number(Fraction(0)) if isinstance(node, tree.Series) else Symbol("t0")
    if isinstance(node, tree.Series) and isinstance(node.lower, tree.Chain) and _is_to_come(node.lower, node.index, here):
        return replace(node, lower=tree.Number(Fraction(1)), upper=Symbol("N"))
    if isinstance(node, tree.Series | tree.Integral) and node.lower == here:
        return _renamed(replace(node, lower=start))
    return rebuilt(node, lambda child: _from_start(child, here))


def _is_to_come(where: tree.Chain, index: Node | None, here: Node) -> bool:
    """t_i > t, or t < t_i."""
    sides = where.sides if ">" in where.relations[0] else where.sides[::-1]
    return sides == (Symbol("s", part=(index,)), here) if index is not None else False


def _renamed(node: tree.Series | tree.Integral) -> Node:
    """Counted as costs are: by l over layers, by t over time."""
    index, name = (node.index, "l") if isinstance(node, tree.Series) else (node.by, "t")
    def put(inner: Node) -> Node:
        return Symbol(name, bound=True) if inner == index else rebuilt(inner, put)
    return put(node)
