// The page of a watch: one clock that follows what is heard, the map that it moves, and the column beside.
"use strict";

DW.TAILS = [[0, "none"], [900, "15 min"], [3600, "1 h"], [10800, "3 h"], [21600, "6 h"]];
DW.CELLS_S = 60; // between shadings of what was heard
DW.BURST_S = 300; // of data within one change: it was held up somewhere
DW.BURST_MS = 2000;
DW.KEYS = [
  ["/", "find a ship"], ["N P", "next, previous event of the list"], ["A", "acknowledge the event chosen"], ["L", "back to now"], ["← →", "back and on by a minute; with Shift by half an hour"],
  ["F", "follow the ship chosen"], ["E", "fit the map to what is chosen, or to all"], ["Escape", "choose nothing"], ["arrows on the map", "move it; + and − there zoom"],
];
DW.ABOUT = [
  "A ship is drawn where its last received position put it, pointed by the heading it sent, else by its course. A hollow ship has sent no position for half an hour: it stays where it was last heard.",
  "Events are leads to check. A score follows a documented rule; it is not a probability. An event is withdrawn when what comes later no longer supports it.",
  "Ships that send no AIS, or that no receiver hears, are not here. Shaded cells show where anything was heard. While no data come, ships stand still.",
  "Coast: Natural Earth. Ports: NGA World Port Index 2023. Both public domain. Projection Mercator, WGS84. The page carries Leaflet 1.9.4 (BSD 2-Clause).",
];

DW.start = async function (map) {
  const data = await DW.liveData();
  document.documentElement.lang = "en";
  document.getElementById("map-slot").append(map.getContainer());
  map.invalidateSize({ animate: false });
  DW.live = new DW.Live(map, data);
  DW.fit(map, data.view);
};

DW.Live = class {
  constructor(map, data) {
    const state = {
      t: 0, live: true, tail: 3600, reach: "chosen", ship: null, event: null, chosen: null, follow: false, shown: [], heard: true, ports: true, groupsOff: new Set(), zoneMarked: null,
      coat: "kind", noTracks: true, moving: true, allEvents: true,
    };
    Object.assign(this, { map, data, state, health: new DW.Health(), cellsAt: 0, fitted: false });
    this.layer = DW.chart(map, data, state, {
      event: (event) => this.chooseEvent(event), fix: (fix) => this.chooseShip(fix.ship), zones: (zones, at) => this.clicked(zones, at), under: (point) => this.under(point),
    });
    this.moving = new DW.Moving(data, state).addTo(map);
    this.list = new DW.EventList(data, (event) => this.chooseEvent(event), () => this.now());
    this.list.onchange = () => this.refilter();
    DW.shipSearch(data, (ship) => this.chooseShip(ship, true));
    DW.fill("coat", DW.coats(data, state, () => this.repaint()));
    DW.fill("legend", DW.eventKey(data), DW.legend(data, state, () => this.repaint()));
    document.querySelector("#keys dl").append(...DW.KEYS.flatMap(([key, what]) => [DW.el("dt", { text: key }), DW.el("dd", { text: what })]));
    DW.fill("about", DW.list(DW.ABOUT, "notes"));
    this.controls();
    this.link = new DW.Link({ load: () => this.load(), change: (told) => this.change(told), state: (what) => this.tellState(what) });
  }

  now() {
    return this.link ? this.link.now() : Date.now() / 1000;
  }

  controls() {
    const { state } = this, on = (id, act) => document.getElementById(id).addEventListener("click", act), when = document.getElementById("when"), tail = document.getElementById("tail");
    on("live", () => this.goLive());
    on("drawer", () => this.drawer());
    on("take-all", () => this.takeAll());
    DW.allButton(this.map, () => this.fitShips());
    when.addEventListener("input", () => this.go(Number(when.value)));
    tail.append(...DW.TAILS.map(([value, text]) => DW.el("option", { value: String(value), text, selected: value === state.tail })));
    tail.addEventListener("change", () => {
      state.tail = Number(tail.value);
      this.moving.paint();
    });
    document.addEventListener("keydown", (e) => this.key(e));
  }

  drawer(open = document.getElementById("drawer").getAttribute("aria-expanded") !== "true") {
    document.getElementById("drawer").setAttribute("aria-expanded", String(open));
    const was = this.covered();
    document.getElementById("side").classList.toggle("up", open);
    this.map.panBy([0, (this.covered() - was) / 2], { animate: false });
  }

  // How much of the map the open drawer hides on a narrow screen, pixels.
  covered() {
    const side = document.getElementById("side");
    return getComputedStyle(side).position === "absolute" && side.classList.contains("up") ? side.offsetHeight - 90 : 0;
  }

  key(e) {
    const on = e.target, map = on.closest && on.closest(".leaflet-container"), typing = on.tagName === "TEXTAREA" || on.tagName === "SELECT" || (on.tagName === "INPUT" && !["checkbox", "range"].includes(on.type));
    if (e.ctrlKey || e.metaKey || e.altKey || typing) return;
    const step = e.shiftKey ? 1800 : 60, slider = on.type === "range";
    const keys = {
      "/": () => document.getElementById("find").focus(), n: () => this.step(1), p: () => this.step(-1), a: () => this.acknowledge(), l: () => this.goLive(), f: () => this.follow(!this.state.follow), e: () => this.fit(),
      Escape: () => this.none(), ArrowLeft: map || slider ? null : () => this.go(this.state.t - step), ArrowRight: map || slider ? null : () => this.go(this.state.t + step),
    };
    const found = keys[e.key] || keys[e.key.toLowerCase()];
    if (!found) return;
    found();
    e.preventDefault();
  }

  // Ask for all there is.
  async load() {
    const { data } = this;
    const [fleet, told, gone, status] = await Promise.all([DW.ask(`fleet?hours=${DW.HOURS}`), DW.ask("events?words=1&limit=1000"), DW.ask("revisions?action=withdrawn&limit=50"), DW.ask("status")]);
    await DW.takeFleet(data, fleet);
    this.link.skew = Date.parse(status.now) - Date.now();
    this.health.take(status);
    this.takeEvents(told, gone);
    if (!this.fitted) this.fitShips();
    this.refresh();
    document.documentElement.dataset.ready = "yes";
  }

  takeEvents(told, gone) {
    const { data, state } = this, chosen = state.event && state.event.id, standing = new Set(told.events.map(({ id }) => id)), known = new Set(data.events.map(({ id }) => id));
    data.events = data.events.filter(({ id }) => standing.has(id));
    for (const event of told.events) {
      const taken = DW.takeEvent(data, event, told.words[event.id], told.found_at[event.id]);
      if (this.begun && !known.has(event.id)) taken.fresh = true; // found while the page was open, though no change told it
    }
    this.begun = true;
    for (const revision of [...gone.revisions].reverse()) if (!standing.has(revision.event.id)) DW.takeRevision(data, revision);
    for (const [id, done] of Object.entries(told.handling || {})) data.handling.set(id, { ...done });
    data.more = told.more;
    if (chosen) state.event = state.chosen = [...data.events, ...data.withdrawn].find(({ id }) => id === chosen) || null;
  }

  // Take what the stream tells.
  change(told) {
    const { data, state } = this, { fixes } = told, said = [], before = data.last;
    for (const ship of told.ships) DW.named(data, ship);
    fixes.mmsi.forEach((mmsi, i) => DW.addFix(data, mmsi, fixes.t[i], fixes.lon[i], fixes.lat[i], fixes.sog_kn[i], fixes.points_deg[i]));
    for (const revision of told.revisions) said.push(DW.takeRevision(data, revision));
    for (const note of told.notes) DW.takeNote(data, note);
    if (told.again) this.reloadEvents();
    if (before && data.last - before > DW.BURST_S) this.loadSoon(); // a stream tells the newest fix of each ship, not those between
    this.health.take(told.status);
    const news = said.filter(Boolean);
    if (news.length) document.getElementById("told").textContent = news.slice(0, 3).join(". ") + (news.length > 3 ? ` and ${news.length - 3} more` : "");
    const touched = state.event && (told.revisions.some(({ event }) => event.id === state.event.id) || told.notes.some((note) => note.event_id === state.event.id));
    this.refresh(touched);
  }

  loadSoon() {
    clearTimeout(this.loading);
    this.loading = setTimeout(() => this.load().catch(() => {}), DW.BURST_MS);
  }

  async reloadEvents() {
    try {
      this.takeEvents(...(await Promise.all([DW.ask("events?words=1&limit=1000"), DW.ask("revisions?action=withdrawn&limit=50")])));
      this.refresh();
    } catch (error) {
      this.health.say(`The events could not be asked for anew: ${error.message}`);
    }
  }

  tellState({ back }) {
    if (back) this.health.say(`In contact again at ${DW.utcFull(this.now()).slice(11)} UTC; what came meanwhile is here.`);
    this.health.paint(this.link, this.data);
    this.wall();
  }

  // Say what time it is wherever that is not the time shown: in the past, and while nothing newer is heard.
  wall() {
    const { state, data } = this, wall = document.getElementById("wall"), now = this.now(), day = DW.utcFull(now).slice(0, 10);
    wall.hidden = !data.last || (state.live && Math.abs(now - state.t) < DW.QUIET_S);
    wall.textContent = `now ${DW.utcFull(now).slice(day === DW.utcFull(state.t).slice(0, 10) ? 11 : 0)} UTC`;
  }

  // Show what was taken.
  refresh(cardToo) {
    const { data, state } = this;
    if (data.last - this.cellsAt > DW.CELLS_S) {
      this.cellsAt = data.last;
      DW.heardCells(data);
      this.layer.later();
    }
    this.list.paint(state.event);
    state.shown = this.list.shown;
    this.clock();
    if (state.chosen) this.layer.later();
    if (cardToo && state.event) this.showCard();
    this.health.paint(this.link, data);
  }

  refilter() {
    this.state.shown = this.list.shown;
    this.moving.paint();
  }

  repaint() {
    this.layer.paint();
    this.moving.paint();
  }

  // Set the time shown, and what hangs on it; live, it is the newest that was heard.
  clock() {
    const { data, state } = this, when = document.getElementById("when"), first = data.last - 3600 * DW.HOURS;
    if (state.live) state.t = data.last;
    state.t = Math.max(first, Math.min(data.last, state.t));
    when.min = String(Math.round(first));
    when.max = String(Math.round(data.last));
    when.value = String(Math.round(state.t));
    when.setAttribute("aria-valuetext", state.live ? "now" : `${DW.utc(state.t)} UTC`);
    DW.moveTo(data, state.t);
    this.keepInView();
    this.moving.paint();
    document.getElementById("utc").textContent = data.last ? `${DW.utcFull(state.t)} UTC` : "";
    document.getElementById("local").textContent = data.last ? DW.kst(state.t).slice(11) : "";
    document.getElementById("ago").textContent = state.live ? "newest heard" : `${DW.span(data.last - state.t)} before now`;
    document.getElementById("live").setAttribute("aria-pressed", String(state.live));
    document.getElementById("page").classList.toggle("past", !state.live);
    this.wall();
    const now = document.getElementById("now");
    if (now) now.textContent = DW.liveNow(data, data.trackOf.get(state.ship), state.t);
  }

  go(t) {
    const { state, data } = this;
    state.t = t;
    state.live = t >= data.last;
    this.clock();
  }

  goLive() {
    this.state.live = true;
    this.clock();
  }

  step(by) {
    const rows = this.list.sorted(), at = rows.indexOf(this.state.event) + (this.state.event || by > 0 ? by : 0);
    if (rows[at]) this.chooseEvent(rows[at]);
  }

  chooseEvent(event) {
    const { state } = this;
    Object.assign(state, { event, chosen: event, ship: null, follow: false });
    event.fresh = false;
    for (const ship of event.ships) DW.measureReach(this.data, ship);
    this.showCard();
    this.list.paint(event);
    this.drawer(true);
    this.fitEvent(event);
    this.repaint();
  }

  chooseShip(ship, centre) {
    const { state } = this;
    Object.assign(state, { ship, event: null, chosen: null, follow: false });
    DW.measureReach(this.data, ship);
    this.showCard();
    this.list.paint(null);
    if (centre) {
      this.drawer(true);
      this.fit();
    }
    this.repaint();
    this.clock();
  }

  none() {
    Object.assign(this.state, { ship: null, event: null, chosen: null, follow: false });
    this.map.closePopup();
    this.showCard();
    this.list.paint(null);
    this.repaint();
  }

  showCard() {
    const { data, state } = this, box = document.getElementById("card"), close = () => this.none();
    const card = state.event
      ? DW.eventCard(data, state.event, { close, ship: (ship) => this.chooseShip(ship, true), noted: (note) => this.noted(note), now: () => this.now() })
      : state.ship === null ? null
        : DW.liveShipCard(data, state.ship, { close, event: (event) => this.chooseEvent(event), follow: () => this.follow(!state.follow), centre: () => this.fit(), following: () => state.follow });
    const same = card && box.firstChild && box.firstChild.dataset.id === card.dataset.id && box.firstChild.dataset.mmsi === card.dataset.mmsi, top = box.scrollTop;
    const kept = same && DW.keepTyped(box, card);
    box.replaceChildren(...(card ? [card] : []));
    if (kept) kept();
    box.scrollTop = same ? top : 0;
    DW.meters(box);
    if (state.ship !== null) this.clock();
  }

  noted(note) {
    DW.takeNote(this.data, note);
    this.refresh(true);
  }

  acknowledge() {
    const button = document.querySelector('#card [data-act="Acknowledge"][aria-pressed="false"]');
    if (button) button.click();
  }

  // Acknowledge all that the filter leaves, once that was said twice: of a fleet each vessel is an event.
  async takeAll() {
    const button = document.getElementById("take-all"), events = this.list.unattended(), who = DW.who();
    if (!who) {
      button.textContent = "Acknowledge one first: it asks who you are";
      return;
    }
    if (button.dataset.sure !== String(events.length)) {
      button.dataset.sure = String(events.length);
      button.textContent = `Acknowledge all ${DW.count(events.length)} as ${who}?`;
      return;
    }
    button.disabled = true;
    try {
      for (const [i, event] of events.entries()) {
        button.textContent = `${DW.count(i)} of ${DW.count(events.length)} acknowledged…`;
        DW.takeNote(this.data, await DW.ask(`events/${event.id}/notes`, { who, action: "acknowledge", key: DW.key() }));
      }
    } catch (error) {
      this.health.say(`Not all were acknowledged: ${error.message}`);
    }
    button.disabled = false;
    this.refresh(true);
  }

  follow(on) {
    this.state.follow = on && this.state.ship !== null;
    const button = document.getElementById("follow");
    if (button) button.setAttribute("aria-pressed", String(this.state.follow));
    this.clock();
  }

  keepInView() {
    const { state, data, map } = this, track = state.follow ? data.trackOf.get(state.ship) : null;
    if (!track || track.how === DW.AHEAD) return;
    const view = DW.viewOf(map), x = ((track.px - view.ox) * view.s) / view.w, y = ((track.py - view.oy) * view.s) / view.h;
    if (Math.min(x, y, 1 - x, 1 - y) < 0.25) map.panTo([DW.lat(track.py), DW.lon(track.px)], { animate: false });
  }

  fit() {
    const { state, data, map } = this, track = data.trackOf.get(state.ship);
    if (state.event) this.fitEvent(state.event);
    else if (track && track.n) {
      const at = track.how === DW.AHEAD ? [track.x[track.n - 1], track.y[track.n - 1]] : [track.px, track.py];
      map.setView([DW.lat(at[1]), DW.lon(at[0])], Math.max(9, map.getZoom()), { animate: false });
      map.panBy([0, this.covered() / 2], { animate: false });
    } else this.fitShips();
  }

  // Where the event is, clear of the drawer that lies over the map on a narrow screen.
  fitEvent(event) {
    DW.fit(this.map, DW.boxOfEvent(this.data, event), { maxZoom: 12, ...this.clear() });
  }

  clear() {
    const covered = this.covered();
    return covered ? { paddingTopLeft: [22, 8], paddingBottomRight: [22, covered] } : {};
  }

  // The region of the zones while ships are there, else where they are.
  fitShips() {
    const { data } = this, [west, south, east, north] = data.view, last = data.trackList.filter((track) => track.n);
    const at = last.map((track) => [DW.lon(track.x[track.n - 1]), DW.lat(track.y[track.n - 1])]);
    this.fitted = at.length > 0;
    const there = at.filter(([lon, lat]) => lon > west && lon < east && lat > south && lat < north).length;
    if (!at.length || there > 0.2 * at.length) return DW.fit(this.map, data.view, this.clear());
    const middle = (values, part) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))];
    const [lons, lats] = [at.map(([lon]) => lon), at.map(([, lat]) => lat)];
    return DW.fit(this.map, [middle(lons, 0.03) - 0.3, middle(lats, 0.03) - 0.3, middle(lons, 0.97) + 0.3, middle(lats, 0.97) + 0.3], this.clear());
  }

  clicked(zones, at) {
    const track = this.moving.shipAt(this.map.latLngToContainerPoint(at));
    if (track) {
      this.chooseShip(track.ship);
      this.drawer(true);
    } else DW.zonesPopup(this.map, this.data, zones, at);
  }

  under(point) {
    const track = this.moving.shipAt(point);
    if (!track) return null;
    const ship = this.data.ships[track.ship], sog = track.sog[track.at];
    return [DW.said(DW.shipName(ship) || "no name"), ` ${ship.mmsi} · ${track.how === DW.SILENT ? "silent, last heard" : "position of"} ${DW.utcFull(track.t0 + track.t[track.at])} UTC`, sog >= 0 ? ` · ${(sog / 10).toFixed(1)} kn` : ""];
  }
};

// What an officer was typing into a card stays when the card is made anew. Returns what puts the keyboard back where it was.
DW.keepTyped = function (old, card) {
  for (const field of ["textarea", ".who-am-i"]) {
    const [from, to] = [old.querySelector(field), card.querySelector(field)];
    if (from && to) to.value = from.value;
  }
  const [said, now] = [old.querySelector(".answer"), card.querySelector(".answer")];
  if (said && now) now.textContent = said.textContent;
  const at = document.activeElement, { act } = at.dataset, { selectionStart: from, selectionEnd: to } = at;
  if (!old.contains(at)) return null;
  const next = act ? `[data-act="${act}"]` : ["TEXTAREA", "INPUT"].includes(at.tagName) ? at.tagName.toLowerCase() : null;
  return () => {
    const place = (next && card.querySelector(next)) || old;
    place.focus({ preventScroll: true });
    if (!act && next) place.setSelectionRange(from, to);
  };
};

DW.eventKey = (data) => DW.el("div", {}, DW.el("b", { text: "Events" }), data.kinds.map((kind) => DW.el("span", {}, DW.symbol(kind, false, 14), kind.label)),
  DW.el("span", {}, DW.shipSample(false), "ship heard"), DW.el("span", {}, DW.shipSample(true), "ship silent: last heard here"));
