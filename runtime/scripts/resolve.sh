# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `resolve`, on the controller: the ref of the request becomes a commit of each repository.
# repository N KEYS URL SITE USER PASSWORD CACHE WANTED: fetches URL into the bare repository CACHE; the commit becomes
# the facts KEYS (words). B_REF_WANTED was checked before: it is a plain ref name or hex. WANTED is a
# whole commit id in its place, where that is known.

resolve_git() { git_quietly --git-dir="$cache" "$@"; }

fetch_all() {
  # Runs of other fleets may fetch into the same cache: a lock that is held is soon gone.
  for resolve_try in 1 2 3; do
    resolve_said=$(resolve_git fetch -q --prune --force --no-write-fetch-head -- "$B_URL" \
      '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*' '+HEAD:refs/baton/HEAD' 2>&1) && return 0
    case $resolve_said in
    *"couldn't find remote ref HEAD"*)
      resolve_said=$(resolve_git fetch -q --prune --force --no-write-fetch-head -- "$B_URL" \
        '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*' 2>&1) && return 0
      ;;
    *'cannot lock ref'* | *'.lock'*) ;;
    *) break ;;
    esac
    sleep "$resolve_try"
  done
  printf '%s\n' "$resolve_said"
  return 1
}

peeled() { resolve_git rev-parse -q --verify "$1^{commit}" 2>/dev/null; }

resolve_ref() {
  case $B_REF_WANTED in
  HEAD) peeled refs/baton/HEAD && return ;;
  refs/*)
    peeled "$B_REF_WANTED" && return
    resolve_git fetch -q --force --no-write-fetch-head -- "$B_URL" "+$B_REF_WANTED:refs/baton/other" 2>/dev/null &&
      peeled refs/baton/other && return
    ;;
  *)
    resolve_head=$(peeled "refs/heads/$B_REF_WANTED")
    resolve_tag=$(peeled "refs/tags/$B_REF_WANTED")
    if [ -n "$resolve_head" ] && [ -n "$resolve_tag" ] && [ "$resolve_head" != "$resolve_tag" ]; then
      fail bad_commit "\`$B_REF_WANTED\` is a branch ($resolve_head) and a tag ($resolve_tag) in $B_URL: write refs/heads/$B_REF_WANTED or refs/tags/$B_REF_WANTED"
    fi
    if [ -n "$resolve_head$resolve_tag" ]; then
      printf '%s\n' "${resolve_head:-$resolve_tag}"
      return
    fi
    ;;
  esac
  [ "$B_REF_HEX" = yes ] || return 0
  if [ "${#B_REF_WANTED}" -ge 40 ]; then
    peeled "$B_REF_WANTED" && return
    resolve_git fetch -q --no-write-fetch-head -- "$B_URL" "+$B_REF_WANTED:refs/baton/by-id/$B_REF_WANTED" 2>/dev/null
    peeled "$B_REF_WANTED" || :
    return 0
  fi
  # All commits that begin so: the first is not good enough.
  resolve_list=$(resolve_git rev-parse --disambiguate="$B_REF_WANTED" 2>/dev/null | while IFS= read -r resolve_id; do
    [ "$(resolve_git cat-file -t "$resolve_id" 2>/dev/null)" != commit ] || printf '%s\n' "$resolve_id"
  done)
  case $resolve_list in
  *"$lib_newline"*) fail bad_commit "\`$B_REF_WANTED\` is the beginning of several commits in $B_URL: $(printf '%s\n' "$resolve_list" | head -n 5 | tr '\n' ' '): write more of it" ;;
  *) printf '%s\n' "$resolve_list" ;;
  esac
}

repository() {
  B_URL=$3
  B_SITE=$4
  B_GIT_USER=$5
  B_GIT_PASSWORD=$6
  cache=$7
  if [ -n "$8" ]; then
    B_REF_WANTED=$8
    B_REF_HEX=yes
  fi
  if ! resolve_git rev-parse -q --git-dir >/dev/null 2>&1; then
    mkdir -p -- "$cache" && run git "git init $cache" git_quietly init -q --bare -- "$cache"
  fi
  fact doing_kind remote
  fact doing "git fetch $B_URL"
  printf -- '--- git fetch %s\n' "$B_URL"
  # Without the remote the cache may know the commit all the same, but not whether a branch moved.
  fetch_all || {
    fact status 1
    exit 1
  }
  commit=$(resolve_ref) || {
    # fail has said why, but only to its own subshell.
    exit 1
  }
  if [ -z "$commit" ]; then
    fact known_refs "$(resolve_git for-each-ref --sort=-committerdate --count=2000 --format='%(refname:strip=2)' refs/heads refs/tags)"
    fail bad_commit "\`$B_REF_WANTED\` is no branch, tag or commit of $B_URL"
  fi
  # Kept for the bundles that are made of it, and from being pruned.
  resolve_git update-ref "refs/baton/export/$commit" "$commit"
  for resolve_key in $2; do
    fact "$resolve_key" "$commit"
  done
}

have git || fail missing_tool 'git is not on the controller: install it (apt-get install git)'
each_tool need_tool
each_program need_program
[ "$lib_faults" -eq 0 ] || exit 1
each_repository repository
