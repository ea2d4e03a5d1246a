// Columns of dead letters, wherever they are listed.

import type { Operations } from "@postrider/client/generated";
import { Time } from "../design/clock.tsx";
import { Data } from "../design/data.tsx";
import type { Column } from "../design/listing.tsx";
import { showCount } from "../words/numbers.ts";
import { deliveryHref } from "./links.ts";

type Letter = Operations["listDeadLetters"]["reply"]["deadLetters"][number];

export const WHOSE: readonly Column<Letter>[] = [
  {
    head: "Customer",
    cell: ({ id, customerId }) => (
      <a href={deliveryHref(id)}>
        <Data of={customerId} />
      </a>
    ),
  },
  { head: "Reason", cell: ({ reason }) => <code>{reason}</code> },
];

export const HOW_OFTEN: readonly Column<Letter>[] = [
  { head: "Attempts", isNumber: true, cell: ({ attempts }) => showCount(attempts) },
  { head: "Failed", cell: ({ failedAt }) => <Time at={failedAt} /> },
];
