# shellcheck shell=sh disable=SC1090,SC2030,SC2031,SC2034,SC2154 # variables are shared between the parts
# The compose engine. What runs is told by the engine's own labels and image ids, never by what was
# meant. The user's words: compose (docker compose with the stack's options, in the current folder,
# for $project when it is set), B_PROJECT, B_IMAGES, user_vars.
#
# Records of a release, besides those of record.sh:
#   project   the compose project it is
#   images    SERVICE, image name, image id, a tab between: what `prepare` pulled or built
# and of the stack: `adopted` (project) and `adopted_dir`, written by `baton adopt`.
project=
compose_label=com.docker.compose
compose_tab=$(printf '\t')

dk() { (user_vars && docker "$@"); }
# What only asks: a daemon that hangs holds us up no longer than this.
dk_ask() { (user_vars && bounded 20 docker "$@"); }
# in_project FOLDER COMMAND...: with the user's environment, as he would call it there.
in_project() { (
  cd -- "$1" || fail config_invalid "cannot go to $1"
  shift
  umask "$lib_umask"
  user_vars
  "$@"
); }

# services_of FOLDER: what the files there say, resolved by compose: `S NAME`, then `I IMAGE`, `B` (is
# built) and `H` (has a healthcheck) of that service; `P NAME` is the project. Its canonical YAML puts services at two
# spaces, their keys at four, everything else deeper.
services_of() {
  in_project "$1" compose config 2>/dev/null | tr -d "\"'" | sed -n \
    -e 's/^name: \(.*\)$/P \1/p' \
    -e '/^services:/,/^[^ ]/{' \
    -e 's/^  \([A-Za-z0-9._-]*\):$/S \1/p' \
    -e 's/^    image: \([^ ]*\)$/I \1/p' \
    -e 's/^    build:.*$/B/p' -e 's/^    healthcheck:.*$/H/p' -e '}'
}

# config_hashes FOLDER [AS]: SERVICE HASH, as its containers will carry it when the files of FOLDER lie
# in AS. Through the resolved model: of the files themselves compose 2.26 tells another hash than
# `up` sets, where a service has an env_file.
config_hashes() {
  compose_from=$(literal "$1")
  compose_to=$(literal "${2:-$1}")
  in_project "$1" compose config 2>/dev/null | sed "s|$compose_from|$compose_to|g" |
    in_project "${2:-$1}" resolved_hashes 2>/dev/null
}
resolved_hashes() {
  COMPOSE_PROFILES='*' docker compose --project-directory . ${project:+-p "$project"} -f - config --hash '*'
}
literal() { printf '%s' "$1" | sed 's/[][\\.*^$|&]/\\&/g'; }

# project_into NAME FOLDER: adopted, configured, or what compose makes of the files and the folder's
# name.
project_into() {
  get_into compose_project "$S/adopted"
  compose_project=${compose_project:-$B_PROJECT}
  if [ -z "$compose_project" ] && [ -d "$2" ]; then
    compose_project=$(
      project=
      services_of "$2" | sed -n 's/^P //p'
    )
  fi
  eval "$1=\$compose_project"
}
# projects: `PROJECT FOLDER`, a tab between, of all that run.
projects() {
  dk_ask ps --no-trunc --filter "label=$compose_label.project" --format \
    "{{.Label \"$compose_label.project\"}}$compose_tab{{.Label \"$compose_label.project.working_dir\"}}" | sort -u
}
# is_checkout_dir FOLDER: as a container's label may say it.
is_checkout_dir() {
  [ "$1" = "$checkout" ] || [ "$1" = "$(cd -P -- "$checkout" 2>/dev/null && pwd)" ]
}

# find_known_project: $compose_known, which serves, or would: of the record, else of the checkout.
find_known_project() {
  compose_known=
  get_into compose_current "$S/current"
  [ -z "$compose_current" ] || release_into compose_known "$compose_current" project
  [ -z "$compose_known" ] || return 0
  project_into compose_known "$checkout"
  # Files that compose cannot read, but containers that come from them.
  [ -n "$compose_known" ] || compose_known=$(projects | while IFS=$compose_tab read -r compose_name compose_dir; do
    ! is_checkout_dir "$compose_dir" || printf '%s\n' "$compose_name"
  done | head -n 1)
}

# containers PROJECT [OPTION...]: their ids; without those of `compose run`.
containers() {
  [ -n "$1" ] || return 0
  compose_of=$1
  shift
  dk_ask ps -q --no-trunc "$@" --filter "label=$compose_label.project=$compose_of" \
    --filter "label=$compose_label.oneoff=False"
}

# tag_of SERVICE ID: lower case, as image names must be.
tag_of() {
  compose_name=$(printf '%s' "$1" | tr '[:upper:]' '[:lower:]' |
    sed -e 's/[^a-z0-9._-]/-/g' -e 's/^[._-]*//' -e 's/\([._-]\)[._-]*/\1/g' -e 's/[._-]*$//')
  printf 'baton/%s/%s:%s\n' "$B_STACK" "${compose_name:-x}" "$2"
}
image_id() { dk_ask image inspect --format '{{.Id}}' "$1" 2>/dev/null; }

# each_line FILE COMMAND...: with the fields of each line of a list of ours behind.
each_line() {
  [ -f "$1" ] || return 0
  compose_list=$1
  shift
  while IFS=$compose_tab read -r compose_1 compose_2 compose_3 compose_4; do
    "$@" "$compose_1" "$compose_2" "$compose_3" "$compose_4" </dev/null || return
  done <"$compose_list"
}

# --- pre-flight ----------------------------------------------------------------------------------

engine_faults() {
  if ! have docker; then
    fault missing_tool 'docker is not on this host' 'sudo apt-get install docker.io'
    return
  fi
  compose_said=$(bounded 20 docker version --format '{{.Server.Version}}' 2>&1)
  compose_status=$?
  case $compose_status:$compose_said in
  0:*) ;;
  *[Pp]'ermission denied'*)
    fault missing_tool "$(id -un) may not use the docker daemon" "sudo usermod -aG docker $(id -un)"
    return
    ;;
  124:* | 143:*)
    fault missing_tool 'the docker daemon does not answer' 'sudo systemctl restart docker'
    return
    ;;
  *)
    fault missing_tool "the docker daemon cannot be asked: $(printf '%s\n' "$compose_said" | tail -n 1)" \
      'sudo systemctl start docker'
    return
    ;;
  esac
  compose_version=$(bounded 20 docker compose version --short 2>/dev/null)
  case ${compose_version#v} in
  [2-9].* | [1-9][0-9].*) ;;
  *)
    compose_old=
    ! have docker-compose || compose_old="; $(docker-compose version --short 2>/dev/null || echo 1) of docker-compose is there, but v1 is no longer made"
    fault missing_tool "docker compose v2 is not on this host$compose_old" 'sudo apt-get install docker-compose-plugin'
    return
    ;;
  esac
  compose_root=$(dk_ask info --format '{{.DockerRootDir}}' 2>/dev/null)
  [ ! -d "$compose_root" ] || need_space "$compose_root" "docker's data root" 'docker system df; docker image prune; docker builder prune'
  foreign_projects
}

# A project that serves from this checkout under another name, or under our name from elsewhere.
foreign_projects() {
  project_into compose_want "$checkout"
  get_into compose_adopted "$S/adopted_dir"
  projects >"$BATON_FACTS.projects"
  while IFS=$compose_tab read -r compose_name compose_dir; do
    if is_checkout_dir "$compose_dir"; then
      [ -z "$compose_want" ] || [ "$compose_name" = "$compose_want" ] ||
        fault foreign_project "what runs from $checkout is the project \`$compose_name\`, not \`$compose_want\`" "baton adopt $B_HOST"
      continue
    fi
    case $compose_dir in
    "$S"/* | "$compose_adopted") ;;
    *)
      [ "$compose_name" != "$compose_want" ] ||
        fault foreign_project "the project \`$compose_name\` runs from $compose_dir, not from $checkout" "baton adopt $B_HOST"
      ;;
    esac
  done <"$BATON_FACTS.projects"
  rm -f -- "$BATON_FACTS.projects"
}

# --- what runs -----------------------------------------------------------------------------------

engine_running() {
  have docker || return
  find_known_project
  [ -n "$(containers "$compose_known")" ]
}

# record_services ID: from the containers that are there.
record_services() {
  release_into compose_project "$1" project
  compose_ids=$(containers "$compose_project" -a)
  # shellcheck disable=SC2086 # ids
  [ -n "$compose_ids" ] && dk inspect --format "{{index .Config.Labels \"$compose_label.service\"}}$compose_tab{{.Image}}$compose_tab{{index .Config.Labels \"$compose_label.config-hash\"}}$compose_tab{{.Config.Image}}" \
    $compose_ids | sort -u >"$S/release/$1/services.new" && mv -f -- "$S/release/$1/services.new" "$S/release/$1/services"
}

engine_baseline() {
  find_known_project
  release_put baseline project "$compose_known"
  # One that was adopted from another folder goes back to being run from there.
  rm -f -- "$S/release/baseline/dir" "$S/release/baseline/files"
  get_into compose_dir "$S/adopted_dir"
  if [ -n "$compose_dir" ] && ! is_checkout_dir "$compose_dir"; then
    release_put baseline dir "$compose_dir" files "$(dk_ask inspect \
      --format "{{index .Config.Labels \"$compose_label.project.config_files\"}}" \
      "$(containers "$compose_known" | head -n 1)")"
  fi
  record_services baseline || fail step_failed 'cannot record the containers that run'
  each_line "$S/release/baseline/services" tag_service baseline
  # Running or, of one-shot services, well ended; those with a check of their own must pass it.
  # shellcheck disable=SC2046 # ids
  dk inspect --format "{{index .Config.Labels \"$compose_label.service\"}}$compose_tab{{.State.Status}}$compose_tab{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}$compose_tab{{.State.ExitCode}}" \
    $(containers "$compose_known" -a) >"$S/release/baseline/states"
  each_line "$S/release/baseline/states" was_healthy | sort -u >"$S/release/baseline/healthy"
}
# was_healthy SERVICE STATE HEALTH EXIT
was_healthy() {
  case $2:$3:$4 in
  running:none:* | running:healthy:* | exited:*:0) printf '%s\n' "$1" ;;
  esac
}
# tag_service ID SERVICE IMAGE-ID
tag_service() { run engine "docker tag $(tag_of "$2" "$1")" dk tag "$3" "$(tag_of "$2" "$1")"; }

# --- a new release -------------------------------------------------------------------------------

engine_prepare() {
  compose_dir=$S/release/$B_RELEASE
  run config 'docker compose config' in_project "$1" compose config -q
  services_of "$1" >"$compose_dir/model"
  project_into project "$1"
  [ -n "$project" ] || fail config_invalid "compose does not say what the project of $B_STACK is called: set compose.project"
  release_put "$B_RELEASE" project "$project"
  find_known_project
  if [ "$compose_known" != "$project" ] && [ -n "$(containers "$compose_known")" ]; then
    fail foreign_project "the project \`$compose_known\` serves, but the commit calls it \`$project\`: set compose.project: $compose_known, or stop it (docker compose -p $compose_known down)"
  fi

  model_services "$compose_dir/model" "$project" >"$compose_dir/wanted"
  room_for_images "$compose_dir/wanted"
  if [ "$B_IMAGES" = build ]; then
    ! grep -q "${compose_tab}build" "$compose_dir/wanted" ||
      run build 'docker compose build' in_project "$1" compose build
  else
    compose_pulled=$(each_line "$compose_dir/wanted" named_image)
    # shellcheck disable=SC2086 # names of services
    [ -z "$compose_pulled" ] || run pull 'docker compose pull' in_project "$1" compose pull $compose_pulled
  fi
  compose_tree=$1
  each_line "$compose_dir/wanted" have_image
  each_line "$compose_dir/wanted" note_image >"$compose_dir/images.new"
  mv -f -- "$compose_dir/images.new" "$compose_dir/images"
  # From now on nobody's `docker image prune` takes them.
  each_line "$compose_dir/images" tag_image "$B_RELEASE"
}

# Some service has a healthcheck, of its own or of its image.
engine_has_check() {
  grep -q '^H' "$S/release/$B_RELEASE/model" || {
    # shellcheck disable=SC2046 # ids
    dk_ask image inspect --format '{{if .Config.Healthcheck}}yes{{end}}' \
      $(cut -f 3 "$S/release/$B_RELEASE/images") 2>/dev/null | grep -q yes
  }
}

# model_services FILE PROJECT: SERVICE, image name, and where it comes from: `image`, `build`, or
# `build image` when it is built but has a name of its own.
model_services() {
  {
    cat "$1"
    echo S
  } | {
    model_name='' model_image='' model_built=''
    while read -r model_key model_value; do
      case $model_key in
      S)
        if [ -n "$model_name" ]; then
          model_from="$model_built${model_image:+ image}"
          printf '%s\t%s\t%s\n' "$model_name" "${model_image:-$2-$model_name}" "${model_from# }"
        fi
        model_name=$model_value model_image='' model_built=''
        ;;
      I) model_image=$model_value ;;
      B) model_built=build ;;
      esac
    done
  }
}

# named_image SERVICE IMAGE FROM: the services whose image somebody publishes.
named_image() {
  case $3 in
  *image) printf '%s\n' "$1" ;;
  esac
}
# have_image SERVICE IMAGE FROM: what is not here by now is fetched, or built, for this service alone.
have_image() {
  [ -z "$(image_id "$2")" ] || return 0
  case $3 in
  image) run pull "docker compose pull $1" in_project "$compose_tree" compose pull "$1" ;;
  *) run build "docker compose build $1" in_project "$compose_tree" compose build "$1" ;;
  esac
}
note_image() {
  compose_id=$(image_id "$2")
  [ -n "$compose_id" ] || fail image_missing "the image $2 of the service $1 is not here after docker compose $B_IMAGES"
  printf '%s\t%s\t%s\n' "$1" "$2" "$compose_id"
}
# tag_image ID SERVICE IMAGE IMAGE-ID: also under the name that compose will look for, should
# somebody have moved it meanwhile.
tag_image() {
  run engine "docker tag $(tag_of "$2" "$1")" dk tag "$4" "$(tag_of "$2" "$1")"
  case $3 in
  *@*) return 0 ;;
  esac
  [ "$(image_id "$3")" = "$4" ] || run engine "docker tag $3" dk tag "$4" "$3"
}

engine_before() {
  [ -f "$S/release/$1/images" ] || fail step_failed "the release $1 was not prepared"
  each_line "$S/release/$1/images" tag_image "$1"
}

# Everything is here by now: nothing may be built or pulled, and nothing is waited for. What was
# started before a snapshot was rolled back holds files that are gone.
up() {
  if [ "$B_REWOUND" = yes ]; then set -- --force-recreate; else set --; fi
  compose up -d --remove-orphans --no-build --pull never "$@"
}

engine_up() {
  release_into project "$1" project
  # What will be, so that a look after a crash knows it.
  config_hashes "$checkout" | while read -r compose_service compose_hash; do
    each_line "$S/release/$1/images" expected_service "$compose_service" "$compose_hash"
  done >"$S/release/$1/services"
  run engine 'docker compose up' in_project "$checkout" up
  record_services "$1" || fail step_failed 'cannot record the containers that were started'
}
# expected_service SERVICE HASH, then a line of `images`.
expected_service() {
  [ "$3" != "$1" ] || printf '%s\t%s\t%s\t%s\n' "$1" "$5" "$2" "$4"
}

# engine_recall_lacks ID: which of its images are gone.
engine_recall_lacks() {
  [ -f "$S/release/$1/images" ] || {
    echo "the release $1 has no record of its images"
    return
  }
  each_line "$S/release/$1/images" image_lacks "$1"
}
# image_lacks ID SERVICE IMAGE IMAGE-ID
image_lacks() {
  [ -n "$(image_id "$4")" ] ||
    echo "the image of the service $2 as it was in release $1 is gone ($(tag_of "$2" "$1"))"
}
# engine_recall ID: the same images, for the new release.
engine_recall() { each_line "$S/release/$B_RELEASE/images" tag_image "$B_RELEASE"; }

# --- back ----------------------------------------------------------------------------------------

# A machine that was set back may have only just booted.
engine_await() {
  compose_patience=0
  while [ "$compose_patience" -lt 60 ] && ! dk_ask version >/dev/null 2>&1; do
    compose_patience=$((compose_patience + 1))
    sleep 1
  done
}
engine_restore() {
  release_into project "$1" project
  release_into compose_failed "$B_RELEASE" project
  each_line "$S/release/$1/services" image_back "$1"
  # Another project of the same stack would hold the ports.
  [ -z "$compose_failed" ] || [ "$compose_failed" = "$project" ] || project_down "$compose_failed"
  release_into compose_dir "$1" dir
  if [ -n "$compose_dir" ]; then
    release_into compose_files "$1" files
    # shellcheck disable=SC2317 # `up` calls it
    compose() { adopted_compose "$@"; }
  fi
  run engine 'docker compose up' in_project "${compose_dir:-$checkout}" up
  record_services "$1" || fail step_failed 'cannot record the containers that were started'
}
# As the labels of an adopted project say: COMPOSE_FILE splits at commas as they do.
adopted_compose() {
  COMPOSE_FILE=$compose_files COMPOSE_PATH_SEPARATOR=, docker compose --project-directory . -p "$project" "$@"
}
# image_back ID SERVICE IMAGE-ID HASH IMAGE: under the name that compose looks for.
image_back() {
  compose_kept=$(image_id "$(tag_of "$2" "$1")")
  [ "${compose_kept:-none}" = "$3" ] || compose_kept=$(image_id "$3")
  [ -n "$compose_kept" ] ||
    fail image_missing "the image of the service $2 as it was in release $1 is gone ($(tag_of "$2" "$1"))"
  case $5 in
  *@* | sha256:* | '') return 0 ;;
  esac
  [ "$(image_id "$5")" = "$compose_kept" ] || run engine "docker tag $5" dk tag "$compose_kept" "$5"
}

engine_down() {
  release_into project "$B_RELEASE" project
  if [ -z "$project" ]; then
    find_known_project
    project=$compose_known
  fi
  [ -n "$project" ] || return 0
  project_down "$project"
}
# project_down PROJECT: its containers and networks; never its volumes.
project_down() {
  project=$1
  in_project "$checkout" compose down --remove-orphans || :
  # Files that compose cannot read any more do not keep it up.
  compose_ids=$(containers "$1" -a)
  [ -n "$compose_ids" ] || return 0
  # shellcheck disable=SC2086 # ids
  run engine 'docker stop' dk stop $compose_ids
  # shellcheck disable=SC2086
  run engine 'docker rm' dk rm -f $compose_ids
}

# --- looking -------------------------------------------------------------------------------------

engine_look() {
  fact look.engine compose
  have docker || return 1
  find_known_project
  fact look.project "$compose_known"
  compose_ids=$(containers "$compose_known" -a) || return 1
  compose_json=
  if [ -n "$compose_ids" ]; then
    # shellcheck disable=SC2086 # ids
    compose_json=$(dk_ask inspect --format "$compose_container" $compose_ids 2>/dev/null)
  fi
  fact look.containers "$compose_json"
  find_releases
  for compose_id in $record_releases; do
    release_into compose_state "$compose_id" state
    fact "look.state.$compose_id" "$compose_state"
    [ ! -f "$S/release/$compose_id/services" ] ||
      fact "look.services.$compose_id" "$(cut -f 1-3 "$S/release/$compose_id/services")"
  done
}
# One array a line; read by release/containers.cpp.
compose_container="[{{json (index .Config.Labels \"$compose_label.service\")}},{{json .Image}},\
{{json (index .Config.Labels \"$compose_label.config-hash\")}},{{json .State.Status}},\
{{with .State.Health}}{{json .Status}}{{else}}null{{end}},{{json .State.ExitCode}},{{json .RestartCount}},\
{{json .State.StartedAt}},{{json .HostConfig.RestartPolicy.Name}},\
{{with .Config.Healthcheck}}[{{json .StartPeriod}},{{json .Interval}},{{json .Timeout}},{{json .Retries}}]{{else}}null{{end}},\
{{with .State.Health}}{{if eq .Status \"unhealthy\"}}{{json .Log}}{{else}}null{{end}}{{else}}null{{end}}]"

# engine_forget ID: its images' tags; those that another stack's release of the same name needs stay.
engine_forget() {
  for compose_other in "$BATON_DIR"/stacks/*/*/*/release/"$1"; do
    [ "$compose_other" = "$S/release/$1" ] || [ ! -d "$compose_other" ] || return 0
  done
  dk_ask image ls --format '{{.Repository}}:{{.Tag}}' --filter "reference=baton/$B_STACK/*:$1" </dev/null |
    while read -r compose_tag; do
      dk image rm "$compose_tag" >/dev/null 2>&1 </dev/null || :
    done
}
