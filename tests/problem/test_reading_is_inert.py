"""Reading a statement carries out nothing that stands in it: no code, no process, no socket, no file written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HARNESS = """
import json, os, runpy, sys
from adjointcheck.errors import AdjointCheckError
from adjointcheck.problem import load, read_toml

corpus, folder, planted = runpy.run_path(sys.argv[1]), sys.argv[2], sys.argv[3]
texts = [corpus["BASE"], *(text for _, text, _ in corpus["CASES"])]
seen, armed = [], False

def attempt(read, *args):
    try:
        read(*args)
    except AdjointCheckError:
        pass

def read_everything():
    for text in texts:
        attempt(read_toml, text, "model.toml", folder)
    for name in ("good.toml", "bad.toml"):
        attempt(load, os.path.join(folder, name))

for text in texts[:2]:  # whatever our own code imports late, it imports here, on statements that ask for nothing
    attempt(read_toml, text)
attempt(load, os.path.join(folder, "good.toml"))

ACTS = ("exec", "compile", "import", "marshal.loads", "pickle.find_class")
FAMILIES = ("subprocess.", "os.", "socket.", "shutil.", "tempfile.", "urllib.", "webbrowser.", "ctypes.", "code.")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC

def watch(event, args):
    writes = event == "open" and bool(args[2] & WRITING)
    if armed and (writes or event in ACTS or event.startswith(FAMILIES)):
        seen.append([event, repr(args)[:200]])

sys.addaudithook(watch)
armed = True
eval(planted) if planted else read_everything()
armed = False
print(json.dumps({"seen": seen, "modules": sorted(set(sys.modules) & {"sympy", "numpy", "torch", "mpmath", "flint"})}))
"""
STATEMENT = """\
name = "decay"
horizon = [0, 1]
states.x = { rate = "-x", initial = "1" }
[[observations]]
file = "data.csv"
time = "when"
cost = "(x - seen)**2"
"""


def watched(folder: Path, planted: str = "") -> dict[str, list[list[str]]]:
    (folder / "good.toml").write_text(STATEMENT)
    (folder / "bad.toml").write_text(STATEMENT.replace("-x", "__import__('os').system('true')"))
    (folder / "data.csv").write_text("when,seen\n0,1\n1,0.5\n")
    paths = os.pathsep.join([str(HERE.parents[1]), *sys.path])
    run = subprocess.run([sys.executable, "-c", HARNESS, str(HERE / "malformed.py"), str(folder), planted],
                         capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": paths})
    return json.loads(run.stdout)


def test_nothing_is_carried_out(tmp_path: Path) -> None:
    assert watched(tmp_path) == {"seen": [], "modules": []}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.toml", "data.csv", "good.toml"]


@pytest.mark.parametrize(("planted", "event"), [
    ("1 + 1", "compile"), ("__import__('colorsys')", "import"), ("open('/dev/null', 'w')", "open"),
    ("os.system('true')", "os.system"), ("__import__('socket').socket()", "socket.__new__"),
])
def test_the_watch_sees_what_it_should(tmp_path: Path, planted: str, event: str) -> None:
    """Each kind of act that the test above denies is noticed when it happens."""
    assert event in [name for name, _ in watched(tmp_path, planted)["seen"]]
