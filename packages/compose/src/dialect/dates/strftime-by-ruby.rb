# Writes strftime-by-ruby.json: what Ruby prints for every directive under every flag, for moments that show its corners.
# ruby strftime-by-ruby.rb > strftime-by-ruby.json
require "json"

MOMENTS = [
  [1_704_423_845, 123_456_789, 0],         # Friday, 5 January 2024
  [1_735_689_599, 0, 19_800],              # 1 January 2025 in Kolkata, week 1
  [1_609_459_200, 5_000, -12_600],         # 31 December 2020 in Newfoundland, week 53
  [1_709_251_199, 999_999_999, 50_400],    # past 29 February, as far east as it goes
  [-62_135_596_800 + 86_400 * 40, 0, -17_762], # the year 1, at a local mean time
].freeze
LETTERS = "YCymBbhdejHkIlPpMSsAauwGgVUWcDxFRTXrvnt%LNz".chars.freeze
FLAGS = ["", "-", "0", "_", "^", "#", "10", "-10", "010", "_10", "^10", "3", "_3", "1"].freeze
MODIFIED = ["%Ey", "%EY", "%EC", "%Ec", "%Ex", "%EX", "%Od", "%OH", "%Oy", "%EB", "%OY", "%:z", "%::z", "%:::z", "%10:z", "%_10:z",
            "%012::z", "%:10z", "%^^B", "%-0d", "%0-d", "%_0e", "%J", "%5J", "a%nb%%c", "%FT%T.%L%:z", "100%", "%-", "% d"].freeze

formats = LETTERS.flat_map { |letter| FLAGS.map { |flags| "%#{flags}#{letter}" } } + MODIFIED
printed = formats.to_h do |format|
  [format, MOMENTS.map do |seconds, nanoseconds, offset|
    Time.at(seconds, nanoseconds, :nanosecond).localtime(offset).strftime(format)
  rescue ArgumentError
    nil # Ruby refuses a % at the end
  end]
end
puts JSON.generate({ "ruby" => RUBY_VERSION, "moments" => MOMENTS, "printed" => printed })
  .gsub(/(\],|\{)"/) { "#{$1}\n\"" }
