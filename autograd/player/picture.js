// The graph: cards and edges, drawn once for each graph and then only changed where a step changes them.

const MANY = 100; // cards: of more, only those near the view are drawn, and none takes the focus
const FEW = 9; // edges of one step that are still legible with a number on each
const LARGE = 1.3; // times its size in the graph: a number on an edge that is larger would hide cards
const LARGEST = 2; // the largest zoom; the smallest shows the whole graph
const WHOLE = 0.338; // the smallest zoom at which the whole graph is shown at first: cards have two lines there
const LEGIBLE = 0.7; // the zoom at first of a graph that is too large for that
const LANE = 24; // pixels below the leaves beside a node, as in layout.py
const MARGIN = 12; // around the graph, for the outlines that stand out
const PADDING = 40; // pixels around the graph, both sides together

/** A graph in a scrolling element. `chosen` is called with the number of the node that a reader clicks. */
class Picture {
  constructor(scroller, chosen) {
    this.scroller = scroller;
    this.chosen = chosen;
    this.graph = null; // what is drawn
    this.shown = null; // the pass, the nodes' states, the step and the node inspected
    this.zoom = 1;
    this.fitted = true; // whether the reader has left the zoom to us
    this.current = null; // the box of the step's node
    this.whenDrawn = () => {}; // called with the cards of a graph that was drawn anew
    this.whenMoved = () => {}; // called when another part of the graph comes into view
    this.following = false; // whether a scroll to such a node is under way
    // What is in view. It is noted when it changes: to ask for it in every step would cost a layout each.
    this.view = { left: 0, top: 0, width: scroller.clientWidth, height: scroller.clientHeight };
    scroller.addEventListener("scroll", () => this.looked({ left: scroller.scrollLeft, top: scroller.scrollTop }));
    scroller.addEventListener("scrollend", () => this.arrived());
    for (const own of ["wheel", "pointerdown"]) scroller.addEventListener(own, () => (this.following = false), { passive: true });
    new ResizeObserver(() => this.resized()).observe(scroller);
  }

  show(...shown) {
    this.shown = shown;
    const [pass, state, step] = shown;
    if (this.graph !== pass.graph) this.draw(pass.graph);
    this.cards.forEach((card) => this.change(card));
    this.edges.forEach((edge, n) => changeEdge(edge, state.edges[n]));
    this.flow.replaceChildren(...(step ? flowOf(pass, state, step, this.detail.larger) : []));
    const before = this.current;
    this.current = step ? pass.graph.nodes[step.node].box : null;
    if (step && this.current !== before) this.follow(this.current);
    this.whenMoved();
  }

  /** Change a card to what is shown, if it is near the view; else it waits until it is. */
  change(card) {
    const [pass, state, , inspected] = this.shown;
    const { number } = card.node;
    if (!card.far) changeCard(card, pass, number, state, inspected === number, this.detail);
  }

  /** Draw all of the graph, near or far, as it goes to paper. */
  drawAll() {
    for (const drawn of [...this.cards, ...this.edges]) {
      drawn.far = false;
      drawn.element.classList.remove("far");
    }
    this.cards.forEach((card) => this.change(card));
  }

  draw(graph) {
    this.graph = graph;
    this.cards = graph.nodes.map((node) => cardOf(graph, node, (n) => this.chosen(n)));
    this.edges = graph.edges.map((edge) => ({ element: svg("path", { d: pathOf(graph, edge) }), box: between(graph, edge), place: null, far: false }));
    this.flow = svg("g", { class: "flow", "aria-hidden": "true" });
    [this.width, this.height] = graph.size.map((v) => v + 2 * MARGIN);
    this.whole = svg("svg", { viewBox: `${-MARGIN} ${-MARGIN} ${this.width} ${this.height}`, role: "group", "aria-label": "Computation graph" },
      svg("g", { "aria-hidden": "true" }, ...this.edges.map((edge) => edge.element)), ...this.cards.map((card) => card.element), this.flow);
    this.scroller.replaceChildren(this.whole);
    this.whenDrawn(this.cards);
    this.fit();
  }

  /** The zoom at which the whole graph is in view. */
  get wholeZoom() {
    return Math.max(Math.min((this.view.width - PADDING) / this.width, (this.view.height - PADDING) / this.height, 1.25), 0.01);
  }

  /** Show the whole graph where its cards can be read, else as much as can. */
  fit() {
    this.fitted = true;
    this.zoomTo(this.wholeZoom < WHOLE ? LEGIBLE : this.wholeZoom);
  }

  /** Zoom by a factor about a point of the screen, or about the middle of the view. */
  scale(factor, about = null) {
    const box = this.scroller.getBoundingClientRect();
    const [x, y] = about ?? [box.left + box.width / 2, box.top + box.height / 2];
    const [old, before] = [this.zoom, this.whole.getBoundingClientRect()];
    this.fitted = false;
    this.zoomTo(this.zoom * factor);
    const after = this.whole.getBoundingClientRect();
    const grown = this.zoom / old;
    this.scroller.scrollBy({ left: after.left + (x - before.left) * grown - x, top: after.top + (y - before.top) * grown - y, behavior: "instant" });
  }

  zoomTo(zoom) {
    this.zoom = Math.min(Math.max(zoom, Math.min(this.wholeZoom, LEGIBLE)), LARGEST);
    this.detail = detailAt(this.zoom);
    this.whole.setAttribute("width", Math.round(this.width * this.zoom));
    this.whole.setAttribute("height", Math.round(this.height * this.zoom));
    this.whole.style.setProperty("--letter", `${SMALLEST * this.detail.larger}px`);
    this.whole.classList.toggle("brief", !this.detail.full);
    this.whole.classList.toggle("tiny", LOWEST * this.zoom < SMALLEST + 2); // a constant's number would touch its outline
    this.showOnlyWhatIsNear();
    if (this.shown?.[0].graph === this.graph && this.cards.some((card) => card.detail)) {
      this.cards.forEach((card) => this.change(card));
      this.flow.replaceChildren(...(this.shown[2] ? flowOf(...this.shown.slice(0, 3), this.detail.larger) : []));
    }
    this.whenMoved();
  }

  looked(change) {
    Object.assign(this.view, change);
    if (!this.graph) return;
    this.showOnlyWhatIsNear();
    this.whenMoved();
  }

  resized() {
    this.looked({ width: this.scroller.clientWidth, height: this.scroller.clientHeight });
    if (this.graph && this.fitted) this.fit();
  }

  /** Take what is far out of view off a large graph: a browser is slow with thousands of elements, seen or not. */
  showOnlyWhatIsNear() {
    if (this.cards.length <= MANY) return;
    const { left, top, width, height } = this.view;
    const [west, east, north, south] = [left - width / 2, left + 1.5 * width, top - height / 2, top + 1.5 * height].map((v) => v / this.zoom);
    for (const drawn of [...this.cards, ...this.edges]) {
      const [x, y, w, h] = drawn.box;
      const far = x > east || x + w < west || y > south || y + h < north;
      if (far === drawn.far) continue;
      drawn.element.classList.toggle("far", (drawn.far = far));
      if (!far && drawn.node && this.shown?.[0].graph === this.graph) this.change(drawn);
    }
  }

  /** Scroll the step's node into view, if it is not. */
  follow([x, y, width, height]) {
    const { view } = this;
    const at = (v) => (v + MARGIN) * this.zoom + PADDING / 2;
    const inside = (low, high, from, room) => at(low) >= from && at(high) <= from + room;
    if (inside(x, x + width, view.left, view.width) && inside(y, y + height, view.top, view.height)) return;
    this.following = true;
    this.centre([x, y, width, height]);
  }

  /** Scroll a box to the middle of the view. */
  centre([x, y, width, height]) {
    const { view } = this;
    const at = (v) => (v + MARGIN) * this.zoom + PADDING / 2;
    const left = at(x + width / 2) - view.width / 2;
    const calm = Math.abs(left - view.left) > 2 * view.width || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller.scrollTo({ left, top: at(y + height / 2) - view.height / 2, behavior: calm ? "auto" : "smooth" });
  }

  /** Look again where the view has come to: steps may have gone on meanwhile, to a node that was in view on the way. */
  arrived() {
    const { following, current } = this;
    this.following = false;
    if (following && current) this.follow(current);
  }
}

/** Light the edges of a step, with a pulse in the direction of the flow and the number that flows. */
function flowOf(pass, state, step, larger) {
  if (step.phase === "update") return [];
  const amounts = new Map((step.contributions ?? []).map((c) => [c.edge, c.amount]));
  const lit = pass.graph.nodes[step.node].edges.filter((edge) => state.edges[edge] === "current");
  const paths = lit.map((edge) => pathOf(pass.graph, pass.graph.edges[edge]));
  const pulses = paths.map((d) => svg("path", { d, class: `pulse ${step.phase}` }));
  const close = lit.some((edge) => !pass.graph.edges[edge].path); // large graphs have no room between their cards
  if (lit.length > FEW || larger > LARGE || close) return pulses;
  return [...pulses, ...lit.flatMap((edge, i) => amountOn(paths[i], amounts.get(edge) ?? pass.data[pass.graph.edges[edge].from], larger))];
}

/** Write the number that flows along an edge on its middle, as large on the screen at any zoom. */
function amountOn(path, amount, larger) {
  const [x, y] = middleOf(path);
  const text = written(amount, 3);
  const width = (10 + 6.8 * text.length) * larger;
  return [svg("rect", { x: x - width / 2, y: y - 9 * larger, width, height: 18 * larger, rx: 9 * larger, class: "amount" }),
    svg("text", { x, y: y + 4 * larger, class: "amount" }, text)];
}

/** The box that an edge and its two ends lie in. */
function between(graph, edge) {
  const [x, y, width, height] = graph.nodes[edge.from].box;
  const [x2, y2, width2, height2] = graph.nodes[edge.to].box;
  const [left, top] = [Math.min(x, x2), Math.min(y, y2)];
  return [left, top, Math.max(x + width, x2 + width2) - left, Math.max(y + height, y2 + height2) - top];
}

/** An edge's path: Graphviz's, or a plain curve in graphs where it was told to hurry. Parallel edges stay apart.
 *
 * There, leaves that only one node uses stand to its left; the edges of its other inputs pass below them, in a lane.
 */
function pathOf(graph, edge) {
  if (edge.path) return edge.path;
  const { edges, own, box: [left, top, , tall] } = graph.nodes[edge.to];
  const [x, y, width, height] = graph.nodes[edge.from].box;
  const beside = own.has(edge.from);
  const alike = edges.filter((other) => own.has(graph.edges[other].from) === beside);
  const share = (alike.indexOf(edge.number) + 1) / (alike.length + 1);
  const lane = own.size ? LANE : tall;
  const to = beside ? top + (tall - LANE) * share : top + tall - lane + lane * share;
  const end = beside || !own.size ? left : Math.min(...[...own].map((leaf) => graph.nodes[leaf].box[0]));
  const [from, middle] = [y + height / 2, (x + width + end) / 2];
  return `M${x + width} ${from}C${middle} ${from} ${middle} ${to} ${end} ${to}${end < left ? `H${left}` : ""}`;
}

/** The point in the middle of a path of cubic Bézier curves: of its middle curve, or between its two middle ones. */
function middleOf(path) {
  const numbers = path.split("H")[0].match(/-?[\d.]+/g).map(Number);
  const curves = (numbers.length / 2 - 1) / 3;
  const first = 6 * Math.floor(curves / 2);
  if (curves % 2 === 0) return numbers.slice(first, first + 2);
  const [x0, y0, x1, y1, x2, y2, x3, y3] = numbers.slice(first);
  return [(x0 + 3 * x1 + 3 * x2 + x3) / 8, (y0 + 3 * y1 + 3 * y2 + y3) / 8];
}

if (typeof module === "object") module.exports = { middleOf, pathOf };
