// What a page of OpenLayers is given.

/** Notes the features in the tiles of `source`; gives what tells them so far, as JSON: names by layer. */
export function watch(source) {
  const found = {};
  source.on("tileloadend", ({ tile }) => {
    for (const feature of tile.getFeatures()) (found[feature.get("layer")] ??= new Set()).add(feature.get("name"));
  });
  source.on("tileloaderror", () => (document.body.dataset.failed = "true"));
  return () => JSON.stringify(Object.fromEntries(Object.entries(found).map(([layer, names]) => [layer, [...names]])));
}
