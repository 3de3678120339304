/** The panels of a scene in their columns; on a telephone one after the other in one place. */

import { the } from "./dom.js";
import { fit, showPanels } from "./panels.js";

const SHORTEST_S = 4;

export class Deck {
  /**
   * @param {(code: string) => void} onPick
   * @param {string} language
   */
  constructor(onPick, language) {
    this.onPick = onPick;
    this.language = language;
    this.small = matchMedia("(max-width: 600px)");
    /** @type {any} */
    this.scene = null;
    this.page = 0;
    this.spent = 0;
    this.small.addEventListener("change", () => this.scene && this.show(this.scene));
    the("left").addEventListener("click", () => this.small.matches && this._turn());
  }

  /** @param {any} scene */
  show(scene) {
    if (this.scene?.id !== scene.id) {
      this.page = 0;
      this.spent = 0;
    }
    this.scene = scene;
    const about = { scene: scene.id, language: this.language, onPick: this.onPick };
    const { left = [], right = [], bottom = [] } = scene;
    if (this.small.matches) {
      const all = [...left, ...right, ...bottom];
      showPanels(the("left"), all.length ? [all[this.page % all.length]] : [], about);
      showPanels(the("right"), [], about);
      showPanels(the("bottom"), [], about);
    } else {
      showPanels(the("left"), left, about);
      showPanels(the("right"), right, about);
      showPanels(the("bottom"), bottom, about);
    }
    this.fit();
  }

  /** Let time pass: a telephone turns to the next panel, so that a scene shows all of them. */
  tick(seconds, left) {
    if (!this.small.matches || !this.scene) return;
    this.spent += seconds;
    const { left: one = [], right: two = [], bottom: three = [] } = this.scene;
    const n = one.length + two.length + three.length;
    const each = Math.max(SHORTEST_S, (this.scene.seconds ?? 20) / Math.max(1, n));
    if (n > 1 && this.spent >= each && left > 1) this._turn();
  }

  _turn() {
    this.page += 1;
    this.spent = 0;
    this.show(this.scene);
  }

  fit() {
    for (const id of ["left", "right", "bottom"]) fit(the(id), this.language);
  }
}
