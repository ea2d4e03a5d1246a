// Preloaded into a process (`node --import`): its clock is off by CLOCK_OFF_MS, as on a machine whose clock is wrong. Timers are not.

const offMs = Number(process.env.CLOCK_OFF_MS ?? 0);
const TrueDate = Date;

globalThis.Date = class extends TrueDate {
  constructor(...given) {
    if (given.length === 0) super(TrueDate.now() + offMs);
    else super(...given);
  }

  static now() {
    return TrueDate.now() + offMs;
  }
};
