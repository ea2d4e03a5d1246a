// The options by which commands select dead letters.

import type { Selection } from "@postrider/producer/dead-letters/bulk";
import type { DeadLetterFilter } from "@postrider/producer/dead-letters/filter";
import { isEmptyFilter } from "@postrider/shared/delivery-filter";
import { PostriderError } from "@postrider/shared/errors";
import { REASON_NAMES, type Reason } from "@postrider/shared/outcome";
import { type Command, Option } from "commander";
import { parseTime } from "./arguments.ts";

export interface FilterOptions {
  readonly customer?: string;
  readonly label?: string;
  readonly action?: string;
  readonly run?: string;
  readonly destination?: string;
  readonly reason?: Reason;
  readonly from?: Date;
  readonly to?: Date;
  readonly lane?: string;
}

export function addFilterOptions(command: Command): Command {
  return command
    .option("--action <action>", "of this action: id for all its versions, or id@version")
    .option("--run <id>", "of this run")
    .option("--customer <id>", "of this customer")
    .option("--label <label>", "with this label")
    .option("--destination <origin>", "that went to this origin, such as https://api.example.com")
    .addOption(new Option("--reason <reason>", "that failed for this reason").choices(REASON_NAMES))
    .option("--from <time>", "that failed then or later (ISO 8601)", parseTime)
    .option("--to <time>", "that failed then or earlier (ISO 8601)", parseTime)
    .option("--lane <name>", "of this shared lane");
}

export function toFilter(options: FilterOptions): DeadLetterFilter {
  const { customer, action, run, destination, reason, label, from, to, lane } = options;
  return { customer, action, run, destination, reason, label, from, to, lane };
}

/**
 * What a command that changes something is to work on: ids, a filter, or all, but said so. @throws
 * `dead_letters_invalid`.
 */
export function toSelection(ids: readonly string[], options: FilterOptions & { all?: boolean }): Selection {
  const filter = toFilter(options);
  const given = [ids.length > 0, !isEmptyFilter(filter), options.all === true].filter(Boolean).length;
  if (given === 1) return ids.length > 0 ? { ids } : { filter };
  throw new PostriderError(
    "dead_letters_invalid",
    given === 0
      ? "say which dead letters: their delivery ids, a filter such as --reason or --run, or --all"
      : "give delivery ids, or a filter, or --all; not several of them",
  );
}
