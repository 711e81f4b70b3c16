// A ball on the curve E(w). Every row is [w, ŷ, E, ∂E/∂w] as the engine computed it; the page only looks rows up.

const SIZE = { width: 720, height: 460, left: 46, right: 16, top: 20, bottom: 40 };
const HIGHEST = 16.5; // of the axis of E
const PACE = 120; // milliseconds a step of Auto-play

const { paths, lowest, first } = JSON.parse(document.getElementById("record").textContent);
const find = (id) => document.getElementById(id);
const widest = paths[paths.length - 1][0][0];
const x = (w) => SIZE.left + ((SIZE.width - SIZE.left - SIZE.right) * w) / widest;
const y = (e) => SIZE.height - SIZE.bottom - ((SIZE.height - SIZE.top - SIZE.bottom) * e) / HIGHEST;
const fixed = (v, digits = 4) => v.toFixed(digits).replace("-", "−");

let start = first; // the place on the grid that the descent began at
let count = 0; // how many updates since
let timer = null;

const text = (tx, ty, anchor, words, name = null) => svg("text", { x: tx, y: ty, "text-anchor": anchor, class: name }, words);
const ball = svg("circle", { r: 9, class: "ball" });
const tangent = svg("path", { class: "tangent" });
const slopeLabel = text(0, 0, "start", "", "tangent-label");
const trail = svg("g", {});

find("plot").append(svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": "The loss E as a function of w: a parabola" },
  ...[0, 4, 8, 12, 16].flatMap((e) => [svg("path", { d: `M${x(0)} ${y(e)}H${x(widest)}`, class: "axis" }), text(x(0) - 10, y(e) + 4, "end", String(e))]),
  ...[0, 1, 2, 3].map((w) => text(x(w), SIZE.height - 16, "middle", String(w))),
  text(x(widest / 2), SIZE.height - 4, "middle", "w"), text(x(0) + 8, SIZE.top + 2, "start", "E(w)"),
  svg("path", { d: `M${x(lowest[0])} ${SIZE.top + 14}V${y(0)}`, class: "lowest" }),
  text(x(lowest[0]), SIZE.top + 4, "middle", `w* ≈ ${fixed(lowest[0], 3)}`, "lowest-label"),
  svg("polyline", { points: paths.map(([[w, , e]]) => `${x(w)},${y(e)}`).join(" "), class: "curve" }),
  trail, tangent, slopeLabel, ball));

function show() {
  const path = paths[start];
  const [w, output, loss, slope] = path[count];
  const next = path[count + 1];
  for (const [id, v] of [["w", w], ["output", output], ["loss", loss], ["slope", slope]]) {
    find(id).textContent = fixed(v);
    find(id).title = exact(v);
  }
  find("count").textContent = String(count);
  find("update").textContent = next ? `Next: w ← ${fixed(w)} − 0.01 × ${slope < 0 ? `(${fixed(slope)})` : fixed(slope)} = ${fixed(next[0])}` : "The slope is all but flat: the ball has arrived.";
  find("slider").value = String(nearest(w));
  find("slider").setAttribute("aria-valuetext", `w ${fixed(w)}`);
  find("one").disabled = !next;
  find("announcement").textContent = timer ? "" : `w ${fixed(w)}, E ${fixed(loss)}, slope ${fixed(slope)}, step ${count}`;
  place(w, loss, slope);
  trail.replaceChildren(...path.slice(0, count).map(([u, , e]) => svg("circle", { cx: x(u), cy: y(e), r: 3.5, class: "trail" })));
}

/** Put the ball on the curve, and the tangent through it: the recorded slope, drawn. */
function place(w, loss, slope) {
  ball.setAttribute("cx", x(w));
  ball.setAttribute("cy", y(loss));
  const run = [x(1) - x(0), (y(1) - y(0)) * slope];
  const reach = 110 / Math.hypot(...run);
  tangent.setAttribute("d", `M${x(w) - reach * run[0]} ${y(loss) - reach * run[1]}L${x(w) + reach * run[0]} ${y(loss) + reach * run[1]}`);
  const right = w < lowest[0];
  slopeLabel.setAttribute("text-anchor", right ? "start" : "end");
  slopeLabel.setAttribute("x", x(w) + (right ? 18 : -18));
  slopeLabel.setAttribute("y", y(loss) - 6);
  slopeLabel.textContent = `slope ${fixed(slope, 2)}`;
}

function nearest(w) {
  return Math.min(Math.max(Math.round((w / widest) * (paths.length - 1)), 0), paths.length - 1);
}

function step() {
  if (count + 1 < paths[start].length) count += 1;
  else pause();
  show();
}

function pause() {
  clearInterval(timer);
  timer = null;
  find("auto").textContent = "Auto-play";
}

function from(place) {
  pause();
  [start, count] = [place, 0];
  show();
}

find("slider").max = String(paths.length - 1);
find("slider").addEventListener("input", (event) => from(Number(event.target.value)));
find("one").addEventListener("click", () => {
  pause();
  step();
});
find("auto").addEventListener("click", () => {
  if (timer) {
    pause();
    return;
  }
  if (count + 1 >= paths[start].length) count = 0;
  timer = setInterval(step, PACE);
  find("auto").textContent = "Pause";
});
find("reset").addEventListener("click", () => from(first));
show();
