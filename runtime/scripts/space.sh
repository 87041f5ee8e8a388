# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the parts
# Free space, as df tells it.

# disk_of FOLDER: $space_device and $space_free, the KiB that are free on the file system where it is or
# would be; both empty when that cannot be told.
disk_of() {
  holder_into space_folder "$1"
  space_line=$(df -Pk -- "$space_folder" 2>/dev/null)
  # After the heading: device, blocks, used, available, used in percent, mount point. A device's name
  # may hold blanks.
  case $space_line in
  *"$lib_newline"*) space_line=${space_line#*"$lib_newline"} ;;
  *) space_line= ;;
  esac
  space_device=${space_line%% *}
  space_free=
  space_before=
  for space_word in ${space_line%%"$lib_newline"*}; do
    case $space_word in
    *[!0-9-]*% | %) ;;
    *%)
      space_free=$space_before
      break
      ;;
    esac
    space_before=$space_word
  done
  case $space_free in
  '' | *[!0-9-]* | ?*-*) space_free='' space_device='' ;;
  esac
}

# size_of KIB: `1.5 GB`, `30 MB`.
size_of() {
  space_tenths=$(($1 * 1024 / 100000000))
  if [ "$space_tenths" -ge 10 ]; then
    printf '%s.%s GB\n' "$((space_tenths / 10))" "$((space_tenths % 10))"
  else
    printf '%s MB\n' "$(($1 * 1024 / 1000000))"
  fi
}
