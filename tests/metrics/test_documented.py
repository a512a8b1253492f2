"""The page on metrics names every metric with its type and labels, and no other."""

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from service.store.database import Database
from tests.api.serving import serving
from tests.api.stories import finished
from tests.databases import SQLiteFiles
from tests.embedded import ROOT

_ROW = re.compile(r"^\| `(?P<name>gradclinic_\w+)(?:\{(?P<labels>[\w,]+)\})?` \| (?P<type>\w+) \|", re.MULTILINE)


def test_every_metric_is_documented_and_no_other(sqlite_files: SQLiteFiles, tmp_path: Path) -> None:
    page = (ROOT / "docs/grafana.md").read_text()
    told = {
        row["name"]: (row["type"], set(filter(None, (row["labels"] or "").split(",")))) for row in _ROW.finditer(page)
    }
    url = sqlite_files.fresh()
    finished(Database(url))
    with serving(url, tmp_path) as api:
        api.get("/v1/jobs")
        text = api.get("/metrics").text
    seen = {}
    for family in text_string_to_metric_families(text):
        if family.name.startswith("gradclinic_"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            seen[name] = (family.type, {label for sample in family.samples for label in sample.labels} - {"le"})
    assert told == seen
