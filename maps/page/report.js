// The report: the page around the map, and what ties header, map, table and detail together.
"use strict";

DW.start = async function (map) {
  const data = await DW.load();
  const state = { shown: data.events, chosen: null, heard: true, ports: true, groupsOff: new Set(), zoneMarked: null };
  const slot = document.getElementById("map-slot");
  slot.append(map.getContainer());
  map.invalidateSize({ animate: false });
  DW.header(data);
  const layer = DW.chart(map, data, state, { event: (event) => choose(event), zones: (zones, at) => DW.zonesPopup(map, data, zones, at) });
  const table = DW.table(data, state, (event) => choose(event), () => layer.later());
  const choose = function (event, quiet) {
    state.chosen = event;
    DW.showDetail(data, state, event, choose);
    DW.mark(table.rows, event, quiet);
    if (event) DW.fit(map, DW.boxOfEvent(data, event), { maxZoom: 12 });
    else DW.fit(map, data.view);
    layer.paint();
    if (!quiet) DW.remember(event);
  };
  DW.legend(data, state, () => layer.paint());
  DW.behind(data);
  document.getElementById("page").classList.toggle("nothing", !data.events.length);
  DW.allButton(map, () => choose(null));
  table.apply();
  map.invalidateSize({ animate: false }); // legend and list have taken their part of the column by now
  DW.fit(map, data.view);
  const asked = data.events.find((event) => `#${event.id}` === location.hash);
  if (asked) choose(asked, true);
  else DW.showDetail(data, state, null, choose);
  DW.printing(map, data, state, layer);
  document.documentElement.dataset.ready = "yes";
};

DW.header = function (data) {
  const { lead } = data;
  document.documentElement.lang = "en";
  document.title = data.title;
  DW.fill("made", DW.said(data.title), ` · made ${data.made} UTC · darkwake ${data.version}`);
  DW.fill("headline", DW.said(lead.headline));
  DW.fill("span", DW.said(lead.span));
  DW.fill("lead-found", DW.said(lead.found));
  DW.fill("lead-sure", DW.said(lead.sure));
  DW.fill("lead-unseen", DW.said(lead.unseen));
};

DW.remember = function (event) {
  try {
    history.replaceState(null, "", event ? `#${event.id}` : "#");
  } catch {
    // some browsers keep files from changing their address; the page works without
  }
};

DW.mark = function (rows, event, quiet) {
  for (const [other, row] of rows) {
    row.setAttribute("aria-selected", String(other === event));
    row.tabIndex = other === event ? 0 : -1;
  }
  const row = rows.get(event);
  if (!row) return;
  const scroll = document.getElementById("scroll"), top = row.offsetTop - 34;
  if (top < scroll.scrollTop || row.offsetTop + row.offsetHeight > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = top;
  const work = document.getElementById("work");
  const box = work.getBoundingClientRect();
  if (!quiet && Math.abs(box.top) > 60) work.scrollIntoView({ block: "start" });
};

DW.showDetail = function (data, state, event, choose) {
  const at = state.shown.indexOf(event);
  const step = (label, name, target) =>
    DW.el("button", { type: "button", title: name, disabled: !target, onclick: () => choose(target) }, label);
  const steps = event
    ? [step("‹ Stronger", "Previous event of the list", state.shown[at - 1]), step("Weaker ›", "Next event of the list", state.shown[at + 1]),
      DW.el("button", { type: "button", class: "all", onclick: () => choose(null) }, "All events")]
    : [];
  DW.fill("steps", steps);
  const box = document.getElementById("detail");
  box.replaceChildren(event ? DW.detail(data, event) : DW.welcome(data, choose));
  DW.meters(box);
  document.getElementById("side").scrollTop = 0;
};

// What stands in the side column until an event is chosen.
DW.welcome = function (data, choose) {
  if (!data.events.length) {
    const limits = DW.el("section", { class: "part" }, DW.el("h4", { text: "What that does not mean" }), DW.list(data.empty, "con"));
    return DW.el("article", { class: "detail" }, DW.el("h3", { text: data.lead.headline }),
      DW.el("p", { class: "summary", text: data.lead.found }), data.empty.length ? limits : "");
  }
  const pick = data.events.slice(0, 6).map((event) =>
    DW.el("button", { type: "button", class: "pick", onclick: () => choose(event) }, DW.symbol(data.kindOf[event.kind], event.hollow, 18),
      DW.el("span", {}, DW.el("b", { text: `${data.kindOf[event.kind].label} · ${event.score.toFixed(2)} ${event.word}` }),
        DW.el("span", { class: "names" }, event.ships.map((i) => DW.shipText(data, i))), DW.said(event.summary))));
  return DW.el("article", { class: "detail" }, DW.el("h3", { text: "Strongest events" }),
    DW.el("p", { class: "hint", text: "Choose an event here, in the table or on the map to see its evidence and its doubts." }), ...pick);
};

DW.allButton = function (map, all) {
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    const button = DW.el("button", { type: "button", class: "dw-all", title: "Show all events", onclick: all }, "All");
    L.DomEvent.disableClickPropagation(button);
    return button;
  };
  control.addTo(map);
};

DW.zonesPopup = function (map, data, zones, at) {
  if (!zones.length) return map.closePopup();
  const cards = zones.map((zone) => DW.zoneCard(data, zone));
  if (cards.length === 1) cards[0].open = true;
  const box = DW.el("div", { class: "zones-here" }, DW.el("p", { text: `${zones.length === 1 ? "Zone" : `${zones.length} zones or lines`} at ${DW.position(at.lng, at.lat)}` }), ...cards);
  return L.popup({ maxWidth: 420, minWidth: 300, maxHeight: 320 }).setLatLng(at).setContent(box).openOn(map);
};

DW.legend = function (data, state, repaint) {
  const sample = (dash, width) => DW.svg("svg", { width: 26, height: 10, class: "swatch", "aria-hidden": "true" },
    DW.svg("line", { x1: 1, y1: 5, x2: 25, y2: 5, stroke: "#34424f", "stroke-width": width, "stroke-dasharray": dash }));
  const toggle = (on, flip, ...label) => {
    const box = DW.el("input", { type: "checkbox", onchange: () => (flip(), repaint()) });
    box.checked = on;
    return DW.el("label", {}, box, ...label);
  };
  const minutes = data.tracks.unheard_s / 60;
  const used = [...new Set(data.zones.map((zone) => zone.group))].sort((a, b) => a - b);
  DW.fill("legend",
    DW.el("div", {}, DW.el("b", { text: "Tracks" }),
      DW.el("span", {}, sample("", 1.6), "received"),
      DW.el("span", {}, sample("2 4", 1.6), `over ${minutes} min without a position (not a route)`),
      DW.el("span", {}, DW.el("i", { class: "x", text: "×" }), "doubted"),
      data.events.some((event) => event.hollow) ? DW.el("span", {}, DW.symbol(data.kindOf.gap || data.kinds[0], true, 14), "cannot be assessed") : null,
      toggle(true, () => (state.heard = !state.heard), DW.el("i", { class: "cell" }), "any ship heard here"),
      toggle(true, () => (state.ports = !state.ports), DW.el("i", { class: "port" }), "ports")),
    DW.el("div", {}, DW.el("b", { text: "Zones" }), used.map((i) =>
      toggle(true, () => state.groupsOff[state.groupsOff.has(i) ? "delete" : "add"](i), DW.swatch(data.zone_groups[i]), data.zone_groups[i].name))));
};
