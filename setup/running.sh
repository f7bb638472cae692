# Sourced by the scripts that start a gateway with an enclave on loopback. They set `run`, where
# everything is kept.
# shellcheck shell=bash disable=SC2154
port=${SEQUENCER_PORT:-5000}
url="http://127.0.0.1:$port"

# need_port NAME: ends this script when the port is busy; NAME is what was typed to start it.
need_port() {
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "Port $port is busy: stop what listens there, or choose another with SEQUENCER_PORT=5001 $1." >&2
        exit 1
    fi
}

# build_quietly TARGET...: says nothing unless it fails.
build_quietly() {
    local target log
    for target in "$@"; do
        if ! log=$(dotnet build "$target" -c Release -v quiet -nologo 2>&1); then
            echo "$log" >&2
            exit 1
        fi
    done
}

# start_gateway ENDPOINT COMMAND: in the background, as $gateway; it ends with this script.
start_gateway() {
    local options=()
    [ -f setup/config.toml ] && options+=(--config setup/config.toml)
    dotnet gateway/Gateway/bin/Release/net10.0/Sequencer.Gateway.dll ${options[@]+"${options[@]}"} \
        --listen "$url" \
        --data "$run/data" \
        --enclave "$1" \
        --enclave-command "$2" &
    gateway=$!
    trap 'kill -TERM "$gateway" 2>/dev/null || true; wait "$gateway" 2>/dev/null || true' EXIT
    trap 'exit 130' INT TERM
}

# write_policy ROOT [OPTION...]: what a client trusts, made from the running log as soon as it
# answers, with the development root in the file ROOT; into $run/trust-policy.json.
write_policy() {
    local root=$1
    shift
    for attempt in $(seq 1 120); do
        kill -0 "$gateway" 2>/dev/null || { wait "$gateway"; exit 1; }
        if ./sequencer policy --url "$url" --insecure-development-root "$root" "$@" \
            --output "$run/trust-policy.json" --force >/dev/null 2>"$run/policy.log"; then
            return
        fi
        if [ "$attempt" = 120 ]; then
            cat "$run/policy.log" >&2
            exit 1
        fi
        sleep 0.5
    done
}

# suggest WHAT: the commands to try.
suggest() {
    local export_url=
    [ "$port" = 5000 ] || export_url="export SEQUENCER_URL=$url
    "
    cat <<TEXT

The sequencer runs at $url, with $1. Try, in another shell:

    ${export_url}echo hi | ./sequencer submit -
    ./sequencer verify 1.receipt.json --policy $run/trust-policy.json
    ./sequencer audit $url --policy $run/trust-policy.json
    curl -H 'Content-Type: text/plain' --data-binary hi '$url/v1/entries?receipt=ref'
TEXT
}
