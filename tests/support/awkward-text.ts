// Texts that a customer may hold, for properties that must be true of all of them.

import fc from "fast-check";

/** What breaks things more often than chance would. */
export const awkwardText = fc.constantFrom(
  ...[
    '"',
    "\\",
    '\\"',
    '","x":"',
    "'",
    "\n",
    "\r\n",
    "\t",
    "\u0000",
    "\u001f",
    "\u007f",
    "\u0085",
    "\u2028",
    "\u2029",
    "\ud800",
  ],
  ...[
    "\udc00x",
    "=>",
    "a=>b",
    "{{ x }}",
    "{% raw %}",
    "</a>",
    "<![CDATA[",
    "]]>",
    "&amp;",
    "%2e%2e",
    "../..",
    "..",
    ".",
    "/",
    "?",
    "#",
  ],
  ...[
    "@",
    "&a=b",
    "+",
    " ",
    "%",
    "%zz",
    "💥",
    "true",
    "null",
    "12",
    "1e5",
    "-0",
    "007",
    "9007199254740993",
    "",
    "\u202e",
    "$&",
    "__proto__",
  ],
);

/** Anything that a text can hold, and often what breaks things. */
export const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), awkwardText);
