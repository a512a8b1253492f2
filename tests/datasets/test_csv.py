"""CSV files: what becomes of good ones, and what is said of bad ones."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.datasets.workplace import TargetKind
from tests.datasets.files import IRIS, arrays, converted

ROWS = np.array([[1.5, -2.0], [3.0, 4.0], [5.0, 1e-3]], np.float32)
PLAIN = "a,b,y\n1.5,-2,cat\n3,4,dog\n5,1e-3,cat\n"
WAYS = {
    "plain": PLAIN,
    "no last line break": PLAIN.rstrip(),
    "Windows line breaks": PLAIN.replace("\n", "\r\n"),
    "line breaks of old": PLAIN.replace("\n", "\r"),
    "byte order mark": "\ufeff" + PLAIN,
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "bars": PLAIN.replace(",", "|"),
    "spaces": PLAIN.replace(",", " , "),
    "quotes": 'a,b,"y"\n"1.5","-2","cat"\n3,4,dog\n5,1e-3,"cat"\n',
    "blank lines": "\n \n" + PLAIN.replace("\n", "\n\n"),
    "no header": PLAIN.partition("\n")[2],
}


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS)
def test_the_same_table_in_many_ways(tmp_path: Path, text: str) -> None:
    told = converted(tmp_path, text)["dataset"]
    samples, targets = arrays(tmp_path)
    np.testing.assert_array_equal(samples, ROWS)
    np.testing.assert_array_equal(targets, [0, 1, 0])
    assert [array.dtype.name for array in (samples, targets)] == ["float32", "int64"]
    assert told["contents"]["target"]["classes"] == ["cat", "dog"]
    assert told["description"]["target"]["class_counts"] == [2, 1]
    assert told["bytes"] == samples.nbytes + targets.nbytes
    assert (tmp_path / "samples.npy").stat().st_mode & 0o777 == 0o600


def test_columns_are_described(tmp_path: Path) -> None:
    contents = converted(tmp_path, PLAIN)["dataset"]["contents"]
    values = ROWS.astype(np.float64)
    for place, column in enumerate(contents["columns"]):
        assert column["name"] == "ab"[place]
        of = values[:, place]
        expected = {"min": of.min(), "max": of.max(), "mean": of.mean(), "std": of.std()}
        assert {key: column[key] for key in expected} == pytest.approx(expected)
    assert contents["statistics"]["std"] == pytest.approx(values.std())
    assert contents["statistics"]["mean"] == pytest.approx(values.mean())


@pytest.mark.parametrize("target", ["length", "species", "width"])
def test_any_column_may_be_the_target(tmp_path: Path, target: str) -> None:
    text = "length,species,width\n5.5,1,0.25\n6.5,2,0.5\n4.5,1,0.75\n7.5,2,1\n"
    told = converted(tmp_path, text, target=target)["dataset"]
    assert told["contents"]["target"]["name"] == target
    assert [column["name"] for column in told["contents"]["columns"]] == [
        name for name in ("length", "species", "width") if name != target
    ]
    assert told["description"]["target"]["kind"] == ("classes" if target == "species" else "values")


COLUMNS: dict[str, tuple[list[str], TargetKind, list[str] | None]] = {
    "digits": (["3", "1", "2", "1", "3", "2"], "auto", ["1", "2", "3"]),
    "numbers sorted as numbers": (["10", "9", "10", "9"], "auto", ["9", "10"]),
    "the same number written twice": (["1", "1.0", "2", "2"], "auto", ["1", "2"]),
    "signs": (["-1", "1", "1", "-1"], "auto", ["-1", "1"]),
    "text among numbers": (["1", "x", "1", "x"], "auto", ["1", "x"]),
    "truth": (["true", "false", "true"], "auto", ["false", "true"]),
    "fractions": (["0.5", "1", "1", "0.5"], "auto", None),
    "every number once": (["1", "2", "3", "4"], "auto", None),
    "very many, with gaps": ([str(number * 3) for number in range(40)] * 2, "auto", None),
    "very many, without gaps": (
        [str(number) for number in range(40)] * 2,
        "auto",
        [str(number) for number in range(40)],
    ),
    "fractions as classes": (["0.5", "1", "1", "0.5"], "classes", ["0.5", "1"]),
    "every number once, as classes": (["1", "2", "3"], "classes", ["1", "2", "3"]),
    "digits as values": (["3", "1", "1", "3"], "values", None),
    "more than a thousand": ([str(number) for number in range(1001)] * 2, "auto", None),
}


@pytest.mark.parametrize(("column", "kind", "classes"), COLUMNS.values(), ids=COLUMNS)
def test_classes_or_values(tmp_path: Path, column: list[str], kind: TargetKind, classes: list[str] | None) -> None:
    text = "a,y\n" + "".join(f"0.5,{cell}\n" for cell in column)
    told = converted(tmp_path, text, target_kind=kind)["dataset"]
    assert told["contents"]["target"]["classes"] == classes
    _, targets = arrays(tmp_path)
    if classes is None:
        np.testing.assert_array_equal(targets[:, 0], np.array(column, np.float32))
        assert told["description"]["target"]["variance"] == pytest.approx(np.array(column, np.float64).var())
        assert (told["description"]["target"]["kind"], told["description"]["target"]["size"]) == ("values", 1)
    else:
        same = [cell == label or _number(cell) == _number(label) for cell, label in _pairs(column, classes, targets)]
        assert all(same)
        assert told["contents"]["target"]["counts"] == np.bincount(targets).tolist()


def _pairs(column: list[str], classes: list[str], targets: np.ndarray) -> list[tuple[str, str]]:
    return [(cell, classes[place]) for cell, place in zip(column, targets, strict=True)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


@pytest.mark.parametrize(
    ("text", "vocabulary"),
    [
        ("a,b,y\n0,7,1\n3,2,0\n", 8),
        ("a,b,y\n0,7,1\n3,2.5,0\n", None),
        ("a,b,y\n0,-1,1\n3,2,0\n", None),
        ("a,b,y\n0,1000000,1\n3,2,0\n", None),
    ],
)
def test_whole_numbers_may_be_tokens(tmp_path: Path, text: str, vocabulary: int | None) -> None:
    assert converted(tmp_path, text)["dataset"]["description"]["vocabulary"] == vocabulary


def test_of_very_many_columns_the_first_are_described(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(3000)]
    text = ",".join([*names, "y"]) + "\n" + ",".join(["1"] * 3000 + ["a"]) + "\n" + ",".join(["2"] * 3000 + ["b"])
    told = converted(tmp_path, text)["dataset"]
    assert told["description"]["shape"] == [3000]
    assert len(told["contents"]["columns"]) == 256


def test_more_rows_than_are_held_at_once(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(5000, 1, size=(200_000, 2))
    text = "a,b,y\n" + "".join(f"{a!r},{b!r},{row % 3}\n" for row, (a, b) in enumerate(rows.tolist()))
    told = converted(tmp_path, text)["dataset"]
    samples, targets = arrays(tmp_path)
    np.testing.assert_array_equal(samples, rows.astype(np.float32))
    np.testing.assert_array_equal(targets, np.arange(200_000) % 3)
    assert told["contents"]["columns"][0]["std"] == pytest.approx(samples[:, 0].astype(np.float64).std(), rel=1e-9)


WIDE = ",".join(f"c{number}" for number in range(1_000_000))
REFUSED: dict[str, tuple[bytes | str, str]] = {
    "empty": ("", "The file is empty."),
    "blank": ("\n\n \n", "The file is empty;"),
    "only a header": ("a,b,y\n", "The file has a header and no samples"),
    "one sample": ("a,y\n1,2\n", "There is only 1 sample; send at least 2."),
    "one column": ("y\n1\n2\n", "There is only one column"),
    "one class": ("a,y\n1,x\n2,x\n", "`y` is `x` for every sample: there is nothing to learn."),
    "one value": ("a,y\n1,0.5\n2,0.50\n", "`y` is `0.5` for every sample"),
    "too few fields": ("a,b,y\n1,2,3\n1,2\n", "Line 3 has 2 fields, and the first line 3."),
    "too many fields": ("a,b,y\n1,2,3,4\n1,2,3\n", "Line 2 has 4 fields, and the first line 3."),
    "white space": ("a,b,y\n1,2,3\n   \n", "Line 3 has 1 field, and the first line 3."),
    "text": (IRIS.replace("3.0,", "wide,", 1), "Line 4, column `width`: `wide` is no number. Features must be numbers"),
    "text after a blank line": ("a,y\n1,2\n\nx,3\n", "Line 4, column `a`: `x` is no number."),
    "decimal comma": ("a;b;y\n1,5;2;3\n", "Line 2, column `a`: `1,5` is no number; write it with a decimal point."),
    "missing": ("a,b,y\n1,2,0\n3,,1\n", "Line 3, column `b`: a value is missing; fill it in"),
    "not available": ("a,b,y\n1,2,0\nNA,3,1\n", "Line 3, column `a`: a value is missing"),
    "NaN": ("a,b,y\n1,2,0\n3,nan,1\n", "Line 3, column `b`: the number is nan"),
    "infinity": ("a,b,y\n1,2,0\n3,-inf,1\n", "Line 3, column `b`: the number is -inf"),
    "overflow": ("a,b,y\n1,2,0\n3,1e39,1\n", "Line 3, column `b`: 1e+39 is too large for float32; rescale it."),
    "missing target": ("a,y\n1,x\n2,\n", "Line 3, column `y`: the target is missing"),
    "NaN target": ("a,y\n1,0.5\n2,nan\n", "Line 3, column `y`: the number is nan"),
    "NaN among labels": ("a,y\n1,x\n2,NaN\n", "Line 3, column `y`: the target is missing"),
    "infinite target": ("a,y\n1,0.5\n2,inf\n", "Line 3, column `y`: the number is inf"),
    "a label with a control character": ("a,y\n1,x\n2,\x07\n", "Line 3, column `y`: `�` is no name of a class"),
    "a label without end": (f"a,y\n1,x\n2,{'z' * 201}\n", "is no name of a class: those have at most 200 characters"),
    "an id as target": (
        "a,y\n" + "".join(f"1,id{row}\n" for row in range(1001)),
        "`y` has more than 1000 different values, too many for classes",
    ),
    "text after a thousand numbers": (
        "a,y\n" + "".join(f"1,{row}\n" for row in range(300_000)) + "1,x\n",
        "Line 300002, column `y`: `x` is no number",
    ),
    "names twice": ("a,b,a,y\n1,2,3,4\n", "Line 1 names 2 columns `a`; give each a name of its own."),
    "an index of pandas": (",a,y\n0,1,2\n", "Line 1: column 1 has no name. Name it, or remove it: an index"),
    "a name with a control character": ("a\x07,y\n1,2\n", "Line 1: column 1 needs a name of at most 200 characters"),
    "a name without end": (f"{'a' * 201},y\n1,2\n", "Line 1: column 1 needs a name of at most 200 characters"),
    "a quote without end": ('a,y\n1,2\n"3,4\n', "Line 3 is not CSV: unexpected end of data."),
    "a quote in between": ('a,y\n"1"2,3\n', "Line 2 is not CSV: ',' expected after '\"'."),
    "a field without end": (f'a,y\n"{"1" * 200_000}",2\n', "Line 2 is not CSV: field larger than field limit"),
    "a line without end": ("a,y\n" + "1" * (17 << 20), "Line 2 has more than 16777216 characters"),
    "a million columns": (WIDE, "There are 1000000 columns; a CSV file may have 100000."),
    "a million columns of numbers": (WIDE.replace("c", ""), "There are 1000000 columns; a CSV file may have 100000."),
    "NUL": ("a,y\n1,2\n3,\0\n", "Line 3 holds a NUL character: this is no CSV text."),
    "UTF-16": ("a,y\n1,2\n".encode("utf-16"), "The file is UTF-16; save it as UTF-8."),
    "Latin-1": ("a,y\n1,café\n2,thé\n".encode("latin-1"), "Line 2 is not UTF-8; save the file as UTF-8."),
    "Latin-1 far down": (b"a,y\n" + b"1,2\n" * 600_000 + b"\xe9,2\n", "Line 600002 is not UTF-8"),
    "junk": (bytes(range(1, 256)) * 40, "is not UTF-8"),
    "zeros": (bytes(4096), "Line 1 holds a NUL character"),
    "an array alone": (b"\x93NUMPY\x01\x00", "This is one .npy array; send samples and targets together"),
    "gzip": (b"\x1f\x8b\x08\x00", "This is a gzip file; unpack it"),
    "Parquet": (b"PAR1\x15\x04", "This is a Parquet file"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "This is an HDF5 file"),
    "a pickle": (b"\x80\x04\x95cos\nsystem", "This may be a pickle, which is never read"),
    "more than a run may have": ("a,y\n" + "0.5,0.25\n" * (1 << 18), "more than the 1000000 bytes that a run may read"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_each_fault_is_named_with_its_place(tmp_path: Path, content: bytes | str, sentence: str) -> None:
    limit = 1_000_000 if "1000000 bytes" in sentence else 1 << 28
    refused = converted(tmp_path, content, max_data_bytes=limit)["refused"]
    assert sentence in refused["detail"]
    assert refused["pointer"] == ("/target" if "`y` is" in sentence or "`y` has" in sentence else "/file")


@pytest.mark.parametrize(
    ("text", "target", "kind", "sentence"),
    [
        (IRIS, "color", "auto", "There is no column `color`; there are: `length`, `width`, `species`"),
        ("1,2\n3,4\n", "y", "auto", "There is no column `y`; there are: `column 1`, `column 2`"),
        (IRIS, None, "values", "Line 2, column `species`: `setosa` is no number; name the target"),
        ("a,y\n" + "".join(f"1,{row}\n" for row in range(1001)), None, "classes", "more than 1000 different values"),
    ],
)
def test_a_target_that_cannot_be(
    tmp_path: Path, text: str, target: str | None, kind: TargetKind, sentence: str
) -> None:
    assert sentence in converted(tmp_path, text, target=target, target_kind=kind)["refused"]["detail"]


def test_a_header_is_told_from_samples(tmp_path: Path) -> None:
    named = converted(tmp_path / "named", "0,1,2,label\n0,9,255,7\n1,2,3,4\n")["dataset"]
    assert [column["name"] for column in named["contents"]["columns"]] == ["0", "1", "2"]
    bare = converted(tmp_path / "bare", "0,1,2,cat\n0,9,255,dog\n1,2,3,cat\n", target="column 4")["dataset"]
    assert bare["description"]["samples"] == 3
    asked = converted(tmp_path / "asked", "7,1,2\n0,9,0.5\n1,2,3\n", target="7")["dataset"]
    assert asked["description"]["samples"] == 2


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400) | st.text('0123456789.,;"\n\r\t-ae xy\0é', max_size=200))
def test_no_bytes_break_it(tmp_path_factory: pytest.TempPathFactory, content: bytes | str) -> None:
    answer = converted(tmp_path_factory.mktemp("fuzz"), content)
    assert set(answer) <= {"dataset", "refused"}
    assert "dataset" in answer or answer["refused"]["detail"].endswith((".", "`", "…"))
