"""Files that mean harm, each proved in a child with limits: they end in time, in little memory, and touch nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from strategies import texts

import adjointcheck as ac
from adjointcheck.check.confined import TASKS, Guard
from adjointcheck.check.hostile import FAMILIES, STATEMENT, Family
from adjointcheck.check.sandbox import BASE, Bounds, Confined, bounds_for, prove
from adjointcheck.errors import AdjointCheckError, DisagreementError

ROOT = Path(__file__).parents[2]
CAMPAIGN = int(os.environ.get("ADJOINTCHECK_HOSTILE", "5000"))
SECONDS, BYTES = 5.0, 10**9


@pytest.fixture(scope="module")
def log() -> dict[str, Any]:
    return ac.derive(ac.load(ROOT / "derivations" / "lotka_volterra.toml")).log()


def word(found: Confined) -> str:
    """What became of a file; a defect of ours shows its traceback."""
    answer = found.answer
    if found.resource:
        return "unknown (resource)"
    return "refused" if "refused" in answer else answer["result"]["verdict"] if "result" in answer else f"defect: {answer}"


def faults(name: str, found: Confined) -> list[str]:
    """What the guarantee forbids."""
    late = [f"{name}: {found.wall:.2f} s"] if found.wall >= SECONDS else []
    large = [f"{name}: {found.peak} bytes"] if found.peak >= BYTES else []
    seen = [f"{name}: {event}" for event in found.answer.get("events", [])]
    return late + large + seen + ([f"{name}: {word(found)}"] if word(found).startswith("defect") else [])


# The guarantee


@pytest.mark.parametrize("number", range(len(FAMILIES)), ids=lambda number: FAMILIES[number].name)
def test_each_family_ends_in_time_and_touches_nothing(number: int, tmp_path: Path, log: dict[str, Any]) -> None:
    family = FAMILIES[number]
    found = prove(family.task, family.make(tmp_path, Random(number), log), Bounds(BASE.wall, 1, BASE.memory))
    assert faults(family.name, found) == []
    assert word(found) in {"unknown (resource)", "refused", "unknown", "invalid", "refuted", "proved"}


def _families(folder: Path, log: dict[str, Any], cheap: int, costly: int) -> Iterator[tuple[str, str, Path]]:
    for number, family in enumerate(FAMILIES):
        for i in range(costly if family.costly else cheap):
            yield family.name, family.task, family.make(folder, Random(7919 * number + i), log)


def json_trees() -> st.SearchStrategy[Any]:
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(["s01", "x", "p_x", "vary", "integrand"]))
    return st.recursive(leaves, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)), max_leaves=12)


@st.composite
def fuzzed_logs(draw: st.DrawFn, log: dict[str, Any]) -> bytes:
    """Any JSON; a right log with any JSON or any formula in one place; or any bytes."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.binary(max_size=400))
    if kind == 1:
        return json.dumps(draw(json_trees())).encode()
    document = json.loads(json.dumps(log))
    for _ in range(draw(st.integers(1, 3))):
        step = draw(st.sampled_from(document["steps"]))
        if kind < 6:
            step["claim"][draw(st.sampled_from(sorted(step["claim"])))] = draw(st.one_of(texts(8), st.text(max_size=40)))
        elif kind < 8:
            step[draw(st.sampled_from(["id", "rule", "premises", "claim", "verdict"]))] = draw(json_trees())
            break
        else:
            part = draw(st.sampled_from([document, document["statement"], document["statement"]["states"]]))
            part[draw(st.sampled_from(sorted(part)))] = draw(json_trees())
            break
    return json.dumps(document).encode()


@st.composite
def fuzzed_statements(draw: st.DrawFn) -> bytes:
    """Formulas of the grammar or any text in a statement, and any text at its end."""
    formula = st.one_of(texts(10), texts(10), st.text(max_size=30)).map(lambda text: json.dumps(text, ensure_ascii=False)[1:-1])
    more = draw(st.one_of(st.just(""), st.text(max_size=60), formula.map('[claims]\ncostate.x = "{}"'.format)))
    return STATEMENT.format(rate=draw(formula), cost=draw(formula), more=more).encode("utf-8", "surrogatepass")


def drawn(strategy: st.SearchStrategy[bytes], count: int) -> list[bytes]:
    """`count` examples of a strategy, always the same ones."""
    found: list[bytes] = []

    @seed(20)
    @settings(max_examples=count, phases=[Phase.generate], deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(example: bytes) -> None:
        found.append(example)

    collect()
    return found[:count]


def _fuzzed(folder: Path, log: dict[str, Any], logs: int, statements: int) -> Iterator[tuple[str, str, Path]]:
    for kind, task, suffix, examples in (("fuzzed log", "replay", "json", drawn(fuzzed_logs(log), logs)), ("fuzzed statement", "derive", "toml", drawn(fuzzed_statements(), statements))):
        for i, example in enumerate(examples):
            path = folder / f"{task}{i}.{suffix}"
            path.write_bytes(example)
            yield kind, task, path


def test_fuzzed_files_end_in_time_and_touch_nothing(tmp_path: Path, log: dict[str, Any]) -> None:
    for name, task, path in _fuzzed(tmp_path, log, 5, 2):
        assert faults(name, prove(task, path)) == []


@pytest.mark.campaign
def test_campaign_of_hostile_files(tmp_path: Path, log: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    cases = list(_families(tmp_path, log, cheap=45, costly=8))
    rest = max(0, CAMPAIGN - len(cases))
    cases += _fuzzed(tmp_path, log, rest * 5 // 6, rest - rest * 5 // 6)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda case: prove(case[1], case[2]), cases))
    table = {kind: Counter(word(found) for (name, _, _), found in zip(cases, answers, strict=True) if name == kind) for kind in dict.fromkeys(name for name, _, _ in cases)}
    wrong = [fault for (name, _, _), found in zip(cases, answers, strict=True) for fault in faults(name, found)]
    with capsys.disabled():
        print(f"\n{len(cases)} files: {dict(sum(table.values(), Counter()))}; slowest {max(found.wall for found in answers):.2f} s, largest {max(found.peak for found in answers) / 1e6:.0f} MB")
        print("\n".join(f"| {kind} | {counts.total()} | {', '.join(f'{count} {verdict}' for verdict, count in counts.most_common())} |" for kind, counts in table.items()))
        print("\n".join(wrong))
    assert len(cases) >= CAMPAIGN and wrong == []


# The limits


def costly(folder: Path, log: dict[str, Any]) -> Path:
    """A log that takes minutes: a product of sixty sums, said to be another such product."""
    document = json.loads(json.dumps(log))
    for name, shift in (("s06", 0), ("s04", 1)):
        step = next(step for step in document["steps"] if step["id"] == name)
        step["claim"]["x"] = "*".join(f"(x + {i + shift}*y + a**{i % 7} + {i} + p_x*b)" for i in range(60))
    (folder / "costly.json").write_text(json.dumps(document))
    return folder / "costly.json"


def test_computing_time_is_limited(tmp_path: Path, log: dict[str, Any]) -> None:
    found = prove("replay", costly(tmp_path, log), Bounds(60, 1))
    assert "computing time is up" in found.resource and "1 s of computing" in found.resource and found.cpu < 2.5


def test_time_by_the_clock_is_limited(tmp_path: Path, log: dict[str, Any]) -> None:
    start = time.monotonic()
    found = prove("replay", costly(tmp_path, log), Bounds(0.4, 60))
    assert "time by the clock is up" in found.resource and time.monotonic() - start < 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a limit on addresses")
def test_memory_is_limited(tmp_path: Path) -> None:
    (tmp_path / "wide.json").write_text("[" + "[]," * 4_000_000 + "0]")
    found = prove("replay", tmp_path / "wide.json", Bounds(30, 20, 150_000_000))
    assert "no more memory" in found.resource and found.peak < 150_000_000


def test_an_overrun_has_no_result(tmp_path: Path, log: dict[str, Any]) -> None:
    found = prove("replay", costly(tmp_path, log), Bounds(0.3, 60))
    assert "result" not in found.answer and "used 0." in found.resource


def test_limits_grow_with_the_file_and_can_be_set(tmp_path: Path) -> None:
    small, large = tmp_path / "small.json", tmp_path / "large.json"
    small.write_text("{}")
    large.write_bytes(b" " * 2**20)
    assert bounds_for(small) == BASE and bounds_for(tmp_path / "absent") == BASE
    assert bounds_for(large).cpu == BASE.cpu + 32 and bounds_for(large).memory > BASE.memory
    assert bounds_for(large, seconds=2, memory=0.5) == Bounds(2 * BASE.wall / BASE.cpu, 2, 500_000_000)


def test_nothing_of_a_child_outlives_it(tmp_path: Path) -> None:
    """A child that starts another one and hangs: both are gone when the time is up."""
    from adjointcheck.check import sandbox

    (tmp_path / "adjointcheck" / "check").mkdir(parents=True)
    for place in ("adjointcheck/__init__.py", "adjointcheck/check/__init__.py"):
        (tmp_path / place).write_text("")
    script = "import subprocess, sys, time\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\nopen(sys.argv[4], 'w').write(str(child.pid))\ntime.sleep(60)\n"
    (tmp_path / "adjointcheck" / "check" / "confined.py").write_text(script)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "__file__", str(tmp_path / "adjointcheck" / "check" / "sandbox.py"))
        found = sandbox.prove("replay", tmp_path / "pid", Bounds(2.5, 60))
    assert "time by the clock" in found.resource
    pid = int((tmp_path / "pid").read_text())
    time.sleep(0.1)
    state = Path(f"/proc/{pid}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] in "ZX"


def test_a_child_that_dies_without_an_answer_is_a_defect() -> None:
    from adjointcheck.check.sandbox import _answer

    assert "Traceback" in _answer(1, b"", b"Traceback: boom", BASE)["defect"]
    assert "SIGSEGV" in _answer(-11, b"", b"", BASE)["resource"] and "SIGABRT" in _answer(-6, b"", b"", BASE)["resource"]
    with pytest.raises(DisagreementError, match="boom"):
        Confined({"defect": "boom"}, 0, 0, 0).result()
    with pytest.raises(DisagreementError, match="open for writing"):
        Confined({"result": {"verdict": "proved"}, "events": ["open for writing /x"]}, 0, 0, 0).result()
    with pytest.raises(AdjointCheckError, match="here: got this; expected that"):
        Confined({"refused": {"where": "here", "got": "this", "expected": "that", "todo": ""}}, 0, 0, 0).result()


def test_the_child_answers_as_the_core_does(tmp_path: Path, log: dict[str, Any]) -> None:
    (tmp_path / "log.json").write_text(json.dumps(log))
    found = prove("replay", tmp_path / "log.json").result()
    assert (found["name"], found["verdict"], found["first_wrong"]) == ("lotka_volterra", "proved", "")
    assert [(step["id"], step["verdict"], step["logged"]) for step in found["steps"]] == [(step["id"], "proved", "proved") for step in log["steps"]]
    assert [claim["name"] for claim in found["claims"]] == [claim["name"] for claim in log["claims"]]
    other = prove("derive", ROOT / "derivations" / "lotka_volterra.toml").result()
    assert [step["verdict"] for step in other["steps"]] == ["proved"] * len(log["steps"])


# The guard


PLANTED = """
import sys
from adjointcheck.check.confined import Guard
guard = Guard("replay", sys.argv[1]).install()
try:
    {line}
    print("done")
except PermissionError as error:
    print("refused", len(guard.events))
"""
DEEDS = ("open('/tmp/adjointcheck_owned', 'w')", "open('/etc/passwd')", "__import__('socket').socket()", "__import__('subprocess').run(['true'])", "__import__('os').system('true')", "__import__('os').fork()",
         "__import__('os').execv('/bin/true', ['true'])", "__import__('os').remove('/tmp/nothing')", "__import__('os').mkdir('/tmp/adjointcheck_owned')", "__import__('os').listdir('/')", "__import__('sympy')", "__import__('torch')",
         "__import__('antigravity_unknown')", "eval('1 + 1')", "exec('1')", "compile('1', 'x', 'eval')", "__import__('ctypes').CDLL(None)", "__import__('marshal').loads(b'N')", "__import__('os').kill(0, 0)", "__import__('shutil').copy('/etc/passwd', '/tmp/x')")


@pytest.mark.parametrize("line", DEEDS)
def test_the_guard_refuses_a_planted_deed(line: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PLANTED.format(line=line), str(tmp_path / "log.json")], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60)
    assert done.stdout == "refused 1\n", done


def test_the_guard_lets_the_file_and_its_folder_be_read(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_text("{}")
    (tmp_path / "data.csv").write_text("t")
    guard = Guard("derive", str(tmp_path / "log.json"))
    assert [guard.fault("open", (str(tmp_path / name), "r", os.O_RDONLY)) for name in ("log.json", "data.csv")] == ["", ""]
    assert guard.fault("open", (str(tmp_path / "log.json"), "r+", os.O_RDWR)) and guard.fault("open", (str(tmp_path.parent / "x"), "r", 0))
    assert guard.fault("import", ("sympy.core", None)) == "" and Guard("replay", "log.json").fault("import", ("sympy.core", None))


def test_every_task_is_attacked() -> None:
    assert {family.task for family in FAMILIES} == set(TASKS) and len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert all(isinstance(family, Family) for family in FAMILIES)
