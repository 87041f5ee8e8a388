#pragma once

#include "actors/host/parts.hpp"
#include "cli/workspace.hpp"
#include "runtime/ssh/options.hpp"

#include <memory>

namespace baton {

/// How a fleet's hosts are reached. $BATON_SSH_CONFIG names another ssh config than the user's.
ssh::options ssh_options_of(const fleet& in);

/// Throws command_failed (69) when this process may not open as many files as that many hosts need.
std::shared_ptr<transport> ssh_of(const fleet& in);

/// What is known of the owner of a lease; `known`: this controller's journal, or null.
owner_signs signs_of(const lease_owner& owner, const journal* known);

/// What the host actors of this process work with: SSH, the local shell, checks, redaction.
host_house hosts_of_house(const workspace& in, const fleet& of);

} // namespace baton
