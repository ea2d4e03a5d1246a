// Charts of what the API's roll-ups have kept: counts as rates, times as they are, over a span that the
// address names.

import type { Operations } from "@postrider/client/generated";
import { Chart } from "../design/chart.tsx";
import { type Line, SERIES_COLORS } from "../design/drawing.ts";
import { Waiting } from "../design/waiting.tsx";
import { address, toHref } from "../platform/address.ts";
import { useAsk } from "../session/use-ask.ts";

type Reply = Operations["readSeries"]["reply"];
type Measure = Reply["series"][number]["measure"];
type By = NonNullable<Operations["readSeries"]["query"]["by"]>;

const STEP_MS: Readonly<Record<Reply["step"], number>> = {
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "6h": 21_600_000,
  "1d": 86_400_000,
};

/** Spans that are offered, in ms. */
const SPANS: Readonly<Record<string, number>> = {
  "1h": STEP_MS["1h"],
  "6h": STEP_MS["6h"],
  "24h": STEP_MS["1d"],
  "7d": 7 * STEP_MS["1d"],
};
const FIRST_SPAN = "1h";
/** Roll-ups are of whole minutes. */
const EVERY_MS = 15_000;

function spanOf(): string {
  const { span = FIRST_SPAN } = address.value.query;
  return span in SPANS ? span : FIRST_SPAN;
}

/** Chooses the span of all charts of the page. */
export function SpanChoice() {
  const { path, query } = address.value;
  const chosen = spanOf();
  return (
    <nav class="choice" aria-label="Span of the charts">
      {Object.keys(SPANS).map((span) => (
        <a
          key={span}
          href={toHref(path, { ...query, span: span === FIRST_SPAN ? undefined : span })}
          aria-current={span === chosen ? "true" : undefined}
        >
          {span}
        </a>
      ))}
    </nav>
  );
}

export interface Drawn {
  readonly measure: Measure;
  readonly name: string;
  readonly color: string;
}

interface MeasuresProps {
  readonly name: string;
  readonly unit: "per second" | "ms";
  readonly lines: readonly Drawn[];
  /** Of one thing alone, such as a run; absent: of all. */
  readonly of?: { readonly by: By; readonly name: string };
}

/** Several measures of one thing. */
export function Measures({ name, unit, lines, of }: MeasuresProps) {
  const measure = lines.map((line) => line.measure).join(",");
  const asked = useSeries({ measure, ...(of !== undefined && { by: of.by, names: of.name }) });
  return (
    <Waiting asked={asked}>
      {(reply) => {
        const toLine = (drawn: Drawn): Line => {
          const found = reply.series.find((one) => one.measure === drawn.measure && !one.isRest);
          return { ...drawn, points: toPoints(reply, found?.points ?? [], unit) };
        };
        const drawn = lines.map(toLine);
        const isEmpty = drawn.every(({ points }) => points.every((point) => point === null));
        if (isEmpty) return <p class="calm-note">Nothing was measured in this time.</p>;
        return <Chart name={name} unit={unit} times={toTimes(reply)} lines={drawn} />;
      }}
    </Waiting>
  );
}

/** What comes in and how it ends. */
export const FLOW: readonly Drawn[] = [
  { measure: "enqueued", name: "enqueued", color: "series-2" },
  { measure: "delivered", name: "delivered", color: "good" },
  { measure: "failed", name: "failed", color: "bad" },
];

/** How long attempts took. */
export function AnswerTimes({ of }: Pick<MeasuresProps, "of">) {
  return (
    <Measures
      name="How long attempts took, in three percentiles"
      unit="ms"
      lines={ANSWER_TIMES}
      {...(of !== undefined && { of })}
    />
  );
}

const ANSWER_TIMES: readonly Drawn[] = [
  { measure: "send_p50", name: "median", color: "series-1" },
  { measure: "send_p95", name: "95 %", color: "series-3" },
  { measure: "send_p99", name: "99 %", color: "series-5" },
];

const TOLD_APART = 6;

interface ByProps {
  readonly name: string;
  readonly measure: Measure;
  readonly by: By;
  readonly none: string;
}

/** One measure, told apart by what it is of: the busiest, and the rest together. */
export function MeasureBy({ name, measure, by, none }: ByProps) {
  const asked = useSeries({ measure, by, limit: TOLD_APART });
  return (
    <Waiting asked={asked}>
      {(reply) => {
        const named = reply.series.filter(({ points }) => points.some((point) => (point ?? 0) > 0));
        if (named.length === 0) return <p class="calm-note">{none}</p>;
        const lines = named.map((series, at) => ({
          name: series.isRest ? "others" : (series.name ?? "all"),
          color: SERIES_COLORS[at] ?? "series-7",
          points: toPoints(reply, series.points, "per second"),
        }));
        return <Chart name={name} unit="per second" times={toTimes(reply)} lines={lines} />;
      }}
    </Waiting>
  );
}

function useSeries(query: Operations["readSeries"]["query"]) {
  const span = spanOf();
  const inputNow = () => {
    const from = new Date(Date.now() - (SPANS[span] ?? STEP_MS["1h"])).toISOString();
    return { query: { ...query, from } };
  };
  // By its span a question is known; where that begins moves with time.
  return useAsk("readSeries", { query: { ...query, from: span } }, { everyMs: EVERY_MS, inputNow });
}

/** The step that is not over yet would look like a fall. */
function isOver({ to }: Reply): boolean {
  return Date.parse(to) <= Date.now();
}

function toTimes(reply: Reply): readonly string[] {
  return isOver(reply) ? reply.times : reply.times.slice(0, -1);
}

function toPoints(
  reply: Reply,
  points: readonly (number | null)[],
  unit: MeasuresProps["unit"],
): (number | null)[] {
  const seconds = STEP_MS[reply.step] / 1_000;
  return toTimes(reply).map((_, at) => {
    const point = points[at] ?? null;
    if (unit === "ms") return point;
    return (point ?? 0) / seconds;
  });
}
