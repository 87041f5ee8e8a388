#pragma once

#include <cstddef>
#include <memory>

namespace baton {

/// The actors whose number goes with the work.
enum class actor_role { supervisor, phase, registry, host, keeper };

/// As metrics call them.
constexpr const char* to_string(actor_role role) {
  switch (role) {
  case actor_role::supervisor:
    return "supervisor";
  case actor_role::phase:
    return "phase";
  case actor_role::registry:
    return "registry";
  case actor_role::host:
    return "host";
  case actor_role::keeper:
    break;
  }
  return "keeper";
}

/// Hears of the actors themselves. Called on their threads, so it must neither block nor throw.
/// This one does not care.
class actor_watch {
public:
  actor_watch() = default;
  actor_watch(const actor_watch&) = delete;
  actor_watch& operator=(const actor_watch&) = delete;
  virtual ~actor_watch() = default;

  virtual void began(actor_role) {}
  virtual void broke(actor_role) {} ///< by a bug; another one takes its place
  /// How many messages waited when one of them came to its next.
  virtual void waited(actor_role, std::size_t) {}
  virtual void live(std::size_t) {} ///< how many of any kind there are now
};

using watch_ptr = std::shared_ptr<actor_watch>;

/// For the owner of the mailbox alone.
template <class Self>
void tell_mailbox(actor_watch& to, actor_role role, Self self) {
  to.waited(role, self->mailbox().size());
}

} // namespace baton
