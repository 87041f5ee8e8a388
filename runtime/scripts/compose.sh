# shellcheck shell=sh
# The compose engine: docker compose on the checkout.
engine_faults() { fault internal 'the compose engine is not built yet' ''; }
engine_look() { fact look.engine compose; }
