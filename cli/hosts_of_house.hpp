#pragma once

#include "actors/host/parts.hpp"
#include "cli/workspace.hpp"

#include <memory>

namespace baton {

/// SSH to the hosts of a fleet. $BATON_SSH_CONFIG names another ssh config than the user's.
std::shared_ptr<transport> ssh_of(const fleet& in);

/// What the host actors of this process work with: SSH, the local shell, checks, redaction.
host_house hosts_of_house(const workspace& in, const fleet& of);

} // namespace baton
