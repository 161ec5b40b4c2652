// The map as files, in a folder, with nginx for a host, and in buckets: no plantiles is asked for anything.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { bundledFeatures, bundledLayers, clickOn, drawn, launch, newPage, record, server, settled, shots } from "./setting.mjs";

const folder = mkdtempSync(`${tmpdir()}/plantiles-site.`);
let browser, nginx, files;

async function freePort() {
  const probe = createServer();
  await new Promise((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

/** Exports the bundled plan, from a state directory of its own; what is said of it. */
function exportSite(...to) {
  const program = process.env.PLANTILES_TEST_PROGRAM;
  assert.ok(program, "set PLANTILES_TEST_PROGRAM; see README.md");
  const store = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("AWS_")));
  return execFileSync(program, ["export", "--format", "site", "--state", `${folder}/state`, ...to], { encoding: "utf8", stdio: "pipe", env: { PATH: process.env.PATH, ...store } });
}

/** Lets everybody read the bucket of `tests/objects`, and answers for the address of what is in it. */
function openBucket() {
  const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_REGION: region, PLANTILES_TEST_STORE: url } = process.env;
  assert.ok(url, "set PLANTILES_TEST_STORE; see README.md");
  const bucket = url.replace("s3://", "");
  const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${bucket}/*` }] };
  const sign = ["--aws-sigv4", `aws:amz:${region}:s3`, "--user", `${id}:${secret}`, "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"];
  execFileSync("curl", ["--silent", "--fail-with-body", ...sign, "--request", "PUT", "--data", JSON.stringify(policy), `${endpoint}/${bucket}?policy=`]);
  return `${endpoint}/${bucket}`;
}

/** Where a site can be, each with what brings it there; returns the address of its page. */
const hosts = {
  "a folder": () => (exportSite("-o", `${folder}/plan`), `${files}plan/`),
  "a bucket that is a folder": () => (exportSite("--to", `file://${folder}/bucket/plan`), `${files}bucket/plan/`),
  "a bucket of an S3 server": () => (exportSite("--to", `${process.env.PLANTILES_TEST_STORE}/maps/plan`), `${openBucket()}/maps/plan/index.html`),
};

before(async () => {
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
  files = `http://127.0.0.1:${port}/maps/`;
  for (let tries = 0; !(await fetch(files).then(() => true, () => false)); tries++) {
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

for (const [host, put] of Object.entries(hosts)) {
  test(`${host} shows the plan from ranges of its archive`, async (t) => {
    const site = put();
    const base = new URL(".", site).href;
    const page = await newPage(browser, t);
    const log = record(page);
    const ranges = [];
    page.on("response", (response) => response.url().endsWith(".pmtiles") && ranges.push(response.status()));
    await page.goto(site);
    await page.waitForSelector("html[data-ready=true]", { timeout: 60_000 });
    assert.ok((await page.title()).includes("屯留区"));
    for (const { id } of bundledLayers.filter((layer) => layer.group === "planning")) assert.ok((await drawn(page, id)) > 0, `${id} is drawn`);
    await page.screenshot({ path: `${shots}/site-${host.replaceAll(" ", "-")}.png` });
    // Deeper than the archive goes, its last tiles are drawn larger.
    await page.evaluate(() => window.plantiles.map.jumpTo({ zoom: 16 }));
    await settled(page);
    assert.ok((await drawn(page, "townships")) > 0);
    assert.ok(ranges.length > 3 && ranges.every((status) => status === 206), `${ranges}`);
    assert.deepEqual(log.requests.filter((url) => !url.startsWith(base) && !url.startsWith("pmtiles:") && !url.startsWith("blob:")), []);
    assert.deepEqual(log.complaints, []);
    // A click tells of a feature, and where the file of its layer is.
    const [block] = bundledFeatures("mining_blocks");
    await clickOn(page, "mining_blocks", block);
    const file = await page.locator('a[download="mining_blocks.fgb"]').first().getAttribute("href");
    assert.equal((await fetch(new URL(file, base))).status, 200);
  });
}

test("what an S3 server has of a site says what it is and how long it may be kept, and is sent once", async () => {
  const to = ["--to", `${process.env.PLANTILES_TEST_STORE}/once`];
  assert.match(exportSite(...to), /^\d+ files sent, \d+ bytes; 0 were there, 0 old ones/m);
  assert.match(exportSite(...to), /^0 files sent, 0 bytes; \d+ were there, 0 old ones/m);
  const base = `${openBucket()}/once/`;
  const { layers, downloads } = await (await fetch(`${base}layers.json`)).json();
  const kept = "public, max-age=31536000, immutable", checked = "public, max-age=60";
  for (const [name, type, cache] of [
    ["index.html", "text/html; charset=utf-8", checked],
    ["assets/app.js", "text/javascript; charset=utf-8", checked],
    ["styles/plan.json", "application/json", checked],
    ["tiles/plan.json", "application/json", checked],
    ["revisions", "application/json", checked],
    ["sprites/plan@2x.png", "image/png", checked],
    [downloads[0].href, "application/vnd.pmtiles", kept],
    [layers[0].download, "application/flatgeobuf", kept],
  ]) {
    const answer = await fetch(base + name, { headers: { "accept-encoding": "identity" } });
    assert.deepEqual([answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")], [200, type, cache], name);
  }
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
