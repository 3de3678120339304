/** What one scene's map shows, prepared once so that a frame only draws. */

import { hatching, heatField, mixed, palette, RISING } from "./paint.js";
import { holds } from "./shapes.js";

/** Highest column, as a share of the picture's height. */
const TALLEST = 0.14;
/** Marks of which none is urgent are named up to this many. */
const FEW = 12;

/** How urgent a mark is, by its shape: what is in order is a circle. */
const URGENT = { triangle: 2, cross: 1 };

/**
 * Return marks in the order of drawing, the most urgent last; a fault is no smaller than two.
 * Where some are urgent or circles are many, only the urgent are named.
 */
function byUrgency(marks) {
  const urgency = (one) => (one.pulse ? 3 : (URGENT[one.shape] ?? 0));
  const few = marks.length <= FEW && !marks.some(urgency);
  return marks
    .map((one) => ({
      ...one,
      size: urgency(one) ? Math.max(2, one.size ?? 1) : one.size,
      named: Boolean(one.label) && (few || urgency(one) > 0),
    }))
    .sort((a, b) => urgency(a) - urgency(b) || (a.size ?? 1) - (b.size ?? 1));
}

/** A scene's map with its shapes. */
export class Picture {
  /**
   * @param {any} map      the map of a scene, as the server sends it
   * @param {import("./shapes.js").Level} level
   * @param {import("./shapes.js").Level} county
   * @param {import("./shapes.js").Level | null} outlines
   * @param {{roads: Path2D, water: Path2D} | null} lines
   */
  constructor(map, level, county, outlines, lines) {
    this.map = map;
    this.level = level;
    this.county = county;
    this.outlines = outlines;
    this.lines = lines;
    this.colours = palette();
    this.rem = 1;
    this.tallest = 0;
    this.rising = Boolean(map.heights) && level.regions.length <= RISING;
    this.columns = Boolean(map.heights) && !this.rising;
    this.empty = mixed(this.colours["no-data"], this.colours["map-ground"], 0.6);
    this.marks = byUrgency(map.marks ?? []);
    this.hatchedCodes = new Set(map.hatched ?? []);
    /** @type {import("./paint.js").Group[]} */
    this.groups = [];
    /** @type {Path2D | null} */
    this.hatched = null;
    this._group();
    this.walls = new Map();
    /** @type {Map<string, {colour: string, lines: Path2D}[]>} chosen outlines, by the region whose top has them */
    this.rims = new Map();
    /** @type {Map<string, Map<string, Path2D>>} each outline in its parts, found once */
    this.parted = new Map();
    /** Regions under marks: found once, for a frame only reads them. */
    this.under = new WeakMap();
    this.tall = level.regions.filter((one) => (map.heights?.[one.code] ?? 0) > 0);
    this.heat = map.heat?.length ? heatField(map.heat, level.box, this._heatSteps()) : null;
    this.side = 0.62 * Math.sqrt(this._typicalArea());
  }

  /** Collect the paths of one colour: a frame fills five paths and not three thousand. */
  _group() {
    const found = new Map();
    const hatched = new Path2D();
    for (const one of this.level.regions) {
      const fill = this.fillOf(one.code) ?? this.groundOf(one.code);
      if (!found.has(fill)) found.set(fill, new Path2D());
      found.get(fill).addPath(one.path);
      if (this.isHatched(one.code)) hatched.addPath(one.path);
    }
    this.groups = [...found].map(([fill, paths]) => ({ fill, paths }));
    this.hatched = hatched;
  }

  /** Whether a region that the scene asks about has no data, or too few people to be shown. */
  isHatched(code) {
    return this.hatchedCodes.has(code) || (this._asked(code) && !this.map.colours?.[code]);
  }

  /** Whether the scene tells of a region: one township's scene tells of its own villages alone. */
  _asked(code) {
    return code in (this.map.values ?? {});
  }

  /** @returns {string} the colour under hatching, or of regions that are only surroundings */
  groundOf(code) {
    return this.isHatched(code) ? this.empty : this.colours.panel;
  }

  _heatSteps() {
    const { colours } = this;
    const low = getComputedStyle(document.documentElement).getPropertyValue("--series-2").trim();
    return [colours["map-ground"], low || colours.mark, colours.mark];
  }

  _typicalArea() {
    const areas = this.level.regions
      .map(({ box: [west, south, east, north] }) => (east - west) * (north - south))
      .sort((a, b) => a - b);
    return areas[Math.floor(areas.length / 4)] ?? 1;
  }

  /**
   * Fit the pens to the picture's size.
   *
   * @param {number} height   pixels
   * @param {number} rem      pixels a root unit over 16: 1 at 1080p, 2 at 4K
   */
  size(height, rem, context, ratio) {
    this.rem = rem;
    this.tallest = this.map.heights ? height * TALLEST : 0;
    this.pattern = hatching(context, this.colours.quiet, 7 * rem * ratio);
  }

  /** @returns {string | null} null: hatched */
  fillOf(code) {
    return this.hatchedCodes.has(code) ? null : (this.map.colours?.[code] ?? null);
  }

  /** @returns {string} the colour of a region's wall */
  wallOf(code) {
    let wall = this.walls.get(code);
    if (!wall) {
      // A wall lies in shade: towards the ground on a dark screen, towards the ink on a light one.
      const light = document.documentElement.dataset.theme === "light";
      const shade = light ? this.colours.text : this.colours.ground;
      wall = mixed(this.fillOf(code) ?? this.colours["no-data"], shade, light ? 0.35 : 0.5);
      this.walls.set(code, wall);
    }
    return wall;
  }

  /** @returns {number} pixels that a region rises */
  rise(code) {
    return this.tallest * Math.max(0, Math.min(1, this.map.heights?.[code] ?? 0));
  }

  /**
   * Choose what is outlined on regions that rise: an outline runs along their tops.
   *
   * @param {{one: import("./shapes.js").Region, colour: string}[]} chosen
   */
  choose(chosen) {
    this.rims.clear();
    for (const { one, colour } of chosen) {
      for (const [code, lines] of this._parts(one)) {
        this.rims.set(code, [...(this.rims.get(code) ?? []), { colour, lines }]);
      }
    }
  }

  /** @returns {Map<string, Path2D>} an outline in parts, each with the region inside it */
  _parts(one) {
    if (this.level.byCode.get(one.code) === one) return new Map([[one.code, one.path]]);
    let parts = this.parted.get(one.code);
    if (!parts) {
      parts = new Map();
      for (const ring of one.rings) {
        let [last, code] = ["", ""];
        for (let k = 0; k + 3 < ring.length; k += 2) {
          code = this._inside(one, ring[k], ring[k + 1], ring[k + 2], ring[k + 3]) || last;
          if (!parts.has(code)) parts.set(code, new Path2D());
          if (code !== last) parts.get(code).moveTo(ring[k], ring[k + 1]);
          parts.get(code).lineTo(ring[k + 2], ring[k + 3]);
          last = code;
        }
      }
      this.parted.set(one.code, parts);
    }
    return parts;
  }

  /** @returns {string} the region on the inner side of an edge: rings run counterclockwise */
  _inside(one, x1, y1, x2, y2) {
    const long = Math.hypot(x2 - x1, y2 - y1) || 1;
    for (const deep of [40, 150, 400]) {
      const x = (x1 + x2) / 2 - ((y2 - y1) / long) * deep;
      const y = (y1 + y2) / 2 + ((x2 - x1) / long) * deep;
      const found = holds(one, x, y) && this.level.regions.find((region) => holds(region, x, y));
      if (found) return found.code;
    }
    return "";
  }

  /** @returns {number} pixels that the region under a mark rises: the mark stands on it */
  liftAt(mark) {
    if (!this.rising) return 0;
    if (!this.under.has(mark)) {
      this.under.set(mark, this.level.regions.find((one) => holds(one, mark.x, mark.y))?.code ?? "");
    }
    return this.rise(this.under.get(mark));
  }
}
