// Whose the clicks on the map are: a tool that draws takes them from the panel that tells what is there.
let taken = false;

export function takeClicks(): void {
  taken = true;
}

export function giveClicksBack(): void {
  taken = false;
}

export function clicksAreTaken(): boolean {
  return taken;
}
