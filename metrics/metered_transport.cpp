#include "metrics/metered_transport.hpp"

#include <atomic>
#include <utility>

namespace baton {

namespace {

/// What is known of one session; shared, because a sink may outlive its session for a moment.
struct meter {
  std::shared_ptr<recorder> by;
  std::string host;
  std::atomic<bool> open{false};

  void hear(const transport_event_t& what) {
    if (std::holds_alternative<transport_event::connected>(what)) {
      if (!open.exchange(true))
        by->ssh_connected();
    } else if (const auto* output = std::get_if<transport_event::output>(&what)) {
      by->ssh_received(output->bytes.size());
    } else if (const auto* lost = std::get_if<transport_event::lost>(&what)) {
      if (open.exchange(false))
        by->ssh_closed();
      else
        by->ssh_connect_failed(host, lost->why.code);
    }
  }

  ~meter() {
    if (open)
      by->ssh_closed();
  }
};

class metered_transport : public transport {
public:
  metered_transport(std::shared_ptr<transport> one, std::shared_ptr<recorder> by)
      : one_(std::move(one)), by_(std::move(by)) {}

  std::unique_ptr<session> open(const endpoint& to, transport_sink sink,
                                std::chrono::milliseconds deadline) override {
    by_->ssh_connecting(to.name);
    // The session's end frees its sink, and with it the meter.
    auto counted = std::make_shared<meter>();
    counted->by = by_;
    counted->host = to.name;
    return one_->open(
        to,
        [counted, sink = std::move(sink)](transport_event_t what) {
          counted->hear(what);
          sink(std::move(what));
        },
        deadline);
  }

private:
  std::shared_ptr<transport> one_;
  std::shared_ptr<recorder> by_;
};

} // namespace

std::shared_ptr<transport> metered(std::shared_ptr<transport> one, std::shared_ptr<recorder> by) {
  return std::make_shared<metered_transport>(std::move(one), std::move(by));
}

} // namespace baton
