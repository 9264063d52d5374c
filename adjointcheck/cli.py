"""The command line: each command is one short function over `pipeline`; heavy imports wait until they are needed.

People and progress on stderr, results on stdout; with --json one document on stdout and nothing else.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import wraps
from importlib import import_module, metadata
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adjointcheck import __version__
from adjointcheck.check.verdict import EXIT_CODES
from adjointcheck.console import (
    BAD_INPUT,
    DISAGREEMENT,
    EPILOG,
    FAILED,
    LANGUAGE,
    OPEN,
    PASSED,
    SCHEMA_VERSION,
    Commands,
    Positive,
    answers,
    json_option,
    refuse_overwriting,
    told,
    worst,
)
from adjointcheck.console import console as _console
from adjointcheck.console import emit_document as _emit_document
from adjointcheck.console import note as _note
from adjointcheck.errors import AdjointCheckError, ProblemError
from adjointcheck.files import write_text

if TYPE_CHECKING:
    from adjointcheck.check.verdict import Report
    from adjointcheck.derive.derivation import Derivation
    from adjointcheck.problem.statement import Problem

# Options that several commands share


method_option = click.option("--method", default="tsit5", show_default=True, metavar="NAME",
                             help="Runge-Kutta method: euler, midpoint, heun, rk4, bosh3, dopri5, tsit5, dop853.")
file_argument = click.argument("file")


def target_option(names: str, default: str) -> Callable[[Any], Any]:
    """--target of a command that takes `names`."""
    return click.option("--target", default=default, show_default=True, type=click.Choice(names.split()),
                        help="What the numbers run on: native (compiled by g++ or clang++), torch, or auto.")


_TOLERANCE = Positive()


def bounds_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--seconds and --memory of a command that proves a file from elsewhere in a child process."""
    memory = click.option("--memory", type=_TOLERANCE, metavar="GB", help="Memory that the child process may use.")
    return click.option("--seconds", type=_TOLERANCE, help="Computing time that the child process may use.")(memory(function))


def isolated_option(function: Callable[..., int]) -> Callable[..., Any]:
    """--isolated of a command over PATH...: each file in a child process of its own, which runs the same command on it."""
    @bounds_options
    @click.option("--isolated", is_flag=True, help="Each file in a child process with limits of time and memory: for files from elsewhere.")
    @wraps(function)
    def run(isolated: bool, seconds: float | None, memory: float | None, **given: Any) -> int:
        return _isolated(given, 300 if seconds is None else seconds, 8 if memory is None else memory) if isolated else function(**given)

    return run


def _isolated(given: Mapping[str, Any], seconds: float, memory: float) -> int:
    """`check` on each file apart; one that meets a limit is unknown and the others go on."""
    from adjointcheck import pipeline
    from adjointcheck.check.sandbox import Bounds, checks_apart

    refuse_overwriting(map(Path, pipeline.statements(given["paths"])), [given["junit"]])
    bounds = Bounds(2 * seconds, max(1, round(seconds)), int(memory * 1e9))
    found = []
    for each in checks_apart(pipeline.statements(given["paths"]), given, bounds):
        found.append(each)
        if each.overrun:
            _note(f"{each.path}  unknown  resource: {each.overrun}")
    if given["junit"]:
        _write(given["junit"], _joined_suites(each.suite for each in found))
    if given["as_json"]:
        _emit_document({"exit_code": worst(each.code for each in found), "reports": [report for each in found for report in each.reports]})
    return worst(each.code for each in found)


# Output


def _write(path: str, text: str) -> None:
    _note(f"wrote {write_text(path, text)}")


class Progress:
    """What is under way, on stderr: one line that changes on a terminal, a line for each stage elsewhere."""

    def __init__(self, live: Any) -> None:
        self.live = live

    def __call__(self, words: str) -> None:
        if self.live is None:
            _note(words)
        else:
            self.live.update(words)


@contextmanager
def _progress() -> Iterator[Progress]:
    console = _console(stderr=True)
    if not console.is_terminal:
        yield Progress(None)
        return
    with console.status("starting") as live:
        yield Progress(live)


# Commands


@click.group(cls=Commands, epilog=LANGUAGE + EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="adjointcheck")
def main() -> None:
    """Derive the adjoint equations of a dynamical system, prove every step, generate the solver, check its gradients.

    FILE is a statement (TOML), or the name of a shipped one, such as lynx_hare or lotka_volterra.
    """


@main.command(epilog=LANGUAGE + EPILOG, short_help="Derive the adjoint equations and prove every step.")
@file_argument
@click.option("--format", "form", type=click.Choice(["text", "markdown", "html", "latex", "json"]), default="text", show_default=True)
@click.option("--log", metavar="OUT.json", help="Also write the log that `replay` proves again without SymPy.")
@click.option("-o", "--output", metavar="OUT", help="Write to this file instead of stdout.")
@json_option
def derive(file: str, form: str, log: str | None, output: str | None, as_json: bool) -> int:
    """Derive the adjoint equations of FILE and prove every step and every claim."""
    from adjointcheck import pipeline
    from adjointcheck.report.json_report import to_json

    problem = pipeline.load(file)
    refuse_overwriting(pipeline.inputs(file), [log, output])
    derivation = pipeline.derive(problem)
    if log:
        _write(log, to_json(derivation.log()))
    if output:
        _write(output, _derivation_text(derivation, "json" if as_json else form))
    elif form == "text" and not as_json:
        _import("report.terminal", "print_derivation")(derivation, _console())
    else:
        click.echo(_derivation_text(derivation, "json" if as_json else form), nl=False)
    return EXIT_CODES[derivation.verdict.status.value]


def _import(module: str, name: str) -> Callable[..., Any]:
    return getattr(import_module(f"adjointcheck.{module}"), name)


def _derivation_text(derivation: Derivation, form: str) -> str:
    if form == "json":
        document = _import("report.json_report", "derivation_document")(derivation)
        return _import("report.json_report", "to_json")({**document, "exit_code": EXIT_CODES[document["verdict"]]})
    if form == "text":
        console = _console(file=StringIO())
        _import("report.terminal", "print_derivation")(derivation, console)
        return console.file.getvalue()  # type: ignore[attr-defined]
    return _import(f"report.{form}", f"derivation_{form}")(derivation)


@main.command(epilog=EPILOG, short_help="Prove a derivation log again, without SymPy.")
@click.argument("log", metavar="LOG.json")
@json_option
@bounds_options
def replay(log: str, as_json: bool, seconds: float | None, memory: float | None) -> int:
    """Prove every step of a derivation log again; SymPy takes no part in it.

    The log is read and proved in a child process with limits of time and memory that grow with its size; a log that meets
    one of them is unknown.
    """
    from adjointcheck.check.sandbox import bounds_for, prove

    confined = prove("replay", log, bounds_for(log, seconds, memory))
    if confined.resource:
        return _overrun(log, confined.resource, as_json)
    found = confined.result()
    if as_json:
        _emit_document(found)
    else:
        rows = [(kind, entry) for kind in ("step", "claim") for entry in found[f"{kind}s"]]
        proved = sum(entry["verdict"] == "proved" for _, entry in rows)
        head = f"{found['name']}  {found['verdict']}  {proved} of {len(rows)} steps and claims proved, without SymPy"
        click.echo("\n".join(map(_import("report.wording", "printable"), [head, *(_replay_line(*row) for row in rows)])))
    return EXIT_CODES[found["verdict"]]


def _overrun(file: str, reason: str, as_json: bool) -> int:
    """A file that met a limit: unknown, whatever it says."""
    if as_json:
        _emit_document({"name": file, "verdict": "unknown", "reason": f"resource: {reason}", "first_wrong": "", "steps": [], "claims": []})
    else:
        click.echo(_import("report.wording", "printable")(f"{file}  unknown  resource: {reason}; --seconds and --memory set others"))
    return OPEN


def _replay_line(kind: str, entry: Mapping[str, Any]) -> str:
    from adjointcheck.trusted.verdict import Witness

    witness = entry["witness"] and Witness(**{**entry["witness"], "point": tuple(entry["witness"]["point"].items())})
    differs = f"the log says {entry['logged']}" if entry["logged"] not in ("", entry["verdict"]) else ""
    shown = _import("report.outline", "witness_text")(witness) if witness else ""
    words = "; ".join(filter(None, [differs, entry["reason"], shown, *entry["evidence"]]))
    return f"{kind:<6} {entry.get('id', entry.get('name')):<18} {entry['rule']:<19} {entry['verdict']:<8} {words}".rstrip()


@main.command(epilog=EPILOG, short_help="Prove a theorem for every dimension, or list them all.")
@click.argument("name", required=False)
@click.option("--format", "form", type=click.Choice(["text", "markdown", "html", "latex", "json"]), default="text", show_default=True)
@click.option("--log", metavar="OUT.json", help="Also write the log that `replay` proves again without SymPy.")
@json_option
def theory(name: str | None, form: str, log: str | None, as_json: bool) -> int:
    """Prove the theorem NAME line by line; without NAME, prove each and list them."""
    return _import("report.theories", "show")(name, "json" if as_json else form, log, click.echo, _write)


@main.command(epilog=EPILOG, short_help="Generate a standalone solver module.")
@file_argument
@click.option("-o", "--output", metavar="OUT.py", help="Write to this file instead of stdout.")
@click.option("--target", default="torch", show_default=True, metavar="NAME", help="torch: a Python module; native: C++ text.")
@method_option
@click.option("--check", "wanted", is_flag=True, help="First read the text back and prove it equal to the derived equations.")
def generate(file: str, output: str | None, target: str, method: str, wanted: bool) -> int:
    """Generate a standalone solver module from FILE: it needs torch and nothing of adjointcheck."""
    from adjointcheck import pipeline

    problem = pipeline.load(file)
    refuse_overwriting(pipeline.inputs(file), [output])
    derivation = pipeline.derive(problem)
    text = pipeline.generate(derivation, target=target, method=method)
    verdict = pipeline.steps_verdict(derivation)
    codes = [EXIT_CODES[verdict]]
    _note(f"{derivation.problem.name}: derivation {verdict}")
    if wanted:
        if target != "torch":
            raise AdjointCheckError("generate --check", f"target {target}", "target torch, whose text is read back",
                                    "Leave --check out; `check --target native` measures the kernel against the torch module.")
        checks = pipeline.check_text(derivation, method=method)
        codes += [EXIT_CODES[check.outcome.value] for check in checks]
        _note("\n".join(f"{check.name}: {check.outcome.value}: {check.words}" for check in checks))
    if worst(codes) == FAILED:
        _note("nothing written")
    elif output:
        _write(output, text)
    else:
        click.echo(text, nl=False)
    return worst(codes)


@main.command(epilog=EPILOG, short_help="Derive, prove, generate, check (and fit): the whole way.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--fit", is_flag=True, help="Also minimise the cost over the parameters, and report what was found.")
@click.option("--report", "folder", metavar="DIR", help="Write a page, the log and the generated module for each statement.")
@click.option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML.")
@method_option
@target_option("torch native auto", "torch")
@click.option("--seed", type=int, help="Seed of the random points and directions; each check reports the one it used.")
@json_option
@isolated_option
def check(
    paths: tuple[str, ...], fit: bool, folder: str | None, junit: str | None, method: str, target: str, seed: int | None, as_json: bool
) -> int:
    """Derive, prove, generate and check each PATH: a statement, a folder of statements, or a shipped name.

    The numbers of the generated module are compared with autograd, with the continuous adjoint, with tangents and with
    60-digit arithmetic; every figure is printed beside the limit it must keep. With --target native the compiled
    kernel is measured against that module, too.
    """
    from adjointcheck import pipeline

    problems = [pipeline.load(path) for path in pipeline.statements(paths)]  # all of them before any long work
    _refuse_same_names(problems if folder else [])
    pages = [page for problem in problems for page in pipeline.pages(problem, folder)] if folder else []
    refuse_overwriting([file for path in pipeline.statements(paths) for file in pipeline.inputs(path)], [junit, *pages])
    reports = [_checked(problem, folder, as_json, method=method, fitted=fit, seed=seed, target=target) for problem in problems]
    code = worst(report.exit_code for report in reports)
    if junit:
        _write(junit, _junit(reports))
    if as_json:
        document = _import("report.json_report", "report_document")
        _emit_document({"exit_code": code, "reports": [document(report) for report in reports]})
    if not reports:
        _note(f"nothing checked: no statement (*.toml) in {', '.join(paths)}")
    return code


def _refuse_same_names(problems: Iterable[Problem]) -> None:
    seen: dict[str, str] = {}
    for problem in problems:
        if problem.name in seen:
            raise AdjointCheckError(f"{problem.source}: name", problem.name, f"another name than that of {seen[problem.name]}",
                                    "Their reports would overwrite each other: rename one, or check them apart.")
        seen[problem.name] = problem.source


def _checked(problem: Problem, folder: str | None, as_json: bool, **options: Any) -> Report:
    """Check one statement and tell people at once, before the next one starts."""
    from adjointcheck import pipeline

    with _progress() as progress:
        report = pipeline.check(problem, progress=progress, **options)
    _import("report.terminal", "print_report")(report, _console(stderr=as_json))  # before the page, which there may be no place for
    if folder:
        click.echo(f"\nreport page: {pipeline.publish(report, folder)}", err=as_json)
    return report


def _junit(reports: Iterable[Report]) -> str:
    return _joined_suites(_import("report.junit", "report_junit")(report) for report in reports)


def _joined_suites(texts: Iterable[str]) -> str:
    from xml.etree import ElementTree

    suites = ElementTree.Element("testsuites")
    for text in texts:
        root = ElementTree.fromstring(text)
        suites.extend([root] if root.tag == "testsuite" else root)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


@main.command(epilog=EPILOG, short_help="Solve, with cost and exact gradient; or fit.")
@file_argument
@click.option("--fit", is_flag=True, help="First minimise the cost over the parameters, from the statement's values.")
@method_option
@target_option("auto native torch", "auto")
@click.option("--rtol", type=_TOLERANCE, default=1e-6, show_default=True, help="Relative tolerance of a time step.")
@click.option("--atol", type=_TOLERANCE, default=1e-6, show_default=True, help="Absolute tolerance of a time step.")
@click.option("--steps", type=click.IntRange(min=1), help="This many equal time steps instead of tolerances.")
@click.option("-o", "--output", metavar="OUT.json", help="Also write the JSON document to this file.")
@json_option
def solve(
    file: str, fit: bool, method: str, target: str, rtol: float, atol: float, steps: int | None, output: str | None, as_json: bool
) -> int:
    """Solve FILE with its own values: cost, final state, and the exact gradient of the computed cost.

    A control w(t) is held at its initial guess.
    """
    from adjointcheck import pipeline
    from adjointcheck.report.json_report import to_json

    problem = pipeline.load(file)
    refuse_overwriting(pipeline.inputs(file), [output])
    with _progress() as progress:
        solved = pipeline.solve(problem, method=method, fitted=fit, target=target, rtol=rtol, atol=atol, steps=steps, progress=progress)
    text = to_json({"schema_version": SCHEMA_VERSION, **asdict(solved)})
    if output:
        _write(output, text)
    if as_json:
        click.echo(text, nl=False)
    else:
        click.echo("\n".join(_import("report.solution", "solution_lines")(solved)))
    end = PASSED if solved.finished else FAILED
    fitted = PASSED if solved.fit is None or solved.fit.converged else OPEN
    return worst([EXIT_CODES[solved.derivation], *(EXIT_CODES[verdict] for verdict in solved.claims.values()), end, fitted])


@main.command(epilog=EPILOG, short_help="Watch a wrong line being caught.")
@click.option("--report", "folder", metavar="DIR", default="adjointcheck-demo", show_default=True, help="Where the report page goes.")
@method_option
def demo(folder: str, method: str) -> int:
    """Watch a wrong line being caught: a claim about Lotka-Volterra with the sign of one term reversed.

    Needs no file and no network. The exit code is 0 when the line was refuted and everything else proved and passed.
    """
    from adjointcheck import pipeline

    problem = _planted(pipeline.load("lotka_volterra"))
    _note(f"{problem.name}, with the sign of one term reversed in the claim {WRONG[0]} = {WRONG[1]}")
    report = _checked(problem, folder, False, method=method)
    found = [item.name for item in _import("report.outline", "attention")(report.derivation, report.checks)]
    as_promised = found == [WRONG[0]]
    click.echo(f"{'caught' if as_promised else 'NOT as promised'}: not proved or passed: {', '.join(found) or 'nothing'}")
    return PASSED if as_promised else DISAGREEMENT


WRONG = ("costate.x", "-p_x*(a - b*y) + p_y*d*y")


def _planted(problem: Problem) -> Problem:
    return replace(problem, claims={**dict(problem.claims), WRONG[0]: WRONG[1]})


@main.command(epilog=EPILOG, short_help="Run a study of the systems that adjoints are used for.")
@click.argument("name", required=False)
@click.option("--quick", is_flag=True, help="The small form: under half a minute, with the same claims.")
@click.option("--report", "folder", metavar="DIR", default="adjointcheck-studies", show_default=True, help="Where the page goes.")
@click.option("--picture", metavar="DIR", help="Also write the picture that stands for the study, an SVG file.")
@json_option
def study(name: str | None, quick: bool, folder: str, picture: str | None, as_json: bool) -> int:
    """Run the study NAME, print its tables and what each claim measured, and write its page; without NAME, list them.

    The exit code is 0 when every claim of the study passed.
    """
    from adjointcheck import studies

    if name is None:
        click.echo("".join(f"{each:<20} {title}\n" for each, title in studies.titles().items()), nl=False)
        return PASSED
    with _progress() as progress:
        found = studies.run(name, quick=quick, tell=progress)
    if as_json:
        _emit_document({"exit_code": found.exit_code, **_import("report.study_pages", "study_document")(found)})
    else:
        _import("report.study_pages", "print_study")(found, _console())
    click.echo(f"\nreport page: {studies.publish(found, folder)}", err=as_json)
    if picture:
        studies.illustrate(found, picture)
    return found.exit_code


@main.command(epilog=EPILOG, short_help="Read notes, and judge every formula in them.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--context", metavar="FILE", help="Letters declared in a file of their own, for notes without a header.")
@click.option("--report", "folder", metavar="DIR", help="Write a page for each file, with every formula beside its verdict.")
@click.option("--log", "logs", metavar="DIR", help="Write the logs that `replay` proves again without SymPy.")
@click.option("--letters", metavar="OUT.txt", help="Write the letters as understood, and those not declared, to fill in for --context.")
@click.option("--junit", metavar="OUT.xml", help="Write the verdicts as JUnit XML.")
@json_option
def notes(
    files: tuple[str, ...], context: str | None, folder: str | None, logs: str | None, letters: str | None, junit: str | None, as_json: bool
) -> int:
    """Read the derivation in FILE (.md, .tex or .ipynb) and judge every formula: proved, refuted with a counterexample, unknown.

    A mark such as <!-- expect: refuted --> (in LaTeX: % expect: refuted) says that a formula is wrong on purpose.
    """
    outputs = _import("report.notes_outputs", "Outputs")(files, folder, logs, junit, letters)
    refuse_overwriting(map(Path, filter(None, (*files, context))), outputs.paths())
    found, missed = [], []
    for file in files:
        try:
            with _progress() as progress:
                progress(f"{file}: reading and judging")
                found.append(_import("pipeline", "verify_notes")(file, context))
        except ProblemError as error:  # the other files are judged all the same
            missed.append(error)
            continue
        if lines := answers(_import("report.notes_outline", "undeclared")(found[-1])):
            found[-1] = _import("pipeline", "verify_notes")(file, context, lines)
        _import("report.notes_pages", "print_notes")(found[-1], _console(stderr=as_json))
        outputs.publish(found[-1], _write)
    if missed and not found:
        raise missed[0]
    outputs.finish(found, _write)
    for error in missed:
        _note(told(error))
    code = worst([*map(_import("report.notes_outline", "exit_code"), found), *(BAD_INPUT for _ in missed)])
    if as_json:
        document = _import("report.notes_pages", "notes_document")
        _emit_document({"exit_code": code, "notes": [document(findings) for findings in found], "errors": [*map(str, missed)]})
    return code


@main.command(epilog=EPILOG, short_help="Put the gradients of an ODE library to the test, or list those that can be.")
@click.argument("adapter", required=False)
@click.option("--check", "codes", multiple=True, metavar="CODE", help="Only this check; may be given several times.")
@click.option("--allow-python", is_flag=True, help="Let ADAPTER be module:object, which is imported and so runs its code.")
@json_option
def conform(adapter: str | None, codes: tuple[str, ...], allow_python: bool, as_json: bool) -> int:
    """Ask the library ADAPTER for solutions and gradients whose right values are known, and tell what was right.

    A failure is silent (a wrong number, None or zero) or an error; what a library does not offer and refuses is not held against it.
    """
    from adjointcheck import conform as suite

    if adapter is None:
        for name in suite.ENTRIES:
            click.echo(name if suite.installed(name) else f"{name:<22} not installed")
        return PASSED
    library = suite.find(adapter, allow_python)
    with _progress() as progress:
        findings = suite.run(library, suite.select(codes), progress)
    code = suite.exit_code(findings)
    if as_json:
        found = [asdict(finding) for finding in findings]
        _emit_document({"exit_code": code, "adapter": library.name, "version": library.version, "findings": found})
    else:
        _import("report.findings", "print_findings")(library.name, library.version, findings, _console())
    return code


@main.command(epilog=EPILOG, short_help="Attack the verifier on this machine: about a minute.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Other statements, mutants and files.")
@json_option
def selftest(seed: int, as_json: bool) -> int:
    """Prove 200 lines, spoil 200 logs that must be refuted where they are wrong, and open 20 hostile files.

    Needs no file and no network. The exit code is 0 when everything went as it should.
    """
    from adjointcheck.check.selftest import selftest as attack_ourselves

    with _progress() as progress:
        found = attack_ourselves(progress if progress.live else lambda words: None, seed=seed)
    if as_json:
        _emit_document({"passed": found.passed, **asdict(found)})
    else:
        click.echo("\n".join(map(_import("report.wording", "printable"), found.lines())))
    return PASSED if found.passed else FAILED


@main.command(epilog=EPILOG, short_help="What is installed, what is missing, what to do.")
@json_option
def doctor(as_json: bool) -> int:
    """Say what is installed here, what is missing, and what to do about it."""
    rows = list(examine())
    healthy = all(row.status != "missing" for row in rows)
    if as_json:
        _emit_document({"healthy": healthy, "rows": [asdict(row) for row in rows]})
    else:
        for row in rows:
            click.echo(f"{row.status:<8} {row.name:<14} {row.found}" + (f"; to do: {row.todo}" if row.todo else ""))
    return PASSED if healthy else FAILED


@dataclass(frozen=True)
class Finding:
    """One line of `doctor`: status ok, optional (not here, not needed) or missing."""

    name: str
    status: str
    found: str
    todo: str = ""


def examine() -> Iterator[Finding]:
    """Python, the packages that are required and those that are not, the torch build, and what the native target finds."""
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}")
    yield Finding("adjointcheck", "ok", f"{__version__} in {Path(__file__).parent}")
    for name, extra in _requirements():
        yield _package(name, extra)
    yield _torch_build()
    for name, fine, found, todo in _import("solve.native_doctor", "explain")():
        yield Finding(name, "ok" if fine else "optional", found, todo)


def _requirements() -> Iterator[tuple[str, str]]:
    """(package, extra that asks for it or "") from our own metadata, required ones first."""
    lines = metadata.requires("adjointcheck") or []
    for line in sorted(lines, key=lambda line: "extra" in line):
        extra = re.search(r"extra == ['\"](\w+)", line)
        yield re.split(r"[^\w.-]", line, maxsplit=1)[0], extra[1] if extra else ""


def _package(name: str, extra: str) -> Finding:
    try:
        return Finding(name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        status, purpose = ("optional", f" (extra {extra})") if extra else ("missing", "")
        return Finding(name, status, f"not installed{purpose}", "" if extra else f"pip install {name}")


def _torch_build() -> Finding:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Finding("torch build", "missing", f"torch does not load: {error}", "Install it again: pip install --force-reinstall torch")
    devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    cuda = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU only"
    threads = f"{torch.get_num_threads()} threads"
    return Finding("torch build", "ok", f"{torch.__version__}, {cuda}, {threads}, GPUs: {', '.join(devices) or 'none'}")
