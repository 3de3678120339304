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
 * Return the view that shows some points whole, whatever the bearing within a sway.
 *
 * @param {number[]} points   x, y, x, y, ... in metres; at least one point
 * @param {{width: number, height: number}} room   pixels free for them
 * @param {{bearing: number, pitch: number, sway?: number, rise?: number, sink?: number}} pose
 *   `sway`: degrees the bearing moves to either side; `rise`: pixels left free above for columns;
 *   `sink`: pixels left free below, for a legend as wide as the picture
 * @returns {View}
 */
export function fitting(points, room, { bearing, pitch, sway = 0, rise = 0, sink = 0 }) {
  const flat = Math.cos(pitch * DEGREE);
  let [west, east, south, north] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let k = 0; k < points.length; k += 2) {
    west = Math.min(west, points[k]);
    east = Math.max(east, points[k]);
    south = Math.min(south, points[k + 1]);
    north = Math.max(north, points[k + 1]);
  }
  const x = (west + east) / 2;
  const y = (south + north) / 2;
  let across = 1;
  let deep = 1;
  let [up, down] = [0, 0];
  for (const turn of sway ? [bearing - sway, bearing, bearing + sway] : [bearing]) {
    const cos = Math.cos(turn * DEGREE);
    const sin = Math.sin(turn * DEGREE);
    for (let k = 0; k < points.length; k += 2) {
      const dx = points[k] - x;
      const dy = points[k + 1] - y;
      across = Math.max(across, 2 * Math.abs(dx * cos - dy * sin));
      up = Math.max(up, (dx * sin + dy * cos) * flat);
      down = Math.max(down, -(dx * sin + dy * cos) * flat);
    }
  }
  deep = Math.max(deep, 2 * Math.max(up, down));
  const scale = Math.min(room.width / across, Math.max(40, room.height - rise - sink) / deep);
  // Half of the free space above goes below the middle, so that columns stay in the picture.
  const lift = (rise - sink) / 2 / (scale * flat);
  const turn = bearing * DEGREE;
  return { x: x + Math.sin(turn) * lift, y: y + Math.cos(turn) * lift, scale, bearing, pitch };
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
export const SWAY = 18;
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
