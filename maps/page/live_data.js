// Ships of a watch as the map works with them: tails unpacked, and grown fix by fix.
"use strict";

DW.HOURS = 6; // that the slider goes back
DW.CELL_DEG = 0.1;

// Show what would hide, as maps/text.py does: control, bidirectional and zero-width characters, and blanks that are letters.
DW.visible = (text) => text.replace(/[\p{C}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]/gu, (character) => {
  const code = character.codePointAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : `⟦U+${code.toString(16).toUpperCase().padStart(4, "0")}⟧`;
});

// The same for every text of an answer. Keys are ours; those that are not come as values.
DW.shown = function (value) {
  if (typeof value === "string") return DW.visible(value.length > 500 ? `${value.slice(0, 500)}… (+${value.length - 500} characters)` : value);
  if (Array.isArray(value)) return value.map(DW.shown);
  if (value === null || typeof value !== "object") return value;
  const shown = Object.create(null);
  for (const [key, item] of Object.entries(value)) shown[DW.visible(key)] = DW.shown(item);
  return shown;
};

DW.liveData = async function () {
  const data = JSON.parse(document.getElementById("dw-data").textContent);
  await DW.ground(data);
  Object.assign(data, {
    live: true, ships: [], placeOf: new Map(), trackOf: new Map(), trackList: [], events: [], withdrawn: [], handling: new Map(), reach_kn: [], last: 0, t0: 0, stepS: 60,
    tracks: { unheard_s: data.unheard_s }, cells: { deg: DW.CELL_DEG, middle: (data.view[0] + data.view[2]) / 2 }, cellList: [[], [], []],
  });
  data.modes = DW.modes(data);
  delete data.modes.zone; // which zone held a fix then is not asked for
  data.zoneOf = new Map(data.zones.map((zone, i) => [zone.id, i]));
  return data;
};

// Longitudes as they lie within half a turn of the middle of the region: no track is cut at 180 degrees.
DW.nearLon = (data, lon) => data.cells.middle + DW.wrap(lon - data.cells.middle);

DW.placeOf = function (data, mmsi) {
  let place = data.placeOf.get(mmsi);
  if (place === undefined) {
    place = data.ships.length;
    data.placeOf.set(mmsi, place);
    data.ships.push({ mmsi, said: {}, listed: [], sort: data.sorts.length - 1, find: String(mmsi) });
  }
  return place;
};

// Take what a ship says of itself: what it leaves out it has not taken back.
DW.named = function (data, { mmsi, name, imo, callsign, ship_type: type }) {
  const ship = data.ships[DW.placeOf(data, mmsi)], said = ship.said;
  if (name) said.name = [DW.shown(name)];
  if (imo) said.imo = [String(imo)];
  if (callsign) said.callsign = [DW.shown(callsign)];
  if (type !== null && type !== undefined) ship.sort = data.sort_of_type[type] ?? data.sorts.length - 1;
  ship.find = [mmsi, ...Object.values(said).flat()].join("\n").toLowerCase();
};

// Take all ships of the last hours, in the place of what was there.
DW.takeFleet = async function (data, fleet) {
  const columns = await DW.unpack(fleet.tails);
  data.trackOf.clear();
  data.trackList = [];
  data.t0 = fleet.newest;
  data.stepS = Math.max(60, fleet.step_s);
  data.last = 0;
  data.reach_kn = [];
  let first = 0;
  fleet.mmsi.forEach((mmsi, i) => {
    DW.named(data, { mmsi, name: fleet.name[i], imo: fleet.imo[i], callsign: fleet.callsign[i], ship_type: fleet.ship_type[i] });
    const n = fleet.fixes[i], track = DW.trackFor(data, DW.placeOf(data, mmsi), n + 8);
    for (let k = first; k < first + n; k++) {
      const [t, lon, lat, sog, flags, heading] = columns.map((column) => column[k]);
      DW.put(data, track, track.n++, t, lon / 1e5, lat / 1e5, sog, flags, heading);
    }
    first += n;
  });
  data.left_out = fleet.more;
  DW.heardCells(data);
};

DW.trackFor = function (data, ship, room = 16) {
  let track = data.trackOf.get(ship);
  if (!track) {
    track = { ship, place: data.trackList.length, n: 0, t0: data.t0, box: [Infinity, Infinity, -Infinity, -Infinity], how: 0 };
    DW.roomy(track, room);
    data.trackOf.set(ship, track);
    data.trackList.push(track);
    data.reach_kn.push(data.reach_least_kn);
  }
  return track;
};

DW.COLUMNS = { t: Int32Array, x: Float64Array, y: Float64Array, sog: Int16Array, flags: Uint8Array, heading: Int16Array };

DW.roomy = function (track, room) {
  for (const [name, Kind] of Object.entries(DW.COLUMNS)) {
    const column = new Kind(room);
    if (track[name]) column.set(track[name].subarray(0, track.n));
    track[name] = column;
  }
};

DW.put = function (data, track, i, t, lon, lat, sog, flags, heading) {
  const x = (track.x[i] = DW.x(DW.nearLon(data, lon))), y = (track.y[i] = DW.y(lat)), box = track.box;
  track.t[i] = t;
  track.sog[i] = sog;
  track.flags[i] = flags;
  track.heading[i] = heading;
  if (flags & 2) return;
  if (x < box[0]) box[0] = x;
  if (y < box[1]) box[1] = y;
  if (x > box[2]) box[2] = x;
  if (y > box[3]) box[3] = y;
  if (track.t0 + t > data.last) data.last = track.t0 + t;
};

// Add a fix to its track in order of time. One of each step is kept, and always the newest and both ends of a silence.
DW.addFix = function (data, mmsi, at, lon, lat, sog, heading) {
  const track = DW.trackFor(data, DW.placeOf(data, mmsi)), t = at - track.t0, kn = sog === null ? -1 : Math.round(sog * 10), points = heading === null ? -1 : heading % 360;
  const last = track.n - 1;
  if (last >= 0 && t <= track.t[last]) return DW.addLate(data, track, t, lon, lat, kn, points);
  const silent = last >= 0 && t - track.t[last] > data.unheard_s;
  const replaces = last > 0 && !silent && !(track.flags[last] & 3) && track.t[last] - track.t[last - 1] < data.stepS;
  if (!replaces && track.n === track.t.length) DW.forgetOld(data, track);
  const i = replaces ? last : track.n++;
  DW.put(data, track, i, t, lon, lat, kn, silent ? 1 : 0, points);
};

// A fix that comes late takes its place where no other is near in time.
DW.addLate = function (data, track, t, lon, lat, sog, heading) {
  const i = DW.before(track, t + track.t0), step = data.stepS;
  if (track.t[i] - t < step || (i > 0 && t - track.t[i - 1] < step)) return;
  if (track.n === track.t.length) DW.roomy(track, 2 * track.n);
  for (const name of Object.keys(DW.COLUMNS)) track[name].copyWithin(i + 1, i, track.n);
  track.n++;
  DW.put(data, track, i, t, lon, lat, sog, i > 0 && t - track.t[i - 1] > data.unheard_s ? 1 : 0, heading);
  if (!(track.flags[i + 1] & 2)) track.flags[i + 1] = track.t[i + 1] - t > data.unheard_s ? 1 : 0;
  track.at = undefined;
};

// Let go of fixes from before the hours shown, or make room.
DW.forgetOld = function (data, track) {
  const old = Math.min(track.n - 1, DW.before(track, data.last - 3600 * (DW.HOURS + 1)));
  if (old < track.n / 2) return DW.roomy(track, 2 * track.n);
  for (const name of Object.keys(DW.COLUMNS)) track[name].copyWithin(0, old, track.n);
  track.n -= old;
  track.at = undefined;
  return undefined;
};

// The speed of a ship's reach, by the rule of replays: the greatest that all but one in a hundred of its fixes keep.
DW.measureReach = function (data, ship) {
  const track = data.trackOf.get(ship);
  if (!track) return;
  const sog = Array.from(track.sog.subarray(0, track.n)).filter((value, i) => value >= 0 && !(track.flags[i] & 2)).sort((a, b) => a - b);
  const fast = sog.length ? sog[Math.min(sog.length - 1, Math.floor((sog.length * 99) / 100))] / 10 : 0;
  data.reach_kn[track.place] = Math.min(data.reach_most_kn, Math.max(data.reach_least_kn, fast));
};

// Where any ship was heard in the hours shown.
DW.heardCells = function (data) {
  const cells = new Map(), side = data.cells.deg;
  for (const track of data.trackList) {
    for (let i = 0; i < track.n; i++) {
      if (track.flags[i] & 2) continue;
      const x = Math.floor(DW.wrap(DW.lon(track.x[i])) / side), y = Math.floor(DW.lat(track.y[i]) / side), key = x * 4096 + y;
      const cell = cells.get(key);
      if (cell) cell[2]++;
      else cells.set(key, [x, y, 1]);
    }
  }
  data.cellList = [0, 1, 2].map((column) => Array.from(cells.values(), (cell) => cell[column]));
};
