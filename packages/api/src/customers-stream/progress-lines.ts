// The answer to a stream of customers, itself a stream: how far it is, about every second, and at last how it
// ended.

import { z } from "zod";
import { problemSchema } from "../route/problem.ts";
import type { Reception } from "./receive.ts";
import { tellUntilEnded } from "./told-lines.ts";

const count = z.int().min(0);

export const rejectedLineSchema = z.strictObject({ line: z.int(), column: z.int(), message: z.string() });

/** A line of the answer. */
export const lineSchema = z.strictObject({
  run: z.string(),
  action: z.string().optional().describe("`id@version`; in the last line, where there was any customer."),
  enqueued: count,
  duplicates: count,
  recovered: count.optional().describe("Known before and lost since: taken in again; where there are any."),
  rejected: count,
  line: count.describe("All up to this line is enqueued, a duplicate or rejected."),
  isPaused: z.literal(true).optional().describe("While the lane is full."),
  rejectedLines: z
    .array(rejectedLineSchema)
    .optional()
    .describe("In the last line: the first of them, with what to change."),
  rejectedMore: count.optional().describe("In the last line: how many more were rejected."),
  done: z.literal(true).optional().describe("In the last line, where all is well."),
  error: problemSchema.optional().describe("In the last line, where it is not."),
});

export interface LinesOptions {
  readonly run: string;
  readonly everyMs: number;
  /** What is told of an error: problem details. */
  readonly toProblem: (error: unknown) => object;
}

/** Stops the reception where nobody reads to the end. */
export function toProgressLines(
  reception: Reception,
  { run, everyMs, toProblem }: LinesOptions,
): AsyncGenerator<string> {
  return tellUntilEnded(reception, {
    everyMs,
    toLine: () => ({ run, ...toCounts(reception) }),
    toLast(ending) {
      const rejectedLines = reception.rejectedLines();
      const last = {
        run,
        ...("action" in ending && { action: ending.action }),
        ...toCounts(reception),
        rejectedLines,
        rejectedMore: reception.counts().rejected - rejectedLines.length,
      };
      return "error" in ending ? { ...last, error: toProblem(ending.error) } : { ...last, done: true };
    },
  });
}

/** What is rare is told where it is so. */
function toCounts(reception: Reception): object {
  const { recovered, isPaused, ...counts } = reception.counts();
  return { ...counts, ...(recovered > 0 && { recovered }), ...(isPaused && { isPaused }) };
}
