/**
 * The map on the wall: two canvases, drawn only when something moves.
 *
 * No WebGL: walls are often thin clients without a graphics card, and a lost context after a week
 * is worse than ten frames a second. A frame that takes long makes the next ones rarer.
 */

import { fitting, Flight, Lens, roundLength, SWAY, swayed, turned } from "./camera.js";
import { drawColumns, drawFlat, drawHeat, drawQuiet, drawRising, farFirst } from "./paint.js";
import { Picture } from "./picture.js";
import { corners, holds, Shapes } from "./shapes.js";
import { drawMark, Labels, radiusOf, Rings } from "./upright.js";
import { word } from "./words.js";

const FLIGHT_S = 1.5;
const FASTEST_MS = 33;
const SLOWEST_MS = 100;
const MOST_PIXELS = 4.2e6; // of a canvas: a 4K wall's map at one pixel each
const POSE = { flat: 28, tall: 50, bearing: -8 };

export class CountyMap {
  /**
   * @param {{root: HTMLElement, language: string, onPick: (code: string) => void}} options
   */
  constructor({ root, language, onPick }) {
    this.root = root;
    this.shapes = new Shapes(language);
    this.ground = canvasOf(root, "#ground");
    this.above = canvasOf(root, "#above");
    this.rings = new Rings(root);
    this.labels = new Labels();
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    /** @type {Picture | null} */
    this.picture = null;
    /** @type {import("./camera.js").View | null} */
    this.view = null;
    /** @type {import("./camera.js").View | null} the view that a turning map sways around */
    this.home = null;
    /** @type {Flight | null} */
    this.flight = null;
    this.alert = null;
    this.selected = "";
    /** @type {number[][]} left, top, right, bottom of what labels keep clear of */
    this.blocked = [];
    this.swaying = 0;
    this.turning = false;
    this.halted = false;
    this.wanted = 0;
    this.last = 0;
    this.pace = FASTEST_MS;
    this.frames = 0;
    this.latest = 0;
    root.addEventListener("click", (event) => {
      const box = root.getBoundingClientRect();
      onPick(this.at(event.clientX - box.left, event.clientY - box.top));
    });
    document.addEventListener("visibilitychange", () => this._wake());
    this.still.addEventListener("change", () => this._wake());
    this.resize();
    // Whatever changes the map's box: the window, panels that come and go, an alert, a longer legend.
    const watcher = new ResizeObserver(() => {
      this.resize();
      this.block();
    });
    for (const one of [root, .../** @type {any} */ (root.querySelectorAll("#legend, #compass"))]) watcher.observe(one);
  }

  /**
   * Show the map of a scene; fly there, or at once for the first.
   *
   * @param {any} map   of the scene's JSON, or null: the county's shape stays away
   * @returns {Promise<boolean>} false when a newer call has come in between
   */
  async show(map) {
    this.latest += 1;
    const call = this.latest;
    const compass = /** @type {HTMLElement} */ (this.root.querySelector("#compass"));
    if (!map) {
      compass.hidden = true;
      this.picture = null;
      this._wake();
      return true;
    }
    const [level, county, outlines, lines] = await Promise.all([
      this.shapes.level(map.version, map.level),
      this.shapes.level(map.version, "county"),
      map.outlines ? this.shapes.level(map.version, map.outlines) : null,
      this.shapes.lines(map.version).catch(() => null), // a map without roads is still a map
    ]);
    if (call !== this.latest) return false;
    const same = this.picture?.map.level === map.level && this.picture?.map.focus === map.focus;
    this.picture = new Picture(map, level, county, outlines, lines);
    this._sizePicture();
    this._choose();
    compass.hidden = false;
    if (!same) this.labels.forget();
    this.turning = Boolean(map.turn);
    // A scene without panels below or beside leaves the map more room.
    this.resize();
    this.block();
    if (!this.alert || !this.view) this._go(same);
    this._wake();
    return true;
  }

  /** Fly to an alert's place, or with null back to the scene. */
  warn(alert) {
    this.alert = alert;
    this._choose();
    this._go(false);
    this._wake();
  }

  /** Outline a region. */
  select(code) {
    this.selected = code;
    this._choose();
    this._wake();
  }

  /** Hold the turning, or go on. */
  halt(halted) {
    this.halted = halted;
    this._wake();
  }

  /** Colours have changed or the window has: everything is drawn anew. */
  resize() {
    const { clientWidth: width, clientHeight: height } = this.root;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    if (width === this.width && height === this.height && rem === this.rem && devicePixelRatio === this.density) return;
    this.width = width;
    this.height = height;
    this.rem = rem;
    this.density = devicePixelRatio;
    const ratio = Math.min(devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / Math.max(1, width * height)));
    this.ratio = Math.max(0.5, ratio);
    for (const { canvas } of [this.ground, this.above]) {
      canvas.width = Math.round(width * this.ratio);
      canvas.height = Math.round(height * this.ratio);
    }
    this._sizePicture();
    if (this.picture) this._go(true);
    this._draw(); // now: setting its size has emptied the canvas
  }

  /** @returns {string} the region at a pixel, nearest first, or "" */
  at(px, py) {
    const { picture } = this;
    if (!picture || !this.view) return "";
    const lens = this._lens();
    for (const one of farFirst(picture.level.regions, lens).reverse()) {
      const high = picture.rising ? picture.rise(one.code) : 0;
      const [x, y] = lens.ground(px, py + high);
      if (holds(one, x, y)) return one.code;
    }
    return "";
  }

  /** @returns {string} the region before or after a chosen one, as the shapes are ordered */
  beside(code, step) {
    const regions = this.picture?.level.regions ?? [];
    if (!regions.length) return "";
    const at = regions.findIndex((one) => one.code === code);
    const next = at < 0 ? (step > 0 ? 0 : regions.length - 1) : at + step;
    return regions[(next + regions.length) % regions.length].code;
  }

  // -- the camera

  _sizePicture() {
    this.picture?.size(this.height, this.rem, this.ground, this.ratio);
  }

  /** Set out for what is to be seen now: the alert's place, the focus, or the whole county. */
  _go(quickly) {
    const { picture } = this;
    if (!picture || !this.width) return;
    this.home = this._target(picture);
    const seconds = !this.view || quickly || this.still.matches ? 0 : FLIGHT_S;
    if (!this.view || seconds === 0) {
      this.flight = null;
      this.view = quickly && this.view && this.turning && !this.alert
        ? turned(this.home, swayed(this.swaying))
        : { ...this.home };
    } else {
      this.flight = new Flight(this.view, this.home, seconds);
    }
    if (!quickly) this.swaying = 0;
  }

  _target(picture) {
    const { map, county, level } = picture;
    const { width, height, blocked } = this;
    const pose = {
      bearing: POSE.bearing, pitch: map.heights ? POSE.tall : POSE.flat, sway: map.turn ? SWAY : 0,
    };
    const room = { width, height, blocked, margin: 10 * this.rem };
    const near = this._near(picture);
    const [west, , east] = level.box;
    if (near && this.alert) {
      // Never closer than two fifths of the county across: a place needs its surroundings to be
      // known again.
      const margin = Math.min(width, height) * 0.25;
      return fitting(near, [], { ...room, margin, most: (2.5 * width) / (east - west) }, { ...pose, sway: 0 });
    }
    const ground = near ?? (county.regions[0] ? outline(county) : corners(level.box));
    const { points, lifts } = risen(picture, ground, near ? (map.values ?? {}) : null);
    return near
      ? fitting(points, lifts, { ...room, margin: 24 * this.rem, most: (10 * width) / (east - west) }, pose)
      : fitting(points, lifts, room, pose);
  }

  /** @returns {number[] | null} the points to fly close to */
  _near({ map, level, outlines, county }) {
    const code = this.alert ? this.alert.code : map.focus;
    for (const found of [level, outlines, county]) {
      const one = code ? found?.byCode.get(code) : undefined;
      if (one && found !== county) return one.rings.flatMap((ring) => [...ring]);
    }
    if (this.alert && Number.isFinite(this.alert.x)) {
      const { x, y } = this.alert;
      return corners([x - 3000, y - 3000, x + 3000, y + 3000]);
    }
    return null;
  }

  _lens() {
    return new Lens(/** @type {any} */ (this.view), this.width / 2, this.height / 2);
  }

  // -- frames

  get moving() {
    if (!this.picture || document.hidden) return false;
    return Boolean(this.flight) || (this.turning && !this.alert && !this.halted && !this.still.matches);
  }

  /** Ask for a frame unless one is asked for already. */
  _wake() {
    if (!this.wanted) this.wanted = requestAnimationFrame((now) => this._frame(now));
  }

  _frame(now) {
    this.wanted = 0;
    const gone = now - this.last;
    if (this.moving && gone < this.pace - 4) {
      this._wake();
      return;
    }
    const seconds = Math.min(gone, 250) / 1000;
    this.last = now;
    this._advance(seconds);
    this.frames += 1;
    const start = performance.now();
    this._draw();
    const took = performance.now() - start;
    // A turning map may take a third of the machine, a flight most of it for its second and a half.
    const wish = took * (this.flight ? 1.5 : 3);
    const pace = Math.max(this.flight ? FASTEST_MS : 50, Math.min(SLOWEST_MS, wish));
    this.pace += (pace - this.pace) * 0.3;
    if (this.moving) this._wake();
  }

  _advance(seconds) {
    if (!this.view || !this.home) return;
    if (this.flight) {
      this.view = this.flight.step(seconds);
      if (this.flight.done) this.flight = null;
    } else if (this.moving) {
      this.swaying += seconds;
      this.view = turned(this.home, swayed(this.swaying));
    }
  }

  _draw() {
    const { picture, ground, above, ratio } = this;
    for (const pen of [ground, above]) {
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    }
    this.root.dataset.frames = String(this.frames);
    if (!picture || !this.view) {
      this.rings.place([]);
      return;
    }
    const lens = this._lens();
    this.root.dataset.bearing = this.view.bearing.toFixed(2);
    if (picture.rising) drawRising(ground, picture, lens, ratio);
    else drawFlat(ground, picture, lens, ratio);
    // Outlines lie on the ground: what stands there hides them.
    if (picture.columns) this._drawChosen(ground, picture, lens);
    if (picture.columns) drawColumns(ground, picture, lens, ratio, picture.side);
    if (picture.heat) drawHeat(ground, picture.heat, lens, ratio);
    if (this.alert) drawQuiet(ground, picture.colours.ground);
    if (this.alert || !(picture.columns || picture.rising)) this._drawChosen(above, picture, lens);
    above.setTransform(ratio, 0, 0, ratio, 0, 0);
    this._drawUpright(picture, lens);
    this._drawCompass(lens);
  }

  /** @returns {{one: import("./shapes.js").Region, colour: string}[]} what is outlined now */
  _chosen({ level, outlines, colours, map }) {
    const codes = this.alert ? [this.alert.code] : [map.focus, this.selected];
    return codes.flatMap((code) => {
      const one = code ? (level.byCode.get(code) ?? outlines?.byCode.get(code)) : undefined;
      return one ? [{ one, colour: this.alert ? colourOf(this.alert, colours) : colours.mark }] : [];
    });
  }

  _choose() {
    // Under an alert its outline lies over the quiet ground.
    if (this.picture?.rising) this.picture.choose(this.alert ? [] : this._chosen(this.picture));
  }

  _drawChosen(pen, picture, lens) {
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.lineWidth = 2.5 * this.rem;
    pen.lineJoin = "round";
    for (const { one, colour } of this._chosen(picture)) {
      const high = picture.rising && picture.level.byCode.has(one.code) ? picture.rise(one.code) : 0;
      pen.strokeStyle = colour;
      pen.beginPath();
      for (const ring of one.rings) {
        for (let at = 0; at < ring.length; at += 2) {
          const [x, y] = [lens.px(ring[at], ring[at + 1]), lens.py(ring[at], ring[at + 1]) - high];
          if (at) pen.lineTo(x, y);
          else pen.moveTo(x, y);
        }
      }
      pen.stroke();
    }
  }

  _drawUpright(picture, lens) {
    const { map, level, outlines, colours } = picture;
    const { rem, above } = this;
    const wanted = [];
    const rings = [];
    const heightAt = (code) => (picture.map.heights && level.byCode.has(code) ? picture.rise(code) : 0);
    const named = [];
    for (const mark of this.alert ? [] : picture.marks) {
      const [x, y] = [lens.px(mark.x, mark.y), lens.py(mark.x, mark.y) - picture.liftAt(mark)];
      drawMark(above, mark, x, y, rem, colours);
      const wide = radiusOf(mark, rem);
      if (mark.pulse) rings.unshift({ x, y, colour: mark.colour, wide });
      if (mark.named) named.unshift({ text: mark.label, x, y, gap: wide + 4 * rem });
    }
    wanted.push(...named);
    if (this.alert && Number.isFinite(this.alert.x)) {
      const { alert } = this;
      const [x, y] = [lens.px(alert.x, alert.y), lens.py(alert.x, alert.y) - picture.liftAt(alert)];
      const colour = colourOf(this.alert, colours);
      drawMark(above, { shape: "circle", colour, size: 3 }, x, y, rem, colours);
      rings.unshift({ x, y, colour, wide: 16 * rem });
      wanted.unshift({ text: this.alert.place ?? "", x, y, gap: 22 * rem, first: true });
    }
    for (const { code, text } of map.labels ?? []) {
      const one = level.byCode.get(code) ?? outlines?.byCode.get(code);
      if (!one) continue;
      const first = code === this.selected || code === map.focus;
      wanted.push({ text, x: lens.px(one.x, one.y), y: lens.py(one.x, one.y) - heightAt(code), first });
    }
    this._nameSelected(wanted, picture, lens);
    this.rings.place(rings);
    this.labels.draw(above, wanted.filter(({ text }) => text), {
      size: Math.max(12, 15 * rem),
      width: this.width,
      height: this.height,
      colours: this.alert ? { ...colours, text: colours.quiet } : colours,
      blocked: this.blocked,
    });
  }

  /** A chosen region is named even where the scene has no label for it. */
  _nameSelected(wanted, { map, level }, lens) {
    const one = this.selected ? level.byCode.get(this.selected) : undefined;
    if (!one || map.labels?.some(({ code }) => code === this.selected)) return;
    wanted.push({ text: one.name, x: lens.px(one.x, one.y), y: lens.py(one.x, one.y), first: true });
  }

  /** Turn the north arrow and size the scale bar. */
  _drawCompass(lens) {
    const compass = /** @type {HTMLElement} */ (this.root.querySelector("#compass"));
    const turn = (Math.atan2(lens.c, -lens.d) * 180) / Math.PI;
    /** @type {HTMLElement} */ (compass.querySelector("#north")).style.transform =
      `rotate(${turn.toFixed(1)}deg)`;
    const metres = roundLength((110 * this.rem) / lens.scale);
    if (metres === this.length && lens.scale === this.lengthScale) return;
    this.length = metres;
    this.lengthScale = lens.scale;
    const bar = /** @type {HTMLElement} */ (compass.querySelector("#scale i"));
    bar.style.width = `${(metres * lens.scale).toFixed(0)}px`;
    compass.querySelector("#scale span").textContent =
      metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
    this.root.setAttribute("aria-label", word("map"));
  }

  /** Keep the places of legend and compass free; the map is fitted anew where these have changed. */
  block() {
    const box = this.root.getBoundingClientRect();
    const found = [...this.root.querySelectorAll("#legend:not([hidden]), #compass:not([hidden])")]
      .map((one) => one.getBoundingClientRect())
      .filter(({ width }) => width > 0) // an alert hides the legend by style
      .map(({ left, top, right, bottom }) => [left - box.left, top - box.top, right - box.left, bottom - box.top]);
    const changed = JSON.stringify(found.map((one) => one.map(Math.round)));
    if (changed === this.blockedTold) return;
    this.blockedTold = changed;
    this.blocked = found;
    if (this.picture && this.view && !this.flight) this._go(true);
    else if (this.picture && this.flight) this._go(false);
    this._wake();
  }
}

/** @returns {CanvasRenderingContext2D} */
function canvasOf(root, name) {
  const canvas = /** @type {HTMLCanvasElement} */ (root.querySelector(name));
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

function colourOf(alert, colours) {
  return alert?.level >= 4 ? colours["alert-red"] : colours["alert-orange"];
}

/** @returns {number[]} the county's outline; what a view of the whole must hold */
function outline(county) {
  return county.regions.flatMap((one) => one.rings.flatMap((ring) => [...ring]));
}

/** Add to points on the ground the tops of what rises; `among`: codes of interest, null for all. */
function risen(picture, ground, among) {
  const points = [...ground];
  const lifts = ground.length ? new Array(ground.length / 2).fill(0) : [];
  for (const one of picture.tall) {
    if (among && !(one.code in among)) continue;
    const at = picture.rising ? corners(one.box) : [one.x, one.y];
    points.push(...at);
    for (let k = 0; k < at.length; k += 2) lifts.push(picture.rise(one.code));
  }
  return { points, lifts };
}
