// Lists what is in a PMTiles archive, read by the format's own library, and checks what the specification asks of it.
//
//   node archive_entries.mjs FILE    prints the header and the metadata, then for each tile: z x y offset length
import assert from "node:assert/strict";
import { openSync, readSync, statSync } from "node:fs";
import { PMTiles, SharedPromiseCache, tileIdToZxy } from "pmtiles";

const path = process.argv[2];
const file = openSync(path);
const source = {
  getKey: () => path,
  async getBytes(offset, length) {
    const bytes = new Uint8Array(length);
    return { data: bytes.buffer.slice(0, readSync(file, bytes, 0, length, offset)) };
  },
};
const cache = new SharedPromiseCache();
const archive = new PMTiles(source, cache);
const header = await archive.getHeader();
console.log(JSON.stringify(header));
console.log(JSON.stringify(await archive.getMetadata()));

// The parts follow each other and fill the file.
const parts = [
  [header.rootDirectoryOffset, header.rootDirectoryLength],
  [header.jsonMetadataOffset, header.jsonMetadataLength],
  [header.leafDirectoryOffset, header.leafDirectoryLength],
  [header.tileDataOffset, header.tileDataLength],
];
let end = 127;
for (const [offset, length] of parts) {
  assert.equal(offset, end);
  end += length;
}
assert.equal(end, statSync(path).size);
assert.ok(header.rootDirectoryOffset + header.rootDirectoryLength <= 16384, "the root is in the first 16 KiB");

let [next, contiguous, tiles, entries] = [0, 0, 0, 0];
const contents = new Set();
async function list(offset, length, depth) {
  for (const entry of await cache.getDirectory(source, offset, length, header)) {
    assert.ok(entry.tileId >= next, "entries ascend and do not overlap");
    if (entry.runLength === 0) {
      assert.equal(depth, 0, "one level of leaves");
      assert.ok(entry.offset + entry.length <= header.leafDirectoryLength);
      await list(header.leafDirectoryOffset + entry.offset, entry.length, depth + 1);
      continue;
    }
    assert.ok(entry.length > 0 && entry.offset + entry.length <= header.tileDataLength);
    // Clustered: each content follows the one before, or was there already.
    assert.ok(contents.has(entry.offset) || entry.offset === contiguous, "clustered");
    if (!contents.has(entry.offset)) contiguous += entry.length;
    contents.add(entry.offset);
    for (let id = entry.tileId; id < entry.tileId + entry.runLength; id++) {
      console.log(...tileIdToZxy(id), header.tileDataOffset + entry.offset, entry.length);
    }
    tiles += entry.runLength;
    entries += 1;
    next = entry.tileId + entry.runLength;
  }
}
await list(header.rootDirectoryOffset, header.rootDirectoryLength, 0);
assert.equal(contiguous, header.tileDataLength);
assert.deepEqual([tiles, entries, contents.size], [header.numAddressedTiles, header.numTileEntries, header.numTileContents]);
