// `postrider enqueue`: a customers file becomes a run.

import type { GoodCustomers } from "@postrider/producer/customers/good-customers";
import type { RunEnqueued } from "@postrider/producer/enqueue/enqueue-many";
import { type Delivery, parseRunId } from "@postrider/shared/delivery";
import type { ErrorCode } from "@postrider/shared/error-codes";
import { hasCode, PostriderError } from "@postrider/shared/errors";
import { chooseLane } from "@postrider/shared/lanes";
import { type Command, Option } from "commander";
import { withMeantAction } from "../actions/with-meant-action.ts";
import type { Context } from "../context.ts";
import { type CustomersFile, openCustomers } from "../customers/open-customers.ts";
import { createProblems, unlessEmpty } from "../customers/problems.ts";
import { createProgress } from "../customers/progress.ts";
import { createRejects, NO_REJECTS, type Rejects } from "../customers/rejects.ts";
import { isActionFile, readEvent, readValues } from "../documents.ts";
import { untilInterrupted } from "../interrupt.ts";
import { redisWords, toResumeLine } from "../resume.ts";
import type { Service } from "../service.ts";
import { withService } from "../with-service.ts";
import { parseTime } from "./arguments.ts";
import { waitForRun } from "./wait.ts";

interface Options {
  readonly customers: string;
  readonly event?: string;
  readonly values?: string;
  readonly format?: "ndjson" | "csv";
  readonly run?: string;
  readonly lane?: string;
  readonly label?: readonly string[];
  readonly sendAt?: Date;
  readonly expiresAt?: Date;
  readonly hold?: boolean;
  readonly open?: boolean;
  readonly wait?: boolean;
  readonly allowEmpty?: boolean;
  readonly dryRun?: boolean;
  readonly skipInvalid?: string | true;
  readonly json?: boolean;
}

export function addEnqueue(program: Command, context: Context): void {
  program
    .command("enqueue <action>")
    .description(
      "Enqueue one delivery per customer of a file (NDJSON or CSV, gzip too; - for standard input)",
    )
    .requiredOption("--customers <file>", "one customer per line; - reads standard input")
    .addOption(
      new Option("--format <format>", "of the file, where its name does not tell").choices(["ndjson", "csv"]),
    )
    .option("--event <file>", "an event for all of them, as a JSON file")
    .option("--values <file>", "event_name, trigger, journey, campaign, … for all of them, as a JSON file")
    .option("--run <id>", "name of the batch; the same run again enqueues only what is missing")
    .option("--lane <name>", "lane to start in (default: bulk)")
    .option("--label <label...>", "short texts that the outcomes carry, at most ten")
    .option("--send-at <time>", "not before this time (ISO 8601)", parseTime)
    .option("--expires-at <time>", "no attempt after this time (ISO 8601)", parseTime)
    .option("--hold", "keep the run's deliveries until they are released: runs release RUN [--delivery ID]")
    .option("--open", "more of this run will come: do not close it when the file has been read")
    .option("--wait", "wait until the run is over; exit code 0 only when all of it was delivered")
    .option("--allow-empty", "take a file without customers for what was meant")
    .option(
      "--dry-run",
      "compose every request, send and enqueue nothing, and report what would fail and why",
    )
    .option(
      "--skip-invalid [file]",
      "go on past bad lines, and write them to a file (default: CUSTOMERS.rejected)",
    )
    .option("--json", "for programs")
    .action((action: string, options: Options) => enqueue(action, options, context));
}

async function enqueue(action: string, options: Options, context: Context): Promise<void> {
  const { surroundings, output } = context;
  const file = await openCustomers(
    { path: options.customers, stdin: surroundings.stdin },
    options.format === undefined ? {} : { format: options.format },
  );
  const rejects = toRejects(options, file);
  const problems = createProblems(file, rejects, context);
  try {
    if (options.dryRun === true) {
      const { loadAction } = await import("../actions/load.ts");
      const { dryRun } = await import("../customers/dry-run.ts");
      const isGood = await dryRun(
        { action: await loadAction(action, context), ...(await readExtras(options)) },
        await unlessEmpty(problems, options.customers, options.allowEmpty === true),
        options.json === true,
        output,
      );
      if (!isGood || problems.rejected > 0) context.end(1);
      return;
    }
    const result = await withService(context.settings(), async (service) => {
      const enqueued = await enqueueRun(action, options, { service, file, problems, context });
      await warnOfUnservedLane(options.lane ?? chooseLane(true), service, context);
      if (options.wait === true)
        await waitForRun(service, enqueued.run, {
          isQuiet: options.json === true,
          context,
          again: ["runs", "wait", enqueued.run, ...redisWords(context.words)],
        });
      return enqueued;
    });
    if (problems.rejected > 0) context.end(1);
    const { run, enqueued, duplicates, recovered } = result;
    const { rejected } = problems;
    if (options.json === true)
      return output.json({ run, enqueued, duplicates, ...(recovered > 0 && { recovered }), rejected });
    const lost = recovered > 0 ? `, ${recovered} that were lost enqueued again` : "";
    output.line(`run ${run}: ${enqueued} enqueued, ${duplicates} duplicates${lost}, ${rejected} rejected`);
  } finally {
    file.close();
    const path = await rejects?.close();
    if (path !== undefined && path !== null)
      output.note(`rejected lines are in ${path}; mend them and enqueue that file under the same run`);
  }
}

interface Work {
  readonly service: Service;
  readonly file: CustomersFile;
  readonly problems: GoodCustomers;
  readonly context: Context;
}

async function enqueueRun(
  action: string,
  options: Options,
  { service, file, problems, context }: Work,
): Promise<RunEnqueued> {
  if (options.open === true && options.wait === true)
    throw new PostriderError("delivery_invalid", "--wait would wait for ever for a run that stays --open");
  if (isActionFile(action))
    throw new PostriderError(
      "action_unknown",
      `${action} is a file; save it first with actions apply, then enqueue its id`,
    );
  const run = parseRunId(options.run ?? newRunId(action));
  // What is wrong with the order is told before anything is read of its customers.
  await withMeantAction(service, action, () => service.checkAction(action));
  const progress = createProgress({
    output: context.surroundings.stderr,
    isQuiet: options.json === true,
    file,
  });
  try {
    const customers = await unlessEmpty(problems, options.customers, options.allowEmpty === true);
    const extras = await readExtras(options);
    const order = { action, run, customers, ...extras, ...toRunOptions(options) };
    return await untilInterrupted((signal) =>
      service.enqueueMany({ ...order, signal, onProgress: progress.update }),
    );
  } catch (error) {
    const isRefused = REFUSALS.some((code) => hasCode(error, code));
    const hasBegun = problems.customersRead > 0 || hasCode(error, "aborted");
    if (hasBegun && !isRefused) sayHowToGoOn(run, options, context);
    throw error;
  } finally {
    progress.end();
  }
}

/** The same line again is refused again. */
const REFUSALS: readonly ErrorCode[] = [
  "run_mismatch",
  "run_cancelled",
  "delivery_invalid",
  "action_unknown",
];

/** The run makes the line that was typed safe to be typed again. */
function sayHowToGoOn(run: string, { customers }: Options, { words, output }: Context): void {
  const input = customers === "-" ? " (with the same input)" : "";
  output.note(`stopped; this goes on where it stopped${input}: ${toResumeLine(words, { "--run": run })}`);
}

/** Only what was given: the library refuses a field that is undefined. */
function toRunOptions({ lane, label, sendAt, expiresAt, hold, open }: Options) {
  return {
    ...(lane !== undefined && { lane }),
    ...(label !== undefined && { labels: label }),
    ...(sendAt !== undefined && { sendAt }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(hold === true && { hold }),
    ...(open === true && { open }),
  };
}

/** A lane's name that nobody knows is most often a slip, and its deliveries would wait for ever. */
async function warnOfUnservedLane(lane: string, service: Service, { output }: Context): Promise<void> {
  if (await service.isServed(lane)) return;
  output.note(
    `no worker serves the lane ${lane} at this moment; its deliveries wait until one does (POSTRIDER_LANES)`,
  );
}

/** What all deliveries of the run carry beside their customers. */
async function readExtras({ event, values }: Options): Promise<Pick<Delivery, "event" | "values">> {
  return {
    ...(event !== undefined && { event: await readEvent(event) }),
    ...(values !== undefined && { values: await readValues(values) }),
  };
}

/** Null: a bad line is an error. A dry run only counts them. */
function toRejects(options: Options, file: CustomersFile): Rejects | null {
  if (options.skipInvalid === undefined) return null;
  return options.dryRun === true ? NO_REJECTS : createRejects(toRejectsPath(options), file.header);
}

function toRejectsPath({ skipInvalid, customers }: Options): string {
  if (typeof skipInvalid === "string") return skipInvalid;
  return customers === "-" ? "customers.rejected" : `${customers}.rejected`;
}

/** Says what and when, and sorts by time. */
function newRunId(action: string): string {
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  // Whether there is such an action is not asked yet, and a run id takes less than people write.
  const name = (action.split("@")[0] ?? "").replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return `${name.slice(0, 80) || "run"}-${at}`;
}
