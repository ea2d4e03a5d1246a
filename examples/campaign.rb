# A campaign engine's side of it by HTTP, with Ruby's standard library alone (2.7 or newer): save an action, enqueue,
# stream a run, read what became of it, explain one delivery, and see what bad input is told.
#
#     npm start                                                # Redis, the API and a worker, in another terminal
#     npx tsx examples/receiver.ts                             # something that takes the requests, in a third
#     ruby examples/campaign.rb http://127.0.0.1:9000/people       # where the requests go

require "json"
require "net/http"
require "uri"

API = URI(ENV.fetch("POSTRIDER_URL", "http://127.0.0.1:8080"))
TOKEN = ENV["POSTRIDER_TOKEN"]
TO = ARGV.fetch(0, "http://127.0.0.1:9000/people")
ACTION = "example-ruby"
RUN = "#{ACTION}-#{Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)}"

# What the API had against a request, as its problem details tell it.
class Refused < StandardError
  attr_reader :problem

  def initialize(problem)
    super(problem["detail"])
    @problem = problem
  end
end

# One request. A body that is an IO is sent as it is read, in chunks; with a block, the answer is handed on line by
# line.
def call(method, path, body: nil, headers: {}, type: "application/json")
  request = Net::HTTP.const_get(method.capitalize).new(path, headers)
  request["Authorization"] = "Bearer #{TOKEN}" if TOKEN
  request["Content-Type"] = type if body
  if body.is_a?(IO)
    request["Transfer-Encoding"] = "chunked"
    request.body_stream = body
  elsif body
    request.body = JSON.generate(body)
  end
  Net::HTTP.start(API.host, API.port, use_ssl: API.scheme == "https", read_timeout: 120) do |http|
    http.request(request) do |response|
      raise Refused, JSON.parse(response.read_body) unless response.is_a?(Net::HTTPSuccess)
      return JSON.parse(response.read_body) unless block_given?

      rest = +""
      response.read_body do |text|
        rest << text
        while (line = rest.slice!(/\A.*\n/))
          yield JSON.parse(line)
        end
      end
    end
  end
end

# The same content again makes no new version.
template = '{"id": "{{ customer.id }}", "email": "{{ customer.email }}"}'
puts call("PUT", "/v1/actions/#{ACTION}", body: { url: TO, body: template })

# When no answer comes, send the same request with the same key again: nobody is enqueued twice.
orders = %w[ann bob cat].map { |id| { action: ACTION, customer: { id: id, email: "#{id}@example.com" } } }
taken = call("POST", "/v1/deliveries", body: orders, headers: { "Idempotency-Key" => %("#{RUN}-signups") })
puts "#{taken["enqueued"]} enqueued"

# Whatever yields customers: a database cursor, a file. They are never held together.
customers, writer = IO.pipe
Thread.new do
  %w[dan eve fay].each { |id| writer.puts JSON.generate(id: id, email: "#{id}@example.com") }
ensure
  writer.close
end

# The answer is a stream as well. Only a last line with "done" means that all is well; after anything else, send the
# same run again: what is there already counts as a duplicate.
progress = {}
path = "/v1/actions/#{ACTION}/deliveries?run=#{RUN}"
call("POST", path, body: customers, type: "application/x-ndjson") { |line| progress = line }
abort "not all was taken in: #{progress["error"]}" unless progress["done"]
puts "run #{RUN}: #{progress["enqueued"]} enqueued"

# The group keeps the place: `after` says that all up to there are done with, so do what you do with a page before you
# ask for the next. Each outcome comes at least once.
still_open = %w[dan eve fay]
after = ""
until still_open.empty?
  page = call("GET", "/v1/outcomes?group=#{ACTION}&wait=30#{after}")
  page["outcomes"].select { |outcome| outcome["run"] == RUN }.each do |outcome|
    still_open.delete(outcome["customer"])
    puts "#{outcome["customer"]}: #{outcome["outcome"]}, #{outcome["reason"]}"
  end
  after = "&after=#{URI.encode_www_form_component(page["after"])}"
end
run = call("GET", "/v1/runs/#{RUN}")
puts "run #{RUN}: #{run["state"]}, #{run["delivered"]} delivered, #{run["failed"]} failed"

# Where one delivery is, what its attempts met, and what comes next.
shown = call("GET", "/v1/deliveries/#{taken["ids"].first}")
puts "delivery #{shown["id"]}: #{shown["state"]}. #{shown["next"]["message"]}"

# Problem details (RFC 9457): match on `code`; `pointer` says which part of the body it is about.
begin
  call("POST", "/v1/deliveries", body: { action: ACTION, customer: { email: "nobody" } })
  abort "a customer without an id was taken"
rescue Refused => e
  raise unless e.problem["code"] == "delivery_invalid"

  puts "refused: #{e.problem["code"]} #{e.problem["problems"]}"
end
