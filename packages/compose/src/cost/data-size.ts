// How large data are, without writing them down: looked at only as far as the answer needs.

/** Whether a value, as JSON, has at most so many characters (escapes not counted). Depth does not matter. */
export function isSizeAtMost(value: unknown, charsMax: number): boolean {
  let room = charsMax;
  const open: unknown[] = [value];
  while (open.length > 0 && room >= 0) {
    const next = open.pop();
    room -= ownSize(next);
    if (room >= 0 && typeof next === "object" && next !== null) open.push(...Object.values(next));
  }
  return room >= 0;
}

/** The size of a value without its members, but with their names and commas. */
function ownSize(value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  // Its digits, by way of the base in which they are counted at once: 1.21 decimal ones for each.
  if (typeof value === "bigint") return value.toString(16).length * 1.21;
  if (typeof value !== "object" || value === null) return 8;
  if (Array.isArray(value)) return value.length + 2;
  return Object.keys(value).reduce((size, name) => size + name.length + 4, 2);
}
