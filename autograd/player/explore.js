// Exploring: the reader changes a leaf, or trains the parameters, and the page computes everything anew. At rest it shows
// the recorded numbers to the last bit; after a change it says that this browser computed them.

const SLICE = { width: 340, height: 170, left: 46, right: 12, top: 12, bottom: 26, points: 81 };
const NUDGE = 0.01;
const MOST_SHOWN = 400; // points of the loss curve
const FINE = 48; // pixels of the heat map, each way

class Explorer {
  constructor(player) {
    this.player = player;
    this.original = player.recording;
    this.recorded = player.recording.passes[0];
    this.graph = this.recorded.graph;
    this.rows = rowsOf(this.graph, this.recorded.data);
    this.leaves = this.graph.nodes.filter((node) => !node.inputs.length && (node.label || node.kind !== "constant"));
    this.parameters = this.graph.nodes.filter((node) => node.kind === "parameter");
    this.plane = planeOf(this.graph);
    this.rate = recordedRate(this.recorded) ?? 0.1;
    this.momentum = 0;
    this.timer = null;
    this.leaf = (this.parameters[0] ?? this.leaves[0]).number;
    this.start();
  }

  /** Go back to the recorded numbers. */
  start() {
    this.data = Float64Array.from(this.recorded.data);
    this.velocities = {};
    this.losses = [this.data[this.recorded.root]];
    this.changed = false;
  }

  get descent() {
    return { rate: this.rate, momentum: this.momentum, velocities: this.velocities };
  }

  /** Show what `data` gives, at the step where the reader is. */
  refresh() {
    const pass = recomputed(this.recorded, this.rows, this.data, this.descent);
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

  reset() {
    this.stop("");
    this.start();
    this.refresh();
  }

  /** Take steps of gradient descent, and stop with a sentence at the first number that is not finite. */
  train(steps) {
    this.change();
    for (let i = 0; i < steps; i += 1) {
      descend(this.graph, this.rows, this.data, this.descent);
      this.losses.push(this.data[this.recorded.root]);
      const bad = this.graph.nodes.find((node) => !Number.isFinite(this.data[node.number]));
      if (!bad) continue;
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
    find("exactly").value = String(this.data[this.leaf]);
    this.tellSlope();
    if (this.parameters.length) this.tellTraining();
    if (this.plane) this.paint();
  }

  /** The root's number if one leaf had another. */
  rootAt(n, x) {
    const data = Float64Array.from(this.data);
    data[n] = x;
    forward(this.graph, this.rows, data, this.order);
    return data[this.recorded.root];
  }

  get order() {
    this.ordered ??= below(this.graph, this.recorded.root);
    return this.ordered;
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

  /** Paint what the model answers over the plane of its two inputs, and each row as a point. */
  paint() {
    const [{ output, x, y }] = this.plane;
    const order = below(this.graph, output);
    const points = this.plane.map((row) => ({ x: this.data[row.x], y: this.data[row.y], target: row.target === undefined ? null : this.data[row.target], answer: this.data[row.output] }));
    const all = points.flatMap((point) => [point.x, point.y]);
    const [least, most] = [Math.min(...all), Math.max(...all)];
    const [low, high] = [least - 0.25 * (most - least || 2), most + 0.25 * (most - least || 2)];
    const goals = points.map((point) => point.target).filter((target) => target !== null);
    const [bottom, top] = goals.length ? [Math.min(...goals), Math.max(...goals)] : [0, 1];
    const data = Float64Array.from(this.data);
    const context = find("plane").getContext("2d");
    const image = context.createImageData(FINE, FINE);
    const at = (i) => low + ((high - low) * (i + 0.5)) / FINE;
    for (let i = 0; i < FINE * FINE; i += 1) {
      data[x] = at(i % FINE);
      data[y] = at(FINE - 1 - Math.floor(i / FINE));
      forward(this.graph, this.rows, data, order);
      image.data.set(colourOf((data[output] - bottom) / (top - bottom || 1)), 4 * i);
    }
    context.putImageData(image, 0, 0);
    const on = (v) => (100 * (v - low)) / (high - low);
    find("points").replaceChildren(...points.map((point) => pointOf(on(point.x), 100 - on(point.y), point, (bottom + top) / 2)));
  }
}

/** From 0, blue, through white to 1, orange: the colours of the demos' pictures. */
function colourOf(share) {
  const far = Math.min(Math.abs(Math.min(Math.max(share, 0), 1) - 0.5) * 2, 1);
  const end = share > 0.5 ? [230, 159, 0] : [0, 114, 178];
  return [...end.map((v) => 255 + (v - 255) * far), 255];
}

function pointOf(x, y, point, middle) {
  const high = point.target !== null && point.target > middle;
  const shape = high ? svg("rect", { x: x - 3, y: y - 3, width: 6, height: 6, class: "high" }) : svg("circle", { cx: x, cy: y, r: 3.2, class: "low" });
  const goal = point.target === null ? "" : `, wanted ${written(point.target)}`;
  shape.append(svg("title", {}, `(${written(point.x)}, ${written(point.y)}): ${written(point.answer)}${goal}`));
  return shape;
}

/** Draw a curve; with `here`, a ball on it and its tangent. */
function sliceOf(xs, ys, here, yName, xName) {
  const { width, height, left, right, top, bottom } = SLICE;
  const finite = ys.filter(Number.isFinite);
  const [x0, x1] = [xs[0], xs[xs.length - 1]];
  const low = Math.min(0, ...finite);
  const high = Math.max(...finite, low + Number.MIN_VALUE);
  const across = (x) => left + ((width - left - right) * (x - x0)) / (x1 - x0 || 1);
  const up = (y) => height - bottom - (height - top - bottom) * ((y - low) / (high - low));
  const text = (x, y, anchor, words) => svg("text", { x, y, "text-anchor": anchor }, words);
  const line = xs.map((x, i) => (Number.isFinite(ys[i]) ? `${across(x)},${up(ys[i])}` : null)).filter(Boolean).join(" ");
  const parts = [
    svg("path", { d: `M${left} ${up(low)}H${width - right}`, class: "axis" }),
    text(left - 6, up(high) + 4, "end", written(high, 3)), text(left - 6, up(low) + 4, "end", written(low, 3)),
    text(left, height - 8, "start", written(x0, 3)), text(width - right, height - 8, "end", written(x1, 3)),
    text((left + width - right) / 2, height - 8, "middle", xName),
    svg("polyline", { points: line, class: "slice" }),
  ];
  if (here) {
    const [x, y, run, rise] = [across(here.x), up(here.y), across(1) - across(0), (up(1) - up(0)) * here.slope];
    const drawn = [x, y, 1 / Math.hypot(run, rise)].every(Number.isFinite); // a huge range leaves the tangent no length
    if (here.slope !== null && drawn) parts.push(tangentOf(x, y, run, rise));
    if ([x, y].every(Number.isFinite)) parts.push(svg("circle", { cx: x, cy: y, r: 6, class: "ball" }));
  }
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${yName} over ${xName}` }, ...parts);
}

function tangentOf(x, y, run, rise) {
  const far = 60 / Math.hypot(run, rise);
  return svg("path", { d: `M${x - far * run} ${y - far * rise}L${x + far * run} ${y + far * rise}`, class: "tangent" });
}

/** Let a leaf's card be dragged left and right, and moved by the up and down keys. */
function draggable(explorer, card, n) {
  card.classList.add("draggable");
  let from = null;
  card.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX, value: explorer.data[n], moved: false };
  });
  card.addEventListener("pointermove", (event) => {
    if (!from || Math.abs(event.clientX - from.x) < 4) return;
    if (!from.moved) card.setPointerCapture(event.pointerId);
    from.moved = true;
    const unit = Math.max(Math.abs(explorer.recorded.data[n]), 1) * (event.shiftKey ? 0.001 : 0.01);
    explorer.set(n, rounded(from.value + (event.clientX - from.x) * unit));
  });
  card.addEventListener("pointerup", () => {
    if (from?.moved) card.addEventListener("click", (event) => event.stopImmediatePropagation(), { capture: true, once: true });
  });
  for (const end of ["pointerup", "pointercancel"]) card.addEventListener(end, () => (from = null));
  card.addEventListener("keydown", (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way) return;
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
  player.picture.whenDrawn = (cards) => explorer.leaves.forEach(({ number: n }) => draggable(explorer, cards[n].element, n));
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
