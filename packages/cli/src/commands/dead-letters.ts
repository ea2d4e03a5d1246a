// `postrider dead-letters`: deliveries that failed; look at them one by one or in groups.

import type { DeadLetterShown } from "@postrider/producer/dead-letters/dead-letters";
import { type DeadLetterGroup, GROUPINGS, type Grouping } from "@postrider/producer/dead-letters/groups";
import type { DeadLetter } from "@postrider/producer/dead-letters/letter";
import { describeProblems } from "@postrider/shared/errors";
import { REASONS } from "@postrider/shared/outcome";
import { type Command, InvalidArgumentError } from "commander";
import type { Context } from "../context.ts";
import { describeCount, describeCustomer, describeTime, toVisible } from "../readable.ts";
import type { Service } from "../service.ts";
import { withService } from "../with-service.ts";
import { parseCount } from "./arguments.ts";
import { describeAttempt } from "./attempt-text.ts";
import { addDeadLetterWork } from "./dead-letter-work.ts";
import { addFilterOptions, type FilterOptions, toFilter } from "./filter-options.ts";

interface ListOptions extends FilterOptions {
  readonly limit: number;
  readonly cursor?: string;
  readonly json?: boolean;
}

interface GroupOptions extends FilterOptions {
  readonly by: readonly Grouping[];
  readonly scan: number;
  readonly json?: boolean;
}

export function addDeadLetters(program: Command, context: Context): void {
  const group = program.command("dead-letters").description("Deliveries that failed for good");
  addFilterOptions(group.command("list"), "dead letters")
    .description("List dead letters, the newest first")
    .option("--limit <n>", "how many at most", parseCount, 50)
    .option("--cursor <cursor>", "go on behind an earlier list")
    .option("--json", "for programs")
    .action((options: ListOptions) => list(options, context));
  addFilterOptions(group.command("groups"), "dead letters")
    .description("Count dead letters by what they have in common, with an example of each")
    .option("--by <fields>", `some of ${GROUPINGS.join(",")}`, parseGroupings, ["reason", "destination"])
    .option("--scan <n>", "how many to look at, the newest first", parseCount, 100_000)
    .option("--json", "for programs")
    .action((options: GroupOptions) => showGroups(options, context));
  group
    .command("show <delivery>")
    .description("Show one dead letter with its attempts and the request that it would send")
    .option("--json", "for programs")
    .action((id: string, { json }: { json?: boolean }) => show(id, json === true, context));
  addDeadLetterWork(group, context);
}

function parseGroupings(text: string): Grouping[] {
  const names = text.split(",").map((name) => name.trim()) as Grouping[];
  if (names.every((name) => GROUPINGS.includes(name))) return names;
  throw new InvalidArgumentError(`must be some of ${GROUPINGS.join(",")}, separated by commas`);
}

async function list({ limit, cursor, json, ...filter }: ListOptions, context: Context): Promise<void> {
  const { output } = context;
  const found = await withService(context.settings(), (producer) =>
    pull(producer, toFilter(filter), { limit, cursor }),
  );
  if (json === true) return output.json(found);
  if (found.deadLetters.length === 0)
    return output.line(
      found.total === 0 ? "no dead letters" : `none of ${found.total ?? "all"} dead letters match`,
    );
  output.table(
    ["DELIVERY", "RUN", "ACTION", "CUSTOMER", "DESTINATION", "REASON", "ATTEMPTS", "FAILED"],
    found.deadLetters.map(toRow),
  );
  if (found.cursor !== null)
    output.line(
      `${found.deadLetters.length} shown${found.total === null ? "" : `, of ${found.total} in all`}; --cursor ${found.cursor} goes on`,
    );
}

type DeadLetters = Awaited<ReturnType<Service["deadLetters"]["list"]>>;

/** One call looks at a bounded number of letters; the command goes on until it has enough. */
async function pull(
  { deadLetters }: Pick<Service, "deadLetters">,
  filter: ReturnType<typeof toFilter>,
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
): Promise<DeadLetters> {
  const found: DeadLetter[] = [];
  for (let at = cursor; ; ) {
    const count = Math.min(limit - found.length, LIST_AT_ONCE);
    const list = await deadLetters.list({ ...filter, limit: count, cursor: at });
    found.push(...list.deadLetters);
    if (list.cursor === null || found.length >= limit) return { ...list, deadLetters: found };
    at = list.cursor;
  }
}

const LIST_AT_ONCE = 10_000;

function toRow(letter: DeadLetter): unknown[] {
  const { id, run, action, customerId, destination, reason, attempts, failedAt } = letter;
  // Nothing is known of what is no delivery.
  const customer = action === "" ? "" : describeCustomer(customerId);
  return [id, run, action, customer, destination, reason, attempts, describeTime(failedAt)];
}

async function showGroups({ by, scan, json, ...filter }: GroupOptions, context: Context): Promise<void> {
  const { output } = context;
  const found = await withService(context.settings(), ({ deadLetters }) =>
    deadLetters.groups({ ...toFilter(filter), by, scanMax: scan }),
  );
  if (json === true) return output.json(found);
  if (found.groups.length === 0) return output.line("no dead letters");
  output.table(
    ["COUNT", ...by.map((grouping) => grouping.toUpperCase()), "FIRST FAILED", "LAST FAILED", "EXAMPLE"],
    found.groups.map((group) => toGroupRow(group, by)),
  );
  if (found.others > 0) output.line(`${found.others} more in further groups`);
  if (!found.isComplete)
    output.line(
      `of the newest ${found.scanned ?? ""} dead letters; --scan looks at more, --from and --to at others`,
    );
}

function toGroupRow(group: DeadLetterGroup, by: readonly Grouping[]): unknown[] {
  const { count, of, firstFailedAt, lastFailedAt, example } = group;
  const times = [describeTime(firstFailedAt), describeTime(lastFailedAt)];
  return [count, ...by.map((grouping) => of[grouping]), ...times, example];
}

async function show(id: string, isJson: boolean, context: Context): Promise<void> {
  const { createComposer } = await import("@postrider/compose/apart/composer");
  const composer = createComposer();
  try {
    const letter = await withService(context.settings(), ({ deadLetters }) =>
      deadLetters.show(id, { compose: composer.compose }),
    );
    if (isJson) context.output.json(letter);
    else showLetter(letter, context);
  } finally {
    await composer.close();
  }
}

function showLetter(letter: DeadLetterShown, { output }: Context): void {
  const { id, lane, run, action, customerId, destination, reason, failedAt, attempts } = letter;
  output.line(`delivery     ${id} of lane ${lane}${run === null ? "" : `, run ${run}`}`);
  output.line(`action       ${action}, customer ${describeCustomer(customerId)}`);
  output.line(`destination  ${destination ?? "–"}`);
  output.line(`reason       ${reason}: ${REASONS[reason] ?? ""}`);
  output.line(`failed       ${describeTime(failedAt)} after ${describeCount(attempts, "attempt")}`);
  for (const attempt of letter.history) output.line(`  ${describeAttempt(attempt)}`);
  const reply = letter.history.at(-1)?.finding;
  if (reply?.body !== undefined && reply.body !== "")
    output.line(`\nlast reply   ${reply.status}\n${toVisible(reply.body)}`);
  if (letter.curl !== null) output.line(`\nwould send\n${letter.curl}`);
  else output.line(`\ncannot be composed: ${toVisible(describeProblems(letter.problems))}`);
}
