// The command line: its commands, and what their ends mean as exit codes (0 done, 1 failed, 2 usage,
// 130 and 143 stopped by a signal).

import { CustomersFileError } from "@postrider/producer/customers/customers-file-error";
import { isReadableOnTheWay } from "@postrider/shared/api-url";
import { ERROR_CODES } from "@postrider/shared/error-codes";
import { PostriderError } from "@postrider/shared/errors";
import { readSettings } from "@postrider/shared/settings/read-settings";
import type { Settings } from "@postrider/shared/settings/settings";
import { VERSION } from "@postrider/shared/version";
import { Command, CommanderError } from "commander";
import { toExamplesText } from "./command-examples.ts";
import { addActions } from "./commands/actions.ts";
import { addApi } from "./commands/api.ts";
import { addAudit } from "./commands/audit.ts";
import { addCompletion } from "./commands/completion.ts";
import { addConfig } from "./commands/config.ts";
import { addCustomers } from "./commands/customers.ts";
import { addDeadLetters } from "./commands/dead-letters.ts";
import { addDeliveries } from "./commands/deliveries.ts";
import { addDestinations } from "./commands/destinations.ts";
import { addEnqueue } from "./commands/enqueue.ts";
import { addEvents } from "./commands/events.ts";
import { addLoad } from "./commands/load.ts";
import { addMetrics } from "./commands/metrics.ts";
import { addOutcomes } from "./commands/outcomes.ts";
import { addPlan } from "./commands/plan.ts";
import { addRuns } from "./commands/runs.ts";
import { addSecrets } from "./commands/secrets.ts";
import { addShards } from "./commands/shards.ts";
import { addSnippets } from "./commands/snippets.ts";
import { addStatus } from "./commands/status.ts";
import { addSubscriptions } from "./commands/subscriptions.ts";
import { addTasks } from "./commands/tasks.ts";
import { addTokens } from "./commands/tokens.ts";
import { addTop } from "./commands/top.ts";
import { addUp } from "./commands/up.ts";
import { addWorker } from "./commands/worker.ts";
import type { Context } from "./context.ts";
import { toExitCode } from "./interrupt.ts";
import { createOutput, type Output, type Surroundings } from "./output.ts";

const COMMANDS = [
  addUp,
  addWorker,
  addApi,
  addActions,
  addSnippets,
  addSecrets,
  addShards,
  addTokens,
  addEnqueue,
  addRuns,
  addDeliveries,
  addCustomers,
  addOutcomes,
  addEvents,
  addSubscriptions,
  addDestinations,
  addDeadLetters,
  addTasks,
  addConfig,
  addAudit,
  addStatus,
  addMetrics,
  addTop,
  addPlan,
  addLoad,
  addCompletion,
];

/** Runs the command line that the process was started with. @returns the exit code. */
export async function createProgram(
  surroundings: Surroundings,
  argv: readonly string[] = process.argv,
): Promise<number> {
  let exitCode = 0;
  const output = createOutput(surroundings, argv.includes("--json"));
  let isWarned = false;
  const readAndWarn: typeof readSettings = (environment) => {
    const settings = readSettings(environment);
    if (!isWarned && sendsTokenOpenly(settings))
      output.note("POSTRIDER_URL is plain http: others on the way can read POSTRIDER_TOKEN; use https");
    isWarned = true;
    return settings;
  };
  const context: Context = {
    surroundings,
    output,
    words: argv.slice(2),
    settings: (changes = {}) => ({ ...readAndWarn(surroundings.environment), ...changes }),
    end: (code) => {
      exitCode = code;
    },
  };
  try {
    await createCommands(context).parseAsync(argv);
    return exitCode;
  } catch (error) {
    return report(error, output);
  }
}

/** The tree of commands, with nothing run yet. */
export function createCommands(context: Context): Command {
  const { surroundings } = context;
  const program = new Command("postrider")
    .description("Delivers webhooks: one action for each of many customers, through Redis, with retries.")
    .version(VERSION)
    .option("--redis <url>", "Redis URL, instead of POSTRIDER_REDIS_URL, and of POSTRIDER_URL")
    .showHelpAfterError("(add --help for what it takes)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
    })
    .hook("preAction", (root) => {
      const { redis } = root.opts<{ redis?: string }>();
      if (redis === undefined) return;
      surroundings.environment["POSTRIDER_REDIS_URL"] = redis;
      surroundings.environment["POSTRIDER_URL"] = "";
    });
  for (const add of COMMANDS) add(program, context);
  addExamples(program);
  return program;
}

function addExamples(command: Command, path: readonly string[] = []): void {
  const text = toExamplesText(path.join(" "));
  if (text !== null) command.addHelpText("after", text);
  for (const child of command.commands) addExamples(child, [...path, child.name()]);
}

/** Whether the token travels so that others on the way can read it. */
function sendsTokenOpenly({ url, token }: Settings): boolean {
  return url !== "" && token !== "" && isReadableOnTheWay(url);
}

function report(error: unknown, output: Output): number {
  // Commander has printed its own message; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof PostriderError) {
    output.fail(error.message, { code: error.code, problems: error.problems });
    return toExitCode(error) ?? ERROR_CODES[error.code].exitCode;
  }
  if (error instanceof CustomersFileError) {
    output.fail(error.message, { code: error.code });
    return error.code === "file_unreadable" ? 2 : 1;
  }
  output.fail(error instanceof Error ? (error.stack ?? error.message) : String(error), { code: "internal" });
  return 1;
}
