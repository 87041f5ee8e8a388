#pragma once

#include "runtime/transport.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace baton {

/// Hears a session, and lets a test wait for what it said. Grants credit by itself unless told not
/// to.
class heard {
public:
  transport_sink sink() {
    return [log = log_](transport_event_t event) {
      const std::lock_guard lock{log->mutex};
      ++log->events;
      if (log->lost)
        log->after_lost = true;
      if (std::holds_alternative<transport_event::connected>(event)) {
        log->connected = true;
      } else if (auto* out = std::get_if<transport_event::output>(&event)) {
        auto& one = log->channels[out->channel];
        EXPECT_LE(out->bytes.size(), 32U * 1024);
        EXPECT_FALSE(one.end) << "output after the end of channel " << out->channel;
        one.size += out->bytes.size();
        (out->is_stderr ? one.err : one.out) += out->bytes;
        one.both += out->bytes;
        one.uncredited += out->bytes.size();
      } else if (auto* end = std::get_if<transport_event::ended>(&event)) {
        auto& one = log->channels[end->channel];
        EXPECT_FALSE(one.end) << "channel " << end->channel << " ended twice";
        EXPECT_EQ(1, (end->status ? 1 : 0) + (end->signal.empty() ? 0 : 1) + (end->why ? 1 : 0));
        one.end = *end;
        one.at = std::chrono::steady_clock::now();
      } else if (auto* gone = std::get_if<transport_event::lost>(&event)) {
        log->lost = gone->why;
      }
      log->change.notify_all();
    };
  }

  static constexpr std::chrono::seconds patience{30};

  template <class Condition>
  bool wait(Condition condition, std::chrono::milliseconds most = patience) {
    std::unique_lock lock{log_->mutex};
    return log_->change.wait_for(lock, most, [&] { return condition(*log_); });
  }

  bool connected() {
    return wait([](const auto& all) { return all.connected || all.lost; }) && !lost();
  }
  bool came(channel_id channel, const std::string& text) {
    return wait(
        [&](auto& all) { return all.channels[channel].both.find(text) != std::string::npos; });
  }
  std::optional<error> lost() {
    const std::lock_guard lock{log_->mutex};
    return log_->lost;
  }
  /// Waits for it.
  error why_lost() {
    EXPECT_TRUE(wait([](const auto& all) { return all.lost.has_value(); }));
    return lost().value_or(error{});
  }
  /// Waits for the end of a channel, granting credit as output comes; patient as long as some does.
  transport_event::ended end(session& link, channel_id channel) {
    for (;;) {
      const auto until = std::chrono::steady_clock::now() + patience;
      std::size_t credit = 0;
      {
        std::unique_lock lock{log_->mutex};
        log_->change.wait_until(lock, until, [&] {
          return log_->channels[channel].end || log_->channels[channel].uncredited > 0;
        });
        if (const auto& one = log_->channels[channel].end)
          return *one;
        credit = std::exchange(log_->channels[channel].uncredited, 0);
      }
      if (credit == 0) {
        ADD_FAILURE() << "channel " << channel << " does not end";
        return {};
      }
      link.credit(channel, credit);
    }
  }
  std::string out(channel_id channel) {
    const std::lock_guard lock{log_->mutex};
    return log_->channels[channel].out;
  }
  std::string err(channel_id channel) {
    const std::lock_guard lock{log_->mutex};
    return log_->channels[channel].err;
  }
  std::size_t size(channel_id channel) {
    const std::lock_guard lock{log_->mutex};
    return log_->channels[channel].size;
  }
  std::chrono::steady_clock::time_point ended_at(channel_id channel) {
    const std::lock_guard lock{log_->mutex};
    return log_->channels[channel].at;
  }
  std::size_t events() {
    const std::lock_guard lock{log_->mutex};
    return log_->events;
  }
  bool after_lost() {
    const std::lock_guard lock{log_->mutex};
    return log_->after_lost;
  }

  struct channel_log {
    std::string out;
    std::string err;
    std::string both;
    std::size_t size = 0;
    std::size_t uncredited = 0;
    std::optional<transport_event::ended> end;
    std::chrono::steady_clock::time_point at;
  };
  struct log {
    std::mutex mutex;
    std::condition_variable change;
    bool connected = false;
    bool after_lost = false;
    std::size_t events = 0;
    std::optional<error> lost;
    std::map<channel_id, channel_log> channels;
  };

private:
  std::shared_ptr<log> log_ = std::make_shared<log>();
};

} // namespace baton
