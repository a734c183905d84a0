// The column beside a replay: ships to find, the ship chosen, the events by time, and ships of a meeting in their own frame.
"use strict";

DW.FOUND = 30; // ships listed at once

// What a ship is found by: number, IMO, names, call signs.
DW.shipFinder = function (data) {
  const entries = data.trackList.map((track) => {
    const ship = data.ships[track.ship];
    return [[String(ship.mmsi), ...(ship.said.name || []), ...(ship.said.imo || []), ...(ship.said.callsign || [])].join("\n").toLowerCase(), track.ship];
  });
  return (text) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return words.length ? entries.filter(([said]) => words.every((word) => said.includes(word))).map(([, ship]) => ship) : [];
  };
};

DW.searchBox = function (data, choose) {
  const find = DW.shipFinder(data), input = document.getElementById("find");
  const show = function () {
    const found = find(input.value), shown = found.slice(0, DW.FOUND);
    const rows = shown.map((ship) => DW.el("button", { type: "button", role: "option", class: "hit", "data-ship": String(data.ships[ship].mmsi), onclick: () => pick(ship) }, DW.shipText(data, ship)));
    if (found.length > shown.length) rows.push(DW.el("p", { class: "hint", text: `and ${DW.count(found.length - shown.length)} more: write more of the name` }));
    if (input.value.trim() && !found.length) rows.push(DW.el("p", { class: "hint", text: "No ship of this replay has that in its numbers or names." }));
    DW.fill("found", rows);
  };
  const pick = function (ship) {
    input.value = "";
    DW.fill("found");
    choose(ship);
  };
  input.addEventListener("input", show);
  document.getElementById("search").addEventListener("submit", (e) => {
    e.preventDefault();
    const [first] = find(input.value);
    if (first !== undefined) pick(first);
  });
  input.addEventListener("keydown", (e) => {
    if (e.key === "Escape") pick(null);
    const first = document.querySelector("#found button");
    if (e.key === "ArrowDown" && first) {
      e.preventDefault();
      first.focus();
    }
  });
  document.getElementById("found").addEventListener("keydown", (e) => {
    const to = e.key === "ArrowDown" ? e.target.nextElementSibling : e.key === "ArrowUp" ? e.target.previousElementSibling || input : null;
    if (to && to.focus) {
      e.preventDefault();
      to.focus();
    }
  });
};

// The ship chosen: who it says it is, and what it does now. The part that changes with the clock is a node of its own.
DW.shipCard = function (data, state, act) {
  if (state.ship === null) {
    return [DW.el("p", { class: "hint", text: `${DW.count(data.trackList.length)} ships. Click one on the map, or find it above.` })];
  }
  const ship = data.ships[state.ship];
  return [
    DW.el("div", { class: "acts" },
      DW.el("button", { type: "button", id: "follow", "aria-pressed": String(state.follow), title: "Keep the ship on the map (F)", onclick: act.follow }, "Follow"),
      DW.el("button", { type: "button", title: "Choose no ship (Escape)", onclick: act.none }, "Close")),
    DW.ship(ship, data.trackOf.get(state.ship).place),
    DW.el("p", { id: "now", class: "now" }),
  ];
};

// What the chosen ship does at the time, in words.
DW.nowWords = function (data, track, t) {
  if (track.how === DW.AHEAD) return "Not heard yet.";
  const fix = `${DW.utc(track.t0 + track.t[track.at])} UTC`, sog = track.sog[track.at];
  const speed = sog < 0 ? "speed not sent" : `${(sog / 10).toFixed(1)} kn`;
  const at = DW.position(DW.lon(track.px), DW.lat(track.py));
  if (track.how === DW.HEARD) return `Heard: ${at}, ${speed} at its last position, ${fix}.`;
  const reach = DW.reachAt(data, track, t);
  const talk = (track.talks || []).filter((s) => s > track.t0 + track.t[track.at] && s <= t).pop();
  const still = talk === undefined ? "" : ` It still talked without a position, last at ${DW.utc(talk)} UTC.`;
  const again = track.next < 0 ? "It is not heard again in these data." : `It is heard again at ${DW.utc(track.t0 + track.t[track.next])} UTC.`;
  return `No position for ${DW.span(reach.since_s)}: last heard ${fix} at ${at}. At ${reach.kn.toFixed(1)} kn it is within ${DW.miles(reach.metres)} of there, over sea or land alike. ${again}${still}`;
};

DW.eventList = function (data, choose) {
  const byTime = [...data.events].sort((a, b) => a.start - b.start || a.rank - b.rank);
  const rows = new Map();
  for (const event of byTime) {
    const kind = data.kindOf[event.kind];
    rows.set(event, DW.el("button", { type: "button", class: "event", "data-id": event.id, onclick: () => choose(event) },
      DW.symbol(kind, event.hollow, 16),
      DW.el("span", {}, DW.el("b", { text: kind.label }), ` ${event.score.toFixed(2)} ${event.word}`,
        DW.el("span", { class: "when", text: `${DW.utc(event.start)} · ${event.end === null ? "open" : DW.span(event.end - event.start)}` }),
        DW.el("span", { class: "names" }, event.ships.slice(0, 4).map((i) => DW.shipText(data, i)),
          event.ships.length > 4 ? `and ${event.ships.length - 4} more` : null))));
  }
  DW.fill("event-list", rows.size ? [...rows.values()] : [DW.el("p", { class: "hint", text: "No event of these ships in this span." })]);
  return { byTime, rows };
};

DW.aboutReplay = function (data) {
  const minutes = data.tracks.unheard_s / 60;
  const thinned = data.tracks.kept < data.tracks.fixes
    ? `Of ${DW.count(data.tracks.fixes)} positions ${DW.count(data.tracks.kept)} are here: the first of every ${data.tracks.step_s} s, and both ends of every silence.`
    : `All ${DW.count(data.tracks.fixes)} positions of these ships are here.`;
  return DW.list([
    `A ship is drawn on the straight line between two received positions, where nothing longer than ${minutes} minutes lies between them. It is pointed by the heading it sent, else by its way; a round mark has neither.`,
    "A hollow ship is silent: it stays where it was last heard. Where it went is not known.",
    `The reach of a silent ship is the circle it cannot have left at its own fastest speed (the speed that 99 of 100 of its reports keep, at least ${data.reach_least_kn} kn), over sea or land alike. Where it is heard again, the dotted circle is where it can still have come from in time; what both share is filled. It says where a ship can have been, never that it was there.`,
    "Ships that sent no AIS, or that no receiver heard, are not here. Shaded cells show where anything was heard.",
    thinned,
    "Hulls are drawn to scale from the sizes that ships send; an antenna's place on board, heading and position (10 m or worse) are theirs to set right.",
    "Coast: Natural Earth. Ports: NGA World Port Index 2023. Both public domain. Projection Mercator, WGS84. The page carries Leaflet 1.9.4 (BSD 2-Clause).",
  ], "notes");
};
