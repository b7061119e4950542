/*
 * The short cut for ASCII: nearly every address is made of nothing else, and
 * needs no table of Unicode, only its letters mapped.
 */
#ifndef JID_ASCII_H
#define JID_ASCII_H

#include <stdbool.h>
#include <stddef.h>

struct jid;

/*
 * jid_parse() of an address of unsuspicious ASCII that is no longer than 63
 * bytes, in one pass.  Returns false, with *J unchanged, if S is anything else:
 * then what it is takes a closer look.
 */
bool ascii_parse(struct jid *j, const char *s, size_t len);

/*
 * How many bytes at the beginning of S may be in a localpart, or in a
 * resourcepart, without any further look at them.
 */
size_t ascii_local(const char *s, size_t len);
size_t ascii_resource(const char *s, size_t len);

/*
 * The length of the plain domain name at the beginning of S: letters, digits
 * and inner hyphens, in labels of which the last begins with a letter, so that
 * it is no IPv4 address.  It stops before the first other byte.  0 if it is
 * not as plain as that: then what it is takes a closer look.
 */
size_t ascii_domain(const char *s, size_t len);

/* Copy N bytes of ASCII, letters in lower case; DST may be S or before it. */
void ascii_lower(char *dst, const char *s, size_t n);

/* A decimal digit; a letter, digit or hyphen. */
bool ascii_is_digit(int c);
bool ascii_is_ldh(int c);

/* The value of a hexadecimal digit, or -1. */
int ascii_hex(int c);

#endif
