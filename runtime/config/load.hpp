#pragma once

#include "messages/error.hpp"
#include "messages/fleet.hpp"
#include "runtime/config/config_fault.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace baton {

struct load_options {
  /// The URL of `origin` of the work tree that holds a folder; null: git is asked.
  std::function<std::optional<std::string>(const std::string& folder)> origin_of;
  /// For tests: every key that was looked for, names of hosts and the like as `*`.
  std::set<std::string>* asked = nullptr;
};

/// What a baton.yaml says, defaults filled in, or everything that is wrong with it in the order of
/// its lines. Reads the file and perhaps asks git; nothing else. May block (git, 10 s at most).
tl::expected<fleet, std::vector<config_fault>> load_fleet(const std::string& path,
                                                          const load_options& options = {});

/// The same for a text that is, or would be, the file `path`.
tl::expected<fleet, std::vector<config_fault>>
load_fleet_text(std::string_view text, const std::string& path, const load_options& options = {});

/// One error (config_invalid) of all faults, for those who pass `expected<T>` on.
error as_error(const std::vector<config_fault>& faults);

} // namespace baton
