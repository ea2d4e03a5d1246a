// A stream of server-sent events that is kept open while somebody watches, and opened again where it breaks.
// Not an EventSource, which can send no token but in the address.

import { readAnswerLines } from "@postrider/client/answer-lines";
import { ApiError } from "@postrider/client/api-error";
import { readEvents } from "@postrider/client/event-stream";
import { joinSignals } from "@postrider/shared/join-signals";
import { isWatching } from "../platform/attention.ts";
import { openApi } from "./session.ts";

export interface Followed {
  /** From the API's URL on. */
  readonly path: string;
  /** Its events tell at least so often; after so much silence it is taken for broken. */
  readonly silenceMs: number;
  readonly onEvent: (data: string) => void;
  readonly onError: (error: ApiError) => void;
}

const FIRST_PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 10_000;

/** @returns what ends it. */
export function follow(followed: Followed): () => void {
  let reading: AbortController | null = null;
  const unwatch = isWatching.subscribe((isOn) => {
    reading?.abort();
    reading = isOn ? new AbortController() : null;
    if (reading !== null) void keepReading(followed, reading.signal);
  });
  return () => {
    unwatch();
    reading?.abort();
  };
}

async function keepReading(followed: Followed, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const error = await readOnce(followed, signal, () => {
      failures = 0;
    });
    if (signal.aborted) return;
    failures += 1;
    if (error !== null) followed.onError(error);
    await pause(Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** (failures - 1)), signal);
  }
}

/** @returns why it broke; null: it came to its end, or was stopped. */
async function readOnce(
  { path, silenceMs, onEvent }: Followed,
  signal: AbortSignal,
  onLife: () => void,
): Promise<ApiError | null> {
  const patience = createPatience(silenceMs);
  try {
    const response = await openApi({
      method: "GET",
      path,
      headers: { accept: "text/event-stream" },
      body: null,
      signal: joinSignals(signal, patience.signal),
    });
    if (response.body === null) return null;
    for await (const { data } of readEvents(readAnswerLines(response.body, silenceMs))) {
      if (signal.aborted) return null;
      patience.renew();
      onLife();
      onEvent(data);
    }
    return null;
  } catch (error) {
    if (signal.aborted) return null;
    if (error instanceof ApiError) return error;
    return new ApiError("the stream of the API broke", {
      code: "api_unreachable",
      isTemporary: true,
      cause: error,
    });
  } finally {
    patience.end();
  }
}

/** A proxy that gathers answers may keep a stream back for ever, its head included. */
function createPatience(ms: number) {
  const controller = new AbortController();
  const begin = (): number =>
    window.setTimeout(() => controller.abort(new DOMException("no event in time", "TimeoutError")), ms);
  let timer = begin();
  return {
    signal: controller.signal,
    renew() {
      clearTimeout(timer);
      timer = begin();
    },
    end: () => clearTimeout(timer),
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
