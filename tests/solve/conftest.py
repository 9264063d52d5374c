"""Fixtures of the tests of the native target: a cache folder of the test's own, the handmade module."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType

import handmade
import pytest

from adjointcheck.solve import native_build
from adjointcheck.solve.native_module import load_native


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder that nothing was built into yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(native_build, "_told", set())
    return native_build.cache_folder()


@pytest.fixture(scope="session")
def growth() -> ModuleType:
    """The handmade text behind the face of its torch target."""
    if native_build.find_compiler() is None:
        pytest.skip("needs a C++ compiler")
    return load_native(handmade.text(), handmade.torch_module())


@pytest.fixture
def compiler() -> str:
    """Where the compiler is."""
    found = native_build.find_compiler()
    if found is None:
        pytest.skip("needs a C++ compiler")
    return shutil.which(found.command[0]) or found.command[0]
