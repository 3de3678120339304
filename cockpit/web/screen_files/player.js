/**
 * The playlist: which scene is on, for how much longer, and what may interrupt it.
 *
 * Nothing here knows the page: the player is told to tick and tells what to show. Time that is
 * spent paused or under an alert is not the scene's, so a scene comes back with what remained.
 */

/** @typedef {{id: string, title: string, seconds: number}} Entry */

const KEPT = "screen.place";
const SHORTEST_S = 1;

export class Player {
  /**
   * @param {{pinned: string, show: (id: string) => Promise<boolean>, prepare: (id: string) => void,
   *   store?: Storage | null}} options
   *   `pinned`: the scene that this screen of a wall shows, "" for the playlist; `show` answers
   *   false when a scene could not be shown, and the next one is tried
   */
  constructor({ pinned, show, prepare, store = null }) {
    this.pinned = pinned;
    this.show = show;
    this.prepare = prepare;
    this.store = store;
    /** @type {Entry[]} */
    this.scenes = [];
    this.at = "";
    this.left = 0;
    this.paused = false;
    this.interrupted = false;
    this.changing = false;
    this.prepared = false;
    this.turns = 0;
    this.failures = 0;
  }

  /**
   * Take over a playlist; the scene that is on stays on where it is still played.
   *
   * @param {Entry[]} scenes
   */
  async load(scenes) {
    const first = !this.scenes.length;
    this.scenes = scenes.filter(({ id }) => !this.pinned || id === this.pinned);
    // A screen may be pinned to one township, which the playlist shows only in turn.
    if (this.pinned && !this.scenes.length) this.scenes = [{ id: this.pinned, title: "", seconds: 30 }];
    if (!this.scenes.length) return;
    if (first) {
      const kept = this._kept();
      await this.go(kept && this._entry(kept.id) ? kept.id : this.scenes[0].id);
      if (kept && kept.id === this.at) {
        this.left = Math.min(this._seconds(), Math.max(SHORTEST_S, kept.left));
        this.turns = kept.turns;
        this.paused = kept.paused;
      }
    } else if (!this._entry(this.at)) {
      await this.go(this.scenes[0].id);
    } else {
      this.left = Math.min(this.left, this._seconds());
    }
  }

  /**
   * Let time pass.
   *
   * @param {number} seconds   since the last tick; a long one (the machine slept) counts as one
   */
  async tick(seconds) {
    if (!this.at || this.paused || this.interrupted || this.changing) return;
    this.left -= Math.min(seconds, 2);
    if (this.scenes.length < 2) {
      if (this.left <= 0) await this.go(this.at); // the same one, with new data
      return;
    }
    if (!this.prepared && this.left < 4) {
      this.prepared = true;
      this.prepare(this._beside(1));
    }
    if (this.left <= 0) await this.go(this._beside(1));
  }

  /** Show the scene before or after. */
  async step(by) {
    if (this.at && !this.changing) await this.go(this._beside(by));
  }

  /**
   * Show a scene from its beginning. While one is being changed to, other wishes are dropped.
   *
   * @param {string} id
   */
  async go(id) {
    if (this.changing || !this._entry(id)) return;
    this.changing = true;
    const before = this._place(this.at);
    try {
      const shown = await this.show(id);
      this.failures = shown ? 0 : this.failures + 1;
    } finally {
      this.changing = false;
    }
    if (this._place(id) < before || (before === 0 && this.scenes.length === 1)) this.turns += 1;
    this.at = id;
    // A scene that fails is left soon, so that one bad scene does not hold the wall.
    this.left = this.failures ? Math.min(5, this._seconds()) : this._seconds();
    this.prepared = false;
    this.keep();
  }

  /** Write down where the playlist is, for the page that is loaded next. */
  keep() {
    if (!this.store || !this.at) return;
    const { at: id, left, turns, paused } = this;
    try {
      this.store.setItem(KEPT, JSON.stringify({ id, left, turns, paused }));
    } catch {
      // A kiosk may forbid storage: it then begins with the first scene.
    }
  }

  /** @returns {number} how much of the scene has passed, 0 to 1 */
  get share() {
    return this.at ? 1 - Math.max(0, this.left) / this._seconds() : 0;
  }

  /** @returns {number} the scene's place in the playlist, from 0; -1 before the first */
  get number() {
    return this._place(this.at);
  }

  _kept() {
    try {
      return JSON.parse(this.store?.getItem(KEPT) ?? "null");
    } catch {
      return null;
    }
  }

  _entry(id) {
    return this.scenes.find((one) => one.id === id);
  }

  _place(id) {
    return this.scenes.findIndex((one) => one.id === id);
  }

  _beside(by) {
    const n = this.scenes.length;
    return this.scenes[(this._place(this.at) + by + n) % n].id;
  }

  _seconds() {
    return Math.max(SHORTEST_S, this._entry(this.at)?.seconds ?? 30);
  }
}
