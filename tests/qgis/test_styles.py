"""Snapshots with the styles that belong to them."""

import pytest
from conftest import assert_looks_like, drawn, fetch_json, render, saved, settings
from qgis.PyQt.QtCore import QEventLoop, QTimer
from qgis.core import QgsApplication, QgsExpression, QgsRuleBasedRenderer, QgsVectorLayer

LAYERS = fetch_json("/layers.json")["layers"]
CLASSES = fetch_json("/styles/plan.json")["metadata"]["plantiles:classes"]
IDS = [layer["id"] for layer in LAYERS]


def is_named(id, scale):
    """Whether a map of that scale has names of the layer: zoom 0 is 1 : 295,829,355."""
    zooms = [part.get("minzoom", 0) for part in fetch_json(f"/styles/{id}.json")["layers"]
             if part.get("metadata", {}).get("plantiles:label")]
    return any(295_829_355 / 2**zoom >= scale for zoom in zooms)


FETCHED = set()


@pytest.fixture
def opened(tmp_path, request):
    id = request.param
    layer = QgsVectorLayer(saved(tmp_path, f"/downloads/{id}.fgb"), id, "ogr")
    assert layer.isValid()
    assert layer.featureCount() == next(entry["count"] for entry in LAYERS if entry["id"] == id)
    return layer


def load_pictures(id):
    """SLD links pictures; QGIS draws an hourglass until it has fetched them."""
    symbols = {part.get("paint", {}).get("fill-pattern") or part.get("layout", {}).get("icon-image")
               for part in fetch_json(f"/styles/{id}.json")["layers"]}
    base = fetch_json(f"/styles/{id}.json")["sprite"]
    wanted = {f"{base}/{symbol}.svg" for symbol in symbols if symbol}
    cache, loop, fetched = QgsApplication.svgCache(), QEventLoop(), set()

    def note(url):
        fetched.add(url)
        if wanted <= fetched:
            loop.quit()

    cache.remoteSvgFetched.connect(note)
    missing = [url for url in wanted if b"<svg" not in cache.getImageData(url).data() or url not in FETCHED]
    if missing:
        fetched |= wanted - set(missing)
        QTimer.singleShot(20_000, loop.quit)
        loop.exec_()
    cache.remoteSvgFetched.disconnect(note)
    assert wanted <= fetched
    FETCHED.update(wanted)


@pytest.mark.parametrize("opened", IDS, indirect=True)
def test_qml_gives_a_rule_for_each_class_and_the_picture(opened, tmp_path):
    id = opened.name()
    message, loaded = opened.loadNamedStyle(saved(tmp_path, f"/styles/{id}.qml"))
    assert loaded, message
    assert isinstance(opened.renderer(), QgsRuleBasedRenderer)
    rules = opened.renderer().rootRule().children()
    titles = [title["zh"] for title in CLASSES[id]]
    assert [rule.label() for rule in rules] == (titles or [entry["title"]["zh"] for entry in LAYERS if entry["id"] == id])
    for rule in rules:
        assert rule.filter() is None or not rule.filter().hasParserError(), rule.filterExpression()
    # Every feature is of one class.
    counts = sum(len(list(opened.getFeatures(rule.filterExpression() or "TRUE"))) for rule in rules)
    assert counts == opened.featureCount()
    for symbol in (layer for rule in rules for layer in rule.symbol().symbolLayers()):
        defined = symbol.dataDefinedProperties()
        for key in defined.propertyKeys():
            assert not QgsExpression(defined.property(key).expressionString()).hasParserError(), (id, key)
    view = settings([opened])
    _, names = render(view)
    assert (names > 0) == is_named(id, view.scale()), f"{names} names"
    opened.setLabelsEnabled(False)
    image, _ = render(settings([opened]))
    assert drawn(image) > 0.002
    assert_looks_like(image, f"{id}-qml.png")


@pytest.mark.parametrize("opened", IDS, indirect=True)
def test_sld_loads_and_gives_the_picture(opened, tmp_path):
    id = opened.name()
    load_pictures(id)
    message, loaded = opened.loadSldStyle(saved(tmp_path, f"/styles/{id}.sld"))
    assert loaded, message
    renderer = opened.renderer()
    rules = renderer.rootRule().children() if isinstance(renderer, QgsRuleBasedRenderer) else [renderer]
    assert len(rules) == max(1, len(CLASSES[id]))
    opened.setLabelsEnabled(False)
    image, _ = render(settings([opened]))
    assert drawn(image) > 0.001
    assert_looks_like(image, f"{id}-sld.png")


@pytest.mark.parametrize("id", IDS)
def test_geopackage_opens_with_its_style_and_titles(id, tmp_path):
    layer = QgsVectorLayer(saved(tmp_path, f"/downloads/{id}.gpkg"), id, "ogr")
    described = next(entry for entry in LAYERS if entry["id"] == id)
    assert layer.isValid() and layer.featureCount() == described["count"]
    assert layer.metadata().title() == described["title"]["zh"]
    assert isinstance(layer.renderer(), QgsRuleBasedRenderer)
    rules = layer.renderer().rootRule().children()
    titles = [title["zh"] for title in CLASSES[id]]
    assert [rule.label() for rule in rules] == (titles or [described["title"]["zh"]])
    for field in described["fields"]:
        assert layer.attributeDisplayName(layer.fields().indexOf(field["name"])) == field["title"]["zh"]
    layer.setLabelsEnabled(False)
    image, _ = render(settings([layer]))
    assert_looks_like(image, f"{id}-qml.png")
