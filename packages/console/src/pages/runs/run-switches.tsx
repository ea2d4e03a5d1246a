// What can be done with a run. Each switch says how many deliveries it hits before it does so.

import type { Operations } from "@postrider/client/generated";
import { confirm } from "../../design/confirm.tsx";
import { may, tellApi } from "../../session/session.ts";
import { showMany } from "../../words/numbers.ts";

export type Run = Operations["getRun"]["reply"];

type Switch = "pauseRun" | "resumeRun" | "closeRun" | "cancelRun" | "releaseRun";

interface Props {
  readonly run: Run;
  readonly done: () => void;
}

export function RunSwitches({ run, done }: Props) {
  if (!may("manage")) return null;
  const waiting = showMany(run.waiting, "delivery", "deliveries");
  const ask = (operation: Switch, title: string, text: string, verb: string, isHarmful = false): void =>
    confirm({
      title,
      body: <p>{text}</p>,
      verb,
      isHarmful,
      async act() {
        await tellApi(operation, { params: { id: run.run } });
        done();
      },
    });
  const isOver = run.state === "completed" || run.state === "cancelled";
  return (
    <>
      {run.state === "running" && (
        <button
          type="button"
          onClick={() =>
            ask(
              "pauseRun",
              "Pause this run?",
              `${waiting} will wait until the run is resumed. What is in flight ends.`,
              `Pause ${waiting}`,
            )
          }
        >
          Pause
        </button>
      )}
      {run.state === "paused" && (
        <button
          type="button"
          class="primary"
          onClick={() =>
            ask("resumeRun", "Resume this run?", `${waiting} will be sent.`, `Resume ${waiting}`)
          }
        >
          Resume
        </button>
      )}
      {run.state === "held" && (
        <button
          type="button"
          class="primary"
          onClick={() =>
            ask("releaseRun", "Release this run?", `${waiting} will be sent.`, `Release ${waiting}`)
          }
        >
          Release
        </button>
      )}
      {run.closedAt === null && !isOver && (
        <button
          type="button"
          onClick={() =>
            ask(
              "closeRun",
              "Close this run?",
              `Nothing more can be enqueued to it. ${waiting} that it has will be sent, and with the last one it is completed.`,
              "Close",
            )
          }
        >
          Close
        </button>
      )}
      {!isOver && (
        <button
          type="button"
          class="harmful"
          onClick={() =>
            ask(
              "cancelRun",
              "Cancel this run for good?",
              `${waiting} will never be sent. What is in flight ends. This cannot be undone.`,
              `Cancel ${waiting}`,
              true,
            )
          }
        >
          Cancel
        </button>
      )}
    </>
  );
}
