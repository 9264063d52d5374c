"""pytest collects statement files: one item for the derivation, one for each claim, one for each numeric check; and notes: one a formula.

Only files that match the ini options `adjointcheck_files` (default: derivations/*.toml under the root folder) and
`adjointcheck_notes` (default: derivations/*.md, .tex and .ipynb whose names begin with a small letter) are touched. Nothing of
adjointcheck, and so neither torch nor sympy, is imported before such a file is met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from adjointcheck.check.battery import Row
    from adjointcheck.check.case import Case
    from adjointcheck.check.verdict import Check
    from adjointcheck.derive.derivation import Derivation
    from adjointcheck.notes.finding import Findings
    from adjointcheck.problem.statement import Problem
    from adjointcheck.report.notes_outline import Formula
    from adjointcheck.report.outline import Item

FILES = "adjointcheck_files"
NOTES = "adjointcheck_notes"
WAIVE = "adjointcheck_waive"
_GOOD, _OPEN = ("proved", "pass"), ("unknown", "inconclusive")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(FILES, "Statement files to collect, as patterns under the root folder; * stays within one folder.",
                  type="args", default=["derivations/*.toml"])
    parser.addini(NOTES, "Notes to collect, as patterns under the root folder; * stays within one folder.", type="args",
                  default=[f"derivations/[a-z]*.{kind}" for kind in ("md", "tex", "ipynb")])
    parser.addini(WAIVE, "Items whose verdict may be unknown or inconclusive: taylor, or derivations/NAME.toml::taylor.",
                  type="args", default=[])
    group = parser.getgroup("adjointcheck")
    group.addoption("--adjointcheck-report", metavar="DIR", help="Write a report page for each statement into DIR.")
    group.addoption("--adjointcheck-skip-numeric", action="store_true", help="Prove derivations and claims, check no numbers.")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "adjointcheck: item of a statement file, added by the adjointcheck plugin")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    if is_wanted(file_path, parent.config, FILES):
        return StatementFile.from_parent(parent, path=file_path)
    if is_wanted(file_path, parent.config, NOTES):
        return NotesFile.from_parent(parent, path=file_path)
    return None


def is_wanted(path: Path, config: pytest.Config, option: str) -> bool:
    """Whether `path` matches one of the patterns of an ini option, folder by folder."""
    if not path.is_relative_to(config.rootpath):
        return False
    place = path.relative_to(config.rootpath)
    return any(len(place.parts) == len(PurePath(pattern).parts) and place.match(pattern) for pattern in config.getini(option))


class Refused(Exception):
    """An item that is not proved or passed; its text is the whole report that pytest shows."""


class StatementFile(pytest.File):
    """A statement; what its items share is worked out once in each process, when the first of them runs."""

    def collect(self) -> Iterator[pytest.Item]:
        items = list(self._items())
        for item in items:
            item.add_marker("adjointcheck")
            item.add_marker(pytest.mark.xdist_group(self.nodeid))  # --dist loadgroup keeps a file in one process
        yield from items

    def _items(self) -> Iterator[pytest.Item]:
        from adjointcheck.errors import AdjointCheckError

        try:
            problem = self.problem
        except AdjointCheckError:  # an error of collection would end the session; this item raises it again and fails
            yield UnreadItem.from_parent(self, name="statement")
            return
        yield DerivationItem.from_parent(self, name="derivation")
        for name, _ in problem.claims:
            yield ClaimItem.from_parent(self, name=name)
        for name in self.battery:
            yield CheckItem.from_parent(self, name=name)
        if self.config.getoption("--adjointcheck-report"):
            yield PageItem.from_parent(self, name="report")

    @cached_property
    def problem(self) -> Problem:
        from adjointcheck.problem import load

        return load(self.path)

    @cached_property
    def battery(self) -> dict[str, Row]:
        """The numeric checks of this statement by name; none with --adjointcheck-skip-numeric."""
        if self.config.getoption("--adjointcheck-skip-numeric"):
            return {}
        from adjointcheck.check.battery import BATTERY

        return {row.name: row for row in BATTERY if row.applies(self.problem)}

    @cached_property
    def derivation(self) -> Derivation:
        from adjointcheck.derive import derive

        return derive(self.problem)

    @cached_property
    def case(self) -> Case:
        from adjointcheck.pipeline import prepare

        return prepare(self.derivation)

    @cached_property
    def checks(self) -> dict[str, Check]:
        """The checks that have run in this process so far."""
        return {}

    def check(self, name: str) -> Check:
        """The check `name`, run once."""
        if name not in self.checks:
            self.checks[name] = self.battery[name].function(self.case)
        return self.checks[name]


class VerdictItem(pytest.Item):
    """One verdict on a statement or on a formula of notes."""

    def verdict(self) -> tuple[str, str]:
        """The verdict in a word, and the lines to show when it is not a good one."""
        raise NotImplementedError

    def runtest(self) -> None:
        word, words = self.verdict()
        if word in _GOOD:
            return
        if word in _OPEN and {self.name, self.nodeid} & set(self.config.getini(WAIVE)):
            pytest.xfail(f"waived: {words}")
        raise Refused(words)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Our own message instead of a traceback through our own code."""
        from adjointcheck.errors import AdjointCheckError

        if isinstance(excinfo.value, Refused | AdjointCheckError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.path.stem}: {self.name}"


class StatementItem(VerdictItem):
    """One verdict on a statement."""

    parent: StatementFile


class UnreadItem(StatementItem):
    """A statement that cannot be read."""

    def verdict(self) -> tuple[str, str]:
        return "proved", f"{self.parent.problem.name} can be read"  # or rather raises what is wrong with it


class DerivationItem(StatementItem):
    """Every step of the derivation."""

    def verdict(self) -> tuple[str, str]:
        return _worst(self.parent.derivation, lambda item: item.kind == "step")


class ClaimItem(StatementItem):
    """One line that a person wrote."""

    def verdict(self) -> tuple[str, str]:
        return _worst(self.parent.derivation, lambda item: (item.kind, item.name) == ("claim", self.name))


def _worst(derivation: Derivation, wanted: Callable[[Item], bool]) -> tuple[str, str]:
    """The least favourable verdict of the wanted items, and a line for each that is not proved."""
    from adjointcheck.report.outline import items
    from adjointcheck.report.wording import urgency

    found = sorted(filter(wanted, items(derivation)), key=lambda item: urgency(item.verdict))
    lines = [f"{item.verdict}: {item.kind} {item.name}: {item.words}" for item in found if item.verdict not in _GOOD]
    return (found[0].verdict if found else "nothing was judged"), "\n".join(lines)


class CheckItem(StatementItem):
    """One numeric check of the generated module."""

    def verdict(self) -> tuple[str, str]:
        from adjointcheck.report.outline import check_words

        check = self.parent.check(self.name)
        self.user_properties += [("measured", check.measured), ("threshold", check.threshold), ("seed", check.seed)]
        return check.outcome.value, f"{check.outcome.value}: check {check.name}: {check_words(check)}"


class PageItem(StatementItem):
    """The report page of the whole statement; fails only if it cannot be written."""

    def runtest(self) -> None:
        from adjointcheck import pipeline
        from adjointcheck.files import write_text
        from adjointcheck.report.html import derivation_html

        statement = self.parent
        folder = self.config.invocation_params.dir / str(self.config.getoption("--adjointcheck-report"))
        if statement.battery:
            pipeline.publish(pipeline.conclude(statement.case, map(statement.check, statement.battery)), folder)
        else:
            write_text(folder / f"{statement.problem.name}.html", derivation_html(statement.derivation))


# Notes


class NotesFile(pytest.File):
    """Notes that a person wrote; they are judged once in each process, when the first of their formulas runs."""

    def collect(self) -> Iterator[pytest.Item]:
        found = [FormulaItem.from_parent(self, name=name, number=number) for name, number in self._names()]
        items: list[pytest.Item] = [*found] or [EmptyNotesItem.from_parent(self, name="formulas")]
        if self.config.getoption("--adjointcheck-report"):
            items.append(NotesPageItem.from_parent(self, name="report"))
        for item in items:
            item.add_marker("adjointcheck")
            item.add_marker(pytest.mark.xdist_group(self.nodeid))
            yield item

    def _names(self) -> Iterator[tuple[str, str]]:
        """(line 34, 7): formulas by the line that they stand in, and their numbers; nothing is judged yet."""
        from adjointcheck.errors import AdjointCheckError
        from adjointcheck.notes.reading.document import read

        seen: Counter[int] = Counter()
        with suppress(AdjointCheckError):  # the item that stands for an empty file raises it again
            for formula in read(self.path).formulas:
                seen[formula.line] += 1
                yield f"line {formula.line}" + (f" ({seen[formula.line]})" if seen[formula.line] > 1 else ""), formula.name

    @cached_property
    def findings(self) -> Findings:
        from adjointcheck.notes.verify import verify

        return verify(self.path)

    @cached_property
    def formulas(self) -> dict[str, Formula]:
        from adjointcheck.report.notes_outline import formulas

        return {formula.first.name: formula for formula in formulas(self.findings)}


class FormulaItem(VerdictItem):
    """One formula of notes: its verdict is good, or the one that its mark expects."""

    parent: NotesFile

    def __init__(self, *, number: str, **options: Any) -> None:
        super().__init__(**options)
        self.number = number

    def verdict(self) -> tuple[str, str]:
        from adjointcheck.report.notes_pages import failure_text

        formula = self.parent.formulas[self.number]
        return {"passed": "proved", "open": "unknown"}.get(formula.outcome, "refuted"), failure_text(formula)


class EmptyNotesItem(VerdictItem):
    """Notes without a formula, or that cannot be read."""

    parent: NotesFile

    def verdict(self) -> tuple[str, str]:
        return ("proved", "") if self.parent.findings.items else ("nothing", f"{self.path.name}: no formula was found")


class NotesPageItem(VerdictItem):
    """The page of all formulas beside their verdicts; fails only if it cannot be written."""

    parent: NotesFile

    def runtest(self) -> None:
        from adjointcheck.files import write_text
        from adjointcheck.report.notes_pages import notes_html

        folder = self.config.invocation_params.dir / str(self.config.getoption("--adjointcheck-report"))
        write_text(folder / f"{self.path.name}.html", notes_html(self.parent.findings))
