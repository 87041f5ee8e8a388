#pragma once

#include "runtime/ssh/connection.hpp"
#include "runtime/ssh/gate.hpp"
#include "runtime/ssh/helper_threads.hpp"
#include "runtime/ssh/identity.hpp"
#include "runtime/ssh/known_hosts.hpp"
#include "runtime/ssh/options.hpp"
#include "runtime/ssh/reactor.hpp"
#include "runtime/ssh/resolve.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace baton::ssh {

class host_session;

/// What all connections of a transport share. On the reactor's thread but for the constructor,
/// `begin` and `end`.
class engine : public std::enable_shared_from_this<engine> {
public:
  explicit engine(options how);

  void begin();
  /// Ends every session with `lost`, then the thread.
  void end();

  const options how;
  const std::shared_ptr<reactor> loop;
  helper_threads lookups; ///< ssh -G
  helper_threads names;   ///< getaddrinfo: a name server that is away holds up no look-up
  gate starts;            ///< connections in the making, by address
  gate through;           ///< logins behind a jump host, by jump host
  identity_store identities;

  /// How to reach an endpoint, asked of ssh once per endpoint, an urgent one before the others.
  /// `done` is called later.
  void look_up(const endpoint& to, bool urgent,
               std::function<void(const expected<resolved_endpoint>&)> done);

  /// The known_hosts files of an endpoint, read anew only when one of them has changed.
  const known_hosts& hosts_of(const resolved_endpoint& to);

  /// The connection to a jump host, which all that go through it share; null when that host is
  /// itself reached through the asker.
  std::shared_ptr<connection> bastion(connection::route how, std::chrono::milliseconds patience);
  /// Calls `done` when the bastion is ready (null) or has failed.
  void when_ready(const std::shared_ptr<connection>& bastion, std::weak_ptr<void> asker,
                  std::function<void(const error*)> done);
  /// Somebody stopped using it: an unused one is closed after a while.
  void released(const std::shared_ptr<connection>& bastion);

  /// Addresses that have let us in: there it pays to try again.
  std::unordered_set<std::string> welcome;

  std::unordered_set<std::shared_ptr<host_session>> sessions;

private:
  struct read_files {
    std::vector<std::string> stamps;
    known_hosts hosts;
  };
  struct lookup {
    std::optional<expected<resolved_endpoint>> answer;
    std::vector<std::function<void(const expected<resolved_endpoint>&)>> waiting;
  };
  struct shared_bastion {
    std::shared_ptr<connection> link;
    std::vector<std::pair<std::weak_ptr<void>, std::function<void(const error*)>>> waiting;
    reactor::timer linger = 0;
  };

  void bastion_settled(const std::string& key, const error* why);

  const options for_lookups_; ///< `how` without the fleet's hosts: each look-up has a copy
  std::map<std::vector<std::string>, read_files> files_;
  std::unordered_map<std::string, lookup> answers_;
  std::unordered_map<std::string, shared_bastion> bastions_;
};

} // namespace baton::ssh
