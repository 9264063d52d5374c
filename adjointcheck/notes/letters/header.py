"""The header of notes: lines that declare what the letters stand for.

    state: z in R^n                     costate: a = dL/dz (row)          parameters: theta in R^m
    control: u(t) in R^k                field: f(z, t, theta)             dynamics: dz/dt = f(z, t, theta)
    objective: J, minimised             running cost: L(x, u, t)          terminal cost: Phi(x(T))
    Hamiltonian: H = L + lambda^T f     time: t in [0, T]                 layer: k = 0 ... N
    lambda: column, p = -lambda^T       A: n x n                          gradients: columns
    jacobian: transposed                nabla: transposed                 star: optimal
    assume: optimal, autonomous, L = 0
    constants: a, b                     letters: C in R^{k x n}           prime: transposed
    state: z = (x, v)                   weights: W                        activation: sigma

Each line is `role: letter ...` or `letter: role ...`; `#` starts a comment.  Later lines may not contradict earlier ones.  Of comments
at the top of a TeX file, `% state: z in R^n`, those are lines of a header that have such a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from adjointcheck.notes.letters.context import (
    ACCENTS,
    DEFINED,
    GREEK,
    LISTED,
    OPTIONS,
    ROLES,
    USUAL,
    WORDS,
    Context,
    Declared,
    Role,
    letter_name,
    own,
)
from adjointcheck.notes.letters.header_slips import slip
from adjointcheck.notes.letters.retold import retold
from adjointcheck.notes.reading.arrange import NAMED
from adjointcheck.notes.reading.instants import instant_in

FRONT = tuple("""title subtitle author authors date lang tags keywords description abstract categories category bibliography csl engine
    format toc crossref execute permalink published image""".split())
FORMULAS = ("dynamics", "objective", "cost", "hamiltonian", "lagrangian", "augmented lagrangian", "loss", "running cost",
            "terminal cost", "initial state", "event", "reset", "formula", "definition", "initial value")
_SHAPES = "letters with shapes, such as `A in R^{n x n}`"
LISTS = {"letters": _SHAPES, "matrices": _SHAPES, "constants": "letters, such as `a, b`, or shapes, such as `c in R^n`"}
SPELT = {"gradient": "gradients", "jacobians": "jacobian", "objective is": "goal", "layout": "gradients"}
ASSUMED = ("assume", "assumptions", "assumption", "hypothesis", "hypotheses")
KEYS = (*WORDS, *OPTIONS, *SPELT, *ASSUMED, *LISTS)


def read_header(lines: Iterable[str], context: Context | None = None) -> Context:
    """The context that `key: value` lines declare; what cannot be understood becomes a problem that says what to write."""
    context = context or Context()
    lines = list(lines)
    blog = any(line.partition(":")[0].strip().lower() in FRONT for line in lines)
    for line in sorted(_declaring(lines), key=_has_arguments):
        text = line.split("#")[0].strip().strip("-*% \t").rstrip(".;")
        made = _read_line(text, context) if text else context
        blind = blog or line.startswith("%")
        told = not blind or _MATHEMATICS.search(text) or (_has_letter(text) and made.problems == context.problems)
        context = made if told and (not line.startswith("%") or _is_key(text)) else context
    return context


def _is_key(text: str) -> bool:
    """Has a comment at the top of a text a key of a header, or a letter, before its colon?"""
    key = text.partition(":")[0].strip()
    return key.lower() in KEYS or key.strip("\\$") in GREEK or len(key) == 1


def _has_arguments(line: str) -> bool:
    """Is it a function's, which is read when all letters that may be its arguments are known?"""
    role = WORDS.get(line.partition(":")[0].strip("-*% \t").lower())
    return role is not None and role.kind == "function" and "=" not in line


def _declaring(lines: Iterable[str]) -> Iterator[str]:
    """The lines without those that are indented or listed below a key of the page, `format:` or `bibliography:`."""
    of_page = False
    for line in lines:
        if line[:1] not in (" ", "\t", "-"):
            of_page = line.partition(":")[0].strip().lower() in FRONT
        if not of_page:
            yield line


_MATHEMATICS = re.compile(r"\bin (?:R\b|\[)|R\^|\\[a-z]|\^|\bd\w?/d\w\b")


def _has_letter(text: str) -> bool:
    """Does a line of a blog's front matter speak of a letter, or of an option?"""
    key, _, value = text.partition(":")
    names = re.findall(r"\\?([A-Za-z\u0370-\u03ff]+)", value if key.strip().lower() in WORDS else key)
    return key.strip().lower() in (*OPTIONS, *LISTS, "assume") or (bool(names) and (len(names[0]) == 1 or names[0] in GREEK))


def _read_line(text: str, context: Context) -> Context:
    if ":" not in text:
        return _matrix(text, context) or _problem(context, text, "a line such as `state: z in R^n`")
    name, value = (part.strip() for part in text.split(":", 1))
    lowered = re.sub(r"\s+", " ", name.lower())
    if lowered in FRONT or (lowered == "layout" and not OPTIONS["gradients"].keys() & re.findall(r"[a-z]+", value.lower())):
        return context  # `layout: post` of a blog
    if wanted := slip(lowered, value, KEYS, FRONT):
        return _problem(context, text, wanted)
    if lowered in OPTIONS or lowered in SPELT:
        return _option(lowered, value, context)
    if lowered in ASSUMED:
        return context.assume(*hypotheses(value))
    if lowered in LISTS:
        for part in _split(value):
            context = _matrix(part, context) or _number(lowered, part, context) or _problem(context, part, LISTS[lowered])
        return context
    if lowered in WORDS:
        return _role(WORDS[lowered], lowered, value, context)
    return _letter(name, value, context)


def _problem(context: Context, got: str, wanted: str) -> Context:
    return replace(context, problems=(*context.problems, f"header: {got!r} is not understood; write {wanted}"))


def _option(name: str, value: str, context: Context) -> Context:
    name = SPELT.get(name, name)
    words = re.findall(r"[a-z]+", value.lower())
    found = {OPTIONS[name][word] for word in words if word in OPTIONS[name]}
    if len(found) != 1:
        return _problem(context, f"{name}: {value}", f"`{name}: {' | '.join(dict.fromkeys(OPTIONS[name]))}`")
    if context.options.get(name, *found) not in found:
        return replace(context, problems=(*context.problems, f"header: {name} is declared twice, differently"))
    return replace(context, options={**context.options, name: found.pop()})


HYPOTHESES: Mapping[str, tuple[str, ...]] = {
    "optimal": ("optimal", "optimum", "stationary", "minimiser", "minimizer"),
    "autonomous": ("autonomous", "no explicit t", "time-invariant", "time invariant", "not depend on t"),
    "no running cost": ("l=0", "no running cost", "g=0"),
    "no terminal cost": ("psi=0", "phi=0", "no terminal cost"),
    "fixed end": ("fixed end", "end fixed", "fixed final state"),
    "free end time": ("free end time", "free final time", "t1 free", "free horizon"),
    "fixed start": ("fixed start", "start fixed", "fixed initial state"),
    "periodic": ("periodic",),
}


def hypotheses(text: str) -> Iterator[str]:
    """The hypotheses that words name; `symmetric Q` keeps its letter."""
    for part in _split(text):
        lowered = re.sub(r"\s*=\s*", "=", part.lower()).replace("\\", "").strip(" $")
        known = [name for name, words in HYPOTHESES.items() for word in words if word in lowered and not _denied(lowered, word)]
        match = re.search(r"([A-Za-z_]+)\s+(?:is\s+)?symmetric|symmetric\s+([A-Za-z_]+)", part)
        yield from dict.fromkeys(known) or ([f"symmetric {match[1] or match[2]}"] if match else [lowered])


def _denied(text: str, word: str) -> bool:
    """Does the rest of a hypothesis say `not`?"""
    return re.search(r"\b(not|non|never|isn't)\b", text.replace(word, "")) is not None


def _split(text: str) -> list[str]:
    """Split at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if sign in ",;" and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


_NAME = r"\\?[A-Za-z\u0370-\u03ff]+(?:\s*_\s*(?:\{[^{}]*\}|\\?\w+))?"
_ACCENTED = rf"\\(?:{'|'.join(ACCENTS)})(?:\s*\{{{_NAME}\}}|\s+{_NAME}|\s*\\{_NAME})"
_LETTER = rf"\$?(?:\\(?:mathbf|boldsymbol|bm|mathrm)\s*\{{?)?(\\mathcal\s*\{{?\w\}}?|{_ACCENTED}|{_NAME})\}}?\$?"
_SPACE = r"\s*(?:in|\\in|∈)\s*\$?\s*(?:\\mathbb\s*\{?)?R\}?\s*(?:\^\s*(\{[^{}]*\}|\w+))?\s*\$?"
_TUPLE = re.compile(rf"{_LETTER}\s*=\s*[(\[]([^()\[\]=]+)[)\]](?:\s*\^\s*\{{?\s*(?:T|\\top)\s*\}}?)?")
_INDEX = re.compile(r"_(?:[ijklmn]|1)$")
_MEANING = re.compile(r"([-+]?)\s*(?:\\frac\s*\{)?\s*(?:d|\\partial|∂)\s*(\\?\w+|\\mathcal\{\w\})\s*(?:\([^()]*\))?\s*(?:\}\s*\{|/)\s*"
                      r"(?:d|\\partial|∂)\s*(\\?\w+)")


def _role(role: Role, word: str, value: str, context: Context) -> Context:
    """`role: letter ...`."""
    value = re.sub(r"^\(([^()]*)\)(?:\s*=\s*\([^-]*\))?$", r"\1", value.strip())  # (q, v), (eta, zeta) = (dJ/dq, dJ/dv)
    if role.symbol == "J":
        goals = [OPTIONS["goal"][w] for w in re.findall(r"[a-z]+", value.lower()) if w in OPTIONS["goal"]]
        context = replace(context, options={**context.options, "goal": goals[0]}) if goals else context
        value = re.sub(r"[,(]?\s*\b(?:minimi[sz]ed?|maximi[sz]ed?)\b\)?", "", value).strip()
    match = re.match(_LETTER, value)
    if match and role.symbol == "t":
        return _times(letter_name(match[1]), value, context)
    if match and role.symbol == "l":
        return _layers(letter_name(match[1]), value, context)
    if "=" in value and word in FORMULAS:
        return replace(context, formulas=(*context.formulas, latexified(value)))
    if match is None:
        return _problem(context, f"{word}: {value}", f"`{word}: LETTER`")
    if role.symbol == "act" and letter_name(match[1]) in NAMED:
        return context  # `activation: tanh` is known for what it is
    if role.symbol == "p" and re.search(r"current[ -]value", value.lower()) and context.of("x"):
        return context  # exp(rho t) times the costate: the notes say of what
    whole = _TUPLE.fullmatch(value)
    parts = _split(whole[2] if whole else value)  # x, v of `state: z = (x, v)` and `state: x, v`
    listed = [found[1] for part in parts if (found := re.fullmatch(rf"{_LETTER}(?:\(t\))?", part))]
    if role.symbol in ("x", "w", "theta", "p") and len(listed) == len(parts) > 1:
        return _components(role, [letter_name(name) for name in listed], letter_name(whole[1]) if whole else "", context)
    for part in _split(value) if role.symbol in ("x1", "dim", "s") else [value]:
        declared = _declared(role, part, context)
        bare = _INDEX.sub("", declared.letter) if role.symbol in ("w", "s", "phi") else declared.letter  # l of l_i, u of u_k
        if role.symbol != "s" or bare == declared.letter:  # t_i and s_i are seen to be observation times where they stand
            context = context.declare(replace(declared, letter=bare))
    if role.symbol == "p" and re.match(rf"{_LETTER}\s*\^\s*\{{?\s*(?:\*|\\ast|\\star)", value):
        context = replace(context, options={**context.options, "layout of": "starred"})
    return _named_cost(value, context) if role.symbol == "p" else context


def _components(role: Role, names: list[str], whole: str, context: Context) -> Context:
    """`parameters: a, b, c` and `state: z = (x, v)`: each letter is a number of its own, one component of the whole."""
    shape = ("1", str(len(names))) if role.shape[0] == "1" else (str(len(names)), "1")
    context = context.declare(Declared(whole or f"({','.join(names)})", role.symbol, shape, role.kind))
    for part, name in enumerate(names, 1):
        context = context.declare(Declared(name, role.symbol, kind=role.kind, part=part))
    return context


def _named_cost(value: str, context: Context) -> Context:
    """`costate: a = dL/dz` says that L is the cost."""
    meaning, cost = _MEANING.search(value), ROLES["J"]
    if meaning is None or context.of("J"):
        return context
    return context.declare(Declared(letter_name(meaning[2]), cost.symbol, cost.shape, cost.kind))


def _declared(role: Role, value: str, context: Context) -> Declared:
    match = re.match(_LETTER, value)
    assert match is not None
    arguments = _arguments(value[match.end() :], context) if role.kind == "function" else None
    sign, layout, told = _costate(value) if role.symbol == "p" else (1, "", "")
    space = re.search(_SPACE, value)
    shape = role.shape
    if space and role.kind in ("path", "constant"):
        shape = _shape(space[1] or "1", role.shape)
    return Declared(letter_name(match[1]), role.symbol, shape, role.kind, sign, layout, arguments, told=told)


def _costate(value: str) -> tuple[int, str, str]:
    """Sign, layout, and whether the sign is told, from `lambda = -dJ/dx (column)`, `p = -lambda^T`, `row`."""
    lowered = value.lower()
    layout = "row" if re.search(r"\brow\b", lowered) else "column" if re.search(r"\bcolumn\b", lowered) else ""
    meaning = _MEANING.search(value.split("=", 1)[-1]) or _MEANING.search(value)
    sign = -1 if meaning and meaning[1] == "-" else 1
    transposed = re.search(r"\bp\s*=\s*(-?)\s*\\?\w+\s*(\^\s*\{?\s*(?:T|\\top)\s*\}?)?", value)
    if transposed and not meaning:
        sign = -1 if transposed[1] else 1
        layout = layout or ("column" if transposed[2] else "row")
    told = re.search(r"(minus|negative|-)?\s*(?:the\s+)?(?:total\s+|row\s+|column\s+)?(?:gradient|derivative)s?\s+of\b", lowered)
    sign = -1 if told and not (meaning or transposed) and told[1] else sign
    return sign, layout, "declared" if meaning or transposed or told else ""


def _shape(text: str, usual: tuple[str, str]) -> tuple[str, str]:
    """(n, 1) from n; (n, k) from `n x k`, `n \\times k`, `n*k`."""
    text = text.strip("{} ")
    parts = [part.strip() for part in re.split(r"\\times|\u00d7|\bx\b|\*", text)]
    if len(parts) == 2:
        return parts[0], parts[1]
    return ("1", text) if usual[0] == "1" != usual[1] else (text, "1")


def _arguments(text: str, context: Context) -> tuple[str, ...] | None:
    """The symbols of `(x(t), u, t)`; None where nothing is written."""
    match = re.match(r"\s*\((.*)\)", text)
    if match is None:
        return None
    names = [letter_name(re.sub(r"\(.*?\)", "", part)) for part in _split(match[1])]
    return tuple(symbol_of(name, context) for name in names)


def symbol_of(name: str, context: Context) -> str:
    """The canonical symbol of a letter, declared or usual, x of x_k and x_N; its own name otherwise."""
    known = context.letters.get(name) or (context.letters.get(name.partition("_")[0]) if name not in USUAL else None)
    return known.symbol if known else USUAL.get(name, name)


def _times(letter: str, value: str, context: Context) -> Context:
    """`t in [t_0, t_1]`."""
    context = context.declare(Declared(letter, "t", kind="variable"))
    match = re.search(r"[\[(]\s*([^,\]]+),\s*([^\])]+)[\])]", value)
    for symbol, text in zip(("t0", "t1"), match.groups() if match else (), strict=False):
        context = context.declare(Declared(instant_in(text) or letter_name(text), symbol, kind="place"))
    return context


def _layers(letter: str, value: str, context: Context) -> Context:
    """`k = 0 ... N`: the index and the number of layers; of `k = i ... N`, i is the first one."""
    context = replace(context.declare(Declared(letter, "l", kind="index")), options={**context.options, "over": "layers"})
    first = re.search(rf"=\s*({_NAME})\s*(?:\.\.\.|\\[lc]?dots|…|to|,)", value)
    context = context.declare(Declared(letter_name(first[1]), "t0", kind="place")) if first else context
    last = re.search(rf"(?:\.\.\.|\\[lc]?dots|…|to|,)\s*({_NAME})\s*$", value)
    return context.declare(Declared(letter_name(last[1]), "N")) if last else context


def _letter(name: str, value: str, context: Context) -> Context:
    """`letter: role ...` or `A: n x n`, and lines of `--letters` as they are."""
    if value.startswith(DEFINED):
        return context
    if (known := retold(name, value)) is not None:
        return context.declare(known)
    if not re.fullmatch(_LETTER, name.split("(")[0].strip()):
        return _problem(context, f"{name}: {value}", f"a role ({', '.join(list(WORDS)[:8])} ...) or a letter before the colon")
    lowered = re.sub(r"\S*\w\.\w\S*", "", value.lower())  # no file's name
    words = [word for word in WORDS if re.search(rf"\b{word}\b", lowered)]
    if words:
        role = WORDS[min(words, key=lambda word: (re.search(rf"\b{word}\b", lowered).start(), -len(word)))]  # type: ignore[union-attr]
        if role.symbol in "tl":
            return _role(role, words[0], name, context)
        return context.declare(_declared(role, f"{name} {value}", context))
    if re.search(r"\bp\s*=|\bcolumn\b|\brow\b|d\w/d\w", value):
        return context.declare(_declared(ROLES["p"], f"{name} {value}", context))
    return _matrix(f"{name} in {value}", context) or _problem(context, f"{name}: {value}", "what it is, such as `costate` or `n x k`")


def _number(kind: str, text: str, context: Context) -> Context | None:
    """`constants: a, b` are numbers, unless the notes need others: their shapes are open."""
    match = re.fullmatch(_LETTER, text) if kind == "constants" else None
    name = letter_name(match[1]) if match else ""
    return context.declare(Declared(name, own(name), kind="constant", source=LISTED)) if name else None


def _matrix(text: str, context: Context) -> Context | None:
    """`A in R^{n x n}`, `A: n x n`, `c in R`."""
    space = re.fullmatch(rf"{_LETTER}(?:\(t\))?{_SPACE}(.*)", text)
    match = space or re.fullmatch(rf"{_LETTER}\s+in\s+(\w+\s*(?:x|\u00d7|\\times)\s*\w+)(.*)", text)
    if match is None:
        return None
    name, shape = letter_name(match[1]), _shape(match[2] or "1", ("1", "1"))
    if "symmetric" in match[3]:
        context = context.assume(f"symmetric {name}")
    return context.declare(Declared(name, own(name), shape, "path" if "(t)" in text else "constant"))


def latexified(text: str) -> str:
    r"""Plain header text for the LaTeX reader: lambda -> \lambda, int_0^T -> \int_0^T, x0 -> x_0; LaTeX stays as it is."""
    text = text.strip().strip("$")
    names = "|".join((*GREEK, "int", "sum", "partial", "nabla", "log", "exp", "tr", "det", "frac", "dot", "top", "dots", "ell", "infty",
                      "sin", "cos", "tanh", "sqrt", "max", "min"))
    text = re.sub(rf"(?<![\\A-Za-z])({names})(?![A-Za-z])", r"\\\1", text)
    text = re.sub(r"(?<![A-Za-z\\])([A-Za-z])(\d)\b", r"\1_\2", text)
    return re.sub(r"\b(d[A-Za-z])/(d[A-Za-z])\b", r"\\frac{\1}{\2}", text)
