// The report: the page around the map, and what ties header, map, table and detail together.
"use strict";

DW.start = async function (map) {
  const data = await DW.load();
  const state = { shown: data.events, chosen: null, heard: true, ports: true, groupsOff: new Set(), zoneMarked: null, coat: "plain" };
  const slot = document.getElementById("map-slot");
  slot.append(map.getContainer());
  map.invalidateSize({ animate: false });
  DW.header(data);
  const layer = DW.chart(map, data, state, { event: (event) => choose(event), fix: ({ ship }) => openShip(ship), zones: (zones, at) => DW.zonesPopup(map, data, zones, at) });
  const table = DW.table(data, state, (event) => choose(event), () => layer.later());
  const openShip = function (i) {
    state.chosen = null;
    state.ships = [i];
    const back = DW.el("button", { type: "button", onclick: () => choose(before) }, "‹ Back to the event"), before = state.last;
    DW.fill("steps", before ? back : "", DW.el("button", { type: "button", class: "all", onclick: () => choose(null) }, "All events"));
    const box = document.getElementById("detail");
    box.replaceChildren(DW.shipSheet(data, i, (event) => choose(event)));
    box.focus({ preventScroll: true });
    document.getElementById("side").scrollTop = 0;
    const track = data.trackOf.get(i);
    if (track) DW.fit(map, [DW.lon(track.box[0]), DW.lat(track.box[3]), DW.lon(track.box[2]), DW.lat(track.box[1])], { maxZoom: 12 });
    layer.paint();
  };
  const choose = function (event, quiet) {
    state.chosen = state.last = event;
    state.ships = [];
    DW.showDetail(data, state, event, choose, openShip);
    DW.mark(table.rows, event, quiet);
    if (event) DW.fit(map, DW.boxOfEvent(data, event), { maxZoom: 12 });
    else DW.fit(map, data.view);
    layer.paint();
    if (!quiet) DW.remember(event);
  };
  const repaint = () => layer.paint(), more = document.getElementById("more");
  more.open = window.innerHeight >= 900; // on a low screen the table comes first
  more.addEventListener("toggle", () => map.invalidateSize({ animate: false }));
  DW.fill("legend", DW.coats(data, state, repaint), DW.legend(data, state, repaint));
  DW.behind(data);
  document.getElementById("page").classList.toggle("nothing", !data.events.length);
  DW.allButton(map, () => choose(null));
  table.apply();
  map.invalidateSize({ animate: false }); // legend and list have taken their part of the column by now
  DW.fit(map, data.view);
  const asked = data.events.find((event) => `#${event.id}` === location.hash);
  if (asked) choose(asked, true);
  else DW.showDetail(data, state, null, choose, openShip);
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

DW.showDetail = function (data, state, event, choose, openShip) {
  const at = state.shown.indexOf(event);
  const step = (label, name, target) =>
    DW.el("button", { type: "button", title: name, disabled: !target, onclick: () => choose(target) }, label);
  const steps = event
    ? [step("‹ Previous", "Previous event of the table", state.shown[at - 1]), step("Next ›", "Next event of the table", state.shown[at + 1]),
      DW.el("button", { type: "button", class: "all", onclick: () => choose(null) }, "All events")]
    : [];
  DW.fill("steps", steps);
  const box = document.getElementById("detail");
  box.replaceChildren(event ? DW.detail(data, event, null, openShip) : DW.welcome(data, choose));
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

