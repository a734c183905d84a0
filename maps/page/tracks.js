// Painting of tracks: solid where positions were received, dashed across silences, crosses for doubted fixes.
"use strict";

DW.paintTracks = function (ctx, view, data, state) {
  const chosen = state.chosen ? state.chosen.ships : [];
  const [from, to] = state.chosen ? DW.spell(state.chosen, 6 * 3600) : [-Infinity, Infinity];
  for (const [ship, track] of data.trackOf) {
    if (chosen.includes(ship) || state.onlyChosen) continue;
    const first = DW.before(track, from), end = DW.before(track, to);
    DW.paintTrack(ctx, view, track, state.chosen ? "rgba(71,85,99,.26)" : "rgba(52,66,80,.42)", 0.9, first, end);
  }
  chosen.forEach((ship, i) => {
    const track = data.trackOf.get(ship);
    if (!track) return;
    const colour = DW.SHIP_COLOURS[i % DW.SHIP_COLOURS.length];
    DW.paintTrack(ctx, view, track, colour, 2, 0, track.n);
    DW.paintFixes(ctx, view, track, colour, state.chosen);
  });
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

DW.paintTrack = function (ctx, view, track, colour, width, first, end) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  DW.paintRuns(ctx, view, track, false, first, end);
  ctx.lineWidth = width * 0.9;
  DW.paintRuns(ctx, view, track, true, first, end);
  ctx.setLineDash([]);
};

// One stroke of all solid runs, or of all silences. The step across a silence belongs to the dashed stroke alone.
DW.paintRuns = function (ctx, view, track, silences, first, end) {
  ctx.setLineDash(silences ? [2, 4] : []);
  ctx.beginPath();
  let x0 = 0, y0 = 0, have = false, pen = false;
  for (let i = first; i < end; i++) {
    if (track.flags[i] & 2) continue;
    const x = (track.x[i] - view.ox) * view.s, y = (track.y[i] - view.oy) * view.s;
    const wanted = have && Boolean(track.flags[i] & 1) === silences && Math.abs(x - x0) < view.s / 2;
    if (wanted && i < end - 1 && Math.abs(x - x0) + Math.abs(y - y0) < 0.7 && !(track.flags[i + 1] & 3)) continue;
    pen = wanted && DW.segment(ctx, view, x0, y0, x, y, pen);
    [x0, y0, have] = [x, y, true];
  }
  ctx.stroke();
};

// Real fixes around the event as dots, doubted ones as crosses, and arrows along the way.
DW.paintFixes = function (ctx, view, track, colour, event) {
  const [from, to] = DW.spell(event, 3600);
  let arrowX = -Infinity, arrowY = -Infinity, dotX = -Infinity, dotY = -Infinity, px = null, py = null;
  for (let i = 0; i < track.n; i++) {
    const x = (track.x[i] - view.ox) * view.s, y = (track.y[i] - view.oy) * view.s;
    const inside = x > -9 && y > -9 && x < view.w + 9 && y < view.h + 9;
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

// The two ends of a silence, joined straight: what lies between was not observed.
DW.paintEnds = function (ctx, view, data, event) {
  if (!event.ends) return;
  const [x0, y0] = [(DW.x(event.ends[0]) - view.ox) * view.s, (DW.y(event.ends[1]) - view.oy) * view.s];
  const [x1, y1] = [(DW.x(event.ends[2]) - view.ox) * view.s, (DW.y(event.ends[3]) - view.oy) * view.s];
  ctx.strokeStyle = data.kindOf[event.kind].colour;
  ctx.lineWidth = 2.4;
  ctx.setLineDash([7, 5]);
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.font = "600 11px system-ui, sans-serif";
  if (Math.hypot(x1 - x0, y1 - y0) > 40) {
    DW.label(ctx, "last heard", x0 + 9, y0 - 8, "#7d3500");
    DW.label(ctx, "heard again", x1 + 9, y1 - 8, "#7d3500");
  }
  ctx.fillStyle = data.kindOf[event.kind].colour;
  ctx.beginPath();
  ctx.arc(x1, y1, 3.5, 0, 7);
  ctx.fill();
};
