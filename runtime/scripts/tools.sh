# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# need_tool CODE WHAT FILE: a program of the user's that later phases run on this target.
need_tool() {
  expand_into tool_file "$3"
  if [ ! -e "$tool_file" ]; then
    fault "$1" "the $2 $tool_file does not exist" "ls -l ${tool_file%/*}"
  elif [ ! -f "$tool_file" ] || [ ! -x "$tool_file" ]; then
    fault "$1" "the $2 $tool_file cannot be run" "chmod +x $tool_file"
  fi
}

# need_program PLACE PROGRAM: what prints a secret file here. As it is found when it runs: by PATH, by
# its path from the folder of baton.yaml, or from the home folder.
need_program() {
  case $2 in
  '~'/* | /*) expand_into tool_file "$2" ;;
  */*) tool_file=$B_PROGRAMS_IN/$2 ;;
  *) tool_file=$(command -v -- "$2") || tool_file= ;;
  esac
  if [ ! -f "$tool_file" ] || [ ! -x "$tool_file" ]; then
    fault missing_tool "there is no program $2, which prints the secrets for $1" "command -v $2"
  fi
}
