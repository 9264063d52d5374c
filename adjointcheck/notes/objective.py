"""The cost that notes pay: J = Phi(x(T)) + int L dt, sums over layers, a loss of the end state."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key
from adjointcheck.notes.letters.end_time import ENDS, FREE
from adjointcheck.notes.letters.families import Introduced
from adjointcheck.notes.letters.formulas import priced_example
from adjointcheck.notes.letters.meaning import COUNTERS, Applied, Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.own_letters import is_placed
from adjointcheck.notes.letters.partitions import BLOCKS
from adjointcheck.notes.letters.quadratures import gathering
from adjointcheck.notes.letters.speeds import speed_at
from adjointcheck.notes.letters.usage import (
    EQUALS,
    USUAL_CONTROLS,
    USUAL_PARAMETERS,
    USUAL_STATES,
    USUAL_TERMINALS,
    constants,
    differentiates,
    ended_function,
    head,
    introduced_function,
    is_paid,
    role_in,
    with_ends,
)
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.by_hamiltonian import is_any_cost, told_at_last
from adjointcheck.notes.systems.densities import untraced
from adjointcheck.notes.systems.endless import endless
from adjointcheck.notes.systems.layering import with_last
from adjointcheck.notes.systems.observed import is_sampled
from adjointcheck.notes.systems.readouts import COSTS, is_column
from adjointcheck.notes.systems.sampling import folded
from adjointcheck.notes.systems.several_costs import composed, is_another, law_of, of_end, penalised, spelt, summed
from adjointcheck.notes.systems.several_costs import named as spoken_costs


def without_index(node: Node, index: tree.Letter) -> Node:
    """Without the layer's index at its letters."""
    if isinstance(node, tree.Letter) and node.below == (index,):
        return replace(node, below=())
    return rebuilt(node, lambda child: without_index(child, index))


def objective(chain: tree.Chain, context: Context) -> Introduced:
    """J = Phi(x(T)) + int L dt, sum_l L(x_l, w_l) + Phi(x_N), L(z(t_1)), min over u of such a cost."""
    left: Node = chain.sides[0]
    again = len(chain.sides) > 2 and isinstance(chain.sides[1], tree.Call) and head(chain.sides[1]) == head(left)  # J = J(u) = ...
    right = chain.sides[1 + again] if len(chain.sides) > 1 else None
    extremum = isinstance(left, tree.Extremum)
    if isinstance(left, tree.Extremum) and left.body is not None:
        context = replace(context, options={"goal": left.kind[-3:] if left.kind[-3:] in ("min", "max") else "min", **context.options})
        left = left.body
    if _of_control(chain, context):
        return "assumption", (), context.assume("optimal")
    if (right is None and not extremum) or _is_changed(left, context):
        return None
    value = right if right is not None else left
    letter = head(left) if right is not None else None
    named = letter is not None and letter.name in USUAL_STATES and resolve(value, context) == Symbol("x", at=Symbol("t1"))  # y = x(T)
    if named or _is_no_cost(value, context):
        return None
    if is_any_cost(value, context):
        return "assumption", (), context
    context = _with_end(left, told_at_last(value, context))
    known = context.law("objective") is not None
    if (chain.relations and chain.relations[0] not in EQUALS) or not context.of("x") or (known and not is_another(letter, value, context)):
        return None
    counts = letter is not None and len(letter.below) == 1 and getattr(letter.below[0], "name", "") in COUNTERS
    if counts and not role_in(letter, context):  # X_i of a method
        return None
    if right is not None and (letter is None or role_in(letter, context) not in ("", "J") or (letter.accents and not known)):
        return None
    if letter is not None and key(letter) in context.rates and letter.name not in COSTS:  # z = int_0^t u dt, which moves
        return None
    if letter is not None and is_placed(letter, context) and role_in(replace(letter, below=()), context) in ("x", "p", "w"):
        return None
    if letter is not None and (getattr(resolve(letter, context), "name", "") == "a_t" or (
            letter.name not in COSTS and is_column(value, context))):
        return None
    beside = penalised(value, context) if letter is not None else None
    if letter is not None and beside is not None:
        total = beside[1].declare(Declared(key(letter), "J", kind="functional", source="proposed"))
        return "assumption", (key(letter),), replace(total, laws=(*total.laws, law_of(letter, beside[0])))
    whole = summed(value, context) if letter is not None and len(spoken_costs(chain, context)) > 1 else composed(value, context)
    if letter is not None and whole is not None:
        total = context.declare(Declared(key(letter), "J", kind="functional", source="proposed"))
        return "assumption", (key(letter),), replace(total, laws=(*total.laws, law_of(letter, whole)))
    return _objective(letter, left, value, _depending(left, _seen(value, _again(value, _ending(letter, value, context)))))


def _with_end(left: Node, context: Context) -> Context:
    """With a free end time, where the cost is a function of it, J(T) and J(u, T), and no words say that it is fixed."""
    told = any(resolve(argument, context) == Symbol("t1") for argument in left.arguments) if isinstance(left, tree.Call) else False
    return replace(context, options={**context.options, ENDS: FREE}) if told and not context.option(ENDS) else context


def _is_no_cost(value: Node, context: Context) -> bool:
    """[z(t_1), a(t_1), 0] and u * v: many numbers; and a(t_1)^T f: what the costate values, which a cost has not."""
    return isinstance(value, tree.Vector) or getattr(value, "name", "") == "hadamard" or "p" in symbols(resolve(value, context))


def _ending(letter: tree.Letter | None, value: Node, context: Context) -> Context:
    """With L of J = L(x(T)) as the end cost, where a = dL/dx in the header took it for the whole cost."""
    for call in walk(value) if letter is not None and not context.of("Psi") else ():
        function = ended_function(call, context) if isinstance(call, tree.Call) else None
        if function is not None and letter is not None and role_in(function, context) == "J" and key(function) != key(letter):
            known = replace(context.letters[key(function)], symbol="Psi", kind="function", arguments=None)
            return replace(context, letters={**context.letters, known.letter: known})
    return context


def _again(value: Node, context: Context) -> Context:
    """With g of J = g(y_N) as the end cost once more, where sum_i g_i(y(t_i)) was what observations cost."""
    paid, (known, *_) = resolve(value, context), (*context.of("phi"), None)
    ended = isinstance(paid, Applied) and paid.name == "phi" and getattr(paid.arguments[0][1], "at", None) in (Symbol("t1"), Symbol("N"))
    numbered = isinstance(value, tree.Call) and bool(getattr(value.function, "below", ()))  # l_1(z(t_1)), the first of them
    if known is None or known.body is not None or not ended or numbered or context.of("Psi"):
        return context
    return replace(context, letters={**context.letters, known.letter: replace(known, symbol="Psi", arguments=None)})


def _seen(value: Node, context: Context) -> Context:
    """With g of J = sum_i g(u(t_i)) as what one observation costs, where it was a running cost before."""
    sums = [resolve(part.body, context) for part in walk(value) if isinstance(part, tree.Series)]
    paid = [part for body in sums for part in walk(body) if isinstance(part, Applied) and part.name == "L"]
    known = next(iter(context.of("L")), None)
    if known is None or context.of("phi") or not paid or not all(is_sampled(dict(part.arguments).get("x")) for part in paid):
        return context
    made = replace(known, symbol="phi", arguments=None, body=None)
    return context if known.body is not None else replace(context, letters={**context.letters, known.letter: made})


def _depending(left: Node, context: Context) -> Context:
    """With p of J(p) as the parameters, where nothing else is known of it."""
    argument = left.arguments[0] if isinstance(left, tree.Call) and len(left.arguments) == 1 else None
    if not isinstance(argument, tree.Letter) or context.of("theta") or context.over() == "layers":
        return context
    usual = key(argument) in USUAL_PARAMETERS and key(argument) not in USUAL_CONTROLS and unknown(resolve(argument, context))
    return context.declare(Declared(key(argument), "theta", ROLES["theta"].shape, source="proposed")) if usual else context


def _is_changed(left: Node, context: Context) -> bool:
    """J(u - s g) = J(u) - s int |g|^2 dt + o(s): what a known cost is worth beside u."""
    moved = isinstance(left, tree.Call) and any(isinstance(argument, tree.Sum) for argument in left.arguments)
    return moved and role_in(head(left), context) == "J" and context.law("objective") is not None


def _of_control(chain: tree.Chain, context: Context) -> bool:
    """u* = argmin of H or of J."""
    left = resolve(chain.sides[0], context)
    return len(chain.sides) > 1 and isinstance(left, Symbol) and left.name == "w" and isinstance(chain.sides[1], tree.Extremum)


def _objective(letter: tree.Letter | None, left: Node, value: Node, context: Context) -> Introduced:
    named = isinstance(value, tree.Call) and head(value) == letter  # E = E(x_N)
    called = letter is not None and (named or isinstance(left, tree.Call))
    terminal = (ended_function(left, context) or (ended_function(value, context) if named else None)) if called else None
    integrals = [part for part in walk(value) if isinstance(part, tree.Integral | tree.Series)]
    ended = [part for part in walk(value) if isinstance(part, tree.Call) and ended_function(part, context) is not None]
    claimed = bool(context.of("J")) and context.over() == "time"
    if terminal is not None and not claimed:  # L(z(t_1)) = L(z(t_0) + int f dt): the loss of the end state
        assert letter is not None
        return "assumption", (key(letter),), of_end(letter, context)
    plain = reduce(without_index, (tree.Letter(known.letter) for known in context.of("l")), value)  # L_t at the layer t is no slope
    if terminal is not None or differentiates(untraced(plain)) or _moves(value, context):
        return None
    if any(role_in(head(argument), context) == "w" for call in ended for argument in call.arguments) and context.law("algebraic"):
        return None  # a cost of the algebraic state at the end
    for part in integrals:
        context = with_ends(part, context) if isinstance(part, tree.Integral) else with_last(part, context)
    if not (integrals or ended or _quadratic_end(value, context)) or not is_paid(resolve(value, context)) or _stands_still(value, context):
        return None
    if letter is not None and key(letter) not in context.letters:
        context = context.declare(Declared(key(letter), "J", kind="functional", source="proposed"))
    names: tuple[str, ...] = (key(letter),) if letter else ()
    for part in integrals:
        for call in walk(part.body):
            function = head(call)
            if isinstance(call, tree.Call) and function is not None and _takes_cost(function, context) and not _is_signal(call):
                context, more = introduced_function(call, "L", context)
                names += more
            elif isinstance(call, tree.Call) and function is not None and role_in(replace(function, below=()), context) == "phi":
                context, more = introduced_function(replace(call, function=replace(function, below=())), "phi", context)
                names += more
        bare = head(part.body)
        if isinstance(part.body, tree.Letter) and bare is not None and not role_in(bare, context):
            context, more = introduced_function(part.body, "L", context)
            names += more
    for call in ended:
        function = head(call)
        if function is not None and not role_in(function, context) and not context.of("Psi"):
            context, more = introduced_function(call, "Psi", context)
            names += more
        elif function is not None and (known_end := context.letters.get(key(function))) is not None and known_end.arguments is None:
            context, more = introduced_function(call, known_end.symbol, context)
    for letter_ in walk(value):
        if isinstance(letter_, tree.Letter) and letter_.name in USUAL_TERMINALS and not role_in(letter_, context) and not letter_.below:
            context, more = introduced_function(letter_, "Psi", context) if not context.of("Psi") and not integrals else (context, ())
            names += more
    context = constants(value, context, ("1", "1"))
    paid_for, context = folded(spelt(value, context), context)
    paid_for, context = endless(value, paid_for, context)
    law, context = gathering(law_of(letter, paid_for), context)
    paid = ["running"] * bool(integrals) + ["terminal"] * bool(ended or _quadratic_end(value, context))
    return "assumption", names, priced_example(replace(context, laws=(*context.laws, law)).believed(paid))


def _moves(value: Node, context: Context) -> bool:
    """Has it a rate, as a Lagrangian has?  L(q, q-dot) has none, where q-dot is a state."""
    rates = [part for part in walk(value) if getattr(part, "accents", ()) == ("dot",)]
    speeds = context.option(BLOCKS) and all(isinstance(speed_at(resolve(part, context), context), Symbol) for part in rates)
    return bool(rates) and not (speeds and "p" not in symbols(resolve(value, context)))


def _is_signal(call: tree.Call) -> bool:
    """d(t), data or a target."""
    return len(call.arguments) == 1 and isinstance(call.arguments[0], tree.Letter) and call.arguments[0].name in ("t", "s", "tau")


def _takes_cost(function: tree.Letter, context: Context) -> bool:
    """Is it the running cost, of which nobody has said yet what its arguments are?"""
    known, bare = context.letters.get(function.name if context.over() == "layers" else key(function)), context.letters.get(function.name)
    sloped = any(isinstance(mark, tree.Letter) and role_in(mark, context) in ("x", "w", "theta") for mark in function.below)  # f_x, not f_0
    if bare is not None and (bare.symbol == "phi" or (bare.symbol == "f" and sloped)):
        return False
    return known.symbol == "L" and known.arguments is None if known else not context.of("L")


def _stands_still(value: Node, context: Context) -> bool:
    """Is it made of known constants alone, as sum_j (mu_j^2 + sigma_j^2), which nothing moves?"""
    names = symbols(resolve(value, context))
    called = any(isinstance(part, tree.Call | tree.Integral) for part in walk(value)) or unknown(resolve(value, context))
    return bool(names) and not called and not any(name in ROLES and ROLES[name].kind in ("path", "function") for name in names)


def _quadratic_end(value: Node, context: Context) -> bool:
    made = resolve(value, context)
    return any(isinstance(p, Symbol) and p.name == "x" and isinstance(p.at, Symbol) and p.at.name in ("t1", "N") for p in walk(made))
