// Tasks: replays and purges of many dead letters, and cancels of many deliveries, that go on by themselves;
// counted first, looked at, stopped.

import {
  TASK_RATE_MAX,
  TASK_RATE_MIN,
  TASK_STATES,
  type Task,
  type TaskOrder,
} from "@postrider/producer/tasks/task";
import { deliveryFilterSchema, isEmptyFilter } from "@postrider/shared/delivery-filter";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import { z } from "zod";
import { type Caller, isNarrowed, reaches } from "../route/caller.ts";
import { problemSchema, toProblemDetails } from "../route/problem.ts";
import { type Call, defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime, toTimeOrNull } from "../route/times.ts";
import type { Tools } from "../route/tools.ts";

const LIST_MAX = 1_000;

const shared = {
  filter: deliveryFilterSchema
    .optional()
    .describe("Which dead letters, or which deliveries that wait; all that is given must hold."),
  all: z.literal(true).optional().describe("Where no filter is given: all are meant."),
  rate: z
    .number()
    .min(TASK_RATE_MIN)
    .max(TASK_RATE_MAX)
    .optional()
    .describe("At most so many a second; 100 for a replay unless given, none for the others."),
  dryRun: z.boolean().optional().describe("Counts what it would hit, and changes nothing."),
} as const;

const bodySchema = z.discriminatedUnion(
  "do",
  [
    z.strictObject({
      do: z.literal("replay"),
      ...shared,
      presentVersion: z.boolean().optional().describe("With the latest version of each action."),
      newKey: z
        .boolean()
        .optional()
        .describe("With a new Idempotency-Key, so that receivers take them for other requests."),
    }),
    z.strictObject({ do: z.literal("purge"), ...shared }),
    z.strictObject({ do: z.literal("cancel"), ...shared }),
  ],
  { error: "must be replay, purge or cancel" },
);
type Body = z.output<typeof bodySchema>;

const taskSchema = z.strictObject({
  id: z.string(),
  do: z.string(),
  filter: deliveryFilterSchema.describe("Empty: all."),
  rate: z.number().nullable().describe("Null: as it is without one."),
  presentVersion: z.boolean(),
  newKey: z.boolean(),
  state: z.enum(TASK_STATES),
  isStopping: z.boolean().describe("It was told to stop, and does so after its step."),
  by: z.string().describe("Name of the token by which it was begun."),
  createdAt: timeSchema,
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
  progress: z.strictObject({
    looked: z.int().describe("Dead letters, or deliveries that wait, that were looked at."),
    of: z.int().nullable().describe("Of so many, when it was taken up first; null: it was not yet."),
  }),
  counts: z.record(z.string(), z.int()).describe("By result, such as `replayed`, `purged` or `cancelled`."),
  error: problemSchema.omit({ requestId: true }).nullable().describe("Why it failed."),
});

const countSchema = z.strictObject({
  dryRun: z.literal(true),
  count: z.int().describe("How many it would take up."),
  isComplete: z.boolean().describe("False: at least so many, since not all were looked at."),
});

const params = z.strictObject({ id: z.string().min(1).max(50).describe("The task's id.") });

function toShown(task: Task): z.input<typeof taskSchema> {
  const { ratePerSecond, presentVersion, newKey, createdAt, startedAt, endedAt, looked, of, error, ...rest } =
    task;
  return {
    ...rest,
    filter: { ...rest.filter },
    counts: { ...rest.counts },
    rate: ratePerSecond ?? null,
    presentVersion: presentVersion === true,
    newKey: newKey === true,
    createdAt: toTime(createdAt),
    startedAt: toTimeOrNull(startedAt),
    endedAt: toTimeOrNull(endedAt),
    progress: { looked, of },
    error: error === null ? null : toShownError(error),
  };
}

function toShownError({ code, message, problems }: NonNullable<Task["error"]>) {
  const { requestId: _, ...shown } = toProblemDetails(new PostriderError(code, message, { problems }), "");
  return shown;
}

/** Whether a caller reaches all that a task may touch: a narrowed one only where the filter names it. */
function reachesAll(caller: Caller, { filter: { action, lane } }: Pick<TaskOrder, "filter">): boolean {
  if (caller.actions !== null && (action === undefined || !reaches(caller, { action }))) return false;
  return caller.lanes === null || (lane !== undefined && reaches(caller, { lane }));
}

/** A task that the caller reaches. @throws `task_unknown`, also for one that it does not reach. */
async function find(id: string, caller: Caller, { producer }: Tools): Promise<Task> {
  const task = await producer.tasks.get(id);
  if (reachesAll(caller, task)) return task;
  throw new PostriderError("task_unknown", `no task has the id ${id}, or it is forgotten`);
}

/** What a body orders. @throws `request_invalid`, `forbidden`. */
function toOrder({ all, filter = {}, rate, ...body }: Body, caller: Caller): TaskOrder {
  const isEmpty = isEmptyFilter(filter);
  if (body.dryRun !== true && isEmpty !== (all === true)) {
    const message = isEmpty
      ? `must be true where the filter is empty, since that would ${body.do} all ${body.do === "cancel" ? "that wait" : "dead letters"}`
      : "has no place beside a filter";
    throw invalidField("request_invalid", "all", message);
  }
  const { presentVersion, newKey } = body.do === "replay" ? body : {};
  const order = { do: body.do, filter, ratePerSecond: rate, presentVersion, newKey };
  if (!reachesAll(caller, order))
    throw new PostriderError(
      "forbidden",
      "the token is narrowed, so the filter must name one of its actions, or lanes",
    );
  return order;
}

/** How many it would take up. @throws `dead_letters_invalid`, `filter_invalid`, `aborted`. */
function countMeant(order: TaskOrder, { deadLetters, deliveries }: Tools["producer"], signal: AbortSignal) {
  return order.do === "cancel"
    ? deliveries.countCancellable(order.filter, { signal })
    : deadLetters.count(order.filter, { signal });
}

export const taskRoutes: readonly Route[] = [
  defineRoute({
    id: "beginTask",
    method: "POST",
    path: "/v1/tasks",
    scope: "manage",
    narrowing: "found",
    summary:
      "Replay or purge all dead letters, or cancel all waiting deliveries, that a filter means; or count them first",
    body: bodySchema,
    replies: {
      200: "With `dryRun`: how many it would take up.",
      202: "The task, which goes on by itself; `Location` is where to look at it.",
    },
    reply: z.union([taskSchema, countSchema]),
    errors: ["dead_letters_invalid", "filter_invalid", "tasks_full", "aborted"],
    async handle({ body, caller, requestId, signal, log }: Call<undefined, undefined, Body>, { producer }) {
      const order = toOrder(body, caller);
      if (body.dryRun === true) {
        const { count, isComplete } = await countMeant(order, producer, signal);
        return { status: 200, body: { dryRun: true as const, count, isComplete } };
      }
      const task = await producer.tasks.begin(order, caller.name);
      log.info({ requestId, task: task.id, do: task.do, caller: caller.name }, "task begun");
      return { status: 202, body: toShown(task), headers: { location: `/v1/tasks/${task.id}` } };
    },
  }),
  defineRoute({
    id: "listTasks",
    method: "GET",
    path: "/v1/tasks",
    scope: "read",
    narrowing: "found",
    summary: "The latest tasks, newest first; those that ended more than 7 days ago are forgotten",
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(LIST_MAX).default(50) }),
    replies: { 200: "Tasks; `after` is null, since there is one page." },
    reply: z.strictObject({ tasks: z.array(taskSchema), after: z.null() }),
    async handle({ query: { limit }, caller }, { producer }) {
      const tasks = await producer.tasks.list(isNarrowed(caller) ? LIST_MAX : limit);
      const shown = tasks.filter((task) => reachesAll(caller, task)).slice(0, limit);
      return { status: 200, body: { tasks: shown.map(toShown), after: null } };
    },
  }),
  defineRoute({
    id: "getTask",
    method: "GET",
    path: "/v1/tasks/:id",
    scope: "read",
    narrowing: "found",
    summary: "A task: how far it is, and what came of it",
    params,
    replies: { 200: "The task." },
    reply: taskSchema,
    errors: ["task_unknown"],
    handle: async ({ params: { id }, caller }, tools) => ({
      status: 200,
      body: toShown(await find(id, caller, tools)),
    }),
  }),
  defineRoute({
    id: "stopTask",
    method: "DELETE",
    path: "/v1/tasks/:id",
    scope: "manage",
    narrowing: "found",
    summary: "Stop a task between two steps: what is done stays, and the rest is left alone",
    params,
    replies: { 200: "The task as it stands now; one that is under way is stopped within two seconds." },
    reply: taskSchema,
    errors: ["task_unknown"],
    async handle({ params: { id }, caller, log }, tools) {
      const before = await find(id, caller, tools);
      const task = await tools.producer.tasks.stop(id);
      // Of one that is under way the process counts it that has it.
      if (before.state === "queued" && task.state === "stopped") tools.metrics.taskEnded(task.do, "stopped");
      log.info({ task: id, caller: caller.name }, "task told to stop");
      return { status: 200, body: toShown(task) };
    },
  }),
];
