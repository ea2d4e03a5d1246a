// URL, headers and body become a request.

import type { Composer } from "@postrider/compose/apart/composer";
import type { Composed } from "@postrider/compose/request";
import { toFacts, toScope } from "@postrider/compose/scope";
import { describeProblems } from "@postrider/shared/errors";
import type { Finding } from "../attempt.ts";
import { type Draft, known, type Step } from "../draft.ts";

export function createCompose(compose: Composer["compose"]): Step {
  return {
    name: "compose",
    run(draft) {
      const { claimed } = draft;
      const { delivery, secrets } = known(draft.unsealed);
      const scope = toScope(delivery, claimed.id, secrets);
      const composed = compose(known(draft.action), toFacts(delivery, claimed), scope);
      return composed instanceof Promise ? composed.then((late) => take(draft, late)) : take(draft, composed);
    },
  };
}

function take(draft: Draft, composed: Composed): Finding | null {
  if (composed.kind === "cancelled") return { kind: "cancelled", message: composed.message };
  if (composed.kind === "problem") return toFinding(composed);
  draft.request = composed.request;
  return null;
}

/** Only what would never compose ends the delivery. */
function toFinding({ reason, problems, passes }: Extract<Composed, { kind: "problem" }>): Finding {
  if (passes === "interrupted") return { kind: "interrupted" };
  if (passes === "unready")
    return { kind: "unready", reason: "template_too_costly", message: describeProblems(problems) };
  return { kind: "unsendable", reason, problems };
}
