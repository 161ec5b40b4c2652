// A page of another site that shows a download with Leaflet: the features in view, read by the FlatGeobuf client; bundled by
// leaflet.test.mjs.
import { deserialize } from "flatgeobuf/lib/mjs/geojson.js";
import L from "leaflet";
import sheet from "leaflet/dist/leaflet.css";

document.head.append(Object.assign(document.createElement("style"), { textContent: sheet }));
const { download, views } = document.body.dataset;
const map = L.map("map", { zoomControl: false, attributionControl: false, zoomAnimation: false });
const shown = L.geoJSON().addTo(map);

/** Reads the features in view and draws them; gives their ids and how many outlines Leaflet has drawn. */
async function show() {
  const b = map.getBounds();
  const rect = { minX: b.getWest(), minY: b.getSouth(), maxX: b.getEast(), maxY: b.getNorth() };
  shown.clearLayers();
  const ids = [];
  for await (const feature of deserialize(download, { rect })) {
    shown.addData(feature);
    ids.push(Number(feature.properties.id));
  }
  const outlines = [...document.querySelectorAll("path.leaflet-interactive")].filter((path) => path.getAttribute("d").length > 10);
  return { rect, ids: ids.sort((a, b) => a - b), outlines: outlines.length };
}

const found = [];
for (const { center, zoom } of JSON.parse(views)) {
  map.setView(center, zoom, { animate: false });
  found.push(await show());
}
document.body.dataset.found = JSON.stringify(found);
