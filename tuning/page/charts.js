// The charts over time: which there are, and what each says at a moment.

const CHARTS = [
  { title: "Arrivals", text: rateText, isRate: true, lines: [["arrivals", "requests"]] },
  {
    title: "Waiting",
    text: countText,
    isStack: true,
    lines: [["waiting", "in the queues"], ["queued", "queued for a place"], ["asleep", "asleep in executions"]],
  },
  { title: "Executions at once", text: countText, limit: "executions", lines: [["executions", "running and asleep"]] },
  { title: "Instances", text: countText, isStepped: true, lines: [["instances", "App Engine"]] },
  { title: "Errors", text: rateText, isRate: true, lines: [["errors", "failed calls"]] },
  {
    title: "Time to reply, by the moment of the command",
    text: durationText,
    isLog: true,
    lines: [["p50", "p50"], ["p95", "p95"], ["p99", "p99"]],
  },
];

// The columns of a chart at the moments of `grid`, each a list; counts of a bucket become counts a second.
function columnsOf(chart, run, grid) {
  return chart.lines.map(([name]) =>
    grid.map((at) => {
      const value = run.columns[name][Math.floor(at / run.bucket_s + 1e-9)] ?? null;
      return value !== null && chart.isRate ? value / run.bucket_s : value;
    }),
  );
}

// What a stack draws: its whole, then less and less of it.  The last is the bottom.
function heaped(columns) {
  const sums = [];
  columns.reduce((below, column) => {
    const sum = column.map((value, index) => (value ?? 0) + below[index]);
    sums.unshift(sum);
    return sum;
  }, columns[0].map(() => 0));
  return sums;
}

const greatest = (column) => column.reduce((most, value) => (value !== null && value > most ? value : most), 0);

// Appends the figure of one chart to `charts`.  Answers a function that says in words what it shows at the moment.
function chartFigure(chart, runs, names, grid, charts) {
  const [columns, others] = runs.map((run) => columnsOf(chart, run, grid));
  const kind = chart.isStack ? "area" : "line";
  const keys = chart.lines.map(([name, label]) => key(label, kind, name));
  const otherKey = others && key(names[1], "line dashed", "other");
  const caption = element("figcaption", {}, element("h3", {}, chart.title), ...keys.map(({ item }) => item));
  if (otherKey) {
    caption.append(otherKey.item);
  }
  const otherLines = others && (chart.isStack ? heaped(others).slice(0, 1) : others);
  const text = (value) => (value === null || value === undefined ? "–" : chart.text(value));
  const most = (column) => `≤ ${text(greatest(column))}`;
  const together = (values) => values.join(" · ");

  function values() {
    if (times.at === null) {
      return [...columns.map(most), otherLines && `≤ ${together(otherLines.map((column) => text(greatest(column))))}`];
    }
    const index = Math.min(grid.length - 1, Math.round((times.at - grid[0]) / (grid[1] - grid[0])));
    return [...columns.map((column) => text(column[index])), otherLines && together(otherLines.map((column) => text(column[index])))];
  }

  function say() {
    const said = values();
    keys.forEach(({ value }, index) => (value.textContent = said[index]));
    if (otherKey) {
      otherKey.value.textContent = said.at(-1);
    }
  }
  times.watchers.push(say);
  say();

  const box = element("div");
  charts.append(element("figure", { "data-chart": chart.lines[0][0] }, caption, box));
  const drawn = chart.isStack ? heaped(columns) : columns;
  plot(box, chart, [grid, ...drawn, ...(otherLines ?? [])], runs[0]);
  return () => `${chart.title} ${values().slice(0, columns.length).join(", ")}`;
}
