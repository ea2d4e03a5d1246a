import { inLongForm, inShortForm } from "../support/forms.ts";
import { strandNothing } from "./lanes-property.ts";

inShortForm.each([false, true])(
  "lanes that come and go at random strand nothing and send nothing twice; workers killed: %s",
  (withDeaths) => strandNothing({ steps: 15, pauseMs: 150, withDeaths, isSlow: false, limitMs: 300_000 }),
);

const STEPS = Number(process.env["STEPS"] ?? 150);

inLongForm.each([false, true])(
  "slow producers, changed limits and rests longer than an audit: nothing is stranded or sent twice; workers killed: %s",
  (withDeaths) => strandNothing({ steps: STEPS, pauseMs: 1_000, withDeaths, isSlow: true, limitMs: 300_000 }),
);
