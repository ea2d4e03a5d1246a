// The canary: a delivery of our own, by which an installation shows that it delivers.

/** Its action. The name is reserved: the API processes save it, and the configuration leaves it out. */
export const CANARY_ACTION = "postrider.canary";

/** Whether a delivery of this action (`id@version`) is a canary, which nobody who reads outcomes is told of. */
export function isCanary(ref: string | undefined): boolean {
  return ref?.startsWith(`${CANARY_ACTION}@`) === true;
}

/** Where it is received, on every API process. */
export const CANARY_PATH = "/canary";
