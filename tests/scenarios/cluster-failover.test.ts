import { inLongForm, inShortForm } from "../support/forms.ts";
import { surviveMasterLost } from "./cluster-failover.ts";

inShortForm(
  "a Cluster's master killed under load costs what its replica lacked and no more, and producers wait as told",
  () => surviveMasterLost({ count: 3_000, limitMs: 300_000 }),
);

inLongForm.each([1, 2, 3])("a Cluster's master killed %i under the load of 30,000 deliveries", () =>
  surviveMasterLost({ count: 30_000, limitMs: 300_000 }),
);

inLongForm.each([1, 2])("a Cluster's master that stands still %i under the load of 30,000 deliveries", () =>
  surviveMasterLost({ count: 30_000, limitMs: 300_000, standsStill: true }),
);
