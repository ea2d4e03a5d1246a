import { test } from "vitest";
import { cancelInTime, pauseInTime } from "../scenarios/takes-hold.ts";

/** As documented. */
const EXACTLY = { takesHoldMs: 2_000 };

test("a paused run sends nothing after two seconds", () => pauseInTime(EXACTLY));

test("a cancelled run sends nothing after two seconds", () => cancelInTime(EXACTLY));
