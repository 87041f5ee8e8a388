#pragma once

#include "messages/fleet.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/secrets/place_names.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// The secrets of one file: of an env file the values, of any other file its lines of 8 bytes and
/// more. A value of several lines counts as a whole and line by line. None is shorter than four
/// bytes. A value whose name does not say that it is secret (secret_name.hpp) is none when it is
/// everybody's (everyday.hpp) or one of the `open` ones.
std::vector<std::string> secret_values_in(std::string_view content,
                                          const std::set<std::string, std::less<>>& open = {});

/// All that a fleet's runs must not show, as far as the controller can know it: what baton.yaml
/// itself says (said_secrets.hpp), what the files under `secrets.places` hold, also filled in for
/// each host, what the files of channels hold, and what it is told. The names of the fleet (hosts,
/// stages, users …) are open. May be used by any number of threads.
class known_secrets {
public:
  explicit known_secrets(const fleet& of);

  /// Reads the files again that have changed: a script may have written them in the midst of a run.
  void refresh();

  /// The content of a secret file from elsewhere: what a command printed, a template filled in.
  void know(std::string_view content);

  /// What is to be filled in: of its values those without `{{`, for what fails has to name the
  /// rest.
  void know_template(std::string_view content);

  /// Knows what was read so far; never null.
  std::shared_ptr<const redactor> all() const { return all_; }

private:
  void know_line(std::string_view content);

  std::shared_ptr<redactor> all_ = std::make_shared<redactor>();
  std::set<std::string, std::less<>> open_;
  struct known_file {
    std::string likeness;            ///< what it was like when it was read
    std::vector<place_names> filled; ///< of a template: for whom
    bool is_line = false;            ///< of a channel: its first line is the secret
  };

  std::mutex mutex_;                        ///< guards files_
  std::map<std::string, known_file> files_; ///< by path
};

} // namespace baton
