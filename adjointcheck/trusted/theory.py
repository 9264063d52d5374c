"""Theories: derivations for every dimension, judged line by line; `language.py` says what their letters and facts mean.

A rule turns the facts of its premises and a claim into equalities that must hold, or raises StepRejected; solved equations
among the premises are put in before `matrix.py` compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from adjointcheck.errors import StepRejected
from adjointcheck.expression.node import ONE, ZERO, Expression, substitute, symbol, symbols_of
from adjointcheck.trusted.language import Fact, Language, Obligation, derive, read_language
from adjointcheck.trusted.matrix import SHIFTS, Letter, compare, has, normal
from adjointcheck.trusted.replay import Judged, Judgement, Step, attempt, read_log, read_names
from adjointcheck.trusted.verdict import Status, Verdict, worst

# Rules


@dataclass(frozen=True)
class Line:
    """One step as its rule sees it: the facts it starts from, its claim and options, and what earlier steps did."""

    language: Language
    main: Sequence[Fact]
    claim: Fact
    how: Mapping[str, str]
    marks: frozenset[str]
    patterns: Sequence[tuple[Fact, str]] = ()

    def expect(self, fits: bool, wanted: str) -> None:
        if not fits:
            raise StepRejected("rule", ", ".join(self.claim.parts), wanted)

    def option(self, name: str) -> Expression:
        return self.language.read(self.how[name], name)

    def variation(self) -> tuple[str, str, str]:
        """The option `of`, such as x.delta or x.before.delta, with its letter and its one derivation."""
        node = self.option("of")
        base, *suffixes = node.value.split(".") if node.head == "symbol" else ("",)
        derivations = [suffix for suffix in suffixes if suffix not in SHIFTS]
        self.expect(len(derivations) == 1 and derivations != ["dot"], "a variation such as x.delta")
        return node.value, base, derivations[0]

    def new(self, letter: Expression, sources: Iterable[Expression]) -> None:
        """`letter` is named here for the first time, and its flags promise no more than its sources keep."""
        language, name, sources = self.language, letter.value, list(sources)
        self.expect(letter.head == "symbol" and "." not in name and f"name {name}" not in self.marks, "a letter that is new here")
        arguments = {argument for slopes in language.functions.values() for argument in slopes}
        taken = language.bound | arguments | {*language.points} | _bases(symbols_of(*sources))  # y = t y.dot - t has no solution at t = 0
        self.expect(name not in taken, "a letter that nothing else defines")
        flags = language.letters[name].flags
        self.expect(flags <= {"constant", "varies"} and self.claim.at in ("", "always"), "a plain letter's definition, always")
        self.expect("constant" not in flags or not self.claim.at or language.timeless(*sources), "a constant, if so flagged")
        self.expect("varies" in flags or not any(map(language.varying, sources)), "a letter flagged varies")
        self.expect(language.regular(*sources), "no division by what tends to 0")


def _same(line: Line, expected: Fact) -> list[Obligation]:
    """The claim and `expected` say the same: slot by slot, or left - right for equations at the same place."""
    claim = line.claim
    line.expect(claim.at == expected.at, f"an equation at {expected.at}" if expected.at else "a functional")
    if claim.at:
        return [(claim.at, claim.part("left") - claim.part("right"), expected.part("left") - expected.part("right"))]
    kind = line.language.interval(claim, expected)
    slots = dict.fromkeys([*claim.parts, *expected.parts])
    return [("always" if slot == kind else slot, claim.part(slot), expected.part(slot)) for slot in slots]


def _sources(fact: Fact) -> list[Expression]:
    return [root for slot, root in fact.parts.items() if slot not in ("left", "value")]


def assume(line: Line) -> list[Obligation]:
    """|- x = E at a place, a hypothesis of the theorem: x no input, solved for once, and not in E; or a functional."""
    left = line.claim.part("left")
    line.expect(not line.language.flagged(line.claim.part("value"), "input"), "a value that is no input")
    if line.claim.at:
        line.expect(left.head == "symbol" and left.value not in symbols_of(line.claim.part("right")), "an equation solved for one letter")
        line.expect(not any(line.language.flagged(left, flag) for flag in ("input", "small", "identity")), "a letter that is no input")
        line.expect(f"solved {left.value} {line.claim.at}" not in line.marks, "a letter that no step has solved for at this place")
    return []


def define(line: Line) -> list[Obligation]:
    """|- y = E always, or y = functional: y is a new letter, so nothing is assumed."""
    line.new(line.claim.part("left" if line.claim.at else "value"), _sources(line.claim))
    return []


def choose(line: Line) -> list[Obligation]:
    """V = ... int F dt |- p.dot = R (over layers p = R), chosen so that the variation `of` drops out of F, or of a point's term.

    p is a multiplier, of which nothing is assumed: between the points one law, from one end one value, at inner points one jump,
    all of them followed in one direction, so that such a p exists whatever else holds.
    """
    assume(line)
    language, at, (of, _, along) = line.language, line.claim.at, line.variation()
    name = line.claim.part("left").value if at else "."
    base, _, suffix = name.partition(".")
    stretch, right = _stretch(language, at), symbols_of(line.claim.part("right"))
    forms = ("" if language.layers else "dot",) if at == "always" else ("",) if stretch == "ends" else ("before", "after")
    line.expect(suffix in forms and (not language.layers or at != language.points[0]), "p.dot (over layers p), p at an end, or p.before")
    free = base not in language.bound and language.letters[base].flags <= {"varies"} and not {f"assume {base}", f"made {base}"} & line.marks
    line.expect(free and f"choose {base} {stretch}" not in line.marks, "a multiplier of which nothing is assumed, one law, one end")
    line.expect(f"in {stretch} {name}" not in line.marks, "a letter that no earlier choice there builds on")
    against = {"back": "towards forth", "forth": "towards back"}.get(_direction(language, name, at))
    line.expect(against not in line.marks, "one direction for all choices: from one end to the other")
    _unwound(line, base, name, right)
    slope = derive(line.main[0].part(language.interval(*line.main) if at == "always" else at), {of: symbol(of)})
    line.expect(name in symbols_of(slope), "a letter of that variation's coefficient")
    line.expect(not any(along in used.split(".") for used in right), "a choice free of variations")
    return [(at, substitute([slope], {name: line.claim.part("right")})[0], ZERO)]


def _unwound(line: Line, base: str, name: str, right: set[str]) -> None:
    """R says nothing of p but by p itself in a law p.dot = R, p.next in p = R, or p.after in a jump p.before = R."""
    stretch, flow = _stretch(line.language, line.claim.at), name == f"{base}.dot"
    across = f"{base}.after" if name.endswith("before") else f"{base}.before"
    own = {"always": base if flow else f"{base}.next", "ends": ""}.get(stretch, across)
    reached = _reach(line.language, line.marks, right - {own})
    itself = (base, True) in reached or (not flow and (base, False) in reached)
    line.expect(not itself, "a right side that is not made of the letter itself")
    line.expect(flow or f"inside {stretch} {base}" not in line.marks, "a letter that nothing chosen there is made of")
    line.expect(f"moved {base}" not in line.marks, "a letter whose derivative no earlier choice builds on")
    line.expect(not any(moved and f"choose {b}" in line.marks for b, moved in reached), "no derivative of another multiplier")


def _direction(language: Language, name: str, at: str) -> str:
    """Where the values of a multiplier that starts here are carried; "" for a law over time, which goes both ways."""
    if at == "always":
        return "back" if language.layers else ""
    return "back" if at == language.points[-1] or name.endswith(".before") else "forth"


def _bases(names: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def _reach(language: Language, marks: Iterable[str], names: Iterable[str], functions: bool = True) -> set[tuple[str, bool]]:
    """What `names` are made of, by definitions, solved equations and functions; True where a derivative of it enters.

    The next layer, from which choices come, is left out.
    """
    found: set[tuple[str, bool]] = set()
    stack = [(name, False) for name in names]
    while stack:
        name, moved = stack.pop()
        base, *suffixes = name.split(".")
        state = base, moved or not SHIFTS.issuperset(suffixes)
        if state not in found and not (language.layers and "next" in suffixes):
            found.add(state)
            sources = [source for mark in marks for made, arrow, source in [mark.partition(" <- ")] if arrow and made == base]
            declared = language.functions.items() if functions else ()
            sources += [a for function, slopes in declared if base in (function, *slopes.values()) for a in slopes]
            stack += [(source, state[1]) for source in sources]
    return found


def _stretch(language: Language, at: str) -> str:
    return "ends" if at in language.points[:1] + language.points[-1:] else at


def rewrite(line: Line) -> list[Obligation]:
    """facts |- claim = sum of the facts, each under its pattern (linear in `hole`), solved equations put in where they hold."""
    language = line.language
    sums: dict[str, Expression] = {}
    for fact, text in line.patterns:
        line.expect(not line.claim.at or bool(fact.at), "functionals to give functionals")
        instances = language.instances(fact, line.claim.at) if fact.at else [fact.parts]
        line.expect(len(instances) == 1 and bool(line.claim.at) == bool(fact.at), "an equation that holds where the claim does")
        for slot, root in instances[0].items():
            sums[slot] = sums.get(slot, ZERO) + _within(line, text, root)
    return _same(line, Fact(sums, line.claim.at))


def _within(line: Line, text: str, root: Expression) -> Expression:
    """`text` with `hole` filled by `root`, once it is proved linear in it."""
    shape = normal(root, line.language.letters)
    if not shape.rows:
        return ZERO
    extended = replace(line.language, letters={**line.language.letters, "hole": Letter(shape.rows, shape.cols)})
    pattern = extended.read(text, "pattern")
    line.expect(not any(name.startswith("hole.") for name in symbols_of(pattern)), "hole itself, not its derivatives")
    constant = extended.timeless(*(symbol(s) for s in symbols_of(pattern) - {"hole"}))
    filled = symbol("hole.filled")
    linear = compare(derive(pattern, {"hole": filled}), substitute([pattern], {"hole": filled})[0], extended.letters)
    line.expect(linear.status is Status.PROVED and (bool(line.claim.at) or constant), "a pattern linear in hole, constant for functionals")
    return substitute([pattern], {"hole": root})[0]


def differentiate(line: Line) -> list[Obligation]:
    """l = r |- D l = D r; at a point s that moves, D is the total variation D + (D s) d/dt; functionals by Leibniz' rule."""
    language, fact, by = line.language, line.main[0], line.how["by"]
    line.expect(by.isascii() and by.isalpha() and by.islower() and by not in SHIFTS, "a derivation")
    line.expect(by != "dot" or (fact.at == "always" and not language.layers), "an equation that holds always, over time")

    def along(point: str, root: Expression) -> Expression:
        return language.move(root, by) + language.move(root, "dot") * speed(point)

    def speed(point: str) -> Expression:
        return language.move(symbol(point), by) if point in language.letters and point in language.points else ZERO

    if fact.at:
        return _same(line, Fact({side: along(fact.at, root) for side, root in fact.parts.items()}, fact.at))
    parts = {slot: along(slot, root) for slot, root in fact.parts.items()}
    if "integrand" in parts:
        for point, root in language.ends(fact.part("integrand")).items():
            parts[point] = parts.get(point, ZERO) + root * speed(point)
    return _same(line, Fact(parts))


def by_parts(line: Line) -> list[Obligation]:
    """V = ... int F |- V = ... int (F - D_t B) + B(last) - B(first) + jumps of B; for sums D_t B is B.next - B."""
    language, fact, boundary = line.language, line.main[0], line.option("boundary")
    kind = language.interval(fact, line.claim)
    line.expect(not fact.at and kind == ("sum" if language.layers else "integrand"), "a functional with an integral (over layers a sum)")
    line.expect(language.layers or not any(".next" in name for name in symbols_of(boundary)), "a boundary term at one time")
    flow = language.move(boundary, "dot") if kind == "integrand" else language.move(boundary, "next") - boundary
    parts = {**fact.parts, kind: fact.part(kind) - flow}
    for point, root in language.ends(boundary).items():
        parts[point] = parts.get(point, ZERO) + root
    return _same(line, Fact(parts))


def gradient(line: Line) -> list[Obligation]:
    """V = ... G v + (terms in variations of other inputs) |- G, a new letter: a functional for constant v, else its density."""
    language, fact, claim, (of, base, suffix) = line.language, line.main[0], line.claim, line.variation()
    kind, density = language.interval(fact), bool(claim.at)
    line.new(claim.part("left" if density else "value"), _sources(claim))
    line.expect(of == f"{base}.{suffix}", "the variation of a letter, at no special side")
    line.expect(not fact.at and density != language.timeless(symbol(of)), "a functional; a constant's gradient, or a density's equation")
    value = fact.part("value")
    line.expect(value.head == "symbol" and suffix in value.value.split(".")[1:], "the variation of one letter as the functional's value")
    line.expect(not density or kind in ("integrand", "sum"), "a density under an integral or a sum")
    slots = {slot: fact.part(slot) for slot in dict.fromkeys([*fact.parts, *claim.parts]) if slot not in ("left", "right", "value")}
    varied = {name for root in slots.values() for name in symbols_of(root) if suffix in name.split(".")[1:]}
    line.expect(all(language.flagged(symbol(name), "input") for name in varied), "variations of inputs alone in the functional")
    line.expect({name for name in varied if name.partition(".")[0] == base} <= {of}, "the variation itself, not its derivatives")
    line.expect(not any(suffix in name.split(".")[1:] for name in symbols_of(*_sources(claim))), "a gradient free of variations")
    found: list[Obligation] = []
    for slot, root in slots.items():
        place = "always" if slot == kind else slot
        slope = claim.part(slot) if not density else claim.part("right") if slot == kind else ZERO
        found.append((place, derive(root, {of: symbol(of)}), slope * symbol(of)))
        found.append((place, substitute([root], dict.fromkeys(varied, ZERO))[0], ZERO))
    return found


def expand(line: Line) -> list[Obligation]:
    """|- E = c0 + c1 eps + ... + eps**(k+1) r: Taylor's theorem for E smooth in eps, with a new, bounded r."""
    language, claim, eps, rest, order = line.language, line.claim, _small(line), line.option("remainder"), line.how["order"]
    line.expect(order in tuple("012345678") and claim.at == "always" and rest.head == "symbol", "an order below 9 and a letter")
    left, right = claim.part("left"), claim.part("right")
    main = substitute([right], {rest.value: ZERO})[0]
    explicit = not any(language.varying(symbol(name)) for name in symbols_of(left, main) - {eps})
    line.expect(explicit and language.regular(left, right), "both sides explicit and regular in the small letter")
    line.expect(has(language.letters, rest.value, "varies"), "a remainder flagged varies")
    line.new(rest, [left])
    found: list[Obligation] = [("always", right - main, symbol(eps) ** (int(order) + 1) * rest)]
    for _ in range(int(order) + 1):
        at_zero = substitute([left, main], {eps: ZERO})
        found.append(("always", at_zero[0], at_zero[1]))
        left, main = (derive(side, {eps: ONE}) for side in (left, main))
    return found


def limit(line: Line) -> list[Obligation]:
    """F(eps, r) = 0 for all small eps |- F(0, r) = 0, free of what varies; a sum of eps E goes over into the integral of E at 0."""
    language, fact, claim, eps = line.language, line.main[0], line.claim, _small(line)
    line.expect(language.regular(*fact.parts.values()), "no division by what tends to 0")
    line.expect(not any(map(language.varying, claim.parts.values())), "a claim free of what varies")
    if claim.at:
        sides = substitute([fact.part("left"), fact.part("right")], {eps: ZERO})
        return _same(line, Fact(dict(zip(("left", "right"), sides, strict=True)), fact.at))
    line.new(claim.part("value"), _sources(claim))
    parts = {slot: root for slot, root in fact.parts.items() if slot != "value"}
    layer = parts.pop("sum", ZERO)
    parts["integrand"] = parts.get("integrand", ZERO) + derive(layer, {eps: ONE})
    at_zero = dict(zip(parts, substitute(parts.values(), {eps: ZERO}), strict=True))
    return [("always", substitute([layer], {eps: ZERO})[0], ZERO), *_same(line, Fact({**at_zero, "value": claim.part("value")}))]


def unique(line: Line) -> list[Obligation]:
    """E.dot = R (over layers E = R in E.next, or E.next = R in E), R = 0 if E = 0, E = 0 where it starts |- E = 0 always."""
    language, (law, end), left, moved = line.language, line.main, line.claim.part("left"), line.main[0].part("left")
    line.expect(line.claim.at == law.at == "always" and left.head == "symbol" and len(language.points) == 2, "one letter, always")
    after, first, last = language.move(left, "next"), language.points[0], language.points[-1]
    laws = [(left, after, {last}), (after, left, {first})] if language.layers else [(language.move(left, "dot"), left, {first, last})]
    found = [(source, starts) for result, source, starts in laws if result is moved and end.at in starts]
    line.expect(bool(found), "a law for the letter's .dot or its next layer, and a zero where that starts")
    rate = substitute([law.part("right")], {found[0][0].value: ZERO})[0]
    return [("always", rate, ZERO), (end.at, end.part("left") - end.part("right"), left), ("always", line.claim.part("right"), ZERO)]


def _small(line: Line) -> str:
    names = [name for name, letter in line.language.letters.items() if "small" in letter.flags]
    line.expect(len(names) == 1, "a theory with one small letter")
    return names[0]


@dataclass(frozen=True)
class Row:
    """A rule, how many facts it starts from (the other premises are solved equations to put in), its options, and words."""

    apply: Callable[[Line], list[Obligation]]
    main: int
    options: tuple[str, ...]
    words: str
    extra: bool = True


RULES: dict[str, Row] = {row.apply.__name__: row for row in (
    Row(assume, 0, (), "Hypothesis.", False),
    Row(define, 0, (), "Definition of a new letter.", False),
    Row(choose, 1, ("of",), "Chosen so that the variation drops out."),
    Row(rewrite, 0, (), "Equals put for equals."),
    Row(differentiate, 1, ("by",), "Differentiate both sides; a functional by Leibniz' rule, moving end points included."),
    Row(by_parts, 1, ("boundary",), "Integration (summation) by parts."),
    Row(gradient, 1, ("of",), "What multiplies the variation of an input is the gradient in it."),
    Row(expand, 0, ("order", "remainder"), "Taylor expansion in the small letter.", False),
    Row(limit, 1, (), "The small letter tends to 0.", False),
    Row(unique, 2, (), "The only solution that vanishes at an end is 0.", False),
)}


# Judging


def judge_theory(document: Mapping[str, Any]) -> Judgement:
    """Re-prove a theory step by step; raises ProblemError when it has not the form of one."""
    (language, conclusions), steps = read_log(document, lambda given: (read_language(given), read_names(given["conclusions"])))
    facts: dict[str, Fact] = {}
    marks: set[str] = set()
    judged = [attempt(step.id, step.rule, partial(_step_verdict, language, step, facts, marks)) for step in steps]
    reached = {step.id for step in steps if step.rule not in ("assume", "define")}
    missing = [name for name in conclusions if name not in reached] if conclusions else ["a conclusion"]
    judged += [Judged("end", "conclusion", Verdict(Status.INVALID, reason=f"no step proves {name}")) for name in missing]
    return Judgement(tuple(judged), ())


def _step_verdict(language: Language, step: Step, facts: dict[str, Fact], marks: set[str]) -> Verdict:
    if step.rule not in RULES or step.id in facts or not set(step.premises) <= facts.keys():
        known = f"a new id, earlier premises, a rule among {', '.join(RULES)}"
        raise StepRejected(f"step {step.id}", f"{step.rule} from {', '.join(step.premises) or 'nothing'}", known)
    claim = language.fact(step.claim, f"step {step.id}")
    line, premises = _line(language, step, claim, facts, marks)
    verdicts = [language.equal(obligation, premises) for obligation in RULES[step.rule].apply(line)]
    facts[step.id] = claim
    marks |= _marks(language, step, claim, marks)
    taken = {"assume": ("hypothesis",), "define": ("definition",)}.get(step.rule, ("nothing to show",))
    return worst(verdicts) if verdicts else Verdict(Status.PROVED, taken)


def _marks(language: Language, step: Step, claim: Fact, marks: set[str]) -> set[str]:
    """What later steps must know of this one: the letters it names, what it solved for and where, what is made of what."""
    rule, left, sources = step.rule, claim.part("left"), symbols_of(*_sources(claim))
    found = {f"name {base}" for base in _bases(symbols_of(*claim.parts.values()))}
    if claim.at and rule in ("assume", "choose"):
        name, stretch = left.value, _stretch(language, claim.at)
        base = name.partition(".")[0]
        found |= {f"solved {name} {claim.at}", f"{rule} {base}", f"{rule} {base} {stretch}"}
        reached = _reach(language, marks, sources)
        if rule == "choose":
            found |= {f"in {stretch} {used}" for used in sources} | {f"towards {_direction(language, name, claim.at)}"}
            inside = {b for s in sources for b, _ in _reach(language, marks, {s}) if b != s.partition(".")[0]}
            found |= {f"inside {stretch} {b}" for b in inside} | {f"moved {b}" for b, moved in reached if moved}
        elif name == base and claim.at == "always" and not {f"assume {base}", f"made {base}"} & marks:
            found |= {f"{base} <- {source}" for source in sources}
        else:  # a second word on what has a source already, or a law: none of its sources is free any more
            found |= {f"assume {b}" for b, _ in _reach(language, marks, {*sources, base}, functions=False)}
    made = {"define": left.value or claim.part("value").value, "gradient": left.value or claim.part("value").value,
            "limit": claim.part("value").value, "expand": step.how.get("remainder")}.get(rule)
    if made:  # 0, the value of a missing part, names nothing
        found |= {f"made {made}"} | {f"{made} <- {source}" for source in sources - {made}}
    return found


def _line(language: Language, step: Step, claim: Fact, facts: Mapping[str, Fact], marks: set[str]) -> tuple[Line, list[Fact]]:
    """The step as its rule sees it, and the solved equations among its premises."""
    row, named = RULES[step.rule], {name: facts[name] for name in step.premises}
    summed = [name for name, fact in named.items() if row.apply is rewrite and (name in step.how or not fact.at)]
    patterned = {name: step.how.get(name, "hole") for name in summed}
    main = step.premises[: row.main]
    rest = [named[name] for name in step.premises[row.main :] if name not in patterned]
    solved = all(fact.at and fact.part("left").head == "symbol" for fact in rest) and (row.extra or not rest)
    options = set(step.how) == set(row.options) or (row.apply is rewrite and set(step.how) <= set(patterned))
    if len(main) < row.main or not solved or not options or len(named) < len(step.premises):
        raise StepRejected(f"step {step.id}, {step.rule}", ", ".join((*step.premises, *step.how)) or "nothing",
                           f"{row.main} facts, then equations solved for a letter, each once; options {', '.join(row.options) or '(none)'}")
    patterns = [(named[name], text) for name, text in patterned.items()]
    return Line(language, [named[name] for name in main], claim, step.how, frozenset(marks), patterns), rest
