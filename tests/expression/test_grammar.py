"""The text form: what it means, what comes back from the printer, what is refused and in which words."""

from __future__ import annotations

import ast
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from strategies import Undefined, close, numeric, random_expression, texts

from adjointcheck.errors import GrammarError
from adjointcheck.expression.grammar import LOG, Caps, check_name, is_condition, parse, to_text
from adjointcheck.expression.node import HALF, apply, neg, number, symbol, symbols_of
from adjointcheck.expression.table import RESERVED

X, Y = symbol("x"), symbol("y")


# What a text means


@pytest.mark.parametrize(("text", "node"), [
    ("x", X), (" x\t\n", X), ("((x))", X), ("pi", apply("pi")), ("2", number(2)), ("0.1", number(Fraction(1, 10))), ("1.", number(1)),
    (".5", HALF), ("1e-3", number(Fraction(1, 1000))), ("1E+3", number(1000)), ("1.25e2", number(125)), ("007", number(7)),
    ("9" * 64, number(10**64 - 1)), ("1/2", HALF), ("-1/2", neg(HALF)), ("-2", number(-2)), ("-(2)", apply("neg", number(2))),
    ("--2", apply("neg", number(-2))), ("+x", X), ("-x", apply("neg", X)), ("-x**2", apply("neg", apply("pow", X, number(2)))),
    ("-2**2", number(-4)), ("-(2**2)", apply("neg", number(4))), ("2**3**2", number(512)), ("1.5^-2", number(Fraction(4, 9))), ("0**0", number(1)), ("0**-1", apply("pow", number(0), number(-1))), ("1e-34**2", apply("pow", number(Fraction(1, 10**34)), number(2))), ("4**0.5", apply("pow", number(4), HALF)), ("x**-2", apply("pow", X, number(-2))), ("x^2", apply("pow", X, number(2))),
    ("x**(1/2)", apply("pow", X, HALF)), ("x/x", apply("div", X, X)), ("0*x", apply("mul", number(0), X)), ("1/0", apply("div", number(1), number(0))),
    ("x > y", None), ("min(x, y, 1)", apply("min", apply("min", X, Y), number(1))),
    ("piecewise(x, x > y, y)", apply("piecewise", X, apply("lt", Y, X), Y)), ("piecewise(x, x >= y, y)", apply("piecewise", X, apply("le", Y, X), Y)),
    ("piecewise(1, x < 0, 2, y < 0, 3)", apply("piecewise", number(1), X < 0, apply("piecewise", number(2), Y < 0, number(3)))),
    ("lambda + I", symbol("lambda") + symbol("I")), ("sinx", symbol("sinx")), ("and1", symbol("and1")), ("x" * 32, symbol("x" * 32)),
])
def test_reads(text: str, node: object) -> None:
    if node is None:
        with pytest.raises(GrammarError, match="not a condition"):
            parse(text)
    else:
        assert parse(text) is node


@given(texts())
@settings(max_examples=400, deadline=None, derandomize=True)
def test_text_reads_back_to_the_same_node(text: str) -> None:
    try:
        node = parse(text)
    except GrammarError as error:
        assert "exponents multiply" in str(error) or "exponent" in str(error)
        return
    printed = to_text(node)
    assert parse(printed, caps=LOG) is node
    assert to_text(parse(printed, caps=LOG)) == printed


def test_texts_of_built_nodes_keep_their_value() -> None:
    """Nodes that no text builds (the folded ones of derivatives) may change shape, never value."""
    draw, seen = Random(7), 0
    for _ in range(300):
        node = neg(random_expression(draw, 3)) - neg(random_expression(draw, 2)) * number(Fraction(-3, 2))
        point = {name: Fraction(draw.randint(1, 900), 701) for name in symbols_of(node)}
        try:
            expected = numeric(node, point)
        except Undefined:
            continue
        seen += 1
        assert close(numeric(parse(to_text(node), caps=LOG), point), expected, 45)
    assert seen > 120


OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow", ast.USub: "neg", ast.UAdd: "plus",
             ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.And: "and", ast.Or: "or", ast.Not: "not"}


def python_tree(node: ast.AST) -> object:
    """Python's own reading of a text, as nested tuples."""
    match node:
        case ast.Expression(body=body):
            return python_tree(body)
        case ast.Constant(value=value):
            return Fraction(value)
        case ast.Name(id=name):
            return name
        case ast.BinOp(left=left, op=op, right=right):
            return folded(OPERATORS[type(op)], python_tree(left), python_tree(right))
        case ast.UnaryOp(op=op, operand=operand):
            inner = python_tree(operand)
            return inner if isinstance(op, ast.UAdd) else folded(OPERATORS[type(op)], inner)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            a, b, head = python_tree(left), python_tree(right), OPERATORS[type(op)]
            return (head, a, b) if head in ("lt", "le") else ({"gt": "lt", "ge": "le"}[head], b, a)
        case ast.BoolOp(op=op, values=values):
            found = python_tree(values[0])
            for value in values[1:]:
                found = (OPERATORS[type(op)], found, python_tree(value))
            return found
        case ast.Call(func=ast.Name(id=name), args=args):
            return (name, *map(python_tree, args))
    raise AssertionError(ast.dump(node))


def folded(head: str, *args: object) -> object:
    """Quotients, signs and short powers of numbers are numbers, in both readings."""
    if head == "pow" and all(isinstance(arg, Fraction) for arg in args):
        base, exponent = args
        if exponent.denominator == 1 and abs(exponent) <= 256 and (base or exponent >= 0):
            value = base ** int(exponent)
            return value if max(abs(value.numerator), value.denominator) < 10**64 else (head, *args)
    if head == "neg" and isinstance(args[0], Fraction):
        return -args[0]
    if head == "div" and isinstance(args[0], Fraction) and isinstance(args[1], Fraction) and args[1]:
        return args[0] / args[1]
    return (head, *args)


def own_tree(text: str) -> object:
    node = parse(text)

    def tree(part: object) -> object:
        assert hasattr(part, "head")
        if part.head == "number":
            return part.value
        return part.value if part.head == "symbol" else folded(part.head, *(tree(arg) for arg in part.args))

    return tree(node)


def python_like(draw: Random, depth: int) -> str:
    """Random texts with as few parentheses as possible: precedence and associativity decide."""
    atom = draw.choice(("x", "y", "a", "2", "3", "7"))
    if depth == 0:
        return atom
    kind = draw.random()
    if kind < 0.65:
        return f"{python_like(draw, depth - 1)} {draw.choice(('+', '-', '*', '/', '**'))} {python_like(draw, depth - 1)}"
    if kind < 0.8:
        return f"{draw.choice('-+')}{python_like(draw, depth - 1)}"
    if kind < 0.9:
        return f"({python_like(draw, depth - 1)})"
    a, b, c, d = (python_like(draw, depth - 2 if depth > 1 else 0) for _ in range(4))
    relation = draw.choice(("<", "<=", ">", ">="))
    condition = draw.choice((f"{a} {relation} {b}", f"not {a} {relation} {b} and {c} < {d} or {a} < {d}", f"{a} < {b} or not ({c} {relation} {d} or {a} < {c})"))
    return f"piecewise({c}, {condition}, {d})"


def test_precedence_is_pythons() -> None:
    draw, seen = Random(11), 0
    caps = Caps(exponent=10**9)
    for _ in range(3000):
        text = python_like(draw, draw.randint(1, 4))
        try:
            parse(text, caps=caps)
        except GrammarError as error:
            assert "exponents multiply" in str(error)
            continue
        try:
            own = own_tree(text)
        except GrammarError:
            continue
        seen += 1
        assert own == python_tree(ast.parse(text, mode="eval")), text
    assert seen > 2500


# What is refused


MALFORMED = [
    ("", "the end of the text"), ("   ", "the end of the text"), ("+", "the end"), ("x +", "the end"), ("x y", "operator"), ("2x", "operator"),
    ("2 x", "operator"), ("x(y)", "function"), ("x (1)", "function"), ("(x", "`)`"), ("x)", "operator or the end"), ("((x)", "`)`"), ("()", "a number, a name"),
    ("x**", "the end"), ("x***y", "a number"), ("x//y", "a number"), ("*x", "a number"), ("/x", "a number"), ("x,y", "operator or the end"),
    ("x = y", "a character of the grammar"), ("x == y", "a character of the grammar"), ("x != y", "a character of the grammar"), ("x; y", "a character of the grammar"), ("x.y", "a name"),
    ("x.dot", "a name"), ("x.delta.dot", "a name"), ("x.before", "a name"), ("x._y", "a character of the grammar"), ("_x", "a character of the grammar"), ("__import__('os')", "a character of the grammar"),
    ("x[0]", "a character of the grammar"), ("{x}", "a character of the grammar"), ("'x'", "a character of the grammar"), ('"x"', "a character of the grammar"), ("`x`", "a character of the grammar"), ("x@y", "a character of the grammar"),
    ("x%y", "a character of the grammar"), ("x!", "a character of the grammar"), ("~x", "a character of the grammar"), ("x & y", "a character of the grammar"), ("x | y", "a character of the grammar"), ("x \\ y", "a character of the grammar"),
    ("x\x00", "U+0000"), ("x # y", "a character of the grammar"), ("$x", "a character of the grammar"), ("x?y:z", "a character of the grammar"), ("lambda: x", "a character of the grammar"),
    ("exec(x)", "function of the grammar"), ("eval(x)", "function of the grammar"), ("sinn(x)", "Did you mean"), ("Sin(x)", "function of the grammar"), ("ln(x)", "function"),
    ("pow(x, 2)", "function of the grammar"), ("neg(x)", "function of the grammar"), ("lt(x, y)", "function of the grammar"), ("sin", "arguments in parentheses"),
    ("sin x", "arguments in parentheses"), ("sin()", "a number, a name"), ("sin(x, y)", "1 argument"), ("min(x)", "2 arguments"), ("max()", "a number"), ("atan(x, y)", "1 argument"),
    ("sin(x", "`,` or `)`"), ("min(x,,y)", "a number, a name"), ("min(x,)", "a number, a name"), ("piecewise(x)", "odd number"), ("piecewise(x, x < 1)", "odd number"),
    ("piecewise(x, 1, y)", "condition"), ("piecewise(x < 1, x < 1, y)", "real value"), ("piecewise(x, x < 1, y, y)", "odd number"), ("x < y", "not a condition"),
    ("x < y < 1", "one comparison"), ("(x < y) + 1", "real value"), ("sin(x < y)", "real value"), ("-(x < y)", "real value"), ("(x < y)**2", "real value"), ("x and y", "condition"),
    ("not x", "condition"), ("piecewise(1, x or y < 1, 2)", "condition"), ("piecewise(1, not x, 2)", "condition"), ("piecewise(1, (x < y) < 1, 2)", "one comparison"),
    ("1_000", "a character of the grammar"), ("0x10", "operator"), ("1e", "operator"), ("1e+", "operator"), ("1..2", "operator"), ("1.2.3", "operator"), ("1e401", "decimal exponent"),
    ("1e-401", "decimal exponent"), ("1e99999", "decimal exponent"), ("9" * 65, "64 digits"), ("0." + "1" * 63, "64 digits"), ("x**257", "exponents multiply"),
    ("x**-257", "exponents multiply"), ("(x**16)**17", "exponents multiply"), ("((9**9)**9999)**9999", "exponents multiply"), ("piecewise((q, t < 1), (0, true))", "Write piecewise(value, condition, otherwise), such as"), ("2^9^9*x", "exponents multiply"), ("2^9^9^9*x", "exponents multiply"), ("1.5^9^9*x", "exponents multiply"), ("x^(9^9)", "exponents multiply"), ("x**(1/257)", "exponents multiply"),
    ("sin(x**200)**2", "exponents multiply"), ("x" * 33, "at most 32"), ("1 + " + "y" * 40, "at most 32"), ("(" * 65 + "x" + ")" * 65, "nesting"),
    ("sin(" * 70 + "x" + ")" * 70, "nesting"), ("-" * 70 + "x", "nesting"), ("x**" * 70 + "x", "nesting"), ("x + " * 10_001 + "x", "tokens"), ("x" * 262_145, "characters"),
    ("café", "U+00E9"), ("π", "U+03C0"), ("x − y", "U+2212"), ("x × y", "U+00D7"), ("𝐱", "U+1D431"), ("x²", "U+00B2"), ("ｘ", "U+FF58"), ("x\u202ey", "U+202E"),
]


@pytest.mark.parametrize(("text", "fragment"), MALFORMED, ids=range(len(MALFORMED)))
def test_refused_in_words(text: str, fragment: str) -> None:
    with pytest.raises(GrammarError) as caught:
        parse(text, "rate of x")
    message = str(caught.value)
    assert message.startswith("rate of x") and fragment in message
    assert message.isascii() and message.isprintable() and len(message) < 600


def test_malformed_texts_are_many_and_differ() -> None:
    assert len({text for text, _ in MALFORMED}) == len(MALFORMED) >= 100


@pytest.mark.parametrize("text", ["x + ٣", "x + １", "1.٥", "x\u00a0+ y", "x\u2003", "\u2028x", "x +\u3000y", "²"], ids=ascii)
def test_digits_and_spaces_are_ascii(text: str) -> None:
    """Python's \\d and \\s take every script's digits and spaces: a number that a reader cannot see is no number."""
    with pytest.raises(GrammarError, match=r"U\+"):
        parse(text)


@pytest.mark.parametrize("text", [None, 3, b"x", ["x"], 1.5])
def test_only_texts_are_read(text: object) -> None:
    with pytest.raises(GrammarError, match="a text"):
        parse(text)  # type: ignore[arg-type]


def test_the_column_is_named() -> None:
    with pytest.raises(GrammarError, match="column 7"):
        parse("x + y ! 2")


END = "the end of the text"
MESSAGES = [  # text, column, what stands there (24 characters at most), what could stand there, what to do
    ("x + $" + "a" * 40, 5, "$" + "a" * 23, "a character of the grammar", "plain ASCII"), ("x + y !    ", 7, "!    ", "a character", ""), ("x \x7f", 3, "\\x7f", "printable ASCII text, not U+007F", "plain ASCII"), ("x +  ", 4, END, "a number, a name", ""),
    ("x y", 3, "y", "an operator or the end", "products with *"), ("(x, y)", 3, ", y)", "`)` or an operator", "Write piecewise("), ("(x y)", 4, "y)", "`)` or an operator", "products with *"), ("x < y < 1", 9, "1", "one comparison", "`and`"),
    ("sin + x", 1, "sin + x", "`sin` with its arguments", ""), ("sin(x", 6, END, "`,` or `)`", ""), ("sin(x, y)", 10, END, "sin with 1 argument, not 2", ""), ("1 + min(x)", 11, END, "min with 2 arguments, not 1", ""), ("x + sine(y)", 5, "sine(y)", "a function of the grammar", "Did you mean sin?"),
    ("qqq(x)", 1, "qqq(x)", "a function of the grammar", "Known: abs, acos"), ("x + and", 5, "and", "a number, a name", ""), ("piecewise(x, y)", 16, END, "piecewise(value", ""), ("piecewise(1, x < 1, 2, 3)", 26, END, "piecewise(value", ""), ("y*x.dot", 3, "x.dot", "a name", ""),
    ("not x", 6, END, "a condition such as", ""), ("(x < 1) + 2", 12, END, "a real value here, not a condition", ""), ("2*1e401", 3, "1e401", "a number of at most 64 digits", ""), ("x**400", 7, END, "powers whose exponents multiply to at most 256", ""), ("", 1, END, "a number, a name", ""), ("+" * 70 + "x", 65, "++++++x", "nesting of at most 64", ""),
    ("min(" + "x, " * 64 + "x)", 199, END, "a function of fewer arguments, at most 64", ""),
]


@pytest.mark.parametrize(("text", "column", "got", "expected", "todo"), MESSAGES)
def test_errors_say_where_what_stood_there_and_what_could(text: str, column: int, got: str, expected: str, todo: str) -> None:
    with pytest.raises(GrammarError) as caught:
        parse(text, "rate of x")
    assert (caught.value.where, caught.value.got) == (f"rate of x, column {column}", got)
    assert caught.value.expected.startswith(expected) and todo in caught.value.todo and bool(todo) <= bool(caught.value.todo)


def test_errors_of_whole_texts_and_names_say_what_to_do() -> None:
    for ask, got, expected, todo in (
        (lambda: parse("x < 1", "here"), "x < 1", "an expression with a real value, not a condition", "Use piecewise"), (lambda: parse(3, "here"), "3", "a text", "in quotes"),  # type: ignore[arg-type]
        (lambda: parse("x + y", "here", caps=Caps(characters=4)), "5 characters", "at most 4", ""), (lambda: parse("x+y", "here", caps=Caps(tokens=2)), "more than 2 tokens", "a shorter expression", ""),
        (lambda: check_name("2x", "here"), "2x", "a name of ASCII letters, digits and _, a letter first, at most 32 characters, not a function or constant of the grammar", "Rename"), (lambda: check_name("sin", "here"), "sin", "a name of ASCII letters, digits and _, a letter first, at most 32 characters, not a function or constant of the grammar", "Rename"),
    ):
        with pytest.raises(GrammarError) as caught:
            ask()
        assert (caught.value.where, caught.value.got, caught.value.expected) == ("here", got, expected) and todo in caught.value.todo


@pytest.mark.parametrize(("cap", "fits", "exceeds"), [
    (Caps(characters=5), "x + y", "x + yy"), (Caps(tokens=3), "x+y", "x+y+x"), (Caps(depth=3), "((x))", "(((x)))"),
    (Caps(digits=3), "123", "1234"), (Caps(exponent=6), "(x**2)**3", "(x**2)**4"), (Caps(depth=3), "--x", "---x"), (Caps(depth=5), "piecewise(1, not not not x < 1, 2)", "piecewise(1, not not not not x < 1, 2)"),
    (Caps(depth=3), "sin(x + y*z) + 2", "sin(x + y*z*(x))"),
])
def test_each_cap_holds_and_no_tighter(cap: Caps, fits: str, exceeds: str) -> None:
    assert parse(fits, caps=cap) is parse(fits)
    with pytest.raises(GrammarError):
        parse(exceeds, caps=cap)


def test_and_binds_before_or() -> None:
    for text, grouped in (("a < 1 or b < 1 and c < 1", "a < 1 or (b < 1 and c < 1)"), ("a < 1 and b < 1 or c < 1", "(a < 1 and b < 1) or c < 1"), ("not a < 1 and b < 1", "(not a < 1) and b < 1")):
        assert parse(f"piecewise(1, {text}, 2)") is parse(f"piecewise(1, {grouped}, 2)")


def test_texts_are_printed_with_no_more_parentheses_than_are_read() -> None:
    for text in ("--x", "-x**2", "(-x)**2", "x**(-y)", "-(x*y)", "-x*y", "x*-y", "x - (y - z)", "x/(y*z)", "x**y**z", "(x**y)**z", "-(2)", "x*(1/2)", "piecewise(x, not x < y and y < z or z <= 1, -x)"):
        assert to_text(parse(text)) == text


def test_depth_is_no_matter_of_length() -> None:
    assert len(to_text(parse(" + ".join(["x*y"] * 3000)))) > 10_000
    assert parse(" - ".join(["sin(x)"] * 2000)).head == "sub"


@pytest.mark.parametrize("text", [
    "min(" + ", ".join(["x"] * 3000) + ")", "piecewise(" + ", ".join(f"{i}, x < {i}" for i in range(2000)) + ", y)",
    "+" * 60 + "x", "(" * 60 + "x" + ")" * 60, "sin(1 + 2*" * 30 + "x" + ")" * 30, "piecewise(1, x < 1 + 2*(" * 12 + "x" + "), 3)" * 12,
], ids=["min", "piecewise", "plus", "parentheses", "functions", "conditions"])
def test_long_and_deep_texts_within_the_caps_never_exhaust_the_stack(text: str) -> None:
    """RecursionError is no answer: such a text is read, or refused by GrammarError."""
    try:
        node = parse(text)
    except GrammarError:
        return
    assert parse(to_text(node), caps=LOG) is node


@pytest.mark.parametrize("opening", ["(", "sin(1 + ", "sin(1 + 2*", "piecewise(1, x < 1 or not x < 2*(", "-(", "2**("])
def test_the_caps_of_logs_keep_the_stack_too(opening: str) -> None:
    closing = opening.count("(") * ")" if "piecewise" not in opening else "), 3)"
    for depth in (20, 49, 74, 148, 149, 150, 400):
        try:
            parse(opening * depth + "x" + closing * depth, caps=LOG)
        except GrammarError:
            continue


# Names and jets


@pytest.mark.parametrize("name", ["x", "X1", "p_x", "lambda", "I", "E", "S", "N", "beta", "gamma", "a" * 32, "def", "None"])
def test_ordinary_names(name: str) -> None:
    assert check_name(name, "state") == name
    assert parse(name) is symbol(name)


@pytest.mark.parametrize("name", [*sorted(RESERVED), "", "1x", "_x", "x ", "x\n", "x-y", "x.dot", "a" * 33, "é", "x²", None, 3, b"x"])
def test_refused_names(name: object) -> None:
    with pytest.raises(GrammarError):
        check_name(name, "state")


def test_jets_only_where_asked_for() -> None:
    assert parse("p_x.dot*x.delta - x.delta.dot", jets=True, caps=LOG) is symbol("p_x.dot") * symbol("x.delta") - symbol("x.delta.dot")
    for text in ("x.before", "x.dotted", "x.dot.before", "sin.dot(x)", "x.DOT", "x..dot", "x.dot(1)"):
        with pytest.raises(GrammarError):
            parse(text, jets=True, caps=LOG)


def test_is_condition() -> None:
    node = parse("piecewise(x, not (x < 1 and y <= 2) or x < y, y)")
    assert is_condition(node.args[1]) and is_condition(node.args[1].args[0]) and not is_condition(node) and not is_condition(X)
