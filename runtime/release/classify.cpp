#include "runtime/release/classify.hpp"

#include "runtime/fault.hpp"
#include "runtime/process.hpp"
#include "runtime/release/facts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace baton::release {

namespace {

std::string lower(std::string_view text) {
  std::string small{text};
  std::transform(small.begin(), small.end(), small.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return small;
}

template <std::size_t N>
bool says(const std::string& text, const std::array<std::string_view, N>& any) {
  return std::any_of(any.begin(), any.end(),
                     [&](std::string_view one) { return text.find(one) != text.npos; });
}

// What git, docker and their servers say, in lower case.
constexpr std::array no_space{std::string_view{"no space left on device"},
                              std::string_view{"disk quota exceeded"}, std::string_view{"enospc"}};
constexpr std::array no_daemon{std::string_view{"cannot connect to the docker daemon"},
                               std::string_view{"is the docker daemon running"},
                               std::string_view{"error during connect"}};
constexpr std::array network{
    std::string_view{"dial tcp"},
    std::string_view{"timeout"},
    std::string_view{"timed out"},
    std::string_view{"connection refused"},
    std::string_view{"connection reset"},
    std::string_view{"could not resolve host"},
    std::string_view{"no such host"},
    std::string_view{"temporary failure"},
    std::string_view{"network is unreachable"},
    std::string_view{"no route to host"},
    std::string_view{"server misbehaving"},
    std::string_view{"unexpected eof"},
    std::string_view{": eof"},
    std::string_view{"toomanyrequests"},
    std::string_view{"too many requests"},
    std::string_view{"service unavailable"},
    std::string_view{"bad gateway"},
    std::string_view{"internal server error"},
    std::string_view{"remote end hung up"},
    std::string_view{"early eof"},
    std::string_view{"kex_exchange_identification"},
    std::string_view{"returned error: 5"},
    std::string_view{"status: 5"},
};
constexpr std::array image_gone{
    std::string_view{"manifest unknown"},
    std::string_view{"manifest for"},
    std::string_view{"not found"},
    std::string_view{"pull access denied"},
    std::string_view{"repository does not exist"},
    std::string_view{"unauthorized"},
    std::string_view{"authentication required"},
    std::string_view{"no basic auth credentials"},
    std::string_view{"requested access to the resource is denied"},
    std::string_view{"denied: "},
    std::string_view{"invalid reference format"},
    std::string_view{"no such image"},
    std::string_view{"no matching manifest"},
};
constexpr std::array ill_dependency{std::string_view{"is unhealthy"},
                                    std::string_view{"dependency failed to start"}};
constexpr std::array refused{
    std::string_view{"permission denied"},
    std::string_view{"authentication failed"},
    std::string_view{"repository not found"},
    std::string_view{"does not exist"},
    std::string_view{"does not appear to be a git repository"},
    std::string_view{"could not read username"},
    std::string_view{"could not read password"},
    std::string_view{"unable to read askpass"},
    std::string_view{"host key verification failed"},
    std::string_view{"access denied"},
    std::string_view{"not found"},
    std::string_view{"returned error: 4"},
};
constexpr std::array local_changes{std::string_view{"would be overwritten by"},
                                   std::string_view{"please commit your changes"}};
constexpr std::array locked{std::string_view{".lock': file exists"},
                            std::string_view{"another git process seems to be running"},
                            std::string_view{"cannot lock ref"}};

/// Without the progress that docker mixes in (` Container x  Starting`, `#7 DONE 0.1s`), if
/// something else is left; its errors stand at a line's start. The same line twice is one.
std::string without_progress(const std::string& said) {
  std::string kept;
  std::string before;
  for (const auto& line : lines_of(said))
    if (line.front() != ' ' && line.front() != '#' && line != before) {
      kept += line + '\n';
      before = line;
    }
  return kept.empty() ? said : kept;
}

struct verdict_of {
  ec code;
  bool retryable;
};

verdict_of judge(const std::string& kind, const std::string& said) {
  if (says(said, no_space))
    return {ec::no_space, false};
  if (kind == "remote")
    // Auth first: ssh says `Connection closed` after it.
    return {ec::remote_git, !says(said, refused) || says(said, network)};
  if (kind == "git") {
    if (says(said, local_changes))
      return {ec::dirty, false};
    // Of a full disk git does not say more when it writes a file of the work tree.
    if (said.find("unable to write") != said.npos)
      return {ec::no_space, false};
    return {ec::step_failed, says(said, locked)};
  }
  if (kind == "config")
    return {ec::config_invalid, false};
  if (kind == "user")
    // Nobody but its author knows what it tried; it may well be a port not yet free.
    return {ec::step_failed, true};
  if (says(said, no_daemon))
    return {ec::step_failed, true};
  if (kind == "pull" || kind == "build") {
    const bool flaky = says(said, network);
    if (!flaky && says(said, image_gone))
      return {ec::image_missing, false};
    return {ec::step_failed, flaky};
  }
  // `up` waits for what others depend on.
  if (said.find("didn't complete successfully") != said.npos)
    return {ec::unhealthy, false};
  if (says(said, ill_dependency))
    return {ec::unhealthy, true};
  if (says(said, network))
    return {ec::step_failed, true};
  if (says(said, image_gone))
    return {ec::image_missing, false};
  return {ec::step_failed, kind == "engine"};
}

} // namespace

error classify(const command_failure& what) {
  const auto [code, retryable] = judge(what.kind, lower(what.said));
  auto text = what.name + " ended with status " + std::to_string(what.status);
  if (what.disk_was_full && code == ec::step_failed)
    return make_error(ec::no_space,
                      std::move(text) + " where the disk is full, and its last words are lost");
  const bool docker = what.kind == "pull" || what.kind == "build" || what.kind == "engine";
  if (const auto said = last_lines(docker ? without_progress(what.said) : what.said); !said.empty())
    text += ": " + said;
  auto made = make_error(code, std::move(text));
  made.retryable = retryable;
  return made;
}

} // namespace baton::release
