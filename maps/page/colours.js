// Colours of tracks and ships: plain, by ship, by the kind of ship, by speed, or by the zone around.
// Every mode has classes of a name and a colour; lightness tells neighbours apart too, for eyes and printers without hue.
"use strict";

DW.UNKNOWN = "#5d6975";
DW.SPEEDS = [ // upper end in knots, name, colour: dark is slow
  [1, "under 1 kn", "#440154"], [3, "1 to 3", "#39548b"], [8, "3 to 8", "#1d7f7a"], [14, "8 to 14", "#3f8f3a"], [Infinity, "14 and more", "#a97b00"],
];

// All modes of a case by name: {label, classes: [{name, colour}], whole(track) or at(track, i) -> number of a class}.
DW.modes = function (data) {
  const speeds = DW.SPEEDS.map(([, name, colour]) => ({ name, colour }));
  return {
    plain: { label: "nothing", classes: [{ name: "", colour: "#34424f" }], whole: () => 0 },
    ship: { label: "ship", classes: DW.SHIP_COLOURS.map((colour) => ({ name: "", colour })), whole: (track) => track.place % DW.SHIP_COLOURS.length },
    kind: {
      label: "kind of ship, as it says", classes: data.sorts.map(([name, colour]) => ({ name, colour })), whole: (track) => data.ships[track.ship].sort,
    },
    speed: {
      label: "speed", classes: [...speeds, { name: "not said", colour: DW.UNKNOWN }],
      at: (track, i) => (track.sog[i] < 0 ? DW.SPEEDS.length : DW.SPEEDS.findIndex(([most]) => track.sog[i] < 10 * most)),
    },
    zone: {
      label: "zone", classes: [{ name: "in no zone", colour: DW.UNKNOWN }, ...data.zone_groups.map(({ name, colour }) => ({ name, colour }))],
      at: (track, i) => track.zone[i],
    },
  };
};

DW.classOf = (mode, track, i) => (mode.whole ? mode.whole(track) : mode.at(track, i));

// A colour as a canvas takes it, with an opacity.
DW.faded = (colour, opacity) => `${colour}${Math.round(255 * opacity).toString(16).padStart(2, "0")}`;

// The same as one number of a picture's pixels (red lowest: every browser's byte order).
DW.pixel = function (colour, opacity) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return ((Math.round(255 * opacity) << 24) | (b << 16) | (g << 8) | r) >>> 0;
};
