# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# need_tool CODE WHAT FILE: a program of the user's that later phases run on this target.
need_tool() {
  tool_file=$(expand "$3")
  if [ ! -e "$tool_file" ]; then
    fault "$1" "the $2 $tool_file does not exist" "ls -l ${tool_file%/*}"
  elif [ ! -f "$tool_file" ] || [ ! -x "$tool_file" ]; then
    fault "$1" "the $2 $tool_file cannot be run" "chmod +x $tool_file"
  fi
}
