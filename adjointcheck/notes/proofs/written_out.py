"""Bolza's problem written out in components: the theory of one concrete field, every letter a scalar, every step for the core.

The letters are t, x_1 ... x_n, p_1 ... p_n, w_1 ..., theta_1 ..., x0_1 ... and the constants of the notes; rates and costs are
formulas in them.  What differs from `derive/theories/bolza.py` is only that sums over components stand where products of vectors
stood, so that nothing but the chain rule and the zero test is asked of the core.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from adjointcheck.expression.grammar import LOG, parse, to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, apply, neg, substitute, symbol, symbols_of, total, walk
from adjointcheck.expression.table import PRIMITIVES, conditions_of
from adjointcheck.notes.letters.folding import folded
from adjointcheck.trusted.language import Language, derive, read_language
from adjointcheck.trusted.replay import SCHEMA_VERSION

Functions = tuple[tuple[str, tuple[str, ...]], ...]
OPTIONAL = ("stationary_", "free_final_time", "fixed_")  # how the hypotheses begin that not all notes make


@dataclass(frozen=True)
class Sizes:
    """How many components x, w and theta have."""

    n: int
    k: int
    m: int

    def names(self, letter: str) -> list[str]:
        """x_1 ... x_n."""
        size = {"w": self.k, "theta": self.m}.get(letter.removeprefix("J_"), self.n)
        return [f"{letter}_{i + 1}" for i in range(size)]


def letters_of(sizes: Sizes, free: bool = True, named: Iterable[str] = ()) -> dict[str, str]:
    """Shapes and flags of all letters; unless `free`, inputs may be held fixed by a hypothesis; `named` stand for d_i, the input then."""
    given = " input" if free else ""
    found = {"t": "1 1", "J": "1 1 constant", "J_a": "1 1 constant", "H": "1 1"}
    found |= dict.fromkeys(("J_t0", "J_t1"), "1 1 constant") | dict.fromkeys(("t0", "t1"), f"1 1 constant{given}")
    for letter, flags in (("x", ""), ("p", ""), ("J_x", ""), ("J_w", ""), ("x0", f" constant{given}"), ("theta", f" constant{given}"),
                          ("w", given), ("J_x0", " constant"), ("J_theta", " constant")):
        found |= dict.fromkeys(sizes.names(letter), f"1 1{flags}")
    for name in named:
        letter, found[name] = name.replace("theta", "d"), "1 1 constant"
        found |= {letter: f"1 1 constant{given}", f"J_{letter}": "1 1 constant"}
    return found


def partials(functions: Functions) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Letters of functions that the notes only name, u(c), and of their first and second partials; and which partial is whose."""
    letters: dict[str, str] = {}
    table: dict[str, dict[str, str]] = {}
    for name, arguments in functions:
        table[name] = {a: f"{name}_{a}" for a in arguments}
        for a in arguments:
            table[f"{name}_{a}"] = {b: f"{name}_" + "".join(sorted((a, b))) for b in arguments}
        letters |= dict.fromkeys((name, *(slope for each in (name, *table[name].values()) for slope in table[each].values())), "1 1")
    return letters, table


def document(letters: Mapping[str, str], steps: Iterable[Mapping[str, Any]] = (), functions: Functions = ()) -> dict[str, Any]:
    """The theory with these letters, over the time from t0 to t1; with a letter s, which is the time of an observation."""
    steps, (more, table), points = list(steps), partials(functions), ["t0", *(["s"] if "s" in letters else []), "t1"]
    name = "observations" if "s" in letters else "written_out"
    return {"kind": "theory", "schema_version": SCHEMA_VERSION, "name": name, "title": "Bolza's problem written out in components",
            "source": "notes", "over": "time", "points": points, "letters": {**letters, **more}, "functions": table, "steps": steps,
            "conclusions": [step["id"] for step in steps if step["rule"] not in ("assume", "define")], "claims": []}


def vouched(letters: Mapping[str, str], roots: Iterable[Expression]) -> dict[str, str]:
    """The letters with the flags that say where `roots` are defined: a divisor is not 0, a logarithm's argument positive."""
    found = dict(letters)
    for node in walk(list(roots)):
        for argument, relation in conditions_of(node) if node.head in PRIMITIVES else ():
            flag = "nonzero" if relation == "!=" else "positive"
            for name in symbols_of(argument) if argument.head in ("symbol", "mul", "div", "pow") else ():
                rows, cols, *flags = found[name].split()
                found[name] = " ".join([rows, cols, *sorted({*flags, flag})])
    return found


def named_divisors(roots: Iterable[Expression]) -> tuple[list[Expression], dict[str, Expression]]:
    """`roots` and {theta_5: 1 - d_5} where they divide by 1 - theta_5: the core divides by letters that are flagged, not by sums.

    Of a divisor that is linear in a parameter, and made of parameters alone; each parameter once.
    """
    roots, named = list(roots), dict[str, Expression]()
    conditions = [condition for node in walk(roots) if node.head in PRIMITIVES for condition in conditions_of(node)]
    for argument, relation in conditions:
        if relation == "!=" and argument.head in ("add", "sub", "neg"):
            names = sorted(symbols_of(argument))
            a = next((name for name in names if name not in named and derive(argument, {name: ONE}).head == "number"), "")
            if not a or any(not name.startswith("theta_") or name in named for name in names):
                continue
            letter, rest, slope = symbol(a.replace("theta", "d")), folded(argument, {a: ZERO}), derive(argument, {a: ONE})
            named[a] = rest - letter if slope is -ONE else (letter - rest) / slope
            roots = substitute([_put(root, argument, letter) for root in roots], {a: named[a]})
    return roots, named


def _put(root: Expression, old: Expression, new: Expression) -> Expression:
    if root is old:
        return new
    return apply(root.head, *(_put(argument, old, new) for argument in root.args)) if root.args else root


@dataclass(frozen=True)
class Clock:
    """When things start and end, and with which values: texts; "" where the notes do not say."""

    start: str = ""
    end: str = ""
    states: tuple[tuple[str, str], ...] = ()


PLAIN = Clock()


@dataclass
class WrittenOut:
    """The derivation for rates f_i, a running and an end cost; each method is one or a few of its lines.

    `named`: parameters that stand for others, theta_5 = 1 - d_5, which are the inputs in their place.  `arrivals`: states held at the end.
    `clock`: numbers at which things start and end; what has a number is no input.  `seen`: what an observation costs (more are like it).
    """

    sizes: Sizes
    letters: Mapping[str, str]
    rates: list[Expression]
    running: Expression
    terminal: Expression
    functions: Functions = ()
    named: Mapping[str, Expression] = field(default_factory=dict)
    arrivals: Mapping[str, Expression] = field(default_factory=dict)
    clock: Clock = PLAIN
    seen: Expression = ZERO
    steps: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def language(self) -> Language:
        return read_language(document(self.letters, functions=self.functions))

    @cached_property
    def pairs(self) -> list[tuple[str, str, Expression]]:
        """(x_i, p_i, f_i)."""
        return list(zip(self.sizes.names("x"), self.sizes.names("p"), self.rates, strict=True))

    @property
    def hamiltonian(self) -> Expression:
        """L + p f."""
        return total([self.running, *(symbol(p) * f for _, p, f in self.pairs)])

    def add(self, id: str, rule: str, claim: Mapping[str, Expression], *premises: str, at: str = "", **how: str) -> str:
        texts = {slot: to_text(root) for slot, root in claim.items()} | ({"at": at} if at else {})
        self.steps.append({"id": id, "rule": rule, "premises": list(premises), "claim": texts, "how": how})
        return id

    def equation(self, id: str, rule: str, left: str, right: Expression, *premises: str, at: str = "always", **how: str) -> str:
        return self.add(id, rule, {"left": symbol(left), "right": right}, *premises, at=at, **how)

    def moved(self, root: Expression, by: str) -> Expression:
        """Along a derivation, where t runs with rate 1 and is not varied."""
        return substitute([self.language.move(root, by)], {"t.dot": ONE, "t.delta": ZERO})[0]

    def document(self, free: bool) -> dict[str, Any]:
        """The whole theory; with `free` inputs their gradients, without them the hypotheses that hold them fixed."""
        self.given()
        self.lagrangian()
        self.costates()
        self.spoken_of()
        if free:
            self.gradients()
            self.optional()
        else:
            for letter in ("x0", "theta", "w"):
                for name in self.inputs(letter):
                    self.equation(f"fixed_{name}", "assume", f"{name}.delta", ZERO)
            for point in ("t0", "t1"):
                self.equation(f"fixed_{point}", "assume", f"{point}.delta", ZERO)
        return document(self.letters, self.steps, self.functions)

    def inputs(self, letter: str) -> list[str]:
        """The components of an input that are free."""
        held = {name for name, _ in self.clock.states}
        return [name.replace("theta", "d") if name in self.named else name for name in self.sizes.names(letter) if name not in held]

    def given(self) -> None:
        for name, meaning in self.named.items():
            self.equation(f"name_of_{name}", "define", name, meaning)
        self.equation("time", "assume", "t.dot", ONE)
        self.equation("time_fixed", "assume", "t.delta", ZERO)
        self.equation("end", "assume", "t", parse(self.clock.end or "t1", "an end", caps=LOG), at="t1")
        self.equation("begin", "assume", "t", parse(self.clock.start or "t0", "a start", caps=LOG), at="t0")
        for name, text in self.clock.states:
            self.equation(f"held_{name}", "assume", f"{name}.delta", ZERO)
            self.equation(f"value_{name}", "assume", name, parse(text, "a start", caps=LOG))
        for x, _, f in self.pairs:
            self.equation(f"dynamics_{x}", "assume", f"{x}.dot", f)
            self.equation(f"start_{x}", "assume", x, symbol(x.replace("x_", "x0_", 1)), at="t0")
        for x in self.sizes.names("x"):
            if (end := x.replace("x_", "end_", 1)) in self.letters:
                self.equation(f"arrives_{x}", "assume", x, symbol(end), at="t1")
        for x, value in self.arrivals.items():
            self.equation(f"arrival_{x}", "assume", x, value, at="t1")
        if self.seen is not ZERO:
            for name in self.fixed:
                self.equation(f"data_{name}", "assume", f"{name}.delta", ZERO)
            for x in self.sizes.names("x"):
                self.equation(f"continuous_{x}", "assume", f"{x}.after", symbol(f"{x}.before"), at="s")
        self.add("cost", "define", {"value": symbol("J"), "t1": self.terminal, "integrand": self.running, **self.at_seen(self.before)})

    @property
    def fixed(self) -> list[str]:
        """When something is seen, and the data that it is compared with."""
        moving = {"t", *(name for letter in ("x", "w", "theta") for name in self.sizes.names(letter)), *self.named, *self.inputs("theta")}
        return ["s", *sorted(symbols_of(self.seen) - moving)] if self.seen is not ZERO else []

    @property
    def before(self) -> Expression:
        """What an observation costs, of the states before it."""
        return self.language.move(self.seen, "before")

    def at_seen(self, root: Expression) -> dict[str, Expression]:
        """A slot of functionals at the time of an observation, where there is one."""
        return {"s": root} if self.seen is not ZERO else {}

    @property
    def dynamics(self) -> list[str]:
        return [f"dynamics_{x}" for x, _, _ in self.pairs]

    def lagrangian(self) -> None:
        """J_a, its variation, and integration by parts."""
        integrand = total([self.running, *(symbol(p) * (f - symbol(f"{x}.dot")) for x, p, f in self.pairs)])
        paid = {"value": symbol("J"), "t1": self.terminal, "integrand": integrand, **self.at_seen(self.before)}
        self.add("lagrangian", "rewrite", paid, "cost", *self.dynamics)
        ends = {"t0": neg(integrand) * symbol("t0.delta"),
                "t1": self.moved(self.terminal, "delta") + (self.moved(self.terminal, "dot") + integrand) * symbol("t1.delta")}
        varied = {"value": symbol("J.delta"), **ends, "integrand": self.moved(integrand, "delta"),
                  **self.at_seen(substitute([self.moved(self.before, "delta")], {f"{name}.delta": ZERO for name in self.fixed})[0])}
        held = (f"data_{name}" for name in self.fixed)
        self.add("variation", "differentiate", varied, "lagrangian", "time", "time_fixed", *held, by="delta")
        boundary = neg(total(symbol(p) * symbol(f"{x}.delta") for x, p, _ in self.pairs))
        self.parts = {**varied, "integrand": varied["integrand"] - self.language.move(boundary, "dot"),
                      **{point: varied[point] + root for point, root in self.language.ends(boundary).items()}}
        self.add("parts", "by_parts", self.parts, "variation", boundary=to_text(boundary))

    def costates(self) -> None:
        """Chosen so that the variations of the state drop out."""
        for x, p, _ in self.pairs:
            slope = derive(self.parts["integrand"], {f"{x}.delta": ONE})
            self.equation(f"costate_{p}", "choose", f"{p}.dot", neg(substitute([slope], {f"{p}.dot": ZERO})[0]), "parts", of=f"{x}.delta")
        for x, p, _ in self.pairs:
            slope = derive(self.parts["t1"], {f"{x}.delta": ONE})
            self.equation(f"terminal_{p}", "choose", p, substitute([slope], {p: ZERO})[0], "parts", at="t1", of=f"{x}.delta")
        for x, _, f in self.pairs:
            start = symbol(x.replace("x_", "x0_", 1) + ".delta") - f * symbol("t0.delta")
            self.equation(f"{x}_varies", "differentiate", f"{x}.delta", start, f"start_{x}", f"dynamics_{x}", at="t0", by="delta")
        if self.seen is not ZERO:
            self.jumps()

    def jumps(self) -> None:
        """p before an observation is p after it and the slope of what it costs."""
        for x, _, _ in self.pairs:
            self.equation(f"seen_{x}_varies", "differentiate", f"{x}.after.delta", symbol(f"{x}.before.delta"), f"continuous_{x}",
                          f"dynamics_{x}", "data_s", at="s", by="delta")
        kept = {f"{x}.after.delta": symbol(f"{x}.before.delta") for x, _, _ in self.pairs}
        gathered = {**self.parts, "s": substitute([self.parts["s"]], kept)[0]}
        self.add("gathered", "rewrite", gathered, "parts", *(f"seen_{x}_varies" for x, _, _ in self.pairs))
        for x, p, _ in self.pairs:
            slope = derive(gathered["s"], {f"{x}.before.delta": ONE})
            self.equation(f"jump_{p}", "choose", f"{p}.before", substitute([slope], {f"{p}.before": ZERO})[0], "gathered", at="s",
                          of=f"{x}.before.delta")

    def spoken_of(self) -> None:
        """H, J_a, and dJ/dx(t) = p."""
        self.equation("hamiltonian", "define", "H", self.hamiltonian)
        self.steps.append({**next(step for step in self.steps if step["id"] == "lagrangian"), "id": "augmented_cost", "rule": "define",
                           "premises": []})
        self.steps[-1]["claim"] = {**self.steps[-1]["claim"], "value": "J_a"}
        for x, p, _ in self.pairs:
            self.equation(f"sensitivity_of_cost_{x}", "define", f"J_{x}", symbol(p))

    def slope(self, root: Expression, name: str) -> Expression:
        inner = {function: symbol(slopes[name]) for function, slopes in self.language.functions.items() if name in slopes}
        return derive(root, {**inner, name: ONE})

    def gradients(self) -> None:
        """The first variation in the inputs alone, and the gradient in each."""
        hamiltonian, names = self.hamiltonian, {letter: self.inputs(letter) for letter in ("x0", "w", "theta")}
        prices = {x.replace("x_", "x0_", 1): p for x, p, _ in self.pairs}
        ends = total(symbol(prices[x0]) * symbol(f"{x0}.delta") for x0 in names["x0"])
        last = total(self.slope(self.terminal, a) * symbol(f"{a}.delta") for a in names["theta"])
        at_last = self.slope(self.terminal, "t") + hamiltonian
        slots = {"value": symbol("J.delta"), "t0": ends - hamiltonian * symbol("t0.delta"), "t1": last + at_last * symbol("t1.delta"),
                 "integrand": total(self.slope(hamiltonian, a) * symbol(f"{a}.delta") for a in (*names["w"], *names["theta"])),
                 **self.at_seen(total(self.slope(self.before, a) * symbol(f"{a}.delta") for a in names["theta"]))}
        chosen = [step["id"] for step in self.steps if step["rule"] == "choose" or step["id"].endswith("_varies")]
        held = [f"held_{name}" for name, _ in self.clock.states]
        self.add("first_variation", "rewrite", slots, "parts", *self.dynamics, *chosen, *held)
        for x0 in names["x0"]:
            self.gradient(x0, {"t0": symbol(prices[x0])})
        for a in names["theta"]:
            self.gradient(a, {"t1": self.slope(self.terminal, a), "integrand": self.slope(hamiltonian, a),
                              **self.at_seen(self.slope(self.before, a))})
        for a in names["w"]:
            self.equation(f"gradient_{a}", "gradient", f"J_{a}", self.slope(hamiltonian, a), "first_variation", of=f"{a}.delta")
        self.gradient("t0", {"t0": neg(hamiltonian)})
        self.gradient("t1", {"t1": at_last})

    def gradient(self, name: str, slots: Mapping[str, Expression]) -> None:
        self.add(f"gradient_{name}", "gradient", {"value": symbol(f"J_{name}"), **slots}, "first_variation", of=f"{name}.delta")

    def optional(self) -> None:
        """Stationary in the controls, which are solved for where H_w is linear in them; and in the final time."""
        for a in self.sizes.names("w"):
            self.equation(f"stationary_{a}", "assume", f"J_{a}", ZERO)
        for a in self.sizes.names("w"):
            self.add(f"stationarity_{a}", "rewrite", {"left": self.slope(self.hamiltonian, a), "right": ZERO},
                     f"gradient_{a}", f"stationary_{a}", at="always", **{f"gradient_{a}": "-hole", f"stationary_{a}": "hole"})
            for id, right, curvature in self.solved(a):
                pattern = f"-hole/({to_text(curvature.args[0])})" if curvature.head == "neg" else f"hole/({to_text(curvature)})"
                self.equation(id, "rewrite", a, right, f"stationarity_{a}", at="always", **{f"stationarity_{a}": pattern})
        self.rates_of_rates()
        self.equation("free_final_time", "assume", "J_t1", ZERO)
        end = {"value": ZERO, "t1": self.hamiltonian + self.slope(self.terminal, "t")}
        self.add("transversality", "rewrite", end, "gradient_t1", "free_final_time")

    def rates_of_rates(self) -> None:
        """x.dot.dot, and w.dot where the control is solved for."""
        for x, _, f in self.pairs:
            self.equation(f"acceleration_{x}", "differentiate", f"{x}.dot.dot", self.moved(f, "dot"), f"dynamics_{x}", "time", by="dot")
        for _, p, _ in self.pairs:
            rate = neg(self.slope(self.hamiltonian, p.replace("p_", "x_")))
            self.equation(f"acceleration_{p}", "differentiate", f"{p}.dot.dot", self.moved(rate, "dot"), f"costate_{p}", "time", by="dot")
        for a, right in self.controls.items():
            self.equation(f"rate_of_{a}", "differentiate", f"{a}.dot", self.moved(right, "dot"), f"control_{a}", "time", by="dot")

    @property
    def controls(self) -> dict[str, Expression]:
        """The controls that are solved for, in terms of states and costates."""
        return {a: right for a in self.sizes.names("w") for _, right, _ in self.solved(a)}

    def solved(self, control: str) -> Iterator[tuple[str, Expression, Expression]]:
        """w_k = -(H_w at w_k = 0)/H_ww and H_ww, where that is free of the controls and surely not 0, nor its negative."""
        slope = self.slope(self.hamiltonian, control)
        curvature = self.slope(slope, control)
        size, rest = (curvature.args[0], ONE) if curvature.head == "neg" else (curvature, -ONE)
        if curvature is not ZERO and not symbols_of(curvature) & {*self.sizes.names("w")} and self.language.certain(size, "!="):
            yield f"control_{control}", rest * substitute([slope], {control: ZERO})[0] / size, curvature
