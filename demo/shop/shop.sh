#!/bin/sh
# shop.sh start | stop | status | serve: the demo's app, a process that serves its version over HTTP.
# LISTEN, CURRENCY and MEMORY_GB come from its host, shop.conf from its release.
set -eu
cd "$(dirname "$0")"
# shellcheck source=/dev/null
. ./shop.conf
data=${DATA:-$HOME/.local/share/shop}

running() { pid=$(cat "$data/pid" 2>/dev/null) && grep -qsa httpd "/proc/$pid/cmdline"; }

fill() { # the folder that is served
    if [ "${MEMORY_GB:-4}" -lt "$NEEDS_MEMORY_GB" ]; then
        echo "shop $VERSION needs $NEEDS_MEMORY_GB GB of memory, this host has ${MEMORY_GB:-4}" >&2
        exit 1
    fi
    mkdir -p "$data/www"
    rm -f "$data/www"/*
    echo "shop $VERSION" >"$data/www/version"
    # without a currency it runs, but sells nothing: not healthy
    if [ "$NEEDS_CURRENCY" = no ] || [ -n "${CURRENCY:-}" ]; then echo open >"$data/www/health"; fi
}

stop() {
    if running; then
        kill "$pid"
        while running; do sleep 0.05; done
    fi
    rm -f "$data/pid"
}

case ${1:-} in
    start)
        stop
        fill
        setsid busybox httpd -f -p "$LISTEN" -h "$data/www" </dev/null >"$data/log" 2>&1 &
        echo $! >"$data/pid"
        tries=50
        until curl -sf -m 1 -o /dev/null "http://$LISTEN/version"; do
            tries=$((tries - 1))
            if [ $tries -le 0 ]; then echo "shop $VERSION does not answer at $LISTEN" >&2; exit 1; fi
            sleep 0.1
        done
        ;;
    stop) stop ;;
    status) running ;;
    serve) # in a container
        fill
        exec busybox httpd -f -p 8080 -h "$data/www"
        ;;
    *) echo "usage: shop.sh start | stop | status | serve" >&2; exit 2 ;;
esac
