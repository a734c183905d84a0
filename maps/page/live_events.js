// The events of a watch: taken as they open, grow, close or are withdrawn, and listed.
"use strict";

DW.LISTED = 300; // rows at once
DW.WITHDRAWN_S = 3600; // for so long a withdrawn event stays in the list

// Take an event as it stands, with its words. Returns it, and whether it was not known.
DW.takeEvent = function (data, told, words, found) {
  const known = data.events.find(({ id }) => id === told.id), kept = known || {};
  const { zones: ids, ...said } = DW.shown(words), kind = DW.visible(told.kind);
  if (!data.kindOf[kind]) DW.addKind(data, kind);
  const event = Object.assign(kept, said, {
    id: told.id, kind, score: told.score, start: Date.parse(told.start) / 1000, end: told.end ? Date.parse(told.end) / 1000 : null, lon: DW.nearLon(data, told.lon), lat: told.lat,
    ships: told.mmsi.map((mmsi) => DW.placeOf(data, mmsi)), zones: [], other_zones: [], found: found ? Date.parse(found) / 1000 : kept.found ?? 0, gone: null, stamp: (kept.stamp || 0) + 1,
  });
  event.x = DW.x(event.lon);
  event.y = DW.y(event.lat);
  for (const one of event.drawn) one.places = one.places.map(([lon, lat]) => [DW.nearLon(data, lon), lat]);
  for (const id of ids) data.zoneOf.has(id) ? event.zones.push(data.zoneOf.get(id)) : event.other_zones.push(id);
  if (!known) data.events.push(event);
  return event;
};

DW.addKind = function (data, kind) {
  const label = kind.replaceAll("_", " ");
  data.kindOf[kind] = { kind, label, plural: label, colour: "#4A4A4A", shape: "bar", means: "", unseen: "Not observed: anything that AIS does not carry." };
};

// Take a revision. Returns what a listener should hear of it; empty for what only grew.
DW.takeRevision = function (data, revision) {
  const { action, event: told, words, supersedes, made_at: at } = revision, known = data.events.some(({ id }) => id === told.id);
  if (action === "withdrawn") {
    const event = DW.takeEvent(data, told, words, null);
    data.events.splice(data.events.indexOf(event), 1);
    event.gone = { at: Date.parse(at) / 1000, why: "With what came later it is no longer what its rule asks for." };
    data.withdrawn = [event, ...data.withdrawn.filter(({ id }) => id !== event.id)];
    return `Withdrawn: ${data.kindOf[event.kind].label}`;
  }
  data.withdrawn = data.withdrawn.filter(({ id }) => id !== told.id);
  const event = DW.takeEvent(data, told, words, action === "new" ? at : null);
  for (const gone of data.withdrawn) {
    if (!supersedes.includes(gone.id)) continue;
    gone.gone.why = `Replaced by another event of this kind (${event.id}): what came later moved its beginning, or made one of several.`;
    gone.gone.by = event.id;
    if (data.handling.has(gone.id) && !data.handling.has(event.id)) data.handling.set(event.id, { ...data.handling.get(gone.id) });
    gone.stamp++;
  }
  if (!known) event.fresh = true;
  return known ? "" : `New: ${data.kindOf[event.kind].label}, score ${event.score.toFixed(2)}`;
};

// What was done about an event, in words; the first is whether anyone has it in hand.
DW.handled = function (data, event, now) {
  const done = data.handling.get(event.id) || {}, words = [];
  const snoozed = done.snoozed_until && Date.parse(done.snoozed_until) / 1000 > now;
  if (done.verdict) words.push([DW.visible(done.verdict), " (", DW.said(DW.visible(done.verdict_by || "")), ")"]);
  if (done.acknowledged_by) words.push(["acknowledged by ", DW.said(DW.visible(done.acknowledged_by))]);
  if (snoozed) words.push([`snoozed until ${done.snoozed_until.slice(11, 16)} UTC`]);
  if (done.notes) words.push([`${done.notes} note${done.notes === 1 ? "" : "s"}`]);
  return { inHand: Boolean(done.acknowledged_by || done.verdict || snoozed), snoozed, words };
};

DW.EventList = class {
  constructor(data, choose, now) {
    Object.assign(this, { data, choose, now, rows: new Map(), shown: [], kind: "" });
    const option = (value, text) => DW.el("option", { value, text });
    document.getElementById("by-score").append(option(String(data.score_medium), `score ${data.score_medium} and more`), option(String(data.score_high), `score ${data.score_high} and more`));
    document.getElementById("by-zone").append(option("", "any zone"), option("none", "in no zone"), ...data.zones.map((zone, i) => option(String(i), zone.name)));
    document.getElementById("filter").addEventListener("change", () => this.changed());
    document.getElementById("filter").addEventListener("submit", (e) => e.preventDefault());
  }

  changed() {
    this.paint();
    this.onchange();
  }

  passes(event) {
    const value = (id) => document.getElementById(id).value, zone = value("by-zone");
    return (!this.kind || event.kind === this.kind) && event.score >= Number(value("by-score")) &&
      (!zone || (zone === "none" ? !event.zones.length && !event.other_zones.length : event.zones.includes(Number(zone)))) &&
      !(document.getElementById("open-only").checked && DW.handled(this.data, event, this.now()).inHand);
  }

  // Those shown that nobody has in hand.
  unattended() {
    return this.shown.filter((event) => !DW.handled(this.data, event, this.now()).inHand);
  }

  // Whether a filter is set.
  chosenFew() {
    const value = (id) => document.getElementById(id).value;
    return Boolean(this.kind || Number(value("by-score")) || value("by-zone") || document.getElementById("open-only").checked);
  }

  // What there is at a glance: of each kind how many, and how many are new. A press shows that kind alone.
  kinds(now) {
    const { data } = this, box = document.getElementById("kinds"), counts = new Map();
    for (const event of data.events) {
      const count = counts.get(event.kind) || { n: 0, open: 0, fresh: 0 }, { inHand } = DW.handled(data, event, now);
      counts.set(event.kind, { n: count.n + 1, open: count.open + !inHand, fresh: count.fresh + Boolean(event.fresh && !inHand) });
    }
    if (this.kind && !counts.has(this.kind)) counts.set(this.kind, { n: 0, open: 0, fresh: 0 });
    const key = JSON.stringify([this.kind, ...counts]);
    if (box.dataset.key === key) return;
    const focused = box.contains(document.activeElement) && document.activeElement.dataset.kind;
    box.dataset.key = key;
    box.replaceChildren(...Object.values(data.kindOf).filter(({ kind }) => counts.has(kind)).map((kind) => {
      const { n, open, fresh } = counts.get(kind.kind), act = () => {
        this.kind = this.kind === kind.kind ? "" : kind.kind;
        this.changed();
      };
      return DW.el("button", { type: "button", "data-kind": kind.kind, "aria-pressed": String(this.kind === kind.kind), title: `${DW.count(open)} not acknowledged; press for these alone, again for all`, onclick: act },
        DW.symbol(kind, false, 14), DW.el("b", { text: ` ${DW.count(n)} ` }), kind.label, fresh ? DW.el("b", { class: "fresh", text: `${DW.count(fresh)} new` }) : null);
    }));
    if (focused) (box.querySelector(`[data-kind="${CSS.escape(focused)}"]`) || box).focus();
  }

  // Those that pass the filter, in order; snoozed ones last.
  sorted() {
    const { data } = this, now = this.now(), byScore = document.getElementById("order").value === "score";
    const recent = data.withdrawn.filter((event) => now - event.gone.at < DW.WITHDRAWN_S);
    const time = (event) => (event.gone ? event.gone.at : event.found || event.start);
    const last = (event) => (event.gone ? 0 : DW.handled(data, event, now).snoozed ? 1 : 0);
    return [...data.events, ...recent].filter((event) => this.passes(event))
      .sort((a, b) => last(a) - last(b) || (byScore ? Boolean(a.gone) - Boolean(b.gone) || b.score - a.score : 0) || time(b) - time(a) || b.score - a.score || (a.id < b.id ? -1 : 1));
  }

  paint(chosen = this.chosen) {
    this.chosen = chosen;
    const { data } = this, every = this.sorted(), list = document.getElementById("event-list"), now = this.now();
    this.shown = every.filter((event) => !event.gone);
    const nodes = every.slice(0, DW.LISTED).map((event) => this.row(event, now));
    const more = every.length - nodes.length;
    if (more > 0) nodes.push(this.line(`and ${DW.count(more)} more: choose a kind, a score or a zone`));
    if (!every.length) nodes.push(this.line(data.events.length ? "No event passes the filter." : "No event stands. That says nothing of ships that send no AIS, or that no receiver hears."));
    if (nodes.length !== list.childNodes.length || nodes.some((node, i) => node !== list.childNodes[i])) {
      const focused = list.contains(document.activeElement) ? document.activeElement : null, top = list.scrollTop;
      list.replaceChildren(...nodes);
      list.scrollTop = top;
      if (focused && focused.isConnected) focused.focus();
    }
    for (const [id, row] of this.rows) row.node.setAttribute("aria-current", String(Boolean(chosen) && chosen.id === id));
    this.kinds(now);
    const waiting = data.events.filter((event) => !DW.handled(data, event, now).inHand), open = waiting.length, fresh = waiting.filter((event) => event.fresh).length;
    document.getElementById("shown").textContent = `${DW.count(this.shown.length)} of ${DW.count(data.events.length)}, ${DW.count(open)} not acknowledged`;
    document.getElementById("drawer").replaceChildren(`${DW.count(data.events.length)} events, ${DW.count(open)} not acknowledged`, fresh ? DW.el("b", { class: "fresh", text: `${DW.count(fresh)} new` }) : "");
    this.takeAll();
    document.title = `${open ? `(${open}) ` : ""}darkwake watch`;
  }

  // All shown can be acknowledged at once where a filter chose them.
  takeAll() {
    const button = document.getElementById("take-all"), n = this.unattended().length;
    if (button.disabled) return;
    button.hidden = n < 2 || !this.chosenFew();
    if (button.dataset.sure !== String(n)) {
      button.dataset.sure = "";
      button.textContent = `Acknowledge all ${DW.count(n)}`;
    }
  }

  line(text) {
    if (!this.last || this.last.textContent !== text) this.last = DW.el("p", { class: "hint", text });
    return this.last;
  }

  // The row of an event, the same one while nothing of it has changed.
  row(event, now) {
    const { data } = this, done = DW.handled(data, event, now), kind = data.kindOf[event.kind];
    const key = JSON.stringify([event.stamp, event.gone, done.inHand, done.words.map((parts) => parts.map((part) => part.textContent ?? part)), event.fresh, event.ships.map((i) => DW.shipName(data.ships[i]))]);
    const old = this.rows.get(event.id);
    if (old && old.key === key) return old.node;
    const state = event.gone ? "withdrawn" : event.end === null ? "open" : DW.span(event.end - event.start);
    const parts = [DW.symbol(kind, event.hollow || Boolean(event.gone), 16),
      DW.el("span", {}, DW.el("b", { text: kind.label }), event.gone ? DW.el("b", { class: "gone", text: " withdrawn" }) : DW.el("span", { class: "figure", text: ` ${event.score.toFixed(2)} ${event.word}` }),
        event.fresh && !event.gone && !done.inHand ? DW.el("b", { class: "fresh", text: "new" }) : null,
        DW.el("span", { class: "when", text: `${DW.utc(event.start)} · ${state}` }),
        DW.el("span", { class: "names" }, event.ships.slice(0, 3).map((i) => DW.shipText(data, i)), event.ships.length > 3 ? `and ${event.ships.length - 3} more` : null),
        event.zones.length ? DW.el("span", { class: "when where" }, DW.said(data.zones[event.zones[0]].name)) : null,
        event.gone ? DW.el("span", { class: "why", text: event.gone.why }) : null,
        DW.el("span", { class: "done" }, done.words.flatMap((words, i) => [i ? "; " : "", ...words])))];
    const node = DW.el("button", { type: "button", class: `event ${event.gone ? "is-gone" : done.inHand ? "in-hand" : "open"} ${event.word}`, "data-id": event.id, onclick: () => this.choose(event) }, parts);
    this.rows.set(event.id, { key, node });
    return node;
  }
};
