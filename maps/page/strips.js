// Strips of an event on one axis of time: speed of its ships, distance between them, draught as they said it.
"use strict";

DW.STRIP = { w: 380, left: 46, right: 8, h: 74, gap: 20 };

DW.strips = function (data, event) {
  const end = event.end === null ? data.last : event.end;
  const from = event.start - DW.AROUND_S, to = Math.max(end + (event.end === null ? 0 : DW.AROUND_S), from + 60);
  const tracks = event.ships.slice(0, DW.SHIP_COLOURS.length).map((ship) => data.trackOf.get(ship)).filter(Boolean);
  const parts = [DW.speedStrip(event, tracks, from, to), DW.distanceStrip(event), DW.draughtStrip(data, event, from, to)].filter(Boolean);
  if (!parts.length) return null;
  const { w, left, right, h, gap } = DW.STRIP, high = parts.length * (h + gap) + 18;
  const x = (t) => left + ((w - left - right) * (t - from)) / (to - from);
  const text = (content, tx, ty, anchor = "start", kind = "") => {
    const node = DW.svg("text", { x: tx, y: ty, "text-anchor": anchor, class: kind });
    node.textContent = content;
    return node;
  };
  const drawn = [];
  parts.forEach((part, n) => {
    const top = n * (h + gap) + 14, foot = top + h;
    const y = (v) => foot - ((h - 4) * (v - part.least)) / (part.most - part.least || 1);
    drawn.push(DW.svg("rect", { x: x(event.start), y: top, width: Math.max(1, x(end) - x(event.start)), height: h, class: "during" }));
    for (const v of part.marks) drawn.push(DW.svg("line", { x1: left, x2: w - right, y1: y(v), y2: y(v), class: "rule" }), text(part.say(v), left - 5, y(v) + 4, "end"));
    drawn.push(text(part.name, left, top - 4, "start", "name"));
    for (const line of part.lines) drawn.push(...DW.stripLine(line, x, y, part));
  });
  for (const t of [from, event.start, end, to]) drawn.push(DW.svg("line", { x1: x(t), x2: x(t), y1: high - 18, y2: high - 14, class: "rule" }));
  drawn.push(text(DW.utc(from).slice(5), left, high - 3), text(`${DW.utc(to).slice(5)} UTC`, w - right, high - 3, "end"));
  if (x(event.start) - left > 75 && x(event.start) < w - 190) drawn.push(text(DW.utc(event.start).slice(11), x(event.start), high - 3, "middle"));
  return DW.svg("svg", { viewBox: `0 0 ${w} ${high}`, class: "plot", role: "img", "aria-label": `${parts.map((part) => part.name).join("; ")}, against time` }, ...drawn);
};

// A line of a strip: steps or straight, cut where nothing was heard; a dot for each real report if they are few.
DW.stripLine = function ({ points, colour, breaks }, x, y, part) {
  const runs = [[]];
  points.forEach((point, i) => {
    if (i && breaks && breaks[i]) runs.push([]);
    runs[runs.length - 1].push(point);
  });
  const lines = runs.filter((run) => run.length).map((run) => DW.svg("polyline", {
    points: run.flatMap(([t, v], i) => (part.steps && i ? [[t, run[i - 1][1]], [t, v]] : [[t, v]])).map(([t, v]) => `${x(t).toFixed(1)},${y(v).toFixed(1)}`).join(" "),
    fill: "none", stroke: colour, "stroke-width": 1.3, "stroke-opacity": 0.8,
  }));
  const dots = points.length > 160 ? [] : points.map(([t, v]) => DW.svg("circle", { cx: x(t).toFixed(1), cy: y(v).toFixed(1), r: 1.7, fill: colour }));
  return [...lines, ...dots];
};

// Speeds are thinned to the greatest and least of each pixel, so that none of either is lost.
DW.speedStrip = function (event, tracks, from, to) {
  const lines = [];
  let most = 4;
  for (const track of tracks) {
    const points = [], breaks = [], width = (to - from) / 330;
    let high = null, low = null, bin = -1, cut = false;
    const flush = () => {
      if (high === null) return;
      for (const point of high[0] < low[0] ? [high, low] : high === low ? [high] : [low, high]) {
        points.push(point);
        breaks.push(cut);
        cut = false;
      }
      high = low = null;
    };
    for (let i = DW.before(track, from); i < track.n && track.t0 + track.t[i] <= to; i++) {
      if (track.flags[i] & 2) continue;
      const t = track.t0 + track.t[i], k = Math.floor((t - from) / width);
      if (k !== bin || track.flags[i] & 1) flush();
      if (track.flags[i] & 1) cut = true;
      bin = k;
      if (track.sog[i] < 0) continue;
      const point = [t, track.sog[i] / 10];
      if (high === null || point[1] > high[1]) high = point;
      if (low === null || point[1] < low[1]) low = point;
      most = Math.max(most, Math.min(point[1], 40));
    }
    flush();
    if (points.length) lines.push({ points, breaks, colour: DW.SHIP_COLOURS[event.ships.indexOf(track.ship) % DW.SHIP_COLOURS.length] });
  }
  if (!lines.length) return null;
  const step = DW.round(most / 1.8);
  return { name: "Speed sent, knots", least: 0, most: most * 1.05, marks: [0, step, 2 * step].filter((v) => v <= most * 1.05), say: String, lines };
};

DW.distanceStrip = function (event) {
  if (!event.plot) return null;
  const most = Math.max(...event.plot.map(([, m]) => m), 1) * 1.08, step = DW.round(most / 1.8);
  return { name: "Distance between the ships, metres", least: 0, most, marks: [0, step, 2 * step].filter((v) => v <= most), say: DW.count, lines: [{ points: event.plot, colour: "#0072b2" }] };
};

// Draughts are typed by hand on board; one that was said before holds until another is said.
DW.draughtStrip = function (data, event, from, to) {
  const lines = event.ships.slice(0, DW.SHIP_COLOURS.length).map((i, n) => {
    const said = data.ships[i].draughts || [], held = said.filter(([t]) => t <= from).pop();
    const points = said.filter(([t]) => t > from && t <= to);
    if (held) points.unshift([from, held[1]]);
    if (points.length) points.push([to, points[points.length - 1][1]]);
    return { points, colour: DW.SHIP_COLOURS[n] };
  }).filter(({ points }) => points.length);
  if (!lines.length) return null;
  const all = lines.flatMap(({ points }) => points.map(([, m]) => m)), least = Math.min(...all), most = Math.max(...all);
  const pad = Math.max(0.5, (most - least) * 0.2);
  return { name: "Draught as typed on board, metres", least: least - pad, most: most + pad, marks: least === most ? [least] : [least, most], say: (v) => v.toFixed(1), steps: true, lines };
};
