/**
 * Charts as inline SVG: title and unit stand in the panel's head, names stand at the lines.
 *
 * Each function returns an element for a box of some pixels; a new size means a new element.
 */

const SPACE = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @param {Record<string, string | number>} given
 * @param {string} [text]
 * @returns {SVGElement}
 */
function svg(name, given, text) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(given)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

function frame(width, height, title) {
  const made = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" });
  made.append(svg("title", {}, title));
  return made;
}

/** Return a figure in few signs: 1.2万 or 12k above ten thousand. */
export function brief(value, language) {
  const options = { notation: "compact", maximumFractionDigits: 1 };
  if (Math.abs(value) >= 10000) return new Intl.NumberFormat(language, options).format(value);
  return new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(value);
}

/** Return about three round values from low to high, with both ends inside them. */
export function ticks(low, high) {
  const span = high - low || Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(span / 2));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((k) => span / k <= 3) ?? span;
  const found = [];
  for (let at = Math.floor(low / step); at * step < high + step * 0.999; at += 1) {
    found.push(Number((at * step).toPrecision(12)));
  }
  return found;
}

/** How wide a text will be, near enough to keep labels apart: CJK signs are square. */
function wide(text, size) {
  let units = 0;
  for (const sign of String(text)) units += sign > "\u2e7f" ? 1 : 0.58;
  return units * size;
}

const pen = document.createElement("canvas").getContext("2d");
const FACE = getComputedStyle(document.documentElement).getPropertyValue("--face") || "sans-serif";

/** How wide a name will be to the pixel: it is not to be cut. */
function measured(text, size) {
  if (!pen) return wide(text, size);
  pen.font = `500 ${size}px ${FACE}`;
  return pen.measureText(text).width;
}

/**
 * Draw lines over ordered labels, with a band around the first and one marked place.
 *
 * Points that are null leave a gap: nobody counted then, which is not zero.
 *
 * @param {any} panel
 * @param {{width: number, height: number, size: number, language: string}} box   `size`: of text
 */
export function lineChart(panel, { width, height, size, language }) {
  const made = frame(width, height, panel.title);
  const series = panel.series ?? [];
  const labels = (series[0]?.points ?? []).map(([label]) => String(label));
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  const all = [...values, ...(panel.band ?? []).flat()].filter(Number.isFinite);
  if (!all.length || labels.length < 2) return made;
  const low = Math.min(...all);
  const marks = ticks(low > 0 && low < 0.5 * Math.max(...all) ? 0 : low, Math.max(...all));
  const [bottom, top] = [marks[0], marks[marks.length - 1]];
  const left = Math.max(...marks.map((value) => wide(brief(value, language), size))) + size * 0.6;
  // A title that names the only line has said it.
  const named = series.length > 1 || !String(panel.title).includes(series[0]?.name ?? "");
  const widest = named ? Math.max(0, ...series.map(({ name }) => measured(name ?? "", size))) : 0;
  const right = widest ? widest + size * 0.8 : size * 0.8;
  const room = { left, right: width - Math.min(right, width * 0.5), top: size, bottom: height - size * 1.7, width };
  const x = (k) => room.left + ((room.right - room.left) * k) / (labels.length - 1);
  const y = (value) => room.bottom - ((room.bottom - room.top) * (value - bottom)) / (top - bottom || 1);
  for (const value of marks) {
    made.append(svg("line", { x1: room.left, x2: room.right, y1: y(value), y2: y(value), class: "grid" }));
    const at = { x: room.left - size * 0.5, y: y(value) + size * 0.35, "text-anchor": "end", class: "axis" };
    made.append(svg("text", at, brief(value, language)));
  }
  if (panel.band?.length) made.append(band(panel.band, series[0]?.colour, x, y));
  for (const [k, one] of series.entries()) {
    const path = pathOf(one.points, x, y);
    made.append(svg("path", { d: path, class: k ? "curve second" : "curve", stroke: one.colour }));
  }
  if (panel.mark && panel.mark.index >= 0 && panel.mark.index < labels.length) {
    made.append(...markAt(panel.mark, x(panel.mark.index), room, size));
  }
  if (named) made.append(...names(series, y, room, size));
  made.append(...below(labels, x, room, size));
  return made;
}

function pathOf(points, x, y) {
  let open = false;
  return points
    .map(([, value], k) => {
      if (!Number.isFinite(value)) {
        open = false;
        return "";
      }
      const sign = open ? "L" : "M";
      open = true;
      // A lone point between two gaps shows as a dot of the line's round ends.
      return `${sign}${x(k).toFixed(1)} ${y(value).toFixed(1)}${sign === "M" ? "h0.01" : ""}`;
    })
    .join("");
}

function band(pairs, colour, x, y) {
  const known = pairs.map((pair, k) => [k, ...pair]).filter(([, a, b]) => Number.isFinite(a) && Number.isFinite(b));
  const there = known.map(([k, low]) => `${x(k).toFixed(1)},${y(low).toFixed(1)}`);
  const back = known.toReversed().map(([k, , high]) => `${x(k).toFixed(1)},${y(high).toFixed(1)}`);
  return svg("polygon", { points: [...there, ...back].join(" "), class: "band", fill: colour });
}

function markAt({ text }, at, room, size) {
  const end = at > (room.left + room.right) / 2;
  return [
    svg("line", { x1: at, x2: at, y1: room.top, y2: room.bottom, class: "mark" }),
    svg("text", {
      x: at + (end ? -size * 0.4 : size * 0.4), y: room.top + size * 0.4,
      "text-anchor": end ? "end" : "start", class: "marked",
    }, text),
  ];
}

/** Write each line's name at its last point, moved apart where two would touch. */
function names(series, y, room, size) {
  const found = series
    .map(({ name, colour, points }) => {
      const last = points.findLast(([, value]) => Number.isFinite(value));
      return last && name ? { name, colour, at: y(last[1]) } : null;
    })
    .filter(Boolean)
    .sort((a, b) => a.at - b.at);
  found.forEach((one, k) => {
    if (k) one.at = Math.max(one.at, found[k - 1].at + size * 1.15);
  });
  const over = found.length ? Math.max(0, found[found.length - 1].at - room.bottom) : 0;
  return found.map(({ name, colour, at }) =>
    svg("text", { x: room.right + size * 0.5, y: at - over + size * 0.35, class: "name", style: `fill:${colour}` }, name));
}

/** Write as many labels under the axis as stand apart, first and last always. */
function below(labels, x, room, size) {
  const longest = Math.max(...labels.map((label) => wide(label, size))) + size;
  const fit = Math.max(2, Math.floor((room.right - room.left) / longest));
  const step = Math.ceil((labels.length - 1) / (fit - 1));
  return labels
    .map((label, k) => ({ label, k }))
    .filter(({ k }) => k % step === 0)
    .map(({ label, k }) => {
      const half = wide(label, size) / 2;
      const at = Math.min(Math.max(x(k), half), room.width - half);
      return svg("text", { x: at, y: room.bottom + size * 1.4, "text-anchor": "middle", class: "axis" }, label);
    });
}

/**
 * Draw two halves back to back, youngest below.
 *
 * @param {any} panel
 * @param {{width: number, height: number, size: number, language: string}} box
 */
export function pyramid(panel, { width, height, size, language }) {
  const made = frame(width, height, panel.title);
  const rows = panel.rows ?? [];
  if (!rows.length) return made;
  const most = Math.max(1, ...rows.flatMap(({ left, right }) => [left ?? 0, right ?? 0]));
  const gap = Math.max(...rows.map(({ label }) => wide(label, size))) + size;
  const half = (width - gap) / 2;
  const top = size * 1.5;
  const foot = size * 1.5;
  const tall = (height - top - foot) / rows.length;
  const every = Math.max(1, Math.ceil((size * 1.02) / tall));
  rows.forEach(({ label, left, right }, k) => {
    const y = height - foot - (k + 1) * tall;
    const [a, b] = [((left ?? 0) / most) * half, ((right ?? 0) / most) * half];
    const bar = { y: y + tall * 0.08, height: Math.max(1, tall * 0.84) };
    made.append(svg("rect", { ...bar, x: half - a, width: a, class: "side one" }));
    made.append(svg("rect", { ...bar, x: half + gap, width: b, class: "side two" }));
    if ((rows.length - 1 - k) % every === 0) {
      const at = { x: width / 2, y: y + tall / 2 + size * 0.35, "text-anchor": "middle", class: "axis" };
      made.append(svg("text", at, label));
    }
  });
  const ends = [[0, "start"], [width, "end"]];
  for (const [x, anchor] of ends) {
    made.append(svg("text", { x, y: height - size * 0.3, "text-anchor": anchor, class: "axis" }, brief(most, language)));
  }
  made.append(svg("text", { x: half, y: size, "text-anchor": "end", class: "name one" }, panel.left_name));
  made.append(svg("text", { x: half + gap, y: size, class: "name two" }, panel.right_name));
  return made;
}
