#include "runtime/ssh/ssh_transport.hpp"

#include "runtime/ssh/engine.hpp"
#include "runtime/ssh/host_session.hpp"
#include "runtime/ssh/listener.hpp"

#include <atomic>
#include <utility>

namespace baton::ssh {

namespace {

// The caller's side: it only posts, so it may be used from any thread and outlive the transport.
class handle final : public session {
public:
  handle(std::shared_ptr<engine> owner, endpoint to, transport_sink sink,
         std::chrono::milliseconds patience)
      : loop_(owner->loop),
        listener_(std::make_shared<listener>(std::move(sink))),
        inner_(std::make_shared<host_session>(*owner, listener_)) {
    loop_->post([owner = std::move(owner), inner = inner_, to = std::move(to), patience] {
      owner->sessions.insert(inner);
      inner->open(to, patience);
    });
  }

  ~handle() override {
    listener_->close();
    loop_->post([inner = std::move(inner_)] { inner->close(); });
  }

  channel_id run(std::string command, std::chrono::milliseconds deadline) override {
    const auto id = ++last_;
    loop_->post([inner = inner_, id, command = std::move(command), deadline]() mutable {
      inner->run(id, std::move(command), deadline);
    });
    return id;
  }

  void write(channel_id channel, std::string bytes) override {
    loop_->post([inner = inner_, channel, bytes = std::move(bytes)]() mutable {
      inner->write(channel, std::move(bytes));
    });
  }

  void write_end(channel_id channel) override {
    loop_->post([inner = inner_, channel] { inner->write_end(channel); });
  }

  void credit(channel_id channel, std::size_t bytes) override {
    loop_->post([inner = inner_, channel, bytes] { inner->credit(channel, bytes); });
  }

  void cancel(channel_id channel) override {
    loop_->post([inner = inner_, channel] { inner->cancel(channel); });
  }

private:
  std::shared_ptr<reactor> loop_;
  std::shared_ptr<listener> listener_;
  std::shared_ptr<host_session> inner_;
  std::atomic<channel_id> last_{0};
};

} // namespace

transport::transport(options how) : engine_(std::make_shared<engine>(std::move(how))) {
  engine_->begin();
}

transport::~transport() {
  engine_->end();
}

std::unique_ptr<session> transport::open(const endpoint& to, transport_sink sink,
                                         std::chrono::milliseconds deadline) {
  return std::make_unique<handle>(engine_, to, std::move(sink), deadline);
}

} // namespace baton::ssh
