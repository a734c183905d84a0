// The sheet of a ship: who it said it was and when, what its numbers say, the lists it is on, and all its events.
"use strict";

DW.shipSheet = function (data, i, choose) {
  const ship = data.ships[i], events = data.events.filter((event) => event.ships.includes(i));
  const part = (title, ...children) => DW.el("section", { class: "part" }, DW.el("h4", { text: title }), ...children);
  const left = ship.history_left ? DW.el("p", { class: "hint", text: `and ${DW.count(ship.history_left)} older values; the case holds all` }) : null;
  return DW.el("article", { class: "detail sheet", "data-ship": String(ship.mmsi) },
    DW.el("header", {}, DW.el("h3", {}, DW.said(DW.shipName(ship) || "no name sent")), DW.el("span", { class: "rank", text: `MMSI ${ship.mmsi}` })),
    DW.pairs([
      ["Flag by number", ship.flag],
      ["IMO number", (ship.said.imo || ["none sent"]).join("; ")],
      ["Lists", ship.listed.length ? ship.listed : ["on none of the lists held here, by what it sent; that clears nobody"]],
      ["Positions", ship.fixes ? `${DW.count(ship.fixes)}, ${DW.utc(ship.first)} to ${DW.utc(ship.last)} UTC` : "none"],
    ]),
    part("Who it said it was, and when", DW.identityStrip(ship), DW.history(ship), left),
    part(`Its events (${events.length})`, DW.el("div", {}, events.map((event) => DW.el(choose ? "button" : "p", { type: choose ? "button" : null, class: "pick", onclick: choose ? () => choose(event) : null },
      DW.symbol(data.kindOf[event.kind], event.hollow, 16), DW.el("span", {}, DW.el("b", { text: `${data.kindOf[event.kind].label} · ${event.score.toFixed(2)} ${event.word}` }),
        DW.el("span", { class: "names", text: `${DW.utc(event.start)} UTC · ${event.end === null ? "open" : DW.span(event.end - event.start)}` }), DW.said(event.summary)))))),
    DW.el("p", { class: "unseen", text: "All of it is what the ship sent of itself. A flag by number is what the number's first digits stand for, not a registry's word; a right check digit says that a number can exist, not whose it is." }));
};

DW.history = function (ship) {
  if (!ship.history.length) return DW.el("p", { class: "hint", text: "It sent no static report in these inputs." });
  const fields = [...new Set(ship.history.map(([field]) => field))];
  return DW.pairs(fields.map((name) => [name, ship.history.filter(([field]) => field === name).map(([, said, first, last, times]) =>
    DW.el("span", {}, DW.said(said), DW.el("small", { class: "when", text: `${DW.utc(first)} to ${DW.utc(last)} UTC, ${DW.count(times)} times` })))]));
};

// Bars of time for each name, IMO number, call sign and destination, where any of these changed.
DW.identityStrip = function (ship) {
  const rows = ship.history.filter(([field]) => ["Name", "IMO", "Call sign", "Destination"].includes(field));
  if (new Set(rows.map(([field]) => field)).size === rows.length) return null;
  const first = Math.min(...rows.map((row) => row[2])), last = Math.max(...rows.map((row) => row[3]), first + 60);
  const w = 380, left = 150, high = 17, x = (t) => left + ((w - left - 6) * (t - first)) / (last - first);
  const drawn = rows.flatMap(([field, said, from, to], n) => {
    const text = DW.svg("text", { x: left - 6, y: n * high + 12, "text-anchor": "end" });
    text.textContent = said.length > 22 ? `${said.slice(0, 21)}…` : said;
    const changed = rows.filter(([other]) => other === field).length > 1;
    return [text, DW.svg("rect", { x: x(from), y: n * high + 3, width: Math.max(3, x(to) - x(from)), height: 10, class: changed ? "changed" : "bar" })];
  });
  const foot = [[first, left, "start"], [last, w - 6, "end"]].map(([t, at, anchor]) => {
    const text = DW.svg("text", { x: at, y: rows.length * high + 12, "text-anchor": anchor });
    text.textContent = DW.utc(t).slice(5);
    return text;
  });
  return DW.svg("svg", { viewBox: `0 0 ${w} ${rows.length * high + 18}`, class: "plot identity", role: "img", "aria-label": "When the ship said what of itself" }, ...drawn, ...foot);
};
