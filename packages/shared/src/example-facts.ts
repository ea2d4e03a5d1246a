// What examples of actions are composed with, unless they say otherwise: they must give the same for ever.

/** A template whose clock stands still. */
export const EXAMPLE_TIME = "2026-01-01T00:00:00Z";
export const EXAMPLE_DELIVERY_ID = "example";
