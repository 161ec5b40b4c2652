// The page of addresses at /connect.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, record, server, shots } from "./setting.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test("an address is copied, and the page says so", async (t) => {
  const page = await newPage(browser, t, { permissions: ["clipboard-read", "clipboard-write"] });
  const log = record(page);
  await page.goto(`${server}/connect`);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await page.locator("#qgis-tiles").getByRole("button", { name: "复制: 切片地址" }).click();
  assert.equal(await copied(), `${server}/tiles/plan/{z}/{x}/{y}.mvt`);
  assert.equal(await page.locator("#announcement").textContent(), "已复制");
  await page.locator("#maplibre").getByRole("button", { name: "复制: 代码" }).click();
  assert.ok((await copied()).includes(`style: "${server}/styles/plan.json"`));
  await page.getByRole("button", { name: "复制" }).first().waitFor();
  await page.screenshot({ path: `${shots}/connect.png` });
  await page.getByRole("link", { name: "English" }).click();
  await page.getByRole("heading", { name: "Connect" }).waitFor();
  await page.getByRole("link", { name: "Map", exact: true }).click();
  await page.waitForSelector("html[data-ready=true]");
  assert.deepEqual(log.complaints, []);
});

test("a layer definition file is downloaded", async (t) => {
  const page = await newPage(browser, t);
  await page.goto(`${server}/connect`);
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#qgis-tiles a[download]").click()]);
  assert.equal(file.suggestedFilename(), "plan.qlr");
});

test("it fits a phone, and needs no script to be read", async (t) => {
  const page = await newPage(browser, t, { viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
  await page.goto(`${server}/connect`);
  const width = await page.locator("html").evaluate((html) => html.scrollWidth);
  assert.ok(width <= 360, String(width));
  assert.ok(await page.getByText(`${server}/styles/plan.json`, { exact: true }).first().isVisible());
  await page.screenshot({ path: `${shots}/phone-connect.png` });
});
