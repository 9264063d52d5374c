"""What a study found: sections of words, tables, pictures and checks; plain data, nothing is printed or drawn here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adjointcheck.check.verdict import EXIT_CODES, NOTHING_CHECKED, Check, Outcome

if TYPE_CHECKING:
    from adjointcheck.derive.derivation import Derivation

Tell = Callable[[str], None]
_RANK = (Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.FAIL)


@contextmanager
def double_precision(seed: int) -> Iterator[None]:
    """float64, torch's random numbers from `seed` and one thread while a study runs; all three come back as they were.

    One thread: the order of a sum, and with it where a training ends, would depend on the cores; small nets gain nothing from more.
    """
    import torch

    before, state, threads = torch.get_default_dtype(), torch.get_rng_state(), torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
        torch.set_rng_state(state)
        torch.set_num_threads(threads)


@dataclass(frozen=True)
class Table:
    """Rows under `columns`; numbers as numbers, so that each face rounds them in its own way."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True)
class Picture:
    """`draw` fills a matplotlib figure of `size` inches in the colours of `report.figures`."""

    title: str
    draw: Callable[[Any], None]
    words: str = ""
    size: tuple[float, float] = (7.6, 3.2)


@dataclass(frozen=True)
class Section:
    """One question of the study and its answer; `checks` are what the study claims, each measured against a limit."""

    title: str
    words: str
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    checks: Sequence[Check] = ()


@dataclass(frozen=True)
class Study:
    """A study after it ran; `surprises` says honestly what did not come out as the literature says.

    `cover` is the title of the picture that stands for the study, the first where it is empty.
    """

    name: str
    title: str
    question: str
    sections: Sequence[Section]
    surprises: Sequence[str]
    sources: Sequence[str]
    quick: bool
    derivations: Sequence[Derivation] = ()
    cover: str = ""
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks in their order."""
        return tuple(check for section in self.sections for check in section.checks)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All pictures, the cover first."""
        found = (picture for section in self.sections for picture in section.pictures)
        return tuple(sorted(found, key=lambda picture: picture.title != self.cover))

    @property
    def verdict(self) -> str:
        """The least favourable outcome of all checks and derivations."""
        if not self.checks:
            return NOTHING_CHECKED
        words = [str(each.verdict.status.value) for each in self.derivations]
        found = max((check.outcome for check in self.checks), key=_RANK.index)
        return next((word for word in words if EXIT_CODES[word]), found.value)

    @property
    def exit_code(self) -> int:
        """0 all passed, 1 failed, 3 inconclusive or unknown, 5 nothing checked."""
        return EXIT_CODES.get(self.verdict, 5)

    @property
    def command(self) -> str:
        """The command that made these figures."""
        return f"adjointcheck study {self.name}" + " --quick" * self.quick
