// Dead letters: listed, grouped, and shown with the request that each would send.

import type { DeadLetter } from "@postrider/producer/dead-letters/letter";
import { PostriderError } from "@postrider/shared/errors";
import { z } from "zod";
import { type Caller, isNarrowed, reaches } from "../route/caller.ts";
import { problemDetailSchema, toShownProblems } from "../route/problem.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime } from "../route/times.ts";
import { customerIdSchema } from "./customer.ts";
import { filterShape } from "./list-deliveries.ts";
import { attemptSchema, toShownAttempt } from "./shown-delivery.ts";
import { reasonSchema } from "./shown-outcome.ts";

export const letterSchema = z.strictObject({
  id: z.string(),
  lane: z.string(),
  run: z.string().nullable(),
  action: z.string(),
  destination: z.string().nullable(),
  customerId: customerIdSchema.describe("Empty where the customer is sealed and the key is not at hand."),
  reason: reasonSchema,
  attempts: z.int(),
  failedAt: timeSchema,
});

const GROUPED_BY = ["reason", "destination", "action", "run"] as const;

export const deadLetterRoutes: readonly Route[] = [
  defineRoute({
    id: "listDeadLetters",
    method: "GET",
    path: "/v1/dead-letters",
    scope: "read",
    narrowing: "found",
    summary: "Dead letters, newest first",
    query: z.strictObject({
      ...filterShape,
      limit: z.coerce.number().int().min(1).max(1_000).default(50),
      after: z.string().max(300).optional().describe("Of the page before, to go on behind it."),
    }),
    replies: { 200: "A page; it may be short, even empty, and have more behind it: `after` tells." },
    reply: z.strictObject({
      deadLetters: z.array(letterSchema),
      total: z.int().nullable().describe("In all, whatever the filter; null for a narrowed token."),
      after: z.string().nullable(),
    }),
    errors: ["dead_letters_invalid"],
    async handle({ query: { limit, after, from, to, ...filter }, caller }, { producer }) {
      const { deadLetters, total, cursor } = await producer.deadLetters.list({
        ...filter,
        from: toDate(from),
        to: toDate(to),
        limit,
        cursor: after,
        isShown: (letter) => isReached(caller, letter),
      });
      return {
        status: 200,
        body: {
          deadLetters: deadLetters.map(toShownLetter),
          total: isNarrowed(caller) ? null : total,
          after: cursor,
        },
      };
    },
  }),
  defineRoute({
    id: "groupDeadLetters",
    method: "GET",
    path: "/v1/dead-letters/groups",
    scope: "read",
    narrowing: "found",
    summary: "Dead letters by what they have in common, the largest groups first",
    query: z.strictObject({
      ...filterShape,
      by: z
        .string()
        .regex(/^(reason|destination|action|run)(,(reason|destination|action|run)){0,3}$/, {
          error: `must be some of ${GROUPED_BY.join(", ")}, separated by commas`,
        })
        .default("reason,destination"),
      scan: z.coerce
        .number()
        .int()
        .min(1)
        .max(100_000)
        .default(100_000)
        .describe("Looks at so many, the newest first, and at the rest of the thousand that it is in."),
    }),
    replies: { 200: "The groups; `after` is null." },
    reply: z.strictObject({
      groups: z.array(
        z.strictObject({
          of: z.record(z.string(), z.string().nullable()),
          count: z.int(),
          example: z.string().describe("The id of the newest one."),
          firstFailedAt: timeSchema,
          lastFailedAt: timeSchema,
        }),
      ),
      others: z.int().describe("Letters of groups beyond the first thousand."),
      scanned: z.int().nullable().describe("How many were looked at; null for a narrowed token."),
      isComplete: z.boolean().describe("Whether all were looked at."),
      after: z.null(),
    }),
    errors: ["dead_letters_invalid"],
    async handle({ query: { by, scan, from, to, ...filter }, caller }, { producer }) {
      const { groups, others, scanned, isComplete } = await producer.deadLetters.groups({
        ...filter,
        from: toDate(from),
        to: toDate(to),
        by: by.split(",") as (typeof GROUPED_BY)[number][],
        scanMax: scan,
        isShown: (letter) => isReached(caller, letter),
      });
      const shown = groups.map(({ of, firstFailedAt, lastFailedAt, ...group }) => ({
        ...group,
        of: { ...of },
        firstFailedAt: toTime(firstFailedAt),
        lastFailedAt: toTime(lastFailedAt),
      }));
      return {
        status: 200,
        body: {
          groups: shown,
          others,
          scanned: isNarrowed(caller) ? null : scanned,
          isComplete,
          after: null,
        },
      };
    },
  }),
  defineRoute({
    id: "getDeadLetter",
    method: "GET",
    path: "/v1/dead-letters/:id",
    scope: "read",
    narrowing: "found",
    summary: "One dead letter, with its attempts and the request that it would send, masked",
    params: z.strictObject({ id: z.string().min(1).max(100) }),
    replies: { 200: "The dead letter." },
    reply: letterSchema.extend({
      delivery: z.looseObject({}).nullable().describe("Its data; null: what lay in the lane is no delivery."),
      history: z.array(attemptSchema),
      request: z.looseObject({ method: z.string(), url: z.string() }).nullable(),
      curl: z.string().nullable(),
      problems: z.array(problemDetailSchema),
    }),
    errors: ["dead_letter_unknown"],
    async handle({ params: { id }, caller }, { producer, composer }) {
      const { delivery, history, request, curl, problems, ...letter } = await producer.deadLetters.show(id, {
        compose: composer.compose,
      });
      if (!isReached(caller, letter))
        throw new PostriderError("dead_letter_unknown", `no dead letter has the delivery id ${id}`);
      return {
        status: 200,
        body: {
          ...toShownLetter(letter),
          delivery: delivery === null ? null : { ...delivery },
          history: history.map(toShownAttempt),
          request: request === null ? null : { ...request },
          curl,
          problems: toShownProblems(problems),
        },
      };
    },
  }),
];

function isReached(caller: Caller, { action, lane }: DeadLetter): boolean {
  return reaches(caller, { action, lane });
}

function toShownLetter({ failedAt, ...rest }: DeadLetter): z.input<typeof letterSchema> {
  return { ...rest, failedAt: toTime(failedAt) };
}

function toDate(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
