/**
 * The panels beside the map: figures, lists, bars, lines, pyramids, and plain words of a problem.
 *
 * A panel is made anew for new data only where it differs; figures stay and count.
 */

import { lineChart, pyramid } from "./charts.js";
import { el, put } from "./dom.js";
import { counter, fitFigures } from "./figures.js";
import { word } from "./words.js";

/** Share of a column that a panel asks for, in lines of text. */
export function weight(panel) {
  const rows = panel.rows?.length ?? 0;
  switch (panel.type) {
    case "figures":
      return 3 + 3 * Math.ceil(Math.max(0, (panel.items?.length ?? 0) - 1) / 2) + 3;
    case "list":
      return rows ? 2.2 + 2.2 * Math.min(rows, 6) : 4;
    case "bars":
      return 2.2 + 1.1 * Math.min(rows, 14);
    case "line":
      return 9;
    case "pyramid":
      return 13;
    default:
      return 4;
  }
}

/**
 * Show panels in a column. Data that is as before is left alone.
 *
 * @param {HTMLElement} column
 * @param {any[]} panels
 * @param {{scene: string, language: string, onPick: (code: string) => void}} about
 */
export function showPanels(column, panels, about) {
  const old = /** @type {HTMLElement[]} */ ([...column.children]);
  panels.forEach((panel, k) => {
    const before = old[k];
    const told = JSON.stringify(panel);
    if (before && before.dataset.told === told && before.dataset.scene === about.scene) return;
    const made = refigure(before, panel, about) ?? makePanel(panel, about);
    if (before?.dataset.scene !== about.scene) made.classList.add("fresh");
    made.dataset.told = told;
    made.dataset.scene = about.scene;
    if (made !== before) {
      if (before) before.replaceWith(made);
      else column.append(made);
    }
  });
  for (const left of [...column.children].slice(panels.length)) left.remove();
  column.hidden = panels.length === 0;
}

function makePanel(panel, about) {
  const head = el("header", {}, el("h2", {}, panel.title), panel.unit ? el("span.unit", {}, panel.unit) : null);
  const body = BODIES[panel.type]?.(panel, about) ?? problem({ text: word("scene_failed") });
  const made = el(`article.panel.${panel.type}`, {}, head, body);
  made.style.flexGrow = String(weight(panel));
  /** @type {any} */ (made).panel = panel;
  return made;
}

// -- figures

function figures(panel, about) {
  const items = panel.items.map((item) => figure(item, about));
  return el("div.body", {}, el("div.items", { "aria-live": "off" }, ...items), el("p.more", { hidden: "" }));
}

function figure(item, about) {
  const value = el("b.value", {});
  const made = el(
    "div.item",
    { "data-item": item.id, "data-light": item.light ?? "none" },
    el("span.label", {}, el("i.light", {}), el("span.name", {}, item.label)),
    el("span.number", {}, value, item.unit ? el("span.unit", {}, item.unit) : null),
    el("span.beside", {}, el("span.target", {}, item.target), el("span.change", {}, item.change)),
  );
  fillFigure(made, item, about);
  return made;
}

function fillFigure(made, item, about) {
  const value = /** @type {HTMLElement} */ (made.querySelector(".value"));
  const text = item.value === null || item.value === undefined ? item.text || word("no_data") : item.text;
  counter.show(value, `${about.scene}/${item.id}`, item.value, text);
  made.dataset.light = item.light ?? "none";
  made.classList.toggle("unknown", item.value === null || item.value === undefined);
  put(made.querySelector(".target"), item.target);
  const change = /** @type {HTMLElement} */ (made.querySelector(".change"));
  put(change, item.change);
  change.className = `change ${item.mood ?? "same"}`;
}

/** Count the figures of a panel on where the same ones are asked for; null where they are not. */
function refigure(before, panel, about) {
  if (!before || panel.type !== "figures" || before.dataset.scene !== about.scene) return null;
  const items = [...before.querySelectorAll(".item")];
  const same = items.length === panel.items.length
    && items.every((one, k) => one.dataset.item === panel.items[k].id
      && one.querySelector(".name").textContent === panel.items[k].label);
  if (!same) return null;
  items.forEach((one, k) => fillFigure(one, panel.items[k], about));
  return before;
}

// -- lists and bars

function list(panel, about) {
  if (!panel.rows?.length) return el("p.empty", {}, panel.empty);
  const rows = panel.rows.map((row) => {
    const made = el(
      "li",
      { "data-alert": row.alert || undefined, "data-light": row.light ?? "none", "data-code": row.code || undefined },
      el("i.light", {}),
      el("span.words", {}, el("span.text", {}, row.text), row.note ? el("span.note", {}, row.note) : null),
      row.figure ? el("span.figure", {}, row.figure, row.unit ? el("small", {}, row.unit) : null) : null,
    );
    if (row.code) made.addEventListener("click", () => about.onPick(row.code));
    return made;
  });
  return el("div.rows", {}, el("ol", {}, ...rows), el("p.more", { hidden: "" }));
}

function bars(panel, about) {
  const known = panel.rows.map(({ value }) => value).filter(Number.isFinite);
  // Shares of a hundred are seen against the hundred, other figures against the largest.
  const whole = panel.unit === "%" || panel.unit === "\uff05";
  const most = Math.max(whole ? 100 : 0, ...known);
  const least = Math.min(0, ...known);
  const span = most - least || 1;
  const rows = panel.rows.map((row) => {
    const bar = el("i.bar", {});
    const share = Number.isFinite(row.value) ? (100 * Math.abs(row.value)) / span : 0;
    bar.style.width = `${share.toFixed(2)}%`;
    bar.style.marginLeft = `${((100 * (Math.min(0, row.value ?? 0) - least)) / span).toFixed(2)}%`;
    if (row.colour) bar.style.background = row.colour;
    const made = el(
      "li",
      { "data-code": row.code || undefined },
      barLabel(row.label),
      el("span.track", whole ? { "data-whole": "" } : {}, bar),
      el("span.figure", {}, Number.isFinite(row.value) ? row.text : row.text || word("no_data")),
    );
    if (row.code) made.addEventListener("click", () => about.onPick(row.code));
    return made;
  });
  return el("div.rows", {}, el("ol", {}, ...rows), el("p.more", { hidden: "" }));
}

/** What a bar is of; a limit, told behind a colon or a middle dot, stands quietly below. */
function barLabel(label) {
  const [name, ...limit] = String(label).split(/ \u00b7 |: |\uff1a/);
  return el(
    "span.label", {}, el("span.name", {}, name),
    limit.length ? el("span.note", {}, limit.join(" \u00b7 ")) : null,
  );
}

function problem(panel) {
  return el("p.words", {}, panel.text);
}

const chart = () => el("div.chart", {});
const BODIES = { figures, list, bars, line: chart, pyramid: chart, problem };

// -- fitting into the box

/**
 * Cut what does not fit and say how many more there are; draw charts to the pixel.
 *
 * Read after the panels have their places: rows are hidden, never scrolled.
 *
 * @param {HTMLElement} column
 * @param {string} language
 */
export function fit(column, language) {
  for (const made of column.querySelectorAll(".panel")) {
    if (!made.clientHeight) continue;
    if (made.matches(".list, .bars")) cut(made);
    if (made.matches(".figures")) fitFigures(made);
    if (made.matches(".line, .pyramid")) draw(made, language);
  }
}

function cut(made) {
  const rows = /** @type {HTMLElement[]} */ ([...made.querySelectorAll("li")]);
  const more = /** @type {HTMLElement | null} */ (made.querySelector(".more"));
  if (!more) return;
  for (const row of rows) row.hidden = false;
  more.hidden = true;
  const room = /** @type {HTMLElement} */ (made.querySelector(".rows"));
  const limit = room.getBoundingClientRect().bottom + 0.5;
  // Names may take two lines where all rows stay.
  const low = () => rows.map((row) => row.getBoundingClientRect().bottom);
  made.classList.add("roomy");
  if (low().every((end) => end <= limit)) return;
  made.classList.remove("roomy");
  const ends = low();
  if (ends.every((end) => end <= limit)) return;
  more.hidden = false;
  const free = limit - more.getBoundingClientRect().height;
  let shown = ends.filter((end) => end <= free).length;
  // A box too low for a row and the words "and 5 more" shows the row.
  if (!shown && ends[0] <= limit) {
    shown = 1;
    more.hidden = true;
  }
  rows.forEach((row, k) => (row.hidden = k >= shown));
  put(more, word("more", { n: rows.length - shown }));
}

function draw(made, language) {
  const place = /** @type {HTMLElement} */ (made.querySelector(".chart"));
  const { clientWidth: width, clientHeight: height } = place;
  if (width < 40 || height < 30) return;
  const size = parseFloat(getComputedStyle(place).fontSize);
  const key = `${width}x${height}x${size}`;
  if (place.dataset.size === key) return;
  place.dataset.size = key;
  const make = made.matches(".line") ? lineChart : pyramid;
  place.replaceChildren(make(/** @type {any} */ (made).panel, { width, height, size, language }));
}
