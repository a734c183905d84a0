// What stands behind the findings: inputs and their counts, zones, settings, method and limits, licences.
"use strict";

DW.behind = function (data) {
  const block = (id, title, ...children) => DW.el("section", { class: "block", id }, DW.el("h2", { text: title }), ...children);
  DW.fill("behind",
    block("inputs", "Inputs", DW.el("p", { text: data.counting }), DW.inputs(data), DW.stations(data), DW.outages(data)),
    block("method", "Method and limits", DW.el("dl", { class: "caveats" }, data.caveats.map(([name, text]) => [DW.el("dt", { text: name }), DW.el("dd", { text })])),
      DW.el("p", { class: "drawing", text: data.drawing })),
    block("zones", "Zones and lines", DW.el("p", { text: `Zone set ${data.zones_version}, sha256 ${data.zones_sha256}. Open a zone for its source, whose line it is, its legal status, its uncertainty and which line disagrees.` }),
      DW.zoneList(data)),
    data.ships.length ? block("ships", "Ships", DW.el("p", { text: "Every ship of an event: what it said of itself over time, what its numbers say, and all its events." }), DW.shipList(data)) : null,
    block("custody", "Custody", DW.pairs(data.custody.rows), DW.el("p", { text: data.custody.how })),
    block("settings", "Detection and settings", DW.runs(data), DW.settings(data)),
    block("licences", "Licences", DW.el("p", { text: "This page carries Leaflet 1.9.4 under the licence below. Coast: Natural Earth, public domain. Ports: NGA World Port Index 2023, public domain. Lists of vessels: OFAC SDN, public domain; Regulation (EU) 2017/1509, © European Union, 1998-2026, only the Official Journal is authentic." }),
      DW.el("details", {}, DW.el("summary", { text: "Leaflet: BSD 2-Clause License" }), DW.el("pre", { text: data.licence }))));
};

DW.grid = function (heads, rows, label) {
  return DW.el("div", { class: "wide" }, DW.el("table", { class: "plain", "aria-label": label },
    DW.el("thead", {}, DW.el("tr", {}, heads.map((head) => DW.el("th", { scope: "col", text: head })))),
    DW.el("tbody", {}, rows.map((cells) => DW.el("tr", {}, cells.map((cell) =>
      typeof cell === "number" ? DW.el("td", { class: "num", text: DW.count(cell) }) : DW.el("td", {}, cell instanceof Node ? cell : DW.said(cell))))))));
};

DW.inputs = function (data) {
  const rejects = (input) => Object.entries(input.rejects).map(([reason, n]) => `${DW.count(n)} ${reason}`).join("; ") || "none";
  const rows = data.inputs.map((input) => [
    DW.el("div", {}, DW.said(input.name, { class: "file" }), DW.el("code", { text: input.sha256 })),
    input.lines, input.stored, input.other, input.duplicates, input.rejected, rejects(input), input.positions, input.span,
  ]);
  return DW.grid(["File and sha256", "Lines", "Stored", "Other", "Duplicates", "Rejects", "Reasons", "Positions", "Span (UTC)"], rows, "Inputs");
};

DW.stations = function (data) {
  if (!data.stations.length) return DW.el("p", { class: "hint", text: "The inputs name no receivers." });
  const more = data.stations_count - data.stations.length;
  const list = data.stations.flatMap(([name, n], i) => [i ? ", " : "", DW.said(name), ` (${DW.count(n)})`]);
  return DW.el("p", {}, DW.el("b", { text: "Receivers: " }), ...list, more > 0 ? ` and ${DW.count(more)} more` : "");
};

DW.outages = function (data) {
  if (!data.outages.length) return null;
  const more = data.outages_count - data.outages.length;
  return DW.el("div", { class: "outages" }, DW.el("h3", { text: "Outages" }),
    DW.el("p", { text: "Nothing came from these receivers, though they had heard several ships just before. Silences of ships that only they had heard do not count meanwhile." }),
    DW.grid(["Receiver", "From (UTC)", "To", "For", "Ships heard just before"], data.outages, "Outages"),
    more > 0 ? DW.el("p", { class: "hint", text: `and ${DW.count(more)} more, in \`darkwake events --kind outage\`` }) : null);
};

// The sheets of all ships; each is built when it is opened.
DW.shipList = (data) => DW.el("div", { class: "ship-list" }, data.ships.map((ship, i) => {
  const box = DW.el("div"), list = DW.el("details", { class: "ship-sheet" }, DW.el("summary", {}, DW.shipText(data, i)), box);
  list.addEventListener("toggle", () => {
    if (list.open && !box.firstChild) box.append(DW.shipSheet(data, i));
    DW.meters(box);
  });
  return list;
}));

DW.zoneList = (data) =>
  DW.el("div", { class: "zone-list" }, data.zone_groups.map((style, i) => {
    const zones = data.zones.filter((zone) => zone.group === i);
    return zones.length ? DW.el("div", {}, DW.el("h3", { text: style.name }), ...zones.map((zone) => DW.zoneCard(data, zone))) : null;
  }));

DW.runs = function (data) {
  if (!data.runs.length) return DW.el("p", { text: "No detection has been run on this case." });
  const rows = data.runs.map((run) => [run.detector, run.made, run.version, run.horizon, run.events, DW.el("code", { text: run.zones })]);
  return DW.grid(["Detector", "Last run (UTC)", "darkwake", "Data up to (UTC)", "Events", "Zone set sha256"], rows, "Detection runs");
};

DW.settings = (data) => (data.settings.length ? DW.grid(["Setting", "Value", "Meaning and reason"], data.settings, "Settings") : null);
