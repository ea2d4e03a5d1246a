// `postrider audit`: who changed what.

import type { AuditEntry } from "@postrider/producer/audit/audit-trail";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { describeTime, toVisible } from "../readable.ts";
import { withService } from "../with-service.ts";
import { parseWhole } from "./whole.ts";

const LIMIT_MAX = 1_000;
/** Of a text in a table; --json has it whole. */
const SHOWN_CHARS = 60;

interface Options {
  readonly by?: string;
  readonly on?: string;
  readonly after?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function addAudit(program: Command, { settings, output }: Context): void {
  program
    .command("audit")
    .description("Who changed what, and when; the newest first")
    .option("--by <who>", "only what this one has changed: a token's name, user@host, a program")
    .option("--on <name>", "only changes of the thing of this name or id")
    .option("--limit <n>", "how many at most", parseWhole(1, LIMIT_MAX), 50)
    .option("--after <place>", "go on behind this place, as an earlier list gave it")
    .option("--json", "for programs")
    .action(async ({ json, ...query }: Options) => {
      const listed = await withService(settings(), ({ audit }) => audit.list(query));
      if (json === true) return output.json(listed);
      if (listed.audit.length === 0) output.line("nothing that the audit keeps has been changed so");
      else output.table(["AT", "BY", "VIA", "WHAT", "ON", "CHANGE"], listed.audit.map(toRow));
      if (listed.after !== null) output.note(`there may be more: --after ${listed.after}`);
    });
}

function toRow({ at, by, via, what, on, from, to }: AuditEntry): string[] {
  const change = from === null ? toShort(to ?? "") : `${toShort(from)} → ${toShort(to ?? "nothing")}`;
  return [describeTime(at), toShort(by), via, what, toShort(on), change];
}

function toShort(text: string): string {
  const line = toVisible(text).replaceAll("\n", "⏎");
  return line.length <= SHOWN_CHARS ? line : `${line.slice(0, SHOWN_CHARS)}…`;
}
