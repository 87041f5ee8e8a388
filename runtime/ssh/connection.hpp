#pragma once

#include "messages/error.hpp"
#include "runtime/ssh/dialer.hpp"
#include "runtime/ssh/gate.hpp"
#include "runtime/ssh/libssh.hpp"
#include "runtime/ssh/login.hpp"
#include "runtime/ssh/reactor.hpp"
#include "runtime/ssh/resolve.hpp"
#include "runtime/ssh/rider.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace baton::ssh {

class engine;
class forward;
class proxy_command;

/// One libssh session, from the look-up of its endpoint to its end, on the reactor's thread:
///
///   resolving → waiting → [jump host] → dialing → exchanging → proving → ready → over
///                  ↑_____________ dropped while connecting ___|
///
/// `patience` is for what others do. It does not run while it is asked what the ssh config says,
/// nor while it waits for its turn: however many are opened at once, each has its full time.
///
/// What uses it rides on it (`rider`): channels with commands, forwards to hosts behind it.
class connection : public std::enable_shared_from_this<connection> {
public:
  struct hooks {
    std::function<void()> ready;
    std::function<void(const error&)> lost; ///< the last call; never after `close`
    /// When set, the host's key is given to this instead of being judged, and the connection ends.
    std::function<void(const resolved_endpoint&, const host_key&, const key_check&)> key_seen;
  };

  /// How a connection is reached; part of what makes two of them the same.
  struct route {
    endpoint to;
    /// Jump hosts in place of those of the endpoint or the ssh config, nearest first.
    std::optional<std::vector<std::string>> jumps;
    /// The jump hosts (their keys in the engine) that this one is itself the way to.
    std::vector<std::string> chain;
  };

  connection(engine& owner, route how, std::chrono::milliseconds patience, hooks on);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  void start();

  /// Ends it now without a word to anybody, least of all waiting for the peer.
  void close();

  bool ready() const noexcept { return state_ == state::ready; }
  bool over() const noexcept { return state_ == state::over; }

  /// Gives a connection in the making at least so much from now.
  void extend(std::chrono::milliseconds patience);

  ssh_session libssh() const noexcept { return session_.get(); }
  const resolved_endpoint& to() const noexcept { return to_; }

  /// Whether the session has died; libssh says AGAIN for ever then.
  bool broken() const;

  /// The host has opened a channel: the first one's delay is over.
  void opened() noexcept { quick_ack_ = false; }

  void add(const std::shared_ptr<rider>& one);
  /// Pumps it soon: something about it has changed.
  void nudge(rider& one);
  void remove(rider& one);
  /// Something was done with its session from outside: what came of it is looked at soon.
  void wake();
  std::size_t riders() const noexcept { return riders_.size(); }

  /// Whether the peer lives is doubted: it must answer within `patience`.
  void doubt(std::chrono::milliseconds patience);

private:
  enum class state { resolving, waiting, jumping, dialing, exchanging, proving, ready, over };

  /// A jump host, for which others wait: it waits in no queue itself.
  bool for_others() const noexcept { return !route_.chain.empty(); }

  std::string doing() const;
  void resolved(expected<resolved_endpoint> to);
  void start_clock();
  void stop_clock();
  void wait_turn();
  void admitted();
  void go_through_bastion();
  void open_forward();
  void dial();
  void start_proxy_command();
  void begin_session(int fd);
  void step();
  bool turn();
  void exchange();
  void check_host_key();
  void prove();
  void not_let_in();
  void become_ready();
  bool pump_riders();
  void arm();
  void watch_life();
  void check_life();
  void dropped(error why);
  void fail(error why);
  void fail_by_libssh(const std::string& text);
  void add_cause(error& why) const;
  void tear_down();
  error trouble(ec code, std::string what) const;

  engine& owner_;
  route route_;
  hooks on_;
  state state_ = state::resolving;
  reactor::clock::duration patience_; ///< what is left of it, when the clock last started
  reactor::clock::time_point deadline_;
  reactor::timer deadline_timer_ = 0;
  reactor::timer retry_timer_ = 0;
  reactor::timer life_timer_ = 0;
  int attempts_ = 0;

  resolved_endpoint to_;
  std::string address_;
  std::unique_ptr<gate::ticket> ticket_;
  std::unique_ptr<gate::ticket> bastion_ticket_;
  std::shared_ptr<connection> bastion_;
  std::shared_ptr<forward> forward_;
  std::shared_ptr<dialer> dialer_;
  std::unique_ptr<proxy_command> proxy_;

  session_ptr session_;
  event_ptr event_;
  int fd_ = -1;
  reactor::watch_id watch_ = 0;
  bool direct_ = false; ///< TCP, not a socket pair
  bool quick_ack_ = false;
  bool stepping_ = false;
  std::unique_ptr<login> login_;

  std::unordered_set<std::shared_ptr<rider>> riders_;
  std::vector<std::shared_ptr<rider>> work_;
  std::vector<std::shared_ptr<rider>> hungry_;

  ssh_counter_struct socket_counter_{};
  ssh_counter_struct raw_counter_{};
  std::uint64_t pumped_at_ = 0; ///< bytes both ways when the hungry were last asked
  std::uint64_t seen_bytes_ = 0;
  int silent_ = 0;
};

} // namespace baton::ssh
