#pragma once

#include "messages/error.hpp"
#include "messages/plan.hpp"
#include "runtime/secrets/known_secrets.hpp"
#include "runtime/secrets/printed_secrets.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// What a place holds for one host, filled in. Points into the secret_contents it is from.
struct place_content {
  std::size_t number; ///< of the place, 1-based, among all of the policy
  const secret_place* place;
  std::shared_ptr<const std::string> text;
  std::string open_file; ///< it is from this one, which others can read; else empty
};

/// The contents of a fleet's secret places, as far as they come from the controller. A command runs
/// once, for each host once where its words depend on the host, however many steps want what it
/// prints; one that failed runs again for a later attempt. All that comes out is known as secret
/// before anybody has it. May be used by any number of threads; blocks while commands run. Errors
/// (secrets_failed, missing_tool, timed_out, cancelled) name host and place.
class secret_contents {
public:
  struct settings {
    std::vector<std::string> hosts;           ///< of the run
    std::string environment;                  ///< of the run
    std::shared_ptr<known_secrets> known;     ///< never null
    std::shared_ptr<printed_secrets> printed; ///< never null; may be shared with others
  };

  secret_contents(const fleet& of, settings how);

  /// Runs the commands for all hosts, so that what they print can be taken out of all that is shown
  /// from here on. One that fails counts as tried in the first attempt; after one that did not end
  /// in time, or `stop`, the others are left alone.
  void learn();

  /// Ends the command that runs; none is begun any more. Returns at once.
  void stop() { stop_.request_stop(); }

  /// Of every place on the host, once those of all hosts of the run are there: the files as they
  /// were when this attempt's first was asked for. So nothing is written anywhere where one host's
  /// are missing.
  expected<std::vector<place_content>> with_all(const std::string& host, int attempt);

  /// Of every place on this host, its files as they are now.
  expected<std::vector<place_content>> alone(const std::string& host, int attempt);

private:
  using on_host = std::vector<place_content>;

  expected<on_host> get(const std::string& host, int attempt);
  expected<place_content> get(std::size_t number, const secret_place& place,
                              const place_names& names, int attempt);
  printed_secrets::text run(const std::vector<std::string>& words, bool is_template, int attempt);

  const fleet of_;
  const settings how_;
  std::stop_source stop_;
  std::mutex mutex_; ///< guards what follows
  int gathered_ = 0; ///< the attempt that all_ is of
  expected<std::map<std::string, on_host>> all_;
};

} // namespace baton
