// Keys of a replay: everything that a mouse can do.
"use strict";

DW.KEYS = [
  ["Space", "play or pause"], ["← →", "back or on by a minute; with Shift by an hour"], ["Home End", "to the start, to the end"],
  ["P N", "previous, next event"], ["− +", "slower, faster"], ["/", "find a ship"], ["F", "follow the ship chosen"],
  ["E", "fit the map to the event, or to all"], ["Escape", "choose no ship and no event"], ["arrows on the map", "move it; + and − there zoom"],
];

DW.replayKeys = function (act) {
  const list = document.querySelector("#keys dl");
  list.append(...DW.KEYS.flatMap(([key, what]) => [DW.el("dt", { text: key }), DW.el("dd", { text: what })]));
  document.addEventListener("keydown", (e) => {
    const on = e.target;
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const typing = on.tagName === "INPUT" && on.type !== "checkbox", list = on.tagName === "SELECT", map = on.closest && on.closest(".leaflet-container");
    if (typing || list) return;
    const step = e.shiftKey ? 3600 : 60;
    const keys = {
      " ": on.tagName === "BUTTON" || on.tagName === "SUMMARY" || on.type === "checkbox" ? null : act.play,
      ArrowLeft: map ? null : () => act.by(-step), ArrowRight: map ? null : () => act.by(step),
      Home: act.first, End: act.last, n: act.nextEvent, p: act.previousEvent,
      "+": map ? null : act.faster, "=": map ? null : act.faster, "-": map ? null : act.slower,
      "/": () => document.getElementById("find").focus(), f: act.follow, e: act.fit, Escape: act.none,
    };
    const found = keys[e.key] || keys[e.key.toLowerCase()];
    if (!found) return;
    found();
    e.preventDefault();
  });
};
