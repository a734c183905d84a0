// Paper: the map at a fixed size, and the evidence of every event with a small map of its own.
"use strict";

DW.PAPER = { w: 700, h: 470, pictures: 200 };

DW.FOLDED = "#more, #behind details.zone, #behind details.ship-sheet:nth-child(-n + 100)"; // what is unfolded on paper

DW.printing = function (map, data, state, layer) {
  let before = null, unfolded = new Set();
  const prepare = function () {
    if (before) return;
    before = { bounds: map.getBounds(), chosen: state.chosen, shown: state.shown };
    Object.assign(state, { chosen: null, shown: data.events, paper: true });
    const box = map.getContainer();
    box.style.width = `${DW.PAPER.w}px`;
    box.style.height = `${DW.PAPER.h}px`;
    map.invalidateSize({ animate: false, pan: false });
    DW.fit(map, data.view);
    layer.paint();
    DW.dossier(data);
    unfolded = new Set(document.querySelectorAll("details[open]"));
    for (const part of document.querySelectorAll(DW.FOLDED)) part.open = true;
  };
  const restore = function () {
    if (!before) return;
    const box = map.getContainer(), { bounds, chosen, shown } = before;
    before = null;
    box.style.width = box.style.height = "";
    Object.assign(state, { chosen, shown, paper: false });
    map.invalidateSize({ animate: false, pan: false });
    map.fitBounds(bounds, { animate: false });
    layer.paint();
    DW.fill("dossier");
    for (const part of document.querySelectorAll(DW.FOLDED)) part.open = unfolded.has(part);
  };
  window.addEventListener("beforeprint", prepare);
  window.addEventListener("afterprint", restore);
  window.matchMedia("print").addEventListener("change", (e) => (e.matches ? prepare() : restore()));
};

DW.dossier = function (data) {
  if (!data.events.length) return;
  const articles = data.events.map((event, i) =>
    DW.detail(data, event, DW.el("figure", {}, i < DW.PAPER.pictures ? DW.picture(data, event, 338, 220) : null)));
  const left = data.events.length - DW.PAPER.pictures;
  DW.fill("dossier", DW.el("h2", { text: "Evidence of every event" }),
    left > 0 ? DW.el("p", { text: `The first ${DW.PAPER.pictures} events have a map; the ${DW.count(left)} with lower scores do not.` }) : null, articles);
  DW.meters(document.getElementById("dossier"));
};

// A small map of one event on a canvas of its own, with a scale.
DW.picture = function (data, event, w, h) {
  const [west, south, east, north] = DW.boxOfEvent(data, event);
  const s = Math.min(w / (DW.x(east) - DW.x(west)), h / (DW.y(south) - DW.y(north)), 256 * 2 ** 13);
  const x = (DW.x(west) + DW.x(east)) / 2, y = (DW.y(south) + DW.y(north)) / 2;
  const view = { s, ox: x - w / s / 2, oy: y - h / s / 2, w, h };
  const canvas = DW.el("canvas", { width: 2 * w, height: 2 * h, role: "img", "aria-label": "Map of the event" });
  canvas.style.width = `${w}px`;
  canvas.style.height = `${h}px`;
  const ctx = canvas.getContext("2d");
  ctx.scale(2, 2);
  DW.paint(ctx, view, data, { shown: [event], chosen: event, onlyChosen: true, heard: false, ports: true, groupsOff: new Set(), zoneMarked: null, coat: "plain" });
  const metresPerPx = DW.metres(y) / s, nm = DW.round((90 * metresPerPx) / 1852), length = (nm * 1852) / metresPerPx;
  ctx.fillStyle = "#111a22";
  ctx.fillRect(8, h - 10, length, 2.5);
  ctx.font = "600 11px system-ui, sans-serif";
  DW.label(ctx, `${Number(nm.toPrecision(2))} nm`, 8, h - 15, "#111a22");
  return canvas;
};
