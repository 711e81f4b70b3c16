const exp2 = (x) => 2 ** x;

// Round to the nearest integer, halves to the even one. Zeros keep the sign of x.
const rint = (x) => {
  const low = Math.floor(x), rest = x - low;
  if (rest === 0) return x;
  return (rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1) || 0 * x;
};

// exp(-x * x), with x split so that the larger square is exact.
const bell = (x) => {
  const head = Math.round(x * 64) / 64;
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head));
};

// Abramowitz and Stegun, 7.1.6: a series with exp(-x * x) taken out, whose terms are all positive.
const erf = (x) => {
  const size = Math.abs(x);
  if (!(size < 2)) return x < 0 ? erfc(size) - 1 : 1 - erfc(size);
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n += 1) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * bell(x) * sum;
};

// Abramowitz and Stegun, 7.1.14: a continued fraction, evaluated from its end.
const erfc = (x) => {
  if (x !== x) return x;
  if (x < 0.5) return 1 - erf(x);
  if (x > 27) return 0;
  let tail = 0;
  for (let n = Math.ceil(20 + 260 / (x * x)); n > 0; n -= 1) tail = n / 2 / (x + tail);
  return bell(x) / Math.sqrt(Math.PI) / (x + tail);
};
