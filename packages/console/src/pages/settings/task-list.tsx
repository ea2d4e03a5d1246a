// Tasks: replays, purges and cancels of many, how far each is, and the switch that stops one.

import type { Operations } from "@postrider/client/generated";
import { Badge } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { confirm } from "../../design/confirm.tsx";
import { Data } from "../../design/data.tsx";
import { Listing } from "../../design/listing.tsx";
import { Empty, Facts, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { toHref } from "../../platform/address.ts";
import { may, tellApi } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";
import { showCount, showMany, showShare } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { type Filter, sayFilter } from "../filter.tsx";
import { taskHref } from "../links.ts";
import type { PageProps } from "../page-props.ts";

type Task = Operations["getTask"]["reply"];

const EVERY_MS = 2_000;

export function Tasks({ below: [id] }: PageProps) {
  return (
    <>
      {id !== undefined && <OneTask id={id} />}
      <AllTasks />
    </>
  );
}

function sayTask({ do: doing, filter }: Task): string {
  const words = sayFilter(filter as Filter);
  return `${doing} ${words === "" ? "all" : words}`;
}

function sayProgress({ progress: { looked, of } }: Task): string {
  return of === null
    ? "not begun"
    : `${showCount(looked)} of ${showCount(of)} looked at, ${showShare(looked, of)}`;
}

function sayCounts({ counts }: Task): string {
  const said = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${showCount(count)} ${name}`);
  return said.length === 0 ? "–" : said.join(", ");
}

function stateOf({ state, isStopping }: Task): string {
  return isStopping && state === "running" ? "stopping" : state;
}

function mayStop({ state, isStopping }: Task): boolean {
  return may("manage") && (state === "running" || state === "queued") && !isStopping;
}

function OneTask({ id }: { readonly id: string }) {
  const asked = useAsk("getTask", { params: { id } }, { everyMs: EVERY_MS });
  return (
    <Panel title="This task">
      <Waiting asked={asked}>
        {(task) => {
          const { looked, of } = task.progress;
          return (
            <>
              <p>
                <Badge state={stateOf(task)} /> <Data of={sayTask(task)} />
              </p>
              <progress
                max={of ?? 1}
                value={task.state === "done" ? (of ?? 1) : looked}
                aria-label="How far it is"
              />
              <Facts
                of={[
                  ["Progress", sayProgress(task)],
                  ["What came of it", sayCounts(task)],
                  ["Rate", task.rate === null ? "as it is" : `${showCount(task.rate)}/s at most`],
                  ["Begun by", <Data key="by" of={task.by} />],
                  ["Begun", <Time key="begun" at={task.createdAt} isExact />],
                  ["Ended", <Time key="ended" at={task.endedAt} isExact none="–" />],
                ]}
              />
              <PutBack task={task} />
              {task.error !== null && (
                <p class="problem">
                  {makeVisible(task.error.detail)} <code>{task.error.code}</code>
                </p>
              )}
              {mayStop(task) && (
                <div class="form-foot">
                  <button type="button" class="harmful" onClick={() => askStop(task, asked.again)}>
                    Stop
                  </button>
                </div>
              )}
            </>
          );
        }}
      </Waiting>
    </Panel>
  );
}

/** A replay is over with the putting back; what counts comes after. */
function PutBack({ task: { do: doing, state, counts, filter, createdAt } }: { readonly task: Task }) {
  const count = (counts["replayed"] ?? 0) + (counts["hastened"] ?? 0);
  if (doing !== "replay" || state === "queued" || state === "running" || count === 0) return null;
  // Why they had failed, and when, is past; and the version may be another one.
  const { run, action, destination, customer, label, lane } = filter as Filter;
  const since = { run, action: action?.split("@")[0], destination, customer, label, lane, from: createdAt };
  return (
    <p class="note">
      {showMany(count, "letter was", "letters were")} put back:{" "}
      <a href={toHref(["deliveries"], since)}>see what became of them</a>, or only{" "}
      <a href={toHref(["dead-letters"], since)}>those that failed again</a>.
    </p>
  );
}

function StopOne({ task, done }: { readonly task: Task; readonly done: () => void }) {
  if (!mayStop(task)) return <>–</>;
  return (
    <button type="button" class="plain harmful" onClick={() => askStop(task, done)}>
      Stop<span class="unseen"> {sayTask(task)}</span>
    </button>
  );
}

function askStop(task: Task, done: () => void): void {
  const { looked, of } = task.progress;
  const [one, many] = task.do === "cancel" ? ["delivery", "deliveries"] : ["letter", "letters"];
  const left = showMany(Math.max(0, (of ?? 0) - looked), one, many);
  confirm({
    title: "Stop this task?",
    body: <p>What is done stays; {left} that it has not looked at are left alone.</p>,
    verb: "Stop 1 task",
    isHarmful: true,
    async act() {
      await tellApi("stopTask", { params: { id: task.id } });
      done();
    },
  });
}

function AllTasks() {
  const asked = useAsk("listTasks", { query: { limit: 50 } }, { everyMs: EVERY_MS });
  return (
    <Panel title="The latest tasks">
      <Waiting asked={asked}>
        {({ tasks }) =>
          tasks.length === 0 ? (
            <Empty title="No task has been begun lately.">
              <p>
                Replaying or purging many <a href="#/dead-letters">dead letters</a> is a task.
              </p>
            </Empty>
          ) : (
            <Listing
              name="Tasks"
              rows={tasks}
              keyOf={({ id }) => id}
              columns={[
                {
                  head: "Task",
                  cell: (task) => (
                    <a href={taskHref(task.id)}>
                      <Data of={sayTask(task)} />
                    </a>
                  ),
                },
                { head: "State", cell: (task) => <Badge state={stateOf(task)} /> },
                { head: "Progress", cell: sayProgress },
                { head: "What came of it", cell: sayCounts },
                { head: "By", cell: ({ by }) => <Data of={by} /> },
                { head: "Begun", cell: ({ createdAt }) => <Time at={createdAt} /> },
                ...(tasks.some(mayStop)
                  ? [{ head: "Stop", cell: (task: Task) => <StopOne task={task} done={asked.again} /> }]
                  : []),
              ]}
            />
          )
        }
      </Waiting>
    </Panel>
  );
}
