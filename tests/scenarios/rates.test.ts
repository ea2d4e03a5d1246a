import { inLongForm, inShortForm } from "../support/forms.ts";
import { keepRate, learnRate } from "./rates.ts";

// A busy machine claims late and delivers in bursts: the exact figures are held in the long form.
inShortForm.each([50, 19])(
  "a configured rate of %i a second is kept by three workers together, within any second",
  (rate) => keepRate({ rate, seconds: 10, leastShare: 0.3, mostShare: 1.05, secondShare: 1.2, tries: 4 }),
);

inShortForm("an allowance that nobody configured is found out by three workers together, and used", () =>
  learnRate({
    allowed: 50,
    seconds: 10,
    refusedShare: 0.1,
    usedShare: 0.5,
    stretches: 2,
    withinSeconds: 300,
  }),
);

// Few of 19 and 29 are a large share; 300 have three milliseconds each.
inLongForm.each([50, 19, 29, 300])(
  "a configured rate of %i a second is exact to 5 %, also within any second",
  (rate) => keepRate({ rate, seconds: 60, leastShare: 0.95, mostShare: 1.05, secondShare: 1.05, tries: 1 }),
);

inLongForm(
  "an allowance of 50 a second is found out within ten seconds: 1 % is refused at most, 90 % is used at least",
  () =>
    learnRate({
      allowed: 50,
      seconds: 120,
      refusedShare: 0.01,
      usedShare: 0.9,
      stretches: 1,
      withinSeconds: 130,
    }),
);
