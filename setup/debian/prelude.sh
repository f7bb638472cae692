# Sourced by the scripts that fetch and build with Debian: where things are kept, what is said.
# shellcheck shell=bash

# Everything fetched or built lives here, outside the tree.
CACHE="${SEQUENCER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sequencer}"

# die LINE: one line for a person, and the end.
die() {
    echo "${0##*/}: $1" >&2
    exit 1
}

# progress WORD...: what is done now, and about how long it takes.
progress() {
    echo "[$(date +%H:%M:%S)] $*" >&2
}

# only_one NAME: waits until no other run holds the lock NAME. It is held until this process ends,
# so a killed run leaves none behind; descriptor 9 must be closed for anything that outlives it.
only_one() {
    mkdir -p "$CACHE/locks"
    exec 9>"$CACHE/locks/$1"
    if ! flock --nonblock 9; then
        progress "another run is busy with '$1'; waiting for it"
        flock 9
    fi
}

# as_root COMMAND...: as root, or through sudo where that asks no password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif sudo -n true 2>/dev/null; then
        sudo -n -- "$@"
    else
        die "this compiles in a chroot, which needs root or sudo without password"
    fi
}

# digest_of FILE...: one SHA-256 over the contents of the files, in the order given.
digest_of() {
    cat -- "$@" | sha256sum | cut -d ' ' -f 1
}
