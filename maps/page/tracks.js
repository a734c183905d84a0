// Painting of tracks: solid where positions were received, dashed across silences, crosses for doubted fixes.
"use strict";

DW.DENSE = 60000; // fixes in view from which lines become pixels

DW.paintTracks = function (ctx, view, data, state) {
  const chosen = state.chosen ? state.chosen.ships : state.ships || [], [from, to] = state.span || [-Infinity, Infinity];
  const others = data.trackList.filter((track) => !chosen.includes(track.ship) && DW.meets(view, track.box));
  if (!state.onlyChosen && !state.noTracks) DW.paintOthers(ctx, view, data, state, others);
  chosen.forEach((ship, i) => {
    const track = data.trackOf.get(ship);
    if (!track) return;
    const mode = state.coat === "plain" || state.onlyChosen ? DW.plainly(DW.SHIP_COLOURS[i % DW.SHIP_COLOURS.length]) : data.modes[state.coat];
    DW.paintTrack(ctx, view, track, mode, { width: 2, opacity: 1 }, DW.before(track, from), DW.before(track, to + 1));
    if (!state.bare) DW.paintFixes(ctx, view, track, mode, state.chosen);
  });
};

DW.plainly = (colour) => ({ classes: [{ colour }], whole: () => 0 });

// All tracks but those of the event that is chosen; then only around its time, and faint.
DW.paintOthers = function (ctx, view, data, state, tracks) {
  const mode = data.modes[state.coat], [from, to] = state.chosen ? DW.spell(state.chosen, 6 * 3600) : [-Infinity, Infinity];
  const opacity = state.chosen || (state.ships || []).length ? 0.26 : state.coat === "plain" ? 0.42 : 0.7;
  const spans = tracks.map((track) => [track, DW.before(track, from), DW.before(track, to)]);
  if (spans.reduce((sum, [, first, end]) => sum + end - first, 0) <= DW.DENSE) {
    for (const [track, first, end] of spans) DW.paintTrack(ctx, view, track, mode, { width: state.coat === "plain" ? 0.9 : 1.2, opacity }, first, end);
    return;
  }
  const fine = Math.min(2, ctx.getTransform().a);
  const raster = (state.raster = DW.Raster.of(state.raster, Math.round(view.w * fine), Math.round(view.h * fine)));
  const pixels = DW.pixelsOf(mode, opacity);
  for (const [track, first, end] of spans) DW.rasterTrack(raster, view, track, mode, pixels, first, end);
  raster.onto(ctx, view);
};

DW.pixelsOf = (mode, opacity) => mode.classes.map(({ colour }) => DW.pixel(colour, opacity));

// The same as paintTrack into pixels, given the mode's classes as pixels.
DW.rasterTrack = function (raster, view, track, mode, pixels, first, end) {
  const s = (view.s * raster.w) / view.w;
  const { x: xs, y: ys, flags } = track, { ox, oy } = view, half = s / 2;
  const one = mode.whole ? pixels[mode.whole(track)] : 0;
  let x0 = 0, y0 = 0, have = false;
  for (let i = first; i < end; i++) {
    if (flags[i] & 2) continue;
    const x = (xs[i] - ox) * s, y = (ys[i] - oy) * s;
    if (have && Math.abs(x - x0) < half) raster.line(x0, y0, x, y, one || pixels[mode.at(track, i)], flags[i] & 1);
    x0 = x;
    y0 = y;
    have = true;
  }
};

// An event's span of time, with a margin in seconds on either side.
DW.spell = (event, margin) => [event.start - margin, (event.end === null ? Infinity : event.end) + margin];

// The number of fixes before a time (seconds since 1970): tracks are in order of time.
DW.before = function (track, t) {
  let low = 0, high = track.n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (track.t0 + track.t[middle] < t) low = middle + 1;
    else high = middle;
  }
  return low;
};

// One stroke for each run of one class; the step across a silence is a dashed run of its own.
DW.paintTrack = function (ctx, view, track, mode, look, first, end) {
  let x0 = 0, y0 = 0, have = false, pen = false, drawn = "";
  const start = (kind, silent) => {
    if (drawn) ctx.stroke();
    [drawn, pen] = [`${kind} ${silent}`, false];
    ctx.strokeStyle = DW.faded(mode.classes[kind].colour, look.opacity);
    ctx.lineWidth = look.width * (silent ? 0.9 : 1);
    ctx.setLineDash(silent ? [2, 4] : []);
    ctx.beginPath();
  };
  for (let i = first; i < end; i++) {
    if (track.flags[i] & 2) continue;
    const x = (track.x[i] - view.ox) * view.s, y = (track.y[i] - view.oy) * view.s;
    if (have && Math.abs(x - x0) < view.s / 2) {
      const silent = track.flags[i] & 1, kind = DW.classOf(mode, track, i);
      if (!silent && i < end - 1 && Math.abs(x - x0) + Math.abs(y - y0) < 0.7 && !(track.flags[i + 1] & 3)) continue;
      if (drawn !== `${kind} ${silent}`) start(kind, silent);
      pen = DW.segment(ctx, view, x0, y0, x, y, pen);
    } else pen = false;
    [x0, y0, have] = [x, y, true];
  }
  if (drawn) ctx.stroke();
  ctx.setLineDash([]);
};

// Real fixes around the event as dots, doubted ones as crosses, and arrows along the way.
DW.paintFixes = function (ctx, view, track, mode, event) {
  const [from, to] = event ? DW.spell(event, 3600) : [Infinity, -Infinity];
  let arrowX = -Infinity, arrowY = -Infinity, dotX = -Infinity, dotY = -Infinity, px = null, py = null;
  for (let i = 0; i < track.n; i++) {
    const x = (track.x[i] - view.ox) * view.s, y = (track.y[i] - view.oy) * view.s;
    const inside = x > -9 && y > -9 && x < view.w + 9 && y < view.h + 9;
    const colour = inside ? mode.classes[DW.classOf(mode, track, i)].colour : "";
    if (track.flags[i] & 2) {
      if (inside) DW.cross(ctx, x, y, colour);
      continue;
    }
    const t = track.t0 + track.t[i];
    if (inside && t >= from && t <= to && Math.hypot(x - dotX, y - dotY) > 5) {
      ctx.fillStyle = "#fff";
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.arc(x, y, 2.1, 0, 7);
      ctx.fill();
      ctx.stroke();
      [dotX, dotY] = [x, y];
    }
    if (inside && px !== null && !(track.flags[i] & 1) && Math.hypot(x - arrowX, y - arrowY) > 80 && Math.hypot(x - px, y - py) > 4) {
      DW.arrow(ctx, (x + px) / 2, (y + py) / 2, Math.atan2(y - py, x - px), colour);
      [arrowX, arrowY] = [x, y];
    }
    if (px === null || Math.hypot(x - px, y - py) > 6) [px, py] = [x, y];
  }
};

DW.cross = function (ctx, x, y, colour) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.2;
  ctx.beginPath();
  ctx.moveTo(x - 3, y - 3);
  ctx.lineTo(x + 3, y + 3);
  ctx.moveTo(x + 3, y - 3);
  ctx.lineTo(x - 3, y + 3);
  ctx.stroke();
};

DW.arrow = function (ctx, x, y, angle, colour) {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(angle);
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.moveTo(7, 0);
  ctx.lineTo(-5, -4.2);
  ctx.lineTo(-5, 4.2);
  ctx.fill();
  ctx.restore();
};

// What the event's detector declares to draw: lines (what lies between their places was not observed), circles, points.
DW.paintDrawn = function (ctx, view, data, event) {
  const colour = data.kindOf[event.kind].colour;
  const at = ([lon, lat]) => [(DW.x(lon) - view.ox) * view.s, (DW.y(lat) - view.oy) * view.s];
  for (const drawn of event.drawn) {
    const points = drawn.places.map(at);
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = 2.4;
    ctx.setLineDash([7, 5]);
    ctx.beginPath();
    if (drawn.form === "line") points.forEach(([x, y], i) => ctx[i ? "lineTo" : "moveTo"](x, y));
    if (drawn.form === "circle") DW.traceReach(ctx, view, ...drawn.places[0], drawn.radius_m);
    ctx.stroke();
    ctx.setLineDash([]);
    const far = points.length > 1 && Math.hypot(points[1][0] - points[0][0], points[1][1] - points[0][1]) > 40;
    points.forEach(([x, y], i) => {
      if (drawn.form === "point" || (drawn.form === "line" && i)) {
        ctx.fillStyle = colour;
        ctx.beginPath();
        ctx.arc(x, y, 3.5, 0, 7);
        ctx.fill();
      }
      ctx.font = "600 11px system-ui, sans-serif";
      if (drawn.labels[i] && (far || points.length === 1)) DW.label(ctx, drawn.labels[i], x + 9, y - 8, "#7d3500");
    });
  }
};

// Trace all places at a distance from one, on the sphere: a circle that grows taller towards the poles.
DW.traceReach = function (ctx, view, lon, lat, metres) {
  const d = Math.min(metres / 6371008.8, 1.5), phi = (lat * Math.PI) / 180, sides = 72;
  for (let k = 0; k <= sides; k++) {
    const bearing = (2 * Math.PI * k) / sides;
    const y = Math.asin(Math.sin(phi) * Math.cos(d) + Math.cos(phi) * Math.sin(d) * Math.cos(bearing));
    const turn = Math.atan2(Math.sin(bearing) * Math.sin(d) * Math.cos(phi), Math.cos(d) - Math.sin(phi) * Math.sin(y));
    const px = (DW.x(lon + (turn * 180) / Math.PI) - view.ox) * view.s, py = (DW.y((y * 180) / Math.PI) - view.oy) * view.s;
    ctx[k ? "lineTo" : "moveTo"](px, py);
  }
};
