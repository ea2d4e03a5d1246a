// A document that is being written, in one state whichever way it is written: by its fields, or as a whole.
// It outlives a look at other pages of the tab, and is lost with the tab, which asks before.

import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import { useEffect, useState } from "preact/hooks";
import type { ActionFields } from "./action-document.ts";

export interface Draft {
  readonly document: ActionFields;
  readonly change: (document: ActionFields) => void;
  /** The whole document as text. */
  readonly text: string;
  /** What keeps the text from being a document, which then is still the one before; null: nothing. */
  readonly textProblem: string | null;
  readonly changeText: (text: string) => void;
  readonly isChanged: boolean;
  /** Back to what it began with. */
  readonly discard: () => void;
}

interface Written {
  readonly document: ActionFields;
  /** Null: as the document is written out. */
  readonly text: string | null;
  readonly problem: string | null;
}

const kept = new Map<string, Written>();

addEventListener("beforeunload", (event) => {
  if (kept.size > 0) event.preventDefault();
});

/** @param key of what is written, such as `welcome@3`. @param start what it began with. */
export function useDraft(key: string, start: ActionFields): Draft {
  const [written, setWritten] = useState<Written>(() => kept.get(key) ?? fresh(start));
  const write = (next: Written): void => {
    kept.set(key, next);
    setWritten(next);
  };
  const startText = stringifyExact(start, 2);
  const text = written.text ?? stringifyExact(written.document, 2);
  const isChanged = text !== startText;
  useEffect(() => {
    if (!isChanged) kept.delete(key);
  }, [key, isChanged]);
  return {
    document: written.document,
    text,
    textProblem: written.problem,
    isChanged,
    change: (document) => write(fresh(document)),
    changeText(given) {
      const read = readDocument(given);
      if ("document" in read) write({ document: read.document, text: given, problem: null });
      else write({ document: written.document, text: given, problem: read.problem });
    },
    discard() {
      kept.delete(key);
      setWritten(fresh(start));
    },
  };
}

/** Once it is saved there is nothing to lose. */
export function forgetDraft(key: string): void {
  kept.delete(key);
}

function fresh(document: ActionFields): Written {
  return { document, text: null, problem: null };
}

function readDocument(text: string): { readonly document: ActionFields } | { readonly problem: string } {
  try {
    const value = parseExact(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return { document: value as ActionFields };
    return { problem: "The document must be a JSON object." };
  } catch (error) {
    return { problem: `This is not JSON yet: ${(error as Error).message}` };
  }
}
