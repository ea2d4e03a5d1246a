// What a delivery costs, as the planner knows it: curves between measured points. Pure.

/** A quantity by another: points in order of the first. */
export type Curve = readonly (readonly [at: number, value: number])[];

export interface PlanCosts {
  /** Where and with what they were measured. */
  readonly measuredOn: string;
  /** CPU time per second (µs) of one process, by attempts a second. */
  readonly nodeMicros: Curve;
  /** And of Redis for it, enqueueing included. */
  readonly redisMicros: Curve;
  /** Bytes per second that Redis reads and writes for it. */
  readonly redisReadBytes: Curve;
  readonly redisWrittenBytes: Curve;
  /** Bytes of customer in the deliveries of these. */
  readonly payloadBytes: number;
  readonly nodeMicrosPerKilobyte: number;
  readonly redisMicrosPerKilobyte: number;
  readonly redisReadBytesPerByte: number;
  readonly redisWrittenBytesPerByte: number;
  readonly nodeMicrosPerRefusal: number;
  readonly redisMicrosPerRefusal: number;
  readonly redisReadBytesPerRefusal: number;
  readonly redisWrittenBytesPerRefusal: number;
  /** Per second, for each shard that a process serves beyond the first. */
  readonly nodeMicrosPerShard: number;
  readonly redisMicrosPerShard: number;
  readonly redisReadBytesPerShard: number;
  readonly redisWrittenBytesPerShard: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** Bytes in Redis of a waiting delivery, by bytes of its customer. */
  readonly waitingBytes: Curve;
  /** Of one that has ended: its mark, and what is kept for those who ask later. */
  readonly endedBytes: number;
  readonly outcomeBytes: number;
}

/** Straight between the points, and on as between the last two beyond them. */
export function readCurve(curve: Curve, at: number): number {
  const next = Math.max(
    1,
    curve.findIndex(([end]) => end >= at),
  );
  const isBeyond = at > (curve.at(-1)?.[0] ?? 0);
  const index = isBeyond ? curve.length - 1 : next;
  const [[from, low] = [0, 0], [to, high] = [1, 0]] = [curve[index - 1], curve[index]];
  return low + ((at - from) / (to - from)) * (high - low);
}
