# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the parts
# Whether the images of a release have room on docker's disk, before any of them is brought here.
# A registry says how large an image is packed. Unpacked it is about twice and a half as large, and
# while that is done its packed form lies there, too.
room_unpacked=3

# image_bytes IMAGE: what it takes here; nothing when it is not here.
image_bytes() { dk_ask image inspect --format '{{.Size}}' "$1" 2>/dev/null; }
kib_of() { awk -F"$compose_tab" -v of="$1" '{ sum += $of } END { printf "%.0f\n", sum / 1024 }'; }

# running_image SERVICE: the id of the image that it runs from.
running_image() {
  get_into room_current "$S/current"
  each_line "$S/release/$room_current/services" id_of_service "$1"
}
id_of_service() { [ "$1" != "$2" ] || printf '%s\n' "$3"; }

# image_to_come SERVICE IMAGE FROM: `pull` or `build`, the image, and what it (or what the service
# runs from) takes now, `?` when there is nothing to go by. Nothing when what is here stays.
image_to_come() {
  room_here=$(image_bytes "$2")
  case $B_IMAGES:$3:$room_here in
  pull:*image:* | build:image:) room_how=pull ;;
  build:build*:* | pull:build:) room_how=build ;;
  *) return 0 ;;
  esac
  [ -n "$room_here" ] || room_here=$(image_bytes "$(running_image "$1")")
  printf '%s\t%s\t%s\n' "$room_how" "$2" "${room_here:-?}"
}

# manifest IMAGE: what its registry says of it, without white space. Older clients have no buildx,
# and their own word does not know every kind of manifest.
manifest() {
  room_said=$({ dk_ask buildx imagetools inspect --raw "$1" || dk_ask manifest inspect "$1"; } 2>/dev/null | tr -d ' \t\r\n')
  case $room_said in
  *'"digest":"sha256:'*) printf '%s\n' "$room_said" ;;
  *) return 1 ;;
  esac
}
# blobs IMAGE: DIGEST and BYTES, packed, of each part of it for this machine. Fails when that is
# not to be had. (Each part is an object of its own in the JSON, so what follows a brace belongs
# together.)
blobs() {
  room_manifest=$(manifest "$1") || return
  case $room_manifest in
  *'"manifests":['*)
    room_digest=$(printf '%s' "$room_manifest" | awk -v RS='{' -v arch="\"architecture\":\"$room_arch\"" '
      match($0, /"digest":"sha256:[0-9a-f]+"/) { digest = substr($0, RSTART + 10, RLENGTH - 11) }
      index($0, arch) && index($0, "\"os\":\"linux\"") { print digest; exit }')
    [ -n "$room_digest" ] || return 1
    room_name=${1%%@*}
    case ${room_name##*/} in *:*) room_name=${room_name%:*} ;; esac
    room_manifest=$(manifest "$room_name@$room_digest") || return
    ;;
  esac
  printf '%s' "$room_manifest" | awk -v RS='{' -v OFS="$compose_tab" '
    match($0, /"digest":"sha256:[0-9a-f]+"/) {
      digest = substr($0, RSTART + 10, RLENGTH - 11)
      if (match($0, /"size":[0-9]+/)) print digest, substr($0, RSTART + 7, RLENGTH - 7)
    }'
}
# blobs_here SERVICE IMAGE: of what is here under that name, and of what the service runs from.
blobs_here() {
  for room_image in "$2" "$(running_image "$1")"; do
    for room_digest in $(dk_ask image inspect --format '{{join .RepoDigests " "}}' "$room_image" 2>/dev/null); do
      blobs "$room_digest"
    done
  done
  return 0
}

# image_needs HOW IMAGE BYTES: adds to what is to come.
image_needs() {
  if [ "$1" = pull ] && blobs "$2" >>"$room_list.packed"; then
    return 0
  elif [ "$3" = '?' ]; then
    room_unknown="$room_unknown $2"
  else
    room_guessed="$room_guessed $2"
    room_guess=$((room_guess + $3 / 1024))
  fi
}
packed_kib() { sort -u "$room_list.packed" | kib_of 2; }

# room_for_images FILE: fails when what its services (a line each: SERVICE, IMAGE, FROM) bring here
# has no room. `disk_free: 0` wants none of this.
room_for_images() {
  [ "$B_DISK_FREE" -gt 0 ] || return 0
  room_root=$(dk_ask info --format '{{.DockerRootDir}}' 2>/dev/null)
  [ -d "$room_root" ] || return 0
  disk_of "$room_root"
  room_free=$space_free
  [ -n "$room_free" ] || return 0 # pre-flight has said so
  room_list=$BATON_FACTS.room
  each_line "$1" image_to_come | sort -u >"$room_list"
  # Images seldom become three times as large; as long as that would fit, no registry is asked.
  if ! grep -q '?$' "$room_list" && [ $((3 * $(kib_of 3 <"$room_list"))) -le "$room_free" ]; then
    return 0
  fi
  room_guess=0 room_guessed='' room_unknown=''
  room_arch=$(dk_ask version --format '{{.Server.Arch}}' 2>/dev/null)
  : >"$room_list.packed"
  each_line "$room_list" image_needs
  room_need=$((room_unpacked * $(packed_kib) + room_guess))
  if [ "$room_need" -gt "$room_free" ] && [ -s "$room_list.packed" ]; then
    # Layers that are here already do not come again.
    each_line "$1" blobs_here >"$room_list.here"
    awk 'FILENAME == ARGV[1] { here[$1]; next } !($1 in here)' "$room_list.here" "$room_list.packed" >"$room_list.new"
    mv -f -- "$room_list.new" "$room_list.packed"
    room_need=$((room_unpacked * $(packed_kib) + room_guess))
  fi
  [ -z "$room_unknown" ] || note "nobody could say how much room these images will take:$room_unknown"
  [ "$room_need" -gt "$room_free" ] || return 0
  room_said="the images of this release need about $(size_of "$room_need") on $B_HOST"
  [ -z "$room_guessed" ] ||
    room_said="$room_said (a guess from what is there, for$room_guessed; \`pre_flight: {disk_free: 0}\` goes on without)"
  fail no_space "$room_said, but docker's disk ($room_root) has $(size_of "$room_free") free; to make room there: docker system df; docker image prune; docker builder prune (not \`image prune -a\`: it takes what a rollback needs)" no
}
