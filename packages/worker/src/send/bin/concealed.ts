// Keeps credentials out of what the request bin shows: what arrived holds all of them, as receivers get them.

import type { CompiledAction } from "@postrider/compose/compile";
import type { Arrived } from "@postrider/shared/bin-arrived";
import { addSensitiveHeaders, concealText, sensitiveSecrets } from "../../authorize/conceal.ts";
import type { Send } from "../../steps/send.ts";
import type { Unseal } from "../../unseal/unseal.ts";

export interface Concealed {
  /** Opens as the given one does, and takes note of the secrets. */
  noteSecrets(unseal: Unseal): Unseal;
  /** Sends as the given one does, and takes note of what stands where credentials stand. */
  noteHeaders(send: Send): Send;
  conceal(arrived: Arrived | null): Arrived | null;
}

/** What of one action's request nobody may see, gathered on its way. */
export function createConcealed(compiled: CompiledAction): Concealed {
  const sensitive = new Set<string>();
  return {
    noteSecrets: (unseal) => async (delivery, action) => {
      const unsealed = await unseal(delivery, action);
      if (unsealed.kind === "unsealed")
        for (const value of sensitiveSecrets(unsealed.secrets)) sensitive.add(value);
      return unsealed;
    },
    noteHeaders: (send) => (request, action, leftMs) => {
      addSensitiveHeaders(sensitive, request, compiled);
      return send(request, action, leftMs);
    },
    conceal(arrived) {
      if (arrived === null) return null;
      const mask = (text: string): string => concealText(text, sensitive);
      return {
        ...arrived,
        path: mask(arrived.path),
        headers: arrived.headers.map(({ name, value }) => ({ name, value: mask(value) })),
        body: mask(arrived.body),
      };
    },
  };
}
