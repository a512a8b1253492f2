"""Uploading, listing, reading and deleting data, on both databases."""

import errno
import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from service.api import pieces, uploads
from service.api.views.datasets import DatasetPage, DatasetView
from service.datasets import incoming
from service.datasets import keep as keeping
from service.errors import StoreUnavailable
from service.store.database import Database
from tests.api.serving import json_of, post, problem_of, serving
from tests.databases import SQLiteFiles
from tests.datasets.files import IRIS, npz
from tests.datasets.kept import kept
from tests.embedded import until
from tests.experiments import body, linear

NOTHING = "ds_" + "0" * 26
BOUNDARY = "multipart/form-data; boundary=cut"
START = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
END = b"\r\n--cut--\r\n"


def upload(client: httpx.Client, content: bytes | str = IRIS, name: str = "iris.csv", **fields: str) -> httpx.Response:
    return client.post("/v1/datasets", files={"file": (name, content)}, data=fields)


def reading(dataset: dict[str, Any], *layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    chosen = layers or (linear(dataset["target"]["size"]),)
    return body(*chosen, source=dataset["source"] | more)


def left(folder: Path) -> list[str]:
    """Everything in the folder of datasets."""
    root = folder / "datasets"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


@pytest.fixture
def small(sqlite_files: SQLiteFiles, tmp_path: Path) -> Iterator[httpx.Client]:
    """A service that takes little."""
    limits = {"max_upload_bytes": 100_000, "max_datasets": 2, "max_datasets_bytes": 300, "max_body_bytes": 1024}
    with serving(sqlite_files.fresh(), tmp_path, **limits) as client:
        yield client


@pytest.fixture(scope="module")
def picky(sqlite_files: SQLiteFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    """A service that has yet to see a good form, and its folder."""
    folder = tmp_path_factory.mktemp("picky")
    with serving(sqlite_files.fresh(), folder, max_upload_bytes=100_000) as client:
        yield client, folder


def test_an_upload_tells_what_it_found(api: httpx.Client, tmp_path: Path) -> None:
    response = upload(api, name="C:\\data\\iris.csv")
    told = json_of(response, 201)
    DatasetView.model_validate(told)
    assert response.headers["location"] == f"/v1/datasets/{told['id']}" == told["links"]["self"]
    assert (told["name"], told["format"], told["bytes"]) == ("iris.csv", "csv", len(IRIS))
    assert told["sha256"] == hashlib.sha256(IRIS.encode()).hexdigest()
    assert (told["samples"], told["shape"], told["vocabulary"]) == (4, [2], None)
    target = {"name": "species", "kind": "classes", "size": 2, "classes": ["setosa", "virginica"], "counts": [2, 2]}
    assert told["target"] == target | {"statistics": None}
    assert [column["name"] for column in told["columns"]] == ["length", "width"]
    assert json_of(api.get(told["links"]["self"])) == told
    folder = told["id"]
    assert left(tmp_path) == [folder, f"{folder}/samples.npy", f"{folder}/targets.npy"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "datasets").rglob("*"))


def test_what_is_said_of_a_file_is_heeded_wherever_it_stands(api: httpx.Client) -> None:
    numbers = "a,b,c\n1,2,3\n4,5,6\n7,8,9\n"
    before = {"name": (None, " numbers "), "target": (None, "b")}
    after = {"target_kind": (None, "")}
    told = json_of(api.post("/v1/datasets", files={**before, "file": ("x", numbers), **after}), 201)
    assert (told["name"], told["target"]["name"], told["target"]["kind"]) == ("numbers", "b", "values")
    assert told["target"]["statistics"] == {"min": 2, "max": 8, "mean": 5, "std": pytest.approx(6**0.5)}
    told = json_of(upload(api, numbers, target_kind="classes"), 201)
    assert told["target"]["classes"] == ["3", "6", "9"]


def test_pages_put_together_are_the_list(api: httpx.Client, database: Database) -> None:
    made = [kept(database) for _ in range(5)]
    found, url = [], "/v1/datasets?limit=2"
    while url:
        response = api.get(url)
        page = json_of(response)
        DatasetPage.model_validate(page)
        found += [row["id"] for row in page["data"]]
        url = response.links.get("next", {}).get("url", "")
        assert page["has_more"] == (page["next_cursor"] is not None) == bool(url)
    assert found == sorted(made, reverse=True)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "after=ds_1", "after=job_" + "0" * 26])
def test_a_query_that_means_nothing_is_refused(shared: httpx.Client, query: str) -> None:
    problem_of(shared.get(f"/v1/datasets?{query}"), 422, "invalid-request")


@pytest.mark.parametrize("dataset_id", [NOTHING, "x", "ds_..", "job_" + "0" * 26])
def test_what_is_not_there_is_not_found(shared: httpx.Client, dataset_id: str) -> None:
    for method in ("GET", "DELETE"):
        problem_of(shared.request(method, f"/v1/datasets/{dataset_id}"), 404, "not-found")


def test_an_experiment_reads_it(api: httpx.Client) -> None:
    dataset = json_of(upload(api), 201)
    lie = {"samples": 9, "shape": [9], "target": {"kind": "values", "size": 1}}
    for sent in (reading(dataset), reading(dataset, description=lie)):
        job = json_of(post(api, sent), 202)
        source = job["experiment"]["data"]["source"]
        assert source["dataset_id"] == dataset["id"]
        assert (source["description"]["samples"], source["description"]["shape"]) == (4, [2])
        assert job["resolved"]["data"]["source"] == source
        again = {key: value for key, value in job["experiment"].items() if key != "name"}
        assert json_of(post(api, again), 202)["experiment"] == job["experiment"]
        plan = json_of(api.post("/v1/preflight", json=sent))
        assert plan["layers"][-1]["shape"] == [2]
    key = {"Idempotency-Key": "k"}
    first, second = (json_of(post(api, sent, **key), 202) for sent in (reading(dataset), reading(dataset)))
    assert first["id"] == second["id"]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/preflight"])
def test_data_that_is_not_there_is_named(shared: httpx.Client, path: str) -> None:
    dataset = {"source": {"kind": "uploaded", "dataset_id": NOTHING}, "target": {"size": 2}}
    document = problem_of(shared.post(path, json=reading(dataset)), 422, "invalid-experiment")
    assert [error["pointer"] for error in document["errors"]] == ["/data/source/dataset_id"]
    assert f"There is no dataset {NOTHING}" in document["detail"]


def test_an_experiment_that_does_not_fit_it_is_refused(api: httpx.Client) -> None:
    dataset = json_of(upload(api), 201)
    document = problem_of(post(api, reading(dataset, linear(1))), 422, "invalid-experiment")
    assert document["errors"][0]["pointer"] == "/training/loss"
    document = problem_of(post(api, reading(dataset, tokens=True)), 422, "invalid-experiment")
    assert document["errors"][0]["pointer"] == "/data/source/tokens"


def test_it_goes_when_nobody_reads_it(api: httpx.Client, tmp_path: Path) -> None:
    dataset = json_of(upload(api), 201)
    where = f"/v1/datasets/{dataset['id']}"
    job = json_of(post(api, reading(dataset)), 202)
    assert job["id"] in problem_of(api.delete(where), 409, "dataset-in-use")["detail"]
    json_of(api.post(job["links"]["cancel"]), 202)
    assert api.delete(where).status_code == 204
    assert left(tmp_path) == []
    problem_of(api.get(where), 404, "not-found")
    problem_of(post(api, reading(dataset)), 422, "invalid-experiment")
    assert json_of(api.get(job["links"]["self"]))["state"] == "cancelled"


def test_a_bad_file_is_refused_with_its_place(api: httpx.Client, tmp_path: Path) -> None:
    cases: dict[str | bytes, tuple[str, str]] = {
        IRIS.replace("2.9", "nan"): ("/file", "Line 3, column `width`: the number is nan"),
        "": ("/file", "The file is empty."),
        npz(x=np.zeros((3, 2)), y=np.array([{}] * 3, dtype=object)): ("/file", "only unpickling could read"),
        npz(x=np.eye(4), y=np.zeros(4)): ("/target", "`y` is `0` for every sample"),
    }
    for content, (pointer, sentence) in cases.items():
        document = problem_of(upload(api, content), 422, "unreadable-dataset")
        assert document["errors"] == [{"pointer": pointer, "detail": document["detail"]}]
        assert sentence in document["detail"]
    assert left(tmp_path) == []
    assert json_of(api.get("/v1/datasets"))["data"] == []


PART = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n--cut'
FORMS: dict[str, tuple[bytes, int, str]] = {
    "no file": (b"--cut\r\n" + PART.format("name", "x").encode() + b"--\r\n", 422, "/file"),
    "two files": (START + b"a,y\r\n--cut\r\n" + START[7:] + b"a,y" + END, 422, "/file"),
    "a field twice": (
        b"--cut\r\n" + (PART + "\r\n" + PART).format("name", 1, "name", 2).encode() + b"--", 422, "/name",
    ),
    "an unknown field": (b"--cut\r\n" + PART.format("nmae", "x").encode() + b"--", 422, "/nmae"),
    "a field without a name": (b"--cut\r\nX-Y: z\r\n\r\n\r\n--cut--", 422, "/"),
    "a long field": (b"--cut\r\n" + PART.format("name", "x" * 5000).encode() + b"--", 422, "/name"),
    "a long name": (START + b"a,y\r\n--cut\r\n" + PART.format("name", "x" * 201).encode() + b"--", 422, "/name"),
    "a name with a NUL": (START + b"a,y\r\n--cut\r\n" + PART.format("name", "\0").encode() + b"--", 422, "/name"),
    "a name that is not UTF-8": (b"--cut\r\n" + PART.format("name", "\xff").encode("latin-1") + b"--", 422, "/name"),
    "a kind that is none": (
        START + b"a,y\r\n--cut\r\n" + PART.format("target_kind", "x").encode() + b"--", 422, "/target_kind",
    ),
    "nothing": (b"", 400, ""),
    "no form": (b"hello", 400, ""),
    "no end": (START + IRIS.encode(), 400, ""),
    "another boundary": (START.replace(b"cut", b"end") + END, 400, ""),
    "a header without end": (b"--cut\r\nA: " + b"x" * 9000, 400, ""),
    "very many headers": (b"--cut\r\n" + b"A: x\r\n" * 2000, 400, ""),
}  # fmt: skip


@pytest.mark.parametrize(("form", "status", "pointer"), FORMS.values(), ids=FORMS)
def test_a_bad_form_is_refused(picky: tuple[httpx.Client, Path], form: bytes, status: int, pointer: str) -> None:
    client, folder = picky
    response = client.post("/v1/datasets", content=form, headers={"content-type": BOUNDARY})
    document = problem_of(response, status, "malformed-body" if status == 400 else "invalid-request")
    assert [error["pointer"] for error in document.get("errors", ())] == ([pointer] if pointer else [])
    assert left(folder) == []


@pytest.mark.parametrize(
    "content_type", ["", "text/csv", "application/json", "multipart/form-data", "multipart/mixed; boundary=cut"]
)
def test_it_must_be_a_form(shared: httpx.Client, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    response = shared.post("/v1/datasets", content=START + IRIS.encode() + END, headers=headers)
    problem_of(response, 415, "unsupported-media-type")


def test_a_compressed_form_is_refused(shared: httpx.Client) -> None:
    headers = {"content-type": BOUNDARY, "content-encoding": "gzip"}
    problem_of(shared.post("/v1/datasets", content=b"x", headers=headers), 415, "unsupported-media-type")


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
@pytest.mark.parametrize("size", [100_001, 8 << 20])
def test_too_large_a_file_is_refused(picky: tuple[httpx.Client, Path], chunked: bool, size: int) -> None:
    client, folder = picky
    form = START + b"1" * size + END
    content: Any = (form[start : start + 65536] for start in range(0, len(form), 65536)) if chunked else form
    response = client.post("/v1/datasets", content=content, headers={"content-type": BOUNDARY})
    assert "A file may have 100000 bytes" in problem_of(response, 413, "payload-too-large")["detail"]
    assert left(folder) == []


def test_a_file_of_just_the_size_is_read(small: httpx.Client) -> None:
    # So large that it would be refused as an experiment, and read as far as its end.
    assert "holds a NUL" in problem_of(upload(small, bytes(100_000)), 422, "unreadable-dataset")["detail"]


def test_only_so_many_are_kept(small: httpx.Client, tmp_path: Path) -> None:
    large = "a,y\n" + "0.5,0.25\n1.5,0.5\n" * 20
    told = problem_of(upload(small, large), 409, "too-many-datasets")
    assert "The datasets have 0 bytes, and 300 may be kept; this one has 320" in told["detail"]
    assert left(tmp_path) == []
    first, _ = (json_of(upload(small), 201) for _ in range(2))
    files = left(tmp_path)
    assert "There are 2 datasets" in problem_of(upload(small), 409, "too-many-datasets")["detail"]
    assert left(tmp_path) == files
    assert small.delete(first["links"]["self"]).status_code == 204
    json_of(upload(small), 201)


def _begun(client: httpx.Client, *headers: str, sent: bytes = START + b"a,y\n1,2\n") -> socket.socket:
    """A connection over which an upload began."""
    connection = socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=5)
    head = "POST /v1/datasets HTTP/1.1", "Host: localhost", f"Content-Type: {BOUNDARY}", *headers, "", ""
    connection.sendall("\r\n".join(head).encode() + sent)
    return connection


def test_too_large_a_file_is_refused_before_it_is_sent(small: httpx.Client) -> None:
    with _begun(small, "Expect: 100-continue", f"Content-Length: {1 << 40}", sent=b"") as connection:
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("form", [START + bytes(8 << 20) + END, b"x" + bytes(8 << 20)], ids=["too large", "malformed"])
def test_who_sends_all_before_listening_is_answered(picky: tuple[httpx.Client, Path], form: bytes) -> None:
    with _begun(picky[0], "Connection: close", f"Content-Length: {len(form)}", sent=form) as connection:
        assert connection.recv(64).startswith(b"HTTP/1.1 4")


def test_a_client_that_goes_away_leaves_nothing(
    small: httpx.Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with _begun(small, "Content-Length: 90000"):
        until(lambda: len(left(tmp_path)) == 2)
    until(lambda: left(tmp_path) == [])
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    json_of(upload(small), 201)


def test_a_client_that_says_nothing_more_is_not_waited_for(
    small: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "_SILENCE_SECONDS", 0.2)
    with _begun(small, "Content-Length: 90000") as connection:
        assert connection.recv(64).startswith(b"HTTP/1.1 408 ")
    until(lambda: left(tmp_path) == [])


def test_a_client_that_takes_for_ever_is_not_waited_for(
    small: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_SECONDS", 0.2)
    with _begun(small, "Content-Length: 90000") as connection:
        assert connection.recv(64).startswith(b"HTTP/1.1 408 ")
    until(lambda: left(tmp_path) == [])


def test_only_so_many_upload_at_once(
    sqlite_files: SQLiteFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_MOST_AT_ONCE", 1)
    with serving(sqlite_files.fresh(), tmp_path) as api:
        with _begun(api, "Content-Length: 90000"):
            until(lambda: len(left(tmp_path)) == 2)
            response = upload(api)
            problem_of(response, 503, "too-many-uploads")
            assert response.headers["retry-after"] == "5"
        until(lambda: left(tmp_path) == [])
        json_of(upload(api), 201)


def test_a_full_disk_is_told(small: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            pass

    monkeypatch.setattr(incoming, "private", lambda path: path.touch() or Full())
    problem_of(upload(small), 507, "storage-full")
    assert left(tmp_path) == []


def test_without_a_database_nothing_is_taken(tmp_path: Path) -> None:
    with serving(f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3", tmp_path) as api:
        for response in (upload(api), api.get("/v1/datasets"), api.delete(f"/v1/datasets/{NOTHING}")):
            problem_of(response, 503, "store-unavailable")
        assert left(tmp_path) == []


def test_what_may_have_been_kept_is_left_to_the_sweep(
    small: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "keep", lost)
        problem_of(upload(small), 503, "store-unavailable")
    assert len(left(tmp_path)) == 3
    monkeypatch.setattr(keeping, "_ABANDONED_SECONDS", -1.0)
    dataset = json_of(upload(small), 201)
    assert left(tmp_path)[0] == dataset["id"]
    assert len(left(tmp_path)) == 3


def test_the_description_of_the_api_has_the_form(shared: httpx.Client) -> None:
    document = json_of(shared.get("/openapi.json"))
    call = document["paths"]["/v1/datasets"]["post"]
    assert call["requestBody"]["content"]["multipart/form-data"]["schema"] == {
        "$ref": "#/components/schemas/UploadForm"
    }
    form = document["components"]["schemas"]["UploadForm"]
    assert set(form["properties"]) == {"file", "name", "target", "target_kind"}
    assert form["required"] == ["file"]
    assert {"400", "409", "413", "415", "422", "507"} <= set(call["responses"])
    sources = {entry["name"]: entry for entry in json_of(shared.get("/v1/catalog"))["sources"]}
    assert sources["uploaded"]["schema"]["properties"]["description"]["readOnly"] is True
