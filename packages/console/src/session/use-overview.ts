// The overview as it changes: one stream of the API, while the page is watched.

import type { ApiError } from "@postrider/client/api-error";
import type { Operations } from "@postrider/client/generated";
import { OPERATIONS } from "@postrider/client/generated";
import { parseExact } from "@postrider/shared/exact-json";
import { useEffect, useState } from "preact/hooks";
import { follow } from "./follow-stream.ts";
import type { Asked } from "./use-ask.ts";

type Overview = Operations["getOverview"]["reply"];

interface State {
  readonly data: Overview | null;
  readonly before: Overview | null;
  readonly error: ApiError | null;
}

/** It tells every two seconds, also while nothing changes; without Redis every fifteen that it is alive. */
const SILENCE_MS = 20_000;

export function useOverview(): Asked<Overview> {
  const [state, setState] = useState<State>({ data: null, before: null, error: null });
  useEffect(
    () =>
      follow({
        path: OPERATIONS.streamOverview.path,
        silenceMs: SILENCE_MS,
        onEvent: (text) =>
          setState(({ data }) => ({ data: parseExact(text) as Overview, before: data, error: null })),
        onError: (error) => setState((last) => ({ ...last, error })),
      }),
    [],
  );
  return { ...state, again: () => undefined };
}
