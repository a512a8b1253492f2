"""The Dockerfile, read with the rest of the repository beside it; no container engine is needed."""

import re
from fnmatch import fnmatch

import pytest
from packaging.specifiers import SpecifierSet

from tests.packaging import compose
from tests.packaging.repository import ROOT, pyproject, text


def stages() -> dict[str, list[str]]:
    """Each stage's instructions, one a line, with those of the stages of ours that it starts from."""
    joined = re.sub(r"\\\n\s*", " ", text("Dockerfile"))
    found: dict[str, list[str]] = {"": []}
    name = ""
    for line in joined.splitlines():
        if start := re.match(r"FROM (?P<parent>\S+) AS (?P<name>\S+)", line):
            name = start["name"]
            found[name] = list(found.get(start["parent"], []))
        if line and not line.startswith("#"):
            found[name].append(line)
    return found


def test_the_two_images_of_the_product_are_there() -> None:
    assert {"api", "worker"} <= stages().keys()


def test_compose_builds_stages_that_exist() -> None:
    services = compose.load("docker-compose.yml", {"GRADCLINIC_API_KEYS": "k"})["services"]
    targets = {service["build"]["target"] for service in services.values() if "build" in service}
    assert targets == {"api", "worker"}


def test_the_api_image_has_no_torch() -> None:
    installs = " ".join(line for line in stages()["api"] if "pip install" in line)
    assert "locks/api.txt" in installs
    assert "torch" not in installs


def test_the_worker_image_installs_torch_after_the_lock_that_satisfies_it() -> None:
    (install,) = (line for line in stages()["worker"] if "locks/torch.txt" in line)
    assert install.index("--require-hashes -r /locks/worker.txt") < install.index("-r /locks/torch.txt")


@pytest.mark.parametrize("image", ["api", "worker"])
def test_everything_is_installed_from_a_hash_pinned_lock(image: str) -> None:
    for install in re.findall(r"pip install[^&]*", " ".join(stages()[image])):
        assert "--require-hashes" in install or "--no-deps" in install or "torch.txt" in install


@pytest.mark.parametrize("image", ["api", "worker"])
def test_an_image_runs_as_a_user_without_rights(image: str) -> None:
    users = [line for line in stages()[image] if line.startswith("USER")]
    assert users == ["USER 10001:10001"]


@pytest.mark.parametrize("image", ["api", "worker"])
def test_an_image_runs_what_compose_runs(image: str) -> None:
    service = compose.load("docker-compose.yml", {"GRADCLINIC_API_KEYS": "k"})["services"][image]
    assert stages()[image][-1] == f'CMD ["{service["command"][0]}", "{service["command"][1]}"]'


def test_what_is_copied_exists_and_reaches_the_builder() -> None:
    allowed = [line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")]
    copies = re.findall(r"^COPY (?!--from)(.+)$", text("Dockerfile"), re.MULTILINE)
    mounts = re.findall(r"type=bind,source=([^,]+)", text("Dockerfile"))
    for source in [*mounts, *(part for copy in copies for part in copy.split()[:-1])]:
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, f"{entry}*") for entry in allowed), source


def test_python_is_one_the_package_supports() -> None:
    version = re.search(r"ARG PYTHON_VERSION=(\S+)", text("Dockerfile"))
    assert version
    assert SpecifierSet(pyproject()["project"]["requires-python"]).contains(f"{version[1]}.9")


def test_the_label_carries_the_version_of_the_package() -> None:
    assert f"ARG VERSION={pyproject()['project']['version']}\n" in text("Dockerfile")
