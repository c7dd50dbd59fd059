// Numbers as people read them, as tuning/simulate/words.py says them; and round steps for axes.

const two = (first, firstUnit, second, secondUnit) => `${first} ${firstUnit}${second ? ` ${second} ${secondUnit}` : ""}`;

function durationText(seconds) {
  if (seconds > 0 && seconds < 0.0995) {
    return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  }
  if (seconds < 9.95) {
    return `${Number(seconds.toFixed(seconds < 0.995 ? 2 : 1))} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    return two(Math.floor(whole / 60), "min", whole % 60, "s");
  }
  const minutes = Math.round(seconds / 60);
  return two(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function countText(number) {
  const digits = Number.isInteger(number) || Math.abs(number) >= 100 ? 0 : 1;
  return number.toLocaleString("en", { maximumFractionDigits: digits });
}

const rateText = (number) => `${countText(number)}/s`;

// For the labels of an axis: 10k takes less room than 10,000.
const shortText = (number) => (number >= 10_000 ? `${countText(number / 1000)}k` : countText(number));

const TIME_STEPS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

// Round moments from begin to end, at most `most` of them.
function timeTicks(begin, end, most) {
  const step = TIME_STEPS_S.find((one) => (end - begin) / one <= most) ?? 86400 * Math.ceil((end - begin) / 86400 / most);
  const first = Math.ceil(begin / step - 1e-9);
  const count = Math.floor(end / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => Number(((first + index) * step).toFixed(3)));
}

// Round times on a logarithmic axis; those between are for an axis of few of them.
const DECADES_S = [0.01, 0.1, 1, 10, 60, 600, 3600, 36000];
const BETWEEN_S = [0.02, 0.05, 0.2, 0.5, 2, 5, 20, 30, 120, 300, 1200, 1800];

function decadeTicks(low, high) {
  const inside = (list) => list.filter((one) => one >= low && one <= high);
  const decades = inside(DECADES_S);
  return decades.length > 2 ? decades : [...decades, ...inside(BETWEEN_S)].sort((a, b) => a - b);
}
