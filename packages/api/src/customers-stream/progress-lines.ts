// The answer to a stream of customers, itself a stream: how far it is, about every second, and at last how it
// ended. Lines are made when they can be sent, so that a client who reads none until it has sent everything
// holds nothing up.

import { PostriderError } from "@postrider/shared/errors";
import { stringifyExact } from "@postrider/shared/exact-json";
import { z } from "zod";
import { problemSchema } from "../route/problem.ts";
import type { Reception } from "./receive.ts";

const count = z.int().min(0);

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
    .array(z.strictObject({ line: z.int(), column: z.int(), message: z.string() }))
    .optional()
    .describe("In the last line: the first hundred, with what to change."),
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
export async function* toProgressLines(
  reception: Reception,
  { run, everyMs, toProblem }: LinesOptions,
): AsyncGenerator<string> {
  let wake: () => void = () => undefined;
  let hasEnded = false;
  void reception.ended.then(() => {
    hasEnded = true;
    wake();
  });
  const tick = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, everyMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  try {
    yield toLine({ run, ...toCounts(reception) });
    while (!hasEnded) {
      await tick();
      if (!hasEnded) yield toLine({ run, ...toCounts(reception) });
    }
    const ending = await reception.ended;
    const rejectedLines = reception.rejectedLines();
    const last = {
      run,
      ...("action" in ending && { action: ending.action }),
      ...toCounts(reception),
      rejectedLines,
      rejectedMore: reception.counts().rejected - rejectedLines.length,
    };
    yield toLine("error" in ending ? { ...last, error: toProblem(ending.error) } : { ...last, done: true });
  } finally {
    reception.stop(new PostriderError("aborted", "the client has gone"));
  }
}

/** What is rare is told where it is so. */
function toCounts(reception: Reception): object {
  const { recovered, isPaused, ...counts } = reception.counts();
  return { ...counts, ...(recovered > 0 && { recovered }), ...(isPaused && { isPaused }) };
}

function toLine(value: object): string {
  return `${stringifyExact(value)}\n`;
}
