// One chart drawn by uPlot, with what lies below and above its lines: the shaded faults, the line of a limit.

const FONT = `12px ${getComputedStyle(document.body).fontFamily}`;
const WHOLE_STEPS = Array.from({ length: 30 }, (_, index) => [1, 2, 5][index % 3] * 10 ** Math.floor(index / 3));
const plots = [];

function forgetPlots() {
  plots.splice(0).forEach((one) => one.destroy());
}

// data: the moments, the lines of the chart, then those of the other version.
function plot(box, chart, data, run) {
  const limit = run.limits[chart.limit];
  const options = {
    width: Math.max(200, box.clientWidth),
    height: chart.isLog || chart.isStack || chart.limit ? 170 : 110,
    padding: [10, PLOT.right, 6, 0],
    legend: { show: false },
    cursor: { y: false, move: toMoment, points: { size: 7 }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: { distr: chart.isLog ? 3 : 1, range: rangeOf(chart, limit) } },
    axes: [timeAxis(), valueAxis(chart)],
    series: [{}, ...data.slice(1).map((_, index) => seriesOf(chart, index))],
    bands: bandsOf(chart),
    hooks: { setCursor: [pointed], setScale: [stretched], draw: [placed] },
  };
  const made = new uPlot(options, data, box);
  const shades = run.faults.map((fault) => ({ fault, shade: element("div", { class: "outage", title: fault.label }) }));
  const line = limit && element("div", { class: "limit" }, element("span", {}, `quota ${countText(limit)}`));
  made.under.append(...shades.map(({ shade }) => shade));
  if (line) {
    made.over.append(line);
  }
  plots.push(made);
  placed(made);
  touched(made);
  times.watchers.push((source) => source === made || follow(made));
  onWidth(box, (width) => made.setSize({ width, height: made.height }));

  function placed(self) {
    for (const { fault, shade } of shades ?? []) {
      const left = self.valToPos(fault.begins_s, "x");
      Object.assign(shade.style, { left: `${left}px`, width: `${Math.max(1, self.valToPos(fault.ends_s, "x") - left)}px` });
    }
    if (line) {
      const top = self.valToPos(limit, "y");
      line.classList.toggle("beyond", top < 0);
      line.style.top = `${Math.max(0, top)}px`;
    }
  }
}

// The cursor stands at a moment of which there are numbers.
function toMoment(self, left, top) {
  const index = left < 0 ? null : self.valToIdx(self.posToVal(left, "x"));
  return [index === null ? left : Math.max(0, self.valToPos(self.data[0][index], "x")), top];
}

// What another chart or the time line has changed.
function follow(self) {
  if (self.scales.x.min !== times.from || self.scales.x.max !== times.to) {
    self.setScale("x", { min: times.from, max: times.to });
  }
  const left = times.at === null ? -10 : self.valToPos(times.at, "x");
  self.setCursor({ left, top: times.at === null ? -10 : 1 }, false);
}

function pointed(self) {
  const { left } = self.cursor;
  if (self.status === 1) {
    readAt(left === undefined || left < 0 ? null : self.posToVal(left, "x"), self);
  }
}

function stretched(self, scale) {
  if (scale === "x" && self.status === 1) {
    showStretch(self.scales.x.min, self.scales.x.max, self);
  }
}

// uPlot hears a mouse alone.
function touched(self) {
  self.over.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") {
      readAt(self.posToVal(event.clientX - self.over.getBoundingClientRect().left, "x"));
    }
  });
}

const timeAxis = () => ({
  size: 0,
  gap: 0,
  splits: (self, _, from, to) => timeTicks(from, to, Math.max(2, Math.floor(self.width / 110))),
  values: (_, splits) => splits.map(() => ""),
  ticks: { show: false },
  grid: { stroke: () => colour("grid"), width: 1 },
});

const valueAxis = (chart) => ({
  size: PLOT.left,
  gap: 6,
  font: FONT,
  stroke: () => colour("muted"),
  space: 34,
  ticks: { show: false },
  grid: { stroke: () => colour("grid"), width: 1 },
  values: (_, splits) => splits.map((value) => (chart.isLog ? durationText(value) : shortText(value))),
  ...(chart.isRate || chart.isLog ? {} : { incrs: WHOLE_STEPS }),
  ...(chart.isLog
    ? { splits: (_, __, low, high) => DECADES_S.filter((one) => one >= low && one <= high), filter: (_, splits) => splits }
    : {}),
});

// From zero, with a little air; up to the limit where the numbers come near it; in decades where the axis is one of these.
const rangeOf = (chart, limit) => (_, least, most) => {
  if (chart.isLog) {
    const low = DECADES_S.filter((one) => one <= (least ?? 1)).at(-1) ?? DECADES_S[0];
    return [low, Math.max(DECADES_S.find((one) => one >= (most ?? 1)) ?? most, low * 10)];
  }
  const high = Math.max(most ?? 0, 1) * 1.1;
  return [0, limit && high > limit * 0.3 ? Math.max(high, limit * 1.2) : high];
};

function seriesOf(chart, index) {
  const count = chart.lines.length;
  if (index >= count) {
    return { stroke: () => colour("other"), width: 1.5, dash: [5, 4], points: { show: false }, ...steps(chart) };
  }
  const [name] = chart.lines[chart.isStack ? count - 1 - index : index];
  const isFilled = chart.isStack ? index === count - 1 : !chart.isLog;
  return {
    stroke: () => colour(name),
    width: chart.isStack ? 1 : 1.75,
    points: { show: false },
    ...(isFilled ? { fill: () => colour(name) + (chart.isStack ? "b0" : "2b") } : {}),
    ...steps(chart),
  };
}

const steps = (chart) => (chart.isStepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {});

function bandsOf(chart) {
  const tint = (name, alpha) => () => colour(name) + alpha;
  if (chart.isStack) {
    return chart.lines.slice(1).map((_, index) => {
      const [name] = chart.lines[chart.lines.length - 1 - index];
      return { series: [index + 1, index + 2], fill: tint(name, "b0") };
    });
  }
  return chart.isLog ? [{ series: [3, 1], fill: tint("p95", "1c") }] : [];
}

matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => plots.forEach((one) => one.redraw(true, true)));
