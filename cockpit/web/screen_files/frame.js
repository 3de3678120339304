/** What stands around the scenes: county, clock, weather of the data, progress, notices, help. */

import { el, put, the } from "./dom.js";
import { word } from "./words.js";

/** The county's clock: what the server's said last, carried on by this machine's own. */
export class Clock {
  constructor(language) {
    this.ahead = 0;
    this.known = false;
    this.hour = new Intl.DateTimeFormat(language, {
      hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC",
    });
    this.day = new Intl.DateTimeFormat(language, {
      year: "numeric", month: "long", day: "numeric", weekday: "long", timeZone: "UTC",
    });
  }

  /**
   * Set the clock.
   *
   * @param {string} now   the county's own time; what an offset behind it says is left out
   */
  set(now) {
    const told = Date.parse(`${now.replace(/(Z|[+-]\d\d:?\d\d)$/, "")}Z`);
    if (!Number.isFinite(told)) return;
    this.ahead = told - Date.now();
    this.known = true;
  }

  show() {
    const at = Date.now() + (this.known ? this.ahead : -new Date().getTimezoneOffset() * 60000);
    put(the("clock"), this.hour.format(at));
    put(the("date"), this.day.format(at));
  }

  /** @returns {string} a moment of this machine's clock as the county's reads */
  reads(moment) {
    const ahead = this.known ? this.ahead : -new Date().getTimezoneOffset() * 60000;
    return this.hour.format(moment.getTime() + ahead);
  }
}

/** Show whose county this is, and what it is not. */
export function showCounty(playlist) {
  const { county } = playlist;
  put(the("county-name"), county?.name);
  put(the("county-title"), county?.title);
  put(the("invented"), county?.invented ? county.invented_words : "");
  the("invented").hidden = !county?.invented;
  document.title = county?.name || "\u200b";
}

/** Draw the account's name faintly over what is not public, as on paper that leaves the house. */
export function showWatermark(name, dataClass) {
  put(the("watermark"), name ? [name, dataClass].filter(Boolean).join(" · ") : "");
  the("watermark").hidden = !name;
}

/** Show how the data is: as of when, late, or stopped. */
export function showWeather(weather) {
  const place = the("weather");
  place.hidden = !weather?.text;
  place.dataset.state = weather?.state ?? "none";
  const troubled = (weather?.feeds ?? []).filter(({ state }) => state === "late" || state === "stopped");
  place.title = troubled.map(({ title, text }) => `${title} ${text}`).join("\n");
  put(place.querySelector("span"), weather?.text);
}

/** Show a scene's words. */
export function showTitles(scene) {
  put(the("title"), scene.title);
  put(the("subtitle"), scene.subtitle);
  put(the("sentence"), scene.sentence);
  put(the("as-of"), scene.as_of);
  put(the("class"), scene.data_class);
}

/** The playlist's mark: one quiet stroke a scene, the present one filling. */
export class Progress {
  constructor() {
    this.place = the("progress");
  }

  /** @param {import("./player.js").Player} player */
  show(player) {
    const n = player.scenes.length;
    while (this.place.children.length > n) this.place.lastChild?.remove();
    while (this.place.children.length < n) this.place.append(el("i", {}, el("b", {})));
    [...this.place.children].forEach((stroke, k) => {
      stroke.className = k === player.number ? "now" : "";
    });
    const now = this.place.children[player.number]?.firstElementChild;
    if (now) /** @type {HTMLElement} */ (now).style.width = `${(100 * player.share).toFixed(1)}%`;
    this.place.classList.toggle("one", n < 2);
  }
}

/** Short notices in a corner, each under its own name; the same text is not written twice. */
export function notice(name, text, mood = "") {
  const place = the("notices");
  let line = /** @type {HTMLElement | null} */ (place.querySelector(`[data-name=${name}]`));
  if (!text) {
    line?.remove();
    return;
  }
  if (!line) {
    line = el("p", { "data-name": name });
    place.append(line);
  }
  line.className = mood;
  put(line, text);
}

const SIGNS = { previous: "M15 5 8 12l7 7", next: "m9 5 7 7-7 7", fullscreen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" };
const HALT = "M8 5v14M16 5v14";
const GO = "M7 5l12 7-12 7z";

/** The small bar that comes with the mouse and goes after three seconds. */
export class Bar {
  /** @param {Record<string, () => void>} acts */
  constructor(acts) {
    this.place = the("bar");
    this.timer = 0;
    this.place.append(
      button("previous", SIGNS.previous, acts.previous),
      button("pause", HALT, acts.pause),
      button("next", SIGNS.next, acts.next),
      button("fullscreen", SIGNS.fullscreen, acts.fullscreen),
      button("help", "M9 9a3 3 0 1 1 4 2.8c-.7.3-1 .8-1 1.7M12 17v.5", acts.help),
    );
    document.addEventListener("mousemove", () => this.come());
  }

  come() {
    document.body.classList.add("pointing");
    this.place.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.leave(), 3000);
  }

  leave() {
    document.body.classList.remove("pointing");
    this.place.hidden = true;
  }

  paused(paused) {
    const found = this.place.querySelector("[data-act=pause]");
    found?.querySelector("path")?.setAttribute("d", paused ? GO : HALT);
    found?.setAttribute("aria-label", word(paused ? "resume" : "pause"));
  }

  /** Name the buttons in the playlist's language. */
  name() {
    for (const one of this.place.querySelectorAll("button")) {
      one.setAttribute("aria-label", word(/** @type {any} */ (one.dataset.act)));
      one.title = word(/** @type {any} */ (one.dataset.act));
    }
  }
}

function button(act, path, onPress) {
  const made = el("button", { type: "button", "data-act": act, "aria-label": act });
  const sign = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  sign.setAttribute("viewBox", "0 0 24 24");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  sign.append(line);
  made.append(sign);
  made.addEventListener("click", (event) => {
    event.stopPropagation();
    onPress();
  });
  return made;
}

/** Show or hide which keys do what. */
export function toggleHelp() {
  const place = the("help");
  place.hidden = !place.hidden;
  if (place.hidden) return;
  const keys = ["key_pause", "key_scene", "key_region", "key_clear", "key_full"];
  place.replaceChildren(
    el("h2", {}, word("help")),
    el("ul", {}, ...keys.map((key) => el("li", {}, word(/** @type {any} */ (key))))),
  );
}
