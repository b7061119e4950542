/*
 * Is an address that came back the one that we sent?  Servers apply RFC 6122
 * (stringprep), we RFC 7622 (PRECIS), and the normal forms part: sharp s
 * becomes ss there, and a final sigma becomes sigma.
 */
#ifndef JID_JIDSAME_H
#define JID_JIDSAME_H

#include <stdbool.h>

#include "jid/jid.h"

/*
 * Are A and B one bare address by RFC 7622, or by RFC 6122?  For an address
 * that the peer gives back as ours, or as that of whom we wrote to; two
 * different accounts of one server are never one by either.
 */
bool jid_same_bare(const struct jid *a, const struct jid *b);

#endif
