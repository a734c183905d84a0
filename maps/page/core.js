// Foundations of a page: building nodes from text, reading packed columns, and writing times and positions.
"use strict";
const DW = {};

// Build an element. Children that are strings become text nodes: no markup is ever parsed from data.
DW.el = function (tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
};

// Text that someone else wrote: set apart, so that its direction cannot reach the words around it.
DW.said = (text, attributes) => DW.el("bdi", attributes, String(text));

DW.svg = function (tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

DW.fill = (id, ...children) => document.getElementById(id).replaceChildren(...children.flat(Infinity).filter(Boolean));

// Say plainly that the page could not be drawn; a half-drawn page would read as a finding.
DW.failed = function (error) {
  const advice = "DecompressionStream" in window ? "Please report this." : "This browser is too old: use one of 2023 or later.";
  document.body.replaceChildren(DW.el("p", { class: "noscript", text: `This page could not be drawn (${error}). ${advice}` }));
};

// Undo maps/pack.py: base64, deflate, byte planes, zigzag, deltas.
DW.unpack = async function (packed) {
  const { n, k, z } = packed;
  const columns = [];
  if (!n) return Array.from({ length: k }, () => new Int32Array(0));
  const letters = atob(z);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const raw = new Uint8Array(await new Response(stream).arrayBuffer());
  for (let c = 0; c < k; c++) {
    const column = new Int32Array(n);
    const base = 4 * n * c;
    let value = 0;
    for (let i = 0; i < n; i++) {
      const v = raw[base + i] | (raw[base + n + i] << 8) | (raw[base + 2 * n + i] << 16) | (raw[base + 3 * n + i] << 24);
      value = (value + ((v >>> 1) ^ -(v & 1))) | 0;
      column[i] = value;
    }
    columns.push(column);
  }
  return columns;
};

DW.two = (number) => String(number).padStart(2, "0");
DW.utcDay = (s) => new Date(s * 1000).toISOString().slice(0, 10);
DW.utc = (s) => (s === null || s === undefined ? "" : new Date(s * 1000).toISOString().slice(0, 16).replace("T", " "));
DW.utcFull = (s) => new Date(s * 1000).toISOString().slice(0, 19).replace("T", " ");

// Korea's time, nine hours before UTC all year (summer time was last kept in 1988).
DW.kst = (s) => `${new Date((s + 9 * 3600) * 1000).toISOString().slice(0, 16).replace("T", " ")} KST`;

DW.span = function (seconds) {
  const minutes = seconds / 60;
  if (minutes < 1) return "under 1 min";
  if (minutes < 120) return `${Math.round(minutes)} min`;
  if (minutes < 2880) return `${(minutes / 60).toFixed(1)} h`;
  return `${(minutes / 1440).toFixed(1)} days`;
};

DW.angle = function (value, plus, minus, digits) {
  const hundredths = Math.round(Math.abs(value) * 6000);
  const degrees = String(Math.floor(hundredths / 6000)).padStart(digits, "0");
  const minutes = ((hundredths % 6000) / 100).toFixed(2).padStart(5, "0");
  return `${degrees}°${minutes}′${value >= 0 ? plus : minus}`;
};
DW.wrap = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;
DW.position = (lon, lat) => `${DW.angle(lat, "N", "S", 2)} ${DW.angle(DW.wrap(lon), "E", "W", 3)}`;
DW.count = (number) => Number(number).toLocaleString("en-US");
DW.percent = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} %` : "0 %");

// Web Mercator with the world as the unit square: x grows east, y grows south.
DW.x = (lon) => lon / 360 + 0.5;
DW.y = function (lat) {
  const sine = Math.sin((Math.max(-85.05, Math.min(85.05, lat)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
};
DW.lon = (x) => (x - 0.5) * 360;
DW.lat = (y) => (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI;
DW.metres = (y) => 40075016.686 * Math.cos((DW.lat(y) * Math.PI) / 180); // length of the world's width at a latitude
