// Exploring: the reader changes a leaf, or trains the parameters, and the page computes everything anew. At rest it shows
// the recorded numbers to the last bit; after a change it says that this browser computed them.

const NUDGE = 0.01;
const MOST_POINTS = 400; // of the loss curve
const POINTS = 80; // of the curve over a leaf

class Explorer {
  constructor(player) {
    this.player = player;
    this.original = player.recording;
    [this.recorded] = this.original.passes;
    this.code = compiled(this.recorded);
    this.toRoot = below(this.code, this.recorded.root);
    this.leaves = this.recorded.graph.nodes.filter((node) => !node.inputs.length && (node.label || node.kind !== "constant")).map((node) => node.number);
    this.leaf = this.code.parameters[0] ?? this.leaves[0];
    find("rate").value = recordedRate(this.recorded) ?? 0.1;
    find("training").hidden = !this.code.parameters.length;
    find("planes").hidden = !page.plane;
    find("leaf").replaceChildren(...this.leaves.map((n) => element("option", { value: n }, nameOf(this.recorded, n))));
    this.listen();
    this.reset();
  }

  get descent() {
    return { rate: Number(find("rate").value), momentum: Number(find("momentum").value), velocities: this.velocities };
  }

  get loss() {
    return this.data[this.recorded.root];
  }

  /** Go back to the recorded numbers. */
  reset() {
    this.stop();
    this.data = Float64Array.from(this.recorded.data);
    this.velocities = this.data.map(() => 0);
    this.losses = [this.loss];
    this.changed = false;
    this.refresh();
  }

  /** Show what `data` gives, at a step. */
  refresh(k = this.player.k) {
    const pass = passOn(this.code, this.data, this.descent);
    this.pass = pass;
    this.player.load(this.changed ? { passes: [pass], length: pass.steps.length } : this.original, k);
    this.tell();
  }

  /** Give a leaf another number. */
  set(n, x) {
    if (!Number.isFinite(x)) return;
    this.leaf = n;
    this.data[n] = x;
    forward(this.code.nodes, this.data);
    this.change();
  }

  /** Show changed numbers: at the step where the reader is, or else after the backward pass, before any update. */
  change() {
    const { k } = this.player;
    const { computed } = this.pass;
    this.changed = true;
    this.refresh(k && k < computed ? k : computed);
  }

  choose(n) {
    this.leaf = n;
    this.tell();
  }

  /** Take steps of gradient descent, and stop with a sentence before the first whose loss is not finite. */
  train(steps) {
    const { data, losses, descent } = this;
    const before = data.slice();
    say("trouble", "");
    for (let i = 0; i < steps; i += 1) {
      before.set(data);
      descend(this.code, data, this.pass.gradients, descent);
      if (!Number.isFinite(this.loss)) {
        const bad = data.findIndex((x) => !Number.isFinite(x));
        this.stop(`Stopped before step ${losses.length}: ${named(this.recorded, bad)} would be ${written(data[bad])}. Press Reset, and try a smaller rate.`);
        data.set(before);
        break;
      }
      losses.push(this.loss);
    }
    this.change();
  }

  toggle() {
    if (this.timer) return this.stop();
    say("auto", "❚❚ Pause");
    const tick = () => {
      this.timer = requestAnimationFrame(tick);
      this.train(Number(find("pace").value));
    };
    return tick();
  }

  stop(words = "") {
    cancelAnimationFrame(this.timer);
    this.timer = null;
    say("auto", "▶ Train");
    say("trouble", words);
  }

  // What the panel says ----------------------------------------------------------------------------------------------

  tell() {
    say("computed", this.changed ? "Computed in this browser, each Python if as it was recorded." : "These are the recorded numbers.");
    find("reset").disabled = !this.changed;
    find("leaf").value = this.leaf;
    find("exactly").value = this.data[this.leaf];
    for (const n of this.leaves) this.player.picture.cards[n].element.toggleAttribute("data-chosen", n === this.leaf);
    this.tellSlope();
    this.tellTraining();
    if (page.plane) paint(page.plane, this.code, this.data);
  }

  tellSlope() {
    const { leaf, loss, recorded } = this;
    const { root } = recorded;
    const x = this.data[leaf];
    const rootAt = (u) => {
      const data = this.data.slice();
      data[leaf] = u;
      forward(this.toRoot, data);
      return data[root];
    };
    const takes = recorded.graph.nodes[leaf].kind !== "constant";
    const slope = this.pass.gradients[leaf];
    const start = recorded.data[leaf];
    const reach = Math.max(2, 1.5 * Math.abs(start));
    const [low, high] = [Math.min(start - reach, x), Math.max(start + reach, x)];
    Object.assign(find("value"), { min: low, max: high, step: "any", value: x });
    const names = [leaf, root].map((n) => letter(recorded, n));
    const foretold = takes ? `the slope ${written(slope)} foretells ${written(slope * NUDGE, 3)}, and ` : "";
    say("nudge", `Raise ${names[0]} by ${NUDGE}: ${foretold}${names[1]} does change by ${written(rootAt(x + NUDGE) - loss, 3)}.`);
    const xs = Array.from({ length: POINTS + 1 }, (_, i) => low + ((high - low) * i) / POINTS);
    find("slice").replaceChildren(chartOf(xs, xs.map(rootAt), names, Infinity, (across, up) => [
      ...(takes ? [svg("polyline", { points: [low, high].map((u) => [across(u), up(loss + slope * (u - x))]), class: "tangent" })] : []),
      svg("circle", { cx: across(x), cy: up(loss), r: 6, class: "ball" }),
    ]));
  }

  tellTraining() {
    const steps = this.losses.length - 1;
    const root = letter(this.recorded, this.recorded.root);
    say("count", `Step ${steps}: ${root} = ${written(this.loss)}`);
    const every = Math.ceil(this.losses.length / MOST_POINTS);
    const shown = [...this.losses.keys()].filter((i) => i % every === 0 || i === steps);
    find("losses").replaceChildren(...(steps ? [chartOf(shown, shown.map((i) => this.losses[i]), ["steps", root], 0, () => [])] : []));
  }

  // What the reader does ---------------------------------------------------------------------------------------------

  listen() {
    const on = (id, act, event = "change") => find(id).addEventListener(event, ({ target }) => act(Number(target.value)));
    on("leaf", (n) => this.choose(n));
    on("value", (x) => this.set(this.leaf, x), "input");
    on("exactly", (x) => this.set(this.leaf, x));
    on("rate", () => this.refresh());
    on("momentum", () => this.refresh());
    on("reset", () => this.reset(), "click");
    on("auto", () => this.toggle(), "click");
    on("once", () => this.train(1), "click");
    const { picture } = this.player;
    const { chosen } = picture;
    picture.chosen = (n) => {
      if (!this.leaves.includes(n)) return chosen(n);
      this.choose(n);
      return this.player.inspect(n, false); // the card stays in view, to be dragged
    };
    picture.whenDrawn = (cards) => this.leaves.forEach((n) => this.drag(cards[n].element, n));
    picture.whenDrawn(picture.cards);
  }

  /** Let a leaf's card be dragged left and right, and moved by the up and down keys.
   *
   * A finger that touches a card scrolls the graph as anywhere, except on the card of the chosen leaf.
   */
  drag(card, n) {
    const on = (type, act) => card.addEventListener(type, act, type === "click");
    const move = (from, by, unit) => this.set(n, Math.round((from + by * unit) * 1e4) / 1e4);
    let from = null;
    let moved = false;
    card.dataset.leaf = "";
    on("pointerdown", (event) => {
      moved = false;
      from = event.pointerType === "touch" && this.leaf !== n ? null : { x: event.clientX, value: this.data[n] };
    });
    on("pointermove", (event) => {
      if (!event.buttons) from = null;
      const far = from && event.clientX - from.x;
      if (!from || (!moved && Math.abs(far) < 4)) return;
      if (!moved) card.setPointerCapture(event.pointerId);
      moved = true;
      move(from.value, far, Math.max(Math.abs(this.recorded.data[n]), 1) * (event.shiftKey ? 0.001 : 0.01));
    });
    on("click", (event) => {
      if (moved) event.stopPropagation(); // the click that ends a drag chooses nothing
      moved = false;
    });
    on("keydown", (event) => {
      const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      move(this.data[n], way, event.shiftKey ? 0.1 : 0.01);
    });
  }
}
