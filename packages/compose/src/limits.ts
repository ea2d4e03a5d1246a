// What composing may cost at most, in one place. The numbers are given once, when an action is compiled, so
// that a test can lower them: then a harmless template shows that a guard holds, and no test needs one that
// would hurt anybody else's engine.

export interface ComposeLimits {
  /** Wall-clock time of one field's rendering, in milliseconds. */
  readonly renderMsMax: number;
  /**
   * What filters, ranges and loops may allocate in one field's rendering: liquidjs' own count, roughly in
   * characters.
   */
  readonly renderMemoryMax: number;
  /** Characters that one field's rendering may write, what it captures included. */
  readonly writtenCharsMax: number;
  /** Work, in steps of about ten nanoseconds, up to which a template is taken for cheap. */
  readonly cheapWorkMax: number;
}

export const COMPOSE_LIMITS: ComposeLimits = {
  // Generous, since a machine that is short of CPU must not fail a template that needs microseconds.
  renderMsMax: 1_000,
  renderMemoryMax: 8_388_608,
  // Twice the largest body: once captured, once printed.
  writtenCharsMax: 8_388_608,
  // Some tenths of a second, far under the time that a claim holds.
  cheapWorkMax: 40_000_000,
};

/**
 * What composing one delivery apart may take. Given once, so that a test can lower it and needs no template
 * that hurts.
 */
export interface ComposerLimits {
  /**
   * Time in its thread, in milliseconds; where the whole process has had less CPU time meanwhile, longer, by
   * some ten times at most.
   */
  readonly composeMsMax: number;
  /** Heap of one thread, in MiB. */
  readonly heapMbMax: number;
  /** What each rendering in it may cost, but for time. */
  readonly compose: ComposeLimits;
}

export const COMPOSER_LIMITS: ComposerLimits = {
  // Far more than any honest template takes, and short enough to end a hostile one inside a second.
  composeMsMax: 600,
  // Some copies of the largest delivery and of the largest text.
  heapMbMax: 96,
  compose: COMPOSE_LIMITS,
};
