"""The layer definitions of /connect."""

from conftest import SHOTS, assert_looks_like, drawn, fetch_json, render, saved, settings
from qgis.core import QgsLayerDefinition, QgsProject, QgsRectangle, QgsRuleBasedRenderer, QgsVectorTileLayer

CATALOG = fetch_json("/layers.json")["layers"]
PARTS = [part for part in fetch_json("/styles/plan.json")["layers"] if "source-layer" in part]
LABELS = [part for part in PARTS if part["metadata"].get("plantiles:label")]
GROUPS = {"planning": "规划", "status": "现状", "base": "基础地理与地质"}
DISTRICT = QgsRectangle(12_520_000, 4_318_000, 12_590_000, 4_372_000)
"""Tunliu in Web Mercator."""


def opened(folder, path):
    """Layers of a definition with the groups that they are in."""
    project = QgsProject()
    root = project.layerTreeRoot()
    done, error = QgsLayerDefinition.loadLayerDefinition(saved(folder, path), project, root)
    assert done, error
    return project, [(node.layer(), node.parent().name()) for node in root.findLayers()]


def test_all_layers_are_in_their_groups_with_their_symbols(tmp_path):
    project, layers = opened(tmp_path, "/connect/layers.qlr")
    assert len(layers) == len(CATALOG)
    for entry in CATALOG:
        layer, group = next((layer, group) for layer, group in layers if layer.name() == entry["title"]["zh"])
        assert layer.isValid() and group == GROUPS[entry["group"]]
        assert layer.crs().isValid() and layer.crs().authid() == "EPSG:4490"
        assert layer.featureCount() == entry["count"]
        aliases = {field.name(): field.alias() for field in layer.fields()}
        assert {field["name"]: field["title"]["zh"] for field in entry["fields"]}.items() <= aliases.items()
        assert isinstance(layer.renderer(), QgsRuleBasedRenderer)
        image, _ = render(settings([layer]))
        assert drawn(image) > 0, entry["id"]


def test_one_layer_in_english(tmp_path):
    project, [(layer, _)] = opened(tmp_path, "/connect/mining_blocks.qlr?lang=en")
    assert (layer.name(), layer.isValid()) == ("Planned mining blocks", True)
    assert layer.fields().field("code").alias() == "Code"
    image, names = render(settings([layer]))
    assert drawn(image) > 0 and names == 3


def test_vector_tiles_look_like_the_plan(tmp_path):
    project, [(layer, _)] = opened(tmp_path, "/connect/plan.qlr")
    assert isinstance(layer, QgsVectorTileLayer) and layer.isValid()
    assert layer.crs().isValid() and layer.crs().authid() == "EPSG:3857"
    assert "/styles/plan.json" in layer.source()
    assert [style.styleName() for style in layer.renderer().styles()] == [p["id"] for p in PARTS if p not in LABELS]
    assert [style.styleName() for style in layer.labeling().styles()] == [p["id"] for p in LABELS]
    named, names = render(settings([layer], DISTRICT))
    named.save(str(SHOTS / "plan-tiles-named.png"))
    assert names > 10
    layer.setLabeling(None)
    image, _ = render(settings([layer], DISTRICT))
    assert_looks_like(image, "plan-tiles.png")
