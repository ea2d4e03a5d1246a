import { inLongForm, inShortForm } from "../support/forms.ts";
import { startAtOnce } from "./small-run.ts";

inShortForm("a run of 10 behind a run of 20,000 starts at once", () => startAtOnce({ large: 20_000 }));

inLongForm("a run of 10 behind a run of 100,000 ends within two seconds of when it would alone", () =>
  startAtOnce({ large: 100_000, laterMs: 2_000 }),
);
