-- For each address on stdin, ended by NUL: the three parts that Prosody's own
-- prepped_split makes of it in hexadecimal, "-" for nil.
package.path = "/usr/lib/prosody/?.lua;" .. package.path
package.cpath = "/usr/lib/prosody/?.so;" .. package.cpath
local prepped_split = require "util.jid".prepped_split

local function hex(s)
	return s and (s:gsub(".", function (c)
		return ("%02x"):format(c:byte())
	end)) or "-"
end

for s in io.read("a"):gmatch("([^%z]*)%z") do
	local node, host, resource = prepped_split(s)
	-- nil and false are both "not valid", for a part of a longer whole
	if node == false or resource == false then
		host = nil
	end
	print(hex(node), hex(host), hex(resource))
end
