# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# git on a checkout. Uses: $checkout (absolute), $B_URL, $B_COMMIT, $B_DIRTY, $B_REF (refs/baton/…/);
# and $B_SITE, $B_GIT_USER, $B_GIT_PASSWORD when the URL had a login: git asks for it, so that it is
# in no argument, no file, no message and no helper of the user's that would keep it.
#
# What is known of the checkout stands in $git_at (HEAD's commit; nothing when there is none),
# $git_shallow (true, false), $git_lock (an index.lock that is there: left by a git that died, if it
# stays): see is_checkout.
GIT_TERMINAL_PROMPT=0
GIT_ASKPASS=false
GIT_AUTHOR_NAME=Baton GIT_AUTHOR_EMAIL=baton@localhost
GIT_COMMITTER_NAME=Baton GIT_COMMITTER_EMAIL=baton@localhost
git_ssh=${GIT_SSH_COMMAND:-ssh}
git_ssh_options='-o BatchMode=yes -o ConnectTimeout=15'
GIT_SSH_COMMAND="$git_ssh $git_ssh_options"
export GIT_TERMINAL_PROMPT GIT_ASKPASS GIT_SSH_COMMAND
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

# git_may_ask: for a script in which git may ask a remote: checking out does so, too, in a partial
# clone or with LFS. By the user's own ssh, of his configuration before his environment.
git_may_ask() {
  git_own_ssh=$(git config --get core.sshCommand 2>/dev/null) || git_own_ssh=$git_ssh
  GIT_SSH_COMMAND="$git_own_ssh $git_ssh_options"
}

# shellcheck disable=SC2016 # for the shell that git calls
git_login='!f() { [ "$1" != get ] || printf "username=%s\npassword=%s\n" "$B_GIT_USER" "$B_GIT_PASSWORD"; }; f'

# Nothing of the repository's own runs (hooks), nothing is asked, names come unescaped but for
# control characters, quotes and backslashes. $git_within: words that go before it.
git_within=
git_quietly() (git_become "$@")
# git_become, g_become: for a shell that has nothing else to do, as in `$(…)` or before a `|`: it
# becomes git, where git_quietly and g would be a process more.
git_become() {
  umask "$lib_umask"
  if [ -n "${B_SITE-}" ]; then
    export B_GIT_USER B_GIT_PASSWORD
    set -- -c "credential.$B_SITE.helper=" -c "credential.$B_SITE.helper=$git_login" "$@"
  fi
  # shellcheck disable=SC2086 # words
  exec $git_within git -c core.hooksPath=/dev/null -c core.quotePath=false -c gc.auto=0 -c maintenance.auto=false \
    -c advice.detachedHead=false -c core.fsmonitor=false "$@"
}
g() { git_quietly -C "$checkout" "$@"; }
g_become() { git_become -C "$checkout" "$@"; }

# is_checkout [COMMIT]: and what is known of it, in one question; also whether the commit is here.
git_at='' git_known=''
is_checkout() {
  git_at='' git_shallow='' git_lock=''
  [ -e "$checkout/.git" ] || return
  # It ends at the first commit that is not there: what it has said by then counts.
  git_said=$(g_become rev-parse --is-shallow-repository --git-path index.lock 'HEAD^{commit}' \
    ${1:+"$1^{commit}"} -- 2>/dev/null)
  [ -n "$git_said" ] || return
  {
    IFS= read -r git_shallow
    IFS= read -r git_lock
    IFS= read -r git_at
    IFS= read -r git_line
  } <<END
$git_said
END
  [ -z "$git_line" ] || [ "$git_line" != "${1-}" ] || git_known=$1
  case $git_lock in
  /*) ;;
  *) git_lock=$checkout/$git_lock ;;
  esac
  [ -e "$git_lock" ] || git_lock=
}
git_head() { g_become rev-parse -q --verify 'HEAD^{commit}' 2>/dev/null; }
# has_commit COMMIT: one that was here is not asked for again.
has_commit() {
  [ "$1" != "$git_known" ] || [ -z "$1" ] || return 0
  g cat-file -e "$1^{commit}" 2>/dev/null && git_known=$1
}

# unquoted_into NAME FILE: what git wrote as "C-quoted" name, as it is.
unquoted_into() {
  case $2 in
  '"'*'"')
    git_name=${2#\"}
    git_name=${git_name%\"}
    git_name=$(printf '%s\n' "$git_name" | sed -e 's/%/%%/g' -e 's/\\"/"/g')
    # The name is the format on purpose: \nnn and \n mean the same to git and to printf.
    # shellcheck disable=SC2059
    git_name=$(printf "$git_name")
    eval "$1=\$git_name"
    ;;
  *) eval "$1=\$2" ;;
  esac
}

# find_differing: $git_differing: tracked files that differ from HEAD, as git quotes them, one a line.
# Changes nothing: `git diff` would write the index.
find_differing() {
  git_differing=
  [ -n "$git_at" ] || return 0
  git_differing=$(g_become --no-optional-locks status --porcelain --no-renames --untracked-files=no \
    --ignore-submodules=dirty 2>/dev/null)
  [ -z "$git_differing" ] || git_differing=$(printf '%s\n' "$git_differing" | sed 's/^...//')
}

# is_tracked NAME
is_tracked() { g ls-files --error-unmatch -- ":(top,literal)$1" >/dev/null 2>&1; }

# in_the_way NAME COMMIT: $git_found is what lies where the commit wants to put NAME and would be lost.
in_the_way() {
  git_path=$1
  git_found=
  if [ -e "$checkout/$git_path" ] || [ -L "$checkout/$git_path" ]; then
    is_tracked "$git_path" && return
    if [ -f "$checkout/$git_path" ] && [ ! -L "$checkout/$git_path" ] &&
      [ "$(g_become hash-object -- "$git_path" 2>/dev/null)" = "$(g_become rev-parse -q --verify "$2:$git_path" 2>/dev/null)" ]; then
      return
    fi
    git_found=$git_path
    return
  fi
  while :; do
    case $git_path in
    */*) git_path=${git_path%/*} ;;
    *) return ;;
    esac
    if [ -L "$checkout/$git_path" ] || { [ -e "$checkout/$git_path" ] && [ ! -d "$checkout/$git_path" ]; }; then
      is_tracked "$git_path" || git_found=$git_path
      return
    fi
  done
}

# find_added COMMIT: $git_added: what it has and HEAD has not, as git quotes it, one a line.
find_added() {
  git_new=$1
  if [ -n "$git_at" ]; then
    git_added=$(g_become diff --name-only --no-renames --diff-filter=A HEAD "$1" 2>/dev/null)
  else
    git_added=$(g_become ls-tree -r --name-only "$1" 2>/dev/null)
  fi
}
# each_overwritten COMMAND...: with each untracked file (ignored ones too) that checking out what
# find_added was asked about would overwrite, as last word.
each_overwritten() {
  printf '%s\n' "$git_added" | while IFS= read -r git_line; do
    unquoted_into git_file "$git_line"
    in_the_way "$git_file" "$git_new"
    [ -z "$git_found" ] || "$@" "$git_found"
  done
}
# For people: one line, whatever the name holds.
show_name() {
  case $1 in
  *"$lib_newline"*) printf '%s' "$1" | tr '\n' '?' && echo ;;
  *) printf '%s\n' "$1" ;;
  esac
}
# find_overwritten COMMIT: $git_overwritten, for people.
find_overwritten() {
  git_overwritten=
  find_added "$1"
  [ -z "$git_added" ] || git_overwritten=$(each_overwritten show_name | sort -u)
}

# find_kept_in_conflict COMMIT: $git_conflicts: differing files that the commit changes, too.
find_kept_in_conflict() {
  git_conflicts=
  find_differing
  [ -z "$git_differing" ] || git_conflicts=$(printf '%s\n' "$git_differing" | while IFS= read -r git_line; do
    unquoted_into git_file "$git_line"
    g diff --quiet --no-renames HEAD "$1" -- ":(top,literal)$git_file" 2>/dev/null ||
      printf '%s\n' "$git_line"
  done)
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

# find_dirt COMMIT: $git_dirt is why this commit cannot be checked out by the stack's policy; nothing
# when it can. COMMIT may be empty: not known yet.
find_dirt() {
  git_dirt=
  git_list=
  case $B_DIRTY in
  discard) return ;;
  keep)
    if [ -n "$1" ] && has_commit "$1"; then
      find_kept_in_conflict "$1"
      git_list=$git_conflicts
    fi
    ;;
  *)
    find_differing
    git_list=$git_differing
    ;;
  esac
  if [ -n "$git_list" ]; then
    git_list=$(printf '%s\n' "$git_list" | while IFS= read -r git_line; do
      unquoted_into git_file "$git_line"
      show_name "$git_file"
    done)
    git_dirt="changed files in $checkout: $(listed "$git_list")"
  fi
  [ -n "$1" ] && has_commit "$1" || return
  find_overwritten "$1"
  [ -z "$git_overwritten" ] ||
    git_dirt="${git_dirt:+$git_dirt;}untracked files in $checkout that the commit would overwrite: $(listed "$git_overwritten")"
}

# Whether the folder holds nothing but the stack's env files: the secrets come before the clone.
only_env_files() {
  [ -d "$checkout" ] || return
  [ "$(find "$checkout" ! -type d | wc -l)" -eq "$(each_env printf '%s\n' | sort -u | wc -l)" ]
}

# Makes the checkout's repository where there is none; nothing is checked out yet.
make_checkout() {
  is_checkout "$B_COMMIT" && return
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
  git_named=yes
  if [ "$B_SOURCE" = push ]; then
    [ -f "${BATON_FILES-}/commit.bundle" ] ||
      fail remote_git "the commit $B_COMMIT is not on this host and was not sent along"
    run remote 'git fetch (bundle)' fetch "$BATON_FILES/commit.bundle" \
      "+refs/baton/export/$B_COMMIT:$B_REF$B_RELEASE"
  # Most servers give any object that a branch reaches; some only what a name points at.
  elif ! fetch -- "$B_URL" "+$B_COMMIT:$B_REF$B_RELEASE" 2>/dev/null; then
    git_named=
    run remote "git fetch $B_URL" fetch -- "$B_URL" \
      "+refs/heads/*:${B_REF}fetched/heads/*" "+refs/tags/*:${B_REF}fetched/tags/*"
  fi
  has_commit "$B_COMMIT" ||
    fail bad_commit "the commit $B_COMMIT is not to be had from $B_URL: is it pushed?"
  [ -n "$git_named" ] || g update-ref "$B_REF$B_RELEASE" "$B_COMMIT"
}

# save_changes NAME: what differs goes into the repository as refs/baton/…/NAME, so that a person
# can have it back; $git_saved says how, when there was something.
save_changes() {
  git_saved=
  find_differing
  [ -n "$git_differing" ] || return 0
  git_stash=$(g_become stash create "baton: changes replaced by a deployment" 2>/dev/null)
  if [ -n "$git_stash" ] && g update-ref "$B_REF$1" "$git_stash"; then
    git_saved="git -C $checkout stash apply $B_REF$1"
    return
  fi
  # Unmerged files cannot be stashed.
  ! g diff --binary HEAD >"$S/$1.patch" 2>/dev/null || git_saved=$S/$1.patch
}

# set_aside COMMIT FOLDER: moves what the commit would overwrite there; $git_aside are the names.
set_aside() {
  git_aside=
  find_added "$1"
  [ -z "$git_added" ] || git_aside=$(each_overwritten move_aside "$2")
}
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
  if [ -n "${2-}" ] && [ "$(g_become rev-parse -q --verify "refs/heads/$2^{commit}" 2>/dev/null)" = "$1" ]; then
    set -- "$1" "$2" "$2" --
  else
    set -- "$1" "" --detach "$1" --
  fi
  git_to=$1
  shift 2
  run git "git checkout $git_to" g checkout -q ${git_force:+"$git_force"} "$@"
  git_at=$git_to
  submodules "$checkout"
}

# lay_tree COMMIT FOLDER: the commit's files beside the checkout. The folder's last part is the
# checkout's, for those who make names of it.
lay_tree() {
  drop_tree "$2"
  [ -d "${2%/*}" ] || mkdir -p -- "${2%/*}" || fail no_space "cannot make the folder ${2%/*}"
  run git "git worktree add $1" g worktree add -q --detach --force "$2" "$1"
  submodules "$2"
}
drop_tree() {
  [ -e "$1" ] || return 0
  g worktree remove --force --force "$1" >/dev/null 2>&1 && return
  rm -rf -- "$1"
  g worktree prune >/dev/null 2>&1 || :
}
