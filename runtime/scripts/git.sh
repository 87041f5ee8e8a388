# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# git on a checkout. Uses: $checkout (absolute), $B_URL, $B_COMMIT, $B_DIRTY, $B_REF (refs/baton/…/);
# and $B_SITE, $B_GIT_USER, $B_GIT_PASSWORD when the URL had a login: git asks for it, so that it is
# in no argument, no file, no message and no helper of the user's that would keep it.
GIT_TERMINAL_PROMPT=0
GIT_ASKPASS=false
GIT_AUTHOR_NAME=Baton GIT_AUTHOR_EMAIL=baton@localhost
GIT_COMMITTER_NAME=Baton GIT_COMMITTER_EMAIL=baton@localhost
GIT_SSH_COMMAND="$(git config --get core.sshCommand 2>/dev/null || echo "${GIT_SSH_COMMAND:-ssh}") -o BatchMode=yes -o ConnectTimeout=15"
export GIT_TERMINAL_PROMPT GIT_ASKPASS GIT_SSH_COMMAND
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

# shellcheck disable=SC2016 # for the shell that git calls
git_login='!f() { [ "$1" != get ] || printf "username=%s\npassword=%s\n" "$B_GIT_USER" "$B_GIT_PASSWORD"; }; f'

# Nothing of the repository's own runs (hooks), nothing is asked, names come unescaped but for
# control characters, quotes and backslashes. $git_within: words that go before it.
git_within=
git_quietly() (
  umask "$lib_umask"
  if [ -n "${B_SITE-}" ]; then
    export B_GIT_USER B_GIT_PASSWORD
    set -- -c "credential.$B_SITE.helper=" -c "credential.$B_SITE.helper=$git_login" "$@"
  fi
  # shellcheck disable=SC2086 # words
  exec $git_within git -c core.hooksPath=/dev/null -c core.quotePath=false -c gc.auto=0 -c maintenance.auto=false \
    -c advice.detachedHead=false -c core.fsmonitor=false "$@"
)
g() { git_quietly -C "$checkout" "$@"; }

is_checkout() {
  [ -e "$checkout/.git" ] && g rev-parse -q --git-dir >/dev/null 2>&1
}
git_head() { g rev-parse -q --verify 'HEAD^{commit}' 2>/dev/null; }
has_commit() { g cat-file -e "$1^{commit}" 2>/dev/null; }

# unquoted NAME: what git wrote as "C-quoted" name, as it is.
unquoted() {
  case $1 in
  '"'*'"')
    git_name=${1#\"}
    git_name=${git_name%\"}
    git_name=$(printf '%s\n' "$git_name" | sed -e 's/%/%%/g' -e 's/\\"/"/g')
    # The name is the format on purpose: \nnn and \n mean the same to git and to printf.
    # shellcheck disable=SC2059
    printf "$git_name"
    ;;
  *) printf '%s' "$1" ;;
  esac
}

# Tracked files that differ from HEAD, as git quotes them, one a line. Changes nothing: `git diff`
# would write the index.
differing_files() {
  git_head >/dev/null || return 0
  g --no-optional-locks status --porcelain --no-renames --untracked-files=no --ignore-submodules=dirty 2>/dev/null |
    sed 's/^...//'
}

# is_tracked NAME
is_tracked() { g ls-files --error-unmatch -- ":(top,literal)$1" >/dev/null 2>&1; }

# in_the_way NAME COMMIT: prints what lies where the commit wants to put NAME and would be lost.
in_the_way() {
  git_path=$1
  if [ -e "$checkout/$git_path" ] || [ -L "$checkout/$git_path" ]; then
    is_tracked "$git_path" && return
    if [ -f "$checkout/$git_path" ] && [ ! -L "$checkout/$git_path" ] &&
      [ "$(g hash-object -- "$git_path" 2>/dev/null)" = "$(g rev-parse -q --verify "$2:$git_path" 2>/dev/null)" ]; then
      return
    fi
    printf '%s\n' "$git_path"
    return
  fi
  while :; do
    case $git_path in
    */*) git_path=${git_path%/*} ;;
    *) return ;;
    esac
    if [ -L "$checkout/$git_path" ] || { [ -e "$checkout/$git_path" ] && [ ! -d "$checkout/$git_path" ]; }; then
      is_tracked "$git_path" || printf '%s\n' "$git_path"
      return
    fi
  done
}

# each_overwritten COMMIT COMMAND...: with each untracked file (ignored ones too) that checking the
# commit out would overwrite, as last word.
each_overwritten() {
  git_new=$1
  shift
  if git_head >/dev/null; then
    g diff --name-only --no-renames --diff-filter=A HEAD "$git_new"
  else
    g ls-tree -r --name-only "$git_new"
  fi 2>/dev/null | while IFS= read -r git_line; do
    git_found=$(in_the_way "$(unquoted "$git_line")" "$git_new")
    [ -z "$git_found" ] || "$@" "$git_found"
  done
}
# For people: one line, whatever the name holds.
show_name() { printf '%s' "$1" | tr '\n' '?' && echo; }
overwritten_files() { each_overwritten "$1" show_name | sort -u; }

# kept_in_conflict COMMIT: differing files that the commit changes, too.
kept_in_conflict() {
  differing_files | while IFS= read -r git_line; do
    g diff --quiet --no-renames HEAD "$1" -- ":(top,literal)$(unquoted "$git_line")" 2>/dev/null ||
      printf '%s\n' "$git_line"
  done
}

# listed TEXT: the first lines in one, `a, b, c and 4 more`.
listed() {
  printf '%s\n' "$1" | sed -n -e '1,10{s/^/, /;p;}' -e '$='  | {
    git_all=
    git_count=0
    while IFS= read -r git_line; do
      case $git_line in
      ', '*) git_all=$git_all$git_line ;;
      *) git_count=$git_line ;;
      esac
    done
    git_all=${git_all#, }
    [ "$git_count" -le 10 ] || git_all="$git_all and $((git_count - 10)) more"
    printf '%s\n' "$git_all"
  }
}

# dirt COMMIT: why this commit cannot be checked out by the stack's policy; nothing when it can.
# COMMIT may be empty: not known yet.
dirt() {
  case $B_DIRTY in
  discard) return ;;
  keep) git_list=$([ -z "$1" ] || ! has_commit "$1" || kept_in_conflict "$1") ;;
  *) git_list=$(differing_files) ;;
  esac
  git_list=$(printf '%s\n' "$git_list" | while IFS= read -r git_line; do
    [ -z "$git_line" ] || show_name "$(unquoted "$git_line")"
  done)
  [ -z "$git_list" ] || printf '%s\n' "changed files in $checkout: $(listed "$git_list")"
  [ -n "$1" ] && has_commit "$1" || return
  git_list=$(overwritten_files "$1")
  [ -z "$git_list" ] || printf '%s\n' "untracked files in $checkout that the commit would overwrite: $(listed "$git_list")"
}

# An index.lock that stays is left by a git that died.
lock_file() {
  git_lock=$(g rev-parse --git-path index.lock 2>/dev/null) || return
  case $git_lock in
  /*) ;;
  *) git_lock=$checkout/$git_lock ;;
  esac
  [ ! -e "$git_lock" ] || printf '%s\n' "$git_lock"
}

# Whether the folder holds nothing but the stack's env files: the secrets come before the clone.
only_env_files() {
  [ -d "$checkout" ] || return
  [ "$(find "$checkout" ! -type d | wc -l)" -eq "$(each_env printf '%s\n' | sort -u | wc -l)" ]
}

# Makes the checkout's repository where there is none; nothing is checked out yet.
make_checkout() {
  is_checkout && return
  if [ -e "$checkout" ] && ! only_env_files; then
    fail config_invalid "$checkout is there, but is no git checkout: move it away, or clone the repository there"
  fi
  mkdir -p -- "$checkout" || fail no_space "cannot make the folder $checkout"
  run git "git init $checkout" git_quietly init -q -- "$checkout"
  g remote add origin "$B_URL" || :
}

# fetch WORD...: a git that dies of a full disk leaves what it had of a pack, and so the disk full.
fetch() {
  : >"$BATON_FACTS.fetch"
  g fetch -q --no-tags --no-write-fetch-head "$@" && return
  git_status=$?
  git_objects=$(cd -- "$checkout" && git_quietly rev-parse --git-path objects 2>/dev/null)
  case $git_objects in
  '') return "$git_status" ;;
  /*) ;;
  *) git_objects=$checkout/$git_objects ;;
  esac
  find "$git_objects" -type f -name 'tmp_*' -newer "$BATON_FACTS.fetch" -exec rm -f -- {} + 2>/dev/null
  return "$git_status"
}

# Has the commit's objects come here, from the remote or from the bundle that was sent.
fetch_commit() {
  if has_commit "$B_COMMIT"; then
    g update-ref "$B_REF$B_RELEASE" "$B_COMMIT"
    return
  fi
  if [ "$B_SOURCE" = push ]; then
    [ -f "${BATON_FILES-}/commit.bundle" ] ||
      fail remote_git "the commit $B_COMMIT is not on this host and was not sent along"
    run remote 'git fetch (bundle)' fetch "$BATON_FILES/commit.bundle" \
      "+refs/baton/export/$B_COMMIT:$B_REF$B_RELEASE"
  # Most servers give any object that a branch reaches; some only what a name points at.
  elif ! fetch -- "$B_URL" "+$B_COMMIT:$B_REF$B_RELEASE" 2>/dev/null; then
    run remote "git fetch $B_URL" fetch -- "$B_URL" \
      "+refs/heads/*:${B_REF}fetched/heads/*" "+refs/tags/*:${B_REF}fetched/tags/*"
  fi
  has_commit "$B_COMMIT" ||
    fail bad_commit "the commit $B_COMMIT is not to be had from $B_URL: is it pushed?"
  g update-ref "$B_REF$B_RELEASE" "$B_COMMIT"
}

# save_changes NAME: what differs goes into the repository as refs/baton/…/NAME, so that a person
# can have it back; prints that name when there was something.
save_changes() {
  git_head >/dev/null || return 0
  [ -n "$(differing_files)" ] || return 0
  git_stash=$(g stash create "baton: changes replaced by a deployment" 2>/dev/null)
  if [ -n "$git_stash" ] && g update-ref "$B_REF$1" "$git_stash"; then
    printf '%s\n' "git -C $checkout stash apply $B_REF$1"
    return
  fi
  # Unmerged files cannot be stashed.
  g diff --binary HEAD >"$S/$1.patch" 2>/dev/null && printf '%s\n' "$S/$1.patch"
}

# set_aside COMMIT FOLDER: moves what the commit would overwrite there.
set_aside() { each_overwritten "$1" move_aside "$2"; }
move_aside() {
  git_parent=.
  case $2 in
  */*) git_parent=${2%/*} ;;
  esac
  # Gone already: another new file lies under the same one.
  [ -e "$checkout/$2" ] || [ -L "$checkout/$2" ] || return
  mkdir -p -- "$1/$git_parent" && mv -- "$checkout/$2" "$1/$2" && show_name "$2"
}

# submodules FOLDER: as the commit there wants them.
submodules() {
  [ -f "$1/.gitmodules" ] || return 0
  run remote 'git submodule update' git_quietly -C "$1" submodule --quiet update --init --recursive --force
}

# check_out COMMIT [BRANCH]: HEAD is that commit exactly; detached, so that no branch of a person is
# moved. BRANCH is used when it still points at the commit. What differs was dealt with before; by
# the policy `keep` it stays, and git refuses when it cannot.
check_out() {
  git_force=--force
  [ "$B_DIRTY" != keep ] || git_force=
  if [ -n "${2-}" ] && [ "$(g rev-parse -q --verify "refs/heads/$2^{commit}" 2>/dev/null)" = "$1" ]; then
    set -- "$1" "$2" "$2" --
  else
    set -- "$1" "" --detach "$1" --
  fi
  git_to=$1
  shift 2
  run git "git checkout $git_to" g checkout -q ${git_force:+"$git_force"} "$@"
  submodules "$checkout"
}

# lay_tree COMMIT FOLDER: the commit's files beside the checkout. The folder's last part is the
# checkout's, for those who make names of it.
lay_tree() {
  drop_tree "$2"
  mkdir -p -- "${2%/*}" || fail no_space "cannot make the folder ${2%/*}"
  run git "git worktree add $1" g worktree add -q --detach --force "$2" "$1"
  submodules "$2"
}
drop_tree() {
  [ -e "$1" ] || return 0
  g worktree remove --force --force "$1" >/dev/null 2>&1 || rm -rf -- "$1"
  g worktree prune >/dev/null 2>&1 || :
}
