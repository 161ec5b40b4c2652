-- For wrk: asks for the paths of a list in turn, and prints the outcome as one line of JSON.
-- Arguments: the list; a line is a path, or a path, a space and a Range.
local requests, turn = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, range = line:match("^(%S+) ?(%S*)$")
    local headers = { ["Host"] = "127.0.0.1", ["Accept-Encoding"] = "gzip" }
    if range ~= "" then
      headers["Range"] = range
      headers["Accept-Encoding"] = nil
    end
    -- Formatted once, so that the client costs little.
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    '{"requests": %d, "micros": %d, "bytes": %d, "errors": %d, "p50": %.1f, "p99": %.1f}',
    summary.requests, summary.duration, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50.0), latency:percentile(99.0)))
end
