// Which features are shown: by mineral, level and year. The server filters what it cuts into tiles, so that names, which are cut apart
// from areas, and what is left out of small scales agree with it.
import { fromHash, intoHash } from "./address";
import type { Layer } from "./catalog";

export interface Filter {
  minerals: string[];
  levels: string[];
  year?: number;
}

/** Columns of the plan's layers that a filter asks. */
const COLUMNS = ["mineral", "level", "valid_from", "valid_to"];
/** Minerals stand together in one value: "煤、煤层气". */
const BETWEEN = "、";

const listeners: (() => void)[] = [];
let current: Filter = { minerals: list("mineral"), levels: list("level"), ...year() };

function list(key: string): string[] {
  return fromHash(key)?.split(",").filter(Boolean) ?? [];
}

function year(): { year?: number } {
  const value = fromHash("year");
  return value && /^\d{4}$/.test(value) ? { year: Number(value) } : {};
}

export function filter(): Filter {
  return current;
}

export function setFilter(wanted: Filter): void {
  current = wanted;
  intoHash("mineral", wanted.minerals.join() || undefined);
  intoHash("level", wanted.levels.join() || undefined);
  intoHash("year", wanted.year?.toString());
  for (const listener of listeners) listener();
}

export function isFiltering(): boolean {
  return expression() !== undefined;
}

/** Tells when the filter changes. */
export function whenFiltered(listener: () => void): void {
  listeners.push(listener);
}

/** The parts of a value that names several. */
export function parts(value: string): string[] {
  return value.split(BETWEEN);
}

/** The filter as CQL2 text for the columns that `layer` has, by default all; undefined where it lets everything through. What says nothing of a mineral, level or date stays. */
export function expression(layer?: Layer): string | undefined {
  const has = (column: string) => !layer || layer.fields.some(({ name }) => name === column);
  const clauses = COLUMNS.filter(has).flatMap((column) => clause(column).map((test) => `(${column} IS NULL OR ${test})`));
  return clauses.length > 0 ? clauses.join(" AND ") : undefined;
}

function clause(column: string): string[] {
  const { minerals, levels, year } = current;
  if (column === "mineral" && minerals.length > 0) return [minerals.flatMap(amongParts).join(" OR ")];
  if (column === "level" && levels.length > 0) return [`level IN (${levels.map(quoted).join(", ")})`];
  if (column === "valid_from" && year) return [`valid_from <= DATE('${year}-12-31')`];
  if (column === "valid_to" && year) return [`valid_to >= DATE('${year}-01-01')`];
  return [];
}

function amongParts(mineral: string): string[] {
  const like = mineral.replace(/[\\%_]/g, "\\$&");
  const patterns = [`${like}${BETWEEN}%`, `%${BETWEEN}${like}`, `%${BETWEEN}${like}${BETWEEN}%`];
  return [`mineral = ${quoted(mineral)}`, ...patterns.map((pattern) => `mineral LIKE ${quoted(pattern)}`)];
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The address of a tile of the plan with the filter in it. What differs between editions is not filtered. */
export function filtered(url: string): string {
  const wanted = expression();
  if (!wanted || url.includes("...") || !/\/tiles\/[^/]+\/\d+\/\d+\/\d+\.mvt$/.test(url)) return url;
  return `${url}?filter=${encodeURIComponent(wanted)}`;
}
