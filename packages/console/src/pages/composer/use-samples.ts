// The customers that a draft is tried on, as text for this tab alone, and as the API reads it: the very code
// that reads a run's file.

import type { Operations } from "@postrider/client/generated";
import { parseExact } from "@postrider/shared/exact-json";
import { useState } from "preact/hooks";
import { type DraftAsked, useDraftAsk } from "./use-draft-ask.ts";

export type Customer = Operations["testAction"]["body"]["customer"];
type Values = Readonly<Record<string, unknown>>;

export interface SampleTexts {
  readonly customers: string;
  readonly event: string;
  readonly values: string;
}

export interface Samples {
  readonly texts: SampleTexts;
  readonly write: (changes: Partial<SampleTexts>) => void;
  readonly read: DraftAsked<Operations["readSamples"]["reply"]>;
  readonly customers: readonly Customer[];
  readonly event: Values | undefined;
  readonly values: Values | undefined;
  /** What is wrong with the event or the values; null: nothing. */
  readonly problem: string | null;
}

const STORED = "postrider.sample";
export const START: SampleTexts = {
  customers: `{"id": "c-4711", "name": "Ada", "plan": "gold"}\n{"id": "c-4712", "name": "Grace"}`,
  event: "",
  values: "",
};

function recall(): SampleTexts {
  try {
    return { ...START, ...(JSON.parse(sessionStorage.getItem(STORED) ?? "{}") as Partial<SampleTexts>) };
  } catch {
    return START;
  }
}

export function useSamples(): Samples {
  const [texts, setTexts] = useState(recall);
  const { customers: text } = texts;
  const read = useDraftAsk("readSamples", text.trim() === "" ? null : { body: { text } });
  const event = readObject(texts.event, "The event");
  const values = readObject(texts.values, "The other values");
  return {
    texts,
    read,
    write(changes) {
      const next = { ...texts, ...changes };
      setTexts(next);
      keep(next);
    },
    customers: read.error === null ? (read.data?.customers ?? []) : [],
    event: event.value,
    values: values.value,
    problem: event.problem ?? values.problem,
  };
}

/** What is too large for the browser's store is kept by the page alone. */
function keep(texts: SampleTexts): void {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(texts));
  } catch {
    sessionStorage.removeItem(STORED);
  }
}

function readObject(
  text: string,
  what: string,
): { readonly value: Values | undefined; readonly problem: string | null } {
  if (text.trim() === "") return { value: undefined, problem: null };
  try {
    const value = parseExact(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return { value: value as Values, problem: null };
    return { value: undefined, problem: `${what}: must be a JSON object.` };
  } catch (error) {
    return { value: undefined, problem: `${what}: ${(error as Error).message}` };
  }
}
