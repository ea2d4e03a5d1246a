// The audit: who changed what, and when. Bounded in number and in bytes; values of secrets are never in it.

import { addChange, readChanges, type StoredChange } from "@postrider/redis/audit-stream";
import type { Store } from "@postrider/redis/shard";
import { invalidField } from "@postrider/shared/errors";

/** Who changes something. */
export interface Actor {
  /** A token's name, `user@host`, or what a program calls itself. */
  readonly actor: string;
  readonly via: "library" | "api" | "cli";
  /** Of the API's request. */
  readonly requestId?: string;
}

/** What is written down; each is a kind of thing and what became of it. */
export const AUDITED = [
  "action.saved",
  "action.archived",
  "action.restored",
  "action.draft_sent",
  "snippet.saved",
  "snippet.removed",
  "secret.saved",
  "secret.removed",
  "secrets.rotated",
  "token.made",
  "token.revoked",
  "destination.limited",
  "destination.unlimited",
  "destination.paused",
  "destination.resumed",
  "run.closed",
  "run.paused",
  "run.resumed",
  "run.cancelled",
  "run.held",
  "run.released",
  "task.begun",
  "task.stopped",
  "dead_letters.replay_begun",
  "dead_letters.replayed",
  "dead_letters.purge_begun",
  "dead_letters.purged",
  "delivery.cancelled",
  "delivery.rescheduled",
  "deliveries.cancel_begun",
  "deliveries.cancelled",
  "subscription.saved",
  "subscription.removed",
  "config.applied",
  "shards.set",
  "shard.removed",
] as const;
export type Audited = (typeof AUDITED)[number];

export interface AuditEntry {
  readonly id: string;
  /** Unix ms, by Redis' clock. */
  readonly at: number;
  readonly by: string;
  readonly via: Actor["via"];
  readonly what: Audited;
  /** The thing's name or id. */
  readonly on: string;
  /** How it stood before, in short; null where that says nothing. */
  readonly from: string | null;
  /** How it stands since then. */
  readonly to: string | null;
  readonly requestId: string | null;
}

export interface AuditQuery {
  /** At most so many, 50 unless given; up to 1,000. */
  readonly limit?: number;
  /** Goes on behind this place, as an earlier list gave it. */
  readonly after?: string;
  /** Only by this one. */
  readonly by?: string;
  /** Only on the thing of this name. */
  readonly on?: string;
}

export interface AuditTrail {
  /** Newest first; a page may be short, even empty, and have more behind it: `after` tells. */
  list(query?: AuditQuery): Promise<{ readonly audit: AuditEntry[]; readonly after: string | null }>;
}

const LIMIT = 50;
const READ_AT_ONCE = 500;
/** Looked at by one list. */
const SCAN_MAX = 10_000;
/** Each text of an entry. */
const TEXT_BYTES_MAX = 400;

/** How a change is written down. @throws `redis_unavailable`, `redis_full`: the change has been made then. */
export type Note = (
  what: Audited,
  on: string,
  change?: { readonly from?: string | undefined; readonly to?: string | undefined },
) => Promise<void>;

/** @param kept how many entries there are at most; 0: none is written. */
export function createNote(store: Store, { actor, via, requestId }: Actor, kept: number): Note {
  return async (what, on, { from, to } = {}) => {
    if (kept === 0) return;
    const texts = { by: actor, on, ...(from && { from }), ...(to && { to }) };
    const fields = Object.entries(texts).map(([name, text]) => [name, cut(text)] as const);
    const entry = { ...Object.fromEntries(fields), what, via, ...(requestId && { request: requestId }) };
    await addChange(store, entry, kept);
  };
}

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= TEXT_BYTES_MAX) return text;
  // A character that was cut through is left out.
  return `${bytes
    .subarray(0, TEXT_BYTES_MAX)
    .toString()
    .replace(/\ufffd+$/, "")}…`;
}

export function createAuditTrail(store: Store): AuditTrail {
  return {
    async list({ limit = LIMIT, after, by, on } = {}) {
      checkPlace(after);
      const audit: AuditEntry[] = [];
      let scanned = 0;
      for await (const entry of newestFirst(store, after ?? null)) {
        scanned += 1;
        if (isMeant(entry, by, on)) audit.push(entry);
        if (audit.length === limit || scanned === SCAN_MAX) return { audit, after: entry.id };
      }
      return { audit, after: null };
    },
  };
}

/** @throws `request_invalid`. */
export function checkPlace(after: string | undefined): void {
  if (after === undefined || AUDIT_CURSOR.test(after)) return;
  throw invalidField("request_invalid", "after", "is no place that an earlier list has given");
}

function isMeant(entry: AuditEntry, by: string | undefined, on: string | undefined): boolean {
  return (by === undefined || by === entry.by) && (on === undefined || on === entry.on);
}

async function* newestFirst(store: Store, after: string | null): AsyncGenerator<AuditEntry> {
  for (let place = after; ; ) {
    const changes = await readChanges(store, place, READ_AT_ONCE);
    yield* changes.map(toEntry);
    place = changes.at(-1)?.id ?? null;
    if (changes.length < READ_AT_ONCE) return;
  }
}

export const AUDIT_CURSOR = /^\d{1,16}-\d{1,16}$/;

function toEntry({ id, fields }: StoredChange): AuditEntry {
  const { by = "", via = "library", what = "", on = "", from = null, to = null, request = null } = fields;
  return {
    id,
    at: Number(id.split("-")[0]),
    by,
    via: via as Actor["via"],
    what: what as Audited,
    on,
    from,
    to,
    requestId: request,
  };
}
