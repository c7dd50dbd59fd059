// How many pictures came after which time, on a logarithmic axis, with marks at the percentiles.

const HILL = { height: 290, top: 78, bottom: 24, side: 14 };
const MARKS = ["p50", "p95", "p99", "max"];

function histogram(section, runs, names) {
  const drawing = svg("svg", { height: HILL.height, "aria-label": "Time to reply" });
  const readout = element("p", { class: "readout" });
  const figure = element("figure", {}, drawing);
  section.append(figure, readout);
  if (runs[1]) {
    const before = key(names[1], "line dashed", "other");
    section.insertBefore(element("figcaption", {}, before.item), figure);
  }
  onWidth(figure, (width) => drawHistogram(drawing.cloneNode(), figure, readout, runs, width));
}

function drawHistogram(drawing, figure, readout, runs, width) {
  const marks = MARKS.filter((name) => runs[0].percentiles[name] !== null);
  const [low, high] = reach(runs, marks.map((name) => runs[0].percentiles[name]));
  const most = Math.max(1, ...runs.flatMap((run) => run.histogram.counts));
  const base = HILL.height - HILL.bottom;
  const x = (s) => HILL.side + (Math.log(s / low) / Math.log(high / low)) * (width - 2 * HILL.side);
  const tall = (count) => (count ? Math.max(2, (count / most) * (base - HILL.top)) : 0);

  const items = binsOf(runs[0], low, high).map(({ from, to, count, share }) => {
    const [left, size] = [x(from), Math.max(1, x(to) - x(from) - 1)];
    const shape = svg("rect", { class: "bin", x: left, y: base - tall(count), width: size, height: tall(count) });
    const text = `${durationText(from)} to ${durationText(to)}: ${countText(count)} pictures, ${Number((share * 100).toPrecision(2))} %`;
    return { x: left, width: size, shape, text };
  });
  drawing.append(svg("line", { class: "axis", x1: 0, x2: width, y1: base, y2: base }));
  for (const tick of decadeTicks(low, high)) {
    drawing.append(svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: HILL.top, y2: base }));
    drawing.append(svg("text", { x: x(tick), y: HILL.height - 6, "text-anchor": "middle" }, durationText(tick)));
  }
  drawing.append(...items.map(({ shape }) => shape));
  if (runs[1]) {
    const steps = binsOf(runs[1], low, high).map(({ from, to, count }) => `V${base - tall(count)}H${x(to)}`);
    drawing.append(svg("path", { class: "outline", d: `M${x(low)} ${base}${steps.join("")}V${base}` }));
  }
  marks.forEach((name, row) => {
    const at = x(runs[0].percentiles[name]);
    const y = 12 + (MARKS.length - 1 - row) * 16; // the words lie left of their line, where the lower lines do not reach
    const text = `${name} ${durationText(runs[0].percentiles[name])}`;
    const isLeft = at > text.length * 7 + 5;
    drawing.append(svg("line", { class: "mark", x1: at, x2: at, y1: y - 9, y2: base }));
    drawing.append(svg("text", { class: "mark", x: at + (isLeft ? -5 : 5), y, "text-anchor": isLeft ? "end" : "start" }, text));
  });
  figure.replaceChildren(drawing);
  const hint = items.length ? "Point at a bar, or use the arrow keys." : "No picture was shown.";
  choosable(drawing, readout, items, hint);
}

// The bins with pictures of all runs and the marks; at least one decade.
function reach(runs, marks) {
  const used = runs.flatMap(({ histogram: { edges_s, counts } }) =>
    counts.flatMap((count, index) => (count ? [edges_s[index], edges_s[index + 1]] : [])),
  );
  const [low, high] = [Math.min(...used, ...marks), Math.max(...used, ...marks)];
  return Number.isFinite(low) && low > 0 ? [low, Math.max(high, low * 10)] : [0.1, 10];
}

function binsOf(run, low, high) {
  const { edges_s, counts } = run.histogram;
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts
    .map((count, index) => ({ from: edges_s[index], to: edges_s[index + 1], count, share: all ? count / all : 0 }))
    .filter(({ from, to, count }) => from >= low * 0.999 && to <= high * 1.001 && (count || all));
}
