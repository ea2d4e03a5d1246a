// What a worker process and the one that started it tell each other.

import type { ErrorCode } from "@postrider/shared/error-codes";
import type { Problem } from "@postrider/shared/errors";
import type { Settings } from "@postrider/shared/settings/settings";
import type { ToldSeries } from "@postrider/worker/record/added-series";

/** What may be asked of a worker process, with what it answers. */
export interface Answers {
  readonly series: ToldSeries;
  readonly state: {
    /** Null while it claims as it should. */
    readonly ailment: Readonly<Record<string, unknown>> | null;
    readonly isReady: boolean;
  };
}

export type ToProcess =
  | {
      readonly kind: "begin";
      /** Counted from 1. */
      readonly number: number;
      readonly settings: Settings;
      readonly probedAt: number;
    }
  | { readonly kind: "ask"; readonly id: number; readonly what: keyof Answers }
  | { readonly kind: "stop"; readonly why: string };

/** Why a process cannot go on; the code where it is one of our errors. */
export interface Failure {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly problems: readonly Problem[];
}

export type FromProcess =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly kind: "failed"; readonly failure: Failure };
