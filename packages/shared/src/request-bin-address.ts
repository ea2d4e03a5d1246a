// The address of the request bin: one that workers take themselves.

/** RFC 6761 section 6.4: a name under `invalid` never leads anywhere, so nobody's address is taken away. */
export const BIN_ORIGIN = "http://request-bin.invalid";
