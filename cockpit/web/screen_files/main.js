/** Puts the screen together: playlist, pulse, map, panels, alerts, wall and keys. */

import { Alerts } from "./alerts.js";
import { el, the } from "./dom.js";
import { forgetExcept } from "./figures.js";
import {
  Bar, Clock, notice, Progress, showCounty, showTitles, showWatermark, showWeather, toggleHelp,
} from "./frame.js";
import { listen } from "./keys.js";
import { showLegend } from "./legend.js";
import { CountyMap } from "./map.js";
import { ask, Pulse, RefusedError } from "./net.js";
import { Deck } from "./deck.js";
import { Player } from "./player.js";
import { take, word } from "./words.js";

const WAIT_S = 1; // before a screen says that it is still opening
const RENEW_MINUTES = 120; // before the session ends, with room for a night without a server

class Screen {
  constructor() {
    const given = new URLSearchParams(location.search);
    this.language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
    this.lobby = given.get("lobby") ?? "";
    this.wall = given.get("wall") ?? "";
    this.theme = given.get("theme") ?? "";
    this.pinned = given.get("scene") ?? "";
    this.refused = ""; // the word for why the pinned scene cannot be shown
    this.selected = "";
    this.seen = null;
    this.version = "";
    this.playlist = "";
    this.reloadAt = Infinity;
    this.renewed = 0;
    /** @type {Map<string, any>} the last good answer of each scene */
    this.kept = new Map();
    this.clock = new Clock(document.documentElement.lang);
    this.progress = new Progress();
    this.map = new CountyMap({
      root: the("map"), language: this.language, onPick: (code) => this.pick(code),
    });
    this.deck = new Deck((code) => this.pick(code), document.documentElement.lang);
    this.player = new Player({
      pinned: this.pinned,
      show: (id) => this.showScene(id),
      prepare: (id) => void this.fetchScene(id).catch(() => undefined),
      store: storage(),
    });
    this.alerts = new Alerts({
      onTurn: (alert) => this.interrupt(alert),
      onAside: (n) => notice("aside", n ? word("alerts_open", { n }) : "", "watch"),
    });
    this.bar = new Bar({
      previous: () => void this.player.step(-1),
      next: () => void this.player.step(1),
      pause: () => this.pause(),
      fullscreen,
      help: toggleHelp,
    });
    this.pulse = new Pulse(() => ({ wall: this.wall, ...this.about }), {
      onPulse: (found) => void this.onPulse(found),
      onState: (state) => this.onState(state),
    });
  }

  get about() {
    return { lang: this.language, lobby: this.lobby, theme: this.theme };
  }

  async start() {
    listen(this);
    addEventListener("online", () => this.pulse.hurry());
    addEventListener("pagehide", () => this.player.keep());
    addEventListener("resize", () => this.resize());
    this.clock.show();
    void this.pulse.run();
    this.begun = this.last = performance.now();
    setInterval(() => void this.tick(), 250);
    await document.fonts?.ready;
    this.resize();
  }

  /** A quarter of a second has passed: all that counts time does it here, with one timer. */
  async tick() {
    const now = performance.now();
    const seconds = (now - this.last) / 1000;
    this.last = now;
    this.clock.show();
    this.wait(now);
    this.alerts.tick(seconds);
    this.deck.tick(seconds, this.player.left);
    await this.player.tick(seconds);
    this.progress.show(this.player);
    this.tell();
    if (now > this.reloadAt && !this.alerts.now && !this.player.changing) await this.reload();
  }

  /** Say on the page's own element where the screen is: for its style, and for whoever watches. */
  tell() {
    const { dataset } = document.body;
    dataset.scene = this.player.at;
    dataset.turns = String(this.player.turns);
    dataset.left = this.player.left.toFixed(1);
    dataset.selected = this.selected;
    dataset.state = this.alerts.now ? "alert" : this.player.paused ? "paused" : this.player.at ? "playing" : "starting";
  }

  /** Say quietly in the empty middle that the first scene is on its way. */
  wait(now) {
    const waits = !this.deck.scene && !this.player.at && now - this.begun > WAIT_S * 1000;
    if (waits && !this.waiting) {
      this.waiting = el("p.empty", {}, word("starting"));
      Object.assign(this.waiting.style, { position: "absolute", inset: "0", display: "grid", placeItems: "center" });
      the("map").append(this.waiting);
    } else if (!waits && this.waiting) {
      this.waiting.remove();
      this.waiting = null;
    }
  }

  // -- the server

  async onPulse(found) {
    this.clock.set(found.now);
    showWeather(found.weather);
    this.alerts.take(found.alerts);
    showWatermark(found.session?.name, the("class").textContent);
    this.renew(found.session);
    if (found.playlist !== this.playlist) await this.loadPlaylist(found.playlist);
    else if (found.version !== this.version) await this.refresh(found.version);
    this.version = found.version;
    this.follow(found.wall);
  }

  onState({ lost, since, signedOut }) {
    const time = since ? this.clock.reads(since) : "";
    notice("lost", lost ? word("connection_lost", { time }) : "", "bad");
    notice("out", signedOut ? word("signed_out") : "", "bad");
    document.body.dataset.connection = lost ? "lost" : signedOut ? "out" : "ok";
  }

  async loadPlaylist(hash) {
    let found;
    try {
      found = await ask("/screen/playlist.json", { query: this.about });
    } catch {
      return; // the pulse of two seconds later asks again
    }
    take(found.words);
    this.bar.name();
    showCounty(found);
    notice("playlist", (found.problems ?? []).slice(0, 2).join(" "), "watch");
    notice("empty", found.scenes.length ? "" : word("no_scenes"), "watch");
    const scenes = new Set(found.scenes.map(({ id }) => id));
    for (const id of this.kept.keys()) if (!scenes.has(id)) this.kept.delete(id);
    forgetExcept(scenes);
    if (found.reload_minutes > 0 && this.reloadAt === Infinity) {
      this.reloadAt = performance.now() + found.reload_minutes * 60000;
    }
    this.playlist = hash;
    // Who has signed in since may be shown what was refused before.
    this.refused = "";
    this.player.pinned = this.pinned;
    await this.player.load(found.scenes);
    if (this.refused) {
      this.player.pinned = "";
      await this.player.load(found.scenes);
    }
    const reason = /** @type {any} */ (this.refused);
    notice("pinned", reason ? word(reason, { scene: this.pinned }) : "", "watch");
    this.bar.paused(this.player.paused);
  }

  /** New data: the scene that is on is asked for again and changed in place. */
  async refresh(version) {
    this.version = version;
    if (this.player.at && !this.player.changing) await this.showScene(this.player.at);
  }

  async fetchScene(id) {
    const query = { ...this.about, select: this.selected };
    const scene = await ask(`/screen/scene/${encodeURIComponent(id)}.json`, { query, seconds: 20 });
    this.kept.set(id, { scene, selected: this.selected, at: performance.now() });
    return scene;
  }

  /**
   * Show a scene: what was prepared seconds ago, else asked for now, else what was shown last.
   *
   * @param {string} id
   * @returns {Promise<boolean>} false: neither the server nor memory has it
   */
  async showScene(id) {
    const kept = this.kept.get(id);
    const fresh = kept && kept.selected === this.selected && performance.now() - kept.at < 6000
      && id !== this.player.at;
    let scene = fresh ? kept.scene : null;
    if (!scene) {
      try {
        scene = await this.fetchScene(id);
      } catch (error) {
        scene = kept?.scene ?? null;
        if (id === this.player.pinned) this.refused = reasonOf(error);
      }
    }
    if (!scene) {
      notice("scene", this.refused ? "" : word("scene_failed"), "watch");
      return false;
    }
    notice("scene", "");
    await this.draw(scene);
    return true;
  }

  async draw(scene) {
    showTitles(scene);
    showLegend(scene.map?.legend);
    document.body.dataset.map = scene.map ? "yes" : "no";
    this.deck.show(scene);
    this.map.halt(this.player.paused);
    try {
      await this.map.show(scene.map);
    } catch {
      notice("scene", word("scene_failed"), "watch"); // figures stand; shapes come with the next turn
    }
    this.map.select(this.selected);
    this.map.block();
  }

  // -- what interrupts

  interrupt(alert) {
    this.player.interrupted = Boolean(alert);
    this.tell();
    this.map.resize(); // the alert's panel takes room from the map
    this.map.warn(alert);
    this.map.block();
    if (!alert) this.deck.fit();
  }

  pause() {
    this.player.paused = !this.player.paused;
    this.player.keep();
    this.map.halt(this.player.paused);
    this.bar.paused(this.player.paused);
    notice("paused", this.player.paused ? word("paused") : "");
    this.tell();
  }

  // -- the wall

  /** Choose a region here and on the wall's other screens; the same again lets it go. */
  pick(code) {
    const next = code === this.selected ? "" : code;
    this.choose(next);
    if (!this.wall) return;
    ask(`/screen/wall/${encodeURIComponent(this.wall)}`, { post: { select: next } })
      .then((found) => (this.seen = found?.seq ?? this.seen))
      .catch(() => undefined); // the choice stands here; the others follow the next one
  }

  choose(code) {
    if (code === this.selected) return;
    this.selected = code;
    this.map.select(code);
    this.tell();
    if (this.player.at && !this.player.changing) void this.showScene(this.player.at);
  }

  /** Follow what another screen of the wall has chosen. */
  follow(wall) {
    if (!this.wall || !wall || wall.seq === this.seen) return;
    const first = this.seen === null;
    this.seen = wall.seq;
    this.choose(wall.select ?? "");
    if (wall.scene && !first && !this.player.pinned) void this.player.go(wall.scene);
  }

  // -- days and weeks

  renew(session) {
    const ends = session?.ends_minutes;
    const now = performance.now();
    // Only a screen's own session lasts; a person's ends as everywhere else.
    if (session?.role !== "screen" || !(ends < RENEW_MINUTES) || now - this.renewed < 60000) return;
    this.renewed = now;
    ask("/screen/renew", { post: {} }).catch(() => undefined); // asked again in a minute
  }

  /** Load the page anew, so that a new version of it comes; only while the server answers. */
  async reload() {
    this.reloadAt = performance.now() + 60000;
    try {
      const answer = await fetch(location.href, { signal: AbortSignal.timeout(5000), redirect: "manual" });
      if (!answer.ok) return;
    } catch {
      return;
    }
    this.player.keep();
    location.reload();
  }

  resize() {
    this.map.resize();
    this.deck.fit();
    this.map.block();
  }
}

/** @returns {string} the word for a scene that will not be shown however often it is asked for */
function reasonOf(error) {
  const status = error instanceof RefusedError ? error.status : -1;
  if ([0, 401, 403].includes(status)) return "scene_closed";
  return status === 404 || status === 400 ? "scene_unknown" : "";
}

function storage() {
  try {
    return sessionStorage;
  } catch {
    return null; // a kiosk may forbid it
  }
}

export function fullscreen() {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen?.().catch(() => undefined);
}

take(JSON.parse(the("words").textContent || "{}"));
void new Screen().start();
