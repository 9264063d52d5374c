"""The studies that come with the package: each is one file of `derivations/studies/` that a reader can run and adapt.

A file has a docstring and one function `study(quick, tell) -> Study`; nothing else is asked of it.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from time import perf_counter
from types import ModuleType

from adjointcheck import pipeline
from adjointcheck.check.study import Study, Tell
from adjointcheck.errors import AdjointCheckError, ProblemError

PACKAGES = ("adjointcheck", "torch", "numpy", "scipy", "scikit-learn", "diffrax")


def available() -> dict[str, Path]:
    """The studies by name."""
    here = Path(__file__).parent
    folders = (here / "derivations" / "studies", here.parent / "derivations" / "studies")
    folder = next((folder for folder in folders if folder.is_dir()), here)
    return {file.stem: file for file in sorted(folder.glob("*.py"))}


def run(name: str, *, quick: bool = False, tell: Tell = pipeline.silent) -> Study:
    """Run the study `name`; raises ProblemError for an unknown name, AdjointCheckError where an extra package is missing."""
    known = available()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        raise ProblemError("study", name, f"one of {', '.join(known)}", f"Did you mean {near[0]}?" if near else "")
    start = perf_counter()
    try:
        found: Study = load(name, known[name]).study(quick, lambda words: tell(f"{name}: {words}"))
    except ModuleNotFoundError as error:
        raise AdjointCheckError(f"study {name}", f"no package {error.name}", "the packages of the extra `studies`",
                                "pip install 'adjointcheck[studies]'") from error
    return replace(found, seconds=perf_counter() - start, versions=versions())


def load(name: str, file: Path) -> ModuleType:
    """The module of a study's file."""
    spec = importlib.util.spec_from_file_location(f"adjointcheck_study_{name}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def versions() -> dict[str, str]:
    """What ran it."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {"python": ".".join(map(str, sys.version_info[:3])), **found}


def titles() -> dict[str, str]:
    """The first line of each study's docstring."""
    return {name: file.read_text(encoding="utf-8").split('"""')[1].strip().splitlines()[0] for name, file in available().items()}


def publish(study: Study, folder: str | os.PathLike[str]) -> Path:
    """Write NAME.html, one self-contained page, into `folder`; returns its path."""
    from adjointcheck.files import write_text
    from adjointcheck.report.study_pages import study_html

    return write_text(str(Path(folder, f"{study.name}.html")), study_html(study))


def illustrate(study: Study, folder: str | os.PathLike[str]) -> Path:
    """Write NAME.svg, the picture that stands for the study, into `folder`; returns its path."""
    from adjointcheck.files import write_text
    from adjointcheck.report.study_pages import study_picture

    return write_text(str(Path(folder, f"{study.name}.svg")), study_picture(study))
