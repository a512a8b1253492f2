"""What the documents say is so."""

import json
import re

import pytest

from service.settings import Settings
from tests.packaging import compose
from tests.packaging.repository import ROOT, text

DOCUMENTS = ["README.md", "CONTRIBUTING.md", *(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md"))]


def documented() -> dict[str, str]:
    """The settings that README.md lists, each with its default as written."""
    return dict(re.findall(r"^\| `GRADCLINIC_(\w+)` \| (.*?) \|", text("README.md"), re.MULTILINE))


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert documented().keys() == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", [name for name, written in documented().items() if written.startswith("`")])
def test_a_documented_default_is_the_default(name: str) -> None:
    assert documented()[name].strip("`") == str(Settings.model_fields[name.lower()].default)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text(document)):
        if "://" not in target:
            assert (ROOT / document).parent.joinpath(target).exists(), f"{document} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_exist(document: str) -> None:
    for path in re.findall(r"`((?:service|worker|tests|docs|locks|migrations)/[\w./-]*)`", text(document)):
        assert (ROOT / path).exists(), f"{document} names {path}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text(document))) <= targets


def test_every_decision_is_listed() -> None:
    pages = {path.name for path in ROOT.glob("docs/decisions/0*.md")}
    assert set(re.findall(r"\((0[\w-]+\.md)\)", text("docs/decisions/README.md"))) == pages


@pytest.mark.parametrize("page", sorted(path.name for path in ROOT.glob("docs/decisions/0*.md")))
def test_a_decision_has_every_part(page: str) -> None:
    written = re.findall(r"^\*\*([\w ]+)\.\*\*", text(f"docs/decisions/{page}"), re.MULTILINE)
    assert written == ["Context", "Decision", "Consequences", "Alternatives", "Held by"]


def test_code_refers_to_decisions_that_exist() -> None:
    sources = [path for half in ("service", "worker", "migrations") for path in (ROOT / half).rglob("*.py")]
    for source in sources:
        for page in re.findall(r"docs/decisions/[\w-]+\.md", source.read_text()):
            assert (ROOT / page).exists(), f"{source.relative_to(ROOT)} refers to {page}"


def test_the_example_environment_sets_what_compose_reads() -> None:
    offered = set(re.findall(r"^#?(\w+)=", text(".env.example"), re.MULTILINE)) - {"COMPOSE_FILE"}
    assert offered == {*compose.variables("docker-compose.yml"), *compose.variables("docker-compose.gpu.yml")}


def test_the_experiment_in_the_readme_is_the_example() -> None:
    shown, _answer, cure = re.findall(r"```json\n(.*?)```", text("README.md"), re.DOTALL)
    sick, cured = (json.loads(text(f"examples/{name}.json")) for name in ("deep-sigmoid", "deep-sigmoid-cured"))
    experiment = json.loads(shown)
    assert {name: _within(sick[name], experiment[name]) for name in experiment} == experiment
    assert cured["remedies"] == json.loads(f"{{{cure}}}")["remedies"]


def _within(whole: object, part: object) -> object:
    """What of `whole` the keys of `part` name."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return {key: _within(whole[key], part[key]) for key in part}
    return whole
