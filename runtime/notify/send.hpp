#pragma once

#include "messages/alerts.hpp"

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace baton {

/// One message on one channel.
struct sending {
  const channel& to;
  const message& what;
  std::string folder; ///< of baton.yaml: where commands run
  std::string chat;   ///< telegram: in place of the channel's own; empty: that
  duration deadline = std::chrono::seconds{30};
  std::stop_token stop{};
};

/// Sends it and blocks meanwhile, at most for the deadline, or until it is stopped: so never on an
/// actor's or a reactor's thread. May be called from several threads. Secrets are read from their
/// files at each call, and stand in nothing that is told.
send_outcome send(const sending& one);

/// Changes when the channel's words in baton.yaml do, or one of the files that it names, its
/// program included. `folder` is that of baton.yaml, where commands run.
std::string likeness_of(const channel& of, const std::filesystem::path& folder);

/// What its files of secrets hold, as far as they can be read; of a URL also what a server may
/// repeat of it: path, query, password and their pieces. For a redactor.
std::vector<std::string> secrets_of_channel(const channel& of);

/// The files with secrets that a channel names.
std::vector<std::string> secret_files_of(const channel& of);

} // namespace baton
