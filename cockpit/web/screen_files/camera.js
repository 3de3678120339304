/**
 * Where the map is looked at from: an oblique view without perspective, so that one scale holds
 * all over the picture and a frame is one affine matrix for all shapes on the ground.
 */

/**
 * A view. Metres are those of the shapes, pixels those of the style sheet.
 *
 * @typedef {object} View
 * @property {number} x       metres east of the middle of the picture
 * @property {number} y       metres north
 * @property {number} scale   pixels a metre, across
 * @property {number} bearing degrees that north is turned to the left
 * @property {number} pitch   degrees from straight down, 0 to 70
 * @property {number[]} [pivot]   metres: what a fitted view turns about
 * @property {number[]} [aside]   metres across and deep, from there to the picture's middle
 */

const DEGREE = Math.PI / 180;

/** The matrix of a view for a picture whose middle stands at (middleX, middleY). */
export class Lens {
  /**
   * @param {View} view
   * @param {number} middleX
   * @param {number} middleY
   */
  constructor(view, middleX, middleY) {
    const turn = view.bearing * DEGREE;
    const flat = Math.cos(view.pitch * DEGREE);
    this.cos = Math.cos(turn);
    this.sin = Math.sin(turn);
    this.a = view.scale * this.cos;
    this.c = -view.scale * this.sin;
    this.b = -view.scale * flat * this.sin;
    this.d = -view.scale * flat * this.cos;
    this.e = middleX - this.a * view.x - this.c * view.y;
    this.f = middleY - this.b * view.x - this.d * view.y;
    /** Pixels that one metre of height takes up the picture. */
    this.up = view.scale * Math.sin(view.pitch * DEGREE);
    this.scale = view.scale;
    this.flat = flat;
  }

  /** @returns {number} pixels from the left of a place on the ground */
  px(x, y) {
    return this.a * x + this.c * y + this.e;
  }

  /** @returns {number} pixels from the top of a place on the ground */
  py(x, y) {
    return this.b * x + this.d * y + this.f;
  }

  /** @returns {[number, number]} the place on the ground at a pixel */
  ground(px, py) {
    const u = px - this.e;
    const v = py - this.f;
    const det = this.a * this.d - this.b * this.c;
    return [(this.d * u - this.c * v) / det, (this.a * v - this.b * u) / det];
  }
}

/**
 * What a view must hold and where it may lie.
 *
 * @typedef {object} Room
 * @property {number} width    pixels of the picture
 * @property {number} height
 * @property {number} margin   pixels kept free along its sides
 * @property {number[][]} blocked   left, top, right, bottom of what must not be covered: the legend
 * @property {number} [most]   pixels a metre that the view never comes closer than
 */

/** Degrees that a pitch may be lowered by, where the picture has height to spare. */
const LOWER = [0, 6, 12, 18, 24];
const AROUND = [0, -1, 1, -2, 2, -3, 3, -4, 4]; // places tried to either side of the middle

/**
 * Return the largest view that shows some points whole and covers nothing blocked, whatever the
 * bearing within a sway; the pitch is lowered where that fills the picture better.
 *
 * @param {number[]} points   x, y, x, y, ... in metres; at least one point
 * @param {number[]} lifts    pixels that each point rises; shorter: the others lie on the ground
 * @param {Room} room
 * @param {{bearing: number, pitch: number, sway?: number}} pose
 *   `sway`: degrees the bearing moves to either side
 * @returns {View}
 */
export function fitting(points, lifts, room, { bearing, pitch, sway = 0 }) {
  const middle = middleOf(points);
  let best = null;
  for (const lower of LOWER) {
    const flat = Math.cos((pitch - lower) * DEGREE);
    const seen = projected(points, middle, flat, sway ? [bearing - sway, bearing, bearing + sway] : [bearing]);
    let found = null;
    let scale = Math.min(room.width, room.height) / Math.max(1, reach(seen));
    // What rises does so in pixels: how much that is in metres depends on the scale found.
    for (let round = 0; round < 3; round += 1) {
      found = placed(hull(seen.map(([u, v], k) => [u, v - (lifts[k % (points.length / 2)] ?? 0) / scale])), room);
      scale = found.scale;
    }
    const large = scale * scale * flat;
    if (!best || large > best.large * 1.02) best = { ...found, large, pitch: pitch - lower, flat };
  }
  const p = (room.width / 2 - best.x) / best.scale;
  const q = (best.y - room.height / 2) / (best.scale * best.flat);
  return turned({ pivot: middle, aside: [p, q], x: 0, y: 0, scale: best.scale, bearing, pitch: best.pitch }, 0);
}

/**
 * Return a fitted view turned about the middle of what it holds.
 *
 * @param {View} view
 * @param {number} degrees
 * @returns {View}
 */
export function turned(view, degrees) {
  const bearing = view.bearing + degrees;
  if (!view.pivot || !view.aside) return { ...view, bearing };
  const [[x, y], [p, q]] = [view.pivot, view.aside];
  const cos = Math.cos(bearing * DEGREE);
  const sin = Math.sin(bearing * DEGREE);
  return { ...view, x: x + p * cos + q * sin, y: y - p * sin + q * cos, bearing };
}

function middleOf(points) {
  let [west, east, south, north] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let k = 0; k < points.length; k += 2) {
    west = Math.min(west, points[k]);
    east = Math.max(east, points[k]);
    south = Math.min(south, points[k + 1]);
    north = Math.max(north, points[k + 1]);
  }
  return [(west + east) / 2, (south + north) / 2];
}

/** Points as they lie in the picture of scale 1, once for each bearing. */
function projected(points, [x, y], flat, bearings) {
  return bearings.flatMap((turn) => {
    const cos = Math.cos(turn * DEGREE);
    const sin = Math.sin(turn * DEGREE);
    const found = [];
    for (let k = 0; k < points.length; k += 2) {
      const [dx, dy] = [points[k] - x, points[k + 1] - y];
      found.push([dx * cos - dy * sin, -(dx * sin + dy * cos) * flat]);
    }
    return found;
  });
}

function reach(seen) {
  return seen.reduce((most, [u, v]) => Math.max(most, 2 * Math.abs(u), 2 * Math.abs(v)), 1);
}

/** Return the convex hull (Andrew's monotone chain), its long edges in steps. */
function hull(points) {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (given) => {
    const kept = [];
    for (const [u, v] of given) {
      while (kept.length > 1) {
        const [[a, b], [c, d]] = kept.slice(-2);
        if ((c - a) * (v - b) - (d - b) * (u - a) > 0) break;
        kept.pop();
      }
      kept.push([u, v]);
    }
    return kept.slice(0, -1);
  };
  const around = [...half(sorted), ...half(sorted.toReversed())];
  if (around.length < 2) return sorted.slice(0, 1);
  const step = reach(around) / 40;
  return around.flatMap(([u, v], k) => {
    const [a, b] = around[(k + 1) % around.length];
    const n = Math.max(1, Math.ceil(Math.hypot(a - u, b - v) / step));
    return Array.from({ length: n }, (_, i) => [u + ((a - u) * i) / n, v + ((b - v) * i) / n]);
  });
}

/** Return the largest scale at which a hull fits, and where its origin then lies, in pixels. */
function placed(points, room) {
  const us = points.map(([u]) => u);
  const vs = points.map(([, v]) => v);
  const box = [Math.min(...us), Math.min(...vs), Math.max(...us), Math.max(...vs)];
  const [width, height] = [room.width - 2 * room.margin, room.height - 2 * room.margin].map((one) => Math.max(20, one));
  const most = Math.min(
    room.most ?? Infinity, width / Math.max(1, box[2] - box[0]), height / Math.max(1, box[3] - box[1]),
  );
  let found = spotFor(points, box, most, room);
  if (found) return { ...found, scale: most };
  let [low, high] = [most / 8, most];
  for (let k = 0; k < 9; k += 1) {
    const scale = (low + high) / 2;
    const spot = spotFor(points, box, scale, room);
    if (spot) [found, low] = [{ ...spot, scale }, scale];
    else high = scale;
  }
  // Everything blocked: rather under the legend than nowhere.
  return found ?? {
    x: room.width / 2 - (most * (box[0] + box[2])) / 2, y: room.height / 2 - (most * (box[1] + box[3])) / 2, scale: most,
  };
}

function spotFor(points, [left, top, right, bottom], scale, { width, height, margin, blocked }) {
  const freeX = Math.max(0, width - 2 * margin - scale * (right - left)) / 8;
  const freeY = Math.max(0, height - 2 * margin - scale * (bottom - top)) / 8;
  for (const down of AROUND) {
    for (const aside of AROUND) {
      const x = width / 2 - (scale * (left + right)) / 2 + aside * freeX;
      const y = height / 2 - (scale * (top + bottom)) / 2 + down * freeY;
      const covers = blocked.some(([l, t, r, b]) =>
        points.some(([u, v]) => {
          const [px, py] = [x + scale * u, y + scale * v];
          return px > l && px < r && py > t && py < b;
        }));
      if (!covers) return { x, y };
    }
  }
  return null;
}

const eased = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);

/** A flight from one view to another; the far ends of a long one are seen from a little higher. */
export class Flight {
  /**
   * @param {View} from
   * @param {View} to
   * @param {number} seconds   0: there at once
   */
  constructor(from, to, seconds) {
    this.from = from;
    this.to = to;
    this.seconds = seconds;
    this.spent = 0;
    const metres = Math.hypot(to.x - from.x, to.y - from.y);
    const pixels = metres * Math.min(from.scale, to.scale);
    this.dip = Math.min(0.35, pixels / 4000);
    this.turn = ((((to.bearing - from.bearing) % 360) + 540) % 360) - 180;
  }

  get done() {
    return this.spent >= this.seconds;
  }

  /**
   * @param {number} seconds   since the last step
   * @returns {View}
   */
  step(seconds) {
    this.spent += seconds;
    if (this.done) return { ...this.to };
    const t = eased(this.spent / this.seconds);
    const mix = (a, b) => a + (b - a) * t;
    const scale = Math.exp(mix(Math.log(this.from.scale), Math.log(this.to.scale)));
    return {
      x: mix(this.from.x, this.to.x),
      y: mix(this.from.y, this.to.y),
      scale: scale * (1 - this.dip * Math.sin(Math.PI * t)),
      bearing: this.from.bearing + this.turn * t,
      pitch: mix(this.from.pitch, this.to.pitch),
    };
  }
}

/** Degrees to either side of a view that turns, and the fastest it turns, in degrees a second. */
export const SWAY = 12;
const SPEED = 1;

/**
 * Return how far a view has turned aside after some seconds: there and back as a pendulum, so
 * that north stays up enough to know the county again.
 *
 * @param {number} seconds
 * @returns {number} degrees, -SWAY to SWAY
 */
export function swayed(seconds) {
  return SWAY * Math.sin((seconds * SPEED) / SWAY);
}

/**
 * Return a round length near a share of the picture, for the scale bar.
 *
 * @param {number} metres   the longest that fits
 * @returns {number} 1, 2 or 5 times a power of ten, in metres
 */
export function roundLength(metres) {
  const power = 10 ** Math.floor(Math.log10(metres));
  const lead = metres / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}
