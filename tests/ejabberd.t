#!/bin/sh
# Our programs against a real server.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ejabberd.sh"
. "$(dirname "$0")/real.sh"

real ejabberd PLAIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512 \
    SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-512-PLUS
