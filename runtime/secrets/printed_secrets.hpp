#pragma once

#include "messages/error.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace baton {

/// What commands have printed, in memory, for as long as this lives: people are asked for the
/// passphrases of some, so none is to run twice. May be used by any number of threads; one command
/// runs at a time.
class printed_secrets {
public:
  using text = expected<std::shared_ptr<const std::string>>;

  /// What the command has printed; `run` is called where that is not known, or where it has failed
  /// in an earlier attempt than this one.
  text get(const std::vector<std::string>& command, int attempt,
           const std::function<expected<std::string>()>& run);

  /// Those that have failed are tried again.
  void forget_failures();

private:
  struct tried {
    text out;
    int attempt;
  };
  std::mutex mutex_;                                   ///< guards commands_
  std::map<std::vector<std::string>, tried> commands_; ///< by their words
};

} // namespace baton
