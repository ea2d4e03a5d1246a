// What `postrider top` does: a live view, or what it shows as text or JSON.

import { setTimeout } from "node:timers/promises";
import type { Settings } from "@postrider/shared/settings/settings";
import type { Context } from "../context.ts";
import { untilInterrupted } from "../interrupt.ts";
import { withService } from "../with-service.ts";
import { toFrame } from "./frame.ts";
import { createLooks, type Looks } from "./look-again.ts";
import { type Sight, toJson } from "./sight.ts";
import { watch } from "./watch.ts";

export interface TopOptions {
  /** Seconds. */
  readonly interval: number;
  readonly once?: boolean;
  readonly json?: boolean;
}

/** Rates are of what changed between two looks; --once takes them so far apart. */
const ONCE_MS = 1_000;
/** As wide as logs and mails are read, where no terminal tells. */
const COLUMNS = 160;
const INTERRUPTED = 130;

/** Watches until it is interrupted, or looks once. */
export async function runTop(options: TopOptions, context: Context): Promise<void> {
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
  options: TopOptions,
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

function print(sight: Sight | null, { json }: TopOptions, { output, surroundings }: Context): void {
  if (sight === null) return;
  if (json === true) return void surroundings.stdout.write(`${JSON.stringify(toJson(sight))}\n`);
  const columns = surroundings.stdout.columns ?? COLUMNS;
  for (const line of toFrame(sight, null, { columns, rows: Number.POSITIVE_INFINITY }, output.paint))
    output.line(line.trimEnd());
}
