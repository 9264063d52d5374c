"""Notes with several costs, such as a loss and the same loss with weight decay: each has its letter, and the one named last is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import ACCENTS, Context, Declared, Law, key
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.own_letters import is_placed
from adjointcheck.notes.letters.quadratures import gathers
from adjointcheck.notes.letters.quantities import OPTIMAL, instead
from adjointcheck.notes.letters.usage import constants, head, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.ensembles import MEAN, one_sample
from adjointcheck.notes.systems.flows import counts_layers
from adjointcheck.notes.systems.reservations import Reservation

ALONE = "a penalty alone"  # option: no state is paid for


def law_of(letter: tree.Letter | None, value: Node) -> Law:
    """The cost that a letter names."""
    return Law("objective", tree.Letter(key(letter)) if letter is not None else Symbol("J"), value)


def of_end(letter: tree.Letter, context: Context) -> Context:
    """With Psi at the end state, over time or over layers, as the cost that a letter names."""
    context = context.declare(Declared(key(letter), "J", kind="functional", source="proposed"))
    end = Applied("Psi", (("x", Symbol("x", at=Symbol("N" if context.over() == "layers" else "t1"))),))
    return replace(context, laws=(*context.laws, law_of(letter, end)))


def asked_anew(chain: tree.Chain, context: Context, where: str) -> Iterator[Reservation]:
    """Behind max int log x_2 dt, a cost without a name beside another of before, all that rests on the cost is open."""
    goal, law = chain.sides[0], context.law("objective")
    body = goal.body if isinstance(goal, tree.Extremum) and len(chain.sides) == 1 else None
    paid = body is not None and "L" not in symbols(body) and any(isinstance(part, tree.Integral) for part in walk(body))
    if paid and law is not None and body != law.right:
        yield Reservation(frozenset({"all"}), f"{where} asks for another cost than that of before")


def costs(context: Context) -> dict[str, Law]:
    """The costs by their letters."""
    return {law.left.name: law for law in context.laws if law.kind == "objective" and isinstance(law.left, tree.Letter)}


def named(chain: Node, context: Context) -> tuple[str, ...]:
    """The costs that a formula names."""
    known = costs(context)
    letters = (key(part) for part in walk(chain) if isinstance(part, tree.Letter))
    return tuple(dict.fromkeys(name for name in letters if name in known)) if len(known) > 1 else ()


def about(chain: tree.Chain, context: Context) -> Context:
    """From a formula on that names a cost, costates belong to this one."""
    context = reduced(chain, context)
    found = named(chain, context)
    return _meaning(costs(context)[found[0]], context) if len(found) == 1 else context


def reduced(chain: tree.Chain, context: Context) -> Context:
    """With j of j(u), and hat J of hat J(u), as the cost J(y(u), u), where nothing else is known of them."""
    law, calls = context.law("objective"), [part for part in walk(chain) if isinstance(part, tree.Call)]
    letters = [_bare(part.function) for part in calls if [role_in(head(argument), context) for argument in part.arguments] == ["w"]]
    names = {f"{mark}{known.letter}" for known in context.of("J") for mark in ("hat ", "tilde ")} | {"j"}
    new = [letter for letter in letters if letter is not None and key(letter) in names - context.letters.keys()]
    if law is None or len(costs(context)) > 1 or not new or (len(chain.sides) > 1 and chain.sides[0] in calls):
        return context
    return context.declare(Declared(key(new[0]), "J", kind="functional", source="proposed"))


def _bare(function: Node) -> tree.Letter | None:
    """j of j', and of nabla j."""
    inner = function.of if isinstance(function, tree.Derivative) else function
    return replace(inner, above=()) if isinstance(inner, tree.Letter) else None


def _meaning(law: Law, context: Context) -> Context:
    return replace(context, laws=(*(other for other in context.laws if other is not law), law))


def others(context: Context) -> Iterator[Context]:
    """The notes with each of their other costs meant."""
    law = context.law("objective")
    yield from (_meaning(other, context) for other in costs(context).values() if other is not law)


def summed(value: Node, context: Context) -> Node | None:
    """J_1 + J_2 with both costs written out, where nothing else stands there but numbers; None for anything else."""
    known = costs(context)
    letter = value.function if isinstance(value, tree.Call) else value
    if isinstance(letter, tree.Letter):
        return known[key(letter)].right if key(letter) in known else None
    if isinstance(value, tree.Sum | tree.Negative):
        parts = [summed(part, context) for part in children(value)]
        return rebuilt(value, lambda part: summed(part, context) or part) if None not in parts else None
    if isinstance(value, tree.Product):
        return rebuilt(value, lambda part: summed(part, context) or part) if _scales(value, context) else None
    return None


def penalised(value: Node, context: Context) -> tuple[Node, Context] | None:
    """l + b/2 |W|^2 of a known cost l, written out, with what is paid for weights and parameters beside it."""
    law, terms = context.law("objective"), value.terms if isinstance(value, tree.Sum) else ()
    paid = [term for term in terms if role_in(head(term), context) == "J"]
    if law is None or len(paid) != 1 or len(terms) < 2 or not isinstance(paid[0], tree.Letter) or len(costs(context)) > 1:
        return None
    others_ = tuple(term for term in terms if term is not paid[0])
    plain = tree.Letter | tree.Number | tree.Product | tree.Quotient | tree.Power | tree.Function
    if not all(isinstance(part, plain) and not getattr(part, "accents", ()) for term in others_ for part in walk(term)):
        return None
    after = constants(tree.summed(others_), context, ("1", "1"))
    more = tuple(resolve(term, after) for term in others_)
    weighed = all(any(isinstance(part, tree.Power) for part in walk(term)) for term in more)
    if not weighed or any(map(unknown, more)) or {"x", "x0", "p", "J", "w", "f", "H"} & frozenset().union(*map(symbols, more)):
        return None
    return tree.Sum((*tree.terms(law.right), *more)), after


def of_penalty(chain: tree.Chain, context: Context) -> tuple[tree.Chain, Context] | None:
    """dr/dW = b W of dL/dW = dl/dW + b W, where L = l + r: what the costs have in common says nothing, and r is all that is paid."""
    told, chain = chain, one_sample(chain, context)
    known, pair = costs(context), chain.sides if chain.relations == ("=",) else ()
    left, right = pair if len(pair) == 2 else (None, None)
    if not isinstance(left, tree.Derivative) or not isinstance(left.of, tree.Letter) or not isinstance(right, tree.Sum):
        return None
    common = [term for term in right.terms if isinstance(term, tree.Derivative) and replace(term, of=left.of) == left and term != left]
    names = [key(letter) for letter in (left.of, *(term.of for term in common)) if isinstance(letter, tree.Letter)]
    rest = tuple(term for term in right.terms if term not in common)
    if len(names) != 2 or {*names} - known.keys() or {*named(tree.summed(rest), context)} or not rest:
        return None
    whole, part = (tree.terms(known[name].right) for name in names)
    more = tuple(term for term in whole if term not in part)
    if len(more) != len(whole) - len(part) or not more or (told == chain and context.option(MEAN) == names[0]):
        return None
    alone = replace(context, options={**context.options, ALONE: "yes", MEAN: ""})
    return replace(chain, sides=(left, tree.summed(rest))), _meaning(law_of(left.of, tree.summed(more)), alone)


def _scales(value: tree.Product, context: Context) -> bool:
    """Is it a number times one cost?"""
    others = [part for part in value.factors if summed(part, context) is None]
    return len(others) == len(value.factors) - 1 and all(isinstance(part, tree.Number | tree.Quotient) for part in others)


def composed(value: Node, context: Context) -> Node | None:
    """An end cost for l(g(x(T)), y), whatever l and g are, where neither parameters nor earlier states stand in it."""
    known = [resolve(part, context) for part in walk(value) if isinstance(part, tree.Letter | tree.Call)]
    letters = [part for node in known for part in walk(node) if isinstance(part, Symbol)]
    states, named = [part for part in letters if part.name in ("x", "x0") and part.at is not None], {part.name for part in letters}
    calls = [part for part in (value.arguments if isinstance(value, tree.Call) else ()) if isinstance(part, tree.Call)]
    inner = any(unknown(resolve(call, context)) for call in calls) and not any(isinstance(resolve(call, context), Symbol) for call in calls)
    ended = inner and bool(states) and all(part.at == Symbol("t1") for part in states) and not named & {"theta", "w", "p", "J"}
    return Applied("Psi", (("x", Symbol("x", at=Symbol("t1"))),)) if ended and context.over() == "time" else None


def is_another(letter: tree.Letter | None, value: Node, context: Context) -> bool:
    """May a formula that pays at an end, or all the way, state one more cost?  Its letter is new, or the cost before was one over time."""
    plain = letter is not None and not letter.above and {*letter.accents} <= ACCENTS.keys() and not is_placed(letter, context)
    law = context.law("objective")
    moved = law is not None and context.over() == "layers" and not counts_layers(law.right)
    if letter is None:
        return moved and counts_layers(resolve(value, context))
    if not plain or _constrained(value, context):
        return False
    known = context.letters.get(key(letter))
    if known is not None and "P" in symbols(resolve(value, context)):
        return False  # J = x_0' P x_0/2 + ... says what the cost is worth
    if known is None and law is not None and isinstance(resolve(value, context), Symbol):
        return False  # a = x_1(T), the end state by another name
    if known is not None and law is not None and gathers(resolve(value, context), law.right, context):
        return False  # J = Phi(x(T)) + y(T) says it again
    restated = known is not None and known.symbol == "J" and law is not None and context.over() == "time"
    if restated and law is not None and _kinds(value, context) != _kinds(law.right, context):
        return True
    return known is None or (known.symbol == "J" and (moved or _spells_out(law, value, context)))


def best(node: Node, context: Context) -> Node:
    """J^* for J_min, the known cost at the optimum: no cost of its own."""
    plain = replace(node, below=(), above=(tree.Letter(OPTIMAL),)) if isinstance(node, tree.Letter) and not node.above else node
    if isinstance(node, tree.Letter) and any(isinstance(mark, tree.Extremum) for mark in node.below):
        return plain if context.law("objective") is not None and role_in(replace(node, below=()), context) == "J" else node
    return rebuilt(node, lambda child: best(child, context))


def _spells_out(law: Law | None, value: Node, context: Context) -> bool:
    """Is it the cost of an example of layers, whose map is written out, after a cost of any functions?"""
    exampled = context.over() == "layers" and any(known.body is not None for known in context.of("f"))
    summed_up = any(isinstance(part, tree.Series) for part in walk(value)) and not {"L", "Psi"} & symbols(resolve(value, context))
    return law is not None and exampled and summed_up and bool({"L", "Psi"} & symbols(law.right))


def _kinds(value: Node, context: Context) -> tuple[bool, bool, bool]:
    """Is something paid on the way, at the end, at observations: Lagrange, Mayer or Bolza, or a sum over data?"""
    made = resolve(value, context)
    inside = {part for integral in walk(made) if isinstance(integral, tree.Integral) for part in walk(integral)}
    ends = any(isinstance(part, Symbol) and part.name == "x" and part.at == Symbol("t1") and part not in inside for part in walk(made))
    summed_up = any(isinstance(part, tree.Series) for part in walk(made))
    return any(isinstance(part, tree.Integral) for part in walk(made)), ends, summed_up


def _constrained(value: Node, context: Context) -> bool:
    """Has it a costate in it, or a term such as x_{l+1} - f, as augmented costs have, or a state at the running layer?"""
    made = resolve(value, context)
    running = (Symbol("l"), Symbol("t"))
    states = [part for part in walk(made) if isinstance(part, Symbol) and part.name == "x"]
    ahead = any(isinstance(part.at, tree.Sum) or part.at in running for part in states)
    return ahead or bool(symbols(made) & {"p", "H", "J_a"}) or any(isinstance(part, tree.Derivative) for part in walk(made))


def spelt(value: Node, context: Context) -> Node:
    """L + a penalty with the cost L written out; as resolved."""
    made, law = resolve(value, context), context.law("objective")
    return instead(made, Symbol("J"), law.right) if law is not None and "J" in symbols(made) else made
