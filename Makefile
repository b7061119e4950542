# xmpputils: build, check, install.  GNU make.
#
# A program is one word in PROGS (cmd/NAME.c and man/NAME.1), a module one word
# in the list of its layer (libcore/LAYER/NAME.[ch]).

VERSION	= 0.1.0

PROGS	= jid-check stanza-cut stanza-grep stanza-make stream-dump \
	  xmpp-connect xmpp-listen xmpp-proxy xmpp-send xmpp-serve

BASE	= arena b64 buf utf8 vis xerr

XML	= elem ndxml scope xline xml xparse xparse_expat xparse_pass \
	  xparse_restart xparse_tag xscan xtree

JID	= ascii domain ipaddr jid jid6122 jiderr jidesc jidsame jiduri jidwarn \
	  label profile rules text ucd

SASL	= binding downgrade external ht pbkdf2 plain sasl sasl_server \
	  saslprep scram scram_challenge scram_client scram_server upgrade \
	  verifier

STANZA	= field jidpat

VIEW	= capture pretty redact sensitive stats trace

XMPP	= bounce datetime message outbox stanza stream

CLIENT	= auto_reply client client_ack client_send login login_ahead \
	  login_failure login_sasl login_task offer

SERVER	= fast router router_iq router_presence server server_external \
	  server_fast server_login server_reply server_sasl server_sasl2 \
	  server_sm server_upgrade

NET	= cert conn dial dial_plan dial_proxy dial_race listen proxy pump \
	  resolve resolve_secure resolve_tlsa srv tls tls_binding tls_client \
	  tls_ctx tls_dane tls_name tls_session tls_trust tls_verify tls_why

STATE	= state state_file state_lock state_text

CLI	= blockio child cli filter json message_record netopt random_id signals

ACCOUNT	= account account_file account_net conf conf_foreign noproxy \
	  password privfile

WATCH	= dump relay tracefile

SESSION	= connection connection_login jobs login_memory servers session \
	  session_ack session_end session_time stanza_ids tls_tickets trust

SERVE	= testca testclient testclient_channel testserver testusers tmpdir

MAN	= $(wildcard man/*.[1-8])
UNIT	= $(basename $(notdir $(wildcard tests/unit/test_*.c)))
TESTS	= $(wildcard tests/*.t)
HELPERS	= $(basename $(notdir $(wildcard tests/helpers/*.c)))
FUZZ	= $(basename $(notdir $(wildcard tests/fuzz/fuzz_*.c)))

# Debian's names; the libraries that each program really uses are kept
# (--as-needed), so that a filter does not load OpenSSL.
PKGS	= expat openssl libcares
TEXTPKGS = libidn2 libidn jansson

# Tables and small code, of which a program needs a part: linked from their
# archives where those are installed, because loading and relocating shared
# objects takes longer than checking an address does.  STATIC= takes the shared
# ones.  (Not jansson, whose archive has a utf8_encode() of its own, as we have.)
STATIC	= idn2 unistring idn inih
archive	= $(if $(filter /%,$(shell $(CC) -print-file-name=lib$1.a)),-l:lib$1.a,-l$1)
SHARED	:= $(shell pkg-config --libs $(TEXTPKGS)) -lunistring -linih
TEXTLIBS := $(foreach l,$(STATIC),$(call archive,$l)) $(SHARED)
PKGLIBS	:= $(shell pkg-config --libs $(PKGS))
LIBS	= $(PKGLIBS) $(TEXTLIBS)
TESTLIBS = $(shell pkg-config --libs cmocka)

# The user's.
PREFIX	= /usr/local
BINDIR	= $(PREFIX)/bin
MANDIR	= $(PREFIX)/share/man
CFLAGS	= -O2 -g
HARDEN	= -fPIE -fstack-protector-strong $(if $(SAN),,-D_FORTIFY_SOURCE=2)
HARDENLD = -pie -Wl,-z,relro,-z,now

# Ours.
O	= build
B	= bin
STD	= -std=c11 -D_POSIX_C_SOURCE=200809L -DVERSION='"$(VERSION)"'
WARN	= -Wall -Wextra $(if $(CI),-Werror)
INC	:= -Ilibcore $(shell pkg-config --cflags $(PKGS) $(TEXTPKGS))
LINK	= $(HARDENLD) -Wl,--as-needed

ifdef SAN
O	= build/san
B	= build/san/bin
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	  -fno-omit-frame-pointer
endif

MODS	= $(BASE:%=base/%) $(XML:%=xml/%) $(JID:%=jid/%) $(SASL:%=sasl/%) \
	  $(STANZA:%=stanza/%) $(VIEW:%=view/%) $(XMPP:%=xmpp/%) \
	  $(CLIENT:%=client/%) $(SERVER:%=server/%) $(NET:%=net/%) \
	  $(STATE:%=state/%) $(CLI:%=cli/%) $(ACCOUNT:%=account/%) \
	  $(WATCH:%=watch/%) $(SESSION:%=session/%) $(SERVE:%=serve/%)
OBJS	= $(MODS:%=$O/libcore/%.o)
LIB	= $O/libcore.a
CCALL	= $(CC) $(STD) $(WARN) $(INC) $(HARDEN) $(SANFLAGS) $(CPPFLAGS) $(CFLAGS)
LDALL	= $(CC) $(CFLAGS) $(SANFLAGS) $(LINK) $(LDFLAGS)

all: $(PROGS:%=$B/%)

$(PROGS:%=$B/%): $B/%: $O/cmd/%.o $(LIB)
	@mkdir -p $(@D)
	$(LDALL) -o $@ $< $(LIB) $(LIBS)

$(UNIT:%=$O/unit/%): $O/unit/%: $O/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(LDALL) -o $@ $< $(LIB) $(LIBS) $(TESTLIBS)

# Where allocations fail, one after the other: ours, not the libraries'.
$O/unit/test_nomem: TEXTLIBS = $(SHARED)
$O/unit/test_nomem $O/unit/test_nomem_net: LINK += -Wl,--wrap=malloc \
	-Wl,--wrap=calloc,--wrap=realloc,--wrap=strdup

$(HELPERS:%=$O/helpers/%): $O/helpers/%: $O/tests/helpers/%.o $(LIB)
	@mkdir -p $(@D)
	$(LDALL) -o $@ $< $(LIB) $(LIBS)

# Loaded by LD_PRELOAD; a sanitizer would have to come before it.
$O/preload/%.so: tests/preload/%.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -shared -fPIC -o $@ $<

# A fuzz driver that replays its corpus, and the same under libFuzzer.
$(FUZZ:%=$O/fuzz/%): $O/fuzz/%: $O/tests/fuzz/%.o $O/tests/fuzz/replay.o $(LIB)
	@mkdir -p $(@D)
	$(LDALL) -o $@ $< $O/tests/fuzz/replay.o $(LIB) $(LIBS)

$(FUZZ:%=$O/libfuzzer/%): $O/libfuzzer/%: $O/tests/fuzz/%.o $(LIB)
	@mkdir -p $(@D)
	$(LDALL) -fsanitize=fuzzer -o $@ $< $(LIB) $(LIBS)

$(LIB): $(OBJS)
	rm -f $@
	$(AR) rcs $@ $(OBJS)

$O/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CCALL) -MMD -MP -c -o $@ $<

# Everything the tests run; then the tests.
testbin: all $(UNIT:%=$O/unit/%) $(HELPERS:%=$O/helpers/%) \
	  $(FUZZ:%=$O/fuzz/%) $(if $(SAN),,$O/preload/faults.so)

check: testbin
	O=$O B=$B scripts/run-tests

check-unit: testbin
	O=$O B=$B scripts/run-tests unit

valgrind: testbin
	O=$O B=$B scripts/run-tests valgrind

list-programs:
	@echo $(PROGS)

# FUZZ_SECONDS for each driver; clang has libFuzzer.
fuzz:
	$(MAKE) CC=clang SAN=1 O=build/fuzz B=build/fuzz/bin \
	    SANFLAGS='-fsanitize=fuzzer-no-link,address,undefined \
	    -fno-sanitize-recover=undefined -fno-omit-frame-pointer' fuzzbin
	O=build/fuzz scripts/fuzz

# BENCH_N addresses, stanzas and so on, as each table says.
bench: all $(HELPERS:%=$O/helpers/%)
	O=$O B=$B scripts/bench

fuzzbin: $(FUZZ:%=$O/libfuzzer/%)

install: all
	install -d $(DESTDIR)$(BINDIR)
	install -m 755 $(PROGS:%=$B/%) $(DESTDIR)$(BINDIR)
	for m in $(MAN); do s=$${m##*.}; \
		install -d $(DESTDIR)$(MANDIR)/man$$s && \
		install -m 644 $$m $(DESTDIR)$(MANDIR)/man$$s || exit 1; done

uninstall:
	for p in $(PROGS); do rm -f $(DESTDIR)$(BINDIR)/$$p; done
	for m in $(notdir $(MAN)); do \
		rm -f $(DESTDIR)$(MANDIR)/man$${m##*.}/$$m; done

clean:
	rm -rf build bin

.PHONY: all list-programs testbin check check-unit valgrind fuzz fuzzbin bench \
	install uninstall clean
.SECONDARY:

-include $(OBJS:.o=.d) $(PROGS:%=$O/cmd/%.d) $(UNIT:%=$O/tests/unit/%.d) \
	$(FUZZ:%=$O/tests/fuzz/%.d) \
	$(HELPERS:%=$O/tests/helpers/%.d)
