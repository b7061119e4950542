-- A host without channel binding, whatever the connection could give: no part of
-- the server knows of any.  (To disable the mechanisms that bind is not enough:
-- then Prosody refuses whoever says that it did not see them, which is what
-- the flag "y" of RFC 5802 is for.)

-- Between mod_sasl2_older and mod_sasl2.
module:hook("stream-features", function (event)
	local conn = event.origin.conn;
	conn.ssl_peerfinished, conn.ssl_exportkeyingmaterial = nil, nil;
end, 999);

-- Behind mod_saslauth.
module:hook("stream-features", function (event)
	local handler = event.origin.sasl_handler;
	if handler then
		handler.profile.cb = nil;
	end
end, -1);
