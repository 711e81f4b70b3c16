// The pictures of a page that computes: the root over one leaf, the loss over the steps, and the output over a plane.

const SLICE = { width: 340, height: 170, left: 56, right: 12, top: 12, bottom: 26, points: 81 };
const FINE = 48; // pixels of the heat map, each way, at most
const COMPUTED = 60_000; // nodes for one heat map, so that it follows a drag

/** Paint what the model answers over the plane of two leaves, and each row as a point. */
function paint({ rows, across, up }, code, numbers) {
  const [{ output, x, y }] = rows;
  const toOutput = computers(code, below({ nodes: code.map((_, n) => ({ inputs: code[n]?.inputs ?? [] })) }, output));
  const points = rows.map((row) => ({ x: numbers[row.x], y: numbers[row.y], target: row.target === undefined ? null : numbers[row.target], answer: numbers[row.output] }));
  const ends = (all) => [Math.min(...all), Math.max(...all)];
  const [least, most] = ends(points.flatMap((point) => [point.x, point.y]));
  const [low, high] = [least - 0.25 * (most - least || 2), most + 0.25 * (most - least || 2)];
  const fine = Math.max(12, Math.min(FINE, Math.floor(Math.sqrt(COMPUTED / toOutput.length))));
  const at = (i) => low + ((high - low) * (i + 0.5)) / fine;
  const data = Float64Array.from(numbers);
  const answers = Array.from({ length: fine * fine }, (_, i) => {
    data[x] = at(i % fine);
    data[y] = at(fine - 1 - Math.floor(i / fine));
    forward(toOutput, data);
    return data[output];
  });
  const goals = points.map((point) => point.target).filter((target) => target !== null);
  const [bottom, top] = ends(goals.length ? goals : answers.filter(Number.isFinite));
  const context = Object.assign(find("plane"), { width: fine, height: fine }).getContext("2d");
  const image = context.createImageData(fine, fine);
  answers.forEach((answer, i) => image.data.set(colourOf((answer - bottom) / (top - bottom || 1)), 4 * i));
  context.putImageData(image, 0, 0);
  const on = (v) => (100 * (v - low)) / (high - low);
  find("points").replaceChildren(...points.map((point) => pointOf(on(point.x), 100 - on(point.y), point, (bottom + top) / 2)));
  find("axes").textContent = `The output over ${across} (to the right) and ${up} (upwards), each from ${written(low, 3)} to ${written(high, 3)}: blue is ${written(bottom, 3)}, orange is ${written(top, 3)}.`;
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
  const low = here ? Math.min(...finite) : Math.min(0, ...finite); // losses stand on 0; a slope is seen best from near
  const high = Math.max(...finite, low + Math.max(1e-12 * Math.abs(low), Number.MIN_VALUE));
  const across = (x) => left + ((width - left - right) * (x - x0)) / (x1 - x0 || 1);
  const up = (y) => height - bottom - (height - top - bottom) * ((y - low) / (high - low));
  const text = (x, y, anchor, words) => svg("text", { x, y, "text-anchor": anchor }, words);
  const line = xs.map((x, i) => (Number.isFinite(ys[i]) ? `${across(x)},${up(ys[i])}` : null)).filter(Boolean).join(" ");
  const parts = [
    svg("path", { d: `M${left} ${up(low)}H${width - right}`, class: "axis" }),
    ...apart(high, low, 3).map((words, i) => text(left - 6, up(i ? low : high) + 4, "end", words)),
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
