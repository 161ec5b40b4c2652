// Copies what stands beside a button. Everything else on the page works without.
const announcement = document.getElementById("announcement");
const { copied, failed } = announcement.dataset;

async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    // Browsers offer the clipboard on secure addresses only; a server in the office network often has none.
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  }
}

for (const button of document.querySelectorAll(".paste button")) {
  const words = button.textContent;
  button.addEventListener("click", async () => {
    const done = await copy(button.parentElement.querySelector("code"));
    announcement.textContent = button.textContent = done ? copied : failed;
    setTimeout(() => (button.textContent = words), 2000);
  });
}
