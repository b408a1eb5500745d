/** Fails with both values in words unless they are the same as JSON. */
export function equal(found: unknown, wanted: unknown): void {
  const a = JSON.stringify(found), b = JSON.stringify(wanted);
  if (a !== b) throw new Error(`found  ${a}\nwanted ${b}`);
}
