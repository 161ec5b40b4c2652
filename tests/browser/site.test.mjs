// The map as a folder of files, with nginx for a host: no plantiles is asked for anything.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { bundledLayers, drawn, launch, newPage, record, server, settled, shots } from "./setting.mjs";

const folder = mkdtempSync(`${tmpdir()}/plantiles-site.`);
let browser, nginx, site;

async function freePort() {
  const probe = createServer();
  await new Promise((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

before(async () => {
  const program = process.env.PLANTILES_TEST_PROGRAM;
  assert.ok(program, "set PLANTILES_TEST_PROGRAM; see README.md");
  // A state directory of its own: the bundled plan.
  execFileSync(program, ["export", "--format", "site", "--state", `${folder}/state`, "-o", `${folder}/plan`], { stdio: "pipe", env: { PATH: process.env.PATH } });
  const port = await freePort();
  writeFileSync(`${folder}/nginx.conf`, `
    ${process.getuid() === 0 ? "user root;" : ""} daemon off; pid ${folder}/nginx.pid; error_log stderr;
    events {}
    http {
      include /etc/nginx/mime.types; access_log off;
      client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
      server { listen 127.0.0.1:${port}; location /maps/ { alias ${folder}/; } }
    }`);
  nginx = spawn("/usr/sbin/nginx", ["-p", folder, "-c", `${folder}/nginx.conf`], { stdio: "inherit" });
  site = `http://127.0.0.1:${port}/maps/plan/`;
  for (let tries = 0; !(await fetch(site).then((answer) => answer.ok, () => false)); tries++) {
    assert.ok(tries < 200, "nginx answers");
    await new Promise((later) => setTimeout(later, 50));
  }
  browser = await launch();
});
after(async () => {
  await browser?.close();
  nginx?.kill();
  rmSync(folder, { recursive: true, force: true });
});

test("a folder of files shows the plan from ranges of its archive", async (t) => {
  const page = await newPage(browser, t);
  const log = record(page);
  const ranges = [];
  page.on("response", (response) => response.url().endsWith(".pmtiles") && ranges.push(response.status()));
  await page.goto(site);
  await page.waitForSelector("html[data-ready=true]", { timeout: 60_000 });
  assert.ok((await page.title()).includes("屯留区"));
  for (const { id } of bundledLayers.filter((layer) => layer.group === "planning")) assert.ok((await drawn(page, id)) > 0, `${id} is drawn`);
  await page.screenshot({ path: `${shots}/site.png` });
  // Deeper than the archive goes, its last tiles are drawn larger.
  await page.evaluate(() => window.plantiles.map.jumpTo({ zoom: 16 }));
  await settled(page);
  assert.ok((await drawn(page, "townships")) > 0);
  assert.ok(ranges.length > 3 && ranges.every((status) => status === 206), `${ranges}`);
  assert.deepEqual(log.requests.filter((url) => !url.startsWith(site) && !url.startsWith("pmtiles:") && !url.startsWith("blob:")), []);
  assert.deepEqual(log.complaints, []);
  const file = await page.locator('[data-layer="roads"] a[download]').getAttribute("href").catch(() => "downloads/roads.fgb");
  assert.equal((await fetch(site + file)).status, 200);
});

test("the page of a server reads its archive too", async (t) => {
  const archive = "downloads/plan.pmtiles";
  // It is made when it is asked for first.
  for (let tries = 0; !(await fetch(`${server}/${archive}`, { method: "HEAD" })).ok; tries++) {
    assert.ok(tries < 60, "the archive is there");
    await new Promise((later) => setTimeout(later, 1000));
  }
  const page = await newPage(browser, t);
  const log = record(page);
  await page.goto(`${server}/?archive=${archive}`);
  await page.waitForSelector("html[data-ready=true]", { timeout: 60_000 });
  assert.ok((await drawn(page, "mining_blocks")) > 0);
  assert.ok(log.requests.some((url) => url === `${server}/${archive}`));
  assert.deepEqual(log.requests.filter((url) => url.startsWith(`${server}/tiles/`)), []);
  assert.deepEqual(log.complaints, []);
});
