import { test } from "vitest";
import { passBacklog } from "../scenarios/backlog.ts";

test("a million deliveries that wait for one dead destination leave the others their p99", () =>
  passBacklog({ waiting: 1_000_000, probes: 1_000, factor: 2, tries: 1 }));
