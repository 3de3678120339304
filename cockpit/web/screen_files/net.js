/**
 * Asking the server, and knowing whether it is there.
 *
 * Every request has a time limit and is given up when it passes, so that no request of a screen
 * that runs for weeks hangs for ever and keeps its answer in memory.
 */

/** The server answered, but with something else than what was asked for. */
export class RefusedError extends Error {
  /** @param {number} status   0: sent elsewhere, as to the page for signing in */
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

/**
 * Ask for JSON.
 *
 * @param {string} path
 * @param {{query?: Record<string, string | number | boolean | null | undefined>, seconds?: number,
 *   post?: object, signal?: AbortSignal}} options
 *   a query's empty values are left out; `post` is sent as JSON
 * @returns {Promise<any>} null for an answer without a body
 * @throws {RefusedError} for a status other than 2xx, and for the way to the sign-in page
 */
export async function ask(path, { query = {}, seconds = 10, post, signal } = {}) {
  const given = Object.entries(query).filter(([, value]) => value || value === 0);
  const address = given.length
    ? `${path}?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}`
    : path;
  const limit = AbortSignal.timeout(seconds * 1000);
  const answer = await fetch(address, {
    method: post ? "POST" : "GET",
    body: post ? JSON.stringify(post) : undefined,
    headers: post ? { "Content-Type": "application/json" } : { Accept: "application/json" },
    credentials: "same-origin",
    redirect: "manual",
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  if (!answer.ok) throw new RefusedError(answer.status);
  if (answer.status === 204) return null;
  return answer.json();
}

/** Milliseconds until the next pulse, by how many failed in a row. */
const AGAIN = [2000, 1000, 1000, 2000, 2000];

/**
 * The pulse: asked for every two seconds while the server answers, and while it does not.
 *
 * Only one request is under way at a time; the next is set when the last has ended.
 */
export class Pulse {
  /**
   * @param {() => Record<string, any>} query   what to ask with, each time anew
   * @param {{onPulse: (found: any) => void, onState: (state: Connection) => void}} told
   */
  constructor(query, told) {
    this.query = query;
    this.told = told;
    this.failed = 0;
    /** @type {Connection} */
    this.state = { lost: false, since: null, signedOut: false };
    this.timer = 0;
    this.busy = false;
  }

  async run() {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    try {
      // A server that has just come back makes its first answer slowly: it is not asked to begin anew.
      const found = await ask("/screen/pulse.json", { query: this.query(), seconds: this.failed ? 8 : 4 });
      this.failed = 0;
      this._turn({ lost: false, since: null, signedOut: false });
      this.told.onPulse(found);
    } catch (error) {
      this.failed += 1;
      const out = error instanceof RefusedError && [0, 401, 403].includes(error.status);
      // One missed pulse is no news: a busy server may be late once.
      if (out || this.failed > 1) {
        this._turn({ lost: !out, since: this.state.since ?? new Date(), signedOut: out });
      }
    }
    this.busy = false;
    this.timer = setTimeout(() => this.run(), AGAIN[Math.min(this.failed, AGAIN.length - 1)]);
  }

  /** Ask at once: the machine says that its network is back. */
  hurry() {
    if (this.failed) this.run();
  }

  _turn(state) {
    const same = state.lost === this.state.lost && state.signedOut === this.state.signedOut;
    this.state = state;
    if (!same) this.told.onState(state);
  }
}

/**
 * @typedef {object} Connection
 * @property {boolean} lost
 * @property {Date | null} since   by this machine's clock
 * @property {boolean} signedOut
 */
