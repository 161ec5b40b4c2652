// What this browser remembers of a reader's choices. Storage can be forbidden altogether; a choice then lasts as long as the page.

export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(`plantiles.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`plantiles.${key}`, value);
  } catch {
    // see above
  }
}
