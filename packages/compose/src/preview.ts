// What a delivery would send, and what an author should know of it: the same for the command line and the
// API.

import type { Problem } from "@postrider/shared/errors";
import type { CompiledAction } from "./compile.ts";
import { findMissing, findOutputs, findReadings, findUnused, type PrintedValue } from "./describe.ts";
import type { Scope } from "./render/template.ts";
import { type Composed, type ShownRequest, toShown } from "./request.ts";
import { findWarnings } from "./warnings.ts";

export interface Preview {
  readonly method: string;
  /** Null where it cannot be composed, or the template calls it off; the problems say why. */
  readonly url: string | null;
  readonly headers: ShownRequest["headers"];
  readonly body: string | null;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly outputs: readonly PrintedValue[];
  /** Paths of these data that the templates do not read, and that they read and these data lack. */
  readonly unused: readonly string[];
  readonly missing: readonly string[];
  readonly bytes: { readonly headers: number; readonly body: number } | null;
}

/** @param scope and the composed request, both made with masked secrets. */
export function toPreview(compiled: CompiledAction, scope: Scope, composed: Composed): Preview {
  const shown = composed.kind === "request" ? toShown(composed.request, compiled.action) : null;
  const readings = findReadings(compiled);
  return {
    ...(shown ?? { method: compiled.action.method, url: null, headers: [], body: null }),
    problems: toProblems(composed),
    warnings: findWarnings(compiled),
    outputs: findOutputs(compiled),
    unused: findUnused(readings, scope),
    missing: findMissing(readings, scope),
    bytes: shown === null ? null : toBytes(shown),
  };
}

function toProblems(composed: Composed): readonly Problem[] {
  if (composed.kind === "request") return [];
  return composed.kind === "problem"
    ? composed.problems
    : [{ field: "", code: "cancelled", message: composed.message }];
}

/** Bytes on the wire, without what the connection itself adds (Host, Content-Length). */
export function toBytes({ headers, body }: ShownRequest): { headers: number; body: number } {
  const header = headers.reduce((sum, { name, value }) => sum + byteLength(`${name}: ${value}\r\n`), 0);
  return { headers: header, body: byteLength(body ?? "") };
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
