/** The map's legend: colours with their meaning, unit, and how many regions each has. */

import { el, the } from "./dom.js";
import { word } from "./words.js";

/**
 * @param {any} legend   of a scene's map, or null
 */
export function showLegend(legend) {
  const place = the("legend");
  const told = JSON.stringify(legend ?? null);
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  place.hidden = !legend;
  if (!legend) return;
  const rows = (legend.rows ?? []).map((row) =>
    el(
      "li",
      {},
      swatch(row),
      el("span", {}, row.label),
      Number.isFinite(row.n) ? el("small", { title: word("count", { n: row.n }) }, String(row.n)) : null,
    ),
  );
  const counted = (legend.rows ?? []).some(({ n }) => Number.isFinite(n));
  place.replaceChildren(
    el(
      "header",
      {},
      el("b", {}, legend.title),
      legend.unit ? el("span", {}, legend.unit) : null,
      counted ? el("small", {}, legend.counted ?? "") : null,
    ),
    el("ul", {}, ...rows),
    legend.note ? el("p", {}, legend.note) : "",
  );
}

function swatch({ colour, hatched, shape }) {
  const made = el(`i${hatched ? ".hatched" : ""}${shape ? `.${shape}` : ""}`);
  if (colour) made.style.setProperty("--swatch", colour);
  return made;
}
