// Colours by meaning. Another look of the same map (dark, print) is another palette, not another style.
//
// Hues follow the habit of Chinese mineral-plan maps (DZ/T 0350): red for what is forbidden and for faults, blue for
// exploration, warm colours for mining, violet for national planned areas, green for prevention.
const light = {
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

  shieldExpressway: "#1d7a4c",
  shieldNational: "#b3392f",
  shieldProvincial: "#f2c14e",
  shieldText: "#ffffff",
  shieldTextDark: "#4a3a05",

  text: "#2b2a2e",
  textSoft: "#5b5660",
  halo: "#ffffff",
};

/** For a dark room: the same hues, lighter lines on dark ground. */
const dark = {
  ...light,
  paper: "#16181d",
  district: "#1f2228",
  boundary: "#b8a9c4",
  township: "#6e6877",
  sheet: "#71848f",

  water: "#24485f",
  waterLine: "#3f7ba6",
  waterText: "#8cc4ea",

  roadCasing: "#101216",
  expressway: "#b5773a",
  national: "#8f7a45",
  provincial: "#736c40",
  county: "#4a4d54",

  coalBase: "#5a4a2a",
  coalBaseLine: "#b89a5c",
  methaneBase: "#35aab2",

  plannedArea: "#a98be0",
  keyArea: "#2fbf9f",
  industryCoal: "#d0a045",
  industryMethane: "#35aab2",

  exploration: "#5b8dff",
  explorationText: "#a9c3ff",
  mining: "#ff7d42",
  miningText: "#ffb592",
  right: "#c08a66",
  survey: ["#5f6aa0", "#7482bd", "#8b9ad8", "#a9b7f2"],
  methaneRight: "#3bb4dc",

  prohibited: "#ff5163",
  governance: "#d98a3f",
  prevention: "#86b851",

  fault: "#ff5a5a",
  fold: "#d36bb0",

  shieldProvincial: "#c99a2e",

  text: "#eceaf0",
  textSoft: "#b4aebb",
  halo: "#14161a",
};

/** For paper: white ground, less ink on areas, darker lines and names. */
const print = {
  ...light,
  paper: "#ffffff",
  district: "#ffffff",
  boundary: "#3d3346",
  township: "#8a8390",
  sheet: "#7f8f99",

  water: "#cfe6f4",
  waterLine: "#4f93c2",
  waterText: "#1f5f8f",

  roadCasing: "#8f8577",
  expressway: "#f2b679",
  national: "#f7dd9f",
  provincial: "#fbf0c4",

  coalBase: "#efe3c9",
  coalBaseLine: "#8a6d33",

  exploration: "#1646a8",
  mining: "#c94708",
  right: "#572c14",

  prohibited: "#b00020",
  fault: "#c4000a",

  text: "#000000",
  textSoft: "#3a3640",
};

/** The themes, by what stands behind `plan` in the names of the files that are built of them. */
export const themes = { "": light, "-dark": dark, "-print": print };
