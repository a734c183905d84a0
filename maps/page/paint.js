// Painting of one map view on a canvas: sea, heard cells, land, zones, tracks, events.
// A view is {s, ox, oy, w, h}: pixels per world width, unit-square position of the left upper corner, size in pixels.
"use strict";

DW.INK = { sea: "#f4f8fb", land: "#e7e3d8", prk: "#dccfc0", coast: "#9b937f", grid: "#d3dee6", heard: "120,158,184" };
DW.SHIP_COLOURS = ["#0b3d91", "#b3400a", "#0a7d6c", "#7a3e9d", "#6b5900", "#b0276b", "#2d2d2d", "#3c7bb5"];

DW.paint = function (ctx, view, data, state) {
  ctx.fillStyle = DW.INK.sea;
  ctx.fillRect(0, 0, view.w, view.h);
  ctx.lineJoin = "round";
  if (state.heard) DW.paintCells(ctx, view, data);
  if (!state.bare) DW.paintGrid(ctx, view);
  DW.paintZones(ctx, view, data, state);
  DW.paintLand(ctx, view, data);
  if (!state.bare) DW.paintNames(ctx, view, data);
  if (state.ports) DW.paintPorts(ctx, view, data);
  DW.paintTracks(ctx, view, data, state);
  if (state.chosen && !state.bare) DW.paintDrawn(ctx, view, data, state.chosen);
  if (!state.moving && !state.bare) DW.paintEvents(ctx, view, data, state);
  if (!state.bare) DW.paintGridLabels(ctx, view);
};

// Turns of the world (-1, 0, 1) at which a box in unit-square coordinates meets the view.
DW.turns = function (view, box) {
  const west = view.ox, east = view.ox + view.w / view.s, north = view.oy, south = view.oy + view.h / view.s;
  if (box[3] < north || box[1] > south) return [];
  return [-1, 0, 1].filter((k) => box[2] + k >= west && box[0] + k <= east);
};

// Whether a box meets the view at the turn that all tracks are drawn in.
DW.meets = (view, box) => box[2] >= view.ox && box[0] <= view.ox + view.w / view.s && box[3] >= view.oy && box[1] <= view.oy + view.h / view.s;

DW.paintCells = function (ctx, view, data) {
  const [xs, ys, counts] = data.cellList;
  const side = data.cells.deg;
  const far = (side / 360) * view.s < 3 ? 0.35 : 0; // specks from afar
  const faint = Math.min(1, Math.max(0.22, 30 / ((side / 360) * view.s))); // close in, a cell is a backdrop
  for (let i = 0; i < xs.length; i++) {
    let lon = xs[i] * side;
    lon += 360 * Math.round((data.cells.middle - lon) / 360);
    const x = (DW.x(lon) - view.ox) * view.s, y = (DW.y((ys[i] + 1) * side) - view.oy) * view.s;
    const w = (side / 360) * view.s, h = (DW.y(ys[i] * side) - view.oy) * view.s - y;
    if (x > view.w || y > view.h || x + w < 0 || y + h < 0) continue;
    ctx.fillStyle = `rgba(${DW.INK.heard},${faint * Math.min(0.42, 0.14 + 0.07 * Math.log10(counts[i])) + far})`;
    ctx.fillRect(x, y, Math.max(w + 0.5, 3), Math.max(h + 0.5, 3));
  }
};

// The coarse coast everywhere but in the boxes that have a finer one, then each of those in its box.
DW.paintLand = function (ctx, view, data) {
  const [coarse, ...fine] = data.coast.sets;
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, 0, view.w, view.h);
  for (const set of fine) for (const k of DW.turns(view, set.frame)) ctx.rect(...DW.frameOf(view, set.frame, k));
  ctx.clip("evenodd");
  DW.paintCoast(ctx, view, coarse);
  ctx.restore();
  for (const set of fine) if (DW.turns(view, set.frame).length) DW.paintCoast(ctx, view, set);
};

DW.frameOf = (view, box, turn) =>
  [(box[0] + turn - view.ox) * view.s, (box[1] - view.oy) * view.s, (box[2] - box[0]) * view.s, (box[3] - box[1]) * view.s];

DW.paintCoast = function (ctx, view, set) {
  ctx.lineWidth = 0.8;
  ctx.strokeStyle = DW.INK.coast;
  set.shapes.forEach((parts, i) => {
    ctx.fillStyle = set.owners[i] === "PRK" ? DW.INK.prk : DW.INK.land;
    for (const part of parts) {
      for (const k of DW.turns(view, part.rings[0].box)) {
        ctx.beginPath();
        for (const ring of part.rings) DW.traceArea(ctx, view, ring, k);
        ctx.fill("evenodd");
        ctx.strokeStyle = ctx.fillStyle; // closes the hairline between neighbouring sets
        ctx.stroke();
        ctx.beginPath();
        for (const ring of part.rings) DW.traceLine(ctx, view, ring, k, set.frame);
        ctx.strokeStyle = DW.INK.coast;
        ctx.stroke();
      }
    }
  });
};

// Trace a ring for filling, leaving out vertices that no eye can tell from the last one.
DW.traceArea = function (ctx, view, ring, turn) {
  const ox = view.ox - turn, n = ring.x.length;
  let lastX = Infinity, lastY = Infinity;
  for (let i = 0; i < n; i++) {
    const x = (ring.x[i] - ox) * view.s, y = (ring.y[i] - view.oy) * view.s;
    if (i && i < n - 1 && Math.abs(x - lastX) + Math.abs(y - lastY) < 0.8) continue;
    if (i) ctx.lineTo(x, y);
    else ctx.moveTo(x, y);
    [lastX, lastY] = [x, y];
  }
  ctx.closePath();
};

// Trace a line for stroking: only what meets the view, cut exactly at its rim, so that dashes stay few at any zoom.
// A frame names the box at which the shape was cut: steps along its rim are no coast.
DW.traceLine = function (ctx, view, ring, turn, frame) {
  const ox = view.ox - turn, n = ring.x.length;
  let x0 = 0, y0 = 0, last = 0, pen = false;
  for (let i = 0; i < n; i++) {
    const x = (ring.x[i] - ox) * view.s, y = (ring.y[i] - view.oy) * view.s;
    const small = i && i < n - 1 && Math.abs(x - x0) + Math.abs(y - y0) < 0.8;
    if (small && !(frame && DW.onRim(ring, i, i, frame))) continue;
    if (i) pen = !(frame && DW.onRim(ring, last, i, frame)) && DW.segment(ctx, view, x0, y0, x, y, pen);
    [x0, y0, last] = [x, y, i];
  }
};

DW.onRim = function (ring, i, j, frame) {
  const near = (a, b) => Math.abs(a - b) < 1e-7;
  return [0, 2].some((side) => near(ring.x[i], frame[side]) && near(ring.x[j], frame[side])) ||
    [1, 3].some((side) => near(ring.y[i], frame[side]) && near(ring.y[j], frame[side]));
};

// Add one segment to the path, cut to the view (Liang and Barsky 1984). Returns whether the pen stands at its end.
DW.segment = function (ctx, view, x0, y0, x1, y1, pen) {
  const rim = 60, dx = x1 - x0, dy = y1 - y0;
  let from = 0, to = 1;
  for (const [p, q] of [[-dx, x0 + rim], [dx, view.w + rim - x0], [-dy, y0 + rim], [dy, view.h + rim - y0]]) {
    if (p === 0) {
      if (q < 0) return false;
    } else if (p < 0) from = Math.max(from, q / p);
    else to = Math.min(to, q / p);
  }
  if (from > to) return false;
  if (!pen || from > 0) ctx.moveTo(x0 + from * dx, y0 + from * dy);
  ctx.lineTo(x0 + to * dx, y0 + to * dy);
  return to === 1;
};

DW.paintZones = function (ctx, view, data, state) {
  data.zones.forEach((zone, i) => {
    if (state.groupsOff.has(zone.group)) return;
    const style = data.zone_groups[zone.group];
    const marked = state.zoneMarked === i || (state.chosen && state.chosen.zones.includes(i));
    if (marked) DW.paintDoubt(ctx, view, zone, style);
    for (const part of zone.shapes) {
      for (const k of DW.turns(view, DW.boxOf(part))) DW.paintZonePart(ctx, view, part, k, style, marked);
    }
  });
  ctx.setLineDash([]);
};

DW.boxOf = function (part) {
  if (!part.box) {
    part.box = [0, 1, 2, 3].map((side) => (side < 2 ? Math.min : Math.max)(...part.rings.map((ring) => ring.box[side])));
  }
  return part.box;
};

// The band in which a zone's edges may lie: each named edge with its own uncertainty, else the whole outline.
DW.paintDoubt = function (ctx, view, zone, style) {
  const named = zone.edges.filter((edge) => edge.shapes.length);
  const bands = named.length ? named.map((edge) => [edge.shapes, edge.uncertainty_m]) : [[zone.shapes, zone.edge_uncertainty_m]];
  ctx.setLineDash([]);
  ctx.strokeStyle = style.colour;
  ctx.globalAlpha = 0.09;
  for (const [parts, metres] of bands) {
    if (!metres) continue;
    for (const part of parts) {
      ctx.lineWidth = (2 * metres * view.s) / DW.metres(part.rings[0].y[0]);
      if (ctx.lineWidth > 220) continue; // closer in than this the whole view lies in the band; the card says how wide it is
      for (const k of DW.turns(view, DW.boxOf(part))) {
        ctx.beginPath();
        for (const ring of part.rings) DW.traceLine(ctx, view, ring, k);
        ctx.stroke();
      }
    }
  }
  ctx.globalAlpha = 1;
};

DW.paintZonePart = function (ctx, view, part, turn, style, marked) {
  ctx.strokeStyle = ctx.fillStyle = style.colour;
  if (part.form === "point") {
    for (const ring of part.rings) {
      const x = (ring.x[0] + turn - view.ox) * view.s, y = (ring.y[0] - view.oy) * view.s;
      ctx.setLineDash([]);
      ctx.lineWidth = 1.5;
      ctx.strokeRect(x - 3.5, y - 3.5, 7, 7);
    }
    return;
  }
  if (part.form === "area") {
    ctx.beginPath();
    for (const ring of part.rings) DW.traceArea(ctx, view, ring, turn);
    ctx.globalAlpha = style.fill * (marked && view.s < 256 * 2 ** 11 ? 1.8 : 1);
    ctx.fill("evenodd");
  }
  ctx.beginPath();
  for (const ring of part.rings) DW.traceLine(ctx, view, ring, turn);
  ctx.globalAlpha = marked ? 1 : 0.75;
  ctx.lineWidth = marked ? 2.2 : 1.2;
  ctx.setLineDash(style.dash);
  ctx.stroke();
  ctx.globalAlpha = 1;
};

DW.paintNames = function (ctx, view, data) {
  if (view.s > 256 * 2 ** 9.5 || view.s < 256 * 2 ** 4.5) return;
  for (const [name, lon, lat, kind] of data.names) {
    const x = (DW.x(lon) - view.ox) * view.s, y = (DW.y(lat) - view.oy) * view.s;
    ctx.font = kind === "sea" ? "italic 13px Georgia, serif" : "600 12px system-ui, sans-serif";
    const half = ctx.measureText(name).width / 2;
    if (x - half < 0 || y < 12 || x + half > view.w || y > view.h - 12) continue;
    ctx.fillStyle = kind === "sea" ? "#6f8ba1" : "#857a63";
    ctx.fillText(name, x - half, y);
  }
};

DW.paintPorts = function (ctx, view, data) {
  ctx.font = "11px system-ui, sans-serif";
  const taken = [], rank = view.s > 256 * 2 ** 8.4 ? 0 : view.s > 256 * 2 ** 7 ? 1 : view.s > 256 * 2 ** 4.5 ? 2 : 3;
  for (const [name, lon, lat, big] of data.ports) {
    if (big < rank) continue;
    const x = (DW.x(lon) - view.ox) * view.s, y = (DW.y(lat) - view.oy) * view.s;
    if (x < 0 || y < 0 || x > view.w || y > view.h) continue;
    const box = [x - 2, y - 8, x + 8 + 6 * name.length, y + 8];
    if (taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) continue;
    taken.push(box);
    ctx.fillStyle = "#55606b";
    ctx.fillRect(x - 2, y - 2, 4, 4);
    DW.label(ctx, name, x + 5, y + 4, big ? "#3a4651" : "#6a7681");
  }
};

DW.label = function (ctx, text, x, y, colour) {
  ctx.lineWidth = 3;
  ctx.strokeStyle = "rgba(255,255,255,.85)";
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
};

DW.paintGrid = function (ctx, view) {
  ctx.strokeStyle = DW.INK.grid;
  ctx.lineWidth = 0.7;
  ctx.beginPath();
  for (const line of DW.gridLines(view)) {
    ctx.moveTo(line.lon === undefined ? 0 : line.at, line.lon === undefined ? line.at : 0);
    ctx.lineTo(line.lon === undefined ? view.w : line.at, line.lon === undefined ? line.at : view.h);
  }
  ctx.stroke();
};

DW.gridLines = function (view) {
  const steps = [30, 20, 10, 5, 2, 1, 0.5, 1 / 6, 1 / 12, 1 / 30, 1 / 60, 1 / 120, 1 / 300, 1 / 600];
  const degreePx = view.s / 360;
  const step = steps.filter((s) => s * degreePx >= Math.min(110, view.w / 3)).pop() || steps[0];
  const lines = [];
  const west = DW.lon(view.ox), east = DW.lon(view.ox + view.w / view.s);
  const north = DW.lat(view.oy), south = DW.lat(view.oy + view.h / view.s);
  for (let k = Math.ceil(west / step); k * step <= east; k++) {
    lines.push({ lon: k * step, at: (DW.x(k * step) - view.ox) * view.s, step });
  }
  for (let k = Math.ceil(south / step); k * step <= north; k++) {
    lines.push({ lat: k * step, at: (DW.y(k * step) - view.oy) * view.s, step });
  }
  return lines;
};

DW.gridText = function (value, step, plus, minus) {
  const minutes = Math.round(Math.abs(value) * 600) / 10;
  const degrees = Math.floor(minutes / 60 + 1e-9), rest = minutes - 60 * degrees;
  const text = step >= 1 ? `${degrees}°` : `${degrees}°${rest.toFixed(step < 1 / 60 ? 1 : 0).padStart(2, "0")}′`;
  return text + (value >= 0 ? plus : minus);
};

DW.paintGridLabels = function (ctx, view) {
  ctx.font = "10.5px system-ui, sans-serif";
  for (const line of DW.gridLines(view)) {
    if (line.lon !== undefined) DW.label(ctx, DW.gridText(DW.wrap(line.lon), line.step, "E", "W"), line.at + 3, 11, "#5b6b78");
    else if (line.at > 24 && line.at < view.h - 20) {
      const text = DW.gridText(line.lat, line.step, "N", "S");
      DW.label(ctx, text, view.w - 5 - ctx.measureText(text).width, line.at - 3, "#5b6b78");
    }
  }
};
