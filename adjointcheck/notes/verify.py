"""Notes in, findings out: every formula is read, understood in the letters so far, proved or refuted; one finding for each `=`.

    PROVED    the trusted core proves it, and no world contradicts
    REFUTED   a concrete world contradicts, or shapes cannot fit, and it is not proved
    UNKNOWN   neither, with the reason

A proof beside a counterexample is a defect of ours: the formula stays open with DISAGREEMENT in its words, and the exit code is 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from adjointcheck.notes.explanations import explained
from adjointcheck.notes.finding import Finding, Findings, of_header
from adjointcheck.notes.foreword import begun, is_supposed, opened
from adjointcheck.notes.introduction import Resolved, understand
from adjointcheck.notes.last_paid import paying_less, posing_less
from adjointcheck.notes.letters.chain_rules import at_its_end, of_moved_rows
from adjointcheck.notes.letters.context import LATER, Context
from adjointcheck.notes.letters.curvature import is_tangent_law
from adjointcheck.notes.letters.derivatives import in_cells
from adjointcheck.notes.letters.forms import about_end_time, conserves_energy, is_at_end, is_canonical, is_general, whole_at_bar
from adjointcheck.notes.letters.formulas import put_in, spelt_out
from adjointcheck.notes.letters.header import HYPOTHESES
from adjointcheck.notes.letters.meaning import Symbol, Unknown, resolve, symbols
from adjointcheck.notes.letters.numbered import told
from adjointcheck.notes.letters.own_inputs import in_its_role, is_varied, through_start, with_probes
from adjointcheck.notes.letters.placing import paid_there
from adjointcheck.notes.letters.posing import TOLD, at_own_time
from adjointcheck.notes.letters.quadratures import carried, carries
from adjointcheck.notes.letters.quantities import here
from adjointcheck.notes.letters.second_costate import about_end, through_end
from adjointcheck.notes.letters.spelt_activations import of_number
from adjointcheck.notes.letters.starting import START, moving
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.phrases import BEST, CASE, OPTIMUM, RULE, STATIONARY, said_of_any
from adjointcheck.notes.proofs.closed_forms import gives_solution, proved_solution
from adjointcheck.notes.proofs.componentwise import is_ordered
from adjointcheck.notes.proofs.prove import Slots
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems import implicit
from adjointcheck.notes.systems.ansatz import departs
from adjointcheck.notes.systems.arrivals import is_held
from adjointcheck.notes.systems.chapters import is_over, prices_anew, speaks_of
from adjointcheck.notes.systems.chosen_controls import TASK, choosing, in_task
from adjointcheck.notes.systems.clipping import CLIPPED, INSIDE, clipped, is_pointwise, is_slope_alone, unbounded
from adjointcheck.notes.systems.current_values import priced
from adjointcheck.notes.systems.declared_problem import beside_header, under_header
from adjointcheck.notes.systems.descent import AGAINST, CLIMBS, NO_SLOPE, says_descent, scales, slopes
from adjointcheck.notes.systems.encoders import with_own_cost
from adjointcheck.notes.systems.endless import in_steady_state, standing, told_endless, with_end
from adjointcheck.notes.systems.ensembles import of_each
from adjointcheck.notes.systems.equilibria import without_point
from adjointcheck.notes.systems.estimates import leaves as leaves_estimate
from adjointcheck.notes.systems.few_layers import in_few, is_few
from adjointcheck.notes.systems.flows import spoken_of, unforced
from adjointcheck.notes.systems.half_read import half_read, of_sides, stands_beside
from adjointcheck.notes.systems.impacts import settled
from adjointcheck.notes.systems.implicit_states import goes_back, goes_on
from adjointcheck.notes.systems.integration_constants import from_constants
from adjointcheck.notes.systems.iterates import untaken
from adjointcheck.notes.systems.manifold import shown, speaks_of_multiplier, with_other_multiplier
from adjointcheck.notes.systems.meanings import meant, spoken_cost
from adjointcheck.notes.systems.modes import eventful
from adjointcheck.notes.systems.multiplier import OPEN_SIGN, UNTOLD, half_told, has_open_sign, is_meaning, negated, signed, with_other_sign
from adjointcheck.notes.systems.named_methods import in_method, is_coefficient
from adjointcheck.notes.systems.named_slopes import named_slopes
from adjointcheck.notes.systems.outputs import of_readouts
from adjointcheck.notes.systems.principle import PONTRYAGIN, principle
from adjointcheck.notes.systems.reparametrised import in_new_parameters
from adjointcheck.notes.systems.reservations import INPUTS, Reservation, assigns_control, is_unpaid, is_untold, is_weightless, reserved
from adjointcheck.notes.systems.several_costs import ALONE, asked_anew, of_penalty
from adjointcheck.notes.systems.special_cases import said_without_reset, said_without_time, with_one_state, without_time
from adjointcheck.notes.systems.squashing import composed
from adjointcheck.notes.systems.stages import confirmed
from adjointcheck.notes.systems.step_values import (
    GAIN,
    GAIN_OPEN,
    LEFT_OUT,
    UNSAID,
    free_letters,
    in_one_layer,
    modelled,
    policy,
    says_less,
    speaks_of_step,
    speaks_of_whole,
    unplaced,
    with_models,
)
from adjointcheck.notes.systems.switching import BANG_BANG, hamiltonian_again, is_bound, switched
from adjointcheck.notes.systems.unanswered import unanswered
from adjointcheck.notes.systems.values import is_in_digits
from adjointcheck.notes.systems.variations import CURVE, HELD_END, freed, frees, in_its_problem, is_held_end, is_of_any, supposed
from adjointcheck.notes.systems.variations import objection as unnatural
from adjointcheck.notes.systems.wholes import moved_inputs
from adjointcheck.notes.verdicts.chosen import as_chosen, is_feedback
from adjointcheck.notes.verdicts.combination import SAME, believed, combined, follows_from_sign, internal, is_against, is_named, question
from adjointcheck.notes.verdicts.comparison import OPTIMAL_END, ROUNDED, Agreement, Contradiction, Undecided
from adjointcheck.notes.verdicts.comparison import judge_pair as in_worlds
from adjointcheck.notes.verdicts.free_multipliers import with_choice
from adjointcheck.notes.verdicts.judgement import EQUALITIES, attempt, follows, is_identity, judge_pair
from adjointcheck.notes.verdicts.line import Line
from adjointcheck.notes.verdicts.pardons import ANOTHER, NOTHING, pardoned, reaches_nothing
from adjointcheck.notes.verdicts.places import pairs_of
from adjointcheck.notes.verdicts.repairs import repaired
from adjointcheck.notes.verdicts.situation import situations
from adjointcheck.trusted.verdict import Status

if TYPE_CHECKING:
    from adjointcheck.notes.reading.document import Formula

EVENT_BEFORE = Reservation(INPUTS | {"solution"}, "it may rest on the event of before, of which an example in components is not understood")
LATE_START = Reservation(frozenset({"x0", "theta"}), "the notes say later that the start depends on the parameters")


def verify(path: str | Path, context: str | Path | None = None) -> Findings:
    """Judge every formula of a file (.md, .tex, .ipynb); `context` is a file of header lines that declare the letters.

    Raises ProblemError for files that cannot be read.
    """
    from adjointcheck.notes.reading.document import read

    document, header = opened(read(path), Path(context).read_text(encoding="utf-8").splitlines() if context else ())
    notes = Notes(str(path), begun(document, header))
    items = notes.settled([item for formula in document.formulas for item in notes.judged(formula)])
    problems = (*document.problems, *notes.context.problems, *notes.idle(), *of_header(items))
    return Findings(str(path), notes.context.shown(), tuple(item for item in items if item.line), problems)


@dataclass
class Notes:
    """The state between two formulas: the letters so far, the wrong equations so far by name, and what no setting carries.

    `readings`: how formulas were read that are right in one reading of what the notes leave open, and not in the other.
    `open`: the first formula that was not understood, "" for none.
    `sentence`: the words before the formula; `going_on`: those since its sentence began, formulas before.
    `cased`: a start that depends on the parameters is told of a case apart, "if x_0 = e(theta)".
    `aside`: context and reservations of the notes' general part, while a part with letters of its own is read, and the other way round.
    """

    file: str
    context: Context
    wrong: dict[str, Slots] = field(default_factory=dict)
    reservations: list[Reservation] = field(default_factory=list)
    sides: dict[str, tuple[Node, Node, list[Reservation], str]] = field(default_factory=dict)
    readings: dict[str, str] = field(default_factory=dict)
    aside: tuple[Context, list[Reservation]] | None = None
    sentence: str = ""
    going_on: str = ""
    open: str = ""
    tangent: str | None = None
    cased: bool = False
    less: bool = False

    def judged(self, formula: Formula) -> Iterator[Finding]:
        """The findings of one formula; the letters that it introduces hold from here on, and so do the reservations that it brings."""
        place = formula.line, formula.column
        blank = Finding(formula.name, self.file, *place, formula.text, "unknown", declared=formula.declared, marked=formula.marked)
        if self.context.law("dynamics") is not None and is_supposed(formula):
            yield replace(blank, words="said of a case that the notes only suppose")
            return
        chain, self.sentence = self.read(formula), formula.before
        begins = self.sentence[:1].isupper() or self.sentence[:1] in "$\\*#"
        self.going_on = f"{supposed(formula.paragraph)} {'' if begins and self.sentence else self.going_on} {self.sentence}"
        if isinstance(chain, Unread):
            yield replace(blank, status="not read", words=formula.told(chain))
            if not RULE.match(formula.text.lstrip()):
                self.reservations += beside_header(half_read(formula.text, self.context), self.context)
                self.open, self.context = self.open or formula.text * ("=" in formula.text), half_told(formula.text, self.context)
            return
        starts, before = self.context.option("starts"), self.context
        try:
            resolved, found = self.of_either_cost(blank, chain)
        except Exception as error:
            yield internal(blank, error)
            return
        after = with_choice(resolved.chain, self.context)
        self.context, apart = under_header(after, before, f"`{formula.text}`") if formula.line else (after, ())
        cased = CASE.search(self.sentence.lower()) is not None
        if resolved.status == "assumption" or "Psi" in symbols(resolved.chain.sides[0]):
            self.context = posing_less(self.context, self.sentence.lower())
        self.cased = self.cased or (self.context.option("starts") != starts and cased)
        if "=" in resolved.chain.relations and resolved.problems:
            self.open, self.context = self.open or formula.text, half_told(chain, self.context)
        steers = getattr(resolved.chain.sides[0], "name", "") == "w"  # a wrong control is no choice; what all worlds agree in tells none
        judged = ("proved", *["refuted"] * (steers or resolved.form == "rest"))
        taken = resolved.status != "claim" or all(item.status in judged or item.agreed for item in found)
        if resolved.form == "rest" and any(item.status not in ("proved", "definition") for item in found):
            self.context = without_point(self.context)
        said = priced(resolved.chain, self.context)
        brought = reserved(chain, said, self.context, f"`{formula.text}`", taken)  # type: ignore[arg-type]
        anew = asked_anew(resolved.chain, self.context, f"`{formula.text}`") if resolved.status == "claim" else ()
        brought = (*brought, *self.bounds(chain, resolved.status, formula.text), *anew, *apart)  # type: ignore[assignment]
        of = {"task": steers and bool(self.context.option(TASK)), "layered": self.context.over() == "layers",
              "bound": is_bound(chain, self.context) or any(is_bound(item, self.context) for item in chain.conditions)}
        self.reservations += beside_header((replace(item, cased=cased, **of) for item in brought), self.context)
        yield from found
        for number, unread in enumerate(chain.unread, len(chain.sides)):
            yield replace(blank, name=f"{blank.name}.{number}", status="not read", words=formula.told(unread))
        if chain.unread:
            self.reservations += of_sides(chain, formula.text, resolved.status, self.context)
            self.open = self.open or formula.text

    def bounds(self, chain: tree.Chain, status: str, text: str) -> Iterator[Reservation]:
        """What the bounds of max J, 0 <= u <= 1 say."""
        for bound in chain.conditions if status == "assumption" else ():
            if is_bound(bound, self.context):
                yield from reserved(bound, resolve(bound, self.context), self.context, f"`{text}`", True)  # type: ignore[arg-type]

    def read(self, formula: Formula) -> tree.Chain | Unread:
        """The formula as a tree, in the part of the notes that it belongs to."""
        if formula.name in self.context.chapters and not goes_on(self.context.chapters[formula.name], self.context):
            rests = self.context.law("rest") is not None
            self.aside = self.aside if self.aside and (rests or is_of_any(self.aside[0])) else (self.context, self.reservations)
            self.context = self.context.chapters[formula.name]
            self.reservations = [EVENT_BEFORE] if eventful(self.aside[0]) else []
        chain = formula.unread or read_formula(formula.text, self.context.reader())
        if self.aside is not None and not isinstance(chain, Unread) and self.goes_back(chain, self.aside[0]):
            example = self.context
            self.aside, self.context, self.reservations = (example, self.reservations), *self.aside
            chain = read_formula(formula.text, self.context.reader())
            if not isinstance(chain, Unread) and prices_anew(chain, self.context, example):
                self.aside[1].append(Reservation(frozenset({"all"}), f"another cost may be meant from `{formula.text}` on"))
        words, told = formula.paragraph, told_endless(formula.before, freed(self.context, chain, formula.before, formula.text))
        self.context = in_task(words, explained(formula.name, spoken_cost(words, meant(words, told))))
        self.reservations[:] = (item for item in self.reservations if not is_over(item, words, self.context))
        return chain

    def goes_back(self, chain: tree.Chain, other: Context) -> bool:
        """Is a formula of the other part of the notes, not of the one that goes on?"""
        told = [back for leaves in (goes_back, leaves_estimate) if (back := leaves(chain, self.context, other)) is not None]
        return told[0] if told else speaks_of(chain, self.context, other)

    def of_either_cost(self, blank: Finding, chain: tree.Chain) -> tuple[Resolved, list[Finding]]:
        """The findings; what is said of a second costate, or of a number, is judged apart, and leaves the letters as they are."""
        kept, apart = self.context, about_end(chain, self.context)
        chain, apart = of_number(chain, kept) or of_penalty(chain, kept) or (chain if apart is None else through_end(chain, apart), apart)
        self.context = self.context if apart is None else apart
        try:
            return self.in_either_sign(blank, chain)
        finally:
            self.context = self.context if apart is None else kept

    def in_either_sign(self, blank: Finding, chain: tree.Chain) -> tuple[Resolved, list[Finding]]:
        """The findings; a first line that is wrong for the costate dJ/dx and right for -dJ/dx says which one the notes mean.

        A gradient says what follows from that choice and makes none: with the wrong sign it would prove itself.
        """
        before = self.context
        resolved, found = self.understood(blank, chain)
        if any(finding.words == OPEN_SIGN for finding in found) and not before.option(UNTOLD):
            costates = {name: known for name, known in self.context.letters.items() if known.symbol == "p"}
            after, self.context = self.context, with_other_sign(replace(before, letters={**before.letters, **costates}), f"`{blank.text}`")
            other = self.understood(blank, chain)
            if all(finding.status == "proved" for finding in other[1]) and not follows_from_sign(other[0].chain):
                return other
            self.context = after
        other = with_other_multiplier(self.context)
        if other is not self.context and speaks_of_multiplier(resolved.chain) and any(map(is_against, found)):
            after, self.context = self.context, other
            resolved, again = self.understood(blank, chain)
            if all(finding.status == "proved" for finding in again):
                return resolved, again
            self.context = after
        return resolved, found

    def understood(self, blank: Finding, chain: tree.Chain) -> tuple[Resolved, list[Finding]]:
        """What the formula says in the letters so far, and the verdicts."""
        if (asked := principle(chain, self.context)) is not None:
            found = self.switching(replace(blank, reading=show(resolve(chain, self.context))), *asked[1:3], PONTRYAGIN)
            if asked[3] or found.status == "refuted":
                resolved, self.context = understand(tree.Chain(asked[:1], ()), self.context)
                return resolved, [found]
        resolved, self.context = understand(chain, self.context)
        self.context = replace(self.context, moved=self.context.moved | moved_inputs(resolved.chain))
        blank = replace(blank, reading=resolved.reading)
        return resolved, [replace(blank, words="; ".join(resolved.problems))] if resolved.problems else self.in_its_case(blank, resolved)

    def in_its_case(self, blank: Finding, resolved: Resolved) -> list[Finding]:
        """The verdicts; what is said of a field f = f(z, theta) is judged for such a field, and leaves the letters as they are."""
        kept, chain = self.context, resolved.chain
        cases = (*(without_time(condition, kept) for condition in chain.conditions), said_without_time(self.sentence, kept),
                 said_without_reset(self.sentence, kept), standing(chain, kept))
        case = next((case for case in cases if case is not None), None) if resolved.status == "claim" else None
        self.context = case or kept
        found = list(self.links(blank, replace(resolved, chain=with_one_state(chain, self.context))))
        self.context = kept if case is not None else self.context
        return found

    def links(self, blank: Finding, resolved: Resolved) -> Iterator[Finding]:
        """One finding for each `=`; the first one of a definition or an assumption introduces its letters."""
        given = resolved.status != "claim"
        if given and len(resolved.chain.sides) == 1:  # max J
            yield replace(blank, status=resolved.status, introduced=resolved.introduced)
        for i, (left, right) in enumerate(pairs_of(resolved.chain)):
            link = blank if i == 0 else replace(blank, name=f"{blank.name}.{i + 1}")
            left = resolved.chain.sides[0] if conserves_energy(resolved.chain.sides[0], right) else left  # dH/dt = H_t + ... = H_t
            best = policy(self.sentence, resolved.introduced[0], self.context) if given and i == 0 and resolved.introduced else None
            if best is not None:
                yield self.of_step(link, best, right, "=")
            elif given and i == 0:
                found = replace(link, status=resolved.status, introduced=resolved.introduced)
                yield self.as_named(self.downhill(self.at_rest(self.restated(found, left, right), left, right), right), right)
            elif i and self.is_rounded(link, left, right, resolved.chain.relations[i]):
                continue
            elif i and is_ordered(left, resolved.chain.relations[i], right, self.context):  # p(t) = -exp(t - 1) < 0
                continue
            elif resolved.chain.relations[i] == "in" or (given and (resolved.chain.relations[i] in TOLD or self.is_asked(left, right))):
                continue
            else:
                yield self.link(link, left, right, resolved.chain.relations[i], resolved.form)

    def is_asked(self, state: Node, value: Node) -> bool:
        """Is it a component at one end, of which x_1(0) = x_2(0) = 0 says what it is, or the first of n = m = 1 and a_21 = a_32 = 1?"""
        begins = isinstance(state, Symbol) and state.name == "x" and bool(state.part) and replace(state, part=()) in (START, Symbol("x0"))
        sized = isinstance(value, tree.Number) and (isinstance(state, Unknown) or at_own_time(state))
        return begins or sized or is_coefficient(state) or is_held(state, self.context) or is_held_end(state)

    def is_rounded(self, link: Finding, left: Node, right: Node, relation: str) -> bool:
        """Is c = 4/7 \\approx 0.571 followed by its digits, which say nothing more?"""
        return is_in_digits(relation, right) and self.link(link, left, right, relation, "").words.endswith(ROUNDED)

    def restated(self, given: Finding, left: Node, right: Node) -> Finding:
        """PROVED for the Hamiltonian of an example, where it is the one that the notes defined before; else it defines another."""
        general = next((known for known in self.aside[0].of("H") if known.body is not None), None) if self.aside is not None else None
        spelt = spelt_out(self.context.assume(*["optimal"] * bool(self.context.option(CURVE))))
        if general is None or getattr(left, "name", "") != "H" or spelt.law("dynamics") is None or spelt.law("objective") is None:
            return given
        meant = hamiltonian_again(general, spelt)
        proof = judge_pair(meant, right, "=", spelt)
        found = combined(given, proof, in_worlds(meant, right, "=", spelt)) if spelt.option(CURVE) else given  # p y' - F of this F
        told = replace(given, status="proved", rules=proof.path, document=proof.document) if proof.status is Status.PROVED else given
        return found if found.status == "refuted" else told

    def as_named(self, given: Finding, right: Node) -> Finding:
        """PROVED for a definition that is the Jacobian or the switching function that the words before call it; else it is one as given."""
        spelt = spelt_out(self.context)
        for slope in named_slopes(self.sentence, spelt) if given.status == "definition" else ():
            proof = judge_pair(put_in(right, self.context), slope, "=", spelt)
            if proof.status is Status.PROVED:
                return replace(given, status="proved", rules=proof.path, document=proof.document)
        return given

    def at_rest(self, given: Finding, left: Node, right: Node) -> Finding:
        """PROVED for delta x(t0) = 0 beside the law of delta x, where the start is given and nothing moves it; else it is a hypothesis."""
        begun = self.context.law("start") is not None and self.tangent == self.sentence and not self.context.moved & {"x0"}
        if left != tree.Variation(START) or right != tree.Number(Fraction(0)) or not begun or self.context.option("starts"):
            return given
        chain = tree.Chain((left, right), ("=",))
        for situation in situations(chain, self.context):
            held = {name for name in ("x0_fixed", "t0_fixed", "theta_fixed") if name in situation.setting.optional}
            proof = attempt(chain, replace(situation, hypotheses=tuple({*situation.hypotheses, *held})), self.context)
            if proof.status is Status.PROVED:
                return replace(given, status="proved", rules=proof.path, document=proof.document)
        return given

    def downhill(self, given: Finding, right: Node) -> Finding:
        """PROVED for a step along the gradient that goes the right way, REFUTED for one that goes the other, or along what is said to be
        the gradient and is not, whatever multiplies it; else it is a rule as given.
        """
        def judge(slope: Node, direction: Node) -> Finding:
            return replace(self, wrong={}, sides={}).link(given, slope, direction, "=", "")

        tried: list[Finding] = []
        for way, slope, direction in slopes(right, self.context):
            found = judge(slope, direction)
            if found.status == "proved" and way:
                return found
            if found.status == "proved":
                self.context = untaken(self.context)
                return replace(given, status="refuted", words=AGAINST, expected="the other sign", counterexample=CLIMBS)
            tried.append(found)
        steepest = tried and says_descent(self.sentence) and {found.status for found in tried} == {"refuted"}
        others = ((slope, other) for _, slope, direction in slopes(right, self.context) for other in scales(direction, self.context))
        if steepest and all(judge(*other).status == "refuted" for other in others):
            return replace(given, status="refuted", words=NO_SLOPE, expected=tried[-1].expected, counterexample=tried[-1].counterexample)
        return given

    def link(self, blank: Finding, left: Node, right: Node, relation: str, form: str) -> Finding:
        """A claim's verdict; a defect of ours leaves this one formula open."""
        try:
            if speaks_of_step(tree.Chain((left, right), (relation,)), self.context):
                return self.of_step(blank, unplaced(left), unplaced(right), relation)
            self.context = choosing(left, priced(right, self.context), self.context)
            names = carries(left, self.context) or (has_open_sign(self.context, left, right) and is_meaning(left, right))
            found = self.weighed(blank, left, right, relation, form)
            gain = found.words == SAME and {"P", "P_"} & symbols(right) and is_named(left, self.context)
            names = names or gain  # K_k of K_k = (R + B^T P B)^-1 B^T P A, which no other line tells
            found = replace(found, status="definition") if found.status == "proved" and names else found
            rests = any(item.touches(left, right, False) for item in self.reservations)
            return found if rests else as_chosen(found, (left, right, relation), self.context, self.sentence.lower())
        except Exception as error:
            return internal(blank, error)

    def weighed(self, blank: Finding, left: Node, right: Node, relation: str, form: str) -> Finding:
        """Proof and worlds together, where nothing that is not carried into the setting takes part."""
        for rewrite in (whole_at_bar, paid_there, carried, from_constants, composed, of_readouts, of_moved_rows):
            left, right = rewrite(left, self.context), rewrite(right, self.context)
        for rule, judge in ((switched, self.switching), (clipped, self.clipping)):
            if (pair := rule(left, right, spelt_out(self.context))) is not None:
                return judge(blank, *pair)
        if words := self.objection(left, right, form):
            return self.identity(blank, (left, right, relation, form)) or self.inside_bounds(blank, words, (left, right, relation, form))
        left, right = at_its_end(left, right, self.context)
        left, right, context = in_its_problem(left, right, spoken_of((left, right), self.context), self.going_on)
        context = in_few(left, right, in_method(left, right, context, self.sentence), self.sentence)
        context = unforced(context) if departs(left, right) or is_general(left, right) or of_each(context) else context
        context = in_steady_state(left, right, self.sentence, context)
        if self.speaks_of_optimum(left, right):
            context = context.assume("optimal")
        context = paying_less(context, self.sentence.lower())
        left, right, context = in_its_role(*through_start(*in_new_parameters(*moving(*with_own_cost(left, right, context)))))
        left, right = in_cells(left, right, context)
        if implicit.is_untold(left, right, context):
            return replace(blank, words="the costate may be the derivative of J or the multiplier of the implicit step; say which")
        if is_varied(left, right, context):
            return replace(blank, words="it varies a letter of which the notes do not say that it is an input")
        left, right, context = with_probes(left, right, context)
        spelt, sides = spelt_out(context), (put_in(left, context), put_in(right, context))
        proof = judge_pair(left, right, relation, context, form)
        if proof.status is not Status.PROVED and spelt is not context:
            proof = judge_pair(*sides, relation, spelt, form)
        world = in_worlds(*sides, relation, spelt)
        world = in_worlds(*sides, relation, with_end(spelt)) if world == Agreement(0, getattr(world, "note", "")) else world
        found = replace(blank, words=OPEN_SIGN) if world == Undecided(OPEN_SIGN) else combined(blank, proof, world)
        found = self.fixed(blank, (*sides, relation), found, spelt)
        asks = right == tree.Number(Fraction(0)) and is_at_end(left, right)
        if found.status == "unknown" and asks and isinstance(world, Agreement) and world.note == OPTIMAL_END:
            self.context = self.context.assume("free end time")
            return replace(found, status="assumption", words="it asks for the best end time")
        line = Line(left, right, relation, sides, self.context, context, spelt, self.sentence, world)
        if found.status == "refuted" and (pardon := pardoned(line)):
            for list_ in (self.reservations, *(self.aside[1:] if self.aside else ())) if pardon[1] in ANOTHER else ():
                list_.append(Reservation(ANOTHER[pardon[1]], f"it may be of the example `{blank.text}`"))
            return replace(blank, status=pardon[0], words=pardon[1])
        open_ = (item for item in self.reservations if not is_few(item.inputs, context))
        doubt = next((item.reason for item in open_ if item.bars(found.status, left, right)), "")
        if doubt := doubt or NOTHING * (found.status == "proved" and reaches_nothing(line)):
            return replace(blank, words=doubt)
        if found.status == "proved":
            self.learn(left, right, sides)
        self.sides[blank.name] = left, right, self.reservations, self.context.option("starts")
        self.readings |= {blank.name: proof.reading} if found.status == "proved" and proof.reading else {}
        if not isinstance(world, Contradiction) or found.status != "refuted" or relation not in EQUALITIES:
            return found
        because = next((name for name, slots in self.wrong.items() if follows(left, right, context, slots)), "")
        return self.against(replace(found, because=because, expected=repaired(world) or found.expected), proof.claim)

    def identity(self, blank: Finding, line: tuple[Node, Node, str, str]) -> Finding | None:
        """PROVED where it follows from what H and partial derivatives are, whatever else the notes go on to say of their problem."""
        left, right, relation, form = line
        touching = [item for item in self.reservations if item.touches(left, right, form == "optimality")]
        if not touching or not stands_beside(touching, self.context) or not is_identity(judge_pair(left, right, relation, self.context)):
            return None
        others = [item for item in self.reservations if item not in touching]
        found = replace(self, reservations=others).weighed(blank, *line)
        return found if found.status == "proved" else None

    def inside_bounds(self, blank: Finding, words: str, line: tuple[Node, Node, str, str]) -> Finding:
        """PROVED or REFUTED where it is so for a control that meets none of its bounds; `words` tell why it does not in general."""
        left, right, *_ = line
        others, free = [item for item in self.reservations if not item.bound], unbounded(left, right, self.context)
        found = replace(self, reservations=others, context=free).weighed(blank, *line) if free is not None else blank
        return replace(found, words=INSIDE) if is_pointwise(found, right) else replace(blank, words=words)

    def objection(self, left: Node, right: Node, form: str) -> str:
        """Why a claim is not judged at all; "" where nothing speaks against it."""
        optimal = form == "optimality" and not (self.asks_for_end(left, right) or is_slope_alone(left, right))
        bars = (item for item in self.reservations if HELD_END not in item.inputs or not frees(self.going_on, self.context))
        doubt = next((item.reason for item in bars if item.touches(left, right, optimal)), "")
        doubt = doubt or unnatural(left, right, self.context, self.going_on) or said_of_any(self.sentence) * optimal
        if words := doubt or unanswered(left, right, self.context):
            return words
        assigns = assigns_control(left, priced(right, self.context), self.context) and not self.speaks_of_optimum(left, right)
        if assigns and not (gives_solution(right, self.context) or is_feedback(left, right, self.context) or self.context.option(CURVE)):
            self.context = replace(self.context, options={**self.context.options, "control": "chosen"})
            return "a control that the notes choose; what they say before and after is not judged with it"
        if is_untold(left, right, self.context):
            return "the notes do not say, in a form that is understood, how one layer follows from another"
        if self.aside is not None and is_unpaid(left, right, self.context, self.aside[0]):
            return "the notes do not say, in a form that is understood, what the cost of this example is"
        if is_weightless(left, right, self.context) and not self.context.option(ALONE):
            return "the cost, as it was read, rests on no state"
        return ""

    def speaks_of_optimum(self, left: Node, right: Node) -> bool:
        """Does the sentence say that the gradient vanishes for this control, or that this is conserved along an optimal solution?"""
        assigns = assigns_control(left, priced(right, self.context), self.context)
        fed = assigns and {"x", "t"} <= symbols(right) and not any("optimum" in item.inputs for item in self.reservations)
        words = [STATIONARY, *[BEST] * fed] if assigns else [OPTIMUM] if conserves_energy(left, right) else []
        return (bool(self.context.of("w")) and is_canonical(left, right)) or any(word.search(self.sentence.lower()) for word in words)

    def learn(self, left: Node, right: Node, sides: tuple[Node, Node]) -> None:
        """What a proved line tells of letters, of a tangent and of solutions."""
        self.context = settled(left, right, confirmed((left, right), self.context))
        self.context = shown((left, right), told((left, right), self.context))
        self.tangent = self.sentence if is_tangent_law(here(left)) else self.tangent
        if (law := proved_solution(*sides, self.context)) is not None:
            self.context = replace(self.context, laws=(*self.context.laws, law))

    def against(self, found: Finding, claim: Slots) -> Finding:
        """A refuted line; left open where no small change of it is right and something before it is not understood."""
        if self.open and not found.because and not found.expected:
            words = f"a world contradicts it and every small change of it; `{self.open}`, not understood, may be why"
            return replace(found, status="unknown", words=words, counterexample=None)
        if claim.get("at"):
            self.wrong[found.name] = claim
        return found

    def of_step(self, blank: Finding, left: Node, right: Node, relation: str) -> Finding:
        """Of one step of dynamic programming, which rests on nothing else; without second derivatives of f where the words say so."""
        if self.context.over() != "layers":
            return replace(blank, words="it speaks of the value at other states than those of the optimal solution")
        if speaks_of_whole(tree.Chain((left, right), (relation,)), self.context):
            return replace(blank, words="it speaks of one step and of the whole problem")
        if loose := free_letters(tree.Chain((left, right), (relation,)), self.context):
            return replace(blank, words=f"what {loose[0]} is no line before says")
        self.less = self.less or says_less(self.sentence)
        found: list[Finding] = []
        for flat in (self.less, not self.less):
            context = in_one_layer(self.context.assume(LEFT_OUT) if flat else self.context)
            proof = judge_pair(left, right, relation, context)
            world = in_worlds(modelled(left, context), modelled(right, context), relation, unforced(with_models(context)))
            found.append(combined(blank, proof, world))
            if found[-1].status == "proved":
                return found[-1] if flat == self.less or self.less else replace(blank, words=UNSAID)
        turned = found[0].status == "refuted" and GAIN in symbols(left)
        if turned and self.of_step(blank, left, tree.Negative(right), relation).status == "proved":
            return replace(blank, words=GAIN_OPEN)
        return found[0]

    def asks_for_end(self, left: Node, right: Node) -> bool:
        """Is it what an optimal end time satisfies, whatever bounds the control?"""
        return about_end_time(left, right) or ("free end time" in self.context.hypotheses and is_at_end(left, right))

    def switching(self, blank: Finding, said: Node, meant: Node, rule: str = BANG_BANG) -> Finding:
        """A law u = -U sgn(s): right where s is H_u, wrong where it is -H_u; and of any rule what it rests on."""
        spelt = spelt_out(self.context)
        for status, side in (("proved", meant), ("refuted", tree.Negative(meant))):
            proof = judge_pair(said, side, "=", spelt, "")
            if proof.status is Status.PROVED:
                told = {"rules": (rule, *proof.path), "document": proof.document} if status == "proved" else {"words": rule}
                return replace(blank, status=status, **told)  # type: ignore[arg-type]
        return replace(blank, words="whether it has the sign that the optimum asks for is not proved")

    def clipping(self, blank: Finding, slope: Node, square: Node) -> Finding:
        """A law u = min(U, max(0, s)): right where H_u is H_uu (u - s), whatever the control."""
        spelt = spelt_out(self.context)
        found = combined(blank, judge_pair(slope, square, "=", spelt, ""), in_worlds(slope, square, "=", spelt))
        return replace(found, rules=(CLIPPED, *found.rules)) if found.status == "proved" else replace(found, words=found.words or CLIPPED)

    def fixed(self, blank: Finding, equation: tuple[Node, Node, str], found: Finding, context: Context) -> Finding:
        """Where a line is proved that would be wrong with the other sign, the costate has it, unless an H that is not understood may tell
        another; an H of which nothing is said tells none.
        """
        left, right, relation = equation
        named = "H" in symbols(left) | symbols(right) and not any(known.body is not None for known in context.of("H"))
        if found.status == "proved" and has_open_sign(context, left, right) and not named:
            other = in_worlds(negated(left), negated(right), relation, with_other_sign(context, LATER))
            if isinstance(other, Contradiction) and context.option(UNTOLD):
                return replace(blank, words=UNTOLD)
            self.context = signed(self.context, f"`{blank.text}`") if isinstance(other, Contradiction) else self.context
        return found

    def settled(self, items: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings after the last formula: a start or a horizon that is told only later holds for the gradients before it."""
        return believed(replace(item, status="unknown", words=doubt, rules=(), document=None) if (doubt := self.doubted(item)) else item
                        for item in tuple(items))

    def doubted(self, item: Finding) -> str:
        """Why a proof does not stand in view of the whole notes."""
        if item.status != "proved" or item.name not in self.sides:
            return ""
        others = {reading for reading in self.readings.values() if question(reading) == question(self.readings.get(item.name, ""))}
        if len(others) > 1:
            both = " and another with ".join(sorted(others))
            return f"one formula is right with {both}; declare which one is meant"
        held = {f"{name}_fixed" for name in self.context.moved} & {step["id"] for step in (item.document or {}).get("steps", ())}
        if held:
            return "it leaves out the variation of an input that the notes vary later"
        left, right, reservations, starts = self.sides[item.name]
        part = self.aside[0] if self.aside is not None and reservations is self.aside[1] else self.context
        if part.option("starts") not in ("", starts) and not self.cased and LATE_START.touches(left, right, False):
            return LATE_START.reason
        late = (later for later in reservations if later.inputs & {*INPUTS, "end"} and "all" not in later.inputs and not later.cased)
        return next((later.reason for later in late if later.touches(left, right, False)), "")

    def idle(self) -> Iterator[str]:
        """Hypotheses that nothing here understands: they are told, and never used."""
        for hypothesis in self.context.hypotheses:
            if hypothesis not in HYPOTHESES and not hypothesis.startswith(("symmetric ", "skew ")):
                yield f"the hypothesis `{hypothesis}` is not understood and not used"
