-- one: sends COUNT messages to the address TO and prints their next hops
--
-- SPDX-License-Identifier: BSD-2-Clause
-- Copyright (c) 2026 the nexthop-milter authors

dofile(checks)

connection = connect()
mt.negotiate(connection, nil, nil, nil)
for i = 1, tonumber(count) do
	mail_from(connection, "s@client.example")
	recipient(connection, to)
	finish(connection)
	print("nexthop " .. tostring(route(connection)))
end
mt.disconnect(connection)

print("done")
