// Whether a rendered body is the JSON that its content type promises, and if not, where it stops being it.

export interface JsonProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** Null when the text is JSON; else the place (1-based) and what stands there. */
export function findJsonProblem(text: string): JsonProblem | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const offset = toOffset(error instanceof Error ? error.message : "", text);
    const before = text.slice(0, offset);
    const line = before.split("\n").length;
    const column = offset - before.lastIndexOf("\n");
    const near = text.slice(offset, offset + 20);
    return {
      line,
      column,
      message: near === "" ? "the JSON ends too early" : `is not JSON from here: ${JSON.stringify(near)}`,
    };
  }
}

/** V8 says `… at position 7`, or nothing of the kind when the text ends too early. */
function toOffset(message: string, text: string): number {
  const match = /at position (\d+)/.exec(message);
  return match === null ? text.length : Number(match[1]);
}
