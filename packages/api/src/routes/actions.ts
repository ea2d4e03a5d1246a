// Actions: saved as versions, read, and compared.

import type { SavedAction } from "@postrider/producer/actions/saved-versions";
import { ACTION_ID, type ActionDocument, actionSchema } from "@postrider/shared/action";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import { findChanges } from "@postrider/shared/json-diff";
import { z } from "zod";
import { reaches } from "../route/caller.ts";
import { problemDetailSchema, toShownProblems } from "../route/problem.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTimeOrNull } from "../route/times.ts";

export const actionParams = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,99}(@\d{1,9})?$/, "must look like my-action, or my-action@3 for a version")
    .describe("The action's id; `id@version` for one version."),
});
const idParams = z.strictObject({
  id: z.string().regex(ACTION_ID, "must be 1 to 100 of a-z, 0-9, dot, underscore, hyphen"),
});

const archivedAt = timeSchema.nullable().describe("Since when nothing new is enqueued; null: it is open.");

const versionSchema = z.strictObject({ id: z.string(), version: z.int().min(1) });

/** As it is shown: with every default filled in, and credentials masked. */
const shownSchema = versionSchema.extend({
  archivedAt,
  action: z.looseObject({}).describe("The document with its defaults; credentials in it are masked."),
});

export const changeSchema = z.strictObject({
  pointer: z.string(),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
});

const versionQuery = z.coerce.number().int().min(1).max(999_999_999);

export const actionRoutes: readonly Route[] = [
  defineRoute({
    id: "listActions",
    method: "GET",
    path: "/v1/actions",
    scope: "read",
    narrowing: "found",
    summary: "The actions with their latest versions, by id",
    query: z.strictObject({
      archived: z.enum(["true", "false"]).default("false").describe("`true`: archived ones, too."),
    }),
    replies: { 200: "All of them; `after` is null." },
    reply: z.strictObject({ actions: z.array(versionSchema.extend({ archivedAt })), after: z.null() }),
    async handle({ query, caller }, { producer }) {
      const all = await producer.actions.list({ archived: query.archived === "true" });
      const actions = all
        .filter(({ id }) => reaches(caller, { action: id }))
        .map((listed) => ({ ...listed, archivedAt: toTimeOrNull(listed.archivedAt) }));
      return { status: 200, body: { actions, after: null } };
    },
  }),
  defineRoute({
    id: "getAction",
    method: "GET",
    path: "/v1/actions/:id",
    scope: "read",
    narrowing: "action",
    summary: "The latest version of an action, or the one that is named",
    params: actionParams,
    replies: { 200: "The version; `ETag` is its number." },
    reply: shownSchema.extend({
      examples: z.array(z.looseObject({})).describe("Those of the latest document; they make no version."),
    }),
    errors: ["action_unknown"],
    async handle({ params: { id } }, { producer }) {
      const saved = await producer.actions.get(id);
      const examples = (await producer.actions.examples(saved.id)).map((one) => ({ ...one }));
      return {
        status: 200,
        body: { ...toShownAction(saved), examples },
        headers: { etag: toEtag(saved.version) },
      };
    },
  }),
  defineRoute({
    id: "saveAction",
    method: "PUT",
    path: "/v1/actions/:id",
    scope: "manage",
    narrowing: "action",
    summary: "Save an action: a new version, unless the latest one says the same",
    params: idParams,
    takes: ["If-Match", "If-None-Match"],
    body: actionSchema,
    bodyIsChecked: "by handler",
    replies: {
      200: "The latest version says the same.",
      201: "A new version was made; `ETag` is its number.",
    },
    reply: versionSchema.extend({
      isNew: z.boolean(),
      isRestored: z.boolean().describe("It was archived, and is open again."),
      warnings: z.array(problemDetailSchema).describe("What will surprise, although it was saved."),
    }),
    errors: ["action_invalid", "precondition_failed", "key_missing"],
    async handle({ params: { id }, body, header }, { producer }) {
      const ifLatest = toCondition(header("if-match"), header("if-none-match"));
      const { warnings, ...applied } = await producer.actions.apply(
        withId(body, id),
        ifLatest === undefined ? {} : { ifLatest },
      );
      return {
        status: applied.isNew ? 201 : 200,
        body: { ...applied, warnings: toShownProblems(warnings) },
        headers: { etag: toEtag(applied.version) },
      };
    },
  }),
  defineRoute({
    id: "archiveAction",
    method: "DELETE",
    path: "/v1/actions/:id",
    scope: "manage",
    narrowing: "action",
    summary: "Archive an action: nothing new is enqueued for it; what waits is sent, and its versions stay",
    params: idParams,
    replies: { 204: "It is archived, for all within a second." },
    errors: ["action_unknown"],
    async handle({ params: { id } }, { producer }) {
      await producer.actions.archive(id);
      return { status: 204 };
    },
  }),
  defineRoute({
    id: "restoreAction",
    method: "POST",
    path: "/v1/actions/:id/restore",
    scope: "manage",
    narrowing: "action",
    summary: "Open an archived action again, as it was; saving a version does so, too",
    params: idParams,
    replies: { 200: "The action as it is open now." },
    reply: shownSchema,
    errors: ["action_unknown"],
    async handle({ params: { id } }, { producer }) {
      await producer.actions.restore(id);
      return { status: 200, body: toShownAction(await producer.actions.get(id)) };
    },
  }),
  defineRoute({
    id: "listActionVersions",
    method: "GET",
    path: "/v1/actions/:id/versions",
    scope: "read",
    narrowing: "action",
    summary: "The versions of an action, oldest first",
    params: idParams,
    replies: { 200: "All of them; `after` is null." },
    reply: z.strictObject({ versions: z.array(versionSchema), after: z.null() }),
    errors: ["action_unknown"],
    async handle({ params: { id } }, { producer }) {
      const versions = (await producer.actions.versions(id)).map((version) => ({ id, version }));
      return { status: 200, body: { versions, after: null } };
    },
  }),
  defineRoute({
    id: "diffActionVersions",
    method: "GET",
    path: "/v1/actions/:id/diff",
    scope: "read",
    narrowing: "action",
    summary: "What differs between two versions; a credential that was exchanged is masked in both",
    params: idParams,
    query: z.strictObject({
      from: versionQuery,
      to: versionQuery.optional().describe("The latest, unless given."),
    }),
    replies: { 200: "The smallest parts that differ." },
    reply: z.strictObject({
      from: versionSchema,
      to: versionSchema,
      changes: z.array(changeSchema).describe("Without `from`: it was not there; without `to`: it is gone."),
    }),
    errors: ["action_unknown"],
    async handle({ params: { id }, query }, { producer }) {
      const from = await producer.actions.get(`${id}@${query.from}`);
      const to = await producer.actions.get(query.to === undefined ? id : `${id}@${query.to}`);
      const changes = findChanges(from.action, to.action);
      const toVersion = ({ version }: { version: number }) => ({ id, version });
      return { status: 200, body: { from: toVersion(from), to: toVersion(to), changes } };
    },
  }),
];

function toShownAction({ id, version, archivedAt: at, action }: SavedAction) {
  return { id, version, archivedAt: toTimeOrNull(at), action: { ...action } };
}

export function toEtag(version: number): string {
  return `"${version}"`;
}

/** The version that must be the latest one; 0: there must be none. @throws `request_invalid`. */
function toCondition(ifMatch: string | undefined, ifNoneMatch: string | undefined): number | undefined {
  if (ifNoneMatch?.trim() === "*") return 0;
  if (ifMatch === undefined || ifMatch.trim() === "*") return undefined;
  const [, version] = /^\s*"(\d{1,9})"\s*$/.exec(ifMatch) ?? [];
  if (version !== undefined) return Number(version);
  const message = 'must be the ETag of one version, such as "3"';
  throw new PostriderError("request_invalid", `header If-Match: ${message}`, {
    problems: [{ field: "header If-Match", message }],
  });
}

/** The path says which action it is; the document may leave it out, and must not say another. */
function withId(document: ActionDocument, id: string): unknown {
  if (typeof document !== "object" || document === null || Array.isArray(document)) return document;
  if (document.id === undefined) return { ...document, id };
  if (document.id === id) return document;
  throw invalidField("action_invalid", "id", `must be ${id}, as the path says`);
}
