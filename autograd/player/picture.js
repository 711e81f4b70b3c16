// The graph: cards and edges, drawn once for each graph and then only changed where a step changes them.

const MARKS = { pending: "○", done: "✓" };
const NOW = { forward: "▶", backward: "◀", update: "↻" };
const MANY = 300; // cards: from here on only those near the view are drawn
const FEW = 9; // edges of one step that are still legible with a number on each
const ZOOMS = { least: 0.25, most: 2 };
const LEGIBLE = 0.66; // the smallest zoom at which cards can be read
const PADDING = 40; // pixels around the graph, both sides together

/** Draw graphs into a scrolling element. `chosen` is called with the number of the node that a reader clicks. */
function pictureIn(scroller, chosen) {
  let shown = null; // the graph that is drawn, its elements and what they last said
  let zoom = 1;

  // What of the graph is in view. It is noted when it changes: to ask for it in every step would cost a layout each.
  const view = { left: 0, top: 0, width: scroller.clientWidth, height: scroller.clientHeight };
  scroller.addEventListener("scroll", () => looked({ left: scroller.scrollLeft, top: scroller.scrollTop }));
  new ResizeObserver(() => looked({ width: scroller.clientWidth, height: scroller.clientHeight })).observe(scroller);

  function looked(change) {
    Object.assign(view, change);
    if (shown) showOnlyWhatIsNear();
  }

  /** Take what is far out of view off a large graph: a browser is slow with thousands of elements, seen or not. */
  function showOnlyWhatIsNear() {
    if (shown.cards.length <= MANY) return;
    const [left, right] = [view.left - view.width, view.left + 2 * view.width].map((v) => v / zoom);
    const [top, bottom] = [view.top - view.height, view.top + 2 * view.height].map((v) => v / zoom);
    const near = ([x, y, width, height]) => x < right && x + width > left && y < bottom && y + height > top;
    for (const drawn of [...shown.cards, ...shown.edges]) {
      const far = !near(drawn.box);
      if (far !== drawn.far) drawn.element.classList.toggle("far", (drawn.far = far));
    }
  }

  function show(pass, state, step, inspected) {
    if (!shown || shown.graph !== pass.graph) draw(pass.graph);
    pass.graph.nodes.forEach((node, n) => changeCard(shown.cards[n], pass, node, state, inspected === n));
    state.edges.forEach((place, n) => {
      if (shown.edges[n].place !== place) shown.edges[n].element.setAttribute("class", `edge ${(shown.edges[n].place = place)}${shown.edges[n].far ? " far" : ""}`);
    });
    showFlow(pass, state, step);
    if (step) follow(pass.graph.nodes[step.node].box);
  }

  function draw(graph) {
    const [width, height] = graph.size;
    const cards = graph.nodes.map((node) => cardOf(node, node.number === graph.nodes.length - 1, graph.nodes.length <= 100, chosen));
    const edges = graph.edges.map((edge) => ({ element: svg("path", { d: pathOf(graph, edge) }), box: between(graph, edge), place: null, far: false }));
    const flow = svg("g", { class: "flow", "aria-hidden": "true" });
    const whole = svg("svg", { viewBox: `-12 -12 ${width + 24} ${height + 24}`, role: "group", "aria-label": "Computation graph" },
      svg("g", { "aria-hidden": "true" }, ...edges.map((edge) => edge.element)), ...cards.map((card) => card.element), flow);
    scroller.replaceChildren(whole);
    shown = { graph, cards, edges, flow, whole, width: width + 24, height: height + 24 };
    fit();
  }

  /** Light the edges of the step, with a pulse in the direction of the flow and the number that flows. */
  function showFlow(pass, state, step) {
    shown.flow.replaceChildren();
    if (!step || step.phase === "update") return;
    const amounts = new Map((step.contributions ?? []).map((c) => [c.edge, c.amount]));
    const lit = pass.graph.nodes[step.node].edges.filter((edge) => state.edges[edge] === "current");
    for (const edge of lit) {
      const d = pathOf(pass.graph, pass.graph.edges[edge]);
      shown.flow.append(svg("path", { d, class: `pulse ${step.phase}` }));
      if (lit.length > FEW) continue;
      const [x, y] = middleOf(d);
      const text = written(amounts.get(edge) ?? pass.data[pass.graph.edges[edge].from], 3);
      const width = 10 + 6.8 * text.length;
      shown.flow.append(svg("rect", { x: x - width / 2, y: y - 9, width, height: 18, rx: 9, class: "amount" }),
        svg("text", { x, y: y + 4, class: "amount" }, text));
    }
  }

  function scale(factor) {
    zoom = Math.min(Math.max(factor, ZOOMS.least), ZOOMS.most);
    shown.whole.setAttribute("width", Math.round(shown.width * zoom));
    shown.whole.setAttribute("height", Math.round(shown.height * zoom));
    showOnlyWhatIsNear();
  }

  /** Show all of the graph where its cards stay legible, else as much as does. */
  function fit() {
    const room = Math.min((view.width - PADDING) / shown.width, (view.height - PADDING) / shown.height);
    scale(Math.min(Math.max(room, LEGIBLE), 1.25));
  }

  /** Scroll the step's node into view, if it is not. */
  function follow([x, y, width, height]) {
    const at = (v) => (v + 12) * zoom + PADDING / 2;
    const inside = (low, high, from, room) => at(low) >= from && at(high) <= from + room;
    if (inside(x, x + width, view.left, view.width) && inside(y, y + height, view.top, view.height)) return;
    const left = at(x + width / 2) - view.width / 2;
    const calm = Math.abs(left - view.left) > 2 * view.width || matchMedia("(prefers-reduced-motion: reduce)").matches;
    scroller.scrollTo({ left, top: at(y + height / 2) - view.height / 2, behavior: calm ? "auto" : "smooth" });
  }

  return { show, fit, zoomBy: (factor) => scale(zoom * factor) };
}

/** Make one card: its outline tells the kind, its rows the numbers. */
function cardOf(node, isRoot, focusable, chosen) {
  const [x, y, width, height] = node.box;
  const small = node.kind === "constant";
  const { module, name } = split(node.label || `#${node.number}`);
  const texts = {};
  const row = (key, baseline, caption) => {
    texts[key] = svg("text", { x: width - 10, y: baseline, class: key, "text-anchor": "end" });
    texts[`${key} caption`] = svg("text", { x: 10, y: baseline, class: "caption" }, caption);
    return [texts[`${key} caption`], texts[key]];
  };
  const mark = svg("text", { x: 10, y: small ? 17 : height - 49, class: "mark" });
  const title = svg("title", {}, [node.label || `#${node.number}`, node.op || node.kind, node.source].filter(Boolean).join("\n"));
  const body = small
    ? [(texts.data = svg("text", { x: width / 2 + 6, y: 17, class: "data", "text-anchor": "middle" }))]
    : [
        ...(module ? [svg("text", { x: 10, y: 14, class: "module" }, shortened(module))] : []),
        svg("text", { x: 26, y: height - 49, class: "name" }, shortened(name)),
        svg("text", { x: width - 10, y: height - 49, class: "tag", "text-anchor": "end" }, INFIX[node.symbol] ?? (node.symbol || node.kind)),
        ...row("data", height - 29, "data"),
        ...row("gradient", height - 11, "grad"),
      ];
  const made = svg("g", { transform: `translate(${x} ${y})`, role: "button", tabindex: focusable && !small ? 0 : null, "data-node": node.number },
    title, ...(isRoot ? [svg("rect", { x: -4, y: -4, width: width + 8, height: height + 8, rx: 13, class: "root" })] : []),
    outlineOf(node.kind, width, height), mark, ...body);
  made.addEventListener("click", () => chosen(node.number));
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    chosen(node.number);
  });
  return { element: made, mark, texts, box: node.box, state: {}, far: false };
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
function changeCard(card, pass, node, { phase, nodes }, inspected) {
  const state = { ...nodes[node.number], phase: nodes[node.number].place === "current" ? phase : "", inspected };
  if (Object.keys(state).every((key) => Object.is(state[key], card.state[key]))) return;
  card.state = state;
  const gradient = gradientTold(state);
  const data = state.data === null ? "not run yet" : state.old === null ? written(state.data) : `${written(state.old)} → ${written(state.data)}`;
  card.element.setAttribute("class", `node ${state.place} ${state.status}${state.data === null ? " empty" : ""}${inspected ? " inspected" : ""}${card.far ? " far" : ""}`);
  card.element.setAttribute("aria-label", `${named(pass, node.number)}, data ${data}, ${state.status === "partial" ? "partial " : ""}gradient ${gradient}, ${state.place}`);
  said(card.mark, state.place === "current" ? NOW[phase] : MARKS[state.place]);
  said(card.texts.data, data);
  if (!card.texts.gradient) return;
  said(card.texts["data caption"], state.old === null ? "data" : "");
  said(card.texts.gradient, gradient);
  said(card.texts["gradient caption"], gradientKind(state));
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
