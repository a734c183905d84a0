// The table of events, strongest first or by any column, and its filter by kind, zone and text.
"use strict";

DW.COLUMNS = [ // heading, and what it sorts by: numbers first grow, words go by the alphabet
  ["No.", (event) => event.rank], ["What", (event, data) => data.kindOf[event.kind].label], ["Score", (event) => -event.score], ["From (UTC)", (event) => event.start],
  ["Length", (event) => (event.end === null ? -Infinity : event.start - event.end)], ["Ships", (event, data) => event.ships.map((i) => DW.shipName(data.ships[i]) || "~").join(" ")],
  ["Where", (event, data) => [...event.zones.map((i) => data.zones[i].name), ...event.other_zones, "~"][0]],
];

// The headings, each a button: once for its order, once more for the other way round.
DW.heads = function (order, apply) {
  const heads = DW.COLUMNS.map(([name], n) => DW.el("th", { scope: "col" }, DW.el("button", { type: "button", text: name, onclick: () => {
    Object.assign(order, { column: n, back: order.column === n && !order.back });
    show();
    apply();
  } })));
  const show = () => heads.forEach((head, n) => {
    const sorted = n === order.column ? (order.back ? "descending" : "ascending") : null;
    if (sorted) head.setAttribute("aria-sort", sorted);
    else head.removeAttribute("aria-sort");
  });
  show();
  DW.fill("heads", heads);
};

DW.sorted = function (data, events, { column, back }) {
  const by = DW.COLUMNS[column][1];
  const keys = new Map(events.map((event) => [event, by(event, data)]));
  const order = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en") : a === b ? 0 : a < b ? -1 : 1);
  const sorted = [...events].sort((a, b) => order(keys.get(a), keys.get(b)) * (back ? -1 : 1) || a.rank - b.rank);
  return sorted;
};

DW.row = function (data, event, choose) {
  const kind = data.kindOf[event.kind];
  const zones = event.zones.map((i) => data.zones[i].name).concat(event.other_zones);
  const row = DW.el("tr", { tabindex: "-1", "data-id": event.id, onclick: () => choose(event) },
    DW.el("td", { class: "n", text: String(event.rank) }),
    DW.el("td", { class: "kind" }, DW.symbol(kind, event.hollow, 16), DW.el("span", { text: kind.label }),
      event.judged ? DW.el("small", { class: "judged", text: event.judged }) : null),
    DW.el("td", {}, DW.score(event, "")),
    DW.el("td", { class: "t", text: DW.utc(event.start), title: DW.kst(event.start) }),
    DW.el("td", { class: "t", text: event.end === null ? "open" : DW.span(event.end - event.start) }),
    DW.el("td", { class: "ships" }, event.ships.map((i) => DW.shipText(data, i))),
    DW.el("td", { class: "where", title: zones.join("\n") }, DW.el("div", {},
      zones.length ? DW.said(zones[0]) : DW.el("span", { class: "none", text: "no zone" }),
      zones.length > 1 ? DW.el("small", { text: ` +${zones.length - 1}` }) : null)));
  row.addEventListener("keydown", (e) => {
    let next = e.key === "ArrowDown" ? row.nextElementSibling : e.key === "ArrowUp" ? row.previousElementSibling : null;
    while (next && next.hidden) next = e.key === "ArrowDown" ? next.nextElementSibling : next.previousElementSibling;
    if (next) next.focus();
    else if (e.key === "Enter" || e.key === " ") choose(event);
    else return;
    e.preventDefault();
  });
  return row;
};

DW.table = function (data, state, choose, changed) {
  const rows = new Map();
  const body = document.getElementById("rows");
  for (const event of data.events) {
    const row = DW.row(data, event, choose);
    rows.set(event, row);
    body.append(row);
  }
  DW.meters(body);
  const order = { column: 0, back: false };
  DW.heads(order, () => apply());
  DW.fill("scores", DW.el("b", { text: "Score " }), ...["high", "medium", "low"].map((word, i) => DW.el("span", {}, DW.el("i", { class: `dot ${word}` }), `${word}: ${data.score_words[i]}`)),
    DW.el("span", { text: "by each detector's documented rule; not a probability" }));
  const filter = { text: document.getElementById("find"), zone: document.getElementById("in-zone"), kinds: new Set() };
  DW.kindButtons(data, filter, () => apply());
  data.zones.forEach((zone, i) => {
    if (zone.events) filter.zone.append(DW.el("option", { value: String(i), text: `${zone.name} (${zone.events})` }));
  });
  const apply = function () {
    const words = filter.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const zone = filter.zone.value;
    state.shown = DW.sorted(data, data.events, order).filter((event) =>
      (!filter.kinds.size || filter.kinds.has(event.kind)) &&
      (zone === "" || (zone === "none" ? !event.zones.length && !event.other_zones.length : event.zones.includes(Number(zone)))) &&
      words.every((word) => event.find.includes(word)));
    const shown = new Set(state.shown);
    body.append(...state.shown.map((event) => rows.get(event)));
    for (const [event, row] of rows) row.hidden = !shown.has(event);
    const first = state.shown[0];
    for (const [event, row] of rows) row.tabIndex = event === (shown.has(state.chosen) ? state.chosen : first) ? 0 : -1;
    DW.fill("shown", `${DW.count(state.shown.length)} of ${DW.count(data.events.length)} shown`);
    changed();
  };
  filter.text.addEventListener("input", apply);
  filter.zone.addEventListener("change", apply);
  document.getElementById("clear").addEventListener("click", () => {
    filter.text.value = filter.zone.value = "";
    filter.kinds.clear();
    for (const button of document.querySelectorAll("#kinds button")) button.setAttribute("aria-pressed", "false");
    apply();
  });
  return { apply, rows };
};

DW.kindButtons = function (data, filter, apply) {
  const buttons = data.kinds.map((kind) =>
    DW.el("button", { type: "button", "aria-pressed": "false", "data-kind": kind.kind, onclick: (e) => {
      const on = !filter.kinds.has(kind.kind);
      filter.kinds[on ? "add" : "delete"](kind.kind);
      e.currentTarget.setAttribute("aria-pressed", String(on));
      apply();
    } }, DW.symbol(kind, false, 18), DW.el("b", { text: DW.count(kind.count) }), DW.el("span", { text: kind.count === 1 ? kind.label : kind.plural })));
  DW.fill("kinds", buttons);
};
