// A case on a folium map for notebooks: the same canvas, and an event's evidence in a popup.
"use strict";

DW.start = async function (map) {
  const data = await DW.load();
  const state = { shown: data.events, chosen: null, heard: true, ports: true, groupsOff: new Set(), zoneMarked: null };
  const popup = (at, node) => {
    DW.meters(node);
    L.popup({ maxWidth: 440, minWidth: 320, maxHeight: 360, autoPan: true }).setLatLng(at).setContent(node).openOn(map);
  };
  const layer = DW.chart(map, data, state, {
    event(event) {
      state.chosen = event;
      layer.paint();
      popup([event.lat, event.lon], DW.el("div", { class: "dw-popup" }, DW.detail(data, event)));
    },
    zones(zones, at) {
      state.chosen = null;
      layer.paint();
      if (zones.length) popup(at, DW.el("div", { class: "dw-popup" }, ...zones.map((zone) => DW.zoneCard(data, zone))));
    },
  });
  DW.fit(map, data.view);
  document.documentElement.dataset.ready = "yes";
};
