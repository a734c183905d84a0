// The map: one canvas over Leaflet's pane, painted anew on every move, with scale bar, north, readout and hit tests.
"use strict";

// What a Leaflet map shows, as painting takes it.
DW.viewOf = function (map) {
  const size = map.getSize(), corner = map.getPixelBounds().min, s = 256 * 2 ** map.getZoom();
  return { s, ox: corner.x / s, oy: corner.y / s, w: size.x, h: size.y };
};

// Make a canvas as large as a view; returns how many of its pixels make one of the page's.
DW.sized = function (canvas, view, state) {
  const fine = state.paper ? 3 : Math.max(1, window.devicePixelRatio || 1);
  const w = Math.round(view.w * fine), h = Math.round(view.h * fine);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${view.w}px`;
    canvas.style.height = `${view.h}px`;
  }
  return fine;
};

DW.Canvas = L.Layer.extend({
  initialize(data, state) {
    this.data = data;
    this.state = state;
  },
  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "dw-canvas leaflet-zoom-hide", this.getPane());
    map.on("move moveend zoomend resize viewreset", this.later, this);
    this.paint();
  },
  onRemove(map) {
    this.canvas.remove();
    map.off("move moveend zoomend resize viewreset", this.later, this);
  },
  later() {
    if (!this.asked) this.asked = requestAnimationFrame(() => this.paint());
  },
  view() {
    return DW.viewOf(this._map);
  },
  paint() {
    cancelAnimationFrame(this.asked);
    this.asked = 0;
    if (!this._map) return;
    const view = this.view(), fine = DW.sized(this.canvas, view, this.state);
    L.DomUtil.setPosition(this.canvas, this._map.containerPointToLayerPoint([0, 0]));
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(fine, 0, 0, fine, 0, 0);
    DW.paint(ctx, view, this.data, this.state);
  },
  // Events under a point of the map, nearest first: at their places, or at the symbols that stand beside moving ships.
  eventsAt(point) {
    const view = this.view(), beside = this.state.moving ? 12 : 0;
    return this.state.shown
      .map((event) => [Math.hypot((event.x - view.ox) * view.s + beside - point.x, (event.y - view.oy) * view.s - beside - point.y), event])
      .filter(([distance]) => distance < 13)
      .sort((a, b) => a[0] - b[0])
      .map(([, event]) => event);
  },
  // The fix nearest to a point, of the ships that are drawn, within 9 px.
  fixAt(point) {
    const view = this.view();
    let best = 9, found = null;
    const x = view.ox + point.x / view.s, y = view.oy + point.y / view.s, reach = best / view.s;
    for (const [ship, track] of this.data.trackOf) {
      const [west, north, east, south] = track.box;
      if (!this.state.chosen && (x < west - reach || x > east + reach || y < north - reach || y > south + reach)) continue;
      for (let i = 0; i < track.n; i++) {
        const dx = Math.abs((track.x[i] - view.ox) * view.s - point.x);
        if (dx > best) continue;
        const d = Math.hypot(dx, (track.y[i] - view.oy) * view.s - point.y);
        if (d < best) [best, found] = [d, { ship, track, i }];
      }
    }
    return found;
  },
  // Zones that hold a point or whose line passes within 7 px.
  zonesAt(point) {
    const view = this.view(), x = view.ox + point.x / view.s, y = view.oy + point.y / view.s;
    return this.data.zones.filter((zone) => !this.state.groupsOff.has(zone.group) &&
      zone.shapes.some((part) => [-1, 0, 1].some((k) => DW.touches(part, x - k, y, 7 / view.s))));
  },
});

DW.touches = function (part, x, y, reach) {
  const box = DW.boxOf(part);
  if (x < box[0] - reach || x > box[2] + reach || y < box[1] - reach || y > box[3] + reach) return false;
  let inside = false;
  for (const ring of part.rings) {
    const n = ring.x.length;
    for (let i = 0, j = part.form === "area" ? n - 1 : 0; i < n; j = i++) {
      const [ax, ay, bx, by] = [ring.x[i], ring.y[i], ring.x[j], ring.y[j]];
      if (part.form === "area") {
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      } else {
        const dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
        const f = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
        if (Math.hypot(ax + f * dx - x, ay + f * dy - y) < reach) return true;
      }
    }
  }
  return inside;
};

// A round length near a wanted one: 1, 2, 3 or 5 times a power of ten.
DW.round = function (most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([5, 3, 2, 1].find((k) => k * power <= most) || 1);
};

DW.scaleBar = function () {
  const nm = DW.el("span", { class: "dw-bar" }), km = DW.el("span", { class: "dw-bar" });
  const node = DW.el("div", { class: "dw-scale", "aria-label": "Scale at the middle of the map" }, nm, km);
  const set = function (bar, metresPerPx, unit, metres) {
    const length = DW.round((110 * metresPerPx) / metres);
    bar.style.width = `${(length * metres) / metresPerPx}px`;
    bar.textContent = length < 1 && unit === "km" ? `${length * 1000} m` : `${Number(length.toPrecision(2))} ${unit}`;
  };
  return {
    node,
    update(view) {
      const metresPerPx = DW.metres(view.oy + view.h / view.s / 2) / view.s;
      set(nm, metresPerPx, "nm", 1852);
      set(km, metresPerPx, "km", 1000);
    },
  };
};

// Add canvas and furniture to a Leaflet map. Clicks call `hooks.event(event)`, `hooks.fix(fix, latlng)` if there is one,
// or `hooks.zones(zones, latlng)`; `hooks.under(point)` may return the nodes that tell what else lies under the mouse.
DW.chart = function (map, data, state, hooks) {
  map.options.maxZoom = 16;
  const layer = new DW.Canvas(data, state).addTo(map);
  const bar = DW.scaleBar();
  const readout = DW.el("div", { class: "dw-readout", role: "status" });
  const north = DW.el("div", { class: "dw-north", title: "North is up" }, "N");
  const corner = (position, node) => {
    const control = L.control({ position });
    control.onAdd = () => node;
    control.addTo(map);
  };
  corner("bottomleft", DW.el("div", { class: "dw-foot" }, bar.node, readout));
  corner("topleft", north);
  const tell = () => {
    bar.update(layer.view());
    readout.textContent = readout.textContent || "Move over the map to read a position";
  };
  map.on("moveend zoomend resize", tell);
  tell();
  map.on("mousemove", (e) => DW.hover(layer, readout, e, hooks));
  map.on("mouseout", () => (readout.textContent = "Move over the map to read a position"));
  map.on("click", (e) => {
    const events = layer.eventsAt(e.containerPoint);
    const fix = events.length || !hooks.fix ? null : layer.fixAt(e.containerPoint);
    if (events.length) hooks.event(events[(events.indexOf(state.chosen) + 1) % events.length]);
    else if (fix) hooks.fix(fix, e.latlng);
    else hooks.zones(layer.zonesAt(e.containerPoint), e.latlng);
  });
  return layer;
};

DW.hover = function (layer, readout, e, hooks) {
  const { data } = layer;
  const at = DW.position(e.latlng.lng, e.latlng.lat);
  const [event] = layer.eventsAt(e.containerPoint), more = hooks.under ? hooks.under(e.containerPoint) : null;
  const fix = event || more ? null : layer.fixAt(e.containerPoint);
  layer._map.getContainer().style.cursor = event || more ? "pointer" : "";
  readout.replaceChildren(DW.el("span", { text: at }));
  if (event) readout.append(DW.el("b", { text: ` · ${data.kindOf[event.kind].label}, score ${event.score.toFixed(2)}` }));
  else if (more) readout.append(" · ", ...more);
  if (!fix) return;
  const ship = data.ships[fix.ship], sog = fix.track.sog[fix.i];
  readout.append(" · ", DW.said(DW.shipName(ship) || "no name"), ` ${ship.mmsi} · ${DW.utcFull(fix.track.t0 + fix.track.t[fix.i])} UTC`);
  if (sog >= 0) readout.append(` · ${(sog / 10).toFixed(1)} kn`);
  if (fix.track.flags[fix.i] & 2) readout.append(" · doubted position or another ship's");
};

// Fit the map to west, south, east, north, clear of the controls in its left corners.
// A button on the map that shows all of it again.
DW.allButton = function (map, all) {
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    const button = DW.el("button", { type: "button", class: "dw-all", title: "Show all of it", onclick: all }, "All");
    L.DomEvent.disableClickPropagation(button);
    return button;
  };
  control.addTo(map);
};

DW.fit = (map, [west, south, east, north], options) =>
  map.fitBounds([[south, west], [north, east]], { animate: false, paddingTopLeft: [56, 22], paddingBottomRight: [22, 74], ...options });

// The box worth seeing for one event: its point, its ends, and the fixes of its ships while it lasted.
DW.boxOfEvent = function (data, event) {
  const box = [event.lon, event.lat, event.lon, event.lat];
  const add = (lon, lat) => {
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  };
  for (const drawn of event.drawn) for (const [lon, lat] of drawn.places) add(lon, lat);
  const [from, to] = DW.spell(event, 0);
  for (const ship of event.ships) {
    const track = data.trackOf.get(ship);
    for (let i = 0; track && i < track.n; i++) {
      const t = track.t0 + track.t[i];
      if (t >= from && t <= to && !(track.flags[i] & 2)) add(DW.lon(track.x[i]), DW.lat(track.y[i]));
    }
  }
  const pad = Math.max(0.06, 0.25 * Math.max(box[2] - box[0], box[3] - box[1]));
  return [box[0] - 1.3 * pad, box[1] - pad, box[2] + 1.3 * pad, box[3] + pad];
};
