#pragma once

#include "actors/host/parts.hpp"
#include "actors/listener.hpp"
#include "cli/workspace.hpp"

#include <memory>
#include <string>
#include <vector>

namespace baton {

/// SSH to the hosts of a fleet. $BATON_SSH_CONFIG names another ssh config than the user's.
std::shared_ptr<transport> ssh_of(const fleet& in);

/// What the host actors of this process work with: SSH, the local shell, checks, redaction.
host_house hosts_of_house(const workspace& in, const plan& todo);

/// The listeners that every run has: the log, the files of the steps' output, alerts, metrics.
void add_standing_observers(const workspace& in, const std::shared_ptr<const plan>& todo,
                            const std::shared_ptr<const redactor>& secrets,
                            const std::string& metrics_file, bool print_alerts,
                            std::vector<std::shared_ptr<observer>>& into);

} // namespace baton
