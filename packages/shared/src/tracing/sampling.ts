// Which traces are kept: told from the trace's id alone, so that all processes agree without asking anybody.

/** Of the last 56 bits of an id, by which OpenTelemetry has samplers decide, as many as a number holds. */
const [FROM, TO] = [18, 31];
const VALUES = 16 ** (TO - FROM);

/**
 * Whether a trace is kept, by its id: what a lower ratio keeps, a higher one keeps, too
 * (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/).
 * @param ratio from 0 to 1.
 */
export function createSampling(ratio: number): (traceId: string) => boolean {
  return (traceId) => Number.parseInt(traceId.slice(FROM, TO), 16) / VALUES >= 1 - ratio;
}
