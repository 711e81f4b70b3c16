// Exploring: the reader changes a leaf, or trains the parameters, and the page computes everything anew. At rest it shows
// the recorded numbers to the last bit; after a change it says that this browser computed them.

const NUDGE = 0.01;
const MOST_SHOWN = 400; // points of the loss curve

class Explorer {
  constructor(player) {
    this.player = player;
    this.original = player.recording;
    this.recorded = player.recording.passes[0];
    this.graph = this.recorded.graph;
    this.code = compiled(this.graph, this.recorded.data);
    this.descend = descending(this.graph, this.code);
    this.toRoot = computers(this.code, below(this.graph, this.recorded.root));
    this.leaves = this.graph.nodes.filter((node) => !node.inputs.length && (node.label || node.kind !== "constant"));
    this.parameters = this.graph.nodes.filter((node) => node.kind === "parameter");
    this.plane = planeOf(this.graph, page.axes);
    this.rate = recordedRate(this.recorded) ?? 0.1;
    this.momentum = 0;
    this.timer = null;
    this.leaf = (this.parameters[0] ?? this.leaves[0]).number;
    this.start();
  }

  /** Go back to the recorded numbers. */
  start() {
    this.data = Float64Array.from(this.recorded.data);
    this.velocities = new Float64Array(this.graph.nodes.length);
    this.losses = [this.data[this.recorded.root]];
    this.changed = false;
  }

  get descent() {
    return { rate: this.rate, momentum: this.momentum, velocities: this.velocities };
  }

  /** Show what `data` gives, at the step where the reader is. */
  refresh() {
    const pass = recomputed(this.recorded, this.code, this.data, this.descent);
    this.gradients = pass.gradients;
    this.player.load(this.changed ? { ...this.original, passes: [pass], length: pass.steps.length } : this.original);
    this.tell();
  }

  /** Give the leaf another number. */
  set(n, x) {
    if (!Number.isFinite(x)) return;
    this.leaf = n;
    this.data[n] = x;
    this.change();
    this.refresh();
  }

  /** From the first change on, show the whole pass: that is what follows the number. */
  change() {
    if (!this.changed && this.player.k === 0) this.player.k = this.player.recording.length;
    this.changed = true;
  }

  choose(n) {
    this.leaf = n;
    this.tell();
  }

  /** Do what a click on a card does; choose a leaf, and let its card stay in view to be dragged. */
  pick(n, inspect) {
    const { dragged } = this;
    this.dragged = false;
    if (dragged) return;
    const isLeaf = this.leaves.some((leaf) => leaf.number === n);
    if (!isLeaf) return inspect(n);
    this.choose(n);
    this.player.inspect(n, false);
  }

  /** Mark the cards that can be dragged, and the one that a finger drags. */
  markLeaves() {
    const { cards } = this.player.picture;
    for (const { number: n } of this.leaves) {
      cards[n].leaf = n === this.leaf ? "draggable chosen" : "draggable";
      cards[n].element.classList.add("draggable");
      cards[n].element.classList.toggle("chosen", n === this.leaf);
    }
  }

  reset() {
    this.stop("");
    this.start();
    this.refresh();
  }

  /** Take steps of gradient descent, and stop with a sentence at the first number that is not finite. */
  train(steps) {
    this.change();
    const { descent } = this;
    for (let i = 0; i < steps; i += 1) {
      this.descend(this.data, descent);
      this.losses.push(this.data[this.recorded.root]);
      if (Number.isFinite(this.data[this.recorded.root])) continue;
      const bad = this.graph.nodes.find((node) => !Number.isFinite(this.data[node.number]));
      this.stop(`Stopped after ${this.losses.length - 1} steps: ${named(this.recorded, bad.number)} is ${written(this.data[bad.number])}. The rate is too large: press Reset, and try a smaller one.`);
      break;
    }
    this.refresh();
  }

  toggle() {
    if (this.timer) {
      this.stop("");
      return;
    }
    find("auto").textContent = "❚❚ Pause";
    find("trouble").textContent = "";
    const tick = () => {
      this.train(Number(find("pace").value));
      if (this.timer) this.timer = requestAnimationFrame(tick);
    };
    this.timer = requestAnimationFrame(tick);
  }

  stop(words) {
    cancelAnimationFrame(this.timer);
    this.timer = null;
    find("auto").textContent = "▶ Train";
    find("trouble").textContent = words;
  }

  // What the panel says ----------------------------------------------------------------------------------------------

  tell() {
    find("computed").textContent = this.changed ? "Computed in this browser." : "These are the recorded numbers.";
    find("reset").disabled = !this.changed;
    find("leaf").value = String(this.leaf);
    this.markLeaves();
    find("exactly").value = String(this.data[this.leaf]);
    this.tellSlope();
    if (this.parameters.length) this.tellTraining();
    if (this.plane) paint(this.plane, this.code, this.data);
  }

  /** The root's number if one leaf had another. */
  rootAt(n, x) {
    const data = Float64Array.from(this.data);
    data[n] = x;
    forward(this.toRoot, data);
    return data[this.recorded.root];
  }

  tellSlope() {
    const n = this.leaf;
    const x = this.data[n];
    const slope = this.gradients[n];
    const reach = Math.max(2, 1.5 * Math.abs(this.recorded.data[n]));
    const low = Math.min(this.recorded.data[n] - reach, x);
    const high = Math.max(this.recorded.data[n] + reach, x);
    Object.assign(find("value"), { min: low, max: high, step: "any", value: x });
    const [root, leaf] = [letter(this.recorded, this.recorded.root), letter(this.recorded, n)];
    const constant = this.graph.nodes[n].kind === "constant";
    const real = this.rootAt(n, x + NUDGE) - this.data[this.recorded.root];
    find("nudge").textContent = constant
      ? `${leaf} is a constant: it takes no gradient. Raised by ${NUDGE}, it changes ${root} by ${written(real, 3)}.`
      : `Raise ${leaf} by ${NUDGE}: the slope ${written(slope)} foretells a change of ${written(slope * NUDGE, 3)} in ${root}, and it does change by ${written(real, 3)}.`;
    const xs = Array.from({ length: SLICE.points }, (_, i) => low + ((high - low) * i) / (SLICE.points - 1));
    find("slice").replaceChildren(sliceOf(xs, xs.map((u) => this.rootAt(n, u)), { x, y: this.data[this.recorded.root], slope: constant ? null : slope }, root, leaf));
  }

  tellTraining() {
    const steps = this.losses.length - 1;
    const root = letter(this.recorded, this.recorded.root);
    find("count").textContent = `${steps} step${steps === 1 ? "" : "s"}, ${root} = ${written(this.data[this.recorded.root])}`;
    const every = Math.ceil(this.losses.length / MOST_SHOWN);
    const shown = this.losses.map((loss, i) => [i, loss]).filter(([i]) => i % every === 0 || i === steps);
    find("losses").replaceChildren(...(steps ? [sliceOf(shown.map(([i]) => i), shown.map(([, loss]) => loss), null, root, "steps")] : []));
  }
}

/** Let a leaf's card be dragged left and right, and moved by the up and down keys.
 *
 * A finger that touches a card scrolls the graph as anywhere, except on the card of the chosen leaf.
 */
function draggable(explorer, card, n) {
  const made = card.element;
  let from = null;
  made.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" || explorer.leaf === n) from = { x: event.clientX, y: event.clientY, value: explorer.data[n], moved: false };
  });
  made.addEventListener("pointermove", (event) => {
    if (!from || (!from.moved && Math.abs(event.clientX - from.x) < Math.max(4, Math.abs(event.clientY - from.y)))) return;
    if (!from.moved) made.setPointerCapture(event.pointerId);
    from.moved = true;
    const unit = Math.max(Math.abs(explorer.recorded.data[n]), 1) * (event.shiftKey ? 0.001 : 0.01);
    explorer.set(n, rounded(from.value + (event.clientX - from.x) * unit));
  });
  made.addEventListener("touchmove", (event) => from?.moved && event.preventDefault(), { passive: false }); // else it scrolls
  for (const end of ["pointerup", "pointercancel"]) made.addEventListener(end, () => {
    explorer.dragged = from?.moved; // the click that ends it chooses nothing
    from = null;
  });
  made.addEventListener("keydown", (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way || event.shiftKey && event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    explorer.set(n, rounded(explorer.data[n] + way * (event.shiftKey ? 0.1 : 0.01)));
  });
}

const rounded = (x) => Math.round(x * 1e4) / 1e4;

function explore(player) {
  const explorer = new Explorer(player);
  const on = (id, event, act) => find(id).addEventListener(event, act);
  find("explore").hidden = false;
  find("training").hidden = !explorer.parameters.length;
  find("planes").hidden = !explorer.plane;
  find("rate").value = explorer.rate;
  find("leaf").replaceChildren(...explorer.leaves.map(({ number: n }) => element("option", { value: n }, named(explorer.recorded, n))));
  document.body.dataset.explore = "";
  player.picture.whenDrawn = (cards) => {
    explorer.leaves.forEach(({ number: n }) => draggable(explorer, cards[n], n));
    explorer.markLeaves();
  };
  const { chosen } = player.picture;
  player.picture.chosen = (n) => explorer.pick(n, chosen);
  player.picture.whenDrawn(player.picture.cards);
  on("leaf", "change", (event) => explorer.choose(Number(event.target.value)));
  on("value", "input", (event) => explorer.set(explorer.leaf, Number(event.target.value)));
  on("exactly", "change", (event) => explorer.set(explorer.leaf, Number(event.target.value)));
  on("reset", "click", () => explorer.reset());
  on("once", "click", () => {
    explorer.stop("");
    explorer.train(1);
  });
  on("auto", "click", () => explorer.toggle());
  on("rate", "change", (event) => {
    explorer.rate = Number(event.target.value);
    explorer.refresh();
  });
  on("momentum", "change", (event) => {
    explorer.momentum = Number(event.target.value);
    explorer.refresh();
  });
  explorer.refresh();
  return explorer;
}
