// How far a file is: a bar, what keeps it, and the switches that hold it up, go on with it and give it up.

import { ApiError } from "@postrider/client/api-error";
import { type FileWork, goOn, isRefusedForGood, pause } from "../../customers-file/file-work.ts";
import { Badge, type Tone } from "../../design/badge.tsx";
import { Data } from "../../design/data.tsx";
import { Problem, Refusal } from "../../design/problem.tsx";
import { showCount, showShare } from "../../words/numbers.ts";

const TONES: Readonly<Record<FileWork["state"], Tone>> = {
  "under way": "calm",
  full: "warn",
  waiting: "warn",
  paused: "warn",
  failed: "bad",
  done: "good",
};
const WORDS: Readonly<Partial<Record<FileWork["state"], string>>> = {
  full: "The lane is full: it goes on as soon as workers have made room.",
  waiting: "It goes on by itself.",
  paused: "What was enqueued so far is being sent.",
};

const MOST = 0.995;

export function FileStanding({ of }: { readonly of: FileWork }) {
  const { order, state, bytesRead, line, error } = of;
  const { size, name } = order.file;
  // Never all of it before the end: what was read is not yet taken in.
  const read = state === "done" ? size : Math.min(bytesRead, size * MOST);
  return (
    <>
      <p class="timeline-head">
        <Badge state={state} tone={TONES[state]} />
        <span>
          <Data of={name} />
          {line > 0 && `, up to line ${showCount(line)}`}, {showShare(read, size)}
        </span>
      </p>
      <progress max={size} value={read} aria-label={`How far ${name} is`} />
      {error instanceof ApiError && <Problem error={error} />}
      {error !== null && !(error instanceof ApiError) && <Refusal text={error.message} />}
      {WORDS[state] !== undefined && <p class="hint">{WORDS[state]}</p>}
    </>
  );
}

interface SwitchesProps {
  readonly of: FileWork;
  readonly onStop: () => void;
}

export function FileSwitches({ of, onStop }: SwitchesProps) {
  const { state } = of;
  const isRefused = isRefusedForGood(of);
  const canGoOn = state === "paused" || (state === "failed" && !isRefused);
  return (
    <>
      {(state === "under way" || state === "full") && (
        <button type="button" onClick={pause}>
          Pause
        </button>
      )}
      {state === "waiting" && (
        <button type="button" onClick={goOn}>
          Try now
        </button>
      )}
      {canGoOn && (
        <button type="button" class="primary" onClick={goOn}>
          Go on
        </button>
      )}
      {state !== "done" && (
        <button type="button" class={isRefused ? "primary" : ""} onClick={onStop}>
          {isRefused ? "Change it" : "Stop"}
        </button>
      )}
    </>
  );
}
