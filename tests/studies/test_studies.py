"""The quick form of every study: each of its claims is measured and passes; its page and its document hold every figure."""

from __future__ import annotations

import gzip
import json
import struct
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
import torch

from adjointcheck import studies
from adjointcheck.check.study import Picture, Section, Study, Table, double_precision
from adjointcheck.check.verdict import Check, Outcome, judge
from adjointcheck.errors import AdjointCheckError, ProblemError
from adjointcheck.report.json_report import to_json
from adjointcheck.report.study_pages import study_document, study_html

NAMES = sorted(studies.available())


@cache
def quick(name: str) -> Study:
    return studies.run(name, quick=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_of_the_quick_form_passes(name: str) -> None:
    found = quick(name)
    assert [(check.name, check.outcome.value, check.measured, check.threshold) for check in found.checks if check.outcome is not Outcome.PASS] == []
    assert found.name == name and found.checks and found.surprises and found.sources and found.exit_code == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_page_stands_alone_and_holds_every_claim(name: str, tmp_path: Path) -> None:
    found = quick(name)
    text = studies.publish(found, tmp_path).read_text(encoding="utf-8")
    assert text.count("<svg") == sum(len(section.pictures) for section in found.sections) > 0
    assert "<script" not in text and 'src="http' not in text and found.command in text
    assert all(str(check.words.split(",")[0]) in text.replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for check in found.checks)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_says_what_it_is(name: str) -> None:
    assert 10 < len(studies.titles()[name]) < 100


def test_pictures_of_the_readme_are_small_and_of_studies() -> None:
    found = list((studies.available()["flow"].parent / "pictures").glob("*.svg"))
    assert found and {file.stem for file in found} <= set(NAMES) and max(file.stat().st_size for file in found) < 90_000
    assert all(ElementTree.parse(file).getroot().tag.endswith("svg") for file in found)


# The frame itself, with a study made by hand


def made(*checks: Check) -> Study:
    table = Table("Figures", ("what", "value"), [["a <b>", 1.5], ["c", float("nan")]])
    picture = Picture("A line", lambda figure: figure.subplots().plot([0, 1], [0, 1]))
    return Study("made", "Made by hand", "Is it?", [Section("Part", "One.\n\nTwo.", [table], [picture], checks)], ["Nothing did."], ["Nobody 1900"], True)


PASS, FAIL, OPEN = judge("good", 1, 2, "w"), judge("bad", 3, 2, "w"), judge("open", None, 2, "w")


@pytest.mark.parametrize(("checks", "verdict", "code"), [((PASS,), "pass", 0), ((PASS, FAIL, OPEN), "fail", 1), ((OPEN, PASS), "inconclusive", 3), ((), "nothing checked", 5)])
def test_the_least_favourable_check_speaks_for_a_study(checks: tuple[Check, ...], verdict: str, code: int) -> None:
    assert (made(*checks).verdict, made(*checks).exit_code) == (verdict, code)


def test_a_page_escapes_words_and_keeps_figures() -> None:
    text = study_html(made(PASS, FAIL))
    assert "a &lt;b&gt;" in text and "<p>One.</p>" in text and "1 of 2 checks passed" in text and "adjointcheck study made --quick" in text


def test_the_cover_stands_for_a_study(tmp_path: Path) -> None:
    plain = made(PASS)
    (section,) = plain.sections
    two = replace(plain, sections=[replace(section, pictures=[replace(section.pictures[0], title="Another"), *section.pictures])])
    assert [each.title for each in two.pictures] == ["Another", "A line"]
    assert [each.title for each in replace(two, cover="A line").pictures] == ["A line", "Another"]
    file = studies.illustrate(replace(two, cover="A line"), tmp_path)
    assert file.name == "made.svg" and 'aria-label="A line"' in file.read_text(encoding="utf-8")


def test_a_study_changes_nothing_outside() -> None:
    """Inside float64, its own seed and one thread, whatever they were; afterwards they are again."""
    before = torch.get_default_dtype(), torch.get_num_threads()
    draws = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        with double_precision(3):
            assert (torch.get_default_dtype(), torch.get_num_threads()) == (torch.float64, 1)
            draws.append(torch.rand(1).item())
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before[1])
    assert draws[0] == draws[1] and torch.get_default_dtype() == before[0]


def test_a_document_is_plain_json() -> None:
    document = json.loads(to_json(study_document(made(PASS))))
    assert document["sections"][0]["tables"][0]["rows"] == [["a <b>", 1.5], ["c", "nan"]] and document["verdict"] == "pass"


def test_an_unknown_study_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ProblemError, match="Did you mean optimal_control"):
        studies.run("optimal_contrl")


# MNIST's files, which nobody ships: made by hand here


@pytest.fixture(scope="module")
def ode_net() -> ModuleType:
    return studies.load("ode_net", studies.available()["ode_net"])


def idx(shape: tuple[int, ...], values: bytes) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + values


def test_files_of_mnist_are_read_zipped_or_not(ode_net: ModuleType, tmp_path: Path) -> None:
    for part, count in (("train", 3), ("t10k", 2)):
        images = idx((count, 28, 28), bytes(i % 256 for i in range(count * 784)))
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx((count,), bytes(range(count))))
    found = ode_net.mnist(tmp_path)
    images, classes = found.train
    assert images.shape == (3, 1, 28, 28) and images[1, 0, 2, 5].item() == ((784 + 2 * 28 + 5) % 256) / 255 and classes.tolist() == [0, 1, 2]
    assert found.test[0].shape == (2, 1, 28, 28) and ode_net.Classifier(4, 28, 1).double()(found.test[0]).shape == (2, 10)


@pytest.mark.parametrize("data", [b"", b"\0\0\x08", b"\0\0\x0d\1" + bytes(8), idx((2, 2), b"abc"), idx((2, 2), b"abcde"), idx((3,), b"")[:6], idx((), b"a")])
def test_a_file_that_is_no_idx_file_of_bytes_is_refused(ode_net: ModuleType, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(AdjointCheckError, match="idx file of unsigned bytes"):
        ode_net.read_idx(tmp_path / "file")


def test_a_missing_file_is_named(ode_net: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(AdjointCheckError, match="no train-images-idx3-ubyte in"):
        ode_net.mnist(tmp_path)
