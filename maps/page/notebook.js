// A case on a folium map for notebooks: the same canvas, evidence in a popup, legend and events in a corner that folds.
"use strict";

DW.start = async function (map) {
  const data = await DW.load();
  const state = { shown: data.events, chosen: null, heard: true, ports: true, groupsOff: new Set(), zoneMarked: null, coat: "kind" };
  const popup = (at, ...nodes) => {
    const box = DW.el("div", { class: "dw-popup" }, ...nodes);
    DW.meters(box);
    L.popup({ maxWidth: 440, minWidth: 260, maxHeight: 360, autoPan: true }).setLatLng(at).setContent(box).openOn(map);
  };
  const choose = function (event) {
    state.chosen = event;
    layer.paint();
    if (event) popup([event.lat, event.lon], DW.detail(data, event));
    told.replaceChildren(event ? `${event.rank} of ${DW.count(data.events.length)}` : `${DW.count(data.events.length)} events`);
  };
  const layer = DW.chart(map, data, state, {
    event: choose,
    fix({ ship }, at) {
      choose(null);
      popup(at, DW.ship(data.ships[ship], 0));
    },
    zones(zones, at) {
      choose(null);
      if (zones.length) popup(at, ...zones.map((zone) => DW.zoneCard(data, zone)));
    },
  });
  const told = DW.el("span", { role: "status" });
  const step = (by) => {
    const at = data.events.indexOf(state.chosen), next = data.events[at < 0 ? (by > 0 ? 0 : data.events.length - 1) : at + by];
    if (!next) return;
    DW.fit(map, DW.boxOfEvent(data, next), { maxZoom: 12 });
    choose(next);
  };
  const button = (text, name, by) => DW.el("button", { type: "button", title: name, "aria-label": name, onclick: () => step(by) }, text);
  const corner = DW.el("div", { class: "dw-corner" },
    DW.el("div", { class: "dw-step" }, button("‹", "Stronger event", -1), told, button("›", "Weaker event", 1)),
    DW.el("details", {}, DW.el("summary", { text: "Legend and layers" }), DW.el("div", { class: "legend" }, DW.coats(data, state, () => layer.paint()), DW.legend(data, state, () => layer.paint()))));
  L.DomEvent.disableClickPropagation(corner);
  L.DomEvent.disableScrollPropagation(corner);
  const control = L.control({ position: "topright" });
  control.onAdd = () => corner;
  control.addTo(map);
  choose(null);
  DW.fit(map, data.view);
  document.documentElement.dataset.ready = "yes";
};
