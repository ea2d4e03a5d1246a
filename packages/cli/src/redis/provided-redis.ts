// A Redis that a way to one has found or started.

export interface ProvidedRedis {
  readonly url: string;
  readonly source: string;
  stop(): Promise<void>;
}
