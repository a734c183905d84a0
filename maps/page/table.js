// The table of events, strongest first, and its filter by kind, zone and text.
"use strict";

DW.row = function (data, event, choose) {
  const kind = data.kindOf[event.kind];
  const zones = event.zones.map((i) => data.zones[i].name).concat(event.other_zones);
  const row = DW.el("tr", { tabindex: "-1", "data-id": event.id, onclick: () => choose(event) },
    DW.el("td", { class: "n", text: String(event.rank) }),
    DW.el("td", { class: "kind" }, DW.symbol(kind, event.hollow, 16), DW.el("span", { text: kind.label })),
    DW.el("td", {}, DW.score(event, "")),
    DW.el("td", { class: "t", text: DW.utc(event.start) }),
    DW.el("td", { class: "t", text: event.end === null ? "open" : DW.span(event.end - event.start) }),
    DW.el("td", { class: "ships" }, event.ships.map((i) => DW.shipText(data, i))),
    DW.el("td", { class: "where", title: zones.join("\n") }, DW.el("div", {},
      zones.length ? DW.said(zones[0]) : DW.el("span", { class: "none", text: "no zone" }),
      zones.length > 1 ? DW.el("small", { text: ` +${zones.length - 1}` }) : null)));
  row.addEventListener("keydown", (e) => {
    const next = e.key === "ArrowDown" ? row.nextElementSibling : e.key === "ArrowUp" ? row.previousElementSibling : null;
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
  const filter = { text: document.getElementById("find"), zone: document.getElementById("in-zone"), kinds: new Set() };
  DW.kindButtons(data, filter, () => apply());
  data.zones.forEach((zone, i) => {
    if (zone.events) filter.zone.append(DW.el("option", { value: String(i), text: `${zone.name} (${zone.events})` }));
  });
  const apply = function () {
    const words = filter.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const zone = filter.zone.value;
    state.shown = data.events.filter((event) =>
      (!filter.kinds.size || filter.kinds.has(event.kind)) &&
      (zone === "" || (zone === "none" ? !event.zones.length && !event.other_zones.length : event.zones.includes(Number(zone)))) &&
      words.every((word) => event.find.includes(word)));
    const shown = new Set(state.shown);
    for (const [event, row] of rows) row.hidden = !shown.has(event);
    const first = state.shown[0];
    for (const [event, row] of rows) row.tabIndex = event === (shown.has(state.chosen) ? state.chosen : first) ? 0 : -1;
    DW.fill("shown", `${DW.count(state.shown.length)} of ${DW.count(data.events.length)} shown, highest score first`);
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
