// `postrider dead-letters replay` and `purge`: put dead letters back, or forget them.

import type { PurgeProgress } from "@postrider/producer/dead-letters/purge";
import type { Replayed, ReplayProgress } from "@postrider/producer/dead-letters/replay";
import { REPLAYS_PER_SECOND } from "@postrider/producer/tasks/task";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { untilInterrupted } from "../interrupt.ts";
import { toResumeLine } from "../resume.ts";
import { withService } from "../with-service.ts";
import { parseRate } from "./arguments.ts";
import { addFilterOptions, type FilterOptions, toSelection } from "./filter-options.ts";
import { createProgress } from "./progress-note.ts";

interface WorkOptions extends FilterOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

interface ReplayOptions extends WorkOptions {
  readonly rate: number;
  readonly presentVersion?: boolean;
  readonly newKey?: boolean;
}

const DEAD_LETTERS = { code: "dead_letters_invalid", what: "dead letters" } as const;

export function addDeadLetterWork(group: Command, context: Context): void {
  addFilterOptions(group.command("replay [deliveries...]"), "dead letters")
    .description("Put dead letters back into their lanes, with all their attempts again; the newest first")
    .option("--all", "all of them")
    .option("--rate <n>", "at most so many a second", parseRate, REPLAYS_PER_SECOND)
    .option(
      "--present-version",
      "with the action's latest version instead of the one they were enqueued with",
    )
    .option("--new-key", "with a new Idempotency-Key, so that receivers take them for other requests")
    .option("--json", "for programs")
    .action((ids: string[], options: ReplayOptions) => replay(ids, options, context));
  addFilterOptions(group.command("purge [deliveries...]"), "dead letters")
    .description("Forget dead letters; their outcomes and the runs' counters stay")
    .option("--all", "all of them")
    .option("--json", "for programs")
    .action((ids: string[], options: WorkOptions) => purge(ids, options, context));
}

async function replay(ids: string[], options: ReplayOptions, context: Context): Promise<void> {
  const selection = toSelection(ids, options, DEAD_LETTERS);
  const { rate: ratePerSecond, presentVersion, newKey, json } = options;
  const progress = createProgress(json === true, context);
  const onProgress = ({ replayed }: ReplayProgress): void => progress(`${replayed} replayed`);
  const result = await untilInterrupted(
    (signal) =>
      withService(context.settings(), ({ deadLetters }) =>
        deadLetters.replay(selection, { ratePerSecond, presentVersion, newKey, signal, onProgress }),
      ),
    goesOnWith(ids, options, context),
  );
  if (result.unknown.length > 0) context.end(1);
  if (json === true) return context.output.json(result);
  context.output.line(describe(result));
  refuseUnknown(result.unknown, context);
}

function describe({ replayed, hastened, pending, expired, cancelled }: Replayed): string {
  const parts = [
    `${replayed} replayed`,
    ...(hastened > 0 ? [`${hastened} pending retries made due now`] : []),
    ...(pending > 0 ? [`${pending} waiting or in flight already`] : []),
    ...(expired > 0 ? [`${expired} left: their expiresAt has passed`] : []),
    ...(cancelled > 0 ? [`${cancelled} left: their run was cancelled`] : []),
  ];
  return parts.join(", ");
}

async function purge(ids: string[], options: WorkOptions, context: Context): Promise<void> {
  const selection = toSelection(ids, options, DEAD_LETTERS);
  const progress = createProgress(options.json === true, context);
  const onProgress = ({ purged }: PurgeProgress): void => progress(`${purged} purged`);
  const result = await untilInterrupted(
    (signal) =>
      withService(context.settings(), ({ deadLetters }) =>
        deadLetters.purge(selection, { signal, onProgress }),
      ),
    goesOnWith(ids, options, context),
  );
  if (result.unknown.length > 0) context.end(1);
  if (options.json === true) return context.output.json(result);
  context.output.line(`${result.purged} purged`);
  refuseUnknown(result.unknown, context);
}

/**
 * Says how to go on with what is left. What failed only after the command began is none of it: a letter that
 * was replayed and failed once more would be replayed again.
 */
function goesOnWith(ids: readonly string[], { to }: WorkOptions, { words, output }: Context): () => void {
  const begunAt = new Date().toISOString();
  const isAsTyped = ids.length > 0 || to !== undefined;
  const line = toResumeLine(words, isAsTyped ? {} : { "--all": null, "--to": begunAt });
  return () => output.note(`stopped; this goes on with the rest: ${line}`);
}

function refuseUnknown(unknown: readonly string[], { output }: Context): void {
  if (unknown.length > 0)
    output.fail(`no dead letter has the delivery id ${unknown.join(", ")}`, { code: "dead_letter_unknown" });
}
