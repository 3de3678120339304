/**
 * Drawing the ground of the map: regions, columns, lines, heat. Everything that stands upright on
 * it (marks, labels) is in upright.js.
 *
 * Shapes on the ground are drawn through the lens's matrix, so a frame does not compute points;
 * only what rises from the ground is projected point by point.
 */

/** Regions that rise as a whole; more of them become columns, which are a tenth of the corners. */
export const RISING = 400;

/** @typedef {{fill: string, paths: Path2D}} Group */

/**
 * Read the colours of the page: the style sheet's custom properties.
 *
 * @returns {Record<string, string>}
 */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const names = [
    "ground", "panel", "line", "text", "quiet", "accent", "map-ground", "map-road", "map-water",
    "map-border", "no-data", "mark", "alert-orange", "alert-red",
  ];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** Return #RRGGBB mixed with another; share 0 is the first, 1 the second. */
export function mixed(colour, other, share) {
  const parts = [1, 3, 5].map((at) => {
    const a = parseInt(colour.slice(at, at + 2), 16);
    const b = parseInt(other.slice(at, at + 2), 16);
    return Math.round(a + (b - a) * share);
  });
  return `rgb(${parts.join(" ")})`;
}

/**
 * Return a pattern of slanting lines: no data, or too few to be shown; never white or zero.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} colour
 * @param {number} step   canvas pixels between two lines
 */
export function hatching(context, colour, step) {
  const size = Math.max(4, Math.round(step));
  const tile = new OffscreenCanvas(size, size);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (tile.getContext("2d"));
  pen.strokeStyle = colour;
  pen.lineWidth = Math.max(1, size / 5);
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

/** Use a lens for what follows; `ratio` canvas pixels a pixel. */
export function through(context, lens, ratio) {
  context.setTransform(
    lens.a * ratio, lens.b * ratio, lens.c * ratio, lens.d * ratio, lens.e * ratio, lens.f * ratio,
  );
}

function upright(context, ratio) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}

/** Fill paths on the ground with slanting lines that keep their width on the glass. */
export function hatch(context, pattern, paths, lens, ratio) {
  through(context, lens, ratio);
  pattern.setTransform(context.getTransform().inverse());
  context.fillStyle = pattern;
  context.fill(paths);
}

/**
 * Draw regions that lie flat, and the lines on them.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {import("./picture.js").Picture} picture
 * @param {import("./camera.js").Lens} lens
 * @param {number} ratio
 */
export function drawFlat(context, picture, lens, ratio) {
  const { colours } = picture;
  const pixel = 1 / lens.scale;
  through(context, lens, ratio);
  context.lineJoin = "round";
  context.globalAlpha = picture.columns ? 0.45 : 1;
  for (const { fill, paths } of picture.groups) {
    context.fillStyle = fill;
    context.fill(paths);
  }
  context.globalAlpha = 1;
  if (picture.hatched) hatch(context, picture.pattern, picture.hatched, lens, ratio);
  if (picture.lines) {
    context.lineCap = "round";
    stroke(context, picture.lines.water, colours["map-water"], 2.5 * pixel * picture.rem, 0.95);
    stroke(context, picture.lines.roads, colours["map-road"], 1.2 * pixel * picture.rem, 0.3);
  }
  const many = picture.level.regions.length > RISING;
  if (!many) stroke(context, picture.level.borders, colours.ground, pixel * picture.rem, 0.55);
  if (picture.outlines) {
    const wide = 1.2 * pixel * picture.rem;
    stroke(context, picture.outlines.borders, colours["map-border"], wide, many ? 0.45 : 0.4);
  }
}

function stroke(context, path, colour, width, alpha) {
  context.globalAlpha = alpha;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(path);
  context.globalAlpha = 1;
}

/** Return regions from the farthest to the nearest, as a painter draws them. */
export function farFirst(regions, lens) {
  return regions
    .map((one) => ({ one, depth: lens.py(one.x, one.y) }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ one }) => one);
}

/** Draw regions that rise from the ground: wall, then top. */
export function drawRising(context, picture, lens, ratio) {
  const { colours } = picture;
  for (const one of farFirst(picture.level.regions, lens)) {
    const high = picture.rise(one.code);
    const fill = picture.fillOf(one.code);
    upright(context, ratio);
    if (high > 0.5) {
      context.fillStyle = picture.wallOf(one.code);
      for (const ring of one.rings) wall(context, ring, lens, high);
    }
    const top = { ...lens, f: lens.f - high };
    through(context, top, ratio);
    context.fillStyle = fill ?? picture.groundOf(one.code);
    context.fill(one.path);
    if (picture.isHatched(one.code)) hatch(context, picture.pattern, one.path, top, ratio);
    stroke(context, one.path, colours.ground, picture.rem / lens.scale, 0.5);
    // In its turn: what stands nearer hides it as it hides the top.
    for (const { colour, lines } of picture.rims.get(one.code) ?? []) {
      stroke(context, lines, colour, (2.5 * picture.rem) / lens.scale, 1);
    }
  }
}

/** Lay the ground's own colour over what has been drawn: something else is to be looked at. */
export function drawQuiet(context, colour) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.save();
  context.globalCompositeOperation = "source-atop";
  context.globalAlpha = 0.68;
  context.fillStyle = colour;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.restore();
}

/** Fill the parts of a ring's wall that face the viewer, each run of edges as one shape. */
function wall(context, ring, lens, high) {
  const n = ring.length / 2 - 1;
  let begin = -1;
  for (let k = 0; k <= n; k += 1) {
    // Rings run counterclockwise: an edge from left to right has its outside towards the viewer.
    const facing = k < n
      && lens.px(ring[2 * k + 2], ring[2 * k + 3]) > lens.px(ring[2 * k], ring[2 * k + 1]);
    if (facing && begin < 0) begin = k;
    if (!facing && begin >= 0) {
      run(context, ring, lens, high, begin, k);
      begin = -1;
    }
  }
}

function run(context, ring, lens, high, from, to) {
  context.beginPath();
  for (let k = from; k <= to; k += 1) {
    const [x, y] = [ring[2 * k], ring[2 * k + 1]];
    context.lineTo(lens.px(x, y), lens.py(x, y));
  }
  for (let k = to; k >= from; k -= 1) {
    const [x, y] = [ring[2 * k], ring[2 * k + 1]];
    context.lineTo(lens.px(x, y), lens.py(x, y) - high);
  }
  context.fill();
}

/**
 * Draw a square column on each region that has a height.
 *
 * @param {number} side   metres
 */
export function drawColumns(context, picture, lens, ratio, side) {
  upright(context, ratio);
  const half = side / 2;
  // The same four corners for all: only the place differs.
  const corners = [[-half, -half], [half, -half], [half, half], [-half, half]].map(([x, y]) => [
    lens.a * x + lens.c * y,
    lens.b * x + lens.d * y,
  ]);
  const outline = silhouette(corners);
  for (const one of farFirst(picture.tall, lens)) {
    const high = picture.rise(one.code);
    const [x, y] = [lens.px(one.x, one.y), lens.py(one.x, one.y)];
    context.fillStyle = picture.wallOf(one.code);
    context.beginPath();
    for (const [dx, dy, base] of outline) context.lineTo(x + dx, y + dy - (base ? 0 : high));
    context.fill();
    context.fillStyle = picture.fillOf(one.code) ?? picture.groundOf(one.code);
    context.beginPath();
    for (const [dx, dy] of corners) context.lineTo(x + dx, y + dy - high);
    context.fill();
  }
}

/** Return the two walls to be seen as one outline: base from left to right, then top back. */
function silhouette(corners) {
  const seen = [];
  for (let k = 0; k < 4; k += 1) {
    const [a, b] = [corners[k], corners[(k + 1) % 4]];
    if (b[0] > a[0] + 1e-9) seen.push([a, b]);
  }
  seen.sort((one, two) => one[0][0] - two[0][0]);
  const base = seen.length ? [seen[0][0], ...seen.map(([, b]) => b)] : [];
  return [
    ...base.map(([x, y]) => [x, y, true]),
    ...base.toReversed().map(([x, y]) => [x, y, false]),
  ];
}

/**
 * Make a soft field of weighted points in the ground's own metres, to be drawn through a lens.
 *
 * @param {{x: number, y: number, w: number}[]} points   `w` 0 to 1
 * @param {number[]} box   of the county, metres
 * @param {string[]} steps   colours from least to most
 */
export function heatField(points, box, steps) {
  const [west, south, east, north] = box;
  const size = 192;
  const metres = Math.max(east - west, north - south) / (size * 0.9);
  const tile = new OffscreenCanvas(size, size);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (
    tile.getContext("2d", { willReadFrequently: true })
  );
  const left = (east + west) / 2 - (size / 2) * metres;
  const top = (north + south) / 2 + (size / 2) * metres;
  for (const { x, y, w } of points) {
    const [px, py, reach] = [(x - left) / metres, (top - y) / metres, size / 16];
    const soft = pen.createRadialGradient(px, py, 0, px, py, reach);
    soft.addColorStop(0, `rgb(0 0 0 / ${Math.min(1, w) * 0.3})`);
    soft.addColorStop(1, "rgb(0 0 0 / 0)");
    pen.fillStyle = soft;
    pen.fillRect(px - reach, py - reach, 2 * reach, 2 * reach);
  }
  const picture = pen.getImageData(0, 0, size, size);
  const table = steps.map((step) => [1, 3, 5].map((at) => parseInt(step.slice(at, at + 2), 16)));
  for (let k = 0; k < picture.data.length; k += 4) {
    const share = picture.data[k + 3] / 255;
    const at = Math.min(table.length - 1.001, share * (table.length - 1));
    const low = table[Math.floor(at)];
    const high = table[Math.floor(at) + 1];
    for (let c = 0; c < 3; c += 1) picture.data[k + c] = low[c] + (high[c] - low[c]) * (at % 1);
    picture.data[k + 3] = Math.min(190, share * 330);
  }
  pen.putImageData(picture, 0, 0);
  return { tile, left, top, metres };
}

/** Draw a heat field on the ground. */
export function drawHeat(context, heat, lens, ratio) {
  through(context, lens, ratio);
  const side = heat.tile.width * heat.metres;
  context.save();
  context.translate(heat.left, heat.top);
  context.scale(1, -1); // pictures run down, metres run up
  context.drawImage(heat.tile, 0, 0, side, side);
  context.restore();
}
