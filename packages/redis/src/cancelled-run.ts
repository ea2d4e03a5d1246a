// A run that takes nothing in any more.

import { PostriderError } from "@postrider/shared/errors";

export function cancelledRun(run: string): PostriderError {
  return new PostriderError(
    "run_cancelled",
    `the run ${run} was cancelled; enqueue under another run id to send to these customers after all`,
  );
}
