# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `inspect`, a look: everything that would stop a deployment here, each with what mends it.

inspect_seen=' '
# need_space FOLDER WHAT MEND
need_space() {
  disk_of "$1"
  if [ -z "$space_free" ]; then
    note "free space on $1 cannot be told"
    return
  fi
  case $inspect_seen in
  *" $space_device "*) [ "$space_device" = overlay ] || [ "$space_device" = tmpfs ] || return 0 ;;
  esac
  inspect_seen="$inspect_seen$space_device "
  if [ "$space_free" -lt $((B_DISK_FREE / 1024)) ]; then
    fault no_space "$2 ($1) has $(size_of "$space_free") free, needed are $(size_of $((B_DISK_FREE / 1024)))" "$3"
  fi
}

# What git says of a remote, without what it says of every remote; on one line.
inspect_gist() {
  sed -e '/^ *$/d' -e '/^Please make sure you have the correct access rights$/d' \
    -e '/^and the repository exists\.$/d' -e '/^fatal: Could not read from remote repository\.$/d' |
    tail -n 3 | tr '\n' ' '
}

# Each check says what it needs of the others: without git, or without a checkout, some say nothing.
inspect_git() {
  # A git that can tell what is in the checkout does run.
  inspect_checkout=no
  if is_checkout "$B_COMMIT"; then
    inspect_checkout=yes
  elif ! git --version >/dev/null 2>&1; then
    fault missing_tool 'git is not on this host, or does not run' 'sudo apt-get install git'
    return
  fi
  if [ "$B_SOURCE" = fetch ] && [ "$B_KEPT" = no ]; then
    inspect_said=$(
      ! have timeout || git_within='timeout 30'
      git_become ls-remote -q -- "$B_URL" HEAD 2>&1 >/dev/null
    ) ||
      fault remote_git "the host cannot ask $B_URL: $(printf '%s\n' "$inspect_said" | inspect_gist)" \
        "on the host: git ls-remote $B_URL (or \`source: push\`, when it is to have no access)"
  fi
  if [ ! -e "$checkout" ]; then
    note "$checkout does not exist yet: it will be cloned"
    holder_into inspect_above "$checkout"
    [ -w "$inspect_above" ] || fault config_invalid "$checkout cannot be made: $inspect_above is not ours to write to" \
      "sudo install -d -o $(id -un) $checkout"
    return
  fi
  if [ "$inspect_checkout" = no ]; then
    [ -d "$checkout" ] && [ -z "$(ls -A -- "$checkout" 2>/dev/null)" ] && return
    inspect_said=$(g_become rev-parse --git-dir 2>&1 >/dev/null)
    case $inspect_said in
    *'dubious ownership'*)
      fault config_invalid "$checkout belongs to somebody else than $(id -un): git refuses it" "sudo chown -R $(id -un) $checkout"
      ;;
    *) fault config_invalid "$checkout is there, but is no git checkout" "mv $checkout $checkout.before" ;;
    esac
    return
  fi
  [ -w "$checkout" ] || fault config_invalid "$checkout cannot be written by $(id -un)" "sudo chown -R $(id -un) $checkout"
  [ -z "$git_lock" ] || fault dirty "a git process is at work in $checkout, or one has died there ($git_lock)" "rm $git_lock"
  find_dirt "$B_COMMIT"
  [ -z "$git_dirt" ] || fault dirty "$git_dirt" "git -C $checkout stash --include-untracked (or \`dirty: discard\`, \`dirty: keep\`)"
  if is_tracked .env || { [ -n "$B_COMMIT" ] && g cat-file -e "$B_COMMIT:.env" 2>/dev/null; }; then
    fault config_invalid ".env is tracked by git in $checkout: its secrets are in every clone" \
      'git rm --cached .env && echo .env >>.gitignore && git commit -m "Do not track .env"'
  fi
  # For bundles: what need not be sent.
  [ "$git_shallow" = true ] || fact have_commit "$git_at"
  [ -z "$B_COMMIT" ] || ! has_commit "$B_COMMIT" || fact have_wanted yes
}

# Whose host it is. A deployment has the lease by now; who only asks hears that it could not have it.
inspect_lease() {
  for inspect_file in "$BATON_DIR"/fence/e.*/lease; do
    IFS= read -r inspect_owner 2>/dev/null <"$inspect_file" || continue
    [ "$inspect_owner" = "$B_RUN" ] || [ -z "$inspect_owner" ] ||
      fault lease_held "run $inspect_owner holds the lease" "wait for it (baton lease show $B_HOST; baton deploy --queue); from one that is dead the next run takes the host over, or: baton lease release $B_HOST"
  done
}

# Where the checkout lies, whatever the way there is called: two names of one folder are known by it.
# Without stat there is nothing to compare.
inspect_place() {
  holder_into inspect_above "$checkout"
  inspect_id=$(stat -L -c %d:%i -- "$inspect_above" 2>/dev/null) || return 0
  IFS= read -r inspect_boot </proc/sys/kernel/random/boot_id
  fact place "$inspect_boot $inspect_id ${checkout#"$inspect_above"}"
}

# A rollback that was asked for: what there is to go back to.
inspect_kept() {
  [ "$B_KEPT" = yes ] || return 0
  fact kept "$(kept_releases)"
  [ -n "$B_RECALL" ] || return 0
  inspect_said=$(recall_lacks | tr '\n' ';')
  [ -z "$inspect_said" ] || fault bad_commit "${inspect_said%;}" 'baton rollback --list'
}

git_may_ask
inspect_lease
each_tool need_tool
if [ -n "$B_PATH" ]; then
  inspect_place
  inspect_git
  holder_into inspect_above "$checkout"
  need_space "$inspect_above" "the file system of $checkout" "du -xh $inspect_above | sort -h | tail"
  holder_into inspect_above "$S"
  need_space "$inspect_above" "the file system of Baton's folder" "du -xh $inspect_above | sort -h | tail"
  engine_faults
  inspect_kept
  look_records
  ! engine_look || fact look.done yes
fi
[ "$lib_faults" -eq 0 ] || exit 1
