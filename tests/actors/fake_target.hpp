#pragma once

#include "runtime/transport.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace baton {

/// A target that answers what it is told to, when it is told to.
class fake_target : public transport, public std::enable_shared_from_this<fake_target> {
public:
  std::unique_ptr<session> open(const endpoint&, transport_sink sink,
                                std::chrono::milliseconds) override {
    sink_ = std::move(sink);
    sink_(transport_event::connected{});
    return std::make_unique<fake_session>(*this);
  }

  /// `ID OPERATION` of each request since the last call.
  std::vector<std::string> asked() { return std::exchange(asked_, {}); }

  void say(const std::string& text) { sink_(transport_event::output{1, false, text}); }
  void answer(const std::string& id, const std::string& words, const std::string& payload = {}) {
    say(payload + marker_ + " " + id + " " + words + "\n");
  }
  void lose() {
    marker_.clear();
    sink_(transport_event::lost{baton::unexpected(ec::connection_lost, "it broke").value()});
  }
  void hint(const std::string& id) { say(marker_ + " ! " + id + "\n"); }

private:
  struct fake_session : session {
    explicit fake_session(fake_target& of) : of_{of} {}
    channel_id run(std::string, std::chrono::milliseconds) override { return 1; }
    void write(channel_id, std::string bytes) override { of_.heard(bytes); }
    void write_end(channel_id) override {}
    void credit(channel_id, std::size_t) override {}
    void cancel(channel_id) override {}
    fake_target& of_;
  };

  void heard(const std::string& bytes) {
    if (marker_.empty()) {
      const auto at = bytes.rfind("b_main ") + 7;
      marker_ = bytes.substr(at, bytes.find(' ', at) - at);
      say(marker_ + " 0 READY\n");
      answer("0", "ok",
             "boot b\nuptime 1\nuid 0\nhome /h\nshell sh\nsetsid setsid\nmissing\ncgroup \nlogind "
             "0\n");
    } else {
      asked_.push_back(bytes.substr(0, bytes.find(' ', bytes.find(' ') + 1)));
    }
  }

  transport_sink sink_;
  std::string marker_;
  std::vector<std::string> asked_;
};

} // namespace baton
