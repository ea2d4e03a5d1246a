// Sealed data and the action's secrets are opened; what stays closed waits.

import { sensitiveSecrets } from "../authorize/conceal.ts";
import { known, type Step } from "../draft.ts";
import type { Open } from "../open/open.ts";

export function createOpen(open: Open): Step {
  return {
    name: "open",
    async run(draft) {
      const opened = await open(draft.claimed.delivery, known(draft.action));
      if (opened.kind !== "opened") return opened;
      draft.opened = opened;
      draft.sensitive = sensitiveSecrets(opened.secrets);
      return null;
    },
  };
}
