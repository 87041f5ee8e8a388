#pragma once

#include "messages/error.hpp"
#include "messages/time.hpp"
#include "runtime/secrets/known_secrets.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace baton {

/// A program of the controller that prints a secret file: `sops -d prod.env`, `pass show prod/env`.
struct secret_command {
  std::vector<std::string> words; ///< a first one `~/…` is in the home folder
  std::string folder;             ///< that it runs in: of baton.yaml
  duration deadline{0};
  bool is_template = false; ///< what it prints is to be filled in
};

/// What it printed. Runs it without a shell, with nothing to read, in a process group of its own
/// that ends with it or with the deadline; blocks. Whatever it prints is known as a secret
/// afterwards, also when it fails; of too much nothing is told at all. At most secret_file_max
/// bytes, which are in memory alone. Errors: missing_tool, cancelled, timed_out, else
/// secrets_failed: it failed (may get better), printed nothing or too much; with the redacted end
/// of what it said on stderr.
expected<std::string> run_secret_command(const secret_command& what, known_secrets& known,
                                         const std::stop_token& stop = {});

/// Its words for people, not too many.
std::string told(const std::vector<std::string>& words);

} // namespace baton
