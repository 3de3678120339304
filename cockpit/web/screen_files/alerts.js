/**
 * Alerts of orange or red: they interrupt the playlist until somebody has taken them up.
 *
 * Several take turns. Esc sets those of now aside on this one screen; a notice says that they are
 * open, and a new alert, or one that has risen, interrupts again.
 */

import { el, put, the } from "./dom.js";
import { word } from "./words.js";

const TURN_S = 10;

/** @typedef {{id: string | number, level: number, level_words: string, title: string, place: string,
 *   opened: string, why: string, doing: string, x?: number, y?: number, code?: string}} Alert */

export class Alerts {
  /** @param {{onTurn: (alert: Alert | null) => void, onAside: (n: number) => void}} told */
  constructor(told) {
    this.told = told;
    /** @type {Alert[]} */
    this.open = [];
    /** @type {Set<string>} `id/level` of those set aside */
    this.aside = new Set();
    /** @type {Alert | null} */
    this.now = null;
    this.spent = 0;
  }

  /** @returns {Alert[]} those that interrupt */
  get loud() {
    return this.open.filter((one) => !this.aside.has(key(one)));
  }

  /**
   * Take over the open alerts of a pulse.
   *
   * @param {Alert[] | undefined} alerts
   */
  take(alerts) {
    this.open = alerts ?? [];
    const still = new Set(this.open.map(key));
    for (const one of this.aside) if (!still.has(one)) this.aside.delete(one);
    this.told.onAside(this.open.length - this.loud.length);
    const same = this.now && this.loud.find((one) => key(one) === key(/** @type {Alert} */ (this.now)));
    if (same) {
      this.now = same;
      this._write();
    } else {
      this._turnTo(this.loud[0] ?? null);
    }
  }

  /** Let time pass: the next alert's turn. */
  tick(seconds) {
    if (!this.now || this.loud.length < 2) return;
    this.spent += seconds;
    if (this.spent < TURN_S) return;
    const at = this.loud.findIndex((one) => key(one) === key(/** @type {Alert} */ (this.now)));
    this._turnTo(this.loud[(at + 1) % this.loud.length]);
  }

  /** Set all alerts of now aside on this screen; false where there is none. */
  setAside() {
    if (!this.now) return false;
    for (const one of this.loud) this.aside.add(key(one));
    this.take(this.open);
    return true;
  }

  _turnTo(alert) {
    this.spent = 0;
    if (!alert && !this.now) return;
    this.now = alert;
    this._write();
    this.told.onTurn(alert);
  }

  _write() {
    const place = the("alert");
    place.hidden = !this.now;
    if (!this.now) {
      place.replaceChildren();
      return;
    }
    const { id, level, level_words: words, title, place: where, opened, why, doing } = this.now;
    place.dataset.level = String(level);
    place.dataset.id = String(id);
    if (!place.firstChild) place.append(...skeleton());
    const at = this.loud.findIndex((one) => key(one) === key(/** @type {Alert} */ (this.now)));
    const texts = {
      level: words,
      turn: this.loud.length > 1 ? word("one_of", { k: at + 1, n: this.loud.length }) : "",
      title,
      place: where,
      opened,
      why,
      doing,
      "since-word": word("since"),
      "why-word": word("why"),
      "doing-word": word("doing"),
    };
    for (const [name, text] of Object.entries(texts)) {
      put(place.querySelector(`[data-part=${name}]`), text);
    }
    /** @type {HTMLElement} */ (place.querySelector(".why")).hidden = !why;
    /** @type {HTMLElement} */ (place.querySelector(".doing")).hidden = !doing;
  }
}

function key({ id, level }) {
  return `${id}/${level}`;
}

function skeleton() {
  const part = (name) => ({ "data-part": name });
  return [
    el("p.level", {}, el("b", part("level")), el("small", part("turn"))),
    el("h2", part("title")),
    el("p.place", part("place")),
    el("dl", {},
      el("div", {}, el("dt", part("since-word")), el("dd", part("opened"))),
      el("div.why", {}, el("dt", part("why-word")), el("dd", part("why"))),
      el("div.doing", {}, el("dt", part("doing-word")), el("dd", part("doing"))),
    ),
  ];
}
