// Tells that the geometry is schematic, for as long as any of it is.
import type { Catalog } from "./catalog";
import { byId, element, icon } from "./dom";
import { inLanguage, text } from "./language";
import type { Map as MapView } from "./maplibre";

export function showSchematicNotice(catalog: Catalog, map: MapView | undefined): void {
  const notice = byId("schematic-notice");
  inLanguage(() => notice.replaceChildren(icon("note"), element("span", {}, text("schematicNotice"))));

  // The bundled plan is schematic throughout. In a database, surveyed features may have replaced some or all of it, and
  // what stands on the map tells.
  if (catalog.source === "bundled") {
    notice.hidden = false;
    return;
  }
  const look = () => {
    if (!map?.queryRenderedFeatures().some((feature) => feature.properties["geometry_status"] === "schematic")) return;
    notice.hidden = false;
    map.off("idle", look);
  };
  map?.on("idle", look);
}
