/** Figures that count from the value last shown to the new one, without flicker, and that fit. */

import { put } from "./dom.js";
import { word } from "./words.js";

const SECONDS = 0.9;
const TOKEN = /-?\u2212?\d[\d,\s\u00a0]*(?:\.\d+)?/;

/**
 * The values shown last, by scene and item: a figure counts only when its value has changed.
 *
 * @type {Map<string, number>}
 */
const known = new Map();

/** Forget the values of scenes that are no longer played. */
export function forgetExcept(scenes) {
  for (const key of known.keys()) {
    if (!scenes.has(key.slice(0, key.indexOf("/")))) known.delete(key);
  }
}

/**
 * Take a ready text apart into what stands before its number, the number, and what follows.
 *
 * @param {string} text   "48.0万"
 * @returns {{before: string, number: number, after: string, decimals: number, grouped: boolean} | null}
 */
export function apart(text) {
  const found = TOKEN.exec(text);
  if (!found) return null;
  const digits = found[0].trimEnd();
  const number = Number(digits.replace(/[,\s\u00a0]/g, "").replace("\u2212", "-"));
  if (!Number.isFinite(number)) return null;
  return {
    before: text.slice(0, found.index),
    number,
    after: text.slice(found.index + digits.length),
    decimals: digits.includes(".") ? digits.length - digits.indexOf(".") - 1 : 0,
    grouped: digits.includes(","),
  };
}

/** Counts all figures of the page with one frame loop, that rests when nothing counts. */
class Counter {
  constructor() {
    /** @type {Map<HTMLElement, {from: number, parts: any, text: string, start: number}>} */
    this.running = new Map();
    this.wanted = 0;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
  }

  /**
   * @param {HTMLElement} element
   * @param {string} key     scene/item
   * @param {number | null} value
   * @param {string} text    as it reads in the end
   */
  show(element, key, value, text) {
    const before = known.get(key);
    if (Number.isFinite(value)) known.set(key, /** @type {number} */ (value));
    const parts = apart(text);
    const same = before === value || !parts || !Number.isFinite(value) || this.still.matches;
    if (same || document.hidden) {
      if (!this.running.has(element)) element.textContent = text;
      return;
    }
    // The text may count in 万: the same share of the way holds for both.
    const scale = value ? parts.number / /** @type {number} */ (value) : 1;
    element.style.minWidth = `${[...text].length * 0.6}em`;
    const now = performance.now();
    this.running.set(element, { from: (before ?? 0) * scale, parts, text, start: now });
    if (!this.wanted) this.wanted = requestAnimationFrame((at) => this._frame(at));
  }

  _frame(now) {
    this.wanted = 0;
    for (const [element, { from, parts, text, start }] of this.running) {
      const spent = Math.min(1, (now - start) / 1000 / SECONDS);
      const done = spent >= 1 || !element.isConnected;
      const share = 1 - (1 - Math.max(0, spent)) ** 3;
      const number = from + (parts.number - from) * share;
      const digits = number.toLocaleString("en", {
        minimumFractionDigits: parts.decimals,
        maximumFractionDigits: parts.decimals,
        useGrouping: parts.grouped,
      });
      const reads = done ? text : `${parts.before}${digits}${parts.after}`;
      if (element.textContent !== reads) element.textContent = reads;
      if (done) {
        element.style.minWidth = "";
        this.running.delete(element);
      }
    }
    if (this.running.size) this.wanted = requestAnimationFrame((at) => this._frame(at));
  }
}

export const counter = new Counter();

// -- fitting into the box

/** How close figures may stand, from roomy to every line cut to one: the style sheet's data-tight. */
const TIGHTEST = 4;
/** Width that one figure asks for before a row takes another, in rem. */
const ONE_WIDE = 11;
/** The least width of a figure, in rem. */
const NARROWEST = 7.5;
/** Share of its size below which a number gives its unit away to the label. */
const SMALL = 0.7;

/**
 * Set the figures of a panel closer and smaller until all fit; only then hide, and say how many.
 *
 * @param {HTMLElement} made   panel with .items and .more
 */
export function fitFigures(made) {
  const room = /** @type {HTMLElement} */ (made.querySelector(".items"));
  const more = /** @type {HTMLElement} */ (made.querySelector(".more"));
  const items = /** @type {HTMLElement[]} */ ([...made.querySelectorAll(".item")]);
  for (const item of items) item.hidden = false;
  more.hidden = true;
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const most = Math.max(2, Math.floor(room.clientWidth / (ONE_WIDE * rem)));
  // Five in a row of four would leave one alone: rows of even length.
  const even = Math.max(2, Math.ceil(items.length / Math.ceil(items.length / most)));
  const tries = [even];
  if (even < items.length && room.clientWidth >= items.length * NARROWEST * rem) tries.push(items.length);
  for (const columns of tries) {
    room.style.setProperty("--columns", String(columns));
    for (let tight = columns > 2 ? 2 : 0; tight <= TIGHTEST; tight += 1) {
      made.dataset.tight = String(tight);
      fitWidths(items);
      if (fits(room)) return;
    }
  }
  more.hidden = false;
  for (let shown = items.length - 1; shown && !fits(room); shown -= 1) {
    items[shown].hidden = true;
    put(more, word("more", { n: items.length - shown }));
  }
  more.hidden = items.every((item) => !item.hidden);
}

function fits(room) {
  return room.scrollHeight <= room.clientHeight + 1;
}

/**
 * Set numbers of one size smaller together where one is wider than its place.
 *
 * Where that would make them small, the units go beside the labels first.
 */
function fitWidths(items) {
  for (const item of items) {
    item.style.removeProperty("--smaller");
    moveUnit(item, ".number");
  }
  if (smallest(items) >= SMALL) return;
  for (const item of items) {
    item.style.removeProperty("--smaller");
    moveUnit(item, ".label");
  }
  smallest(items);
}

/** Make numbers that are alike fit their places together; return the smallest share of a size. */
function smallest(items) {
  const sizes = items.map((item) => getComputedStyle(item.querySelector(".number")).fontSize);
  const shares = [...new Set(sizes)].map((size) => {
    const alike = items.filter((_, k) => sizes[k] === size);
    let share = 1;
    // A unit keeps its size while its number shrinks, so once is seldom enough.
    for (let turn = 0; turn < 4; turn += 1) {
      const over = Math.max(...alike.map((item) => overflow(item.querySelector(".number"))));
      if (over <= 1 || share < SMALL / 2) break;
      share *= 0.99 / over;
      for (const item of alike) item.style.setProperty("--smaller", share.toFixed(3));
    }
    return share;
  });
  return Math.min(...shares);
}

function moveUnit(item, place) {
  const unit = item.querySelector(".unit");
  if (unit) item.querySelector(place).append(unit);
}

function overflow(number) {
  return number.scrollWidth / Math.max(1, number.clientWidth);
}
