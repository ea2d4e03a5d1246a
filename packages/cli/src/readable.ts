// Durations, times and counts as people read them.

const SCALES = [
  [86_400_000, "d", 3_600_000, "h"],
  [3_600_000, "h", 60_000, "min"],
  [60_000, "min", 1_000, "s"],
] as const;

/** `350 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function describeDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const [size, unit, smallSize, smallUnit] = SCALES.find(([least]) => ms >= least) ?? SCALES[2];
  const whole = Math.floor(ms / size);
  const rest = Math.floor((ms % size) / smallSize);
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${smallUnit}`;
}

/** `1 change`, `2 changes`. */
export function describeCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** ISO 8601 in UTC, without milliseconds. */
export function describeTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/**
 * Text of others, fit for a terminal: its control characters are shown, not obeyed. Line breaks and tabs
 * stay.
 */
export function toVisible(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const BREAKS: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text whose line breaks and tabs are shown, so that it stays in its row. */
export function toOneLine(text: string): string {
  return text.replace(/[\n\r\t]/g, (character) => BREAKS[character] ?? "");
}

/** A customer's id, which is empty where it is sealed and the key is not at hand. */
export function describeCustomer(id: string | number | bigint | null): string {
  return id === "" ? "(sealed)" : toVisible(String(id));
}
