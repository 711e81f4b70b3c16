"""Where XOR gets stuck: a 2-2-1 network's loss, from the saddle where runs begin to a plateau that never ends.

Runs first fall to a loss of 1/2, where all outputs are one half: a saddle, which curves down along two directions. Some
leave it towards a plateau at 1/4, where two rows are right and two are answered one half. It curves down nowhere and
slopes ever less, but its end is never reached: the weights grow and grow. (There are no local minima: Hamey, XOR has
no local minima: a case study in neural network error surface analysis, Neural Networks 11(4), 1998, 669-681, proves
it.) How often that happens depends on the optimizer. Stuck means that
after all sweeps some error is 0.5 or more. The gradient is summed over the four rows, weights and biases are even from
-1 to 1, training is native. Writes out/landscape.svg.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from autograd import Value, hessian, jacobian
from autograd.compiler import compile
from demos.common import style
from demos.common.command import parser
from demos.common.inside import look_inside
from demos.common.solving import draw_all, over_seeds, sweep
from demos.common.style import Row
from nn import MLP, SGD, Adam, Optimizer, half_squared_error

INPUTS, TARGETS = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
FLAT = 1e-6  # curvatures closer to 0 than this count as flat
PLATEAUS = {0.25: "two rows at 1/2", 1 / 3: "three rows at 1/3 or 2/3", 0.5: "all rows at 1/2"}

Array = NDArray[np.float64]


class Setting(NamedTuple):
    """An optimizer with its hyperparameters."""

    name: str
    make: Callable[[Sequence[Value]], Optimizer]
    color: str


SETTINGS = [
    Setting("SGD 0.5", lambda parameters: SGD(parameters, 0.5), style.RED),
    Setting("momentum 0.9, 0.5", lambda parameters: SGD(parameters, 0.5, 0.9), style.PURPLE),
    Setting("Adam 0.05", lambda parameters: Adam(parameters, 0.05), style.GREEN),
]


class Ending(NamedTuple):
    """How a run ended: the loss of its last sweep, and whether it is stuck."""

    loss: float
    stuck: bool


class Path(NamedTuple):
    """The parameters and the loss after each sweep, from the start."""

    points: Array
    losses: Array


def main(argv: Sequence[str] | None = None) -> None:
    """Train from every seed with each optimizer, and publish how often each gets stuck, and two paths that part."""
    options = parser(
        __doc__,
        "the first seed of the initial weights",
        runs=(200, "how many seeds"),
        sweeps=(10_000, "sweeps for each run"),
    ).parse_args(argv)

    seeds = range(options.seed, options.seed + options.runs)
    endings = over_seeds(SETTINGS, seeds, lambda setting, seed: run(setting, seed, options.sweeps), "landscape")
    parted = [seed for seed, a, b in zip(seeds, *endings[:2], strict=True) if a.stuck and not b.stuck]
    paths = [trace(setting, parted[0], options.sweeps) for setting in SETTINGS[:2]] if parted else []
    print(f"Seed {parted[0]}: SGD gets stuck, momentum does not." if parted else "No seed parts SGD from momentum.")
    style.publish(
        "landscape",
        "Where XOR gets stuck",
        "Runs begin at a saddle. Some leave it for a plateau that slopes ever less, and whose end they never reach.",
        table(endings, paths),
        {"landscape": "Loss on a plane: a saddle, from which one path leads to a plateau and one to a solution"},
        one_pass(paths, options.seed),
    )
    style.save(picture(endings, paths), "landscape")


def one_pass(paths: Sequence[Path], seed: int) -> dict[str, str]:
    """Look inside the stuck network, on a row that it does not get right; or inside the first, if none is stuck."""
    model, errors = start(seed), []
    if paths:
        for parameter, x in zip(model.parameters(), paths[0].points[-1].tolist(), strict=True):
            parameter.data = x
    for row, target in zip(INPUTS, TARGETS, strict=True):
        errors.append(half_squared_error(model(row), target))
    worst = max(errors, key=lambda error: error.data)
    return look_inside("landscape", "the stuck network on a wrong row" if paths else "the first network", worst)


def start(seed: int) -> MLP:
    """Make the network with the weights that the seed draws."""
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid")
    draw_all(model, 1.0, seed)
    return model


def run(setting: Setting, seed: int, sweeps: int) -> Ending:
    """Train from a seed, and say how it ended."""
    model = start(seed)
    losses = sweep(model, INPUTS, TARGETS, optimizer=setting.make(model.parameters()), epochs=sweeps)
    errors = [abs(model(row).data - target) for row, target in zip(INPUTS, TARGETS, strict=True)]
    return Ending(losses[-1], max(errors) >= 0.5)


def trace(setting: Setting, seed: int, sweeps: int) -> Path:
    """Train once more, and keep the parameters of every sweep."""
    model = start(seed)
    parameters = model.parameters()
    points = [[parameter.data for parameter in parameters]]

    def keep(sweep: int, loss: float) -> None:
        points.append([parameter.data for parameter in parameters])

    keep.only_watches = True  # type: ignore[attr-defined]  # so that nothing has to be read back after each sweep
    sweep(model, INPUTS, TARGETS, optimizer=setting.make(parameters), epochs=sweeps, callback=keep)
    found = np.array(points)
    return Path(found, losses_at(found))


def total_loss(*w: Any) -> Any:
    """Return the loss of all four rows as a function of the nine parameters, in the model's order."""
    losses = []
    for (x1, x2), target in zip(INPUTS, TARGETS, strict=True):
        hidden = [(w[k] * x1 + w[k + 1] * x2 + w[k + 2]).sigmoid() for k in (0, 3)]
        output = (w[6] * hidden[0] + w[7] * hidden[1] + w[8]).sigmoid()
        losses.append(half_squared_error(output, target))
    return sum(losses[1:], losses[0])


def losses_at(points: Array) -> Array:
    """Return the loss at each point, whose last axis is the nine parameters."""
    columns = points.reshape(-1, 9).T
    return np.asarray(compile(total_loss, example=[0.5] * 9)(*columns)).reshape(points.shape[:-1])


def slope(point: Array) -> float:
    """Return the size of the gradient."""
    return float(np.linalg.norm(jacobian(total_loss, point.tolist())))


def curvatures(point: Array) -> Array:
    """Return the eigenvalues of the Hessian, ascending: below 0 where the loss curves down."""
    return np.linalg.eigvalsh(np.array(hessian(total_loss, point.tolist())))


def saddle(path: Path) -> int:
    """Find the sweep with the smallest slope before the loss has left 1/2."""
    early = [k for k, loss in enumerate(path.losses[:1000]) if 0.49 < loss < 0.51]
    return min(early, key=lambda k: slope(path.points[k]), default=0)


def table(endings: Sequence[Sequence[Ending]], paths: Sequence[Path]) -> list[Row]:
    """Count the stuck runs by optimizer and plateau; of the first path, say its saddle and its plateau."""
    rows = []
    for setting, some in zip(SETTINGS, endings, strict=True):
        kinds = Counter(plateau(ending.loss) for ending in some if ending.stuck)
        note = ", ".join(f"{count} with {kind}" for kind, count in kinds.most_common())
        rows.append(Row(f"stuck, {setting.name}", "", f"{sum(kinds.values())} of {len(some)}", note))
    if paths:
        at = saddle(paths[0])
        rows += [path_row("the saddle", paths[0], at), path_row("the plateau", paths[0], len(paths[0].points) - 1)]
    return rows


def plateau(loss: float) -> str:
    """Name the plateau whose loss is nearest."""
    return PLATEAUS[min(PLATEAUS, key=lambda level: abs(level - loss))]


def path_row(what: str, path: Path, at: int) -> Row:
    """Say the loss, the slope and the curvatures at sweep `at` of a path."""
    found = curvatures(path.points[at])
    down, up = int((found < -FLAT).sum()), int((found > FLAT).sum())
    note = (
        f"slope {slope(path.points[at]):.1e}; {down} directions curve down, {up} up: {found[0]:.1e} to {found[-1]:.1e}"
    )
    return Row(f"{what}, sweep {at:,}", "", f"loss {path.losses[at]:.3f}", note)


def picture(endings: Sequence[Sequence[Ending]], paths: Sequence[Path]) -> Figure:
    """Draw the plane and the loss curves, if there are paths, and the share of stuck runs."""
    figure = Figure(figsize=(9.0, 5.4 if paths else 2.0))
    if not paths:
        draw_counts(figure.subplots(), endings)
        return figure
    panels = figure.subplot_mosaic([["plane", "curves"], ["plane", "counts"]], width_ratios=[1.25, 1.0])
    draw_plane(panels["plane"], paths)
    draw_curves(panels["curves"], paths)
    draw_counts(panels["counts"], endings)
    return figure


def draw_plane(axes: Axes, paths: Sequence[Path]) -> None:
    """Draw the loss on the plane through the saddle, the stuck end and the solved one, and the paths' shadows on it."""
    center = paths[0].points[saddle(paths[0])]
    stuck, solved = (path.points[-1] - center for path in paths)
    across = stuck / np.linalg.norm(stuck)
    upward = solved - (solved @ across) * across
    basis = np.array([across, upward / np.linalg.norm(upward)])
    shadows = [(path.points - center) @ basis.T for path in paths]
    every = np.concatenate(shadows)
    low, high = every.min(axis=0) - 3.0, every.max(axis=0) + 3.0
    xs, ys = (np.linspace(low[k], high[k], 140) for k in (0, 1))
    grid = center + xs[None, :, None] * basis[0] + ys[:, None, None] * basis[1]
    losses = losses_at(grid)
    axes.imshow(losses, cmap=style.SURFACE, vmin=0, vmax=1, extent=(low[0], high[0], low[1], high[1]), origin="lower")
    lines = axes.contour(xs, ys, losses, levels=[0.05, 0.15, 0.25, 0.35, 0.45, 0.5, 0.6], colors=style.FAINT)
    lines.set_linewidth(0.7)
    axes.clabel(lines, fontsize="x-small")
    for setting, shadow, end in zip(SETTINGS, shadows, ("stuck", "solved"), strict=False):
        axes.plot(*shadow.T, color=setting.color)
        axes.plot(*shadow[-1], "o", color=setting.color)
        axes.annotate(end, shadow[-1], xytext=(0, 7), textcoords="offset points", ha="center")
    axes.plot(0.0, 0.0, "D", color=style.INK)
    axes.annotate("saddle", (0.0, 0.0), xytext=(0, -16), textcoords="offset points", ha="left")
    axes.set(title="loss on a plane, and two paths' shadows", xticks=(), yticks=(), aspect="equal")
    axes.grid(visible=False)


def draw_curves(axes: Axes, paths: Sequence[Path]) -> None:
    """Draw the loss of each path by sweep, with sweeps on a logarithmic scale."""
    for setting, path in zip(SETTINGS, paths, strict=False):
        axes.plot(range(1, len(path.losses) + 1), path.losses, color=setting.color, label=setting.name)
    axes.set(xscale="log", xlabel="sweeps", yticks=(0, 0.25, 0.5), title="the same start, two losses")
    axes.legend()


def draw_counts(axes: Axes, endings: Sequence[Sequence[Ending]]) -> None:
    """Draw the share of stuck runs for each optimizer."""
    shares = [sum(ending.stuck for ending in some) / len(some) for some in endings]
    names = [setting.name for setting in SETTINGS]
    axes.barh(names, shares, color=[setting.color for setting in SETTINGS])
    for y, found in enumerate(shares):
        axes.text(found + 0.01, y, f"{found:.0%}", va="center")
    axes.set(xlim=(0, max(0.1, 1.25 * max(shares))), xticks=(), title=f"stuck, of {len(endings[0])} seeds")
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines["bottom"].set_visible(False)


if __name__ == "__main__":
    main()
