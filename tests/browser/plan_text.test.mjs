// What the plan's document says: of a feature that is clicked, and where words stand in its text.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bundledFeatures, clickOn, newPage, open, server } from "./setting.mjs";
import { browser, panel, violations } from "./walk.mjs";

const json = async (path) => (await fetch(`${server}/${path}`)).json();

/** The heading and the words of the line that an address of the text names, on the page that a link opens; in a table they are those of the row. */
async function lineBehind(page, click) {
  const [opened] = await Promise.all([page.context().waitForEvent("page"), click()]);
  await opened.waitForLoadState();
  assert.match(opened.url(), /\/plan\/text\/[^/]+#line-\d+$/);
  const words = await opened.locator(":target").evaluate((line) => `${document.querySelector("h1").innerText} ${(line.closest("tr") ?? line).innerText}`);
  await opened.close();
  return words.replace(/\s+/g, " ");
}

describe("a feature's words", () => {
  panel("words", async (page) => {
    const block = bundledFeatures("mining_blocks")[0];
    await clickOn(page, "mining_blocks", block);
    const feature = page.locator('#feature-panel [data-feature^="mining_blocks/"]');
    if (!(await feature.evaluate((details) => details.open))) await feature.locator("> summary").click();
    const said = await json(`plan/features/${await feature.getAttribute("data-feature")}?f=json`);
    assert.ok(said.text.length > 0 && said.rules.length > 0, "the plan names the block");
    await feature.locator(".words details").first().waitFor();
    for (const [title, entries] of [["规划文本所述", said.text], ["适用规则", said.rules], ["规划自相矛盾之处", said.inconsistencies]]) {
      const kind = feature.locator(".words details").filter({ hasText: title });
      assert.equal(await kind.count(), entries.length > 0 ? 1 : 0, title);
      if (entries.length === 0) continue;
      assert.equal(await kind.locator(".count").innerText(), String(entries.length));
      assert.equal(await kind.evaluate((details) => details.open), false, "it is folded");
      await kind.locator("summary").focus();
      await page.keyboard.press("Enter");
      const words = await kind.innerText();
      for (const { quote } of entries) if (quote) assert.ok(words.includes(quote), quote);
    }
    const first = feature.locator(".words details").first();
    const line = await lineBehind(page, () => first.locator("a").first().click());
    const quote = said.text[0].quote.replaceAll("…", "");
    assert.ok(line.includes(quote), `${line} has ${quote}`);
    await first.scrollIntoViewIfNeeded();
  });

  test("are told of each feature that is opened", async (t) => {
    const page = await newPage(browser, t);
    await open(page, "#lang=en");
    await clickOn(page, "mining_blocks", bundledFeatures("mining_blocks")[0]);
    const township = page.locator('#feature-panel [data-feature^="townships/"]').first();
    await township.locator("> summary").click();
    await township.locator(".words summary").filter({ hasText: "What the plan says" }).waitFor();
    assert.ok(await township.evaluate((details) => details.open));
  });
});

describe("search in the text", () => {
  panel("search-text", async (page) => {
    const box = page.getByRole("combobox", { name: /搜索/ });
    await box.fill("古城");
    const group = page.getByRole("group", { name: /规划文本/ });
    await group.waitFor();
    const { matched, hits } = await json(`plan/search?q=${encodeURIComponent("古城")}&limit=8&f=json`);
    assert.ok(hits.length > 0 && matched >= hits.length);
    // The last leads to the page with all of them.
    assert.equal(await group.getByRole("option").count(), hits.length + (matched > hits.length));
    const features = page.getByRole("group", { name: /地图要素/ }).getByRole("option");
    assert.ok((await features.count()) > 0);
    const marked = await group.locator("mark").allInnerTexts();
    assert.ok(marked.length >= hits.length && marked.every((words) => words === "古城"), String(marked));
    // By keyboard, past what is on the map.
    for (let i = 0; i <= (await features.count()); i++) await box.press("ArrowDown");
    assert.equal(await box.getAttribute("aria-activedescendant"), await group.getByRole("option").first().getAttribute("id"));
    assert.deepEqual(await violations(page), [], "with the list open");
    assert.match(await lineBehind(page, () => box.press("Enter")), /古城/);
    await box.focus();
    await group.waitFor();
  });

  test("a place is opened by a click, and the map stays", async (t) => {
    const page = await newPage(browser, t);
    await open(page);
    await page.getByRole("combobox").fill("绿色矿山");
    const option = page.getByRole("group", { name: /规划文本/ }).getByRole("option").first();
    assert.match(await lineBehind(page, () => option.click()), /绿色矿山/);
    assert.equal(page.url().split("#")[0], `${server}/`);
  });
});
