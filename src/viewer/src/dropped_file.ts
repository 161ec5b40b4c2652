// A file that the reader brings: dropped anywhere on the page, or chosen; and the text in it.
import { byId } from "./dom";
import { inLanguage, text } from "./language";

/** What the server reads of a proposal, bytes. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Takes what is dropped on the page, which a browser would open in its place. */
export function whenDropped(take: (file: File) => void): void {
  const notice = byId("drop-notice");
  const ofFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  inLanguage(() => (notice.textContent = text("dropHere")));
  addEventListener("dragover", (event) => {
    if (!ofFiles(event)) return;
    event.preventDefault();
    notice.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) notice.hidden = true; // out of the window
  });
  addEventListener("drop", (event) => {
    if (!ofFiles(event)) return;
    event.preventDefault();
    notice.hidden = true;
    const [file] = event.dataTransfer?.files ?? [];
    if (file) take(file);
  });
}

/** The text of a file, in UTF-8 or in GBK as older programs write it. Rejects with what is wrong with the file, in the page's language. */
export async function textOf(file: File): Promise<string> {
  const wrong = (key: "fileTooLarge" | "fileUnreadable" | "fileEmpty" | "fileNoText") => new Error(`${file.name}: ${text(key)}`);
  if (file.size > MOST_BYTES) throw wrong("fileTooLarge");
  // A folder, or a file that has gone since.
  const bytes = await file.arrayBuffer().catch(() => Promise.reject(wrong("fileUnreadable")));
  if (new Uint8Array(bytes).includes(0)) throw wrong("fileNoText");
  const read = decoded(bytes);
  if (read.trim() === "") throw wrong("fileEmpty");
  return read;
}

function decoded(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}
