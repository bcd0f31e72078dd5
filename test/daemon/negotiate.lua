-- negotiate: what the milter asks of the MTA
--
-- SPDX-License-Identifier: BSD-2-Clause
-- Copyright (c) 2026 the nexthop-milter authors
-- Wants: pools, sender, tcp ("yes" or "no"): what the configuration needs, how it listens.

dofile(checks)

function steps(connection, what, wanted)
	local names = {
		"SMFIP_NOCONNECT", "SMFIP_NOHELO", "SMFIP_NOMAIL", "SMFIP_NORCPT", "SMFIP_NODATA",
		"SMFIP_NOHDRS", "SMFIP_NOEOH", "SMFIP_NOBODY", "SMFIP_NOUNKNOWN", "SMFIP_RCPT_REJ",
		"SMFIP_NR_MAIL", "SMFIP_NR_RCPT", "SMFIP_NR_DATA", "SMFIP_NR_HDR",
	}
	for _, name in ipairs(names) do
		equal(what .. ": " .. name, mt.test_option(connection, _G[name]), wanted[name] or false)
	end
end

wanted = {
	SMFIP_NOCONNECT = true, SMFIP_NOHELO = true, SMFIP_NOEOH = true, SMFIP_NOBODY = true,
	SMFIP_NOUNKNOWN = true, SMFIP_NR_MAIL = true, SMFIP_NR_HDR = true,
	SMFIP_NOMAIL = sender == "no",
	SMFIP_NOHDRS = true,
	SMFIP_NODATA = tcp == "no",
}

connection = connect()
equal("negotiation", mt.negotiate(connection, nil, nil, nil), nil)
steps(connection, "an MTA that can do all", wanted)
equal("may add headers", mt.test_action(connection, SMFIF_ADDHDRS), pools == "yes")
equal("may change headers", mt.test_action(connection, SMFIF_CHGHDRS), pools == "yes")
for _, name in ipairs({ "SMFIF_CHGBODY", "SMFIF_ADDRCPT", "SMFIF_DELRCPT", "SMFIF_QUARANTINE", "SMFIF_CHGFROM" }) do
	equal("does not ask for " .. name, mt.test_action(connection, _G[name]), false)
end
mt.disconnect(connection)

-- An old MTA that cannot leave out DATA and unknown commands, nor go without replies.
connection = connect()
old = SMFIP_NOCONNECT + SMFIP_NOHELO + SMFIP_NOMAIL + SMFIP_NORCPT + SMFIP_NOBODY + SMFIP_NOHDRS + SMFIP_NOEOH
equal("negotiation with an old MTA", mt.negotiate(connection, 2, SMFIF_ADDHDRS + SMFIF_CHGHDRS, old), nil)
equal("an old MTA: is asked for no more than it has", mt.test_option(connection, SMFIP_NR_MAIL), false)
mt.disconnect(connection)

print("done")
