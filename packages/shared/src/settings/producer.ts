// Settings: producers.

import { z } from "zod";
import { integer } from "./parsers.ts";

export const producerSettings = {
  backlogMax: integer(1, 100_000_000)
    .default(1_000_000)
    .describe(
      "Deliveries in a lane, due or due later, above which a producer pauses. A run with `sendAt` that is larger waits for that time; a held run is refused what goes beyond.",
    ),
  auditKept: integer(0, 10_000_000)
    .default(10_000)
    .describe(
      "Changes by people and programs that the audit keeps, about (audit.md); beyond it the oldest go. Costs some 200 bytes of Redis each; 0 keeps none. The same for all that change something.",
    ),
  user: z
    .string()
    .max(100, "must be at most 100 characters")
    .default("")
    .describe("Who is written down in the audit for what the command line changes; `user@host` unless set."),
};
