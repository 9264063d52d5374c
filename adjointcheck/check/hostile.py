"""Files that mean harm: each family makes a log or a statement that would exhaust, mislead or crash a careless reader.

They are data for attacks on ourselves (tests and self-test); a family writes one file below a folder and returns its path.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

Log = dict[str, Any]
Make = Callable[[Path, Random, Mapping[str, Any]], Path]

STATEMENT = """name = "hostile"
horizon = [0, 1]
[states]
x = {{ rate = "{rate}", initial = "1" }}
y = {{ rate = "a*y - x", initial = "a" }}
[parameters]
a = 1.5
[cost]
terminal = "{cost}"
{more}
"""


@dataclass(frozen=True)
class Family:
    """One kind of hostile file: how it is proved ("replay" or "derive"), and whether it is costly to refuse."""

    name: str
    task: str
    make: Make
    costly: bool = False


def _write(folder: Path, draw: Random, suffix: str, content: bytes | str) -> Path:
    path = folder / f"{draw.getrandbits(64):016x}.{suffix}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path


# Formulas that are costly or out of place


def _tower(draw: Random) -> str:
    return draw.choice(
        ("((9**9)**99)**99", "x**x**x**x**x**x", "9**9**9**9", "(x**255)**255", "2**(3**(4**5))*x", "x**1e300", "(1 + x)**4096")
    )


def _wide_power(draw: Random) -> str:
    return f"(x + y + a + t + x*y + a*x + t*y + {draw.randint(2, 9)})**{draw.randint(40, 250)}"


def _many_signs(draw: Random) -> str:
    return "*".join(f"abs(x - {i}/{draw.randint(2, 99)}*y)" for i in range(draw.randint(8, 24)))


def _many_factors(draw: Random) -> str:
    return "*".join(f"(x + {i}*y + a**{i % 7} + {draw.randint(1, 99)})" for i in range(draw.randint(20, 60)))


def _nested(draw: Random) -> str:
    head, depth = draw.choice(("exp", "sin", "sqrt", "log", "tanh", "atan", "1 + sqrt", "-", "abs")), draw.randint(20, 400)
    return f"{head}(" * depth + "x" + ")" * depth


def _fine_roots(draw: Random) -> str:
    primes = draw.sample((59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107), 6)
    return " + ".join(f"x**({draw.randint(1, 50)}/{p})*a**(1/{p})" for p in primes)


def _angles(draw: Random) -> str:
    return " + ".join(f"sin({draw.randint(50, 256)}*x + {i}*y)*cos({draw.randint(50, 256)}*a)" for i in range(6))


def _fractions(draw: Random) -> str:
    text = "x"
    for i in range(draw.randint(20, 60)):
        text = f"{i % 9 + 1} + {draw.choice(('x', 'y', 'a'))}/({text})"
    return text


def _out_of_range(draw: Random) -> str:
    return draw.choice(
        (
            "exp(exp(exp(exp(x + 9))))", "x*1e400", "x*1e-400", "exp(-1e300)*x", "sin(1e300*x)", "log(0)*x", "x/0", "0**0*x",
            "(-8)**(1/3)*x", "1/(x - x)",
        )
    )


def _long_sum(draw: Random) -> str:
    return " + ".join(f"{i}*x**{i % 40}*y**{(i * 7) % 30}" for i in range(draw.randint(2000, 9000)))


def _huge_number(draw: Random) -> str:
    return draw.choice(("9" * 10**5, "0." + "3" * 10**5, "1e" + "9" * 500, "1/" + "7" * 60000, "9" * 4000 + "*x"))


def _foreign(draw: Random) -> str:
    return draw.choice(
        (
            "__import__('os').system('touch /tmp/owned')", "x.__class__.__mro__", "open('/etc/passwd')", "exec('1')", "lambda: x", "x[0]",
            "{0.__class__}", "%s%n", "\U0001d4cd + \U0001d468", "x\u200b", "\u202ex", "x\u0000", "\ud800", "\x1b[2J\x1b]0;owned\x07",
            "x;y", "x if y else a", "x := 3", "`id`", "$(id)", "x = 1", "x,y", "", " ", "()",
            "x(", ")",
            "'x'", "\\", "\u0661", "x\u0301", "..", "x..dot", "x.dot.dot.dot", "p_p_x", "not x", "x < y < a", "piecewise()",
            "nobody" * 20, "a" * 10**5, "x" + " " * 10**6, "-" * 5000 + "x", "x" + "*x" * 40000,
        )
    )


FORMULAS: dict[str, tuple[Callable[[Random], str], bool]] = {
    "exponent tower": (_tower, False), "wide power": (_wide_power, True), "many signs": (_many_signs, True),
    "many factors": (_many_factors, True), "deep nest": (_nested, True), "fine roots": (_fine_roots, True),
    "multiple angles": (_angles, True), "continued fraction": (_fractions, True), "out of range": (_out_of_range, True),
    "long sum": (_long_sum, True), "huge number": (_huge_number, False), "foreign text": (_foreign, False),
}


def _in_statement(formula: Callable[[Random], str]) -> Make:
    def make(folder: Path, draw: Random, log: Mapping[str, Any]) -> Path:
        text = json.dumps(formula(draw), ensure_ascii=False)[1:-1]
        rate, cost = draw.choice(((text, "x**2"), ("a*x", text), (text, text)))
        more = "" if draw.random() < 0.6 else f'[claims]\ncostate.x = "{text}"'
        return _write(folder, draw, "toml", STATEMENT.format(rate=rate, cost=cost, more=more))

    return make


def _in_log(formula: Callable[[Random], str]) -> Make:
    """The formula as a rate and its own consequence, as a line of a step, or as a person's claim."""

    def make(folder: Path, draw: Random, log: Mapping[str, Any]) -> Path:
        document, text = json.loads(json.dumps(log)), formula(draw)
        for _ in range(draw.randint(1, 3)):
            kind, state = draw.random(), draw.choice(list(document["statement"]["states"]))
            if kind < 0.3:
                document["statement"]["states"][state]["rate"] = text
                document["steps"][0]["claim"]["integrand"] += f" + p_{state}*({text})"
            elif kind < 0.8:
                step = draw.choice(document["steps"])
                step["claim"][draw.choice(list(step["claim"]))] = text
            else:
                document["claims"] = [{"name": f"costate.{state}", "text": text}]
        return _write(folder, draw, "json", json.dumps(document))

    return make


# Documents of a wrong form


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**40, "", "x", "\u0000", [], [[]], {}, {"": ""}, [None], "x" * 5000, {"x": {"x": {"x": []}}}, float("nan"),
)


def _wrong_types(folder: Path, draw: Random, log: Mapping[str, Any]) -> Path:
    """One to four places anywhere in the tree hold something of another type."""
    document = json.loads(json.dumps(log))
    for _ in range(draw.randint(1, 4)):
        node: Any = document
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw.choice(keys)
            if not isinstance(node[key], dict | list) or not node[key] or draw.random() < 0.25:
                node[key] = json.loads(json.dumps(draw.choice(ODD)))
                break
            node = node[key]
    return _write(folder, draw, "json", json.dumps(document))


def _changed(change: Callable[[Random, Log], Any]) -> Make:
    def make(folder: Path, draw: Random, log: Mapping[str, Any]) -> Path:
        document = json.loads(json.dumps(log))
        change(draw, document)
        return _write(folder, draw, "json", json.dumps(document))

    return make


def _cycles(draw: Random, log: Log) -> None:
    ids = [step["id"] for step in log["steps"]]
    for step in log["steps"]:
        step["premises"] = draw.choices(ids, k=draw.randint(1, 5)) if draw.random() < 0.5 else ids * 50


def _many_steps(draw: Random, log: Log) -> None:
    log["steps"] = log["steps"] * draw.randint(200, 2000)


def _many_names(draw: Random, log: Log) -> None:
    log["statement"][draw.choice(("parameters", "controls", "positive"))] = [f"q{i}" for i in range(draw.randint(2000, 20000))]


def _many_states(draw: Random, log: Log) -> None:
    log["statement"]["states"] |= {f"q{i}": {"rate": f"q{i}*x", "initial": "1"} for i in range(draw.randint(500, 3000))}


def _many_claims(draw: Random, log: Log) -> None:
    log["claims"] = [{"name": f"costate.{'x' * (i % 90)}{i}", "text": "x"} for i in range(draw.randint(5000, 40000))]


def _odd_names(draw: Random, log: Log) -> None:
    name = draw.choice(
        (
            "__class__", "x.dot", "pi", "exp", "t", "p_x", "x y", "\u0445", "x" * 5000, "../x", "",
            "\x1b[31m",
            "0", "-x", "x\n", "\ud800", "for",
        )
    )
    log["statement"]["states"][name] = {"rate": "1", "initial": "0"}
    log["name"] = name


def _raw(text: Callable[[Random, str], str | bytes], suffix: str) -> Make:
    def make(folder: Path, draw: Random, log: Mapping[str, Any]) -> Path:
        return _write(
            folder, draw, suffix, text(draw, json.dumps(log) if suffix == "json" else STATEMENT.format(rate="a*x", cost="x**2", more=""))
        )

    return make


def _nest(draw: Random, _: str) -> str:
    depth = draw.choice((200, 5000, 100_000, 10**6))
    return draw.choice(
        ("[" * depth, "[" * depth + "]" * depth, '{"a":' * depth, '{"steps":' + "[" * depth, '{"a":' * depth + "1" + "}" * depth)
    )


def _noise(draw: Random, text: str) -> bytes:
    data = bytearray(text.encode())
    for _ in range(draw.randint(1, 40)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data)


def _toml_bomb(draw: Random, text: str) -> str:
    return draw.choice(
        (
            "a" + ".a" * 3000 + " = 1\n" + text,
            "x = " + "[" * 50000,
            "x = " + "{a=" * 5000,
            text + "[[observations]]\n" * 20000, text + "\n".join(f"[t{i}]" for i in range(20000)), "n = " + "9" * 10**5 + "\n" + text,
            text + 'q = """' + "\\" * 100_001, text.replace("[0, 1]", "[nan, inf]"), text.replace("[0, 1]", "[0, 1e999999999]"),
            text.replace("1.5", "1e99999999999"), text + '[[observations]]\ncost = "x"\ntimes = [' + "1," * 60000 + "]",
            text + "".join(f"\nk{i} = 1" for i in range(9000)),
        )
    )


def _data_file(folder: Path, draw: Random, log: Mapping[str, Any]) -> Path:
    """Observations that point out of the folder, at a device, at a link or at too much."""
    (folder / "wide.csv").write_text("time," + ",".join(f"c{i}" for i in range(9000)) + "\n1" + ",1" * 9000)
    link = folder / "out.csv"
    if not link.is_symlink():
        link.symlink_to("/etc/passwd")
    place = draw.choice(
        (
            "/etc/passwd", "../../../../etc/passwd", "out.csv", "wide.csv", "/dev/zero", "nothing.csv", ".", "~/.ssh/id_rsa", "a\\u0000b",
            "file:///etc/passwd",
        )
    )
    more = f'[[observations]]\nfile = "{place}"\ntime = "time"\ncost = "x**2"'
    return _write(folder, draw, "toml", STATEMENT.format(rate="a*x", cost="x**2", more=more))


def _no_file(suffix: str) -> Make:
    """A directory, a pipe, a link to a device, a link to itself, or nothing at all."""

    def make(folder: Path, draw: Random, log: Mapping[str, Any]) -> Path:
        path = folder / f"{draw.getrandbits(64):016x}.{suffix}"
        kind = draw.choice(("directory", "pipe", "device", "loop", "nothing"))
        if kind == "directory":
            path.mkdir()
        elif kind == "pipe" and hasattr(os, "mkfifo"):
            os.mkfifo(path)
        elif kind in ("device", "loop"):
            path.symlink_to("/dev/zero" if kind == "device" else path.name)
        return path

    return make


FAMILIES: tuple[Family, ...] = (
    *(Family(f"log: {name}", "replay", _in_log(formula), costly) for name, (formula, costly) in FORMULAS.items()),
    *(Family(f"statement: {name}", "derive", _in_statement(formula), costly) for name, (formula, costly) in FORMULAS.items()),
    Family("log: wrong types", "replay", _wrong_types),
    Family("log: cycles", "replay", _changed(_cycles)),
    Family("log: many steps", "replay", _changed(_many_steps), True),
    Family("log: many names", "replay", _changed(_many_names), True),
    Family("log: many states", "replay", _changed(_many_states), True),
    Family("log: many claims", "replay", _changed(_many_claims)),
    Family("log: odd names", "replay", _changed(_odd_names)),
    Family("log: half a file", "replay", _raw(lambda draw, text: text[: draw.randrange(len(text))], "json")),
    Family("log: nested brackets", "replay", _raw(_nest, "json")),
    Family("log: noise", "replay", _raw(_noise, "json")),
    Family("log: bytes", "replay", _raw(lambda draw, text: draw.randbytes(draw.choice((0, 1, 50, 10**6))), "json")),
    Family("log: zeros", "replay", _raw(lambda draw, text: b"\0" * draw.choice((1, 10**6, 65 * 2**20)), "json"), True),
    Family("log: other encoding", "replay", _raw(lambda draw, text: text.encode(draw.choice(("utf-16", "utf-32", "cp037"))), "json")),
    Family(
        "log: numbers", "replay",
        _raw(
            lambda draw, text: text.replace(": 1,", ": " + draw.choice(("NaN", "-Infinity", "1e999", "9" * 10**6, "01")) + ",", 1), "json"
        ),
    ),
    Family(
        "log: millions", "replay",
        _raw(lambda draw, text: "[" + draw.choice(("[],", "{},", "0,", '"",')) * draw.choice((10**5, 8 * 10**6)) + "0]", "json"), True,
    ),
    Family("log: key twice", "replay", _raw(lambda draw, text: text.replace('"steps"', '"steps": [], "steps"', 1), "json")),
    Family("log: no file", "replay", _no_file("json")),
    Family("statement: no file", "derive", _no_file("toml")),
    Family("statement: half a file", "derive", _raw(lambda draw, text: text[: draw.randrange(len(text))], "toml")),
    Family("statement: noise", "derive", _raw(_noise, "toml")),
    Family("statement: bomb", "derive", _raw(_toml_bomb, "toml")),
    Family("statement: data file", "derive", _data_file),
)
