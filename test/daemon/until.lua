-- until: sends messages to the address TO until the file STOP is there; prints their next hops
--
-- SPDX-License-Identifier: BSD-2-Clause
-- Copyright (c) 2026 the nexthop-milter authors
-- Wants: to, stop; per: how many messages on one connection; pause: seconds between connections.

dofile(checks)

function exists(path)
	local file = io.open(path)
	if file == nil then
		return false
	end
	file:close()
	return true
end

while not exists(stop) do
	connection = connect()
	mt.negotiate(connection, nil, nil, nil)
	for i = 1, tonumber(per) do
		mail_from(connection, "s@client.example")
		recipient(connection, to)
		finish(connection)
		print("nexthop " .. tostring(route(connection)))
	end
	mt.disconnect(connection)
	mt.sleep(tonumber(pause))
end

print("done")
