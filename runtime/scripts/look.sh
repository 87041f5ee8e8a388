# shellcheck shell=sh
# Steps `look`, `gate`, `guard`, `verify`: what serves here and how well. Changes nothing.
look_records
engine_look
fact look.checks "$(run_checks)"
