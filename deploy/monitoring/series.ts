// The pieces that panels' queries are made of. Each selector names the dashboard's variables, so that a panel
// shows the installations, jobs and instances that were chosen and no others.

/** Series of the chosen installations, jobs and instances, with further matchers. */
export function series(metric: string, matchers = ""): string {
  return `postrider_${metric}{namespace=~"$namespace", job=~"$job", instance=~"$instance"${matchers === "" ? "" : `, ${matchers}`}}`;
}

function by(labels: readonly string[]): string {
  return labels.length === 0 ? "" : ` by (${labels.join(", ")})`;
}

/** How many a second, of all processes together. */
export function perSecond(metric: string, labels: readonly string[] = [], matchers = ""): string {
  return `sum${by(labels)} (rate(${series(metric, matchers)}[$__rate_interval]))`;
}

/** How many a second, of a counter that is the same from every process. */
export function rateOfMost(metric: string): string {
  return `max(rate(${series(metric)}[$__rate_interval]))`;
}

/** The sum over all processes: of what each has a part of. */
export function total(metric: string, labels: readonly string[] = [], matchers = ""): string {
  return `sum${by(labels)} (${series(metric, matchers)})`;
}

/** What is the same from every process, or the worst of them. */
export function most(metric: string, labels: readonly string[] = [], matchers = ""): string {
  return `max${by(labels)} (${series(metric, matchers)})`;
}

/** The quantile of a histogram over all processes, in its unit. */
export function quantile(
  share: number,
  metric: string,
  labels: readonly string[] = [],
  matchers = "",
): string {
  return `histogram_quantile(${share}, sum${by([...labels, "le"])} (rate(${series(`${metric}_bucket`, matchers)}[$__rate_interval])))`;
}

/** A part of a whole, both a second; nothing where there is no whole. */
export function share(part: string, whole: string): string {
  return `${part} / (${whole} > 0)`;
}
