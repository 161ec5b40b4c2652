"""The server's addresses as layers: what somebody pastes into QGIS."""

from urllib.parse import quote

import pytest
from conftest import SERVER, assert_looks_like, compare, drawn, fetch_json, render, settings
from qgis.core import QgsRasterLayer, QgsRectangle, QgsVectorLayer, QgsVectorTileLayer

LAYERS = fetch_json("/layers.json")["layers"]
MIDDLE = QgsRectangle(12_540_000, 4_335_000, 12_564_000, 4_355_000)
"""The middle of the district in EPSG:3857: 480 by 400 pixels of a map of zoom 11 in pictures, 10 in tiles."""


@pytest.mark.parametrize("entry", LAYERS, ids=[entry["id"] for entry in LAYERS])
def test_flatgeobuf_by_url(entry):
    layer = QgsVectorLayer(f"/vsicurl/{entry['download']}", entry["id"], "ogr")
    assert layer.isValid()
    assert layer.crs().authid() == "EPSG:4490"
    assert layer.featureCount() == entry["count"] == len(list(layer.getFeatures()))
    assert [field.name() for field in layer.fields()][:1] == ["id"]
    image, _ = render(settings([layer]))
    assert drawn(image) > 0


def vector_tiles(uri):
    layer = QgsVectorTileLayer(uri, "plan")
    assert layer.isValid(), uri
    message, loaded = layer.loadDefaultStyle()
    assert loaded, message
    return layer


def test_vector_tiles_by_url_with_their_style():
    url, style = (quote(f"{SERVER}{path}", safe=":/") for path in ("/tiles/plan/{z}/{x}/{y}.mvt", "/styles/plan.json"))
    layer = vector_tiles(f"type=xyz&url={url}&zmin=0&zmax=18&styleUrl={style}")
    styles = {style.layerName() for style in layer.renderer().styles()}
    assert {entry["id"] for entry in LAYERS} <= styles
    labels = layer.labeling().styles()
    assert len(labels) > 15
    image, _ = render(settings([layer], MIDDLE))
    assert drawn(image) > 0.9
    layer.setLabeling(None)
    image, _ = render(settings([layer], MIDDLE))
    assert_looks_like(image, "vector-tiles.png")


def pictures(path):
    url = quote(f"{SERVER}{path}", safe=":/")
    return QgsRasterLayer(f"type=xyz&url={url}&zmin=0&zmax=18", "plan", "wms")


def test_pictures_by_url():
    layer = pictures("/tiles/plan/{z}/{x}/{y}.png")
    assert layer.isValid() and layer.crs().authid() == "EPSG:3857"
    image, _ = render(settings([layer], MIDDLE))
    assert drawn(image) > 0.9
    assert_looks_like(image, "pictures.png")


def moved(east, scale=1):
    """The middle of the district, moved by so many pixels and scaled."""
    extent = QgsRectangle(MIDDLE)
    metres = east * MIDDLE.width() / 480
    extent.set(MIDDLE.xMinimum() + metres, MIDDLE.yMinimum(), MIDDLE.xMaximum() + metres, MIDDLE.yMaximum())
    extent.scale(scale)
    return extent


@pytest.mark.parametrize("path, extent", [
    ("/tiles/plan/{z}/{x}/{y}.png?style=dark", MIDDLE),
    ("/tiles/plan/{z}/{x}/{y}.png?filter=id<0", MIDDLE),
    ("/tiles/townships,roads,rivers/{z}/{x}/{y}.png", MIDDLE),
    ("/tiles/plan/{z}/{y}/{x}.png", MIDDLE),
    ("/tiles/plan/{z}/{x}/{y}.png", moved(20)),
    ("/tiles/plan/{z}/{x}/{y}.png", moved(0, 1.1)),
])
def test_another_picture_does_not_look_like_it(path, extent):
    """The measure tells what is drawn otherwise, elsewhere, in part or not at all."""
    image, _ = render(settings([pictures(path)], extent))
    alike, differences = compare(image, "pictures.png")
    assert not alike, differences[-5:]


@pytest.mark.parametrize("id", ["mining_blocks", "faults", "prohibited_zones"])
def test_ogc_api_features(id):
    uri = f"typename='{id}' url='{SERVER}/ogc' pagingEnabled='true' pageSize='20' restrictToRequestBBOX='1'"
    layer = QgsVectorLayer(uri, id, "OAPIF")
    assert layer.isValid()
    count = next(entry["count"] for entry in LAYERS if entry["id"] == id)
    names = {feature["name"] for feature in layer.getFeatures()}
    assert len(list(layer.getFeatures())) == layer.featureCount() == count
    file = QgsVectorLayer(f"/vsicurl/{SERVER}/downloads/{id}.fgb", id, "ogr")
    assert names == {feature["name"] for feature in file.getFeatures()}
    image, _ = render(settings([layer]))
    assert drawn(image) > 0


def test_arcgis_service_in_web_mercator():
    service = quote(f"{SERVER}/arcgis/rest/services/plan/VectorTileServer", safe=":/")
    layer = vector_tiles(f"serviceType=arcgis&type=xyz&url={service}")
    assert layer.crs().authid() == "EPSG:3857"
    assert layer.sourceMaxZoom() >= 14
    layer.setLabeling(None)
    image, _ = render(settings([layer], MIDDLE))
    assert drawn(image) > 0.9
    # It is the same map by another way.
    assert_looks_like(image, "vector-tiles.png")


def wmts(set, crs):
    capabilities = quote(f"{SERVER}/wmts?service=WMTS&request=GetCapabilities", safe=":/")
    uri = f"contextualWMSLegend=0&crs={crs}&format=image/png&layers=plan&styles=default&tileMatrixSet={set}&url={capabilities}"
    layer = QgsRasterLayer(uri, "plan", "wms")
    assert layer.isValid(), uri
    return layer


def test_wmts_pictures_in_web_mercator():
    layer = wmts("WebMercatorQuad", "EPSG:3857")
    image, _ = render(settings([layer], MIDDLE))
    assert drawn(image) > 0.9
    # They are the same pictures.
    assert_looks_like(image, "pictures.png")


def test_wmts_pictures_in_degrees():
    layer = wmts("c", "EPSG:4490")
    assert layer.crs().authid() == "EPSG:4490"
    image, _ = render(settings([layer], MIDDLE))
    assert drawn(image) > 0.9
    assert_looks_like(image, "pictures-degrees.png")
