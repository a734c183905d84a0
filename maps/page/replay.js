// The replay: one clock, and what it moves: ships on the map, the strip of time, the column beside.
"use strict";

DW.RATES = [[1, "1 s/s"], [60, "1 min/s"], [300, "5 min/s"], [900, "15 min/s"], [3600, "1 h/s"], [10800, "3 h/s"], [43200, "12 h/s"]];
DW.TAILS = [[0, "none"], [900, "15 min"], [3600, "1 h"], [10800, "3 h"], [43200, "12 h"], [Infinity, "all"]];
DW.REACHES = [["chosen", "chosen ship"], ["gaps", "silence events"], ["all", "all silent ships"], ["none", "none"]];

DW.start = async function (map) {
  const data = await DW.load();
  const [talker, talked] = await DW.unpack(data.talks);
  talker.forEach((place, i) => (data.trackList[place].talks ||= []).push(talked[i] + data.tracks.first));
  const [first, last] = DW.spanOf(data);
  const state = {
    first, last, t: first, playing: false, rate: 900, tail: data.trackList.length > 1000 || last - first < 12 * 3600 ? 3600 : 10800, reach: "chosen", ship: null, event: null, follow: false,
    shown: data.events, chosen: null, heard: true, ports: true, groupsOff: new Set(), zoneMarked: null, coat: "kind", noTracks: data.trackList.length > 12,
    moving: true, allEvents: data.events.length <= 60, still: 0, northUp: false,
  };
  document.documentElement.lang = "en";
  document.title = `${data.title}: replay`;
  DW.fill("made", DW.said(data.title), ` · made ${data.made} UTC · darkwake ${data.version}`);
  document.getElementById("map-slot").append(map.getContainer());
  map.invalidateSize({ animate: false });
  DW.replay = new DW.Replay(map, data, state);
  DW.replay.fitAll();
  DW.replay.open(location.hash);
  document.documentElement.dataset.ready = "yes";
};

DW.spanOf = function (data) {
  let first = Infinity, last = -Infinity;
  for (const track of data.trackList) {
    first = Math.min(first, track.t0 + track.t[0]);
    last = Math.max(last, track.t0 + track.t[track.n - 1]);
  }
  return [first, Math.max(last, first + 1)];
};

DW.Replay = class {
  constructor(map, data, state) {
    Object.assign(this, { map, data, state });
    this.layer = DW.chart(map, data, state, {
      event: (event) => this.chooseEvent(event),
      fix: (fix) => this.chooseShip(fix.ship),
      zones: (zones, at) => this.clicked(zones, at),
      under: (point) => this.under(point),
    });
    this.moving = new DW.Moving(data, state).addTo(map);
    this.strip = new DW.Strip(document.getElementById("strip"), data, state, (t) => this.go(t));
    Object.assign(this, DW.eventList(data, (event) => this.chooseEvent(event)));
    DW.searchBox(data, (ship) => this.chooseShip(ship));
    DW.fill("coat", DW.coats(data, state, () => this.repaint()));
    DW.fill("legend", this.trackToggle(), DW.legend(data, state, () => this.repaint()));
    document.querySelector("#about div").append(DW.aboutReplay(data));
    this.choices();
    DW.replayKeys(this.acts());
    const about = document.getElementById("about");
    window.addEventListener("beforeprint", () => (about.open = true));
    window.addEventListener("afterprint", () => (about.open = false));
    this.showShip();
    this.go(state.t);
  }

  // What buttons and keys do.
  acts() {
    const { state } = this;
    return {
      play: () => this.play(!state.playing), by: (s) => this.go(state.t + s), first: () => this.go(state.first), last: () => this.go(state.last),
      nextEvent: () => this.step(1), previousEvent: () => this.step(-1), faster: () => this.rate(1), slower: () => this.rate(-1),
      follow: () => this.follow(!state.follow), fit: () => (state.event ? this.fitEvent(state.event) : this.fitAll()), none: () => this.none(),
    };
  }

  choices() {
    const { state } = this, acts = this.acts();
    for (const [id, act] of [["first", acts.first], ["play", acts.play], ["event-back", acts.previousEvent], ["event-on", acts.nextEvent]]) {
      document.getElementById(id).addEventListener("click", act);
    }
    const choice = (id, options, value, set) => {
      const select = document.getElementById(id);
      select.append(...options.map(([v, text]) => DW.el("option", { value: String(v), text, selected: v === value })));
      select.addEventListener("change", () => {
        set(options[select.selectedIndex][0]);
        this.moving.paint();
      });
    };
    choice("speed", DW.RATES, state.rate, (v) => (state.rate = v));
    choice("tail", DW.TAILS, state.tail, (v) => (state.tail = v));
    choice("reach", DW.REACHES, state.reach, (v) => (state.reach = v));
  }

  trackToggle() {
    const { state } = this;
    const whole = DW.toggle(!state.noTracks, () => (state.noTracks = !state.noTracks), () => this.repaint(), "whole tracks");
    const events = DW.toggle(state.allEvents, () => (state.allEvents = !state.allEvents), () => this.repaint(), "events of other times, pale");
    return DW.el("div", {}, DW.el("b", { text: "Ships" }),
      DW.el("span", {}, DW.shipSample(false), "where two received positions put it"), DW.el("span", {}, DW.shipSample(true), "silent: last heard here"), whole, events);
  }

  repaint() {
    this.layer.paint();
    this.moving.paint();
    this.strip.paint();
  }

  // Set the clock.
  go(t) {
    const { state, data } = this;
    state.t = Math.max(state.first, Math.min(state.last, t));
    DW.moveTo(data, state.t);
    this.keepInView();
    this.moving.paint();
    this.tell();
  }

  tell() {
    const { state, data } = this;
    document.getElementById("utc").textContent = `${DW.utcFull(state.t)} UTC`;
    document.getElementById("local").textContent = DW.kst(state.t);
    this.strip.tell();
    const now = document.getElementById("now");
    if (now) now.textContent = DW.nowWords(data, data.trackOf.get(state.ship), state.t);
    for (const [event, row] of this.rows) if (row.classList.contains("on") !== DW.during(event, state.t)) row.classList.toggle("on");
    this.showAbreast();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.remember(), 400);
  }

  play(on) {
    const { state } = this, button = document.getElementById("play");
    if (on && state.t >= state.last) this.go(state.first);
    state.playing = on;
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? "❚❚ Pause" : "▶ Play";
    let before = performance.now();
    const frame = (now) => {
      if (!state.playing) return;
      this.go(state.t + (Math.min(250, now - before) / 1000) * state.rate);
      before = now;
      if (state.t >= state.last) this.play(false);
      else requestAnimationFrame(frame);
    };
    if (on) requestAnimationFrame(frame);
  }

  rate(by) {
    const select = document.getElementById("speed");
    select.selectedIndex = Math.max(0, Math.min(DW.RATES.length - 1, select.selectedIndex + by));
    this.state.rate = DW.RATES[select.selectedIndex][0];
  }

  // To the next event by time, from the one chosen or from now.
  step(by) {
    const { state, byTime } = this;
    const at = state.event ? byTime.indexOf(state.event) + by
      : by > 0 ? byTime.findIndex((event) => event.start > state.t) : byTime.findLastIndex((event) => event.start < state.t);
    if (byTime[at]) this.chooseEvent(byTime[at]);
  }

  chooseEvent(event) {
    const { state } = this;
    state.event = event;
    state.still = 0;
    for (const [other, row] of this.rows) row.setAttribute("aria-current", String(other === event));
    if (event) {
      const row = this.rows.get(event), list = document.getElementById("event-list");
      list.scrollTop = row.offsetTop - list.offsetTop - 40;
      if (!event.ships.includes(state.ship)) this.chooseShip(event.ships[0], true);
      this.fitEvent(event);
      this.go(Math.min(event.start, state.last));
    } else this.go(state.t);
    this.strip.paint();
  }

  chooseShip(ship, quiet) {
    const { state } = this;
    state.ship = ship !== null && this.data.trackOf.has(ship) ? ship : null;
    if (state.ship === null) state.follow = false;
    this.showShip();
    this.strip.paint();
    if (quiet) return;
    this.go(state.t);
    const track = this.data.trackOf.get(ship);
    if (!track) return;
    if (track.how === DW.AHEAD) this.go(track.t0 + track.t[0]);
    if (!this.sees(track, 0.02)) this.map.setView([DW.lat(track.py), DW.lon(track.px)], Math.max(8, this.map.getZoom()), { animate: false });
  }

  none() {
    this.state.event = null;
    this.state.follow = false;
    for (const row of this.rows.values()) row.setAttribute("aria-current", "false");
    this.map.closePopup();
    this.chooseShip(null);
    this.go(this.state.t);
  }

  follow(on) {
    this.state.follow = on && this.state.ship !== null;
    this.showShip();
    this.go(this.state.t);
  }

  // Whether a ship lies within the map, clear of its rim by a part of it.
  sees(track, rim) {
    const view = DW.viewOf(this.map), x = ((track.px - view.ox) * view.s) / view.w, y = ((track.py - view.oy) * view.s) / view.h;
    return x > rim && x < 1 - rim && y > rim && y < 1 - rim;
  }

  keepInView() {
    const track = this.state.follow ? this.data.trackOf.get(this.state.ship) : null;
    if (track && track.how !== DW.AHEAD && !this.sees(track, 0.25)) this.map.panTo([DW.lat(track.py), DW.lon(track.px)], { animate: false });
  }

  fitAll() {
    DW.fit(this.map, this.data.view);
  }

  fitEvent(event) {
    const [west, south, east, north] = DW.boxOfEvent(this.data, event), rim = DW.reachAround(this.data, event);
    DW.fit(this.map, [west - rim, south - 0.8 * rim, east + rim, north + 0.8 * rim], { maxZoom: 13 });
  }

  clicked(zones, at) {
    const track = this.moving.shipAt(this.map.latLngToContainerPoint(at));
    if (track) this.chooseShip(track.ship);
    else DW.zonesPopup(this.map, this.data, zones, at);
  }

  under(point) {
    const track = this.moving.shipAt(point);
    if (!track) return null;
    const ship = this.data.ships[track.ship];
    return [DW.said(DW.shipName(ship) || "no name"), ` ${ship.mmsi} · ${track.how === DW.SILENT ? "silent, last heard" : "position of"} ${DW.utcFull(track.t0 + track.t[track.at])} UTC`,
      track.sog[track.at] >= 0 ? ` · ${(track.sog[track.at] / 10).toFixed(1)} kn` : ""];
  }

  showShip() {
    const { data, state } = this;
    DW.fill("ship", DW.shipCard(data, state, { follow: () => this.follow(!state.follow), none: () => this.none() }));
    const now = document.getElementById("now");
    if (now) now.textContent = DW.nowWords(data, data.trackOf.get(state.ship), state.t);
  }

  // Ships of the event chosen, or of the one that goes on with the chosen ship in it, in their own frame.
  showAbreast() {
    const { data, state } = this, box = document.getElementById("abreast");
    const event = [state.event, ...data.events.filter((e) => state.ship !== null && e.ships.includes(state.ship) && DW.during(e, state.t))].find((e) => e && e.ships.length > 1);
    const made = event && DW.abreast(data, event, state.t, state);
    if (!made) return box.replaceChildren();
    if (box.dataset.event !== event.id || !box.firstChild) {
      box.dataset.event = event.id;
      const again = () => this.showAbreast();
      box.replaceChildren(DW.el("h2", { text: "In their own frame" }), DW.el("div", { id: "frame" }), DW.el("div", { class: "acts" },
        DW.toggle(state.northUp, () => (state.northUp = !state.northUp), again, "north up"),
        DW.el("button", { type: "button", title: "Put the next ship in the middle", onclick: () => {
          state.still = (state.still + 1) % event.ships.length;
          again();
        } }, "other ship in the middle")));
    }
    return DW.fill("frame", [made]);
  }

  // Keep time, ship and event in the address, so that a link leads back to the moment.
  remember() {
    const { state, data } = this;
    const parts = [`t=${new Date(Math.round(state.t) * 1000).toISOString().slice(0, 19)}Z`];
    if (state.ship !== null) parts.push(`ship=${data.ships[state.ship].mmsi}`);
    if (state.event) parts.push(`event=${state.event.id}`);
    try {
      history.replaceState(null, "", `#${parts.join("&")}`);
    } catch {
      // some browsers keep files from changing their address; the page works without
    }
  }

  open(hash) {
    const asked = new URLSearchParams(hash.slice(1)), t = Date.parse(asked.get("t") || "") / 1000;
    const event = this.data.events.find(({ id }) => id === asked.get("event"));
    const track = this.data.trackList.find((one) => String(this.data.ships[one.ship].mmsi) === asked.get("ship"));
    if (event) this.chooseEvent(event);
    if (track) this.chooseShip(track.ship, Boolean(event));
    if (Number.isFinite(t)) this.go(t);
  }
};
