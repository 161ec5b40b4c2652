// Stands for fflate, with which PMTiles decompresses in browsers that have no DecompressionStream; the page runs in none of them.
export function decompressSync(): never {
  throw new Error("this browser cannot decompress");
}
