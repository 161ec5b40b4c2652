// A page of another site that shows the grid `c` of Tianditu, EPSG:4490, with OpenLayers; bundled by openlayers.test.mjs.
import Map from "ol/Map.js";
import View from "ol/View.js";
import MVT from "ol/format/MVT.js";
import VectorTileLayer from "ol/layer/VectorTile.js";
import { addProjection } from "ol/proj.js";
import Projection from "ol/proj/Projection.js";
import VectorTileSource from "ol/source/VectorTile.js";
import TileGrid from "ol/tilegrid/TileGrid.js";
import { watch } from "./openlayers_found.mjs";

const projection = new Projection({ code: "EPSG:4490", units: "degrees", axisOrientation: "neu", extent: [-180, -90, 180, 90] });
addProjection(projection);

const { server, place } = document.body.dataset;
const json = async (path) => (await fetch(server + path)).json();
const set = await json("/ogc/tileMatrixSets/c");
const { boundingBox } = await json("/ogc/tiles/c");
// Tianditu's levels begin at 1; OpenLayers counts resolutions from 0.
const first = Number(set.tileMatrices[0].id);
const levels = set.tileMatrices.map((matrix) => matrix.cellSize);
const [north, west] = set.tileMatrices[0].pointOfOrigin;
const tileGrid = new TileGrid({
  origin: [west, north],
  extent: [...boundingBox.lowerLeft, ...boundingBox.upperRight],
  minZoom: first,
  resolutions: [...Array.from({ length: first }, (_, i) => levels[0] * 2 ** (first - i)), ...levels],
  tileSize: set.tileMatrices[0].tileWidth,
});
const source = new VectorTileSource({ format: new MVT(), projection, tileGrid, url: `${server}/ogc/tiles/c/{z}/{y}/{x}` });
const found = watch(source);

const map = new Map({
  target: "map",
  layers: [new VectorTileLayer({ source })],
  view: new View({ projection, center: [112.8, 36.35], resolution: levels[9] }),
});
map.once("rendercomplete", () => {
  const at = map.getFeaturesAtPixel(map.getPixelFromCoordinate(JSON.parse(place)));
  document.body.dataset.at = JSON.stringify(at.map((feature) => [feature.get("layer"), feature.get("name")]));
  document.body.dataset.found = found();
});
