# Renders templates with Ruby's Liquid. Reads lines of JSON: [template, customers as JSON ...]. Writes a line of versions and names, and
# for each line that it read what the template prints, or {"error": ...}: first as Liquid is, then with values that print as JSON.
# `scripts/ruby-liquid.ts` runs it.

require 'json'
require 'time'
require 'liquid'

NOW = Time.utc(2026, 11, 24, 9)
Time.singleton_class.define_method(:now) { NOW }

def text(bytes)
  bytes.dup.force_encoding(Encoding::UTF_8).scrub
end

def print(template, customer)
  text(Liquid::Template.parse(template).render!({ 'customer' => JSON.parse(customer) }))
rescue StandardError => e
  { 'error' => text("#{e.class}: #{e.message}").lines.first.chomp }
end

# What objects, lists and numbers are as text in Postrider: JSON, with `=>` inside of texts written so that no filter finds it.
module AsJson
  def self.of(value)
    case value
    when Hash then "{#{value.map { |name, member| "#{of(name)}:#{of(member)}" }.join(',')}}"
    when Array then "[#{value.map { |member| of(member) }.join(',')}]"
    when String then JSON.generate(value).gsub('=>', '=\u003e')
    when nil then 'null'
    else value.to_s
    end
  end

  def self.number(value, ruby)
    return BigDecimal(ruby).to_i.to_s if value.finite? && value == value.floor && value.abs < 1e21

    mantissa, exponent = ruby.split('e')
    return ruby if exponent.nil?
    return BigDecimal(ruby).to_s('F') if (-6..20).cover?(exponent.to_i)

    "#{mantissa.delete_suffix('.0')}e#{'+' if exponent.to_i.positive?}#{exponent.to_i}"
  end

  def self.begin
    [Hash, Array].each { |type| type.define_method(:to_s) { AsJson.of(self) } }
    Float.alias_method(:ruby, :to_s)
    Float.define_method(:to_s) { AsJson.number(self, ruby) }
    Liquid::Variable.define_method(:render_to_output_buffer) { |context, output| output << render(context).to_s }
  end
end

rows = $stdin.each_line.map { |line| JSON.parse(line) }
as_it_is = rows.map { |template, *customers| customers.map { |customer| print(template, customer) } }
AsJson.begin
as_json = rows.map { |template, *customers| customers.map { |customer| print(template, customer) } }
known = { filters: Liquid::StandardFilters.public_instance_methods(false).sort, tags: Liquid::Template.tags.map(&:first).sort }
$stdout.puts JSON.generate({ 'ruby-liquid' => Liquid::VERSION, 'ruby' => RUBY_VERSION, **known })
as_it_is.zip(as_json).each { |pair| $stdout.puts JSON.generate(pair) }
