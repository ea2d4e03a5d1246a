// Nothing that a template says is left out in silence: what its tags and values have no use for is refused
// when the action is saved, at its place and with what to write instead; what is well formed goes on as it
// was.

import { PostriderError, type Problem } from "@postrider/shared/errors";
import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
import { compileAction } from "../compile.ts";
import { checkSnippet } from "../complete-snippets.ts";

const headers = [{ name: "Content-Type", value: "text/plain" }];

function compile(body: string, snippets: Record<string, string> = {}) {
  return compileAction(parseAction({ id: "a", url: "https://h.example.com/", headers, body, snippets }));
}

function problemOf(save: () => unknown): Problem | undefined {
  try {
    save();
  } catch (error) {
    if (error instanceof PostriderError) return error.problems[0];
    throw error;
  }
  return undefined;
}

const refused = (body: string): string => problemOf(() => compile(body))?.message ?? "was saved";

describe("is refused", () => {
  test.each([
    ["{% if customer.a %}{% else if customer.b %}{% endif %}", "write {% elsif customer.b %}"],
    ["{% unless customer.a %}{% else if customer.b %}{% endunless %}", "write {% elsif customer.b %}"],
    ["{% case customer.a %}{% when 1 %}{% else customer.b %}{% endcase %}", "behind else would be left out"],
    ["{% for i in customer.l %}{% else i %}{% endfor %}", "behind else would be left out"],
    ["{% if customer.a %}{% elseif customer.b %}{% endif %}", "did you mean elsif?"],
    ["{% unless customer.a %}{% endunless customer.a %}", "behind endunless"],
    ["{% case customer.a %}{% endcase customer.a %}", "behind endcase"],
    ["{% unless customer.a %}{% else %}{% elsif customer.b %}{% endunless %}", "else comes last"],
    ["{% unless customer.a %}{% else %}{% else %}{% endunless %}", "else comes last"],
    ["{% case customer.a %}{% else %}{% when 1 %}{% endcase %}", "else comes last"],
    ["{% case customer.a %}{% when %}{% endcase %}", "never met"],
    ["{% case customer.a %}{% when > 3 %}{% endcase %}", "write the comparison in if"],
    ["{% for i in customer.l %}{% break if i == 1 %}{% endfor %}", "break takes no condition"],
    ["{% for i in customer.l %}{% continue unless i %}{% endfor %}", "continue takes no condition"],
    ["{% liquid\n if customer.a\n else if customer.b\n endif %}", "write {% elsif customer.b %}"],
    ["{% capture x y %}{% endcapture %}", "capture takes one name"],
    ["{% capture x.y %}{% endcapture %}", "capture takes one name"],
    ["{% increment x by 2 %}", "increment takes one name"],
    ["{% decrement %}", "decrement takes one name"],
    ["{% generate_uuid 4 %}", "generate_uuid takes nothing"],
    ["{% cycle 'a' 'b' %}", "would be left out"],
    ["{% echo customer.a customer.b %}", "would be left out"],
  ])("in a tag: %s", (body, complaint) => {
    expect(refused(body)).toContain(complaint);
  });

  test.each([
    ["{{ customer.a, customer.b }}", '", customer.b" would be left out'],
    ["{{ customer.a | upcase, downcase }}", '", downcase" would be left out'],
    ["{% assign x = customer.a, y = customer.b %}", "would be left out"],
    ["{% if customer.a == 'x', customer.b %}{% endif %}", "would be left out"],
    ["{{ customer.a ) }}", "would be left out"],
    ["{{ customer.l[0 1] }}", '"1" in brackets would be left out'],
    ["{% assign x = [1, 2] %}", "a list cannot be written out"],
    ["{% for i in [customer.a, customer.b] %}{% endfor %}", "a list cannot be written out"],
    ["{% for i in (1...3) %}{% endfor %}", "a range has two dots"],
    ["{% for i in 1..3 %}{% endfor %}", "a range in parentheses"],
    ["{% for i in customer.l limit %}{% endfor %}", "limit has no value"],
    ["{% for i in customer.l limit 2 %}{% endfor %}", "limit has no value"],
    ["{% for i in customer.l offset: %}{% endfor %}", "offset has no value"],
    ["{% for i in customer.l reversed: false %}{% endfor %}", "reversed takes no value"],
    ["{{ customer.a | default: ‘y’ }}", "straight quotes"],
    ["{{ customer.a | default: “y” }}", "straight quotes"],
    ["{{ customer.a | append: 'x' + 'y' }}", "append:"],
    ["{{ customer.a | default 'y' }}", "behind a colon"],
    ["{{ customer.a || 'y' }}", "| default:"],
  ])("in a value: %s", (body, complaint) => {
    expect(refused(body)).toContain(complaint);
  });

  test.each([
    ["customer.a ==", '"==" has nothing behind it'],
    ["customer.a and", '"and" has nothing behind it'],
    ["not", '"not" has nothing behind it'],
    ["== 'x'", "has nothing in front of it"],
    ["or customer.a", "has nothing in front of it"],
    ["18 < customer.age < 65", "write both, with and between them"],
    ["customer.a == customer.b == true", "write both, with and between them"],
    ["customer.a == not customer.b", "not stands in front of a whole comparison"],
    ["customer.a not customer.b", "not stands in front"],
    ["customer.a == \"x'", "is not closed"],
    ["customer.a == «x»", "straight quotes"],
    ["customer.a == ´x´", "straight quotes"],
    ["customer.n &gt; 1", "write > itself"],
    ["customer.n ≥ 1", "write >="],
    ["customer.n ≠ 1", "write !="],
    ["customer.a =! 'x'", "write !="],
    ["customer.n % 2 == 0", "modulo:"],
    ["customer.n - 1 == 0", "minus:"],
    ["customer.a | upcase == 'X'", "{% assign x = … %}"],
  ])("in a condition: %s", (condition, complaint) => {
    expect(refused(`{% if ${condition} %}{% endif %}`)).toContain(complaint);
    expect(refused(`{% if true %}{% elsif ${condition} %}{% endif %}`)).toContain(complaint);
    expect(refused(`{% unless ${condition} %}{% endunless %}`)).toContain(complaint);
  });

  test.each([
    ["where_exp", "i.n is 3", "write =="],
    ["reject_exp", "i.n > 1 AND i.n < 3", "write and"],
    ["find_exp", "i.n = 3", "cannot be read"],
    ["find_index_exp", "i.n ==", "has nothing behind it"],
    ["has_exp", "i.n == ‘x’", "straight quotes"],
    ["group_by_exp", "i.n i.m", "would be left out"],
    ["where_exp", "i.n == 1 || i.n == 2", "cannot be read"],
  ])("in an expression over items: %s: 'i', '%s'", (filter, expression, complaint) => {
    const message = refused(`{{ customer.l | ${filter}: 'i', "${expression}" }}`);
    expect(message).toContain(expression);
    expect(message).toContain(complaint);
  });
});

describe("what is refused is found", () => {
  test.each([
    ["one\n{% if customer.a %}\n  {% elsif customer.b is 'x' %}{% endif %}", { line: 3, column: 23 }],
    ["one\ntwo {% for i in customer.l %}\n{% break if i %}{% endfor %}", { line: 3, column: 1 }],
    ["{% liquid\n  if customer.a\n  else if customer.b\n  endif %}", { line: 3, column: 3 }],
    ["{{ customer.a | append: ‘x’ }}", { line: 1, column: 25 }],
  ])("at its place: %j", (body, place) => {
    expect(problemOf(() => compile(body))).toMatchObject({ field: "body", ...place });
  });

  test("in a snippet, when that is saved and where it is used", () => {
    for (const text of [
      "{{ customer.a }}\n{% if customer.b is 'x' %}{% endif %}",
      "\n{% break if customer.b %}",
    ]) {
      expect(problemOf(() => checkSnippet("footer", text))).toMatchObject({ line: 2 });
      const found = problemOf(() => compile("one {{ snippets.footer }}", { footer: text }));
      expect(found).toMatchObject({ field: "snippets.footer", line: 2 });
    }
  });
});

describe("is saved", () => {
  test.each([
    "{{ customer[customer.key] }}{{ customer['a, b) ]'] }}{{ customer.o[ 'l’âge' ] }}{{ customer.l[0].x }}{{ ['customer'].a }}",
    "{{ 'it\\'s' }}{{ \"say \\\"x\\\"\" }}{{ 'a “quoted” word' }}",
    "{% if customer.a == 'x, y' or customer.a contains ')' %}{% endif %}{{ customer.a | replace: ',', ')' }}",
    "{% if not customer.a == 'x' and customer.b not contains 'y' or not customer.n %}{% endif %}",
    "{% if -1 < customer.n and customer.n <= 2.5 %}{% endif %}",
    "{% for i in customer.l , limit : 2 , offset : continue %}{% if i %}{% else %}{% break %}{% endif %}{% else %}{% endfor %}",
    "{% for i in (customer.n..customer.l[0]) reversed %}{% endfor %}",
    "{% case customer.a %} {% comment %}c{% endcomment %} {% when 'or' or ',' , 1 %}{% if i %}{% else %}{% endif %}{% when 2 %}{% else %}{% endcase %}",
    "{% capture 'x' %}{% endcapture %}{%-capture y-%}{%-endcapture-%}{% increment n-m %}{% cycle 'g': 'a', 'b' %}",
    "{% comment %}{% else if %}{% break if x %}{% endcomment %}{% raw %}{% break if x %}{% endraw %}",
    "{{ customer.l | where_exp: 'i', \"i.n > 1 and i.m != 'x'\" | size }}",
    "{% liquid\n for i in customer.l\n break\n endfor\n case customer.a\n when 1, 2\n else\n endcase %}",
    "{{ customer.a\n | upcase\n | append: ', x' }}",
  ])("%s", (body) => {
    expect(refused(body)).toBe("was saved");
  });
});
