// The page: a cursor over the record, moved by slider, buttons, keys, and the part of the address after "#step=".

const SPEEDS = { slow: 2400, normal: 1200, fast: 400, "very fast": 80 }; // milliseconds a step

const find = (id) => document.getElementById(id);

function start() {
  const recording = decoded(JSON.parse(find("record").textContent));
  let k = 0; // the step, from 1 through all passes; 0 is before the first
  let inspected = null; // the node whose contributions are shown, or null for the step's own
  let timer = null;

  const picture = pictureIn(find("graph"), inspect);
  const many = recording.passes.length > 1;
  const starts = recording.passes.map((pass) => pass.start + 1);
  const markPass = many ? curveIn(find("curve"), recording, (p) => jump(starts[p])) : () => {};
  find("passes").hidden = !many;
  find("step").max = recording.length;

  function go(to) {
    k = Math.min(Math.max(to, 0), recording.length);
    const { number, pass, done, step } = located(recording, k);
    const state = states(pass, done);
    const phase = step ? step.phase : "start";
    if (document.body.dataset.phase !== phase) document.body.dataset.phase = phase; // it restyles the whole page
    find("step").value = k;
    find("step").setAttribute("aria-valuetext", `step ${k} of ${recording.length}, ${phase}`);
    find("where").textContent = `step ${k} of ${recording.length}`;
    find("phase").textContent = many ? `${phase} · pass ${number + 1} of ${recording.passes.length}` : phase;
    markPass(number);
    picture.show(pass, state, step, inspected);
    showStep(find("told"), pass, step);
    find("announcement").textContent = timer ? "" : `Step ${k} of ${recording.length}, ${phase}. ${told(pass, step)}`;
    listNodes(pass);
    find("contributions").hidden = inspected === null;
    if (inspected !== null) showContributions(find("contributions"), pass, inspected, done, jump);
  }

  function jump(to) {
    pause();
    go(to);
  }

  function inspect(node) {
    inspected = node === inspected ? null : node;
    go(k);
    if (inspected !== null) find("contributions").scrollIntoView({ block: "nearest" });
  }

  /** Fill the list of nodes, which does for the keyboard what a click on a card does. */
  let listed = null;
  function listNodes(pass) {
    if (listed !== pass.graph) {
      listed = pass.graph;
      find("inspected").replaceChildren(element("option", { value: "" }, "choose a node"),
        ...pass.graph.nodes.map((node, n) => element("option", { value: n }, named(pass, n))));
    }
    find("inspected").value = inspected ?? "";
  }

  function play() {
    if (k >= recording.length) go(0);
    timer = setInterval(() => (k < recording.length ? go(k + 1) : pause()), SPEEDS[find("speed").value]);
    showPlaying();
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    showPlaying();
  }

  function showPlaying() {
    find("play").textContent = timer ? "❚❚ Pause" : "▶ Play";
    document.body.classList.toggle("playing", timer !== null);
  }

  const keys = {
    ArrowRight: () => jump(k + 1),
    ArrowLeft: () => jump(k - 1),
    PageDown: () => jump(starts.find((first) => first > k) ?? recording.length),
    PageUp: () => jump(starts.findLast((first) => first < k) ?? 0),
    Home: () => jump(0),
    End: () => jump(recording.length),
    " ": () => (timer ? pause() : play()),
    Escape: () => inspect(inspected),
  };
  document.addEventListener("keydown", (event) => {
    const takesKeys = event.target.closest("select, button, [role=button]") && event.key === " ";
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey || takesKeys || event.target.matches("select")) return;
    event.preventDefault();
    keys[event.key]();
  });
  find("step").addEventListener("input", (event) => jump(Number(event.target.value)));
  find("play").addEventListener("click", keys[" "]);
  find("back").addEventListener("click", keys.ArrowLeft);
  find("forth").addEventListener("click", keys.ArrowRight);
  find("speed").addEventListener("change", () => timer && (pause(), play()));
  find("inspected").addEventListener("change", (event) => {
    inspect(event.target.value === "" ? inspected : Number(event.target.value));
  });
  find("larger").addEventListener("click", () => picture.zoomBy(1.25));
  find("smaller").addEventListener("click", () => picture.zoomBy(0.8));
  find("fit").addEventListener("click", () => picture.fit());
  addEventListener("hashchange", () => jump(asked(location.hash) ?? k));
  go(asked(location.hash) ?? recording.step);
}

/** Read the step out of "#step=7". */
function asked(hash) {
  const match = /^#step=(\d+)$/.exec(hash);
  return match ? Number(match[1]) : null;
}

start();
