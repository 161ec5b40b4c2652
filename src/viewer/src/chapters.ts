// The chapters of the plan, in which its layers are found: a layer's source names its own, "第三章第三节一1 表3-1".
import type { Layer } from "./catalog";
import type { Bilingual } from "./language";

/** What plans of a district's mineral resources have as chapters, by the plan that is part of the program. */
const TITLES: Record<string, Bilingual> = {
  一: { zh: "第一章 现状与形势", en: "1 Present state" },
  二: { zh: "第二章 指导原则与规划目标", en: "2 Principles and aims" },
  三: { zh: "第三章 矿产勘查开发与保护布局", en: "3 Layout of exploration, mining and protection" },
  四: { zh: "第四章 加强矿产资源勘查开发利用与保护", en: "4 Exploration, mining and use" },
  五: { zh: "第五章 绿色矿山建设和矿区生态保护", en: "5 Green mines and ecological protection" },
  六: { zh: "第六章 重点项目", en: "6 Key projects" },
  七: { zh: "第七章 规划保障措施", en: "7 Measures to carry out the plan" },
};
const BASE: Bilingual = { zh: "基础地理与地质", en: "Base map and geology" };
const OTHERS: Bilingual = { zh: "其他图层", en: "Other layers" };

export interface Chapter {
  id: string;
  title: Bilingual;
  layers: Layer[];
}

/** The layers by chapter: what the plan decides first, in its own order; then the present state of chapter 1, and what it is drawn on. */
export function chapters(layers: Layer[]): Chapter[] {
  const found = new Map<string, Chapter>();
  for (const layer of layers) {
    const { id, title } = chapterOf(layer);
    const chapter = found.get(id) ?? { id, title, layers: [] };
    chapter.layers.push(layer);
    found.set(id, chapter);
  }
  const order = ["三", "四", "五", "六", "七", "二", "一", "others", "base"];
  return [...found.values()].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
}

function chapterOf(layer: Layer): { id: string; title: Bilingual } {
  if (layer.group === "base") return { id: "base", title: BASE };
  const id = /^第([一二三四五六七])章/.exec(layer.source)?.[1];
  return id ? { id, title: TITLES[id]! } : { id: "others", title: OTHERS };
}

/** Where in its chapter a layer stands: "第三节一1 表3-1". */
export function sectionOf(layer: Layer): string {
  return layer.source.replace(/^第.章/, "");
}
