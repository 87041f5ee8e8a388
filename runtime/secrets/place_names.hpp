#pragma once

#include "messages/plan.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// What `{{…}}` stands for on one host: in `from` and `command` of a place, and in the content of
/// one that is a template.
///
/// - `host`, `address` (as `${host}` in checks), `user`
/// - `stage`, `environment`: of the run
/// - `vars.NAME`: a variable of the host
struct place_names {
  std::map<std::string, std::string, std::less<>> values;
  /// Names that mean something, but have no value here: why, for people.
  std::map<std::string, std::string, std::less<>> unsaid;
};

/// `environment` may be that of a verb that does one thing alone, whose name is none of the file's.
place_names names_of_host(const fleet& of, const host& one, std::string_view environment);

/// The same in each environment that may be meant: in this one, or, where it is none of the file's,
/// in all that have the host.
std::vector<place_names> all_names_of_host(const fleet& of, const host& one,
                                           std::string_view environment);

/// The same for whatever environment: of those, too, some value stands there. To look at a file
/// before any run.
place_names names_of_any_run(const fleet& of, const host& one);

/// Whether something in the text may be to be filled in.
bool names_something(std::string_view text);

} // namespace baton
