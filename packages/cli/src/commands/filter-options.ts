// The options by which commands select deliveries and dead letters: the one filter.

import {
  type DeliveryFilter,
  FILTER_STATES,
  type FilterState,
  isEmptyFilter,
} from "@postrider/shared/delivery-filter";
import type { ErrorCode } from "@postrider/shared/error-codes";
import { PostriderError } from "@postrider/shared/errors";
import { OUTCOMES, type OutcomeKind, REASON_NAMES, type Reason } from "@postrider/shared/outcome";
import { type Command, Option } from "commander";
import { parseTime } from "./arguments.ts";

export interface FilterOptions {
  readonly customer?: string;
  readonly label?: string;
  readonly action?: string;
  readonly run?: string;
  readonly destination?: string;
  readonly reason?: Reason;
  readonly outcome?: OutcomeKind;
  readonly state?: FilterState;
  readonly from?: Date;
  readonly to?: Date;
  readonly lane?: string;
}

/** What commands select. `waiting`: what can be cancelled. */
type Selected = "dead letters" | "deliveries" | "waiting";

/** What a time of the filter is the time of. */
const TIMES: Readonly<Record<Selected, string>> = {
  "dead letters": "that failed",
  deliveries: "that ended, or, of what is open, was enqueued",
  waiting: "that was enqueued, or replayed last,",
};

export function addFilterOptions(command: Command, of: Selected): Command {
  command
    .option("--action <action>", "of this action: id for all its versions, or id@version")
    .option("--run <id>", "of this run")
    .option("--customer <id>", "of this customer")
    .option("--label <label>", "with this label")
    .option("--destination <origin>", "that goes to this origin, such as https://api.example.com")
    .option("--from <time>", `${TIMES[of]} then or later (ISO 8601)`, parseTime)
    .option("--to <time>", `${TIMES[of]} then or earlier (ISO 8601)`, parseTime)
    .option("--lane <name>", "of this shared lane");
  if (of === "dead letters")
    command.addOption(new Option("--reason <reason>", "that failed for this reason").choices(REASON_NAMES));
  if (of === "deliveries")
    command
      .addOption(new Option("--state <state>", "that is there; delayed ones wait").choices(FILTER_STATES))
      .addOption(new Option("--outcome <outcome>", "that ended so").choices(OUTCOMES))
      .addOption(new Option("--reason <reason>", "that ended for this reason").choices(REASON_NAMES));
  return command;
}

export function toFilter(options: FilterOptions): DeliveryFilter {
  const { customer, action, run, destination, reason, outcome, state, label, from, to, lane } = options;
  return { customer, action, run, destination, reason, outcome, state, label, from, to, lane };
}

/**
 * What a command that changes something is to work on: ids, a filter, or all, but said so.
 * @param code of the error. @param what is selected, as the error says it. @throws with that code.
 */
export function toSelection(
  ids: readonly string[],
  options: FilterOptions & { all?: boolean },
  { code, what }: { readonly code: ErrorCode; readonly what: string },
): { readonly ids: readonly string[] } | { readonly filter: DeliveryFilter } {
  const filter = toFilter(options);
  const given = [ids.length > 0, !isEmptyFilter(filter), options.all === true].filter(Boolean).length;
  if (given === 1) return ids.length > 0 ? { ids } : { filter };
  throw new PostriderError(
    code,
    given === 0
      ? `say which ${what}: their delivery ids, a filter such as --action or --run, or --all`
      : "give delivery ids, or a filter, or --all; not several of them",
  );
}
