import { inLongForm, inShortForm } from "../support/forms.ts";
import { surviveMasterKilled } from "./cluster-failover.ts";

inShortForm(
  "a Cluster's master killed under load costs what its replica lacked and no more, and producers wait as told",
  () => surviveMasterKilled({ count: 3_000, limitMs: 300_000 }),
);

inLongForm.each([1, 2, 3])("a Cluster's master killed %i under the load of 30,000 deliveries", () =>
  surviveMasterKilled({ count: 30_000, limitMs: 300_000 }),
);
