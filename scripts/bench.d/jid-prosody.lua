-- The peer for jid-check: Prosody's own preparation of addresses.
package.path = "/usr/lib/prosody/?.lua;" .. package.path
package.cpath = "/usr/lib/prosody/?.so;" .. package.cpath
local jid = require "util.jid"
local prepped_split, join, write = jid.prepped_split, jid.join, io.write

for line in io.lines() do
	local node, host, resource = prepped_split(line)
	if host then
		write(join(node, host, resource), "\n")
	end
end
