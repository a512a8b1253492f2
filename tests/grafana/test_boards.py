"""The dashboards themselves: what Grafana would refuse, draw wrongly or not draw at all."""

from itertools import combinations

import pytest
from ruamel.yaml import YAML

from service.trace.metrics import METRICS
from tests.embedded import ROOT
from tests.grafana.boards import API, INFINITY, NAMES, PROMETHEUS, Json, board, questions, used_variables, variables

PROVISIONED = ROOT / "deploy/grafana/provisioning"
PANELS = [(name, panel) for name in NAMES for panel in board(name)["panels"]]


def of_kind(kind: str) -> list[tuple[str, Json]]:
    """The panels of one type, each with the name of its dashboard."""
    return [(name, panel) for name, panel in PANELS if panel["type"] == kind]


def title(value: object) -> str | None:
    """What a test calls a panel."""
    return value["title"] if isinstance(value, dict) else None


def sources() -> dict[str, Json]:
    """The provisioned data sources, by type."""
    found = YAML(typ="safe").load(PROVISIONED / "datasources/gradclinic.yaml")["datasources"]
    return {source["type"]: source for source in found}


def test_there_is_one_for_a_run_for_two_and_for_the_service() -> None:
    assert NAMES == ["compare.json", "run.json", "service.json"]
    assert [board(name)["uid"] for name in NAMES] == ["gradclinic-compare", "gradclinic-run", "gradclinic-service"]
    assert len({board(name)["schemaVersion"] for name in NAMES}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_numbers_of_their_own_and_do_not_overlap(name: str) -> None:
    panels = board(name)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert 0 <= panel["gridPos"]["x"] < panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below


@pytest.mark.parametrize(("name", "panel"), PANELS, ids=title)
def test_a_panel_says_what_it_shows_and_asks_a_source_that_is_provisioned(name: str, panel: Json) -> None:
    assert panel["description"].endswith(".")
    # A heatmap's cells have a unit of their own.
    assert panel["fieldConfig"]["defaults"].get("unit") or panel["options"]["cellValues"]["unit"]
    assert panel["datasource"] in (INFINITY, PROMETHEUS)
    assert sources()[panel["datasource"]["type"]]["uid"] == panel["datasource"]["uid"]
    assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGH"[: len(panel["targets"])])
    assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_declared_and_used(name: str) -> None:
    assert used_variables(name) == variables(name)


@pytest.mark.parametrize("name", NAMES)
def test_infinity_is_asked_in_the_way_that_takes_no_configuration(name: str) -> None:
    for question in questions(name):
        target = question.target
        assert (target["type"], target["source"], target["parser"]) == ("json", "url", "backend")
        assert target["format"] == ("dataframe" if question.kind == "annotation" else "table")
        assert target["root_selector"] == ""
        assert target["url_options"]["method"] == "GET"
        assert not {column["selector"] for column in target["columns"] if "." in column["selector"]}


@pytest.mark.parametrize(("name", "panel"), of_kind("heatmap"), ids=title)
def test_a_heatmap_has_the_step_first_and_hides_nothing(name: str, panel: Json) -> None:
    assert len(panel["targets"]) == 1
    (organize,) = panel["transformations"]
    assert organize["id"] == "organize"
    assert organize["options"]["indexByName"] == {"step": 0}
    assert organize["options"]["excludeByName"] == {"time": True}
    assert panel["options"]["calculate"] is False
    # By default cells up to 1e-9 are hidden, and the log10 of a gradient is below that.
    assert panel["options"]["filterValues"]["le"] < -100


def test_both_heatmaps_of_a_comparison_have_one_scale() -> None:
    heatmaps = [panel["options"]["color"] for panel in board("compare.json")["panels"] if panel["type"] == "heatmap"]
    assert len(heatmaps) == 2
    assert heatmaps[0] == heatmaps[1]
    assert heatmaps[0]["min"] < heatmaps[0]["max"]


@pytest.mark.parametrize(("name", "panel"), of_kind("trend"), ids=title)
def test_a_trend_has_one_frame_and_names_its_axis(name: str, panel: Json) -> None:
    assert panel["options"]["xField"] in ("step", "depth")
    ids = [step["id"] for step in panel["transformations"]]
    assert ids == (["organize"] if len(panel["targets"]) == 1 else ["joinByField"])
    if ids == ["joinByField"]:
        assert panel["transformations"][0]["options"] == {"byField": panel["options"]["xField"], "mode": "outer"}


def test_every_metric_on_offer_spans_orders_of_magnitude() -> None:
    for name in ("run.json", "compare.json"):
        (offered,) = (one for one in board(name)["templating"]["list"] if one["name"] == "metric")
        names = offered["query"].split(",")
        assert names == [option["value"] for option in offered["options"]]
        assert all(METRICS[metric].logarithmic for metric in names)


def test_infinity_may_send_the_key_where_the_panels_ask() -> None:
    settings = sources()["yesoreyeram-infinity-datasource"]["jsonData"]
    assert settings["allowedHosts"] == [API]
    assert settings["customHealthCheckUrl"] == f"{API}/healthz"
    assert (settings["auth_method"], settings["apiKeyKey"], settings["apiKeyType"]) == ("apiKey", "X-API-Key", "header")


def test_provisioned_paths_are_those_that_compose_mounts() -> None:
    grafana = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]["grafana"]
    mounts = dict(mount.split(":")[:2] for mount in grafana["volumes"])
    (provider,) = YAML(typ="safe").load(PROVISIONED / "dashboards/gradclinic.yaml")["providers"]
    assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/run.json"
    assert grafana["environment"]["GF_PLUGINS_PREINSTALL_SYNC"].startswith("yesoreyeram-infinity-datasource@")
