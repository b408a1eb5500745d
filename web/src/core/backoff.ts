/** Wait before attempt `n` (from 0), in ms: doubling from 0.5 s to 15 s, and a random share of it. */
export function backoff(n: number, random: number = Math.random()): number {
  const full = Math.min(15_000, 500 * 2 ** Math.min(n, 10));
  return Math.round(full / 2 + (full / 2) * random);
}
