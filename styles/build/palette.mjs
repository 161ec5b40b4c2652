// Colours by meaning. Another look of the same map (dark, print) is another palette, not another style.
//
// Hues follow the habit of Chinese mineral-plan maps (DZ/T 0350): red for what is forbidden and for faults, blue for
// exploration, warm colours for mining, violet for national planned areas, green for prevention.
export const light = {
  paper: "#f3f1ec",
  district: "#fdfcf8",
  boundary: "#6b5b73",
  township: "#a9a2ad",
  sheet: "#93a3ad",

  water: "#a6cfe8",
  waterLine: "#6aa9d2",
  waterText: "#2f6f9f",

  roadCasing: "#b7ad9d",
  expressway: "#f0a860",
  national: "#f5cf83",
  provincial: "#faeaa9",
  county: "#ffffff",

  coalBase: "#ead9b8",
  coalBaseLine: "#a88a4e",
  methaneBase: "#2a8c93",

  plannedArea: "#6f4aa0",
  keyArea: "#0d8067",
  industryCoal: "#b08328",
  industryMethane: "#2a8c93",

  exploration: "#2459c4",
  explorationText: "#163f94",
  mining: "#e05a1c",
  miningText: "#a83a06",
  right: "#6e3b1f",
  survey: ["#9aa6d8", "#7d8bc9", "#5f6fb8", "#4453a3"],
  methaneRight: "#0b7ba1",

  prohibited: "#c8102e",
  governance: "#a5570f",
  prevention: "#55802a",

  fault: "#d7191c",
  fold: "#8e2a6b",

  text: "#2b2a2e",
  textSoft: "#5b5660",
  halo: "#ffffff",
};
