import { test } from "vitest";
import { passBacklog } from "../scenarios/backlog.ts";

test("a backlog of 20,000 for one dead destination leaves the others their p99", () =>
  passBacklog({ waiting: 20_000, probes: 200, factor: 4, tries: 6 }));
