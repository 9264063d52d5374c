"""The setting of notes that write their field out: the derivation for this one field, proved by the core, for claims in components."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

from adjointcheck.errors import AdjointCheckError
from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, substitute, symbol, symbols_of, total
from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.costs import adjoined
from adjointcheck.notes.letters.formal import letter_of, slots_in, told
from adjointcheck.notes.letters.meaning import Applied, Symbol, symbols, walk
from adjointcheck.notes.letters.quantities import Formal, component_slot, rebuilt
from adjointcheck.notes.proofs.claims import Form, Reader, Unclear
from adjointcheck.notes.proofs.closed_forms import BEGIN, END, FINAL, LAST, Texts, clock_of, named_ends, solutions, solve, starting
from adjointcheck.notes.proofs.divisors import sign
from adjointcheck.notes.proofs.scalar_regulator import DIVISORS, ENDS, LASTS, ScalarRegulator, closed_forms, regulator_of
from adjointcheck.notes.proofs.scalar_regulator import LETTERS as REGULATED
from adjointcheck.notes.proofs.settings import Setting, judged
from adjointcheck.notes.proofs.shooting import shoot
from adjointcheck.notes.proofs.written_out import (
    OPTIONAL,
    PLAIN,
    Clock,
    Functions,
    Sizes,
    WrittenOut,
    document,
    letters_of,
    named_divisors,
    vouched,
)
from adjointcheck.notes.reading import tree
from adjointcheck.notes.systems.arrivals import ends_known, reached
from adjointcheck.notes.systems.endless import ENDLESS
from adjointcheck.notes.systems.observed import observed
from adjointcheck.notes.systems.observed import written_out as with_formula
from adjointcheck.notes.systems.positive import POSITIVE
from adjointcheck.trusted.language import derive
from adjointcheck.trusted.verdict import Status


def component_settings(chain: tree.Chain, context: Context) -> Iterator[Setting]:
    """The field's own theory: with free inputs, then with inputs that a claim may hold fixed; nothing where the core does not prove it.

    A parameter by which the field, the cost or the claim divides is not 0.
    """
    sizes, functions = _sizes(context), named(context)
    try:
        rates, running, terminal = formulas(context, _seed(context))
        seen = to_text(seen_cost(context))
    except AdjointCheckError:
        return
    texts, horizon = tuple(map(to_text, (*rates, running, terminal))), LASTS if context.option(ENDLESS) else ENDS
    riccati = horizon if context.of("P") else ""
    ends = arrived(context)
    weighed = bool(riccati) or "optimal" in context.hypotheses
    spoken = (chain, *(known.body for known in context.letters.values() if known.body is not None and known.symbol in symbols(chain)))
    nonzero = frozenset(name for node in spoken for name in divisors(node)) | (_weights(running, sizes) if weighed else frozenset())
    for solved in solutions(chain, context, _seed(context)):
        clock = clock_of(context) if solved else PLAIN
        for free in (True, False):
            made = theory(sizes, texts, free, nonzero, functions, riccati, ends, clock, solved, seen, data(context))
            if made is not None:
                yield made
    if ends_known(context):
        horizon = horizon if sizes.n == 1 else ""
        made = theory(sizes, texts, True, nonzero, functions, horizon, ends, clock_of(context), (), seen, data(context), True)
        yield from [made] if made is not None else []


def _weights(running: Expression, sizes: Sizes) -> frozenset[str]:
    """r of r u^2, which an optimal control and Riccati's equation divide by."""
    curvatures = (derive(derive(running, {name: ONE}), {name: ONE}) for name in sizes.names("w"))
    return frozenset(name for root in curvatures for name in symbols_of(root) if name.startswith("theta_"))


def _seed(context: Context) -> Setting:
    """The letters alone."""
    constants = (*data(context), *(name for letter in (END, BEGIN, FINAL, LAST) for name in _sizes(context).names(letter)))
    return Setting(document({**letters_of(_sizes(context)), **dict.fromkeys(constants, "1 1 constant")}, functions=named(context)))


def data(context: Context) -> tuple[str, ...]:
    """s and y_i of a cost that is paid for what is seen of the state at times t_i."""
    seen, _ = _seen(context)
    letters = {part.name for part in walk(seen) if isinstance(part, Symbol)} - ROLES.keys() if seen is not None else set()
    return ("s", *sorted(letters)) if seen is not None else ()


def _seen(context: Context) -> tuple[tree.Node | None, tree.Node]:
    """(what one observation costs, with the notes' formula for it; what else is paid)."""
    nothing = tree.Sum(())
    law = with_formula(nothing, nothing, context)[2].law("objective")
    return observed(law.right) if law is not None else (None, nothing)


def seen_cost(context: Context) -> Expression:
    """What an observation costs, of the state there."""
    seen, _ = _seen(context)
    return _one(Reader(_seed(context), context).form(seen)) if seen is not None else ZERO


def named(context: Context) -> Functions:
    """u and S of a cost int exp(-rho t) u(c) dt + S(k(T)), with their arguments: any such functions, whatever formulas they have.

    Without a cost in the notes it is any function of the end state: of no cost at all every gradient would be proved, and its opposite.
    """
    if context.law("objective") is None:
        return (("Psi", tuple(_sizes(context).names("x"))),)
    parts = (part for law in context.laws for part in walk(of_components(law.right, context)))
    called = [part for part in parts if isinstance(part, Applied) and part.name in ("L", "Psi")]
    found = {part.name: arguments for part in called if (arguments := _arguments(part))}
    formal = (part for law in context.laws for part in walk(told(law.right, context)) if isinstance(part, Formal))
    found |= {letter_of(part): slots for part in formal if (slots := slots_in(part))}
    return tuple(sorted(found.items()))


def of_components(node: tree.Node, context: Context) -> tree.Node:
    """V(x_1(T), x_2(T)) for V(x(T)), of a cost that the notes state before they write the field out."""
    node = rebuilt(node, lambda child: of_components(child, context))
    if not isinstance(node, Applied) or node.name not in ("L", "Psi"):
        return node
    return replace(node, arguments=tuple(entry for slot, value in node.arguments for entry in _components(slot, value, context)))


def _components(slot: str, value: tree.Node, context: Context) -> Iterator[tuple[str, tree.Node]]:
    whole = isinstance(value, Symbol) and value.name == slot and not value.part
    parts = [replace(value, part=(tree.Number(Fraction(known.part)),)) for known in context.parts(slot)] if whole else []
    yield from ((slot, part) for part in parts or [value])


def _arguments(function: Applied) -> tuple[str, ...]:
    """w_1 and t of u(c, t); none where another value stands."""
    found = [component_slot(slot, value) for slot, value in function.arguments]
    single = all(name == "t" or name[-1:].isdigit() for name in found)
    return tuple(found) if single and len({*found}) == len(found) else ()


def formulas(context: Context, seed: Setting) -> tuple[list[Expression], Expression, Expression]:
    """f, L and Psi in the letters of the theory; raises Unclear for a cost of another form."""
    reader = Reader(seed, context)
    law, cost = context.law("dynamics"), context.law("objective")
    cost = replace(cost, right=of_components(_seen(context)[1], context)) if cost is not None else None
    if law is None or not isinstance(law.right, tree.Vector):
        raise Unclear("the motion", "a column of rates")
    form: Form = reader.form(adjoined(cost.right, context)) if cost else {}
    fixed = form.pop("", ZERO)
    if set(form) - {"integrand", "t1"} or any(not name.startswith("theta_") for name in symbols_of(fixed)):
        raise Unclear("the objective", "a cost of the end state and an integral")
    if cost is None:
        form = {"t1": symbol("Psi")}
    (terminal,) = substitute([form.get("t1", ZERO) + fixed], {"t1": symbol("t")})  # exp(-rho T) S is a function of t, taken at the end
    return [_one(reader.form(cell)) for (cell,) in law.right.rows], form.get("integrand", ZERO), terminal


def arrived(context: Context) -> tuple[tuple[str, str], ...]:
    """(x_2, 0) of x_2(t1) = 0, for the ends that the notes ask for."""
    reader = Reader(_seed(context), context)
    found = [ended for law in context.laws if law.kind == "arrival" and (ended := reached(law)) is not None]
    return tuple((component_slot("x", state), to_text(_one(reader.form(value)))) for state, value in found)


def _one(form: Form) -> Expression:
    if set(form) - {"", "here"}:
        raise Unclear("a field", "an expression at the running time")
    return form.get("here", ZERO) + form.get("", ZERO)


def costate_sign(context: Context, hamiltonian: tree.Node) -> int:
    """1 where it is L + p f, -1 where it is -L + p f with another L than 0, else 0; p f alone tells it where notes say that it is least."""
    seed = _seed(context)
    try:
        rates, running, _ = formulas(context, seed)
        body = _one(Reader(seed, context).form(hamiltonian))
    except AdjointCheckError:
        return 0
    rest = body - total(symbol(f"p_{i}") * rate for i, rate in enumerate(rates, 1))

    def is_cost(sign: int) -> bool:
        return seed.language.equal(("always", rest, running * sign), ()).status is Status.PROVED

    least = context.option("principle") == "minimum" and context.option("goal") != "max"
    return int(least and is_cost(1)) if is_cost(1) == is_cost(-1) else 1 if is_cost(1) else -1


def is_ordered(left: tree.Node, relation: str, right: tree.Node, context: Context) -> bool:
    """Is -exp(t - 1) < 0, or 1 + e > 1, or -c < 0 of a c that the notes call positive, so at sight?"""
    seed = _seed(context)
    letters = {name: flags + " positive" * (name in context.option(POSITIVE).split()) for name, flags in seed.document["letters"].items()}
    seed = replace(seed, document={**seed.document, "letters": letters})
    try:
        less, more = (_one(Reader(seed, context).form(side)) for side in (left, right))
    except AdjointCheckError:
        return False
    return bool(context.parts("x")) and sign(more - less, seed.language) == {"<": 1, "<=": 1, ">": -1, ">=": -1}.get(relation)


def same_rate(context: Context, state: Symbol, right: tree.Node) -> bool:
    """Is it how that component moves?"""
    seed = _seed(context)
    try:
        rates, _, _ = formulas(context, seed)
        rate = rates[int(component_slot("x", state).partition("_")[2]) - 1]
        return seed.language.equal(("always", _one(Reader(seed, context).form(right)), rate), ()).status is Status.PROVED
    except AdjointCheckError:
        return False


def paid_sign(context: Context, paid: tree.Node) -> int:
    """1 where an integrand is that of the cost, -1 where it is its negative, else 0."""
    seed = _seed(context)
    try:
        _, running, _ = formulas(context, seed)
        said = _one(Reader(seed, context).form(paid))
    except AdjointCheckError:
        return 0
    found = [sign for sign in (1, -1) if seed.language.equal(("always", said, running * sign), ()).status is Status.PROVED]
    return found[0] if len(found) == 1 else 0


def divisors(spoken: tree.Node) -> frozenset[str]:
    """theta_2 of x/theta_2, x_1 of log x."""
    below = [part.below for part in walk(spoken) if isinstance(part, tree.Quotient)]
    below += [part.base for part in walk(spoken) if isinstance(part, tree.Power) and isinstance(part.exponent, tree.Negative)]
    below += [part for part in walk(spoken) if isinstance(part, tree.Function) and part.name in ("log", "sqrt")]
    found = (part for node in below for part in walk(node) if isinstance(part, Symbol) and part.name in ("theta", "x") and part.part)
    return frozenset(f"{part.name}_{part.part[0].value}" for part in found if isinstance(part.part[0], tree.Number))


def _sizes(context: Context) -> Sizes:
    return Sizes(*(len(context.parts(letter)) for letter in ("x", "w", "theta")))


@cache
def theory(sizes: Sizes, texts: tuple[str, ...], free: bool, nonzero: frozenset[str], functions: Functions = (),
           riccati: str = "", ends: Texts = (), clock: Clock = PLAIN, solved: Texts = (), seen: str = "0",
           known: tuple[str, ...] = (), shot: bool = False) -> Setting | None:
    """The theory of these rates and costs, judged once, and with all its components solved for if it is to be `shot`; None where the core
    does not prove it.
    """
    roots, names = named_divisors(parse(text, "a field", caps=LOG) for text in (*texts, seen))
    known += tuple(name for letter in (END, FINAL) for name in sizes.names(letter) if any(name in text for _, text in solved))
    known += tuple(name for name in sizes.names(BEGIN) if shot or any(name in text for _, text in solved))
    known += tuple(name for name in sizes.names(LAST) if shot or any(name in text for _, text in solved))
    letters = letters_of(sizes, free, names) | REGULATED.get(riccati, {}) | dict.fromkeys(known, "1 1 constant")
    letters |= DIVISORS if shot and riccati else {}
    letters = vouched(letters, [*roots, *(ONE / symbol(name) for name in sorted(nonzero - names.keys()))])
    *rates, running, terminal, paid = roots
    made: dict[str, Any] = {}
    try:
        arrivals = {name: parse(text, "an end", caps=LOG) for name, text in ends}
        moving = (*sizes.names("p"), *(name for name, _ in solved), *((*sizes.names("x"), "P") if shot else ())) if solved or shot else ()
        letters |= {f"gap_{name}": "1 1" for name in moving} | {name: "1 1 constant" for name, _ in clock.states}
        writing = WrittenOut(sizes, letters, rates, running, terminal, functions, names, arrivals, clock, paid)
        writing.document(free)
        regulator = regulator_of(writing, riccati == LASTS) if free else None
        if regulator is not None and (regulator.numbers or not shot):
            regulator.write()
        begun = named_ends(solved)
        starting(writing, begun)
        solve(writing, [(name, parse(text, "a solution", caps=LOG)) for name, text in solved], begun)
        if shot and not outright(writing, regulator):
            return None
        made = document(letters, writing.steps, functions)
        return judged(made, [step["id"] for step in made["steps"] if step["id"].startswith(OPTIONAL)])
    except AdjointCheckError:
        return None


def outright(writing: WrittenOut, regulator: ScalarRegulator | None) -> bool:
    """Adds the solutions in closed form, of a regulator or component by component; False where none is found."""
    if regulator is None or not regulator.numbers:
        return shoot(writing)
    found = closed_forms(regulator)
    if writing.language.equal(("always", found["x_1"], ZERO), ()).status is Status.PROVED:  # a state that starts at 0 stays there
        return False
    solve(writing, found.items())
    regulator.tell_ends(found)
    return True
