import { inLongForm, inShortForm } from "../support/forms.ts";
import { crowdRun } from "./crowded-run.ts";

// As many a second as slots allow, not as the machine does, so that its other work counts for little. Exact
// figures: the long form.
const LOAD = { deliveries: 3_000, concurrency: 40, answerMs: 100, apartMsMax: 5_000 };

// The other faults: neighbours.test.ts beside it, and the long form.
inShortForm(
  "one destination of twenty in one run never answers, and the others hardly notice",
  () => crowdRun({ ...LOAD, destinations: 20, broken: 1, fault: "never answers", keptShare: 0.7 }),
  300_000,
);

inShortForm(
  "fifty destinations of a thousand in one run never answer, and the others hardly notice",
  () => crowdRun({ ...LOAD, destinations: 1_000, broken: 50, fault: "never answers", keptShare: 0.6 }),
  300_000,
);

const FAULTS = ["never answers", "answers 200 after five seconds", "answers 503"] as const;
const FULL_LOAD = { concurrency: 100, answerMs: 20, keptShare: 0.9, apartMsMax: 2_000 };

inLongForm.each(FAULTS)(
  "one destination of twenty in one run %s: the others keep nine tenths of their throughput, the first effect within two seconds",
  (fault) => crowdRun({ ...FULL_LOAD, deliveries: 60_000, destinations: 20, broken: 1, fault }),
);

inLongForm(
  "fifty destinations of two thousand in one run never answer: the others keep 90 % of their throughput",
  () =>
    crowdRun({ ...FULL_LOAD, deliveries: 60_000, destinations: 2_000, broken: 50, fault: "never answers" }),
);

// Twice the slots that the load needs.
const STEADY = {
  deliveries: 12_000,
  perSecond: 400,
  concurrency: 40,
  answerMs: 50,
  keptShare: 0.9,
  p99Factor: 2,
};

/** Two seconds until the first effect, and twice as long until what has piled up meanwhile is sent. */
const SETTLE_MS = 6_000;

inLongForm.each(FAULTS)(
  "one destination of twenty in a run that comes in steadily %s: the others' p99 at most doubles",
  (fault) => crowdRun({ ...STEADY, destinations: 20, broken: 1, fault }),
);

inLongForm(
  "fifty destinations of two thousand in a run that comes in steadily never answer: once they are led out the others' p99 at most doubles",
  () => crowdRun({ ...STEADY, destinations: 2_000, broken: 50, fault: "never answers", settleMs: SETTLE_MS }),
);
