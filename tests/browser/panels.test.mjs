// Every panel by a reader's path: what it is for works. That of reviews is in review.test.mjs, what the plan says in plan_text.test.mjs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { bundledFeatures, bundledLayers, clickOn, drawn, newPage, open, openPanel, server, settled, shots } from "./setting.mjs";
import { browser, clickPoints, panel, VIEWPORTS, violations } from "./walk.mjs";

const hashOf = (page) => page.evaluate(() => decodeURIComponent(location.hash));
const shownNames = (page, layer) => page.evaluate((id) => [...new Set(window.plantiles.map.queryRenderedFeatures().filter((f) => f.sourceLayer === id).map((f) => f.properties.name))], layer);

describe("axe itself", () => {
  test("finds what is wrong, where something is", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    await page.evaluate(() => {
      const button = document.createElement("button");
      button.style.color = "#ccc";
      document.querySelector("header").append(button);
    });
    assert.match((await violations(page)).join("\n"), /button-name/);
  });
});

describe("layers", () => {
  panel("layers", async (page) => {
    await openPanel(page, "layers");
    const chapter = page.locator('[data-chapter="四"]');
    assert.deepEqual(await chapter.locator("[data-layer]").evaluateAll((rows) => rows.map((row) => row.dataset.layer)), ["exploration_blocks", "mining_blocks"]);
    assert.match(await chapter.innerText(), /第四章 加强矿产资源勘查开发利用与保护[\s\S]*表4-4[\s\S]*表4-5/);
    // Every layer stands in the chapter that its source names.
    for (const { id, source, group } of bundledLayers) {
      const found = await page.locator(`[data-layer="${id}"]`).evaluate((row) => row.closest("[data-chapter]").dataset.chapter);
      assert.equal(found, group === "base" ? "base" : source[1], id);
    }
    const whole = chapter.getByRole("checkbox", { name: /整组/ });
    await chapter.locator('[data-layer="mining_blocks"] input').uncheck();
    assert.ok(await whole.evaluate((box) => box.indeterminate));
    assert.doesNotMatch(await hashOf(page), /layers=[^&]*mining_blocks/);
    await whole.check();
    assert.doesNotMatch(await hashOf(page), /layers=/);
    const fold = chapter.getByRole("button", { name: /第四章/ });
    await fold.focus();
    await page.keyboard.press("Enter");
    assert.equal(await fold.getAttribute("aria-expanded"), "false");
    assert.equal(await chapter.locator("[data-layer]").first().isVisible(), false);
    await fold.click();
    assert.ok(await chapter.locator("[data-layer]").first().isVisible());
  });
});

describe("search", () => {
  panel("search", async (page) => {
    const block = bundledFeatures("exploration_blocks").find((f) => f.properties.code === "KQ003");
    const box = page.getByRole("combobox", { name: /搜索/ });
    await box.fill("kq003");
    const option = page.getByRole("option").first();
    await option.waitFor();
    assert.ok((await option.innerText()).includes(block.properties.name));
    assert.equal(await box.getAttribute("aria-expanded"), "true");
    await box.press("ArrowDown");
    assert.equal(await box.getAttribute("aria-activedescendant"), "result-0");
    assert.deepEqual(await violations(page), [], "with the list open");
    await box.press("Enter");
    await page.locator('#feature-panel [data-feature^="exploration_blocks/"]').waitFor();
    assert.ok((await page.locator("#feature-panel").innerText()).includes(block.properties.name));
    // The map has flown there.
    const [x, y] = block.geometry.coordinates[0][0][0];
    assert.ok(await page.evaluate(([lng, lat]) => window.plantiles.map.getBounds().contains([lng, lat]), [x, y]));
    assert.match(await hashOf(page), /feature=exploration_blocks\/\d+/);
    await box.fill("没有这样的名称");
    await page.getByText("没有找到").waitFor();
    await box.fill("");
  });

  test("by holder and mineral, and a hidden layer is shown for what was chosen", async (t) => {
    const page = await newPage(browser, t);
    await open(page, "#layers=roads");
    assert.equal(await drawn(page, "mining_rights"), 0);
    const right = bundledFeatures("mining_rights").find((f) => f.properties.holder);
    await page.getByRole("combobox").fill(`${right.properties.holder.slice(2, 8)} 煤`);
    // The plan's text names it too.
    const option = page.getByRole("option", { name: `采矿权 ${right.properties.name}` });
    await option.click();
    await page.locator('#feature-panel [data-feature^="mining_rights/"]').waitFor();
    assert.ok((await drawn(page, "mining_rights")) > 0);
    assert.match(await hashOf(page), /layers=mining_rights,roads/);
  });
});

describe("identify", () => {
  panel("feature", async (page) => {
    const block = bundledFeatures("mining_blocks")[0];
    await clickOn(page, "mining_blocks", block);
    const found = page.locator("#feature-panel");
    await found.waitFor();
    const layers = await found.locator("[data-feature]").evaluateAll((all) => all.map((one) => one.dataset.feature.split("/")[0]));
    assert.ok(layers.includes("mining_blocks") && layers.includes("townships") && layers.includes("admin_boundary"), String(layers));
    const feature = found.locator('[data-feature^="mining_blocks/"]');
    if (!(await feature.evaluate((details) => details.open))) await feature.locator("summary").click();
    assert.deepEqual(await feature.locator("h3").allInnerTexts(), ["基本信息", "详细信息", "依据"]);
    const [html, json, file] = await feature.locator(".links a").evaluateAll((links) => links.map((link) => link.href));
    assert.match(await (await fetch(html)).text(), /<html/);
    assert.equal((await (await fetch(json)).json()).properties.name, block.properties.name);
    assert.equal((await fetch(file, { method: "HEAD" })).status, 200);
  });
});

/** Great-circle length, m: within half a per cent of the ellipsoid's, by another way. */
function onSphere(places) {
  const rad = Math.PI / 180;
  return places.slice(1).reduce((sum, [x, y], i) => {
    const [px, py] = places[i];
    const h = Math.sin(((y - py) * rad) / 2) ** 2 + Math.cos(y * rad) * Math.cos(py * rad) * Math.sin(((x - px) * rad) / 2) ** 2;
    return sum + 2 * 6371008.8 * Math.asin(Math.sqrt(h));
  }, 0);
}

describe("measure", () => {
  panel("measure", async (page) => {
    await openPanel(page, "measure");
    const places = await clickPoints(page, [[0.3, 0.2], [0.6, 0.2], [0.6, 0.32]]);
    const value = async (i) => {
      const words = await page.locator("#measured dd").nth(i).innerText();
      const [, digits, unit] = /([\d.,]+) (km²|km|m)/.exec(words);
      return Number(digits.replaceAll(",", "")) * (unit === "m" ? 1 : unit === "km" ? 1000 : 1);
    };
    const length = onSphere(places);
    assert.ok(Math.abs((await value(0)) / length - 1) < 0.005, `${await value(0)} ${length}`);
    assert.equal(await page.locator("#feature-panel").isVisible(), false, "clicks are the tool's");
    await page.getByRole("radio", { name: "面积" }).check();
    const [a, b, c] = places;
    const area = (onSphere([a, b]) * onSphere([b, c])) / 2 / 1e6;
    assert.ok(Math.abs((await value(0)) / area - 1) < 0.01, `${await value(0)} ${area}`);
    assert.equal(await page.locator(".corners li").count(), 3);
    await page.getByRole("button", { name: "撤销" }).click();
    assert.equal(await page.locator(".corners li").count(), 2);
    // By keyboard, at the centre.
    await page.locator("canvas.maplibregl-canvas").focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(".corners li").count(), 3);
    await page.getByRole("button", { name: "复制点坐标" }).click();
    const [, lng, lat] = (await page.evaluate(() => navigator.clipboard.readText())).split("\n").at(-1).split("\t").map(Number);
    const centre = await page.evaluate(() => window.plantiles.map.getCenter().toArray());
    assert.ok(Math.abs(lng - centre[0]) < 1e-6 && Math.abs(lat - centre[1]) < 1e-6);
  });

  test("a click tells what is there again when the panel is closed", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    await openPanel(page, "measure");
    await clickPoints(page, [[0.3, 0.4]]);
    await page.getByRole("button", { name: "量测" }).click();
    await clickPoints(page, [[0.4, 0.5]]);
    await page.locator("#feature-panel").waitFor();
  });
});

describe("coordinates", () => {
  /** A corner of the plan, in degrees and, by the server's own projection, in a zone of 3° and one of 6°. */
  async function corner(crs) {
    const url = `${server}/ogc/collections/mining_rights/items/1?f=json${crs ? `&crs=http://www.opengis.net/def/crs/EPSG/0/${crs}` : ""}`;
    return (await (await fetch(url)).json()).geometry.coordinates[0][0][0];
  }
  /** Where the map is going. */
  const marker = (page) => page.evaluate(() => new Promise((done) => {
    const { map } = window.plantiles;
    const look = () => done(map.getCenter().toArray());
    if (map.isMoving()) map.once("moveend", look);
    else look();
  }));

  panel("goto", async (page) => {
    const [lng, lat] = await corner();
    // EPSG:4526 is the zone 38 of 3°, EPSG:4497 the zone 19 of 6°: north before east.
    const [x3, y3] = await corner(4526);
    const [x6, y6] = await corner(4497);
    const dms = (value) => `${Math.floor(value)}°${Math.floor((value * 60) % 60)}′${((value * 3600) % 60).toFixed(3)}″`;
    for (const [written, read] of [
      [`${lng}, ${lat}`, "经纬度"],
      [`${lat} ${lng}`, "经纬度"],
      [`${dms(lng)}E ${dms(lat)}N`, "经纬度"],
      [`${x3}, ${y3}`, "带号 38"],
      [`${y6} ${x6}`, "带号 19"],
    ]) {
      await openPanel(page, "goto");
      await page.getByLabel("经度和纬度").fill(written);
      await page.keyboard.press("Enter");
      const [foundLng, foundLat] = await marker(page);
      assert.ok(Math.abs(foundLng - lng) < 2e-6 && Math.abs(foundLat - lat) < 2e-6, `${written}: ${foundLng} ${foundLat}`);
      assert.ok((await page.locator("#go-to-answer").textContent()).includes(read), written);
      assert.equal(await page.locator(".maplibregl-marker").count(), 1);
    }
    for (const [written, why] of [["112.9", "需要两个数"], ["4020602.5, 400306.4", "没有带号"], ["-33.9, 151.2", "不在中国"], ["4020602.5, 99400306.4", "不在中国"]]) {
      await openPanel(page, "goto");
      await page.getByLabel("经度和纬度").fill(written);
      await page.keyboard.press("Enter");
      assert.ok((await page.locator("#go-to-answer").innerText()).includes(why), written);
    }
    await page.getByLabel("经度和纬度").fill(`${lng}, ${lat}`);
    await page.keyboard.press("Enter");
    await marker(page);
  });

  test("the line under the map tells degrees and the zone of 3°", async (t) => {
    const page = await newPage(browser, t);
    const [lng, lat] = await corner();
    const [x, y] = await corner(4526);
    await open(page, `#map=15/${lat}/${lng}`);
    const words = await page.locator("#coordinates").innerText();
    const [, north, east, zone] = /X ([\d.]+) Y ([\d.]+) \(带号 (\d+)\)/.exec(words);
    const [cx, cy] = await page.evaluate(() => window.plantiles.map.getCenter().toArray());
    assert.ok(Math.abs(cx - lng) < 1e-4 && Math.abs(cy - lat) < 1e-4);
    assert.equal(zone, "38");
    assert.ok(Math.abs(north - x - (cy - lat) * 111_000) < 0.5 && Math.abs(east - y - (cx - lng) * 89_700) < 0.5, words);
  });
});

describe("filter", () => {
  panel("filter", async (page) => {
    await openPanel(page, "filter");
    const before = await shownNames(page, "mining_blocks");
    assert.ok(before.length > 1);
    await page.getByRole("checkbox", { name: "煤层气", exact: true }).check();
    await page.locator("#filter-notice").getByText("煤层气").waitFor();
    await page.waitForFunction(() => !window.plantiles.map.queryRenderedFeatures().some((f) => f.sourceLayer === "mining_blocks" && f.properties.mineral !== "煤层气"));
    await settled(page);
    const expected = bundledFeatures("mining_blocks").filter((f) => f.properties.mineral === "煤层气").map((f) => f.properties.name);
    assert.deepEqual((await shownNames(page, "mining_blocks")).sort(), expected.sort());
    // Names are cut apart from areas, and have no mineral of their own.
    const names = await page.evaluate(() => [...new Set(window.plantiles.map.querySourceFeatures("plan", { sourceLayer: "mining_blocks_label" }).map((f) => f.properties.name))]);
    assert.deepEqual(names.sort(), expected.sort());
    assert.ok((await drawn(page, "prohibited_zones")) > 0, "what names no mineral stays");
    assert.match(await hashOf(page), /mineral=煤层气/);
    await page.getByLabel("有效年份").fill("2024");
    await page.keyboard.press("Enter");
    await page.locator("#filter-notice").getByText("2024").waitFor();
    assert.match(await hashOf(page), /year=2024/);
  });

  test("what is no longer valid is gone, and comes back when the filter is cleared", async (t) => {
    const page = await newPage(browser, t);
    await open(page, "#year=2030");
    const valid = bundledFeatures("mining_rights").filter(({ properties: { valid_to } }) => !valid_to || valid_to >= "2030-01-01");
    const all = bundledFeatures("mining_rights");
    assert.ok(valid.length < all.length);
    assert.deepEqual((await shownNames(page, "mining_rights")).sort(), valid.map((f) => f.properties.name).sort());
    await page.locator("#filter-notice").getByRole("button", { name: "清除筛选" }).click();
    await page.waitForFunction((n) => new Set(window.plantiles.map.queryRenderedFeatures().filter((f) => f.sourceLayer === "mining_rights").map((f) => f.id)).size === n, all.length);
    assert.doesNotMatch(await hashOf(page), /year=/);
    assert.equal(await page.locator("#filter-notice").isVisible(), false);
  });
});

describe("download", () => {
  panel("download", async (page) => {
    await openPanel(page, "download");
    await page.locator("#download select[name=layer]").selectOption("mining_blocks");
    const link = page.locator("#download a.primary");
    const take = async () => {
      const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
    };
    // What the server lists is what there is to choose, and each is served.
    const { layers } = await (await fetch(`${server}/layers.json`)).json();
    const formats = layers.find(({ id }) => id === "mining_blocks").downloads.map(({ format }) => format);
    assert.deepEqual(await page.locator("#download select[name=format] option").evaluateAll((options) => options.map((option) => option.value)), formats);
    for (const format of formats) {
      await page.locator("#download select[name=format]").selectOption(format);
      const { bytes } = await take();
      assert.ok(bytes.length > 100, format);
    }
    await page.locator("#download select[name=format]").selectOption("geojson");
    await page.getByRole("button", { name: "复制地址" }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${server}/downloads/mining_blocks.geojson`);
    const names = ({ bytes }) => JSON.parse(bytes).features.map((feature) => feature.properties.name).sort();
    const all = bundledFeatures("mining_blocks");
    assert.deepEqual(names(await take()), all.map((f) => f.properties.name).sort());
    // Only what is in view, and what the filter lets through.
    const one = all.find((f) => f.properties.code === "CQ003");
    const [x, y] = one.geometry.coordinates.flat(2)[0];
    await page.evaluate(([lng, lat]) => window.plantiles.map.jumpTo({ center: [lng, lat], zoom: 14 }), [x, y]);
    await page.getByRole("checkbox", { name: "仅当前视图范围" }).check();
    assert.deepEqual(names(await take()), [one.properties.name]);
    await page.getByRole("checkbox", { name: "仅当前视图范围" }).uncheck();
  });

  test("the filter of the map is that of the file", async (t) => {
    const page = await newPage(browser, t);
    await open(page, "#mineral=煤层气");
    await openPanel(page, "download");
    await page.locator("#download select[name=layer]").selectOption("mining_blocks");
    await page.locator("#download select[name=format]").selectOption("geojson");
    const file = async () => (await (await fetch(await page.locator("#download a.primary").getAttribute("href"))).json()).features.length;
    const expected = bundledFeatures("mining_blocks").filter((f) => f.properties.mineral === "煤层气").length;
    assert.equal(await file(), expected);
    await page.getByRole("checkbox", { name: "仅符合筛选条件" }).uncheck();
    assert.equal(await file(), bundledFeatures("mining_blocks").length);
  });
});

describe("statistics", () => {
  panel("statistics", async (page) => {
    await openPanel(page, "statistics");
    const row = (words) => page.locator("#statistics tbody tr").filter({ has: page.locator("th", { hasText: new RegExp(`^${words}$`) }) }).locator("td");
    const count = (layer) => bundledFeatures(layer).length;
    const title = (layer) => bundledLayers.find(({ id }) => id === layer).title.zh;
    await row(title("mining_rights")).waitFor();
    for (const { id } of bundledLayers) assert.equal(await row(title(id)).innerText(), String(count(id)), id);
    await page.getByLabel("数值").selectOption("area_stated_km2");
    const stated = bundledFeatures("mining_rights").reduce((sum, f) => sum + (f.properties.area_km2 ?? 0), 0);
    assert.ok(Math.abs(Number((await row(title("mining_rights")).innerText()).replaceAll(",", "")) - stated) < 0.01);
    await page.getByLabel("分组").selectOption("mineral");
    await row("煤层气").waitFor();
    const methane = bundledLayers.flatMap(({ id }) => bundledFeatures(id)).filter((f) => f.properties.mineral === "煤层气");
    await page.getByLabel("数值").selectOption("features");
    assert.equal(await row("煤层气").innerText(), String(methane.length));
    const widths = await page.locator("#statistics .bar").evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
    assert.ok(widths.length > 2 && widths[0] > widths.at(-1), "the bars are as long as the numbers");
    const csv = await page.getByRole("link", { name: "CSV" }).getAttribute("href");
    assert.match(await (await fetch(csv)).text(), /煤层气/);
  });
});

describe("editions", () => {
  panel("editions", async (page) => {
    await openPanel(page, "editions");
    await page.locator("#revisions").getByText(/当前/).first().waitFor();
  });
});

describe("connect", () => {
  panel("connect", async (page) => {
    await openPanel(page, "connect");
    await page.locator("#connect").getByRole("button", { name: /切片地址/ }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${server}/tiles/plan/{z}/{x}/{y}.mvt`);
    const other = await page.locator("#connect a").getAttribute("href");
    assert.equal((await fetch(`${server}/${other}`)).status, 200);
  });
});

describe("the address", () => {
  test("a copied link shows another reader the same", async (t) => {
    const page = await newPage(browser, t, { permissions: ["clipboard-read", "clipboard-write"], colorScheme: "dark" });
    await open(page, "#map=12.5/36.32/112.87");
    await page.click("#language");
    await openPanel(page, "layers");
    await page.locator('[data-layer="roads"] input').uncheck();
    await openPanel(page, "filter");
    await page.getByRole("checkbox", { name: "煤", exact: true }).check();
    const box = page.getByRole("combobox");
    await box.fill("CQ001");
    await page.getByRole("option").first().waitFor();
    await box.press("Enter");
    await page.locator("#feature-panel").waitFor();
    await settled(page);
    await page.locator("#share").click();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(new URL(link).origin, new URL(server).origin);

    const other = await newPage(browser, t, { colorScheme: "light" });
    await other.goto(link);
    await other.waitForSelector("html[data-ready=true]");
    await other.locator("#feature-panel").waitFor();
    assert.equal(await other.getAttribute("html", "lang"), "en");
    assert.equal(await other.getAttribute("html", "data-theme"), "dark");
    const state = (of) => of.evaluate(() => {
      const { map } = window.plantiles;
      // As the address rounds them.
      return [map.getZoom().toFixed(1), map.getCenter().lng.toFixed(2), map.getCenter().lat.toFixed(2), document.querySelector("#feature-panel details[open]").dataset.feature, document.querySelector("#filter-notice").textContent].join();
    });
    assert.equal(await state(other), await state(page));
    assert.equal(await drawn(other, "roads"), 0);
    assert.equal(await other.locator('[data-layer="roads"] input').isChecked(), false);
  });

  test("the theme is changed by a button, page and map alike, and remembered", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    const background = () => page.evaluate(() => [getComputedStyle(document.querySelector("header")).backgroundColor, window.plantiles.map.getPaintProperty("background", "background-color")].join());
    const light = await background();
    await page.getByRole("button", { name: "深色显示" }).click();
    await page.waitForSelector("html[data-theme=dark][data-ready=true]");
    assert.notEqual(await background(), light);
    await page.goto("about:blank");
    await open(page);
    assert.equal(await page.getAttribute("html", "data-theme"), "dark");
  });

  test("an address written by hand is followed", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    await page.evaluate(() => (location.hash = "#lang=en&layers=roads"));
    await page.waitForSelector("html[lang=en][data-ready=true]");
    assert.equal(await drawn(page, "mining_blocks"), 0);
  });
});

describe("English", () => {
  for (const [size, options] of Object.entries(VIEWPORTS)) {
    test(`every panel, ${size}`, async (t) => {
      const page = await newPage(browser, t, options);
      await open(page, "#lang=en");
      const names = await page.locator("#rail [data-opens]").evaluateAll((buttons) => buttons.map((button) => button.dataset.opens));
      assert.ok(names.length >= 7);
      for (const name of names) {
        await openPanel(page, name);
        const words = await page.locator(`#panel-${name}`).innerText();
        const own = words.split("\n").filter((line) => !/[（]|^\s*$/.test(line));
        assert.ok(own.length > 0, name);
        if (!["filter", "editions"].includes(name)) assert.doesNotMatch(words, /[一-龥]/, name);
        assert.ok((await page.evaluate(() => document.scrollingElement.scrollWidth)) <= options.viewport.width, name);
        await page.screenshot({ path: `${shots}/english-${name}-${size}.png` });
      }
    });
  }
});
