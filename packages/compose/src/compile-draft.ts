// What is to be saved is held to more than what is saved: workers go on compiling versions of earlier
// releases, and a filter that fails in a branch that is never taken must not end their deliveries.

import type { Action } from "@postrider/shared/action";
import { type CompiledAction, compileAction, refuseWith } from "./compile.ts";
import { findLackingArguments } from "./render/filter-arguments.ts";

/**
 * Compiles an action that is not saved yet.
 * @throws PostriderError `action_invalid`, also for filters that lack an argument.
 */
export function compileDraft(action: Action): CompiledAction {
  const compiled = compileAction(action);
  refuseWith(findLackingArguments(compiled));
  return compiled;
}
