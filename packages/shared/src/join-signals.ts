// One signal out of several.

/** What each joint signal holds. */
const sources = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/**
 * @param signals those that end the work; undefined: none.
 * @returns a signal that is aborted as soon as one of them is, for its reason. It holds them, which what
 * `AbortSignal.any` makes does not: the garbage collector takes a time-out or a controller that nobody else
 * holds, and the abort is lost (nodejs/node issues 57736, seen with 20.20, and 65995, with 24.16).
 */
export function joinSignals(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const given = signals.filter((signal) => signal !== undefined);
  const joint = AbortSignal.any(given);
  sources.set(joint, given);
  return joint;
}
