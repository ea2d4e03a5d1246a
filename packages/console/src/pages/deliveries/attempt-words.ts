// What an attempt met, in words. Pure.

import type { AttemptRecord } from "@postrider/shared/attempt-record";
import { makeVisible } from "../../words/visible.ts";

/** What the API leaves open in its description, as workers write it. */
export interface Told extends Omit<AttemptRecord, "at"> {
  readonly at: string;
  /** The rule that made the verdict, in words. */
  readonly rule?: string;
}

export function sayFinding({ kind, status, code, message, judged }: Told["finding"]): string {
  if (status !== undefined)
    return judged === undefined ? `answered ${status}` : `answered ${status}, judged as ${judged.as}`;
  if (code !== undefined) return makeVisible(`${code}${message === undefined ? "" : `: ${message}`}`);
  return kind.replaceAll("-", " ");
}
