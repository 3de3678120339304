/** What stands upright on the map: labels that never collide, marks by shape and colour. */

/** Faces of labels; the style sheet's, which canvas does not inherit. */
const FACE = getComputedStyle(document.documentElement).getPropertyValue("--face") || "sans-serif";

/**
 * A label to be placed.
 *
 * @typedef {object} Wanted
 * @property {string} text
 * @property {number} x   pixels
 * @property {number} y
 * @property {boolean} [first]   placed before the others, and brighter
 * @property {number} [gap]      pixels kept free around the point, as a mark's
 */

/** Places labels; remembers which were shown, so that a turning map does not make them flicker. */
export class Labels {
  constructor() {
    /** @type {Set<string>} */
    this.shown = new Set();
    /** @type {Map<string, number>} widths at one size */
    this.widths = new Map();
    this.size = 0;
  }

  forget() {
    this.shown.clear();
    this.widths.clear();
  }

  /**
   * Draw as many labels as fit without touching each other.
   *
   * @param {CanvasRenderingContext2D} context   one unit a pixel
   * @param {Wanted[]} wanted   most important first
   * @param {{size: number, width: number, height: number, colours: Record<string, string>,
   *   blocked: number[][]}} room   `blocked`: left, top, right, bottom of what must stay free
   */
  draw(context, wanted, { size, width, height, colours, blocked }) {
    // A screen stays for weeks: widths of places long past are let go.
    if (size !== this.size || this.widths.size > 500) this.widths.clear();
    this.size = size;
    context.font = `500 ${size}px ${FACE}`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.lineJoin = "round";
    const taken = [...blocked];
    const now = new Set();
    for (const one of this._ordered(wanted)) {
      const wide = this._width(context, one.text);
      const at = spot(one, wide, size, { width, height }, taken);
      if (!at) continue;
      taken.push([at[0] - 4, at[1] - size * 0.62, at[0] + wide + 4, at[1] + size * 0.62]);
      now.add(one.text);
      context.strokeStyle = colours.ground;
      context.lineWidth = size * 0.28;
      context.strokeText(one.text, at[0], at[1]);
      context.fillStyle = one.first ? colours.mark : colours.text;
      context.fillText(one.text, at[0], at[1]);
    }
    this.shown = now;
  }

  _ordered(wanted) {
    const rank = (one) => (one.first ? 0 : this.shown.has(one.text) ? 1 : 2);
    return wanted
      .map((one, place) => ({ one, key: rank(one) * 1e6 + place }))
      .sort((a, b) => a.key - b.key)
      .map(({ one }) => one);
  }

  _width(context, text) {
    let wide = this.widths.get(text);
    if (wide === undefined) {
      wide = context.measureText(text).width;
      this.widths.set(text, wide);
    }
    return wide;
  }
}

/** Return where a label's text begins, or null: over the point, else above, below or beside. */
function spot({ x, y, gap = 0 }, wide, size, { width, height }, taken) {
  const step = size * 1.25;
  const tries = gap
    ? [[gap, 0], [-gap - wide, 0], [-wide / 2, -gap - step / 2], [-wide / 2, gap + step / 2]]
    : [[-wide / 2, 0], [-wide / 2, -step], [-wide / 2, step]];
  for (const [dx, dy] of tries) {
    const [left, middle] = [x + dx, y + dy];
    const box = [left - 4, middle - size * 0.62, left + wide + 4, middle + size * 0.62];
    if (box[0] < 2 || box[1] < 2 || box[2] > width - 2 || box[3] > height - 2) continue;
    if (!taken.some((other) => touches(box, other))) return [left, middle];
  }
  return null;
}

function touches(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

/** Outlines of marks around (0, 0), radius 1. */
const SHAPES = {
  circle: (pen, r) => pen.arc(0, 0, r * 0.9, 0, 2 * Math.PI),
  square: (pen, r) => pen.rect(-r * 0.8, -r * 0.8, r * 1.6, r * 1.6),
  diamond: (pen, r) => polygon(pen, [[0, -r * 1.1], [r * 1.1, 0], [0, r * 1.1], [-r * 1.1, 0]]),
  triangle: (pen, r) => polygon(pen, [[0, -r * 1.1], [r, r * 0.8], [-r, r * 0.8]]),
  cross: (pen, r) => {
    const [a, b] = [r * 0.35, r];
    polygon(pen, [
      [-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a],
      [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a],
    ]);
  },
};

function polygon(pen, points) {
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.closePath();
}

/** @returns {number} pixels from a mark's middle to its edge */
export function radiusOf(mark, rem) {
  return (4 + 2 * Math.max(1, Math.min(3, mark.size ?? 1))) * rem;
}

/**
 * Draw a mark with an outline in the ground's colour, so that it shows on any region.
 *
 * @param {CanvasRenderingContext2D} context
 */
export function drawMark(context, mark, x, y, rem, colours) {
  context.save();
  context.translate(x, y);
  context.beginPath();
  (SHAPES[mark.shape] ?? SHAPES.circle)(context, radiusOf(mark, rem));
  context.lineWidth = 3 * rem;
  context.strokeStyle = colours.ground;
  context.stroke();
  context.fillStyle = mark.colour ?? colours.accent;
  context.fill();
  context.restore();
}

/** A fixed pool of rings that spread around marks: the browser moves them, no frame is drawn. */
export class Rings {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.pool = Array.from({ length: 12 }, () => {
      const ring = document.createElement("i");
      ring.className = "ring";
      ring.hidden = true;
      parent.append(ring);
      return ring;
    });
  }

  /** @param {{x: number, y: number, colour: string, wide: number}[]} wanted   pixels */
  place(wanted) {
    this.pool.forEach((ring, k) => {
      const one = wanted[k];
      ring.hidden = !one;
      if (!one) return;
      ring.style.transform = `translate(${one.x.toFixed(1)}px, ${one.y.toFixed(1)}px)`;
      ring.style.setProperty("--ring", one.colour);
      ring.style.setProperty("--wide", `${one.wide}px`);
    });
  }
}
