/**
 * The few words that are the screen's own; all other texts come ready from the server.
 *
 * The server writes them into the page itself, so that a screen whose server has gone can still
 * say so, and sends them again with the playlist. English stands here for a server that has none.
 */

/** @type {Record<string, string>} */
export const ENGLISH = {
  starting: "Opening the screen",
  connection_lost: "Connection lost since {time}; showing the last figures",
  signed_out: "The account of this screen is signed out. Sign in again.",
  no_scenes: "There is no scene to show.",
  scene_failed: "This scene cannot be shown now.",
  scene_closed: "This scene needs an account that may see it. Other scenes are shown.",
  scene_unknown: "There is no scene {scene}. Other scenes are shown.",
  paused: "Paused",
  pause: "Pause",
  resume: "Go on",
  previous: "Previous scene",
  next: "Next scene",
  fullscreen: "Full screen",
  help: "Help",
  close: "Close",
  more: "and {n} more",
  no_data: "no data",
  count: "n = {n}",
  since: "Since",
  why: "Why",
  doing: "What is being done",
  one_of: "{k} of {n}",
  alerts_open: "{n} alerts open",
  map: "Map: arrow up and down choose a region",
  key_pause: "Space: pause and go on",
  key_scene: "Left and right arrow: scene",
  key_region: "Up and down arrow: choose a region",
  key_clear: "Esc: clear the choice, set an alert aside on this screen",
  key_full: "F: full screen",
};

const words = { ...ENGLISH };

/**
 * Take over words of the server; a word that it leaves out stays as it is.
 *
 * @param {Record<string, string> | undefined} found
 */
export function take(found) {
  for (const [key, text] of Object.entries(found ?? {})) {
    if (key in words && text) words[key] = text;
  }
}

/**
 * Return a word, its {names} filled in.
 *
 * @param {keyof typeof ENGLISH} key
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export function word(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
