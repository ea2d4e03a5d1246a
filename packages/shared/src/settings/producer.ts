// Settings: producers.

import { integer } from "./parsers.ts";

export const producerSettings = {
  backlogMax: integer(1, 100_000_000)
    .default(1_000_000)
    .describe(
      "Deliveries in a lane, due or due later, above which a producer pauses. A run with `sendAt` that is larger waits for that time; a held run is refused what goes beyond.",
    ),
};
