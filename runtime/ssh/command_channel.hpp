#pragma once

#include "runtime/ssh/connection.hpp"
#include "runtime/ssh/libssh.hpp"
#include "runtime/ssh/rider.hpp"
#include "runtime/transport.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace baton::ssh {

/// One `run`: opens a channel, executes the command, carries its bytes both ways, and tells its end
/// once. On the reactor's thread.
///
///   queued → opening → requesting → running → over
class command_channel final : public rider {
public:
  using teller = std::function<void(transport_event_t)>;

  command_channel(reactor& loop, channel_id id, std::string command, teller tell);
  ~command_channel() override;

  channel_id id() const noexcept { return id_; }
  bool told() const noexcept { return told_; }
  /// Whether it takes one of the connection's few places.
  bool on_connection() const noexcept { return link_ != nullptr; }
  /// Whether the host had opened it.
  bool had_channel() const noexcept { return had_channel_; }
  /// Why the host refused the channel, when it has left the connection without being told over.
  const error& refusal() const noexcept { return refusal_; }

  /// Called later, each time it was told over or has left the connection.
  void on_left(std::function<void()> left) { left_ = std::move(left); }

  /// Starts the deadline; zero is none.
  void limit(std::chrono::milliseconds deadline);

  /// Gives it a connection to run on.
  void start(std::shared_ptr<connection> link);

  void write(std::string bytes);
  void write_end();
  void credit(std::size_t bytes);

  /// Tells the end now, for this reason; the rest happens without anybody waiting.
  void stop(error why);

  mood pump() override;
  void lost(const error& why) override;

private:
  enum class step { queued, opening, requesting, running, over };

  mood open();
  mood request();
  void send();
  void hear(const char* bytes, std::size_t size, bool is_stderr, std::size_t& taken);
  void drain();
  void emit(const char* bytes, std::size_t size, bool is_stderr);
  void linger();
  bool finished() const;
  void tell_end(std::optional<int> status, std::string signal, std::shared_ptr<const error> why);
  void end();
  void nudge();
  void settle_later();

  reactor& loop_;
  channel_id id_;
  std::string command_;
  teller tell_;
  std::function<void()> left_;
  error refusal_;
  std::shared_ptr<connection> link_;
  ssh_channel channel_ = nullptr;
  ssh_channel_callbacks_struct callbacks_{};
  step step_ = step::queued;
  bool told_ = false;
  bool had_channel_ = false;
  reactor::timer deadline_ = 0;

  std::string out_;
  std::size_t sent_ = 0;
  bool end_wanted_ = false;
  bool end_sent_ = false;

  struct stretch {
    bool is_stderr;
    std::size_t size;
  };
  std::size_t credit_;
  std::deque<stretch> unread_; ///< what libssh keeps for want of credit, as it came
  std::size_t unread_of_[2] = {0, 0};

  std::optional<int> status_;
  std::string signal_;
  bool eof_ = false;
  bool closed_ = false;
  reactor::timer grace_ = 0;
  bool grace_over_ = false;
  reactor::clock::time_point grace_end_{};
};

} // namespace baton::ssh
