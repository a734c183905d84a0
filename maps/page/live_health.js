// How the watch is: a line that is quiet while all is well, a banner that is not, and each feed in figures.
"use strict";

DW.QUIET_S = 60; // without a line of a feed
DW.BEHIND_S = 15;

DW.rate = (rate) => (rate < 10 ? rate.toFixed(1) : DW.count(Math.round(rate)));

DW.Health = class {
  constructor() {
    Object.assign(this, { status: null, rates: new Map(), before: null, note: null });
    const open = document.getElementById("health-open"), box = document.getElementById("health");
    open.addEventListener("click", () => {
      box.hidden = !box.hidden;
      open.setAttribute("aria-expanded", String(!box.hidden));
      if (!box.hidden && this.painted) this.table(...this.painted);
    });
  }

  // Take a status; lines a second follow from the one before.
  take(status) {
    const now = Date.parse(status.now) / 1000, before = this.before;
    if (before && now > before.now) {
      for (const feed of status.feeds) {
        const lines = before.lines.get(feed.name), rate = lines === undefined ? null : (feed.lines - lines) / (now - before.now), old = this.rates.get(feed.name);
        if (rate !== null) this.rates.set(feed.name, old === undefined ? rate : 0.6 * old + 0.4 * rate);
      }
    }
    if (!before || now > before.now) this.before = { now, lines: new Map(status.feeds.map((feed) => [feed.name, feed.lines])) };
    this.status = status;
  }

  // What is wrong with a feed, in words; empty for nothing.
  wrong(feed, now) {
    const quiet = feed.last_line === null ? null : now - Date.parse(feed.last_line) / 1000;
    if (/lost|refuse|closed|no connection|tried|failed|error|again in/i.test(feed.state)) return DW.visible(feed.state);
    if (feed.state === "read to its end") return "read to its end";
    if (quiet === null) return "no line yet";
    if (quiet > DW.QUIET_S) return `no line for ${DW.span(quiet)}`;
    return "";
  }

  // Everything that keeps the picture from being what is heard now: what is bad, and what is to be looked at.
  troubles(link) {
    const { status } = this, bad = [], look = [], time = (s) => `${DW.utcFull(s).slice(11)} UTC`;
    if (link.signIn) bad.push(["Your sign-in has ended. ", DW.el("a", { href: "login", text: "Sign in again" }), "."]);
    if (link.lost) bad.push([`No contact with the watch since ${time((link.lost + link.skew) / 1000)}. The map is as it was then; the page tries again by itself.`]);
    if (!status) return { bad, look };
    const now = link.now(), last = Math.max(...status.feeds.map((feed) => (feed.last_line === null ? -Infinity : Date.parse(feed.last_line) / 1000))), silent = now - last > DW.QUIET_S;
    if (!link.lost && silent) bad.push([last === -Infinity ? "No data yet: no feed has given a line since the watch began." : `No data since ${time(last)} (${DW.span(now - last)}): an empty sea here means nothing.`]);
    if (status.error) bad.push([`What comes is not taken into the case: ${DW.visible(status.error)}`]);
    if (status.behind_s > DW.BEHIND_S) bad.push([`Detection is ${Math.round(status.behind_s)} s behind what came: later events are not here yet.`]);
    const quiet = silent || link.lost ? [] : status.feeds.filter((feed) => this.wrong(feed, now));
    if (quiet.length) look.push([`${quiet.length} of ${status.feeds.length} feeds: `, ...quiet.slice(0, 3).flatMap((feed, i) => [i ? "; " : "", DW.said(DW.visible(feed.name)), `: ${this.wrong(feed, now)}`]), quiet.length > 3 ? " and others." : "."]);
    const dropped = status.feeds.reduce((sum, feed) => sum + feed.dropped, 0);
    if (dropped) look.push([`${DW.count(dropped)} lines found no room and were dropped since the watch began.`]);
    return { bad, look };
  }

  paint(link, data) {
    const { status } = this, { bad, look } = this.troubles(link), pulse = document.getElementById("pulse");
    if (this.note && Date.now() > this.note.until) this.note = null;
    const how = bad.length ? "bad" : look.length ? "look" : "good";
    this.banner([...bad, ...look, ...(this.note ? [[this.note.text]] : [])], how);
    document.getElementById("health-open").className = how;
    document.getElementById("page").classList.toggle("stale", bad.length > 0);
    if (!status) {
      pulse.replaceChildren("▲ waiting for the watch");
      return;
    }
    this.painted = [link, data];
    const rate = status.feeds.reduce((sum, feed) => sum + (this.rates.get(feed.name) || 0), 0);
    pulse.replaceChildren(DW.el("b", { text: { bad: "▲ not live", look: "▲ look", good: "✓ well" }[how] }),
      ` · ${status.feeds.length} feed${status.feeds.length === 1 ? "" : "s"} · ${DW.rate(rate)} lines/s · ${DW.count(data.trackList.length)} ships`,
      DW.el("span", { class: "wide-only", text: ` · looked through to ${status.horizon ? status.horizon.slice(11, 19) : "nothing yet"}` }));
    if (!document.getElementById("health").hidden) this.table(link, data);
  }

  // An alert is read out when its text changes: only then is it made anew.
  banner(lines, how) {
    const banner = document.getElementById("banner"), text = lines.map((parts) => parts.map((part) => part.textContent ?? part).join("")).join("|");
    if (banner.dataset.text === text && banner.className === how) return;
    banner.dataset.text = text;
    banner.replaceChildren(...lines.map((parts) => DW.el("p", {}, ...parts)));
    banner.hidden = !lines.length;
    banner.className = how;
  }

  table(link, data) {
    const { status } = this, now = link.now(), head = ["Feed", "How it is", "Lines/s", "Lines", "Last line, UTC", "Dropped"];
    const rows = status.feeds.map((feed) => {
      const wrong = this.wrong(feed, now), rate = this.rates.get(feed.name);
      return DW.el("tr", { class: wrong ? "bad" : "" }, DW.el("th", { scope: "row" }, wrong ? "▲ " : "✓ ", DW.said(DW.visible(feed.name))), DW.el("td", {}, DW.said(wrong || DW.visible(feed.state))),
        DW.el("td", { text: rate === undefined ? "…" : DW.rate(rate) }), DW.el("td", { text: DW.count(feed.lines) }),
        DW.el("td", { text: feed.last_line ? feed.last_line.slice(11, 19) : "none" }), DW.el("td", { text: DW.count(feed.dropped) }));
    });
    const heard = data.trackList.filter((track) => track.n && data.last - track.t0 - track.t[track.n - 1] < 600).length;
    const facts = [
      ["Looked through to", status.horizon ? `${status.horizon.slice(0, 19).replace("T", " ")} UTC, ${DW.span(Math.max(0, now - Date.parse(status.horizon) / 1000))} ago` : "nothing yet"],
      ["Waiting to be looked through", status.behind_s ? `for ${status.behind_s} s` : "nothing"],
      ["Ships", `${DW.count(heard)} heard in the last 10 min, ${DW.count(data.trackList.length)} in the last ${DW.HOURS} h${data.left_out ? " (those heard last; there are more)" : ""}`],
      ["Coverage", `${DW.count(data.cellList[0].length)} cells of ${DW.CELL_DEG}° in which any ship was heard in the last ${DW.HOURS} h, shaded on the map`],
      ["Alerts", status.alerts ? `${status.alerts.waiting} waiting, ${status.alerts.sent} sent` : "none are set up"],
      ["Since", `${status.started.slice(0, 19).replace("T", " ")} UTC, darkwake ${status.version}`],
    ];
    document.getElementById("health").replaceChildren(
      DW.el("div", { class: "wide" }, DW.el("table", {}, DW.el("thead", {}, DW.el("tr", {}, head.map((text) => DW.el("th", { scope: "col", text })))), DW.el("tbody", {}, rows))), DW.pairs(facts));
  }

  say(text) {
    this.note = { text, until: Date.now() + 15000 };
  }
};
