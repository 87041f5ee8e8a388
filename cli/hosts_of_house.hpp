#pragma once

#include "actors/host/parts.hpp"
#include "cli/workspace.hpp"
#include "runtime/secrets/secret_contents.hpp"
#include "runtime/ssh/options.hpp"

#include <memory>
#include <string>
#include <vector>

namespace baton {

/// How a fleet's hosts are reached. $BATON_SSH_CONFIG names another ssh config than the user's.
ssh::options ssh_options_of(const fleet& in);

/// Throws command_failed (69) when this process may not open as many files as that many hosts need.
std::shared_ptr<transport> ssh_of(const fleet& in);

/// What is known of the owner of a lease; `known`: this controller's journal, or null.
owner_signs signs_of(const lease_owner& owner, const journal* known);

/// What the host actors of this process work with: SSH, the local shell, checks, redaction.
host_house hosts_of_house(const workspace& in, const fleet& of);

/// The same for these hosts in an environment, whose secrets come from the controller. What
/// commands print of them is not known before `contents->learn()`.
host_house hosts_of_house(const workspace& in, const fleet& of, std::vector<std::string> hosts,
                          std::string environment);

/// Runs the commands that print secrets, as Baton shows nothing of what it does not know: blocks.
/// The name of the signal that ended it; empty: none came.
std::string learn_secrets(secret_contents& contents);

} // namespace baton
