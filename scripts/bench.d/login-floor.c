/*
 * login-floor HOW HOST PORT DOMAIN PASSWORD-FILE CA-FILE TOKEN-FILE [--trace
 * FILE]: log in as romeo and send juliet a message, by hand: the floor for all
 * that does this.  It knows what the server offers and verifies nothing that
 * comes from it but its certificate.  HOW is starttls or direct, a comma, and
 *
 *	classic	SCRAM-SHA-256 and binding (RFC 6120)
 *	sasl2	the same by SASL2 with Bind 2, and the message ahead of success
 *	token	as sasl2, and a token (FAST) that is kept in TOKEN-FILE
 *	fast	that token instead of SCRAM
 *
 * FILE gets a trace(5) of one record, the acknowledgement, when it has come.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>

#define FIRST	"n=romeo,r=fyko+d2lbbFgONRv9qkxdawL"
#define AGENT	"<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>"
#define SM	"xmlns='urn:xmpp:sm:3'"
#define SASL	"xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define SASL2	"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='%s'>" \
	"<initial-response>%s</initial-response>" AGENT \
	"<bind xmlns='urn:xmpp:bind:0'><enable " SM "/></bind>%s</authenticate>"

enum { HASH = 32 };

static const char *domain;
static char header[1024], message[1024], in[65536];
static size_t in_len;
static int fd;
static SSL *ssl;

/* Not to wait for what Nagle's algorithm waits for; Linux forgets it. */
static void
quick(void)
{
#ifdef TCP_QUICKACK
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
#endif
}

static void
die(const char *why)
{
	fprintf(stderr, "login-floor: %s\n%s\n", why, in);
	exit(1);
}

static void
say(const char *fmt, ...)
{
	char out[8192];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, sizeof(out), fmt, ap);
	va_end(ap);
	in_len = 0;
	if ((ssl != NULL ? SSL_write(ssl, out, n) : (int)write(fd, out,
	    (size_t)n)) != n)
		die("cannot write");
}

/* What is behind WORD in what has come since the last say(). */
static char *
hear(const char *word)
{
	char *p;
	int n, room;

	for (in[in_len] = '\0'; (p = strstr(in, word)) == NULL;) {
		quick();
		room = (int)(sizeof(in) - in_len - 1);
		n = ssl != NULL ? SSL_read(ssl, in + in_len, room) :
		    (int)read(fd, in + in_len, (size_t)room);
		if (n <= 0)
			die(word);
		in_len += (size_t)n;
		in[in_len] = '\0';
	}
	return p + strlen(word);
}

/* The first line of a file. */
static void
slurp(const char *file, char *to, int size)
{
	FILE *f = fopen(file, "r");

	if (f == NULL || fgets(to, size, f) == NULL)
		die(file);
	to[strcspn(to, "\n")] = '\0';
	fclose(f);
}

static int
number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (end == s || n < 1 || n > 1000000)
		die(s);
	return (int)n;
}

static const char *
b64(char *to, const void *data, size_t len)
{
	EVP_EncodeBlock((unsigned char *)to, data, (int)len);
	return to;
}

static void
mac(unsigned char out[HASH], const void *key, size_t n, const char *text)
{
	HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)text,
	    strlen(text), out, NULL);
}

/* The client's last message, in base64, for the challenge at B, also so. */
static const char *
prove(char *to, char *b, const char *password)
{
	unsigned char salted[HASH], client[HASH], stored[HASH], sign[HASH];
	char first[4096], salt[512], final[1024], auth[8192], *s, *i;
	size_t len;
	int n, pad;

	b[strcspn(b, "<")] = '\0';
	if (strlen(b) >= sizeof(first))
		die("a long challenge");
	n = EVP_DecodeBlock((unsigned char *)first, (unsigned char *)b,
	    (int)strlen(b));
	first[n < 0 ? 0 : n] = '\0';
	if ((s = strstr(first, ",s=")) == NULL ||
	    (i = strstr(s + 3, ",i=")) == NULL || s - first > 512 ||
	    i - s > 512)
		die("no challenge");
	len = (size_t)snprintf(final, sizeof(final), "c=biws,%.*s",
	    (int)(s - first), first);
	snprintf(auth, sizeof(auth), "%s,%s,%s", FIRST, first, final);
	*i = '\0';
	pad = i[-1] != '=' ? 0 : i[-2] != '=' ? 1 : 2;
	n = EVP_DecodeBlock((unsigned char *)salt, (unsigned char *)s + 3,
	    (int)(i - s - 3)) - pad;
	PKCS5_PBKDF2_HMAC(password, (int)strlen(password),
	    (unsigned char *)salt, n, number(i + 3), EVP_sha256(), HASH, salted);
	mac(client, salted, HASH, "Client Key");
	EVP_Digest(client, HASH, stored, NULL, EVP_sha256(), NULL);
	mac(sign, stored, HASH, auth);
	for (n = 0; n < HASH; n++)
		sign[n] ^= client[n];
	len += (size_t)snprintf(final + len, sizeof(final) - len, ",p=");
	b64(final + len, sign, HASH);
	return b64(to, final, strlen(final));
}

static void
classic(const char *first, const char *password)
{
	char b[4096];

	say("%s<auth " SASL " mechanism='SCRAM-SHA-256'>%s</auth>", header,
	    first);
	hear("</challenge>");
	say("<response " SASL ">%s</response>", prove(b, strchr(
	    hear("<challenge"), '>') + 1, password));
	hear("<success");
	say("%s<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:"
	    "xmpp-bind'/></iq><enable " SM "/><presence/>%s", header, message);
}

static void
sasl2(const char *first, const char *password, const char *extra)
{
	char b[4096];

	say("%s" SASL2, header, "SCRAM-SHA-256", first, extra);
	hear("</challenge>");
	say("<response xmlns='urn:xmpp:sasl:2'>%s</response><presence/>%s",
	    prove(b, strchr(hear("<challenge"), '>') + 1, password), message);
}

static void
keep(const char *file)
{
	char *p = strstr(hear("<token "), "token=");
	FILE *f = fopen(file, "w");

	if (p == NULL || f == NULL || fprintf(f, "%.*s\n",
	    (int)strcspn(p + 7, "'\""), p + 7) < 0 || fclose(f) != 0)
		die(file);
}

static void
fast(const char *file)
{
	unsigned char text[6 + HASH] = "romeo";
	char b[128], token[1024];

	slurp(file, token, sizeof(token));
	mac(text + 6, token, strlen(token), "Initiator");
	say("%s" SASL2 "<presence/>%s", header, "HT-SHA-256-NONE",
	    b64(b, text, sizeof(text)), "<fast xmlns='urn:xmpp:fast:0'/>",
	    message);
}

static void
start_tls(const char *ca)
{
	SSL_CTX *ctx;

	quick();
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_load_verify_file(ctx, ca) != 1 ||
	    (ssl = SSL_new(ctx)) == NULL || SSL_set_fd(ssl, fd) != 1 ||
	    SSL_set_tlsext_host_name(ssl, domain) != 1 ||
	    SSL_set1_host(ssl, domain) != 1 ||
	    SSL_set_alpn_protos(ssl, (unsigned char *)"\013xmpp-client",
	    12) != 0 || SSL_connect(ssl) != 1)
		die("no TLS");
}

static void
dial(const char *host, const char *port)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET,
		.sin_port = htons((in_port_t)number(port)) };
	int on = 1;

	inet_pton(AF_INET, host, &in4.sin_addr);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&in4, sizeof(in4)) < 0)
		die("cannot connect");
	quick();
}

static void
trace(const char *file)
{
	struct timespec t;
	FILE *f;

	clock_gettime(CLOCK_REALTIME, &t);
	if ((f = fopen(file, "w")) == NULL)
		die(file);
	fprintf(f, "xmpputils trace 1\n< %lld.%06ld 7\n<a h=1>",
	    (long long)t.tv_sec, t.tv_nsec / 1000);
	fclose(f);
}

static void
prepare(const char *to)
{
	domain = to;
	snprintf(header, sizeof(header),
	    "<?xml version='1.0'?><stream:stream to='%s' "
	    "version='1.0' xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams'>", domain);
	snprintf(message, sizeof(message),
	    "<message to='juliet@%s' type='chat'><body>x</body>"
	    "</message><r " SM "/>", domain);
}

int
main(int argc, char *argv[])
{
	char first[256], password[256];
	const char *how;

	if (argc < 8)
		return 64;
	how = argv[1];
	slurp(argv[5], password, sizeof(password));
	prepare(argv[4]);
	b64(first, "n,," FIRST, strlen("n,," FIRST));
	dial(argv[2], argv[3]);
	if (strncmp(how, "starttls", 8) == 0) {
		say("%s<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
		    header);
		hear("<proceed");
	}
	start_tls(argv[6]);
	how = strchr(how, ',') + 1;
	if (strcmp(how, "classic") == 0)
		classic(first, password);
	else if (strcmp(how, "fast") == 0)
		fast(argv[7]);
	else
		sasl2(first, password, strcmp(how, "token") != 0 ? "" :
		    "<request-token xmlns='urn:xmpp:fast:0' "
		    "mechanism='HT-SHA-256-NONE'/>");
	hear("<a ");
	if (argc > 9)
		trace(argv[9]);
	if (strcmp(how, "token") == 0)
		keep(argv[7]);
	say("</stream:stream>");
	SSL_shutdown(ssl);
	return 0;
}
