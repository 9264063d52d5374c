"""Examples solved outright: every component in closed form, by shooting from costates at the start that are not known at first.

Component by component y' = a y + g(t), with a a constant, is solved by y = exp(a t) (C + int exp(-a t) g dt), where what is known of the
others is put in.  C is told by the start of a state and by the end of a costate, if that is known; else it is a letter begin_i for
p_i(t0).  The ends are linear in these letters; Cramer's rule solves for them.  All is a guess, and each step is for the core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, apply, neg, substitute, symbol, symbols_of, total
from adjointcheck.notes.letters.folding import folded
from adjointcheck.notes.proofs.antiderivatives import antiderivative
from adjointcheck.notes.proofs.closed_forms import BEGIN, LAST, solve, starting, told_at
from adjointcheck.notes.proofs.written_out import WrittenOut
from adjointcheck.trusted.language import derive
from adjointcheck.trusted.verdict import Status

MOST = 3  # letters at the start that are solved for
Matrix = Sequence[Sequence[Expression]]


def shoot(made: WrittenOut) -> bool:
    """Adds the solutions that are found in closed form; False where there is none."""
    start, end = (made.language.read(text, "a time") for text in (made.clock.start or "t0", made.clock.end or "t1"))
    shot = Shot(made, start, end)
    if not shot.solved() or shot.is_still():  # of a costate that is 0 all is true: an end that is held in words may be missed
        return False
    shot.write()
    return not shot.is_still()


@dataclass
class Shot:
    """`known`: closed forms so far; `open`: the costates whose value at the start is a letter; `values`: what the ends say of these."""

    made: WrittenOut
    start: Expression
    end: Expression
    known: dict[str, Expression] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    values: dict[str, Expression] = field(default_factory=dict)

    def solved(self) -> bool:
        """Is anything found in closed form?  All of it that is."""
        names = [*self.made.sizes.names("x"), *self.made.sizes.names("p")]
        while left := [name for name in names if name not in self.known]:
            if not any(self.found(name, unknown) for unknown in (False, True) for name in left):
                break
        return bool(self.known)

    def found(self, name: str, unknown: bool) -> bool:
        """Is the next component solved for, of a costate with an `unknown` start?"""
        law = self.law(name)
        where = self.beginning(name, unknown) if law is not None else None
        if law is None or where is None:
            return False
        (rate, force), (time, value) = law, where
        grown = antiderivative(force * apply("exp", neg(rate) * symbol("t")) if rate is not ZERO else force, self.vanishes)
        if grown is None:
            return False
        then = value if rate is ZERO else value * apply("exp", neg(rate) * time)
        constant = then - _at(grown, time)
        self.known[name] = grown + constant if rate is ZERO else apply("exp", rate * symbol("t")) * (grown + constant)
        self.open += [name] if unknown else []
        return True

    def law(self, name: str) -> tuple[Expression, Expression] | None:
        """(a, g) of y' = a y + g(t), with what is known put in; None for any other law."""
        made = self.made
        index = made.sizes.names(name[0]).index(name)
        rate = made.rates[index] if name.startswith("x") else neg(made.slope(made.hamiltonian, name.replace("p_", "x_")))
        (closed,) = substitute([rate], made.controls)
        (closed,) = substitute([closed], self.known)
        slope = folded(derive(closed, {name: ONE}), {})
        slope = ZERO if self.vanishes(slope) else slope
        force = folded(substitute([closed], {name: ZERO})[0], {})
        moving = {other for letter in "xpw" for other in made.sizes.names(letter)} | made.language.bound
        alone = not symbols_of(force) & moving and not symbols_of(slope) & {*moving, "t"}
        return (slope, force) if alone and self.vanishes(closed - slope * symbol(name) - force) else None

    def beginning(self, name: str, unknown: bool) -> tuple[Expression, Expression] | None:
        """(t0, x_0) of a state, (t1, p(t1)) of a costate whose end is known, (t0, begin_i) of any other."""
        if name.startswith("x"):
            value = dict(self.made.clock.states).get(name.replace("x_", "x0_"))
            return None if unknown else (self.start, self.made.language.read(value, name) if value else symbol(name.replace("x_", "x0_")))
        if unknown:
            return self.start, symbol(name.replace("p_", f"{BEGIN}_"))
        if name.replace("p_", "x_") in self.made.arrivals:
            return None
        (ending,) = substitute([_at(self.made.slope(self.made.terminal, name.replace("p_", "x_")), self.end)], self.ends)
        return (self.end, ending) if self.made.language.timeless(ending) else None

    @property
    def ends(self) -> dict[str, Expression]:
        return {name: _at(value, self.end) for name, value in self.known.items()}

    def vanishes(self, root: Expression) -> bool:
        return self.made.language.equal(("always", root, ZERO), ()).status is Status.PROVED

    def is_still(self) -> bool:
        """Is a component 0 at all times?"""
        return any(map(self.vanishes, substitute([*self.known.values()], self.values)))

    # Steps

    def write(self) -> None:
        """The solutions with the letters at the start, then what the ends say of these."""
        begun = dict.fromkeys(self.open, BEGIN)
        starting(self.made, begun)
        solve(self.made, self.known.items(), begun)
        for name in self.known.keys() - {*self.open, *self.made.sizes.names("x")}:
            told_at(self.made, "t0", name.replace("p_", f"{BEGIN}_"), name, _at(self.known[name], self.start), f"solution_{name}")
        for name in self.known.keys() & {*self.made.sizes.names("x")}:
            told_at(self.made, "t1", name.replace("x_", f"{LAST}_"), name, _at(self.known[name], self.end), f"solution_{name}")
        gaps = list(self.gaps()) if self.known.keys() >= {*self.made.sizes.names("x")} else []
        if not self.made.language.timeless(*(gap for _, gap in gaps)):  # the slope of an end cost that is only named
            return
        letters = [name.replace("p_", f"{BEGIN}_") for name in self.open]
        if len(gaps) != len(letters) or not letters or len(letters) > MOST:
            return
        rows = [[folded(derive(gap, {letter: ONE}), {}) for letter in letters] for _, gap in gaps]
        rest = [folded(gap, dict.fromkeys(letters, ZERO)) for _, gap in gaps]
        size = folded(determinant(rows), {})
        for j, letter in enumerate(letters) if size.head == "number" and size is not ZERO else ():
            weights = [folded(cofactor(rows, i, j) / size, {}) for i in range(len(rows))]
            value = neg(total(weight * gap for weight, gap in zip(weights, rest, strict=True)))
            self.told(letter, dict(zip((id for id, _ in gaps), weights, strict=True)), folded(value, {}))

    def told(self, letter: str, weights: Mapping[str, Expression], value: Expression) -> None:
        """begin_i, as the sum of what the ends say."""
        how = {id: f"({to_text(weight)})*hole" for id, weight in weights.items() if weight is not ZERO}
        solutions = [f"solution_{name}" for name in self.known]
        self.made.equation(f"{letter}_ends", "rewrite", letter, value, *how, *solutions, "end", at="t1", **how)
        self.made.equation(f"{letter}_is", "rewrite", letter, value, f"{letter}_ends")
        self.values[letter] = value

    def gaps(self) -> Iterator[tuple[str, Expression]]:
        """(arrival_x_1, x_1(t1) - 1) of what is held, (terminal_p_2, p_2(t1) - slope of the end cost) of any other open costate."""
        for name, value in self.made.arrivals.items():
            yield f"arrival_{name}", self.ends[name] - _at(value, self.end)
        for name in self.open:
            state = name.replace("p_", "x_")
            if state not in self.made.arrivals:
                (ending,) = substitute([_at(self.made.slope(self.made.terminal, state), self.end)], self.ends)
                yield f"terminal_{name}", self.ends[name] - ending


def determinant(rows: Matrix) -> Expression:
    """By the first row."""
    if len(rows) == 1:
        return rows[0][0]
    return total(rows[0][j] * cofactor(rows, 0, j) for j in range(len(rows)))


def cofactor(rows: Matrix, i: int, j: int) -> Expression:
    """(-1)^(i+j) times the determinant without row i and column j."""
    rest = [[*row[:j], *row[j + 1 :]] for k, row in enumerate(rows) if k != i]
    inner = determinant(rest) if rest else ONE
    return inner if (i + j) % 2 == 0 else neg(inner)


def _at(root: Expression, time: Expression) -> Expression:
    return substitute([root], {"t": time})[0]
