"""What bars a verdict of "refuted": a line that a world contradicts may still ask, choose, define or mean what the notes do not say.

Each row is a test of the line and the words of its finding; the first one that holds counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context
from adjointcheck.notes.letters.formal import tells_of_functions
from adjointcheck.notes.letters.forms import is_solved_state
from adjointcheck.notes.letters.formulas import in_place
from adjointcheck.notes.letters.meaning import Applied, Symbol, children, core_of, symbols, walk
from adjointcheck.notes.letters.numbered import barred, customary
from adjointcheck.notes.letters.own_inputs import input_of, is_matrix, takes_parameters
from adjointcheck.notes.letters.partitions import BLOCKS
from adjointcheck.notes.letters.stars import REST
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.instants import moment
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.arrivals import ends_known, is_paid_for
from adjointcheck.notes.systems.carried_density import is_open
from adjointcheck.notes.systems.current_values import is_undiscounted
from adjointcheck.notes.systems.densities import rests_on_shape
from adjointcheck.notes.systems.eigenvalues import SAID
from adjointcheck.notes.systems.endless import speaks_of_end
from adjointcheck.notes.systems.equilibria import RESTING, rests_on_field
from adjointcheck.notes.systems.few_layers import OPTION, SPOKEN, has_numbers
from adjointcheck.notes.systems.in_numbers import may_be_so
from adjointcheck.notes.systems.multiplier import supposed
from adjointcheck.notes.systems.numbered_nets import OPTION as NUMBERED
from adjointcheck.notes.systems.reservations import ends_at_start, given, is_only_named, is_other_method, is_unchosen
from adjointcheck.notes.systems.sampling import is_paid_last
from adjointcheck.notes.systems.several_costs import others
from adjointcheck.notes.systems.special_cases import CONDITION, FREE, special_cases
from adjointcheck.notes.systems.stages import guessed, is_particular, is_step_alone
from adjointcheck.notes.systems.switching import hamiltonian_of
from adjointcheck.notes.systems.variations import CURVE, between_held_ends, first_integrals
from adjointcheck.notes.verdicts.comparison import UNFITTING, Agreement, Contradiction, Undecided
from adjointcheck.notes.verdicts.comparison import judge_pair as in_worlds
from adjointcheck.notes.verdicts.line import Line
from adjointcheck.notes.verdicts.matrices import grows_in_time, right_in_other_order
from adjointcheck.notes.verdicts.places import asks_for_end, at_value, fits_numbers_alone, is_of_example, leaves_place_open, may_be_optimum
from adjointcheck.notes.verdicts.regulators import right_in_steady_state, right_of_value
from adjointcheck.notes.verdicts.sayings import apart

AFTER = re.compile(r"\b(?:after|beyond|behind|nach|hinter|après|después|tras|dopo|após|depois)\b.{0,20}\b(?:last|letzt|derni|últim|ultim)"
                   r"|\b(?:after|beyond|past|right of|nach|hinter|rechts von|après|à droite de|después de|a la derecha de|dopo)\s+\$?t_")
FEW = re.compile(r"\$?\b[NKLT]\b\$?\W{0,3}(?:=|equal|gleich|vaut|égal|igual|uguale|равн)"
                 r"|\b(?:one|two|three|ein|zwei|drei|deux|trois|dos|tres|due|tre)\b"
                 r".{0,15}\b(?:layer|step|time|level|stage|schicht|schritt|couche|pas\b|capa|paso|passo|strat)", re.IGNORECASE)


ZERO = tree.Number(Fraction(0))
SHORTEST = "it may be the Hamiltonian of the shortest time, another cost than that of before"
NOTHING = "only time is paid for, and no formula that is understood says what is to be reached"
HELD_ANEW = "it may be the end that another task holds"
PRESCRIBED = re.compile(r"\bcondition|\bprescri|\bimpos|\brequir|\bdemand|bedingung|vorgeschrieb|vorgegeb|\bexig|услови")
PAID_ANEW = "it may be the cost of another example, which is paid at several times"
OTHER_FIELD = "f was told otherwise before: it may be another example"
ANOTHER = {**dict.fromkeys((SHORTEST, PAID_ANEW, OTHER_FIELD), frozenset({"field"})),  # posed anew
           HELD_ANEW: frozenset({"field", "refutations"})}


ROOT = re.compile(r"(?<!positive )(?<!right )(?<!correct )\b(?:root|solution|wurzel|lösung|nullstelle|racine|raíz|radice|корень)\s*\$?$",
                  re.IGNORECASE)


@dataclass(frozen=True)
class Pardon:
    """`why` gives the words of the finding, or nothing where the row does not hold."""

    why: Callable[[Line], str]
    status: str = "unknown"


def pardoned(line: Line) -> tuple[str, str] | None:
    """The status and the words of a line that is wrong in a world and not refuted; None where nothing bars it."""
    return next(((row.status, words) for row in PARDONS if (words := row.why(line))), None)


def _if(holds: Callable[[Line], bool], words: str) -> Callable[[Line], str]:
    return lambda line: words if holds(line) else ""


def _right_elsewhere(line: Line) -> bool:
    """Of notes with several costs, may a line that names none of them be right for another cost than the last?"""
    names = symbols(line.sides[0]) | symbols(line.sides[1])
    if "J" in names or not names & {"p", "H"}:
        return False
    outcomes = [in_worlds(*line.sides, line.relation, other) for other in others(line.spelt)]
    if getattr(line.left, "name", "") == "w":  # a cost that no control makes least says nothing for it
        return any(isinstance(outcome, Agreement) for outcome in outcomes)
    return any(not isinstance(outcome, Contradiction) for outcome in outcomes)


def _right_from_held_start(line: Line) -> bool:
    """With controls or parameters that vary delta x, does it leave out delta x(0)?"""
    held = line.spelt.assume("fixed start")
    varies = any(isinstance(part, tree.Variation) for side in line.sides for part in walk(side))
    told = "fixed start" in line.spelt.hypotheses
    return varies and not told and isinstance(in_worlds(*line.sides, line.relation, held), Agreement)


def _right_in_special(line: Line) -> bool:
    """May it be right in the case that its sentence tells?"""
    cases = special_cases(*line.sides, line.spelt, line.sentence)
    return any(not isinstance(in_worlds(left, right, line.relation, context), Contradiction) for left, right, context in cases)


def _right_first_integral(line: Line) -> bool:
    """Is F - y' F_{y'} conserved, or F_{y'}, where F is free of x, or of y?"""
    cases = first_integrals(*line.sides, line.spelt)
    return any(not isinstance(in_worlds(left, right, line.relation, context), Contradiction) for left, right, context in cases)


def _right_between_held_ends(line: Line) -> bool:
    """Is delta J = int (F_y - d/dx F_{y'}) eta dx right for a variation that vanishes at the ends?"""
    sides = between_held_ends(*line.pair)
    return bool(line.notes.option(CURVE)) and sides != line.pair and isinstance(in_worlds(*sides, line.relation, line.spelt), Agreement)


def _is_half(line: Line) -> bool:
    """delta^2 J = 1/2 int F_yy eta^2 + ...: the term of second order, where J + delta J + delta^2 J is meant?"""
    twice = isinstance(line.left, tree.Variation) and isinstance(line.left.of, tree.Variation)
    doubled = tree.Product((tree.Number(Fraction(2)), line.right))
    return twice and isinstance(in_worlds(line.left, doubled, line.relation, line.spelt), Agreement)


def _between_observations(line: Line) -> bool:
    """p(t) = p(s^-) exp(...): of which t?"""
    paths = [part for side in line.sides for part in walk(side) if isinstance(part, Symbol) and part.name == "p"]
    seen = any(isinstance(part.at, Symbol) and part.at.name == "s" and not part.at.bound for part in paths) and bool(line.notes.of("s"))
    pulses = any(isinstance(side, tree.Vector) for side in line.sides)  # what moves between observations, and the jumps
    return seen and not pulses and any(part.at in (None, Symbol("t")) for part in paths)


def _at_last_or_end(line: Line) -> bool:
    """p(T) beside what is paid at t_N: is the last observation made at the end?"""
    nodes = [part for side in line.sides for part in walk(side)]
    ends = any(isinstance(part, Symbol) and part.name == "p" and part.at == Symbol("t1") for part in nodes)
    return line.notes.option("horizon") == "own" and ends and any(map(is_paid_last, nodes))


def _is_differential(line: Line) -> bool:
    """dJ or dx(0), in notes that have a parameter d?"""
    known = line.notes.letters.get("d")
    if known is None or not known.part:
        return False
    rate = Symbol(known.symbol, part=(tree.Number(Fraction(known.part)),))
    nodes = (part for side in line.sides for part in walk(side) if isinstance(part, tree.Product))
    pairs = (pair for node in nodes for pair in zip(node.factors, node.factors[1:], strict=False))
    return any(one == rate and isinstance(other, Symbol) and (other.name == "J" or other.at is not None) for one, other in pairs)


def _of_path(line: Line) -> bool:
    """dJ/dw as an integral in time, where w is a path: the w that is shared by all times?"""
    by_path = any(isinstance(side, tree.Derivative) and side.of == Symbol("J") and side.by == (Symbol("w"),) for side in line.pair)
    return by_path and line.notes.over() == "time" and any(isinstance(part, tree.Integral) for side in line.pair for part in walk(side))


def _guess(line: Line) -> str:
    """The letter of whose meaning no line was sure."""
    letter = guessed(line.pair, line.spoken) or customary(line.pair, line.notes) or supposed(line.pair, line.notes)
    letter = letter or ("a bar" if barred(line.pair, line.spoken) and not line.notes.option("bars") else "")
    return letter and f"what {letter} is the notes do not say, and no line before shows it"


def _right_transposed(line: Line) -> bool:
    """Is it a gradient in a matrix, in notes that declare no layout, and right as the transposed one?"""
    known = input_of(line.sides[0], line.spelt)
    told = line.notes.option("gradients") == "column" or line.notes.option("said of gradients") == "columns"
    if known is None or not is_matrix(known) or told:
        return False
    turned = in_worlds(line.sides[0], tree.Transposed(line.sides[1]), line.relation, line.spelt)
    return not isinstance(turned, Contradiction) and not (isinstance(turned, Undecided) and turned.shapes)


def _under_some_control(line: Line) -> bool:
    """x(t) = exp(-t): of which control, where the notes have told of no optimal one, or have chosen one?  y'' = y is said of extremals."""
    extremal = line.notes.option(CURVE) and (ends_known(line.spoken) or (
        isinstance(line.left, tree.Derivative) and symbols(line.right) & {"x", "w", "p"}))
    moved = bool(line.notes.of("w")) and is_solved_state(*line.pair) and not extremal
    return moved and ("optimal" not in line.notes.hypotheses or line.notes.option("control") == "chosen")


def _of_untold_price(line: Line) -> bool:
    """lambda_1(t_f) = nu of a system in components, where no condition has the multiplier nu: this line may say what nu is."""
    told = any("nu" in symbols(law.left) | symbols(law.right) for law in line.notes.laws)
    return bool(line.notes.parts("x")) and "nu" in symbols(line.left) | symbols(line.right) and not told


MOVING = {"x", "p", "w", "t", "t0", "t1", "x0", "J", "f", "L", "Psi", "S", "M"}


def _at_rest(line: Line) -> bool:
    """x^* = gamma/delta of constants alone: a state of rest, which no solution need be in; A = (0, -b d/c; a c/b, 0) is its Jacobian."""
    left, right = line.sides
    told = line.left if isinstance(line.left, Symbol) and line.left.name == "x" and line.left.at is None else None
    resting = RESTING.search(line.sentence) is not None and bool(symbols(left) & {"x", "w"})
    return line.notes.over() == "time" and not symbols(right) & MOVING and (told is not None or resting)


def _claims_rest(line: Line) -> bool:
    """0 = f(x^*), of a sentence that calls x^* an equilibrium."""
    said = line.notes.option(REST) or line.notes.option(SAID)
    return bool(said) and isinstance(line.left, tree.Vector) and not symbols(line.right) & (MOVING - {"w"})


def _rests_otherwise(line: Line) -> bool:
    """k^* = (alpha/(rho + delta))^(1/(1 - alpha)), with rho of the cost alone, or beside a consumption that was taken for a number."""
    return _claims_rest(line) and not rests_on_field(line.right, line.notes)


def _by_steps(line: Line) -> bool:
    """p(t - h) = p(t) - h p-dot, p(T - 2h) = 0.2: values of a scheme, which are those of a solution to some order in h?"""
    paths = [part for side in line.pair for part in walk(side) if isinstance(part, Symbol) and part.name in ("x", "p")]
    places = [part.at for part in paths if isinstance(part.at, tree.Sum)]
    return line.notes.over() == "time" and any(_is_constant(symbols(place) - {"t", "t0", "t1"}, line.notes) for place in places)


def _is_constant(names: frozenset[str], context: Context) -> bool:
    return bool(names) and all(known.kind == "constant" for name in names for known in context.of(name) or (ROLES["t"],))


def _by_given_end(line: Line) -> bool:
    """s = 0.5 of s = T - tau, where T may have been told as a number."""
    bodies = [known.body for known in line.notes.letters.values() if known.body is not None and Symbol(known.symbol) == line.left]
    return isinstance(line.right, tree.Number) and any(symbols(body) & {"t0", "t1"} for body in bodies)


def _of_end_time(line: Line) -> bool:
    """2 T = sqrt(2) d of a horizon that the notes give no number: it may be how long the best one is."""
    names = {part.name for side in line.sides for part in walk(side) if isinstance(part, Symbol)}
    told = any(moment(known.letter) is not None for known in line.spelt.of("t1"))
    return "t1" in names and names <= {"t0", "t1", "theta", "x0"} and not told and line.notes.over() == "time"


def _of_few_layers(line: Line) -> bool:
    """x_0, M_0 and H_1 of all layers, where the sentence says that there are only a few."""
    told = has_numbers(*line.sides) and not line.spoken.option(OPTION)
    return line.notes.over() == "layers" and told and (FEW.search(line.sentence) or SPOKEN.search(line.sentence)) is not None


def _by_no_input(line: Line) -> bool:
    """dJ/dA_k of a letter A that has no value for each layer in what the notes say."""
    slopes = [part for side in line.sides for part in walk(side) if isinstance(part, tree.Derivative) and part.of == Symbol("J")]
    return any(isinstance(by, Symbol) and by.name not in ROLES and Symbol("l") in by.part for part in slopes for by in part.by)


def _of_free_letter(line: Line) -> bool:
    """P_k = ..., dS/dt = ... or log det S = ... of a letter of which no law speaks: it may be what says what P is."""
    left = core_of(line.left)
    names = {*symbols(line.left)} - {"t"}
    paths = {known.symbol for known in line.notes.letters.values() if known.kind == "path"}
    moved = any(names & symbols(law.left) for law in line.notes.laws)
    whole = isinstance(left, tree.Derivative | tree.Function) and len(names) == 1 and names <= paths and not moved
    left = Symbol(next(iter(names))) if whole else left
    if not isinstance(left, Symbol | Applied) or (left.name in ROLES and left.name != "f"):
        return False
    known = next(iter(line.notes.of(left.name)), None)
    told = any(left.name in symbols(law.right) for law in line.notes.laws)
    return known is not None and known.body is None and not told and (left.name != "f" or known.source != "declared")


def _without_layers(line: Line) -> bool:
    """H = L + p f after H_k = L_k + p_{k+1} f_k: another Hamiltonian, of a flow?"""
    named = getattr(line.left, "name", "") == "H" and bool(line.notes.of("H")) and line.notes.over() == "layers"
    return named and not any(getattr(part, "at", None) for part in walk(line.right))


def _of_untold_theta(line: Line) -> bool:
    """theta of theta(c), which the notes never explain: it need not be the parameters."""
    known = any(one.source != "usual" for one in (*line.notes.of("theta"), *line.notes.parts("theta"))) or takes_parameters(line.notes)
    sought = any(isinstance(part, tree.Derivative) and part.of == Symbol("J") and part.by == (Symbol("theta"),) for part in walk(line.left))
    return not (known or sought) and any(map(_multiplies_theta, line.sides))


def _multiplies_theta(node: Node) -> bool:
    """Does theta stand there by itself, in no function and as nothing in which is differentiated?"""
    if isinstance(node, Applied):
        return False
    return node == Symbol("theta") or any(map(_multiplies_theta, (node.of,) if isinstance(node, tree.Derivative) else children(node)))


def _of_other_components(line: Line) -> bool:
    """lambda_1-dot = -x_1 + lambda_2, where of the field no more is told than its name?"""
    nodes = [part for side in line.pair for part in walk(side)]
    numbered = any(isinstance(part, Symbol) and part.name in ("x", "p", "theta") and part.part
                   and all(isinstance(place, tree.Number) for place in part.part) for part in nodes)
    law = line.spelt.law("dynamics")
    named = law is not None and any(isinstance(part, Applied) and is_only_named(part.name, line.spelt) for part in walk(law.right))
    spoken = any(isinstance(part, Applied) and part.name in ("f", "L", "Psi", "H") and part not in line.pair for part in nodes)
    return numbered and named and not spoken


def _roots(line: Line) -> bool:
    """alpha u + x_0 exp(u T) (x_0 exp(u T) - c) = 0, an equation that a constant control is the root of."""
    left, right = line.sides
    plain = not any(isinstance(part, tree.Derivative | tree.Integral | tree.Variation | Applied) for part in walk(left))
    alone = plain and "w" in symbols(left) and not symbols(left) & {"x", "p", "H", "J", "P"}
    return right == tree.Number(Fraction(0)) and alone and not line.notes.option(CURVE)


def _energy_in_case(line: Line) -> bool:
    """H = 0 along the solution, of a sentence that begins with "if nothing depends on time explicitly"."""
    free = "free end time" in (*line.spelt.hypotheses, *line.notes.hypotheses)
    told = CONDITION.search(line.sentence.lower()) is not None and free
    whole = any(known.body == line.left for known in line.notes.of("H")) or getattr(line.left, "name", "") == "H"
    return told and isinstance(line.sides[1], tree.Number) and whole


def _of_one_step(line: Line) -> bool:
    """dJ/dw = k_1 f_w(x_n, w), where the words speak of parameters of one step alone."""
    slope, right = line.pair
    by = slope.by if isinstance(slope, tree.Derivative) and slope.of == Symbol("J") else ()
    told = line.spelt.option("parameters of") == "one step" and line.spelt.over() == "layers"
    return told and by == (Symbol("theta"),) and not any(isinstance(part, tree.Series) for part in walk(right))


def _is_price_of_block(line: Line) -> bool:
    """b(T) = 0 of states h and s, where the notes name a cost L(h(T)) and do not say what it is."""
    left, right = line.pair
    ended = isinstance(left, Symbol) and left.name == "p" and bool(left.part) and left.at == Symbol("t1")
    return bool(line.notes.option(BLOCKS)) and line.notes.law("objective") is None and ended and right == tree.Number(Fraction(0))


def _holds_end(line: Line) -> bool:
    """The condition x(1) = 0 of a second task, after a free end."""
    left, right = line.pair
    ended = isinstance(left, Symbol) and left.name == "x" and left.at == Symbol("t1") and not symbols(right)
    return ended and PRESCRIBED.search(line.sentence.lower()) is not None


def _is_carried_along(line: Line) -> bool:
    """p_{k+1} = p_k, of a parameter p among the states."""
    one, other = map(core_of, line.pair)
    paths = isinstance(one, Symbol) and isinstance(other, Symbol) and one.name == other.name == "p" and one.at != other.at
    return paths and line.notes.over() == "layers"


def _solves_for_number(line: Line) -> bool:
    """x(t) = cosh(1 - t)/cosh(1), where nothing tells that x is a number."""
    return getattr(line.left, "name", "") == "x" and symbols(line.right) <= {"t", "t0", "t1", "theta"} and fits_numbers_alone(line.outcome)


def _pays_at_times(line: Line) -> bool:
    """Psi = sum_i phi(x(s_i)) beside J = Psi(x(T)) + int L dt, where one letter is both."""
    return symbols(line.left) == {"Psi"} and any(isinstance(part, tree.Series) and "phi" in symbols(part) for part in walk(line.right))


def _adds_whole_slope(line: Line) -> bool:
    """p(s-) = p(s+) + dJ/dx(s), where dJ/dx(s) may be the slope of what is seen at s alone."""
    jumps = any(isinstance(part, Symbol) and part.name == "p" and "s" in symbols(part.at or ZERO) for part in walk(line.left))
    slopes = [part for part in walk(line.right) if isinstance(part, tree.Derivative) and symbols(part.of) == {"J"}]
    return jumps and any("s" in symbols(place.at or ZERO) for part in slopes for place in part.by if isinstance(place, Symbol))


def _of_shortest_time(line: Line) -> bool:
    """H = 1 + p f, in notes that have told another cost."""
    terms = [tree.unsigned(term) for term in tree.terms(line.right)]
    paid = [term for term in terms if "p" not in symbols(term)]
    return getattr(line.left, "name", "") == "H" and len(terms) > 1 and paid == [tree.Number(Fraction(1))]


def _of_weights_with_and_without_index(line: Line) -> bool:
    """W_k beside the W of f(x, w) = sigma(W x + b)."""
    found: dict[str, set[bool]] = {}
    for part in (part for side in line.sides for part in walk(side)):
        if isinstance(part, Symbol) and part.name not in ROLES:
            found.setdefault(part.name, set()).add(bool(part.part or part.at))
    return line.notes.over() == "layers" and any(len(ways) > 1 for ways in found.values())


def _sums_residuals(line: Line) -> bool:
    """sum_i e_i of e_i = y_i - x(s_i): the letter stands for one observation, and for which the sum does not say."""
    bodies = {known.symbol: known.body for known in line.spelt.letters.values() if known.body is not None and known.symbol not in ROLES}
    each = {name for name, body in bodies.items() if "observation" in symbols(body)}
    summed = (part.body for side in line.pair for part in walk(side) if isinstance(part, tree.Series))
    return any(symbols(body) & each for body in summed)


def _of_unsaid_field(line: Line) -> bool:
    """A_k = diag(sigma'(s_k)) W_k of A_k = df/dx: what the slope of f is, where no formula that is understood says what f is."""
    left, right = line.sides
    told = (known.body for known in line.spelt.letters.values() if known.body is not None and known.symbol == getattr(left, "name", ""))
    slope = next(told, left)
    of = slope.of if isinstance(slope, tree.Derivative) else None
    unsaid = all(known.body is None for known in line.spelt.of("f"))
    return isinstance(of, Applied) and of.name == "f" and unsaid and "act" in symbols(right) and "f" not in symbols(right)


def _of_other_size(line: Line) -> bool:
    """x-dot = x + u of one number, in notes whose state is a vector: the motion of another example."""
    moved = isinstance(line.left, tree.Derivative) and line.left.of == Symbol("x") and line.left.by == (Symbol("t"),)
    return moved and isinstance(line.outcome, Contradiction) and line.outcome.counterexample.gap == UNFITTING


def _where_a_number_holds(line: Line) -> bool:
    """p-dot = -p A after "now kappa = 0": right where kappa is that number."""
    known: dict[Node, Node] = {Symbol(law.left.name): law.right for law in line.spelt.laws
                               if law.kind == "value" and isinstance(law.left, Symbol) and law.left.name not in ROLES and not law.left.part}
    if not known:
        return False
    laws = tuple(replace(law, right=in_place(law.right, known)) for law in line.spelt.laws if law.kind != "value")
    one, other = (in_place(side, known) for side in line.sides)
    return not isinstance(in_worlds(one, other, line.relation, replace(line.spelt, laws=laws)), Contradiction)


def _is_root_put_aside(line: Line) -> bool:
    """(the root P = -1 is not positive)."""
    number = isinstance(line.right, tree.Number) or (isinstance(line.right, tree.Negative) and isinstance(line.right.of, tree.Number))
    return number and getattr(line.left, "name", "") in ("P", "K") and ROOT.search(line.sentence) is not None


def _of_untold_arrival(line: Line) -> bool:
    """1 + p f = 0 of the shortest time, where no formula says what has to be reached: without it p is 0."""
    law = line.spelt.law("objective")
    paid = law is not None and line.notes.over() == "time" and not symbols(law.right) & {"x", "w", "theta", "L", "Psi", "phi"}
    made = paid and law is not None and any(known.body is not None for name in symbols(law.right) for known in line.spelt.of(name))
    held = made or any(part.kind == "arrival" for part in line.spelt.laws) or bool(line.spelt.of("psi"))
    return paid and not held and bool({"p", "H"} & (symbols(line.sides[0]) | symbols(line.sides[1])))


def reaches_nothing(line: Line) -> bool:
    """p(T) = 0 of the shortest time, which holds only for want of a formula that says what has to be reached."""
    return getattr(line.left, "name", "") == "p" and line.right == tree.Number(Fraction(0)) and _of_untold_arrival(line)


def _of_other_field(line: Line) -> bool:
    """f(x) = ... of a field that the notes have told before."""
    told = any(known.body is not None for known in line.notes.of("f"))
    return isinstance(line.left, Applied) and line.left.name == "f" and line.left.at is None and told


def _weighs_otherwise(line: Line) -> bool:
    """H = p f - L/2 where J is the integral of L: then p is half of what belongs to J, or whatever its weight makes of it."""
    body = next((known.body for known in line.spelt.of("H")), None)
    told = any(known.told not in ("", "its Hamiltonian") for known in line.notes.of("p"))
    names = symbols(line.sides[0]) | symbols(line.sides[1])
    names = names.union(*(symbols(known.body) for known in line.spelt.letters.values() if known.body is not None and known.symbol in names))
    if body is None or told or line.spelt.law("dynamics") is None or not names & {"p", "P", "w"} or "H" in names:
        return False
    usual = hamiltonian_of(line.spelt)
    return all(isinstance(in_worlds(body, side, "=", line.spelt), Contradiction) for side in (usual, tree.Negative(usual)))


def _of_step_taken(line: Line) -> bool:
    """delta J = -eta int |G|^2 dt, where delta w is the step -eta G."""
    moved = [isinstance(part, tree.Variation) for side in line.sides for part in walk(side)]
    size = {known.symbol for known in line.spelt.letters.values() if known.letter == line.notes.option("step size")}
    return line.left == tree.Variation(Symbol("J")) and sum(moved) == 1 and bool(size & symbols(line.right))


def _of_untold_part(line: Line) -> bool:
    """dJ/dmu = a(0) + mu of J = E + D, where no formula says what D is."""
    law = line.notes.law("objective")
    untold = {known.symbol for known in line.spelt.letters.values() if known.body is None and known.kind == "constant"} - ROLES.keys()
    paid = any(bare.name in untold for bare in tree.terms(law.right) if isinstance(bare, Symbol)) if law is not None else False
    return paid and any(law.kind == "direction" for law in line.spoken.laws)  # along which mu moves the start


def _jumps(line: Line) -> bool:
    """lambda(t_k^+) = ..., at an observation itself."""
    return any(isinstance(node, Symbol) and getattr(node.at, "name", "") == "s" for node in walk(line.left))


def _of_clock_at_end(line: Line) -> bool:
    """(a, a_theta, a_t) = (dL/dz, 0, 0) at t_1: the derivative by the augmented state's own time, which no cost takes at its end."""
    rows = (core_of(side.of if isinstance(side, tree.Evaluated) else side) for side in line.sides)
    cells = [[*walk(row)] for row in rows if isinstance(row, tree.Vector)]
    names = {getattr(cell, "name", "") for row in cells for cell in row} if len(cells) == 2 else set()
    return "a_t" in names and any(tree.Number(Fraction(0)) in row for row in cells)


def _is_twice(left: Node) -> bool:
    """mu'', where the equations of first order are put into each other."""
    return isinstance(left, tree.Derivative) and left.by == (Symbol("t"), Symbol("t"))


def _of_other_matrix(line: Line) -> bool:
    """P = (sqrt 3, 1; 1, sqrt 3) in notes whose P was a number."""
    many = len(getattr(core_of(line.right), "rows", ())) > 1
    return many and getattr(line.left, "name", "") in ("P", "K") and len(line.spelt.parts("x")) == 1


def _of_two_multipliers(line: Line) -> bool:
    """lambda-dot = lambda beside lambda_1 = 0.375 of a later part, which was taken for the costate."""
    costates = (known.letter.strip("()").partition("_") for known in line.spelt.letters.values() if known.symbol == "p")
    bases = {base for base, _, mark in costates if mark.isdigit()}
    return any(base in line.spelt.letters and line.spelt.letters[base].symbol != "p" for base in bases)


def _of_paid_and_held_end(line: Line) -> bool:
    """p(T) = c/2 - 1 of (x(T) - 1)^2 / 2 beside x(T) = c/2, which may follow from the motion and hold nothing."""
    gaps = (law.right for law in line.spelt.laws if law.kind == "arrival" and "theta" in symbols(law.right))
    ends = [node for gap in gaps for node in walk(gap) if getattr(node, "name", "") == "x"]
    prices = [getattr(part, "part", ()) for side in line.sides for part in walk(side) if getattr(part, "name", "") == "p"]
    return any(is_paid_for(end, line.spelt) and getattr(end, "part", ()) in prices for end in ends)


PARDONS = (
    Pardon(_if(_of_clock_at_end, "it may be the derivative by the time of the augmented state, which no cost takes at its end")),
    Pardon(_if(lambda line: grows_in_time(line.sides, line.spelt),
               "a matrix that was told to change in time stands in an exponential, and may be constant from here on")),
    Pardon(_if(lambda line: tells_of_functions(line.sides, line.spelt), "it says what functions are like that the notes leave open")),
    Pardon(_if(_of_other_matrix, OTHER_FIELD)),
    Pardon(_if(_of_two_multipliers, "which of two letters is the costate the notes do not say")),
    Pardon(_if(_of_paid_and_held_end, "the end state is paid for, and what it is may follow from the motion")),
    Pardon(_if(lambda line: right_in_other_order(line.sides, line.relation, line.spelt), "it is right of numbers, or in the other order")),
    Pardon(_if(lambda line: leaves_place_open(line.sides, line.notes), "where the slope of the end cost is taken is not said")),
    Pardon(_if(lambda line: may_be_optimum(line.sides, line.notes), "it may be the condition of an optimum")),
    Pardon(_if(lambda line: bool(line.notes.option(NUMBERED)) and fits_numbers_alone(line.outcome),
               "it may be said of layers that are numbers")),
    Pardon(_if(_solves_for_number, "it may be said of a state that is a number")),
    Pardon(_if(lambda line: at_value(line.sides), "it is taken at a value of the parameters")),
    Pardon(_if(lambda line: is_of_example(line.outcome), "it may be the value of an example, whose numbers are not understood")),
    Pardon(_if(lambda line: bool(line.notes.option(BLOCKS)) and _is_twice(line.left) and FREE.search(line.sentence.lower()) is not None,
               "it is said of functions that leave out an argument")),
    Pardon(_if(_rests_otherwise, "it may be the state of rest of an optimal solution")),
    Pardon(_if(_of_untold_part, "what a part of the cost is no formula says")),
    Pardon(_if(_of_weights_with_and_without_index, "a letter stands there with an index of layers and without one")),
    Pardon(_if(_of_other_size, OTHER_FIELD)),
    Pardon(_if(lambda line: line.left == Symbol("eps") and isinstance(line.right, tree.Number), "a place"), "assumption"),
    Pardon(_if(_is_root_put_aside, "it may be the root of a Riccati equation that is not the solution")),
    Pardon(_if(_sums_residuals, "a letter of one observation stands in a sum over all of them")),
    Pardon(_if(_of_unsaid_field, "no formula that is understood says what f is here")),
    Pardon(_if(_where_a_number_holds, "it is right for the number that the notes have given a letter")),
    Pardon(_if(_of_other_components, "it speaks of components, and of the field the notes tell no more than its name")),
    Pardon(_if(_weighs_otherwise, "the Hamiltonian weighs the cost otherwise than J: its multiplier may belong to another weight")),
    Pardon(_if(lambda line: is_open(line.pair, line.notes), "it says what the loss is, and the letter that it pays starts somewhere")),
    Pardon(_if(_of_step_taken, "it is said of the step that the iteration takes")),
    Pardon(_if(_roots, "it may be the equation that a constant control is the root of")),
    Pardon(_if(_energy_in_case, "it is said of a case, in which the worlds have no optimal end")),
    Pardon(_if(_of_one_step, "it may be the gradient through one step alone")),
    Pardon(_if(_without_layers, "it names no layer, and may be another Hamiltonian than that of the layers"), "definition"),
    Pardon(_if(_of_untold_theta, "what theta is the notes do not say")),
    Pardon(_if(_of_free_letter, "what the letter on the left is no line before says")),
    Pardon(_if(_by_no_input, "how the layers depend on the letter in which is differentiated the notes do not say")),
    Pardon(_if(_by_steps, "it may be a step by hand, and is so for no solution itself")),
    Pardon(_if(_by_given_end, "it may be so for the horizon that the notes give as a number")),
    Pardon(_if(_of_end_time, "it may say how long the best horizon is")),
    Pardon(_if(_of_few_layers, "it is said of a few layers, and how many there are is not understood")),
    Pardon(_if(_under_some_control, "it is so under one control, and no formula says that this is the optimal one")),
    Pardon(_if(_of_untold_price, "what nu is no line before says: no end condition has it as its multiplier")),
    Pardon(_if(_at_rest, "it may be a state of rest, and no line says so in a form that is understood")),
    Pardon(_if(lambda line: speaks_of_end(line.pair, line.notes), "it is said of the end of a horizon that has none")),
    Pardon(_if(lambda line: any(name.endswith(REST) for name in symbols(line.left) | symbols(line.right)),
               "it speaks of a state of rest, of which the worlds know nothing")),
    Pardon(_if(_of_other_field, OTHER_FIELD)),
    Pardon(_if(_of_shortest_time, SHORTEST)),
    Pardon(_if(_holds_end, HELD_ANEW)),
    Pardon(_if(right_in_steady_state, "it is so of the constant P; say that the horizon is infinite, or that P is")),
    Pardon(_if(right_of_value, "it is so of P in J = x' P x, which is half of that in p = P x; write which one is meant")),
    Pardon(_if(_pays_at_times, PAID_ANEW)),
    Pardon(_if(_is_carried_along, "it may be a parameter that is carried along as a state, and no costate")),
    Pardon(_if(_adds_whole_slope, "dJ/dx(t_i) may be the slope of what is paid at t_i alone; write that cost with its index")),
    Pardon(_if(_is_price_of_block, "the cost may rest on some of the states alone")),
    Pardon(_if(_of_untold_arrival, NOTHING)),
    Pardon(_if(_right_transposed, "it is the transpose of a gradient that has its matrix's shape; declare `gradients: columns`")),
    Pardon(_if(_right_elsewhere, "it is wrong for the cost named last, and may be right for another one; name the cost")),
    Pardon(_if(lambda line: line.relation == ":=", "a definition of what was taken for something else here")),
    Pardon(_if(lambda line: line.relation != "approx" and given(*line.pair, line.notes) and not _claims_rest(line),
               "it is not so in general; what rests on it is left open"), "assumption"),
    Pardon(_if(lambda line: ends_at_start(line.notes), "the cost has a density at the start, and which end is held is not understood")),
    Pardon(_if(lambda line: rests_on_shape(line.pair, line.notes), "the base density is told by name; write the formula of its logarithm")),
    Pardon(_if(lambda line: is_unchosen(*line.pair, line.notes), "it may say what a letter is chosen by, and the notes name no control")),
    Pardon(_if(_right_from_held_start, "it is right where the start is held; say so, or write delta x(0) = 0")),
    Pardon(_if(_right_first_integral, "it is right where the integrand does not depend on one of its arguments; say so")),
    Pardon(_if(_right_between_held_ends, "it is right where the variation vanishes at the ends; say so")),
    Pardon(_if(_is_half, "it is half the second derivative; say how J is expanded")),
    Pardon(_if(_right_in_special, "it is said of a special case, in which no world contradicts it")),
    Pardon(_if(lambda line: bool(line.notes.of("s") and AFTER.search(line.sentence.lower())) and not _jumps(line),
               "it is said of the time after the last observation")),
    Pardon(_if(lambda line: is_undiscounted(line.notes) and bool({"p", "H"} & (symbols(line.left) | symbols(line.right))),
               "the Hamiltonian leaves out the discount factor of the cost: its multiplier may be a current value")),
    Pardon(_if(_at_last_or_end, "it may be right where the last observation is made at the end; write t_N = T or t_N < T")),
    Pardon(_if(_between_observations, "it holds between two observations, and which ones is not told")),
    Pardon(_if(_is_differential, "d may be a parameter or a differential here; write \\mathrm{d} for the differential")),
    Pardon(_if(_of_path, "it may be the gradient in a control that all times share")),
    Pardon(_if(lambda line: asks_for_end(line.sides, line.notes, line.outcome), "it may ask for the best end time")),
    Pardon(lambda line: may_be_so(*line.pair, line.notes)),
    Pardon(_guess),
    Pardon(lambda line: apart(line.sentence)),
    Pardon(_if(lambda line: is_other_method(*line.pair, line.notes), "it may be the step of another method")),
    Pardon(_if(lambda line: is_particular(line.pair, line.spoken) or is_step_alone(line.pair, line.spoken),
               "it speaks of one method, and no formula gives its coefficients; write a_21 and b_2, or give them")),
)
