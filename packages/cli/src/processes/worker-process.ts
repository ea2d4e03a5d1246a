// One of several worker processes: what `postrider worker` starts, and nobody else. Its settings come from
// that one, which has read them once for all; so do its end and the questions that it answers.

import { PostriderError } from "@postrider/shared/errors";
import { createLogger } from "@postrider/shared/log";
import type { ProcessSigns } from "@postrider/worker/signs";
import { runUntilTold } from "../run-worker.ts";
import { whenToldToStop } from "../told-to-stop.ts";
import type { Answers, Failure, FromProcess, ToProcess } from "./messages.ts";

/** Resolves when it is on its way; also where nobody is there any more who could be told. */
function tell(message: FromProcess): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}

async function answer(what: keyof Answers, signs: ProcessSigns): Promise<Answers[keyof Answers]> {
  if (what === "series") return await signs.series();
  return { ailment: await signs.ailment(), isReady: await signs.isReady() };
}

function toFailure(error: unknown): Failure {
  if (error instanceof PostriderError)
    return { code: error.code, message: error.message, problems: error.problems };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: null, message, problems: [] };
}

interface Listening {
  readonly told: Promise<string>;
  readonly stop: (why: string) => void;
  /** @param gone called when the process that started this one, and reads its log, is gone. */
  whenGone(gone: () => void): void;
}

/** A terminal tells all of its processes at once, so that this one hears signals of its own, too. */
function listen(): Listening {
  let isTold = false;
  let gone: () => void = () => undefined;
  let resolve: (why: string) => void = () => undefined;
  const told = new Promise<string>((done) => {
    resolve = done;
  });
  const stop = (why: string): void => {
    isTold = true;
    resolve(why);
  };
  whenToldToStop(stop, process.ppid);
  process.once("disconnect", () => {
    gone();
    // Gone while this one stops: it has ended the grace period. Else it was killed, and no one claims less.
    if (isTold) process.exit(1);
    stop("the process that started this one is gone");
  });
  return {
    told,
    stop,
    whenGone(call) {
      gone = call;
    },
  };
}

async function run(
  { settings, number, probedAt }: Extract<ToProcess, { kind: "begin" }>,
  { told, stop, whenGone }: Listening,
): Promise<number> {
  const logging = createLogger({ level: settings.logLevel, format: "json", process: number });
  whenGone(logging.drop);
  let signs: ProcessSigns | null = null;
  process.on("message", (message: ToProcess) => {
    if (message.kind === "stop") stop(message.why);
    // Unanswered until it is ready, and where it fails: whoever asks does not wait for long.
    if (message.kind === "ask" && signs !== null)
      void answer(message.what, signs)
        .then((given) => tell({ kind: "answer", id: message.id, answer: given }))
        .catch(() => undefined);
  });
  try {
    await runUntilTold({
      settings,
      logging,
      told,
      probedAt,
      onReady(own) {
        signs = own;
        void tell({ kind: "ready" });
      },
    });
    return 0;
  } catch (error) {
    await tell({ kind: "failed", failure: toFailure(error) });
    return 1;
  } finally {
    await logging.flush();
  }
}

const listening = listen();
process.once("message", (begin: ToProcess) => {
  // What keeps a process alive beyond its end is a connection on which nobody waits any more.
  if (begin.kind === "begin") void run(begin, listening).then((code) => process.exit(code));
});
