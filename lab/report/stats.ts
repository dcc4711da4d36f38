/** The middle value; the mean of the two middle ones of an even number. Throws on none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('No values to take the median of.');
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/**
 * Jain's fairness index, from 1/n (one does it all) to 1 (all do the same): (sum x)^2 / (n sum x^2).
 * R. Jain, D. Chiu, W. Hawe, DEC-TR-301 (1984). 1 when nobody did anything.
 */
export function jain(values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  const squares = values.reduce((sum, value) => sum + value * value, 0);
  return squares === 0 ? 1 : (total * total) / (values.length * squares);
}
