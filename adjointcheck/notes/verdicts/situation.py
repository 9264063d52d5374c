"""Which settings a formula of the notes is judged in: the kind of problem, and what its functions are there.

The context says what is known; each setting is a theorem specialised to it (no running cost: L is 0), and, where the notes give
their fields and costs as formulas (f = A x + B u), extended by these, with partial derivatives that the core has checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

from adjointcheck.errors import AdjointCheckError
from adjointcheck.expression.grammar import NAME, to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, substitute, symbol, symbols_of
from adjointcheck.notes.letters.at_event import stretch_of
from adjointcheck.notes.letters.context import ROLES, Context, own_function, own_name
from adjointcheck.notes.letters.costs import is_observed, runs
from adjointcheck.notes.letters.curvature import directions, is_second
from adjointcheck.notes.letters.forms import about_end_time
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, rebuilt, symbols, walk
from adjointcheck.notes.letters.partitions import BLOCKS, parts_of
from adjointcheck.notes.letters.potentials import symmetric_slope
from adjointcheck.notes.letters.quantities import BLOCK
from adjointcheck.notes.letters.starting import SLOPE, moves_start, moves_with, unheld
from adjointcheck.notes.letters.usage import is_symmetric, weighs_control
from adjointcheck.notes.proofs.activated import ARGUMENT, VALUE, argument_steps, given_steps, slope, with_activation
from adjointcheck.notes.proofs.activated import LETTERS as ACTIVE
from adjointcheck.notes.proofs.algebraic import PROBLEMS, constrained, with_equation
from adjointcheck.notes.proofs.claims import Form, Reader, Unclear
from adjointcheck.notes.proofs.componentwise import component_settings
from adjointcheck.notes.proofs.equilibrium import SLOPE as RESOLVED
from adjointcheck.notes.proofs.grown import Operator, held_by, operator_of, with_functions, with_letters, with_operator
from adjointcheck.notes.proofs.jacobian import Partial
from adjointcheck.notes.proofs.partitioned import TOLD as IN_BLOCKS
from adjointcheck.notes.proofs.regulator import control_steps, letters_of, names_of, regulator_steps, stationary, value_steps
from adjointcheck.notes.proofs.second_order import ALONE, STRAIGHT
from adjointcheck.notes.proofs.settings import (
    HIDDEN_PARTNER,
    HIDDEN_STAGES,
    HIDDEN_STEP,
    HIDDEN_VARIED,
    KINDS,
    TOLD,
    Setting,
    judged,
    observes,
    setting,
)
from adjointcheck.notes.proofs.stage_proof import COUNTS, kind_of
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.component_sensitivities import ALONG
from adjointcheck.notes.systems.impacts import JUMP
from adjointcheck.notes.systems.own_clock import ends_free
from adjointcheck.notes.systems.stages import staged
from adjointcheck.notes.systems.step_values import LEFT_OUT, speaks_of_step
from adjointcheck.notes.systems.wholes import is_held, moved_components
from adjointcheck.notes.verdicts.free_multipliers import has_free_multiplier
from adjointcheck.trusted.language import derive
from adjointcheck.trusted.verdict import Status

LETTERS = ("t", "x", "w", "theta")
HIDDEN = {**{kind: (HIDDEN_VARIED if "varied" in kind else HIDDEN_STAGES,) for kind in KINDS if kind.startswith("stages")},
          "one_step": HIDDEN_STEP,
          "fixed_point": ((RESOLVED,),),
          "small_step": (("chain_rule", "volume"), ("taylor_costate", "volume"))}  # one says p of p.next, the other p.next of p
INPUTS = ("x0", "theta", "w", "t0", "t1")
OPTIMAL = ("fixed_end", "manifold")  # where the control is optimal
LAYERS = (("euler", "x + h*f", "h*L"), ("euler_sum", "x + h*f", "L"), ("euler_sum", "x + f", "L"), ("map", "f", "L"))  # kind, layer, cost


@dataclass(frozen=True)
class Situation:
    """A setting, the optional hypotheses in force in it, and the facts that are not."""

    setting: Setting
    hypotheses: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def situations(chain: tree.Chain, context: Context, form: str = "") -> Iterator[Situation]:
    """The settings in which a formula may be judged, the most general problem first."""
    if context.parts("x") and not context.option(BLOCKS):
        yield from written_out(chain, context, form)
        return
    kinds = kinds_of(chain, context)
    stationary = ("stationary",) if is_inner_optimum(context, form) else ()
    asks = about_end_time(*chain.sides[:2])
    ends = "free end time" in context.hypotheses or (ends_free(context) and asks)
    free = ("free_final_time",) if ends else ()
    same = "L" if context.law("dynamics after") else "fL"  # without a second field, f and L jump only where a control does
    smooth = tuple(f"same_{name}_{s}" for name in same for s in "sr") if not context.of("w") else ()
    moved = moves_with(moved_along(chain, context), context)
    held = tuple(f"{letter}_fixed" for letter in INPUTS if letter not in moved)
    held += tuple(f"x0_fixed_{i}" for i in range(1, 10) if "x0_fixed" in held)  # of each block
    free += ("base", "base_score") if context.of("base") else ()
    alone = tuple(name for name, fixed in ALONE.items() if fixed <= {*held})
    free += STRAIGHT if context.option("curve") else ()
    free += ("flat_xx", "flat_ww", "flat_wx") if LEFT_OUT in context.hypotheses else ()
    choice = ("costate", "terminal") if has_free_multiplier(chain, context) else ()
    choice += ("final_time",) if not ends_free(context) and (asks or "J" not in symbols(chain)) else ()
    free_letters = () if symbols(chain) & (ROLES.keys() - {"I"}) else ("algebra",)
    for kind in filter(None, (*kinds, *free_letters)):
        made = concrete(kind, context, {"J", "P"} <= symbols(chain))
        if made is not None:
            force = tuple(name for name in (*held, *alone, *stationary, *free, *smooth) if name in made.optional)
            spelt = (("stationary_control",),) if "stationary" in force and "L_is" in made.facts else ()  # L_w is a formula
            yield from (Situation(made, force, choice, hidden) for hidden in (*hidden_in(kind), *spelt))


def hidden_in(kind: str) -> tuple[tuple[str, ...], ...]:
    """What may not be put into anything: stages that stand on each other."""
    return HIDDEN.get(kind, (HIDDEN_PARTNER, HIDDEN_STAGES, ()) if kind.startswith(TOLD) else ((),))


def is_inner_optimum(context: Context, form: str) -> bool:
    """Is the control said to be optimal, and not held by bounds, or in truth an algebraic state?"""
    told = form == "optimality" or "optimal" in context.hypotheses or context.law("algebraic") is not None
    return told and context.law("bounds") is None


def paid_at_end(node: Node) -> Node:
    """Psi_x for dJ/dx(t1), which is the costate there only where that is chosen already."""
    by = node.by[0] if isinstance(node, tree.Derivative) and node.of == Symbol("J") and len(node.by) == 1 else None
    if isinstance(node, tree.Derivative) and isinstance(by, Symbol) and by.name == "x" and by.at == Symbol("t1"):
        return replace(node, of=Applied("Psi"), kind="partial")
    return rebuilt(node, paid_at_end)


def moved_along(chain: tree.Chain, context: Context) -> frozenset[str]:
    """The inputs that a formula moves: those that it names, those that the notes vary, and those along which they have a direction."""
    told, nodes = directions(context), [*walk(chain)]
    if JUMP in nodes and not any(isinstance(node, tree.Variation) for node in nodes):
        return frozenset({"x0"})  # dx^+/dx^- holds what else there is
    return (told | (varied(chain) - {"x0"}) if told else unheld(varied(chain), chain.sides, context)) | context.moved


def written_out(chain: tree.Chain, context: Context, form: str) -> Iterator[Situation]:
    """The settings of one field in components; stationary in all controls, or inputs held fixed that the formula does not vary."""
    force = ["stationary_"] if is_inner_optimum(context, form) else []
    force += ["free_final_time"] if "free end time" in context.hypotheses else []
    along, _, number = context.option(ALONG).partition("_")
    moving = {along} if along else varied(chain) | context.moved
    force += [f"fixed_{letter}" for letter in INPUTS if letter not in moving]
    parts = {along: frozenset([int(number)])} if along else moved_components(chain.sides, context.moved)
    for made in component_settings(chain, context):
        held = {name for letter, moving in parts.items() for name in made.optional if is_held(name, letter, moving)}
        told = any(name.startswith("begins_p_") for name in made.facts)  # then solutions tell of costates what their ends do
        less = ("gap_p_", "gap_x_", "gap_P", *(("begins_p_", "terminal_p_") if told else ()))  # p = gap + value proves p = value alone
        hidden = tuple(name for name in made.facts if name.startswith(less))
        yield Situation(made, tuple(name for name in sorted(made.optional) if name.startswith(tuple(force)) or name in held), (), hidden)


def kinds_of(chain: tree.Chain, context: Context) -> tuple[str, ...]:
    """Rows of `KINDS` for a formula in its context."""
    names, nodes = symbols(chain), list(walk(chain))
    if context.option(BLOCKS):
        return tuple(f"{title}{parts_of(context).line}" for title in IN_BLOCKS)
    if speaks_of_step(chain, context):
        return ("one_step",)
    if (rest := context.law("rest")) is not None:
        return ("rest",) if rest.left == tree.Number(Fraction(0)) else ("fixed_point",)
    over_layers = context.over() == "layers"
    if not over_layers and any(is_second(node) or _of_costate(node) or is_moved_cost(node) for node in nodes):
        return ("second_order",)
    if any(isinstance(node, tree.Expectation) for node in nodes):
        return ("hutchinson", *(("hutchinson_own",) if any(d.shape[0] == d.shape[1] != "1" for d in context.of("A")) else ()))
    moves = any(isinstance(node, tree.Variation) for node in nodes)
    if over_layers and staged(context) and context.option("method"):
        return (f"{TOLD}{context.option('method')}",)
    if over_layers and staged(context):
        kind = "varied" if moves or "v" in names else kind_of(context)
        return (f"stages_{kind}_{context.option('stages')}",) if context.option("stages") else ()
    if over_layers and context.option("starts") and moves_start(nodes):
        return ()
    if over_layers:
        kind = layer_kind(context)
        return (kind, f"{kind}_varied") if moves and kind else (kind,)
    if moves and ("S" in names or any(map(_is_sensitivity, [*nodes, *bodies_in(names, context)]))):
        return ("second_order", "variations")
    if "eps" in names or any(isinstance(node, tree.Limit) for node in nodes):
        return () if any(map(_flows, nodes)) and _is_paid_on_the_way(context) else ("small_step",)
    ends = "_moving" if any(map(_moves_an_end, nodes)) else ""
    if ("tau" in names and not any(map(_runs_along, nodes))) or context.of("g"):
        return tuple(f"{kind}{end}" for kind in event_kind(context) for end in (ends, *(("_varied",) if JUMP in nodes else ())))
    if (context.of("phi") and not _is_of_before("phi", context)) or "phi" in names:
        return (f"observations{ends}",)
    if context.of("psi") or "nu" in names:
        return ("manifold",)
    for hypothesis, kind in (("fixed end", "fixed_end"), ("periodic", "periodic")):
        if hypothesis in context.hypotheses:
            return (kind, "continuous", *(("variations",) if moves and "p" not in names else ()))
    return ("continuous", "variations") if moves else ("continuous",)


def _runs_along(node: Node) -> bool:
    """int_t^T a(tau) dtau: tau is no time of an event."""
    return isinstance(node, tree.Integral) and getattr(node.by, "name", "") == "tau"


def _moves_an_end(node: Node) -> bool:
    """dJ/dt0, delta t1."""
    moved = node.by if isinstance(node, tree.Derivative) else (node.of,) if isinstance(node, tree.Variation) else ()
    return any(isinstance(by, Symbol) and by.name in ("t0", "t1") for by in moved)


def _flows(node: Node) -> bool:
    """dx(t + eps)/dx(t)."""
    of = node.of if isinstance(node, tree.Derivative) else None
    return isinstance(of, Symbol) and of.name == "x" and isinstance(of.at, tree.Sum)


def _is_paid_on_the_way(context: Context) -> bool:
    """Has the cost a part in time, which a(t) = a(t + eps) dx(t + eps)/dx(t) leaves out?"""
    law = context.law("objective")
    return runs(context) or (law is not None and any(isinstance(part, tree.Integral) for part in walk(law.right)))


def is_moved_cost(node: Node) -> bool:
    """J(theta + eps v)."""
    return isinstance(node, tree.Evaluated) and node.of == Symbol("J") and isinstance(node.at[0], tree.Chain)


def bodies_in(names: frozenset[str], context: Context) -> Iterator[Node]:
    """What the notes define the letters of a formula as."""
    return (known.body for known in context.letters.values() if known.symbol in names and known.body is not None)


def _is_sensitivity(node: Node) -> bool:
    """dx/dtheta at the running time."""
    slope = node if isinstance(node, tree.Derivative) and node.by == (Symbol("theta"),) else None
    return slope is not None and isinstance(slope.of, Symbol) and slope.of.name == "x" and slope.of.at in (None, Symbol("t"))


def _of_costate(node: Node) -> bool:
    return isinstance(node, tree.Variation) and "p" in symbols(node.of) and not symbols(node.of) & {"H", "J_a", "x"}


def event_kind(context: Context) -> tuple[str, ...]:
    """With a reset function or without; none for a reset of another form, and none beside observations."""
    if context.of("s"):
        return ()
    law = context.law("reset")
    right = law.right if law is not None else None
    if law is None or (isinstance(right, Applied) and right.name == "r"):
        return ("event" if context.of("r") else "switch",)
    return ("switch",) if isinstance(right, Symbol) and (right.name, right.side) == ("x", "before") else ()


def varied(chain: tree.Chain) -> frozenset[str]:
    """The inputs whose variation the formula names, all others are held fixed there; the initial state if it names none."""
    inner = [node.of for node in walk(chain) if isinstance(node, tree.Variation) and isinstance(node.of, Symbol)]
    found = {symbol_.name for symbol_ in inner} & {*INPUTS}
    starts = any(symbol_.name == "x" and symbol_.at in (Symbol("t0"), tree.Number(Fraction(0))) for symbol_ in inner)
    return frozenset(found | ({"x0"} if starts or not found else set()))


def layer_kind(context: Context) -> str:
    """map, euler or euler_sum: which layers and which stage cost the notes have; "" where they have others, or none that is clear."""
    law, cost = context.law("layers"), context.law("objective")
    reader = Reader(setting("euler"), context)
    try:
        step = _one(reader.form(law.right), "here") if law and "f" in symbols(law.right) else symbol("f")
        paid = tuple(term for term in tree.terms(cost.right) if "L" in symbols(term)) if cost else ()
        stage = reader.form(tree.Sum(paid)).get("sum", ZERO) if paid else None
    except AdjointCheckError:
        return ""
    for kind, layer, term in LAYERS:
        if _equal(reader, step, layer) and (stage is None or _equal(reader, stage, term)):
            return kind
    return ""


def _equal(reader: Reader, root: Expression, text: str) -> bool:
    language = reader.setting.language
    return language.equal(("always", root, language.read(text, "layers")), ()).status is Status.PROVED


# What the functions are


def values(kind: str, context: Context) -> dict[str, str]:
    """The letters of a setting that are 0 or 1 in the context."""
    present = {declared.symbol for declared in context.letters.values()}.union(*(symbols(law.right) for law in context.laws))
    found: dict[str, str] = {}
    if context.option("starts"):
        found[SLOPE] = SLOPE
    cost = context.law("objective")
    parts = list(walk(cost.right)) if cost else []
    present -= {name for name in ("L", "Psi") if _is_of_before(name, context)}
    runs = "L" in present or any(isinstance(part, tree.Integral) or (isinstance(part, tree.Series) and not observes(kind))
                                 for part in parts)
    held = context.law("algebraic") is not None  # then mu g stands beside L
    if ("no running cost" in context.hypotheses or not runs) and not held:
        found["L"] = "0"
    if context.option("sampled to"):
        pass  # the last observation is made at the end
    elif "no terminal cost" in context.hypotheses or (cost and not _has_end(cost.right, kind) and "Psi" not in present):
        found["Psi"] = "0"
    nothing = tree.Number(Fraction(0))  # Phi = 0, in an example
    found |= {name: "0" for name in ("L", "Psi") if not held and any(known.body == nothing for known in context.of(name))}
    if cost is None or not any(isinstance(part, Symbol) and part.name == "x" and _is_start(part.at) for part in parts):
        found["Xi"] = "0"
    if kind.startswith(("event", "switch")) and "phi" not in present:
        found["phi"] = "0"
    if cost is None and "Psi" not in present:  # a loss of which nothing is said: a cost of the end state
        found |= {"Psi_t": "0", "Psi_theta": "0"}
    for letter in ("w", "theta"):
        if letter not in present:
            found |= {f"{function}_{letter}": "0" for function in ("f", "L", "Psi", "phi", "g", "r", "div")}
    for function in ("f", *["L"] * (not held), "Psi", "phi", "g", "r", "div"):
        like = {"Psi": "phi" if context.option("sampled to") else "Psi", "div": "f"}.get(function, function)
        arguments = arguments_of(like, context)
        absent = {letter for letter in LETTERS if arguments is not None and letter not in arguments}
        absent |= {"t"} if "autonomous" in context.hypotheses and function in ("f", "L") else set()
        found |= {f"{function}_{letter}": "0" for letter in absent}
    if kind.startswith("stages"):
        found |= {f"{name[0]}{i}{name[1:]}": text for name, text in found.items() if name[0] in "fL" for i in range(1, max(COUNTS) + 1)}
    if observes(kind):
        found |= {f"phi_r{name[3:]}": text for name, text in found.items() if name.startswith("phi_")}
    law = context.law("layers")
    if kind.startswith("euler") and law is not None and "h" not in symbols(law.right):
        found["h"] = "1"
    if kind in OPTIMAL:  # L_w = -p f_w holds there, which is nothing to put in where L_w is 0
        found = {name: text for name, text in found.items() if name not in ("L", "L_w")}
    return found if is_paid(kind, found) else {name: text for name, text in found.items() if name.partition("_")[0] != "Psi"}


def _is_of_before(name: str, context: Context) -> bool:
    """Is it a part of a cost that the notes had before, and not of the one that they speak of now?"""
    costs = [law.right for law in context.laws if law.kind == "objective"]
    return len(costs) > 1 and name not in symbols(costs[-1])


def is_paid(kind: str, found: Mapping[str, str]) -> bool:
    """Is there a cost at all?  Without one all gradients are 0, and any sign of them would be proved."""
    letters = setting(kind).language.letters
    return observes(kind) or any(name in letters and found.get(name) != "0" for name in ("L", "Psi", "Xi", "phi", "L1"))


def arguments_of(function: str, context: Context) -> tuple[str, ...] | None:
    """The arguments that the notes give a function, by its declaration or in a law; None where they never say."""
    declared = next((d.arguments for d in context.of(function) if d.arguments is not None), None)
    if declared is not None:
        return declared
    written = (part for law in context.laws for part in walk(law.right) if isinstance(part, Applied) and part.name == function)
    return next((tuple(slot for slot, _ in part.arguments) for part in written if part.arguments), None)


def _has_end(node: Node, kind: str) -> bool:
    """Does a cost speak of the end state outside its integral, or sum over all states up to the last layer's?"""
    if isinstance(node, tree.Integral | tree.Series):
        return isinstance(node, tree.Series) and node.upper == Symbol("N") and not observes(kind)
    if isinstance(node, Symbol) and (node.name == "x" or node.at in (Symbol("t1"), Symbol("N"))):  # e(T) of e = x - r
        return not _is_start(node.at)
    return isinstance(node, Applied) or any(_has_end(child, kind) for child in children(node))


def _is_start(place: Node | None) -> bool:
    return place in (Symbol("t0"), tree.Number(Fraction(0)))


def concrete(kind: str, context: Context, valued: bool = False) -> Setting | None:
    """The kind's setting with the context's functions; None where the notes' own fields cannot be put in.

    `valued`: with what a regulator's cost is worth, which is dear to prove.
    """
    language = setting(kind).language
    put = {name: text for name, text in values(kind, context).items() if name in language.letters or name == SLOPE}
    key = kind, tuple(sorted(put.items())), sizes(context)
    made, operator, held = setting(*key), operator_of(kind, context), held_by(context)
    if held and kind not in PROBLEMS:
        return None
    flags = symmetric_slope(made.document["letters"], context)
    made = with_letters(with_equation(with_operator(made, operator), held), flags)
    try:
        bodies = {name: root for name, root in bodies_of(made, context).items() if root is not symbol(name)}
    except (Unclear, AdjointCheckError):
        return None
    own = {**own_letters(context, made), **{name: made.document["letters"][name] for name in ("p_alg",) if held}}
    if not bodies and not own:
        return made
    wrapped = {name for name, root in bodies.items() if name in symbols_of(root)}  # L = exp(-rho t) U: U is L_own, of the arguments of U
    if wrapped:
        key = kind, tuple(sorted((name, text) for name, text in put.items() if name.partition("_")[0] not in wrapped)), key[2]
    told = {name: arguments_of(name, context) or LETTERS for name in wrapped}
    inner = {name: tuple(part for part in LETTERS if f"{name}_{part}" not in put and part in told[name]) for name in wrapped}
    roots = {name: substitute([root], {name: symbol(own_function(name))})[0] if name in wrapped else root for name, root in bodies.items()}
    texts = tuple(sorted((name, to_text(root)) for name, root in roots.items()))
    return _with(key, texts, tuple(sorted(own.items())), tuple(sorted(inner.items())), (operator, tuple(flags.items()), held), valued)


def sizes(context: Context) -> tuple[tuple[str, str], ...]:
    """The notes' own names of the dimensions of state, control and parameters."""
    owners = (("x", "n"), ("w", "k"), ("theta", "m"))[bool(context.option(BLOCKS)) :]  # blocks have sizes of their own
    found = [(size, declared.shape[0]) for letter, size in owners for declared in context.of(letter)[:1]]
    found += [("m", "1")] if ("n", "1") in found and not context.of("theta") else []  # partials by x and theta have one shape
    return tuple((size, dim) for size, dim in found if dim in tuple("123456789") or NAME.match(dim))


def own_letters(context: Context, made: Setting) -> dict[str, str]:
    """Letters of the notes that the convention has not, such as A and B, with their shapes and flags."""
    found: dict[str, str] = {}
    inverted = _inverted(context)
    for declared in context.letters.values():
        name = own_name(declared.symbol, context)
        if name in ROLES or name in made.language.letters or declared.body is not None or "" in declared.shape:
            continue
        square = declared.shape[0] == declared.shape[1] != "1"
        flags = ["symmetric"] * (square and is_symmetric(declared, context))
        number = declared.shape == ("1", "1") and declared.kind == "constant"  # by which a claim may divide
        flags += ["nonzero"] * (number or (square and (name == "R" or declared.symbol in inverted)))
        constant = ["constant"] * (declared.kind == "constant")
        found[name] = " ".join([*declared.shape, *constant, *flags])
    return found


def _inverted(context: Context) -> set[str]:
    """The letters of the notes that are inverted, or that an inverted one is made of, U of B = U U^T, and the weights of a control."""
    known = {declared.symbol: declared.body for declared in context.letters.values() if declared.body is not None}
    found: set[str] = set()
    waiting = [part.base for body in [*(law.right for law in context.laws), *known.values()] for part in walk(body)
               if isinstance(part, tree.Power) and part.exponent == tree.Negative(tree.Number(Fraction(1)))]
    costs = [*(law.right for law in context.laws if law.kind == "objective"), *(known.body for known in context.of("L") if known.body)]
    waiting += [part.factors[-2] for cost in costs for part in walk(cost) if isinstance(part, tree.Product) and weighs_control(part)]
    while waiting:
        names = {part.name for part in walk(waiting.pop()) if isinstance(part, Symbol)} - found
        found |= names
        waiting += [body for name in names if (body := known.get(name)) is not None]
    return found


def bodies_of(made: Setting, context: Context) -> dict[str, Expression]:
    """f, L and Psi as the notes write them."""
    reader = Reader(with_letters(made, own_letters(context, made)), context)
    found: dict[str, Expression] = {}
    if made.name.startswith("stages"):
        if cost_of_stages(context):
            return found
        raise Unclear("the objective", "a cost of the end state")
    law, cost = context.law("dynamics"), context.law("objective")
    if not reader.setting.language.points:  # algebra, without a problem, or at rest
        paid = cost.right if cost is not None and context.law("rest") is not None else Applied("Psi")
        return found if isinstance(paid, Applied) else {"Psi": _one(reader.form(paid), "here")}
    last, layers = reader.setting.language.points[-1], reader.setting.language.layers
    step = context.law("layers") if layers else law
    if step is not None and (not layers or not {"f"} & symbols(step.right)):
        with suppress(Unclear):  # what holds for any field holds for one that is not said here
            found["f"] = _one(replace(reader, stretch=stretch_of(step.right)).form(step.right), "here")
    if context.law("dynamics after") is not None and "f" in found and found["f"] is not symbol("f"):
        raise Unclear("two fields with formulas", "one formula for the field, or two letters")
    others = [term for term in (tree.terms(cost.right) if cost else ()) if not is_observed(term)] if observes(made.name) else []
    if observes(made.name) and (cost is None or set(form := reader.form(tree.Sum(tuple(others)))) - {"integrand"}):
        raise Unclear("the objective", "a sum of phi_j(x(s_j)), a cost of the end state, and an integral")
    found |= {"L": form["integrand"]} if others else {}
    seen = next((known.body for known in context.of("phi")), None) if observes(made.name) else None
    if seen is not None:
        with suppress(Unclear):  # what holds for any cost holds for one that is not said here
            found |= dict.fromkeys(("phi", "phi_r", *["Psi"] * bool(context.option("sampled to"))), _one(reader.form(seen), "here"))
    if cost is not None and not isinstance(cost.right, Symbol) and not observes(made.name):
        form = reader.form(cost.right)
        fixed = form.pop("", ZERO)
        if fixed is not ZERO and symbols_of(fixed) <= {"theta", *own_letters(context, made)}:  # |theta|^2, y' y
            form[last] = form.get(last, ZERO) + fixed
            fixed = ZERO
        if set(form) - {"integrand", "sum", last, *(("first",) if layers else ())} or fixed is not ZERO:
            raise Unclear("the objective", "a cost of the end state and an integral or a sum")
        found |= {name: form[slot] for name, slot in (("L", "integrand"), ("L", "sum"), ("Psi", last), ("Xi", "first")) if slot in form}
        if "Psi" in found and not layers:  # exp(-rho T) Phi is a function of t, taken at the end
            found["Psi"] = substitute([found["Psi"]], {last: symbol("t")})[0]
        if layers and "L" in symbols(cost.right):
            del found["L"]
    if context.law("algebraic") is not None and "alg" in reader.setting.language.functions:
        found["L"] = found.get("L", ZERO) + symbol("p_alg") * symbol("alg")
    if (inside := context.law("activation")) is not None and "f" in found:
        found[ARGUMENT] = _one(reader.form(inside.right), "here")
    return {name: root for name, root in found.items() if name in made.language.functions or name == ARGUMENT}


def cost_of_stages(context: Context) -> bool:
    """Is the cost that of a method: Psi(x_N), or of which nothing is said?"""
    cost = context.law("objective")
    return cost is None or isinstance(cost.right, Applied)


def _one(form: Form, place: str) -> Expression:
    if set(form) - {"", place}:
        raise Unclear("a field", "an expression at the running time")
    return form.get(place, ZERO) + form.get("", ZERO)


@cache
def _with(key: tuple[Any, ...], bodies: tuple[tuple[str, str], ...], own: tuple[tuple[str, str], ...],
          inner: tuple[tuple[str, tuple[str, ...]], ...], more: tuple[Operator, tuple[tuple[str, str], ...], tuple[str, ...]],
          valued: bool) -> Setting | None:
    """The setting where functions are formulas, perhaps of a function of the notes; None where the core does not prove the partials."""
    problem = with_equation(with_operator(setting(*key), more[0]), more[2])
    grown = with_activation(with_functions(with_letters(problem, {**dict(more[1]), **dict(own)}), dict(inner)))
    given = {*dict(own), *({"h"} if "h_given" in grown.facts else ())}
    steps = [*grown.document["steps"], *given_steps(dict(own))]
    steps += given_steps(dict(own), "last", "_last") if grown.language.layers else ()
    argument = dict(bodies).get(ARGUMENT, "")
    try:
        steps += argument_steps(grown, argument, [step["id"] for step in given_steps(dict(own))]) if argument else ()
        for function, text in bodies:
            steps += field_steps(grown, function, text, given, argument) if function != ARGUMENT else ()
        made = judged({**grown.document, "steps": steps}, grown.optional)
        return regulated(scored(constrained(made), dict(bodies)), dict(bodies), dict(own), valued)
    except AdjointCheckError:
        return None


def scored(made: Setting, bodies: Mapping[str, str]) -> Setting:
    """With the score as minus the costate, where the cost is the negative log-likelihood of a flow."""
    if bodies.get("L") != "-div" or "base_score" not in made.facts:
        return made
    grown = with_letters(made, {"defect": made.document["letters"]["score"]})
    steps = [*grown.document["steps"], *score_steps()]
    return judged({**grown.document, "steps": steps}, grown.optional)


def score_steps() -> Iterator[dict[str, Any]]:
    """defect = score + p moves by -defect f_x and ends at 0."""
    def step(id: str, rule: str, left: str, right: str, *premises: str, at: str = "always", **how: str) -> dict[str, Any]:
        return {"id": id, "rule": rule, "premises": list(premises), "claim": {"left": left, "right": right, "at": at}, "how": how}
    yield step("defect", "define", "defect", "score + p")
    yield step("defect_moves", "differentiate", "defect.dot", "score.dot + p.dot", "defect", by="dot")
    yield step("defect_law", "rewrite", "defect.dot", "-(defect*f_x)", "defect_moves", "defect", "score_law", "costate", "L_x_is")
    yield step("defect_end", "rewrite", "defect", "0", "defect", "base_score", "terminal", at="t1")
    yield step("no_defect", "unique", "defect", "0", "defect_law", "defect_end")
    yield step("score_is_costate", "rewrite", "score", "-p", "no_defect", "defect", no_defect="hole", defect="-hole")


def regulated(made: Setting, bodies: Mapping[str, str], own: Mapping[str, str], valued: bool) -> Setting:
    """With Riccati's matrix, where the problem is a linear-quadratic regulator, and perhaps with what its cost is worth."""
    names = names_of(made, bodies, own) if "stationary_control" in made.facts else None
    if names is None:
        steps = [*control_steps(made, own)] if stationary(made) else []
        return judged({**made.document, "steps": [*made.document["steps"], *steps]}, made.optional) if steps else made
    grown = with_letters(made, letters_of(made))
    steps = [*grown.document["steps"], *regulator_steps(names, grown.facts.keys())]
    steps += value_steps(names, grown.facts.keys()) if valued else ()
    return judged({**grown.document, "steps": steps}, grown.optional)


def _assume(id: str, left: str, right: str, at: str = "always") -> dict[str, Any]:
    return {"id": id, "rule": "assume", "premises": [], "claim": {"left": left, "right": right, "at": at}, "how": {}}


def field_steps(made: Setting, function: str, text: str, own: set[str], argument: str = "") -> Iterator[dict[str, Any]]:
    """function = text, its partials, and the check that these are its partials, along time and along every variation.

    Over layers what holds always says nothing of the last one, where the end cost is paid.
    """
    language = made.language
    root = language.read(text, function)
    at, ending = ("last", "_last") if language.layers and function == "Psi" else ("always", "")
    yield _assume(f"{function}_is", function, text, at)
    slopes = language.functions[function]
    inner = language.read(argument, ARGUMENT) if argument and VALUE in symbols_of(root) else None
    for letter, part in slopes.items():
        found = slope(made, letter, root, inner) if letter != "t" else _in_time(made, root, inner)
        yield _assume(f"{part}_is", part, to_text(found), at)
    through = symbols_of(root) | (symbols_of(inner) if inner is not None else set())
    given = [f"{name}_given{ending}" for name in sorted((through & own) - {*ACTIVE})]
    for by in ("delta",) if language.layers else ("delta", "dot"):
        moved = {side: language.move(expression, by) for side, expression in (("left", symbol(function)), ("right", root))}
        yield {"id": f"{function}_{by}", "rule": "differentiate", "premises": [f"{function}_is"], "how": {"by": by},
               "claim": {**{side: to_text(expression) for side, expression in moved.items()}, "at": at}}
        partials = [f"{part}_is" for part in slopes.values()]
        time = [id for id in ("time", "time_fixed", "t_given") if id in made.facts and "t" in (*slopes, *through)]
        moving = [f"{ARGUMENT}_{by}"] if inner is not None else []
        yield {"id": f"{function}_partials_{by}", "rule": "rewrite", "premises": [*partials, *given, *time, *moving], "how": {},
               "claim": {**{side: to_text(expression) for side, expression in moved.items()}, "at": at}}


def _in_time(made: Setting, root: Expression, inner: Expression | None = None) -> Expression:
    """The partial by t: t itself, the letters of the notes that change in time, and both in the argument of an activation."""
    if inner is not None:
        return _in_time(made, root) + Partial(made.language, ARGUMENT).of(root) * _in_time(made, inner)
    language, arguments = made.language, ("x", "w", "theta")
    others = (name for name in symbols_of(root) if name not in (*arguments, "t") and not BLOCK.fullmatch(name))
    moved = {name: language.letter_moved(name, "dot") for name in others}
    moved |= {name: symbol(slopes["t"]) if "t" in slopes else ZERO for name, slopes in language.functions.items()}
    return derive(root, {**moved, "t": ONE})
