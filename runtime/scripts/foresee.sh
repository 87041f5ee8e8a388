# shellcheck shell=sh disable=SC1090,SC2034,SC2154 # variables are shared between the parts
# Step `foresee`, a look: what a deployment of the commit would change here. Its files are laid into
# the folder that goes with the job, with git objects that are here already or came along; the
# checkout is only read.
#
#   foresee.unknown   why it cannot be told
#   foresee.first     yes: nothing was deployed here yet
#   foresee.commit    of what serves now; foresee.wanted: of what would
#   foresee.services  compose: SERVICE, where its image comes from (`image`, `build`, `build image`),
#                     the image's id here, and its hash, a tab between, a line each
foresee_dir=$BATON_FILES/look
foresee_tree=$foresee_dir/tree/${checkout##*/}

unknown() {
  fact foresee.unknown "$1"
  exit 0
}

# The repository that has the commit: the checkout's, or one that borrows its objects.
foresee_repository() {
  foresee_git_dir=$(g_become rev-parse --absolute-git-dir) || unknown "$checkout cannot be read by git"
  has_commit "$B_COMMIT" && return
  [ -f "$BATON_FILES/commit.bundle" ] || unknown "the commit is not on this host yet, and was not sent along"
  foresee_objects=$(g_become rev-parse --git-path objects)
  case $foresee_objects in
  /*) ;;
  *) foresee_objects=$checkout/$foresee_objects ;;
  esac
  foresee_git_dir=$foresee_dir/repository
  if ! git_quietly init -q --bare -- "$foresee_git_dir" ||
    ! printf '%s\n' "$foresee_objects" >"$foresee_git_dir/objects/info/alternates" ||
    ! git_quietly --git-dir="$foresee_git_dir" update-ref refs/heads/old "$git_at" ||
    ! git_quietly --git-dir="$foresee_git_dir" fetch -q --no-tags "$BATON_FILES/commit.bundle" \
      "+refs/baton/export/$B_COMMIT:refs/heads/new"; then
    unknown "git cannot read the commit that was sent along"
  fi
}

# The commit's files, by an index of our own.
foresee_lay() {
  GIT_INDEX_FILE=$foresee_dir/index
  GIT_LFS_SKIP_SMUDGE=1
  export GIT_INDEX_FILE GIT_LFS_SKIP_SMUDGE
  if ! foresee_in_tree read-tree "$B_COMMIT" || ! foresee_in_tree checkout-index -q -a -f; then
    unknown "git cannot lay the commit's files out"
  fi
  unset GIT_INDEX_FILE GIT_LFS_SKIP_SMUDGE
}
foresee_in_tree() {
  git_quietly -C "$foresee_tree" --git-dir="$foresee_git_dir" --work-tree=. -c core.sparseCheckout=false "$@"
}

# The services as compose will make them of those files in the checkout.
foresee_services() {
  have docker || unknown 'docker is not on this host'
  foresee_said=$(in_project "$foresee_tree" compose config -q 2>&1) ||
    unknown "docker compose config: $(printf '%s\n' "$foresee_said" | tail -n 1)"
  find_known_project
  project=$compose_known
  services_of "$foresee_tree" >"$foresee_dir/model"
  config_hashes "$foresee_tree" "$checkout" >"$foresee_dir/hashes"
  model_services "$foresee_dir/model" "$project" >"$foresee_dir/wanted"
  each_line "$foresee_dir/wanted" foresee_service
}
# foresee_service SERVICE IMAGE FROM
foresee_service() {
  printf '%s\t%s\t%s\t%s\n' "$1" "$3" "$(image_id "$2")" "$(sed -n "s/^$1 //p" "$foresee_dir/hashes")"
}

git_may_ask
fact look.engine "$B_KIND"
fact foresee.wanted "$B_COMMIT"
if ! is_checkout "$B_COMMIT" || [ -z "$git_at" ]; then
  fact foresee.first yes
  exit 0
fi
get_into foresee_current "$S/current"
foresee_commit=
[ -z "$foresee_current" ] || release_into foresee_commit "$foresee_current" commit
fact foresee.commit "$foresee_commit"
[ "$B_KIND" = compose ] || exit 0
mkdir -p -- "$foresee_tree" || unknown "cannot make the folder $foresee_tree"
foresee_repository
foresee_lay
copy_env_to "$foresee_tree"
engine_look || unknown 'the docker daemon does not answer'
fact foresee.services "$(foresee_services)"
