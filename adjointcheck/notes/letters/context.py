"""What the letters of the notes stand for: declared in a header, proposed from the text, or left as the convention has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.ambiguities import Letters
from adjointcheck.notes.reading.curves import Curve
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.reading.uses import UNUSED, Uses

Shape = tuple[str, str]
LATER = "a later line"
DEFINED = "as the notes define it"


@dataclass(frozen=True)
class Role:
    """What a letter can be: its canonical `symbol`, shape, the words that name it in a header, and the letters often used for it.

    `kind` says where it lives: path (has a value at each time or layer), constant, function, functional, place, index, variable.
    """

    symbol: str
    kind: str
    shape: Shape
    words: tuple[str, ...]
    usual: tuple[str, ...] = ()


_ROLES = (
    Role("x", "path", ("n", "1"), ("state", "states", "hidden state")),
    Role("p", "path", ("1", "n"), ("costate", "adjoint", "adjoint state", "adjoint variable", "multiplier")),
    Role("w", "path", ("k", "1"), ("control", "controls", "weights", "input", "algebraic state", "algebraic variable")),
    Role("theta", "constant", ("m", "1"), ("parameters", "parameter"), ("theta",)),
    Role("t", "variable", ("1", "1"), ("time",), ("t",)),
    Role("t0", "place", ("1", "1"), ("start", "initial time", "start time"), ("t_0",)),
    Role("t1", "place", ("1", "1"), ("end", "final time", "end time", "terminal time"), ("t_1", "t_f", "T_f", "T", "t_N", "t_end", "t_F")),
    Role("x0", "constant", ("n", "1"), ("initial state", "initial value", "start value")),
    Role("x1", "constant", ("n", "1"), ("end state", "target", "final state")),
    Role("f", "function", ("n", "1"), ("field", "vector field", "dynamics", "right side", "network")),
    Role("L", "function", ("1", "1"), ("running cost", "stage cost", "running loss", "integrand")),
    Role("Psi", "function", ("1", "1"), ("terminal cost", "final cost", "end cost", "terminal loss")),
    Role("J", "functional", ("1", "1"), ("objective", "cost", "loss", "cost functional", "objective function", "loss function")),
    Role("J_a", "functional", ("1", "1"), ("augmented objective", "augmented cost", "augmented lagrangian", "lagrangian")),
    Role("H", "function", ("1", "1"), ("hamiltonian",)),
    Role("l", "index", ("1", "1"), ("layer", "layer index", "step index", "index")),
    Role("N", "constant", ("1", "1"), ("layers", "number of layers", "number of steps", "depth")),
    Role("h", "constant", ("1", "1"), ("time step", "step", "step length")),
    Role("s", "place", ("1", "1"), ("observation times", "observation time", "measurement times")),
    Role("phi", "function", ("1", "1"), ("observation cost", "observation loss", "data cost")),
    Role("O", "function", ("o", "1"), ("observation operator", "measurement map", "observation map", "observation function", "decoder")),
    Role("act", "function", ("n", "1"), ("activation", "activation function", "nonlinearity")),
    Role("g", "function", ("1", "1"), ("event", "event function", "guard", "trigger")),
    Role("tau", "place", ("1", "1"), ("event time",)),
    Role("r", "function", ("n", "1"), ("reset", "reset map", "jump map")),
    Role("psi", "function", ("q", "1"), ("terminal constraint", "terminal manifold", "end constraint", "constraint")),
    Role("alg", "function", ("k", "1"), ("algebraic equation", "algebraic equations", "algebraic constraint")),
    Role("p_alg", "path", ("1", "k"), ("algebraic multiplier",)),
    Role("nu", "constant", ("1", "q"), ("constraint multiplier", "terminal multiplier")),
    Role("eps", "variable", ("1", "1"), ("small", "small number", "perturbation size"), ("epsilon", "varepsilon", "eps")),
    Role("rho", "path", ("1", "1"), ("density", "probability density", "probability")),
    Role("base", "function", ("1", "1"), ("base density", "prior density")),
    Role("M", "path", ("n", "n"), ("flow jacobian", "fundamental matrix", "transition matrix", "state transition")),
    Role("S", "path", ("n", "m"), ("sensitivity", "forward sensitivity", "sensitivities")),
    Role("v", "path", ("n", "1"), ("tangent", "perturbation", "linearised state", "linearized state", "variation")),
    Role("a_theta", "path", ("1", "m"), ("parameter adjoint", "parameter costate", "augmented costate of parameters")),
    Role("a_t", "path", ("1", "1"), ("time adjoint", "time costate")),
    Role("P", "path", ("n", "n"), ("riccati", "riccati matrix")),
    Role("K", "path", ("k", "n"), ("gain", "feedback gain", "feedback matrix")),
    Role("Qfun", "function", ("1", "1"), ("value of a step",)),
    Role("Vfun", "function", ("1", "1"), ("value",)),
    Role("Vnext", "function", ("1", "1"), ("value after a step",)),
    Role("dV", "constant", ("1", "1"), ("change of the value",)),
    Role("eta", "constant", ("1", "1"), ("step size", "learning rate")),
    Role("noise", "constant", ("n", "1"), ("noise", "random vector")),
    Role("stage", "path", ("n", "1"), ("stage", "stages", "stage state", "internal stage")),
    Role("slope", "path", ("n", "1"), ("stage slope", "stage slopes", "slopes")),
    Role("stage_control", "path", ("k", "1"), ("stage control", "stage controls")),
    Role("stage_costate", "path", ("1", "n"), ("stage costate", "stage costates", "adjoint stage", "stage adjoint")),
    Role("lower", "constant", ("s", "s"), ("tableau", "butcher matrix")),
    Role("weights", "constant", ("s", "1"), ("tableau weights",)),
    Role("nodes", "constant", ("s", "1"), ("tableau nodes",)),
    Role("partner", "constant", ("s", "s"), ("adjoint tableau", "partner tableau")),
    Role("I", "constant", ("n", "n"), ("identity", "identity matrix"), ("I",)),
    Role("dim", "constant", ("1", "1"), ("dimension",)),
)
ROLES: Mapping[str, Role] = {role.symbol: role for role in _ROLES}
WORDS: Mapping[str, Role] = {word: role for role in _ROLES for word in role.words}
USUAL: Mapping[str, str] = {letter: role.symbol for role in _ROLES for letter in role.usual}
LISTED = "listed"  # the source of a constant of which a header says no shape
ORDER = ("t", "x", "w", "theta")  # arguments of f and L in the convention

OPTIONS: Mapping[str, Mapping[str, str]] = {
    "gradients": {"rows": "row", "row": "row", "columns": "column", "column": "column", "nabla": "column"},
    "jacobian": {"rows": "components", "components": "components", "numerator": "components", "transposed": "transposed",
                 "denominator": "transposed", "columns": "transposed"},
    "nabla": {"rows": "components", "components": "components", "jacobian": "components", "transposed": "transposed",
              "columns": "transposed", "gradients": "transposed"},
    "star": {"optimal": "optimal", "adjoint": "adjoint"},
    "prime": {"rate": "rate", "derivative": "rate", "dot": "rate", "transposed": "transposed", "transpose": "transposed"},
    "goal": {"minimise": "min", "minimised": "min", "minimize": "min", "minimized": "min", "min": "min",
             "maximise": "max", "maximised": "max", "maximize": "max", "maximized": "max", "max": "max"},
}
DENIED = {"no running cost": "running", "no terminal cost": "terminal"}
GREEK = tuple("""alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta kappa lambda mu nu xi pi rho varrho sigma varsigma tau
    phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega""".split())
_UNICODE = dict(zip("αβγδεζηθκλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ", """alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho
    sigma tau phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega""".split(), strict=True))


@dataclass(frozen=True)
class Declared:
    """One letter: `symbol` is its role in the convention (or its own name, for a letter that the convention has not).

    `sign`: -1 where the letter is minus the convention's (lambda = -p^T).  `layout`: row, column, or "" where the notes never fix it.
    `arguments` are the symbols of a function's arguments in the order written; None: not yet seen with arguments.
    `body` is the resolved right side of a letter that the notes define.  `source`: declared, proposed or convention.
    `side`: before or after, for one of two fields that an event switches.
    `part`: which component of x, p, w or theta it is, counted from 1; 0 for the whole.
    `told`: what says a costate's sign; "" while it is open, LATER where the notes say it further down.
    `given`: the resolved arguments in which the notes define it, x and y of A(x, y) := ...
    """

    letter: str
    symbol: str
    shape: Shape = ("1", "1")
    kind: str = "constant"
    sign: int = 1
    layout: str = ""
    arguments: tuple[str, ...] | None = None
    body: Node | None = None
    source: str = "declared"
    side: str = ""
    part: int = 0
    told: str = ""
    given: tuple[Node, ...] = ()

    def words(self) -> str:
        """One line for people: 'costate, row, +dJ/dx (proposed)'."""
        role = ROLES.get(self.symbol)
        what = role.words[0] if role else {"path": "changes in time", "function": "function"}.get(self.kind, "constant")
        what = what if all(self.shape) else DEFINED
        shape = "" if self.shape == ("1", "1") or what == DEFINED else f", {self.shape[0]} x {self.shape[1]}"
        by = {"": ", as nothing tells otherwise", "declared": ""}.get(self.told, f" by {self.told}")
        meaning = f", {'+' if self.sign > 0 else '-'}dJ/dx{by}" if self.symbol == "p" else ""
        layout = f", {self.layout}" if self.layout else ", row or column as it fits" if self.symbol == "p" else ""
        arguments = f" of ({', '.join(self.arguments)})" if self.arguments else ""
        part = f", component {self.part}" if self.part else ""
        return f"{what}{part}{arguments}{shape}{layout}{meaning} ({self.source})"


@dataclass(frozen=True)
class Law:
    """An equation that the notes take for granted: `left` (resolved) has the value `right`; `kind`: dynamics, start, objective ..."""

    kind: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Context:
    """All that is known when a formula is read: letters, options, the laws and hypotheses in force, texts of the header still to read.

    `moved`: control and parameters, where the notes vary them; a line that does not name their variation is not read as holding them.
    `pieces`: formulas to put in: J_b and J_o of J = J_b + J_o, w^{k+1} of a step of an iteration.
    `chapters`: the contexts in which examples start, by the number of their first formula; that of before finer steps.
    `maps`: capitals that are maps in plain type, not in bold (`maps_beside_bold`); `rates`: letters with a rate (`rates_in`).
    `called`: letters that are functions wherever they stand (`called_in`); `uses`: of letters before brackets (`Uses.of`).
    `discounts`: letters whose powers beta^k weigh the layers (`letters.discounts_in`).
    `timed`: letters with a value in time somewhere (`timed_in`); `numbers`: which of pi and e are the numbers (`numbers_in`).
    `sample`: i of x^i, where the notes speak of samples (`ensembles.peopled`).
    `otherwise`: letters that mean something else where notes with layers and a flow speak of the other one (`flows.phased`).
    """

    letters: Mapping[str, Declared] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    laws: tuple[Law, ...] = ()
    hypotheses: tuple[str, ...] = ()
    formulas: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    moved: frozenset[str] = frozenset()
    chapters: Mapping[str, Any] = field(default_factory=dict)
    pieces: Mapping[str, Node] = field(default_factory=dict)
    maps: frozenset[str] = frozenset()
    uses: Uses = UNUSED
    rates: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    discounts: frozenset[str] = frozenset()
    timed: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    sample: str = ""
    otherwise: Mapping[str, Declared] = field(default_factory=dict)

    def option(self, name: str) -> str:
        """row, column ...; "" where the notes leave it open."""
        return self.options.get(name, "")

    def turned(self, kind: str) -> bool:
        """Do Jacobians have the components of the function side by side?  nabla f has it as df/dx, where nothing else is said of it."""
        return ((kind == "nabla" and self.option("nabla")) or self.option("jacobian")) == "transposed"

    def of(self, symbol: str) -> tuple[Declared, ...]:
        """All letters of one role."""
        return tuple(declared for declared in self.letters.values() if declared.symbol == symbol and not declared.part)

    def parts(self, symbol: str) -> tuple[Declared, ...]:
        """The letters of its components in their order, in notes that write them out."""
        return tuple(sorted((one for one in self.letters.values() if one.symbol == symbol and one.part), key=lambda one: one.part))

    def law(self, kind: str) -> Law | None:
        """The latest law of that kind."""
        return next((law for law in reversed(self.laws) if law.kind == kind), None)

    def over(self) -> str:
        """layers or time."""
        return self.option("over") or ("layers" if self.law("layers") else "time")

    def declare(self, declared: Declared) -> Context:
        """With one letter more; a contradiction with a declared one becomes a problem, a proposal never overrides a declaration."""
        known = self.letters.get(declared.letter)
        if known is None or known.source != "declared" or declared.source == "declared" == known.source:
            if known is not None and known.source == "declared" and contradicts(known, declared):
                told = f"{declared.letter}: declared as {known.words()}, then as {declared.words()}; keep one"
                return replace(self, problems=(*self.problems, told))
            merged = declared if known is None or known.symbol != declared.symbol else _merge(known, declared)
            named = {} if declared.letter in ORDER else {declared.letter: declared.symbol}  # z of f(z, t) of a header, t is no layer
            letters = {name: _with_arguments(other, named) for name, other in self.letters.items()}
            return replace(self, letters={**letters, declared.letter: merged})
        return self

    def assume(self, *hypotheses: str) -> Context:
        """With hypotheses in force from here on."""
        return replace(self, hypotheses=tuple(dict.fromkeys((*self.hypotheses, *hypotheses))))

    def believed(self, parts: Iterable[str]) -> Context:
        """Without the hypotheses that a cost made of `parts` contradicts; each becomes a problem."""
        denied = [name for name, part in DENIED.items() if name in self.hypotheses and part in parts]
        told = tuple(f"the hypothesis `{name}` contradicts the cost that the notes state; keep one" for name in denied)
        kept = tuple(name for name in self.hypotheses if name not in denied)
        return replace(self, hypotheses=kept, problems=(*self.problems, *told)) if denied else self

    def reader(self) -> Letters:
        """What the reader of LaTeX has to know of these letters."""
        names = {name.split()[-1].partition("_")[0]: declared.kind for name, declared in self.letters.items() if "_" in name or " " in name}
        names |= {name: declared.kind for name, declared in self.letters.items() if "_" not in name and " " not in name}
        rate = self.letters.get("d")
        if "d" in names and (rate is None or (rate.source != "declared" and not rate.part)):
            del names["d"]  # data d_j do not make a letter of the d in dJ/dx
        paths = frozenset(name for name, kind in names.items() if kind == "path")
        functions = frozenset(name for name, kind in names.items() if kind in ("function", "functional"))
        return Letters(
            functions=functions | self.called.difference(names) | {self.option("value")} - {""},
            plain=(frozenset(names) | self.discounts) - paths - functions,
            signals=paths | self.rates.difference(names),
            indexed=paths | {self.option("value"), self.option("stage value")} - {""} if self.over() == "layers" else frozenset(),
            times=_times_of(self.letters),
            star=self.option("star"), prime=self.option("prime"), clock=self.option("clock of time"),
            curve=Curve(*self.option("curve").split()) if self.option("curve") else None,
            maps=self.maps,
            iterate=self.option("iterate"), layer=self.option("layers above"), second=self.option("second state"),
            raised=frozenset(self.option("raised").split()),
            numbers=self.numbers.difference(names),
            sample=self.sample, uses=self.uses,
        )

    def shown(self) -> tuple[tuple[str, str], ...]:
        """The letters for a report."""
        return tuple((letter, declared.words()) for letter, declared in self.letters.items())


def _times_of(letters: Mapping[str, Declared]) -> frozenset[str]:
    """The usual letters of time that are no other letters, and those that the notes declare."""
    return Letters().times.difference(letters) | {name for name, known in letters.items() if known.symbol in ("t", "t0", "t1", "s", "tau")}


def contradicts(one: Declared, other: Declared) -> bool:
    """Do two declarations of a letter say different things?"""
    layouts = {one.layout, other.layout} - {""}
    turned = one.sign != other.sign and one.told and other.told
    return one.symbol != other.symbol or bool(turned) or len(layouts) > 1 or one.shape != other.shape


def _with_arguments(known: Declared, named: Mapping[str, str]) -> Declared:
    """A function of the header whose arguments are called by their symbols."""
    if known.source != "declared" or not named.keys() & {*(known.arguments or ())}:
        return known
    return replace(known, arguments=tuple(named.get(name, name) for name in known.arguments or ()))


def _merge(old: Declared, new: Declared) -> Declared:
    usual = new.symbol in ROLES and new.shape == ROLES[new.symbol].shape  # says nothing against x in R^2
    sign, told = (new.sign, new.told) if new.told or new.symbol != "p" else (old.sign, old.told)
    return replace(new, shape=old.shape if usual else new.shape, layout=new.layout or old.layout, sign=sign, told=told,
                   arguments=new.arguments if new.arguments is not None else old.arguments,
                   body=new.body if new.body is not None else old.body)


# Names


MOTIONS = ("dot", "ddot")  # accents that differentiate; any other makes another letter
ACCENTS = {"bar": "bar", "overline": "bar", "hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde"}


def key(letter: tree.Letter) -> str:
    """The name under which a letter is declared: t_1, a_theta, lambda, bar v; x_? for a subscript that is no plain name."""
    accents = [accent for accent in letter.accents if accent not in MOTIONS]
    return "_".join([" ".join([*accents, letter.name]), *(_plain(node) or "?" for node in letter.below)])


_COMPONENT = re.compile(r"(x|p|w|theta|x0)_\d+")


def own(name: str) -> str:
    """The symbol of a letter that has no role: its name, made different from the roles' symbols and their components'."""
    return f"{name}_" if name in ROLES or _COMPONENT.fullmatch(name) else name


def own_name(name: str, context: Context) -> str:
    """A letter of the notes that is none of the convention's, though it may be called like one of them."""
    declared = context.letters.get(name)
    foreign = declared is not None and declared.symbol == name and name in ROLES and declared.kind != ROLES[name].kind
    return f"own_{name}" if foreign else name


def own_function(name: str) -> str:
    """U of L = exp(-rho t) U, where U has the role of L."""
    return f"{name}_own"


def _plain(node: Node) -> str:
    if isinstance(node, tree.Number):
        return str(node.value)
    if isinstance(node, tree.Letter) and not node.below:
        return node.name
    return node.text.strip() if isinstance(node, tree.Words) else ""


def letter_name(text: str) -> str:
    r"""z_0 for z0, z_0, z_{0}, \mathbf{z}_0; lambda for \lambda and its Unicode letter."""
    for sign, name in _UNICODE.items():
        text = text.replace(sign, name)
    text = re.sub(r"\\(?:mathbf|boldsymbol|bm|mathrm|bf|vec)\s*\{?([^{}]*)\}?", r"\1", text)
    shaped = re.fullmatch(r"\s*\$?\\(?:mathcal|mathscr)\s*\{?\s*(\w)\s*\}?\$?\s*", text)
    if shaped:
        return f"mathcal{{{shaped[1]}}}"
    accented = re.fullmatch(rf"\s*\$?\\({'|'.join(ACCENTS)})(?![A-Za-z])(.+)", text)
    if accented:
        return f"{ACCENTS[accented[1]]} {letter_name(accented[2])}"
    text = re.sub(r"[\\{}$\s]", "", text)
    match = re.fullmatch(r"([A-Za-z]+?)_?(\d+)", text)
    return f"{match[1]}_{match[2]}" if match else text
