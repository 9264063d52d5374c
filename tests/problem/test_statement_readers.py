"""Files: what is read, what is refused, and where a statement may look for its data."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from adjointcheck.errors import ProblemError
from adjointcheck.problem import load, read_toml

TEXT = """\
name = "decay"
horizon = [0, 2.5]
states.x = { rate = "-k*x", initial = "1" }
parameters = ["k"]
"""
FROM_FILE = TEXT + '[[observations]]\nfile = "data.csv"\ntime = "when"\ncost = "(x - seen)**2 + other"\n'
DATA = "when, seen, other\n# by hand\n0, 1, 2e-1\n\n2.5, .5, -3.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "secret.csv").write_text(DATA)
    return tmp_path / "model"


def write(folder: Path, data: str | bytes, text: str = FROM_FILE) -> Path:
    (folder / "data.csv").write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / "decay.toml").write_text(text)
    return folder / "decay.toml"


def test_file_and_text_give_the_same_problem(folder: Path) -> None:
    (folder / "decay.toml").write_text(TEXT)
    loaded = load(folder / "decay.toml")
    assert loaded == load(str(folder / "decay.toml")) == read_toml(TEXT)
    assert loaded.source.endswith("decay.toml")


def test_byte_order_mark_and_windows_lines(folder: Path) -> None:
    (folder / "decay.toml").write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load(folder / "decay.toml") == read_toml(TEXT)


def test_numbers_are_the_decimals_written() -> None:
    assert read_toml(TEXT).horizon == (0, Fraction(5, 2))
    long = read_toml(TEXT.replace("2.5", "0.1000000000000000055511151231257827"))
    assert long.horizon[1] == Fraction("0.1000000000000000055511151231257827") != Fraction(1, 10)
    assert read_toml(TEXT.replace("2.5", "1_000.25")).horizon[1] == Fraction(4001, 4)


def test_parameters_without_values() -> None:
    assert [parameter.value for parameter in read_toml(TEXT).parameters] == [None]


HARMLESS = [
    "# a.b.c.d.e.f.g.h.i.j.k\n", "# [[[[[[[[[[[[[[[[[[[[\n", "# \"\"\" ''' unclosed\n", "# 1" + "1" * 99 + "\n",
    'claims."costate.x" = """k*p_x"""\n', "claims.costate.x = '''\nk*p_x\n'''\n", 'claims.costate.x = "k\\u002ap_x"\n',
    "assume.positive = [\n  'x', # the [state]\n]\n", "cost = { running = '((((((((((((x))))))))))))' }\n",
]


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_looks_dangerous(line: str) -> None:
    assert read_toml(TEXT.replace("states.x", line + "states.x")).name == "decay"


UNREADABLE = {
    "binary": (bytes(range(256)), "byte 128: got b'\\\\x80"),
    "UTF-16": (TEXT.encode("utf-16"), "byte 0: got b'\\\\xff\\\\xfe", "It looks like UTF-16"),
    "Latin-1": (TEXT.replace("decay", "d\xe9cay").encode("latin-1"), "byte 9"),
    "too large": (TEXT.encode() + b"#" * 262_144, "more than 262144 bytes"),
}


@pytest.mark.parametrize(("data", "fragments"), [(data, parts) for data, *parts in UNREADABLE.values()], ids=UNREADABLE)
def test_unreadable_files(folder: Path, data: bytes, fragments: list[str]) -> None:
    (folder / "bad.toml").write_bytes(data)
    with pytest.raises(ProblemError) as caught:
        load(folder / "bad.toml")
    assert [part for part in ["bad.toml", *fragments] if part not in str(caught.value)] == []


def test_paths_that_are_no_files(folder: Path) -> None:
    os.mkfifo(folder / "pipe.toml")
    refused: list[tuple[str | Path, str]] = [
        (folder, "a directory"), (folder / "none.toml", "No such file"), (folder / "pipe.toml", "no regular file"),
        ("/dev/zero", "no regular file"), ("a\0b.toml", "null"),
    ]
    for path, reason in refused:
        with pytest.raises(ProblemError, match=reason):
            load(path)


def test_text_is_capped_as_a_file_is() -> None:
    with pytest.raises(ProblemError, match="at most 262144"):
        read_toml(TEXT + "#" * 262_144)
    with pytest.raises(ProblemError, match="expected a text"):
        read_toml(TEXT.encode())  # type: ignore[arg-type]


def test_columns_come_from_the_data_file(folder: Path) -> None:
    group = load(write(folder, DATA)).observations[0]
    assert group.times == (0, Fraction(5, 2))
    assert group.data == (("seen", (1, Fraction(1, 2))), ("other", (Fraction(1, 5), -3)))


def test_data_file_in_a_folder_below(folder: Path) -> None:
    (folder / "counts").mkdir()
    (folder / "counts" / "data.csv").write_text('"when","seen","other"\r\n0,1,2\r\n')
    text = FROM_FILE.replace("data.csv", "counts/data.csv")
    assert load(write(folder, "", text)).observations[0].data == (("seen", (1,)), ("other", (2,)))


BAD_DATA: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "no header"),
    "only comments": ("# nothing\n", "no header"),
    "no rows": ("when,seen,other\n", "observations[0], times: got no times"),
    "no such column": ("time,seen,other\n0,1,2\n", "observations[0], time: got when; expected a column of data.csv"),
    "short row": ("when,seen,other\n0,1,2\n1,2\n", "line 3: got 2 values; expected 3"),
    "long row": ("when,seen,other\n0,1,2,3\n", "line 2: got 4 values"),
    "word": ("when,seen,other\n0,one,2\n", "line 2, column seen: got one"),
    "empty cell": ("when,seen,other\n0,,2\n", "line 2, column seen: got ;"),
    "NaN": ("when,seen,other\n0,nan,2\n", "line 2, column seen: got nan"),
    "infinity": ("when,seen,other\n0,1,-inf\n", "line 2, column other: got -inf"),
    "formula": ("when,seen,other\n0,=cmd|'/c calc'!A0,2\n", "line 2, column seen"),
    "fraction": ("when,seen,other\n0,1/3,2\n", "line 2, column seen: got 1/3"),
    "foreign digit": ("when,seen,other\n0,\N{ARABIC-INDIC DIGIT THREE},2\n", "line 2, column seen: got \\u0663"),
    "huge exponent": ("when,seen,other\n0,1e99999999,2\n", "data column seen, value 0"),
    "too many digits": ("when,seen,other\n0," + "1" * 70 + ",2\n", "data column seen, value 0"),
    "bad name": ("when,se en,other\n0,1,2\n", "line 1, column name: got se en"),
    "function name": ("when,exp,other\n0,1,2\n", "line 1, column name: got exp"),
    "semicolons": ("when;seen;other\n0;1;2\n", "line 1, column name: got when;seen;other"),
    "twice the same": ("when,seen,seen\n0,1,2\n", "line 1, column name: got seen twice"),
    "named as a parameter": ("when,seen,other,k\n0,1,2,3\n", "k is a parameter"),
    "outside the horizon": ("when,seen,other\n3,1,2\n", "observations[0], times: got 3"),
    "too many rows": ("when,seen,other\n" + "0,1,2\n" * 4097, "got 4097 rows"),
    "too many columns": ("when,seen,other" + "".join(f",c{i}" for i in range(70)) + "\n", "got 73 columns"),
    "too large": ("when,seen,other\n" + "#\n" * 600_000, "more than 1048576 bytes"),
    "binary": (b"when\xff\x00", "byte 4"),
}


@pytest.mark.parametrize(("data", "fragment"), BAD_DATA.values(), ids=BAD_DATA)
def test_bad_data_files(folder: Path, data: str | bytes, fragment: str) -> None:
    with pytest.raises(ProblemError) as caught:
        load(write(folder, data))
    assert fragment in str(caught.value) and "observations[0]" in str(caught.value)


OUTSIDE = [
    "../secret.csv", "counts/../../secret.csv", "/etc/passwd", "link.csv", "links/secret.csv", "", "a\\b.csv",
    "file:///etc/passwd", "~/secret.csv", "data.csv\\u0000", "no.csv", "counts",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_data_files_stay_in_the_folder(folder: Path, name: str) -> None:
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    (folder / "links").symlink_to(folder.parent)
    (folder / "counts").mkdir()
    path = write(folder, DATA, FROM_FILE.replace("data.csv", name.replace("\\b", "\\\\b")))
    with pytest.raises(ProblemError, match=r"observations\[0\], file"):
        load(path)


def test_link_inside_the_folder_is_followed(folder: Path) -> None:
    (folder / "link.csv").symlink_to(folder / "data.csv")
    assert load(write(folder, DATA, FROM_FILE.replace("data.csv", "link.csv"))) == load(write(folder, DATA))


@pytest.mark.parametrize(("line", "fragment"), [
    ('file = "data.csv"', "observations[0]: got no time"),
    ('time = "when"', "observations[0]: got no file"),
    ('file = "data.csv"\ntime = 3', "observations[0], time: got 3"),
    ('file = "data.csv"\ntime = ["when"]', "observations[0], time: got ['when']"),
    ('file = 3\ntime = "when"', "observations[0], file: got 3"),
    ('file = "data.csv"\ntime = "when"\ntimes = [0]', "times beside file"),
])
def test_half_of_a_data_file(folder: Path, line: str, fragment: str) -> None:
    with pytest.raises(ProblemError) as caught:
        load(write(folder, DATA, TEXT + f'[[observations]]\n{line}\ncost = "x"\n'))
    assert fragment in str(caught.value)
