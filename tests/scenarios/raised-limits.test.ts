import { inLongForm, inShortForm } from "../support/forms.ts";
import { raiseConcurrency, raiseRate, raiseRateByVersion } from "./raised-limits.ts";

/**
 * Under the old limit it would take ten seconds at least, or for ever; the exact figure is held in the long
 * form.
 */
const LIMIT_MS = 6_000;

inShortForm.each([
  ["a rate, by a person", raiseRate],
  ["a rate, by a new version of the action", raiseRateByVersion],
  ["a concurrency, behind requests that hang", raiseConcurrency],
] as const)("%s that is raised takes effect soon", (_, raise) => raise({ limitMs: LIMIT_MS }));

/** As promised. */
const EXACT_LIMIT_MS = 2_000;

inLongForm.each([
  ["a rate, by a person", raiseRate],
  ["a rate, by a new version of the action", raiseRateByVersion],
  ["a concurrency, behind requests that hang", raiseConcurrency],
] as const)("%s that is raised takes effect soon", (_, raise) => raise({ limitMs: EXACT_LIMIT_MS }));
