// A state in one word; its colour says whether somebody has to look, and never says it alone.

export type Tone = "good" | "calm" | "warn" | "bad" | "quiet";

/** Of the API's states, outcomes and verdicts. What is not listed is quiet. */
const TONES: Readonly<Record<string, Tone>> = {
  delivered: "good",
  completed: "good",
  done: "good",
  closed: "good",
  running: "calm",
  "in-flight": "calm",
  waiting: "calm",
  delayed: "calm",
  queued: "calm",
  retry: "warn",
  paused: "warn",
  held: "warn",
  limited: "warn",
  throttled: "warn",
  "cooling-down": "warn",
  "circuit-half-open": "warn",
  "half-open": "warn",
  stopping: "warn",
  failed: "bad",
  fail: "bad",
  "dead-letter": "bad",
  open: "bad",
  "circuit-open": "bad",
};

export function Badge({ state, tone }: { readonly state: string; readonly tone?: Tone }) {
  return <span class={`badge ${tone ?? TONES[state] ?? "quiet"}`}>{state.replaceAll("-", " ")}</span>;
}
