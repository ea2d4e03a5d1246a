import { inLongForm, inShortForm } from "../support/forms.ts";
import { passBacklog } from "./backlog.ts";

inShortForm("a backlog of 20,000 for one dead destination leaves the others their p99", () =>
  passBacklog({ waiting: 20_000, probes: 200, factor: 4, tries: 6 }),
);

inLongForm("a million deliveries that wait for one dead destination leave the others their p99", () =>
  passBacklog({ waiting: 1_000_000, probes: 1_000, factor: 2, tries: 1 }),
);
