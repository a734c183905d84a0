// The event chosen: what was observed, for and against, what has become of it, and what an officer says to it.
"use strict";

DW.SNOOZES = [[1, "1 hour"], [4, "4 hours"], [12, "12 hours"]];
DW.VERDICTS = ["false alarm", "confirmed"];

// A name for what is said once, should it come to be sent twice.
DW.key = () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (word) => word.toString(36)).join("");

DW.who = () => localStorage.getItem("darkwake-who") || "";

DW.eventCard = function (data, event, act) {
  const kind = data.kindOf[event.kind];
  const part = (title, ...children) => DW.el("section", { class: "part" }, DW.el("h4", { text: title }), ...children);
  for (const zone of data.zones) zone.events = 0;
  for (const one of data.events) for (const i of one.zones) data.zones[i].events++;
  const strips = DW.strips(data, event);
  const story = DW.el("div", { class: "story" }, DW.el("p", { class: "hint", text: "…" }));
  DW.ask(`events/${event.id}`).then(({ revisions }) => story.replaceChildren(DW.story(revisions)), (error) => story.replaceChildren(DW.el("p", { class: "hint", text: error.message })));
  return DW.el("article", { class: "detail", "data-id": event.id },
    DW.el("header", {}, DW.symbol(kind, event.hollow || Boolean(event.gone), 22), DW.el("h3", { text: kind.label }), DW.closing(act.close), DW.score(event)),
    event.gone ? DW.el("p", { class: "was" }, DW.el("b", { text: `Withdrawn at ${DW.utcFull(event.gone.at).slice(11)} UTC. ` }), event.gone.why) : null,
    DW.el("p", { class: "summary", text: event.summary }),
    DW.handling(data, event, act),
    DW.facts(data, event),
    part(event.ships.length === 1 ? "Ship" : "Ships", event.ships.map((i) => DW.el("button", { type: "button", class: "open-ship", onclick: () => act.ship(i) }, DW.shipText(data, i)))),
    event.pro.length ? part("Speaks for it", DW.list(event.pro, "pro")) : null,
    part("Speaks against it", DW.list(event.con, "con"), kind.means ? DW.el("p", { class: "means", text: kind.means }) : null),
    part("Evidence", DW.pairs(event.rows)),
    strips ? part("Over time", strips, DW.keyOfShips(data, event)) : null,
    event.notes.length ? part("Notes", DW.list(event.notes, "notes")) : null,
    event.zones.length ? part("Zones and whose lines they are", ...event.zones.map((i) => DW.zoneCard(data, data.zones[i]))) : null,
    DW.el("p", { class: "unseen", text: kind.unseen }),
    part("What became of it", story),
    DW.el("p", { class: "ident" }, "Event ", DW.el("code", { text: event.id })));
};

DW.closing = (close) => DW.el("button", { type: "button", class: "close", title: "Close (Escape)", "aria-label": "Close", onclick: close }, "✕");

DW.story = (revisions) => DW.el("ol", {}, revisions.slice(-20).map(({ made_at: at, action, event }) =>
  DW.el("li", {}, `${at.replace("T", " ").replace("Z", "")} UTC: ${action === "new" ? "found" : action}, score ${event.score.toFixed(2)}, ${event.end ? `until ${event.end.slice(11, 16)}` : "open"}`)));

// Buttons for what can be done about an event, and what was done.
DW.handling = function (data, event, act) {
  const done = data.handling.get(event.id) || {}, box = DW.el("section", { class: "handling" }), said = DW.el("p", { class: "answer", role: "status" }), list = DW.el("ul", { class: "said" });
  const who = DW.el("input", { class: "who-am-i", maxlength: "60", "aria-label": "Your name or watch", placeholder: "Your name or watch", value: DW.who() });
  const text = DW.el("textarea", { rows: "2", maxlength: "2000", "aria-label": "Note", placeholder: "Note: what you know, did, or were told" });
  const hours = DW.el("select", { "aria-label": "For how long" }, DW.SNOOZES.map(([h, name]) => DW.el("option", { value: String(h), text: name })));
  const send = async function (action, more) {
    const me = who.value.trim();
    if (!me) {
      said.textContent = "Say who you are first: it is kept with what you do.";
      who.hidden = false;
      who.focus();
      return;
    }
    localStorage.setItem("darkwake-who", me);
    const note = text.value.trim();
    if (action === "note" && !note) {
      text.focus();
      return;
    }
    try {
      const made = await DW.ask(`events/${event.id}/notes`, { who: me, action, key: DW.key(), ...(note ? { text: note } : {}), ...more });
      text.value = "";
      said.textContent = "Kept.";
      act.noted(made);
    } catch (error) {
      said.textContent = `Not kept: ${error.message}`;
    }
  };
  // A button that shows whether it was done, and then takes that back.
  const button = (name, on, words, act, back) => DW.el("button", { type: "button", "data-act": name, "aria-pressed": String(Boolean(on)), title: on ? "Take it back" : "", onclick: () => send(...(on ? back : act())) }, on ? `✓ ${words}` : name);
  const judge = (name, verdict) => button(name, done.verdict === verdict, name, () => ["verdict", { verdict }], ["verdict", { verdict: null }]);
  const snoozed = done.snoozed_until && Date.parse(done.snoozed_until) / 1000 > act.now();
  const until = () => ({ until: `${new Date(1000 * (act.now() + 3600 * Number(hours.value))).toISOString().slice(0, 19)}Z` });
  const show = () => DW.ask(`events/${event.id}/notes`).then(({ notes }) => list.replaceChildren(...DW.shown(notes).map(DW.noteLine)), () => list.replaceChildren());
  show();
  who.hidden = Boolean(DW.who());
  box.append(
    DW.el("div", { class: "acts" }, button("Acknowledge", done.acknowledged_by, "Acknowledged", () => ["acknowledge", {}], ["unacknowledge", {}]), judge("False alarm", "false alarm"), judge("Confirmed", "confirmed")),
    DW.el("div", { class: "acts" }, button("Snooze", snoozed, `Snoozed until ${snoozed ? done.snoozed_until.slice(11, 16) : ""}`, () => ["snooze", until()], ["snooze", { until: null }]), snoozed ? null : hours, DW.who() ? DW.el("button", { type: "button", class: "as", title: "Change who you are", onclick: () => (who.hidden = !who.hidden) }, `as ${DW.who()}`) : null), who,
    DW.el("div", { class: "acts note" }, text, DW.el("button", { type: "button", "data-act": "Keep note", onclick: () => send("note", {}) }, "Keep note")), said, list);
  return box;
};

DW.noteLine = function ({ made_at: at, who, action, text, verdict, until }) {
  const what = {
    acknowledge: "acknowledged", unacknowledge: "no longer acknowledged", verdict: verdict || "verdict taken back", snooze: until ? `snoozed until ${until.slice(0, 16).replace("T", " ")}` : "no longer snoozed", note: "note",
  }[action];
  return DW.el("li", {}, DW.el("span", { class: "when" }, `${String(at).slice(0, 16).replace("T", " ")} UTC, `, DW.said(who), `: ${what}`), text ? DW.el("span", { class: "words" }, DW.said(text)) : null);
};

// What a note changes of an event's handling.
DW.takeNote = function (data, note) {
  const done = { notes: 0, ...data.handling.get(note.event_id) };
  if (done.seq >= note.seq) return;
  done.seq = note.seq;
  if (note.action === "acknowledge") Object.assign(done, { acknowledged_by: note.who, acknowledged_at: note.made_at });
  if (note.action === "unacknowledge") Object.assign(done, { acknowledged_by: null, acknowledged_at: null });
  if (note.action === "snooze") done.snoozed_until = note.until;
  if (note.action === "verdict") Object.assign(done, { verdict: note.verdict, verdict_by: note.verdict && note.who });
  if (note.text) done.notes++;
  const event = data.events.find(({ id }) => id === note.event_id);
  if (event) event.fresh = false;
  data.handling.set(note.event_id, done);
};
