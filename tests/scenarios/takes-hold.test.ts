import { inLongForm, inShortForm } from "../support/forms.ts";
import { cancelInTime, pauseInTime } from "./takes-hold.ts";

/** Workers that share two cores with other tests come late: the two seconds are held in the long form. */
const IN_TIME = { takesHoldMs: 6_000 };

inShortForm("a paused run stops on all workers and goes on where it was", () => pauseInTime(IN_TIME));

inShortForm("a cancelled run sends nothing more, and what was left of it ends as cancelled", () =>
  cancelInTime(IN_TIME),
);

/** As documented. */
const EXACTLY = { takesHoldMs: 2_000 };

inLongForm("a paused run sends nothing after two seconds", () => pauseInTime(EXACTLY));

inLongForm("a cancelled run sends nothing after two seconds", () => cancelInTime(EXACTLY));
