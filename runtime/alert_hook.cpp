#include "runtime/alert_hook.hpp"

#include "runtime/fault.hpp"
#include "runtime/process.hpp"

#include <utility>

namespace baton {

alert_hook::alert_hook(command what, std::string folder, std::shared_ptr<const redactor> secrets,
                       std::function<void(const error&)> failed, limits within)
    : what_{std::move(what)},
      folder_{std::move(folder)},
      secrets_{std::move(secrets)},
      failed_{std::move(failed)},
      within_{within},
      thread_{[this](const std::stop_token& stop) { run(stop); }} {}

alert_hook::~alert_hook() {
  {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, within_.farewell, [this] { return waiting_.empty() && !busy_; });
  }
  thread_.request_stop();
  thread_.join();
  for (std::size_t left = waiting_.size(); left > 0; --left)
    failed_(make_error(ec::cancelled, "an alert was not sent: the alert hook took too long"));
}

void alert_hook::send(std::string event_json) {
  {
    const std::scoped_lock lock{mutex_};
    if (waiting_.size() < within_.waiting_max) {
      waiting_.push_back(std::move(event_json));
      changed_.notify_all();
      return;
    }
  }
  failed_(make_error(ec::timed_out, "an alert was not sent: " + std::to_string(within_.waiting_max)
                                        + " are waiting for the alert hook"));
}

void alert_hook::run(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    // With a stop asked for, what still waits is for the destructor to tell.
    if (stop.stop_requested())
      return;
    const auto event_json = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    lock.unlock();
    call(event_json, stop);
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

void alert_hook::call(const std::string& event_json, const std::stop_token& stop) {
  process_request request;
  request.argv =
      what_.argv.empty() ? std::vector<std::string>{"/bin/sh", "-c", what_.shell} : what_.argv;
  request.input = event_json + "\n";
  request.folder = folder_;
  request.deadline = within_.deadline;
  request.output_max = 16u << 10;
  request.cancel = stop;
  request.secrets = secrets_;
  const auto end = run_process(request);
  if (!end)
    failed_(end.error());
  else if (const auto why = failure_of(*end, ec::step_failed, "the alert hook"))
    failed_(*why);
}

} // namespace baton
