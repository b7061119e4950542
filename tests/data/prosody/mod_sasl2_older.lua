-- What Debian 12's prosody-modules want of Prosody and its 0.12 has not yet:
-- the TLS channel of a connection, the header of the stream in the event of its
-- features, stream management that is enabled without being answered, dates of
-- times with a fraction, and a method of stanzas.
local mod_smacks = module:depends("smacks");

local datetime = require "util.datetime";
local format = datetime.datetime;

function datetime.datetime(t)
	return format(t and math.floor(t));
end

local methods = require "util.stanza".stanza_mt.__index;

function methods:get_child_attr(name, xmlns, attr)
	local child = self:get_child(name, xmlns);
	return child and child.attr[attr];
end

local function supply(conn)
	function conn:ssl_info()
		return self:socket():info();
	end
	function conn:ssl_peerfinished()
		return self:socket():getpeerfinished();
	end
	function conn:ssl_exportkeyingmaterial(label, len, context)
		return self:socket():exportkeyingmaterial(label, len, context);
	end
end

-- Before mod_sasl2.  FAST looks no further than whether there is a name, which
-- our client sends under TLS; the token's owner is said with the token.
module:hook("stream-features", function (event)
	if event.origin.encrypted and not event.origin.conn.ssl_info then
		supply(event.origin.conn);
	end
	event.stream = event.stream or { from = "somebody@"..module.host };
end, 1000);

-- mod_saslauth comes behind mod_sasl2 and makes a handler of its own, which
-- knows less of the channel: for tokens it is to be the former's.
module:hook("stream-features", function (event)
	local session = event.origin;
	if session.sasl_handler then
		session.sasl2_channel = session.sasl_handler;
	end
end, 0.5);

module:hook_tag("urn:xmpp:sasl:2", "authenticate", function (session)
	local handler, channel = session.sasl_handler, session.sasl2_channel;
	if handler and handler.fast and channel then
		handler.profile.cb = channel.profile.cb;
		handler.userdata = channel.userdata;
	end
end, 99);

-- The answer of mod_smacks goes into <bound/> and not out by itself.
function mod_smacks.do_enable(session, enable)
	local send, answer = session.send, nil;
	session.send = function (stanza) answer = stanza; end
	mod_smacks.handle_enable(session, enable, enable.attr.xmlns);
	session.send = send;
	if answer.name ~= "enabled" then
		return nil, { type = "cancel", condition = "unexpected-request" };
	end
	return {
		type = "enabled";
		id = answer.attr.id;
		resume_max = answer.attr.max;
		finish = function () end;
	};
end
