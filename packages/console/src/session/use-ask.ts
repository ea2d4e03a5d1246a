// A look at the API that a component needs: asked for, looked at again by itself while the page is watched,
// with what was known last until the next answer is there.

import { ApiError } from "@postrider/client/api-error";
import type { Input, Operation } from "@postrider/client/call";
import type { Operations } from "@postrider/client/generated";
import { stringifyExact } from "@postrider/shared/exact-json";
import { useEffect, useRef, useState } from "preact/hooks";
import { isWatching } from "../platform/attention.ts";
import { askApi } from "./session.ts";

export interface Asked<T> {
  /** The latest answer; null: there is none yet. */
  readonly data: T | null;
  /** The one before, where the same was asked. */
  readonly before: T | null;
  /** Why the latest look failed; null: it did not. */
  readonly error: ApiError | null;
  readonly again: () => void;
}

export interface AskOptions {
  /** Looks again so many ms after each answer; absent: only when asked to. */
  readonly everyMs?: number;
  /** Makes the input anew for each look, where what is asked moves with time; it stays the same question. */
  readonly inputNow?: () => unknown;
  /** False: nothing is asked. */
  readonly isOn?: boolean;
}

interface State<T> {
  readonly key: string;
  readonly data: T | null;
  readonly before: T | null;
  readonly error: ApiError | null;
}

/** Between looks that fail: doubled each time, up to this. */
const PAUSE_MS_MAX = 30_000;
const FIRST_PAUSE_MS = 2_000;

export function useAsk<O extends Operation>(
  operation: O,
  input: Input<O>,
  { everyMs, inputNow = () => input, isOn = true }: AskOptions = {},
): Asked<Operations[O]["reply"]> {
  type Reply = Operations[O]["reply"];
  const key = `${operation} ${stringifyExact(input)}`;
  const [state, setState] = useState<State<Reply>>({ key, data: null, before: null, error: null });
  const lookNow = useRef<() => void>(() => undefined);

  useEffect(() => {
    if (!isOn) return undefined;
    const looking = createLooking(everyMs, async (signal) => {
      try {
        const data = await askApi(operation, { ...(inputNow() as Input<O>), signal } as never);
        setState((last) => ({ key, data, before: last.key === key ? last.data : null, error: null }));
        return true;
      } catch (error) {
        if (signal.aborted || !(error instanceof ApiError)) return false;
        setState((last) =>
          last.key === key ? { ...last, error } : { key, data: null, before: null, error },
        );
        return false;
      }
    });
    lookNow.current = looking.now;
    return looking.stop;
  }, [key, everyMs, isOn]);

  const current = state.key === key ? state : { data: null, before: null, error: null };
  return { ...current, again: () => lookNow.current() };
}

/** Looks at once, and again and again where a time is given. */
function createLooking(everyMs: number | undefined, look: (signal: AbortSignal) => Promise<boolean>) {
  const ending = new AbortController();
  let timer = 0;
  let failures = 0;
  let isLooking = false;
  const now = async (): Promise<void> => {
    clearTimeout(timer);
    if (isLooking || ending.signal.aborted) return;
    isLooking = true;
    failures = (await look(ending.signal)) ? 0 : failures + 1;
    isLooking = false;
    plan();
  };
  const plan = (): void => {
    clearTimeout(timer);
    // Whoever looks once keeps looking until there is an answer, or a no.
    if (ending.signal.aborted || !isWatching.peek() || (everyMs === undefined && failures === 0)) return;
    const pauseMs = Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** (failures - 1));
    timer = window.setTimeout(() => void now(), failures === 0 ? everyMs : pauseMs);
  };
  let isFirst = true;
  const unwatch = isWatching.subscribe((isOn) => {
    if (isOn && !isFirst && everyMs !== undefined) void now();
    isFirst = false;
  });
  void now();
  return {
    now: () => void now(),
    stop: () => {
      clearTimeout(timer);
      unwatch();
      ending.abort();
    },
  };
}
