// The line to the watch: what it is asked, the stream of what changes, and what to do when that breaks.
"use strict";

DW.LOST_S = 12; // without a word from the watch, which has one every five seconds at least
DW.AGAIN_MS = 3000;

DW.ask = async function (path, body) {
  const how = body ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(`api/v1/${path}`, how);
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  const error = new Error(told.error || `the watch answered ${answer.status}`);
  error.status = answer.status;
  throw error;
};

// Keeps a stream open. `hooks.load()` asks for all there is, once a stream has begun; `hooks.change(told)` takes what came since.
DW.Link = class {
  constructor(hooks) {
    Object.assign(this, { hooks, heard: Date.now(), lost: null, waiting: null, kept: [], skew: 0, signIn: false, begun: 0 });
    this.open();
    setInterval(() => this.look(), 1000);
  }

  open() {
    clearTimeout(this.waiting);
    if (this.source) this.source.close();
    const source = (this.source = new EventSource("api/v1/stream"));
    this.ready = false;
    this.kept = [];
    source.addEventListener("begin", () => this.load(source));
    source.addEventListener("change", (message) => this.told(JSON.parse(message.data)));
    source.onerror = () => source === this.source && this.broke();
  }

  // Ask for all there is; what the stream tells meanwhile is kept until then.
  async load(source) {
    try {
      await this.hooks.load();
    } catch (error) {
      if (source === this.source) this.broke(error);
      return;
    }
    if (source !== this.source) return;
    const kept = this.kept, back = this.lost;
    Object.assign(this, { ready: true, kept: [], lost: null, signIn: false, heard: Date.now() });
    this.begun++;
    for (const told of kept) this.hooks.change(told);
    this.hooks.state(back ? { back } : {});
  }

  told(told) {
    this.heard = Date.now();
    this.skew = Date.parse(told.status.now) - this.heard;
    if (this.ready) this.hooks.change(told);
    else this.kept.push(told);
  }

  // The stream is gone: say so, and begin anew.
  broke(error) {
    this.source.close();
    this.lost = this.lost || this.heard;
    this.ready = false;
    this.waiting = setTimeout(() => this.open(), DW.AGAIN_MS);
    this.hooks.state({});
    if (error && error.status === 401) this.signIn = true;
    else if (!error) DW.ask("status").catch((why) => (this.signIn = why.status === 401));
  }

  // Once a second: a stream that says nothing is as good as gone.
  look() {
    if (this.ready && Date.now() - this.heard > 1000 * DW.LOST_S) this.broke();
    this.hooks.state({});
  }

  // The watch's clock, seconds since 1970.
  now() {
    return (Date.now() + this.skew) / 1000;
  }
};
