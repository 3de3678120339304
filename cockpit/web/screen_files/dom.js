/** Making elements. Texts go in as text, never as markup: names come from people's files. */

/**
 * @param {string} name   "div", with classes after dots: "div.row.loud"
 * @param {Record<string, any>} [given]   attributes; false and undefined are left out
 * @param {(Node | string | null | undefined)[]} inside
 * @returns {HTMLElement}
 */
export function el(name, given = {}, ...inside) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined && value !== false && value !== null) made.setAttribute(key, String(value));
  }
  made.append(...inside.filter((one) => one !== null && one !== undefined && one !== ""));
  return made;
}

/** @returns {HTMLElement} the element of that id, which the page has */
export function the(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** Write a text where it differs; a text that stays is not touched. */
export function put(element, text) {
  const next = text ?? "";
  if (element.textContent !== next) element.textContent = next;
}
