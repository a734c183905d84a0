// The legend: what lines, colours and symbols stand for, with the switches of what is drawn.
"use strict";

DW.legend = function (data, state, repaint) {
  const minutes = data.tracks.unheard_s / 60;
  const used = [...new Set(data.zones.map((zone) => zone.group))].sort((a, b) => a - b);
  const drawn = [...new Set(data.events.flatMap((event) => event.drawn.map(({ name }) => `${data.kindOf[event.kind].label}: ${name}`)))];
  const row = (name, ...parts) => DW.el("div", {}, DW.el("b", { text: name }), ...parts);
  const parts = [
    row("Tracks",
      DW.el("span", {}, DW.sample("", 1.6), "received"),
      DW.el("span", {}, DW.sample("2 4", 1.6), `over ${minutes} min without a position (not a route)`),
      DW.el("span", {}, DW.el("i", { class: "x", text: "×" }), "doubted"),
      data.events.some((event) => event.hollow) ? DW.el("span", {}, DW.symbol(data.kindOf.gap || data.kinds[0], true, 14), "cannot be assessed") : null,
      drawn.map((text) => DW.el("span", {}, DW.sample("6 4", 2.2), text)),
      DW.toggle(true, () => (state.heard = !state.heard), repaint, DW.el("i", { class: "cell" }), "any ship heard here"),
      DW.toggle(true, () => (state.ports = !state.ports), repaint, DW.el("i", { class: "port" }), "ports")),
    row("Zones", used.map((i) =>
      DW.toggle(true, () => state.groupsOff[state.groupsOff.has(i) ? "delete" : "add"](i), repaint, DW.swatch(data.zone_groups[i]), data.zone_groups[i].name))),
  ];
  return parts;
};

DW.sample = (dash, width, colour = "#34424f") => DW.svg("svg", { width: 26, height: 10, class: "swatch", "aria-hidden": "true" },
  DW.svg("line", { x1: 1, y1: 5, x2: 25, y2: 5, stroke: colour, "stroke-width": width, "stroke-dasharray": dash }));

DW.toggle = function (on, flip, repaint, ...label) {
  const box = DW.el("input", { type: "checkbox", onchange: () => (flip(), repaint()) });
  box.checked = on;
  return DW.el("label", {}, box, ...label);
};

// What the tracks are coloured by, and what each colour then means.
DW.coats = function (data, state, repaint) {
  const colours = DW.el("span", { class: "colours" });
  const show = () => {
    const classes = data.modes[state.coat].classes;
    colours.replaceChildren(...(state.coat === "ship" ? [DW.el("span", { text: `${classes.length} colours in turn` })] : classes.filter(({ name }) => name)
      .map(({ name, colour }) => DW.el("span", {}, DW.sample("", 3.4, colour), name))));
  };
  const select = DW.el("select", { class: "coat", "aria-label": "Colour tracks by", onchange: (e) => {
    state.coat = e.currentTarget.value;
    show();
    repaint();
  } }, Object.entries(data.modes).map(([name, { label }]) => DW.el("option", { value: name, text: label === "nothing" ? "no colours" : `by ${label}`, selected: name === state.coat })));
  show();
  return DW.el("div", {}, DW.el("b", { text: "Colour" }), select, colours);
};
