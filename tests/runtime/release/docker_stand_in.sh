#!/bin/sh
# shellcheck disable=SC2046,SC2048,SC2086
# A docker with compose v2, as far as the compose engine uses it, whose world is the folder
# $FAKE_DOCKER. What is asked and what is answered (texts, statuses, the moment things change) is
# docker 20.10's with compose 2.26's; only images and containers are files here:
#   images/REF       id of the image of that name            registry/REF  what a pull would bring
#   containers/ID    its state, `name=value` lines            calls         every call, a line each
#   daemon-down      the daemon does not answer
# compose.yaml is read line by line: two spaces for a service, four for its keys. Keys of ours:
#   x-becomes: STATUS [HEALTH [EXIT]]   what the container is once it was started
#   x-up-fails: TEXT                    `up` replaces what ran, then fails with that text
set -f
D=$FAKE_DOCKER
umask 022
mkdir -p "$D/images" "$D/registry" "$D/containers"
printf '%s\n' "$*" >>"$D/calls"
say() { printf '%s\n' "$*" >&2; }
enc() { printf '%s\n' "$1" | sed -e 's/%/%25/g' -e 's,/,%2F,g'; }
with_tag() {
  case ${1##*/} in
  *:* | *@*) printf '%s\n' "$1" ;;
  *) printf '%s:latest\n' "$1" ;;
  esac
}
sum() { set -- $(cksum); printf '%08x%08x\n' "$1" "$2"; }
# image REF|ID: its id.
image() {
  case $1 in
  sha256:*) grep -rqsF "$1" "$D/images" "$D/containers" && printf '%s\n' "$1" ;;
  *) cat "$D/images/$(enc "$(with_tag "$1")")" 2>/dev/null ;;
  esac
}
field() { sed -n "s/^$2=//p" "$D/containers/$1"; }
all_containers() { ls "$D/containers"; }

daemon() {
  [ ! -e "$D/daemon-down" ] || {
    say 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'
    exit 1
  }
}

# --- compose --------------------------------------------------------------------------------------

compose() {
  p='' files='' env_files=''
  while :; do
    case $1 in
    --project-directory) cd "$2" || exit 14; shift 2 ;;
    -p) p=$2; shift 2 ;;
    -f) files="$files $2"; shift 2 ;;
    --env-file) env_files="$env_files $2"; shift 2 ;;
    --profile) shift 2 ;;
    version) echo 2.26.1; exit ;;
    *) break ;;
    esac
  done
  verb=$1
  shift
  file=${files:-${COMPOSE_FILE:-compose.yaml}}
  file=${file# }
  [ "$file" = - ] || [ -f "$file" ] || { say 'no configuration file provided: not found'; exit 14; }
  for env in ${env_files:-.env}; do
    [ -f "$env" ] || [ -z "$env_files" ] || { say "couldn't find env file: $PWD/$env"; exit 14; }
  done
  model=$(cat -- "$file")
  for env in ${env_files:-.env}; do
    [ -f "$env" ] || continue
    while IFS='=' read -r name value; do
      [ -z "$name" ] || model=$(printf '%s\n' "$model" | sed "s|\${$name}|$value|g")
    done <"$env"
  done
  if printf '%s\n' "$model" | grep -q '^ *BAD'; then
    say "yaml: line 3: did not find expected ',' or ']'"
    exit 15
  fi
  project=${p:-$(printf '%s\n' "$model" | sed -n 's/^name: //p')}
  project=${project:-$(basename "$PWD" | tr '[:upper:]' '[:lower:]' | tr -cd 'a-z0-9_-')}
  model=$(printf '%s\n' "$model" | sed -e "s|^\(    .*[ :]\)\./|\1$PWD/|" -e "s|^    build: \.\$|    build:\n      context: $PWD|")
  unresolved=$model
  model=$(printf '%s\n' "$model" | resolved) || exit
  "compose_$verb" "$@"
}
# The files of variables become variables.
resolved() {
  while IFS= read -r line; do
    case $line in
    '    env_file: '*)
      env=${line#*: }
      [ -f "$env" ] || { say "env file $PWD/$env not found"; exit 14; }
      printf '    environment: %s\n' "$(tr '\n' ' ' <"$env")"
      ;;
    *) printf '%s\n' "$line" ;;
    esac
  done
}
services() { printf '%s\n' "$model" | sed -n '/^services:/,/^[^ ]/s/^  \([A-Za-z0-9._-]*\):$/\1/p'; }
block() { printf '%s\n' "$model" | sed -n "/^  $1:\$/,/^ \{0,2\}[^ ]/{/^    /p;}"; }
key() { block "$1" | sed -n "s/^    $2: //p"; }
image_of() { i=$(key "$1" image); printf '%s\n' "${i:-$project-$1}"; }
hash_of() { block "$1" | grep -vE '^    (build|labels):|^      (context|image):' | sum; }

compose_config() {
  case ${1-} in
  -q) ;;
  --hash)
    # As 2.26 does: of files of variables it takes the names, unlike `up`.
    model=$unresolved
    for s in $(services); do printf '%s %s\n' "$s" "$(hash_of "$s")"; done
    ;;
  *)
    printf 'name: %s\nservices:\n' "$project"
    for s in $(services); do
      printf '  %s:\n' "$s"
      block "$s"
      printf '    labels:\n      image: no\n'
    done
    printf 'networks:\n  default:\n    name: x\n    image: no\n'
    ;;
  esac
}
compose_pull() {
  daemon
  for s in ${*:-$(services)}; do
    i=$(with_tag "$(image_of "$s")")
    say " $s Pulling"
    r=$D/registry/$(enc "$i")
    if [ ! -f "$r" ]; then
      say " $s Error manifest for $i not found: manifest unknown: manifest unknown"
      exit 18
    fi
    read -r id rest <"$r"
    if [ "$id" = error ]; then
      say " $s Error $rest"
      exit 18
    fi
    printf '%s\n' "$id" >"$D/images/$(enc "$i")"
  done
}
compose_build() {
  daemon
  for s in ${*:-$(services)}; do
    block "$s" | grep -q '^    build:' || continue
    case $(cat Dockerfile) in
    *FAIL*) say "failed to solve: process \"/bin/sh -c make\" did not complete successfully: exit code: 2"; exit 17 ;;
    *NOSPACE*) say "failed to copy files: write /x: no space left on device"; exit 17 ;;
    esac
    printf 'sha256:%s\n' "$(cat Dockerfile VERSION 2>/dev/null | sum)" >"$D/images/$(enc "$(with_tag "$(image_of "$s")")")"
  done
}
container_of() {
  for c in $(all_containers); do
    [ "$(field "$c" project)/$(field "$c" service)" != "$project/$1" ] || printf '%s\n' "$c"
  done
}
compose_up() {
  daemon
  case " $* " in
  *' -d '*' --no-build --pull never '*) ;;
  *) say "unexpected: up $*"; exit 99 ;;
  esac
  for s in $(services); do
    [ -n "$(image "$(image_of "$s")")" ] || { say "Error response from daemon: No such image: $(image_of "$s")"; exit 1; }
  done
  failed=''
  for s in $(services); do
    id=$(image "$(image_of "$s")") h=$(hash_of "$s") c=$(container_of "$s")
    if [ -z "$c" ] || [ "$(field "$c" image)/$(field "$c" hash)" != "$id/$h" ]; then
      [ -z "$c" ] || rm "$D/containers/$c"
      n=$(($(cat "$D/count" 2>/dev/null || echo 0) + 1))
      echo "$n" >"$D/count"
      c=$(printf 'c%063d' "$n")
    fi
    set -- $(key "$s" x-becomes)
    cat >"$D/containers/$c" <<END
project=$project
dir=$PWD
service=$s
image=$id
ref=$(image_of "$s")
hash=$h
status=${1:-running}
health=${2:-}
exit=${3:-0}
restarts=0
started=$(date -u +%Y-%m-%dT%H:%M:%S.000000000Z)
restart=$(key "$s" restart)
END
    [ "${2-}" != - ] || sed -i 's/^health=-/health=/' "$D/containers/$c"
    failed=$failed$(key "$s" x-up-fails)
  done
  for c in $(all_containers); do
    [ "$(field "$c" project)" = "$project" ] || continue
    services | grep -qx "$(field "$c" service)" || rm "$D/containers/$c"
  done
  [ -z "$failed" ] || { say "$failed"; exit 1; }
}
compose_down() {
  daemon
  case " $* " in
  *' -v '* | *' --volumes '*) say 'volumes are gone'; touch "$D/volumes-gone" ;;
  esac
  for c in $(all_containers); do
    [ "$(field "$c" project)" != "$project" ] || rm "$D/containers/$c"
  done
}

# --- the rest -------------------------------------------------------------------------------------

ps() {
  daemon
  all='' quiet='' format='' project=''
  while [ $# -gt 0 ]; do
    case $1 in
    -a) all=yes ;;
    -q) quiet=yes ;;
    --no-trunc) ;;
    --format) format=$2; shift ;;
    --filter)
      case $2 in label=com.docker.compose.project=*) project=${2##*=} ;; esac
      shift
      ;;
    esac
    shift
  done
  for c in $(all_containers); do
    [ -z "$project" ] || [ "$(field "$c" project)" = "$project" ] || continue
    [ -n "$all" ] || case $(field "$c" status) in running | restarting | paused) ;; *) continue ;; esac
    if [ -n "$quiet" ]; then
      printf '%s\n' "$c"
    else
      printf '%s\t%s\n' "$(field "$c" project)" "$(field "$c" dir)"
    fi
  done
}
or_null() { if [ -n "$1" ]; then printf '"%s"' "$1"; else printf null; fi; }
inspect() {
  daemon
  [ "$1" = --format ] || exit 98
  format=$2
  shift 2
  for c; do
    [ -f "$D/containers/$c" ] || { say "Error: No such object: $c"; continue; }
    case $format in
    '[{{json'*)
      health=$(field "$c" health)
      log=null
      [ "$health" != unhealthy ] || log='[{"ExitCode":1,"Output":"first"},{"ExitCode":1,"Output":"404 Not Found\n"}]'
      check=null
      [ -z "$health" ] || check='[60000000000,90000000000,0,0]'
      printf '["%s","%s","%s","%s",%s,%s,%s,"%s","%s",%s,%s]\n' "$(field "$c" service)" "$(field "$c" image)" \
        "$(field "$c" hash)" "$(field "$c" status)" "$(or_null "$health")" "$(field "$c" exit)" \
        "$(field "$c" restarts)" "$(field "$c" started)" "$(field "$c" restart)" "$check" "$log"
      ;;
    *.State.Status*)
      health=$(field "$c" health)
      printf '%s\t%s\t%s\t%s\n' "$(field "$c" service)" "$(field "$c" status)" "${health:-none}" "$(field "$c" exit)"
      ;;
    *config_files*) printf '%s/compose.yaml\n' "$(field "$c" dir)" ;;
    *) printf '%s\t%s\t%s\t%s\n' "$(field "$c" service)" "$(field "$c" image)" "$(field "$c" hash)" "$(field "$c" ref)" ;;
    esac
  done
}
case $1 in
compose) shift; compose "$@" ;;
version) daemon; echo 20.10.24 ;;
info) daemon; echo "$D" ;;
ps) shift; ps "$@" ;;
inspect) shift; inspect "$@" ;;
tag)
  daemon
  id=$(image "$2")
  [ -n "$id" ] || { say "Error response from daemon: No such image: $2"; exit 1; }
  case $3 in
  *[A-Z]*:*) say "Error parsing reference: \"$3\" is not a valid repository/tag: invalid reference format: repository name must be lowercase"; exit 1 ;;
  esac
  printf '%s\n' "$id" >"$D/images/$(enc "$(with_tag "$3")")"
  ;;
image)
  daemon
  case $2 in
  inspect)
    case $4 in *Healthcheck*) exit ;; esac
    id=$(image "$5")
    [ -n "$id" ] || { say "Error: No such image: $5"; exit 1; }
    printf '%s\n' "$id"
    ;;
  rm) rm "$D/images/$(enc "$3")" 2>/dev/null || { say "Error: No such image: $3"; exit 1; } ;;
  esac
  ;;
stop) shift; for c; do sed -i 's/^status=.*/status=exited/' "$D/containers/$c"; done ;;
rm) shift 2; for c; do rm -f "$D/containers/$c"; done ;;
*) say "docker: '$1' is not a docker command."; exit 1 ;;
esac
