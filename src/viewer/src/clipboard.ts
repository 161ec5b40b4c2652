// Copying an address, with an answer the reader sees and hears.
import { byId, icon } from "./dom";
import { text } from "./language";

const SHOWN_MS = 2000;

/** True when the text is on the clipboard. */
async function copy(address: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(address);
    return true;
  } catch {
    // Browsers offer the clipboard on secure addresses only; a server in the office network often has none.
    const field = document.createElement("textarea");
    field.value = address;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}

/** Makes a button copy `address`, and tells on the button and to screen readers how that went. */
export function copiesOnClick(button: HTMLButtonElement, address: () => string): void {
  button.addEventListener("click", async () => {
    const copied = await copy(address());
    button.focus();
    byId("announcement").textContent = text(copied ? "copied" : "notCopied");
    button.dataset["copied"] = String(copied);
    if (!copied) return;
    const before = [...button.childNodes];
    if (button.classList.contains("is-confirmed")) return;
    button.classList.add("is-confirmed");
    button.replaceChildren(icon("done"), ...(button.classList.contains("icon-button") ? [] : [text("copied")]));
    setTimeout(() => {
      button.classList.remove("is-confirmed");
      button.replaceChildren(...before);
    }, SHOWN_MS);
  });
}
