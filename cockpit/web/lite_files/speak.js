// Reads a page of ours aloud with the browser's own voice: headings, sentences, figures with their
// units, tables row by row. One bar ([data-speak]) a page holds the buttons and the words.
(() => {
  "use strict";
  if (window.countySpeaks) { window.countySpeaks(); return; } // Streamlit runs scripts again
  const root = document.documentElement;
  const SAID = "h1,h2,h3,p,li,caption,tbody tr,dt,dd,.op-bar,.op-card>div,.op-keyed,[data-say]";
  const SILENT = "[data-speak],[aria-hidden=true],[hidden],nav,footer,style,script,summary,code,.op-legend";
  const WAIT = 1500; // ms: Chromium knows its voices only a while after it is asked
  let queue = [], marked = null, turn = 0;

  const bar = () => document.querySelector("[data-speak]");
  const word = (name) => (bar() && bar().dataset[name]) || "";
  const languageOf = () => (word("speak") === "en" ? "en" : "zh");

  function tell(name) {
    const at = bar() && bar().querySelector("[role=status]");
    if (at) at.textContent = name ? word(name) : "";
  }

  // "±12" and "1,360" as they are said, ranges with a word instead of a dash.
  function plain(text) {
    return text
      .replace(/(\d),(?=\d{3})/g, "$1")
      .replace(/\s*±\s*(?=\d)/g, ` ${word("about")} `)
      .replace(/±/g, word("sign"))
      .replace(/(\d)\s*–\s*(?=\d)/g, `$1 ${word("to")} `)
      .replace(/[→←✓✗·]/g, languageOf() === "zh" ? "，" : ", ")
      .replace(/\s+/g, " ")
      .replace(/ ([,，])/g, "$1")
      .replace(/， /g, "，")
      .trim();
  }

  const end = (text) => (/[.!?。！？:：;；]$/.test(text) ? text : text + (languageOf() === "zh" ? "。" : "."));

  function rowWords(row) {
    const cells = [...row.children].filter((cell) => cell.tagName === "TD" || cell.scope === "row");
    const heads = [...row.closest("table").querySelectorAll("thead th")];
    const told = cells.map((cell, k) => {
      const head = cell.dataset.h || (heads[k] && heads[k].textContent), text = cell.innerText.replace(/\n+/g, ", ");
      return head && cell !== row.firstElementChild ? `${head} ${text}` : text;
    });
    return told.filter((text) => text.trim()).join(languageOf() === "zh" ? "，" : ", ");
  }

  function wordsOf(one) {
    if (one.dataset.say) return one.dataset.say;
    if (one.tagName === "TR") return rowWords(one);
    if (one.matches(".op-bar")) {
      return [...one.children].filter((part) => part.ariaHidden !== "true")
        .map((part) => part.innerText).join(" ");
    }
    return one.innerText || "";
  }

  // Every piece of text once: the innermost of our elements that are seen, in their order.
  function pieces() {
    const roots = [...document.querySelectorAll("[data-testid=stMain] .op, main.lite")];
    const found = roots.flatMap((part) => [...part.querySelectorAll(SAID)]);
    const told = new Set();
    return found.filter((one) => {
      if (one.closest(SILENT) || (one.checkVisibility && !one.checkVisibility())) return false;
      for (let up = one.parentElement; up; up = up.parentElement) if (told.has(up)) return false;
      const inner = one.matches("li,dd") && one.querySelector("p,li,h2,h3,tr");
      if (inner) return false;
      told.add(one);
      return true;
    });
  }

  function sentences() {
    const all = [];
    for (const one of pieces()) {
      const text = plain(wordsOf(one));
      if (!text) continue;
      // A long text is cut off by some voices: one sentence at a time.
      for (const part of end(text).match(/[^.!?。！？]+(?:[.](?=\d)[^.!?。！？]+)*[.!?。！？]*\s*/g) || []) {
        if (part.trim()) all.push({ text: part.trim(), at: one });
      }
    }
    return all;
  }

  function mark(one) {
    if (marked) marked.classList.remove("op-reading");
    marked = one;
    if (one) { one.classList.add("op-reading"); one.scrollIntoView({ block: "nearest" }); }
  }

  function stop(name) {
    turn += 1;
    queue = [];
    speechSynthesis.cancel();
    delete root.dataset.speaking;
    mark(null);
    tell(name);
  }

  function voiceOf(language) {
    const known = speechSynthesis.getVoices();
    const fits = known.filter((one) => one.lang.toLowerCase().startsWith(language)
      || (language === "zh" && one.lang.toLowerCase().startsWith("cmn")));
    const best = language === "zh" ? /(zh|cmn)[-_](cn|hans)/i : /en[-_](gb|us)/i;
    return fits.find((one) => best.test(one.lang)) || fits[0] || null;
  }

  function awaited(language) {
    return new Promise((done) => {
      const begun = Date.now();
      (function look() {
        const voice = voiceOf(language);
        if (voice || Date.now() - begun > WAIT) done(voice); else setTimeout(look, 100);
      })();
    });
  }

  function next(voice, mine) {
    if (mine !== turn) return;
    const one = queue.shift();
    if (!one) { stop("done"); return; }
    const said = new SpeechSynthesisUtterance(one.text);
    said.voice = voice;
    said.lang = voice.lang;
    said.rate = 0.9; // slower than usual: who listens cannot turn back
    said.onend = () => next(voice, mine);
    said.onerror = () => { if (mine === turn) stop("broken"); };
    mark(one.at);
    speechSynthesis.speak(said);
  }

  async function start() {
    stop("");
    const mine = turn;
    root.dataset.speaking = "1";
    const voice = await awaited(languageOf());
    if (mine !== turn) return;
    if (!voice) { stop("none"); return; }
    queue = sentences();
    tell("reading");
    next(voice, mine);
  }

  function pressed(event) {
    const button = event.target.closest && event.target.closest("[data-speak] button");
    if (!button) return;
    if (!("speechSynthesis" in window)) { tell("none"); return; }
    if (button.value === "stop") stop("stopped"); else start();
    const other = bar().querySelector(`button[value=${button.value === "stop" ? "start" : "stop"}]`);
    if (other) other.focus(); // the pressed one is hidden now
  }

  // A page was shown: the language of the document is that of its words (screen readers choose
  // their voice by it), and what was being read of another page falls silent.
  let page = "";
  window.countySpeaks = () => {
    if (bar()) root.lang = languageOf() === "zh" ? "zh-CN" : "en";
    const now = location.pathname + word("speak");
    if (page && now !== page && root.dataset.speaking) stop("");
    page = now;
  };
  root.dataset.speaks = "1";
  document.addEventListener("click", pressed);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && root.dataset.speaking) stop("stopped");
  });
  window.addEventListener("pagehide", () => { if ("speechSynthesis" in window) speechSynthesis.cancel(); });
  window.countySpeaks();
})();
