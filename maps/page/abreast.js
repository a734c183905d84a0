// Ships of a meeting in their own frame: one lies still in the middle, the others around it, hulls to scale.
"use strict";

// Draw the ships of an event around the one with number `still`; returns a node with the picture and what it says.
DW.abreast = function (data, event, t, options) {
  const tracks = event.ships.map((ship) => data.trackOf.get(ship)).filter((track) => track && track.how !== DW.AHEAD);
  const middle = tracks.find((track) => track.ship === event.ships[options.still]) || tracks[0];
  if (!middle) return null;
  const others = tracks.filter((track) => track !== middle);
  const side = 340, canvas = DW.el("canvas", { width: 2 * side, height: 2 * side, role: "img", "aria-label": "Ships of the event around one of them, to scale" });
  const ctx = canvas.getContext("2d");
  ctx.scale(2, 2);
  const turn = options.northUp || middle.lie === null ? 0 : -middle.lie;
  const placed = others.map((track) => ({ track, at: DW.metresFrom(middle, track) }));
  const far = Math.max(60, DW.hullReach(data, middle), ...placed.map(({ track, at }) => Math.min(5000, Math.hypot(...at)) + DW.hullReach(data, track)));
  const scale = (0.46 * side) / far;
  DW.paintRings(ctx, side, scale, far, turn);
  ctx.save();
  ctx.translate(side / 2, side / 2);
  ctx.rotate(turn);
  for (const { track } of placed) DW.paintWay(ctx, data, event, middle, track, t, scale);
  const all = [{ track: middle, at: [0, 0] }, ...placed];
  const colour = (track) => DW.SHIP_COLOURS[event.ships.indexOf(track.ship) % DW.SHIP_COLOURS.length];
  for (const { track, at } of all) DW.paintHull(ctx, data, track, at, scale, colour(track));
  ctx.restore();
  const taken = [];
  for (const { track, at } of all) DW.hullName(ctx, data, track, at, scale, turn, colour(track), side, taken);
  return DW.el("div", {}, canvas, DW.el("ul", { class: "between" }, placed.map(({ track, at }) => DW.el("li", {}, DW.betweenWords(data, middle, track, at, t)))));
};

// Metres east and north of one ship at which another lies.
DW.metresFrom = function (from, to) {
  const world = DW.metres(from.py);
  let dx = to.px - from.px;
  dx -= Math.round(dx);
  return [dx * world, (from.py - to.py) * world];
};

DW.hullReach = function (data, track) {
  const hull = data.ships[track.ship].hull;
  return hull ? Math.max(hull[0], hull[1], 20) : 30;
};

DW.paintRings = function (ctx, side, scale, far, turn) {
  ctx.fillStyle = "#f4f8fb";
  ctx.fillRect(0, 0, side, side);
  const step = DW.round(far / 1.8);
  ctx.strokeStyle = "#c3d2dd";
  ctx.font = "10.5px system-ui, sans-serif";
  for (let m = step; m * scale < side * 0.72; m += step) {
    ctx.beginPath();
    ctx.arc(side / 2, side / 2, m * scale, 0, 7);
    ctx.stroke();
    DW.label(ctx, `${DW.count(m)} m`, side / 2 + 3, side / 2 - m * scale + 11, "#5b6b78");
  }
  ctx.save();
  ctx.translate(22, 26);
  ctx.rotate(turn);
  ctx.fillStyle = "#26323d";
  ctx.beginPath();
  for (const [x, y] of [[0, -14], [5, 4], [0, 0], [-5, 4]]) ctx.lineTo(x, y);
  ctx.fill();
  ctx.font = "700 11px system-ui, sans-serif";
  ctx.fillText("N", -4, 15);
  ctx.restore();
};

// The way of another ship's antenna around the middle one's: a dot at each real fix of either within the event.
DW.paintWay = function (ctx, data, event, middle, track, t, scale) {
  const from = Math.max(event.start - 1800, t - 6 * 3600), dots = [];
  for (const [one, other] of [[track, middle], [middle, track]]) {
    for (let i = DW.before(one, from); i < one.n && one.t0 + one.t[i] <= t; i++) {
      if (one.flags[i] & 2) continue;
      const when = one.t0 + one.t[i], at = DW.placeAt(other, when);
      if (!at) continue;
      const here = { px: one.x[i], py: one.y[i] }, there = { px: at[0], py: at[1] };
      dots.push([when, ...(one === track ? DW.metresFrom(there, here) : DW.metresFrom(here, there))]);
    }
  }
  dots.sort((a, b) => a[0] - b[0]);
  ctx.fillStyle = DW.faded(DW.SHIP_COLOURS[event.ships.indexOf(track.ship) % DW.SHIP_COLOURS.length], 0.35);
  for (const [, x, y] of dots.slice(-1500)) {
    ctx.beginPath();
    ctx.arc(x * scale, -y * scale, 1.6, 0, 7);
    ctx.fill();
  }
};

// Where a ship was at a time between two real fixes at most the unheard limit apart; null where it was not heard.
DW.placeAt = function (track, t) {
  let next = DW.before(track, t);
  while (next < track.n && track.flags[next] & 2) next++;
  let at = next - 1;
  while (at >= 0 && track.flags[at] & 2) at--;
  if (next < track.n && track.t0 + track.t[next] === t) return [track.x[next], track.y[next]];
  if (at < 0 || next >= track.n || track.flags[next] & 1) return null;
  const part = (t - track.t0 - track.t[at]) / (track.t[next] - track.t[at] || 1);
  return [track.x[at] + (track.x[next] - track.x[at]) * part, track.y[at] + (track.y[next] - track.y[at]) * part];
};

// A hull around its antenna, pointed at the bow; a circle where the heading is not known, a dot where the size is not.
DW.paintHull = function (ctx, data, track, [east, north], scale, colour) {
  const hull = data.ships[track.ship].hull, silent = track.how === DW.SILENT;
  ctx.save();
  ctx.translate(east * scale, -north * scale);
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = 1.6;
  ctx.setLineDash(silent || track.lie === null ? [4, 3] : []);
  if (hull) {
    ctx.beginPath();
    if (track.lie === null) ctx.arc(0, 0, Math.max(hull[0], hull[1]) * scale, 0, 7);
    else {
      ctx.rotate(track.lie);
      DW.outline(hull).forEach(([x, y]) => ctx.lineTo(x * scale, -y * scale));
    }
    ctx.closePath();
    ctx.globalAlpha = silent || track.lie === null ? 0.05 : 0.22;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.stroke();
    if (track.lie !== null) ctx.rotate(-track.lie);
  }
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.arc(0, 0, 2.8, 0, 7);
  ctx.fill();
  ctx.restore();
};

// A ship's name beside its antenna, within the picture and clear of the names that are there already.
DW.hullName = function (ctx, data, track, [east, north], scale, turn, colour, side, taken) {
  const x = east * scale, y = -north * scale, text = DW.shipName(data.ships[track.ship]) || String(data.ships[track.ship].mmsi);
  ctx.font = "600 11px system-ui, sans-serif";
  const w = ctx.measureText(text).width;
  const px = side / 2 + x * Math.cos(turn) - y * Math.sin(turn), py = side / 2 + x * Math.sin(turn) + y * Math.cos(turn);
  const within = ([dx, dy]) => [Math.max(4, Math.min(px + dx, side - w - 4)), Math.max(12, Math.min(side - 5, py + dy))];
  const free = [[9, 4], [-9 - w, 4], [9, 20], [-9 - w, 20], [9, -14], [-9 - w, -14]].map(within)
    .find(([l, b]) => !taken.some(([l0, b0, w0]) => Math.abs(b - b0) < 13 && l < l0 + w0 && l + w > l0));
  if (!free) return;
  taken.push([...free, w]);
  DW.label(ctx, text, ...free, colour);
};

// Corners of a hull in metres right and ahead of its antenna; the bow takes the foremost sixth.
DW.outline = function ([bow, stern, port, starboard]) {
  const left = -Math.max(port, 1), right = Math.max(starboard, 1), shoulder = bow - (bow + stern) / 6;
  return [[(left + right) / 2, bow], [right, shoulder], [right, -stern], [left, -stern], [left, shoulder]];
};

// The corners of a ship's hull in metres east and north of a point; null where size or heading is not known.
DW.corners_m = function (data, track, [east, north]) {
  const hull = data.ships[track.ship].hull;
  if (!hull || track.lie === null) return null;
  const sine = Math.sin(track.lie), cosine = Math.cos(track.lie);
  return DW.outline(hull).map(([x, y]) => [east + x * cosine + y * sine, north - x * sine + y * cosine]);
};

// The least distance between two outlines in metres; 0 where they overlap.
DW.clearance = function (a, b) {
  const inside = ([x, y], ring) => ring.reduce((is, [x1, y1], i) => {
    const [x0, y0] = ring[(i + ring.length - 1) % ring.length];
    return y1 > y !== y0 > y && x < ((x0 - x1) * (y - y1)) / (y0 - y1) + x1 ? !is : is;
  }, false);
  if (a.some((p) => inside(p, b)) || b.some((p) => inside(p, a))) return 0;
  const toEdges = ([x, y], ring) => Math.min(...ring.map(([x1, y1], i) => {
    const [x0, y0] = ring[(i + ring.length - 1) % ring.length], dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;
    const f = length ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length)) : 0;
    return Math.hypot(x0 + f * dx - x, y0 + f * dy - y);
  }));
  return Math.min(...a.map((p) => toEdges(p, b)), ...b.map((p) => toEdges(p, a)));
};

DW.betweenWords = function (data, middle, track, at, t) {
  const name = DW.said(DW.shipName(data.ships[track.ship]) || data.ships[track.ship].mmsi);
  const metres = Math.round(Math.hypot(...at));
  if (middle.how !== DW.HEARD || track.how !== DW.HEARD) return [name, ": not both heard now; a dashed hull stays where it was last heard"];
  const words = [name, `: ${DW.count(metres)} m between antennas`];
  const hulls = [DW.corners_m(data, middle, [0, 0]), DW.corners_m(data, track, at)];
  if (hulls.every(Boolean) && metres < 5000) {
    const clear = Math.round(DW.clearance(...hulls));
    words.push(clear ? `, about ${DW.count(clear)} m between hulls` : ", hulls touch or overlap as drawn");
  } else words.push(data.ships[track.ship].hull && data.ships[middle.ship].hull ? "; a heading is not known: the circle holds the hull" : "; a size was not sent");
  return words;
};
