// `postrider top`: a live view of lanes, destinations in trouble, runs under way and workers.

import { setTimeout } from "node:timers/promises";
import type { Settings } from "@postrider/shared/settings/settings";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { untilInterrupted } from "../interrupt.ts";
import { toFrame } from "../top/frame.ts";
import { createLooks, type Looks } from "../top/look-again.ts";
import { type Sight, toJson } from "../top/sight.ts";
import { watch } from "../top/watch.ts";
import { withService } from "../with-service.ts";
import { parseInterval } from "./arguments.ts";

interface Options {
  readonly interval: number;
  readonly once?: boolean;
  readonly json?: boolean;
}

const INTERVAL_S = 2;
/** Rates are of what changed between two looks; --once takes them so far apart. */
const ONCE_MS = 1_000;
/** As wide as logs and mails are read, where no terminal tells. */
const COLUMNS = 160;
const INTERRUPTED = 130;

export function addTop(program: Command, context: Context): void {
  program
    .command("top")
    .description(
      "Watch lanes, destinations in trouble, runs and workers; keys pause, resume, limit and cancel",
    )
    .option("--interval <seconds>", "time between two looks", parseInterval, INTERVAL_S)
    .option("--once", "print it once, as plain text, after a second (rates need two looks)")
    .option("--json", "one JSON object a look, for programs; with --once a single one")
    .action((options: Options) => top(options, context));
}

async function top(options: Options, context: Context): Promise<void> {
  const { output } = context;
  const isLive = options.once !== true && options.json !== true;
  if (isLive && !isTerminal(context)) {
    output.fail("top needs a terminal to draw on: --once prints it once, --json one object a look", {
      code: "usage",
    });
    return context.end(2);
  }
  const settings = context.settings();
  await withService(settings, (service) =>
    untilInterrupted(
      async (signal) => {
        const looks = createLooks(() => service.overview(settings.lanes), Date.now, nameOf(settings));
        await looks.look();
        if (isLive) {
          const intervalMs = options.interval * 1_000;
          const isInterrupted = await watch({ service, looks, intervalMs, context, signal });
          if (isInterrupted) context.end(INTERRUPTED);
        } else if (options.once === true) {
          await setTimeout(ONCE_MS, undefined, { signal }).catch(() => undefined);
          await looks.look();
          print(looks.sight(), options, context);
        } else {
          await printEach(looks, options, context, signal);
        }
      },
      (exitCode) => context.end(exitCode),
    ),
  );
}

/** What is looked at. */
function nameOf({ url }: Settings): string {
  return url === "" ? "Redis" : `the API at ${url}`;
}

function isTerminal({ surroundings }: Context): boolean {
  const { stdin, stdout, environment } = surroundings;
  return stdin.isTTY === true && stdout.isTTY === true && environment["TERM"] !== "dumb";
}

async function printEach(
  looks: Looks,
  options: Options,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  let told: string | null = null;
  while (!signal.aborted) {
    const trouble = looks.trouble();
    if (trouble !== null && told === null) context.output.note(trouble);
    if (trouble === null) print(looks.sight(), options, context);
    told = trouble;
    await setTimeout(options.interval * 1_000, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await looks.look();
  }
}

function print(sight: Sight | null, { json }: Options, { output, surroundings }: Context): void {
  if (sight === null) return;
  if (json === true) return void surroundings.stdout.write(`${JSON.stringify(toJson(sight))}\n`);
  const columns = surroundings.stdout.columns ?? COLUMNS;
  for (const line of toFrame(sight, null, { columns, rows: Number.POSITIVE_INFINITY }, output.paint))
    output.line(line.trimEnd());
}
