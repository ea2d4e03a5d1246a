// Keeps as many deliveries of one lane in flight as it has slots: claims for all slots that have become free
// in one turn of the event loop together, sleeps while nothing waits, holds the claims of what takes long,
// and puts back what has lost its worker.

import type { LaneClaims } from "@postrider/redis/lane-claims";
import type { ClaimedJob, ClaimedJobs } from "@postrider/redis/scripts/claim-waiting";
import { within } from "@postrider/redis/within";
import type { Logger } from "@postrider/shared/log";
import { createTokens, holdClaims } from "./held-claims.ts";
import { createWaiter } from "./lane-waiter.ts";

/** Keeps one script under a millisecond or so. */
const GROUP_MAX = 50;
/** While a rate allows nothing, delayed ones become due all the same. */
const LIMITED_MS_MAX = 30_000;
/** Redis is away, or takes nothing. */
const REST_MS = 1_000;
/** How long leaving politely may take. */
const LEAVE_MS = 1_000;

export interface LaneWorker {
  /** How many may be in flight. */
  slots(): number;
  /** Takes hold at once; what is in flight beyond them goes on. */
  setSlots(slots: number): void;
  /** Claims nothing for a while. */
  rest(): void;
  isClosed(): boolean;
  /** Claims nothing more; resolves when nothing is in flight any more. */
  close(): Promise<void>;
}

export interface LaneWorkerOptions {
  readonly claims: LaneClaims;
  readonly slots: number;
  readonly lockMs: number;
  readonly stalledCheckMs: number;
  /** Carries a delivery out. Throws nothing. */
  readonly handle: (job: ClaimedJob, token: string) => Promise<void>;
  /** Told of each claim that had run out. */
  readonly reclaimed: (id: string) => void;
  readonly trouble: (error: Error) => void;
  readonly log: Logger;
}

export function createLaneWorker(options: LaneWorkerOptions): LaneWorker {
  let { slots } = options;
  const { claims, handle, trouble } = options;
  const makeTokens = createTokens();
  const held = holdClaims(options);
  const waiter = createWaiter(claims, trouble);
  let wakes = 0;
  let isEmpty = false;
  let isPlanned = false;
  let isClosed = false;

  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(fill);
  };
  const rest = createRest(plan);
  const fill = (): void => {
    isPlanned = false;
    const room = Math.min(GROUP_MAX, slots - held.count());
    if (isClosed || isEmpty || room <= 0 || rest.isOn()) return;
    void claim(room);
  };
  const claim = async (room: number): Promise<void> => {
    const group = makeTokens(room);
    held.ask(room);
    try {
      const seen = wakes;
      const claimed = await claims.claim(group, Date.now());
      for (const [index, job] of claimed.jobs.entries()) void carryOut(job, group[index] ?? "");
      held.answered(room);
      if (!isClosed) goOn(claimed, room, seen);
    } catch (error) {
      held.answered(room);
      if (isClosed) return;
      rest.begin(REST_MS);
      trouble(error as Error);
    }
  };
  const woken = (): void => {
    wakes += 1;
    isEmpty = false;
    if (slots > held.count()) plan();
    // Others may have room for what this one was woken for.
    else void claims.wakeOthers().catch(trouble);
  };
  /** What an answer means for the next claim. @param seen how often it had been woken when it asked. */
  const goOn = ({ jobs, limitedMs, nextDueAt, hasLimit }: ClaimedJobs, room: number, seen: number): void => {
    // An answer may be older than the wake-up that was heard before it.
    if (jobs.length === room || seen !== wakes) plan();
    else if (limitedMs > 0) rest.begin(Math.min(limitedMs, LIMITED_MS_MAX));
    else {
      // Where there is a limit, the end of one in flight may make room; nobody else would say so.
      isEmpty = !hasLimit;
      waiter.wait(nextDueAt, woken);
    }
  };
  const carryOut = async (job: ClaimedJob, token: string): Promise<void> => {
    held.add({ id: job.id, token, since: performance.now() });
    await handle(job, token);
    held.remove(token);
    plan();
  };
  plan();

  return {
    slots: () => slots,
    setSlots(next) {
      slots = next;
      plan();
    },
    rest: () => rest.begin(REST_MS),
    isClosed: () => isClosed,
    async close() {
      isClosed = true;
      rest.end();
      // What waits, and its connection, may be beyond reach; nothing in flight is given up for that.
      await within(LEAVE_MS, waiter.stop());
      await held.untilNone();
      held.stop();
      await within(LEAVE_MS, claims.close());
    },
  };
}

/** A time in which nothing is claimed; `over` is called at its end. */
function createRest(over: () => void) {
  let until = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    // Not by a clock: the timer that ends it may be a moment early, and a clock may be set back.
    isOn: (): boolean => timer !== undefined,
    /** The longer one counts. */
    begin(ms: number): void {
      const now = performance.now();
      until = Math.max(until, now + ms);
      clearTimeout(timer);
      timer = setTimeout(() => {
        timer = undefined;
        over();
      }, until - now).unref();
    },
    end: (): void => clearTimeout(timer),
  };
}
