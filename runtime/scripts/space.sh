# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared between the parts
# Free space, as df tells it.

# disk_of FOLDER: $space_device and $space_free, the KiB that are free on the file system where it is or
# would be; both empty when that cannot be told.
disk_of() {
  space_line=$(df -Pk -- "$(holder "$1")" 2>/dev/null | sed -n '2p')
  space_free=$(printf '%s\n' "$space_line" | sed -n 's/^.* \(-\{0,1\}[0-9][0-9]*\)  *[0-9-]*%.*$/\1/p')
  space_device=${space_free:+${space_line%% *}}
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
