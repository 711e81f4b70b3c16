// Charts of the root's number: in every pass, over the steps of training, and over one leaf.

const CHART = { width: 340, height: 160, right: 12, top: 12, bottom: 26 };
const LETTER = 6.5; // pixels, the width of a letter of 11 px

/** Draw ys over xs, above the least of them or `floor`; `more` gets the places of an x and of a y, and gives more to draw. */
function chartOf(xs, ys, [xName, yName], floor, more) {
  const { width, height, right, top, bottom } = CHART;
  const finite = ys.filter(Number.isFinite);
  const low = Math.min(floor, ...finite);
  const high = Math.max(...finite, low + Math.max(1e-12 * Math.abs(low), Number.MIN_VALUE));
  const ticks = ticksOf(low, high);
  const left = 12 + LETTER * Math.max(...ticks.map((words) => words.length));
  const [x0, x1] = [xs[0], xs.at(-1)];
  const across = (x) => left + ((width - left - right) * (x - x0)) / (x1 - x0 || 1);
  const up = (y) => (Number.isFinite(y) ? height - bottom - (height - top - bottom) * ((y - low) / (high - low)) : top);
  const text = (x, y, anchor, words) => svg("text", { x, y, "text-anchor": anchor }, words);
  const points = xs.flatMap((x, i) => (Number.isFinite(ys[i]) ? [`${across(x)},${up(ys[i])}`] : []));
  const inside = { x: left, y: 0, width: width - left, height: height - 18, viewBox: `${left} 0 ${width - left} ${height - 18}` }; // the rest is cut off
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${yName} over ${xName}: from ${written(ys[0])} to ${written(ys.at(-1))}` },
    svg("path", { d: `M${left} ${up(high)}H${width - right}M${left} ${up(low)}H${width - right}`, class: "axis" }),
    ...ticks.map((words, i) => text(left - 6, up(i ? high : low) + 4, "end", words)),
    text(left, height - 8, "start", written(x0, 3)), text((left + width - right) / 2, height - 8, "middle", xName), text(width - right, height - 8, "end", written(x1, 3)),
    svg("polyline", { points: points.join(" "), class: "curve" }),
    svg("svg", inside, ...more(across, up)));
}

/** Write the ends of an axis: rounded to its range's thousandths, which a curve of some points does not know better. */
function ticksOf(low, high) {
  const unit = 10 ** (Math.floor(Math.log10(high - low)) - 2);
  return apart(...[low, high].map((y) => (unit > 1e-12 * Math.abs(y) ? Math.round(y / unit) * unit : y)), 3);
}

/** Draw the root in every pass into an element, and give a function that marks the current pass. `jump` gets a pass's number. */
function curveIn(place, { passes }, jump) {
  const values = passes.map((pass) => pass.data[pass.root]);
  const name = named(passes[0], passes[0].root);
  let dots;
  place.replaceChildren(chartOf([...values.keys()].map((i) => i + 1), values, ["pass", name], 0, (across, up) => (dots = values.map((v, i) => {
    const dot = svg("circle", { cx: across(i + 1), cy: up(v), r: 4 }, svg("title", {}, `pass ${i + 1}: ${name} = ${exact(v)}`));
    dot.addEventListener("click", () => jump(i));
    return dot;
  }))));
  return (current) => dots.forEach((dot, i) => dot.setAttribute("class", i === current ? "dot current" : "dot"));
}
