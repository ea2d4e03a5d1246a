// What an alert and a recorded series are before Prometheus' form is made of them, and the labels by which
// one installation is told from another.

/** `critical` wakes somebody, `warning` is looked at in working hours, `info` explains others. */
export type Severity = "critical" | "warning" | "info";

export interface Alert {
  readonly alert: `Postrider${string}`;
  readonly severity: Severity;
  readonly expr: string;
  /** How long it must hold, as Prometheus writes it. */
  readonly for: string;
  /** One line for a pager, without numbers that change from one evaluation to the next. */
  readonly summary: string;
  /** What it means, with the value. */
  readonly description: string;
}

export interface Recording {
  /** Level, metric and operations, as Prometheus' naming convention has it. */
  readonly record: string;
  readonly expr: string;
}

export interface Group {
  readonly name: string;
  /** The runbook's chapter. */
  readonly title: string;
  readonly rules: readonly (Alert | Recording)[];
}

/**
 * An installation is what shares a namespace; outside of Kubernetes no target has that label, and all that
 * one Prometheus sees is one installation.
 */
export const INSTALLATION = "namespace";

/** Of requests: those that somebody asks something with, and not those that ask how the process is. */
export const ASKED = 'route!~"/healthz|/readyz|/metrics|/canary"';

/** The installations that had the series within the hour and have none now. */
export function knownBefore(metric: string): string {
  return `group by (${INSTALLATION}) (present_over_time(${metric}[1h])) unless on (${INSTALLATION}) group by (${INSTALLATION}) (${metric})`;
}

/** Own lanes may stand still on purpose (paused, held, an open circuit): alerts look at the others. */
export const SHARED = 'lane!~"destination|run|retries"';

/** What of the value a text shows. */
export const VALUE = "{{ $value | humanize }}";
export const PERCENTAGE = "{{ $value | humanizePercentage }}";
export const DURATION = "{{ $value | humanizeDuration }}";
export const BYTES = "{{ $value | humanize1024 }}B";
