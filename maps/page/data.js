// The case as the page works with it: packed columns unpacked and projected once.
"use strict";

DW.load = async function () {
  const data = JSON.parse(document.getElementById("dw-data").textContent);
  const [tracks, cells] = await Promise.all([DW.unpack(data.tracks.at), DW.unpack(data.cells.at), DW.ground(data)]);
  data.trackOf = DW.tracksOf(data, tracks);
  data.trackList = [...data.trackOf.values()];
  data.modes = DW.modes(data);
  data.last = data.trackList.reduce((last, track) => Math.max(last, track.t0 + track.t[track.n - 1]), -Infinity);
  for (const event of data.events) data.last = Math.max(data.last, event.start);
  data.cellList = cells;
  data.events.forEach((event, i) => {
    event.rank = i + 1;
    event.x = DW.x(event.lon);
    event.y = DW.y(event.lat);
    event.find = DW.searchText(data, event);
  });
  data.zones.forEach((zone, i) => (zone.events = data.events.filter((event) => event.zones.includes(i)).length));
  return data;
};

// What lies there whatever happens: coast and zones; and the kinds of events by name.
DW.ground = async function (data) {
  const [coast, zones] = await Promise.all([Promise.all(data.coast.sets.map((set) => DW.shapes(set))), DW.shapes(data.zone_shapes)]);
  data.coast.sets.forEach((set, i) => {
    set.shapes = coast[i];
    const [west, south, east, north] = set.box;
    set.frame = [DW.x(west), DW.y(north), DW.x(east), DW.y(south)];
  });
  data.zones.forEach((zone, i) => {
    zone.shapes = zones[i];
    zone.edges.forEach((edge, n) => (edge.shapes = zones[zone.first_edge + n]));
  });
  data.kindOf = Object.fromEntries(data.kinds.map((kind) => [kind.kind, kind]));
};

// Rings in unit-square coordinates with their box, parted by shape: [{form, rings: [{x, y, box}]}] for each.
DW.shapes = async function (packed) {
  const [lon, lat] = await DW.unpack(packed.at);
  const rings = [];
  let first = 0;
  for (const length of packed.lengths) {
    const ring = { x: new Float64Array(length), y: new Float64Array(length), box: [Infinity, Infinity, -Infinity, -Infinity] };
    for (let i = 0; i < length; i++) {
      const x = (ring.x[i] = DW.x(lon[first + i] / 1e5));
      const y = (ring.y[i] = DW.y(lat[first + i] / 1e5));
      ring.box = [Math.min(ring.box[0], x), Math.min(ring.box[1], y), Math.max(ring.box[2], x), Math.max(ring.box[3], y)];
    }
    rings.push(ring);
    first += length;
  }
  return packed.parts.map((parts) => parts.map(([form, start, count]) => ({ form, rings: rings.slice(start, start + count) })));
};

// Per ship: times (s since 1970), unit-square coordinates, speed in tenths of a knot, flags (1 after a silence, 2 doubted),
// heading in degrees (-1 unknown), group of the zone around plus one (0 none), and the box of all fixes that are not doubted.
DW.tracksOf = function (data, [t, lon, lat, sog, flags, heading, zone]) {
  const n = t.length, x = new Float64Array(n), y = new Float64Array(n), tracks = new Map();
  for (let i = 0; i < n; i++) {
    x[i] = DW.x(lon[i] / 1e5);
    y[i] = DW.y(lat[i] / 1e5);
  }
  let first = 0;
  data.tracks.ships.forEach((ship, place) => {
    const end = first + data.tracks.counts[place], box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = first; i < end; i++) {
      if (flags[i] & 2) continue;
      if (x[i] < box[0]) box[0] = x[i];
      if (y[i] < box[1]) box[1] = y[i];
      if (x[i] > box[2]) box[2] = x[i];
      if (y[i] > box[3]) box[3] = y[i];
    }
    const part = (column) => column.subarray(first, end);
    tracks.set(ship, {
      ship, place, n: end - first, t0: data.tracks.first, box,
      t: part(t), x: part(x), y: part(y), sog: part(sog), flags: part(flags), heading: part(heading), zone: part(zone),
    });
    first = end;
  });
  return tracks;
};

DW.shipName = (ship) => ((ship.said.name || [])[0] || "").trim();

DW.searchText = function (data, event) {
  const ships = event.ships.map((i) => data.ships[i]);
  const words = [event.id, event.summary, data.kindOf[event.kind].label, event.kind, ...event.other_zones];
  for (const ship of ships) words.push(String(ship.mmsi), ship.flag, ...ship.listed, ...Object.values(ship.said).flat());
  for (const i of event.zones) words.push(data.zones[i].name, data.zones[i].id);
  return words.join("\n").toLowerCase();
};
