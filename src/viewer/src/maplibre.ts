// The map library, which index.html loads in a file of its own, while this program already asks the server for what it needs.
import type * as MapLibre from "maplibre-gl";

/** Undefined when that file could not be loaded, or has not been yet. */
export function maplibre(): typeof MapLibre | undefined {
  return (window as unknown as { maplibregl?: typeof MapLibre }).maplibregl;
}

export type { FilterSpecification, GeoJSONSource, LayerSpecification, LngLatBoundsLike, LngLatLike, Map, MapGeoJSONFeature, MapOptions, StyleSpecification } from "maplibre-gl";
