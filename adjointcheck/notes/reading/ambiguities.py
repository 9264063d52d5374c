"""What the text of a formula leaves open, answered before it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from adjointcheck.notes.reading.curves import Curve
from adjointcheck.notes.reading.uses import UNUSED, Uses

LASTS = frozenset("NKLM")  # above a letter, where layers are counted there
DECIMAL = "{,}"  # among the numbers of notes in which 1{,}313 is 1.313
SAMPLE = "sample"  # how the reader marks x^i, x^{(i)} and x_i of one sample


@dataclass(frozen=True)
class Letters:
    """Answers for the reader; what is not answered here and matters makes a formula unread, never guessed.

    `functions` take arguments: f(a + b) is a call.  `plain` never do: c(a + b) is a product.  `signals` depend on time alone:
    x(t + h) is a call, x(a - b) a product; `times` are the letters of time.  `indexed`: x^{k} is an index, not a power.
    `transposes`: superscripts that transpose.
    `operators` may hold D (Df is a derivative).  `star` and `dagger` are "adjoint", "optimal" or open; `prime` is "derivative",
    "transpose", "letter", for brackets alone "rate" or "transposed", or open.  A letter d, e, D, delta, E, O or o in one of the first
    three is that letter and no operator.
    `iterate`: k, where w^{k+1} = w^k - ... is a step of an iteration.  `sample`: i, where x^i and Phi_i are those of a sample.
    `layer`: l, where x^l is x at a layer, and x^L at the last one.
    `clock`: s or \\tau, where that is the letter of time and there is no t; x of curves y(x).
    `curve`: y and its variation, where y' is what is chosen.
    `numbers`: which of the letters pi and e are the numbers, and whether the comma of 1{,}313 is decimal.
    `gaps`: where thin spaces stand in the formula: `\\cos\\theta\\, p` is (cos theta) p.
    `second`: "h z", where the state is called h until it moves and z from there on; then h is read as z.
    `raised`: letters whose components stand above, p^1 and p^2.
    `uses`: how the notes use letters before brackets, where nothing else says whether those are arguments or factors.
    `maps`: capitals that are maps M(x) in plain type and other letters in bold; the map is then read as \\mathcal{M}.
    """

    functions: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    signals: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset({"t", "T", "tau", "s"})
    indexed: frozenset[str] = frozenset()
    transposes: frozenset[str] = frozenset({"T"})
    operators: frozenset[str] = frozenset()
    star: str = ""
    dagger: str = ""
    prime: str = ""
    maps: frozenset[str] = frozenset()
    gaps: tuple[int, ...] = ()
    iterate: str = ""
    sample: str = ""
    layer: str = ""
    clock: str = ""
    curve: Curve | None = None
    numbers: frozenset[str] = frozenset()
    second: str = ""
    raised: frozenset[str] = frozenset()
    uses: Uses = UNUSED

    def declares(self, name: str) -> bool:
        """True when `name` is a letter of the notes."""
        return name in self.functions or name in self.plain or name in self.signals


NONE = Letters()
CUTTING = Letters(numbers=frozenset({DECIMAL}))  # where statements end, no comma inside braces matters
_GAP = re.compile(r"(?<!\\)\\(?:[,:; ]|(?:thin|med|thick)space(?![A-Za-z]))")
_SCRIPT = r"(?:_(?:\w|\{[^{}]*\}))?\s*"
_CALLED = re.compile(rf"(?<![A-Za-z\\{{])([A-Z]){_SCRIPT}(?:\\(?:left|[bB]igg?l?)\s*)?\(")
_BOLD = re.compile(rf"\\(?:mathbf|boldsymbol|bm|bf)\s*(?:\{{([A-Z])\}}|([A-Z])){_SCRIPT}(\()?")


def spaced(text: str, letters: Letters) -> Letters:
    """With the places where `text` has thin spaces."""
    return replace(letters, gaps=tuple(found.start() for found in _GAP.finditer(text)))


def maps_beside_bold(texts: Iterable[str]) -> frozenset[str]:
    """Capitals that the notes call as M(x) in plain type and write in bold without calling: the weather services' M_i and its Jacobian."""
    whole = "\n".join(texts)
    bold = [(braced or bare, opening) for braced, bare, opening in _BOLD.findall(whole)]
    return frozenset(_CALLED.findall(whole)) & {name for name, _ in bold} - {name for name, opening in bold if opening}


_LETTER = r"(?:\\(?:mathbf|boldsymbol|bm|vec)\s*\{?\s*)?(?:\\([a-z]+)|([A-Za-z]))"
_D = r"(?:\\mathrm\s*\{?\s*d\s*\}?|(?<![A-Za-z\\])d)\s*"
_VARIED = r"(?!\\delta\s*\\?[A-Za-z])"  # the dot of \dot{\delta x} is that of x
_RATE = re.compile(rf"\\d?dot\s*\{{?\s*{_VARIED}{_LETTER}|{_D}{_LETTER}\}}?\s*(?:\(t\)\s*)?\}}?\s*[/{{]\s*{_D}t(?![A-Za-z_])")
_TIMES = re.compile(r"\s*(?:t|T|s|\\tau|\\cdot|t_\s*(?:\\(?:mathrm|text|rm)\s*)?(?:\w|\{\w+\})|[01])\s*")


def rates_in(texts: Iterable[str]) -> frozenset[str]:
    """Letters that the notes write with a dot, or as dx/dt, and never call but at times: what moves, and no function of anything else."""
    whole = "\n".join(texts)
    moved = {"".join(found) for found in _RATE.findall(whole)}
    return frozenset(name for name in moved if not any(_is_argument(text) for text in _brackets(name, whole)))


def _brackets(name: str, text: str) -> Iterator[str]:
    """What stands in the brackets behind a letter, without what stands in brackets there."""
    sign = re.escape(name if len(name) == 1 else f"\\{name}")
    for found in re.finditer(rf"(?<![A-Za-z\\]){sign}(?![A-Za-z]){_SCRIPT}(?:\\(?:left|[bB]igg?l?)\s*)?[(\[]", text):
        depth, kept = 1, ""
        for letter in text[found.end() : found.end() + 400]:
            depth += (letter in "([") - (letter in ")]")
            if depth == 0:
                break
            kept += letter if depth == 1 and letter not in ")]" else ""
        yield kept


def _is_argument(text: str) -> bool:
    """x and x, u; not t, and not a sum."""
    return bool(re.search("[,;]", text) or re.fullmatch(r"\s*\\?[A-Za-z]+(?:_\w)?\s*", text)) and not _TIMES.fullmatch(text)


_TIMED = re.compile(rf"(?<![a-z\\])(?<!\\dot){_LETTER}\}}?\s*(?:\\left)?\(\s*(?:t|\\cdot)\s*(?:\\right)?\)")
_LASTING = frozenset({"theta", "vartheta", "p"})  # parameters, even where a text moves them


def timed_in(texts: Iterable[str]) -> frozenset[str]:
    """Letters that the notes write as values in time, alpha(t) or u(\\cdot), somewhere."""
    return frozenset("".join(found) for text in texts for found in _TIMED.findall(text)) - _LASTING


_SLOPED = re.compile(rf"{_LETTER}\s*_\s*\{{?\s*t\s*\}}?\s*\(\s*t\s*[,)]")


def sloped_in(texts: Iterable[str]) -> str:
    """Letters x of x_t(t, p), where t below differentiates."""
    return " ".join(sorted({"".join(found) if isinstance(found, tuple) else found for text in texts for found in _SLOPED.findall(text)}))


_CLOCK = r"(s|\\tau)\s*"
_CLOCKED = re.compile(rf"\\dot\s*\{{?\s*{_LETTER}\s*\}}?\s*\(\s*{_CLOCK}\)\s*&?\s*="
                      rf"|{_D}{_LETTER}\s*(?:\([^()]*\)\s*)?\}}?\s*[/{{]\s*{_D}{_CLOCK}\}}?\s*&?\s*=")
_RAISED = re.compile(r"\\dot\s*\{?\s*(?:\\(?:mathbf|boldsymbol|bm)\s*\{?\s*)?\\?([A-Za-z]+)\s*\}*\s*\^\s*\{?\s*1\s*(?![A-Za-z0-9+.-])")
_TIME = re.compile(r"(?<![A-Za-z\\])d?t(?![A-Za-z])")


_GRAPH = re.compile(rf"\\int(?![a-z])[^\n]*(?:[a-z]\s*'|\\prime|{_D}[a-z]\s*\}}?\s*[/{{]\s*{_D}x)[^\n]*{_D}x(?![A-Za-z_])")


def raised_in(texts: Iterable[str]) -> str:
    """p of p-dot^1 = 0, where 1 is no power: p^2(t) is its second component."""
    return " ".join(dict.fromkeys(_RAISED.findall("\n".join(texts))))


def clock_in(texts: Iterable[str]) -> str:
    """s of x-dot(s) = f(x(s), s), in notes that have no t."""
    whole = "\n".join(texts)
    found = {first or second for *_, first, _, _, second in _CLOCKED.findall(whole)} if not _TIME.search(whole) else set()
    return found.pop() if len(found) == 1 else ""


def graphs_in(texts: Iterable[str]) -> str:
    """x of int F(x, y, y') dx, in notes that have no t."""
    whole = "\n".join(text.replace("\n", " ") for text in texts)
    return "x" if _GRAPH.search(whole) and not _TIME.search(whole) else ""


def in_usual_time(text: str, clock: str) -> str:
    """The text with t for the clock's letter, every other character in its place."""
    before = r"(?<![A-Za-z\\])(d?)" if clock.isalpha() else "()"
    letter = re.compile(rf"{before}({re.escape(clock)})(?![A-Za-z])(?!\s*_)")
    return letter.sub(lambda found: f"{found[1]}{'t':<{len(found[2])}}", text) if clock else text


_OPENS = re.compile(r"\s*(?:_(?:\w|\\\w+|\{[^{}]*\})|\^(?:\\prime|\{\\prime\})|'|\\,|\\!|\\(?:left|[bB]igg?l?)(?![A-Za-z]))*\s*\(")
_SLOPE = re.compile(rf"{_LETTER}\s*(?:'|\^\s*\{{?\s*\\prime\s*\}}?)\s*(?:\\left|\\[bB]igg?l?)?\s*\(")
_CUT = re.compile(r"\\?([A-Za-z]+)\s*\(\s*\\?[A-Za-z]+\s*\)\s*:?=\s*\\(?:min|max)(?![A-Za-z])")
_NEVER = frozenset("lambda mu nu psi p q a x y z u v w".split())  # costates, states and controls, whose primes are other things


def called_in(texts: Iterable[str]) -> frozenset[str]:
    """Letters never written without a bracket behind: sigma, g of g'(W h + b) somewhere, and Pi of Pi(v) = min(...)."""
    whole = "\n".join(texts)
    named = {"sigma", *_CUT.findall(whole), *("".join(found) for found in _SLOPE.findall(whole))} - _NEVER
    return frozenset(name for name in named if (ends := _places(name, whole)) and all(_OPENS.match(whole, end) for end in ends))


def _places(name: str, text: str) -> list[int]:
    sign = re.escape(name if len(name) == 1 else f"\\{name}")
    return [found.end() for found in re.finditer(rf"(?<![A-Za-z\\]){sign}(?![A-Za-z])", text)]


_WEIGHED = re.compile(r"\\sum\s*(?:\\limits\s*)?_\s*\{\s*([klnjt])\s*=[^{}]*\}\s*(?:\^\s*(?:\w|\\infty|\{[^{}]*\}))?\s*"
                      r"(?:\\\w+\s*)?[\[({]?\s*(?:\\,\s*)?\\(alpha|beta|gamma|delta|rho)\s*\^\s*\{?\s*\1(?![A-Za-z])")


def discounts_in(texts: Iterable[str]) -> frozenset[str]:
    """Letters with a power beta^k behind a sum over k, that never have an index below: discount factors."""
    whole = "\n".join(texts)
    return frozenset(name for _, name in _WEIGHED.findall(whole) if not re.search(rf"\\{name}\s*(?:_|\^\s*\{{?\s*\()", whole))


_CONTINENTAL = re.compile(r"\b(?:und|ist|wird|das|est|les|dans|une|el|los|del|una|il|che|della|или|для|при|это|и|в)\b")
_ENGLISH = re.compile(r"\b(?:the|of|is|and|to)\b")
_COMMA = re.compile(r"\d+\{,\}\d+")
_SPACE = re.compile(rf"{_GAP.pattern}(?!\s*(?:\\left|\\[bB]igg?l?)?\s*\()")  # e\,(e - 1) is a product
_NUMBERS = {"pi": re.compile(r"\\pi(?![A-Za-z])"), "e": re.compile(r"(?<![A-Za-z\\])e(?![A-Za-z])")}
_TURNS = r"(?:\\(?:top|intercal|mathsf|star|dagger|prime)(?![A-Za-z])\s*T?|T|\*)"
_GROWN = re.compile(rf"\s*\^\s*(?!{_TURNS}|\{{\s*{_TURNS}\s*\}})")
_UNTURNED = re.compile(r"\s*\^(?!\s*\{?\s*(?:\\(?:top|intercal|mathsf|star|dagger|prime)(?![A-Za-z])|\*))")
_RUNS_TO_T = re.compile(r"\\int[^^]{0,12}\^\s*\{?\s*T(?![A-Za-z])|[A-Za-z]\s*\(\s*T\s*\)")
_TURNED = re.compile(r"(?:(?<![A-Za-z\\])(?!e)[A-Za-z]|\\(?!int)[A-Za-z]{2,}|[})\]])\s*\^\s*\{?\s*-?\s*T(?![A-Za-z_])")
_NAMED = re.compile(r"\s*(?:_|'|:?=|\^(?!\s*\{?\s*\d)|\(|\\(?:left|[bB]igg?l?)\s*\(|\\(?:prime|in)(?![A-Za-z]))")
_MARKED = re.compile(r"(?:\\(?:d?dot|delta|nabla|partial|hat|bar|tilde|mathbf|boldsymbol|bm|vec|log|ln)|(?<![A-Za-z])d"
                     r"|\\mathrm\{d\}|(?<!\\),)\s*[{(]*\s*$")
_SCRIPT_OPENS = re.compile(r"[_^]\s*\{?\s*$")
_LIMIT_OPENS = re.compile(r"\\int\s*(?:\\limits\s*)?(?:_\s*(?:\w|\{[^{}]*\})\s*)?[_^]\s*\{?\s*$")


def numbers_in(texts: Iterable[str], prose: str = "") -> frozenset[str]:
    """Which of pi and e is the number wherever it stands in the notes, and whether commas in numbers are decimal, as German ones are."""
    texts = [_SPACE.sub(" ", text) for text in texts]
    grown = _UNTURNED if _is_horizon("\n".join(texts)) else _GROWN
    names = {name for name, sign in _NUMBERS.items() if _is_number(name, _uses(sign, texts), grown)}
    commas = (found[0] for text in texts for found in _COMMA.finditer(text))
    decimal = any(map(is_decimal, commas)) or len(_CONTINENTAL.findall(prose)) > len(_ENGLISH.findall(prose))
    return frozenset(names | ({DECIMAL} if decimal else set()))


def is_decimal(number: str) -> bool:
    """Is the comma of 0{,}813 and 1{,}3 decimal?  That of 1{,}313 may part thousands."""
    whole, _, digits = number.partition(DECIMAL)
    return len(digits) != 3 or whole == "0"


def _uses(sign: re.Pattern[str], texts: Iterable[str]) -> list[tuple[str, str]]:
    """What stands before and behind it."""
    return [(text[: found.start()], text[found.end() :]) for text in texts for found in sign.finditer(text)]


def _is_horizon(text: str) -> bool:
    """Is T a time, as in int_0^T and x(T), and above no letter but e, which it would transpose?"""
    return _RUNS_TO_T.search(text) is not None and not _TURNED.search(text)


def _is_number(name: str, uses: list[tuple[str, str]], grown: re.Pattern[str]) -> bool:
    """Is it bare everywhere, as in pi/2, 2 pi and cos(pi t), without index, dot, argument or value?  And e a base somewhere, e^{a t}?"""
    powers = [use for use in uses if name == "e" and grown.match(use[1])]
    bare = [use for use in uses if use not in powers]
    return bool(powers if name == "e" else bare) and not any(
        _NAMED.match(after) or _MARKED.search(before) or _is_script(before, after) for before, after in bare)


def _is_script(before: str, after: str) -> bool:
    """V^pi, nabla_pi; no limit of an integral, and no part of an exponent."""
    alone = after.lstrip().startswith("}") or not before.rstrip().endswith("{")
    return bool(_SCRIPT_OPENS.search(before)) and alone and not _LIMIT_OPENS.search(before)
