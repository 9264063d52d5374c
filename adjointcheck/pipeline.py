"""The road from a statement to its report, one call for each stage; `check` is the table of contents of the package.

statement -> problem -> derivation -> text -> module -> checks -> (fit) -> report -> files

Each stage takes the frozen data of the one before, and each imports its room when it is called: deriving never waits
for torch.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from types import ModuleType
from typing import TYPE_CHECKING, Any

from adjointcheck.check.verdict import Check, Fit, Report, Trajectory
from adjointcheck.errors import ProblemError
from adjointcheck.files import write_text

if TYPE_CHECKING:
    from adjointcheck.check.case import Case
    from adjointcheck.derive.derivation import Derivation
    from adjointcheck.notes.finding import Findings
    from adjointcheck.problem.statement import Problem

Progress = Callable[[str], None]


def silent(words: str) -> None:
    """Tell nobody."""


def check(
    problem: Problem, *, method: str = "tsit5", fitted: bool = False, seed: int | None = None, level: str = "fast",
    progress: Progress = silent, target: str = "torch",
) -> Report:
    """Take `problem` all the way: derive, prove, generate, build, check and, if wanted, fit.

    What is refuted or fails is in the report; AdjointCheckError is raised for what cannot be done at all.
    The torch target is what the checks measure; with `target` "native" the native one is measured against it.
    `level` is "fast" or "thorough", `seed` None is taken from the problem, `progress` hears of each stage.
    """
    from adjointcheck.check.suite import check_module
    from adjointcheck.solve.load import load_module

    def tell(words: str) -> None:
        progress(f"{problem.name}: {words}")

    seconds: dict[str, float] = {}
    # First the proof: every later stage works from the equations that the proved steps state, and from nothing else.
    with _stage("derive", tell, seconds):
        derivation = derive(problem)
    # Then the text, as text: what is checked, written and run is the same string.
    with _stage("generate", tell, seconds):
        text = generate(derivation, method=method)
        module = load_module(text, problem.name)
    # The checks measure the module against the derivation; they do not read the statement's formulas again.
    report = check_module(derivation, module, text, method, seed, level, tell, seconds)
    # The native target stands or falls by the torch target, which has just been measured.
    if target != "torch":
        with _stage("native", tell, seconds):
            module = build(derivation, target=target, method=method)
            report = _with_native(report, module, method)
    # Last the fit: only now is the gradient that it follows known to be that of the computed cost.
    if fitted:
        with _stage("fit", tell, seconds):
            found = fit(problem, module, progress)
            report = replace(report, fit=Fitted(**vars(found), trajectory=_trajectory(report, module, method, found)))
    return report


def _with_native(report: Report, native: ModuleType, method: str) -> Report:
    """The report with the check of the native target; unchanged where "auto" found no way to build one."""
    if not hasattr(native, "torch"):
        return report
    from adjointcheck.check.native_target import check_native_target

    case = _case(report.derivation, native.torch, report.module_text, method)
    return replace(report, checks=(*report.checks, check_native_target(case, native)))


@dataclass(frozen=True)
class Fitted(Fit):
    """A fit with the solution at what was found, for the picture."""

    trajectory: Trajectory | None = None


def _trajectory(report: Report, module: ModuleType, method: str, found: Fit) -> Trajectory | None:
    from adjointcheck.check.trajectory import sample_trajectory

    moved = replace(report.problem, parameters=dict(zip(found.names, found.found, strict=True)))
    return sample_trajectory(replace(_case(report.derivation, module, report.module_text, method), problem=moved))


@contextmanager
def _stage(name: str, tell: Progress, seconds: dict[str, float]) -> Iterator[None]:
    tell(name)
    start = perf_counter()
    yield
    seconds[name] = perf_counter() - start


# Reading


def shipped() -> dict[str, Path]:
    """The statements that come with the package, by name."""
    here = Path(__file__).parent
    folder = next((folder for folder in (here / "derivations", here.parent / "derivations") if folder.is_dir()), here)
    return {file.stem: file for file in sorted(folder.glob("*.toml"))}


def load(statement: str | os.PathLike[str]) -> Problem:
    """Read a statement file, or a shipped statement by its name; raises ProblemError naming file and place."""
    from adjointcheck.problem import load as read

    name, known = os.fspath(statement), shipped()
    if os.path.lexists(name) or "\0" in name:
        return read(name)
    if name in known:
        return read(known[name])
    near = difflib.get_close_matches(name, known, 1)
    raise ProblemError(name, "no such file", f"a statement file, or a shipped one: {', '.join(known)}",
                       f"Did you mean {near[0]}?" if near else "Check the path.")


def inputs(statement: str) -> list[Path]:
    """The files that reading `statement` opens: its own and those of its observations."""
    from adjointcheck.problem.readers import files_of

    known = shipped()
    return files_of(statement if os.path.lexists(statement) else known.get(statement, statement))


def statements(paths: Iterable[str]) -> list[str]:
    """`paths` with every folder replaced by the statement files in it, in the order of their names."""
    found: list[str] = []
    for path in paths:
        found += sorted(map(str, Path(path).glob("*.toml"))) if os.path.isdir(path) else [path]
    return found


# Single stages


def derive(problem: Problem) -> Derivation:
    """Derive the adjoint equations of `problem` from its augmented Lagrangian and prove every step and claim."""
    from adjointcheck.derive import derive as propose_and_judge

    return propose_and_judge(problem)


def steps_verdict(derivation: Derivation) -> str:
    """The word for the derivation itself; what a person claimed beside it does not change the equations."""
    from adjointcheck.trusted.verdict import worst

    return worst(step.verdict for step in derivation.steps).status.value


def generate(statement: Problem | Derivation, *, target: str = "torch", method: str = "tsit5") -> str:
    """The text of the standalone module of a problem, or of its derivation; raises CodegenError or SchemeError."""
    from adjointcheck.codegen import generate as emit
    from adjointcheck.derive.derivation import Derivation

    derivation = statement if isinstance(statement, Derivation) else derive(statement)
    return emit(derivation.system, target, method)


def build(statement: Problem | Derivation, *, target: str = "auto", method: str = "tsit5") -> ModuleType:
    """The generated module, imported; "auto" is native where it can be built, else torch."""
    from adjointcheck.derive.derivation import Derivation
    from adjointcheck.solve.load import build as import_text

    return import_text(statement if isinstance(statement, Derivation) else derive(statement), target, method)


def fit(problem: Problem, module: ModuleType, progress: Progress = silent, **options: Any) -> Fit:
    """Minimise J over the parameters with the exact gradient; `progress` hears of each iteration."""
    from adjointcheck.solve.fit import fit as minimise

    def tell(iteration: int, cost: float, norm: float) -> None:
        progress(f"{problem.name}: fit, iteration {iteration}: J = {cost:.8g}, gradient {norm:.1e}")

    return minimise(problem, module, tell, **(march_options(problem, module) | options))


def prepare(derivation: Derivation, *, method: str = "tsit5", seed: int | None = None) -> Case:
    """What the checks of the battery are applied to one by one."""
    from adjointcheck.solve.load import load_module

    text = generate(derivation, method=method)
    return _case(derivation, load_module(text, derivation.problem.name), text, method, seed)


def _case(derivation: Derivation, module: ModuleType, text: str, method: str, seed: int | None = None) -> Case:
    from adjointcheck.check.case import BUDGETS
    from adjointcheck.check.fixture import make_case

    return make_case(derivation, module, text, method, seed, BUDGETS["fast"])


def check_text(derivation: Derivation, *, method: str = "tsit5") -> tuple[Check, ...]:
    """Read the generated text back: its equations are proved equal to the derived ones, its constants compared exactly."""
    from adjointcheck.check.emitted_tableau import check_emitted_tableau
    from adjointcheck.check.emitted_text import check_emitted_text

    case = prepare(derivation, method=method)
    return check_emitted_text(case), check_emitted_tableau(case)


def conclude(case: Case, checks: Iterable[Check]) -> Report:
    """The report of checks that were run one by one."""
    from adjointcheck.check.suite import versions
    from adjointcheck.check.trajectory import sample_trajectory

    return Report(case.problem, case.derivation, tuple(checks), sample_trajectory(case), None, versions(case), {}, case.text)


def verify_notes(
    path: str | os.PathLike[str], context: str | os.PathLike[str] | None = None, lines: Sequence[str] = ()
) -> Findings:
    """A finding for each formula of notes (.md, .tex, .ipynb); `context` is a file that declares letters, as a header does.

    `lines` are further lines of such a header. Raises ProblemError for files that cannot be read.
    """
    from adjointcheck.notes.verify import verify

    try:
        given = [] if context is None else Path(context).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ProblemError(f"{context}", error, "a text file of lines such as `state: x in R^n`", "Check the path.") from None
    if not [*given, *lines]:
        return verify(Path(path))
    with TemporaryDirectory() as folder:
        return verify(Path(path), write_text(Path(folder) / "letters.txt", "\n".join([*given, *lines])))


def publish(report: Report, folder: str | os.PathLike[str]) -> Path:
    """Write NAME.html, the page, with NAME.log.json to replay and NAME.py to run, into `folder`; returns the page's path."""
    from adjointcheck.report.html import report_html
    from adjointcheck.report.json_report import to_json

    page, log, module = pages(report.problem, folder)
    write_text(log, to_json(report.derivation.log()))
    write_text(module, report.module_text)
    return write_text(page, report_html(report))


def pages(problem: Problem, folder: str | os.PathLike[str]) -> list[str]:
    """What `publish` writes for `problem`."""
    return [f"{Path(folder, problem.name)}.{kind}" for kind in ("html", "log.json", "py")]


CONTROL_INTERVALS = 64
TIME_STEPS = 200  # of methods that do not choose their own


def march_options(problem: Problem, module: ModuleType) -> dict[str, Any]:
    """What a module cannot know by itself: w(t) at its initial guess, and time steps for a method without an error estimate."""
    steps = {} if module.E else {"steps": TIME_STEPS}
    if not problem.controls:
        return steps
    from adjointcheck.check.arithmetic import FLOAT
    from adjointcheck.solve.reference import Tape

    guess = Tape([control.initial for control in problem.controls], FLOAT)
    t0, t1 = map(float, problem.horizon)
    nodes = [t0 + (t1 - t0) * k / CONTROL_INTERVALS for k in range(CONTROL_INTERVALS + 1)]
    return steps | {"w": [list(guess({"t": t})) for t in nodes], "hold": "linear"}


# Solving


@dataclass(frozen=True)
class Solved:
    """A solution at one value of theta as plain data: numbers by name, gradients of the computed cost, the time steps."""

    name: str
    derivation: str
    method: str
    status: str
    accepted: int
    rejected: int
    cost: float
    x1: dict[str, float]
    theta: dict[str, float]
    gradient: dict[str, dict[str, float]]
    times: list[float]
    states: dict[str, list[float]]
    fit: Fit | None = None
    claims: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether t1 was reached."""
        return self.status == "finished"


def solve(
    problem: Problem, *, method: str = "tsit5", fitted: bool = False, target: str = "auto", progress: Progress = silent, **options: Any
) -> Solved:
    """Solve at the statement's values, or at those that minimise J; `options` go to the module: rtol, atol, steps.

    Raises SolveError when a parameter has no value.
    """
    from adjointcheck.solve.fit import nominal

    progress(f"{problem.name}: derive and generate")
    derivation = derive(problem)
    module = build(derivation, target=target, method=method)
    theta = list(nominal(problem))
    steps = {"steps": options["steps"]} if options.get("steps") else {}
    found = fit(problem, module, progress, **steps) if fitted else None
    progress(f"{problem.name}: solve")
    options = march_options(problem, module) | {name: value for name, value in options.items() if value is not None}
    return _solved(derivation, module, theta if found is None else list(found.found), options, found)


def _reached(record: Any) -> float:
    """The time at the end of the last accepted time step: t1 of a finished solution."""
    if not record.steps:
        return record.inputs.t0.item()
    last = record.steps[-1]
    step = record.timeline.step(last.segment, last.left, last.right)
    return step.stop.item() if step.right.item() == 1 else step.start.lerp(step.stop, step.right).item()


def _solved(derivation: Derivation, module: ModuleType, theta: list[float], options: dict[str, Any], found: Fit | None) -> Solved:
    problem = derivation.problem
    solution = module.solve(theta=theta, **options)
    cost, gradients = module.value_and_gradient(theta=theta, **options)
    record = solution.record
    times, rows = [t.item() for t in record.start_times()], [step.x[0].tolist() for step in record.steps]
    times, rows = [*times, _reached(record)], [*rows, solution.x1[0].tolist()]
    states, parameters = problem.state_names, problem.parameter_names
    ends = {"t0": gradients.t0.item(), "t1": gradients.t1.item()}
    return Solved(
        name=problem.name, derivation=steps_verdict(derivation), method=module.METHOD, status=module.STATUS[solution.status.item()],
        accepted=solution.accepted.item(), rejected=solution.rejected.item(), cost=cost.item(),
        x1=dict(zip(states, solution.x1[0].tolist(), strict=True)), theta=dict(zip(parameters, theta, strict=True)),
        gradient={"x0": dict(zip(states, gradients.x0[0].tolist(), strict=True)),
                  "theta": dict(zip(parameters, gradients.theta.tolist(), strict=True)), "horizon": ends},
        times=times, states={name: [row[i] for row in rows] for i, name in enumerate(states)}, fit=found,
        claims={claim.name: claim.verdict.status.value for claim in derivation.claims},
        remarks=tuple(f"cost: {finding.text}" for finding in derivation.findings if finding.kind == "cost"),
    )
