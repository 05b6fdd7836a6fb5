// Makes a page live: ages tick, the live mark tells the truth, a log sticks to its end. Every page works without it.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];

  // ---- Ages, in kubectl's words (HumanDuration of k8s.io/apimachinery/pkg/util/duration), by the server's clock ----
  const skew = Date.now() / 1000 - Number(document.documentElement.dataset.now);
  const pair = (big, unit, small, smallUnit) => `${big}${unit}${small ? small + smallUnit : ""}`;
  function age(seconds) {
    const s = Math.max(0, Math.floor(seconds)), m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
    if (s < 120) return `${s}s`;
    if (m < 10) return pair(m, "m", s % 60, "s");
    if (m < 180) return `${m}m`;
    if (h < 8) return pair(h, "h", m % 60, "m");
    if (h < 48) return `${h}h`;
    if (d < 8) return pair(d, "d", h % 24, "h");
    if (d < 730) return `${d}d`;
    const y = Math.floor(d / 365);
    return d < 2920 ? pair(y, "y", d % 365, "d") : `${y}y`;
  }
  function tick() {
    if (document.hidden) return;
    for (const time of all("time[datetime]")) {
      const text = age(Date.now() / 1000 - skew - Date.parse(time.dateTime) / 1000);
      if (time.textContent !== text) time.textContent = text;
    }
  }
  setInterval(tick, 5000);

  // ---- The live mark, and the event stream behind it ----
  const SILENCE = 40000; // two heartbeats and a half; then the line is taken for dead
  const mark = $("#live");
  let connection = null, heard = Date.now(), tries = 0, over = false, restarting = 0;
  const stream = () => $("#stream");
  const clock = (time) => new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  function show(state) {
    if (!mark || mark.dataset.state === state) return;
    if (state === "stale") $(".s b", mark).textContent = clock(heard);
    if (state === "over") { // back to the page as it is now: a filter changes its address
      const link = $(".o a", mark);
      link.href = `${link.pathname}?next=${encodeURIComponent(location.pathname + location.search)}&ended=1`;
    }
    mark.dataset.state = state;
    mark.hidden = false;
  }
  // Connect anew with the place where we stopped; htmx itself resumes a stream only after its first good answer.
  function restart(wait) {
    if (over || restarting) return;
    restarting = setTimeout(() => {
      restarting = 0;
      const old = stream();
      if (!old) return;
      const fresh = old.cloneNode();
      fresh.removeAttribute("data-htmx-powered");
      if (connection?.lastEventId) fresh.setAttribute("hx-headers", JSON.stringify({ "Last-Event-ID": connection.lastEventId }));
      old.replaceWith(fresh);
      htmx.process(fresh);
    }, wait);
  }
  // Each new stream begins well; whether the cluster behind it is there shows within the door's time to connect.
  const DOUBT = 6000;
  let away = false, opened = 0;
  function well() {
    away = false; heard = Date.now(); tries = 0;
    // What still comes out of a buffer is no sign of life once the browser has lost its network.
    show(document.hidden ? "paused" : navigator.onLine ? "live" : "stale");
  }
  const later = () => Math.min(15000, 500 * 2 ** tries++) * (0.7 + Math.random() * 0.6);
  // The same page again, for when a stream cannot go on from where it was: at once, but never in a tight loop.
  let refreshed = 0;
  function refresh() {
    const wait = Math.max(0, refreshed + 10000 - Date.now());
    refreshed = Date.now() + wait;
    setTimeout(() => {
      over = false;
      const list = $("#list");
      htmx.ajax("GET", location.href, { target: list ? "#rows" : "#main", swap: list ? "innerHTML" : "outerMorph" });
    }, wait);
  }
  function ended(reason) {
    over = true; // until a refresh, or for good
    if (reason === "gone") refresh();
    else if (reason === "away") {
      away = true;
      show("stale");
      setTimeout(() => { over = false; restart(0); }, later());
    }
    else if (reason === "full") { show("paused"); refreshed = Date.now(); refresh(); }
    else show(reason === "session" ? "over" : "done");
  }
  // htmx looks through the page one tick after its own script, which on a slow line is before its extensions have come.
  setTimeout(() => {
    const waiting = stream();
    if (!waiting) return;
    if (!waiting.hasAttribute("data-htmx-powered")) htmx.process(waiting);
    if (waiting._htmx?.sse && !connection) { connection = waiting._htmx.sse; show("live"); } // it was quicker than we
  });
  const refused = (status) => ({ 401: "session", 403: "denied", 424: "session", 423: "denied", 404: "done", 410: "gone", 503: "full" })[status];
  const ours = (event) => event.target.id === "stream";
  document.addEventListener("htmx:after:sse:connection", (event) => {
    if (!ours(event)) return;
    connection = event.detail.connection;
    over = false;
    const begun = opened = Date.now();
    if (away) setTimeout(() => { if (opened === begun && !over) well(); }, DOUBT); else well();
  });
  document.addEventListener("htmx:after:sse:message", (event) => {
    if (ours(event) && !over && !(away && Date.now() - opened < DOUBT)) well();
  });
  document.addEventListener("htmx:before:sse:connection", (event) => { if (over) event.preventDefault(); });
  document.addEventListener("htmx:sse:error", (event) => {
    if (!ours(event)) return;
    const reason = refused(event.detail.status);
    if (reason) ended(reason); else if (!document.hidden) show(navigator.onLine ? "wait" : "stale");
  });
  document.addEventListener("htmx:sse:close", (event) => { if (event.detail.reason === "ended" && ours(event)) restart(later()); });
  document.addEventListener("end", (event) => { if (ours(event)) ended(event.detail.data.trim()); });
  for (const name of ["htmx:error", "htmx:response:error"]) {
    document.addEventListener(name, (event) => {
      if (!ours(event)) return;
      const reason = refused(event.detail.ctx?.response?.status);
      if (reason) ended(reason); else { show("wait"); restart(later()); }
    });
  }
  setInterval(() => {
    if (!stream() || over || document.hidden) return;
    const silent = Date.now() - heard;
    if (silent > SILENCE) show("stale");
    if (connection?.reader && silent > SILENCE) connection.reader.cancel();
    else if (silent > 2 * SILENCE) { heard += SILENCE; connection?.abortController?.abort(); }
  }, 5000);
  // htmx aborts a stream that it takes down, and leaves the refusal of its last read unhandled.
  addEventListener("unhandledrejection", (event) => { if (event.reason?.name === "AbortError") event.preventDefault(); });
  addEventListener("offline", () => { if (stream() && !over) show("stale"); });
  addEventListener("online", () => { if (stream() && !over) show("wait"); tries = 0; connection?.delayCanceller?.(); connection?.reader?.cancel(); });
  document.addEventListener("visibilitychange", () => {
    tick();
    if (stream() && !over) show(document.hidden ? "paused" : "wait");
    if (!document.hidden) heard = Math.max(heard, Date.now() - SILENCE / 2);
  });

  // ---- A page without a stream is asked for anew while somebody looks at it ----
  if (mark?.dataset.again) {
    const ask = () => { if (!over && !document.hidden && navigator.onLine) htmx.ajax("GET", location.href, { target: "#main", swap: "outerMorph" }); };
    document.addEventListener("htmx:after:request", (event) => {
      const { status } = event.detail.ctx.response;
      if (status < 400) return well();
      event.preventDefault(); // what was read last is worth more than an error in its place
      over = refused(status) === "session";
      show(over ? "over" : "stale");
    });
    document.addEventListener("htmx:error", () => { if (!over) show("stale"); });
    document.addEventListener("visibilitychange", () => { if (!over) show(document.hidden ? "paused" : "wait"); ask(); });
    addEventListener("offline", () => { if (!over) show("stale"); });
    addEventListener("online", ask);
    setInterval(ask, 1000 * mark.dataset.again);
    well();
  }

  // ---- What is chosen in a row that scrolls sideways is in sight; looked at once the page is drawn, not before ----
  setTimeout(() => {
    for (const row of all(".chips, .tabs")) {
      const chosen = $("[aria-current]:not(:first-child)", row)?.getBoundingClientRect(), box = row.getBoundingClientRect();
      if (chosen && (chosen.left < box.left || chosen.right > box.right)) row.scrollLeft += chosen.left + chosen.width / 2 - box.left - box.width / 2;
    }
  });

  // A row that is replaced keeps the keyboard's focus.
  let focused = "";
  document.addEventListener("htmx:before:swap", () => { focused = document.activeElement?.closest?.(".row")?.id || ""; });
  document.addEventListener("htmx:after:swap", () => {
    if (focused && document.activeElement === document.body) $(".name a", document.getElementById(focused) || undefined)?.focus({ preventScroll: true });
  });

  // ---- A log sticks to its end until its reader scrolls up; then a button counts what came meanwhile ----
  const log = $("#log");
  if (log) {
    const MOST = 5000, news = $("#news"), page = document.documentElement;
    let stuck = true, unseen = 0;
    const toEnd = () => { stuck = true; unseen = 0; if (news) news.hidden = true; scrollTo(0, page.scrollHeight); };
    addEventListener("scroll", () => {
      stuck = scrollY + innerHeight > page.scrollHeight - 48;
      if (stuck && unseen) { unseen = 0; news.hidden = true; }
    }, { passive: true });
    addEventListener("resize", () => { if (stuck) toEnd(); });
    new MutationObserver((changes) => {
      const added = changes.reduce((sum, change) => sum + change.addedNodes.length, 0);
      if (!added) return;
      $("#silent")?.remove();
      if (stuck) {
        for (let extra = log.children.length - MOST; extra > 0; extra--) log.firstElementChild.remove();
        return toEnd();
      }
      unseen += added;
      $("span", news).textContent = unseen === 1 ? news.dataset.one : news.dataset.many.replace("%", unseen);
      news.hidden = false;
    }).observe(log, { childList: true });
    news?.addEventListener("click", toEnd);
    // A switch shows the same lines otherwise: it leaves the reader at the line that was first, and no step in the history.
    const KEPT = "log-line", top = () => Math.max(0, log.getBoundingClientRect().top, $(".tabs")?.getBoundingClientRect().bottom || 0);
    document.addEventListener("click", (event) => {
      const toggle = event.target.closest("a[data-switch]");
      if (!toggle || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      const first = !stuck && [...log.children].find((line) => line.getBoundingClientRect().bottom > top());
      if (first) sessionStorage.setItem(KEPT, `${first.dataset.id} ${first.getBoundingClientRect().top}`);
      location.replace(toggle.href);
    });
    const [kept, at] = (sessionStorage.getItem(KEPT) || "").split(" ");
    sessionStorage.removeItem(KEPT);
    requestAnimationFrame(() => {
      const line = kept && [...log.children].find((each) => each.dataset.id === kept);
      if (!line) return kept ? (stuck = false) : toEnd();
      stuck = false;
      scrollBy(0, line.getBoundingClientRect().top - at);
    });
  }

  // ---- Forms: short addresses, and the stepper without a round trip ----
  document.addEventListener("htmx:config:request", (event) => {
    const { request } = event.detail.ctx;
    if (request.method !== "GET" || !request.body) return;
    for (const [key, value] of [...request.body]) if (value === "") request.body.delete(key);
  });
  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (!step || $("#ask")) return; // what is asked is about one number: another one is the server's to judge
    event.preventDefault();
    const input = $("input[name=replicas]"), most = input.max === "" ? Infinity : Number(input.max);
    input.value = Math.min(most, Math.max(0, Number(input.value || 0) + Number(step.dataset.step)));
    const less = $("[data-step='-1']");
    if (input.value === "0") less.setAttribute("aria-disabled", "true"); else less.removeAttribute("aria-disabled");
  });
  for (const step of all("[data-step]")) step.setAttribute("role", "button");

  // ---- Keys: / to the filter, Escape back, j and k along a list ----
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = document.activeElement, step = at.closest?.("[data-step]");
    if (step && event.key === " ") { event.preventDefault(); step.click(); return; }
    if (at.matches("input, select, textarea")) { if (event.key === "Escape") at.blur(); return; }
    if (event.key === "/") { const filter = $("input[type=search]"); if (filter) { event.preventDefault(); filter.focus(); filter.select(); } }
    if (event.key === "j" || event.key === "k") {
      const links = all(".row .name a"), here = links.indexOf(at);
      links[Math.max(0, Math.min(links.length - 1, here + (event.key === "j" ? 1 : -1)))]?.focus();
    }
  });
  document.addEventListener("animationend", (event) => event.target.classList.remove("fresh"));
  document.documentElement.dataset.scripts = "on";
})();
