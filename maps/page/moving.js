// Ships at a time: where two real fixes put them, or where they were last heard. And a canvas of them over the map.
"use strict";

// What a ship is at a time: not yet heard, heard (between two fixes, or within the unheard limit after its last), silent.
DW.AHEAD = 0;
DW.HEARD = 1;
DW.SILENT = 2;

// Set every track's `how`, `at` (its last fix by then), `next` (the one after), place (`px`, `py`) and `course` (radians
// clockwise from north; null where it is not known) and `lie` (how the hull lies: the course counts from 2 kn). Doubted fixes count for nothing.
DW.moveTo = function (data, t) {
  for (const track of data.trackList) DW.moveTrack(data, track, t);
};

DW.moveTrack = function (data, track, t) {
  const { t: times, flags, n } = track, now = t - track.t0;
  let at = track.at === undefined ? -1 : track.at;
  if (at >= 0 && times[at] > now) at = DW.before(track, t + 1e-6) - 1;
  while (at + 1 < n && times[at + 1] <= now) at++;
  while (at >= 0 && flags[at] & 2) at--;
  track.at = at;
  if (at < 0) {
    track.how = DW.AHEAD;
    return;
  }
  let next = at + 1;
  while (next < n && flags[next] & 2) next++;
  track.next = next < n ? next : -1;
  track.px = track.x[at];
  track.py = track.y[at];
  if (next < n && !(flags[next] & 1)) {
    const part = (now - times[at]) / (times[next] - times[at] || 1);
    let dx = track.x[next] - track.x[at];
    dx -= Math.round(dx);
    track.px += dx * part;
    track.py += (track.y[next] - track.y[at]) * part;
    track.how = DW.HEARD;
  } else track.how = next < n || now - times[at] > data.tracks.unheard_s ? DW.SILENT : DW.HEARD;
  track.course = DW.courseAt(track, at, next < n && !(flags[next] & 1) ? next : -1);
  track.lie = track.heading[at] >= 0 || track.sog[at] >= 20 ? track.course : null;
};

// The heading that was sent; else the way made good to the next fix or from the one before, where that is over 30 m.
DW.courseAt = function (track, at, next) {
  if (track.heading[at] >= 0) return (track.heading[at] * Math.PI) / 180;
  let [a, b] = next >= 0 ? [at, next] : [at - 1, at];
  if (a < 0 || track.flags[a] & 2) return null;
  const dx = track.x[b] - track.x[a], dy = track.y[b] - track.y[a];
  return Math.hypot(dx, dy) > 7.5e-7 ? Math.atan2(dx, -dy) : null;
};

DW.Moving = L.Layer.extend({
  initialize(data, state) {
    this.data = data;
    this.state = state;
  },
  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "dw-canvas dw-moving leaflet-zoom-hide", this.getPane());
    map.on("move moveend zoomend resize viewreset", this.paint, this);
  },
  paint() {
    const map = this._map;
    if (!map) return;
    const view = DW.viewOf(map), fine = DW.sized(this.canvas, view, this.state);
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(fine, 0, 0, fine, 0, 0);
    ctx.clearRect(0, 0, view.w, view.h);
    DW.paintMoving(ctx, view, this.data, this.state);
  },
  // The ship nearest to a point of the map, within 11 px.
  shipAt(point) {
    const view = DW.viewOf(this._map);
    let best = 11, found = null;
    for (const track of this.data.trackList) {
      if (track.how === DW.AHEAD) continue;
      const d = Math.hypot((track.px - view.ox) * view.s - point.x, (track.py - view.oy) * view.s - point.y);
      if (d < best) [best, found] = [d, track];
    }
    return found;
  },
});

DW.FEW_SHIPS = 12; // in view, all of which have their names then
DW.MANY_SHIPS = 600; // ships in view, and fixes of tails, from which pictures become pixels
DW.MANY_FIXES = 4000;

DW.paintMoving = function (ctx, view, data, state) {
  const mode = data.modes[state.coat], t = state.t, fine = ctx.getTransform().a;
  const shown = [], near = [];
  for (const track of data.trackList) {
    if (track.how === DW.AHEAD) continue;
    shown.push(track);
    const x = (track.vx = (track.px - view.ox) * view.s), y = (track.vy = (track.py - view.oy) * view.s);
    if (x > -9 && y > -9 && x < view.w + 9 && y < view.h + 9) near.push(track);
  }
  const tails = DW.tails(view, state, shown), many = near.length > DW.MANY_SHIPS;
  const sheet = (state.sheet = DW.sheetOf(state.sheet, mode, fine, many ? 0.72 : 1));
  if (many || tails.fixes > DW.MANY_FIXES) {
    const raster = (state.tailRaster = DW.Raster.of(state.tailRaster, Math.round(view.w * fine), Math.round(view.h * fine)));
    DW.rasterTails(raster, view, mode, tails);
    if (many) for (const track of near) sheet.stamp(raster, DW.classOf(mode, track, track.at), track.how === DW.SILENT, track.course, track.vx, track.vy);
    raster.onto(ctx, view);
  } else DW.paintTails(ctx, view, mode, tails);
  const reaching = DW.reaching(data, state, shown);
  for (const track of reaching) DW.paintReach(ctx, view, data, track, t);
  if (!many) for (const track of near) sheet.put(ctx, DW.classOf(mode, track, track.at), track.how === DW.SILENT, track.course, track.vx, track.vy);
  DW.paintMoments(ctx, view, data, state);
  for (const track of reaching.slice(0, 12)) DW.labelReach(ctx, view, data, track, t);
  DW.paintChosenShip(ctx, view, data, state, near);
};

// The spans of fixes that make the tails of ships at a time.
DW.tails = function (view, state, shown) {
  const spans = [];
  let fixes = 0;
  if (!state.tail) return { spans, fixes };
  for (const track of shown) {
    if (!DW.meets(view, track.box)) continue;
    const since = state.t - track.t0 - state.tail;
    if (track.t[track.at] < since) continue;
    let first = track.at;
    while (first > 0 && track.t[first] > since) first--;
    spans.push([track, first]);
    fixes += track.at - first + 1;
  }
  return { spans, fixes };
};

DW.rasterTails = function (raster, view, mode, { spans }) {
  const pixels = DW.pixelsOf(mode, 0.62), s = (view.s * raster.w) / view.w;
  for (const [track, first] of spans) {
    DW.rasterTrack(raster, view, track, mode, pixels, first, track.at + 1);
    if (track.how !== DW.HEARD) continue;
    raster.line((track.x[track.at] - view.ox) * s, (track.y[track.at] - view.oy) * s, (track.px - view.ox) * s, (track.py - view.oy) * s,
      pixels[DW.classOf(mode, track, track.at)], 0);
  }
};

DW.paintTails = function (ctx, view, mode, { spans }) {
  for (const [track, first] of spans) {
    DW.paintTrack(ctx, view, track, mode, { width: 1.7, opacity: 0.75 }, first, track.at + 1);
    if (track.how !== DW.HEARD) continue;
    ctx.strokeStyle = DW.faded(mode.classes[DW.classOf(mode, track, track.at)].colour, 0.75);
    ctx.lineWidth = 1.7;
    ctx.beginPath();
    DW.segment(ctx, view, (track.x[track.at] - view.ox) * view.s, (track.y[track.at] - view.oy) * view.s,
      (track.px - view.ox) * view.s, (track.py - view.oy) * view.s, false);
    ctx.stroke();
  }
};

DW.TURNS = 32;

// Pictures of ships, drawn once: for each class solid and hollow, in 32 directions and without one.
DW.sheetOf = function (old, mode, fine, size) {
  if (old && old.mode === mode && old.fine === fine && old.size === size) return old;
  const side = 20, columns = DW.TURNS + 1, box = side * fine;
  const canvas = DW.el("canvas", { width: columns * box, height: 2 * mode.classes.length * box });
  const ctx = canvas.getContext("2d", { willReadFrequently: true });
  ctx.scale(fine, fine);
  mode.classes.forEach(({ colour }, row) => {
    for (const hollow of [0, 1]) {
      for (let k = 0; k < columns; k++) {
        ctx.save();
        ctx.translate((k + 0.5) * side, (2 * row + hollow + 0.5) * side);
        ctx.scale(size, size);
        DW.paintShip(ctx, colour, hollow, k === DW.TURNS ? null : (2 * Math.PI * k) / DW.TURNS);
        ctx.restore();
      }
    }
  });
  const stamps = new Map();
  const column = (course) => (course === null ? DW.TURNS : ((Math.round((course * DW.TURNS) / (2 * Math.PI)) % DW.TURNS) + DW.TURNS) % DW.TURNS);
  return {
    mode, fine, size,
    put(to, row, hollow, course, x, y) {
      to.drawImage(canvas, column(course) * box, (2 * row + (hollow ? 1 : 0)) * box, box, box, x - side / 2, y - side / 2, side, side);
    },
    // The same into the pixels of a raster, those that are at least half covered.
    stamp(raster, row, hollow, course, x, y) {
      const k = column(course), key = (2 * row + (hollow ? 1 : 0)) * columns + k;
      if (!stamps.has(key)) stamps.set(key, DW.stampOf(ctx.getImageData(k * box, (2 * row + (hollow ? 1 : 0)) * box, box, box)));
      raster.stamp(stamps.get(key), Math.round(x * fine - box / 2), Math.round(y * fine - box / 2));
    },
  };
};

DW.paintShip = function (ctx, colour, hollow, course) {
  ctx.beginPath();
  if (course === null) ctx.arc(0, 0, 4, 0, 7);
  else {
    ctx.rotate(course);
    for (const [x, y] of [[0, -8], [4.6, 6], [0, 3.4], [-4.6, 6]]) ctx.lineTo(x, y);
  }
  ctx.closePath();
  ctx.lineJoin = "round";
  ctx.lineWidth = hollow ? 4 : 2.6;
  ctx.strokeStyle = "rgba(255,255,255,.95)";
  ctx.stroke();
  ctx.fillStyle = hollow ? "#fff" : colour;
  ctx.fill();
  ctx.lineWidth = hollow ? 1.6 : 0.6;
  ctx.strokeStyle = hollow ? colour : "rgba(0,0,0,.55)";
  ctx.stroke();
};

// A ship as the legend shows it.
DW.shipSample = (hollow) => DW.svg("svg", { viewBox: "-9 -9 18 18", width: 15, height: 15, class: "symbol", "aria-hidden": "true" },
  DW.svg("polygon", { points: "0,-8 4.6,6 0,3.4 -4.6,6", fill: hollow ? "#fff" : "#34424f", stroke: "#34424f", "stroke-width": hollow ? 1.8 : 0.6 }));

DW.stampOf = function (image) {
  const all = new Uint32Array(image.data.buffer), at = [];
  for (let i = 0; i < all.length; i++) if (all[i] >>> 24 >= 128) at.push(i);
  return { side: image.width, w: 0, at: null, x: Int16Array.from(at, (i) => i % image.width), y: Int16Array.from(at, (i) => Math.floor(i / image.width)), pixels: Uint32Array.from(at, (i) => (all[i] | 0xff000000) >>> 0) };
};

// Events that go on at the time in full, the others as pale marks.
DW.paintMoments = function (ctx, view, data, state) {
  for (const event of [...state.shown].sort((a, b) => a.score - b.score)) { // the strongest on top
    const now = DW.during(event, state.t);
    if (!now && event !== state.event && !state.allEvents) continue;
    const x = (event.x - view.ox) * view.s, y = (event.y - view.oy) * view.s;
    if (x < -20 || y < -20 || x > view.w + 20 || y > view.h + 20) continue;
    ctx.globalAlpha = now ? 1 : 0.3;
    if (event === state.event) {
      ctx.lineWidth = 2.5;
      ctx.strokeStyle = "#111a22";
      ctx.beginPath();
      ctx.arc(x, y, 17, 0, 7);
      ctx.stroke();
    }
    DW.paintSymbol(ctx, data.kindOf[event.kind], event.hollow, x + 12, y - 12, 5.5);
    ctx.globalAlpha = 1;
    if (!event.fresh) continue;
    ctx.lineWidth = 2;
    ctx.strokeStyle = "#7a1f00";
    ctx.strokeRect(x + 2, y - 22, 20, 20);
  }
};

DW.during = (event, t) => event.start <= t && (event.end === null || t < event.end);

// The ships that a reader looks at: with a ring and their names. Names of the others too, where they are few.
DW.paintChosenShip = function (ctx, view, data, state, near) {
  const named = new Set(state.event ? state.event.ships : []);
  if (state.ship !== null) named.add(state.ship);
  const few = near.length <= DW.FEW_SHIPS ? near.map((track) => track.ship) : [];
  ctx.font = "600 12px system-ui, sans-serif";
  const taken = [];
  for (const ship of new Set([...named, ...few])) {
    const track = data.trackOf.get(ship);
    if (!track || track.how === DW.AHEAD) continue;
    const x = (track.px - view.ox) * view.s, y = (track.py - view.oy) * view.s;
    if (ship === state.ship) {
      ctx.lineWidth = 2;
      ctx.strokeStyle = "#111a22";
      ctx.beginPath();
      ctx.arc(x, y, 13, 0, 7);
      ctx.stroke();
    }
    const text = DW.shipName(data.ships[ship]) || String(data.ships[ship].mmsi), w = ctx.measureText(text).width;
    const free = [[13, 14], [-13 - w, 14], [13, -12], [-13 - w, -12], [13, 29], [-13 - w, 29]]
      .find(([dx, dy]) => !taken.some(([a, b, c]) => Math.abs(b - y - dy) < 13 && a < x + dx + w && a + c > x + dx));
    if (!free) continue;
    taken.push([x + free[0], y + free[1], w]);
    DW.label(ctx, text, x + free[0], y + free[1], "#14202b");
  }
};
