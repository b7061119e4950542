"""Send one message with slixmpp: JID PASSWORD-FILE PORT TLS CA-FILE TO HOST."""
import asyncio
import sys

import slixmpp

jid, password, port, tls, ca, to, host = sys.argv[1:]


class Sender(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(jid, open(password).read())
        self.ca_certs = ca
        self.add_event_handler("session_start", self.start)

    async def start(self, _):
        self.send_presence()
        self.send_message(to, "hello", mtype="chat")
        self.disconnect()


sender = Sender()
sender.connect((host, int(port)), use_ssl=tls == "direct")
asyncio.get_event_loop().run_until_complete(sender.disconnected)
