#pragma once

#include "runtime/transport.hpp"

namespace baton {

/// The transport to the controller itself: commands are child processes of ours, so that steps on
/// the controller use the same protocol as those on hosts. The endpoint does not matter.
///
/// Each session has one thread. A command runs as `/bin/sh -c COMMAND` in `/`, in a session of its
/// own, with pipes, default signals and no other descriptors; its environment is ours. A channel
/// that is cancelled, meets its deadline, or whose session is destroyed has its process group
/// killed (steps are in sessions of their own and live on).
class local_transport final : public transport {
public:
  std::unique_ptr<session> open(const endpoint& to, transport_sink sink,
                                std::chrono::milliseconds deadline) override;
};

} // namespace baton
