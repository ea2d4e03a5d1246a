// Test sends of documents that are not saved: no version tells what was sent where, so the audit does.

import { maskAction } from "@postrider/shared/mask";
import { parseAction } from "@postrider/shared/parse-action";
import type { TestAction } from "../actions/ask-test-send.ts";
import type { Note } from "./audit-trail.ts";

/** Notes each that leaves the worker, before it does. */
export function auditTestSends(testAction: TestAction, note: Note): TestAction {
  return async (ref, sample, options = {}) => {
    const { draft, bin } = options;
    if (draft !== undefined) {
      const action = parseAction(draft);
      // A token's server is asked for a token also where the request itself goes into the bin.
      if (bin === undefined || action.auth?.oauth2 !== undefined)
        await note("action.draft_sent", ref, { to: maskAction(action).url });
    }
    return testAction(ref, sample, options);
  };
}
