/**
 * The county's shapes: asked for once a data version, kept as paths and plain arrays.
 *
 * A level's shapes are some hundred kilobytes; the store keeps the levels that the scenes use and
 * lets those of an older data version go.
 */

import { ask } from "./net.js";

/**
 * @typedef {object} Region
 * @property {string} code
 * @property {string} name
 * @property {number} x      a point inside, metres
 * @property {number} y
 * @property {Float64Array[]} rings   each closed: first point again at the end
 * @property {Path2D} path
 * @property {[number, number, number, number]} box
 */

/** One level's regions. */
export class Level {
  /** @param {{level: string, box: number[], regions: any[]}} found */
  constructor(found) {
    this.level = found.level;
    this.box = found.box;
    /** @type {Region[]} */
    this.regions = found.regions.map(region);
    /** @type {Map<string, Region>} */
    this.byCode = new Map(this.regions.map((one) => [one.code, one]));
    this.borders = new Path2D();
    for (const one of this.regions) this.borders.addPath(one.path);
    this.points = this.regions.flatMap((one) => corners(one.box));
  }
}

/** @returns {Region} */
function region({ code, name, at, rings }) {
  const closed = rings.map(close);
  const path = new Path2D();
  let box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of closed) {
    path.moveTo(ring[0], ring[1]);
    for (let k = 2; k < ring.length; k += 2) path.lineTo(ring[k], ring[k + 1]);
    path.closePath();
    for (let k = 0; k < ring.length; k += 2) {
      box = [
        Math.min(box[0], ring[k]),
        Math.min(box[1], ring[k + 1]),
        Math.max(box[2], ring[k]),
        Math.max(box[3], ring[k + 1]),
      ];
    }
  }
  return { code, name, x: at[0], y: at[1], rings: closed, path, box };
}

/** Return a ring closed and counterclockwise, so that a wall's outside is on its right. */
function close(ring) {
  const n = ring.length;
  const shut = ring[0] === ring[n - 2] && ring[1] === ring[n - 1] ? ring : [...ring, ring[0], ring[1]];
  let twice = 0;
  for (let k = 0; k + 3 < shut.length; k += 2) {
    twice += shut[k] * shut[k + 3] - shut[k + 2] * shut[k + 1];
  }
  if (twice >= 0) return Float64Array.from(shut);
  const turned = new Float64Array(shut.length);
  for (let k = 0; k < shut.length; k += 2) {
    turned[k] = shut[shut.length - 2 - k];
    turned[k + 1] = shut[shut.length - 1 - k];
  }
  return turned;
}

/** @returns {number[]} the four corners of a box, x, y, x, y, ... */
export function corners([west, south, east, north]) {
  return [west, south, east, south, east, north, west, north];
}

/** Whether a place lies inside a region, its holes counted as outside. */
export function holds(one, x, y) {
  const [west, south, east, north] = one.box;
  if (x < west || x > east || y < south || y > north) return false;
  let inside = false;
  for (const ring of one.rings) {
    for (let k = 0; k + 3 < ring.length; k += 2) {
      const [x1, y1, x2, y2] = [ring[k], ring[k + 1], ring[k + 2], ring[k + 3]];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  }
  return inside;
}

/** The levels and lines of the data version shown now. */
export class Shapes {
  constructor(language) {
    this.language = language;
    this.version = "";
    /** @type {Map<string, Promise<Level>>} */
    this.levels = new Map();
    /** @type {Promise<{roads: Path2D, water: Path2D}> | null} */
    this.ways = null;
  }

  _turnTo(version) {
    if (version === this.version) return;
    this.version = version;
    this.levels.clear();
    this.ways = null;
  }

  /**
   * Return a level's regions; an error is not kept, so the next scene asks again.
   *
   * @param {string} version
   * @param {string} level
   * @returns {Promise<Level>}
   */
  level(version, level) {
    this._turnTo(version);
    const known = this.levels.get(level);
    if (known) return known;
    const address = `/screen/shapes/${encodeURIComponent(version)}/${level}.json`;
    const asked = ask(address, { query: { lang: this.language }, seconds: 30 }).then(
      (found) => new Level(found),
    );
    asked.catch(() => this.levels.delete(level));
    this.levels.set(level, asked);
    return asked;
  }

  /** Return roads and water as one path each. */
  lines(version) {
    this._turnTo(version);
    if (!this.ways) {
      const address = `/screen/lines/${encodeURIComponent(version)}.json`;
      this.ways = ask(address, { seconds: 30 }).then(({ roads, water }) => ({
        roads: tracks(roads),
        water: tracks(water),
      }));
      this.ways.catch(() => (this.ways = null));
    }
    return this.ways;
  }
}

function tracks(lines) {
  const path = new Path2D();
  for (const line of lines ?? []) {
    for (let k = 0; k < line.length; k += 2) {
      if (k) path.lineTo(line[k], line[k + 1]);
      else path.moveTo(line[k], line[k + 1]);
    }
  }
  return path;
}
