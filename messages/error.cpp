#include "messages/error.hpp"

#include <array>
#include <utility>

namespace baton {

namespace {

constexpr std::array names{
    std::pair{ec::internal, std::string_view{"internal"}},
    std::pair{ec::cancelled, std::string_view{"cancelled"}},
    std::pair{ec::timed_out, std::string_view{"timed_out"}},
    std::pair{ec::unreachable, std::string_view{"unreachable"}},
    std::pair{ec::connection_lost, std::string_view{"connection_lost"}},
    std::pair{ec::host_key_unknown, std::string_view{"host_key_unknown"}},
    std::pair{ec::host_key_changed, std::string_view{"host_key_changed"}},
    std::pair{ec::auth_failed, std::string_view{"auth_failed"}},
    std::pair{ec::lease_held, std::string_view{"lease_held"}},
    std::pair{ec::lease_lost, std::string_view{"lease_lost"}},
    std::pair{ec::step_failed, std::string_view{"step_failed"}},
    std::pair{ec::step_killed, std::string_view{"step_killed"}},
    std::pair{ec::step_lost, std::string_view{"step_lost"}},
    std::pair{ec::missing_tool, std::string_view{"missing_tool"}},
    std::pair{ec::bad_commit, std::string_view{"bad_commit"}},
    std::pair{ec::remote_git, std::string_view{"remote_git"}},
    std::pair{ec::dirty, std::string_view{"dirty"}},
    std::pair{ec::no_space, std::string_view{"no_space"}},
    std::pair{ec::config_invalid, std::string_view{"config_invalid"}},
    std::pair{ec::image_missing, std::string_view{"image_missing"}},
    std::pair{ec::foreign_project, std::string_view{"foreign_project"}},
    std::pair{ec::unhealthy, std::string_view{"unhealthy"}},
    std::pair{ec::not_steady, std::string_view{"not_steady"}},
    std::pair{ec::wrong_release, std::string_view{"wrong_release"}},
    std::pair{ec::tests_failed, std::string_view{"tests_failed"}},
    std::pair{ec::secrets_failed, std::string_view{"secrets_failed"}},
    std::pair{ec::snapshot_failed, std::string_view{"snapshot_failed"}},
    std::pair{ec::journal_failed, std::string_view{"journal_failed"}},
    std::pair{ec::usage, std::string_view{"usage"}},
};

} // namespace

std::string_view to_string(ec code) noexcept {
  for (const auto& [known, name] : names)
    if (known == code)
      return name;
  return "internal";
}

ec ec_from_string(std::string_view name) noexcept {
  for (const auto& [code, known] : names)
    if (known == name)
      return code;
  return ec::internal;
}

bool retryable_by_nature(ec code) noexcept {
  switch (code) {
  case ec::timed_out:
  case ec::unreachable:
  case ec::connection_lost:
  case ec::step_lost:
  case ec::remote_git:
  case ec::not_steady:
    return true;
  default:
    return false;
  }
}

tl::unexpected<error> unexpected(ec code, std::string what) {
  error made;
  made.code = code;
  made.what = std::move(what);
  made.retryable = retryable_by_nature(code);
  return tl::unexpected<error>{std::move(made)};
}

std::string describe(const error& why) {
  std::string text = why.what;
  for (auto cause = why.cause; cause; cause = cause->cause)
    text += ": " + cause->what;
  return text;
}

std::string describe_where(const error& why) {
  auto text = describe(why);
  if (!why.target.empty() && text.find(why.target) == std::string::npos)
    text.insert(0, why.target + ": ");
  return text;
}

} // namespace baton
