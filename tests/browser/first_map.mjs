// How long the page takes to its first map, for the bench: `node first_map.mjs`, with the variables of README.md. Writes milliseconds
// from the start of the navigation as JSON, from a browser that has been started for it, has come to rest and has never been anywhere.
import { bundledLayers, launch, server } from "./setting.mjs";

/** A browser's own start keeps it busy for about two seconds. */
const REST = 4000;

const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript((polygons) => {
    const first = new Promise((done) => {
      const look = () => {
        const { map } = window.plantiles ?? {};
        if (!map) return requestAnimationFrame(look);
        map.on("render", () => {
          // What was drawn in this frame: areas of the plan, from all the tiles that are in view.
          const areas = map.isSourceLoaded("plan") && map.queryRenderedFeatures().filter((f) => f.layer.type === "fill" && polygons.includes(f.sourceLayer));
          if (areas && areas.length > 0) done({ map: performance.now(), areas: areas.length });
        });
      };
      look();
    });
    window.firstMap = async () => {
      const { map, areas } = await first;
      const [navigation] = performance.getEntriesByType("navigation");
      const resources = performance.getEntriesByType("resource");
      const before = resources.filter(({ responseEnd }) => responseEnd <= map);
      return { map, areas, loaded: navigation.domContentLoadedEventEnd, requests: before.length, kb: before.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, navigation.encodedBodySize) / 1000 };
    };
  }, bundledLayers.filter(({ group, geometry }) => group === "planning" && geometry === "polygon").map(({ id }) => id));
  await new Promise((done) => setTimeout(done, REST));
  await page.goto(`${server}/`, { waitUntil: "commit" });
  const { map, ...rest } = await page.evaluate(() => window.firstMap());
  // Names and symbols too, nothing left to draw.
  await page.waitForSelector("html[data-ready=true]", { timeout: 60_000 });
  const whole = await page.evaluate(() => performance.now());
  console.log(JSON.stringify({ map, whole, ...rest }));
} finally {
  await browser.close();
}
