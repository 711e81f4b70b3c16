// A map of what a model of two inputs answers over their plane, with each row as a point.

const FINE = 32; // pixels of the map, each way, as in effect.html: few enough to follow a drag

/** Paint the answers over the plane of two leaves, in colours from the least to the largest target, or answer. */
function paint({ rows, across, up }, code, numbers) {
  const [[output, x, y]] = rows;
  const toOutput = below(code, output);
  const points = rows.map((row) => row.map((n) => (n === null ? null : numbers[n])));
  const [low, high] = ends(points.flatMap((point) => point.slice(1, 3)), 0.25);
  const context = find("plane").getContext("2d");
  const image = context.createImageData(FINE, FINE);
  const data = Float64Array.from(numbers);
  const at = (i) => low + ((high - low) * (i + 0.5)) / FINE;
  const answers = Array.from({ length: FINE * FINE }, (_, i) => {
    data[x] = at(i % FINE);
    data[y] = at(FINE - 1 - Math.floor(i / FINE));
    forward(toOutput, data);
    return data[output];
  });
  const targets = points.map((point) => point[3]).filter((target) => target !== null);
  const [bottom, top] = ends(targets.length ? targets : answers.filter(Number.isFinite), 0);
  answers.forEach((answer, i) => image.data.set(colourOf((answer - bottom) / (top - bottom)), 4 * i));
  context.putImageData(image, 0, 0);
  const on = (v) => (100 * (v - low)) / (high - low);
  find("points").replaceChildren(...points.map(([answer, across, up, target]) => {
    const wanted = target === null ? "" : `, wanted ${written(target)}`;
    const shape = (target ?? answer) > (bottom + top) / 2 ? { class: "high" } : { class: "low", rx: 3 };
    return svg("rect", { x: on(across) - 3, y: 97 - on(up), width: 6, height: 6, ...shape }, svg("title", {}, `(${written(across)}, ${written(up)}): ${written(answer)}${wanted}`));
  }));
  say("axes", `The output over ${across}, to the right, and ${up}, from ${written(low, 3)} to ${written(high, 3)}: blue is ${written(bottom, 3)}, orange ${written(top, 3)}.`);
}

/** The least and the largest number, and a share of their distance beyond. */
function ends(xs, share) {
  const [low, high] = [Math.min(...xs), Math.max(...xs)];
  const far = high - low || 2;
  return [low - share * far, low + (1 + share) * far];
}

/** From 0, blue, through white to 1, orange: the colours of the demos' pictures. */
function colourOf(share) {
  const far = Math.min(Math.abs(share - 0.5) * 2, 1);
  return [...(share > 0.5 ? [230, 159, 0] : [0, 114, 178]).map((v) => 255 + (v - 255) * far), 255];
}
