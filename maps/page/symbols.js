// Symbols of events: a colour and a shape for each kind, the same on map, legend, table and print.
"use strict";

// Corners of a shape around 0,0 with radius 1; null stands for a circle.
DW.corners = function (shape) {
  const around = (n, turn, radii) =>
    Array.from({ length: n }, (_, i) => {
      const a = turn + (2 * Math.PI * i) / n;
      const r = radii[i % radii.length];
      return [r * Math.cos(a), r * Math.sin(a)];
    });
  const up = -Math.PI / 2;
  switch (shape) {
    case "diamond": return around(4, up, [1.2]);
    case "square": return around(4, Math.PI / 4, [1.22]);
    case "triangle": return around(3, up, [1.3]);
    case "wedge": return around(3, -up, [1.3]);
    case "kite": return [[0, -1.35], [0.85, -0.35], [0, 1.35], [-0.85, -0.35]];
    case "bar": return [[-1.25, -0.5], [1.25, -0.5], [1.25, 0.5], [-1.25, 0.5]];
    case "pillar": return [[-0.5, -1.25], [0.5, -1.25], [0.5, 1.25], [-0.5, 1.25]];
    case "bowtie": return [[-1.2, -0.95], [1.2, 0.95], [1.2, -0.95], [-1.2, 0.95]];
    case "pentagon": return around(5, up, [1.1]);
    case "hexagon": return around(6, 0, [1.1]);
    case "star": return around(10, up, [1.3, 0.58]);
    case "cross": return [[-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4]].concat(
      [[0.4, 1.2], [-0.4, 1.2], [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4]]);
    default: return null;
  }
};

DW.paintSymbol = function (ctx, kind, hollow, x, y, radius) {
  const corners = DW.corners(kind.shape);
  ctx.beginPath();
  if (corners) corners.forEach(([cx, cy], i) => ctx[i ? "lineTo" : "moveTo"](x + cx * radius, y + cy * radius));
  else ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.closePath();
  ctx.lineWidth = 4;
  ctx.strokeStyle = "#fff";
  ctx.stroke();
  ctx.fillStyle = hollow ? "#fff" : kind.colour;
  ctx.fill();
  ctx.lineWidth = hollow ? 2.2 : 1.1;
  ctx.strokeStyle = hollow ? kind.colour : "rgba(0,0,0,.65)";
  ctx.stroke();
};

DW.symbol = function (kind, hollow, size) {
  const corners = DW.corners(kind.shape);
  const look = hollow
    ? { fill: "#fff", stroke: kind.colour, "stroke-width": "0.32" }
    : { fill: kind.colour, stroke: "rgba(0,0,0,.55)", "stroke-width": "0.14" };
  const shape = corners
    ? DW.svg("polygon", { points: corners.map((c) => c.map((v) => v.toFixed(3)).join(",")).join(" "), ...look })
    : DW.svg("circle", { r: "1", ...look });
  return DW.svg("svg", { viewBox: "-1.5 -1.5 3 3", width: size, height: size, class: "symbol", "aria-hidden": "true" }, shape);
};

DW.paintEvents = function (ctx, view, data, state) {
  const shown = state.onlyChosen ? [state.chosen] : [...state.shown].reverse();
  for (const event of shown) {
    if (event === state.chosen) continue;
    DW.paintEvent(ctx, view, data, event, state.chosen ? 5.5 : 6.5);
  }
  DW.paintCounts(ctx, view, shown);
  if (!state.chosen) return;
  const x = (state.chosen.x - view.ox) * view.s, y = (state.chosen.y - view.oy) * view.s;
  ctx.lineWidth = 2.5;
  ctx.strokeStyle = "#111a22";
  ctx.beginPath();
  ctx.arc(x, y, 15, 0, 7);
  ctx.stroke();
  DW.paintEvent(ctx, view, data, state.chosen, 7.5);
};

// How many events lie under one symbol, where it is more than one.
DW.paintCounts = function (ctx, view, events) {
  const places = new Map();
  for (const event of events) {
    const x = (event.x - view.ox) * view.s, y = (event.y - view.oy) * view.s, key = `${Math.round(x / 16)} ${Math.round(y / 16)}`;
    places.set(key, { x, y, n: (places.get(key) || { n: 0 }).n + 1 });
  }
  ctx.font = "700 11px system-ui, sans-serif";
  for (const { x, y, n } of places.values()) if (n > 1) DW.label(ctx, String(n), x + 9, y - 6, "#14202b");
};

DW.paintEvent = function (ctx, view, data, event, radius) {
  const x = (event.x - view.ox) * view.s, y = (event.y - view.oy) * view.s;
  if (x < -20 || y < -20 || x > view.w + 20 || y > view.h + 20) return;
  DW.paintSymbol(ctx, data.kindOf[event.kind], event.hollow, x, y, radius);
};
