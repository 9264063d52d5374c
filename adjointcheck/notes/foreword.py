"""What holds before the first formula: the header, and what the notes as a whole tell of their letters only further down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from adjointcheck.errors import AdjointCheckError
from adjointcheck.notes.explanations import NEAR, WHERE, explained, explanation, passed_through, untold_error
from adjointcheck.notes.introduction import Introduced, dynamics, integrated_dynamics, layers, naming, understand
from adjointcheck.notes.letters.activations import activating
from adjointcheck.notes.letters.context import LATER, ROLES, Context, Declared, key, letter_name, own
from adjointcheck.notes.letters.cost_parts import parted
from adjointcheck.notes.letters.end_time import foretold_end
from adjointcheck.notes.letters.header import read_header
from adjointcheck.notes.letters.house_marks import noticed, without_marks
from adjointcheck.notes.letters.marks import marked
from adjointcheck.notes.letters.meaning import Symbol, resolve, walk
from adjointcheck.notes.letters.moments import above, below
from adjointcheck.notes.letters.nets import netted, spelt
from adjointcheck.notes.letters.notation import spoken
from adjointcheck.notes.letters.posing import dated
from adjointcheck.notes.letters.potentials import as_field, sloping
from adjointcheck.notes.letters.primes import moved, unprimed
from adjointcheck.notes.letters.projections import projections
from adjointcheck.notes.letters.prose import said, titles
from adjointcheck.notes.letters.second_costate import OPTION, second_costate
from adjointcheck.notes.letters.shorthand import partials
from adjointcheck.notes.letters.spellings import respelt, second_state
from adjointcheck.notes.letters.squares import squared
from adjointcheck.notes.letters.stars import starred
from adjointcheck.notes.letters.symmetry import SOME, arbitrary, symmetric
from adjointcheck.notes.letters.tangent import foretold_sensitivity, linearised, priced, residuals, transitions
from adjointcheck.notes.letters.usage import USUAL_CONTROLS, USUAL_COSTATES, ends, head, moving, pair_of, role_in, successor
from adjointcheck.notes.phrases import CASE, SUPPOSED
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.ambiguities import (
    called_in,
    clock_in,
    discounts_in,
    graphs_in,
    in_usual_time,
    maps_beside_bold,
    numbers_in,
    raised_in,
    rates_in,
    sloped_in,
    timed_in,
)
from adjointcheck.notes.reading.document import Formula
from adjointcheck.notes.reading.latex import Unread, read_formula
from adjointcheck.notes.reading.regions import sentences
from adjointcheck.notes.reading.uses import Uses
from adjointcheck.notes.systems.algebraic import algebraic
from adjointcheck.notes.systems.ansatz import RICCATI, fed_back, weighing
from adjointcheck.notes.systems.backward import ending
from adjointcheck.notes.systems.blocks import clocked, turned
from adjointcheck.notes.systems.by_hamiltonian import Posed, moves_otherwise, pays, posed, steered
from adjointcheck.notes.systems.by_hamiltonian import priced as priced_by_hamiltonian
from adjointcheck.notes.systems.carried_density import carried
from adjointcheck.notes.systems.chapters import (
    PRICED,
    RETOLD,
    another_of,
    apart_of,
    beginning,
    example_of,
    is_total,
    moves_again,
    paid_before,
    retold_of,
    reversed_of,
    scalar_of,
    sequel_of,
    speaks_of,
    stepped_of,
    taken,
)
from adjointcheck.notes.systems.clipping import clips
from adjointcheck.notes.systems.component_letters import COSTATES, STATES
from adjointcheck.notes.systems.component_sensitivities import numbered
from adjointcheck.notes.systems.concrete import acquainted
from adjointcheck.notes.systems.declared_problem import posed_by_header
from adjointcheck.notes.systems.densities import shaped, told
from adjointcheck.notes.systems.dependent import dependent
from adjointcheck.notes.systems.endless import ENDLESS
from adjointcheck.notes.systems.ensembles import one_sample, peopled
from adjointcheck.notes.systems.entries import solved_for_rate
from adjointcheck.notes.systems.estimates import opening
from adjointcheck.notes.systems.impacts import impacted
from adjointcheck.notes.systems.implicit_states import REACH, is_moving, resting
from adjointcheck.notes.systems.iterates import iterated_below, iterated_in
from adjointcheck.notes.systems.layering import layered, small_steps
from adjointcheck.notes.systems.leading_weights import leading
from adjointcheck.notes.systems.mass import mass_dynamics, targets, weighed
from adjointcheck.notes.systems.meanings import meant, said_control, said_costate, said_parameters
from adjointcheck.notes.systems.mechanics import SPEEDS, speeds
from adjointcheck.notes.systems.motion import TIME, augmented_dynamics, untold_motion
from adjointcheck.notes.systems.multiplier import may_be_costate
from adjointcheck.notes.systems.net_entries import WHOLE, matrices, without_entries
from adjointcheck.notes.systems.normality import normalised
from adjointcheck.notes.systems.numbered_nets import in_layers
from adjointcheck.notes.systems.output_layers import put_out
from adjointcheck.notes.systems.outright import outright
from adjointcheck.notes.systems.partitioned import partitioned
from adjointcheck.notes.systems.positive import told_positive
from adjointcheck.notes.systems.production import consumed, counted
from adjointcheck.notes.systems.sampling import horizon
from adjointcheck.notes.systems.shared_letters import sharing
from adjointcheck.notes.systems.spaces import spaced
from adjointcheck.notes.systems.step_values import priced_steps
from adjointcheck.notes.systems.superscripts import below as lowered
from adjointcheck.notes.systems.superscripts import layered_above
from adjointcheck.notes.systems.two_line_stages import put_together
from adjointcheck.notes.systems.value_function import valuing
from adjointcheck.notes.systems.variations import CURVE, example_of_curve, varying, with_momentum

if TYPE_CHECKING:
    from adjointcheck.notes.reading.document import Document


FROM_ZERO = re.compile(r"\$\s*\[\s*0\s*,\s*\\?[A-Za-z]")
SUMMED = re.compile(r"\\(?:int|sum)(?![A-Za-z])")  # a cost, read or not
INLINE = re.compile(r"(?<!\$)\$([^$]+\([^$]+)\$(?!\$)")  # a function with its arguments
STARTS = ((tree.Number(Fraction(0)),), (tree.Letter("t", (tree.Number(Fraction(0)),)),))  # c(0) and c(t_0)


def is_supposed(formula: Formula) -> bool:
    """Does it stand in the midst of a sentence such as `if we had $\\dot x = a x$`, which the notes leave again?"""
    return not formula.display and SUPPOSED.search(formula.before.lower()) is not None


def opened(document: Document, lines: Iterable[str]) -> tuple[Document, Context]:
    """The notes with the formulas of their header as their first ones, on line 0, and the letters that it declares."""
    header = read_header(document.header, read_header(lines))
    stated = tuple(Formula(f"header {place}", text, document.file, 0, 0) for place, text in enumerate(header.formulas))
    told = header
    for chain in _chains(stated, header):
        told = understand(chain, told)[1]
    header = posed_by_header(replace(header, formulas=()), told)
    return replace(document, formulas=(*stated, *document.formulas), header=()), header


def begun(document: Document, context: Context | None = None) -> Context:
    """The context before the first formula: what the header declares, and what the text tells; no case that is supposed."""
    document = replace(document, formulas=tuple(one for one in document.formulas if not is_supposed(one)))
    context = respelt((formula.text for formula in document.formulas), read_header(document.header, context))
    second = second_state([formula.text for formula in document.formulas])
    context = replace(context, options={**context.options, "second state": second}) if second else context
    raised = raised_in(formula.text for formula in document.formulas)
    context = replace(context, options={**context.options, "raised": raised}) if raised else context
    spelled = [words for formula in document.formulas for words in sentences(formula.paragraph)]
    context = foretold_end(document.prose, said([*titles(document.prose), *spelled], context))
    context = carried(document.prose, spoken(document.prose, context))
    named = any(hypothesis.startswith("symmetric ") for hypothesis in context.hypotheses)
    context = context.assume(*(f"symmetric {letter_name(letter)}" for letter in symmetric(document.prose) if letter != SOME or not named))
    for name in arbitrary(document.prose):
        context = context.declare(Declared(name, own(name), ("n", "n"), source="proposed")) if name not in context.letters else context
    texts = [formula.text for formula in document.formulas]
    named = [known.letter for known in context.of("t")]
    clock = "" if named else clock_in(texts)
    clock = clock or _along_graph(document, "".join(named).replace("t", "") if named else graphs_in(texts), context)
    context, texts = replace(context, options={**context.options, "clock of time": clock}), [in_usual_time(text, clock) for text in texts]
    context = replace(context, maps=maps_beside_bold(texts), rates=rates_in(texts), called=called_in(texts), timed=timed_in(texts),
                      uses=Uses.of(texts), numbers=numbers_in(texts, document.prose), discounts=discounts_in(texts))
    context = replace(context, options={**context.options, "slopes in time": sloped_in(texts)})
    context = small_steps(texts, varying(_chains(document.formulas, context), document.prose, context))
    context = replace(context, options={**context.options, SPEEDS: " ".join(speeds(_chains(document.formulas, context), context))})
    context = clips(texts, said_control(document.prose, said_costate(document.prose, context)))
    context = shaped(" ".join([document.prose, *texts]), said_parameters(document.prose, context))
    context = activating(document.prose, texts, _chains(document.formulas, context), context)
    context = noticed([*_chains(document.formulas, context)], peopled(document.formulas, context))
    context = sloping(_chains(document.formulas, context), context)
    context = moved(_chains(document.formulas, context), context)
    index = iterated_in(texts) if context.over() != "layers" else ""
    layer = "" if context.sample else (layered_above(texts) or layered_above(without_entries(texts))).lstrip("\\")
    entries = matrices(texts) if layer else ""
    context = replace(context, options={**context.options, "iterate": "" if layer else index, "layers above": layer, WHOLE: entries})
    context = activating(document.prose, texts, _chains(document.formulas, context), context) if entries else context
    context = context if layer or index or context.over() == "layers" else iterated_below(texts, context)
    return _with_estimate(document.formulas, fed_back(_chains(document.formulas, context), context))


def _with_estimate(formulas: Sequence[Formula], header: Context) -> Context:
    """With a best linear estimate as a chapter of its own, or before all that moves."""
    found = opening([_apart(formula, header) for formula in formulas], header)
    if found is None:
        return _with_equilibria(formulas, _parted(formulas, header))
    at, end, estimate = found
    others = [*formulas[:at], *formulas[end:]]
    context = _with_equilibria(others, _parted(others, header))
    if any(chain is not None and is_moving(chain) for chain in (_apart(formula, header) for formula in formulas[:at])):
        chapter = replace(estimate, chapters=context.chapters)
        return replace(context, chapters={formulas[at].name: chapter, **context.chapters})
    return replace(estimate, chapters={**context.chapters, **{formula.name: context for formula in formulas[end : end + 1]}})


def _with_equilibria(formulas: Sequence[Formula], context: Context) -> Context:
    """With states of rest as chapters of their own, or as all that there is where nothing moves."""
    chains = [_apart(formula, context) for formula in formulas] if not context.option(CURVE) else []
    moves = [chain for chain in chains if chain is not None and is_moving(chain)]
    fields = frozenset(key(letter) for chain in moves for call in walk(chain.sides[-1]) if isinstance(call, tree.Call)
                       and (letter := head(call)) is not None)
    first = next((i for i, chain in enumerate(chains) if chain is not None and is_moving(chain)), len(chains))
    found = {formulas[i].name: rest for i in range(len(chains))
             if (rest := resting(chains[i:], _spoken_of(formulas[i:], context), fields, context, i > first)) is not None}
    at_once = found and not moves and next(iter(found)) in [formula.name for formula in formulas[: REACH // 2]]
    chapters = {} if at_once else context.chapters
    for name, rest in reversed(found.items()):
        chapters = {name: replace(rest, chapters=chapters), **chapters}
    return chapters[next(iter(found))] if at_once else replace(context, chapters=chapters)


def _spoken_of(formulas: Sequence[Formula], context: Context) -> list[tree.Chain]:
    """What the words before the next formulas name, such as l(z)."""
    texts = dict.fromkeys(text for formula in formulas[1 : REACH + 1] for text in INLINE.findall(formula.paragraph))
    chains = [read_formula(text, context.reader()) for text in texts]
    return [chain for chain in chains if not isinstance(chain, Unread)]


def _apart(formula: Formula, context: Context) -> tree.Chain | None:
    """The formula without its primes; None for what is not read."""
    chain = formula.unread or read_formula(formula.text, context.reader())
    return None if isinstance(chain, Unread) else unprimed(spelt(chain, context), context)


def _along_graph(document: Document, clock: str, context: Context) -> str:
    """x, where the notes with x as their time vary a curve y(x)."""
    there = replace(context, options={**context.options, "clock of time": clock})
    return clock if clock and varying(_chains(document.formulas, there), document.prose, there).option(CURVE) else ""


def _parted(formulas: Sequence[Formula], header: Context, general: tuple[Context, Sequence[Formula], Context] | None = None) -> Context:
    """The context before the first of the formulas; that of an example or a sequel further on stands in its chapters.

    `general`: the header of the notes on any curve, what was told before an example, which goes on after it, and the context then.
    """
    if (found := example_of_curve(_read_apart(formulas, header), header)) is not None:
        at, example = found
        opening, (context, after) = formulas[beginning(formulas, at)].name, _known(formulas[:at], header)
        first, told = header, [*formulas[:at]]
        if general is not None:
            first, told = general[0], [*general[1], *_gone_back(formulas[:at], context, general[2])]
            after = _known(told, first)[1]
        chapter = _parted(formulas[at:], with_momentum(after, example), (first, told, after))
        return replace(context, chapters={opening: chapter, **chapter.chapters})
    first, sequel = example_of(formulas, header), sequel_of(formulas, header)
    first = first if first is not None else scalar_of(formulas, header)
    retold = retold_of(formulas, header)
    first = min((found for found in (first, retold, reversed_of(formulas, header)) if found), default=None)
    header = replace(header, options={**header.options, RETOLD: "yes"}) if first == retold is not None else header
    at, stepped = first or sequel or None, stepped_of(formulas, header)
    another = another_of(formulas, header) or apart_of(formulas, header)
    if stepped and stepped <= min(at or stepped, another or stepped):  # with letters of its own
        chapter = _parted(formulas[stepped:], replace(header, options={**header.options, RETOLD: "yes"}))
        return replace(_known(formulas[:stepped], header)[0], chapters={formulas[stepped].name: chapter})
    if another and (at is None or another < at):
        context, after = _known(formulas[:another], header)
        chapter = _parted(formulas[another:], taken(after, header, formulas[another:]))
        return replace(context, chapters={formulas[another].name: chapter})
    context, after = _known(formulas[:at], header)
    if at is None or context.over() == "layers":
        return context if at is None else _known(formulas, header)[0]
    paid = paid_before(formulas[:at], formulas[at:], after) if first is not None else []
    chapter = (_paid(formulas[at:], paid, taken(after, header, formulas[at:])) if first is not None
               else _sequel(formulas[at:], _restated(formulas[:at], formulas[at], context), header, after))
    return replace(context, chapters={formulas[at].name: chapter})


def _paid(formulas: Sequence[Formula], paid: Sequence[Formula], header: Context) -> Context:
    """The context in which an example starts that goes on with the cost of before."""
    if not paid:
        return _parted(formulas, header)
    context, _ = _known([*formulas, *paid], header)
    for chain in [*_chains(paid, context)]:
        context = understand(chain, context)[1]
    return context


def _gone_back(formulas: Sequence[Formula], example: Context, general: Context) -> Sequence[Formula]:
    """Those from the first one on that speaks of any curve again."""
    chains = [formula.unread or read_formula(formula.text, example.reader()) for formula in formulas]
    back = (at for at, chain in enumerate(chains) if not isinstance(chain, Unread) and speaks_of(chain, example, general))
    return formulas[next(back, len(formulas)):]


def _read_apart(formulas: Sequence[Formula], context: Context) -> list[tree.Chain | None]:
    """The formulas without the curve that the notes vary; None for what is not read."""
    bare = replace(context, options={**context.options, CURVE: ""}).reader()
    chains = [formula.unread or read_formula(formula.text, bare) for formula in formulas] if context.option(CURVE) else []
    return [None if isinstance(chain, Unread) else chain for chain in chains]


def _restated(formulas: Sequence[Formula], sequel: Formula, context: Context) -> list[Formula]:
    """What goes on in a sequel of what was said before it: the cost, the start, and the rates of other letters."""
    found = []
    for formula in formulas:
        chain = formula.unread or read_formula(formula.text, context.reader())
        if not isinstance(chain, Unread):
            before, (resolved, context) = context, understand(chain, context)
            grown = [law.kind for law in context.laws[len(before.laws) :]]
            other = resolved.status == "assumption" and moving(chain.sides[0]) is not None and not moves_again(formula, sequel, context)
            found += [formula] if other or {*grown} & {"objective", "start"} else []
    return found


def _sequel(formulas: Sequence[Formula], restated: Sequence[Formula], header: Context, after: Context) -> Context:
    """The context in which a sequel starts, with the costates and the states of `after` what was said before, in their order."""
    told = [known for known in after.letters.values() if known.symbol == "p" and known.told]
    costates = [known for known in told if known.part] or told
    before = {COSTATES: " ".join(known.letter for known in costates), STATES: " ".join(known.letter for known in after.parts("x"))}
    header = replace(header, options={**header.options, **before})
    context, _ = _known([*formulas, *restated], header)
    for chain in [*_chains(restated, context)]:
        context = understand(chain, context)[1]
    again = {known.letter: replace(context.letters[known.letter], sign=known.sign, told=LATER) for known in told
             if getattr(context.letters.get(known.letter), "symbol", "") == "p"}
    return replace(context, letters={**context.letters, **again})


def _known(formulas: Sequence[Formula], context: Context) -> tuple[Context, Context]:
    """The context before these formulas, and that after them."""
    context = clocked((formula.text for formula in formulas), outright(_chains(formulas, context), starred(formulas, context)))
    context = ending(_chains(formulas, context), dependent(_chains(formulas, context), context))
    context = projections(_chains(formulas, context), netted(_chains(formulas, context), context))
    context = below(_chains(formulas, context), context)
    context = sharing(_chains(formulas, context), context)
    context = told(_chains(formulas, context), marked(_chains(formulas, context), context))
    context = parted(_chains(formulas, context), horizon(_chains(formulas, context), context))
    context = counted(_chains(formulas, context), decaying(_chains(formulas, context), context))
    chains = list(_chains(formulas, context))
    context = leading(chains, in_layers(chains, consumed(chains, context)))
    context = partitioned([unprimed(chain, context) for chain in _chains(formulas, context)], context)
    context = numbered(acquainted(formulas, layered(formulas, impacted(_chains(formulas, context), context))))
    context = told_positive([one for one in formulas if not CASE.search(one.before.lower())], context)
    context = explained_behind(list(_chains(formulas, context)), put_out(_chains(formulas, context), context))
    context = valuing(_chains(formulas, context), priced_steps(_chains(formulas, context), (formula.text for formula in formulas), context))
    context = algebraic([unprimed(chain, context) for chain in _chains(formulas, context)], context)
    context = spaced([unprimed(chain, context) for chain in _chains(formulas, context)], context)
    context = begins([unprimed(chain, context) for chain in _chains(formulas, context)], context)
    context = from_zero(_chains(formulas, context), [formula.paragraph for formula in formulas], context)
    context = to_number(_chains(formulas, context), context)
    law = next((found for chain in _chains(formulas, context) if (found := stated(unprimed(chain, context), context))), None)
    chains = list(_chains(formulas, context))
    told_by_h = posed(chains)
    law = None if law is not None and told_by_h is not None and moves_otherwise(told_by_h, law[2]) else law
    first = context.over() == "layers"  # a flow that comes after layers has letters of its own
    if law is not None and not context.law("dynamics") and not first:  # those of xdot = f(x) hold for a cost that is stated before
        context = squared(_chains(formulas, context), replace(law[2], laws=context.laws))
    elif not context.law("dynamics") and not first and (motion := untold_motion(_chains(formulas, context))) is not None:
        found = dynamics(motion, context)
        context = found[2] if found is not None else context
    moves = law is not None or any(context.law(kind) for kind in ("dynamics", "layers")) or (
        first and any(layers(chain, context) for chain in chains))
    context = by_hamiltonian(formulas, told_by_h, moves, context)
    context = targets(_chains(formulas, context), weighed(_chains(formulas, context), context))
    context = normalised(_chains(formulas, context), partials(_chains(formulas, context), context))
    for chain in _chains(formulas, context):
        found = foretold_sensitivity(chain, context)
        context = found[2] if found else context
    chains = [unprimed(chain, context) for chain in _chains(formulas, context)]
    costates, context = priced(chains, context), transitions(chains, context)
    for equation in (equation for chain in chains for equation in (chain, *residuals(chain))):
        letter = moving(equation.sides[0])  # what z and v are in z-dot = f_x z + f_u v holds before it is said
        tangent = linearised(equation, context) if letter is None or key(letter) not in costates else None
        found = tangent or flow(equation, context)
        context = found[2] if found else context
    return foretold(formulas, put_together(_chains(formulas, context), context))


def _chains(formulas: Iterable[Formula], context: Context) -> tuple[tree.Chain, ...]:
    """All that is read; most passes find nothing new, and what was read for the pass before still stands."""
    asked = tuple(formulas), context
    if not _LAST or _LAST[0] != asked:
        _LAST[:] = asked, tuple(_reading(*asked))
    return _LAST[1]


_LAST: list[Any] = []


def _reading(formulas: Iterable[Formula], context: Context) -> Iterator[tree.Chain]:
    for formula in formulas:
        chain = formula.unread or read_formula(formula.text, context.reader())
        if not isinstance(chain, Unread):
            chain = replace(chain, sides=tuple(map(dated, chain.sides)))
            yield above(without_marks(lowered(spelt(as_field(one_sample(chain, context), context), context), context), context), context)


def decaying(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With delta as a rate, where the motion of a state that is not varied has a term -delta x."""
    for chain in chains:
        pair = pair_of(chain)
        letter = moving(pair[0]) if pair else None
        terms = pair[1].terms if pair is not None and isinstance(pair[1], tree.Sum) else ()
        paid = [term.of for term in terms if isinstance(term, tree.Negative)]
        if letter is not None and any(isinstance(term, tree.Variation) and head(term.of) == letter for term in paid):
            return context.declare(Declared("delta", own("delta"), source="proposed"))
    return context


def explained_behind(chains: Sequence[tree.Chain], context: Context) -> Context:
    """With z_l of h_{l+1} = h_l + sigma(z_l), which is z_l = W_l h_l + b_l right behind it."""
    for law, behind in zip(chains, chains[1:], strict=False) if context.over() == "layers" else ():
        first, second = pair_of(law), pair_of(behind)
        inner = second[0] if second is not None else None
        index = successor(first[0]) if first is not None and isinstance(first[0], tree.Letter) else None
        if first is None or index is None or not isinstance(inner, tree.Letter) or inner.below != (index,) or inner not in walk(first[1]):
            continue
        inside = (part for call in walk(first[1]) if isinstance(call, tree.Call) for part in walk(call))
        if inner.name in USUAL_CONTROLS and inner not in inside:
            continue  # u_k = -K_k x_k behind x_{k+1} = A x_k + B u_k
        found = naming(behind, context) if not context.letters.keys() & {inner.name} else None
        context = found[2] if found is not None else context
    return context


def by_hamiltonian(formulas: Sequence[Formula], found: Posed | None, moves: bool, context: Context) -> Context:
    """With the motion and the cost that a Hamiltonian alone tells, where no line before it, nor the words beside a motion, tell a cost."""
    chains = list(_chains(formulas, context))
    words = [f"{formula.paragraph.lower()} {formula.text}" for formula in formulas]
    spoken = moves and (bool(context.of("J")) or any(PRICED.search(text) or SUMMED.search(text) for text in words))
    if found is None or spoken or any(pays(chain) or is_total(chain) for chain in (chains if moves else chains[: found.at])):
        return context
    if moves:
        return priced_by_hamiltonian(found, context)
    context = steered(found, context)
    told = dynamics(found.motion, context) or layers(found.motion, context) if found.motion is not None else None
    return priced_by_hamiltonian(found, squared(chains, told[2])) if told is not None else context


def stated(chain: tree.Chain, context: Context) -> Introduced:
    """The dynamics as a rate, with a mass matrix, as an integral, or of a state that more is added to."""
    told = dynamics(solved_for_rate(chain), context) or mass_dynamics(chain, context) or integrated_dynamics(chain, context)
    return told or augmented_dynamics(chain, context)


def begins(chains: Sequence[tree.Chain], context: Context) -> Context:
    """With the letter that moves first, c of c-dot = K c + q, as the state, where the notes say how it starts, c(0) = c_0."""
    pairs = [pair for chain in chains if (pair := pair_of(chain)) is not None]
    letter = next((letter for left, _ in pairs if (letter := moving(left)) is not None), None)
    plain = letter is not None and not (letter.below or letter.above or letter.name[0].isupper())  # P of P-dot = A P + P A^T is a matrix
    named = plain and not (role_in(letter, context) or letter is None or key(letter) in USUAL_COSTATES)
    if letter is None or not named or context.of("x") or context.over() == "layers":
        return context
    started = any(isinstance(left, tree.Call) and left.function == letter and left.arguments in STARTS for left, _ in pairs)
    return context.declare(Declared(key(letter), "x", ROLES["x"].shape, "path", source="proposed")) if started else context


def from_zero(chains: Iterable[tree.Chain], words: Iterable[str], context: Context) -> Context:
    """With 0 as the start, where values are taken at 0, rho(x(0)), words speak of [0, T], or something is summed from 0 to a number, and
    no start has a name; of layers, if they have a flow.
    """
    chains = list(chains)
    flows = any(moving(side) is not None for chain in chains for side in chain.sides[:1])
    if (context.over() == "layers" and not flows) or context.of("t0"):
        return context
    nodes = [part for chain in chains for part in walk(chain)]
    named = any(isinstance(part, tree.Letter) and part == STARTS[1][0] for part in nodes)
    placed = any(isinstance(part, tree.Call) and part.arguments == STARTS[0] for part in nodes) or any(map(FROM_ZERO.search, words))
    placed |= any(isinstance(part, tree.Integral) and part.by == TIME and part.lower == STARTS[0][0] and isinstance(part.upper, tree.Number)
                  for part in nodes)
    return ends(context, "t0", STARTS[0][0]) if placed and not named else context


def to_number(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With 1 as the end, where a cost is paid for z(1), z starts at 0 or nobody says where, no end has a name, and no other number is a
    time.
    """
    nodes = [part for chain in chains for part in walk(chain)]
    letters = {key(part) for part in nodes if isinstance(part, tree.Letter)}
    start = [known.letter for known in context.of("t0")]
    if start not in ([], ["0"]) or context.of("t1") or letters & {*ROLES["t1"].usual} or context.over() == "layers":
        return context
    moved = {key(letter) for part in nodes if (letter := moving(part)) is not None}
    timed = [part for part in nodes if isinstance(part, tree.Call) and (letter := head(part)) is not None and key(letter) in moved]
    times = {part.arguments[0] for part in timed if len(part.arguments) == 1 and isinstance(part.arguments[0], tree.Number)}
    limits = {part.upper for part in nodes if isinstance(part, tree.Integral)} - {tree.Letter("t")}
    last = next((time for time in times if isinstance(time, tree.Number) and time.value > 0), None)
    paid = any(last in getattr(inner, "arguments", ()) for part in nodes if _is_priced(part, timed) for inner in walk(part))
    return ends(context, "t1", last) if last is not None and paid and times | limits <= {last, STARTS[0][0]} else context


def _is_priced(node: tree.Node, timed: Sequence[tree.Node]) -> bool:
    """l(z(1), y), |z(1) - y|^2 and z(1)^2."""
    inner = node.arguments if isinstance(node, tree.Call) and node not in timed else (node.base,) if isinstance(node, tree.Power) else ()
    return any(part in timed for argument in inner for part in walk(argument))


def flow(chain: tree.Chain, context: Context) -> Introduced:
    """T(x, t) = x(t + eps): the flow, of which lines before may speak."""
    chain = turned(chain, context)
    value = resolve(chain.sides[1], context) if isinstance(chain.sides[0], tree.Call) and len(chain.sides) > 1 else None
    ahead = isinstance(value, Symbol) and value.name == "x" and isinstance(value.at, tree.Sum)
    found = naming(chain, context) if ahead else None
    if found is None:
        return None
    letters = {name: replace(known, told=LATER) if name in found[1] else known for name, known in found[2].letters.items()}
    return found[0], found[1], replace(found[2], letters=letters)


def foretold(formulas: Iterable[Formula], context: Context) -> tuple[Context, Context]:
    """The context with the costate's letter, sign and layout, where they are only told further down; and the context after all."""
    after, formulas = context, list(formulas)
    for i, formula in enumerate(formulas):
        chain, after = formula.unread or read_formula(formula.text, after.reader()), meant(formula.paragraph, after)
        if not isinstance(chain, Unread) and not context.option(RICCATI) and (letter := weighing(chain, bool(after.option(ENDLESS)))):
            return foretold(formulas, replace(context, options={**context.options, RICCATI: letter}))
        try:
            resolved, after = (None, after) if isinstance(chain, Unread) else understand(chain, after)
        except (AdjointCheckError, ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
            continue  # it is told where the formula itself is judged
        behind = resolved is not None and (resolved.problems or resolved.status == "assumption")
        following = list(_chains(formulas[i + 1 : i + 1 + NEAR], after)) if behind else []
        second = "" if isinstance(chain, Unread) else second_costate(chain, following, after)
        context = replace(context, options={**context.options, OPTION: second}) if second else context
        told_next = explanation(resolved, following, after) if resolved is not None and not second else None
        told_next = told_next or (None if isinstance(chain, Unread) else passed_through(chain, following))
        error = next((untold_error(other, _reading(formulas, after), after) for other in _reading([formula], after)), None)
        if told_next is not None or error is not None:
            pieces = {f"{WHERE}{formula.name}": told_next or error}
            context = replace(context, pieces={**context.pieces, **pieces})
        after = explained(formula.name, replace(after, pieces={**after.pieces, **pieces})) if error is not None else after
    told = next((known for known in after.of("p") if known.told), None)
    before = {known.letter for known in after.of("p") if told is not None and not known.told and told.letter not in context.rates}
    if told is None or before & context.rates or not may_be_costate(told.letter, context):  # lambda of the flow before mu_k of its steps
        return context, after
    return replace(context, letters={**context.letters, told.letter: replace(told, told=LATER)}), after
