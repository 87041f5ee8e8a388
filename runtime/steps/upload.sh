# shellcheck shell=sh
# Takes SIZE bytes from stdin into FOLDER/NAME, all or nothing. Always exits: what is left of the
# content must not be read as commands.

# b_put MARKER TOKEN FOLDER NAME SIZE
b_put() {
  exec 2>/dev/null
  umask 077
  export LC_ALL=C
  b_new="$3/$4.baton-$2"
  b_said=$(mkdir -p "$3" 2>&1 && true 2>&1 >"$b_new") || {
    printf '%s 0 READY\n%s\n%s 1 no\n' "$1" "${b_said:-$3 cannot be written}" "$1"
    exit
  }
  printf '%s 0 READY\n' "$1"
  b_said=$(cat 2>&1 >"$b_new") && b_size=$(wc -c <"$b_new") && [ "$b_size" -eq "$5" ] &&
    b_said=$(sync "$b_new" 2>&1 && mv -f "$b_new" "$3/$4" 2>&1) && {
    printf '%s 1 ok\n' "$1"
    exit
  }
  rm -f "$b_new"
  printf '%s\n%s 1 no\n' "${b_said:-only ${b_size:-some} of $5 bytes came}" "$1"
  exit
}
