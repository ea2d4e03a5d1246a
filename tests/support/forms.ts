// Scenarios have two forms: a short one, in which the machine's other work counts for little, and a long one
// with the exact figures, for a machine of its own (`npm run test:chaos`).

import { test } from "vitest";

const IS_LONG = process.env["TEST_FORM"] === "long";

const nothing = Object.assign(() => undefined, { each: () => () => undefined }) as unknown as typeof test;

/** A test of `npm test`. */
export const inShortForm = IS_LONG ? nothing : test;

/** A test of `npm run test:chaos`. */
export const inLongForm = IS_LONG ? test : nothing;
