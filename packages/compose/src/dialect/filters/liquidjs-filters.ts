// The filters that liquidjs brings, each with an example that the tests run: what docs/dialect.md shows of
// them.

/** What it does, a template, what that prints, and what it takes (see FilterEntry); by name. */
export const LIQUIDJS_FILTERS: Readonly<
  Record<string, readonly [does: string, template: string, prints: string, takes?: string]>
> = {
  upcase: ["Upper case.", "{{ 'aé' | upcase }}", "AÉ"],
  downcase: ["Lower case.", "{{ 'AÉ' | downcase }}", "aé"],
  strip: ["Without white space at both ends.", "[{{ ' a ' | strip }}]", "[a]", "characters?"],
  lstrip: ["Without white space at the start.", "[{{ ' a ' | lstrip }}]", "[a ]", "characters?"],
  rstrip: ["Without white space at the end.", "[{{ ' a ' | rstrip }}]", "[ a]", "characters?"],
  squish: ["Strips, and makes every run of white space one space.", "{{ ' a  b ' | squish }}", "a b"],
  normalize_whitespace: [
    "Makes every run of white space one space.",
    "[{{ 'a   b ' | normalize_whitespace }}]",
    "[a b ]",
  ],
  strip_newlines: [
    "Without line breaks.",
    "{% capture x %}a\nb{% endcapture %}{{ x | strip_newlines }}",
    "ab",
  ],
  newline_to_br: [
    "A `<br />` before each line break.",
    "{% capture x %}a\nb{% endcapture %}{{ x | newline_to_br | strip_newlines }}",
    "a<br />b",
  ],
  strip_html: ["Without HTML tags.", "{{ '<b>a</b>' | strip_html }}", "a"],
  number_of_words: ["How many words.", "{{ 'one two' | number_of_words }}", "2", "mode?"],
  slugify: ["For use in URLs.", "{{ 'Hello, World!' | slugify }}", "hello-world", "mode?, cased?"],
  sha256: ["SHA-256 of the text, in hex.", "{{ 'a' | sha256 | truncate: 8, '' }}", "ca978112"],
  hmac_sha256: [
    "HMAC-SHA-256 of the text under a key, in hex.",
    "{{ 'a' | hmac_sha256: 'k' | truncate: 8, '' }}",
    "78da9151",
    "key",
  ],
  uniq: ["Without repetitions.", "{{ 'a,b,a' | split: ',' | uniq | join: '' }}", "ab", "attribute?"],
  compact: ["Without nulls.", "{{ '[1,null,2]' | from_json | compact | join: '' }}", "12", "attribute?"],
  push: ["With an item at the end.", "{{ 'a,b' | split: ',' | push: 'c' | join: '' }}", "abc", "item"],
  unshift: [
    "With an item at the start.",
    "{{ 'a,b' | split: ',' | unshift: 'c' | join: '' }}",
    "cab",
    "item",
  ],
  pop: ["Without the last item.", "{{ 'a,b' | split: ',' | pop | join: '' }}", "a"],
  shift: ["Without the first item.", "{{ 'a,b' | split: ',' | shift | join: '' }}", "b"],
  where: [
    "Those whose attribute has this value.",
    "{{ '[{\"a\":1},{\"a\":2}]' | from_json | where: 'a', 2 }}",
    '[{"a":2}]',
    "attribute, value?",
  ],
  where_exp: [
    "Those for which this holds.",
    "{{ '[1,2,3]' | from_json | where_exp: 'i', 'i > 1' }}",
    "[2,3]",
    "item, expression",
  ],
  reject: [
    "Those whose attribute has not this value.",
    "{{ '[{\"a\":1},{\"a\":2}]' | from_json | reject: 'a', 2 }}",
    '[{"a":1}]',
    "attribute, value?",
  ],
  reject_exp: [
    "Those for which this does not hold.",
    "{{ '[1,2,3]' | from_json | reject_exp: 'i', 'i > 1' }}",
    "[1]",
    "item, expression",
  ],
  find: [
    "The first whose attribute has this value.",
    "{{ '[{\"a\":1},{\"a\":2}]' | from_json | find: 'a', 2 }}",
    '{"a":2}',
    "attribute, value?",
  ],
  find_exp: [
    "The first for which this holds.",
    "{{ '[1,2,3]' | from_json | find_exp: 'i', 'i > 1' }}",
    "2",
    "item, expression",
  ],
  find_index: [
    "Where the first such one stands, from 0.",
    "{{ '[{\"a\":1},{\"a\":2}]' | from_json | find_index: 'a', 2 }}",
    "1",
    "attribute, value?",
  ],
  find_index_exp: [
    "Where the first stands for which this holds.",
    "{{ '[1,2,3]' | from_json | find_index_exp: 'i', 'i > 1' }}",
    "1",
    "item, expression",
  ],
  has: [
    "Whether there is one with this value.",
    "{{ '[{\"a\":1}]' | from_json | has: 'a', 2 }}",
    "false",
    "attribute, value?",
  ],
  has_exp: [
    "Whether there is one for which this holds.",
    "{{ '[1,2]' | from_json | has_exp: 'i', 'i > 1' }}",
    "true",
    "item, expression",
  ],
  group_by: [
    "Lists of those with the same value.",
    "{{ '[{\"a\":1},{\"a\":1}]' | from_json | group_by: 'a' }}",
    '[{"name":1,"items":[{"a":1},{"a":1}]}]',
    "attribute",
  ],
  group_by_exp: [
    "Lists of those for which this is the same.",
    "{{ '[1,2,3]' | from_json | group_by_exp: 'i', 'i > 1' | map: 'items' }}",
    "[[1],[2,3]]",
    "item, expression",
  ],
  default: [
    "What to print when there is nothing, or nothing but an empty text.",
    "{{ customer.none | default: 'you' }}",
    "you",
    "value?, allow_false:",
  ],
  raw: ["Not escaped for its place.", "{{ '\"' | raw }}", '"'],
};
