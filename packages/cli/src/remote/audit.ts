// Who changed what, through the API.

import { checkPlace } from "@postrider/producer/audit/audit-trail";
import type { Service } from "../service.ts";
import { toMs } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteAudit({ call }: Remote): Service["audit"] {
  return {
    async list({ limit, after, by, on } = {}) {
      checkPlace(after);
      const listed = await call("listAudit", { query: { limit, after, by, on } });
      return { audit: listed.audit.map(toEntry), after: listed.after };
    },
  };
}

type Entry = Awaited<ReturnType<Service["audit"]["list"]>>["audit"][number];

function toEntry<T extends Omit<Entry, "at"> & { readonly at: string }>(told: T): Entry {
  const { id, at, by, via, what, on, from, to, requestId } = told;
  return { id, at: toMs(at), by, via, what, on, from, to, requestId };
}
