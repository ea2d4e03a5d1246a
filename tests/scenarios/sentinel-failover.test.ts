import { inLongForm, inShortForm } from "../support/forms.ts";
import { surviveFailover } from "./sentinel-failover.ts";

inShortForm(
  "a failover by Sentinel under load loses what the replica lacked and no more, and the same run again takes that in",
  () => surviveFailover({ count: 6_000, limitMs: 300_000 }),
);

inLongForm.each([1, 2])("failover %i by Sentinel under the load of 30,000 deliveries", () =>
  surviveFailover({ count: 30_000, limitMs: 300_000 }),
);
