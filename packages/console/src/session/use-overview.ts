// The overview as it changes: one stream of the API, while the page is watched. Where none comes through, it
// is asked for in between.

import { ApiError } from "@postrider/client/api-error";
import type { Operations } from "@postrider/client/generated";
import { OPERATIONS } from "@postrider/client/generated";
import { parseExact } from "@postrider/shared/exact-json";
import { useEffect, useState } from "preact/hooks";
import { follow } from "./follow-stream.ts";
import { askApi } from "./session.ts";
import type { Asked } from "./use-ask.ts";

type Overview = Operations["getOverview"]["reply"];

interface State {
  readonly data: Overview | null;
  readonly before: Overview | null;
  readonly error: ApiError | null;
}

/** It tells every two seconds, also while nothing changes. */
const SILENCE_MS = 8_000;

export function useOverview(): Asked<Overview> {
  const [state, setState] = useState<State>({ data: null, before: null, error: null });
  useEffect(() => {
    const ending = new AbortController();
    const show = (next: Overview): void =>
      setState(({ data }) => ({ data: next, before: data, error: null }));
    const fail = (error: unknown): void => {
      if (ending.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      setState((last) => ({ ...last, error }));
    };
    const stop = follow({
      path: OPERATIONS.streamOverview.path,
      silenceMs: SILENCE_MS,
      onEvent: (text) => show(parseExact(text) as Overview),
      onError: () => void askApi("getOverview", { signal: ending.signal }).then(show).catch(fail),
    });
    return () => {
      stop();
      ending.abort();
    };
  }, []);
  return { ...state, again: () => undefined };
}
