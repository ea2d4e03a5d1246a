import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { toProgressLines } from "./progress-lines.ts";
import type { Counts, Ending, Reception } from "./receive.ts";

function createReception() {
  let looks = 0;
  let end: (ending: Ending) => void = () => undefined;
  const stopped: Error[] = [];
  const reception: Reception = {
    counts(): Counts {
      looks += 1;
      return { enqueued: looks, duplicates: 0, recovered: 0, rejected: 0, line: looks, isPaused: false };
    },
    rejectedLines: () => [],
    ended: new Promise((resolve) => {
      end = resolve;
    }),
    stop: (why) => void stopped.push(why),
  };
  return { reception, looks: () => looks, end, stopped };
}

const OPTIONS = { run: "r", everyMs: 1, toProblem: () => ({ code: "internal" }) };

test("no line is made while nobody reads, and the next one tells how far it is by then", async () => {
  const { reception, looks, end } = createReception();
  const lines = Readable.from(toProgressLines(reception, OPTIONS), { objectMode: false, highWaterMark: 1 });
  lines.once("readable", () => undefined);

  // As long as it takes somebody else to read fifty.
  const others = toProgressLines(createReception().reception, OPTIONS);
  for (let read = 0; read < 50; read++) await others.next();
  await others.return(undefined);
  expect(looks()).toBeLessThanOrEqual(2);

  end({ action: "a@1" });
  const text = (await lines.toArray()).join("");
  expect(text.trimEnd().split("\n").at(-1)).toContain('"done":true');
});

test("a reader who leaves stops the reception", async () => {
  const { reception, stopped } = createReception();
  const lines = toProgressLines(reception, OPTIONS);

  await lines.next();
  await lines.return(undefined);

  expect(stopped).toHaveLength(1);
});
