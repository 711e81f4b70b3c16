// The page: a cursor over the record, moved by slider, buttons, keys, and the part of the address after "#step=".

const SPEEDS = { slow: 2400, normal: 1200, fast: 400, "very fast": 80 }; // milliseconds a step

const find = (id) => document.getElementById(id);
const say = (id, words) => said(find(id), words);

class Player {
  constructor(recording) {
    this.k = 0; // the step, from 1 through all passes; 0 is before the first
    this.inspected = null; // the node whose contributions are listed, or null
    this.timer = null; // of playing, or null
    this.named = null; // the graph whose nodes the list offers
    this.picture = new Picture(find("graph"), (node) => this.inspect(node === this.inspected ? null : node));
    this.picture.whenMoved = mapOf(this.picture, find("map"));
    this.take(recording);
  }

  take(recording) {
    this.recording = recording;
    this.starts = recording.passes.map((pass) => pass.start + 1);
    this.many = recording.passes.length > 1;
    this.markPass = this.many ? curveIn(find("curve"), recording, (p) => this.jump(this.starts[p])) : () => {};
    find("passes").hidden = !this.many;
    find("step").max = recording.length;
  }

  /** Show another recording of the same graph, at a step. */
  load(recording, k) {
    this.take(recording);
    this.go(k);
  }

  /** Show a step, or the nearest there is. */
  go(to) {
    this.k = Math.min(Math.max(to, 0), this.recording.length);
    const { number, pass, done, step } = located(this.recording, this.k);
    this.tellWhere(number, step ? step.phase : "start");
    this.markPass(number);
    this.picture.show(pass, states(pass, done), step, this.inspected);
    showStep(find("told"), pass, step);
    say("announcement", this.timer ? "" : `Step ${this.k} of ${this.recording.length}. ${told(pass, step)}`);
    this.offerNodes(pass);
    find("contributions").hidden = this.inspected === null;
    if (this.inspected !== null) showContributions(find("contributions"), pass, this.inspected, done, (k) => this.jump(k));
  }

  tellWhere(pass, phase) {
    const where = `step ${this.k} of ${this.recording.length}`;
    if (document.body.dataset.phase !== phase) document.body.dataset.phase = phase; // it restyles the whole page
    find("step").value = this.k;
    find("step").setAttribute("aria-valuetext", `${where}, ${phase}`);
    say("where", where);
    say("phase", this.many ? `${phase} · pass ${pass + 1} of ${this.recording.passes.length}` : phase);
  }

  /** Go to a step as a reader asks for it, which ends playing. */
  jump(to) {
    this.pause();
    this.go(to);
    if (location.protocol !== "about:") history.replaceState(null, "", `#step=${this.k}`); // a notebook's frame has no address
  }

  /** List the contributions to a node, or to none, and scroll to them unless the reader looks at the graph. */
  inspect(node, scroll = true) {
    this.inspected = node;
    this.go(this.k);
    if (node !== null && scroll) find("contributions").scrollIntoView({ block: "nearest" });
  }

  /** Fill the list of nodes, which does for the keyboard what a click on a card does. */
  offerNodes(pass) {
    if (this.named !== pass.graph) {
      this.named = pass.graph;
      const options = pass.graph.nodes.map((node, n) => element("option", { value: n }, nameOf(pass, n)));
      find("inspected").replaceChildren(element("option", { value: "" }, "choose a node"), ...options);
    }
    find("inspected").value = this.inspected ?? "";
  }

  play() {
    document.body.classList.add("playing");
    this.go(this.k >= this.recording.length ? 0 : this.k + 1);
    this.timer = setInterval(() => (this.k < this.recording.length ? this.go(this.k + 1) : this.jump(this.k)), SPEEDS[find("speed").value]);
    say("play", "❚❚ Pause");
  }

  pause() {
    document.body.classList.remove("playing");
    clearInterval(this.timer);
    this.timer = null;
    say("play", "▶ Play");
  }

  toggle() {
    if (this.timer) this.jump(this.k);
    else this.play();
  }
}

/** What each key does. */
const KEYS = {
  ArrowRight: (player) => player.jump(player.k + 1),
  ArrowLeft: (player) => player.jump(player.k - 1),
  PageDown: (player) => player.jump(player.starts.find((first) => first > player.k) ?? player.recording.length),
  PageUp: (player) => player.jump(player.starts.findLast((first) => first < player.k) ?? 0),
  Home: (player) => player.jump(0),
  End: (player) => player.jump(player.recording.length),
  " ": (player) => player.toggle(),
  Escape: (player) => player.inspect(null),
};

const SCROLLING = ["PageDown", "PageUp", "Home", "End", " "]; // keys that a browser scrolls with

/** Whether the focus is on the player, or on nothing while the page has nothing to scroll. */
function onPlayer(target) {
  return target.closest("#controls, .picture") || (target === document.body && document.documentElement.scrollHeight <= innerHeight);
}

/** Return what a key does where it was pressed, or nothing. */
function meant(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("select, input[type=number], input[type=search]")) return null;
  if (event.shiftKey && MOVES[key]) return (player) => player.picture.scroller.scrollBy({ left: MOVES[key][0], top: MOVES[key][1], behavior: "instant" });
  if (ZOOMING[key]) return target.closest(".picture") && ((player) => ZOOMING[key](player.picture));
  if (key === " " && target.closest("button, [role=button], summary")) return null; // a button's own key
  if (target.matches("input[type=range]") && target.id !== "step") return null; // a slider's own keys
  return SCROLLING.includes(key) && !onPlayer(target) ? null : KEYS[key];
}

function listenToKeys(player) {
  document.addEventListener("keydown", (event) => {
    const act = meant(event);
    if (!act) return;
    event.preventDefault();
    act(player);
  });
}

function listenToControls(player) {
  const on = (id, event, act) => find(id).addEventListener(event, act);
  on("step", "input", (event) => player.jump(Number(event.target.value)));
  on("play", "click", () => player.toggle());
  on("back", "click", () => KEYS.ArrowLeft(player));
  on("forth", "click", () => KEYS.ArrowRight(player));
  on("speed", "change", () => {
    if (!player.timer) return;
    player.pause();
    player.play();
  });
  on("inspected", "change", (event) => player.inspect(event.target.value === "" ? null : Number(event.target.value)));
  on("larger", "click", () => player.picture.scale(1.25));
  on("smaller", "click", () => player.picture.scale(0.8));
  on("fit", "click", () => player.picture.fit());
}

/** Before it is printed, write down the steps so far; afterwards the page needs them no more. */
function printSteps(player) {
  addEventListener("beforeprint", () => {
    player.picture.drawAll();
    find("printed").replaceChildren(...stepsSoFar(player.recording, player.k));
  });
  addEventListener("afterprint", () => {
    player.picture.showOnlyWhatIsNear();
    find("printed").replaceChildren();
  });
}

/** Read the step out of "#step=7". */
function asked(hash) {
  const match = /^#step=(\d+)$/.exec(hash);
  return match ? Number(match[1]) : null;
}

document.body.classList.add("runs"); // the style sheet hides what needs scripts until they run
const page = JSON.parse(find("record").textContent);
const player = new Player(decoded(page));
listenToKeys(player);
listenToControls(player);
moveByPointer(player.picture);
search(player);
printSteps(player);
addEventListener("hashchange", () => player.jump(asked(location.hash) ?? player.k));
player.go(asked(location.hash) ?? player.recording.step);
if (typeof Explorer === "function") new Explorer(player);
if (typeof liveInNotebook === "function") liveInNotebook(player.picture);
