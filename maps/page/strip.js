// The strip of time: how many ships were heard, when events were, when the chosen ship was heard; and where the clock stands.
"use strict";

DW.BINS = 600;

// Ships heard in each bin of the replay's span.
DW.activity = function (data, first, last) {
  const bins = new Float64Array(DW.BINS), width = (last - first) / DW.BINS || 1;
  for (const track of data.trackList) {
    let seen = -1;
    for (let i = 0; i < track.n; i++) {
      const bin = Math.min(DW.BINS - 1, Math.floor((track.t0 + track.t[i] - first) / width));
      if (bin !== seen) bins[bin]++;
      seen = bin;
    }
  }
  return bins;
};

DW.Strip = class {
  constructor(node, data, state, go) {
    Object.assign(this, { node, data, state, bins: DW.activity(data, state.first, state.last) });
    this.most = Math.max(1, ...this.bins);
    this.still = DW.el("canvas", {});
    this.hand = DW.el("div", { class: "hand" });
    this.node.append(this.still, this.hand);
    const at = (e) => go(this.timeAt(e.clientX));
    node.addEventListener("pointerdown", (e) => {
      node.setPointerCapture(e.pointerId);
      at(e);
    });
    node.addEventListener("pointermove", (e) => {
      if (e.buttons & 1) at(e);
      node.title = `${DW.utc(this.timeAt(e.clientX))} UTC`;
    });
    new ResizeObserver(() => this.paint()).observe(node);
  }

  timeAt(x) {
    const box = this.still.getBoundingClientRect(), { first, last } = this.state;
    return first + Math.max(0, Math.min(1, (x - box.left) / box.width)) * (last - first);
  }

  // Move the hand and say the time to those who do not see it.
  tell() {
    const { first, last, t } = this.state, part = (t - first) / (last - first || 1);
    this.hand.style.left = `${100 * part}%`;
    for (const [name, value] of [["now", Math.round(t)], ["min", first], ["max", last], ["text", `${DW.utc(t)} UTC`]]) this.node.setAttribute(`aria-value${name}`, value);
  }

  // Paint what does not move with the clock; anew when the ship chosen or the size changes.
  paint() {
    const w = this.node.clientWidth, h = this.node.clientHeight, fine = Math.max(1, window.devicePixelRatio || 1);
    if (!w || !h) return;
    const { data, state, still } = this, { first, last } = state;
    still.width = w * fine;
    still.height = h * fine;
    const ctx = still.getContext("2d"), x = (t) => (w * (t - first)) / (last - first || 1);
    ctx.scale(fine, fine);
    const low = h - 15, top = 16;
    ctx.fillStyle = "#c3d2dd";
    this.bins.forEach((n, i) => {
      const high = ((low - top) * n) / this.most;
      ctx.fillRect((w * i) / DW.BINS, low - high, w / DW.BINS + 0.5, high);
    });
    ctx.font = "10.5px system-ui, sans-serif";
    for (const [t, text] of DW.timeMarks(first, last, w)) {
      ctx.fillStyle = "#8797a5";
      ctx.fillRect(x(t), low, 1, 4);
      if (x(t) + 4 + ctx.measureText(text).width < w) DW.label(ctx, text, x(t) + 3, h - 3, "#4c5d6c");
    }
    for (const event of data.events) {
      const end = event.end === null ? last : event.end;
      const chosen = event === state.event;
      ctx.globalAlpha = chosen ? 1 : 0.2;
      ctx.fillStyle = data.kindOf[event.kind].colour;
      ctx.fillRect(x(event.start), chosen ? 3 : 5.5, Math.max(2, x(end) - x(event.start)), chosen ? 7 : 2);
    }
    ctx.globalAlpha = 1;
    for (const event of data.events.slice(0, 300)) DW.paintSymbol(ctx, data.kindOf[event.kind], event.hollow, Math.max(5, x(event.start)), 6.5, 3.6);
    if (state.ship !== null && data.trackOf.has(state.ship)) this.paintHeard(ctx, data.trackOf.get(state.ship), x, low);
  }

  // When the chosen ship was heard: solid; silent: a dashed line; a sign of life without a position: a tick.
  paintHeard(ctx, track, x, low) {
    const y = low - 6;
    ctx.fillStyle = "rgba(255,255,255,.85)";
    ctx.fillRect(0, y - 4, this.node.clientWidth, 9);
    ctx.strokeStyle = "#14202b";
    let from = null, past = null;
    const line = (a, b, silent) => {
      ctx.lineWidth = silent ? 1.4 : 5;
      ctx.setLineDash(silent ? [3, 3] : []);
      ctx.strokeStyle = silent ? "#b3400a" : "#14202b";
      ctx.beginPath();
      ctx.moveTo(x(a), y);
      ctx.lineTo(Math.max(x(b), x(a) + 1), y);
      ctx.stroke();
    };
    for (let i = 0; i < track.n; i++) {
      if (track.flags[i] & 2) continue;
      const t = track.t0 + track.t[i];
      if (from !== null && track.flags[i] & 1) {
        line(from, past, false);
        line(past, t, true);
        from = t;
      }
      if (from === null) from = t;
      past = t;
    }
    if (from !== null) line(from, past, false);
    ctx.setLineDash([]);
    ctx.fillStyle = "#0067a5";
    for (const t of track.talks || []) ctx.fillRect(x(t), y - 4, 1.5, 9);
  }
};

// Round times to mark on a strip, and how to write them: hours of a day, or days.
DW.timeMarks = function (first, last, w) {
  const steps = [600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 30 * 86400];
  const step = steps.find((s) => (w * s) / (last - first || 1) >= 78) || 90 * 86400, marks = [];
  for (let t = Math.ceil(first / step) * step; t < last; t += step) {
    const day = t % 86400 === 0;
    marks.push([t, day ? DW.utcDay(t).slice(5) : DW.utc(t).slice(11)]);
  }
  return marks;
};
