// Draws the charts of one run, or of two of which the second is the other version; what was drawn before is forgotten.

function show({ names, runs }) {
  forgetPlots();
  const step = Math.min(...runs.map((run) => run.bucket_s));
  const length = Math.max(...runs.map((run) => run.bucket_s * run.columns.arrivals.length));
  const grid = Array.from({ length: Math.max(2, Math.ceil(length / step - 1e-9)) }, (_, index) => index * step);
  const end = grid.at(-1);
  Object.assign(times, { begin: 0, end, from: 0, to: end, at: null, watchers: [] });

  const charts = emptied("charts");
  const spoken = CHARTS.map((chart) => chartFigure(chart, runs, names, grid, charts));
  timeline(emptied("timeline"), runs[0].faults, step, () => spoken.map((say) => say()).join("; "));
  histogram(emptied("histogram-drawing"), runs, names);
  lives(emptied("lives-drawing"), runs[0]);
}

// The element of that id, without children and without listeners.
function emptied(id) {
  const made = document.getElementById(id).cloneNode();
  document.getElementById(id).replaceWith(made);
  return made;
}
