"""What holds for every test: one thread for each process, examples drawn the same way each time, no clock, no cache of the user's."""

from __future__ import annotations

import os
import signal

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is loaded; tests are spread over processes instead

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings

from adjointcheck.solve import native_build

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so shells start what runs in the background, and interrupts are under test here
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("fixed")


LADDER = ("continuous-adjoint", "agreement", "invariants")  # the checks that march a ladder of time steps, the dearest
# Numeric checks of shipped statements that are for campaigns; their proofs are not. Other statements keep their ladders,
# and the main job of .ci/run checks lynx_hare as a whole.
DEAR = {"kuramoto.toml": None, "lynx_hare.toml": None, "hodgkin_huxley.toml": LADDER, "double_pendulum.toml": LADDER}
# Single tests of more than seven seconds that others come near to: the plugin under -n is what the whole run is.
LONG = {"test_spread_over_processes[load]", "test_each_file_is_checked_apart", "test_cost_grows_linearly[kuramoto]",
        "test_a_contender_in_its_own_process_takes_turns_and_tells_its_failures"}
LONG_STUDIES = ("[time_series]", "[ode_net]")
ALWAYS = 4  # rows of a table that judges pages of notes; behind them every second one is for campaigns


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is for campaigns; None in DEAR stands for every numeric check."""
    rows = Counter[str]()
    for item in items:
        names = DEAR.get(item.path.name, ())
        dear = (item.name in names) if names is not None else (item.name != "derivation" and "." not in item.name)
        long = item.name in LONG or (item.path.name == "test_studies.py" and item.name.endswith(LONG_STUDIES))
        table = item.nodeid.partition("[")[0]
        rows[table] += hasattr(getattr(item, "module", None), "statuses")  # pages of notes are judged there
        if dear or long or (rows[table] > ALWAYS and rows[table] % 2 == 0):
            item.add_marker("campaign")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is built here stays out of the user's cache; the processes of one run share it."""
    base = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_builds() -> Iterator[None]:
    """Speed is not tested here: compile with little optimisation. Processes that tests start build as users do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native_build, "WANTED", (("-O1",), *native_build.WANTED[1:]))
        yield
