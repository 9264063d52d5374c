"""Generated text imported as a module: source in tracebacks, one module per text, no half-made module left behind."""

from __future__ import annotations

import inspect
import linecache
import sys
import traceback

import pytest
from systems import lotka_volterra, system_of

from adjointcheck.errors import CodegenError
from adjointcheck.solve.load import PREFIX, build, load_module


def test_text_becomes_a_module_with_source() -> None:
    module = load_module("def double(a):\n    return 2 * a\n", "small-one")
    assert module.double(4) == 8
    assert inspect.getsource(module.double) == "def double(a):\n    return 2 * a\n"
    assert module.__name__.startswith(f"{PREFIX}_small_one_")


def test_equal_text_is_the_same_module_and_other_text_is_not() -> None:
    first, again, other = (load_module(text, "same") for text in ("A = 1\n", "A = 1\n", "A = 2\n"))
    assert first is again
    assert (first.A, other.A) == (1, 2)


def test_tracebacks_show_the_generated_line() -> None:
    module = load_module("def fail():\n    raise ValueError('here')\n", "failing")
    with pytest.raises(ValueError, match="here") as caught:
        module.fail()
    linecache.checkcache()
    assert "raise ValueError('here')" in "".join(traceback.format_exception(caught.value))


def test_a_text_that_fails_leaves_no_module() -> None:
    before = set(sys.modules)
    with pytest.raises(ZeroDivisionError):
        load_module("A = 1 / 0\n", "broken")
    assert {name for name in set(sys.modules) - before if name.startswith(PREFIX)} == set()


def test_build_gives_the_module_of_a_system() -> None:
    module = build(system_of(lotka_volterra()), method="rk4")
    assert (module.NAME, module.METHOD, module.STATES) == ("lotka_volterra", "rk4", ("prey", "predator"))


def test_build_refuses_unknown_targets() -> None:
    with pytest.raises(CodegenError, match="generate, target: got fortran; expected one of torch"):
        build(system_of(lotka_volterra()), target="fortran")
