// The graph: cards and edges, drawn once for each graph and then only changed where a step changes them.

const MARKS = { pending: "○", done: "✓" };
const NOW = { forward: "▶", backward: "◀", update: "↻" };
const MANY = 300; // cards: from here on only those near the view are drawn
const FEW = 9; // edges of one step that are still legible with a number on each
const ZOOMS = { least: 0.25, most: 2 };
const LEGIBLE = { wide: 0.66, narrow: 0.85 }; // the smallest zoom at which cards can be read; on a phone it takes more
const NARROW = 600; // pixels
const MARGIN = 12; // around the graph, for the outlines that stand out
const PADDING = 40; // pixels around the graph, both sides together

/** A graph in a scrolling element. `chosen` is called with the number of the node that a reader clicks. */
class Picture {
  constructor(scroller, chosen) {
    this.scroller = scroller;
    this.chosen = chosen;
    this.graph = null; // what is drawn
    this.zoom = 1;
    this.current = null; // the box of the step's node
    this.whenDrawn = () => {}; // called with the cards of a graph that was drawn anew
    this.following = false; // whether a scroll to such a node is under way
    // What is in view. It is noted when it changes: to ask for it in every step would cost a layout each.
    this.view = { left: 0, top: 0, width: scroller.clientWidth, height: scroller.clientHeight };
    scroller.addEventListener("scroll", () => this.looked({ left: scroller.scrollLeft, top: scroller.scrollTop }));
    scroller.addEventListener("scrollend", () => this.arrived());
    for (const own of ["wheel", "pointerdown"]) scroller.addEventListener(own, () => (this.following = false), { passive: true });
    new ResizeObserver(() => this.looked({ width: scroller.clientWidth, height: scroller.clientHeight })).observe(scroller);
  }

  show(pass, state, step, inspected) {
    if (this.graph !== pass.graph) this.draw(pass.graph);
    this.cards.forEach((card, n) => changeCard(card, pass, n, state, inspected === n));
    this.edges.forEach((edge, n) => changeEdge(edge, state.edges[n]));
    this.flow.replaceChildren(...(step ? flowOf(pass, state, step) : []));
    this.current = step ? pass.graph.nodes[step.node].box : null;
    if (step) this.follow(this.current);
  }

  draw(graph) {
    this.graph = graph;
    this.cards = graph.nodes.map((node) => cardOf(graph, node, this.chosen));
    this.edges = graph.edges.map((edge) => ({ element: svg("path", { d: pathOf(graph, edge) }), box: between(graph, edge), place: null, far: false }));
    this.flow = svg("g", { class: "flow", "aria-hidden": "true" });
    [this.width, this.height] = graph.size.map((v) => v + 2 * MARGIN);
    this.whole = svg("svg", { viewBox: `${-MARGIN} ${-MARGIN} ${this.width} ${this.height}`, role: "group", "aria-label": "Computation graph" },
      svg("g", { "aria-hidden": "true" }, ...this.edges.map((edge) => edge.element)), ...this.cards.map((card) => card.element), this.flow);
    this.scroller.replaceChildren(this.whole);
    this.whenDrawn(this.cards);
    this.fit();
  }

  /** Show all of the graph where its cards stay legible, else as much as does. */
  fit() {
    const room = Math.min((this.view.width - PADDING) / this.width, (this.view.height - PADDING) / this.height);
    const least = this.view.width < NARROW ? LEGIBLE.narrow : LEGIBLE.wide;
    this.scale(Math.min(Math.max(room, least), 1.25) / this.zoom);
  }

  scale(factor) {
    this.zoom = Math.min(Math.max(this.zoom * factor, ZOOMS.least), ZOOMS.most);
    this.whole.setAttribute("width", Math.round(this.width * this.zoom));
    this.whole.setAttribute("height", Math.round(this.height * this.zoom));
    this.showOnlyWhatIsNear();
  }

  looked(change) {
    Object.assign(this.view, change);
    if (this.graph) this.showOnlyWhatIsNear();
  }

  /** Take what is far out of view off a large graph: a browser is slow with thousands of elements, seen or not. */
  showOnlyWhatIsNear() {
    if (this.cards.length <= MANY) return;
    const { left, top, width, height } = this.view;
    const [west, east, north, south] = [left - width, left + 2 * width, top - height, top + 2 * height].map((v) => v / this.zoom);
    for (const drawn of [...this.cards, ...this.edges]) {
      const [x, y, w, h] = drawn.box;
      const far = x > east || x + w < west || y > south || y + h < north;
      if (far !== drawn.far) drawn.element.classList.toggle("far", (drawn.far = far));
    }
  }

  /** Scroll the step's node into view, if it is not. */
  follow([x, y, width, height]) {
    const { view } = this;
    const at = (v) => (v + MARGIN) * this.zoom + PADDING / 2;
    const inside = (low, high, from, room) => at(low) >= from && at(high) <= from + room;
    if (inside(x, x + width, view.left, view.width) && inside(y, y + height, view.top, view.height)) return;
    const left = at(x + width / 2) - view.width / 2;
    const calm = Math.abs(left - view.left) > 2 * view.width || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.following = true;
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
function flowOf(pass, state, step) {
  if (step.phase === "update") return [];
  const amounts = new Map((step.contributions ?? []).map((c) => [c.edge, c.amount]));
  const lit = pass.graph.nodes[step.node].edges.filter((edge) => state.edges[edge] === "current");
  const paths = lit.map((edge) => pathOf(pass.graph, pass.graph.edges[edge]));
  const pulses = paths.map((d) => svg("path", { d, class: `pulse ${step.phase}` }));
  if (lit.length > FEW) return pulses;
  return [...pulses, ...lit.flatMap((edge, i) => amountOn(paths[i], amounts.get(edge) ?? pass.data[pass.graph.edges[edge].from]))];
}

function amountOn(path, amount) {
  const [x, y] = middleOf(path);
  const text = written(amount, 3);
  const width = 10 + 6.8 * text.length;
  return [svg("rect", { x: x - width / 2, y: y - 9, width, height: 18, rx: 9, class: "amount" }), svg("text", { x, y: y + 4, class: "amount" }, text)];
}

/** Make one card: its outline tells the kind, its rows the numbers. */
function cardOf(graph, node, chosen) {
  const [x, y, width, height] = node.box;
  const isRoot = node.number === graph.nodes.length - 1;
  const focusable = graph.nodes.length <= 100 && node.kind !== "constant"; // in larger ones the list of nodes serves
  const texts = node.kind === "constant" ? textsOfConstant(width) : textsOf(node, width, height);
  const title = svg("title", {}, [node.label || `#${node.number}`, node.op || node.kind, node.source].filter(Boolean).join("\n"));
  const halo = isRoot ? [svg("rect", { x: -4, y: -4, width: width + 8, height: height + 8, rx: 13, class: "root" })] : [];
  const made = svg("g", { transform: `translate(${x} ${y})`, role: "button", tabindex: focusable ? 0 : null, "data-node": node.number },
    title, ...halo, outlineOf(node.kind, width, height), ...Object.values(texts));
  made.addEventListener("click", () => chosen(node.number));
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    chosen(node.number);
  });
  return { element: made, texts, box: node.box, state: {}, far: false };
}

function textsOfConstant(width) {
  return { mark: svg("text", { x: 10, y: 17, class: "mark" }), data: svg("text", { x: width / 2 + 6, y: 17, class: "data", "text-anchor": "middle" }) };
}

function textsOf(node, width, height) {
  const { module, name } = split(node.label || `#${node.number}`);
  const [first, second, third] = [height - 49, height - 29, height - 11];
  const left = (y, kind, words = "", x = 10) => svg("text", { x, y, class: kind }, words);
  const right = (y, kind, words = "") => svg("text", { x: width - 10, y, class: kind, "text-anchor": "end" }, words);
  return {
    module: left(14, "module", shortened(module)),
    mark: left(first, "mark"),
    name: left(first, "name", shortened(name), 26),
    tag: right(first, "tag", INFIX[node.symbol] ?? (node.symbol || node.kind)),
    "data caption": left(second, "caption"),
    data: right(second, "data"),
    "gradient caption": left(third, "caption"),
    gradient: right(third, "gradient"),
  };
}

/** The outline: rounded for what is computed, square for a leaf, cut corners for a parameter, a pill for a constant. */
function outlineOf(kind, width, height) {
  if (kind !== "parameter") {
    const rx = { computed: 10, leaf: 1.5, constant: height / 2 }[kind];
    return svg("rect", { width, height, rx, class: `card ${kind}` });
  }
  const c = 9;
  const d = `M${c} 0H${width - c}L${width} ${c}V${height - c}L${width - c} ${height}H${c}L0 ${height - c}V${c}Z`;
  return svg("path", { d, class: "card parameter" });
}

/** Change a card to a node's state, if that is not what it shows. Most of a large graph stays as it is in a step. */
function changeCard(card, pass, n, { phase, nodes }, inspected) {
  const state = { ...nodes[n], phase: nodes[n].place === "current" ? phase : "", inspected };
  if (Object.keys(state).every((key) => Object.is(state[key], card.state[key]))) return;
  card.state = state;
  const gradient = gradientTold(state);
  const data = state.data === null ? "not run yet" : written(state.data);
  const classes = ["node", state.place, state.status, state.data === null && "empty", inspected && "inspected", card.far && "far"];
  card.element.setAttribute("class", classes.filter(Boolean).join(" "));
  const kind = state.status === "partial" ? "partial gradient" : "gradient";
  card.element.setAttribute("aria-label", `${named(pass, n)}, data ${data}, ${kind} ${gradient}, ${state.place}`);
  said(card.texts.mark, state.phase ? NOW[phase] : MARKS[state.place]);
  said(card.texts.data, state.old === null ? data : `${written(state.old)} → ${data}`);
  if (!card.texts.gradient) return;
  said(card.texts["data caption"], state.old === null ? "data" : "");
  said(card.texts.gradient, gradient);
  said(card.texts["gradient caption"], gradientCaption(state));
}

function changeEdge(edge, place) {
  if (edge.place === place) return;
  edge.place = place;
  edge.element.setAttribute("class", `edge ${place}${edge.far ? " far" : ""}`);
}

function said(text, words) {
  if (text.textContent !== words) text.textContent = words;
}

/** The box that an edge and its two ends lie in. */
function between(graph, edge) {
  const [x, y, width, height] = graph.nodes[edge.from].box;
  const [x2, y2, width2, height2] = graph.nodes[edge.to].box;
  const [left, top] = [Math.min(x, x2), Math.min(y, y2)];
  return [left, top, Math.max(x + width, x2 + width2) - left, Math.max(y + height, y2 + height2) - top];
}

/** An edge's path: Graphviz's, or a plain curve in graphs where it was told to hurry. Parallel edges stay apart. */
function pathOf(graph, edge) {
  if (edge.path) return edge.path;
  const { edges, box } = graph.nodes[edge.to];
  const [x, y, width, height] = graph.nodes[edge.from].box;
  const from = y + height / 2;
  const to = box[1] + (box[3] * (edges.indexOf(edge.number) + 1)) / (edges.length + 1);
  const middle = (x + width + box[0]) / 2;
  return `M${x + width} ${from}C${middle} ${from} ${middle} ${to} ${box[0]} ${to}`;
}

/** The point in the middle of a path of cubic Bézier curves: of its middle curve, or between its two middle ones. */
function middleOf(path) {
  const numbers = path.match(/-?[\d.]+/g).map(Number);
  const curves = (numbers.length / 2 - 1) / 3;
  const first = 6 * Math.floor(curves / 2);
  if (curves % 2 === 0) return numbers.slice(first, first + 2);
  const [x0, y0, x1, y1, x2, y2, x3, y3] = numbers.slice(first);
  return [(x0 + 3 * x1 + 3 * x2 + x3) / 8, (y0 + 3 * y1 + 3 * y2 + y3) / 8];
}

if (typeof module === "object") module.exports = { middleOf, pathOf };
