#pragma once

#include "messages/error.hpp"
#include "messages/fleet.hpp"
#include "runtime/log/redactor.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace baton {

/// The command of `alerts: {on_alert: …}`: run once for each alert, with the event as JSON on its
/// standard input, one after the other, on a thread of its own. What it does or prints changes
/// nothing: whoever sends is never held up. send() may be called from any thread.
class alert_hook {
public:
  struct limits {
    duration deadline = std::chrono::seconds{30}; ///< of one call; then its process group is ended
    std::size_t waiting_max = 100;                ///< alerts more than that are not sent, but told
    duration farewell = std::chrono::seconds{10}; ///< how long the destructor waits for the rest
  };

  /// Runs `what` in `folder` (that of baton.yaml: `./notify.sh`). `failed` hears of each alert that
  /// could not be given to somebody, on the hook's thread or the sender's, without the `secrets`
  /// (may be null); it must not block long.
  alert_hook(command what, std::string folder, std::shared_ptr<const redactor> secrets,
             std::function<void(const error&)> failed, limits within);
  alert_hook(command what, std::string folder, std::shared_ptr<const redactor> secrets,
             std::function<void(const error&)> failed)
      : alert_hook{std::move(what), std::move(folder), std::move(secrets), std::move(failed),
                   limits{}} {}
  alert_hook(const alert_hook&) = delete;
  alert_hook& operator=(const alert_hook&) = delete;
  /// Lets the waiting alerts go out within `farewell`, then ends the one that still runs.
  ~alert_hook();

  /// `event_json` is one line.
  void send(std::string event_json);

private:
  void run(const std::stop_token& stop);
  void call(const std::string& event_json, const std::stop_token& stop);

  command what_;
  std::string folder_;
  std::shared_ptr<const redactor> secrets_;
  std::function<void(const error&)> failed_;
  limits within_;
  std::mutex mutex_; // for the next three
  std::condition_variable_any changed_;
  std::deque<std::string> waiting_;
  bool busy_ = false;
  std::jthread thread_;
};

} // namespace baton
