#pragma once

#include "actors/host/timers.hpp"
#include "runtime/steps/control_shell.hpp"
#include "runtime/transport.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace baton {

/// The connection of one target with its control shell: opened when first needed, and again after
/// it was lost. Belongs to one host actor and its thread.
///
///     closed ──when_ready──▶ opening ──READY──▶ ready
///        ▲                      │ refused          │ lost, drop
///        └──────────────────────┴──────────────────┘
class link {
public:
  struct options {
    endpoint to;
    std::string state_dir; ///< on the target; empty: its default
    duration connect_deadline{15'000};
  };

  /// What a channel beside the control shell tells (uploads).
  struct channel_hooks {
    std::function<void(std::string_view)> on_output; ///< stdout only
    std::function<void(const transport_event::ended&)> on_end;
  };

  /// `post` brings a function from any thread to the actor's own.
  link(std::shared_ptr<transport> over, options how, timers clock,
       std::function<void(std::function<void()>)> post);
  link(const link&) = delete;
  link& operator=(const link&) = delete;
  ~link();

  /// Calls back when the control shell can be used, at once or later, or why it cannot. Each
  /// asks for a connection anew where there is none.
  void when_ready(std::function<void(expected<void>)> then);

  bool ready() const { return state_ == state::ready; }
  const shell_facts& facts() const { return facts_; }

  /// Sends what a request of `shell()` returned. Only while ready.
  control_shell& shell() { return *shell_; }
  void send(std::string bytes);

  /// Runs `exec /bin/sh` in a channel of its own; only while ready.
  channel_id open_channel(channel_hooks hooks, duration deadline);
  void write(channel_id channel, std::string bytes);
  void write_end(channel_id channel);
  void close(channel_id channel);

  /// The target is another one than before (a snapshot has rewound it): what comes next uses a new
  /// connection. Never from inside an answer.
  void renew();

  /// Who was refused just now, because the target did not answer, may try once more, briefly.
  void try_anew() { refused_with_.reset(); }

  /// The target did not react to a kill: until it answers again it is asked only briefly, and not
  /// more than once in ten seconds, so that it holds up nobody.
  void suspect();

  /// A step started through this connection is over.
  std::function<void(const std::string& step_id)> on_step_over;

private:
  enum class state { closed, opening, ready };
  using ready_callback = std::function<void(expected<void>)>;

  duration patience() const;
  void open();
  /// The connection broke before it could be used, as where sshd has too many logins at once: true
  /// when another one is tried.
  bool open_again(const error& why);
  /// Ends the connection at once; all that waits hears `why`. Never from inside an answer.
  void drop(const error& why);
  void on_event(std::uint64_t generation, transport_event_t what);
  void on_connected();
  void on_ended(const transport_event::ended& what);
  void keep_noise(std::string_view bytes);
  error shell_ended(const transport_event::ended& how) const;
  static void settle(const std::vector<ready_callback>& waiting, const expected<void>& how);
  void watch(std::uint64_t generation);
  const char* shell_command() const;

  std::shared_ptr<transport> over_;
  options how_;
  timers clock_;
  std::function<void(std::function<void()>)> post_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0); ///< posted functions check it

  state state_ = state::closed;
  std::uint64_t generation_ = 0;
  int broken_openings_ = 0; ///< since it was last ready, or given up
  std::unique_ptr<session> session_;
  std::unique_ptr<control_shell> shell_;
  channel_id control_ = 0;
  shell_facts facts_;
  std::string noise_; ///< the end of what the login said, and its shell on stderr
  std::vector<ready_callback> waiting_;
  std::map<channel_id, channel_hooks> channels_;
  duration last_heard_{0};
  bool suspected_ = false;
  duration refuse_until_{0};
  std::optional<error> not_ready_; ///< why this shell cannot be used, in its own words
  std::optional<error> refused_with_;
};

} // namespace baton
