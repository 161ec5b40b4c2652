// Which edition of the plan is shown, and which it is compared with. Both stand in the page's address.
import { fromHash, intoHash } from "./address";
import { byId, element } from "./dom";
import { editionInAddress, fetchEditions, showEdition, titleOf, type Edition } from "./edition";
import { inLanguage, text } from "./language";

const COMPARED = "compare";

/** Shows the choice. `compare` is told with which edition to compare, undefined for none. */
export function showRevisions(compare: (edition: string | undefined) => Promise<void>): { update: () => Promise<void> } {
  const shown = editionInAddress();
  let editions: Edition[] = [];
  let compared: string | undefined;

  const choose = async (edition: string | undefined) => {
    compared = edition;
    intoHash(COMPARED, edition);
    render();
    await compare(edition);
  };
  const update = async () => {
    editions = await fetchEditions();
    render();
  };

  function render(): void {
    if (editions.length === 0) return;
    const box = byId("revisions");
    if (editions.length === 1) return box.replaceChildren(element("p", {}, text("oneEdition")));
    const option = (edition: Edition, chosen: string | undefined) => element("option", { value: edition.name, selected: edition.name === chosen }, titleOf(edition));
    const show = element("select", { id: "edition" }, ...editions.map((edition) => option(edition, shown)));
    show.addEventListener("change", () => {
      if (show.value === compared) intoHash(COMPARED, undefined);
      showEdition(show.value);
    });
    const others = editions.filter(({ name }) => name !== shown);
    const against = element("select", { id: "compare" }, element("option", { value: "" }, text("noComparison")), ...others.map((edition) => option(edition, compared)));
    against.addEventListener("change", () => void choose(against.value || undefined));
    box.replaceChildren(element("label", {}, text("shownEdition"), show), element("label", {}, text("comparedEdition"), against));
  }
  inLanguage(render);

  void update().then(() => {
    const wanted = fromHash(COMPARED);
    if (wanted && wanted !== shown && editions.some(({ name }) => name === wanted)) return choose(wanted);
  }, () => undefined);
  return { update };
}
