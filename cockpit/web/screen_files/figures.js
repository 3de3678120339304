/** Figures that count from the value last shown to the new one, without flicker. */

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
