// A process that logs far more than it keeps, says so, and waits for the end of its input.

import { createLogger } from "@postrider/shared/log";

const LINES = 100_000;
const LINES_PER_TURN = 1_000;
const TEXT = "x".repeat(1_000);

const { log, flush } = createLogger({ level: "info", format: "json" });
for (let written = 0; written < LINES; written += LINES_PER_TURN) {
  for (let line = 0; line < LINES_PER_TURN; line++) log.info({ text: TEXT }, "line");
  await new Promise((resolve) => setTimeout(resolve, 1));
}
process.stderr.write("flooded\n");
process.stdin.once("end", () => void flush().then(() => process.exit(0))).resume();
