import { inLongForm, inShortForm } from "../support/forms.ts";
import { surviveBlackHole } from "./black-hole.ts";

// A machine with other work is late with everything: the fifteen seconds are held in the long form.
const BACK_MS = 60_000;

inShortForm(
  "nothing passes between workers and Redis for some seconds: every worker consumes again by itself",
  () => surviveBlackHole(5, BACK_MS),
);

// A claim's time, and what a connection is given up after, lie in between.
inLongForm.each([10, 20, 60])(
  "nothing passes between workers and Redis for %i seconds: every worker consumes again within 15 s, by itself",
  (seconds) => surviveBlackHole(seconds, 15_000),
);
