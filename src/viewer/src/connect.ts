// The addresses that a desktop program needs.
import { copiesOnClick } from "./clipboard";
import { byId, element } from "./dom";
import { inEdition } from "./edition";
import { inLanguage, language, text } from "./language";
import type { PlanStyle } from "./style";

export function showConnect(edition: string, style: PlanStyle): void {
  const addresses = [
    ["tileAddress", style.published + inEdition("tiles/plan", edition, "/{z}/{x}/{y}.mvt")],
    ["styleAddress", style.published + inEdition("styles/plan", edition)],
  ] as const;
  inLanguage(() => {
    byId("connect").replaceChildren(
      element("p", {}, text("connectHint")),
      ...addresses.map(([key, address]) => {
        const button = element("button", { type: "button" }, text("copy"), element("span", { class: "unseen" }, `: ${text(key)}`));
        copiesOnClick(button, () => address);
        return element("div", { class: "address" }, element("span", {}, text(key)), element("code", {}, address), button);
      }),
      element("p", {}, element("a", { href: `connect?lang=${language()}` }, text("otherClients"))),
    );
  });
}
