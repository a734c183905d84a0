// Before, during and after an event: three small maps of one place, each with the tracks of its ships in that span alone.
"use strict";

DW.AROUND_S = 6 * 3600; // of time before and after an event

DW.film = function (data, event) {
  const end = event.end === null ? data.last : event.end, box = DW.filmBox(data, event, end);
  const spans = [["Before", event.start - DW.AROUND_S, event.start], ["During", event.start, end], ["After", end, end + DW.AROUND_S]];
  if (event.end === null) spans.pop();
  const hours = DW.span(DW.AROUND_S);
  return DW.el("div", { class: "film" }, spans.map(([name, from, to]) =>
    DW.el("figure", {}, DW.still(data, event, box, from, to, `${name}: tracks of the ships of the event`),
      DW.el("figcaption", { text: name === "During" ? `During, ${DW.span(to - from)}` : `${hours} ${name.toLowerCase()}` }))));
};

// The box of all three: where the ships were in the event and around it, but never so wide that the event is a dot.
DW.filmBox = function (data, event, end) {
  const near = DW.boxOfEvent(data, event), wide = [...near], most = Math.max(0.25, 1.5 * Math.max(near[2] - near[0], near[3] - near[1]));
  for (const ship of event.ships) {
    const track = data.trackOf.get(ship);
    if (!track) continue;
    for (let i = DW.before(track, event.start - DW.AROUND_S); i < track.n && track.t0 + track.t[i] <= end + DW.AROUND_S; i++) {
      if (track.flags[i] & 2) continue;
      const lon = DW.lon(track.x[i]), lat = DW.lat(track.y[i]);
      wide[0] = Math.min(wide[0], Math.max(lon, near[0] - most));
      wide[1] = Math.min(wide[1], Math.max(lat, near[1] - most));
      wide[2] = Math.max(wide[2], Math.min(lon, near[2] + most));
      wide[3] = Math.max(wide[3], Math.min(lat, near[3] + most));
    }
  }
  return wide;
};

DW.still = function (data, event, [west, south, east, north], from, to, name) {
  const w = 150, h = 130, s = Math.min(w / (DW.x(east) - DW.x(west)), h / (DW.y(south) - DW.y(north)), 256 * 2 ** 13);
  const x = (DW.x(west) + DW.x(east)) / 2, y = (DW.y(south) + DW.y(north)) / 2;
  const view = { s, ox: x - w / s / 2, oy: y - h / s / 2, w, h };
  const canvas = DW.el("canvas", { width: 2 * w, height: 2 * h, role: "img", "aria-label": name });
  const ctx = canvas.getContext("2d");
  ctx.scale(2, 2);
  DW.paint(ctx, view, data, { shown: [], chosen: event, onlyChosen: true, span: [from, to], heard: false, bare: true, groupsOff: new Set(), zoneMarked: null, coat: "plain" });
  DW.paintEvent(ctx, view, data, event, 3.6);
  const metresPerPx = DW.metres(y) / s, nm = DW.round((50 * metresPerPx) / 1852);
  ctx.fillStyle = "#111a22";
  ctx.fillRect(5, h - 7, (nm * 1852) / metresPerPx, 2);
  ctx.font = "600 10px system-ui, sans-serif";
  DW.label(ctx, `${Number(nm.toPrecision(2))} nm`, 5, h - 11, "#111a22");
  return canvas;
};
