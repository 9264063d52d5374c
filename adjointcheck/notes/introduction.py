"""Formula by formula through the notes: what each one introduces (letters, laws, meanings), and what it claims.

Only what a formula says by its form is taken: a letter that stands alone on the left is named there, the dynamics and the cost are
assumptions, and everything about letters that are already known is a claim.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce

from adjointcheck.notes.letters.at_event import at_event, in_order, misplaced
from adjointcheck.notes.letters.bars import bars_told
from adjointcheck.notes.letters.components import implied
from adjointcheck.notes.letters.context import LATER, ROLES, USUAL, Context, Declared, Law, key, own
from adjointcheck.notes.letters.cost_parts import assembled, piece, split
from adjointcheck.notes.letters.costs import timed
from adjointcheck.notes.letters.counting import between, confounded
from adjointcheck.notes.letters.curvature import directed, tangent, weighted
from adjointcheck.notes.letters.dummies import capitals
from adjointcheck.notes.letters.families import named_neighbour, neighbouring
from adjointcheck.notes.letters.forms import about_end_time, form_of, is_solved_state
from adjointcheck.notes.letters.formulas import each_layer, exampled, finer_step, formula, in_general, layer_formula, untupled, update
from adjointcheck.notes.letters.held_states import held_from
from adjointcheck.notes.letters.house_marks import without_marks
from adjointcheck.notes.letters.meaning import AXES, Symbol, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.mirrored import mirrored
from adjointcheck.notes.letters.moments import above
from adjointcheck.notes.letters.neighbours import first_order, of_paths, paired
from adjointcheck.notes.letters.nets import spelt as weighed
from adjointcheck.notes.letters.numbered import family, numbered, spread
from adjointcheck.notes.letters.one_number import widened
from adjointcheck.notes.letters.own_letters import driven, indexed, is_layered, is_pairwise, is_placed, layered_data, shape_of, slope_shape
from adjointcheck.notes.letters.placing import at_values, begun, is_running, placed
from adjointcheck.notes.letters.posing import at_place, condition, least, mapped, posed, ranged, sought
from adjointcheck.notes.letters.potentials import as_field
from adjointcheck.notes.letters.primes import unprimed
from adjointcheck.notes.letters.projections import cut, projection
from adjointcheck.notes.letters.propagators import from_start, propagated, propagator
from adjointcheck.notes.letters.quadratures import ended, rate, rates_beside, set_before
from adjointcheck.notes.letters.quadratures import worth as gained
from adjointcheck.notes.letters.quantities import OPTIMAL, instead, lengths
from adjointcheck.notes.letters.reciprocals import in_quotients
from adjointcheck.notes.letters.remainders import carried_back, nothing_beyond, paid_at_end
from adjointcheck.notes.letters.scales import is_score
from adjointcheck.notes.letters.shorthand import NOTATIONS, bounds, conserved, counts, gathered, reaching, squares, title
from adjointcheck.notes.letters.slopes import called, parametric
from adjointcheck.notes.letters.speeds import speed_at
from adjointcheck.notes.letters.spelt_activations import activation
from adjointcheck.notes.letters.stars import apart, resting
from adjointcheck.notes.letters.starting import at_once, beginning, parametrised, through_encoder
from adjointcheck.notes.letters.tangent import chained, linearised, sensitivity, started
from adjointcheck.notes.letters.time_to_go import reversed_time
from adjointcheck.notes.letters.transport import with_flux
from adjointcheck.notes.letters.usage import (
    HAMILTONIANS,
    USUAL_CONTROLS,
    USUAL_COSTATES,
    USUAL_PARAMETERS,
    USUAL_STATES,
    constants,
    differentiates,
    ends,
    head,
    introduced_function,
    moving,
    noise,
    pair_of,
    propose,
    role_in,
    slot_of,
    successor,
)
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.objective import objective, without_index
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.instants import moment
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.adjoined_motion import adjoined_motion
from adjointcheck.notes.systems.algebraic import algebraic_law, along_solution
from adjointcheck.notes.systems.ansatz import affine_ansatz, foreseen, layered_ansatz, riccati_ansatz, worth
from adjointcheck.notes.systems.arrivals import asked, end_named, follows
from adjointcheck.notes.systems.at_samples import at_samples, is_beyond
from adjointcheck.notes.systems.blocks import is_value, numbers, stacked, turned
from adjointcheck.notes.systems.carried_density import weight
from adjointcheck.notes.systems.classifiers import whole_scores
from adjointcheck.notes.systems.clipping import fenced
from adjointcheck.notes.systems.concrete import written_out
from adjointcheck.notes.systems.covariances import carried
from adjointcheck.notes.systems.current_values import current_hamiltonian, priced, repriced
from adjointcheck.notes.systems.densities import bound, datum, estimated_traces, supposed, transported
from adjointcheck.notes.systems.descent import decreasing
from adjointcheck.notes.systems.discounted import current_multiplier
from adjointcheck.notes.systems.eigenvalues import eigenvalues
from adjointcheck.notes.systems.endless import lengthened, regulating, settled
from adjointcheck.notes.systems.ensembles import EACH, averaged, single
from adjointcheck.notes.systems.entries import entry_motion
from adjointcheck.notes.systems.equilibria import equilibrium
from adjointcheck.notes.systems.estimates import estimated, in_estimate
from adjointcheck.notes.systems.flows import phased, spoken_of
from adjointcheck.notes.systems.impacts import by_cases, cased, jump
from adjointcheck.notes.systems.implicit import explicit, implicit_layers, solved_for, through_matrix
from adjointcheck.notes.systems.implicit_states import adjoint_told, at_rest, is_partial_of_adjoint, lagrangian_told, reduced_cost
from adjointcheck.notes.systems.implicit_states import without_time as at_equilibrium
from adjointcheck.notes.systems.in_numbers import data
from adjointcheck.notes.systems.integration_constants import integrated
from adjointcheck.notes.systems.iterates import at_iterate, iteration, lifted, sized
from adjointcheck.notes.systems.layering import (
    ANY_STEP,
    INNER,
    arrived,
    at_output,
    counted_back,
    finer,
    for_another_field,
    grid,
    in_full,
    in_rows,
    of_any_form,
    shared,
    stepwise,
    tied,
    unfolded,
)
from adjointcheck.notes.systems.linear_rest import LINEAR, as_residual
from adjointcheck.notes.systems.manifold import end_condition, end_cost, with_end_multiplier
from adjointcheck.notes.systems.mass import mass_dynamics, through_mass
from adjointcheck.notes.systems.measured import increment, operators, rooted, scaled, specialised, vectors
from adjointcheck.notes.systems.modes import guard, kept, reset, switched
from adjointcheck.notes.systems.motion import augmented_dynamics, dynamics, limit_dynamics, primed_dynamics
from adjointcheck.notes.systems.multiplier import augmented, costate_meaning, governed, hamiltonian
from adjointcheck.notes.systems.named_functions import specified
from adjointcheck.notes.systems.named_methods import coefficients, exemplified, given
from adjointcheck.notes.systems.normality import normal, normalisation
from adjointcheck.notes.systems.observed import observed_cost
from adjointcheck.notes.systems.output_layers import output_told
from adjointcheck.notes.systems.outputs import is_readout, linear_output, observed, output, told_at_readouts, with_signal
from adjointcheck.notes.systems.own_clock import ends_free, horizon_told
from adjointcheck.notes.systems.partitioned import motion
from adjointcheck.notes.systems.preactivations import through, whole_of
from adjointcheck.notes.systems.production import alike, taken_out
from adjointcheck.notes.systems.readouts import readout
from adjointcheck.notes.systems.reparametrised import reparametrised
from adjointcheck.notes.systems.residuals import observed as of_observations
from adjointcheck.notes.systems.residuals import residual
from adjointcheck.notes.systems.sampling import joined, sampled
from adjointcheck.notes.systems.several_costs import about, best
from adjointcheck.notes.systems.several_costs import named as spoken_costs
from adjointcheck.notes.systems.solvers import lost
from adjointcheck.notes.systems.spaces import membership
from adjointcheck.notes.systems.special_cases import without_time
from adjointcheck.notes.systems.stages import on_clock, one_stage, stage_definition, stage_gradient, stage_law, stage_letters, stage_update
from adjointcheck.notes.systems.step_jacobians import slope_of_map, step_jacobians
from adjointcheck.notes.systems.step_values import curved, in_values, step_value
from adjointcheck.notes.systems.superscripts import below as lowered
from adjointcheck.notes.systems.switching import bounded, is_bound, shortest
from adjointcheck.notes.systems.two_line_stages import stage_line
from adjointcheck.notes.systems.value_function import in_value, priced_value, value
from adjointcheck.notes.systems.values import assigned, counts_steps
from adjointcheck.notes.systems.variations import held, momentum, sliding, steered


@dataclass(frozen=True)
class Resolved:
    """One formula, understood: `chain` in the convention's letters.

    `status` is definition, assumption, or claim; `form` says which kind of claim; `introduced` are the letters named here;
    `problems` are the reasons why nothing can be said of it.
    """

    chain: tree.Chain
    status: str
    form: str = ""
    introduced: tuple[str, ...] = ()
    reading: str = ""
    problems: tuple[str, ...] = ()


def understand(formula: Node, context: Context) -> tuple[Resolved, Context]:
    """What a formula says in `context`, and the context after it; it may define a letter of which a header says no more than a shape."""
    pair = pair_of(formula) if isinstance(formula, tree.Chain) else None
    letter = head(pair[0]) if pair is not None else None
    known = context.letters.get(key(letter)) if letter is not None else None
    fixed = known is not None and (known.symbol in ROLES or known.shape == ("1", "1")) and known.symbol != "x1"
    if known is None or fixed or known.source != "declared":
        return _understood(formula, context)
    bare = {name: other for name, other in context.letters.items() if other is not known}
    resolved, after = _understood(formula, replace(context, letters=bare))
    return (resolved, after) if known.letter in resolved.introduced else _understood(formula, context)


def _understood(formula: Node, context: Context) -> tuple[Resolved, Context]:
    formula = in_quotients(formula)
    formula = in_estimate(formula, context)
    formula = as_residual(formula, context.option(LINEAR)) if isinstance(formula, tree.Chain) else formula
    rest = (equilibrium(formula, context) or estimated(formula, context)) if isinstance(formula, tree.Chain) else None
    if rest is not None:
        return Resolved(rest[1], rest[0], "rest", rest[2], show(rest[1])), rest[3]
    if isinstance(formula, tree.Chain) and (claim := eigenvalues(formula, context)) is not None:
        return Resolved(claim, "claim", "rest", (), show(claim)), context
    context = averaged(formula, context)
    chain, kind, doubts = single(formula if isinstance(formula, tree.Chain) else tree.Chain((formula,), ()), context)
    context = with_flux(chain, replace(context, options={**context.options, "about": kind}) if kind else context)
    chain = begun(chain, context)
    chain = replace(chain, sides=tuple(called(of_observations(side, context), context) for side in chain.sides))
    chain = estimated_traces(cut(replace(chain, sides=tuple(best(side, context) for side in chain.sides)), context), context)
    chain, context = lost(*in_value(*in_values(normal(as_field(chain, context), context), context)))
    chain = above(without_marks(lowered(lifted(chain, context), context), context), context)
    chain, context = rooted(*observed(assembled(chain, context), context))
    stepped = iteration(chain, context)
    context = stepped[2] if stepped else sized(chain, context)
    chain = from_start(chain, context)
    chain = replace(chain, sides=tuple(propagated(at_iterate(side, context), context) for side in chain.sides))
    if stepped is not None:
        return replace(_resolved(chain, context), status=stepped[0], introduced=stepped[1], problems=()), context
    context = reversed_time(chain, context)
    context = neighbouring(chain, sampled(chain, operators(chain, about(chain, phased(chain, arrived(chain, context))))))
    chain = each_layer(replace(chain, sides=tuple(untupled(side, context) for side in chain.sides)), context)
    chain = through_mass(turned(gathered(unprimed(weighed(mapped(posed(chain)), context), context), context), context), context)
    context = driven(chain, layered_data(chain, one_stage(chain, context)))
    chain = explicit(through_matrix(chain, context), context)
    chain = replace(chain, sides=tuple(squares(reaching(spread(side, context))) for side in chain.sides))
    chain, context = slope_of_map(chain, context)
    chain, context = directed(chain, stacked(chain, exampled(chain, widened(chain, step_jacobians(chain, in_general(chain, context))))))
    context = integrated(chain, foreseen(chain, capitals(chain, context)))
    chain, context = replace(chain, sides=tuple(whole_scores(side, context) for side in chain.sides)), rates_beside(chain, context)
    chain, context = entry_motion(chain, context), exemplified(chain, context)
    for introduce in INTRODUCTIONS if not doubts else ():
        found = introduce(chain, context)
        if found is not None:
            status, names, after = found
            after = reduce(_besides, chain.conditions, after) if status == "assumption" else after
            beside = [item for item in chain.conditions if status != "assumption" or not is_bound(item, after)]
            stated = replace(unprimed(chain, after), conditions=tuple(beside))
            stated = replace(stated, sides=tuple(whole_scores(side, after) for side in stated.sides))
            resolved = replace(_resolved(stated, after), status=status, form="", introduced=names)
            told = introduce in UNJUDGED or (introduce is layers and ANY_STEP in after.letters)
            return replace(resolved, problems=()) if told else resolved, regulating(_explained(after, chain))
    chain, context = least(chain, fenced(chain, given(context)))
    context = carried_back(chain, with_end_multiplier(chain, stage_letters(chain, context)))
    after = _explained(chained(chain, propose(chain, governed(chain, vectors(chain, parametric(chain, context))))), chain)
    after = timed(_resolved(chain, after).chain, after)
    resolved = _resolved(chain, after)
    several = ("it speaks of two costs",) if len(spoken_costs(chain, after)) > 1 else ()
    several += ("it asks of each sample what the optimum has in the mean",) if kind == EACH and resolved.form == "optimality" else ()
    return replace(resolved, problems=(*resolved.problems, *doubts, *several)), _hypothesised(chain, resolved.chain, after)


def _besides(context: Context, condition: Node) -> Context:
    """With the cost of `min J(x(T)) subject to xdot = f(x)`, and the bounds of `max J, 0 <= u <= 1`."""
    found = objective(tree.Chain((condition,), ()), context) if isinstance(condition, tree.Extremum) else None
    found = bounded(condition, context) if isinstance(condition, tree.Chain) else found
    return found[2] if found is not None else context


def _resolved(chain: tree.Chain, context: Context) -> Resolved:
    made, far = resolve(chain, context), between(chain, context)
    made = far or on_clock(resolve(chain, spoken_of((made,), context)), context)
    assert isinstance(made, tree.Chain)
    made = at_equilibrium(replace(made, sides=tuple(at_values(side, context) for side in made.sides)), context)
    made = of_paths(paired(first_order(along_solution(made, context)), context.over()), context)
    made = at_event(placed(conserved(made, context), context), context)
    made = joined(at_samples(stepwise(by_cases(in_full(made, context), context), context), context), context)
    sides = (held_from(weighted(numbers(priced_value(side, context)), context), context) for side in implied(made.sides))
    made = at_output(shared(replace(made, sides=tuple(curved(lengths(side)) for side in sides)), context))
    made = through_encoder(settled(paid_at_end(made, context), context), context)
    stated = made.sides[:1] if made.relations[:1] == ("in",) else made.sides  # the space of z in R^n is no letter
    letters = [letter for side in stated for letter in unknown(side)]
    problems = tuple(f"not clear: {letter}" if letter.count(" ") > 1 else
                     f"the letter {letter} is not declared; add a header line such as `{letter}: costate` or `{letter} in R^n`"
                     for letter in dict.fromkeys(letters))
    problems += tuple(f"what is said under the condition {show(item)} is not judged" for item in made.conditions
                      if not _harmless(item) and without_time(item, context) is None)
    problems += (words,) if far is None and (words := confounded(chain, context)) else ()
    problems += ("a letter that solves an equation is held in a partial derivative",) * is_partial_of_adjoint(made, context)
    problems += ("it names the field of one side of the event on the other",) if misplaced(made) else ()
    called = {part.name for part in walk(made) if isinstance(part, Symbol) and part.at is not None} & {"t0", "t1"}  # T(t), a thrust
    problems += ("a letter that was taken for a time depends on something",) * bool(called)
    return Resolved(made, "claim", form_of(priced(made, context)), (), show(made), problems)


def _harmless(condition: Node) -> bool:
    """Words, ranges of times and layers, and places: what restricts no formula here."""
    if isinstance(condition, tree.Chain) and condition.relations:
        listed = isinstance(condition.sides[-1], tree.Vector) and "dots" in unknown(condition.sides[-1])  # i = 1, ..., s
        running = (any(map(is_running, condition.sides)) and not is_beyond(condition)) or in_order(condition)
        return listed or counts(condition) or bounds(condition) or running or set(condition.relations) <= {"in", "subset", "to"}
    return not isinstance(condition, tree.Chain) or len(condition.sides) == 1


# What a formula may introduce: (status, letters, context), or None

Introduced = tuple[str, tuple[str, ...], Context] | None


def integrated_dynamics(chain: tree.Chain, context: Context) -> Introduced:
    """x(t) = x_0 + int_0^t f(x(s), u(s)) ds: dynamics and start in one."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    terms = tree.terms(pair[1]) if pair else ()
    sums = [term for term in terms if isinstance(term, tree.Integral) and term.upper == tree.Letter("t") and term.lower is not None]
    if letter is None or letter.accents or len(sums) != 1 or len(terms) != 2 or not isinstance(sums[0].by, tree.Letter):
        return None
    (value,) = (term for term in terms if term is not sums[0])
    found = dynamics(tree.Chain((replace(letter, accents=("dot",)), instead(sums[0].body, sums[0].by, tree.Letter("t"))), ("=",)), context)
    if found is None or sums[0].lower is None:
        return None
    begun = start(tree.Chain((tree.Call(letter, (sums[0].lower,)), value), ("=",)), ends(found[2], "t0", sums[0].lower))
    return "assumption", found[1], begun[2] if begun else found[2]


def layers(chain: tree.Chain, context: Context) -> Introduced:
    """x_{l+1} = x_l + h f(x_l, w_l), or x_{l+1} = F(x_l, w_l)."""
    pair = pair_of(chain)
    letter = pair[0] if pair else None
    if pair is None or not isinstance(letter, tree.Letter) or letter.accents or (context.law("layers") and not finer(pair[1], context)):
        return None
    whole = unfolded(pair[1], context)
    index = successor(letter) or counted_back(letter, whole)
    plain = without_index(pair[1], index) if index is not None else pair[1]  # f_t at the layer t is no slope
    bare = replace(letter, below=())
    component = getattr(context.letters.get(key(bare)), "part", 0)  # v_{k+1} beside xdot = v is no state of layers
    if index is None or component or role_in(bare, context) not in ("", "x") or differentiates(plain):
        return None
    before = (index,) if successor(letter) else (tree.Sum((index, tree.Negative(tree.Number(Fraction(1))))),)
    if not any(isinstance(p, tree.Letter) and p.name == letter.name and p.below == before for p in walk(whole)):
        return None
    if in_rows(replace(letter, below=before), whole):
        return None
    context = for_another_field(pair[1], context)
    context = context.declare(Declared(index.name, "l", kind="index", source="proposed"))
    context = context.declare(Declared(letter.name, "x", ("n", "1"), "path", source="proposed"))
    context = replace(context, options={**context.options, "over": "layers"})
    context = _weights(pair[1], index, context)
    names: tuple[str, ...] = (letter.name,)
    for part in walk(pair[1]):
        if isinstance(part, tree.Call) and not _is_path(part, context):
            context = _time_step(pair[1], part, context)
        activates = isinstance(part, tree.Call) and len(part.arguments) == 1 and isinstance(part.arguments[0], tree.Sum | tree.Product)
        if isinstance(part, tree.Call) and not _is_path(part, context) and _takes_arguments(head(part), context) and not activates:
            context, more = introduced_function(part, "f", context, True)
            names += more
    bare = without_index(pair[1], index)
    produced = taken_out(replace(letter, below=()), bare, context) if bare != pair[1] else context
    context = constants(pair[1], alike(bare, produced))
    context, right = of_any_form(pair[1], resolve(pair[1], context), context)
    law = Law("layers", resolve(pair[0], context), right)
    return "assumption", names, replace(context, laws=(*context.laws, law))


def _weights(right: Node, index: tree.Letter, context: Context) -> Context:
    """Parameters that a law writes with the layer's index, w_l, are an input of each layer."""
    for part in walk(right):
        if isinstance(part, tree.Letter) and part.below == (index,) and not context.of("w"):
            known = context.letters.get(part.name)
            if known is not None and known.symbol == "theta":
                weights = replace(known, symbol="w", kind="path", source="proposed")  # of a layer; a flow may have parameters again
                context = replace(context, letters={**context.letters, part.name: weights})
    return context


def _takes_arguments(function: tree.Letter | None, context: Context) -> bool:
    """Is it the field, of which nobody has said yet what its arguments are?"""
    known = context.letters.get(function.name) if function is not None else None
    return function is not None and (known.symbol == "f" and known.arguments is None if known else not context.of("f"))


def _is_path(node: tree.Call, context: Context) -> bool:
    return role_in(head(node), context) in ("x", "w", "p")


def _time_step(right: Node, call: Node, context: Context) -> Context:
    """h of x + h f."""
    for part in walk(right):
        if isinstance(part, tree.Product) and call in part.factors:
            for factor in (factor.above if isinstance(factor, tree.Quotient) else factor for factor in part.factors):
                if isinstance(factor, tree.Letter) and key(factor) not in context.letters and key(factor) not in USUAL:
                    context = context.declare(Declared(key(factor), "h", source="proposed"))
                elif isinstance(factor, tree.Letter) and factor.accents == ("Delta",):
                    context = context.declare(Declared("Delta t", "h", source="proposed"))
    return context


def start(chain: tree.Chain, context: Context) -> Introduced:
    """z(t_0) = z_0, x(0) = x_0, x_0 given."""
    pair = pair_of(chain)
    if pair is None or not context.of("x"):
        return None
    left = speed_at(resolve(pair[0], context), context)
    left = Symbol("x", at=Symbol("t0")) if left == Symbol("x0") and isinstance(pair[1], tree.Sum | tree.Call) else left
    if not (isinstance(left, Symbol) and left.name == "x" and isinstance(left.at, Symbol | tree.Number)):
        return None
    if isinstance(left.at, tree.Number) and any(moment(known.letter) not in (None, left.at.value) for known in context.of("t0")):
        return None  # x(1) of a solution from 0 on
    if isinstance(left.at, Symbol) and left.at.name == "t1" and context.of("rho") and isinstance(pair[1], tree.Letter):
        return "assumption", (), datum(pair[1], context)
    value = getattr(resolve(pair[1], context), "name", "")
    if any(known.kind == "defined" and known.symbol == value and known.body == left for known in context.letters.values()):
        return None  # x(t_f) = x_f of x_f = x(t_f)
    if isinstance(left.at, Symbol) and left.at.name == "t1" and not follows(pair, context):
        context = _state_named(pair[1], "x1", context)
        return "assumption", (), replace(context.assume("fixed end"), laws=(*context.laws, Law("end", left, resolve(pair[1], context))))
    if (isinstance(left.at, Symbol) and left.at.name != "t0") or "p" in symbols(resolve(pair[1], context)):  # x_0 = x_b - B p(0) is claimed
        return None
    shape = context.of("x")[0].shape
    context = constants(pair[1], noise(pair[1], context, shape), shape) if isinstance(pair[1], tree.Sum) else context
    if isinstance(pair[0], tree.Call) and isinstance(pair[0].arguments[0], tree.Number) and not context.of("t0"):
        context = ends(context, "t0", pair[0].arguments[0])
    context, letter = parametrised(pair[1], context) or context, head(pair[1])
    context = beginning(pair[1], context)
    context = _state_named(pair[1], "x0", context)
    together = tuple(Law("start", state, value) for state, value in at_once(resolve(chain, context)))
    laws = together or (Law("start", left, resolve(pair[1], context)),)
    return "assumption", (key(letter),) if letter else (), replace(context, laws=(*context.laws, *laws))


def _state_named(value: Node, symbol: str, context: Context) -> Context:
    """With a new letter alone, A of y(a) = A, B of y(b) = B and x^in of x(0) = x^in, as what the state is there."""
    name = "^".join([key(value), *(getattr(mark, "name", "?") for mark in value.above)]) if isinstance(value, tree.Letter) else ""
    if not isinstance(value, tree.Letter) or name in context.letters or _is_input(value, context):
        return context
    return context.declare(Declared(name, symbol, ROLES[symbol].shape, source="proposed"))


def _is_input(letter: tree.Letter, context: Context) -> bool:
    """Is it w_0, the weights of a layer, or a part of theta?"""
    unseen = context.over() == "layers" and letter.name not in context.letters and letter.name in (*USUAL_CONTROLS, *USUAL_PARAMETERS)
    return bool(letter.below) and (unseen or role_in(replace(letter, below=()), context) in ("w", "theta", "p"))


def naming(chain: tree.Chain, context: Context) -> Introduced:
    """A new letter alone on the left, everything on the right known: a definition."""
    pair = pair_of(chain)
    if pair is None:
        return None
    letter = head(pair[0])
    name = apart(letter, context) or title(letter) if letter is not None else ""
    if (known := context.letters.get(name)) is not None and (known.kind, known.told) == ("defined", LATER):
        context = replace(context, letters={other: kept for other, kept in context.letters.items() if other != name})
    if letter is None or moving(pair[0]) is not None or name in context.letters or isinstance(pair[0], tree.Negative):
        return None
    if letter.name in HAMILTONIANS and {getattr(mark, "name", "") for mark in letter.below} & {*USUAL_CONTROLS}:
        return None  # H_u, a slope, before it is said what u is
    if not any(part for part in unknown(resolve(letter, context))) or len(spoken_costs(chain, context)) > 1:
        return None
    after = propose(tree.Chain((pair[1],), ()), context)
    if name in after.letters or is_pairwise(letter, context):
        return None
    usual = {key(letter), letter.name} & {*USUAL_COSTATES, *USUAL_STATES}
    inner = f"{INNER}{letter.name}" in context.pieces or whole_of(resolve(pair[1], after), after) is not None
    open_ = usual and not inner and context.law("rest") is None and not context.of("p") and context.of("x") and chain.relations[0] == "="
    if open_ and not (is_readout(chain, context) or counts_steps(letter, context) or is_score(resolve(pair[1], after))):
        return None
    if is_placed(letter, context):
        layered = indexed(letter, pair[1], after, after.of("x")[0].shape if inner else ("?rows", "?cols"))
        return ("definition", (letter.name,), through(letter, told_at_readouts(letter.name, layered))) if layered is not None else None
    before, after = after, with_signal(pair[1], after)
    told = resolve(pair[1], after)
    body = gained(told, after)
    body = at_event(tree.Chain((body,), ()), after).sides[0] if {"g", "r"} & symbols(body) else body
    if unknown(body) or (not symbols(body) and body == told):
        return None
    if isinstance(pair[0], tree.Call) and is_value(pair[0], after):  # s(t_1) = ... does not say what s(t) is
        return "definition", (name,), after.declare(Declared(name, own(name), ("", ""), "path", source="proposed"))
    given = tuple(resolve(argument, after) for argument in pair[0].arguments) if isinstance(pair[0], tree.Call) else ()
    given = () if given in ((), (Symbol("t"),)) or any(map(unknown, given)) else given
    kind = "path" if context.over() == "layers" and not given and is_layered(body) else "defined"
    sloped = isinstance(body, tree.Derivative) and (kind == "path" or context.over() == "time")
    shape = slope_shape(body, after) if sloped and isinstance(body, tree.Derivative) else ("", "")
    shape = shape_of(pair[1], after) if after is not before else shape  # an error is as long as its signal
    declared = Declared(name, own(name.replace("^*", "_star")), shape, kind, body=body, source="proposed", given=given)
    declared = Declared(name, "J", kind="functional", source="proposed") if body == Symbol("J") else declared  # the reduced cost
    return "definition", (name,), after.declare(declared)


INTRODUCTIONS = (output_told, at_rest, adjoint_told, lagrangian_told, end_named, reduced_cost, residual, transported, bars_told, step_value,
                 worth, weight, value, normalisation, bounded, membership, mirrored, coefficients, assigned, data, propagator, tangent,
                 activation, stage_line, stage_law, stage_update, stage_gradient, stage_definition, named_neighbour, numbered, family, tied,
                 layered_ansatz, *NOTATIONS, grid, layers, layer_formula, motion, written_out, cased, jump, dynamics, augmented_dynamics,
                 primed_dynamics, limit_dynamics, mass_dynamics, integrated_dynamics, linearised, sensitivity, started, resting,
                 reparametrised, switched, guard, kept, reset, observed_cost, increment, scaled, specialised, supposed, carried, output,
                 linear_output, asked, horizon_told, start, held, sliding, steered, momentum, end_condition, end_cost, implicit_layers,
                 solved_for, affine_ansatz, riccati_ansatz, finer_step, formula, update, split, piece, readout, bound, objective,
                 current_multiplier, augmented, adjoined_motion, shortest, repriced, current_hamiltonian, hamiltonian, costate_meaning,
                 nothing_beyond, condition, at_place, rate, ended, set_before, sought, ranged, algebraic_law, lengthened, projection,
                 decreasing, specified, naming)
UNJUDGED = (*NOTATIONS, output_told, at_place, adjoint_told, lagrangian_told, reduced_cost,
            bars_told, activation, bound, step_value, worth, value, membership, asked, output, family, update, readout,
            finer_step, mirrored, propagator, transported, carried, residual, sought, ranged, lengthened, projection, set_before,
            decreasing, specified)


# Letters that a claim uses without a word


def _explained(context: Context, chain: tree.Chain) -> Context:
    """Arguments of functions, learnt where they are first written."""
    for call in walk(chain):
        function = head(call) if isinstance(call, tree.Call) else None
        known = context.letters.get(key(function)) if function is not None else None
        if not isinstance(call, tree.Call) or known is None or known.kind != "function":
            continue
        if known.arguments is None and known.symbol in AXES:
            if known.symbol == "H" or (len(call.arguments) == 1 and known.symbol not in ("Psi",)):
                continue
            slots = [slot_of(argument, known.symbol, context, True, [])[1] for argument in call.arguments]
            if "" not in slots and len(set(slots)) == len(slots):
                context = replace(context, letters={**context.letters, known.letter: replace(known, arguments=tuple(slots))})
    return context


def _hypothesised(chain: tree.Chain, placed: tree.Chain, context: Context) -> Context:
    """A stationarity condition, once stated, or a star that means optimal, is a hypothesis from there on; at rest nothing is chosen."""
    if context.law("rest") is not None:
        return context
    letters = (part for part in walk(chain) if isinstance(part, tree.Letter) and f"{part.name}^*" not in context.letters)  # no target
    marks = {getattr(mark, "name", "") for part in letters for mark in part.above}
    if OPTIMAL in marks or ("*" in marks and context.option("star") != "adjoint"):
        return context.assume("optimal")
    sides = resolve(chain, context).sides  # type: ignore[attr-defined]
    pairs = (*zip(sides, sides[1:], strict=False), *zip(placed.sides, placed.sides[1:], strict=False))  # ... = 0 at t = T
    if ends_free(context) and any(about_end_time(left, right) for left, right in pairs):
        context = context.assume("free end time")
    optimal = form_of(priced(resolve(chain, context), context)) == "optimality" and not (sides[1:] and is_solved_state(*sides[:2]))
    return context.assume("optimal") if optimal else context
