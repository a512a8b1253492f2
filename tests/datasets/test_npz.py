"""NPZ files: what becomes of good ones, and what is said of bad ones."""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.datasets import npz_array
from service.datasets.workplace import TargetKind
from tests.datasets.files import arrays, converted, header, npy, npz, stored, zipped

random = np.random.default_rng(0)
Y = np.arange(12) % 3
X = random.normal(size=(12, 4))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f8", "int8", "uint8", "int64", ">u4", "bool"])
@pytest.mark.parametrize("shape", [(4,), (5, 2), (3, 4, 6)], ids=["vectors", "sequences", "images"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_shape_and_order(tmp_path: Path, dtype: str, shape: tuple[int, ...], order: str) -> None:
    x = np.asarray(random.integers(0, 2 if dtype == "bool" else 100, size=(12, *shape)), dtype, order=order)  # type: ignore[call-overload]
    told = converted(tmp_path, npz(x=x, y=Y))["dataset"]
    samples, targets = arrays(tmp_path)
    np.testing.assert_array_equal(samples, x.astype(np.float32))
    np.testing.assert_array_equal(targets, Y)
    assert [array.dtype.name for array in (samples, targets)] == ["float32", "int64"]
    assert (told["description"]["samples"], told["description"]["shape"]) == (12, list(shape))
    assert told["contents"]["dtype"] == x.dtype.name
    assert told["contents"]["statistics"]["std"] == pytest.approx(x.astype(np.float64).std())
    assert len(told["contents"]["columns"]) == (4 if shape == (4,) else 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["samples.npy", "targets.npy", "upload"]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("saved", [npz, stored])
def test_more_than_is_held_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str, saved: Callable[..., bytes]
) -> None:
    monkeypatch.setattr(npz_array, "_BLOCK_NUMBERS", 7)
    monkeypatch.setattr(npz_array, "_PIECE", 5)
    x = np.asarray(random.normal(size=(50, 3, 2)), order=order)  # type: ignore[call-overload]
    y = np.arange(50) % 7 + 1
    told = converted(tmp_path, saved(x=x, y=y))["dataset"]
    samples, targets = arrays(tmp_path)
    np.testing.assert_array_equal(samples, x.astype(np.float32))
    np.testing.assert_array_equal(targets, y - 1)
    assert told["contents"]["target"]["classes"] == list("1234567")


@pytest.mark.parametrize(("samples", "targets"), [("x", "y"), ("X", "Y"), ("data", "target"), ("Samples", "LABELS")])
def test_arrays_are_known_by_their_names(tmp_path: Path, samples: str, targets: str) -> None:
    told = converted(tmp_path, npz(**{samples: X, targets: Y, "notes": np.zeros(3)}))["dataset"]
    assert told["contents"]["target"]["name"] == targets


def test_any_array_may_be_the_target(tmp_path: Path) -> None:
    told = converted(tmp_path, npz(things=X, y=X[:, :2], ages=Y), target="ages")
    assert "Which array holds the samples?" in told["refused"]["detail"]
    told = converted(tmp_path / "again", npz(things=X, ages=Y), target="ages")["dataset"]
    assert told["contents"]["target"]["name"] == "ages"


TARGETS: dict[str, tuple[np.ndarray, str, int]] = {
    "integers": (Y, "classes", 3),
    "bytes": (Y.astype(np.uint8), "classes", 3),
    "a column": (Y[:, None], "classes", 3),
    "booleans": (Y == 0, "classes", 2),
    "text": (np.array(["cat", "dog", "cow"])[Y], "classes", 3),
    "whole floats": (Y.astype(np.float32), "classes", 3),
    "fractions": (Y + 0.5, "values", 1),
    "several": (X[:, :2], "values", 2),
    "several, columns first": (np.asfortranarray(X[:, :3]), "values", 3),
}


@pytest.mark.parametrize(("y", "kind", "size"), TARGETS.values(), ids=TARGETS)
def test_targets(tmp_path: Path, y: np.ndarray, kind: str, size: int) -> None:
    told = converted(tmp_path, npz(x=X, y=y))["dataset"]["description"]["target"]
    assert (told["kind"], told["size"]) == (kind, size)
    _, targets = arrays(tmp_path)
    if kind == "values":
        np.testing.assert_array_equal(targets, y.reshape(12, size).astype(np.float32))
        assert told["variance"] == pytest.approx(targets.astype(np.float64).var(axis=0).mean())
    else:
        np.testing.assert_array_equal(targets, np.unique(y, return_inverse=True)[1].reshape(-1))


class _Trap:
    """A pickle that would leave a trace if it were ever read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_pickle_is_never_read(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    trap = np.array([_Trap(sprung)] * 12, dtype=object)
    answer = converted(tmp_path, npz(x=X, y=trap))
    assert "`y` holds Python objects, which only unpickling could read" in answer["refused"]["detail"]
    disguised = header("<f8", (12, 4)) + pickle.dumps(_Trap(sprung)).ljust(12 * 4 * 8, b"\0")
    (tmp_path / "samples.npy").unlink(missing_ok=True)
    converted(tmp_path / "disguised", zipped(x=disguised, y=npy(Y)))
    assert not sprung.exists()


def _encrypted() -> bytes:
    content = bytearray(npz(x=X, y=Y))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(signature)
        while start >= 0:
            content[start + flags] |= 1
            start = content.find(signature, start + 1)
    return bytes(content)


def _with_a_wrong_checksum() -> bytes:
    content = bytearray(stored(x=X, y=Y))
    content[content.find(b"\x93NUMPY") + 200] ^= 0xFF
    return bytes(content)


def _zip_of(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, b"x")
    return file.getvalue()


def _twice() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.npy", npy(X))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("x.npy", npy(X))
    return file.getvalue()


def _many(count: int, content: bytes) -> bytes:
    entries: dict[str, Any] = {f"a{number}": content for number in range(count)}
    return zipped(**entries)


def _called(samples: str, targets: str) -> bytes:
    entries: dict[str, Any] = {samples: npy(X), targets: npy(Y)}
    return zipped(**entries)


def _starting_with(start: bytes) -> bytes:
    return zipped(x=start, y=npy(Y))


def _claiming(descr: object, shape: object, **more: Any) -> bytes:
    return _starting_with(header(descr, shape, **more))


def _with(value: float, *where: int, shape: tuple[int, ...] = (12, 4)) -> np.ndarray:
    array = np.full(shape, 0.5)
    array[where] = value
    return array


UNREADABLE = "`x` has a header that cannot be read"
BOMB = header("|i1", (1 << 40, 4)) + bytes(1 << 20)
HUGE = np.zeros((1 << 19, 32), np.int8)
NESTED = b"\x93NUMPY\x01\x00" + (8000).to_bytes(2, "little") + b"(" * 4000 + b")" * 4000
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing in it": (zipped(), "The file holds no arrays"),
    "half of it": (npz(x=X, y=Y)[:-100], "The NPZ file is damaged"),
    "only its beginning": (b"PK\x03\x04" + bytes(100), "The NPZ file is damaged"),
    "a spreadsheet": (_zip_of("xl/workbook.xml"), "`xl/workbook.xml` in the file is no array"),
    "another path": (_zip_of("../../etc/passwd"), "`../../etc/passwd` in the file is no array"),
    "too many arrays": (_many(65, npy(Y)), "holds 65 arrays; at most 64"),
    "very many arrays": (_many(20_000, b""), "holds 20000 arrays; at most 64"),
    "an array twice": (_twice(), "The file holds `x` twice."),
    "an endless name": (_called("x" * 201, "y"), "An array needs a name of at most 200 characters"),
    "a name for a terminal": (_called("x", "y\x1b[31m"), "all of them printable, and not `y�[31m`"),
    "an array without a name": (_called("", "y"), "and not ``"),
    "labels that float64 merges": (npz(x=X, y=2**53 + Y), "`y` has labels of 2⁵³ or more"),
    "no targets": (npz(x=X), "Which array holds the targets?"),
    "other names": (npz(x_train=X, y_train=Y), "and there are: `x_train`, `y_train`"),
    "two that may be the samples": (npz(x=X, data=X, y=Y), "Which array holds the samples?"),
    "encrypted": (_encrypted(), "is encrypted or packed in an unusual way"),
    "bzip2": (zipped(method=zipfile.ZIP_BZIP2, x=npy(X), y=npy(Y)), "is encrypted or packed in an unusual way"),
    "a wrong checksum": (_with_a_wrong_checksum(), "The NPZ file is damaged"),
    "no array inside": (_starting_with(b"hello"), "`x` is no NumPy array"),
    "an unknown version": (_starting_with(b"\x93NUMPY\x09\x00" + bytes(200)), "`x` is no NumPy array"),
    "a bomb by its header": (_starting_with(BOMB), "and its header says 4398046511"),
    "a bomb by its zeros": (npz(x=HUGE, y=np.arange(1 << 19) % 2), "more than the 1000000 bytes that a run may read"),
    "more than the header says": (_starting_with(npy(X) + bytes(8)), "`x` has 520 bytes, and its header says 512"),
    "less than the header says": (_starting_with(npy(X)[:-8]), "`x` has 504 bytes, and its header says 512"),
    "a header without end": (_claiming("<f8", (12, 4), length=60_000), "has a header of 60000 bytes"),
    "a header of 4 GiB": (_starting_with(b"\x93NUMPY\x02\x00\xff\xff\xff\xff"), "has a header of 4294967295 bytes"),
    "a header that is code": (_starting_with(header("<f8", (12, 4)).replace(b"False", b"ID(1)")), UNREADABLE),
    "a header that is nested": (_starting_with(NESTED), UNREADABLE),
    "a header of another form": (_starting_with(b"\x93NUMPY\x01\x00\x02\x00[]"), UNREADABLE),
    "a negative shape": (_claiming("<f8", (-12, 4)), UNREADABLE),
    "a shape of truths": (_claiming("<f8", (True, 4)), UNREADABLE),
    "a shape of very many": (_claiming("<f8", (1,) * 33), UNREADABLE),
    "a shape beyond all numbers": (_claiming("<f8", (1 << 62, 1 << 62)), UNREADABLE),
    "an order that is none": (_claiming("<f8", (12, 4), fortran=1), UNREADABLE),
    "objects": (npz(x=np.array([[{}]] * 12, dtype=object), y=Y), "`x` holds Python objects"),
    "complex numbers": (npz(x=X + 1j, y=Y), "`x` has the type '<c16'; save it as float32"),
    "dates": (npz(x=X, y=np.arange(12).astype("M8[s]")), "`y` has the type '<M8[s]'"),
    "records": (npz(x=np.zeros(12, "i4,f8"), y=Y), "`x` has the type"),
    "text as samples": (npz(x=np.array([["a"]] * 12), y=Y), "`x` holds text; samples must be numbers."),
    "long text": (npz(x=X, y=np.array(["a" * 201] * 12)), "`y` has the type '<U201'"),
    "one dimension": (npz(x=np.arange(12.0), y=Y), "`x` has shape [12]; samples have [N, features]"),
    "five dimensions": (npz(x=np.zeros((12, 1, 1, 1, 1)), y=Y), "`x` has shape [12, 1, 1, 1, 1]; samples have"),
    "channels last": (npz(x=np.zeros((12, 8, 8, 3)), y=Y), "looks like images with their channels last"),
    "no samples": (npz(x=np.zeros((0, 4)), y=np.zeros(0)), "`x` has shape [0, 4]: it is empty."),
    "no features": (npz(x=np.zeros((12, 0)), y=Y), "`x` has shape [12, 0]: it is empty."),
    "no targets each": (npz(x=X, y=np.zeros((12, 0))), "`y` has shape [12, 0]: it is empty."),
    "one sample": (npz(x=X[:1], y=Y[:1]), "There is only 1 sample; send at least 2."),
    "one sample of several targets": (npz(x=X[:1], y=X[:1]), "There is only 1 sample; send at least 2."),
    "one class": (npz(x=X, y=np.zeros(12, int)), "`y` is `0` for every sample"),
    "other lengths": (npz(x=X, y=Y[:-1]), "`x` has 12 samples and `y` 11 targets; send one for each."),
    "a single target": (npz(x=X, y=np.array(1.0)), "`y` has shape []; targets have [N]"),
    "targets of three dimensions": (npz(x=X, y=np.zeros((12, 2, 2))), "`y` has shape [12, 2, 2]; targets have"),
    "NaN": (npz(x=_with(np.nan, 8, 1), y=Y), "`x[8, 1]`: the number is nan"),
    "infinity in an image": (
        npz(x=_with(np.inf, 11, 1, 2, 0, shape=(12, 2, 3, 4)), y=Y), "`x[11, 1, 2, 0]`: the number is inf",
    ),
    "overflow": (npz(x=_with(1e300, 0, 3), y=Y), "`x[0, 3]`: 1e+300 is too large for float32"),
    "a target that is NaN": (npz(x=X, y=np.where(Y == 2, np.nan, Y)), "`y[2]`: the number is nan"),
    "one of several targets that is NaN": (npz(x=X, y=_with(np.nan, 4, 1)), "`y[4, 1]`: the number is nan"),
    "a label that is none": (npz(x=X, y=np.where(Y == 2, "", "a")), "`y[2]`: the target is missing"),
    "text beyond Unicode": (zipped(x=npy(X), y=header("<U1", (12,)) + b"\xff" * 48), "`y` holds text that is none."),
    "a lone surrogate": (npz(x=X, y=np.where(Y == 2, "\ud800", "a")), "`y[2]`: `�` is no name of a class"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_each_fault_is_named_with_its_place(tmp_path: Path, content: bytes, sentence: str) -> None:
    limit = 1_000_000 if "1000000 bytes" in sentence else 1 << 26
    refused = converted(tmp_path, content, max_data_bytes=limit)["refused"]
    assert sentence in refused["detail"]
    assert refused["pointer"] in {"/file", "/target"}


@pytest.mark.parametrize(
    ("y", "target", "kind", "sentence"),
    [
        (Y, "z", "auto", "There is no array `z`; there are: `x`, `y`."),
        (X, None, "classes", "`y` has shape [12, 4]; classes are one label a sample, [N]."),
        (np.array(["a", "b"] * 6), None, "values", "`y[0]`: `a` is no number"),
    ],
)
def test_a_target_that_cannot_be(
    tmp_path: Path, y: np.ndarray, target: str | None, kind: TargetKind, sentence: str
) -> None:
    assert sentence in converted(tmp_path, npz(x=X, y=y), target=target, target_kind=kind)["refused"]["detail"]


_WHOLE = stored(x=X[:4, :2], y=Y[:4])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, len(_WHOLE)), length=st.integers(0, 12), new=st.binary(max_size=8))
def test_no_damage_breaks_it(tmp_path_factory: pytest.TempPathFactory, start: int, length: int, new: bytes) -> None:
    damaged = _WHOLE[:start] + new + _WHOLE[start + length :]
    answer = converted(tmp_path_factory.mktemp("fuzz"), b"PK" + damaged[2:])
    assert set(answer) <= {"dataset", "refused"}
