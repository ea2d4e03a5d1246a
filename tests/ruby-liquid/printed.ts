// What a Liquid made of one input.

/** What Ruby printed, or why it failed. */
export type Printed = string | { readonly error: string };
