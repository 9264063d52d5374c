"""What the figures were measured on: processor, versions, and the most fused multiply-adds it can do."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path

_LIBRARIES = ("adjointcheck", "torch", "torchdiffeq", "torchode", "diffrax", "jax", "casadi", "numpy", "sympy")


def describe() -> dict[str, str]:
    """Processor, memory, system, compiler, versions and load; nothing that names the machine or its user."""
    known = {
        "processor": f"{_processor()}, {cores()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "compiler": _compiler(),
        "libraries": ", ".join(f"{name} {version}" for name in _LIBRARIES if (version := _version(name))),
        "commit": _commit(),
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }
    return {key: value for key, value in known.items() if value}


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def fma_peak() -> float | None:
    """GFLOP/s of float64 fused multiply-adds on all cores, the best of seven short trials; None without g++."""
    compiler = shutil.which("g++")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "fma_peak")
        source = Path(__file__).with_name("fma_peak.cpp")
        build = [compiler, "-O3", "-march=native", "-ffp-contract=fast", "-pthread", os.fspath(source), "-o", os.fspath(program)]
        subprocess.run(build, check=True, capture_output=True)
        found = subprocess.run([os.fspath(program), str(cores())], check=True, capture_output=True, text=True)
    return float(found.stdout.split()[0])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    wide = [name for name in ("avx2", "fma", "avx512f") if name in facts.get("flags", "").split()]
    return f"{facts.get('model name', platform.machine())} ({' '.join(wide)})"


def _compiler() -> str:
    compiler = shutil.which("g++")
    if compiler is None:
        return ""
    return subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _commit() -> str:
    command = ["git", "-C", os.fspath(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""
