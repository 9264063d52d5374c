"""Statements that must be refused: (name, text, fragments of the message), the fragments naming place and reason."""

from __future__ import annotations

BASE = """\
name = "base"
horizon = [0, 2]

[states]
x = { rate = "a*x - b*x*y + w", initial = "x0" }
y = { rate = "d*x*y - c*y", initial = "1" }

[parameters]
a = 1.5
b = 1
c = 3
d = 0.75
x0 = 0.7

[controls]
w = { initial = "sin(t)/2" }

[cost]
running = "w**2 + a*x**2"
terminal = "(1 - x)**2/2"

[[observations]]
times = [0, 0.5, 2]
data = { seen = [1.0, 0.7, 0.2] }
cost = "(x - seen)**2"

[assume]
positive = ["a", "seen"]

[claims]
costate.x = "-2*a*x - p_x*(a - b*y) - p_y*d*y"
terminal.x = "x - 1"
gradient.a = "x**2 + p_x*x"
stationarity.w = "2*w + p_x"
"""


def swap(old: str, new: str) -> str:
    """BASE with the one occurrence of `old` replaced."""
    assert BASE.count(old) == 1, old
    return BASE.replace(old, new)


def small(line: str) -> str:
    """The smallest statement with `line` before its tables."""
    return f'name = "k"\nhorizon = [0, 1]\n{line}\n[states]\nx = {{ rate = "1", initial = "0" }}\n'


def rate(text: str) -> str:
    """BASE with `text`, quoted for TOML, as the rate of x."""
    return swap('"a*x - b*x*y + w"', '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')


Case = tuple[str, str, tuple[str, ...]]

SYNTAX: list[Case] = [
    ("empty", "", ("no name",)),
    ("only a comment", "# nothing\n", ("no name",)),
    ("no TOML", "x' = a*x - b*x*y", ("line 1, column",)),
    ("JSON", '{"name": "base"}', ("line 1, column 1",)),
    ("double equals", swap("a = 1.5", "a == 1.5"), ("line 9, column 4", "a == 1.5")),
    ("missing quote", swap('"sin(t)/2"', '"sin(t)/2'), ("line 16, column",)),
    ("missing value", swap("a = 1.5", "a ="), ("line 9, column",)),
    ("missing bracket", swap("[controls]", "[controls"), ("line 15, column",)),
    ("bare expression", swap('"d*x*y - c*y"', "d*x*y - c*y"), ("line 6, column",)),
    ("duplicate key", swap("b = 1\n", "b = 1\nb = 2\n"), ("line 11, column", "b = 2")),
    ("duplicate table", swap("[controls]", "[states]"), ("line 15, column",)),
    ("duplicate state", swap("\n[parameters]", 'x = { rate = "1", initial = "0" }\n[parameters]'), ("line 7, column",)),
    ("duplicate claim", swap("gradient.a", "terminal.x"), ("line 33, column", "terminal.x")),
    ("non-ASCII bare key", swap("a = 1.5", "\N{GREEK SMALL LETTER ALPHA} = 1.5"), ("line 9, column 1",)),
    ("tab in a string", swap("sin(t)/2", "sin(t)\x01/2"), ("line 16, column",)),
    ("NUL byte", swap("sin(t)/2", "sin(t)\0/2"), ("line 16, column",)),
    ("escape sequence byte", "\x1b[31mname\x1b[0m = 1", ("line 1, column 1", "\\x1b[31mname")),
    ("bad escape", swap("sin(t)/2", "sin(t)\\q"), ("line 16, column",)),
    ("surrogate escape", swap("sin(t)/2", "\\ud800"), ("line 16, column",)),
    ("leading zeros", swap("b = 1\n", "b = 007\n"), ("line 10, column",)),
    ("unterminated multi-line", swap('"(1 - x)**2/2"', '"""(1 - x)**2/2'), ("end of document",)),
]

SCHEMA: list[Case] = [
    ("no name", swap('name = "base"\n', ""), ("no name", "Add name =")),
    ("no horizon", swap("horizon = [0, 2]\n", ""), ("no horizon",)),
    ("no states", 'name = "k"\nhorizon = [0, 1]\n', ("no states",)),
    ("empty states", 'name = "k"\nhorizon = [0, 1]\n[states]\n', ("states: got none", "at least one state")),
    ("unknown table", swap("[cost]", "[costs]"), ("unknown key costs", "Did you mean cost?")),
    ("unknown top key", swap("horizon", "horizont"), ("unknown key horizont", "Did you mean horizon?")),
    ("unknown state key", swap('initial = "1" }', 'inital = "1" }'),
     ("state y", "unknown key inital", "Did you mean initial?")),
    ("unknown cost key", swap("running", "runing"), ("cost", "unknown key runing", "Did you mean running?")),
    ("unknown control key", swap('initial = "sin(t)/2"', 'guess = "0"'), ("control w", "unknown key guess")),
    ("unknown observation key", swap("times =", "time_s ="),
     ("observations[0]", "unknown key time_s", "Did you mean times?")),
    ("unknown assumption", swap("positive", "negative"), ("assume", "unknown key negative")),
    ("key that is no name", swap("[assume]", '["os.system"]'), ("unknown key os.system",)),
    ("name is a number", swap('"base"', "7"), ("name: got 7",)),
    ("name is empty", swap('"base"', '""'), ("name",)),
    ("name is not ASCII", swap('"base"', '"b\N{LATIN SMALL LETTER A WITH DIAERESIS}se"'), ("name: got b\\xe4se",)),
    ("name with a path", swap('"base"', '"../../etc/passwd"'), ("name: got ../../etc/passwd",)),
    ("problem name with a newline", swap('"base"', '"base\\n"'), ("name: got base\\n",)),
    ("problem name too long", swap('"base"', '"' + "b" * 65 + '"'), ("name", "at most 64")),
    ("states is a list", swap("[states]", "[[states]]"), ("states: got", "a table")),
    ("states is a text", 'name = "k"\nhorizon = [0, 1]\nstates = "x"\n', ("states: got x",)),
    ("cost is a text", small('cost = "x"'), ("cost: got x",)),
    ("claims is a list", small('claims = []'), ("claims: got",)),
    ("observations is a table", swap("[[observations]]", "[observations]"), ("observations: got",)),
    ("observation is a number", small('observations = [1]'),
     ("observations[0]: got 1",)),
    ("no rate", swap('rate = "d*x*y - c*y", ', ""), ("state y", "no rate")),
    ("no initial value", swap(', initial = "1"', ""), ("state y", "no initial")),
    ("state is a text", swap('{ rate = "d*x*y - c*y", initial = "1" }', '"d*x*y - c*y"'), ("state y", "no initial")),
    ("rate is a truth value", swap('"d*x*y - c*y"', "true"), ("rate of y: got True", "Write 1 or 0")),
    ("rate is a list", swap('"d*x*y - c*y"', '["d*x*y", "-c*y"]'), ("rate of y: got list",)),
    ("rate is a date", swap('"d*x*y - c*y"', "1905-06-30"), ("rate of y: got date",)),
    ("rate is empty", rate(""), ("rate of x, column 1", "the end of the text")),
    ("rate is NaN", swap('"d*x*y - c*y"', "nan"), ("rate of y: got NaN",)),
    ("parameter is a text", swap("a = 1.5", 'a = "one"'), ("parameter a: got one",)),
    ("parameter is true", swap("a = 1.5", "a = true"), ("parameter a: got True",)),
    ("parameter is NaN", swap("a = 1.5", "a = nan"), ("parameter a: got NaN", "finite")),
    ("parameter is infinite", swap("a = 1.5", "a = -inf"), ("parameter a: got -Infinity", "finite")),
    ("parameter is a list", swap("a = 1.5", "a = [1.5]"), ("parameter a: got list",)),
    ("parameter is a formula", swap("a = 1.5", 'a = "2*3"'), ("parameter a: got 2*3",)),
    ("parameter is 1/0", swap("a = 1.5", 'a = "1/0"'), ("parameter a: got 1/0",)),
    ("parameter is huge", swap("a = 1.5", "a = 1e9999"), ("parameter a", "1E+9999")),
    ("parameter beyond decimals", swap("a = 1.5", "a = 1e99999999999999999999"),
     ("parameter a", "1e99999999999999999999")),
    ("parameter of many digits", swap("a = 1.5", "a = 0." + "3" * 70), ("parameter a", "64 digits")),
    ("parameter too small", swap("a = 1.5", "a = 1e-200"), ("parameter a", "64 digits")),
    ("parameters is a text", small('parameters = "a"'),
     ("parameters: got a",)),
    ("a parameter listed twice", small('parameters = ["a", "a"]'),
     ("parameters, parameter name: got a twice",)),
]

NAMES: list[Case] = [
    ("state named t", swap("y = {", "t = {"), ("state t", "t is the time")),
    ("parameter named t", swap("d = 0.75", "t = 0.75"), ("parameter t", "t is the time")),
    ("control named t", swap("w = {", "t = {"), ("control t", "t is the time")),
    ("column named t", swap("{ seen =", "{ t ="), ("data column of observations[0] t", "t is the time")),
    ("state named exp", swap("y = {", "exp = {"), ("states, state name: got exp",)),
    ("parameter named pi", swap("d = 0.75", "pi = 3.14"), ("parameters, parameter name: got pi",)),
    ("parameter named and", swap("d = 0.75", "and = 1"), ("parameter name: got and",)),
    ("parameter named as a costate", swap("d = 0.75", "p_x = 0.75"), ("parameter p_x", "the costate of x")),
    ("state named as a costate", swap("y = {", "p_x = {"), ("state p_x", "the costate of x")),
    ("parameter named as a state", swap("d = 0.75", "x = 0.75"), ("parameter x", "x is a state")),
    ("control named as a parameter", swap("w = {", "a = {"), ("control a", "a is a parameter")),
    ("column named as a parameter", swap("{ seen =", "{ d ="), ("observations[0] d", "d is a parameter")),
    ("column named as a state", swap("{ seen =", "{ y ="), ("observations[0] y", "y is a state")),
    ("column in two groups",
     swap("[assume]", '[[observations]]\ntimes = [1]\ndata = { seen = [1] }\ncost = "x"\n\n[assume]'),
     ("observations[1] seen", "seen is a data column of observations[0]")),
    ("quoted Greek state", swap("y = {", '"\N{GREEK SMALL LETTER PSI}" = {'), ("state name: got \\u03c8", "ASCII")),
    ("Cyrillic lookalike", swap("d = 0.75", '"\N{CYRILLIC SMALL LETTER A}" = 0.75'), ("parameter name: got \\u0430",)),
    ("name with a space", swap("d = 0.75", '"d d" = 0.75'), ("parameter name: got d d",)),
    ("name with a dot", swap("d = 0.75", '"d.dot" = 0.75'), ("parameter name: got d.dot",)),
    ("name with an underscore first", swap("d = 0.75", "__class__ = 0.75"), ("parameter name: got __class__",)),
    ("name with a digit first", swap("d = 0.75", "2d = 0.75"), ("parameter name: got 2d",)),
    ("empty name", swap("d = 0.75", '"" = 0.75'), ("parameter name",)),
    ("name with a newline", swap("d = 0.75", '"d\\n" = 0.75'), ("parameter name: got d\\n",)),
    ("name too long", swap("d = 0.75", "d" * 33 + " = 0.75"), ("parameter name", "at most 32 characters")),
    ("state name too long for its costate", swap("y = {", "y" * 31 + " = {"),
     ("state yyy", "31 characters", "at most 30")),
]

SCOPE: list[Case] = [
    ("unknown symbol", rate("alpha*x"), ("rate of x", "unknown name alpha", "t, states, controls, parameters")),
    ("misspelt symbol", swap("b = 1\n", "beta = 1\n"), ("rate of x", "unknown name b")),
    ("misspelt state", swap("[parameters]", "[parameters]\npredation = 1").replace("b*x*y", "predatoin*x*y"),
     ("unknown name predatoin", "Did you mean predation?")),
    ("costate in a rate", rate("p_x*x"), ("rate of x", "p_x, a costate")),
    ("column in a rate", rate("seen*x"), ("rate of x", "seen, a data column of observations[0]")),
    ("column in the running cost", swap("w**2 + a*x**2", "(x - seen)**2"), ("running cost", "seen, a data column")),
    ("control in the terminal cost", swap("(1 - x)**2/2", "w**2"),
     ("terminal cost", "w, a control", "only t, states, parameters")),
    ("column in the terminal cost", swap("(1 - x)**2/2", "(seen - x)**2"), ("terminal cost", "seen, a data column")),
    ("costate in the terminal cost", swap("(1 - x)**2/2", "p_x"), ("terminal cost", "p_x, a costate")),
    ("control in an observation cost", swap("(x - seen)**2", "(x - w)**2"), ("observations[0], cost", "w, a control")),
    ("unknown name in an observation cost", swap("(x - seen)**2", "(x - sen)**2"),
     ("observations[0], cost", "Did you mean seen?")),
    ("state in an initial value", swap('initial = "x0"', 'initial = "y"'),
     ("initial value of x", "y, a state", "only parameters")),
    ("time in an initial value", swap('initial = "x0"', 'initial = "t"'), ("initial value of x", "t, the time")),
    ("control in an initial value", swap('initial = "x0"', 'initial = "w"'), ("initial value of x", "w, a control")),
    ("unknown name in an initial value", swap('initial = "x0"', 'initial = "x1"'),
     ("initial value of x", "unknown name x1")),
    ("state in a control's guess", swap("sin(t)/2", "x"), ("initial guess of control w", "x, a state")),
    ("parameter in a control's guess", swap("sin(t)/2", "a*t"),
     ("initial guess of control w", "a, a parameter", "only t")),
    ("column of another group", swap("[assume]", '[[observations]]\ntimes = [1]\ncost = "(x - seen)**2"\n\n[assume]'),
     ("observations[1], cost", "seen, a data column of observations[0]")),
]

OBSERVATIONS: list[Case] = [
    ("no times", swap("times = [0, 0.5, 2]\n", ""), ("observations[0]", "no times")),
    ("empty times", swap("[0, 0.5, 2]", "[]"), ("observations[0], times", "at least one time")),
    ("no cost", swap('cost = "(x - seen)**2"\n', ""), ("observations[0]", "no cost")),
    ("times is a number", swap("[0, 0.5, 2]", "3"), ("observations[0], times: got 3",)),
    ("times is a text", swap("[0, 0.5, 2]", '"0, 0.5, 2"'), ("observations[0], times",)),
    ("time is true", swap("[0, 0.5, 2]", "[0, true, 2]"), ("observations[0], times, value 1: got True",)),
    ("time is NaN", swap("[0, 0.5, 2]", "[0, nan, 2]"), ("observations[0], times, value 1: got NaN",)),
    ("time after t1", swap("[0, 0.5, 2]", "[0, 0.5, 2.000001]"),
     ("observations[0], times: got 2000001/1000000", "[0, 2]")),
    ("time before t0", swap("[0, 0.5, 2]", "[-1e-9, 0.5, 2]"), ("observations[0], times", "inside the horizon")),
    ("column too short", swap("[1.0, 0.7, 0.2]", "[1.0, 0.7]"),
     ("observations[0], data column seen: got 2 values", "3, one for each")),
    ("column too long", swap("[1.0, 0.7, 0.2]", "[1.0, 0.7, 0.2, 0]"), ("data column seen: got 4 values",)),
    ("column is a number", swap("[1.0, 0.7, 0.2]", "1.0"), ("data column seen", "a list of numbers")),
    ("datum is NaN", swap("[1.0, 0.7, 0.2]", "[1.0, nan, 0.2]"), ("data column seen, value 1: got NaN", "finite")),
    ("datum is infinite", swap("[1.0, 0.7, 0.2]", "[1.0, 0.7, inf]"), ("data column seen, value 2: got Infinity",)),
    ("datum is false", swap("[1.0, 0.7, 0.2]", "[1.0, false, 0.2]"), ("data column seen, value 1: got False",)),
    ("datum is a word", swap("[1.0, 0.7, 0.2]", '[1.0, "missing", 0.2]'), ("data column seen, value 1: got missing",)),
    ("data is a list", swap("{ seen = [1.0, 0.7, 0.2] }", "[1.0, 0.7, 0.2]"), ("observations[0], data",)),
    ("too many times", swap("[0, 0.5, 2]", "[" + "1," * 5000 + "]"),
     ("observations[0], times", "5000", "at most 4096")),
    ("too many times in all", BASE + '[[observations]]\ntimes = [' + "1," * 4095 + ']\ncost = "x"\n',
     ("4098 observation times",)),
    ("file without a folder",
     swap("times = [0, 0.5, 2]\ndata = { seen = [1.0, 0.7, 0.2] }", 'file = "d.csv"\ntime = "s"'),
     ("observations[0], file", "no data file")),
    ("file beside times", swap("data = { seen = [1.0, 0.7, 0.2] }", 'file = "d.csv"'),
     ("observations[0]", "times beside file")),
    ("time without file", swap("times = [0, 0.5, 2]\ndata = { seen = [1.0, 0.7, 0.2] }", 'time = "s"'), ("no file",)),
    ("horizon ends equal", swap("[0, 2]", "[2, 2.0]"), ("horizon: got both ends at 2",)),
    ("horizon of one time", swap("[0, 2]", "[2]"), ("horizon: got 1 times",)),
    ("horizon is a number", swap("[0, 2]", "2"), ("horizon: got 2",)),
    ("horizon is a text", swap("[0, 2]", '"02"'), ("horizon: got 02",)),
    ("horizon with a word", swap("[0, 2]", '[0, "end"]'), ("horizon, t1: got end",)),
    ("horizon is infinite", swap("[0, 2]", "[0, inf]"), ("horizon, t1: got Infinity",)),
    ("horizon with true", swap("[0, 2]", "[false, 2]"), ("horizon, t0: got False",)),
    ("horizon of dates", swap("[0, 2]", "[1900-01-01, 1920-01-01]"), ("horizon, t0: got date",)),
]

CLAIMS: list[Case] = [
    ("unknown head", swap("costate.x", "adjoint.x"),
     ("claims: got adjoint.x", "costate.<state>, terminal.<state>, gradient.<parameter>")),
    ("misspelt head", swap("gradient.a", "gradiant.a"), ("claims: got gradiant.a", "Did you mean gradient?")),
    ("head without target", swap("gradient.a", "gradient"), ("claims: got gradient",)),
    ("claim too deep", swap("gradient.a", "gradient.a.b"), ("claim gradient.a: got dict",)),
    ("costate of an unknown state", swap("costate.x", "costate.z"), ("claim costate.z: got z", "a state (x, y)")),
    ("gradient of a state", swap("gradient.a", "gradient.x"), ("claim gradient.x: got x", "a parameter")),
    ("costate of a parameter", swap("costate.x", "costate.a"), ("claim costate.a: got a", "a state")),
    ("costate of a costate", swap("costate.x", "costate.p_x"), ("claim costate.p_x: got p_x", "a state (x, y)")),
    ("stationarity of a parameter", swap("stationarity.w", "stationarity.a"),
     ("claim stationarity.a", "a control (w)")),
    ("claim with an unknown name", swap('"2*w + p_x"', '"2*w + p_z"'), ("claim stationarity.w: got unknown name p_z",)),
    ("costate in a terminal claim", swap('"x - 1"', '"p_x"'), ("claim terminal.x: got p_x, a costate",)),
    ("control in a terminal claim", swap('"x - 1"', '"x - w"'), ("claim terminal.x: got w, a control",)),
    ("column in a claim", swap('"x - 1"', '"x - seen"'), ("claim terminal.x: got seen, a data column",)),
    ("claim is not an expression", swap('"x - 1"', '"x - "'), ("claim terminal.x, column",)),
    ("claim is true", swap('"x - 1"', "true"), ("claim terminal.x: got True",)),
    ("claim is an equation", swap('"x - 1"', '"p_x = x - 1"'), ("claim terminal.x, column 5",)),
    ("assume an unknown name", swap('["a", "seen"]', '["q"]'), ("assume.positive: got unknown name q",)),
    ("assume a costate", swap('["a", "seen"]', '["p_x"]'), ("assume.positive: got unknown name p_x",)),
    ("assume twice", swap('["a", "seen"]', '["a", "a"]'), ("assume.positive: got a twice",)),
    ("assume a text", swap('["a", "seen"]', '"a"'), ("assume.positive: got a", "a list")),
    ("assume a number", swap('["a", "seen"]', "[1]"), ("assume.positive: got 1",)),
    ("assume against a value", swap("a = 1.5", "a = -1.5"), ("assume.positive: got a, given as -3/2",)),
    ("assume against a datum", swap("[1.0, 0.7, 0.2]", "[1.0, 0.7, 0]"), ("assume.positive: got seen, given as 0",)),
    ("assume against an initial value", swap('["a", "seen"]', '["y"]').replace('initial = "1"', 'initial = "-1"'),
     ("assume.positive: got y, given as -1",)),
]

GRAMMAR: list[Case] = [
    ("implicit product", rate("2x"), ("rate of x, column 2", "Write products with *")),
    ("call of a symbol", rate("a(x)"), ("rate of x, column 1",)),
    ("unknown function", rate("cosine(x)"), ("rate of x, column 1", "a function of the grammar")),
    ("misspelt function", rate("expp(x)"), ("rate of x", "Did you mean exp?")),
    ("function without argument", rate("a*exp"), ("rate of x, column 3", "parentheses")),
    ("too many arguments", rate("exp(x, y)"), ("rate of x", "exp with 1 argument")),
    ("unclosed parenthesis", rate("a*(x + y"), ("rate of x", "the end of the text")),
    ("stray parenthesis", rate("a*x)"), ("rate of x, column 4",)),
    ("two operators", rate("a*/x"), ("rate of x, column 3",)),
    ("trailing operator", rate("a*x +"), ("rate of x",)),
    ("condition as a value", rate("x < 1"), ("rate of x", "not a condition")),
    ("sum with a condition", rate("a + (x < 1)"), ("rate of x", "not a condition")),
    ("chained comparison", rate("piecewise(1, 0 < x < 1, 0)"), ("rate of x", "one comparison at a time")),
    ("piecewise without otherwise", rate("piecewise(x, x < 1)"),
     ("rate of x", "piecewise(value, condition, ..., otherwise)")),
    ("semicolon", rate("a*x; b"), ("rate of x, column 4",)),
    ("assignment", rate("x = 1"), ("rate of x, column 3",)),
    ("index", rate("x[0]"), ("rate of x, column 2",)),
    ("quote in an expression", rate('"x"'), ("rate of x, column 1",)),
    ("backslash", rate("\\alpha*x"), ("rate of x, column 1",)),
    ("attribute", rate("x.dot"), ("rate of x, column 1",)),
    ("exponent too large", rate("x**300"), ("rate of x", "at most 256")),
    ("number of many digits", rate("1" * 70 + "*x"), ("rate of x, column 1", "64 digits")),
    ("number too small", rate("1e-300*x"), ("rate of x", "64 digits")),
    ("Greek letter", rate("\N{GREEK SMALL LETTER ALPHA}*x"), ("rate of x, column 1", "U+03B1")),
    ("Cyrillic x", rate("a*\N{CYRILLIC SMALL LETTER HA}"), ("rate of x, column 3", "U+0445")),
    ("fullwidth letter", rate("\N{FULLWIDTH LATIN SMALL LETTER X}*a"), ("rate of x, column 1", "U+FF58")),
    ("Arabic digit", rate("\N{ARABIC-INDIC DIGIT THREE}*x"), ("rate of x, column 1", "U+0663")),
    ("fullwidth digit", rate("a*\N{FULLWIDTH DIGIT THREE}"), ("rate of x, column 3", "U+FF13")),
    ("minus sign", rate("a \N{MINUS SIGN} x"), ("rate of x, column 3", "U+2212")),
    ("multiplication sign", rate("a\N{MULTIPLICATION SIGN}x"), ("rate of x, column 2", "U+00D7")),
    ("superscript", rate("x\N{SUPERSCRIPT TWO}"), ("rate of x, column 2", "U+00B2")),
    ("no-break space", rate("a\N{NO-BREAK SPACE}* x"), ("rate of x, column 2", "U+00A0")),
    ("zero-width space", rate("a*x\N{ZERO WIDTH SPACE}"), ("rate of x, column 4", "U+200B")),
    ("right-to-left override", rate("a*\N{RIGHT-TO-LEFT OVERRIDE}x"), ("rate of x, column 3", "U+202E")),
    ("escaped NUL", swap('"a*x - b*x*y + w"', '"a*x\\u0000"'), ("rate of x, column 4", "U+0000")),
    ("escaped escape", swap('"a*x - b*x*y + w"', '"a*x\\u001b[2J"'), ("rate of x, column 4", "U+001B")),
]

HOSTILE: list[Case] = [
    ("import", rate("__import__('os').system('true')"), ("rate of x, column 1",)),
    ("eval", rate("eval(x)"), ("rate of x, column 1", "a function of the grammar")),
    ("lambda call", rate("(lambda: 0)()"), ("rate of x",)),
    ("dunder walk", rate("x.__class__.__bases__"), ("rate of x, column 2",)),
    ("f-string", rate("{x}"), ("rate of x, column 1",)),
    ("template", rate("${jndi:ldap://x}"), ("rate of x, column 1",)),
    ("command", rate("`true`"), ("rate of x, column 1",)),
    ("power tower", rate("((9**9)**9999)**9999"), ("rate of x", "exponents multiply")),
    *((f"tower to the right {text}", rate(f"{text}*x"), ("rate of x, column", "exponents multiply"))
      for text in ("2^9^9", "2^9^9^9", "1.5^9^9", "x^(9^9)")),
    *((f"computed exponent {text}", rate(f"{text}*x"), ("rate of x", "exponents of at most 256"))
      for text in ("2^64^64", "9^9^9.5", "x^-(64^64)", "2^(9*9*9)", "x^(9*9*9)", "2^exp(exp(9))", "x^exp(800)", "x^(400 - 3*log(2))")),
    *((f"no value {text}", rate(f"{text}*x"), ("rate of x", "an expression that has a value"))
      for text in ("1/0", "x/(1 - 1)", "0^-1", "log(0)", "log(2 - 3)", "sqrt(-1)", "asin(2)", "(-2)^0.5", "x/(1/3 - 2/6)")),
    ("long power chain", rate("x" + "^x" * 9000), ("rate of x", "nesting of at most 64")),
    ("deep parentheses", rate("(" * 9000 + "x" + ")" * 9000), ("rate of x", "nesting of at most 64")),
    ("open parentheses", rate("(" * 100_000), ("rate of x", "20000 tokens")),
    ("many signs", rate("-" * 9000 + "x"), ("rate of x", "nesting of at most 64")),
    ("many nots", rate("not " * 9000 + "x"), ("rate of x", "nesting of at most 64")),
    ("deep calls", rate("sin(" * 900 + "x" + ")" * 900), ("rate of x", "nesting of at most 64")),
    ("many arguments", rate("max(" + "x," * 9000 + "x)"), ("rate of x", "fewer arguments")),
    ("a megabyte in one line", rate("x+" * 500_000 + "x"), ("characters", "at most 262144")),
    ("250 kB expression", rate("x+" * 120_000 + "x"), ("rate of x", "20000 tokens")),
    ("250 kB name", rate("x" * 250_000), ("rate of x", "at most 32 characters")),
    ("250 kB function", rate("x" * 250_000 + "(x)"), ("rate of x",)),
    ("250 kB number", rate("1" * 250_000), ("rate of x", "64 digits")),
    ("250 kB TOML number", swap("a = 1.5", "a = " + "1" * 250_000), ("line 9", "a number of at most 64 digits")),
    ("250 kB hexadecimal number", swap("a = 1.5", "a = 0x" + "f" * 250_000),
     ("line 9", "a number of at most 64 digits")),
    ("250 kB key", "k" * 250_000 + " = 1", ("unknown key kkk",)),
    ("250 kB bare word", "k" * 250_000, ("end of document",)),
    ("nested arrays", "a = " + "[" * 100_000, ("line 1", "nested at most 8 deep")),
    ("nested tables", "a = " + "{a = " * 40_000, ("line 1", "nested at most 8 deep")),
    ("nested after brackets", "a = " + "]" * 1000 + "[" * 1000, ("line 1",)),
    ("dotted keys", "a." * 120_000 + "a = 1", ("line 1", "at most 8 dotted parts")),
    ("quoted dotted keys", '"a b".' * 40_000 + "a = 1", ("line 1", "at most 8 dotted parts")),
    ("dotted table", "[" + "a." * 120_000 + "a]", ("line 1", "at most 8 dotted parts")),
    ("inline dotted keys", "x = { " + "a . " * 60_000 + "a = 1 }", ("line 1", "at most 8 dotted parts")),
    ("many tables", "".join(f"[t{i}]\n" for i in range(25_000)), ("unknown key t0",)),
    ("many groups", BASE + '[[observations]]\ntimes = [1]\ncost = "x"\n' * 5_000,
     ("observation times", "at most 4096")),
    ("many states", 'name = "k"\nhorizon = [0, 1]\n[states]\n' + "".join(f"x{i} = 0\n" for i in range(20_000)),
     ("got 20000 states", "at most 64")),
    ("many parameters", swap("a = 1.5", "a = 1.5\n" + "".join(f"k{i} = 1\n" for i in range(20_000)) + 'z = "q"'),
     ("parameter z",)),
    ("many quotes", '"' * 250_000, ("line 1, column",)),
    ("many apostrophes", "'" * 250_000, ("line 1, column",)),
    ("escaped quotes without end", 'a = "' + '\\"' * 120_000, ("end of document",)),
    ("open text that ends in a backslash", 'a = """' + "x" * 250_000 + "\\", ("end of document",)),
    ("carriage returns", "\r" * 250_000, ("line 1, column 1",)),
    ("XML entities", '<!DOCTYPE l [<!ENTITY l0 "l"><!ENTITY l1 "&l0;&l0;">]><l>&l1;</l>', ("line 1, column 1",)),
    ("YAML aliases", "a: &a [l, l]\nb: &b [*a, *a]\nc: [*b, *b]\n", ("line 1, column",)),
    ("YAML object", "!!python/object/apply:os.system ['true']", ("line 1, column 1",)),
    ("pickle", "cos\nsystem\n(S'true'\ntR.", ("line 1, column",)),
    ("TOML that names Python", 'name = "k"\nhorizon = [0, 1]\nimport = "os"\n', ("unknown key import",)),
]

CASES: list[Case] = [*SYNTAX, *SCHEMA, *NAMES, *SCOPE, *OBSERVATIONS, *CLAIMS, *GRAMMAR, *HOSTILE]
