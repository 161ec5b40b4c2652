// The map library, which index.html loads in a file of its own.
import type * as MapLibre from "maplibre-gl";

/** Undefined when that file could not be loaded. */
export const maplibre = (window as unknown as { maplibregl?: typeof MapLibre }).maplibregl;

export type { FilterSpecification, GeoJSONSource, LayerSpecification, LngLatLike, Map, MapGeoJSONFeature, StyleSpecification } from "maplibre-gl";
