// Makes a page live: ages tick, the live mark tells the truth, a log sticks to its end. Every page works without it.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // --- Ages, in kubectl's words (k8s.io/apimachinery/pkg/util/duration.HumanDuration) ---
  function age(seconds) {
    const s = Math.max(0, Math.floor(seconds)), m = Math.floor(s / 60), h = Math.floor(s / 3600), d = Math.floor(h / 24);
    const two = (big, bigUnit, small, smallUnit) => `${big}${bigUnit}` + (small ? `${small}${smallUnit}` : "");
    if (s < 120) return `${s}s`;
    if (m < 10) return two(m, "m", s % 60, "s");
    if (m < 180) return `${m}m`;
    if (h < 8) return two(h, "h", m % 60, "m");
    if (h < 48) return `${h}h`;
    if (h < 192) return two(d, "d", h % 24, "h");
    if (d < 730) return `${d}d`;
    if (d < 2920) return two(Math.floor(d / 365), "y", d % 365, "d");
    return `${Math.floor(d / 365)}y`;
  }
  const skew = Date.now() - performance.now() - (performance.timeOrigin || 0);
  function tick() {
    if (document.hidden) return;
    for (const time of all("time[datetime]")) {
      const text = age((Date.now() - skew - Date.parse(time.dateTime)) / 1000);
      if (time.textContent !== text) time.textContent = text;
    }
  }
  setInterval(tick, 5000);
  document.addEventListener("visibilitychange", tick);
})();
