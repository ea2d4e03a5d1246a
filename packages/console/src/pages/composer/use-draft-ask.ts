// A question about what is being written: asked once the writer pauses, given up when he goes on. What was
// answered last stays until there is a new answer.

import { ApiError } from "@postrider/client/api-error";
import type { Input, Operation } from "@postrider/client/call";
import type { Operations } from "@postrider/client/generated";
import { stringifyExact } from "@postrider/shared/exact-json";
import { useEffect, useState } from "preact/hooks";
import { askApi } from "../../session/session.ts";

export interface DraftAsked<T> {
  /** The latest answer; null: there is none, or nothing is asked. */
  readonly data: T | null;
  /** Why there is no answer to what is written now. */
  readonly error: ApiError | null;
  /** Whether what is written now waits for its answer. */
  readonly isAsking: boolean;
}

/** Long enough for a word, short enough to seem at once. */
const PAUSE_MS = 300;
/** While the API is away. */
const AGAIN_MS = 2_000;

/** @param input null: nothing is asked. */
export function useDraftAsk<O extends Operation>(
  operation: O,
  input: Input<O> | null,
): DraftAsked<Operations[O]["reply"]> {
  type Reply = Operations[O]["reply"];
  const key = input === null ? null : stringifyExact(input);
  const [known, setKnown] = useState<{ key: string | null; data: Reply | null; error: ApiError | null }>({
    key: null,
    data: null,
    error: null,
  });
  useEffect(() => {
    if (key === null) return undefined;
    return askSoon(
      (signal) => askApi(operation, { ...input, signal } as never),
      (data) => setKnown({ key, data, error: null }),
      (error) => setKnown((last) => ({ ...last, key, error })),
    );
  }, [operation, key]);
  return { data: key === null ? null : known.data, error: known.error, isAsking: known.key !== key };
}

/** Asks after a pause, and again while the API is away. @returns what gives it up. */
function askSoon<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  onData: (data: T) => void,
  onError: (error: ApiError) => void,
): () => void {
  const ending = new AbortController();
  let timer = 0;
  const plan = (ms: number): void => {
    timer = window.setTimeout(() => void ask(ending.signal).then(onData).catch(refuse), ms);
  };
  const refuse = (error: unknown): void => {
    if (ending.signal.aborted || !(error instanceof ApiError)) return;
    if (error.code === "api_unreachable") plan(AGAIN_MS);
    else onError(error);
  };
  plan(PAUSE_MS);
  return () => {
    clearTimeout(timer);
    ending.abort();
  };
}
