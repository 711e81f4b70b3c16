// The root's number in every pass, for example a loss as it falls; a click jumps to that pass.

const CURVE = { width: 340, height: 150, left: 46, right: 12, top: 12, bottom: 26 };

/** Draw the curve into an element, and give a function that marks the current pass. `jump` gets a pass's number. */
function curveIn(place, recording, jump) {
  const values = recording.passes.map((pass) => pass.data[pass.root]);
  const finite = values.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const high = Math.max(...finite, low + Number.MIN_VALUE);
  const { width, height, left, right, top, bottom } = CURVE;
  const x = (i) => left + ((width - left - right) * i) / Math.max(values.length - 1, 1);
  const y = (v) => (Number.isFinite(v) ? height - bottom - (height - top - bottom) * ((v - low) / (high - low)) : top);
  const name = named(recording.passes[0], recording.passes[0].root);
  const dots = values.map((v, i) => dotOf(x(i), y(v), `pass ${i + 1}: ${name} = ${exact(v)}`, () => jump(i)));
  const line = values.map((v, i) => (Number.isFinite(v) ? `${x(i)},${y(v)}` : null)).filter(Boolean).join(" ");
  place.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${name} in ${values.length} passes: ${written(values[0])} to ${written(values[values.length - 1])}` },
    ...axes(x, y, low, high, values.length), svg("polyline", { points: line, class: "curve" }), ...dots));
  return (current) => dots.forEach((dot, i) => dot.setAttribute("class", i === current ? "dot current" : "dot"));
}

function axes(x, y, low, high, passes) {
  const { width, height, left, right, bottom } = CURVE;
  const label = (tx, ty, anchor, text) => svg("text", { x: tx, y: ty, "text-anchor": anchor }, text);
  return [
    svg("path", { d: `M${left} ${y(high)}H${width - right}M${left} ${y(low)}H${width - right}`, class: "axis" }),
    label(left - 8, y(high) + 4, "end", written(high, 3)), label(left - 8, y(low) + 4, "end", written(low, 3)),
    label(left, height - 8, "start", "pass 1"), label(x(passes - 1), height - 8, "end", String(passes)),
  ];
}

function dotOf(cx, cy, title, choose) {
  const dot = svg("circle", { cx, cy, r: 4, class: "dot" }, svg("title", {}, title));
  dot.addEventListener("click", choose);
  return dot;
}
