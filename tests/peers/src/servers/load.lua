-- Asks for keys without an order, `-- PATH KEYS`: PATH and the key's number in five digits or more.
local requests = {}

function init(arguments)
  local path, keys = arguments[1], tonumber(arguments[2])
  math.randomseed(1)
  for place = 1, 10000 do
    local key = math.random(0, keys - 1)
    requests[place] = wrk.format("GET", string.format("%s%05d", path, key))
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("figures %d %d %d %d\n",
    summary.requests, summary.duration, failed, latency:percentile(99)))
end
