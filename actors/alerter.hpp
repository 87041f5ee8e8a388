#pragma once

#include "messages/actors.hpp"
#include "rules/outbox.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace baton {

/// The outbox of one fleet, as the alerter needs it. Implemented over the journal and baton.yaml;
/// by vectors in tests.
class outbox {
public:
  outbox() = default;
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;
  virtual ~outbox() = default;

  /// What baton.yaml says now of a channel, and how the journal says that it stands.
  struct channel_info {
    channel_state state; ///< `free_at` is the alerter's own
    duration pace{0};
    std::string likeness;
    std::string chat;     ///< telegram: that is written to
    bool resumes = false; ///< it was stopped, and what it needs has changed since
  };

  virtual std::string fleet() = 0;
  virtual duration deliver_for() = 0;
  virtual std::map<std::string, channel_info> channels() = 0;

  /// All messages that are not decided, those of a channel in their order.
  virtual expected<std::vector<outbox_row>> waiting() = 0;

  /// What is told by these rows, as one message; those at the end that do not fit into it any more
  /// are taken out of `rows`, which holds one at least.
  virtual expected<message> content(std::vector<outbox_row>& rows) = 0;

  /// All records or none, durable at return.
  virtual expected<void> append(std::vector<record>& records) = 0;
};

struct alerter_house {
  std::shared_ptr<outbox> box;
  std::function<postman_actor()> make_postman;
  std::function<time_point()> now;
  std::function<double()> dice;
};

struct alerter_state {
  static inline const char* name = "alerter";

  struct desk {
    postman_actor postman;
    bool busy = false;
    time_point free_at{};
    std::vector<record> unwritten; ///< decided, but not durable: nothing is sent again before it is
  };
  enum class left : std::uint8_t { nothing, reminders, work };

  alerter_house house;
  std::map<std::string, desk> desks; ///< by channel
  left now_left = left::work;
  time_point wakes_at{};
  std::vector<std::pair<ask_delivered, caf::typed_response_promise<ask_delivered>>> asked;
};

/// Blocks in the outbox: spawn it detached.
alerter_actor::behavior_type alerter(alerter_actor::stateful_pointer<alerter_state> self,
                                     alerter_house in);

struct postman_state {
  static inline const char* name = "postman";
  std::function<send_outcome(const std::string& channel, const message& what)> send;
};

/// Blocks while it sends: spawn it detached.
postman_actor::behavior_type
postman(postman_actor::stateful_pointer<postman_state> self,
        std::function<send_outcome(const std::string& channel, const message& what)> send);

} // namespace baton
