// The cards of a graph: what each shows at the zoom at hand. A small card says less, in letters that stay legible.

const MARKS = { pending: "○", done: "✓" };
const NOW = { forward: "▶", backward: "◀", update: "↻" };
const FULL = 0.98; // the zoom from which a card shows all
const SMALLEST = 11; // pixels of a letter on the screen
const LINE = 11; // pixels from one line to the next
const WIDEST = 15; // letters of one row of the narrowest card
const LOWEST = 26; // the height of a constant's pill, in pixels at a zoom of 1

/** Tell what cards show at a zoom: how many lines, all of it from `FULL` on, and by how much letters are larger. */
function detailAt(zoom) {
  return { zoom, full: zoom >= FULL, lines: Math.min(3, Math.floor((68 * zoom - 1) / LINE)), larger: Math.max(1, 1 / zoom) };
}

/** Make one card: its outline tells the kind, its rows the numbers. */
function cardOf(graph, node, chosen) {
  const [x, y, width, height] = node.box;
  const focusable = graph.nodes.length <= MANY; // in larger graphs the list of nodes and the search serve
  const isRoot = node.number === graph.nodes.length - 1;
  const kinds = node.kind === "constant" ? ["data"] : ["mark", "name", "tag", "data caption", "data", "gradient caption", "gradient"];
  const texts = Object.fromEntries(kinds.map((kind) => [kind, svg("text", { class: kind, "aria-hidden": "true" })]));
  const title = svg("title", { "aria-hidden": "true" }, [node.label || `#${node.number}`, node.op || node.kind, node.source].filter(Boolean).join("\n"));
  const halo = isRoot ? [svg("rect", { x: -4, y: -4, width: width + 8, height: height + 8, rx: 13, class: "root" })] : [];
  const outline = outlineOf(node.kind, width, height, focusable ? { role: "button", tabindex: 0 } : { role: "img" });
  const made = svg("g", { transform: `translate(${x} ${y})`, "data-node": node.number }, title, ...halo, outline, ...Object.values(texts));
  made.addEventListener("click", () => chosen(node.number));
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    chosen(node.number);
  });
  return { element: made, outline, texts, node, box: node.box, state: {}, detail: null, far: false };
}

/** The outline, which takes the focus and has the name: rounded for what is computed, square for a leaf, cut corners for a parameter, a pill for a constant. */
function outlineOf(kind, width, height, role) {
  if (kind !== "parameter") {
    const rx = { computed: 10, leaf: 1.5, constant: height / 2 }[kind];
    return svg("rect", { width, height, rx, class: `card ${kind}`, ...role });
  }
  const c = 9;
  const d = `M${c} 0H${width - c}L${width} ${c}V${height - c}L${width - c} ${height}H${c}L0 ${height - c}V${c}Z`;
  return svg("path", { d, class: "card parameter", ...role });
}

/** Change a card to a node's state, if that is not what it shows. Most of a large graph stays as it is in a step. */
function changeCard(card, pass, n, { phase, nodes }, inspected, detail) {
  const state = { ...nodes[n], phase: nodes[n].place === "current" ? phase : "", during: detail.full ? "" : phase, inspected };
  if (card.detail === detail && Object.keys(state).every((key) => Object.is(state[key], card.state[key]))) return;
  if (card.detail !== detail) place(card, detail, pass, n);
  Object.assign(card, { state, detail });
  const gradient = gradientTold(state);
  const data = state.data === null ? "not run yet" : written(state.data);
  const classes = ["node", state.place, state.status, state.data === null && "empty", inspected && "inspected", card.far && "far"];
  card.element.setAttribute("class", classes.filter(Boolean).join(" "));
  const kind = state.status === "partial" ? "partial gradient" : "gradient";
  const { label, name } = card.node;
  const mentioned = name ? `${letter(pass, n)}${label && label !== name ? ` (${label})` : ""}, ` : "";
  card.outline.setAttribute("aria-label", `${mentioned}data ${data}, ${kind} ${gradient}, ${state.place}`);
  if (card.node.kind === "constant") said(card.texts.data, onPill(card, pass, n, data, detail));
  else if (detail.full) sayAll(card, state, data, gradient);
  else saySome(card, state);
}

function sayAll({ texts }, state, data, gradient) {
  said(texts.mark, state.phase ? NOW[state.phase] : MARKS[state.place]);
  const changed = state.old === null ? "" : `${apart(state.old, state.data).join(" → ")}`;
  said(texts.data, changed && changed.length <= WIDEST ? changed : data);
  said(texts["data caption"], !changed ? "data" : changed.length <= WIDEST ? "" : "new");
  said(texts.gradient, gradient);
  const caption = gradientCaption(state);
  said(texts["gradient caption"], caption.length + gradient.length < WIDEST ? caption : caption.replace("grad", "∂")[0]);
}

/** Say on a small card its number and its gradient, or of the two what the phase is about. */
function saySome({ texts, box, node, detail }, state) {
  const room = box[2] * detail.zoom - 6;
  const digits = room > 60 ? 4 : 2;
  const known = ["partial", "complete", "unreached"].includes(state.status);
  const gradient = known ? `${state.status === "partial" ? "◔" : "∂"} ${written(state.gradient, digits)}` : "";
  const data = state.data === null ? "" : written(state.data, digits);
  const only = state.during === "backward" ? gradient : data;
  said(texts.data, detail.lines > 2 || only === data ? data : "");
  said(texts.gradient, detail.lines > 2 || only !== data ? gradient : "");
  if (node.inputs.length && detail.lines > 2 && !data) said(texts.gradient, "");
}

const ruler = () => (ruler.context ??= Object.assign(document.createElement("canvas").getContext("2d"), { font: `650 ${SMALLEST}px 'Liberation Sans', Arial, Helvetica, sans-serif` }));

const widthOf = (text) => ruler().measureText(text).width;

/** Shorten a name to so many pixels; what tells it from others of its kind, such as .0[0,1]⁽²⁾, stays. */
function fitting(name, room) {
  if (widthOf(name) <= room) return name;
  const [, head, tail] = /^(.*?)((?:\.\d+)?(?:\[[^\]]*\])?(?:⁽[^⁾]*⁾)?)$/.exec(name);
  const letters = [...head];
  const some = Math.floor(((room - widthOf(`…${tail}`)) * letters.length) / widthOf(head));
  if (tail && some > 0) return `${letters.slice(0, some).join("")}…${tail}`;
  const mark = /⁽[^⁾]*⁾/.exec(name)?.[0]; // in the midst of a formula: which row of data it is about
  const cut = mark && [4, 3, 2, 1].map((k) => `${name.slice(0, k)}…${mark}…${name.slice(-2)}`).find((text) => widthOf(text) <= room);
  return cut || shortened(name, Math.max(3, Math.floor(([...name].length * room) / widthOf(name)) - 1));
}

/** Write a constant with its name, or with fewer digits, or the name alone, as there is room. */
function onPill(card, pass, n, data, detail) {
  if (!card.node.name || card.state.data === null) return data;
  const name = letter(pass, n);
  const room = detail.full ? Infinity : card.box[2] * detail.zoom - 4;
  return [`${name} = ${data}`, `${name}=${written(card.state.data, 2)}`].find((text) => widthOf(text) <= room) ?? name;
}

/** Name all nodes on their cards, as far as there is room; by their numbers, where two names would look alike. */
function titlesOf(pass, detail) {
  const { nodes } = pass.graph;
  const names = nodes.map(({ label, name }, n) => name || label || `#${n}`);
  const titles = nodes.map(({ label, box: [, , width] }, n) => {
    if (!detail.full) return fitting(nameOf(pass, n), width * detail.zoom - 6);
    return shortened(letter(pass, n), label ? LONGEST.named : LONGEST.formula); // a formula would make the card wide
  });
  const alike = new Map(titles.map((title, n) => [title, names[n]]));
  const twice = new Set(titles.filter((title, n) => alike.get(title) !== names[n]));
  return titles.map((title, n) => (twice.has(title) ? `#${n}` : title));
}

/** Put a card's texts where they go, hide those that have no room, and write its name. */
function place(card, detail, pass, n) {
  const [, , width, height] = card.box;
  if (card.texts.name) {
    detail.titles ??= titlesOf(pass, detail);
    said(card.texts.name, detail.titles[n]);
    said(card.texts.tag, INFIX[card.node.symbol] ?? (card.node.symbol || card.node.kind));
  }
  const places = card.node.kind === "constant" ? placesOnPill(width, detail) : detail.full ? placesOfAll(width, height) : placesOfSome(width, height, detail);
  for (const [kind, text] of Object.entries(card.texts)) {
    const at = places[kind];
    text.setAttribute("display", at ? "inline" : "none");
    if (at) for (const [name, value] of [["x", at[0]], ["y", at[1]], ["text-anchor", at[2]]]) text.setAttribute(name, value);
  }
}

function placesOnPill(width, { zoom, larger }) {
  return LOWEST * zoom >= 0.8 * SMALLEST ? { data: [width / 2, 13 + 4 * larger, "middle"] } : {};
}

function placesOfAll(width, height) {
  const [first, second, third] = [height - 49, height - 29, height - 11];
  const right = width - 10;
  return {
    mark: [10, first, "start"], name: [26, first, "start"], tag: [right, first, "end"],
    "data caption": [10, second, "start"], data: [right, second, "end"],
    "gradient caption": [10, third, "start"], gradient: [right, third, "end"],
  };
}

function placesOfSome(width, height, { zoom, lines }) {
  const top = (height * zoom - lines * LINE) / 2 + 0.8 * LINE;
  const line = (i) => (i < lines ? [width / 2, (top + i * LINE) / zoom, "middle"] : null);
  return { name: line(0), data: line(1), gradient: line(lines > 2 ? 2 : 1) };
}

function changeEdge(edge, place) {
  if (edge.place === place) return;
  edge.place = place;
  edge.element.setAttribute("class", `edge ${place}${edge.far ? " far" : ""}`);
}

function said(text, words) {
  if (text.textContent !== words) text.textContent = words;
}
