/** The keyboard: everything the screen does can be done without a mouse. */

import { toggleHelp } from "./frame.js";
import { the } from "./dom.js";

/**
 * Listen to keys for as long as the page lives.
 *
 * @param {any} screen   the Screen of main.js
 */
export function listen(screen) {
  const acts = {
    " ": () => screen.pause(),
    ArrowRight: () => void screen.player.step(1),
    ArrowLeft: () => void screen.player.step(-1),
    ArrowDown: () => screen.pick(screen.map.beside(screen.selected, 1)),
    ArrowUp: () => screen.pick(screen.map.beside(screen.selected, -1)),
    Escape: () => clear(screen),
    "?": toggleHelp,
    f: () => screen.bar.place.querySelector("[data-act=fullscreen]")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** Close what is open, the nearest first: help, then an alert, then the choice. */
function clear(screen) {
  if (!the("help").hidden) toggleHelp();
  else if (!screen.alerts.setAside() && screen.selected) screen.pick(screen.selected);
}
