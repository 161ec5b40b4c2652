// A page of another site that shows the tiles with OpenLayers; bundled by openlayers.test.mjs.
import Map from "ol/Map.js";
import View from "ol/View.js";
import MVT from "ol/format/MVT.js";
import VectorTileLayer from "ol/layer/VectorTile.js";
import { fromLonLat } from "ol/proj.js";
import VectorTileSource from "ol/source/VectorTile.js";
import { watch } from "./openlayers_found.mjs";

const { tiles } = document.body.dataset;
const source = new VectorTileSource({ format: new MVT(), url: tiles, maxZoom: 18 });
const found = watch(source);

const map = new Map({
  target: "map",
  layers: [new VectorTileLayer({ source })],
  view: new View({ center: fromLonLat([112.8, 36.32]), zoom: 11 }),
});
map.once("rendercomplete", () => {
  document.body.dataset.found = found();
});
