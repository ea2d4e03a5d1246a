import { inLongForm, inShortForm } from "../support/forms.ts";
import { startMortalCluster, startMortalServer, surviveOutage } from "./redis-outage.ts";

// A machine with other work is late with everything: the fifteen seconds are held in the long form.
const BACK_MS = 60_000;

// Seven seconds are past the point at which ioredis' and BullMQ's first waits are over; longer ones are in
// the long form.
inShortForm.each([3, 7])("Redis away for %i seconds: every worker consumes again by itself", (seconds) =>
  surviveOutage(startMortalServer, seconds, BACK_MS),
);

inLongForm.each([3, 7, 20, 60])(
  "Redis away for %i seconds: every worker consumes again within 15 s, by itself",
  (seconds) => surviveOutage(startMortalServer, seconds, 15_000),
);

inShortForm("a whole Cluster away for 3 seconds: every worker consumes again by itself", () =>
  surviveOutage(startMortalCluster, 3, BACK_MS),
);

inLongForm.each([3, 7, 20, 60])(
  "a whole Cluster away for %i seconds: every worker consumes again within 15 s, by itself",
  (seconds) => surviveOutage(startMortalCluster, seconds, 15_000),
);
