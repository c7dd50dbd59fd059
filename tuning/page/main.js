// Draws what the page holds as JSON: one run, or two of which the second is the other version.

const { names, runs } = JSON.parse(document.getElementById("data").textContent);
const step = Math.min(...runs.map((run) => run.bucket_s));
const length = Math.max(...runs.map((run) => run.bucket_s * run.columns.arrivals.length));
const grid = Array.from({ length: Math.max(2, Math.ceil(length / step - 1e-9)) }, (_, index) => index * step);
Object.assign(times, { begin: 0, end: grid.at(-1), from: 0, to: grid.at(-1) });

const charts = document.getElementById("charts");
const spoken = CHARTS.map((chart) => chartFigure(chart, runs, names, grid, charts));
timeline(document.getElementById("timeline"), runs[0].faults, step, () => spoken.map((say) => say()).join("; "));
histogram(document.getElementById("histogram"), runs, names);
lives(document.getElementById("lives"), runs[0]);
