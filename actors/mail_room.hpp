#pragma once

#include "actors/alerter.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace baton {

/// The alerter and its postmen in one process, wired. Members may be called from any thread.
class mail_room {
public:
  using send_fn = std::function<send_outcome(const std::string& channel, const message& what,
                                             const std::stop_token& stop)>;

  /// `send` blocks, each channel's on a thread of its own.
  mail_room(std::shared_ptr<outbox> box, send_fn send);
  mail_room(const mail_room&) = delete;
  mail_room& operator=(const mail_room&) = delete;
  /// Stops what is under way: nobody knows whether that was sent, so it is sent again some time.
  ~mail_room();

  /// The outbox may hold more.
  void look();

  /// Blocks until all is sent (with `reminders` those of later, too), at most for `patience`;
  /// false: it is not.
  bool deliver(bool reminders, duration patience);

  /// Ends a `deliver` that blocks.
  void stop();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton
