// Which dead letters are meant: the filter that all share, with this part's errors.

import { type DeliveryFilter, type ParsedFilter, readFilter } from "@postrider/shared/delivery-filter";
import { PostriderError, type Problem } from "@postrider/shared/errors";

export type DeadLetterFilter = DeliveryFilter;

/**
 * A dead letter has failed: a filter may say so, and nothing else.
 * @throws `dead_letters_invalid`, naming every field that is wrong.
 */
export function parseFilter(filter: DeadLetterFilter): ParsedFilter {
  const parsed = readFilter(filter);
  if ("problems" in parsed) throw toInvalid(parsed.problems);
  const { outcome, state } = parsed;
  if (outcome !== null && outcome !== "failed")
    throw invalid("outcome", `dead letters have all failed; none is ${outcome}`);
  if (state !== null && state !== "ended") throw invalid("state", "dead letters have all ended");
  return parsed;
}

export function invalid(field: string, message: string): PostriderError {
  return toInvalid([{ field, message }]);
}

function toInvalid(problems: readonly Problem[]): PostriderError {
  const text = problems.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return new PostriderError("dead_letters_invalid", text, { problems });
}
