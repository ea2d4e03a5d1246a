import { inLongForm, inShortForm } from "../support/forms.ts";
import { surviveSlotMoved } from "./slot-moved.ts";

inShortForm("a shard's slot moved to another master and back under load loses and doubles nothing", () =>
  surviveSlotMoved({ count: 3_000, moves: 2, limitMs: 300_000 }),
);

inLongForm("a shard's slot moved ten times under load loses and doubles nothing", () =>
  surviveSlotMoved({ count: 60_000, moves: 10, limitMs: 300_000 }),
);
