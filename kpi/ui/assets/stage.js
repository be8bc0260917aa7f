// The meeting-room screen. Its elements are made once; a refresh only changes texts, widths and pictures.
const screens = new WeakMap();
const WIDTH = 1920;
const HEIGHT = 1080;
const MISSED_REFRESHES = 2.5;
const HINT_MS = 6000;
const HINT = "← → 换场景　空格 暂停　F 全屏　Esc 返回总览";

// The scene an address asks for stays; without one the scenes rotate.
function sceneInAddress() {
  return new URLSearchParams(location.search).get("scene");
}

function putInAddress(key) {
  const address = new URL(location.href);
  if (key) address.searchParams.set("scene", key);
  else address.searchParams.delete("scene");
  history.replaceState(history.state, "", address);
}

class Screen {
  constructor(wall) {
    this.wall = wall;
    this.stage = wall.querySelector(".kpi-stage");
    this.shape = "";
    this.shown = 0;
    this.since = performance.now();
    this.heard = performance.now();
    this.pinned = sceneInAddress();
    this.paused = Boolean(this.pinned);
    this.frame();
    this.fit = this.fit.bind(this);
    this.key = this.key.bind(this);
    this.touch = this.touch.bind(this);
    window.addEventListener("resize", this.fit);
    document.addEventListener("keydown", this.key, true);
    document.addEventListener("mousemove", this.touch);
    this.ticking = setInterval(() => this.tick(), 250);
    this.fit();
    this.stayAwake();
  }

  end() {
    window.removeEventListener("resize", this.fit);
    document.removeEventListener("keydown", this.key, true);
    document.removeEventListener("mousemove", this.touch);
    clearInterval(this.ticking);
  }

  frame() {
    const bar = make("header", "kpi-wall-head", this.stage);
    this.title = make("h1", "", bar);
    this.period = make("p", "kpi-wall-period", bar);
    this.demo = make("span", "kpi-wall-demo", bar);
    const age = make("p", "kpi-wall-age", bar);
    this.age = make("span", "", age);
    this.sources = make("b", "", age);
    this.scenes = make("main", "", this.stage);
    const foot = make("footer", "kpi-wall-foot", this.stage);
    this.names = make("nav", "kpi-scenes", foot);
    this.held = make("p", "kpi-held", foot);
    this.legend = make("p", "kpi-legend", foot);
    this.hint = make("p", "kpi-legend kpi-hint-wall", foot);
    say(this.hint, HINT);
    this.problem = make("p", "kpi-problem", this.stage);
    this.stamp = make("p", "kpi-stamp", this.stage);
  }

  update(data) {
    this.heard = performance.now();
    this.wall.dataset.sent = data.sent;
    this.trouble = data.problem ?? "";
    // Figures once shown stay on the screen, marked as old, until there are newer ones.
    if (!data.problem) {
      this.data = data;
      this.build(data);
      this.fill(data);
    } else if (!this.data?.scenes) {
      this.data = data;
      say(this.problem, data.problem);
    }
    this.wall.classList.toggle("is-empty", !this.data.scenes);
    this.tick();
  }

  build(data) {
    const shape = JSON.stringify(data.scenes.map((scene) => [scene.key, scene.tiles.map((tile) => tile.kind)]));
    if (shape === this.shape) return;
    this.shape = shape;
    this.scenes.replaceChildren();
    this.names.replaceChildren();
    this.fills = data.scenes.map((scene) => {
      const section = make("section", "kpi-scene", this.scenes);
      section.dataset.scene = scene.key;
      make("span", "", this.names);
      return scene.tiles.map((tile) => MAKERS[tile.kind](make("article", "kpi-tile-wall", section)));
    });
    const asked = data.scenes.findIndex((scene) => scene.key === this.pinned);
    if (asked < 0) this.paused = false;
    this.show(Math.max(0, asked));
  }

  fill(data) {
    this.wall.style.setProperty("--seconds", `${data.seconds}s`);
    say(this.title, data.title);
    say(this.demo, "演示数据");
    this.demo.style.display = data.demo ? "" : "none";
    say(this.age, `${data.age} · `);
    say(this.sources, data.sources);
    this.sources.classList.toggle("is-late", !data.all_arrived);
    data.legend.forEach((item, place) => {
      const shown = this.legend.children[place] ?? make("span", "", this.legend);
      const mark = shown.firstElementChild ?? make("b", "", shown);
      const word = shown.children[1] ?? make("span", "", shown);
      tone(mark, "", item.tone);
      say(mark, item.mark);
      say(word, item.text);
    });
    data.scenes.forEach((scene, place) => {
      say(this.names.children[place], scene.title);
      scene.tiles.forEach((tile, position) => this.fills[place][position](tile));
    });
    this.caption();
  }

  caption() {
    say(this.period, `${this.data.period} · ${this.data.scenes[this.shown].title}`);
  }

  show(place) {
    this.shown = (place + this.data.scenes.length) % this.data.scenes.length;
    this.since = performance.now();
    [...this.scenes.children].forEach((scene, position) => {
      scene.classList.toggle("is-shown", position === this.shown);
      scene.setAttribute("aria-hidden", String(position !== this.shown));
      this.names.children[position].classList.toggle("is-shown", position === this.shown);
    });
    this.caption();
  }

  tick() {
    const now = performance.now();
    const { data, wall } = this;
    if (!data) return;
    const lost = now - this.heard > data.refresh * 1000 * MISSED_REFRESHES;
    wall.classList.toggle("is-lost", lost);
    const old = this.trouble || data.stale || "";
    wall.classList.toggle("is-old", Boolean(old));
    const last = new Date(data.sent * 1000).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
    say(this.stamp, lost ? `连接中断，显示的是 ${last} 的数据` : old);
    wall.classList.toggle("is-paused", this.paused);
    say(this.held, this.paused ? "已固定" : "");
    const touched = now < (this.touchedUntil ?? 0);
    wall.classList.toggle("is-touched", touched);
    if (!this.paused && data.scenes && now - this.since > data.seconds * 1000) this.show(this.shown + 1);
  }

  touch() {
    this.touchedUntil = performance.now() + HINT_MS;
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !this.data?.scenes) return;
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (steps[event.key]) {
      this.paused = true;
      this.show(this.shown + steps[event.key]);
      putInAddress(this.data.scenes[this.shown].key);
    } else if (event.key === " ") {
      this.paused = !this.paused;
      this.since = performance.now();
      putInAddress(this.paused ? this.data.scenes[this.shown].key : null);
    } else if (event.key.toLowerCase() === "f") {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen();
    } else if (event.key === "Escape" && !document.fullscreenElement) {
      location.assign(new URL("./", location.href));
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.tick();
  }

  fit() {
    this.stage.style.zoom = Math.min(window.innerWidth / WIDTH, window.innerHeight / HEIGHT);
  }

  // A screen nobody touches would otherwise go dark; where the browser refuses, the machine's own setting decides.
  stayAwake() {
    navigator.wakeLock?.request("screen").catch((problem) => console.debug("wake lock refused", problem.name));
  }
}

export default function ({ data, parentElement }) {
  const wall = parentElement.querySelector(".kpi-wall");
  if (!screens.has(wall)) screens.set(wall, new Screen(wall));
  const screen = screens.get(wall);
  screen.update(data);
  return () => {
    screen.end();
    screens.delete(wall);
  };
}
