# A list of N addresses, the same ones every time: 90 of 100 ASCII, the others
# in the scripts of the world, half of those with a domain name that is, too.
#
#	awk -v n=1000000 [-v other=10] -f jids.awk
#
# OTHER is how many of 100 are not ASCII.

# Minimal standard generator (Park and Miller): exact in double precision.
function random(max) {
	seed = (seed * 16807) % 2147483647
	return seed % max
}

function word(i,    s, k) {
	s = syllable[random(nsyllables) + 1]
	for (k = random(2); k >= 0; k--)
		s = s syllable[random(nsyllables) + 1]
	return s
}

function user() {
	if (random(4) == 0)
		return toupper(substr(word(), 1, 1)) word() "." word()
	if (random(3) == 0)
		return word() random(10000)
	return word() (random(2) ? "-" : "_") word()
}

function host() {
	return (random(3) ? "" : "chat.") word() "." tld[random(ntlds) + 1]
}

function resource() {
	if (random(3))
		return ""
	return "/" client[random(nclients) + 1] "." \
	    random(100000) + 100000
}

# Digits behind right-to-left text are no good name for stringprep.
function other_name() {
	if (random(8) == 0)
		return rtl[random(nrtl) + 1]
	return name[random(nnames) + 1] (random(2) ? random(1000) : "")
}

function other_host() {
	return random(2) ? host() : \
	    name[random(nnames) + 1] "." tld[random(ntlds) + 1]
}

BEGIN {
	seed = 20220613
	if (other == "")
		other = 10
	nsyllables = split("al ber ca do en fi gra ho in ju ka lo mi " \
	    "na or pe qui ro sa ti ul ve wil xa yo zed", syllable, " ")
	ntlds = split("com net org example de fr jp im chat co.uk", tld, " ")
	nclients = split("Gajim Conversations Dino Psi+ phone Profanity " \
	    "xmpp-send", client, " ")
	nnames = split("müller Ångström žižek łódź Ελένη νίκος Иван " \
	    "наташа дмитрий Ольга 山田 太郎 さくら カタカナ 李小龍 北京 " \
	    "김철수 서울 विकास मुंबई สมชาย ภาษาไทย განათლება Հայերեն " \
	    "đặng nguyễn ＦＵＬＬ ｶﾅ", name, " ")
	nrtl = split("محمد سلام שלום ירושלים", rtl, " ")
	for (i = 0; i < n; i++)
		if (random(100) < other)
			print other_name() "@" other_host() resource()
		else
			print user() "@" host() resource()
}
