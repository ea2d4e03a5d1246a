import { inLongForm, inShortForm } from "../support/forms.ts";
import { keepNeighbours } from "./neighbours.ts";

inShortForm.each(["shared", "run"] as const)(
  "one destination of twenty hangs, answers 503, resets, drips or is slow, and the others of its %s lane hardly notice",
  (lane) =>
    // A busy machine spoils a second here and there: the exact figures are held in the long form.
    keepNeighbours({
      load: { destinations: 20, perSecond: 100, seconds: 3, answerMs: 50 },
      lane,
      keptShare: 0.7,
      p99Factor: 6,
      tries: 8,
    }),
);

inLongForm.each(["shared", "run"] as const)(
  "one destination of twenty is broken: the others of its %s lane keep nine tenths of their throughput and at most twice their p99",
  (lane) =>
    keepNeighbours({
      load: { destinations: 20, perSecond: 400, seconds: 30, answerMs: 50 },
      lane,
      keptShare: 0.9,
      p99Factor: 2,
      tries: 3,
    }),
);
