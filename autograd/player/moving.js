// Finding one's way in a large graph: dragging, the wheel, keys, a map of the whole, and a search.

const STEP = 80; // pixels that a key moves the view

/** Pan a picture by dragging its ground, zoom with Ctrl and the wheel or by pinching, both about the pointer. */
function moveByPointer(picture) {
  const { scroller } = picture;
  scroller.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    picture.scale(Math.exp(-Math.max(-100, Math.min(100, event.deltaY)) / 400), [event.clientX, event.clientY]);
  }, { passive: false });
  let from = null;
  scroller.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button !== 0 || event.target.closest("[data-leaf]")) return; // a finger scrolls by itself
    from = { x: event.clientX, y: event.clientY, left: scroller.scrollLeft, top: scroller.scrollTop, moved: false };
  });
  scroller.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(x, y) < 4) return;
    if (!from.moved) scroller.setPointerCapture(event.pointerId);
    from.moved = true;
    scroller.scrollTo({ left: from.left - x, top: from.top - y, behavior: "instant" });
  });
  for (const end of ["pointerup", "pointercancel"]) scroller.addEventListener(end, () => (from = null));
}

/** What a key does in the picture; with Shift, the arrows move the view from anywhere. */
const MOVES = {
  ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP],
};
const ZOOMING = { "+": (picture) => picture.scale(1.25), "-": (picture) => picture.scale(0.8), 0: (picture) => picture.fit(), "/": () => find("search").focus() };

/** Draw the whole graph as a map with the part in view on it; where it is all in view, there is none. */
function mapOf(picture, place) {
  const ground = svg("path", { class: "ground" });
  const here = svg("circle", { class: "here" });
  const seen = svg("rect", { class: "seen" });
  const map = svg("svg", { preserveAspectRatio: "xMidYMid meet" }, ground, here, seen);
  place.replaceChildren(map);
  let drawn = null;
  const go = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    const { width, height } = picture.view;
    const to = (v, room) => (v + MARGIN) * picture.zoom + PADDING / 2 - room / 2;
    picture.scroller.scrollTo({ left: to(at.x, width), top: to(at.y, height), behavior: "instant" });
  };
  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    go(event);
  });
  map.addEventListener("pointermove", (event) => event.buttons && go(event));
  return () => {
    const { view, zoom, graph, current } = picture;
    if (drawn !== graph) {
      drawn = graph;
      const size = Math.max(...graph.size) / 60;
      map.setAttribute("viewBox", `0 0 ${graph.size.join(" ")}`);
      ground.setAttribute("d", graph.nodes.map(({ box: [x, y, w, h] }) => `M${x} ${y}h${w}v${h}h${-w}z`).join(""));
      here.setAttribute("r", size);
    }
    place.hidden = picture.width * zoom + PADDING <= view.width + 1 && picture.height * zoom + PADDING <= view.height + 1;
    if (place.hidden) return;
    const from = (v) => (v - PADDING / 2) / zoom - MARGIN;
    for (const [name, v] of [["x", from(view.left)], ["y", from(view.top)], ["width", view.width / zoom], ["height", view.height / zoom]]) seen.setAttribute(name, v);
    here.setAttribute("visibility", current ? "visible" : "hidden");
    if (current) for (const [name, v] of [["cx", current[0] + current[2] / 2], ["cy", current[1] + current[3] / 2]]) here.setAttribute(name, v);
  };
}

/** Find the nodes whose names have the words of a search: those that begin with them first. */
function matching(pass, words) {
  const wanted = words.trim().toLowerCase();
  if (!wanted) return [];
  const ranked = pass.graph.nodes.map((node, n) => {
    const names = [node.label, node.name, `#${n}`].map((name) => name.toLowerCase());
    return { n, rank: names.includes(wanted) ? 0 : names.some((name) => name.startsWith(wanted)) ? 1 : names.some((name) => name.includes(wanted)) ? 2 : 3 };
  });
  return ranked.filter(({ rank }) => rank < 3).sort((a, b) => a.rank - b.rank || a.n - b.n).map(({ n }) => n);
}

/** Let the search field bring nodes into view, and Enter go from one to the next. */
function search(player) {
  const field = find("search");
  let found = [];
  let at = 0;
  const show = () => {
    say("found", field.value.trim() ? (found.length ? `${at + 1} of ${found.length}` : "none") : "");
    if (!found.length) return;
    player.inspect(found[at], false);
    player.picture.centre(player.picture.graph.nodes[found[at]].box);
  };
  field.addEventListener("input", () => {
    found = matching(located(player.recording, player.k).pass, field.value);
    at = 0;
    show();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !found.length) return;
    at = (at + (event.shiftKey ? found.length - 1 : 1)) % found.length;
    show();
  });
}

if (typeof module === "object") module.exports = { matching };
