// Writes styles/plan.json, plan-dark.json and plan-print.json: one MapLibre style layer for each drawn part of each legend class.
//
// Every style layer says in its metadata which data layer and which legend class it draws. A class is told apart by the
// style layer's filter, never by an expression in its paint, so that a legend (in the viewer, or made by a server) can
// draw a swatch from the paint values alone, whose only expressions are interpolations over zoom.
// `{base}` stands for the server's public address; the server puts it in.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { themes } from "./palette.mjs";

const FONT = ["Noto Sans SC Medium"];

/** A value that grows with zoom, from the district in one view (8) to a village street (16). */
const grows = (at8, at16) => ["interpolate", ["exponential", 1.4], ["zoom"], 8, at8, 16, at16];
const fades = (...stops) => ["interpolate", ["linear"], ["zoom"], ...stops];

function planStyle(c, theme) {
  const layers = [];
  const classes = {};

  /** Starts a data layer's legend; `titles` names its classes, and a layer of one class needs none. */
  function legend(layer, titles = {}) {
    classes[layer] = Object.entries(titles).map(([id, [zh, en]]) => ({ id, zh, en }));
  }

  function add(layer, part, type, { class: cls, filter, minzoom, maxzoom, paint = {}, layout = {}, label = false, source = layer }) {
    layers.push({
      id: [layer, cls, part].filter(Boolean).join("/"),
      metadata: {
        "plantiles:layer": layer,
        ...(cls && { "plantiles:class": cls }),
        ...(label && { "plantiles:label": true }),
      },
      type,
      source: "plan",
      "source-layer": source,
      ...(minzoom !== undefined && { minzoom }),
      ...(maxzoom !== undefined && { maxzoom }),
      ...(filter && { filter }),
      ...(Object.keys(layout).length > 0 && { layout }),
      paint,
    });
  }

  // Only what QGIS understands too: "match", "all" and comparisons, no "in" or "!"; tokens rather than "concat" in names.
  const is = (field, ...values) => (values.length === 1 ? ["==", ["get", field], values[0]] : ["match", ["get", field], values, true, false]);
  const isNone = (field, ...values) => ["all", ...values.map((value) => ["!=", ["get", field], value])];

  /** A band of colour along the inner side of a boundary; it is narrower than the tiles' buffer, so no seam shows. */
  function innerBand(layer, color, options = {}) {
    add(layer, "band", "line", {
      ...options,
      layout: { "line-join": "round" },
      paint: { "line-color": color, "line-opacity": 0.16, "line-width": grows(3, 7), "line-offset": grows(1.5, 3.5) },
    });
  }

  function outline(layer, color, [at8, at16], dash, options = {}) {
    add(layer, "outline", "line", {
      ...options,
      layout: { "line-join": "round", ...(dash?.[0] === 0 && { "line-cap": "round" }) },
      paint: { "line-color": color, "line-width": grows(at8, at16), ...(dash && { "line-dasharray": dash }) },
    });
  }

  /** A name along lines and outlines, or at the one point that the tiles give each polygon. */
  function label(layer, { text = ["get", "name"], color = c.text, size = [11, 15], along = false, halo = 1.4, layout = {}, ...options }) {
    add(layer, options.part ?? "label", "symbol", {
      ...options,
      label: true,
      source: along ? layer : `${layer}_label`,
      layout: {
        "text-field": text,
        "text-font": FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 9, size[0], 15, size[1]],
        "text-max-width": 9,
        "text-padding": 4,
        ...(along && { "symbol-placement": "line", "text-max-angle": 32, "symbol-spacing": 420 }),
        ...layout,
      },
      paint: { "text-color": color, "text-halo-color": c.halo, "text-halo-width": halo },
    });
  }

  // ---- areas, from the ground up ------------------------------------------------------------------------------

  layers.push({ id: "background", type: "background", paint: { "background-color": c.paper } });

  legend("admin_boundary");
  add("admin_boundary", "fill", "fill", { paint: { "fill-color": c.district } });

  const coal = is("mineral", "煤", "煤炭");
  const methane = is("mineral", "煤层气");
  legend("energy_bases", { coal: ["煤炭基地", "Coal base"], methane: ["煤层气基地", "Coal-bed methane base"] });
  add("energy_bases", "fill", "fill", { class: "coal", filter: coal, paint: { "fill-color": c.coalBase, "fill-opacity": fades(8, 0.5, 13, 0.3) } });
  add("energy_bases", "fill", "fill", { class: "methane", filter: methane, paint: { "fill-pattern": "dots-cbm", "fill-opacity": 0.55 } });
  outline("energy_bases", c.coalBaseLine, [1, 2], [8, 2, 1, 2], { class: "coal", filter: coal });
  outline("energy_bases", c.methaneBase, [0.8, 1.6], [8, 2, 1, 2], { class: "methane", filter: methane });

  legend("industry_key_regions", { coal: ["煤炭产业重点发展区域", "Coal industry"], methane: ["煤层气重点发展区域", "Coal-bed methane industry"] });
  for (const [cls, filter, color] of [["coal", coal, c.industryCoal], ["methane", methane, c.industryMethane]]) {
    innerBand("industry_key_regions", color, { class: cls, filter });
    outline("industry_key_regions", color, [0.8, 1.4], [1.5, 1.5], { class: cls, filter });
  }

  // Hatches step back as the map is enlarged and they come to cover the screen.
  legend("governance_zones");
  add("governance_zones", "fill", "fill", { paint: { "fill-pattern": "hatch-governance", "fill-opacity": fades(8, 0.45, 12, 0.35, 15, 0.15) } });
  outline("governance_zones", c.governance, [1, 2]);
  legend("prevention_zones");
  add("prevention_zones", "fill", "fill", { paint: { "fill-pattern": "hatch-prevention", "fill-opacity": fades(8, 0.6, 12, 0.45, 15, 0.2) } });
  outline("prevention_zones", c.prevention, [1, 2]);

  legend("map_sheets_50k");
  outline("map_sheets_50k", c.sheet, [0.6, 1], [6, 4]);
  legend("townships");
  outline("townships", c.township, [0.6, 1.4], [4, 2, 1, 2], { minzoom: 8 });

  legend("rivers");
  add("rivers", "line", "line", {
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": c.waterLine, "line-width": grows(1, 5) },
  });
  legend("reservoirs");
  add("reservoirs", "fill", "fill", { paint: { "fill-color": c.water } });
  outline("reservoirs", c.waterLine, [0.6, 1.2]);

  // ---- roads: all casings under all surfaces, so that crossings join ---------------------------------------------

  const roads = [
    { class: "county", filter: isNone("road_class", "高速", "高速公路", "国道", "省道"), color: c.county, width: [0.8, 7], minzoom: 9, titles: ["县道及其他", "County and other"] },
    { class: "provincial", filter: is("road_class", "省道"), color: c.provincial, width: [1.2, 9], minzoom: 8, titles: ["省道", "Provincial"] },
    { class: "national", filter: is("road_class", "国道"), color: c.national, width: [1.6, 11], minzoom: 7, titles: ["国道", "National"] },
    { class: "expressway", filter: is("road_class", "高速", "高速公路"), color: c.expressway, width: [1.8, 12], minzoom: 7, titles: ["高速公路", "Expressway"] },
  ];
  legend("roads", Object.fromEntries([...roads].reverse().map((r) => [r.class, r.titles])));
  for (const part of ["casing", "surface"]) {
    for (const { class: cls, filter, color, width, minzoom } of roads) {
      const widen = part === "casing" ? [0.8, 2.4] : [0, 0];
      add("roads", part, "line", {
        class: cls, filter, minzoom,
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": part === "casing" ? c.roadCasing : color,
          "line-width": grows(width[0] + widen[0], width[1] + widen[1]),
        },
      });
    }
  }

  // ---- planning and status boundaries --------------------------------------------------------------------------

  const stages = ["预查", "普查", "详查", "勘探"];
  const stageTitles = ["Reconnaissance", "General survey", "Detailed survey", "Exploration"];
  legend("exploration_survey_areas", Object.fromEntries(stages.map((zh, i) => [`stage${i + 1}`, [zh, stageTitles[i]]])));
  stages.forEach((stage, i) => {
    outline("exploration_survey_areas", c.survey[i], [1.6, 3.2], [0, 2.2], { class: `stage${i + 1}`, filter: is("stage", stage), minzoom: 8 });
  });

  legend("cbm_exploration_rights");
  add("cbm_exploration_rights", "fill", "fill", { paint: { "fill-color": c.methaneRight, "fill-opacity": 0.04 } });
  outline("cbm_exploration_rights", c.methaneRight, [1.2, 2.4], [7, 2, 1.2, 2, 1.2, 2]);

  legend("key_exploration_areas");
  innerBand("key_exploration_areas", c.keyArea);
  outline("key_exploration_areas", c.keyArea, [1.4, 3], [3, 2]);

  legend("national_planned_mining_areas");
  innerBand("national_planned_mining_areas", c.plannedArea);
  outline("national_planned_mining_areas", c.plannedArea, [1.4, 3], [6, 2.5]);

  // ---- rights and blocks -----------------------------------------------------------------------------------------

  legend("mining_rights");
  add("mining_rights", "fill", "fill", { paint: { "fill-color": c.right, "fill-opacity": fades(8, 0.14, 14, 0.07) } });
  outline("mining_rights", c.right, [1.2, 2.6]);

  for (const [layer, color] of [["exploration_blocks", c.exploration], ["mining_blocks", c.mining]]) {
    legend(layer);
    add(layer, "fill", "fill", { paint: { "fill-color": color, "fill-opacity": fades(8, 0.38, 14, 0.16) } });
    outline(layer, color, [1.6, 3.4]);
  }

  legend("prohibited_zones");
  add("prohibited_zones", "fill", "fill", { paint: { "fill-pattern": "hatch-prohibited", "fill-opacity": fades(12, 0.9, 15, 0.5) } });
  outline("prohibited_zones", c.prohibited, [0.7, 1.8]);

  // ---- structure -------------------------------------------------------------------------------------------------

  const faults = [
    { class: "normal", filter: ["!=", ["get", "kind"], "逆断层"], titles: ["正断层", "Normal fault"], spacing: 26 },
    { class: "reverse", filter: is("kind", "逆断层"), titles: ["逆断层", "Reverse fault"], spacing: 40 },
  ];
  legend("faults", Object.fromEntries(faults.map((f) => [f.class, f.titles])));
  for (const { class: cls, filter, spacing } of faults) {
    add("faults", "line", "line", { class: cls, filter, layout: { "line-join": "round" }, paint: { "line-color": c.fault, "line-width": grows(1.2, 2.6) } });
    // Ticks and teeth stand on the side to which the fault dips.
    add("faults", "ticks", "symbol", {
      class: cls, filter, minzoom: 9,
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": spacing,
        "icon-image": `fault-${cls}-right`,
        "icon-rotation-alignment": "map",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "icon-padding": 0,
      },
    });
  }

  const folds = [
    { class: "anticline", zh: "背斜", en: "Anticline" },
    { class: "syncline", zh: "向斜", en: "Syncline" },
  ];
  legend("folds", Object.fromEntries(folds.map((f) => [f.class, [f.zh, f.en]])));
  for (const { class: cls, zh } of folds) {
    add("folds", "line", "line", { class: cls, filter: is("kind", zh), paint: { "line-color": c.fold, "line-width": grows(1.2, 2.4) } });
    add("folds", "arrows", "symbol", {
      class: cls, filter: is("kind", zh), minzoom: 9,
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 120,
        "icon-image": cls,
        "icon-rotation-alignment": "map",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
    });
  }

  add("admin_boundary", "halo", "line", { layout: { "line-join": "round" }, paint: { "line-color": c.boundary, "line-opacity": 0.14, "line-width": grows(5, 7) } });
  add("admin_boundary", "outline", "line", { layout: { "line-join": "round" }, paint: { "line-color": c.boundary, "line-width": grows(1.2, 2.4), "line-dasharray": [6, 2, 1, 2, 1, 2] } });

  // ---- labels: the last has the first right to its place ---------------------------------------------------------

  label("map_sheets_50k", { color: c.sheet, size: [10, 12], minzoom: 9, maxzoom: 13, along: true, layout: { "text-offset": [0, 0.9] } });
  label("governance_zones", { color: c.governance, size: [10, 12], minzoom: 9.5, along: true, layout: { "text-offset": [0, 0.9] } });
  label("prevention_zones", { color: c.prevention, size: [10, 12], minzoom: 9.5, along: true, layout: { "text-offset": [0, 0.9] } });
  label("exploration_survey_areas", { color: c.survey[3], size: [9, 12], minzoom: 12, along: true, layout: { "text-offset": [0, 0.9] } });
  label("cbm_exploration_rights", { color: c.methaneRight, size: [10, 12], minzoom: 10, along: true, layout: { "text-offset": [0, 0.9] } });
  label("industry_key_regions", { color: c.textSoft, size: [10, 12], minzoom: 11, along: true, layout: { "text-offset": [0, 0.9] } });
  label("energy_bases", { color: c.coalBaseLine, size: [11, 13], minzoom: 8, along: true, layout: { "text-offset": [0, 0.9], "text-letter-spacing": 0.15 } });
  label("key_exploration_areas", { color: c.keyArea, size: [10, 13], minzoom: 9, along: true, layout: { "text-offset": [0, 0.9] } });
  label("national_planned_mining_areas", { color: c.plannedArea, size: [10, 13], minzoom: 9, along: true, layout: { "text-offset": [0, 0.9] } });

  for (const { class: cls, filter } of faults) {
    label("faults", { class: cls, filter, color: c.fault, size: [10, 12], minzoom: 11, along: true, layout: { "text-offset": [0, -1] } });
  }
  for (const { class: cls, zh } of folds) {
    label("folds", { class: cls, filter: is("kind", zh), color: c.fold, size: [10, 12], minzoom: 11, along: true, layout: { "text-offset": [0, -1] } });
  }
  label("rivers", { color: c.waterText, size: [11, 14], minzoom: 9, along: true, layout: { "text-letter-spacing": 0.2 } });
  label("reservoirs", { color: c.waterText, size: [10, 13], minzoom: 10 });
  label("roads", { class: "county", filter: roads[0].filter, color: c.textSoft, size: [10, 12], minzoom: 12, along: true });
  for (const [cls, text] of [["provincial", c.shieldTextDark], ["national", c.shieldText], ["expressway", c.shieldText]]) {
    const { filter } = roads.find((r) => r.class === cls);
    label("roads", {
      class: cls, filter, color: text, size: [9, 11], minzoom: cls === "provincial" ? 10 : 9, halo: 0, along: true,
      layout: {
        "symbol-spacing": 320,
        "icon-image": `shield-${cls}`,
        "icon-text-fit": "both",
        "text-rotation-alignment": "viewport",
        "icon-rotation-alignment": "viewport",
      },
    });
  }
  label("prohibited_zones", { color: c.prohibited, size: [10, 12], minzoom: 12, halo: 1.8 });
  label("townships", { color: c.text, size: [12, 17], minzoom: 8.5, layout: { "text-letter-spacing": 0.12 } });
  label("mining_rights", { color: c.right, size: [10, 13], minzoom: 11 });
  for (const [layer, color] of [["exploration_blocks", c.explorationText], ["mining_blocks", c.miningText]]) {
    label(layer, { part: "code", text: ["get", "code"], color, size: [11, 12], minzoom: 9, maxzoom: 11, halo: 1.8 });
    label(layer, { text: "{code}\n{name}", color, size: [10, 13], minzoom: 11, halo: 1.8 });
  }

  return {
    version: 8,
    name: "长治市屯留区矿产资源总体规划（2021—2025年）",
    metadata: {
      "plantiles:title": { zh: "屯留区矿产资源总体规划（2021—2025年）", en: "Mineral resource plan of Tunliu District, 2021–2025" },
      "plantiles:classes": classes,
    },
    center: [112.74, 36.32],
    zoom: 10,
    sources: { plan: { type: "vector", url: "{base}/tiles/plan.json" } },
    sprite: `{base}/sprites/plan${theme}`,
    glyphs: "{base}/fonts/{fontstack}/{range}.pbf",
    layers,
  };
}

for (const [theme, palette] of Object.entries(themes)) {
  const style = planStyle(palette, theme);
  // The validator wants a real address where `{base}` stands.
  const errors = validateStyleMin(JSON.parse(JSON.stringify(style).replaceAll("{base}", "http://localhost")));
  for (const error of errors) console.error(error.message);
  if (errors.length > 0) process.exit(1);
  writeFileSync(fileURLToPath(new URL(`../plan${theme}.json`, import.meta.url)), JSON.stringify(style, null, 1) + "\n");
  console.log(`plan${theme}: ${style.layers.length} style layers`);
}
