// `postrider dead-letters`: deliveries that failed; look at them, and replay them.

import type { DeadLetter, DeadLetterShown } from "@postrider/producer/dead-letters";
import { REASONS } from "@postrider/shared/outcome";
import { type Command, InvalidArgumentError } from "commander";
import { withProducer } from "../producer.ts";
import type { Context } from "../program.ts";
import { describeTime } from "../text.ts";

export function addDeadLetters(program: Command, context: Context): void {
  const group = program.command("dead-letters").description("Deliveries that failed for good");
  group
    .command("list")
    .description("List the newest dead letters")
    .option("--limit <n>", "how many at most", parseLimit, 50)
    .option("--json", "for programs")
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      const settings = context.settings();
      const found = await withProducer(settings, (producer) =>
        producer.deadLetters.list(settings.lanes, limit),
      );
      if (json === true) return context.output.json(found);
      if (found.total === 0) return context.output.line("no dead letters");
      context.output.table(
        ["DELIVERY", "RUN", "ACTION", "CUSTOMER", "REASON", "ATTEMPTS", "FAILED"],
        found.deadLetters.map(toRow),
      );
      if (found.total > found.deadLetters.length)
        context.output.line(`${found.deadLetters.length} of ${found.total} shown; --limit shows more`);
    });
  group
    .command("show <delivery>")
    .description("Show one dead letter with its attempts")
    .option("--json", "for programs")
    .action(async (id: string, { json }: { json?: boolean }) => {
      const settings = context.settings();
      const letter = await withProducer(settings, (producer) =>
        producer.deadLetters.show(settings.lanes, id),
      );
      if (json === true) return context.output.json(letter);
      show(letter, context);
    });
  group
    .command("replay <delivery...>")
    .description("Put dead letters back into their lane, with the same Idempotency-Key")
    .option("--json", "for programs")
    .action(async (ids: string[], { json }: { json?: boolean }) => {
      const settings = context.settings();
      await withProducer(settings, async (producer) => {
        for (const id of ids) await producer.deadLetters.replay(settings.lanes, id);
      });
      if (json === true) return context.output.json({ replayed: ids });
      context.output.line(`replayed ${ids.length}`);
    });
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100_000) return limit;
  throw new InvalidArgumentError("must be a whole number from 1 to 100000");
}

function toRow({ id, run, action, customerId, reason, attempts, failedAt }: DeadLetter): unknown[] {
  return [id, run, action, customerId, reason, attempts, describeTime(failedAt)];
}

function show(letter: DeadLetterShown, { output }: Context): void {
  output.line(
    `delivery ${letter.id} in lane ${letter.lane}${letter.run === null ? "" : `, run ${letter.run}`}`,
  );
  output.line(`action   ${letter.action}, customer ${letter.customerId}`);
  output.line(`reason   ${letter.reason}: ${REASONS[letter.reason] ?? ""}`);
  output.line(`failed   ${describeTime(letter.failedAt)} after ${letter.attempts} attempt(s)`);
  for (const attempt of letter.history) output.line(`  ${JSON.stringify(attempt)}`);
}
