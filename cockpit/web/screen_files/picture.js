/** What one scene's map shows, prepared once so that a frame only draws. */

import { hatching, heatField, mixed, palette, RISING } from "./paint.js";
import { holds } from "./shapes.js";

/** Highest column, as a share of the picture's height. */
const TALLEST = 0.14;

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
    this.hatchedCodes = new Set(map.hatched ?? []);
    /** @type {import("./paint.js").Group[]} */
    this.groups = [];
    /** @type {Path2D | null} */
    this.hatched = null;
    this._group();
    this.walls = new Map();
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

  /** @returns {number} pixels that the region under a mark rises: the mark stands on it */
  liftAt(mark) {
    if (!this.rising) return 0;
    if (!this.under.has(mark)) {
      this.under.set(mark, this.level.regions.find((one) => holds(one, mark.x, mark.y))?.code ?? "");
    }
    return this.rise(this.under.get(mark));
  }
}
