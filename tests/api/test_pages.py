"""Pages, the description of the API, the catalogue, and the headers that every answer has."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from service.api import handlers
from service.api.edge import Edge
from service.api.openapi import CURE, EXAMPLE
from service.api.routes import pages
from service.api.views.catalog import Catalog
from service.experiment import Experiment
from service.remedies import REMEDIES
from service.spec.layers import LAYER_KINDS
from service.trace.metrics import CURVES, METRICS
from tests.api.serving import json_of, post

STRICT = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
    "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "policy"),
    {
        "/ui/": STRICT, "/ui/jobs/x": STRICT, "/docs": STRICT, "/ui/nothing.js": STRICT,
        "/v1/jobs": {"default-src 'none'", "frame-ancestors 'none'"},
        "/nothing": {"default-src 'none'", "frame-ancestors 'none'"},
        "/problems/not-found": {"default-src 'none'", "frame-ancestors 'none'"},
    }.items(),
)  # fmt: skip
def test_every_answer_is_defensive(shared: httpx.Client, path: str, policy: set[str]) -> None:
    response = shared.get(path)
    assert set(response.headers["content-security-policy"].split("; ")) == policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in response.headers
    assert response.headers["cache-control"] in {"no-store", "no-cache"}
    assert response.headers["x-request-id"]


def test_the_root_leads_to_the_dashboard(shared: httpx.Client) -> None:
    response = shared.get("/")
    assert (response.status_code, response.headers["location"]) == (307, "/ui/")


def _with_pages(ui: Path) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    pages.install(app, ui)
    handlers.install(app)
    app.add_middleware(Edge)
    return app


async def _get(app: FastAPI, path: str, accept: str = "*/*") -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path, headers={"accept": accept})


@pytest.fixture
def built(tmp_path: Path) -> FastAPI:
    """An application with a small dashboard."""
    for name, text in {"index.html": "index", "docs/index.html": "docs", "assets/a-1.js": "code"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return _with_pages(tmp_path)


@pytest.mark.parametrize(
    ("path", "accept", "status", "text"),
    [
        ("/ui/", "*/*", 200, "index"),
        ("/ui/index.html", "*/*", 200, "index"),
        ("/ui/jobs/job_1", "text/html,*/*;q=0.8", 200, "index"),
        ("/ui/jobs/job_1", "application/json", 404, None),
        ("/ui/assets/a-1.js", "*/*", 200, "code"),
        ("/ui/assets/a-2.js", "*/*", 404, None),
        ("/ui/../../app.py", "*/*", 404, None),
        ("/ui/%2e%2e/%2e%2e/app.py", "*/*", 404, None),
        ("/ui/assets/..%2f..%2f..%2fapp.py", "*/*", 404, None),
        ("/docs", "text/html", 200, "docs"),
        ("/v1/nothing", "text/html", 404, None),
        ("/uix", "text/html", 404, None),
    ],
)
@pytest.mark.anyio
async def test_the_dashboard_is_served_below_ui_alone(
    built: FastAPI, path: str, accept: str, status: int, text: str | None
) -> None:
    response = await _get(built, path, accept)
    assert response.status_code == status
    if text is None:
        assert response.headers["content-type"] == "application/problem+json"
    else:
        assert response.text == text


@pytest.mark.anyio
async def test_assets_are_kept_for_ever_and_pages_asked_for_again(built: FastAPI) -> None:
    assert "immutable" in (await _get(built, "/ui/assets/a-1.js")).headers["cache-control"]
    for path, accept in (("/ui/", "*/*"), ("/docs", "*/*"), ("/ui/assets/a-2.js", "text/html")):
        assert (await _get(built, path, accept)).headers["cache-control"] == "no-cache"
    assert (await _get(built, "/ui/assets/a-2.js")).headers["cache-control"] == "no-store"


@pytest.mark.anyio
async def test_without_a_build_the_dashboard_says_how_to_get_one(tmp_path: Path) -> None:
    app = _with_pages(tmp_path)
    for path in ("/ui", "/ui/", "/ui/jobs/x", "/docs"):
        response = await _get(app, path, "text/html")
        assert (response.status_code, response.json()["type"]) == (404, "/problems/dashboard-not-built")
        assert "make run" in response.json()["detail"]


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that uvicorn uses."""
    return "asyncio"


def test_the_catalogue_names_everything(shared: httpx.Client) -> None:
    response = shared.get("/v1/catalog")
    catalogue = json_of(response)
    Catalog.model_validate(catalogue)
    for section, entries in catalogue.items():
        names = [entry["name"] for entry in entries]
        assert names
        assert len(set(names)) == len(names), section
        for entry in entries:
            assert {"name", "doc", "reference", "schema"} <= set(entry)
            assert entry["doc"].endswith("."), entry
            assert "\n" not in entry["doc"]
            assert isinstance(entry["schema"], dict)
    names_of = {section: {entry["name"] for entry in entries} for section, entries in catalogue.items()}
    assert names_of["layers"] == {kind.model_fields["kind"].default for kind in LAYER_KINDS}
    assert names_of["remedies"] == set(REMEDIES)
    assert names_of["metrics"] == set(METRICS)
    assert names_of["curves"] == set(CURVES)
    references = {entry["name"]: entry["reference"] for entry in catalogue["layers"] + catalogue["init_schemes"]}
    assert references["batch_norm"] == "Ioffe & Szegedy 2015"
    assert references["residual"] == "He et al. 2016"
    assert references["linear"] == ""
    unchanged = shared.get("/v1/catalog", headers={"if-none-match": response.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_the_api_describes_itself(shared: httpx.Client) -> None:
    description = json_of(shared.get("/openapi.json"))
    schemas = description["components"]["schemas"]
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', shared.get("/openapi.json").text))
    assert references <= set(schemas)
    assert {"Experiment", "Problem", "JobView", "FindingRow"} <= references
    operations = [call for calls in description["paths"].values() for call in calls.values()]
    for call in operations:
        assert call["summary"]
        assert call["tags"]
        for status, answer in call["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (call["operationId"], status)
    v1 = {path: calls for path, calls in description["paths"].items() if path.startswith("/v1")}
    for path, calls in v1.items():
        for call in calls.values():
            assert {"401", "429"} <= set(call["responses"])
            assert "security" not in call
            assert ("404" in call["responses"]) == ("_id}" in path)
    body = description["paths"]["/v1/jobs"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Experiment"}
    for example in body["content"]["application/json"]["examples"].values():
        json_of(post(shared, example["value"]), 202)


def test_the_examples_are_experiments() -> None:
    sick, cured = (Experiment.model_validate({**EXAMPLE, "remedies": remedies}) for remedies in ([], CURE))
    assert sick.resolved() != cured.resolved()


def test_the_api_needs_no_torch() -> None:
    heavy = ("torch", "sklearn", "scipy", "worker")
    program = f"import sys, service.api.app as app; print([name for name in {heavy} if name in sys.modules])"
    seen = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert seen.stdout == "[]\n"
