"""Solutions that notes give in closed form, p(t) = 1 - t, x(t) = 2 + t/2 - t^2/4: proved by what the difference satisfies.

The gap between a component and its formula moves by a multiple of itself, once what was proved of other components is put in, and is 0
where the component starts or ends: so it is 0.  Components that move each other at once are left to the worlds.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from adjointcheck.errors import AdjointCheckError
from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import ZERO, Expression, neg, number, substitute, symbol, symbols_of
from adjointcheck.notes.letters.context import Context, Law
from adjointcheck.notes.letters.derivatives import is_end
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, symbols, walk
from adjointcheck.notes.letters.quantities import component_slot, instead
from adjointcheck.notes.proofs.claims import Reader
from adjointcheck.notes.proofs.divisors import DIVISOR
from adjointcheck.notes.proofs.settings import Setting
from adjointcheck.notes.proofs.written_out import Clock, WrittenOut
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.instants import moment
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.values import starts

Texts = tuple[tuple[str, str], ...]
END, BEGIN, FINAL, LAST = "end", "begin", "final", "last"  # x_1 at the end; p_1 at the start and at the end; x_1 at the end, as solved
PLACED = {BEGIN: ("t0", "begin"), FINAL: ("t1", "end")}  # where p_1 is that, and the step that says when this is
NOWHERE: Mapping[str, str] = {}
STILL = tree.Number(Fraction(0))
KNOWN_ENDS = "with the values at the ends that solutions proved before have"
MOVING = {"x", "p", "w", "H", "J", "P", "L", "f", "Psi"}


def clock_of(context: Context) -> Clock:
    """Of the numbers that the notes call their ends, and of the starts that they give as numbers."""
    start, end = (next((known.letter for known in context.of(name) if moment(known.letter) is not None), "") for name in ("t0", "t1"))
    return Clock(start, end, tuple((f"x0_{i}", to_text(number(value))) for i, value in sorted(starts(context).items())))


def solution_of(left: Node, right: Node) -> Law | None:
    """p_1(t) = 1 - t, x_1(T) = x_0 exp(a T): a component by the time, or by the end time, and by constants."""
    if not isinstance(left, Symbol) or left.name not in ("x", "p") or not left.part or isinstance(right, tree.Derivative | tree.Integral):
        return None
    if left.at == Symbol("t1") and "t1" in symbols(right) and "t" not in symbols(right):  # what holds at any end
        left, right = replace(left, at=None), instead(right, Symbol("t1"), Symbol("t"))
    runs = "t" in symbols(right) or (left.name == "p" and right == STILL)  # lambda_R(t) = 0 of what nothing is paid for
    told = left.at in (None, Symbol("t")) and runs and not symbols(right) & MOVING
    return Law("solution", left, right) if told else None


def from_end(left: Node, right: Node) -> tuple[Node, Node]:
    """p_1(t) = (x_1(T) - y) e^{a (T - t)} with a letter for x_1(T), which the solution has in the end; anything else as it is."""
    states = (part for part in walk(right) if isinstance(part, Symbol) and part.name == "x" and part.at == Symbol("t1"))
    named = _put(right, {state: Symbol(END, part=state.part) for state in states})
    return (left, named) if isinstance(left, Symbol) and left.name == "p" and solution_of(left, named) is not None else (left, right)


def with_ends_named(left: Node, right: Node) -> tuple[Node, Node]:
    """p_1(t) = p_1(t0) e^{-t} and H = x_1(T)^2/2 with letters for p_1(t0), p_1(T) and x_1(T); states at one time as they are."""
    nodes = [part for side in (left, right) for part in walk(side)]
    running = any(getattr(part, "name", "") in MOVING and getattr(part, "at", None) in (None, Symbol("t")) for part in nodes)
    letters: dict[tuple[str, Node | None], str] = {("p", Symbol(place)): letter for letter, (place, _) in PLACED.items()}
    if running:
        letters["x", Symbol("t1")] = LAST
    named: dict[Node, Node] = {part: Symbol(letters[part.name, part.at], part=part.part) for part in nodes
                               if isinstance(part, Symbol) and part.part and (part.name, part.at) in letters}
    return _put(left, named), _put(right, named)


def proved_solution(left: Node, right: Node, context: Context) -> Law | None:
    """What a proved line says of all times: x_1(T) = g(T) says x_1(t) = g(t), but for costates and optima, which know the end."""
    left, right = at_known_ends(left, right, context)
    ended = isinstance(left, Symbol) and left.at == Symbol("t1")
    steered = bool(context.of("w") or context.parts("w")) or "fixed end" in context.hypotheses
    return solution_of(left, right) if not ended or (getattr(left, "name", "") == "x" and not steered) else None


def at_known_ends(left: Node, right: Node, context: Context) -> tuple[Node, Node]:
    """The sides with x(T) as a solution that was proved before has it."""
    laws = [law for law in context.laws if law.kind == "solution"]
    places = {getattr(part, "at", None) for side in (left, right) for part in walk(side)}
    solved: dict[Node, Node] = {replace(law.left, at=end): instead(law.right, Symbol("t"), end) for law in laws
                                for end in (Symbol("t0"), Symbol("t1"), *(place for place in places if isinstance(place, tree.Number)))
                                if isinstance(law.left, Symbol)}
    return _put(left, solved), _put(right, solved)


def _put(node: Node, values: Mapping[Node, Node]) -> Node:
    if isinstance(node, tree.Derivative | tree.Variation):
        return node
    return values[node] if isinstance(node, Symbol) and node in values else rebuilt(node, lambda child: _put(child, values))


def gives_solution(control: Node, context: Context) -> bool:
    """Is it a control by the time, where the costate is known by the time too, or an optimal one is looked for from a start in numbers?"""
    solved = any(law.kind == "solution" and getattr(law.left, "name", "") == "p" for law in context.laws)
    sought = "optimal" in context.hypotheses and bool(starts(context))
    return (solved or sought) and "t" in symbols(control) and not any(map(_moves, walk(control)))


def _moves(node: Node) -> bool:
    """Does it move, unlike c = x(1)?"""
    held = isinstance(node, Symbol) and node.name == "x" and is_end(node.at)
    return getattr(node, "name", "") in MOVING and not held


def solutions(chain: tree.Chain, context: Context, seed: Setting) -> tuple[Texts, ...]:
    """(p_1, 1 - t) of what was proved before and of the chain itself, of what was proved before, and none.

    That a costate is 0 says nothing of a line that it stands in, with whatever factor.
    """
    spoken = {replace(part, at=None) for part in walk(chain) if isinstance(part, Symbol)}
    laws = [law for law in context.laws if law.kind == "solution" and not (law.right == STILL and replace(law.left, at=None) in spoken)]
    claimed = [law] if (law := solution_of(*chain.sides[:2])) is not None else []
    before = _texts(laws, context, seed)
    return tuple(dict.fromkeys(((*before, *_texts(claimed, context, seed)), before, ())))


def _texts(laws: Iterable[Law], context: Context, seed: Setting) -> Texts:
    reader, found = Reader(seed, context), dict[str, str]()
    for law in laws:
        try:
            form = reader.form(law.right)
        except AdjointCheckError:
            continue
        if isinstance(law.left, Symbol) and not set(form) - {"", "here"}:
            found[component_slot(law.left.name, law.left)] = to_text(form.get("here", ZERO) + form.get("", ZERO))
    return tuple(found.items())


def solve(made: WrittenOut, claims: Iterable[tuple[str, Expression]], begun: Mapping[str, str] = NOWHERE) -> None:
    """Adds the steps that prove the claims one after the other, of costates `begun` at an end; the core rejects them where wrong."""
    known: dict[str, Expression] = {}
    claims = list(claims)
    for name, value in (*(_resting(made, {name for name, _ in claims}) if claims else ()), *claims):
        if all(step["id"] != f"solution_{name}" for step in made.steps):
            _solve_one(made, name, value, known, begun.get(name, ""))
        known[name] = value


def _resting(made: WrittenOut, claimed: Container[str]) -> Iterator[tuple[str, Expression]]:
    """(p_1, nu) of a costate that does not move, where it ends at a constant."""
    for x, p, _ in made.pairs:
        end = next(parse(step["claim"]["right"], "an end", caps=LOG) for step in made.steps if step["id"] == f"terminal_{p}")
        still = made.slope(made.hamiltonian, x) is ZERO and all(name.startswith("theta_") for name in symbols_of(end))
        if still and p not in claimed:
            yield p, end


def named_ends(solved: Texts) -> dict[str, str]:
    """{p_1: begin} of a solution that speaks of begin_1."""
    return {name: letter for name, text in solved for letter in (FINAL, BEGIN) if name.replace("p_", f"{letter}_") in text}


def starting(made: WrittenOut, names: Mapping[str, str]) -> None:
    """The letters for costates at the start and at the end."""
    for name, letter in names.items():
        sides = name, name.replace("p_", f"{letter}_")
        left, right = sides if letter == BEGIN else reversed(sides)  # of p at the end the costs have told what it is
        made.equation(f"begins_{name}", "assume", left, symbol(right), at=PLACED[letter][0])


def told_at(made: WrittenOut, place: str, letter: str, name: str, value: Expression, *known: str) -> None:
    """begin_1 and last_1, what a component is at an end, as the `known` solutions have it."""
    made.equation(f"{letter}_of", "assume", letter, symbol(name), at=place)
    time = {"t0": "begin", "t1": "end"}[place]
    made.equation(f"{letter}_there", "rewrite", letter, value, f"{letter}_of", *known, time, at=place, **{f"{letter}_of": "hole"})
    made.equation(f"{letter}_is", "rewrite", letter, value, f"{letter}_there")


def _solve_one(made: WrittenOut, name: str, value: Expression, known: Mapping[str, Expression], begun: str) -> None:
    """gap = p - value, gap.dot = (what p.dot is at p = gap + value) - (that at p = value), gap = 0 at the end, so gap = 0."""
    gap = f"gap_{name}"
    law, rate = _law(made, name)
    fed = {"p_1": symbol("P") * symbol("x_1")} if "P" in known and name == "x_1" else {}
    controls = {a: root for a, root in made.controls.items() if a in symbols_of(rate)}
    (closed,) = substitute([rate], controls)
    (closed,) = substitute([closed], fed)
    others = {other: root for other, root in known.items() if other in symbols_of(closed)}
    (gone,) = substitute([closed], {**others, name: symbol(gap) + value})
    made.equation(gap, "define", gap, symbol(name) - value)
    slope, below = made.moved(value, "dot"), [divisor for divisor in sorted(symbols_of(gone, value)) if divisor.startswith(DIVISOR)]
    made.equation(f"{gap}_moves", "differentiate", f"{gap}.dot", symbol(f"{name}.dot") - slope, gap, "time", by="dot")
    made.equation(f"{gap}_names", "rewrite", name, symbol(gap) + value, gap, **{gap: "-hole"})
    premises = [f"{gap}_moves", law, *(f"control_{a}" for a in controls), *["ansatz"] * bool(fed), *(f"solution_{a}" for a in others),
                f"{gap}_names", *below, *(step["id"] for step in made.steps if step["id"] in {f"{divisor}_moves" for divisor in below})]
    (still,) = substitute([gone], {gap: ZERO})
    made.equation(f"{gap}_law", "rewrite", f"{gap}.dot", gone - still, *premises, **{f"{gap}_moves": "hole"})
    place, ends = _end(made, name, known, begun)
    made.equation(f"{gap}_end", "rewrite", gap, ZERO, gap, *ends, *below, at=place, **{gap: "hole"})
    made.equation(f"no_{gap}", "unique", gap, ZERO, f"{gap}_law", f"{gap}_end")
    made.equation(f"solution_{name}", "rewrite", name, value, gap, f"no_{gap}", **{gap: "-hole", f"no_{gap}": "hole"})


def _law(made: WrittenOut, name: str) -> tuple[str, Expression]:
    """Of a state, of a costate, and of P: the step that says how it moves, and its rate."""
    if name == "P":
        return "riccati", next(parse(step["claim"]["right"], "a rate", caps=LOG) for step in made.steps if step["id"] == "riccati")
    rates = {x: f for x, _, f in made.pairs} | {p: neg(made.slope(made.hamiltonian, x)) for x, p, _ in made.pairs}
    return f"costate_{name}" if name.startswith("p") else f"dynamics_{name}", rates[name]


def _end(made: WrittenOut, name: str, known: Container[str], begun: str) -> tuple[str, list[str]]:
    """Where it is known, and the steps that say so."""
    if name == "P":
        return "t1", ["riccati_end", "end"]
    if begun:
        return PLACED[begun][0], [f"begins_{name}", PLACED[begun][1]]
    ids = {step["id"] for step in made.steps}
    if not name.startswith("p"):
        return "t0", [f"start_{name}", "begin", *({f"value_{name.replace('x_', 'x0_')}"} & ids)]
    ending = symbols_of(made.slope(made.terminal, name.replace("p_", "x_", 1)))
    reached = [step["id"] for step in made.steps if step["id"].startswith("arrives_")]
    return "t1", [f"terminal_{name}", "end", *sorted(f"solution_{a}" for a in ending if a in known), *reached]
