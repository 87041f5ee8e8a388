#include "runtime/release/bundle.hpp"

#include "runtime/fault.hpp"
#include "runtime/process.hpp"
#include "runtime/release/names.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace baton::release {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name); // NOLINT: nobody changes the environment meanwhile
  return value ? value : "";
}

expected<process_end> git(const std::string& cache, std::vector<std::string> words,
                          std::size_t output_max = 4096) {
  process_request ask;
  ask.argv = {"git", "--git-dir=" + cache};
  ask.argv.insert(ask.argv.end(), words.begin(), words.end());
  ask.env = {{"GIT_TERMINAL_PROMPT", "0"}, {"LC_ALL", "C"}};
  ask.deadline = std::chrono::minutes{10};
  ask.output_max = output_max;
  return run_process(ask);
}

} // namespace

expected<std::string> cache_folder() {
  // A relative one is to be ignored, says the XDG specification.
  if (auto folder = environment("XDG_CACHE_HOME"); folder.starts_with('/'))
    return folder + "/baton/git";
  const auto home = environment("HOME");
  if (!home.starts_with('/'))
    return fault(ec::config_invalid, "there is no folder for copies of repositories: set HOME or "
                                     "XDG_CACHE_HOME");
  return home + "/.cache/baton/git";
}

expected<std::shared_ptr<const std::string>> make_bundle(const std::string& repository,
                                                         const std::string& commit,
                                                         const std::string& had,
                                                         std::size_t bytes_max) {
  const auto folder = cache_folder();
  if (!folder)
    return tl::unexpected<error>{folder.error()};
  const auto cache = *folder + "/" + cache_name(repository);
  std::vector<std::string> what{"bundle", "create", "-q", "-", "refs/baton/export/" + commit};
  // A bundle of nothing is refused, and a commit we do not know cannot be left out.
  if (is_commit(had) && had != commit) {
    const auto known = git(cache, {"cat-file", "-e", had + "^{commit}"});
    const auto contained = git(cache, {"merge-base", "--is-ancestor", commit, had});
    if (known && known->ok() && !(contained && contained->ok()))
      what.push_back("^" + had);
  }
  auto made = git(cache, std::move(what), bytes_max);
  if (!made)
    return tl::unexpected<error>{made.error()};
  if (auto why = failure_of(*made, ec::remote_git, "git bundle create"))
    return tl::unexpected<error>{*std::move(why)};
  if (made->cut)
    return fault(ec::remote_git, "the commit and its history are more than "
                                     + std::to_string(bytes_max >> 20U)
                                     + " MiB: too much to be sent; give the host access to the "
                                       "repository (`source: fetch`)");
  return std::make_shared<const std::string>(std::move(made->out));
}

} // namespace baton::release
