// How long the parts of getting a connection took, handed from the connector to the exchange that had to wait for it. undici offers no
// way to tell the two from each other, but it calls the one from inside the other: the request for whose sake a connection was opened is
// written, or failed, within the very call by which the connector hands the connection, or the trouble, over.

/** In ms; null where the phase was not reached, or where a connection that was open already was used. */
export interface Phases {
  dnsMs: number | null;
  connectMs: number | null;
  tlsMs: number | null;
}

export const NO_PHASES: Readonly<Phases> = { dnsMs: null, connectMs: null, tlsMs: null };

let handedOver: Phases | null = null;

/** Runs undici's callback with the phases to be taken inside of it. */
export function handOver(phases: Phases, callback: () => void): void {
  handedOver = phases;
  try {
    callback();
  } finally {
    handedOver = null;
  }
}

/** The phases of the connection that is being handed over, for the first who asks; none on a warm connection. */
export function takePhases(): Readonly<Phases> {
  const phases = handedOver ?? NO_PHASES;
  handedOver = null;
  return phases;
}
