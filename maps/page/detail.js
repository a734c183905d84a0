// One event in full: what was observed, when and where, the ships, the evidence, for and against, and what was not observed.
"use strict";

// A picture stands in for what a page on paper has no room for: the cards of the zones, which come once, at its end.
// `open`, if given, is called with the number of a ship whose name was clicked.
DW.detail = function (data, event, picture, open) {
  const kind = data.kindOf[event.kind];
  const part = (title, ...children) => DW.el("section", { class: "part" }, DW.el("h4", { text: title }), ...children);
  const strips = DW.strips(data, event);
  return DW.el("article", { class: "detail", "data-id": event.id },
    DW.el("header", {},
      DW.symbol(kind, event.hollow, 22),
      DW.el("h3", { text: kind.label }),
      DW.el("span", { class: "rank", text: `no. ${event.rank} of ${DW.count(data.events.length)}` }),
      DW.score(event)),
    DW.el("p", { class: "summary", text: event.summary }),
    picture || part("Before, during and after", DW.film(data, event)),
    strips ? part("Over time", strips, DW.keyOfShips(data, event)) : null,
    DW.facts(data, event),
    part(event.ships.length === 1 ? "Ship, as it says" : "Ships, as they say", ...event.ships.map((i, n) => DW.ship(data.ships[i], n, open && (() => open(i))))),
    event.company ? part("Others heard meanwhile", DW.company(data, event)) : null,
    part("Evidence", DW.pairs(event.rows)),
    event.pro.length ? part("Speaks for it", DW.list(event.pro, "pro")) : null,
    part("Speaks against it", DW.list(event.con, "con"), kind.means ? DW.el("p", { class: "means", text: kind.means }) : null),
    event.said && event.said.length ? part("What officers said of it", DW.list(event.said, "notes")) : null,
    event.notes.length ? part("Notes", DW.list(event.notes, "notes")) : null,
    event.zones.length && !picture ? part("Zones and whose lines they are", ...event.zones.map((i) => DW.zoneCard(data, data.zones[i]))) : null,
    DW.el("p", { class: "unseen", text: kind.unseen }),
    event.proof && event.proof.length ? part("Lines it goes back to", DW.proof(event)) : null,
    DW.el("p", { class: "reply" }, DW.el("b", { text: "Reply of owner and flag State: " }), "none in this case. Ask before anyone acts on this."),
    DW.el("p", { class: "ident" }, "Event ", DW.el("code", { text: event.id })));
};

DW.keyOfShips = (data, event) => DW.el("p", { class: "key-of-ships" }, event.ships.slice(0, DW.SHIP_COLOURS.length).map((i, n) => {
  const key = DW.el("i", { class: "key", "aria-hidden": "true" });
  key.style.background = DW.SHIP_COLOURS[n];
  return DW.el("span", {}, key, DW.said(DW.shipName(data.ships[i]) || data.ships[i].mmsi));
}), DW.el("span", {}, DW.el("i", { class: "during" }), "the event"));

DW.company = function (data, event) {
  const { count, nearest } = event.company, named = new Map(data.ships.map((ship) => [ship.mmsi, ship]));
  const ships = nearest.flatMap(([mmsi, nm], i) => [i ? ", " : "", named.has(mmsi) ? DW.said(DW.shipName(named.get(mmsi)) || mmsi) : "MMSI ", named.has(mmsi) ? "" : String(mmsi), ` (${nm} nm)`]);
  if (!count) return DW.el("p", { text: `No other ship was heard within ${data.near_nm} nm of the place while it lasted.` });
  return DW.el("p", {}, `${DW.count(count)} other ship${count === 1 ? "" : "s"} within ${data.near_nm} nm of the place while it lasted. Nearest: `, ...ships, ".");
};

DW.proof = (event) => DW.el("ul", { class: "proof" }, event.proof.map(([mmsi, t, name, line, text]) =>
  DW.el("li", {}, DW.el("span", {}, `${mmsi}, ${t} UTC: line ${DW.count(line)} of `, DW.said(name)), text === null ? DW.el("i", { text: "raw lines were not kept" }) : DW.el("code", {}, DW.said(text)))));

DW.score = (event, word = ` ${event.word}`) =>
  DW.el("span", { class: `score ${event.word}`, title: "By the detector's documented rule; not a probability" },
    DW.el("span", { class: "meter", "aria-hidden": "true" }, DW.el("i", { "data-w": event.score })), DW.el("b", { text: event.score.toFixed(2) }), word);

// Set the width of every score's bar.
DW.meters = function (root) {
  for (const bar of root.querySelectorAll("[data-w]")) bar.style.width = `${Math.round(100 * Math.min(1, Number(bar.dataset.w)))}%`;
};

DW.facts = function (data, event) {
  const open = event.end === null;
  const rows = [
    ["From", [`${DW.utcFull(event.start)} UTC`, DW.kst(event.start)]],
    ["To", open ? (data.live ? "still open" : "still open when the data end") : [`${DW.utcFull(event.end)} UTC`, DW.kst(event.end)]],
    ["Length", open ? "open" : DW.span(event.end - event.start)],
    ["Position", DW.position(event.lon, event.lat)],
    [event.zones.length + event.other_zones.length > 1 ? "Zones" : "Zone", DW.zoneNames(data, event)],
  ];
  return DW.pairs(rows);
};

DW.zoneNames = function (data, event) {
  const names = [...event.zones.map((i) => data.zones[i].name), ...event.other_zones];
  return names.length ? names : ["none"];
};

// Names and values; a value that is a list takes a line for each.
DW.pairs = (rows) =>
  DW.el("dl", { class: "pairs" }, rows.map(([name, value]) => [DW.el("dt", {}, DW.said(name)),
    Array.isArray(value) ? DW.el("dd", {}, value.map((one) => DW.el("div", {}, one instanceof Node ? one : DW.said(one)))) : DW.el("dd", {}, DW.said(value))]));

DW.list = (texts, kind) => DW.el("ul", { class: kind }, texts.map((text) => DW.el("li", {}, DW.said(text))));

DW.ship = function (ship, place, open) {
  const names = ship.said.name || [];
  const rest = [["callsign", "Call sign"], ["type", "Type"], ["size", "Size"], ["destination", "Destination"]];
  const rows = [["MMSI", `${ship.mmsi}: ${ship.flag}`]];
  rows.push(["IMO", (ship.said.imo || ["none sent"]).join("; ")]);
  if (ship.listed.length) rows.push(["On a list", ship.listed]);
  for (const [field, label] of rest) if (ship.said[field]) rows.push([label, ship.said[field].join("; ")]);
  if (names.length > 1) rows.push(["Also named", names.slice(1).join("; ")]);
  rows.push(["Positions", ship.fixes ? `${DW.count(ship.fixes)}, ${DW.utc(ship.first)} to ${DW.utc(ship.last)} UTC` : "none"]);
  const key = DW.el("i", { class: "key", "aria-hidden": "true" });
  key.style.background = DW.SHIP_COLOURS[place % DW.SHIP_COLOURS.length];
  return DW.el("div", { class: "ship" }, DW.el("h5", {}, key, open ? DW.el("button", { type: "button", class: "open", title: "Who it said it was over time, and all its events", onclick: open }, DW.said(names[0] || "no name sent")) : DW.said(names[0] || "no name sent")), DW.pairs(rows));
};

DW.zoneCard = function (data, zone) {
  const style = data.zone_groups[zone.group];
  const rows = [["Whose line", zone.whose], ["Legal status", zone.legal_status], ["Confidence", zone.confidence]];
  if (zone.edge_uncertainty_m !== null) rows.push(["Edge uncertain by", DW.reach(zone.edge_uncertainty_m) + (zone.edge_reason ? `: ${zone.edge_reason}` : "")]);
  for (const edge of zone.edges) rows.push([`Edge: ${edge.name}`, `${DW.reach(edge.uncertainty_m)}; ${edge.owners}; ${edge.reason}`]);
  rows.push(["Disagrees", zone.disagrees.join("; ") || "no other line known here"]);
  if (zone.valid[0] || zone.valid[1]) rows.push(["Valid", `${zone.valid[0] || "always"} to ${zone.valid[1] || "now"} UTC`]);
  rows.push(["Source", zone.source.join("; ")], ["Events in it", zone.events ? DW.count(zone.events) : "none here"]);
  if (zone.notes) rows.push(["Notes", zone.notes]);
  return DW.el("details", { class: "zone" }, DW.el("summary", {}, DW.swatch(style), DW.said(zone.name)), DW.pairs(rows));
};

DW.reach = (metres) => `${(metres / 1852).toFixed(metres < 1852 ? 2 : 1)} nm (${DW.count(Math.round(metres))} m)`;

DW.swatch = function (style) {
  const line = DW.svg("line", { x1: 1, y1: 5, x2: 25, y2: 5, stroke: style.colour, "stroke-width": 2.4, "stroke-dasharray": style.dash.join(" ") });
  return DW.svg("svg", { width: 26, height: 10, class: "swatch", "aria-hidden": "true" }, line);
};

// A ship in a line: name, number, and whether it is on a list.
DW.shipText = (data, i) => {
  const ship = data.ships[i], name = DW.shipName(ship);
  return DW.el("span", { class: "who" }, DW.said(name || "no name", name ? {} : { class: "none" }), DW.el("small", { text: String(ship.mmsi) }),
    ship.listed.length ? DW.el("small", { class: "listed", title: ship.listed.join("\n"), text: "on a list" }) : null);
};

// The zones at a point of the map, in a popup.
DW.zonesPopup = function (map, data, zones, at) {
  if (!zones.length) return map.closePopup();
  const cards = zones.map((zone) => DW.zoneCard(data, zone));
  if (cards.length === 1) cards[0].open = true;
  const box = DW.el("div", { class: "zones-here" }, DW.el("p", { text: `${zones.length === 1 ? "Zone" : `${zones.length} zones or lines`} at ${DW.position(at.lng, at.lat)}` }), ...cards);
  return L.popup({ maxWidth: 420, minWidth: 300, maxHeight: 320 }).setLatLng(at).setContent(box).openOn(map);
};
