// The reach of a silent ship: the circle that it cannot have left since it was last heard, at the fastest it is known for.
"use strict";

DW.METRES_PER_NM = 1852;

// The ships whose reach is drawn: the one chosen and those of the event; also those of silences that go on; or all; or none.
DW.reaching = function (data, state, shown) {
  if (state.reach === "none") return [];
  const silent = shown.filter((track) => track.how === DW.SILENT);
  if (state.reach === "all") return silent;
  const wanted = new Set([state.ship, ...(state.event ? state.event.ships : [])]);
  if (state.reach === "gaps") for (const event of data.events) if (event.kind === "gap" && DW.during(event, state.t)) event.ships.forEach((ship) => wanted.add(ship));
  return silent.filter((track) => wanted.has(track.ship));
};

// Hours since a ship was last heard, and its reach in metres from there; and back from where it is heard again, if it is.
DW.reachAt = function (data, track, t) {
  const kn = data.reach_kn[track.place], since = t - track.t0 - track.t[track.at];
  const found = { kn, since_s: since, metres: (kn * DW.METRES_PER_NM * since) / 3600, back: null };
  if (track.next < 0) return found;
  const left = track.t0 + track.t[track.next] - t, straight = DW.apart(track, track.at, track.next);
  const least = straight / (since + left); // it was heard there: it went at least that fast
  if (found.metres < least * since) [found.metres, found.kn] = [least * since, (least * 3600) / DW.METRES_PER_NM];
  found.back = (found.kn * DW.METRES_PER_NM * left) / 3600;
  return found;
};

// Metres between two fixes of a track, on the sphere.
DW.apart = function (track, i, j) {
  const [a, b] = [DW.lat(track.y[i]), DW.lat(track.y[j])].map((lat) => (lat * Math.PI) / 180);
  const turn = (track.x[j] - track.x[i]) * 2 * Math.PI;
  const h = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(turn / 2) ** 2;
  return 2 * 6371008.8 * Math.asin(Math.min(1, Math.sqrt(h)));
};

DW.paintReach = function (ctx, view, data, track, t) {
  const reach = DW.reachAt(data, track, t), colour = "#7d3500";
  const place = (i) => [DW.lon(track.x[i]), DW.lat(track.y[i])];
  const trace = (i, metres) => {
    ctx.beginPath();
    DW.traceReach(ctx, view, ...place(i), metres);
    ctx.closePath();
  };
  ctx.save();
  ctx.fillStyle = "rgba(196,78,0,.13)";
  if (reach.back !== null) {
    ctx.save();
    trace(track.next, reach.back);
    ctx.clip();
    trace(track.at, reach.metres);
    ctx.fill();
    ctx.restore();
  } else {
    trace(track.at, reach.metres);
    ctx.fill();
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.4;
  ctx.setLineDash([6, 4]);
  trace(track.at, reach.metres);
  ctx.stroke();
  if (reach.back !== null) {
    ctx.lineWidth = 0.9;
    ctx.setLineDash([2, 4]);
    trace(track.next, reach.back);
    ctx.stroke();
  }
  ctx.restore();
};

// What the reach says, beside the place where the ship was last heard.
DW.labelReach = function (ctx, view, data, track, t) {
  const reach = DW.reachAt(data, track, t);
  const x = (track.px - view.ox) * view.s, y = (track.py - view.oy) * view.s;
  ctx.font = "600 11px system-ui, sans-serif";
  if (x > 0 && y > 0 && x < view.w && y < view.h) DW.label(ctx, `silent ${DW.span(reach.since_s)}, within ${DW.miles(reach.metres)}`, x + 16, y - 26, "#7d3500");
};

// Degrees around an event that a replay shows beside it: a silent ship's reach half way through, at most 150 nm.
DW.reachAround = function (data, event) {
  if (event.kind !== "gap") return 0;
  const track = data.trackOf.get(event.ships[0]), hours = ((event.end === null ? event.start + 12 * 3600 : event.end) - event.start) / 7200;
  return track ? Math.min(150, data.reach_kn[track.place] * hours) / 60 : 0;
};

DW.miles = (metres) => `${(metres / DW.METRES_PER_NM).toFixed(metres < 10 * DW.METRES_PER_NM ? 1 : 0)} nm`;
