// The review of a proposed right: written, drawn, from a file, dropped on the map.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { bundledFeatures, newPage, open, openPanel, record, server, settled, shots } from "./setting.mjs";
import { browser, clickPoints, panel } from "./walk.mjs";

describe("review", () => {
  /** A square of 0.01° around the middle of a feature's box. */
  function squareOn(feature) {
    const corners = feature.geometry.coordinates.flat(2);
    const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2;
    const [x, y] = [middle(corners.map(([lng]) => lng)), middle(corners.map(([, lat]) => lat))];
    const d = 0.005;
    return [[x - d, y - d], [x + d, y - d], [x + d, y + d], [x - d, y + d], [x - d, y - d]];
  }
  const answers = async (page) => {
    await page.locator("#review select[name=kind]").selectOption("mining");
    await page.locator("#review select[name=application]").selectOption("new");
    await page.locator("#review input[name=mineral]").fill("煤");
  };

  panel("review", async (page) => {
    await openPanel(page, "review");
    await answers(page);
    const zone = bundledFeatures("prohibited_zones").find((f) => f.properties.name.includes("水源")) ?? bundledFeatures("prohibited_zones")[0];
    await page.getByLabel("申请范围").fill(JSON.stringify({ type: "Polygon", coordinates: [squareOn(zone)] }));
    await page.locator("#review").getByRole("button", { name: "审查", exact: true }).click();
    const result = page.locator("#review-result");
    await result.locator('[data-rule="R05"]').waitFor();
    // The server's own answer, rule by rule.
    const body = new URLSearchParams({ proposal: await page.getByLabel("申请范围").inputValue(), kind: "mining", application: "new", mineral: "煤" });
    const answer = await (await fetch(`${server}/review?f=json`, { method: "POST", body })).json();
    assert.equal(answer.verdict, "conflict");
    assert.equal(await result.locator("h3.verdict").innerText(), "冲突");
    assert.equal(await result.locator("[data-rule]").count(), answer.rules.length);
    const words = await result.locator('[data-rule="R05"]').innerText();
    assert.ok(words.includes(zone.properties.name), words);
    assert.match(words, /km²/);
    assert.match(await result.innerText(), /示意图形/);
    await settled(page);
    const roles = await page.evaluate(() => [...new Set(window.plantiles.map.querySourceFeatures("review").map((f) => f.properties.role))].sort());
    assert.ok(roles.includes("overlap") && roles.includes("proposal"), String(roles));
    assert.equal(await page.evaluate(() => document.scrollingElement.scrollTop), 0, "the page itself stays");
  });

  test("drawn on the map, or from a file, and printed", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    await openPanel(page, "review");
    await answers(page);
    await page.getByRole("button", { name: "在地图上绘制" }).click();
    const places = await clickPoints(page, [[0.4, 0.4], [0.45, 0.4], [0.45, 0.45]]);
    const drawn = JSON.parse(await page.getByLabel("申请范围").inputValue()).coordinates[0];
    assert.equal(drawn.length, 4);
    drawn.slice(0, 3).forEach(([lng, lat], i) => assert.ok(Math.abs(lng - places[i][0]) < 1e-3 && Math.abs(lat - places[i][1]) < 1e-3)); // a pixel
    const text = "J1 4020602.5 38400306.4\nJ2 4020602.5 38401306.4\nJ3 4019602.5 38401306.4\nJ4 4019602.5 38400306.4\n";
    await page.locator("#review-file").setInputFiles({ name: "拐点.txt", mimeType: "text/plain", buffer: Buffer.from(text) });
    await page.waitForFunction(() => document.querySelector("#review-proposal").value.startsWith("J1"));
    const [report] = await Promise.all([page.context().waitForEvent("page"), page.getByRole("button", { name: "打印报告" }).click()]);
    await report.waitForLoadState();
    assert.match(await report.locator("body").innerText(), /38400306/);
    await page.locator("#review").getByRole("button", { name: "审查", exact: true }).click();
    await page.locator("#review-result h3.verdict").waitFor();
    // What is wrong is said in the server's words.
    await page.getByLabel("申请范围").fill("J1 1 2");
    await page.locator("#review").getByRole("button", { name: "审查", exact: true }).click();
    await page.locator("#review-result .wrong").waitFor();
  });
});

describe("a file dropped on the map", () => {
  /** Drops a file of these bytes on the map, as the browser hears it from the desktop. */
  async function drop(page, t, name, bytes) {
    const folder = mkdtempSync(join(tmpdir(), "plantiles-drop."));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, name), bytes);
    const session = await page.context().newCDPSession(page);
    const { x, y } = await page.locator("#stage").evaluate((stage) => { const { left, top, width, height } = stage.getBoundingClientRect(); return { x: left + width / 2, y: top + height / 4 }; });
    const event = { x, y, data: { items: [], files: [join(folder, name)], dragOperationsMask: 1 } };
    await session.send("Input.dispatchDragEvent", { type: "dragEnter", ...event });
    await session.send("Input.dispatchDragEvent", { type: "dragOver", ...event });
    await page.locator("#drop-notice").waitFor();
    await page.screenshot({ path: `${shots}/drop-${name}.png` });
    await session.send("Input.dispatchDragEvent", { type: "drop", ...event });
    await page.locator("#drop-notice").waitFor({ state: "hidden" });
  }
  const RING = [[112.85, 36.3], [112.86, 36.3], [112.86, 36.31], [112.85, 36.31], [112.85, 36.3]];
  const CORNERS = "J1 4020602.5 38400306.4\nJ2 4020602.5 38401306.4\nJ3 4019602.5 38401306.4\nJ4 4019602.5 38400306.4\n";
  const FILES = {
    "block.geojson": JSON.stringify({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [RING] } }),
    "block.wkt": `POLYGON ((${RING.map((place) => place.join(" ")).join(", ")}))`,
    "corners.txt": CORNERS,
    // Such as older programs write: "拐点坐标" in GBK.
    "gbk.txt": Buffer.concat([Buffer.from([0xb9, 0xd5, 0xb5, 0xe3, 0xd7, 0xf8, 0xb1, 0xea, 0x0a]), Buffer.from(CORNERS)]),
  };

  for (const [name, bytes] of Object.entries(FILES)) {
    test(`is reviewed: ${name}`, async (t) => {
      const page = await newPage(browser, t);
      const log = record(page);
      await open(page);
      await drop(page, t, name, bytes);
      await page.locator("#review-result h3.verdict").waitFor();
      assert.match(await page.locator("#review-result").innerText(), /4 个拐点/);
      await settled(page);
      const roles = await page.evaluate(() => window.plantiles.map.querySourceFeatures("review").map((f) => f.properties.role));
      assert.ok(roles.includes("proposal"), String(roles));
      assert.deepEqual(log.complaints, []);
    });
  }

  for (const [name, bytes, words] of [
    ["picture.png", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]), /picture\.png: 不是文本文件.*plantiles review/],
    ["empty.txt", "", /empty\.txt: 文件是空的/],
    ["large.txt", Buffer.alloc(5 << 20, "1 "), /large\.txt: 文件超过 4 MiB/],
    ["letter.txt", "您好，附件是申请材料。", /letter\.txt: 未能审查：/],
    ["bowtie.wkt", "POLYGON ((112.85 36.3, 112.86 36.31, 112.86 36.3, 112.85 36.31, 112.85 36.3))", /bowtie\.wkt: 未能审查：.*112\.855/],
    ["far.geojson", '{"type":"Point","coordinates":[112.85,36.3]}', /far\.geojson: 未能审查：.*polygon/],
  ]) {
    test(`is refused in words: ${name}`, async (t) => {
      const page = await newPage(browser, t);
      await open(page);
      await drop(page, t, name, bytes);
      const wrong = page.locator("#review-result .wrong");
      await wrong.waitFor();
      assert.match(await wrong.innerText(), words);
      await page.screenshot({ path: `${shots}/refused-${name}.png` });
      assert.equal(page.url().split("#")[0], `${server}/`, "the page stays");
      assert.ok(await page.locator("#panel-review").isVisible());
    });
  }
});
