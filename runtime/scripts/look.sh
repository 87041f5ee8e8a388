# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Steps `look`, `gate`, `guard`, `verify`: what serves here and how well. Changes nothing.
look_records
engine_look || fail step_failed "what runs here cannot be asked: the docker daemon does not answer" yes
fact look.checks "$(run_checks)"
fact look.done yes
