import { inLongForm, inShortForm } from "../support/forms.ts";
import { waitForNothing } from "./dead-api.ts";

// Three seconds beside other work tell a cost that grows with what waits from one that does not: exact
// figures are held in the long form.
inShortForm(
  "deliveries behind a dead API cost nothing while they wait, and flow with all their attempts when it is back",
  () => waitForNothing({ count: 3_000, seconds: 3, settleSeconds: 15, limitMs: 300_000, costFactor: 3 }),
);

inLongForm(
  "100,000 deliveries behind an API that is dead for a minute cost nothing while they wait, and all arrive",
  () => waitForNothing({ count: 100_000, seconds: 60, settleSeconds: 60, limitMs: 600_000, costFactor: 1.5 }),
);
