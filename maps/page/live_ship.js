// The ship chosen, and ships to find: those on the map by what they said, others by asking the watch.
"use strict";

DW.FOUND = 30; // ships listed at once
DW.TYPED_MS = 250;

DW.liveShipCard = function (data, ship, act) {
  const known = data.ships[ship], track = data.trackOf.get(ship), said = DW.el("div", { class: "known" }, DW.el("p", { class: "hint", text: "…" }));
  DW.ask(`ships/${known.mmsi}`).then((told) => {
    const shown = DW.shown(told);
    said.replaceChildren(DW.ship({ ...shown, said: shown.said }, track ? track.place : 0));
  }, (error) => said.replaceChildren(DW.el("p", { class: "hint", text: error.message })));
  const events = [...data.events, ...data.withdrawn].filter((event) => event.ships.includes(ship)).sort((a, b) => b.start - a.start);
  return DW.el("article", { class: "detail", "data-mmsi": String(known.mmsi) },
    DW.el("header", {}, DW.shipSample(false), DW.el("h3", {}, DW.said(DW.shipName(known) || "no name sent")), DW.closing(act.close)),
    DW.el("p", { class: "now", id: "now" }),
    DW.el("div", { class: "acts" },
      DW.el("button", { type: "button", id: "follow", "aria-pressed": String(act.following()), title: "Keep the ship on the map (F)", onclick: act.follow }, "Follow"),
      DW.el("button", { type: "button", title: "Put the ship in the middle of the map (E)", onclick: act.centre }, "Centre"),
      DW.el("a", { href: `api/v1/tracks?mmsi=${known.mmsi}&hours=24`, target: "_blank", rel: "noopener", text: "Track of 24 h as JSON" })),
    DW.el("section", { class: "part" }, DW.el("h4", { text: events.length ? "Its events" : "No event of it stands" }),
      events.slice(0, 20).map((event) => DW.el("button", { type: "button", class: "open-event", onclick: () => act.event(event) }, DW.symbol(data.kindOf[event.kind], event.hollow || Boolean(event.gone), 14),
        ` ${data.kindOf[event.kind].label}, ${DW.utc(event.start)}${event.gone ? ", withdrawn" : event.end === null ? ", open" : ""}`))),
    DW.el("section", { class: "part" }, DW.el("h4", { text: "Who it says it is" }), said));
};

// What the chosen ship does at the time, in words.
DW.liveNow = function (data, track, t) {
  if (!track || track.how === DW.AHEAD) return "No position of it in these hours.";
  const fix = track.t0 + track.t[track.at], sog = track.sog[track.at], points = track.heading[track.at];
  const words = [DW.position(DW.lon(track.x[track.at]), DW.lat(track.y[track.at])), sog < 0 ? "speed not sent" : `${(sog / 10).toFixed(1)} kn`, points < 0 ? "" : `points to ${String(points).padStart(3, "0")}°`].filter(Boolean).join(", ");
  return track.how === DW.HEARD ? `Heard ${DW.utcFull(fix).slice(11)} UTC: ${words}.` : `No position for ${DW.span(t - fix)}: last heard ${DW.utc(fix)} UTC, ${words}. Where it went is not known.`;
};

DW.shipSearch = function (data, choose) {
  const input = document.getElementById("find"), found = document.getElementById("found");
  let typed = 0;
  const local = (text) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return words.length ? data.trackList.map((track) => track.ship).filter((ship) => words.every((word) => data.ships[ship].find.includes(word))) : [];
  };
  const show = (ships, more, note) => found.replaceChildren(...ships.slice(0, DW.FOUND).map((ship) =>
    DW.el("button", { type: "button", role: "option", class: "hit", "data-mmsi": String(data.ships[ship].mmsi), onclick: () => pick(ship) }, DW.shipText(data, ship))),
    ...(ships.length > DW.FOUND ? [DW.el("p", { class: "hint", text: `and ${DW.count(ships.length - DW.FOUND)} more: write more of the name` })] : []), ...(note ? [DW.el("p", { class: "hint", text: note })] : []));
  const pick = function (ship) {
    input.value = "";
    typed++;
    found.replaceChildren();
    input.blur(); // the keys are the page's again
    if (ship !== null) choose(ship);
  };
  const search = async function () {
    const text = input.value, mine = ++typed, here = local(text);
    if (!text.trim()) return found.replaceChildren();
    show(here);
    if (here.length) return undefined;
    await new Promise((done) => setTimeout(done, DW.TYPED_MS));
    if (mine !== typed) return undefined;
    const told = await DW.ask(`ships?q=${encodeURIComponent(text.slice(0, 100))}`).catch(() => ({ ships: [] }));
    if (mine !== typed) return undefined;
    for (const ship of told.ships) DW.named(data, ship);
    show(told.ships.map(({ mmsi }) => DW.placeOf(data, mmsi)), 0, told.ships.length ? "Not heard in these hours." : "No ship of the case has that in its numbers or names.");
    return undefined;
  };
  input.addEventListener("input", search);
  document.getElementById("search").addEventListener("submit", (e) => {
    e.preventDefault();
    const first = found.querySelector("button");
    if (first) first.click();
  });
  document.getElementById("search").parentNode.addEventListener("keydown", (e) => {
    if (e.target === input && e.key === "Escape") pick(null);
    const rows = [input, ...found.querySelectorAll("button")], at = rows.indexOf(e.target), to = rows[at + (e.key === "ArrowDown" ? 1 : e.key === "ArrowUp" ? -1 : 0)];
    if (at < 0 || !to || to === e.target) return;
    e.preventDefault();
    to.focus();
  });
};
