import { test } from "vitest";
import { strandNothing } from "../scenarios/lanes-property.ts";

test.each([false, true])(
  "lanes that come and go at random strand nothing and send nothing twice; workers killed: %s",
  (withDeaths) => strandNothing({ steps: 15, pauseMs: 150, withDeaths, isSlow: false, limitMs: 150_000 }),
);
