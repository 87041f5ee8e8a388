#pragma once

#include "cli/workspace.hpp"
#include "runtime/log/log.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace baton {

/// Does what a person has asked for beside a run, with who asked for it in the journal before it is
/// done, and how it ended behind it. Returns what `act` returns, and lets through what it throws.
/// Throws command_failed (74), and does nothing, when the journal cannot be written.
int audited(const fleet& of, const std::string& verb, const std::string& what,
            const std::function<int()>& act);

/// Writes into the log file where the journal's chain ends now, whatever the log's level is: who
/// cuts rows off the journal's end would have to change that file, too.
class head_log {
public:
  /// `on_stderr`: there, too, as a line of JSON.
  head_log(std::shared_ptr<journal> in, std::filesystem::path file, std::string run,
           std::string fleet, bool on_stderr);
  void write() const;

private:
  std::shared_ptr<journal> in_;
  log_options how_;
};

/// A line for what a command has done that writes no log of its own, and the journal's end.
void log_act(const fleet& of, const std::string& text, const std::shared_ptr<journal>& in);

} // namespace baton
