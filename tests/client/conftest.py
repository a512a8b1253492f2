"""A client of a whole service, and one job of it that all tests read."""

import os
from collections.abc import Iterator

import pytest

from gradclinic import Client, Job
from tests.experiments import example

# Before matplotlib is imported: no test opens a window.
os.environ["MPLBACKEND"] = "agg"


@pytest.fixture(scope="module")
def client(service_url: str) -> Iterator[Client]:
    """A client of the service that all tests share."""
    with Client(service_url) as client:
        yield client


@pytest.fixture(scope="module")
def sick(client: Client) -> Job:
    """The contract's example, trained."""
    return client.submit(example()).wait(progress=False)
