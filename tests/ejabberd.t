#!/bin/sh
# Our programs against a real server.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ejabberd.sh"
. "$(dirname "$0")/real.sh"

real ejabberd
